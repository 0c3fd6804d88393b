"""Whose turn it is: how many exchanges run at once, in all and with one host, and how far apart they start.
Pure: the moment is an argument, in seconds of any steady clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heappop, heappush
from math import inf
from typing import Generic, TypeVar

Job = TypeVar("Job")

COMPLAINTS = 3  # different addresses that must ask for a pause before their whole host gets one
_MANY_HOSTS = 1024


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one host may be asked: exchanges at once, seconds between their starts."""

    at_once: int
    spacing: float

    def slowed(self, delay: float) -> Pace:
        """One at a time and so many seconds apart, where a host asks for more than this."""
        return Pace(1, delay) if delay > self.spacing else self


@dataclass(slots=True)
class _Host(Generic[Job]):
    pace: Pace
    waiting: deque[Job] = field(default_factory=deque)
    active: int = 0
    may_start: float = 0.0
    listed: bool = False
    complaints: set[str] = field(default_factory=set)
    pause: timedelta | None = None
    paused: float = 0.0


class Turns(Generic[Job]):
    """Jobs wait with their host; `take` gives out the one whose host may be asked first, hosts in rotation.

    patience: the seconds that one host may keep its jobs waiting in all before they are sent home instead.
    """

    def __init__(self, concurrency: int, patience: float) -> None:
        self._concurrency, self._patience = concurrency, patience
        self._hosts: dict[str, _Host[Job]] = {}
        self._ready: list[tuple[float, int, str]] = []  # each host with a job and room for it, once
        self._count = 0
        self._prune_at = _MANY_HOSTS
        self.active = 0
        self.waiting = 0

    def add(self, job: Job, name: str, pace: Pace) -> timedelta | None:
        """Let a job wait for its turn; or, if its host asked to be left alone, keep nothing and say how long."""
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(pace)
        if host.pause is not None:
            return host.pause
        if pace.spacing > host.pace.spacing:  # it has said meanwhile that it wants more time between requests
            host.may_start += (pace.spacing - host.pace.spacing) if host.may_start else 0.0
            host.pace = pace
        host.waiting.append(job)
        self.waiting += 1
        self._list(host, name)
        return None

    def take(self, now: float) -> Job | None:
        """The next job that may start now; its host's turn is over with `done`."""
        while self.active < self._concurrency and self._ready and self._ready[0][0] <= now:
            _, _, name = heappop(self._ready)
            host = self._hosts[name]
            host.listed = False
            if host.waiting and host.may_start <= now:
                return self._begin(host, name, now)
            self._list(host, name)  # it was put off, or emptied, after it had been listed
        return None

    def _begin(self, host: _Host[Job], name: str, now: float) -> Job:
        job = host.waiting.popleft()
        self.waiting -= 1
        self.active += 1
        host.active += 1
        host.may_start = now + host.pace.spacing
        self._list(host, name)
        return job

    def done(self, name: str, now: float) -> None:
        """A job that was taken has ended, or has gone on to another host."""
        host = self._hosts[name]
        host.active -= 1
        self.active -= 1
        self._list(host, name)
        if len(self._hosts) > self._prune_at:
            self._prune(now)

    def next_start(self) -> float | None:
        """When to ask again, unless something else happens before; None if only that can help."""
        return self._ready[0][0] if self._ready and self.active < self._concurrency else None

    def complain(self, name: str, address: str, pause: timedelta | None, now: float) -> list[Job]:
        """An address answered 429, or 503 with a time. One or two concern only themselves; the third different
        one stands for its host. A short pause is waited out (all must complain anew then); after a longer one,
        or when patience is used up, the host's waiting jobs are handed back and no more are taken."""
        host = self._hosts[name]
        host.complaints.add(address)
        if len(host.complaints) < COMPLAINTS or host.pause is not None:
            return []
        resumes = max(host.may_start, now + pause.total_seconds()) if pause is not None else inf
        longer = resumes - max(host.may_start, now)  # answers under way may ask for the same pause again
        if host.paused + longer <= self._patience:
            host.paused += longer
            host.may_start = resumes
            host.complaints.clear()
            return []
        host.pause = pause or timedelta(0)
        return self._empty(host)

    def drain(self) -> list[Job]:
        """All that wait, handed back."""
        return [job for host in self._hosts.values() for job in self._empty(host)]

    def _empty(self, host: _Host[Job]) -> list[Job]:
        jobs = list(host.waiting)
        host.waiting.clear()
        self.waiting -= len(jobs)
        return jobs

    def _list(self, host: _Host[Job], name: str) -> None:
        if host.waiting and not host.listed and host.active < host.pace.at_once:
            host.listed = True
            self._count += 1  # first come, first served among hosts that may start at the same time
            heappush(self._ready, (host.may_start, self._count, name))

    def _prune(self, now: float) -> None:
        """Forget hosts about which there is nothing to remember, so that memory follows what is under way."""
        idle = [
            name
            for name, host in self._hosts.items()
            if not (host.waiting or host.active or host.listed or host.complaints) and host.may_start <= now
        ]
        for name in idle:
            del self._hosts[name]
        self._prune_at = max(_MANY_HOSTS, 2 * len(self._hosts))
