"""How much work a course asks for: hours in all where they are said, and only there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.read import effort


@pytest.mark.parametrize(
    ("text", "weeks", "hours"),
    [
        ("PT15H", None, (15, 15)),
        ("PT1H30M", None, (1.5, 1.5)),
        ("PT0H", None, None),
        ("P6W", None, None),
        ("12 heures", None, (12, 12)),
        ("Circa 20 ore", None, (20, 20)),
        ("20–25 Stunden", None, (20, 25)),
        ("10 to 12 hours", 5, (10, 12)),
        ("90 minutes", None, (1.5, 1.5)),
        ("1,5 ore", None, (1.5, 1.5)),
        ("20 sati", None, (20, 20)),
        ("3-5 hours per week", None, None),
        ("3-5 hours per week", 4, (12, 20)),
        ("4 weeks, 2-3 hours/week", None, (8, 12)),
        ("2 Stunden pro Woche, 6 Wochen", None, (12, 12)),
        ("3 heures/semaine", 6, (18, 18)),
        ("4 horas a la semana durante 5 semanas", None, (20, 20)),
        ("4-6 weeks, 2 hours a week", None, None),
        ("2 hours a day", 4, None),
        ("2 hours a week, 12 hours in all", None, None),
        ("5-3 hours", None, None),
        ("0 hours", None, None),
        ("05:00", None, None),
        ("a lot", None, None),
        ("", None, None),
    ],
)
def test_hours_in_all(text: str, weeks: float | None, hours: tuple[float, float] | None) -> None:
    assert effort.hours_of(text, weeks) == hours


@pytest.mark.parametrize(
    ("text", "weeks"),
    [
        ("6 semaines", 6),
        ("P6W", 6),
        ("P42D", 6),
        ("5 settimane, 20 ore", 5),
        ("4-6 weeks", None),
        ("", None),
        ("20 ore", None),
    ],
)
def test_weeks(text: str, weeks: float | None) -> None:
    assert effort.weeks_of(text) == weeks


def test_a_clock_is_hours_of_a_week() -> None:
    assert [effort.clock(text) for text in ("05:00", "2:30", "10:00:00", "25", "")] == [5, 2.5, 10, None, None]


def test_words_for_hours_of_a_week() -> None:
    assert effort.weekly(3, 4) == "3-4 hours per week"
    assert effort.weekly(1, 1) == "1 hour per week"
    assert effort.weekly(None, 2.5) == "2.5 hours per week"
    assert effort.weekly(None, None) == effort.weekly(0, 0) == ""


@given(st.text(max_size=400), st.none() | st.floats(0, 60))
def test_hours_are_a_range_or_nothing(text: str, weeks: float | None) -> None:
    found = effort.hours_of(text, weeks)
    assert found is None or 0 <= found[0] <= found[1]


@given(st.integers(1, 400), st.integers(0, 50))
def test_what_is_said_is_given_back(low: int, more: int) -> None:
    assert effort.hours_of(f"{low}-{low + more} hours") == (low, low + more)
