"""Does a rule hold for an item, and which words decided?"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aggregator.language import base
from aggregator.model import Item
from aggregator.topics.rules.passages import AUTHOR, FIRST_TAG, TEXT, TITLE, Pieces, Seen, in_place
from aggregator.topics.rules.syntax import Rule
from aggregator.topics.rules.tree import All, Fact, Near, Node, Piece, Some, Sought, Without, leaves

QUOTED = 3  # words or phrases that a reason names
_WHERE = {TITLE: "in the title", TEXT: "in the text", AUTHOR: "as author"}


class Spot(NamedTuple):
    """Words `start` to `end` (exclusive) of a passage. `parts`: the single findings that make it up."""

    passage: int
    start: int
    end: int
    parts: tuple[Spot, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A rule holds. `words`: what decided, as it stands in the item, with its place; maybe also a fact."""

    words: tuple[str, ...]

    @property
    def why(self) -> str:
        return ", ".join(self.words)


class Matcher:
    """Many named rules, tried on one item after the other. The words of an item are looked up once for all."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = dict(rules)
        found = {
            name: [leaf for leaf in leaves(rule.root) if isinstance(leaf, Sought)] for name, rule in rules.items()
        }
        self._pieces = Pieces(piece for sought in found.values() for leaf in sought for piece in leaf.pieces)
        self._always: list[str] = []  # these can hold without any word
        self._if_seen: dict[int, list[str]] = {}
        for name, rule in self._rules.items():
            needed = required(rule.root)
            if needed is None:
                self._always.append(name)
            for piece in needed or ():
                self._if_seen.setdefault(self._pieces.numbers[piece], []).append(name)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def match(self, item: Item) -> dict[str, Match]:
        """The rules that hold for an item, by name."""
        if not self._rules:
            return {}
        seen = self._pieces.seen(item)
        tried = dict.fromkeys(self._always)
        for number in seen.at:
            tried.update(dict.fromkeys(self._if_seen.get(number, ())))
        trial = _Trial(seen, self._pieces.numbers)
        return {name: found for name in tried if (found := trial.match(self._rules[name].root)) is not None}


def required(node: Node) -> frozenset[Piece] | None:
    """Pieces of which at least one must be in an item for which this holds; None where that can't be said."""
    match node:
        case Sought(pieces):
            return frozenset({max(pieces, key=lambda piece: len(piece.text))})
        case Some(parts):
            sets = [required(part) for part in parts]
            known = [one for one in sets if one is not None]
            return frozenset().union(*known) if len(known) == len(sets) else None
        case All(parts):
            return min((one for one in map(required, parts) if one is not None), key=len, default=None)
        case Near(left, right, forbidden=forbidden):
            sides = [required(left)] if forbidden else [required(left), required(right)]
            return min((one for one in sides if one is not None), key=len, default=None)
        case _:
            return None


@dataclass(frozen=True, slots=True)
class _Trial:
    """Rules on one item."""

    seen: Seen
    numbers: Mapping[Piece, int]

    def match(self, root: Node) -> Match | None:
        decided = self._holds(root)
        return None if decided is None else Match(tuple(dict.fromkeys(self._told(decided)))[:QUOTED])

    def _holds(self, node: Node) -> list[Spot | Fact] | None:
        """What decided, first of all; empty when nothing had to be there; None when the node does not hold."""
        match node:
            case All(parts):
                decided: list[Spot | Fact] = []
                for part in parts:
                    found = self._holds(part)
                    if found is None:
                        return None
                    decided += found
                return decided
            case Some(parts):
                return next((found for part in parts if (found := self._holds(part)) is not None), None)
            case Without(part):
                return [] if self._holds(part) is None else None
            case Fact():
                return [node] if self._is(node) else None
            case _:
                first = next(iter(self._spots(node)), None)
                return None if first is None else [first]

    def _is(self, fact: Fact) -> bool:
        item = self.seen.item
        if fact.name == "source":
            return item.source.startswith(fact.value) if fact.cut else item.source == fact.value
        return fact.value == (item.kind if fact.name == "kind" else base(item.language))

    # --------------------------------------------------------------------------------------------------- places
    def _spots(self, node: Node) -> list[Spot]:
        """Where a node stands, in the order of the item."""
        match node:
            case Sought():
                return list(self._standing(node))
            case Some(parts):
                return sorted({spot for part in parts for spot in self._spots(part)})
            case Near(left, right, words, ordered, forbidden):
                lefts = self._spots(left)
                rights = self._spots(right) if lefts else []
                if forbidden:
                    return [one for one in lefts if not _is_near(one, rights, words)]
                found = (_nearest(one, rights, words, ordered=ordered) for one in lefts)
                return sorted({one for one in found if one is not None})
            case _:
                raise TypeError(f"{type(node).__name__} stands nowhere")

    def _standing(self, sought: Sought) -> Iterator[Spot]:
        first, *more = (self.seen.at.get(self.numbers[piece], {}) for piece in sought.pieces)
        for passage, starts in first.items():
            if in_place(sought.place, passage):
                following = [set(one.get(passage, ())) for one in more]
                for start in starts:
                    if all(start + step in places for step, places in enumerate(following, 1)):
                        yield Spot(passage, start, start + 1 + len(more))

    # -------------------------------------------------------------------------------------------------- reasons
    def _told(self, decided: Iterable[Spot | Fact]) -> Iterator[str]:
        for one in decided:
            if isinstance(one, Fact):
                value = self.seen.item.source if one.name == "source" else one.value
                yield f"{one.name} is {value}"
                continue
            for spot in one.parts or (one,):
                where = "among the source's own categories" if spot.passage >= FIRST_TAG else _WHERE[spot.passage]
                yield f"“{self._quoted(spot)}” {where}"

    def _quoted(self, spot: Spot) -> str:
        words = self.seen.words[spot.passage][spot.start : spot.end]
        return _joined(words)


def _joined(words: Sequence[str]) -> str:
    """Words as people read them: the pairs of a script without spaces are put together again."""
    text = ""
    for word in words:
        pair = text and len(word) == 2 and text[-1] == word[0] and not word.isascii()
        text += word[1:] if pair else f" {word}" if text else word
    return text


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
