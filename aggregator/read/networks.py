"""Forums on Discourse and accounts or tags on Mastodon, in JSON: twins of their feeds, where these are turned off.

Discourse: `/latest.json`, `/c/NAME/NUMBER.json`, `/tag/TAG.json`. Mastodon: `/api/v1/accounts/ID/statuses`,
`/api/v1/timelines/tag/TAG`. The first page is read, which holds what is new; `options.pages` reads further back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit

from aggregator.model import Document, Entry, Reading, Source, Wanted
from aggregator.read import answers, fields
from aggregator.read.answers import heading, inside, names, prose, rows, said
from aggregator.read.courses_runs import language
from aggregator.read.jsonfeed import moment
from aggregator.read.paging import path_of, whole
from aggregator.urls import host

_LISTS = re.compile(r"/(?:latest|top|new|hot|c|tags?)(?:[/.]|$)")
_TIMELINES = re.compile(r"/api/v1/(?:accounts/[^/]+/statuses|timelines/)")
Row = Mapping[str, Any]


def read(data: object, document: Document, source: Source) -> Reading | None:
    """What the answer of one of these programs says; None for what is not theirs."""
    topics = inside(inside(data).get("topic_list"))
    if isinstance(topics.get("topics"), list):
        return _with_more(_forum(topics, document), _more_topics(topics, document), source)
    posts = rows(data)
    if data == [] and _TIMELINES.search(path_of(document.url)):
        return Reading()  # also what a server says that shows nothing to strangers
    if posts and all("visibility" in post and "content" in post for post in posts):
        return _with_more(_posts(posts, document), answers.next_page(document, document.following), source)
    return None


def _with_more(reading: Reading, more: tuple[Wanted, ...], source: Source) -> Reading:
    return replace(reading, more=more) if (whole(source.options.get("pages")) or 1) > 1 else reading


# ---------------------------------------------------------------------------------------------------- Discourse
def _forum(topics: Row, document: Document) -> Reading:
    site = answers.site_of(document.url) + _LISTS.split(urlsplit(document.url).path, maxsplit=1)[0].rstrip("/")
    return Reading(home=site, entries=tuple(_topic(one, site) for one in rows(topics["topics"]) if _is_open(one)))


def _is_open(topic: Row) -> bool:
    return bool(said(topic.get("id"))) and said(topic.get("archetype")) in ("", "regular")


def _topic(topic: Row, site: str) -> Entry:
    """New is what was created; what was answered is not new, and pinned topics come first whatever their age."""
    number = said(topic.get("id"))
    url = answers.address(site, f"{site}/t/{quote(said(topic.get('slug')) or 'topic', safe='')}/{quote(number)}")
    html, text = answers.body(prose(topic.get("excerpt")), url)
    return Entry(
        guid=f"{host(site)}-topic-{number}",  # as in the forum's feed
        url=url,
        title=heading(topic.get("title")),
        html=html,
        text=text,
        tags=fields.tags(names(topic.get("tags"))),
        published_at=moment(topic.get("created_at")),
        kind="thread",
    )


def _more_topics(topics: Row, document: Document) -> tuple[Wanted, ...]:
    """Its address is that of the page for people; the same with `.json` is ours."""
    path, mark, query = said(topics.get("more_topics_url")).partition("?")
    return answers.next_page(document, f"{path.removesuffix('.json')}.json{mark}{query}") if path else ()


# ----------------------------------------------------------------------------------------------------- Mastodon
def _posts(posts: list[Row], document: Document) -> Reading:
    return Reading(
        home=answers.site_of(document.url), entries=tuple(_post(p, document.url) for p in posts if _may(p))
    )


def _may(post: Row) -> bool:
    """Public posts of people who want to be found, in their own words."""
    hidden = inside(post.get("account")).get("noindex") is True
    return said(post.get("visibility")) == "public" and not hidden and not post.get("reblog")


def _post(post: Row, base: str) -> Entry:
    """What a post links to is its item; behind a content warning only the warning is shown."""
    own = answers.address(base, post.get("url")) or answers.address(base, post.get("uri"))
    card, warning = inside(post.get("card")), heading(post.get("spoiler_text"))
    content = f"<p>{escape(warning)}</p>" if warning else prose(post.get("content"))
    html, text = answers.body(content, own or base)
    account = inside(post.get("account"))
    return Entry(
        guid=own or said(post.get("id")),
        url=("" if warning else answers.address(base, card.get("url"))) or own,
        title=warning,
        html=html,
        text=text,
        author=fields.author([said(account.get("display_name"))]),
        tags=fields.tags(names(post.get("tags"))),
        published_at=moment(post.get("created_at")),
        updated_at=moment(post.get("edited_at")),
        language=language(said(post.get("language"))),
    )
