"""iCalendar (RFC 5545, 7986): the events of a calendar, with their dates as they are.

Two views of one document. `read` is for the service: series written out around a moment, each occurrence an entry
that keeps its guid when it is moved or cancelled. `events` is for looking at a file: one entry for each VEVENT.

Options of a source: `zone` (IANA name, for times without one; else X-WR-TIMEZONE), `days_back` (30) and
`days_ahead` (400) of the window, `private` (true: events of CLASS PRIVATE and CONFIDENTIAL too, which are left out
otherwise). The moment comes with `_now`; without it, it is that of the newest DTSTAMP.
Addresses of mail, telephone numbers and people invited are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aggregator.errors import SourceError
from aggregator.jsonlines import moment_from
from aggregator.model import Document, Entry, Reading, Source
from aggregator.read.calendar_entries import Frame, entry_of
from aggregator.read.calendar_lines import Component, calendars
from aggregator.read.calendar_series import Happening, Window, happenings, soonest, uid_of
from aggregator.read.calendar_times import Clock, duration
from aggregator.read.calendar_zones import Zone, Zones, world_zone
from aggregator.text import title
from aggregator.urls import absolute, is_web

MOST = 2_000  # entries of one document; of more, the ones closest ahead
_BACK, _AHEAD, _FARTHEST = 30, 400, 3_660  # days
_LONGEST_TTL = timedelta(days=31)
_HIDDEN = frozenset({"PRIVATE", "CONFIDENTIAL"})  # CLASS: not meant for whoever finds the address


@dataclass(frozen=True, slots=True)
class AsWritten:
    """When a VEVENT begins, in the words of the file; empty and None where it does not say so."""

    dtstart: str = ""
    tzid: str | None = None


def read(document: Document, source: Source) -> Reading:
    """The calendar, its series written out within the window of the source's options.

    At most 200 occurrences of one series and MOST entries. Raises SourceError: `empty`, `not-a-calendar`,
    `too-deep`, `bad-option`.
    """
    found = calendars(document)
    zone = _zone(source.options)
    private = bool(source.options.get("private", False))
    kept = []
    for calendar in found:
        frame = _frame(calendar, document, zone)
        events = [one for one in calendar.within("VEVENT") if private or not _is_private(one)]
        window, now = _window(source.options, events, frame.clock)
        kept += [(frame, one) for one in soonest(happenings(events, frame.clock, window), MOST, now)]
    return _reading(found, document, (_entry(frame, one) for frame, one in kept[:MOST]))


def events(document: Document, source: Source | None = None) -> tuple[Reading, tuple[AsWritten, ...]]:
    """Every VEVENT as one entry, in the order of the file and never expanded: overrides, cancelled ones and ones
    without a readable date too. The second part says for each entry, at the same place, when it begins as written.

    Raises SourceError: `empty`, `not-a-calendar`, `too-deep`, `bad-option`.
    """
    found = calendars(document)
    zone = _zone(source.options if source else {})
    entries, written = [], []
    for calendar in found:
        frame = _frame(calendar, document, zone)
        for event in calendar.within("VEVENT"):
            entries.append(entry_of(event, frame.span(event), uid_of(event), frame))
            start = event.first("DTSTART")
            written.append(
                AsWritten(start.value.strip(), start.params.get("TZID") or None) if start else AsWritten()
            )
    return _reading(found, document, entries), tuple(written)


def _is_private(event: Component) -> bool:
    return event.text("CLASS").strip().upper() in _HIDDEN


def _entry(frame: Frame, found: Happening) -> Entry:
    return entry_of(found.event, found.span, found.guid, frame)


def _reading(found: list[Component], document: Document, entries: Iterable[Entry]) -> Reading:
    first = found[0]
    home = first.text("URL") or first.text("X-ORIGINAL-URL")
    home = absolute(document.url, home) if home else ""
    return Reading(
        title=title(first.text("X-WR-CALNAME") or first.text("NAME")),
        home=home if is_web(home) else "",
        entries=tuple(entries),
        ttl=_ttl(first),
    )


def _ttl(calendar: Component) -> timedelta | None:
    """How long it stays as it is (RFC 7986, 5.7, and what Outlook writes)."""
    length = duration(calendar.text("REFRESH-INTERVAL") or calendar.text("X-PUBLISHED-TTL"))
    return min(length, _LONGEST_TTL) if length and length > timedelta() else None


def _frame(calendar: Component, document: Document, zone: Zone | None) -> Frame:
    zones = Zones(calendar.within("VTIMEZONE"))
    own = calendar.text("X-WR-TIMEZONE") or calendar.text("TIMEZONE-ID")
    default = zone or (zones.named(own) if own else None)
    return Frame(
        clock=Clock(zones, default),
        url=document.url,
        zone=default.name if default else "",
        cancelled=calendar.text("METHOD").upper() == "CANCEL",
    )


# ------------------------------------------------------------------------------------------- options and window
def _zone(options: Mapping[str, object]) -> Zone | None:
    name = options.get("zone")
    if name is None or name == "":
        return None
    found = world_zone(name) if isinstance(name, str) else None
    if found is None:
        raise SourceError("bad-option", f"zone: {str(name)[:60]!r} is no time zone; write one like Europe/Rome")
    return found


def _days(options: Mapping[str, object], name: str, usual: int) -> timedelta:
    days = options.get(name, usual)
    if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= _FARTHEST:
        raise SourceError("bad-option", f"{name}: write a number of days from 0 to {_FARTHEST}")
    return timedelta(days=days)


def _window(options: Mapping[str, object], events: list[Component], clock: Clock) -> tuple[Window, datetime]:
    """(what is asked for, the moment from which it is seen)."""
    back, ahead = _days(options, "days_back", _BACK), _days(options, "days_ahead", _AHEAD)
    now = moment_from(options.get("_now")) or _newest(events, clock)
    if now is None:  # no file says when it is: its first event must do
        now = _first(events, clock) + back
    return Window(now - back, now + ahead), now


_STAMP = re.compile(r"\d{8}T\d{6}Z?")


def _newest(events: list[Component], clock: Clock) -> datetime | None:
    texts = {one.text("DTSTAMP").strip() for one in events}
    newest = max((text for text in texts if _STAMP.fullmatch(text)), default="")
    found = clock.read(newest) if newest else None
    believable = found if found and 1990 <= found[0].year <= 2100 else None
    return moment_from(believable[0].isoformat()) if believable else None


def _first(events: list[Component], clock: Clock) -> datetime:
    starts = [
        found[0] for one in events if (found := clock.of(one.first("DTSTART"))) and 1900 <= found[0].year <= 2100
    ]
    first = min((one.isoformat() for one in starts), default="1990-01-01")
    return moment_from(first) or datetime(1990, 1, 1, tzinfo=UTC)
