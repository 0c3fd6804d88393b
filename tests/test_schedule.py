"""Due times: by the reader's wall clock, DST days too, never twice, missed ones repaired or recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import FREQUENCIES, Schedule, Source, SourceState, Subscriber
from aggregator.schedule import (
    LENGTH,
    REPAIR,
    Hints,
    Past,
    due,
    due_sources,
    first_window,
    next_due,
    next_visit,
    periods,
    rhythm_of,
)  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def reader(
    signed_up: str = "2026-01-01T00:00Z", paused_until: datetime | None = None, **schedule: object
) -> Subscriber:
    return Subscriber(
        "s1",
        "ann@example.org",
        schedule=Schedule(**schedule),
        signed_up_at=at(signed_up),
        paused_until=paused_until,
    )


@pytest.mark.parametrize(
    ("zone", "hour", "day", "expected"),
    [
        ("Europe/Zagreb", 8, "2026-03-29", "2026-03-29T06:00Z"),  # summer time began in the night
        ("Europe/Zagreb", 2, "2026-03-29", "2026-03-29T01:00Z"),  # 02:00 does not exist: when the clock has jumped
        ("Europe/Zagreb", 2, "2026-10-25", "2026-10-25T00:00Z"),  # 02:00 comes twice: the first
        ("America/New_York", 8, "2026-03-10", "2026-03-10T12:00Z"),  # the USA changed, Europe did not
        ("Pacific/Auckland", 8, "2026-11-23", "2026-11-22T19:00Z"),
        ("Asia/Kolkata", 8, "2026-11-23", "2026-11-23T02:30Z"),
    ],
)
def test_the_wall_clock_decides(zone: str, hour: int, day: str, expected: str) -> None:
    schedule = Schedule("daily", hour=hour, timezone=zone)
    found = dict(periods(schedule, at(expected) - timedelta(hours=20), at(expected) + timedelta(hours=20)))
    assert found[day] == at(expected)


@given(
    frequency=st.sampled_from(FREQUENCIES),
    weekday=st.integers(1, 7),
    hour=st.integers(0, 23),
    zone=st.sampled_from(
        ["UTC", "Europe/Zagreb", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca", "Australia/Lord_Howe"]
    ),
    start=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    days=st.integers(1, 120),
)
def test_periods_never_repeat_and_keep_their_distance(
    frequency: str, weekday: int, hour: int, zone: str, start: datetime, days: int
) -> None:
    schedule = Schedule(frequency, weekday, hour, zone)
    found = list(periods(schedule, start, start + timedelta(days=days)))
    names = [name for name, _ in found]
    assert len(set(names)) == len(names)
    assert all(start < moment <= start + timedelta(days=days) for _, moment in found)
    gaps = [(b - a) / timedelta(days=1) for (_, a), (_, b) in pairwise(found)]
    shortest = {"daily": 1, "weekdays": 1, "weekly": 7, "fortnightly": 14, "monthly": 28}[frequency]
    assert all(
        shortest - 0.1 <= gap <= {"weekdays": 3, "monthly": 35}.get(frequency, shortest) + 0.1 for gap in gaps
    )
    for _, moment in found:
        # Local hour as wanted, or the one after it where a clock change skipped it.
        assert (moment.astimezone(ZoneInfo(zone)).hour - hour) % 24 in (0, 1)


@given(
    frequency=st.sampled_from(FREQUENCIES),
    runs=st.lists(st.integers(1, 60 * 24 * 9), min_size=1, max_size=40),
)
def test_no_run_pattern_gives_a_period_twice_or_two_letters_at_once(frequency: str, runs: list[int]) -> None:
    subscriber = reader(frequency=frequency, weekday=3, hour=9, timezone="Europe/Rome")
    past, now, letters, seen = Past(), at("2026-01-01T00:00Z"), [], []
    for minutes in runs:
        now += timedelta(minutes=minutes)
        wanted = due(subscriber, past, now)
        written = [one for one in wanted if not one.missed]
        assert len(written) <= 1
        letters += written
        seen += [one.period for one in wanted]
        past = Past(
            {*past.periods, *(one.period for one in wanted)},
            written[0].until if written else past.until,
            max([one.due_at for one in wanted], default=past.last_due_at),
        )
    assert len(set(seen)) == len(seen)
    for a, b in pairwise(letters):
        assert b.since == a.until  # nothing is offered twice, nothing falls between two letters


def test_first_letter_is_for_the_first_period_after_sign_up() -> None:
    subscriber = reader("2026-11-23T08:00Z", weekday=1, hour=8)  # a Monday, at the very moment
    assert due(subscriber, Past(), at("2026-11-23T08:00Z")) == []
    [first] = due(subscriber, Past(), at("2026-11-30T08:00Z"))
    assert (first.period, first.due_at) == ("2026-W49", at("2026-11-30T08:00Z"))
    assert first.since == at("2026-11-23T00:00Z")  # one whole period, from local midnight: 08:05 of that day is in


@pytest.mark.parametrize(("frequency", "hours"), [("weekly", 84), ("daily", 12)])
def test_a_missed_period_is_repaired_until_half_of_it_has_gone(frequency: str, hours: int) -> None:
    subscriber = reader("2026-11-22T00:00Z", frequency=frequency, weekday=1, hour=8)
    due_at = at("2026-11-23T08:00Z")
    past = Past(last_due_at=due_at - timedelta(hours=1))
    assert REPAIR[frequency] == timedelta(hours=hours)
    [late] = due(subscriber, past, due_at + timedelta(hours=hours))
    assert not late.missed
    [gone] = due(subscriber, past, due_at + timedelta(hours=hours, seconds=1))
    assert gone.missed


def test_after_a_long_stop_only_the_newest_period_brings_a_letter() -> None:
    subscriber = reader("2026-10-01T00:00Z", weekday=1, hour=8)
    wanted = due(subscriber, Past(), at("2026-11-23T09:00Z"))
    assert [one.missed for one in wanted] == [True] * 7 + [False]


def test_the_letter_after_a_skipped_period_looks_back_over_it() -> None:
    subscriber = reader(weekday=1, hour=8)
    past = Past({"2026-W47"}, at("2026-11-16T08:10Z"), at("2026-11-23T08:00Z"))  # W48 was recorded as missed
    [one] = due(subscriber, past, at("2026-11-30T08:00Z"))
    assert one.since == at("2026-11-16T08:10Z")


def test_a_pause_brings_nothing_until_its_end_and_no_missed_periods_after_it() -> None:
    back = at("2026-11-20T00:00Z")
    subscriber = reader(paused_until=back, weekday=1, hour=8)
    past = Past({"2026-W40"}, at("2026-09-28T08:00Z"), at("2026-09-28T08:00Z"))
    assert due(subscriber, past, back - timedelta(seconds=1)) == []
    [one] = due(subscriber, past, at("2026-11-23T08:00Z"))
    assert one.period == "2026-W48"
    assert one.since == at("2026-09-28T08:00Z")


def test_changing_the_weekday_within_a_week_brings_no_second_letter() -> None:
    past = Past({"2026-W48"}, at("2026-11-23T08:00Z"), at("2026-11-23T08:00Z"))
    assert due(reader(weekday=5, hour=8), past, at("2026-11-27T09:00Z")) == []


def test_a_quarter_of_an_hour_is_enough_for_cron_every_ten_minutes() -> None:
    subscriber = reader("2026-10-20T00:00Z", frequency="daily", hour=8, timezone="Europe/Zagreb")
    due_at = next_due(subscriber, at("2026-10-25T00:00Z"))
    assert due_at == at("2026-10-25T07:00Z")  # winter time began that night


def test_first_window_covers_whole_local_days() -> None:
    schedule = Schedule("weekly", 1, 8, "America/New_York")
    start = first_window(schedule, at("2026-11-02T13:00Z"))  # the clocks went back on 1 November
    assert start == at("2026-10-26T04:00Z")
    assert start.astimezone(ZoneInfo("America/New_York")).hour == 0
    assert set(LENGTH) == set(FREQUENCIES) == set(REPAIR)


# ------------------------------------------------------------------------------------------------------- sources
NOW = at("2026-11-23T08:00Z")


def state(**more: object) -> SourceState:
    return SourceState("a", "https://a.example/feed", **more)  # type: ignore[arg-type]


@given(
    rhythm=st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=900))),
    every=st.timedeltas(timedelta(minutes=15), timedelta(days=31)),
    max_age=st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=400))),
)
def test_a_healthy_source_is_visited_within_the_curators_every(
    rhythm: timedelta | None, every: timedelta, max_age: timedelta | None
) -> None:
    when = next_visit(Source("a", "x", every=every), state(rhythm=rhythm), NOW, Hints(max_age=max_age))
    assert NOW < when <= NOW + every


def test_failures_back_off_doubling_to_a_week_and_obey_retry_after() -> None:
    source = Source("a", "x")
    waits = [next_visit(source, state(failures=n), NOW, Hints()) - NOW for n in range(1, 12)]
    assert waits == sorted(waits)
    assert timedelta(hours=1) <= waits[0] <= timedelta(hours=1.1)
    assert timedelta(days=7) <= waits[-1] <= timedelta(days=7.7)
    asked = next_visit(source, state(failures=1), NOW, Hints(retry_after=timedelta(days=2)))
    assert asked >= NOW + timedelta(days=2)


def test_hints_of_the_server_lengthen_the_wait() -> None:
    source = Source("a", "x", every=timedelta(days=2))
    plain = next_visit(source, state(rhythm=timedelta(hours=4)), NOW, Hints())
    asked = next_visit(source, state(rhythm=timedelta(hours=4)), NOW, Hints(ttl=timedelta(hours=12)))
    assert plain < NOW + timedelta(hours=2.1) < NOW + timedelta(hours=10) < asked


def test_due_sources_leaves_out_retired_disabled_and_early_ones_and_asks_a_changed_address_at_once() -> None:
    later = NOW + timedelta(hours=1)
    sources = [
        Source("new", "https://new.example/"), Source("early", "u"), Source("off", "u", enabled=False),
        Source("gone", "u"), Source("moved", "https://moved.example/new"), Source("overdue", "u"),
    ]  # fmt: skip
    states = {
        "early": SourceState("early", "u", next_at=later),
        "gone": SourceState("gone", "u", status="retired"),
        "moved": SourceState("moved", "https://moved.example/old", status="retired", next_at=later),
        "overdue": SourceState("overdue", "u", next_at=NOW - timedelta(days=3)),
    }
    assert [s.id for s in due_sources(sources, states, NOW)] == ["moved", "new", "overdue"]


def test_rhythm_is_the_median_gap_of_the_newest_dates() -> None:
    assert rhythm_of([NOW, NOW - timedelta(days=1)]) is None
    dates = [NOW - timedelta(days=d) for d in (0, 1, 2, 3, 400)]
    assert rhythm_of(dates) == timedelta(days=1)
