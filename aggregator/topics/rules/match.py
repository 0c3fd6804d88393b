"""Does a rule hold for an item, and which words decided?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aggregator.model import Item
from aggregator.topics.rules.passages import AUTHOR, FIRST_TAG, TEXT, TITLE, Pieces, Seen
from aggregator.topics.rules.plan import Spot, plan
from aggregator.topics.rules.syntax import Rule
from aggregator.topics.rules.tree import Fact, Sought, leaves

QUOTED = 3  # words or phrases that a reason names
_WHERE = {TITLE: "in the title", TEXT: "in the text", AUTHOR: "as author"}


@dataclass(frozen=True, slots=True)
class Match:
    """A rule holds for an item."""

    seen: Seen
    decided: tuple[Spot | Fact, ...]

    @property
    def why(self) -> str:
        """What decided, as it stands in the item, with its place; at most three findings."""
        return ", ".join(list(dict.fromkeys(self._told()))[:QUOTED])

    def _told(self) -> Iterator[str]:
        for one in self.decided:
            if isinstance(one, Fact):
                yield f"{one.name} is {self.seen.item.source if one.name == 'source' else one.value}"
                continue
            for spot in one.parts or (one,):
                where = "among the source's own categories" if spot.passage >= FIRST_TAG else _WHERE[spot.passage]
                yield f"“{_joined(self.seen.words[spot.passage][spot.start : spot.end])}” {where}"


class Matcher:
    """Many named rules, tried on one item after the other. The words of an item are looked up once for all."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        found = [leaf for rule in rules.values() for leaf in leaves(rule.root) if isinstance(leaf, Sought)]
        self._pieces = Pieces(piece for leaf in found for piece in leaf.pieces)
        self._plans = {name: plan(rule.root, self._pieces.numbers) for name, rule in rules.items()}
        self._always = [name for name, one in self._plans.items() if one.needs is None]
        self._if_seen: dict[int, list[str]] = {}
        for name, one in self._plans.items():
            for number in one.needs or ():
                self._if_seen.setdefault(number, []).append(name)

    def __bool__(self) -> bool:
        return bool(self._plans)

    def match(self, item: Item) -> dict[str, Match]:
        """The rules that hold for an item, by name."""
        if not self._plans:
            return {}
        seen = self._pieces.seen(item)
        tried = dict.fromkeys(self._always)
        for number in self._if_seen.keys() & seen.at.keys():
            tried.update(dict.fromkeys(self._if_seen[number]))
        held = ((name, self._plans[name].holds(seen)) for name in sorted(tried))
        return {name: Match(seen, tuple(decided)) for name, decided in held if decided is not None}


def _joined(words: Sequence[str]) -> str:
    """Words as people read them: the pairs of a script without spaces are put together again."""
    text = ""
    for word in words:
        pair = text and len(word) == 2 and text[-1] == word[0] and not word.isascii()
        text += word[1:] if pair else f" {word}" if text else word
    return text
