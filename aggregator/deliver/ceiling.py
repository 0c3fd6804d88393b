"""How many letters a run hands over, in all and in any one minute, counted over all its channels."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from aggregator.deliver.ports import CeilingReached

MINUTE = 60.0


class Ceiling:
    """At most `per_run` letters in all and `per_minute` in any 60 seconds; 0 means no ceiling.

    A sliding window, not a bucket that refills: relays count letters per minute, and a full bucket would let
    almost twice the number through in its first minute. It follows the real clock, because relays do.
    """

    def __init__(
        self,
        per_minute: int = 0,
        per_run: int = 0,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_minute, self._per_run = per_minute, per_run
        self._clock, self._pause = clock, pause
        self._taken = 0
        self._turns: deque[float] = deque(maxlen=per_minute or 1)
        self._lock = threading.Lock()

    def take(self) -> None:
        """Wait for a turn, at most about a minute; raises `CeilingReached` when the run has had its share."""
        with self._lock:
            wait = self._reserve(self._clock())
        if wait > 0:
            self._pause(wait)

    def _reserve(self, now: float) -> float:
        """Book the next turn and say how many seconds away it is."""
        if self._per_run and self._taken >= self._per_run:
            raise CeilingReached(
                f"this run has handed over {self._per_run} letters, its ceiling (per_run) "
                "→ the others wait for the next run"
            )
        self._taken += 1
        if not self._per_minute:
            return 0.0
        full = len(self._turns) == self._per_minute
        turn = max(now, self._turns[0] + MINUTE) if full else now
        self._turns.append(turn)
        return turn - now
