"""A line plot as SVG, for the scripts of this folder. No dependency; to be looked at in any browser.

    from plot import Line, write_plot
    write_plot(Path("growth.svg"), "Cost of a visit", [Line("all 304", [(1_000, 0.4), (10_000, 0.4)])],
               across="sources", up="CPU ms each")

The horizontal axis is logarithmic, because growth is asked for in steps of ten; the vertical one begins at 0, so
that flat is flat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10
from pathlib import Path

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 74, 24, 46, 92
COLOURS = (
    "#1a5f7a",
    "#b3541e",
    "#4b7f3a",
    "#7a3b7a",
    "#8a6d00",
    "#444444",
)  # told apart in grey and by colour-blind
DASHES = ("", "8 4", "2 3", "10 3 2 3", "5 5", "1 5")
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Line:
    """What is measured, by its name, as (size, value) pairs."""

    name: str
    points: Sequence[tuple[float, float]]


def write_plot(path: Path, title: str, lines: Sequence[Line], *, across: str, up: str) -> None:
    """Write the plot. Raises ValueError where there is nothing to draw, or a size that is not above 0."""
    sizes = [size for line in lines for size, _ in line.points]
    if not sizes or min(sizes) <= 0:
        raise ValueError("a plot needs points, and sizes above 0")
    low, high = log10(min(sizes)), log10(max(sizes))
    frame = Frame(low, high if high > low else low + 1, _top(max(v for line in lines for _, v in line.points)))
    parts = [*_axes(frame, sorted(set(sizes)), across, up)]
    for number, line in enumerate(lines):
        parts += _drawn(frame, line, number)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="13"><title>{escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="{LEFT}" y="26" font-size="16" font-weight="bold">{escape(title)}</text>'
    )
    path.write_text("\n".join([head, *parts, "</svg>\n"]), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a point of the measured lies in the picture."""

    low: float
    high: float
    top: float

    def x(self, size: float) -> float:
        return LEFT + (log10(size) - self.low) / (self.high - self.low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)


def _top(highest: float) -> float:
    """The least round number that is not below the highest value."""
    if highest <= 0:
        return 1.0
    power = 10.0 ** floor(log10(highest))
    return next(step * power for step in STEPS if step * power >= highest)


def _axes(frame: Frame, sizes: Sequence[float], across: str, up: str) -> list[str]:
    parts = []
    for quarter in range(5):
        value = frame.top * quarter / 4
        y = frame.y(value)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for size in sizes:
        x = frame.x(size)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#eee"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{size:,.0f}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.0f}" y="{HEIGHT - BOTTOM + 38}" text-anchor="middle">{escape(across)}</text>')
    centre = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(
        f'<text transform="translate(18 {centre:.0f}) rotate(-90)" text-anchor="middle">{escape(up)}</text>'
    )
    return parts


def _drawn(frame: Frame, line: Line, number: int) -> list[str]:
    """One line with its points, and its place in the legend."""
    colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
    points = sorted(line.points)
    path = " ".join(f"{frame.x(size):.1f},{frame.y(value):.1f}" for size, value in points)
    style = f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}" fill="none"'
    parts = [f'<polyline points="{path}" {style}/>']
    for size, value in points:
        tip = f"<title>{escape(line.name)}: {value:g} at {size:,.0f}</title>"
        parts.append(
            f'<circle cx="{frame.x(size):.1f}" cy="{frame.y(value):.1f}" r="3.5" fill="{colour}">{tip}</circle>'
        )
    x, y = LEFT + 215 * (number % 3), HEIGHT - 30 + 18 * (number // 3)
    parts.append(f'<line x1="{x}" x2="{x + 26}" y1="{y - 4}" y2="{y - 4}" {style}/>')
    parts.append(f'<text x="{x + 32}" y="{y}">{escape(line.name)}</text>')
    return parts
