"""Readers: one document in, what its source says out. One small module for each kind of source.

To add a kind, write a module with `read(document, source) -> Reading` and name it in KINDS.
"""

from __future__ import annotations

from collections.abc import Callable

from aggregator.errors import SourceError
from aggregator.model import Document, Reading, Source
from aggregator.read import feed

KINDS: dict[str, Callable[[Document, Source], Reading]] = {
    "feed": feed.read,
}


def read(document: Document, source: Source) -> Reading:
    """What `source` says in `document`.

    Raises SourceError with a stable code: `unknown-kind`, `empty`, `not-a-feed`, `unreadable`, ... A reader
    touches nothing but its document: no network, no files, no clock.
    """
    if source.kind not in KINDS:
        raise SourceError("unknown-kind", f"'{source.kind}' is none of {', '.join(sorted(KINDS))}")
    return KINDS[source.kind](document, source)
