"""The dates of courses, events, calls and jobs: what has closed, and when the rest will.

A first cut: a day without a time ends with that day in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from aggregator.model import Occasion

_DAY_ENDS = time(23, 59, 59, tzinfo=UTC)


def closing_at(occasion: Occasion | None) -> datetime | None:
    """The last moment at which one can still join, or None where no closing date is known."""
    return _end_of(occasion.closes) if occasion else None


def closed(occasion: Occasion | None, now: datetime) -> bool:
    """Whether it is too late at `now`: the closing date has passed, or it is over, or, where only a beginning is
    known, it has begun. What has no dates is never closed."""
    if occasion is None:
        return False
    over = _end_of(occasion.ends) or _end_of(occasion.starts)
    last = [moment for moment in (_end_of(occasion.closes), over) if moment]
    return bool(last) and min(last) < now


def _end_of(day: datetime | date | None) -> datetime | None:
    if day is None or isinstance(day, datetime):
        return day
    return datetime.combine(day, _DAY_ENDS)
