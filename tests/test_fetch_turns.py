"""Politeness as pure arithmetic: who may start when."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.turns import Pace, Turns

POLITE = Pace(at_once=2, spacing=1.0)
OPEN = Pace(at_once=16, spacing=0.0)
HOUR = timedelta(hours=1)


def turns_of(
    *jobs: tuple[str, str], pace: Pace = POLITE, concurrency: int = 64, patience: float = 20
) -> Turns[str]:
    turns: Turns[str] = Turns(concurrency, patience)
    for job, host in jobs:
        assert turns.add(job, host, pace) is None
    return turns


def test_one_host_starts_once_a_second_and_two_at_once() -> None:
    turns = turns_of(("1", "a"), ("2", "a"), ("3", "a"))
    assert [turns.take(0.0), turns.take(0.0), turns.take(0.99)] == ["1", None, None]
    assert turns.next_start() == 1.0
    assert [turns.take(1.0), turns.take(5.0)] == ["2", None]  # two are under way
    assert turns.next_start() is None
    turns.done("a", 5.0)
    assert turns.take(5.0) == "3"


def test_spacing_outlives_the_jobs_that_made_it() -> None:
    turns = turns_of(("1", "a"))
    turns.take(0.0)
    turns.done("a", 0.1)
    turns.add("2", "a", POLITE)
    assert turns.take(0.5) is None
    assert turns.take(1.0) == "2"


def test_hosts_take_turns() -> None:
    turns = turns_of(*[(f"{host}{n}", host) for host in "ab" for n in range(3)], pace=OPEN)
    assert [turns.take(0.0) for _ in range(4)] == ["a0", "b0", "a1", "b1"]


def test_the_total_is_bounded() -> None:
    turns = turns_of(*[(str(n), str(n)) for n in range(9)], concurrency=4)
    assert sum(turns.take(0.0) is not None for _ in range(9)) == 4
    assert turns.next_start() is None


def test_two_addresses_that_ask_for_a_pause_concern_only_themselves() -> None:
    turns = turns_of(*[(str(n), "a") for n in range(5)], pace=OPEN)
    for address in ("x", "y", "x", "y"):
        turns.take(0.0)
        assert turns.complain("a", address, HOUR, 0.0) == []
    assert turns.take(0.0) == "4"


def test_the_third_address_sends_the_rest_of_the_host_home() -> None:
    turns = turns_of(*[(str(n), "a") for n in range(6)], ("b", "b"), pace=OPEN)
    taken = [turns.take(0.0) for _ in range(4)]
    assert [turns.complain("a", address, HOUR, 0.0) for address in "xyz"] == [[], [], ["3", "4", "5"]]
    assert "b" in taken
    assert turns.waiting == 0
    assert turns.add("later", "a", OPEN) == HOUR  # a redirect that leads there
    assert turns.take(9e9) is None


def test_a_short_pause_is_waited_out() -> None:
    turns = turns_of(*[(str(n), "a") for n in range(5)], pace=OPEN)
    for address in "xyz":
        turns.take(0.0)
        assert turns.complain("a", address, timedelta(seconds=2), 0.0) == []
    assert turns.take(1.9) is None
    assert turns.next_start() == 2.0
    assert turns.take(2.0) == "3"
    # Asked for again by three others, until patience is used up.
    assert [turns.complain("a", address, timedelta(seconds=30), 2.0) for address in "uvw"] == [[], [], ["4"]]


def test_without_a_time_the_host_is_left_alone_for_the_run() -> None:
    turns = turns_of(("1", "a"), ("2", "a"), pace=OPEN)
    turns.take(0.0)
    assert [turns.complain("a", address, None, 0.0) for address in "xyz"] == [[], [], ["2"]]


def test_drain_hands_back_all_that_wait() -> None:
    turns = turns_of(("1", "a"), ("2", "a"), ("3", "b"))
    turns.take(0.0)
    assert sorted(turns.drain()) == ["2", "3"]
    assert turns.take(100.0) is None
    turns.add("4", "b", POLITE)
    assert turns.take(100.0) == "4"


def test_memory_follows_what_is_under_way_not_what_was() -> None:
    turns: Turns[int] = Turns(1, 0)
    for n in range(10_000):
        turns.add(n, str(n), POLITE)
        assert turns.take(float(n)) == n
        turns.done(str(n), float(n))
    assert len(turns._hosts) < 3_000


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 6), st.data())
def test_every_job_gets_its_turn_and_no_limit_is_broken(
    hosts: list[int], concurrency: int, data: st.DataObject
) -> None:
    turns: Turns[tuple[int, str]] = Turns(concurrency, 0)
    for number, host in enumerate(hosts):
        turns.add((number, str(host)), str(host), POLITE)
    now, active, starts, done = 0.0, [], {}, []
    while len(done) < len(hosts):
        if (job := turns.take(now)) is not None:
            assert now - starts.get(job[1], -9) >= POLITE.spacing
            starts[job[1]] = now
            active.append(job)
            assert len(active) <= concurrency
            assert sum(host == job[1] for _, host in active) <= POLITE.at_once
        elif active and (turns.next_start() is None or data.draw(st.booleans())):
            ended = active.pop(data.draw(st.integers(0, len(active) - 1)))
            turns.done(ended[1], now)
            done.append(ended)
        else:
            moment = turns.next_start()
            assert moment is not None
            assert moment > now
            now = moment
    assert sorted(number for number, _ in done) == list(range(len(hosts)))
