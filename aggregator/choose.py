"""From a reader's picks to one letter: sections, limits, one story once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from aggregator.dedupe import telling_title
from aggregator.model import Edition, Item, Pick, Section, Selection
from aggregator.occasions import closing_at
from aggregator.text import title_key
from aggregator.urls import address_key

CLOSING_SOON = timedelta(days=14)
_SECTION_OF = {
    "course": "courses",
    "event": "events",
    "call": "events",
    "notes": "notes",
    "job": "jobs",
    "thread": "discussions",
}


def section_of(item: Item, now: datetime) -> str:
    """`closing` for what closes within fourteen days, else the section of its kind, else `reading`."""
    closes = closing_at(item.occasion)
    if closes is not None and now <= closes <= now + CLOSING_SOON:
        return "closing"
    return _SECTION_OF.get(item.kind, "reading")


def choose(
    picks: Sequence[Pick], edition: Edition, max_items: int | None, now: datetime, had: Sequence[Item] = ()
) -> Selection:
    """One letter from picks that stand best first.

    A reader's `max_items` wins over the edition's; one story comes once, and not again if the reader `had` it;
    sections stand in the edition's order, empty ones vanish, and what belongs to none of them is left out.
    `held_back`: what lost by a limit alone.
    """
    room = _Room(edition, edition.limits.items if max_items is None else max_items)
    told = {mark for item in had for mark in story(item)}
    # Of a story and later news on it, both new to the reader, the later news is the one to read.
    outdated = {p.item.follows for p in picks if p.item.follows and _section(p.item, edition, now)}
    chosen: dict[str, list[Pick]] = {name: [] for name in edition.sections}
    held_back: list[Pick] = []
    for pick in picks:
        section = _section(pick.item, edition, now)
        marks = story(pick.item)
        if section is None or told & marks or pick.item.id in outdated:
            continue
        told |= marks
        if room.takes(pick.item, section):
            chosen[section].append(pick)
        else:
            held_back.append(pick)
    if "closing" in chosen:
        chosen["closing"].sort(key=lambda pick: closing_at(pick.item.occasion) or now)
    sections = tuple(Section(name, tuple(chosen[name])) for name in edition.sections if chosen[name])
    return Selection(sections, tuple(held_back))


def story(item: Item) -> frozenset[str]:
    """What items of one story share: the id, a telling title, or the address with the very same title. Later news
    is a story of its own here, or whoever had the story would not get it."""
    return _story(item.id, item.url, item.title, bool(item.follows))


@lru_cache(maxsize=20_000)  # the same items come up for reader after reader
def _story(id: str, url: str, title: str, later: bool) -> frozenset[str]:
    shared = {f"id {id}"}
    if telling := telling_title(title):
        shared.add(f"title {title_key(title) if later else telling}")
    if url:
        shared.add(f"address {address_key(url)} {title_key(title)}")
    return frozenset(shared)


def _section(item: Item, edition: Edition, now: datetime) -> str | None:
    """The section of the edition that the item belongs to, if it has one."""
    name = section_of(item, now)
    if name == "closing" and name not in edition.sections:
        name = _SECTION_OF.get(item.kind, "reading")
    return name if name in edition.sections else None


class _Room:
    """What is left of an edition's limits."""

    def __init__(self, edition: Edition, items: int) -> None:
        self._left = items
        self._limits = edition.limits
        self._by_source: dict[str, int] = {}
        self._by_section: dict[str, int] = {}

    def takes(self, item: Item, section: str) -> bool:
        """Whether there is room for the item; then it is taken."""
        from_source = self._by_source.get(item.source, 0)
        in_section = self._by_section.get(section, 0)
        full = self._left <= 0 or in_section >= self._limits.per_section
        if full or (item.source and from_source >= self._limits.per_source):
            return False
        self._left -= 1
        self._by_source[item.source] = from_source + 1
        self._by_section[section] = in_section + 1
        return True
