"""A rule made ready to be tried: its pieces are numbers, and of many alternatives only those are looked at whose
words the item has."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from aggregator.language import base
from aggregator.topics.rules.passages import Seen, in_place
from aggregator.topics.rules.tree import All, Fact, Near, Node, Piece, Place, Some, Sought, Without


class Spot(NamedTuple):
    """Words `start` to `end` (exclusive) of a passage. `parts`: the single findings that make it up."""

    passage: int
    start: int
    end: int
    parts: tuple[Spot, ...] = ()


Decided = list[Spot | Fact]  # what decided; empty where nothing had to be there


class Plan(Protocol):
    """`holds`: what decided, None where the node does not hold. `spots`: where it stands, in the order of the
    item. `needs`: numbers of pieces of which at least one must be there; None where that can't be said."""

    @property
    def needs(self) -> frozenset[int] | None: ...

    def holds(self, seen: Seen, /) -> Decided | None: ...

    def spots(self, seen: Seen, /) -> list[Spot]: ...


def plan(node: Node, numbers: Mapping[Piece, int]) -> Plan:
    """The plan of a rule whose pieces have these numbers."""
    match node:
        case Sought(pieces, place):
            longest = max(pieces, key=lambda piece: len(piece.text))
            return _Words(tuple(numbers[piece] for piece in pieces), place, frozenset({numbers[longest]}))
        case Fact():
            return _Fact(node)
        case All(parts):
            return _All(tuple(plan(part, numbers) for part in parts))
        case Some(parts):
            return _Some([plan(part, numbers) for part in parts])
        case Without(part):
            return _Without(plan(part, numbers))
        case Near():
            return _Near(plan(node.left, numbers), plan(node.right, numbers), node)


class _Nowhere:
    """What is true of a whole item and stands at no place."""

    needs: frozenset[int] | None = None

    def spots(self, _seen: Seen, /) -> list[Spot]:
        raise TypeError(f"{type(self).__name__} stands nowhere")


class _Standing:
    """What stands at a place."""

    def spots(self, _seen: Seen, /) -> list[Spot]:
        raise NotImplementedError

    def holds(self, seen: Seen) -> Decided | None:
        found = self.spots(seen)
        return [found[0]] if found else None


@dataclass(frozen=True, slots=True)
class _Words(_Standing):
    numbers: tuple[int, ...]
    place: Place
    needs: frozenset[int] | None

    def spots(self, seen: Seen) -> list[Spot]:
        first = seen.at.get(self.numbers[0])
        if first is None:
            return []
        return list(self._standing(first, [seen.at.get(number, {}) for number in self.numbers[1:]]))

    def _standing(
        self, first: Mapping[int, Sequence[int]], more: list[Mapping[int, Sequence[int]]]
    ) -> Iterator[Spot]:
        length = 1 + len(more)
        for passage, starts in first.items():
            if in_place(self.place, passage):
                following = [set(one.get(passage, ())) for one in more]
                for start in starts:
                    if all(start + step in places for step, places in enumerate(following, 1)):
                        yield Spot(passage, start, start + length)


@dataclass(frozen=True, slots=True)
class _Fact(_Nowhere):
    fact: Fact

    def holds(self, seen: Seen) -> Decided | None:
        item, fact = seen.item, self.fact
        if fact.name == "source":
            same = item.source.startswith(fact.value) if fact.cut else item.source == fact.value
        else:
            same = fact.value == (item.kind if fact.name == "kind" else base(item.language))
        return [fact] if same else None


class _All(_Nowhere):
    def __init__(self, parts: tuple[Plan, ...]) -> None:
        self._parts = parts
        known = [part.needs for part in parts if part.needs is not None]
        self.needs = min(known, key=len, default=None)

    def holds(self, seen: Seen) -> Decided | None:
        decided: Decided = []
        for part in self._parts:
            found = part.holds(seen)
            if found is None:
                return None
            decided += found
        return decided


class _Some:
    def __init__(self, parts: Sequence[Plan]) -> None:
        self._by_number: dict[int, list[Plan]] = {}
        self._others = [part for part in parts if part.needs is None]
        for part in parts:
            for number in part.needs or ():
                self._by_number.setdefault(number, []).append(part)
        self.needs = None if self._others else frozenset(self._by_number)

    def _possible(self, seen: Seen) -> Iterator[Plan]:
        for number in sorted(self._by_number.keys() & seen.at.keys()):
            yield from self._by_number[number]
        yield from self._others

    def holds(self, seen: Seen) -> Decided | None:
        return next((found for part in self._possible(seen) if (found := part.holds(seen)) is not None), None)

    def spots(self, seen: Seen) -> list[Spot]:
        found = [spot for part in self._possible(seen) for spot in part.spots(seen)]
        return sorted(set(found)) if len(found) > 1 else found


@dataclass(frozen=True, slots=True)
class _Without(_Nowhere):
    part: Plan

    def holds(self, seen: Seen) -> Decided | None:
        return [] if self.part.holds(seen) is None else None


class _Near(_Standing):
    def __init__(self, left: Plan, right: Plan, near: Near) -> None:
        self._left, self._right, self._near = left, right, near
        sides = [left] if near.forbidden else [left, right]
        self.needs = min((one.needs for one in sides if one.needs is not None), key=len, default=None)

    def spots(self, seen: Seen) -> list[Spot]:
        near, lefts = self._near, self._left.spots(seen)
        rights = self._right.spots(seen) if lefts else []
        if near.forbidden:
            return [one for one in lefts if not _is_near(one, rights, near.words)] if rights else lefts
        found = (_nearest(one, rights, near.words, ordered=near.ordered) for one in lefts)
        return sorted({one for one in found if one is not None})


# ------------------------------------------------------------------------------------------------------ nearness
def _within(one: Spot, others: Sequence[Spot], words: int) -> Sequence[Spot]:
    """Of spots in their order, those that can stand with at most so many words between."""
    longest = max((other.end - other.start for other in others), default=0)
    first = bisect_left(others, (one.passage, one.start - words - longest))
    return others[first : bisect_right(others, (one.passage, one.end + words + 1))]


def _is_near(one: Spot, others: Sequence[Spot], words: int) -> bool:
    """Whether one of the others overlaps this spot, or stands with at most so many words between."""
    return any(
        one.start - other.end <= words and other.start - one.end <= words for other in _within(one, others, words)
    )


def _nearest(one: Spot, others: Sequence[Spot], words: int, *, ordered: bool) -> Spot | None:
    """The spot that holds this one and the nearest of the others that does not overlap it."""
    best: Spot | None = None
    least = words + 1
    for other in _within(one, others, words):
        after, before = other.start - one.end, one.start - other.end
        between = after if after >= 0 or ordered else before
        if 0 <= between < least:
            least, best = between, other
    if best is None:
        return None
    parts = (*(one.parts or (one,)), *(best.parts or (best,)))
    return Spot(one.passage, min(one.start, best.start), max(one.end, best.end), parts)
