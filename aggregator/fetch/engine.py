"""The run of one fetch(): requests in, turns given out, answers handed over. Lives in an event loop of its own."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from queue import SimpleQueue

from aggregator.errors import SourceError
from aggregator.fetch.failures import failure, place
from aggregator.fetch.guard import Guard, Target
from aggregator.fetch.policy import Policy
from aggregator.fetch.reach import Lookup, system_lookup
from aggregator.fetch.robots import Gate
from aggregator.fetch.turns import Pace, Turns
from aggregator.fetch.visit import Visit, Visitor, begin, pause_of
from aggregator.fetch.ways import Ways
from aggregator.model import Answer, Request

# Answers that the caller has not taken yet; past either mark nothing new is started, what is under way goes on.
BACKLOG = 256
BACKLOG_BYTES = 32 << 20


class Engine:
    """`add`, `taken` and `stop` may be called from another thread; `run` does the work until `stop`."""

    def __init__(self, policy: Policy, lookup: Lookup | None, loop: asyncio.AbstractEventLoop) -> None:
        self.answers: SimpleQueue[Answer | None] = SimpleQueue()
        self._policy, self._lookup, self._loop = policy, lookup, loop
        self._guard = Guard(policy.allow_private)
        self._turns: Turns[Visit] = Turns(policy.concurrency, policy.patience)
        self._gate = Gate()
        self._paces = Pace(policy.per_host, policy.spacing), Pace(policy.open_per_host, 0.0)
        self._arrivals: deque[Sequence[Request]] = deque()
        self._news = asyncio.Event()
        self._stopping = self._held_back = False
        # Each pair is written by one thread only; their difference is what waits in `answers`.
        self._given = self._given_bytes = 0
        self._taken = self._taken_bytes = 0

    # ------------------------------------------------------------------------------ called from the other thread
    def add(self, requests: Sequence[Request]) -> None:
        """More work. Each request gets exactly one answer."""
        self._arrivals.append(requests)
        self._wake()

    def taken(self, answer: Answer) -> None:
        """The caller has got this answer out of the queue."""
        self._taken += 1
        self._taken_bytes += len(answer.body)
        if self._held_back and self._has_room():
            self._wake()

    def stop(self) -> None:
        """End now: what is under way is cut off, connections are closed."""
        self._stopping = True
        self._wake()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop is closed already: there is nobody to wake
            self._loop.call_soon_threadsafe(self._news.set)

    def _has_room(self) -> bool:
        few = self._given - self._taken < BACKLOG
        return few and self._given_bytes - self._taken_bytes < BACKLOG_BYTES

    # ---------------------------------------------------------------------------------------------- in the loop
    async def run(self) -> None:
        lookup = self._lookup or system_lookup
        async with AsyncExitStack() as opened:
            visitor = Visitor(self._policy, self._guard, Ways(self._policy, self._guard, lookup, opened))
            async with asyncio.TaskGroup() as group:
                under_way: set[asyncio.Task[None]] = set()
                while not self._stopping:
                    self._news.clear()
                    self._enlist_arrivals()
                    self._heed_deadline()
                    while self._may_start() and (visit := self._turns.take(self._loop.time())):
                        task = group.create_task(self._attend(visit, visitor))
                        under_way.add(task)
                        task.add_done_callback(under_way.discard)
                    await self._news_or_time()
                for task in under_way:
                    task.cancel()

    async def _attend(self, visit: Visit, visitor: Visitor) -> None:
        publisher = visit.target.publisher
        try:
            answer = await visitor.go_on(visit)
            pause = pause_of(visit, answer, self._policy.patience) if answer is not None else None
            if answer is not None and pause is None:
                self._end(visit, answer)
                self._heed(answer, visit.target)
        finally:
            self._turns.done(publisher, self._loop.time())
            self._news.set()
        if pause is not None:
            visit.left = visit.request.budget
            self._loop.call_later(pause, self._come_back, visit)
        elif answer is None:
            self._enlist(visit)

    def _come_back(self, visit: Visit) -> None:
        self._enlist(visit)
        self._news.set()

    def _may_start(self) -> bool:
        self._held_back = True  # said before looking, so that `taken` can't miss it
        self._held_back = not self._has_room()
        return not self._held_back

    async def _news_or_time(self) -> None:
        """Wait until something happens, the next host may be asked, or the deadline comes."""
        moments = [] if self._held_back else [self._turns.next_start()]
        if self._turns.waiting:
            moments.append(self._policy.deadline)
        timers = [self._loop.call_at(moment, self._news.set) for moment in moments if moment is not None]
        await self._news.wait()
        for timer in timers:
            timer.cancel()

    def _enlist_arrivals(self) -> None:
        while self._arrivals:
            for request in self._arrivals.popleft():
                try:
                    self._enlist(begin(request, self._guard))
                except SourceError as error:
                    url = place(request.url)
                    self._give(Answer(request.key, url, "failed", error=error.code, detail=error.detail))

    def _enlist(self, visit: Visit) -> None:
        """Let a visit wait for its turn, once robots.txt has let it in where it is a page's."""
        rules = self._gate.rules(visit)
        if rules is None:
            if request := self._gate.wait(visit):
                self._enlist(begin(request, self._guard, rules_of=visit.target.origin))
        elif refusal := rules.refusal(visit.target.url):
            self._end(visit, visit.failed(refusal, retry_after=rules.retry_after))
        else:
            pace = self._paces[visit.target.opened].slowed(rules.delay)
            pause = self._turns.add(visit, visit.target.publisher, pace)
            if pause is not None:
                self._postpone(visit, "host-busy", pause)

    def _heed(self, answer: Answer, target: Target) -> None:
        """Count a 429, or a 503 with a time, against its host."""
        pause = answer.retry_after
        if answer.status == 429 or (answer.status == 503 and pause is not None):
            for visit in self._turns.complain(target.publisher, target.url, pause, self._loop.time()):
                self._postpone(visit, "host-busy", pause)

    def _heed_deadline(self) -> None:
        if self._policy.deadline is not None and self._loop.time() >= self._policy.deadline:
            for visit in self._turns.drain():
                self._postpone(visit, "deadline")

    def _postpone(self, visit: Visit, code: str, pause: timedelta | None = None) -> None:
        answer = visit.failed(failure(code), retry_after=pause)
        self._end(visit, replace(answer, seconds=visit.spent))

    def _end(self, visit: Visit, answer: Answer) -> None:
        """The answer is given to the caller; that of a robots.txt, to those who wait for it."""
        if visit.rules_of is None:
            self._give(answer)
            return
        for waiting in self._gate.learn(visit.rules_of, answer):
            if answer.outcome == "postponed":
                self._postpone(waiting, answer.error or "", answer.retry_after)
            else:
                self._enlist(waiting)

    def _give(self, answer: Answer) -> None:
        self._given += 1
        self._given_bytes += len(answer.body)
        self.answers.put(answer)
