"""Dates that feedparser leaves alone: no zone, months in the publisher's language, days with dots.

Only what can be read in one way is read. `05/10/2026` is May or October, so it is nothing; a wrong date is worse
than none.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from aggregator.text import fold

# The first letters of months in English, Italian, French, German, Spanish, Portuguese, Dutch and Polish, folded.
_MONTHS = (
    "jan gen ene sty", "feb fev lut", "mar mrt", "apr avr abr kwi", "may mai mag mei maj", "jun juin giu cze",
    "jul juil lug", "aug ago aou sie", "sep set wrz", "oct ott okt out paz", "nov", "dec dic dez gru",
)  # fmt: skip
_NUMBERS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_US_ZONES = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th)?[ .-]+(?:de )?(?P<month>[a-z]{3,12})\.?,?[ .-]+(?:de )?"
    r"(?P<year>\d{4}|\d\d)\b"
)
_MONTH_FIRST = re.compile(r"(?P<month>[a-z]{3,12})\.? +(?P<day>\d{1,2})(?:st|nd|rd|th)?,? +(?P<year>\d{4})\b")
_DOTS = re.compile(r"\b(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})\b")
_TIME = re.compile(
    r"[ ,t]*(?:at |um |- )?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?:\.\d+)? ?(?P<half>[ap]m\b)?"
)
_OFFSET = re.compile(r" *(?P<sign>[+-]) ?(?P<hours>\d\d):?(?P<minutes>\d\d)\b")


def moment_of(text: str) -> datetime | None:
    """The moment in UTC that a text names, or None. A day without a time is its midnight, no zone means UTC."""
    text = " ".join(fold(text[:100]).split())
    day = _DAY_FIRST.search(text) or _MONTH_FIRST.search(text) or _DOTS.search(text)
    month = _month(day["month"]) if day else None
    if day is None or month is None:
        return None
    time = _TIME.match(text, day.end())
    try:
        found = datetime(_year(day["year"]), month, int(day["day"]), *_clock(time), tzinfo=UTC)
        return (found - _offset(text[time.end() :] if time else "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _month(name: str) -> int | None:
    if name.isdigit():
        return int(name)
    return _NUMBERS.get(name[:4]) or _NUMBERS.get(name[:3])


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) > 2 else year + (2000 if year < 70 else 1900)


def _clock(time: re.Match[str] | None) -> tuple[int, int, int]:
    if time is None:
        return 0, 0, 0
    hour = int(time["hour"])
    if time["half"]:
        hour = hour % 12 + (12 if time["half"] == "pm" else 0)
    return hour, int(time["minute"]), int(time["second"] or 0)


def _offset(rest: str) -> timedelta:
    """How far ahead of UTC the zone is that is named at the beginning of `rest`; an unknown one counts as UTC."""
    if found := _OFFSET.match(rest):
        ahead = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
        return ahead if found["sign"] == "+" else -ahead
    return timedelta(hours=_US_ZONES.get(rest.strip()[:3], 0))
