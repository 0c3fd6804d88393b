"""From an Entry, in its source's words, to the Item that we hold. Pure: the moment is an argument.

Rules worth knowing. A date in the future is no publication date: up to a day ahead it is a clock that runs fast
and becomes `now`, beyond that it is unknown; so is what lies before 1990. The moment of discovery is kept as
`first_seen_at` and never stands in for a publication date. An id follows from the source and what the source
calls the entry, so that the same entry has the same id on every visit.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from aggregator.jsonlines import kind_from, moment
from aggregator.language import language_of
from aggregator.model import Entry, Item, Reading, Source
from aggregator.text import first_sentence, one_line, sanitise, visible, without_boilerplate
from aggregator.urls import canonical, is_web

LONGEST_TEXT = 20_000  # characters
LONGEST_HTML = 60_000
LONGEST_TITLE = 300
_MOST_TAGS = 30
_FAST_CLOCK = timedelta(days=1)
_LINK = re.compile(r'<a href="(https?://[^"]+)"')
_BEFORE_THE_WEB = datetime(1990, 1, 1, tzinfo=UTC)


def normalise(entry: Entry, reading: Reading, source: Source, now: datetime) -> Item | None:
    """The item for one entry, or None for what cannot be shown: neither title nor text, or neither an address
    nor an id of its own to know it by."""
    fields = _fields(entry, reading, source, now)
    return None if fields is None else Item(id=item_id(source.id, entry), guid=entry.guid, **fields)


def normalise_all(reading: Reading, source: Source, now: datetime) -> tuple[tuple[Item, ...], int]:
    """(items in document order, how many entries were refused), with the ids of `item_ids`. A guid that is shared
    by entries about different things is no guid and left out of their items."""
    items: list[Item] = []
    shared = _shared_guids(reading.entries)
    for entry, own_id in zip(reading.entries, _ids(source.id, reading.entries, shared), strict=True):
        fields = _fields(entry, reading, source, now)
        if fields is not None:
            items.append(Item(id=own_id, guid="" if entry.guid in shared else entry.guid, **fields))
    return tuple(items), len(reading.entries) - len(items)


def _fields(entry: Entry, reading: Reading, source: Source, now: datetime) -> dict[str, Any] | None:
    """Everything of an item but its id and guid; None for what cannot be shown."""
    text = visible(without_boilerplate(entry.text))[:LONGEST_TEXT].strip()
    title = _title(entry, text)
    url = _address(entry)
    if not title or not (url or entry.guid):
        return None
    html = entry.html if len(entry.html) <= LONGEST_HTML else sanitise(entry.html[:LONGEST_HTML], url)
    return {
        "source": source.id,
        "url": url,
        "title": title,
        "text": text,
        "html": visible(html),
        "author": visible(entry.author)[:200],
        "tags": tuple(visible(tag)[:100] for tag in entry.tags[:_MOST_TAGS]),
        "published_at": believable(entry.published_at, now),
        "updated_at": believable(entry.updated_at, now),
        "first_seen_at": now,
        "language": language_of(f"{title}\n{text}", _stated_language(entry, reading, source)),
        "kind": kind_from(entry.kind) or kind_from(source.options.get("item_kind")) or "post",
        "occasion": entry.occasion,
        "access": entry.access,
    }


def item_ids(source: str, entries: Sequence[Entry]) -> list[str]:
    """The ids of the entries of one document: `item_id`, but where a source gives one guid or one address to
    several entries with different titles (listings do), these tell them apart."""
    return _ids(source, entries, _shared_guids(entries))


def _ids(source: str, entries: Sequence[Entry], shared: AbstractSet[str]) -> list[str]:
    own = [_own(replace(entry, guid="") if entry.guid in shared else entry) for entry in entries]
    titles: dict[str, set[str]] = {}
    for name, entry in zip(own, entries, strict=True):
        titles.setdefault(name, set()).add(entry.title)
    named = zip(own, entries, strict=True)
    return [_id(source, name, entry.title if len(titles[name]) > 1 else "") for name, entry in named]


def item_id(source: str, entry: Entry, title: str = "") -> str:
    """16 characters (80 bits, base 32) that follow from the source's id and the entry's guid, else its address,
    else its title, date and text; and from `title` where that is needed to tell entries apart."""
    return _id(source, _own(entry), title)


def _id(source: str, own: str, title: str) -> str:
    digest = hashlib.sha256("\n".join((source, own, title)).encode("utf-8", "replace")).digest()
    return base64.b32encode(digest[:10]).decode("ascii").lower()


def _own(entry: Entry) -> str:
    return entry.guid or canonical(entry.url) or f"{entry.title}\n{moment(entry.published_at)}\n{entry.text[:500]}"


def _shared_guids(entries: Iterable[Entry]) -> set[str]:
    """Guids of entries that differ in address, or in title where the address is the same too."""
    things: dict[str, set[tuple[str, str]]] = {}
    for entry in entries:
        if entry.guid:
            things.setdefault(entry.guid, set()).add((canonical(entry.url), entry.title))
    return {guid for guid, found in things.items() if len(found) > 1}


def believable(stated: datetime | None, now: datetime) -> datetime | None:
    """A stated date as a moment that can have been: never after `now`, never before 1990, else None."""
    if stated is None or stated < _BEFORE_THE_WEB or stated > now + _FAST_CLOCK:
        return None
    return min(stated, now)


def _title(entry: Entry, text: str) -> str:
    title = one_line(visible(entry.title)) or first_sentence(text)
    return title if len(title) <= LONGEST_TITLE else title[:LONGEST_TITLE].rsplit(" ", 1)[0] + " …"


def _address(entry: Entry) -> str:
    """Its link, or a guid that is one; of an entry with neither, the first link in its text (old link logs)."""
    for address in (entry.url, entry.guid):
        if is_web(address):
            return canonical(address)
    link = _LINK.search(entry.html) if not entry.guid else None
    return canonical(unescape(link[1])) if link and is_web(unescape(link[1])) else ""


def _stated_language(entry: Entry, reading: Reading, source: Source) -> str | None:
    """The entry's own, then the curator's, then the feed's. One that repeats its feed states nothing."""
    own = entry.language if entry.language != reading.language else None
    return own or source.language or reading.language
