"""When things fall due: sources by their own rhythm, readers by their own wall clock. Pure; UTC in, UTC out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from aggregator.model import Due, Schedule, Source, SourceState, Subscriber

# ------------------------------------------------------------------------------------------------------- sources
SHORTEST = timedelta(hours=1)  # no source is asked more often than this, unless its `every` says so
LONGEST_BACK_OFF = timedelta(days=7)
FIRST_BACK_OFF = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a source or its server said about when to come back."""

    max_age: timedelta | None = None
    ttl: timedelta | None = None
    retry_after: timedelta | None = None


def next_visit(source: Source, state: SourceState, now: datetime, hints: Hints) -> datetime:
    """When to visit again.

    After a success: half the source's own rhythm, not before what Cache-Control, ttl or sy:update* ask for, and
    always within the curator's `every`. After failures: doubling from one hour to a week, not before Retry-After.
    """
    if state.failures:
        wait = min(FIRST_BACK_OFF * (1 << min(state.failures - 1, 10)), LONGEST_BACK_OFF)
        return now + max(wait, hints.retry_after or timedelta(0)) + _spread(source.id, wait)
    rhythm = state.rhythm / 2 if state.rhythm else source.every
    asked = max(hints.max_age or timedelta(0), hints.ttl or timedelta(0))
    wait = min(max(rhythm, asked, SHORTEST), source.every)
    return now + wait - _spread(source.id, wait)


def _spread(source_id: str, wait: timedelta) -> timedelta:
    # Up to a tenth, always the same for one source: visits drift apart instead of all falling on the full hour.
    share = int.from_bytes(hashlib.blake2b(source_id.encode(), digest_size=2).digest(), "big") / 65536
    return wait * share / 10


def rhythm_of(published: Sequence[datetime]) -> timedelta | None:
    """A source's own rhythm: the median gap between its newest items; None from fewer than three dates."""
    newest = sorted(published, reverse=True)[:20]
    if len(newest) < 3:
        return None
    from statistics import median  # brings fractions and decimals along

    gaps = [(a - b).total_seconds() for a, b in pairwise(newest)]
    return timedelta(seconds=int(median(gaps)))


def due_sources(sources: Collection[Source], states: dict[str, SourceState], now: datetime) -> list[Source]:
    """The enabled sources whose time has come, longest overdue first. Retired ones (410) never."""

    def at(source: Source) -> datetime | None:
        state = states.get(source.id)
        # An address that the curator changed is visited at once: what we remember is of another place.
        return state.next_at if state and state.url == source.shown else None

    def retired(source: Source) -> bool:
        state = states.get(source.id)
        return state is not None and state.url == source.shown and state.status == "retired"

    beginning = datetime.min.replace(tzinfo=UTC)
    due = [s for s in sources if s.enabled and not retired(s) and (at(s) or beginning) <= now]
    return sorted(due, key=lambda source: (at(source) or beginning, source.id))


# ------------------------------------------------------------------------------------------------------- readers
# A missed period is repaired until half of it has gone.
REPAIR = {
    "daily": timedelta(hours=12), "weekdays": timedelta(hours=12), "weekly": timedelta(hours=84),
    "fortnightly": timedelta(days=7), "monthly": timedelta(days=15),
}  # fmt: skip
LENGTH = {"daily": 1, "weekdays": 1, "weekly": 7, "fortnightly": 14, "monthly": 31}  # days
LOOK_BACK = timedelta(days=62)  # no letter looks back further, however long its reader was away


def periods(schedule: Schedule, after: datetime, until: datetime) -> Iterator[tuple[str, datetime]]:
    """(period, moment it falls due) for every period of this schedule due in (after, until], oldest first.

    The wall clock of the reader's zone decides. An hour that a DST change skips falls due when the clock has
    jumped over it; an hour that comes twice falls due the first time (PEP 495, fold=0).
    """
    zone = ZoneInfo(schedule.timezone)
    day = after.astimezone(zone).date() - timedelta(days=1)
    last = until.astimezone(zone).date()
    while day <= last:
        period = _period(schedule, day)
        if period is not None:
            due_at = datetime.combine(day, time(schedule.hour), zone).astimezone(UTC)
            if after < due_at <= until:
                yield period, due_at
        day += timedelta(days=1)


def _period(schedule: Schedule, day: date) -> str | None:
    """The name of the period whose letter falls due on this local day, or None if none does."""
    if schedule.frequency == "daily" or (schedule.frequency == "weekdays" and day.isoweekday() <= 5):
        return day.isoformat()
    if day.isoweekday() != schedule.weekday:
        return None
    year, week, _ = day.isocalendar()
    if schedule.frequency == "weekly":
        return f"{year}-W{week:02}"
    # Weeks are counted from a Monday long ago, so that a year of 53 weeks does not shift the fortnights.
    if schedule.frequency == "fortnightly" and ((day.toordinal() - 1) // 7) % 2 == 0:
        return f"{year}-W{week:02}+2"
    if schedule.frequency == "monthly" and day.day <= 7:
        return f"{day.year}-{day.month:02}"
    return None


def next_due(reader: Subscriber, after: datetime) -> datetime:
    """The first moment after `after` at which one of this reader's periods falls due."""
    for _, due_at in periods(reader.schedule, after, after + LOOK_BACK):
        return due_at
    raise ValueError(f"schedule without periods: {reader.schedule}")


@dataclass(frozen=True, slots=True)
class Past:
    """What is settled for a reader: the names of periods, up to which moment items were offered, and the newest
    period's due moment (nothing before it is taken up again)."""

    periods: Collection[str] = ()
    until: datetime | None = None
    last_due_at: datetime | None = None


def due(reader: Subscriber, past: Past, now: datetime) -> list[Due]:
    """The periods of this reader that want something done at `now`, oldest first.

    Those that can no longer be repaired come marked `missed`; they are to be recorded as skipped. What was new in
    them is still new: the next letter's window begins where the last offered one ended.
    """
    began = signed_up_at = reader.signed_up_at or now
    if reader.paused_until is not None:
        if now < reader.paused_until:
            return []
        began = max(began, reader.paused_until)
    after = max(began, past.last_due_at or began, now - LOOK_BACK)
    open_ = [(p, at) for p, at in periods(reader.schedule, after, now) if p not in past.periods]
    # Who was never offered anything is owed what the first period would have brought, missed or paused through.
    firsts = periods(reader.schedule, max(signed_up_at, now - LOOK_BACK), now)
    first_due_at = next((due_at for _, due_at in firsts), now)
    wanted = []
    for place, (period, due_at) in enumerate(open_):
        # Of several that are open at once (a long stop, a changed frequency) only the newest is worth a letter.
        missed = place < len(open_) - 1 or now - due_at > REPAIR[reader.schedule.frequency]
        since = max(past.until or first_window(reader.schedule, first_due_at), now - LOOK_BACK)
        wanted.append(Due(reader, period, due_at, since, now, missed=missed))
    return wanted


def first_window(schedule: Schedule, due_at: datetime) -> datetime:
    """Where a first letter begins to look: one whole period back, from local midnight (whole local days)."""
    zone = ZoneInfo(schedule.timezone)
    day = due_at.astimezone(zone).date() - timedelta(days=LENGTH[schedule.frequency])
    return datetime.combine(day, time(0), zone).astimezone(UTC)
