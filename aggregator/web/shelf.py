"""What the living lists are made from, read from the store once a minute and not for every reader."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from aggregator.compose.listing import LOOK_BACK, Listed, listed
from aggregator.web.parts import Here

FRESH = 60.0  # seconds
FOUND = 2000  # ids that a search may narrow a list to
_GLIMPSE = 320  # characters of a text that a list has room for


@dataclass(slots=True)
class Shelf:
    """The runs of some kinds of items, by what closes first. Threads may share it: one reads, the others wait."""

    kinds: tuple[str, ...]
    clock: Callable[[], float] = time.monotonic
    _runs: list[Listed] = field(default_factory=list)
    _read_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def runs(self, here: Here) -> list[Listed]:
        with self._lock:
            if self._read_at is None or self.clock() - self._read_at >= FRESH:
                self._runs = list(self._read(here, here.now))
                self._read_at = self.clock()
            return self._runs

    def _read(self, here: Here, now: datetime) -> Iterator[Listed]:
        titles: Mapping[str, str] = here.parts.app.source_titles
        held = [item for kind in self.kinds for item in here.store.items.of_kind(kind, now - LOOK_BACK)]
        public = here.parts.app.public_sources
        for run in listed([item for item in held if item.source in public], now, titles):
            # Only what a list shows stays in memory.
            yield replace(run, item=replace(run.item, text=run.item.text[:_GLIMPSE], html=""))

    def found(self, here: Here, words: str) -> frozenset[str] | None:
        """Ids of the items that hold all these words; None where no word was asked for."""
        if not words:
            return None
        return frozenset(item.id for item in here.store.items.search(words, limit=FOUND))
