"""When an event is: the dates of a VEVENT as written, in a zone to reckon in (RFC 5545, 3.3.4 to 3.3.6).

Within a calendar times are local: a `datetime` here has no zone of its own, a `date` is a whole day. Only `Span`
knows the zone, and turns them into moments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from aggregator.read.calendar_lines import Component, Property
from aggregator.read.calendar_zones import Zone, Zones

Time = datetime | date
_STAMP = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d))?(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?)?", re.I
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_DURATION = re.compile(
    r"([+-])?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?", re.I
)
_LONGEST = timedelta(days=3660)  # of one event: more is a typing error
_ALL_DAY = ("X-MICROSOFT-CDO-ALLDAYEVENT", "X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT", "X-FUNAMBOL-ALLDAY")


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, as local times of `zone` (None: floating, and nobody says where). `ends` of days is
    exclusive, as in the file. `said` names the properties they were read from."""

    starts: Time
    ends: Time | None = None
    zone: Zone | None = None
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def length(self) -> timedelta:
        """How long it lasts; a day without an end is a day, a moment without an end is a moment."""
        if self.ends is None:
            return timedelta() if isinstance(self.starts, datetime) else timedelta(days=1)
        return as_datetime(self.ends) - as_datetime(self.starts)

    def moment(self, local: Time) -> datetime:
        """The UTC moment of a local time of this span, for comparing: days and floating times as if in UTC."""
        zone = self.zone if isinstance(local, datetime) else None
        return zone.instant(as_datetime(local)) if zone else as_datetime(local).replace(tzinfo=UTC)


def as_datetime(value: Time) -> datetime:
    """A day as its midnight."""
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def as_day(value: Time) -> date:
    """The day of a local time."""
    return value.date() if isinstance(value, datetime) else value


@dataclass(frozen=True, slots=True)
class Clock:
    """How the times of one document are to be read: its zones, and the one for floating times."""

    zones: Zones
    floating: Zone | None = None

    def read(self, text: str, tzid: str = "", *, whole_day: bool = False) -> tuple[Time, Zone | None] | None:
        """(local time or day, its zone), or None for what is no time."""
        found = _STAMP.fullmatch(text.strip())
        try:
            day = date(int(found[1]), int(found[2]), int(found[3])) if found else None
            if day is None or found is None or not 2 <= day.year <= 9998:
                return None
            if whole_day or not found[4]:
                return day, None
            # 24:00 is written by some, and a leap second (60) is allowed
            local = datetime.combine(day, time(int(found[4]) % 24, int(found[5]), min(59, int(found[6] or 0))))
            local += timedelta(days=int(found[4]) // 24)
        except ValueError:
            return None
        return self._placed(local, (found[7] or "").upper(), tzid)

    def _placed(self, local: datetime, suffix: str, tzid: str) -> tuple[Time, Zone | None]:
        if offset := _OFFSET.fullmatch(suffix):
            ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
            return local - (ahead if offset[1] == "+" else -ahead), Zone(UTC)
        if suffix == "Z":
            return local, Zone(UTC)
        return local, (self.zones.named(tzid) if tzid else None) or self.floating

    def of(self, found: Property | None) -> tuple[Time, Zone | None] | None:
        """The same for a property with its TZID and VALUE."""
        if found is None:
            return None
        whole_day = found.params.get("VALUE", "").upper() == "DATE"
        return self.read(found.value, found.params.get("TZID", ""), whole_day=whole_day)

    def local(self, found: tuple[Time, Zone | None], zone: Zone | None) -> Time:
        """A time as the clocks of another zone show it; a day, and a floating time, stays what it is."""
        when, own = found
        if not isinstance(when, datetime) or own is None or zone is None or own == zone:
            return when
        return zone.local(own.instant(when))

    def span(self, event: Component) -> Span | None:
        """When an event is, or None where it does not say so in a way that can be read."""
        found = self.of(event.first("DTSTART"))
        if found is None:
            return None
        starts, zone = found
        ends, said = self._end(event, starts, zone)
        if _is_all_day(event, starts, ends):
            starts, ends, zone = as_day(starts), (as_day(ends) if ends else None), None
        if ends is not None and not timedelta() <= as_datetime(ends) - as_datetime(starts) <= _LONGEST:
            ends = None
        return Span(starts, ends, zone, {"starts": "DTSTART"} | ({"ends": said} if ends else {}))

    def _end(self, event: Component, starts: Time, zone: Zone | None) -> tuple[Time | None, str]:
        found = self.of(event.first("DTEND"))
        if found is not None:
            ends = self.local(found, zone)
            same = isinstance(ends, datetime) == isinstance(starts, datetime)
            return (ends if same else _of_kind(ends, starts)), "DTEND"
        length = duration(event.text("DURATION"))
        if length is None or not timedelta() <= length <= _LONGEST:
            return None, ""
        if not isinstance(starts, datetime):
            length = timedelta(days=max(1, -(-length // timedelta(days=1))))
        return starts + length, "DURATION"


def _of_kind(value: Time, like: Time) -> Time | None:
    """A day or a moment as the other is one; a day says nothing about when a moment ends."""
    return None if isinstance(like, datetime) else as_day(value) + timedelta(days=1)


def _is_all_day(event: Component, starts: Time, ends: Time | None) -> bool:
    """Outlook writes whole days as midnights, and says so elsewhere."""
    if not isinstance(starts, datetime) or not any(event.text(name).upper() == "TRUE" for name in _ALL_DAY):
        return False
    return starts.time() == time() and (ends is None or as_datetime(ends).time() == time())


def duration(text: str) -> timedelta | None:
    """A DURATION (RFC 5545, 3.3.6), or None for what is none."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or not any(found.groups()[1:]):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] == "-" else length
