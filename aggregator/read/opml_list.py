"""Lists of feeds (OPML) as documents: what `aggregator read --kind opml` shows of them."""

from __future__ import annotations

from typing import Any

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Reading, Source
from aggregator.read import fields
from aggregator.read.outlines import Found, Outline, outlines
from aggregator.read.structured import each_once
from aggregator.text import title
from aggregator.urls import is_web


def read(document: Document, source: Source) -> Reading:  # noqa: ARG001 (every reader is called alike)
    """An entry for each feed of the list, in order, each address once: its title, address and folders as tags.

    Raises SourceError: `empty`, `not-an-opml`.
    """
    found = _found(document)
    entries = each_once(_entry(outline) for outline in found.outlines if not outline.filled)
    return Reading(title=title(found.title), home=document.url, entries=entries)


def _entry(outline: Outline) -> Entry:
    return Entry(
        guid=outline.url,
        url=outline.url if is_web(outline.url) else "",
        title=title(outline.text or outline.title) or outline.url,
        tags=fields.tags(outline.folders),
    )


def facts(document: Document) -> dict[str, Any]:
    """How many `feeds` a list names (folders that fill themselves too) and how many `distinct_urls`; of the first
    its `first_text` and `first_url` as written. Raises SourceError as `read`."""
    found = _found(document).outlines
    return {
        "feeds": len(found),
        "distinct_urls": len({outline.url for outline in found}),
        "first_text": found[0].text if found else None,
        "first_url": found[0].url if found else None,
    }


def _found(document: Document) -> Found:
    if not document.body.strip():
        raise SourceError("empty", "there is nothing in it")
    found = outlines(document.body, document.url or "the document")
    if not found.is_opml:
        what = found.problems[0].what if found.problems else "there is no <opml> and no <outline> in it"
        raise SourceError("not-an-opml", what)
    return found
