"""Items as a reader's pages show them: in the same words as the letters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aggregator.compose.arrange import grouped, headed
from aggregator.compose.reasons import in_words_of
from aggregator.compose.view import ItemView, Setting, base, view
from aggregator.compose.zones import zone_named
from aggregator.model import Draft, Item, Rights, Told
from aggregator.occasions.ical import calendar_folder
from aggregator.rank import Ranker
from aggregator.web.parts import Me

WORDS = 45  # of an item's text on its own page
WORDS_IN_A_LIST = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """One item in words. `page`: where it is marked; `why`: why it is there; `block`: what stands above it."""

    view: ItemView
    page: str
    why: str = ""
    block: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a letter."""

    title: str
    items: tuple[Seen, ...]


def seen(me: Me, item: Item, words: int = WORDS, told: Told | None = None) -> ItemView:
    """The item in the reader's words, with no more of its text than its source allows."""
    app, zone = me.parts.app, zone_named(me.reader.schedule.timezone)
    rights = app.source_rights.get(item.source, Rights())
    others = tuple(app.source_titles.get(name) or name for name in item.also_in if name != item.source)
    edition = app.edition(me.reader.edition)
    setting = Setting(
        me.say.say, zone, base(me.reader.language), app.source_titles.get(item.source) or item.source, others,
        min(words, rights.words), edition.accent, calendar_folder(app.settings.base_url), told, me.now,
        rights.attribution, rights.access, edition.library_link,
    )  # fmt: skip
    return view(item, setting)


def parts_of(me: Me, draft: Draft) -> Iterator[Part]:
    """What a letter would carry, in its order, each item with the true reason why."""
    shown = grouped(draft)
    views = (seen(me, pick.item, WORDS_IN_A_LIST, pick.told) for pick in shown.selection.picks)
    for part in headed(shown, me.say.say, views):
        items = (Seen(one.view, me.url("items", one.pick.item.id), one.why, one.block) for one in part.items)
        yield Part(part.title, tuple(items))


def reason(me: Me, item: Item) -> str:
    """Why this item is one for this reader by what is set today, or nothing where it is none."""
    ranker = Ranker(me.parts.app.topic_labels, me.parts.app.source_titles)
    [picks] = ranker.rank([item], [me.reader.profile])
    return in_words_of(me.say.say, picks[0].why) if picks and picks[0].score > 0 else ""
