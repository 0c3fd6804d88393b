"""Posts of a WordPress site by its REST interface (developer.wordpress.org/rest-api/reference/posts).

Better than the page that shows them, where the site has no feed. A page past the last is answered with
`rest_post_invalid_page_number`: that is the end, not an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aggregator.errors import SourceError
from aggregator.language import base as language_base
from aggregator.model import Document, Entry, Reading, Wanted
from aggregator.read import answers, fields
from aggregator.read.paging import query_of, with_query

_PAST_THE_END = "rest_post_invalid_page_number"
_USUAL = 10  # posts on a page, where the address does not say
_MOST = 1_000  # pages


def read(text: str, document: Document, *, walk: bool) -> Reading:
    """The posts in a document that is JSON; `walk`: ask for the next page when this one is full.

    Raises SourceError: `unreadable`, `not-a-page` (JSON of another shape), `refused` (what the site says).
    """
    found = answers.json_of(text)
    if isinstance(found, dict) and isinstance(found.get("code"), str):
        if found["code"] == _PAST_THE_END:
            return Reading()
        raise SourceError("refused", f"{found['code']}: {answers.said(found.get('message'))[:200]}")
    posts = answers.rows(found)
    if not isinstance(found, list) or (found and not any(_rendered(post, "title") for post in posts)):
        raise SourceError("not-a-page", "JSON that is no list of WordPress posts; use the kind that reads it")
    entries = tuple(_entry(post, document.url) for post in posts if _rendered(post, "title") or _html(post))
    return Reading(
        home=answers.site_of(document.url), entries=entries, more=_next(document, posts) if walk else ()
    )


def _entry(post: Mapping[str, Any], base: str) -> Entry:
    address = answers.address(base, post.get("link"))
    html, text = answers.body(_html(post), address or base)
    terms = [term for group in _terms(post) for term in answers.rows(group)]
    return Entry(
        guid=answers.address(base, _rendered(post, "guid")) or address or answers.said(post.get("id")),
        url=address,
        title=answers.heading(_rendered(post, "title")),
        html=html,
        text=text,
        tags=fields.tags(answers.said(term.get("name")) for term in terms),
        published_at=_moment(post, "date_gmt"),
        updated_at=_moment(post, "modified_gmt"),
        language=language_base(answers.said(post.get("lang"))),
    )


def _moment(post: Mapping[str, Any], name: str) -> datetime | None:
    """`date_gmt` is UTC without saying so; `date`, the site's own time, is not used."""
    found = answers.when(post.get(name))
    return found if isinstance(found, datetime) else None


def _rendered(post: Mapping[str, Any], name: str) -> str:
    value = post.get(name)
    return answers.prose(value.get("rendered") if isinstance(value, dict) else value)


def _html(post: Mapping[str, Any]) -> str:
    return _rendered(post, "content") or _rendered(post, "excerpt")


def _terms(post: Mapping[str, Any]) -> list[Any]:
    """Categories and tags by name: there only where the address asks for `_embed`."""
    groups = answers.inside(post.get("_embedded")).get("wp:term")
    return groups if isinstance(groups, list) else []


def _next(document: Document, posts: list[Mapping[str, Any]]) -> tuple[Wanted, ...]:
    if document.following:
        return answers.next_page(document, document.following) if posts else ()
    said = query_of(document.url)
    size, page = said.get("per_page", ""), said.get("page", "")
    full = len(posts) >= (int(size) if size.isdecimal() and len(size) < 4 else _USUAL)
    number = int(page) if page.isdecimal() and len(page) < 5 else 1
    if not full or number >= _MOST:
        return ()
    return answers.next_page(document, with_query(document.url, {"page": str(number + 1)}))
