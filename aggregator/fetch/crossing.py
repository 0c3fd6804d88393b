"""From the caller's thread into the event loop and back, so that waiting is asynchronous and calling is not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from aggregator.fetch.engine import Engine
from aggregator.fetch.policy import Policy
from aggregator.fetch.reach import Lookup
from aggregator.model import Answer, Request


class Crossing:
    """Runs an Engine in a thread for as long as it is open. Time-outs hold however slow the caller is."""

    def __init__(self, policy: Policy, lookup: Lookup | None = None) -> None:
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._engine = Engine(policy, lookup, self._runner.get_loop())
        self._thread = ThreadPoolExecutor(1, "aggregator-fetch")

    def __enter__(self) -> Crossing:
        self._outcome: Future[None] = self._thread.submit(self._work)
        # However the thread ends, whoever waits for an answer must hear of it.
        self._outcome.add_done_callback(lambda _: self._engine.answers.put(None))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.stop()
        self._thread.shutdown(wait=True)

    def add(self, requests: Sequence[Request]) -> None:
        self._engine.add(requests)

    def take(self) -> Answer:
        """The next answer; waits for it. Raises what went wrong in the thread: that is a bug of ours."""
        answer = self._engine.answers.get()
        if answer is None:
            self._raise()
            raise RuntimeError("fetching ended before every request had its answer")
        self._engine.taken(answer)
        return answer

    def _work(self) -> None:
        with self._runner as runner:
            runner.run(self._engine.run())

    def _raise(self) -> None:
        error = self._outcome.exception()
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if error is not None:
            raise error
