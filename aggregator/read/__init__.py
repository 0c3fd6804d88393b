"""Readers: one document in, what its source says out. One small module for each kind of source.

To add a kind, write a module with `read(document, source) -> Reading` and name it in KINDS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from aggregator.errors import SourceError
from aggregator.model import Document, Reading, Source, Wanted
from aggregator.read import feed

KINDS: dict[str, Callable[[Document, Source], Reading]] = {
    "feed": feed.read,
}
# Kinds whose address is made anew for each visit: a window of time, a page size, a header.
ASK: dict[str, Callable[[Source, datetime | None, datetime], Wanted]] = {}


def asked(source: Source, url: str, since: datetime | None, now: datetime) -> Wanted:
    """What to ask for first in a visit at `now`. `url`: where the source is now; `since`: when it was last read.

    An option that is wrong is not said here but by the reader, as all that is wrong with a source.
    """
    ask = ASK.get(source.kind)
    if ask is None:
        return Wanted(url)
    try:
        return ask(replace(source, url=url), since, now)
    except SourceError:
        return Wanted(url)


def read(document: Document, source: Source) -> Reading:
    """What `source` says in `document`.

    Raises SourceError with a stable code: `unknown-kind`, `empty`, `not-a-feed`, `unreadable`, ... A reader
    touches nothing but its document: no network, no files, no clock.
    """
    if source.kind not in KINDS:
        raise SourceError("unknown-kind", f"'{source.kind}' is none of {', '.join(sorted(KINDS))}")
    return KINDS[source.kind](document, source)
