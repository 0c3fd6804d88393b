"""An issue as a feed: JSON Feed 1.1 (jsonfeed.org) and Atom (RFC 4287)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from aggregator.issue.document import Carried, Issue, Shown
from aggregator.jsonlines import moment

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def sound(text: str) -> str:
    """`text` without the characters that XML has no place for."""
    return _FORBIDDEN.sub("", text)


def permalink(item: Carried, base_url: str) -> str:
    """Where the pages keep an item for good; what feeds know it by."""
    return f"{base_url}/items/{item.id}"


def summary(shown: Shown) -> str:
    """What is told of an item, as paragraphs of plain text."""
    item = shown.item
    told = (" · ".join(words for words, _ in item.facts), item.excerpt, " · ".join(item.meta), item.also_in)
    return "\n\n".join(part for part in told if part)


# ----------------------------------------------------------------------------------------------------- JSON Feed
class Head(NamedTuple):
    """What a feed says of itself. `address`: of the page that it stands for, and its own without the ending."""

    title: str
    address: str
    author: str
    language: str
    updated: datetime
    description: str = ""

    def at(self, ending: str) -> str:
        return f"{self.address}.{ending}"


def _head(issue: Issue) -> Head:
    about = " ".join(issue.introduction)
    return Head(
        issue.citation, issue.address, issue.publisher or issue.title, issue.language, issue.made_at, about
    )


def json_feed(issue: Issue) -> str:
    items = [json_item(one, issue.base_url, issue.made_at) for one in _once(issue)]
    more = {"issue": issue.id, "edition": issue.edition, "period": issue.period, "cite": issue.cited}
    return json_document(_head(issue), items, more)


def json_document(head: Head, items: list[dict[str, Any]], more: Mapping[str, Any]) -> str:
    """A JSON Feed; `more` is what the format has no name for."""
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": head.title,
        "home_page_url": head.address,
        "feed_url": head.at("json"),
        "description": head.description,
        "language": head.language,
        "authors": [{"name": head.author}],
        "items": items,
        "_aggregator": {"about": "https://www.jsonfeed.org/version/1.1/#extensions", **more},
    }
    return json.dumps({k: v for k, v in feed.items() if v != ""}, ensure_ascii=False, indent=1) + "\n"


def json_item(shown: Shown, base_url: str, told_at: datetime) -> dict[str, Any]:
    """One item of a JSON Feed. `date_modified` is when it was told; `_aggregator` has what the format has no name
    for."""
    item = shown.item
    more = {"kind": item.kind, "source": item.source_title, "why": shown.why, "occasion": item.occasion}
    said: dict[str, Any] = {
        "id": permalink(item, base_url),
        "url": item.url or permalink(item, base_url),
        "title": item.title,
        "content_text": summary(shown) or item.title,
        "date_published": item.published,
        "date_modified": moment(told_at),
        "authors": [{"name": item.author or item.source_title}],
        "tags": [label for _, label in item.topics],
        "language": item.language,
        "_aggregator": {name: value for name, value in more.items() if value},
    }
    return {name: value for name, value in said.items() if value}


# ---------------------------------------------------------------------------------------------------------- Atom
def atom(issue: Issue) -> str:
    entries = [line for one in _once(issue) for line in atom_entry(one, issue.base_url, issue.made_at)]
    return atom_document(_head(issue), entries)


def atom_document(head: Head, entries: Iterable[str]) -> str:
    """An Atom feed of these lines."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(head.language)}>',
        f"<id>{escape(head.address)}</id>",
        f"<title>{_text(head.title)}</title>",
        f"<updated>{moment(head.updated)}</updated>",
        f'<link rel="alternate" type="text/html" href={quoteattr(head.address)}/>',
        f'<link rel="self" type="application/atom+xml" href={quoteattr(head.at("atom"))}/>',
        f"<author><name>{_text(head.author)}</name></author>",
        *([f"<subtitle>{_text(head.description)}</subtitle>"] if head.description else []),
        *entries,
        "</feed>",
    ]
    return "\n".join(lines) + "\n"


def atom_entry(shown: Shown, base_url: str, told_at: datetime) -> Iterator[str]:
    """The lines of one entry. `updated` is when it was told."""
    item, address = shown.item, permalink(shown.item, base_url)
    yield f"<entry xml:lang={quoteattr(item.language)}>" if item.language else "<entry>"
    yield f"<id>{escape(address)}</id>"
    yield f"<title>{_text(item.title)}</title>"
    yield f"<updated>{moment(told_at)}</updated>"
    if item.published:
        yield f"<published>{item.published}</published>"
    yield f'<link rel="alternate" href={quoteattr(sound(item.url or address))}/>'
    yield f"<author><name>{_text(item.author or item.source_title or item.source)}</name></author>"
    for id, label in item.topics:
        yield f"<category term={quoteattr(sound(id))} label={quoteattr(sound(label))}/>"
    yield f"<summary>{_text(summary(shown) or item.title)}</summary>"
    yield "</entry>"


def _text(text: str) -> str:
    return escape(sound(text))


def _once(issue: Issue) -> list[Shown]:
    """What is shown, each item once: ids in a feed are unique."""
    found: dict[str, Shown] = {}
    for one in issue.shown:
        found.setdefault(one.item.id, one)
    return list(found.values())


# ------------------------------------------------------------------------------------------- whole issues
def issue_entry(issue: Issue) -> Iterator[str]:
    """The lines of an Atom entry for a whole issue."""
    yield f"<entry xml:lang={quoteattr(issue.language)}>"
    yield f"<id>{escape(issue.address)}</id>"
    yield f"<title>{_text(issue.citation)}</title>"
    yield f"<updated>{moment(issue.made_at)}</updated>"
    yield f'<link rel="alternate" type="text/html" href={quoteattr(issue.address)}/>'
    yield f"<author><name>{_text(issue.publisher or issue.title)}</name></author>"
    yield f"<summary>{_text(contents(issue))}</summary>"
    yield "</entry>"


def issue_item(issue: Issue) -> dict[str, Any]:
    """The same as an item of a JSON Feed."""
    return {
        "id": issue.address, "url": issue.address, "title": issue.citation, "content_text": contents(issue),
        "date_published": moment(issue.made_at), "language": issue.language,
        "authors": [{"name": issue.publisher or issue.title}],
    }  # fmt: skip


def contents(issue: Issue) -> str:
    """The titles, section by section."""
    parts = ([part.title, *(f"– {one.item.title}" for one in part.items)] for part in issue.parts)
    return "\n\n".join("\n".join(lines) for lines in parts) or issue.words["nothing"]
