"""Dates as structured data writes them: ISO 8601, nearly.

A day is a `date`. A time with an offset is an instant; one without is an instant only where the zone is known,
else its day is all that is sure. `2027-03` and `2027` are known to the month or year.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aggregator.read.dates import moment_of

_WRITTEN = re.compile(
    r"(?P<year>\d{4})(?:-?(?P<month>\d{1,2})(?:-?(?P<day>\d{1,2}))?)?"
    r"(?:[T ]+(?P<hour>\d{1,2}):?(?P<minute>\d\d)(?::?(?P<second>\d\d))?(?:[.,]\d+)? *"
    r"(?P<zone>Z|[+-]\d{1,2}(?::?\d\d)?)?)?(?:\[[\w/+-]+\])?",
    re.I | re.ASCII,
)
_DURATION = re.compile(
    r"P(?:(\d+(?:[.,]\d+)?)W)?(?:(\d+(?:[.,]\d+)?)D)?(?:T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?"
    r"(?:\d+(?:[.,]\d+)?S)?)?",
    re.I | re.ASCII,
)


def when(text: object, zone: str = "") -> tuple[datetime | date | None, str]:
    """(instant in UTC or day, precision) of what a source wrote; precision is `month`, `year` or empty.

    `zone`: the IANA name of the zone in which times without an offset are meant. What can't be read in one way
    is (None, "").
    """
    if not isinstance(text, str) or not (written := text.strip()[:100]):
        return None, ""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        named = moment_of(written)
        return (named.date() if named else None), ""
    try:
        day = date(int(found["year"]), int(found["month"] or 1), int(found["day"] or 1))
        if not found["day"]:
            return day, "month" if found["month"] else "year"
        return (_instant(found, day, zone) if found["hour"] else day), ""
    except (ValueError, OverflowError):
        return None, ""


def wall_clock(text: object) -> str:
    """`HH:MM` as written, whatever the zone; empty for a day."""
    found = _WRITTEN.fullmatch(text.strip()[:100]) if isinstance(text, str) else None
    return f"{int(found['hour']):02}:{found['minute']}" if found and found["hour"] else ""


def known_zone(name: str) -> ZoneInfo | None:
    """The zone of an IANA name, or None for what is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def hours(text: str) -> float | None:
    """The hours of an ISO 8601 duration of hours and minutes: `PT1H30M` is 1.5; weeks and days are no hours."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or found[1] or found[2] or not (found[3] or found[4]):
        return None
    whole, minutes = (float((part or "0").replace(",", ".")) for part in (found[3], found[4]))
    return round(whole + minutes / 60, 2)


def _instant(found: re.Match[str], day: date, zone: str) -> datetime | date:
    clock = (int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
    place = timedelta(days=1) if clock[0] == 24 and clock[1:] == (0, 0) else timedelta(0)
    local = datetime(day.year, day.month, day.day, clock[0] % 24 if place else clock[0], *clock[1:])  # noqa: DTZ001
    offset = found["zone"] and _offset(found["zone"])
    own = offset or known_zone(zone)
    return (local + place).replace(tzinfo=own).astimezone(UTC) if own else day


def _offset(written: str) -> timezone:
    if written in "Zz":
        return UTC
    digits = written[1:].replace(":", "")
    size = len(digits) - 2 if len(digits) > 2 else len(digits)
    ahead = timedelta(hours=int(digits[:size]), minutes=int(digits[size:] or 0))
    return timezone(-ahead if written[0] == "-" else ahead)
