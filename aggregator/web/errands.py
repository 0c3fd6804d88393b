"""What is done a moment after a page has answered: what was asked for is looked into, what somebody waits for is
posted. So no answer waits for a mail server, and none takes longer for an address that is known."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from aggregator import joining
from aggregator.app import App
from aggregator.errors import AggregatorError
from aggregator.post import post_urgent

log = logging.getLogger(__name__)
AGAIN = 2.0  # seconds until a second look where a run of cron was just looking, too


@dataclass(slots=True)
class Errands:
    """A thread that is there while there is something to do. Beside runs of cron it does no harm: asks are looked
    into under a lock, letters are claimed. What fails waits for the next run. `clock`: what pages take for now."""

    app: App
    clock: Callable[[], datetime]
    _wanted: bool = False
    _thread: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> None:
        """Something was written down. Returns at once."""
        with self._lock:
            self._wanted = True
            if not self._closed.is_set() and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._work, name="errands", daemon=True)
                self._thread.start()

    def close(self, seconds: float = 30) -> None:
        """Begin nothing new, and wait at most so long for what is in hand."""
        with self._lock:
            self._closed.set()
            thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _work(self) -> None:
        while self._next():
            for step in (self._attend, self._post):
                try:
                    step()
                except AggregatorError as error:
                    log.warning("left for the next run: %s", error)

    def _attend(self) -> None:
        if not joining.attend(self.app, self.clock()) and not self._closed.wait(AGAIN):
            self()

    def _post(self) -> None:
        post_urgent(self.app)

    def _next(self) -> bool:
        with self._lock:
            if not self._wanted or self._closed.is_set():
                self._thread = None
                return False
            self._wanted = False
            return True
