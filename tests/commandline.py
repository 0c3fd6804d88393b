"""The operator's commands as people use them: on a real SQLite file, with a small feeds.yaml, through `main`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.cli import main
from aggregator.dedupe import Changes
from aggregator.model import Due, Item, Letter, SourceState, Subscriber, Tag
from aggregator.store import Store, Written, open_store

FEEDS = """\
# what we watch
topics:
  mentoring: {label: Mentoring, words: {en: [mentor, mentoring]}}
  cpd: {label: Professional development, words: {en: [training]}}
sources:
  ours: {url: "https://example.org/feed", title: Ours, about: [mentoring]}  # our own
  private: "https://private.example/${KEY}/feed"
  off: {url: "https://off.example/feed", enabled: false}
"""
AT = "2026-11-23T08:00:00Z"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)

Run = Callable[..., tuple[int, str, str]]


def runner(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """A folder with FEEDS, and: run("status", ...) -> (exit code, standard output, standard error)."""
    Path("feeds.yaml").write_text(FEEDS)
    monkeypatch.setenv("KEY", "hush")

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        out, err = capsys.readouterr()
        return (left.value.code if isinstance(left.value.code, int) else 0), out, err

    return call


def in_store(act: Callable[[Store], Any], database: str = "aggregator.db") -> Any:
    store = open_store(database)
    try:
        return act(store)
    finally:
        store.close()


def item(number: int, first_seen_at: datetime = NOW - DAY) -> Item:
    return Item(
        f"i{number}", "ours", url=f"https://m.example/{number}", title=f"Mentoring, part {number}", text="A text",
        published_at=first_seen_at, first_seen_at=first_seen_at, language="en", topics=(Tag("mentoring", "title"),),
    )  # fmt: skip


def hold(*items: Item, states: Sequence[SourceState] = ()) -> None:
    in_store(lambda store: store.sources.record(states, Changes(new=items), NOW, "rules"))


def enlist(**more: Any) -> Subscriber:
    reader = replace(Subscriber("", "ann@example.org"), **more)
    [saved] = in_store(lambda store: store.subscribers.save([reader], NOW))
    return saved  # type: ignore[no-any-return]


def write_letter(reader: Subscriber, due_at: datetime = NOW) -> None:
    letter = Letter("d1", "digest@example.org", reader.email, "<d1@example.org>", "Hello", b"From: x\r\n\r\n")
    written = Written(
        "d1", Due(reader, "2026-W48", due_at, due_at - 7 * DAY, due_at), "waiting", due_at, "", letter
    )
    in_store(lambda store: store.digests.write([written], due_at))


def note_run(at: datetime, code: int = 0, report: dict[str, Any] | None = None) -> None:
    in_store(lambda store: store.note_run("run", at, at, code, report or {}))
