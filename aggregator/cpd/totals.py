"""What a member has logged for a scheme, and what is lacking, by the member's own figures.

Nothing here says that anybody complies with anything: that is for the body to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from aggregator.cpd.periods import Period, counting_day, crosses, period_of
from aggregator.cpd.record import Activity, Membership
from aggregator.cpd.scheme import Coverage, Framework, Goal, Scheme, Share
from aggregator.cpd.words import Words

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class ShareTally:
    share: Share
    value: Decimal

    @property
    def lacking(self) -> Decimal:
        return max(NOTHING, self.share.least - self.value)


@dataclass(frozen=True, slots=True)
class CoverageTally:
    """`counts`: entries by code, in the framework's order; `lacking`: how many each code needs still."""

    framework: Framework
    coverage: Coverage
    counts: tuple[tuple[str, int], ...]

    @property
    def different(self) -> int:
        return sum(1 for _, count in self.counts if count)

    @property
    def lacking(self) -> tuple[tuple[str, int], ...]:
        each = self.coverage.each
        return tuple((code, each - count) for code, count in self.counts if count < each)


@dataclass(frozen=True, slots=True)
class Grid:
    """Entries by the codes of two frameworks: `cells[row][column]`."""

    rows: Framework
    columns: Framework
    cells: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """One goal, held against the log on a day. `activities` are those that count, oldest first; `planned` is what
    has not ended yet, `uncounted` what lacks the figure that the scheme counts; `others` are credits of other
    systems, which are never added up with the first."""

    scheme: Scheme
    goal: Goal
    period: Period
    value: Decimal
    hours: Decimal
    activities: tuple[Activity, ...]
    planned: Decimal = NOTHING
    uncounted: tuple[Activity, ...] = ()
    crossing: tuple[Activity, ...] = ()
    others: tuple[tuple[str, Decimal], ...] = ()
    shares: tuple[ShareTally, ...] = ()
    coverage: tuple[CoverageTally, ...] = ()

    @property
    def lacking(self) -> Decimal | None:
        """How much is lacking to what the scheme asks for, or None where it states nothing."""
        return None if self.goal.least is None else max(NOTHING, self.goal.least - self.value)


def tallies(
    scheme: Scheme, activities: Sequence[Activity], today: date, membership: Membership | None = None,
    on: date | None = None,
) -> list[Tally]:  # fmt: skip
    """Every goal of a scheme, for the periods in which the day `on` lies (today)."""
    logged = [one for one in activities if scheme.id in one.schemes]
    started, level = (membership.started, membership.level) if membership else (None, "")
    return [
        _tally(scheme, goal, period_of(goal, on or today, started), _Log(logged, today, level))
        for goal in scheme.goals
    ]


@dataclass(frozen=True, slots=True)
class _Log:
    activities: Sequence[Activity]
    today: date
    level: str


def _tally(scheme: Scheme, goal: Goal, period: Period, log: _Log) -> Tally:
    inside = [one for one in log.activities if period.holds(counting_day(one, scheme))]
    inside.sort(key=lambda one: (counting_day(one, scheme), one.start, one.id))
    ended = tuple(one for one in inside if one.last_day <= log.today)
    coming = [one for one in inside if one.last_day > log.today]
    return Tally(
        scheme, goal, period,
        value=_sum(scheme, ended),
        hours=hours(ended),
        activities=ended,
        planned=_sum(scheme, coming),
        uncounted=tuple(one for one in ended if amount(one, scheme) is None),
        crossing=tuple(one for one in ended if crosses(one, period)),
        others=tuple(_others(scheme, ended)),
        shares=tuple(_shares(scheme, goal, ended, log.level)),
        coverage=tuple(_coverage(scheme, goal, ended)),
    )  # fmt: skip


def amount(activity: Activity, scheme: Scheme) -> Decimal | None:
    """What an activity counts in the scheme's unit; None where the member entered no figure for it."""
    match scheme.unit:
        case "entries":
            return Decimal(1)
        case "hours":
            return None if activity.minutes is None else Decimal(activity.minutes) / 60
        case _:
            claimed = [one.number for one in activity.credits if one.system == scheme.systems[0]]
            return sum(claimed, NOTHING) if claimed else None


def hours(activities: Sequence[Activity]) -> Decimal:
    return Decimal(sum(one.minutes or 0 for one in activities)) / 60


def _sum(scheme: Scheme, activities: Sequence[Activity]) -> Decimal:
    # Hours are added up as minutes: thirds of an hour have no end.
    if scheme.unit == "hours":
        return hours(activities)
    return sum((amount(one, scheme) or NOTHING for one in activities), NOTHING)


def _others(scheme: Scheme, activities: Sequence[Activity]) -> Iterator[tuple[str, Decimal]]:
    for system in scheme.systems[1:]:
        found = [one.number for activity in activities for one in activity.credits if one.system == system]
        if found:
            yield system, sum(found, NOTHING)


def _shares(scheme: Scheme, goal: Goal, activities: Sequence[Activity], level: str) -> Iterator[ShareTally]:
    for share in goal.shares:
        if not share.levels or level in share.levels:
            matching = [one for one in activities if set(one.codes(share.framework)) & set(share.codes)]
            yield ShareTally(share, _sum(scheme, matching))


def _coverage(scheme: Scheme, goal: Goal, activities: Sequence[Activity]) -> Iterator[CoverageTally]:
    for coverage in goal.coverage:
        framework = scheme.framework(coverage.framework)
        if framework is not None:
            counts = tuple(
                (code.id, sum(code.id in one.codes(framework.id) for one in activities))
                for code in framework.codes
            )
            yield CoverageTally(framework, coverage, counts)


def grid(tally: Tally) -> Grid | None:
    """How entries are spread over two frameworks, where the scheme looks at two."""
    if len(tally.coverage) != 2:
        return None
    rows, columns = tally.coverage[0].framework, tally.coverage[1].framework

    def cell(row: str, column: str) -> int:
        return sum(row in one.codes(rows.id) and column in one.codes(columns.id) for one in tally.activities)

    cells = tuple(tuple(cell(row.id, column.id) for column in columns.codes) for row in rows.codes)
    return Grid(rows, columns, cells)


def by_category(tally: Tally, nameless: str) -> list[tuple[str, int, Decimal]]:
    """Entries and figures by category, where the scheme knows categories: label, entries, sum. What has none comes
    last, under `nameless`."""
    framework = next((one for one in tally.scheme.frameworks if one.role == "category"), None)
    if framework is None:
        return []
    rows = [(code.label, [a for a in tally.activities if code.id in a.codes(framework.id)])
            for code in framework.codes]  # fmt: skip
    rows.append((nameless, [one for one in tally.activities if not one.codes(framework.id)]))
    return [(label, len(found), _sum(tally.scheme, found)) for label, found in rows if found]


# ------------------------------------------------------------------------------------------------------ in words
def headline(tally: Tally, words: Words) -> str:
    """ "18 of 20 hours logged, by your own figures, rules as of 2016"."""
    goal, unit = tally.goal, tally.scheme.unit
    values = {"value": tally.value, "least": goal.least, "most": goal.most, "as_of": tally.scheme.rules_of}
    if goal.least is None:
        return words.say(unit, **values)
    between = unit == "entries" and goal.most is not None
    return words.say(f"{unit}.between" if between else f"{unit}.of", **values)


def gaps(tally: Tally, words: Words) -> list[str]:
    """What is lacking to what the scheme states, part by part, and what is too much; empty where nothing is."""
    return [*_own_gap(tally, words), *_part_gaps(tally, words)]


def _own_gap(tally: Tally, words: Words) -> Iterator[str]:
    lacking, most, unit = tally.lacking, tally.goal.most, tally.scheme.unit
    if lacking:
        yield words.say(f"left.{unit}", value=_up(lacking))
    if most is not None and unit == "entries" and tally.value > most:
        yield words.say("over.entries", value=tally.value - most, most=most)


def _part_gaps(tally: Tally, words: Words) -> Iterator[str]:
    for part in tally.shares:
        if part.lacking:
            yield words.say("share", label=part.share.label, value=part.value, least=part.share.least)
    for one in tally.coverage:
        counts = dict(one.counts)
        for code, _ in one.lacking:
            label = one.framework.label_of(code)
            yield words.say("each", label=label, value=counts[code], least=one.coverage.each)
        if one.different < one.coverage.different:
            values = {"value": one.different, "least": one.coverage.different}
            yield words.say("different", framework=one.framework.label, **values)


def _up(value: Decimal) -> Decimal:
    """To the hundredth above, so that what is lacking never reads as nothing."""
    return value.quantize(Decimal("0.01"), ROUND_CEILING)


def notes(tally: Tally, words: Words) -> list[str]:
    """What one should know to read the figures: what waits, what lacks a figure, which day counts."""
    said = [words.say("system", value=value, system=system) for system, value in tally.others]
    if tally.goal.least is None and tally.scheme.unit != "hours":
        said.append(words.say("no_target", body=tally.scheme.body))
    if tally.planned:
        said.append(words.say("planned", value=tally.planned))
    if tally.uncounted:
        key = "uncounted.minutes" if tally.scheme.unit == "hours" else "uncounted.credits"
        said.append(words.say(key, count=len(tally.uncounted)))
    if tally.period.assumed:
        said.append(words.say("assumed"))
    said += [f"{one.title}: {words.say('crosses', first=tally.period.first)}" for one in tally.crossing]
    return said


def rules_notes(scheme: Scheme, today: date, words: Words) -> list[str]:
    """Where the rules were read and when, what nobody verified, and whether it is time to look again."""
    values = {"as_of": scheme.rules_of, "checked_on": scheme.checked_on, "body": scheme.body}
    said = [words.say("source", source=scheme.source, **values), words.say(f"counted_on.{scheme.counted_on}")]
    if scheme.stale(today):
        said.insert(0, words.say("stale", **values))
    return [*said, *(words.say("unchecked", what=what) for what in scheme.unchecked)]
