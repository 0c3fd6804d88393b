"""One item on a page of its reader: why it came, and the buttons that change what comes. A GET changes nothing."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from aggregator.compose.zones import zone_named
from aggregator.feedback import LESS, MORE, mark, take_back
from aggregator.model import Item, Subscriber
from aggregator.rank.wishes import AUTHOR, SOURCE, folded
from aggregator.web.forms import Form
from aggregator.web.parts import Me, Parts, mine
from aggregator.web.public import ITEM_ID
from aggregator.web.seen import reason, seen
from aggregator.web.words import N_

MOST, SECONDS = 120, 300  # gestures of one reader
FOLLOWED, MUTED = 500, 500  # names at most, as many as a roster takes

# What a button does -> what the page says then.
_DONE = {
    "more": N_("Noted: more like this. It counts from your next letter on."),
    "less": N_("Noted: less like this. It counts from your next letter on."),
    "back": N_("Taken back: your mark on this item is forgotten."),
    "follow-source": N_("You now follow {name}."),
    "follow-author": N_("You now follow {name}."),
    "mute-source": N_("Nothing from {name} will come any more."),
    "mute-author": N_("Nothing from {name} will come any more."),
    "forget-source": N_("{name} is neither followed nor shut out any more."),
    "forget-author": N_("{name} is neither followed nor shut out any more."),
}


def routes(parts: Parts) -> list[Route]:
    return [mine(parts, "/items/{item}", _item, "GET", "POST")]


def _item(me: Me, form: Form) -> Response:
    name = me.here.path("item")
    item = me.store.items.get([name]).get(name) if ITEM_ID.fullmatch(name) else None
    if item is None:
        return me.here.nothing()
    if me.here.request.method != "POST":
        return _shown(me, item)
    if busy := me.here.too_often("mark", MOST, SECONDS, who=me.reader.id):
        return busy
    what = form.get("do")
    if what not in _DONE or (what.endswith("author") and not item.author):
        return me.parts.refuse(me.here.request, "no-form", 400)
    reader = _changed(me, item, what)
    if reader is None:
        return me.here.page("nobody", 404)
    return _shown(Me(me.here, reader, me.key, me.private), item, what)


def _changed(me: Me, item: Item, what: str) -> Subscriber | None:
    """The reader after one gesture; None if there is no such reader any more."""
    if what in ("more", "less"):
        return mark(me.store, me.reader, item, MORE if what == "more" else LESS, me.now)
    if what == "back":
        return take_back(me.store, me.reader, item.id, me.now)
    how, _, of = what.partition("-")
    name = SOURCE + item.source if of == "source" else AUTHOR + item.author
    return me.store.subscribers.choose(with_name(me.reader, name, how), me.now)


def with_name(reader: Subscriber, name: str, how: str) -> Subscriber:
    """The reader who follows (`follow`), never wants (`mute`) or has forgotten that source or author. One name is
    never in both lists."""
    profile = reader.profile
    follow = [one for one in profile.follow if not _same(one, name)]
    mute = [one for one in profile.mute if not _same(one, name)]
    if how == "follow":
        follow = [*follow, name][-FOLLOWED:]
    elif how == "mute":
        mute = [*mute, name][-MUTED:]
    return replace(reader, profile=replace(profile, follow=tuple(follow), mute=tuple(mute)))


def _same(one: str, other: str) -> bool:
    """Whether two names mean the same; an author's is compared without case and accents, as ranking does."""
    if one.startswith(AUTHOR) and other.startswith(AUTHOR):
        return folded(one.removeprefix(AUTHOR)) == folded(other.removeprefix(AUTHOR))
    return one == other


# ------------------------------------------------------------------------------------------------------ the page
def _shown(me: Me, item: Item, done: str = "") -> Response:
    said = next((one.value for one in me.store.feedback.of(me.reader.id) if one.item == item.id), 0)
    return me.page(
        "my_item", item=seen(me, item), id=item.id, mark=said, done=_done(me, item, done), why=reason(me, item),
        letters=_letters(me, item), names=list(_names(me, item)), topics=_topics(me, item),
        more=[(path.format(item=item.id), label) for path, label in me.parts.item_nav],
    )  # fmt: skip


def _done(me: Me, item: Item, what: str) -> str:
    if not what:
        return ""
    name = _source(me, item) if what.endswith("source") else item.author
    return me.say.t(_DONE[what], name=name)


def _letters(me: Me, item: Item) -> list[str]:
    """The days of the letters that carried it to this reader."""
    zone = zone_named(me.reader.schedule.timezone)
    return [me.say.say.day(at.astimezone(zone).date()) for at in me.store.reached.of_item(me.reader.id, item.id)]


def _names(me: Me, item: Item) -> list[tuple[str, str, str]]:
    """(source or author, its name, what it is to this reader: `follow`, `mute` or nothing)."""
    profile = me.reader.profile
    found = [("source", SOURCE + item.source, _source(me, item))]
    if item.author:
        found.append(("author", AUTHOR + item.author, item.author))
    return [
        (what, shown, "follow" if any(_same(o, name) for o in profile.follow)
         else "mute" if any(_same(o, name) for o in profile.mute) else "")
        for what, name, shown in found
    ]  # fmt: skip


def _source(me: Me, item: Item) -> str:
    return me.parts.app.source_titles.get(item.source) or item.source


def _topics(me: Me, item: Item) -> list[str]:
    return [me.parts.app.topic_labels.get(tag.id, tag.id) for tag in item.topics]
