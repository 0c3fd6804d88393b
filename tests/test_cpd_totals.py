"""Periods, totals and gaps of schemes; what the log may say, and what it never says."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import cpdlog
import pytest
from cpdlog import SCHEMES, TODAY, activity, mapped
from hypothesis import given
from hypothesis import strategies as st

from aggregator.cpd import Activity, Membership, Scheme, Wish, make, tallies
from aggregator.cpd.periods import Period, add_months, period_of
from aggregator.cpd.record import Credit
from aggregator.cpd.remarks import hints, length_said
from aggregator.cpd.scheme import Goal
from aggregator.cpd.totals import gaps, grid, headline, notes, rules_notes
from aggregator.cpd.words import SAID, Words, count_words

SAY = Words()
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def only(scheme: str, *activities: Activity, today: date = TODAY, started: date | None = None, level: str = ""):  # type: ignore[no-untyped-def]
    """The tallies of one scheme for activities that are logged for it."""
    logged = [replace(one, schemes=(scheme,)) for one in activities]
    return tallies(SCHEMES[scheme], logged, today, Membership("r1", scheme, started, level))


# ------------------------------------------------------------------------------------------------------- periods
@given(day=DAYS, started=st.none() | DAYS, months=st.sampled_from([1, 3, 5, 12]),
       begins=st.sampled_from(["rolling", "fixed", "term"]),
       boundary=st.none() | st.sampled_from([(7, 1), (1, 1), (12, 31)]))  # fmt: skip
def test_a_day_lies_in_its_period_and_in_no_other(  # type: ignore[no-untyped-def]
    day, started, months, begins, boundary
) -> None:
    boundary = boundary or ((7, 1) if begins == "fixed" else None)
    months = months * 12 if boundary else months
    goal = Goal("g", "Goal", months, begins, boundary)
    period = period_of(goal, day, started)
    assert period.first <= period.last
    assert period.holds(day) or (started is not None and begins == "term" and day < started)
    if begins != "rolling":
        following = period_of(goal, period.last + timedelta(days=1), started)
        if begins == "term" and started is not None:
            assert following.first == period.last + timedelta(days=1)
    assert (add_months(period.first, months) - period.last).days <= 4  # months are shorter than 31 days


@pytest.mark.parametrize(("day", "first", "last"), [
    (date(2026, 6, 30), date(2025, 7, 1), date(2026, 6, 30)),
    (date(2026, 7, 1), date(2026, 7, 1), date(2027, 6, 30)),
])  # fmt: skip
def test_the_alia_year_turns_on_the_first_of_july(day: date, first: date, last: date) -> None:
    assert period_of(SCHEMES["alia"].goals[0], day) == Period(first, last)


def test_the_triennium_begins_with_the_members_first_cpd_year() -> None:
    goal = SCHEMES["alia"].goals[1]
    assert period_of(goal, TODAY, date(2024, 9, 15)) == Period(date(2024, 7, 1), date(2027, 6, 30))
    assert period_of(goal, date(2027, 7, 1), date(2024, 9, 15)).first == date(2027, 7, 1)
    assert period_of(goal, TODAY) == Period(date(2024, 7, 1), date(2027, 6, 30), assumed=True)


def test_a_term_begun_on_a_leap_day_or_the_31st_stays_one() -> None:
    goal = SCHEMES["lianza"].goals[0]
    assert period_of(goal, date(2027, 2, 27), date(2024, 2, 29)) == Period(date(2024, 2, 29), date(2027, 2, 27))
    assert period_of(goal, date(2030, 2, 28), date(2024, 2, 29)) == Period(date(2030, 2, 28), date(2033, 2, 27))
    assert period_of(goal, date(2023, 1, 1), date(2024, 2, 29)).first == date(2024, 2, 29)


# -------------------------------------------------------------------------------------------------------- totals
def test_eighteen_of_twenty_hours_are_said_as_that() -> None:
    [tally] = only("cilip", *(activity(n, minutes=120) for n in range(9)))
    assert headline(tally, SAY) == "18 of 20 hours logged, by your own figures, rules as of 2016"
    assert gaps(tally, SAY) == ["2 hours to go"]


def test_a_minute_short_of_twenty_hours_is_not_twenty() -> None:
    [tally] = only("cilip", activity(1, minutes=1199))
    assert headline(tally, SAY).startswith("19.98 of 20 ")
    assert gaps(tally, SAY) == ["0.02 hours to go"]


def test_sixty_times_twenty_minutes_are_twenty_hours() -> None:
    [tally] = only("cilip", *(activity(n, minutes=20) for n in range(60)))
    assert tally.value == 20
    assert gaps(tally, SAY) == []


def test_suggested_time_counts_for_nothing_and_is_told() -> None:
    [tally] = only("cilip", activity(1, minutes=None, suggested_minutes=600))
    assert tally.value == 0
    assert notes(tally, SAY) == ["1 without a time that you entered; not counted"]


def test_what_has_not_ended_is_planned_and_does_not_count() -> None:
    coming = activity(2, start=TODAY, end=TODAY + timedelta(days=1))
    tally, triennium = only("alia", activity(1), coming)
    assert (tally.value, tally.planned, triennium.planned) == (1, 1, 1)


def test_a_cpd_year_that_crosses_30_june_has_what_ended_in_it() -> None:
    night = activity(1, start=date(2026, 6, 30), end=date(2026, 7, 1), minutes=240)
    before = activity(2, start=date(2026, 6, 30), minutes=60)
    year, triennium = only("alia", night, before)
    assert [one.id for one in year.activities] == ["a1"]
    assert year.value == 4
    assert triennium.value == 5
    assert notes(year, SAY) == [
        "Activity 1: It began before 2026-07-01 and counts as a whole where it ended; to divide it, log two."
    ]


def test_a_night_over_new_year_is_one_activity_of_the_new_year() -> None:
    night = activity(1, start=date(2025, 12, 31), end=date(2026, 1, 1), minutes=120)
    [old], [new] = (only("generic", night, today=day) for day in (date(2025, 12, 31), date(2026, 1, 1)))
    assert (old.value, old.planned, new.value) == (0, 0, 2)


def test_aib_states_no_number_and_never_adds_up_two_kinds_of_credits() -> None:
    [tally] = only("aib", cpdlog.FULL, activity(2))
    assert tally.goal.least is None
    assert tally.lacking is None
    assert (tally.value, tally.others) == (Decimal("3.5"), (("CFU", Decimal(2)),))
    said = Words(SCHEMES["aib"].words)
    assert headline(tally, said) == "3,5 crediti AIB registrati, secondo i dati inseriti da chi scrive"
    assert "Qui non si indica alcun numero come richiesto: chiedere a AIB." in notes(tally, said)
    assert "1 senza un numero di crediti richiesti: non contate" in notes(tally, said)
    assert gaps(tally, said) == []


def points(number: int, points: int, organisation: str = "") -> Activity:
    codes = mapped(ahip_organisation=organisation) if organisation else ()
    return activity(number, credits=(Credit("AHIP", Decimal(points)),), competencies=codes)


@pytest.mark.parametrize(("level", "lacking"), [
    ("member", ["2 points to go"]),
    ("senior", ["2 points to go", "Points from professional organisations: 4 of 5"]),
    ("distinguished", ["2 points to go", "Points from professional organisations: 4 of 10", "Points from MLA itself: 3 of 5"]),
])  # fmt: skip
def test_ahip_asks_for_points_from_organisations_by_level(level: str, lacking: list[str]) -> None:
    [tally] = only("ahip", points(1, 44), points(2, 3, "mla"), points(3, 1, "other"), level=level)
    assert headline(tally, SAY).startswith("48 of 50 points logged, by your own figures")
    assert gaps(tally, SAY) == lacking


def test_five_lianza_entries_in_one_cluster_and_none_in_another() -> None:
    clusters = ["1"] * 5 + ["2"] * 2 + ["3"] * 2 + ["4"] * 1 + ["5"] * 2
    entries = [
        activity(n, competencies=mapped(lianza_cluster=cluster, lianza_domain="knowing" if n % 2 else "doing"))
        for n, cluster in enumerate(clusters)
    ]
    [tally] = only("lianza", *entries)
    assert headline(tally, SAY).startswith("12 of 18 to 21 entries logged, by your own figures")
    assert gaps(tally, SAY) == [
        "6 entries to go", "Cluster 4: 1 of 2", "Cluster 6: 0 of 2", "Domain of practice: 2 of 3 different ones",
    ]  # fmt: skip
    seen = grid(tally)
    assert seen is not None
    assert [len(row) for row in seen.cells] == [4] * 6
    assert [sum(row) for row in seen.cells] == [5, 2, 2, 1, 2, 0]


def test_more_than_21_lianza_entries_are_told() -> None:
    [tally] = only("lianza", *(activity(n) for n in range(23)))
    assert gaps(tally, SAY)[0] == "2 entries more than the 21 that are looked at"


def test_one_activity_serves_two_schemes_and_each_counts_it_by_itself() -> None:
    both = activity(1, schemes=("cilip", "alia"), minutes=90)
    found = [tallies(SCHEMES[name], [both], TODAY)[0] for name in ("cilip", "alia", "lianza")]
    assert [one.value for one in found] == [Decimal("1.5"), Decimal("1.5"), 0]


# --------------------------------------------------------------------------------------------------------- words
@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=lambda scheme: scheme.id)
def test_nothing_ever_says_that_a_member_complies(scheme: Scheme) -> None:
    entries = [replace(cpdlog.FULL, id=f"a{n}", minutes=60_000) for n in range(40)]
    sheet = make(scheme, entries, Wish("Ann", TODAY, TODAY), Membership("r1", scheme.id))
    said = " ".join((*sheet.lines, *sheet.gaps, *sheet.notes, *sheet.rules, *(one.text for one in sheet.papers)))
    said += " ".join((*SAID.values(), *scheme.words.values()))
    assert not re.search(r"compl(y|ies|iant|iance)|fulfil|satisf|soddisf|in regola|ispunjava|conforme", said, re.I)


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=lambda scheme: scheme.id)
def test_each_scheme_says_where_its_rules_come_from_and_warns_after_a_year(scheme: Scheme) -> None:
    own = Words(scheme.words)
    fresh, old = (rules_notes(scheme, scheme.checked_on + timedelta(days=days), own) for days in (365, 366))
    assert len(old) == len(fresh) + 1
    assert scheme.checked_on.isoformat() in old[0]
    assert any(scheme.as_of in line for line in fresh)
    assert sum(any(what in line for line in fresh) for what in scheme.unchecked) == len(scheme.unchecked)


def test_a_251_word_statement_is_told_and_stops_nothing() -> None:
    limit = SCHEMES["cilip"].limit("statement")
    statement = " ".join(["word"] * 251)
    assert count_words(statement) == 251
    assert length_said(251, limit, SAY) == "251 words; the limit is 250"
    assert length_said(250, limit, SAY) == "Words: 250"
    sheet = make(SCHEMES["cilip"], [], Wish("", TODAY, TODAY), Membership("r1", "cilip", statement=statement))
    assert sheet.statement == statement
    assert sheet.statement_length == "251 words; the limit is 250"


def test_long_lianza_texts_are_hints_and_no_faults() -> None:
    long = activity(1, description="word " * 101, schemes=("lianza",))
    found = hints(long, SCHEMES, TODAY)
    assert [(one.field, one.words, one.level) for one in found] == [("description", 101, "hint")]


@given(st.decimals(min_value=0, max_value=100_000, places=4))
def test_numbers_are_never_rounded_up(value: Decimal) -> None:
    assert Decimal(SAY.number(value)) <= value
    assert value - Decimal(SAY.number(value)) < Decimal("0.01")
