"""Arrivals against what is held: what is new, changed, known, or another source's copy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aggregator.dedupe.alike import SAME_STORY, cannot_be_one, contradicts, follows, same_story
from aggregator.dedupe.doubt import doubtful
from aggregator.dedupe.keys import Held, content_hash, held_from, keys, short_hash
from aggregator.dedupe.marks import all_marks, marks
from aggregator.dedupe.texts import READ
from aggregator.dedupe.titles import LONGEST_TITLE, comparable, is_update, similar, weight
from aggregator.model import Item
from aggregator.urls import address_key

SAME_DAY = timedelta(days=2)  # a renumbered entry keeps its date
SURE_WORDS = 4  # from here on a title is believed without a date
FULL = 16  # items that may bear one mark: what more of them share is a template and says nothing
CANDIDATES = 8  # items that one arrival is compared with
VERSIONS = 6  # ways in which one batch tells a story that are remembered


@dataclass(frozen=True, slots=True)
class Changes:
    """Every arrival in exactly one place, in order of arrival; pairs name the held item it belongs to.

    new: never seen. updated: its own source changed it. known: nothing to do. merged: another source has it.
    An id may be that of an item that is new in this very batch.
    """

    new: tuple[Item, ...] = ()
    updated: tuple[tuple[str, Item], ...] = ()
    known: tuple[tuple[str, Item], ...] = ()
    merged: tuple[tuple[str, Item], ...] = ()


@dataclass(frozen=True, slots=True)
class Near:
    """What the marks of arrivals lead to: `bearing`, the ids of the held items under each mark; `items`, those
    that are worth comparing, with their text."""

    bearing: Mapping[int, Sequence[str]] = field(default_factory=dict)
    items: Mapping[str, Held] = field(default_factory=dict)


def strangers(arrivals: Sequence[Item], held: Mapping[str, Held]) -> list[Item]:
    """The arrivals that are not held by their source's identifier or their address: those worth a closer look."""
    return [item for item in arrivals if not any(key[0] in "egu" and key in held for key in keys(item))]


def marks_of(item: Item) -> tuple[int, ...]:
    """What a stranger is looked up by among texts that are alike, and what a held item is found by."""
    return marks(item.title[:LONGEST_TITLE], item.text[:READ])


def marks_of_all(items: Iterable[Item]) -> list[tuple[int, ...]]:
    """The marks of each of many items, made together where that is cheaper."""
    return all_marks([(item.title[:LONGEST_TITLE], item.text[:READ]) for item in items])


def candidates(item_marks: Sequence[int], bearing: Mapping[int, Sequence[str]]) -> list[str]:
    """The held items worth comparing, at most CANDIDATES, those first that share most of what is rare.

    A mark of a title is enough (they are not negative); of marks of a text it takes two, or one that nobody else
    has.
    """
    score: defaultdict[str, float] = defaultdict(float)
    for mark in item_marks:
        ids = bearing.get(mark, ())
        if len(ids) < FULL:
            for id in ids:
                score[id] += 1.0 if mark >= 0 or len(ids) == 1 else 0.5
    found = sorted((-value, id) for id, value in score.items() if value >= 1)
    return [id for _, id in found[:CANDIDATES]]


# ------------------------------------------------------------------------------------------------------ decision
def dedupe(
    arrivals: Sequence[Item],
    held: Mapping[str, Held],
    ids: AbstractSet[str] = frozenset(),
    near: Near | None = None,
) -> Changes:
    """Sort the arrivals of one batch against `held` (key -> item) and against each other; the first wins.

    Same source: known, or updated when its content changed. Another source's: merged into the held item. A new
    item whose id is taken gets one of its own: ids are often made of an identifier that a feed gave twice, or of
    a home page that every entry points at. `ids`: further ids of arrivals that are in use, under whatever keys.
    `near`: held items that the marks of `strangers` led to. Later news on a story is new, and `follows` names what
    it belongs to.
    """
    batch = _Batch(dict(held), near or Near())
    taken = {one.id for one in held.values()} | ids
    keyed = [(item, keys(item)) for item in arrivals]
    doubts = doubtful(keyed)
    placed: list[tuple[str, str, Item]] = []
    for item, every_key in keyed:
        item_keys = [key for key in every_key if (item.source, key) not in doubts]
        verdict, match = batch.decide(item, item_keys)
        if verdict == "new":
            item = _with_own_id(item, taken)
            if match or item.follows:
                item = replace(item, follows=match.id if match else "")
            taken.add(item.id)
            match = held_from(item)
        if match:
            placed.append((verdict, match.id, item))
            batch.add(item, match, item_keys, verdict)
    return _changes(placed, batch.bridged)


def _changes(placed: Sequence[tuple[str, str, Item]], bridged: Mapping[str, str]) -> Changes:
    """The places of all arrivals. Two that were new, until a third showed that they are one, become one."""
    found: dict[str, list[tuple[str, Item]]] = {name: [] for name in ("new", "updated", "known", "merged")}
    sources = {id: item.source for verdict, id, item in placed if verdict == "new"}
    for verdict, id, item in placed:
        if verdict == "new" and id in bridged:
            own = bool(item.source) and sources.get(_root(id, bridged)) == item.source
            verdict = "known" if own else "merged"
        found[verdict].append((_root(id, bridged), item))
    new = (
        replace(item, follows=_root(item.follows, bridged)) if item.follows else item for _, item in found["new"]
    )
    return Changes(tuple(new), *(tuple(found[name]) for name in ("updated", "known", "merged")))


def _root(id: str, bridged: Mapping[str, str]) -> str:
    while id in bridged:
        id = bridged[id]
    return id


def without_updates(changes: Changes, unfinished: AbstractSet[str]) -> Changes:
    """The changes, but arrivals of which only the beginning was read (by their ids) change nothing held."""
    kept = tuple(pair for pair in changes.updated if pair[1].id not in unfinished)
    known = tuple(pair for pair in changes.updated if pair[1].id in unfinished)
    return replace(changes, updated=kept, known=(*changes.known, *known))


def _with_own_id(item: Item, taken: AbstractSet[str]) -> Item:
    number = 0
    id = item.id
    while id in taken:
        id = short_hash("\x00".join((item.id, item.url, item.title, item.text, str(number))))[
            : max(16, len(item.id))
        ]
        number += 1
    return item if id == item.id else replace(item, id=id)


class _Batch:
    """What is known while a batch is sorted: what was held before, and what has come with it so far."""

    def __init__(self, index: dict[str, Held], near: Near) -> None:
        self._index = index
        self._near = near
        self._bearing: dict[int, tuple[str, ...]] = {}
        self._told: dict[str, list[Held]] = {}  # id -> the item as its sources tell it, in this batch
        self._fresh: dict[str, int] = {}  # what is new in this batch, numbered
        self.bridged: dict[str, str] = {}  # what was new, until it proved to be another

    def add(self, item: Item, match: Held, item_keys: Iterable[str], verdict: str) -> None:
        """Remember what has become of an arrival."""
        changed = verdict == "updated"
        if changed:
            match = replace(match, title=item.title, url=item.url, content_hash=content_hash(item))
        self._index.update({key: match for key in item_keys if changed or key not in self._index})
        if verdict == "new":
            self._fresh[match.id] = len(self._fresh)
        if verdict == "known":
            return
        told = self._told.setdefault(match.id, [])
        if len(told) < VERSIONS:
            told.append(match if verdict == "new" else held_from(item))
        found, bearing = marks_of(item), self._bearing
        shared = {mark: bearing[mark] for mark in found if mark in bearing}
        bearing.update(dict.fromkeys(found, (match.id,)))
        for mark, ids in shared.items():
            bearing[mark] = ids if match.id in ids or len(ids) >= FULL else (*ids, match.id)

    def decide(self, item: Item, item_keys: Sequence[str]) -> tuple[str, Held | None]:
        """The verdict (`new`, `updated`, `known`, `merged`) and the held item it is about: for a new one, the item
        that it follows."""
        for key in item_keys:
            match = self._index.get(key)
            if match is None or not self._agree(key[0], item, match):
                continue
            if match.source != item.source:
                if key[0] not in "eg":  # those are copies that have been seen before
                    self._bridge(match, self._alike(item)[0])
                return "merged", match
            sure = key[0] in "egu"
            return ("updated" if sure and content_hash(item) != match.content_hash else "known"), match
        same, earlier = self._alike(item)
        if not same:
            return "new", earlier
        self._bridge(same[0], same[1:])
        return ("known" if item.source and same[0].source == item.source else "merged"), same[0]

    def _alike(self, item: Item) -> tuple[list[Held], Held | None]:
        """What tells the same as the item, those held before this batch first, and what it is later news on."""
        asking = held_from(item)
        same: list[Held] = []
        earlier: Held | None = None
        for id in self._candidates(item):
            versions = self._versions(id)
            if any(self._told_apart(asking, told) or cannot_be_one(asking, told) for told in versions):
                earlier = earlier or next(
                    (replace(told, id=id) for told in versions if follows(asking, told)), None
                )
                continue
            for told in versions:
                if same_story(asking, told):
                    same.append(replace(told, id=id))
                    break
                if earlier is None and follows(asking, told):
                    earlier = replace(told, id=id)
        return sorted(same, key=lambda one: one.id not in self._near.items), earlier

    def _bridge(self, match: Held, others: Iterable[Held]) -> None:
        """What was new in this batch, and tells the same as an arrival that tells the same as `match`, is one."""
        root = _root(match.id, self.bridged)
        for other in others:
            id = _root(other.id, self.bridged)
            if id == root or id not in self._fresh or self._conflict(root, id):
                continue
            first, second = (id, root) if self._fresh.get(root, -1) > self._fresh[id] else (root, id)
            self.bridged[second] = root = first

    def _conflict(self, one: str, other: str) -> bool:
        """Whether anything told under one id can't be one with what is told under the other."""
        return any(cannot_be_one(a, b) for a in self._versions(one) for b in self._versions(other))

    def _candidates(self, item: Item) -> list[str]:
        item_marks = marks_of(item)
        held, fresh = self._near.bearing, self._bearing
        if fresh.keys().isdisjoint(item_marks) and held.keys().isdisjoint(item_marks):  # as most are
            return []
        bearing = {
            mark: list(dict.fromkeys((*held.get(mark, ()), *fresh.get(mark, ()))))
            for mark in item_marks
            if mark in held or mark in fresh
        }
        return candidates(item_marks, bearing)

    def _versions(self, id: str) -> list[Held]:
        held = self._near.items.get(id)
        return [*([held] if held else ()), *self._told.get(id, ())]

    def _told_apart(self, asking: Held, told: Held) -> bool:
        """Whether one reading of a source has both, each under an identifier and an address of its own."""
        own = bool(asking.source) and told.source == asking.source and told.id not in self._near.items
        named = bool(asking.guid and told.guid) and asking.guid != told.guid
        return own and named and address_key(told.url) != address_key(asking.url)

    def _agree(self, kind: str, item: Item, match: Held) -> bool:
        """Whether a shared key of this kind makes two entries one."""
        if kind in "eg":  # these keys name their source
            return True
        own = bool(item.source) and match.source == item.source
        if kind == "u":
            return _same_address(item, match, own)
        if is_update(item.title) and not is_update(match.title):
            return False
        known = self._near.items.get(match.id, match)
        if contradicts(held_from(item), known):
            return False
        if kind == "t":
            return _same_title(item, match, own)
        if own and known.text:  # a newsletter begins with the same words every month
            return bool(same_story(held_from(item), known))
        alike = similar(item.title, match.title) and _contained(item.title, match.title)
        return alike and _near(item.published_at, match.published_at, SAME_STORY)


def _same_address(item: Item, match: Held, own: bool) -> bool:
    """An address may be reused: by its source for what it tells apart, or for the conference of the next year."""
    told_apart = bool(item.guid and match.guid and item.guid != match.guid)
    near = _near(item.published_at, match.published_at, SAME_STORY)
    return similar(item.title, match.title) or (not told_apart if own else near)


def _same_title(item: Item, match: Held, own: bool) -> bool:
    """Equal titles are one story at about the same time; a short one only when both dates say so."""
    if weight(comparable(item.title)) < SURE_WORDS:
        dated = item.published_at is not None and match.published_at is not None
        return dated and _near(item.published_at, match.published_at, SAME_DAY)
    return _near(item.published_at, match.published_at, SAME_DAY if own else SAME_STORY)


def _near(one: datetime | None, other: datetime | None, within: timedelta) -> bool:
    return one is None or other is None or abs(one - other) <= within


def _contained(one: str, other: str) -> bool:
    """Whether one title is a cut of the other: templates share openings, but their titles differ in the middle."""
    titles = sorted((comparable(one), comparable(other)), key=len)
    return f" {titles[0]} " in f" {titles[1]} " or not titles[0]
