"""Readers in processes of their own: feedparser holds the interpreter, and some documents are meant to kill.

What can be read in a moment (`read.at_once`: most feeds) is read on the spot: sending it to and fro takes longer.
A document that takes too long or kills its worker costs itself only: its future fails with SourceError
`reader-timeout` or `reader-crashed`, the worker is replaced, all others go on. An error in a reader of ours ends
its worker with a traceback on standard error: it is not hidden, and it stops nobody else.
"""

from __future__ import annotations

import os
import queue
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

from aggregator.errors import SourceError
from aggregator.model import Document, Reading, Source
from aggregator.read import at_once
from aggregator.read.worker import READY

_START = 60.0  # seconds that a worker may take to start on a busy machine
_RECYCLE = 1_000  # documents after which a worker is replaced, so that leaks stay small
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class _Job:
    document: Document
    source: Source
    future: Future[Reading] = field(default_factory=Future)


class Pool:
    """Worker processes that read documents; started when the first one is wanted.

    workers: processes at once. seconds: wall time that one document may take. memory: bytes of data that one
    worker may hold. `submit` waits while four documents per worker are queued, so memory stays flat.
    """

    def __init__(self, workers: int = 2, seconds: float = 10.0, memory: int = 1 << 30) -> None:
        self.seconds, self.memory = seconds, memory
        self._jobs: queue.Queue[_Job | None] = queue.Queue(maxsize=4 * workers)
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(workers)]
        self._idle = list(self._threads)
        self._lock = threading.Lock()
        self._running: set[_Worker] = set()
        self._closed = False

    def submit(self, document: Document, source: Source) -> Future[Reading]:
        """Read `document` as `source.kind`; the future holds the Reading or raises SourceError."""
        if self._closed:
            raise RuntimeError("the pool is closed")
        if (reading := at_once(document, source)) is not None:
            done: Future[Reading] = Future()
            done.set_result(reading)
            return done
        with self._lock:
            if self._idle:
                self._idle.pop().start()
        job = _Job(replace(document, traces=None), replace(source, options=dict(source.options)))
        self._jobs.put(job)
        return job.future

    def in_order(self, jobs: Iterable[tuple[Document, Source]]) -> Iterator[Reading | SourceError]:
        """What came of each document, in the order given, a few documents ahead of the caller."""
        ahead: deque[Future[Reading]] = deque()
        for document, source in jobs:
            ahead.append(self.submit(document, source))
            if len(ahead) > 2 * len(self._threads):
                yield _outcome(ahead.popleft())
        while ahead:
            yield _outcome(ahead.popleft())

    def close(self) -> None:
        """Stop: what is not read yet is cancelled, workers end at once."""
        with self._lock:
            self._closed = True
            for worker in self._running:
                worker.process.kill()
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is not None:
                job.future.cancel()
        started = [thread for thread in self._threads if thread not in self._idle]
        for _ in started:
            self._jobs.put(None)
        for thread in started:
            thread.join()

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------- its threads
    def _serve(self) -> None:
        """One thread for each worker: it waits for the worker, so that nobody else has to."""
        worker: _Worker | None = None
        while (job := self._jobs.get()) is not None:
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                if worker is None or worker.spent:
                    self._retire(worker)
                    worker = self._hire()
                outcome = (
                    worker.ask(job, self.seconds) if worker else SourceError("reader-crashed", "it is closing")
                )
            except SourceError as error:
                outcome = error
                self._retire(worker)
                worker = None
            except OSError as error:  # this machine gives us no process, no memory, no file number
                outcome = SourceError("reader-crashed", f"no reader could be started: {error}")
            if isinstance(outcome, SourceError):
                job.future.set_exception(outcome)
            else:
                job.future.set_result(outcome)
        self._retire(worker)

    def _hire(self) -> _Worker | None:
        with self._lock:
            if self._closed:
                return None
            worker = _Worker(self.seconds, self.memory)
            self._running.add(worker)
            return worker

    def _retire(self, worker: _Worker | None) -> None:
        if worker is not None:
            worker.end()
            with self._lock:
                self._running.discard(worker)


class _Worker:
    """One process and the socket to it."""

    def __init__(self, seconds: float, memory: int) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # In a session of its own: the keyboard's interrupt is for the parent alone. Secrets of the service
            # have no business where hostile documents are read.
            environ = {name: value for name, value in os.environ.items() if not name.startswith("AGGREGATOR_")}
            environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), environ.get("PYTHONPATH"))))
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "aggregator.read.worker",
                    str(theirs.fileno()),
                    str(seconds),
                    str(memory),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environ,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self.connection = Connection(ours.detach())
        self.started = False
        self.asked = 0

    @property
    def spent(self) -> bool:
        """True for a worker that should not be given another document."""
        return self.asked >= _RECYCLE or self.process.poll() is not None

    def ask(self, job: _Job, seconds: float) -> Reading | SourceError:
        """The outcome of one document. Raises SourceError when the worker is of no use any more."""
        self.asked += 1
        try:
            if not self.started:
                self.started = self._hear(_START) == READY
            self.connection.send((job.document, job.source))
            outcome = self._hear(seconds)
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            self.end()
            raise SourceError(
                "reader-crashed", f"reading it ended the reader ({self.process.returncode})"
            ) from error
        if not isinstance(outcome, Reading | SourceError):
            raise SourceError("reader-crashed", f"the reader answered {outcome!r}")
        return outcome

    def _hear(self, seconds: float) -> object:
        if not self.connection.poll(seconds):
            raise SourceError("reader-timeout", f"reading it took longer than {seconds:g} s")
        return self.connection.recv()

    def end(self) -> None:
        """Kill and bury the process; safe to call again."""
        self.process.kill()
        self.process.wait()
        self.connection.close()


def _outcome(future: Future[Reading]) -> Reading | SourceError:
    try:
        return future.result()
    except SourceError as error:
        return error
