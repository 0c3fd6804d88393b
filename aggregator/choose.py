"""From a reader's picks to one letter: sections, limits, one story once. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Protocol, TypeVar

from aggregator.dedupe import telling_title
from aggregator.model import Edition, Item, Limits, Pick, Section, Selection
from aggregator.occasions import CHANGES, URGENT, Change, changes, closed, closing_at, days_until, span
from aggregator.text import title_key
from aggregator.urls import address_key

# Wider than the 7 days of the state `closing_soon`: who gets a letter a week must not learn of it on the last day.
CLOSING_SOON = timedelta(days=14)
_NOT_TO_JOIN = frozenset({"cancelled", "sold_out"})  # who never heard of it need not hear this
_DAY_OF_SERIES = re.compile(r"(.+)#\d{8}(?:T\d{6}Z?)?", re.S)  # the guid of one day of a series in a calendar
_SECTION_OF = {
    "course": "courses",
    "event": "events",
    "call": "events",
    "notes": "notes",
    "job": "jobs",
    "thread": "discussions",
}


def section_of(item: Item, now: datetime, zone: str | tzinfo = "UTC") -> str:
    """`closing` for what closes within fourteen days of the reader's calendar, else the section of its kind, else
    `reading`."""
    closes = closing_at(item.occasion, zone)
    if closes is not None and now <= closes and days_until(closes, now, zone) <= CLOSING_SOON.days:
        return "closing"
    return _SECTION_OF.get(item.kind, "reading")


def choose(
    picks: Sequence[Pick],
    edition: Edition,
    max_items: int | None,
    now: datetime,
    had: Sequence[Item] = (),
    *,
    zone: str | tzinfo = "UTC",
) -> Selection:
    """One letter for a reader in `zone`, from picks that stand best first: see `Chooser.choose`."""
    sections, held_back = Chooser(edition, now, zone).choose(picks, max_items, had)
    return Selection(tuple(Section(name, tuple(some)) for name, some in sections), tuple(held_back))


class _Offered(Protocol):
    @property
    def item(self) -> Item: ...


Some = TypeVar("Some", bound=_Offered)


@dataclass(frozen=True, slots=True)
class _Known:
    """What choosing must know of an item, in one edition, at one moment, in one zone. `thing`: what several days
    of one series share, of an item with a beginning."""

    section: str | None
    story: frozenset[str]
    over: bool
    thing: str
    starts: datetime | None
    closes: datetime | None


Undated = dict[str, tuple[Item, _Known]]


class Chooser:
    """Chooses for the readers of one edition in one zone. Keep it for all of them: what it has learnt of an item
    serves the next reader. `undated` holds what it learns of items without dates, the same in every zone."""

    def __init__(
        self,
        edition: Edition,
        now: datetime,
        zone: str | tzinfo = "UTC",
        undated: Undated | None = None,
    ) -> None:
        self._edition, self._now, self._zone = edition, now, zone
        self._undated: Undated = {} if undated is None else undated
        self._dated: Undated = {}

    def choose(
        self, picks: Sequence[Some], max_items: int | None, had: Sequence[Item] = ()
    ) -> tuple[list[tuple[str, list[Some]]], list[Some]]:
        """The sections of one letter, from picks that stand best first, and what lost by a limit alone.

        A reader's `max_items` wins over the edition's; one story comes once, and not again if the reader `had`
        it: of a series or of several runs it is the next day that can be joined. Sections stand in the edition's
        order, empty ones vanish, and what belongs to none of them is left out, as is what can't be joined: closed
        by the reader's day, cancelled, sold out.
        """
        room = self.room(max_items)
        chosen: dict[str, list[Some]] = {}
        held_back: list[Some] = []
        for pick in self.stories(self.next_days(picks), had):
            section = self.section(pick.item)
            if room.takes(pick.item.source, section):
                chosen.setdefault(section, []).append(pick)
            else:
                held_back.append(pick)
        return self.in_order(chosen), held_back

    def room(self, max_items: int | None) -> Room:
        """All the room of one letter."""
        return Room(self._edition.limits, self._edition.limits.items if max_items is None else max_items)

    def stories(self, picks: Sequence[Some], had: Sequence[Item] = ()) -> list[Some]:
        """Those of the picks that can be in a letter: each story once, and none that the reader `had`."""
        told = {mark for item in had for mark in story(item)}
        # Of a story and later news on it, both new to the reader, the later news is the one to read.
        outdated = {p.item.follows for p in picks if p.item.follows and self._known(p.item).section}
        found = []
        for pick in picks:
            it = self._known(pick.item)
            if it.section is None or it.over or not told.isdisjoint(it.story) or pick.item.id in outdated:
                continue
            told |= it.story
            found.append(pick)
        return found

    def section(self, item: Item) -> str:
        """The section that the item belongs to; empty for what can be in no letter."""
        it = self._known(item)
        return "" if it.over else it.section or ""

    def in_order(self, chosen: dict[str, list[Some]]) -> list[tuple[str, list[Some]]]:
        """The sections as the edition has them, without empty ones: what closes first on top, notes on one event
        beside each other."""
        if "closing" in chosen:
            chosen["closing"].sort(key=lambda pick: self._known(pick.item).closes or self._now)
        if "notes" in chosen:
            chosen["notes"] = _by_event(chosen["notes"])
        return [(name, chosen[name]) for name in self._edition.sections if name in chosen]

    def _known(self, item: Item) -> _Known:
        shelf = self._undated if item.occasion is None else self._dated
        found = shelf.get(item.id)
        if found is None or found[0] is not item:
            found = shelf[item.id] = item, self._learnt(item)
        return found[1]

    def _learnt(self, item: Item) -> _Known:
        now, zone, occasion = self._now, self._zone, item.occasion
        section = _section(item, self._edition, now, zone)
        if occasion is None or occasion.starts is None:
            thing, starts = "", None
        else:
            thing, starts = _thing(item) or item.id, span(occasion, "starts", zone)
        first, closes = starts.last if starts else None, closing_at(occasion, zone)
        return _Known(section, story(item), is_over(item, now, zone), thing, first, closes)

    def next_days(self, picks: Sequence[Some]) -> list[Some]:
        """The same picks; those for several days of one thing have changed places, so that the next of them that
        can be joined stands where the best one stood."""
        places: dict[str, list[int]] = {}
        for number, pick in enumerate(picks):
            if pick.item.occasion is not None and (thing := self._known(pick.item).thing):
                places.setdefault(thing, []).append(number)

        def order(number: int) -> tuple[bool, datetime, int]:
            it = self._known(picks[number].item)
            return it.over, it.starts or self._now, number

        found = list(picks)
        for numbers in places.values():
            if len(numbers) > 1:
                for place, number in zip(numbers, sorted(numbers, key=order), strict=True):
                    found[place] = picks[number]
        return found


def _thing(item: Item) -> str:
    """What the days of one series, or the runs of one course, share in one source; empty where it is nothing."""
    shared = story(item)
    kinds = ("series ", "address ")
    mark = next((mark for kind in kinds for mark in shared if mark.startswith(kind)), "")
    return f"{item.source} {mark}" if mark else ""


def _by_event(picks: Sequence[Some]) -> list[Some]:
    """Notes on one event beside each other, where the best of them stood."""
    place: dict[str, int] = {}
    for number, pick in enumerate(picks):
        place.setdefault(pick.item.event or pick.item.id, number)
    return sorted(picks, key=lambda pick: place[pick.item.event or pick.item.id])


def story(item: Item) -> frozenset[str]:
    """What items of one story share: the id, a telling title, the address with the very same title, or the series
    of a calendar. Later news is a story of its own here, or whoever had the story would not get it."""
    day = _DAY_OF_SERIES.fullmatch(item.guid) if "#" in item.guid else None
    series = f"{item.source} {day[1]}" if day else ""
    return _story(item.id, item.url, item.title, series, bool(item.follows))


def is_over(item: Item, now: datetime, zone: str | tzinfo) -> bool:
    """Whether a reader in `zone` can't join it any more: closed by that day, cancelled, sold out."""
    occasion = item.occasion
    return occasion is not None and (occasion.status in _NOT_TO_JOIN or closed(occasion, now, zone))


def with_notices(
    selection: Selection, notices: Sequence[Pick], edition: Edition, now: datetime, zone: str | tzinfo = "UTC"
) -> Selection:
    """The selection with a section `changed`: items that this reader was `told` of with other dates, the most
    pressing first, then by the date they had.

    It stands where the edition names it, else at the top, and takes no room from what is new. What was cancelled
    or postponed is told whatever the limits; of the rest as many as one section may have, the others wait. A
    notice of what is as it was told, or can't matter any more, is left out.
    """
    if not notices:
        return selection
    found = []
    for pick in notices:
        what = _changes(pick, now, zone)
        if what:
            found.append((CHANGES.index(what[0].what), _dated(pick, zone) or now, pick.item.id, pick))
    ordered = [pick for *_, pick in sorted(found, key=lambda one: one[:3])]
    free = [pick for pick in ordered if not URGENT & {change.what for change in _changes(pick, now, zone)}]
    late = free[edition.limits.per_section :]
    told = tuple(pick for pick in ordered if pick not in late)
    if not told:
        return replace(selection, held_back=(*selection.held_back, *late))
    place = edition.sections.index("changed") if "changed" in edition.sections else 0
    before = set(edition.sections[:place])
    first = [section for section in selection.sections if section.name in before]
    rest = [section for section in selection.sections if section.name not in before]
    return Selection((*first, Section("changed", told), *rest), (*selection.held_back, *late))


def _changes(pick: Pick, now: datetime, zone: str | tzinfo) -> tuple[Change, ...]:
    if pick.told is None:
        return ()
    return changes(pick.told.occasion, pick.item.occasion, now, zone, pick.item.kind)


def _dated(pick: Pick, zone: str | tzinfo) -> datetime | None:
    """The first date that the reader goes by."""
    dates = (span(pick.told.occasion, name, zone) for name in ("closes", "starts") if pick.told)
    return min((date.last for date in dates if date), default=None)


@lru_cache(maxsize=20_000)  # the same items come up for reader after reader
def _story(id: str, url: str, title: str, series: str, later: bool) -> frozenset[str]:
    shared = {f"id {id}"}
    if telling := telling_title(title):
        shared.add(f"title {title_key(title) if later else telling}")
    if url:
        shared.add(f"address {address_key(url)} {title_key(title)}")
    if series:
        shared.add(f"series {series} {title_key(title)}")
    return frozenset(shared)


def _section(item: Item, edition: Edition, now: datetime, zone: str | tzinfo) -> str | None:
    """The section of the edition that the item belongs to, if it has one."""
    name = section_of(item, now, zone)
    if name == "closing" and name not in edition.sections:
        name = _SECTION_OF.get(item.kind, "reading")
    return name if name in edition.sections else None


class Room:
    """What is left of the limits of one letter."""

    def __init__(self, limits: Limits, items: int) -> None:
        self.left = items
        self._limits = limits
        self._by_source: dict[str, int] = {}
        self._by_section: dict[str, int] = {}

    def takes(self, source: str, section: str) -> bool:
        """Whether there is room for an item of this source; then it is taken."""
        if self.left <= 0:
            return False
        from_source = self._by_source.get(source, 0)
        in_section = self._by_section.get(section, 0)
        if in_section >= self._limits.per_section or (source and from_source >= self._limits.per_source):
            return False
        self.left -= 1
        self._by_source[source] = from_source + 1
        self._by_section[section] = in_section + 1
        return True
