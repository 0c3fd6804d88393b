"""Items for everybody: the newest, by topic, found by words; each with a page of its own; all of it as feeds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from starlette.responses import Response
from starlette.routing import Route

from aggregator.compose.listing import LOOK_BACK
from aggregator.issue.feeds import Head
from aggregator.issue.lists import outline
from aggregator.model import Item, Topic
from aggregator.occasions import closing_at, over_at
from aggregator.occasions.ical import calendar
from aggregator.topics.rules import Rule, RuleError, compile_rule, compile_search
from aggregator.web.forms import Form, page_of
from aggregator.web.parts import Here, Parts, anybody
from aggregator.web.public import ITEM_ID
from aggregator.web.schemaorg import of_item
from aggregator.web.shown import (
    LONG_AGO,
    MEDIA_TYPES,
    Row,
    atom,
    changed_at,
    feed_answer,
    in_words,
    json_feed,
)
from aggregator.web.words import N_, Words

NAV = [("/items", N_("Items")), ("/topics", N_("Topics"))]

PAGE = 30  # items on one page
LAST_PAGE = 100  # whoever wants to see further back searches
FEED = 50  # items in a feed
DATES = 500  # items in a calendar
COUNTED = timedelta(days=90)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
QUESTION = 300  # characters of a search
SEARCHES = 60  # from one network in a minute
_RULE = re.compile(r"[\"“”()*?:=]|\b(?:AND|OR|NOT|NEAR|ADJ)\b")


class Shelf(NamedTuple):
    """What a list is of: everything, or one topic."""

    title: str
    path: str
    topic: Topic | None = None

    @property
    def topic_id(self) -> str:
        return self.topic.id if self.topic else ""


def routes(parts: Parts) -> list[Route]:
    return [
        anybody(parts, "/topics", _topics, kept=300),
        anybody(parts, "/topics/{name}", _topic, kept=60),
        anybody(parts, "/items", _items, kept=60),
        anybody(parts, "/search", _search),
        anybody(parts, "/items.{form}", _all_items, kept=300),
        anybody(parts, "/items/{item}", _item, kept=60),
    ]


# ---------------------------------------------------------------------------------------------------------- topics
def _topics(here: Here, _: Form) -> Response:
    counts = here.store.items.count_topics(here.now - COUNTED)
    return here.public("topics", topics=_tree(here.parts.app.catalogue.topics, counts))


def _tree(topics: Mapping[str, Topic], counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The topics by name, narrower ones below the broader one."""

    def below(parent: str | None) -> list[dict[str, Any]]:
        here = [t for t in topics.values() if (t.broader if t.broader in topics else None) == parent]
        return [
            {"id": t.id, "label": t.label, "count": counts.get(t.id, 0), "narrower": below(t.id)}
            for t in sorted(here, key=lambda t: t.label.casefold())
        ]

    return below(None)


def _topic(here: Here, _: Form) -> Response:
    name, _dot, form = here.path("name").partition(".")
    topic = here.parts.app.catalogue.topics.get(name)
    if topic is None or (_dot and form not in MEDIA_TYPES):
        return here.nothing()
    shelf = Shelf(topic.label, f"/topics/{name}", topic)
    return _feed(here, shelf, form) if form else _page(here, shelf)


# ----------------------------------------------------------------------------------------------------------- lists
def _items(here: Here, _: Form) -> Response:
    return _page(here, _everything(here))


def _everything(here: Here) -> Shelf:
    return Shelf(here.say.t("All items"), "/items")


def _all_items(here: Here, _: Form) -> Response:
    form = here.path("form")
    return _feed(here, _everything(here), form) if form in MEDIA_TYPES else here.nothing()


def _page(here: Here, shelf: Shelf) -> Response:
    number = page_of(here.query, LAST_PAGE)
    if number is None:
        return here.nothing()
    found = here.store.browsing.newest(
        here.parts.app.public_sources, shelf.topic_id, limit=PAGE + 1, offset=(number - 1) * PAGE
    )
    if not found and number > 1:
        return here.nothing()
    narrower = [
        topic for topic in here.parts.app.catalogue.topics.values()
        if shelf.topic and topic.broader == shelf.topic.id
    ]  # fmt: skip
    return here.public(
        "items", rows=in_words(here).rows(found[:PAGE]), shelf=shelf, narrower=narrower, question="", mistake="",
        number=number, more=len(found) > PAGE and number < LAST_PAGE,
    )  # fmt: skip


def _search(here: Here, _: Form) -> Response:
    """Items for which a question holds. What was asked for in somebody's own words is not kept for others."""
    question = here.query.get("q")[:QUESTION]
    if not question:
        return _items(here, Form())
    if late := here.too_often("search", SEARCHES, 60):
        return late
    number = page_of(here.query, LAST_PAGE)
    if number is None:
        return here.nothing()
    # In a rule, a word in capitals means just that; in a box for words it is a habit.
    rule = compile_search(question if _RULE.search(question) else question.lower())
    found = _matching(here, rule, number) if rule else []
    return here.page(
        "items", rows=in_words(here).rows(found[:PAGE]), shelf=_everything(here), narrower=[], question=question,
        mistake=_mistake(question, rule, here.say), number=number, more=len(found) > PAGE and number < LAST_PAGE,
    )  # fmt: skip


def _mistake(question: str, rule: Rule | None, say: Words) -> str:
    """What a reader must know of how the question was understood."""
    if rule is None:
        return say.t("There is no word in it that could be looked for.")
    try:
        compile_rule(question)
    except RuleError as error:
        where = error.column
        return say.t(
            "Read as plain words: as a rule it can’t be understood from character {place} on.", place=where
        )
    return ""


def _matching(here: Here, rule: Rule, number: int) -> list[Item]:
    wanted = number * PAGE + 1
    public = here.parts.app.public_sources
    found = here.store.items.matching(rule, BEGINNING, limit=wanted, sources=public)
    return [item for item, _ in found][(number - 1) * PAGE :]


# ----------------------------------------------------------------------------------------------------------- feeds
def _feed(here: Here, shelf: Shelf, form: str) -> Response:
    name = shelf.path.strip("/").replace("/", "-")
    if form == "opml":
        return feed_answer(here, form, outline(shelf.title, _feeds(here, shelf)).encode(), name)
    app, title = here.parts.app, f"{here.parts.title}: {shelf.title}"
    if form == "ics":
        dated = here.store.browsing.dated(app.public_sources, here.now - LOOK_BACK, shelf.topic_id)
        return feed_answer(here, form, dates(dated, here.now, title), name)
    rows = in_words(here).rows(
        here.store.browsing.newest(app.public_sources, shelf.topic_id, fresh=True, limit=FEED)
    )
    head = Head(
        title, f"{here.parts.base_url}{shelf.path}", here.parts.publisher, here.say.code, _newest(rows, here.now)
    )
    write = atom if form == "atom" else json_feed
    return feed_answer(here, form, write(head, rows, here.parts.base_url), name)


def dates(items: Iterable[Item], now: datetime, title: str) -> bytes:
    """A calendar of what is not over yet, or not long ago."""
    since = now - timedelta(days=30)

    def lasts(item: Item) -> bool:
        ends = [at for at in (over_at(item.occasion), closing_at(item.occasion)) if at is not None]
        return not ends or max(ends) >= since

    return calendar([item for item in items if lasts(item)][:DATES], now, title).encode("utf-8", "replace")


def _feeds(here: Here, shelf: Shelf) -> dict[str, str]:
    """Address -> title of the feeds behind a list: of a topic those given to it, and those that brought some."""
    app = here.parts.app
    if shelf.topic is None:
        wanted = set(app.public_feeds)
    else:
        named = {s.id for s in app.catalogue.sources.values() if shelf.topic_id in (*s.topics, *s.about)}
        wanted = named | here.store.browsing.sources_of(shelf.topic_id, here.now - COUNTED)
    return {app.public_feeds[id]: app.source_titles[id] for id in wanted & app.public_feeds.keys()}


def _newest(rows: Iterable[Row], now: datetime) -> datetime:
    return max((changed_at(row.held, now) for row in rows), default=LONG_AGO)


# -------------------------------------------------------------------------------------------------------- one item
def _item(here: Here, _: Form) -> Response:
    id = here.path("item")
    item = here.store.items.get([id]).get(id) if ITEM_ID.fullmatch(id) else None
    if item is None or item.source not in here.parts.app.public_sources:
        return here.nothing()
    row = in_words(here).row(item)
    address = f"{here.parts.base_url}/items/{id}"
    return here.public("item", row=row, address=address, described=of_item(row, address))
