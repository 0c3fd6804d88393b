"""Dates of the two forms that nearly all feeds use, and those that feedparser surely can't read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from aggregator.read.strict_names import Doubt

_DAYS = frozenset("mon tue wed thu fri sat sun".split())
_MONTHS = {
    name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_MONTH_BETWEEN = {f" {name.title()} ": f"-{number:02}-" for name, number in _MONTHS.items()}
_BEFORE_DAY = frozenset(f"{name.title()}, " for name in _DAYS)
_NONE_AHEAD = dict.fromkeys((" GMT", " UTC", " UT", " Z", " +0000"), "+00:00")
_DOTTED = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}(?: \d{1,2}:\d\d(?::\d\d)?)?", re.A)
_GREEK = re.compile("[\u0370-\u03ff\u1f00-\u1fff]")
_RFC_822 = re.compile(
    r"(?:([A-Za-z]{3})[A-Za-z]*,?\s+)?(\d{1,2})\s+([A-Za-z]{3})[A-Za-z]*\s+(\d{4})\s+"
    r"(\d{1,2}):(\d\d)(?::(\d\d))?\s+([A-Za-z]+|(?:GMT)?[+-]\d\d:?\d\d)(?:\s+\([A-Za-z]+\))?",
    re.A,
)
_W3C = re.compile(
    r"(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?)(?: ?(Z|[+-]\d\d:\d\d|[+-]\d\d00))?", re.A
)
_ZONES = {"gmt": 0, "ut": 0, "utc": 0, "z": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
          "pst": -8, "pdt": -7}  # fmt: skip


def moment(text: str) -> datetime | None:
    """The moment of a date as RFC 822 or W3C write it, in UTC; None for what feedparser can't read either.

    Raises Doubt for any other.
    """
    if not text:
        return None
    if usual := _in_usual_form(text):
        return usual
    try:
        found = _from_rfc_822(text) or _from_w3c(text)
    except (ValueError, KeyError, OverflowError) as error:
        raise Doubt("a date that there isn't") from error
    if found is None and not _is_of_nobody(text):
        raise Doubt("a date of another form")
    return found


def _in_usual_form(text: str) -> datetime | None:
    """The moment of "Mon, 02 Nov 2026 08:00:00 GMT" (or +0100) and "2026-11-02T08:00:00Z" (or +01:00), as
    most dates are written, in a third of the time. None for all else, and for what there isn't."""
    if month := _MONTH_BETWEEN.get(text[7:12]):
        if text[:5] not in _BEFORE_DAY or text[16:17] != " " or text[19:23:3] != "::":
            return None
        zone = _NONE_AHEAD.get(text[25:]) or (text[26:] if len(text) == 31 and text[25:27] in (" +", " -") else "")
        text = f"{text[12:16]}{month}{text[5:7]}T{text[17:25]}{zone}"
        if not zone:
            return None
    elif (
        text[4:8:3] != "--"
        or text[10:17:3] != "T::"
        or not (text[19:] == "Z" or (len(text) == 25 and text[19] in "+-" and text[22] == ":"))
    ):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text[11:13] < "24" else None
    except (ValueError, OverflowError):
        return None


def _is_of_nobody(text: str) -> bool:
    """Whether feedparser surely can't read a date: dots, or a word that is no day and no month."""
    if _DOTTED.fullmatch(text):
        return True
    first = text[:3].lower()
    if first in _DAYS or not first[0].isalpha() or first[0] == "t":
        return False
    return first not in _MONTHS and "/" not in text and not _GREEK.search(text)


def _from_rfc_822(text: str) -> datetime | None:
    parts = _RFC_822.fullmatch(text)
    if not parts:
        return None
    weekday, day, month, year, hour, minute, second, zone = parts.groups()
    if weekday and weekday.lower() not in _DAYS:
        return None
    found = datetime(int(year), _MONTHS[month.lower()], int(day), int(hour), int(minute), int(second or 0), 0, UTC)
    ahead = _ahead(zone)
    return found - ahead if ahead else found


def _from_w3c(text: str) -> datetime | None:
    parts = _W3C.fullmatch(text)
    if not parts or (parts[2] and len(parts[1]) < 16):  # a day has no zone
        return None
    found = datetime.fromisoformat(parts[1] + (parts[2] or ""))
    found = found.replace(microsecond=0) if found.microsecond else found
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


@lru_cache(maxsize=128)
def _ahead(zone: str) -> timedelta | None:
    """How far a zone of RFC 822 is ahead of UTC; None where it isn't. Raises KeyError for an unknown one."""
    zone = zone.removeprefix("GMT") or zone
    if zone[0] in "+-":
        ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        return ahead if zone[0] == "+" else -ahead
    return timedelta(hours=_ZONES[zone.lower()]) or None
