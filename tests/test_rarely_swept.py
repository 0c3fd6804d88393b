"""Runs have a garbage collector that looks seldom; whoever calls them has the one it had."""

from __future__ import annotations

import gc

import pytest

from aggregator import cli
from aggregator.app import SWEEP, rarely_swept


def test_within_the_collector_looks_seldom_and_never_at_what_was_there() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    with rarely_swept():
        assert gc.get_threshold()[0] == SWEEP
        assert gc.get_freeze_count() > frozen
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


def test_a_run_that_fails_leaves_the_collector_as_it_was() -> None:
    before = gc.get_threshold()
    with pytest.raises(KeyError), rarely_swept():
        raise KeyError
    assert gc.get_threshold() == before


def test_circles_go_even_so() -> None:
    class Knot:
        def __init__(self) -> None:
            self.itself = self

    def are_left() -> int:
        return sum(isinstance(one, Knot) for one in gc.get_objects())

    with rarely_swept():
        for _ in range(3 * SWEEP):
            Knot()
        assert are_left() < 2 * SWEEP


def test_a_command_has_it_from_its_first_import_and_leaves_it_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    before, within = gc.get_threshold(), list[int]()
    monkeypatch.setattr(cli.cli, "main", lambda *_, **__: within.append(gc.get_threshold()[0]))
    with pytest.raises(SystemExit):
        cli.main([])
    assert within == [SWEEP]
    assert gc.get_threshold() == before
