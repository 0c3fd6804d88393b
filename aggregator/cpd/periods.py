"""Which days belong to the period of a goal. Whole days on the member's calendar; both ends belong to it."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from aggregator.cpd.record import Activity
from aggregator.cpd.scheme import Goal, Scheme

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """`assumed`: the member's own term is not known, so that this is the latest it can be."""

    first: date
    last: date
    assumed: bool = False

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def period_of(goal: Goal, day: date, started: date | None = None) -> Period:
    """The period of a goal in which `day` lies; `started` is the first day of the member's own term. A day before
    that belongs to no period: the first one is given."""
    if goal.begins == "rolling" or (goal.begins == "term" and started is None and goal.boundary is None):
        return Period(add_months(day, -goal.months) + DAY, day, goal.begins == "term")
    if goal.begins == "fixed" or started is None:
        first = add_months(_turn(goal, day), 12 - goal.months)
        return Period(first, add_months(first, goal.months) - DAY, goal.begins == "term")
    begun = _turn(goal, started) if goal.boundary else started
    return _term(begun, goal.months, day)


def _term(begun: date, months: int, day: date) -> Period:
    # Counted from the first day each time, so that a term begun on the 31st stays one.
    gone = (day.year - begun.year) * 12 + day.month - begun.month
    number = max(0, gone // months)
    while number and add_months(begun, number * months) > day:
        number -= 1
    return Period(add_months(begun, number * months), add_months(begun, (number + 1) * months) - DAY)


def _turn(goal: Goal, day: date) -> date:
    """The last day on which a year of this goal began."""
    month, number = goal.boundary or (1, 1)
    turn = date(day.year, month, number)
    return turn if turn <= day else date(day.year - 1, month, number)


def add_months(day: date, months: int) -> date:
    """The same day so many months on, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def counting_day(activity: Activity, scheme: Scheme) -> date:
    """The day by which an activity belongs to a period. It is never divided: a night over New Year is one."""
    return activity.last_day if scheme.counted_on == "end" else activity.start


def crosses(activity: Activity, period: Period) -> bool:
    """Whether it began before the period in which it counts."""
    return activity.start < period.first <= activity.last_day
