"""The rules of a time zone for a calendar (VTIMEZONE; RFC 5545, 3.6.5), as far as its times need them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from aggregator.occasions.states import zone_of

_AROUND = timedelta(days=370)  # a year to both sides, so that a calendar can move the event a little
_STEP = timedelta(days=7)  # no zone changes its clocks twice in a week, but for a handful of days of history
_LONGEST = timedelta(days=3660)


def named(zone: str) -> str:
    """The name if it is that of a zone with clocks of its own, else nothing: UTC needs no rules."""
    found = zone_of(zone)
    name = str(getattr(found, "key", ""))
    return name if "/" in name and not name.startswith("Etc/") else ""


def vtimezone(zone: str, moments: Sequence[datetime]) -> list[str]:
    """The lines of a VTIMEZONE that is right for these moments and a year around them: each change of the clocks
    by itself, because rules of the past are no rules for what comes."""
    there = zone_of(zone) or UTC
    first, last = min(moments), max(moments)
    since = first - _AROUND
    lines = ["BEGIN:VTIMEZONE", f"TZID:{zone}"]
    before = _offset(since, there)
    lines += _observance(since, there, before)
    for change in _changes(there, since, min(last, first + _LONGEST) + _AROUND):
        lines += _observance(change, there, before)
        before = _offset(change, there)
    return [*lines, "END:VTIMEZONE"]


def _changes(there: tzinfo, since: datetime, until: datetime) -> Iterator[datetime]:
    """The moments at which the clocks change, to the minute."""
    at = since
    while at < until:
        following = at + _STEP
        if _offset(at, there) != _offset(following, there):
            yield _between(at, following, there)
        at = following


def _between(low: datetime, high: datetime, there: tzinfo) -> datetime:
    offset = _offset(low, there)
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) // 2
        if _offset(middle, there) == offset:
            low = middle
        else:
            high = middle
    return high.replace(second=0, microsecond=0)


def _observance(at: datetime, there: tzinfo, before: timedelta) -> list[str]:
    """What holds from a moment on; its DTSTART is by the clock that was before."""
    local = at.astimezone(there)
    part = "DAYLIGHT" if local.dst() else "STANDARD"
    return [
        f"BEGIN:{part}", f"DTSTART:{at.astimezone(UTC).replace(tzinfo=None) + before:%Y%m%dT%H%M%S}",
        f"TZOFFSETFROM:{_written(before)}", f"TZOFFSETTO:{_written(_offset(at, there))}",
        f"TZNAME:{local.tzname() or there}", f"END:{part}",
    ]  # fmt: skip


def _offset(at: datetime, there: tzinfo) -> timedelta:
    return at.astimezone(there).utcoffset() or timedelta(0)


def _written(offset: timedelta) -> str:
    sign, minutes = ("-" if offset < timedelta(0) else "+"), int(abs(offset).total_seconds()) // 60
    return f"{sign}{minutes // 60:02}{minutes % 60:02}"
