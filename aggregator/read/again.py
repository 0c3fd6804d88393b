"""A feed read again: entries that stand in it as last time, to the byte, are not read a second time. Pure.

Most of a feed that has changed has not: one entry is new, nineteen are not. What is cut out before parsing must
not have been able to change what is left, nor the other way round; where that is not certain, the whole is read:

- Entries stand in one row with nothing between them, and there are as many as the reader finds.
- The first one always stays in: what a feed says before and after its entries then means what it meant.
- Entries that share an identifier are never left out: what each is called hangs on the others.
- An entry that declares a namespace, a base address or a language is never left out, and where one that does is
  new or changed, nothing is: feedparser lets these reach beyond their element.
- All else that an entry's words depend on is the `context`; when that is another, the whole is read.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aggregator.model import Entry, Source, Traces

_BLANK = " \t\r\n"
_DECLARES = re.compile(r"xmlns(?::[\w.-]+)?\s*=")
_SAYING = ("base", "Base", "BASE", "lang", "Lang", "LANG")
_TAG = re.compile(r"<[^<>!?/][^<>]*>")


@dataclass(frozen=True, slots=True)
class Row:
    """A document taken apart: what stands before its entries, the entries as they are written, the rest."""

    head: str
    entries: tuple[str, ...]
    tail: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A document without what is known. `kept`: how many entries are left, `of_known`: whether the first of them
    is there for the sake of the others only; `dates` of those left out; `hashes` of those left to be read."""

    text: str
    head: str
    kept: int
    of_known: bool
    dates: Mapping[bytes, datetime | None]
    hashes: tuple[bytes, ...]


def row_of(text: str) -> Row | None:
    """The document taken apart; None where its entries don't stand in one row."""
    for name in ("item", "entry"):
        opening, closing = f"<{name}", f"</{name}>"
        start = begin = _next(text, opening, 0)
        found = []
        while begin >= 0:
            end = text.find(closing, begin) + len(closing)
            if end < len(closing):
                return None
            found.append(text[begin:end])
            begin = _next(text, opening, end)
            if begin > end and not text[end:begin].isspace():
                return None
        if found:
            return None if closing in text[end:] else Row(text[:start], tuple(found), text[end:])
    return None


def _next(text: str, opening: str, at: int) -> int:
    """Where the next element of that name opens, else -1."""
    while (at := text.find(opening, at)) >= 0:
        if text[at + len(opening) : at + len(opening) + 1] in (*_BLANK, ">"):
            return at
        at += 1
    return -1


def cut(text: str, traces: Traces) -> Cut | None:
    """The document without the entries that have left traces; None where the whole must be read."""
    row = row_of(text)
    if row is None:
        return None
    hashes = [_hash(entry) for entry in row.entries]
    known = traces.entries
    if len(set(hashes)) != len(hashes):
        return None
    new = [(key, entry) for key, entry in zip(hashes, row.entries, strict=True) if key not in known]
    if any(_reaches(entry) for _, entry in new):
        return None
    of_known = hashes[0] in known
    kept = [row.entries[0], *(entry for _, entry in new)] if of_known else [entry for _, entry in new]
    dates = {key: known[key] for key in hashes if key in known}
    text = "".join((row.head, *kept, row.tail))
    return Cut(text, row.head, len(kept), of_known, dates, tuple(key for key, _ in new))


def traces_of(row: Row, entries: Sequence[Entry], context: str) -> Traces | None:
    """What to remember of a document that was read as a whole; None where its entries can't be known again."""
    if len(row.entries) != len(entries):
        return None
    pairs = zip(row.entries, entries, strict=True)
    named = Counter(entry.guid for entry in entries if entry.guid)
    found = {
        _hash(raw): date_of(entry)
        for raw, entry in pairs
        if named[entry.guid] < 2 and not _reaches(raw)  # what shares its name hangs on the other one
    }
    return Traces(context, found) if found else None


def date_of(entry: Entry) -> datetime | None:
    """The date that an entry states."""
    return entry.published_at or entry.updated_at


def context_of(head: str, feed: Mapping[str, Any], url: str, source: Source) -> str:
    """A name for all that an entry's meaning depends on besides its own words: what its feed says of itself
    (language, address, people), what its head declares, where it was found, and what the curator says."""
    said = sorted((name, repr(feed.get(name))) for name in ("language", "link", "authors", "author"))
    declared = [tag for tag in _TAG.findall(head) if _reaches(tag)]
    options = sorted((name, repr(value)) for name, value in source.options.items() if name[0] != "_")
    every = repr((said, declared, url, source.id, source.kind, source.language, options))
    return hashlib.blake2b(every.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _reaches(markup: str) -> bool:
    """Whether a namespace, a base address or a language may be declared in it, as seen from the few "=" back."""
    if any(before.rstrip().endswith(_SAYING) for before in markup.split("=")[:-1]):
        return True
    return "xmlns" in markup and _DECLARES.search(markup) is not None


def _hash(entry: str) -> bytes:
    return hashlib.blake2b(entry.encode("utf-8", "surrogatepass"), digest_size=8).digest()
