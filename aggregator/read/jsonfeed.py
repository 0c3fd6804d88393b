"""JSON Feed 1.0 and 1.1 (jsonfeed.org): read as leniently as feeds in XML are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from aggregator.errors import SourceError
from aggregator.jsonlines import moment_from
from aggregator.model import Document, Entry, Reading, Source
from aggregator.read import fields
from aggregator.text import title
from aggregator.urls import absolute


def read(text: str, document: Document, source: Source) -> Reading:
    """A JSON Feed, or what a forum or network says in JSON (`networks`). Raises SourceError `unreadable` or
    `not-a-feed`."""
    try:
        feed = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise SourceError("unreadable", f"looks like JSON but is not: {error}") from error
    url = document.url
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        from aggregator.read import networks

        if (found := networks.read(feed, document, source)) is not None:
            return found
        raise SourceError("not-a-feed", "a JSON document without a list of items")
    home = absolute(url or _text(feed.get("feed_url")), _text(feed.get("home_page_url")))
    names = _authors(feed)
    return Reading(
        title=title(_text(feed.get("title"))),
        language=_text(feed.get("language")) or None,
        home=home,
        entries=tuple(_entry(item, url or home, names) for item in feed["items"] if isinstance(item, dict)),
    )


def _entry(item: Mapping[str, Any], base: str, feed_authors: list[str]) -> Entry:
    address = _text(item.get("url")) or _text(item.get("external_url"))
    address = absolute(base, address) if address else ""
    html, text = _body(item, address or base)
    published, updated = moment(item.get("date_published")), moment(item.get("date_modified"))
    attachments = [one for one in _list(item.get("attachments")) if isinstance(one, Mapping)]
    return Entry(
        guid=fields.identifier(_text(item.get("id"))),
        url=address,
        title=title(_text(item.get("title"))),
        html=html,
        text=text,
        author=fields.author(_authors(item) or feed_authors),
        tags=fields.tags(_text(tag) for tag in _list(item.get("tags"))),
        published_at=published or updated,
        updated_at=updated,
        language=_text(item.get("language")) or None,
        kind=fields.kind_of_media(_text(one.get("mime_type")) for one in attachments),
    )


def _body(item: Mapping[str, Any], base: str) -> tuple[str, str]:
    if html := _text(item.get("content_html")):
        return fields.body(html, base)
    return fields.body_of_text(_text(item.get("content_text")) or _text(item.get("summary")), base)


def _authors(thing: Mapping[str, Any]) -> list[str]:
    people = [*_list(thing.get("authors")), thing.get("author")]
    return [_text(one.get("name")) for one in people if isinstance(one, Mapping)]


def moment(value: object) -> datetime | None:
    """The moment that a value states, to the second; None for anything else."""
    found = moment_from(value)
    return found.replace(microsecond=0) if found else None


def _list(value: object) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)
