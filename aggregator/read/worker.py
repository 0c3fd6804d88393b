"""The other end of a `Pool`: a process that reads one document after another and dies with its parent.

It hears documents on one socket and answers on it; when the parent is gone, the socket ends and so does the
worker. A clock of its own ends it when a document takes too long and nobody is left to end it.
"""

from __future__ import annotations

import math
import resource
import signal
import sys
from multiprocessing.connection import Connection

from aggregator.errors import SourceError
from aggregator.model import Document, Reading, Source

READY = "ready"


def main() -> None:
    """Serve the socket whose file number, time limit (s) and memory limit (bytes) the command line gives."""
    number, seconds, memory = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears the keyboard and says what to do
    _limit_memory(memory)
    _warm_up()
    with Connection(number) as parent:
        try:
            parent.send(READY)
            while True:
                document, source = parent.recv()
                signal.alarm(math.ceil(seconds) + 5)
                parent.send(_answer(document, source))
                signal.alarm(0)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return  # nobody wants to know any more


def _answer(document: Document, source: Source) -> Reading | SourceError:
    from aggregator.read import read

    try:
        return read(document, source)
    except SourceError as error:
        return error


def _warm_up() -> None:
    """Import what reading needs before the first document's clock starts."""
    import feedparser

    import aggregator.read

    _ = (feedparser.parse, aggregator.read.KINDS)


def _limit_memory(most: int) -> None:
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (most, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    except (ValueError, OSError):  # a stricter limit is set already, or this system knows none
        return


if __name__ == "__main__":
    main()
