"""Items rendered and encoded once, for all letters that show them alike.

Most of what a letter says of an item depends on the reader's language only; the facts of a dated item on the
reader's clock too, and most of these are the same on all clocks. So fragments are kept by what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup, escape

from aggregator.compose import mime, pages
from aggregator.compose.arrange import told_apart
from aggregator.compose.facts import Fact
from aggregator.compose.phrases import English
from aggregator.compose.view import ItemView, Setting, facts, view
from aggregator.compose.voice import Both, Voice, keep
from aggregator.model import Draft, Item, Rights, Told
from aggregator.occasions import closing_at

KEPT = 20_000  # fragments, of about 3 kB each
VOICES = 64  # languages times colours
SETTINGS = 256  # languages times clocks times editions whose fragments are kept
TOLD = 1024  # fragments on changed dates

_CAUTIOUS = Rights()


@dataclass(frozen=True, slots=True, eq=False)
class Fragment:
    """One item in both parts of a letter, encoded: the same for every reader with the same setting. `marking`: the
    link to the reader's own page of it."""

    shown: ItemView
    said: Both
    marking: Both


class _Source(NamedTuple):
    """What the letter says of where an item comes from."""

    name: str
    others: tuple[str, ...]
    rights: Rights


class _Kept(NamedTuple):
    """A fragment, and what it was made from."""

    item: Item
    source: _Source
    fragment: Fragment


Said = dict[tuple[str, tuple[Fact, ...]], _Kept]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The fragments of letters with one setting, by item. `said`: by item and facts, shared by the settings that
    differ in the clock only."""

    setting: Setting
    said: Said
    known: dict[str, _Kept] = field(default_factory=dict)
    closing: dict[str, tuple[Item, date | None]] = field(default_factory=dict)


class Fragments:
    """Renders what letters say of items and around them, and keeps it for the next letter. `words`: the length of
    excerpts in letters that need not be shortened."""

    def __init__(self, templates: pages.Pages, words: int) -> None:
        self._pages, self._words = templates, words
        self._shelves: dict[Setting, _Shelf] = {}
        self._said: dict[Setting, Said] = {}
        self._voices: dict[tuple[English, str], Voice] = {}
        self._names: tuple[Mapping[str, object], ...] = ()
        self._of_told = lru_cache(TOLD)(self._rendered)

    def of(self, draft: Draft, setting: Setting) -> list[Fragment]:
        """A fragment for each pick of the draft, in their order."""
        self._renew(draft)
        shelf, found = self._shelf(setting), []
        for pick in draft.selection.picks:
            item = pick.item
            if pick.told:
                found.append(self._of_told(item, self._with(_source_of(item, draft), setting, pick.told)))
                continue
            kept = shelf.known.get(item.id)
            if kept is None or kept.item is not item:
                kept = self._made(item, _source_of(item, draft), shelf)
            found.append(kept.fragment)
        return self._apart(found, draft, setting)

    def closing_day(self, item: Item, setting: Setting) -> date | None:
        """The last day on which one can sign up, by the clock of the setting."""
        shelf = self._shelf(setting)
        known = shelf.closing.get(item.id)
        if known is None or known[0] is not item:
            end = closing_at(item.occasion, setting.zone)
            known = item, end.astimezone(setting.zone).date() if end else None
            keep(shelf.closing, item.id, known, KEPT)
        return known[1]

    def voice(self, say: English, accent: str) -> Voice:
        """What says the rest of letters in that language and colour."""
        if (say, accent) not in self._voices:
            if len(self._voices) >= VOICES:
                self._voices.clear()
            self._voices[say, accent] = Voice(self._pages, say, accent)
        return self._voices[say, accent]

    def _renew(self, draft: Draft) -> None:
        """Forget what was said with other names of sources and topics; a run has the same ones throughout."""
        names = (draft.sources, draft.topics, draft.rights)
        if names != self._names:
            self._names = names
            self._voices.clear()
            for shelf in self._shelves.values():
                shelf.known.clear()

    def _apart(self, found: list[Fragment], draft: Draft, setting: Setting) -> list[Fragment]:
        """The fragments; where two of them have one title, once more with titles that tell them apart."""
        titles = [one.shown.title for one in found]
        if len(set(titles)) == len(titles):
            return found
        picks = draft.selection.picks
        sources = [_source_of(pick.item, draft) for pick in picks]
        apart = told_apart(titles, [source.name for source in sources])
        return [
            one if one.shown.title == title
            else self._of_told(replace(pick.item, title=title), self._with(source, setting, pick.told))
            for pick, source, one, title in zip(picks, sources, found, apart, strict=True)
        ]  # fmt: skip

    def _shelf(self, setting: Setting) -> _Shelf:
        shelf = self._shelves.get(setting)
        if shelf is None:
            if len(self._shelves) >= SETTINGS:
                self._shelves.clear()
                self._said.clear()
            said = self._said.setdefault(setting._replace(zone=UTC, now=None), {})
            shelf = self._shelves[setting] = _Shelf(setting, said)
        return shelf

    def _made(self, item: Item, source: _Source, shelf: _Shelf) -> _Kept:
        setting = self._with(source, shelf.setting)
        key = item.id, facts(item, setting)
        kept = shelf.said.get(key)
        if kept is None or kept.item is not item or kept.source != source:
            kept = _Kept(item, source, self._rendered(item, setting))
            keep(shelf.said, key, kept, KEPT)
        keep(shelf.known, item.id, kept, KEPT)
        return kept

    def _with(self, source: _Source, setting: Setting, told: Told | None = None) -> Setting:
        rights = source.rights
        # The first try shows what may be shown; a letter that must shrink shows less of everything.
        words = rights.words if setting.words == self._words else min(setting.words, rights.words)
        setting = setting._replace(
            source=source.name, also_in=source.others, words=words,
            attribution=rights.attribution, access=rights.access,
        )  # fmt: skip
        # Who had the item needs its news, not its text once more.
        return setting if told is None else setting._replace(told=told, words=0, also_in=())

    def _rendered(self, item: Item, setting: Setting) -> Fragment:
        shown = view(item, setting)
        values = {"item": shown, "say": setting.say, "marks": _marks(shown), **pages.accents(setting.accent)}
        html, text = self._pages.render("item_html", values), self._pages.render("item_text", values)
        marking = self.voice(setting.say, setting.accent).marking(item.id, shown.title)
        return Fragment(shown, Both(mime.chunk(html), mime.chunk(text)), marking)


def _marks(shown: ItemView) -> Markup:
    """The attributes that tell screen readers and browsers how to read an item's own words."""
    pairs = (("lang", shown.language), ("dir", shown.direction))
    return Markup("").join(Markup(' {}="{}"').format(name, escape(value)) for name, value in pairs if value)


def _source_of(item: Item, draft: Draft) -> _Source:
    sources, own = draft.sources, item.source
    others = tuple(sources.get(name) or name for name in item.also_in if name != own) if item.also_in else ()
    return _Source(sources.get(own) or own, others, draft.rights.get(own, _CAUTIOUS))
