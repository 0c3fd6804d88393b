"""Readers: one document in, what its source says out. One small module for each kind of source.

To add a kind, write a module with `read(document, source) -> Reading` and name it in KINDS; where its address is
made anew for each visit, give it `ask(source, since, now) -> Wanted` and name it in ASKING; where it reads pages
for people, `is_page(source) -> bool` and PAGES.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from aggregator.errors import SourceError
from aggregator.model import Document, Reading, Source, Wanted

Reader = Callable[[Document, Source], Reading]
AS_WRITTEN = (
    "as-written"  # role of a document that a person looks at: shown as it is, nothing unfolded or left out
)
_NOTHING_FOUND = {("courses", "selector-empty"), ("page", "no-selectors")}
_PASSWORD = re.compile(rb"<input\b[^>]{0,500}\btype\s*=\s*[\"']?password", re.I)


def _late(name: str) -> Reader:
    """The reader of a module that is imported when its first document comes: most runs need few of them."""

    def read(document: Document, source: Source) -> Reading:
        reader: Reader = importlib.import_module(f"aggregator.read.{name}").read
        return reader(document, source)

    return read


KINDS: dict[str, Reader] = {
    "feed": _late("feed"),
    "page": _late("page"),
    "calendar": _late("calendar"),
    "courses": _late("courses"),
    "events": _late("events"),
    "works": _late("works"),
    "sitemap": _late("sitemap"),
    "mail": _late("mail"),
}
ASKING = frozenset({"page", "courses", "events", "works", "mail"})
# Kinds that read what is made for people, always or in some formats.
PAGES = frozenset({"page", "courses", "events", "sitemap"})
# What `aggregator read` can show besides: documents that are no source of items.
SHOWN: dict[str, Reader] = {**KINDS, "opml": _late("opml_list")}


def read(document: Document, source: Source) -> Reading:
    """What `source` says in `document`.

    Raises SourceError with a stable code: `unknown-kind`, `empty`, `not-a-feed`, `unreadable`, ... A reader
    touches nothing but its document: no network, no files, no clock.
    """
    if source.kind not in SHOWN:
        raise SourceError("unknown-kind", f"'{source.kind}' is none of {', '.join(sorted(KINDS))}")
    from aggregator.urls import is_understood

    if not is_understood(document.url):  # a slip of whoever typed it; without an address all readers still read
        document = replace(document, url="")
    if document.role == AS_WRITTEN:
        from aggregator.read.written import written

        return written(replace(document, role=""), source, SHOWN[source.kind])
    try:
        return SHOWN[source.kind](document, source)
    except SourceError as error:
        nothing = error.code.startswith("not-a-") or (source.kind, error.code) in _NOTHING_FOUND
        if nothing and source.kind != "feed" and _PASSWORD.search(document.body):
            raise SourceError("login-required", "a page that asks for a password") from error
        raise


def is_page(source: Source) -> bool:
    """Whether what a source names is made for people, so that its host's robots.txt is asked before it is read.

    Feeds, calendars, interfaces and protocols are made for programs: whoever publishes one wants them to come.
    """
    if source.kind not in PAGES:
        return False
    try:
        found: bool = importlib.import_module(f"aggregator.read.{source.kind}").is_page(source)
        return found
    except SourceError:
        return True


def at_once(document: Document, source: Source) -> Reading | None:
    """What `source` says in `document`, where it is certain to be read in a moment; else None: use a worker.

    A well-formed feed of moderate size is. Nothing is refused here, so that a refusal has one way only.
    """
    if source.kind != "feed" or document.role:
        return None
    from aggregator.read import feed

    return feed.at_once(document, source)


def asked(source: Source, url: str, since: datetime | None, now: datetime) -> Wanted:
    """What to ask for first in a visit at `now`. `url`: where the source is now; `since`: when it was last read.

    An option that is wrong is not said here but by the reader, as all that is wrong with a source.
    """
    if source.kind not in ASKING:
        return Wanted(url)
    try:
        wanted: Wanted = importlib.import_module(f"aggregator.read.{source.kind}").ask(
            replace(source, url=url), since, now
        )
        return wanted
    except SourceError:
        return Wanted(url)
