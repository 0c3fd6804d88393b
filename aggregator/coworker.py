"""A process that takes part in another one's run of collecting (`coworkers.py`), and ends with it.

It hears documents on a socket, reads, tags, compares and stores them as the one that began the run does, and
answers with what became of them. When that one is gone, the socket ends and nothing further is stored.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from aggregator import visits
from aggregator.app import App, rarely_swept
from aggregator.config import Settings
from aggregator.errand import PATIENCE, Batch, Collected, Run, Wish
from aggregator.model import Answer, Catalogue, Source, SourceState, Topic
from aggregator.tour import Tour

if TYPE_CHECKING:
    from aggregator.topics.learn import Learned

FLUSH = "flush"  # store what has been read, however little it is


@dataclass(frozen=True, slots=True)
class Errand:
    """What a coworker has to know of the run: all that decides what is stored, but no sources."""

    settings: Settings
    topics: Mapping[str, Topic]
    learned: Learned
    rules: str
    now: datetime
    parent: int

    @classmethod
    def of(cls, run: Run) -> Errand:
        app = run.app
        topics = dict(app.catalogue.topics)
        return cls(app.settings, topics, app.learned, app.rules, run.now, os.getpid())


@dataclass(frozen=True, slots=True)
class Job:
    """A document of a source, whole as it came, and the state of that source before."""

    number: int
    source: Source
    before: SourceState
    answer: Answer


@dataclass(frozen=True, slots=True)
class Back:
    """A document that can't be read here: it takes a reader that may be killed, or names further ones."""

    number: int


@dataclass(frozen=True, slots=True)
class Stored:
    """Documents whose visits are in the store, and the figures of these visits."""

    numbers: Sequence[int]
    figures: Collected


def main() -> None:
    """Serve the socket whose file number the command line gives."""
    with Connection(int(sys.argv[1])) as parent:
        try:
            errand = parent.recv()
            serve(errand, parent)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return  # nobody wants to know any more


def serve(errand: Errand, parent: Connection) -> None:
    """Take part until the socket ends. Says of each document its number when it is read, and later `Stored`; or
    `Back`."""
    from aggregator.store import open_store

    jobs: queue.Queue[Job | str | None] = queue.Queue()
    # A thread hears what comes, so that the one who sends need not wait for us while we store.
    threading.Thread(target=_hear, args=(parent, jobs), daemon=True).start()
    with ExitStack() as opened:
        store = open_store(errand.settings.database, create=False)
        opened.callback(store.close)
        app = App(errand.settings, Catalogue(errand.topics, {}, {}), (), store)
        app.learned, app.rules = errand.learned, errand.rules
        opened.enter_context(rarely_swept())
        bench = _Bench(Run(app, opened, errand.now, Wish()), errand.parent, parent)
        while bench.is_at_work(jobs):
            pass


def _hear(parent: Connection, jobs: queue.Queue[Job | str | None]) -> None:
    try:
        while True:
            jobs.put(parent.recv())
    except (EOFError, OSError):
        jobs.put(None)


@dataclass(slots=True)
class _Bench:
    """What has been read and waits for its turn to be stored."""

    run: Run
    parent: int
    answers: Connection
    batch: Batch = field(default_factory=Batch)
    numbers: list[int] = field(default_factory=list)

    def is_at_work(self, jobs: queue.Queue[Job | str | None]) -> bool:
        """See to what comes next; false when there is nobody to work for."""
        try:
            job = jobs.get(timeout=PATIENCE)
        except queue.Empty:
            job = FLUSH
        if isinstance(job, Job):
            self._read(job)
        if job == FLUSH or self.batch.is_full(time.monotonic()):
            self._store()
        return job is not None

    def _read(self, job: Job) -> None:
        """Read a document as far as can be done in a moment, or give it back."""
        from aggregator.arrivals import document_of, with_reading
        from aggregator.read import at_once

        source, before, run = job.source, job.before, self.run
        if visits.are_traces_good(source, before):
            before = replace(before, traces=run.app.store.sources.traces(source.id))
        document = replace(document_of(job.answer), traces=before.traces)
        reading = at_once(document, visits.for_reader(source, run.now))
        tour = Tour(source, before, [])
        tour.first(job.answer, reading)
        if reading is None or tour.wanted:
            self.answers.send(Back(job.number))
            return
        self.answers.send(job.number)
        self.batch.add(with_reading(run, tour, job.answer, reading), time.monotonic())
        self.numbers.append(job.number)

    def _store(self) -> None:
        from aggregator.arrivals import store

        if os.getppid() != self.parent:
            raise EOFError("the one that began the run is gone")
        if self.batch.visits:
            self.answers.send(Stored(self.numbers, store(self.run, self.batch.visits)))
            self.batch, self.numbers = Batch(), []
