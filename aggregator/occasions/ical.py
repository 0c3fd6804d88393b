"""Dated items as a calendar (iCalendar, RFC 5545), written by hand: few properties, no recurrence. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

from aggregator.model import Item, Occasion
from aggregator.occasions.states import ANYWHERE_ON_EARTH, zone_of
from aggregator.occasions.vtimezone import named, vtimezone

MEDIA_TYPE = "text/calendar; charset=utf-8"
DEADLINES = (("closes", "Closes"), ("submissions", "Proposals due"), ("early_bird", "Early bird ends"))
_DATES = ("starts", *(name for name, _ in DEADLINES))
_STATUSES = ("cancelled", "tentative", "confirmed")
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f]")
_FIRST, _LAST = 1900, 2200  # years
_LINE = 75  # octets of a line without its end (RFC 5545, 3.1)


def calendar_folder(base_url: str) -> str:
    """Where the pages keep the dates of items: each at `ID.ics` in it. One and the same for all readers."""
    return f"{base_url.rstrip('/')}/dates"


def is_dated(item: Item) -> bool:
    """Whether a calendar of the item would have anything in it: a date that is known to the day."""
    occasion = item.occasion
    return occasion is not None and any(_exact(occasion, name) is not None for name in _DATES)


def calendar(items: Iterable[Item], now: datetime, name: str = "Dates") -> str:
    """One calendar: for each item an event for what takes place (UID: the item's id) and an all-day one for each
    deadline (UID: id and field). Dates that are only known to the month are left out. Lines end in CRLF.

    `SEQUENCE` is the revision of the item's dates, so that a moved date replaces the one that a calendar holds;
    `DTSTAMP` and `LAST-MODIFIED` are when they changed last, or were first seen (`now` where nobody knows), so
    that the same dates are the same bytes. Times are by the clock of the place where it is known.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//aggregator//dates//EN", "CALSCALE:GREGORIAN"]
    lines.append(f"X-WR-CALNAME:{_text(name)}")
    dated = [item for item in items if is_dated(item)]
    for zone, moments in _zones(dated).items():
        lines += vtimezone(zone, moments)
    for item in dated:
        lines += _events(item, now)
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def entries(item: Item, now: datetime) -> tuple[str, ...]:
    """The events of one item as `calendar` has them, line by line, unfolded. Times are in UTC: they stand for
    themselves, whatever zone database reads them later."""
    return tuple(_events(item, now, utc=True)) if is_dated(item) else ()


def bound(properties: Iterable[tuple[str, str]], lines: Iterable[str]) -> str:
    """A calendar of lines from `entries`, under properties of its own (RFC 7986)."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//aggregator//dates//EN", "CALSCALE:GREGORIAN"]
    head += [f"{name}:{value if name == 'URL' else _text(value)}" for name, value in properties]
    return "".join(f"{_folded(line)}\r\n" for line in [*head, *lines, "END:VCALENDAR"])


def _zones(items: Iterable[Item]) -> dict[str, list[datetime]]:
    """The zones that times are written in, and those times."""
    found: dict[str, list[datetime]] = {}
    for item in items:
        occasion = item.occasion or Occasion()
        starts, ends = _exact(occasion, "starts"), _exact(occasion, "ends")
        if isinstance(starts, datetime) and (zone := named(occasion.zone)):
            found.setdefault(zone, []).extend([starts, *([ends] if isinstance(ends, datetime) else [])])
    return found


def _events(item: Item, now: datetime, *, utc: bool = False) -> Iterator[str]:
    occasion = item.occasion or Occasion()
    if _exact(occasion, "starts") is not None:
        yield from _event(item, now, item.id, item.title, _period(occasion, utc=utc))
    for name, label in DEADLINES:
        value = _exact(occasion, name)
        if value is None or (name == "submissions" and value == occasion.closes):
            continue
        period = _whole(day := _day(value, occasion), day)
        if isinstance(value, datetime):
            period.append(f"DESCRIPTION:{_text(_clock(value, occasion))}")
        elif occasion.zone == ANYWHERE_ON_EARTH:
            period.append("DESCRIPTION:Until the day is over anywhere on Earth (UTC-12)")
        yield from _event(item, now, f"{item.id}-{name}", f"{label}: {item.title}", period)


def _exact(occasion: Occasion, name: str) -> datetime | date | None:
    """The date in that field if it is known to the day; a year out of all reason is a slip, and no date."""
    value: datetime | date | None = getattr(occasion, name)
    if value is None or occasion.precision.get(name) or not _FIRST <= value.year <= _LAST:
        return None
    return value


def _event(item: Item, now: datetime, uid: str, title: str, period: list[str]) -> Iterator[str]:
    occasion = item.occasion or Occasion()
    changed = _stamp(item.dates_changed_at or item.first_seen_at or now)
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(uid)}@aggregator"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"SEQUENCE:{max(0, occasion.sequence, item.revision)}"
    yield from period
    yield f"SUMMARY:{_text(title)}"
    if occasion.place:
        yield f"LOCATION:{_text(occasion.place)}"
    if item.url:
        yield f"URL:{_CONTROLS.sub('', item.url).replace(chr(10), '')}"
    if occasion.status in _STATUSES:
        yield f"STATUS:{occasion.status.upper()}"
    elif occasion.status == "postponed":
        yield "STATUS:TENTATIVE"
    yield "END:VEVENT"


def _period(occasion: Occasion, *, utc: bool) -> list[str]:
    starts, ends = occasion.starts, _exact(occasion, "ends")
    if isinstance(starts, datetime):
        later = [ends] if isinstance(ends, datetime) and ends > starts else []
        zone = "" if utc else named(occasion.zone)
        return [_moment(name, at, zone) for name, at in zip(("DTSTART", "DTEND"), [starts, *later], strict=False)]
    last = ends.date() if isinstance(ends, datetime) else ends
    return _whole(starts, max(starts, last or starts)) if starts else []


def _moment(name: str, at: datetime, zone: str) -> str:
    there = zone_of(zone) if zone else None
    return f"{name};TZID={zone}:{at.astimezone(there):%Y%m%dT%H%M%S}" if there else f"{name}:{_stamp(at)}"


def _place(value: datetime, occasion: Occasion) -> tzinfo:
    """Whose calendar a moment is told by: that of the place, else that in which it was said."""
    return zone_of(occasion.zone) or value.tzinfo or UTC


def _day(value: datetime | date, occasion: Occasion) -> date:
    return value.astimezone(_place(value, occasion)).date() if isinstance(value, datetime) else value


def _clock(value: datetime, occasion: Occasion) -> str:
    """A time of day in words, for an entry that is a whole day."""
    local = value.astimezone(_place(value, occasion))
    clock = f"At {local:%H:%M} ({occasion.zone or f'UTC{local:%z}'})"
    return f"{clock}, which is {value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


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
