"""What a run of collecting is asked, what it is done with, what comes in, and its figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from aggregator.app import App
from aggregator.model import Answer, Source, SourceState, Visit

if TYPE_CHECKING:
    from aggregator.dedupe import Changes
    from aggregator.read.pool import Pool

BATCH = 100  # visits in one transaction
ITEMS = 1_000  # items after which a batch is stored even so, so that they don't pile up in memory
PATIENCE = 3.0  # seconds after which a batch is stored as it is, so that a killed run has not worked for nothing
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Collected:
    """The figures of a run or a part of it; `visited + not_reached = due`, `fetched` sums up what follows it."""

    due: int = 0
    visited: int = 0
    unchanged: int = 0
    failed: int = 0
    not_reached: int = 0
    offline: bool = False
    entries: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("fetched", "new", "updated", "known", "merged", "refused"), 0)
    )

    def report(self) -> dict[str, dict[str, int]]:
        names = ("due", "visited", "unchanged", "failed", "not_reached")
        return {"sources": {name: getattr(self, name) for name in names}, "entries": self.entries}

    def add(self, visit: Visit) -> None:
        self.visited += 1
        self.unchanged += visit.outcome == "unchanged"
        self.failed += visit.outcome in ("failed", "retired")
        self.entries["refused"] += visit.refused
        self.entries["known"] += visit.as_before
        self.entries["fetched"] += visit.refused + visit.as_before + len(visit.items)

    def add_changes(self, changes: Changes) -> None:
        for name in ("new", "updated", "known", "merged"):
            self.entries[name] += len(getattr(changes, name))

    def join(self, others: Collected) -> None:
        """Add what else has been done in the same run."""
        self.visited += others.visited
        self.unchanged += others.unchanged
        self.failed += others.failed
        for name, count in others.entries.items():
            self.entries[name] += count


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller may ask of a run beyond the ordinary. After `seconds` no further visit is started; `processes`
    at most take part (None: one for each processor this run may use)."""

    sources: Sequence[str] = ()
    force: bool = False
    dry_run: bool = False
    seconds: int = 480
    progress: Progress | None = None
    processes: int | None = None


@dataclass(frozen=True)
class Run:
    """What all of one run is done with. What is opened on the way is closed with `opened`."""

    app: App
    opened: ExitStack
    now: datetime
    wish: Wish

    @cached_property
    def pool(self) -> Pool:
        from aggregator.read.pool import Pool

        return self.opened.enter_context(Pool())


@dataclass(frozen=True, slots=True)
class Arrived:
    """One visit on its way to the store, with what is needed to judge a redirect. The answer has its body only
    where that may have to be read again."""

    source: Source
    before: SourceState
    answer: Answer
    visit: Visit


@dataclass(slots=True)
class Batch:
    """Visits that wait to be stored together."""

    visits: list[Arrived] = field(default_factory=list)
    begun: float = 0.0
    items: int = 0

    def add(self, arrived: Arrived, clock: float) -> None:
        self.begun = self.begun if self.visits else clock
        self.visits.append(arrived)
        self.items += len(arrived.visit.items)

    def is_full(self, clock: float) -> bool:
        return (
            len(self.visits) >= BATCH
            or self.items >= ITEMS
            or (bool(self.visits) and clock - self.begun > PATIENCE)
        )
