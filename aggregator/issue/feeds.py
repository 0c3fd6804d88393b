"""An issue as a feed: JSON Feed 1.1 (jsonfeed.org) and Atom (RFC 4287)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
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
def json_feed(issue: Issue) -> str:
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": issue.citation,
        "home_page_url": issue.address,
        "feed_url": f"{issue.address}.json",
        "description": " ".join(issue.introduction),
        "language": issue.language,
        "authors": [{"name": issue.publisher or issue.title}],
        "items": [json_item(one, issue.base_url, issue.made_at) for one in _once(issue)],
        "_aggregator": {"about": "https://www.jsonfeed.org/version/1.1/#extensions", "issue": issue.id,
                        "edition": issue.edition, "period": issue.period, "cite": issue.cited},
    }  # fmt: skip
    return (
        json.dumps({name: value for name, value in feed.items() if value != ""}, ensure_ascii=False, indent=1)
        + "\n"
    )


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
    head = [
        f"<id>{escape(issue.address)}</id>",
        f"<title>{_text(issue.citation)}</title>",
        f"<updated>{moment(issue.made_at)}</updated>",
        f'<link rel="alternate" type="text/html" href={quoteattr(issue.address)}/>',
        f'<link rel="self" type="application/atom+xml" href={quoteattr(issue.address + ".atom")}/>',
        f"<author><name>{_text(issue.publisher or issue.title)}</name></author>",
        *([f"<subtitle>{_text(' '.join(issue.introduction))}</subtitle>"] if issue.introduction else []),
    ]
    entries = [line for one in _once(issue) for line in atom_entry(one, issue.base_url, issue.made_at)]
    return bound(issue.language, [*head, *entries])


def bound(language: str, lines: list[str]) -> str:
    """An Atom document of these lines."""
    start = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(language)}>'
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', start, *lines, "</feed>"]) + "\n"


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
