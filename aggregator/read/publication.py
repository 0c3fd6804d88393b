"""When a paper appeared, as precisely as its record says: a day, a month or a year.

A record often knows the year only. That is no publication date, so the entry has none; the citation in its text
shows what is known. But a record that was changed today may describe a paper of 1999: where the whole stated month
or year lies far before the record's own date, its last moment stands for the date, since "not news" is certain.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from aggregator.jsonlines import moment_from
from aggregator.read.dates import moment_of

_LONG_AGO = timedelta(days=366)
_ISO = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2})(?=$|[T\s]))?)?(?=$|[T\s])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stated:
    """A date as stated: the first and last day it can mean, and, where a time was stated too, the moment."""

    first: date
    last: date
    moment: datetime | None = None

    @property
    def shown(self) -> str:
        """As ISO 8601 writes it: 2026, 2026-11 or 2026-11-03."""
        if self.first == self.last:
            return self.first.isoformat()
        return f"{self.first:%Y}" if self.first.month != self.last.month else f"{self.first:%Y-%m}"


def stated(year: int, month: int | None = None, day: int | None = None) -> Stated | None:
    """The date of up to three numbers, or None where there is no such day."""
    try:
        first = date(year, month or 1, (day or 1) if month else 1)
    except (ValueError, OverflowError):
        return None
    if not 1500 <= year < 2200:
        return None
    if month and day:
        return Stated(first, first)
    last_month = month or 12
    return Stated(first, date(year, last_month, calendar.monthrange(year, last_month)[1]))


def stated_in(text: str) -> Stated | None:
    """The date that a text begins with ("2026", "2026-11", "2026-11-03T10:00:00Z") or names with its month."""
    text = text.strip()[:60]
    found = _ISO.match(text)
    if not found:
        moment = moment_of(text)
        return Stated(moment.date(), moment.date()) if moment else None
    result = stated(int(found[1]), *(int(part) if part else None for part in found.groups()[1:]))
    moment = moment_from(text) if result and len(text) > 10 else None
    return Stated(result.first, result.last, moment) if result else None


def published_at(found: Stated | None, recorded: datetime | None) -> datetime | None:
    """The moment of publication in UTC where the day is known (its midnight, unless the time is stated too), the
    end of a month or year that was long over when the record was written, else None."""
    if found is None:
        return None
    if found.moment:
        return found.moment.replace(microsecond=0)
    if found.first == found.last:
        return datetime.combine(found.first, time(), UTC)
    end = datetime.combine(found.last, time(23, 59, 59), UTC)
    return end if recorded and recorded - end > _LONG_AGO else None
