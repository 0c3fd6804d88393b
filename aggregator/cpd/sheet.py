"""A log made ready for one body: the columns it asks for, the totals in words, and the papers that go with it.
What an employer gets has no reflection, no statement and no paper in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from aggregator.cpd import columns, totals
from aggregator.cpd.columns import Cell
from aggregator.cpd.record import Activity, Membership
from aggregator.cpd.remarks import length_said
from aggregator.cpd.scheme import Paper, Scheme
from aggregator.cpd.totals import Grid, Tally
from aggregator.cpd.words import Words, count_words


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be exported: of whom (a name for the page, or nothing), made on which day, for the periods in
    which the day `on` lies. `employer`: without anything private. `everything`: all that is logged for the scheme,
    of all periods."""

    name: str
    today: date
    on: date
    employer: bool = False
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One export, as values. `headings` and `rows` are the body's own columns; `lines` are the totals in words."""

    scheme: Scheme
    words: Words
    wish: Wish
    tallies: tuple[Tally, ...]
    activities: tuple[Activity, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    lines: tuple[str, ...]
    gaps: tuple[str, ...]
    notes: tuple[str, ...]
    rules: tuple[str, ...]
    grid: Grid | None
    tally: tuple[tuple[str, int, Decimal], ...]
    statement: str
    statement_length: str
    papers: tuple[Paper, ...]
    forms_needed: tuple[Activity, ...]

    @property
    def period(self) -> str:
        """From which day to which: the longest period that the scheme looks at."""
        widest = longest(self.tallies).period
        return self.words.say("period", first=widest.first, last=widest.last)


def longest(tallies: Sequence[Tally]) -> Tally:
    return max(tallies, key=lambda one: (one.goal.months, one.period.first))


def make(scheme: Scheme, activities: Sequence[Activity], wish: Wish, membership: Membership | None) -> Sheet:
    """A log for one body, in the body's language. Activities that are not logged for it are left out."""
    words = Words(scheme.words)
    found = totals.tallies(scheme, activities, wish.today, membership, wish.on)
    widest = longest(found)
    shown = _all(scheme, activities) if wish.everything else widest.activities
    asked = [one for one in scheme.columns if not (wish.employer and one.private)]
    statement = "" if wish.employer or membership is None else membership.statement.strip()
    limit = scheme.limit("statement")
    return Sheet(
        scheme, words, wish, tuple(found), tuple(shown),
        headings=tuple(one.label for one in asked),
        rows=tuple(tuple(columns.cell(one.value, a, scheme, words) for one in asked) for a in shown),
        lines=tuple(_line(one, words) for one in found),
        gaps=tuple(dict.fromkeys(gap for one in found for gap in totals.gaps(one, words))),
        notes=tuple(dict.fromkeys(note for one in found for note in totals.notes(one, words))),
        rules=tuple(totals.rules_notes(scheme, wish.today, words)),
        grid=totals.grid(widest),
        tally=tuple(totals.by_category(widest, words.say("tally.none"))),
        statement=statement,
        statement_length=length_said(count_words(statement), limit, words) if limit and statement else "",
        papers=() if wish.employer else tuple(_filled(one, widest, wish, statement) for one in scheme.papers),
        forms_needed=tuple(one for one in shown if columns.needs_form(one, scheme)),
    )  # fmt: skip


def _all(scheme: Scheme, activities: Sequence[Activity]) -> list[Activity]:
    logged = [one for one in activities if scheme.id in one.schemes]
    return sorted(logged, key=lambda one: (one.last_day, one.start, one.id))


def _line(tally: Tally, words: Words) -> str:
    period = words.say("period", first=tally.period.first, last=tally.period.last)
    return f"{tally.goal.label}, {period}: {totals.headline(tally, words)}"


def _filled(paper: Paper, tally: Tally, wish: Wish, statement: str) -> Paper:
    scheme, words = tally.scheme, Words(tally.scheme.words)
    text = paper.text.format(
        name=wish.name or "______________________",
        first=tally.period.first, last=tally.period.last, today=wish.today, scheme=scheme.label, body=scheme.body,
        entries=len(tally.activities), total=words.number(tally.value), statement=statement or "_" * 40,
    )  # fmt: skip
    return Paper(paper.id, paper.title, text)


def for_generic(activities: Sequence[Activity]) -> list[Activity]:
    """Everything that is logged, whatever for, as logged for the generic scheme."""
    return [replace(one, schemes=("generic",)) for one in activities]
