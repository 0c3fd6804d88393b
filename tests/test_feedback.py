"""More and less like this: kept, felt, readable, taken back; and it helps."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.cli import main
from aggregator.dedupe import Changes
from aggregator.model import Item, Tag
from aggregator.store import open_store

AT = "2026-11-23T08:00:00+01:00"
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """run("mark", ...) -> (exit code, output) of `aggregator subscribers mark ...`, with one reader and one item."""
    Path("feeds.yaml").write_text("topics: {mentoring: {label: Mentoring, words: {en: [mentor]}}}\n")

    def call(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main(["subscribers", *arguments, "--at", AT])
        out, err = capsys.readouterr()
        return (left.value.code if isinstance(left.value.code, int) else 0), out + err

    call("add", "ann@example.org", "--topics", "mentoring", "--confirmed")
    store = open_store("aggregator.db")
    marked = Item("i1", "desk", title="Circles", author="Ana", first_seen_at=datetime(2026, 11, 20, tzinfo=UTC),
                  topics=(Tag("mentoring", "in the title"),))  # fmt: skip
    store.sources.record([], Changes(new=(marked,)), datetime(2026, 11, 20, tzinfo=UTC), "rules")
    store.close()
    return call


def test_a_mark_is_kept_shown_exported_and_taken_back(run: Run) -> None:
    learnt = "topic:mentoring +0.33; author:ana +0.33; kind:post +0.33; source:desk +0.33"
    assert sorted(
        run("mark", "ann@example.org", "i1", "--more")[1].partition(": ")[2].strip().split("; ")
    ) == sorted(learnt.split("; "))
    assert "learned    " in run("show", "ann@example.org")[1]
    held = json.loads(run("export", "ann@example.org")[1])
    assert held["feedback"] == [
        {"item": "i1", "value": 1, "at": "2026-11-23T07:00:00Z",
         "about": ["topic:mentoring", "source:desk", "author:ana", "kind:post"]}
    ]  # fmt: skip
    assert held["profile"]["learned"]["topic:mentoring"] == 0.33
    assert "topic:mentoring -0.33" in run("mark", "ann@example.org", "i1", "--less")[1]  # the last word counts
    assert run("mark", "ann@example.org", "i1", "--back") == (0, "ann@example.org: nothing learned\n")


def test_all_marks_are_taken_back_at_once_and_other_settings_stay(run: Run) -> None:
    run("mark", "ann@example.org", "i1", "--more")
    run("mark", "ann@example.org", "--back")
    profile = json.loads(run("export", "ann@example.org")[1])["profile"]
    assert (profile["learned"], profile["topics"]) == ({}, {"mentoring": 1})


def test_a_dry_run_and_a_wrong_call_change_nothing(run: Run) -> None:
    assert run("mark", "ann@example.org", "i1", "--more", "--dry-run")[0] == 0
    assert run("mark", "ann@example.org", "gone", "--more")[0] == 78
    assert run("mark", "ann@example.org", "--more")[0] == 2
    assert run("mark", "ann@example.org", "i1")[0] == 2
    assert run("mark", "ann@example.org", "i1", "--more", "--back")[0] == 2
    assert json.loads(run("export", "ann@example.org")[1])["feedback"] == []


def test_nothing_is_left_of_marks_when_a_reader_is_erased(run: Run) -> None:
    run("mark", "ann@example.org", "i1", "--more")
    store = open_store("aggregator.db")
    reader = store.subscribers.find("ann@example.org")
    assert reader is not None
    run("erase", "ann@example.org", "--yes")
    assert list(store.feedback.of(reader.id)) == []
    store.close()


def test_feedback_helps_simulated_readers() -> None:
    simulate = runpy.run_path(str(Path(__file__).parent.parent / "benchmarks" / "feedback.py"))["simulate"]
    silent, heard = (simulate(40, 10, 3, feedback=feedback) for feedback in (False, True))
    assert heard[0] == silent[0]
    assert sum(heard[7:]) / 3 > sum(silent[7:]) / 3 + 0.08
    assert sum(heard[7:]) > sum(heard[:3]) + 0.1
