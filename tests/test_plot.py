"""The plots that benchmarks draw: well-formed, with every point where it belongs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent
SVG = "{http://www.w3.org/2000/svg}"


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("plot_of_benchmarks", ROOT / "benchmarks" / "plot.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_flat_line_is_drawn_flat_and_a_rising_one_rises(tmp_path: Path) -> None:
    plot = loaded()
    lines = [
        plot.Line("flat & even", [(1_000, 2.0), (10_000, 2.0)]),
        plot.Line("up", [(1_000, 1.0), (10_000, 4.0)]),
    ]
    plot.write_plot(tmp_path / "p.svg", "Cost <each>", lines, across="sources", up="ms")
    root = ElementTree.parse(tmp_path / "p.svg").getroot()
    flat, up = ([tuple(map(float, p.split(","))) for p in one.attrib["points"].split()]
                for one in root.iter(SVG + "polyline"))  # fmt: skip
    assert flat[0][1] == flat[1][1]
    assert flat[0][0] < flat[1][0]
    assert up[1][1] < flat[1][1] < up[0][1]  # the picture's y runs downwards
    said = "".join(root.itertext())
    assert "Cost <each>" in said
    assert "flat & even" in said
    assert "10,000" in said


def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    plot = loaded()
    with pytest.raises(ValueError, match="needs points"):
        plot.write_plot(tmp_path / "p.svg", "t", [plot.Line("a", [])], across="x", up="y")
