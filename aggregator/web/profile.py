"""All that is known of what a reader wants: what was set, what was learned from marks and by which; to be read,
taken back, reset and taken along."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from starlette.responses import Response
from starlette.routing import Route

from aggregator.compose.zones import zone_named
from aggregator.feedback import take_back
from aggregator.store.rows import profile_json
from aggregator.web.forms import Form
from aggregator.web.parts import Me, Parts, mine
from aggregator.web.public import ITEM_ID
from aggregator.web.settings import Names, settings
from aggregator.web.words import N_

MY_NAV = [("/profile", N_("My profile"))]
MOST, SECONDS = 120, 300  # gestures of one reader
LISTED = 200  # marks that the page shows, newest first


class Learnt(NamedTuple):
    """One thing that marks have taught. `strength`: from -1 to 1."""

    name: str
    strength: float
    what: str


class Marked(NamedTuple):
    """One mark, to be taken back. `title` is empty where the item is gone."""

    item: str
    title: str
    page: str
    more: bool
    day: str


def routes(parts: Parts) -> list[Route]:
    return [
        mine(parts, "/profile", _page, "GET", "POST"),
        mine(parts, "/profile.json", _export),
    ]


def _page(me: Me, form: Form) -> Response:
    if me.here.request.method != "POST":
        return _shown(me)
    if busy := me.here.too_often("mark", MOST, SECONDS, who=me.reader.id):
        return busy
    item, every = form.get("item"), form.get("do") == "reset"
    if not every and not (form.get("do") == "back" and ITEM_ID.fullmatch(item)):
        return me.parts.refuse(me.here.request, "no-form", 400)
    reader = take_back(me.store, me.reader, None if every else item, me.now)
    return _shown(Me(me.here, reader, me.key, me.private), done="reset" if every else "back")


def _shown(me: Me, done: str = "") -> Response:
    app = me.parts.app
    return me.page(
        "profile", rows=settings(me.reader, app.topic_labels, app.source_titles, me.say), learned=_learned(me),
        marks=_marks(me), done=done,
    )  # fmt: skip


_WHAT = {"topic": N_("topic"), "source": N_("source"), "author": N_("author"), "kind": N_("kind")}


def _learned(me: Me) -> list[Learnt]:
    """What marks have taught, strongest first."""
    names = Names(me.parts.app.topic_labels, me.parts.app.source_titles, me.say)
    return [
        Learnt(names.one(trait), value, me.say.t(_WHAT[trait.partition(":")[0]]))
        for trait, value in me.reader.profile.learned.items()
        if trait.partition(":")[0] in _WHAT
    ]


def _marks(me: Me) -> list[Marked]:
    found = list(reversed(me.store.feedback.of(me.reader.id)))[:LISTED]
    items = me.store.items.get(one.item for one in found)
    zone = zone_named(me.reader.schedule.timezone)
    titles = {id: item.title for id, item in items.items()}
    return [
        Marked(one.item, titles.get(one.item, ""), me.url("items", one.item) if one.item in items else "",
               one.value > 0, me.say.say.day(one.at.astimezone(zone).date()))
        for one in found
    ]  # fmt: skip


def _export(me: Me, _: Form) -> Response:
    """The profile as `aggregator rank --for` reads it."""
    data: dict[str, Any] = profile_json(me.reader.profile)
    content = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    response = me.parts.pages.text(content)
    response.headers["Content-Type"] = "application/json"
    response.headers["Content-Disposition"] = 'attachment; filename="profile.json"'
    return response
