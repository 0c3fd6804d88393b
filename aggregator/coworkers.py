"""Further processes that take part in a run of collecting, so that one with much to do uses all processors.

The one that began the run asks the network. Of the feeds that come it hands each coworker (`coworker.py`) a few,
and reads what is left itself. A coworker reads, tags, compares and stores what it was given, in turn with the
others, and says only what became of it: so no item goes from one process to another, and a run with little to do
has one process. What a coworker can't read in a moment it gives back; what one had that died is done again here,
because to store the same twice changes nothing.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.errand import Collected, Run
from aggregator.model import Answer
from aggregator.tour import Tour

if TYPE_CHECKING:  # what is said to coworkers is imported with the first of them: most runs have none
    from multiprocessing.connection import Connection

WORTH_IT = 2_000  # entries that make it worth calling others: to start a process costs as much as 400 of them
FORETOLD = 5  # sources read for the first time, by which the others of them are judged
AHEAD = 60  # documents that one may have unread, so that it need not wait for us while we store
OUTSTANDING = 16 << 20  # bytes of all documents that are out
MOST = 4  # processes at once: they take turns in storing, which is a third of the work
_ROOT = Path(__file__).resolve().parents[1]
_BEGIN = "from aggregator.coworker import main; main()"
_PATIENCE = 10.0  # seconds that one with nothing left to do may take to end


def processors() -> int:
    """How many processors this process may use."""
    known = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1


@dataclass(slots=True)
class Coworkers:
    """The coworkers of a run; none before there is enough to do. `left`: the sources that nobody has in hand yet;
    `fresh`: how many of all are read for the first time, so that every entry of them is new."""

    run: Run
    figures: Collected
    left: int
    fresh: int
    _mates: list[_Mate] = field(default_factory=list)
    _returned: deque[tuple[Tour, Answer]] = field(default_factory=deque)
    _entries: int = 0
    _first_entries: list[int] = field(default_factory=list)  # of sources read for the first time
    _count: int = 0

    def saw(self, entries: int, *, first: bool) -> None:
        """So many entries came in the last visit, the `first` of its source or not; calls coworkers once so many
        have come, or can be foretold to come, that it is worth it."""
        self.left -= 1
        self._entries += entries
        if first:
            self._first_entries.append(entries)
        if self._mates or self.run.wish.dry_run:
            return
        if self._entries >= WORTH_IT or self._foretold() >= WORTH_IT:
            wanted = self.run.wish.processes or min(processors(), MOST)
            self._mates = [_Mate(self.run) for _ in range(wanted - 1)]

    def _foretold(self) -> float:
        """How many entries all sources bring that are read for the first time, if they are like the first few."""
        read = self._first_entries
        return self.fresh * sum(read) / len(read) if len(read) >= FORETOLD else 0

    def take(self, tour: Tour, answer: Answer) -> bool:
        """True where a coworker sees to this document, the only one of its tour so far; it may still come back."""
        out = sum(mate.size for mate in self._mates)
        ahead = min(AHEAD, self.left // (len(self._mates) + 1))  # else one would be left with work at the end
        for mate in sorted(self._mates, key=lambda mate: len(mate.unread)):
            if mate.lives and len(mate.unread) < ahead and out + len(answer.body) <= OUTSTANDING:
                self._count += 1
                self.left -= 1
                mate.give(self._count, tour, answer)
                return True
        return False

    def back(self) -> Iterator[tuple[Tour, Answer]]:
        """The documents that came back by now, to be read here."""
        for mate in self._mates:
            self._returned.extend(mate.heard(self.figures))
        while self._returned:
            yield self._returned.popleft()

    def rest(self) -> Iterator[tuple[Tour, Answer]]:
        """Everything that is out comes to its end: stored there, or back."""
        if not self._mates:
            return
        from multiprocessing.connection import wait

        for mate in self._mates:
            mate.flush()
        while self._returned or any(mate.has for mate in self._mates):
            wait([mate.connection for mate in self._mates if mate.lives], timeout=0 if self._returned else 1)
            yield from self.back()

    def close(self) -> None:
        """They end: at once where they still have something, else when they please."""
        for mate in self._mates:
            mate.end()


@dataclass(slots=True)
class _Mate:
    """One coworker: its process, the socket to it, and what it has: read or not, it is not stored yet."""

    run: Run
    process: subprocess.Popen[bytes] = field(init=False)
    connection: Connection = field(init=False)
    lives: bool = True
    has: dict[int, tuple[Tour, Answer]] = field(default_factory=dict)
    unread: set[int] = field(default_factory=set)
    size: int = 0

    def __post_init__(self) -> None:
        from multiprocessing.connection import Connection

        from aggregator.coworker import Errand

        ours, theirs = socket.socketpair()
        with theirs:
            number, paths = theirs.fileno(), (str(_ROOT), os.environ.get("PYTHONPATH"))
            # In a session of its own: the keyboard's interrupt is for the one that began the run.
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", _BEGIN, str(number)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
                pass_fds=(number,),
                start_new_session=True,
            )
        self.connection = Connection(ours.detach())
        self._send(Errand.of(self.run))

    def give(self, number: int, tour: Tour, answer: Answer) -> None:
        from aggregator.coworker import Job

        self.has[number] = tour, answer
        self.unread.add(number)
        self.size += len(answer.body)
        source = replace(tour.source, options=dict(tour.source.options))
        self._send(Job(number, source, tour.before, answer))

    def flush(self) -> None:
        from aggregator.coworker import FLUSH

        if self.lives:
            self._send(FLUSH)

    def heard(self, figures: Collected) -> Iterator[tuple[Tour, Answer]]:
        """Note what it has said by now. What it gives back, and all it had if it is gone, comes out."""
        from aggregator.coworker import Back, Stored

        try:
            while self.lives and self.connection.poll():
                said = self.connection.recv()
                if isinstance(said, Back):
                    yield self._done(said.number)
                elif isinstance(said, Stored):
                    for number in said.numbers:
                        self._done(number)
                    figures.join(said.figures)
                else:
                    self.unread.discard(said)
        except (EOFError, OSError):
            self.lives = False
        if not self.lives:
            for number in list(self.has):
                yield self._done(number)

    def _done(self, number: int) -> tuple[Tour, Answer]:
        tour, answer = self.has.pop(number)
        self.unread.discard(number)
        self.size -= len(answer.body)
        return tour, answer

    def _send(self, what: object) -> None:
        try:
            self.connection.send(what)
        except OSError:  # it is gone: `heard` gives back what it had
            self.lives = False

    def end(self) -> None:
        self.connection.close()
        if self.has:
            self.process.kill()
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
