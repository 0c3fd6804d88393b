"""Time zones as calendars name them: IANA, Windows, prefixed and made-up names with a VTIMEZONE of their own.

A name that the world knows counts more than the rules beside it, which are often cut short; rules count for names
that only the file knows (RFC 5545, 3.6.5).
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from aggregator.read.calendar_lines import Component

_SHAPE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}")
_NO_ZONES = frozenset({"localtime", "factory", "posixrules"})
_OFFSET = re.compile(r"\(?(?:UTC|GMT)?\s*([+-])(\d\d?)(?::?(\d\d))?(?:\)|\b)", re.I)
_UTC_NAMES = frozenset(
    {"z", "utc", "gmt", "etc/utc", "etc/gmt", "coordinated universal time", "tzone://microsoft/utc"}
)
_SECONDS = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?")
_ONSET = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?)?")
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MOST_RULES = 200  # observances of one VTIMEZONE; of more, the last ones are the ones in force


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone to reckon in, and its IANA name where it has one."""

    info: tzinfo
    name: str = ""

    def instant(self, local: datetime) -> datetime:
        """The UTC moment of a local time without a zone. In a gap: the offset before it; the first of two."""
        return local.replace(tzinfo=self.info).astimezone(UTC)

    def local(self, moment: datetime) -> datetime:
        """The local time, without a zone, of an aware moment."""
        return moment.astimezone(self.info).replace(tzinfo=None)


class Zones:
    """The zones that one document can name: those of the world, and its own VTIMEZONEs."""

    def __init__(self, defined: Iterable[Component] = ()) -> None:
        self._defined = {_plain(one.text("TZID")): one for one in defined if one.text("TZID")}
        self._known: dict[str, Zone | None] = {}

    def named(self, name: str) -> Zone | None:
        """The zone of a TZID as written, or None if nobody knows it."""
        key = _plain(name)
        if key not in self._known:
            self._known[key] = self._find(key)
        return self._known[key]

    def _find(self, name: str) -> Zone | None:
        if not name:
            return None
        known = world_zone(name)
        own = self._defined.get(name)
        # "EST" is a name of the world, without summer time; whoever defines it himself means New York.
        if known and ("/" in name or own is None or known.info is UTC):
            return known
        if own is None:
            return _fixed(name)
        return (
            world_zone(own.text("X-LIC-LOCATION")) or known_to_windows(name) or _made(own) or known or _fixed(name)
        )


def _plain(name: str) -> str:
    return " ".join(name.replace('"', " ").replace("\\", "").split())


def world_zone(name: str) -> Zone | None:
    """The zone of an IANA name in any case, also behind the prefix of some software ("/mozilla.org/2005_1/Europe/
    Rome"), or of a Windows name; None for others."""
    name = _plain(name)
    if name.casefold() in _UTC_NAMES:
        return Zone(UTC, "UTC")
    parts = [part for part in name.replace(" ", "_").split("/") if part][-3:]
    for at in range(max(1, len(parts) - 1)):
        found = _iana("/".join(parts[at:]))
        if found:
            return found
    return known_to_windows(name)


@lru_cache(maxsize=2000)
def _iana(name: str) -> Zone | None:
    if not _SHAPE.fullmatch(name):
        return None
    own = _names().get(name.casefold())
    return Zone(ZoneInfo(own), own) if own else None


@lru_cache(maxsize=1)
def _names() -> Mapping[str, str]:
    return {name.casefold(): name for name in available_timezones() if name.casefold() not in _NO_ZONES}


def known_to_windows(name: str) -> Zone | None:
    """The zone of a Windows name ("W. Europe Standard Time"), by the table of Unicode CLDR."""
    own = _windows().get(name.casefold())
    return _iana(own) if own else None


@lru_cache(maxsize=1)
def _windows() -> Mapping[str, str]:
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    return {windows.casefold(): olson for windows, olson in WINDOWS_TO_OLSON.items()}


def _fixed(name: str) -> Zone | None:
    """A zone that only says how far it is from UTC: "GMT+0100", "(UTC-05:00) ..."."""
    found = _OFFSET.match(name)
    if found is None or int(found[2]) > 14 or int(found[3] or 0) > 59:
        return None
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return Zone(timezone(ahead if found[1] == "+" else -ahead))


# ------------------------------------------------------------------------------------------- zones with rules
@dataclass(frozen=True, slots=True)
class _Observance:
    """STANDARD or DAYLIGHT: from when on (in the time before it) which offset holds."""

    start: datetime
    before: timedelta
    after: timedelta
    extra: tuple[datetime, ...]
    rule: Mapping[str, str]
    until: int

    def onsets(self, year: int) -> list[datetime]:
        """The changes to this observance that can be the latest one in a year, as local times before the change;
        an hour that is left out counts to the time before."""
        late = max(timedelta(), self.after - self.before)
        found = [self.start, *self.extra]
        if self.rule:
            last = min(year, self.until)
            found += [onset for one in (last, last - 1) for onset in self._in_year(one)]
        return [one + late for one in found]

    def _in_year(self, year: int) -> Iterator[datetime]:
        if year < max(2, self.start.year) or year > 9998:
            return
        months = _numbers(self.rule.get("BYMONTH", "")) or [self.start.month]
        for month in months:
            if 1 <= month <= 12 and (day := self._day(year, month)):
                onset = datetime.combine(day, self.start.time())
                if onset >= self.start:
                    yield onset

    def _day(self, year: int, month: int) -> date | None:
        days = [date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1)]
        if among := _numbers(self.rule.get("BYMONTHDAY", "")):
            days = [day for day in days if day.day in among or day.day - len(days) - 1 in among]
        if found := _DAY.fullmatch(self.rule.get("BYDAY", "").strip()):
            days = [day for day in days if _WEEKDAYS[day.weekday()] == found[2]]
            at = int(found[1] or 1)
            return days[at - 1 if at > 0 else at] if 0 < abs(at) <= len(days) else None
        if not among:
            days = [day for day in days if day.day == self.start.day]
        return days[0] if days else None


class _Made(tzinfo):
    """A zone by the rules of its VTIMEZONE."""

    def __init__(self, observances: list[_Observance]) -> None:
        self._observances = observances
        self._first = min(observances, key=lambda one: one.start)
        self._years: dict[int, list[tuple[datetime, timedelta]]] = {}

    def utcoffset(self, dt: datetime | None) -> timedelta:
        if dt is None:
            return self._first.before
        local = dt.replace(tzinfo=None)
        changes = self._changes(local.year)
        at = bisect_right(changes, local, key=lambda change: change[0])
        return changes[at - 1][1] if at else self._first.before

    def _changes(self, year: int) -> list[tuple[datetime, timedelta]]:
        """(local time of a change, offset from then on), in order."""
        if year not in self._years:
            found = [(onset, one.after) for one in self._observances for onset in one.onsets(year)]
            self._years[year] = sorted(found, key=lambda change: change[0])
        return self._years[year]

    def dst(self, _moment: datetime | None, /) -> timedelta | None:
        return None

    def tzname(self, _moment: datetime | None, /) -> str | None:
        return None

    def fromutc(self, dt: datetime) -> datetime:
        """The greater offset first: a local time in a gap would come back as the same moment."""
        offsets = sorted({one.after for one in self._observances} | {self.utcoffset(None)})
        for ahead in reversed(offsets):
            if self.utcoffset(dt + ahead) == ahead:
                return dt + ahead
        return dt + offsets[0]  # the second of two equal hours


def _made(component: Component) -> Zone | None:
    observances = [
        _observance(one) for one in component.children[-_MOST_RULES:] if one.name in ("STANDARD", "DAYLIGHT")
    ]
    usable = [one for one in observances if one]
    return Zone(_Made(usable)) if usable else None


def _observance(component: Component) -> _Observance | None:
    start = _onset(component.text("DTSTART"))
    before, after = _seconds(component.text("TZOFFSETFROM")), _seconds(component.text("TZOFFSETTO"))
    if after is None or start is None:
        return None
    rule = component.first("RRULE")
    parts = dict(part.split("=", 1) for part in rule.value.upper().split(";") if "=" in part) if rule else {}
    until = _onset(parts.get("UNTIL", ""))
    dates = [_onset(text) for one in component.all("RDATE") for text in one.value.split(",")[:500]]
    return _Observance(
        start,
        before if before is not None else after,
        after,
        tuple(one for one in dates if one),
        parts if parts.get("FREQ") == "YEARLY" else {},
        until.year if until else 9998,
    )


def _onset(text: str) -> datetime | None:
    found = _ONSET.match(text.strip())
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()) if found else (0,) * 6
        return datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 (local by nature)
    except ValueError:
        return None


def _seconds(text: str) -> timedelta | None:
    found = _SECONDS.fullmatch(text.strip())
    if found is None or int(found[2]) > 15:
        return None
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return ahead if found[1] == "+" else -ahead


def _numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",") if re.fullmatch(r"[+-]?\d{1,3}", one.strip())]
