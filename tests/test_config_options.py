"""Options of sources in feeds.yaml: a slip of the pen is named before a visit fails, and nothing sound is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.config.options import FORMATS, NAMES
from aggregator.errors import SourceError
from aggregator.model import Source
from aggregator.read.choice import chosen
from aggregator.read.courses import _OTHER_NAMES as COURSES_CALLED
from aggregator.read.courses import FORMATS as COURSES
from aggregator.read.events import _ASK as EVENTS
from aggregator.read.events import _NAMES as EVENTS_CALLED
from aggregator.read.works import _ASK as WORKS
from aggregator.read.works import _NAMES as WORKS_CALLED

ROOT = Path(__file__).parent.parent
_ASKED = re.compile(
    r"(?:options\.(?:get|text|selector|number|flag|options)|_option|days_of|_days)\((?:source, |options, )?\"([a-z]\w+)\""
)


def problems(tmp_path: Path, kind: str, options: str) -> list[tuple[str, str, str]]:
    path = tmp_path / "feeds.yaml"
    path.write_text(f"sources:\n  a:\n    url: https://a.example/x\n    kind: {kind}\n    options: {options}\n")
    return [(one.level, one.what, one.remedy) for one in load(path, {})[1]]


@pytest.mark.parametrize(
    ("kind", "options", "severity", "what", "remedy"),
    [
        ("courses", "{format: richy}", "error", "format: 'richy' is not one of kind courses", "'richie'"),
        ("events", "{format: moodle}", "error", "not one of kind events", "leave it out"),
        ("events", "{zone: Europe/Zagrab}", "error", "'Europe/Zagrab' is no time zone", "Europe/Zagreb"),
        ("calendar", "{zone: Europe/Zagrab}", "warning", "'Europe/Zagrab' is no time zone", "Europe/Zagreb"),
        ("page", "{item: li, pages: many}", "error", "'many' is no number of pages", "1 to 200"),
        ("courses", "{pages: many}", "warning", "'many' is no number of pages", "1 to 200"),
        ("feed", "{zone: Europe/Zagrab}", "warning", "is no time zone", "Europe/Zagreb"),
        ("page", "{item: li, titel: h2}", "warning", "no kind of source has an option 'titel'", "'title'"),
    ],
)
def test_a_slip_is_named(tmp_path: Path, kind: str, options: str, severity: str, what: str, remedy: str) -> None:
    [found] = problems(tmp_path, kind, options)
    assert found[0] == severity
    assert what in found[1]
    assert remedy in found[2]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("courses", "{format: Open-edX, organiser: L}"),
        ("events", "{format: auto, zone: Europe/Zagreb}"),
        ("calendar", "{zone: W. Europe Standard Time, days_back: 3}"),
        ("page", '{item: li, details: {text: main}, pages: 40}'),
        ("feed", "{our_own: 1}"),
        ("works", "{issn: 1234-5678, days: 30}"),
    ],
)  # fmt: skip
def test_what_readers_know_is_sound(tmp_path: Path, kind: str, options: str) -> None:
    assert problems(tmp_path, kind, options) == []


def test_the_lists_are_those_of_the_readers() -> None:
    asked = {
        name
        for path in (ROOT / "aggregator" / "read").glob("*.py")
        for name in _ASKED.findall(path.read_text("utf-8"))
    }
    assert asked
    assert asked <= set(NAMES)
    for kind, formats, called in (
        ("courses", COURSES, COURSES_CALLED), ("events", EVENTS, EVENTS_CALLED), ("works", WORKS, WORKS_CALLED),
    ):  # fmt: skip
        assert set(FORMATS[kind]) == {*formats, *called}
    with pytest.raises(SourceError):
        chosen(Source("a", "https://a.example/", "events", options={"format": "richie"}), EVENTS, EVENTS_CALLED)
