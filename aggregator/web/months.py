"""Dated items on the sheet of a month: what takes place when, and what closes."""

from __future__ import annotations

import calendar
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from aggregator.compose.listing import Listed
from aggregator.compose.plain import clean
from aggregator.occasions.states import span
from aggregator.web.words import N_, Words

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
AHEAD = 12  # months that are offered
LONGEST = 31  # days of one event that are marked
DEADLINES = {
    "closes": N_("Closes: {title}"), "submissions": N_("Proposals due: {title}"),
    "early_bird": N_("Early bird ends: {title}"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar; `name` is as it stands in an address: 2026-12."""

    year: int
    number: int

    @classmethod
    def of(cls, text: str) -> Month | None:
        found = _MONTH.fullmatch(text)
        return cls(int(found[1]), int(found[2])) if found else None

    @property
    def name(self) -> str:
        return f"{self.year}-{self.number:02}"

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return self.first.replace(day=calendar.monthrange(self.year, self.number)[1])

    def moved(self, months: int) -> Month:
        """So many months later, or earlier."""
        year, month = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, month + 1)


class Mark(NamedTuple):
    """One entry of a day. `deadline`: it closes, rather than takes place."""

    id: str
    text: str
    deadline: bool


class Day(NamedTuple):
    day: date
    inside: bool
    marks: tuple[Mark, ...]
    name: str


def months(now: datetime, say: Words) -> list[tuple[str, str]]:
    """This month and those after it, as (address, name)."""
    this = Month(now.year, now.month)
    return [(month.name, say.say.month(month.first)) for month in (this.moved(n) for n in range(AHEAD))]


def month_of(month: Month, runs: Iterable[Listed], say: Words) -> list[list[Day]]:
    """The weeks of a month, from Monday (ISO 8601), each day with what happens on it."""
    marks: defaultdict[date, list[Mark]] = defaultdict(list)
    for run in runs:
        for day, mark in _marks(run, say):
            marks[day].append(mark)
    weeks = calendar.Calendar().monthdatescalendar(month.year, month.number)
    return [[_day(day, month, marks.get(day, []), say) for day in week] for week in weeks]


def _day(day: date, month: Month, marks: list[Mark], say: Words) -> Day:
    ordered = sorted(marks, key=lambda mark: (not mark.deadline, mark.text.casefold()))
    return Day(day, day.month == month.number, tuple(ordered), say.say.weekday(day))


def _marks(run: Listed, say: Words) -> Iterator[tuple[date, Mark]]:
    item, occasion = run.item, run.occasion
    title = clean(item.title) or item.id
    for name, text in DEADLINES.items():
        if (dates := span(occasion, name)) and not occasion.precision.get(name):
            yield dates.last.astimezone(UTC).date(), Mark(item.id, say.t(text, title=title), True)
    starts, ends = span(occasion, "starts"), span(occasion, "ends")
    if starts is None or occasion.precision.get("starts"):
        return
    first = starts.first.date()
    last = ends.last.date() if ends and not occasion.precision.get("ends") else first
    for number in range(min(max(0, (last - first).days), LONGEST) + 1):
        yield first + timedelta(days=number), Mark(item.id, title, False)
