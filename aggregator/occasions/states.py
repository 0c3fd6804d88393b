"""When something dated closes and is over, and the state it is in at a moment. Pure."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aggregator.model import Occasion

# What still asks for a decision first; what can't be joined any more last.
STATES = (
    "closing_soon", "open", "opens_soon", "announced", "always_open", "unknown", "closed_but_running", "closed",
    "ended", "withdrawn",
)  # fmt: skip
OPEN = frozenset({"closing_soon", "open", "always_open"})
SOON, OPENS_SOON = 7, 14  # days on the reader's calendar
ANYWHERE_ON_EARTH = "Etc/GMT+12"  # a day is over there when it is over everywhere
_LAST = time(23, 59, 59)


class Span(NamedTuple):
    """The first and the last moment that a date may mean; one and the same for an instant."""

    first: datetime
    last: datetime


def closing_at(occasion: Occasion | None, zone: str | tzinfo = "UTC") -> datetime | None:
    """The last moment at which one can still join; a day without a time ends at 23:59:59 where the occasion is,
    or, where that is not known, in `zone` (the reader's). None where no closing day is known: a month is no day.
    """
    if occasion is None or occasion.precision.get("closes"):
        return None
    closes = span(occasion, "closes", zone)
    return closes.last if closes else None


def over_at(occasion: Occasion | None, zone: str | tzinfo = "UTC") -> datetime | None:
    """The moment from which it is over for certain: the end of its last day or month; where only a beginning is
    known, of that one. What is self-paced does not end by having begun. None where nothing of it is known."""
    if occasion is None:
        return None
    alone = None if occasion.pacing == "self_paced" else span(occasion, "starts", zone)
    over = span(occasion, "ends", zone) or alone
    return over.last if over else None


def closed(occasion: Occasion | None, now: datetime, zone: str | tzinfo = "UTC") -> bool:
    """Whether it is too late at `now`: the closing date has passed, or it is over (see `over_at`). What is only
    known to the month is not too late until that month has gone by. What has no dates is never closed, and what
    was postponed not by the dates it had. That it was cancelled is for `state` to say."""
    if occasion is None or occasion.status == "postponed":
        return False
    closes, over = span(occasion, "closes", zone), over_at(occasion, zone)
    return (closes is not None and closes.last < now) or (over is not None and over < now)


def state(occasion: Occasion | None, now: datetime, zone: str | tzinfo = "UTC", kind: str = "") -> str:
    """One of `STATES` as a reader in `zone` sees it at `now`.

    In this order: withdrawn, ended, closed (`closed_but_running` while it goes on), closing_soon (within 7 days
    of the reader's calendar), open, opens_soon (14 days), announced (it has not opened or begun), always_open
    (self-paced, nothing limits it), unknown. Without a closing date nothing is called open. Of a `course` a
    beginning alone tells no end; anything else is over with the day on which it began.
    """
    if occasion is None:
        return "unknown"
    if occasion.status == "cancelled":
        return "withdrawn"
    if occasion.status == "postponed":
        return "unknown"
    dates = _Dates(occasion, now, zone)
    return dates.past(kind) or dates.coming() or "unknown"


def days_until(moment: datetime, now: datetime, zone: str | tzinfo) -> int:
    """How many days away a moment is on the calendar of a reader in `zone`."""
    where = zone_of(zone) or UTC
    try:
        day = moment.astimezone(where).date()
    except OverflowError:  # the last day of the calendar, which is another one in no zone
        day = moment.date()
    return (day - now.astimezone(where).date()).days


class _Dates:
    """The dates of an occasion as they stand to a moment."""

    def __init__(self, occasion: Occasion, now: datetime, zone: str | tzinfo) -> None:
        self.occasion, self.now, self.zone = occasion, now, zone_of(zone) or UTC
        self.starts, self.ends, self.opens, self.closes = (
            span(occasion, name, zone) for name in ("starts", "ends", "opens", "closes")
        )

    def past(self, kind: str) -> str:
        """ended, closed or closed_but_running, else nothing."""
        lone_start = self.starts if kind != "course" and not self.occasion.pacing and not self.closes else None
        over = self.ends or lone_start
        if over and over.last < self.now:
            return "ended"
        if self.occasion.status != "sold_out" and (self.closes is None or self.closes.last >= self.now):
            return ""
        running = self.ends and self.starts and self.starts.last <= self.now
        return "closed_but_running" if running else "closed"

    def coming(self) -> str:
        """What can still be joined, or will be; nothing where that can't be said."""
        if self.closes and not self.occasion.precision.get("closes") and self._days(self.closes.last) <= SOON:
            return "closing_soon"
        to_open = self.opens is not None and self.opens.first > self.now
        if self.closes and not to_open:
            return "open" if self.closes.first > self.now or not self.occasion.precision.get("closes") else ""
        if self.opens and to_open:
            exact = not self.occasion.precision.get("opens")
            return "opens_soon" if exact and self._days(self.opens.first) <= OPENS_SOON else "announced"
        if self.starts and self.starts.first > self.now:
            return "announced" if self.opens is None else ""
        return "always_open" if self.occasion.pacing == "self_paced" and self.ends is None else ""

    def _days(self, moment: datetime) -> int:
        return days_until(moment, self.now, self.zone)


# ---------------------------------------------------------------------------------------------------- moments
def span(occasion: Occasion, name: str, zone: str | tzinfo = "UTC") -> Span | None:
    """What the date in that field may mean, by its precision; None where there is none."""
    value: datetime | date | None = getattr(occasion, name)
    if value is None:
        return None
    precision = occasion.precision.get(name, "")
    where = zone_of(occasion.zone) or zone_of(zone) or UTC
    if isinstance(value, datetime):
        if precision not in ("month", "year"):
            return Span(value, value)
        value = value.astimezone(where).date()
    first, last = _days_of(value, precision)
    return Span(_utc(datetime.combine(first, time.min, where)), _utc(datetime.combine(last, _LAST, where)))


def _days_of(day: date, precision: str) -> tuple[date, date]:
    if precision == "month":
        return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
    if precision == "year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    return day, day


def _utc(local: datetime) -> datetime:
    try:
        return local.astimezone(UTC)
    except OverflowError:  # the first and the last day of all time
        return local.replace(tzinfo=UTC)


def anywhere(day: date) -> datetime:
    """The moment at which a day is over everywhere on Earth (UTC-12)."""
    return datetime.combine(day, _LAST, UTC) + timedelta(hours=12)


def zone_of(zone: str | tzinfo) -> tzinfo | None:
    """The zone of that IANA name (`AoE` is understood too); None where there is none."""
    return _named(zone) if isinstance(zone, str) else zone


@lru_cache(maxsize=1000)
def _named(name: str) -> tzinfo | None:
    if name.strip().lower() in ("aoe", "anywhere on earth"):
        name = ANYWHERE_ON_EARTH
    try:
        return ZoneInfo(name.strip()) if name.strip() else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # no such zone; not a name; the name of a folder
        return None
