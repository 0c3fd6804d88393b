"""Dated items as a calendar (iCalendar, RFC 5545), written by hand: few properties, no recurrence. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from aggregator.model import Item, Occasion

_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f]")
_LINE = 75  # octets of a line without its end (RFC 5545, 3.1)


def calendar(items: Iterable[Item], now: datetime, name: str = "Dates") -> str:
    """One calendar: for each item an event for what takes place (UID: the item's id) and an all-day one for each
    deadline (UID: id and field). `SEQUENCE` is that of the occasion, so that a moved date replaces the one that a
    calendar holds. Dates that are only known to the month are left out. Lines end in CRLF."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//aggregator//dates//EN", f"X-WR-CALNAME:{_text(name)}"]
    for item in items:
        lines += _events(item, now)
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _events(item: Item, now: datetime) -> Iterator[str]:
    occasion = item.occasion
    if occasion is None:
        return
    if occasion.starts is not None and not occasion.precision.get("starts"):
        yield from _event(item, occasion, now, item.id, item.title, _period(occasion))
    for name, label in (("closes", "Closes"), ("submissions", "Proposals due")):
        value: datetime | date | None = getattr(occasion, name)
        if value is not None and not occasion.precision.get(name):
            period = _instant(value) if isinstance(value, datetime) else _whole(value, value)
            yield from _event(item, occasion, now, f"{item.id}-{name}", f"{label}: {item.title}", period)


def _event(
    item: Item, occasion: Occasion, now: datetime, uid: str, title: str, period: list[str]
) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(uid)}@aggregator"
    yield f"DTSTAMP:{_stamp(now)}"
    yield f"SEQUENCE:{max(0, occasion.sequence)}"
    yield from period
    yield f"SUMMARY:{_text(title)}"
    if occasion.place:
        yield f"LOCATION:{_text(occasion.place)}"
    if item.url:
        yield f"URL:{_CONTROLS.sub('', item.url).replace(chr(10), '')}"
    if occasion.status in ("cancelled", "tentative", "confirmed"):
        yield f"STATUS:{occasion.status.upper()}"
    yield "END:VEVENT"


def _period(occasion: Occasion) -> list[str]:
    starts, ends = occasion.starts, occasion.ends
    if occasion.precision.get("ends"):
        ends = None
    if isinstance(starts, datetime):
        later = isinstance(ends, datetime) and ends > starts
        return _instant(starts) + ([f"DTEND:{_stamp(ends)}"] if later and isinstance(ends, datetime) else [])
    last = ends.date() if isinstance(ends, datetime) else ends
    return _whole(starts, max(starts, last or starts)) if starts else []


def _instant(moment: datetime) -> list[str]:
    return [f"DTSTART:{_stamp(moment)}"]


def _whole(first: date, last: date) -> list[str]:
    """Whole days; the end is the day after the last (RFC 5545, 3.6.1)."""
    after = last + timedelta(days=1) if last < date.max else last
    return [f"DTSTART;VALUE=DATE:{first:%Y%m%d}", f"DTEND;VALUE=DATE:{after:%Y%m%d}", "TRANSP:TRANSPARENT"]


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    plain = _CONTROLS.sub("", value.replace("\r\n", "\n").replace("\t", " "))
    for sign in ("\\", ";", ","):
        plain = plain.replace(sign, f"\\{sign}")
    return plain.replace("\n", "\\n")


def _folded(line: str) -> str:
    """Lines of at most 75 octets, never cut within a character."""
    parts, part, size = [], "", 0
    for character in line:
        width = len(character.encode("utf-8", "replace"))
        if size + width > _LINE:
            parts.append(part)
            part, size = " ", 1
        part, size = part + character, size + width
    return "\r\n".join([*parts, part])
