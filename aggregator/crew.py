"""This process and children of it share out work, where the machine has more than one processor.

Children are forked, so that what was read and learnt before is theirs too and held in memory once. They end with
this process, however that ends, and hold nothing of it that would outlive it: locks are closed by who opens them
(`store/engine.py`), connections are `begin`'s to make anew."""

from __future__ import annotations

import ctypes
import gc
import json
import logging
import os
import signal
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

log = logging.getLogger(__name__)
MOST = 4  # processes: each takes memory of its own, and the database has one writer
TICKETS = 1000  # parts at most: their numbers lie in a pipe, and the smallest pipe holds as many
_TICKET = struct.Struct("=I")
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG, prctl(2)

Work = Callable[[int], Any]


def hands() -> int:
    """How many processes may work at once. One where forking is not safe: other threads may hold locks that nobody
    would ever open in a child, and elsewhere than on Linux nothing ends a child with its parent."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return min(len(os.sched_getaffinity(0)), MOST)


def parts(count: int, hands: int, most: int, least: int) -> Iterator[int]:
    """Sizes of parts that make `count`, large ones first, so that everybody is done at about the same time."""
    least = max(least, -(-count // (TICKETS // 2)))
    while count > 0:
        size = min(count, max(least, min(most, count // (2 * hands))))
        yield size
        count -= size


@dataclass(slots=True)
class Outcome:
    """What was returned for the parts, in no order; `whole`: nobody died, so there is something for each part."""

    returned: list[Any] = field(default_factory=list)
    whole: bool = True


def share_out(count: int, work: Work, hands: int, begin: Callable[[], None]) -> Outcome:
    """Call `work` with every number below `count` (at most TICKETS), in this process and `hands - 1` children,
    each of which calls `begin` first. What `work` returns must be JSON.

    What goes wrong here is raised. What goes wrong in a child ends that child: then not every part is done."""
    tickets, counter = os.pipe()
    os.write(counter, b"".join(map(_TICKET.pack, range(count))))
    os.close(counter)
    outcome, children = Outcome(), dict[int, int]()
    gc.collect()
    gc.freeze()  # else a collection writes to all that is shared, and it is shared no more
    try:
        for _ in range(hands - 1):
            pid, results = _child(tickets, work, begin)
            children[pid] = results
        outcome.returned += (work(number) for number in _drawn(tickets))
        for pid, results in list(children.items()):
            _gather(outcome, results)
            outcome.whole &= os.waitpid(pid, 0)[1] == 0
            del children[pid]
    finally:
        gc.unfreeze()
        os.close(tickets)
        for pid, results in children.items():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(results)
    return outcome


def _drawn(tickets: int) -> Iterator[int]:
    """Numbers that nobody else has drawn, until there are none."""
    while ticket := os.read(tickets, _TICKET.size):
        yield _TICKET.unpack(ticket)[0]


def _gather(outcome: Outcome, results: int) -> None:
    with os.fdopen(results, "rb") as lines:
        outcome.returned += (json.loads(line) for line in lines if line.endswith(b"\n"))


def _child(tickets: int, work: Work, begin: Callable[[], None]) -> tuple[int, int]:
    """A child at work, by its id, and where its results can be read."""
    parent, (results, answers) = os.getpid(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(results)
        _live(parent, tickets, answers, work, begin)
    os.close(answers)
    return pid, results


def _live(parent: int, tickets: int, answers: int, work: Work, begin: Callable[[], None]) -> NoReturn:
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it too, and ends us
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() == parent:  # else it has died meanwhile
            begin()
            for number in _drawn(tickets):
                os.write(answers, json.dumps(work(number)).encode() + b"\n")
            code = 0
    finally:
        if code and (error := sys.exc_info()[1]):
            log.warning("a process that helped has ended, and its work is done again", exc_info=error)
        os._exit(code)  # nothing of the parent's is closed, flushed or removed here
