"""The items of one ranking as letters choose from them: by number, since a reader is offered ten times what one
letter carries. What holds of an item (its section, whether another tells the same story) is found out once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from aggregator.choose import Chooser, story
from aggregator.model import Item, Pick
from aggregator.rank.pool import Pool
from aggregator.rank.spread import places_of

Best = tuple[Sequence[int], Sequence[float]]  # numbers of items and their scores, best first


class Scored(NamedTuple):
    """An item that was chosen, with its score and its number in the ranking."""

    item: Item
    score: float
    number: int


class Offer:
    """What letters choose from."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._sources = [item.source for item in pool.items]
        self._tangled = frozenset(pool.numbers(_tangled(pool.given)))
        self._waiting = [Pick(item, 0.0, "") for item in pool.items]
        self._sections: dict[int, _Sections] = {}

    def choose(
        self,
        chooser: Chooser,
        best: Best,
        max_items: int | None,
        had: Sequence[Item],
    ) -> tuple[list[tuple[str, list[Scored]]], tuple[Pick, ...]]:
        """What `chooser.choose` gives for these numbers and scores, spread; what waits has no score."""
        sections = self._sections_of(chooser)
        scores, room = dict(zip(*best, strict=True)), chooser.room(max_items)
        chosen: dict[str, list[Scored]] = {}
        late: list[int] = []
        numbers = iter(self._in_turn(chooser, best, had))
        for number in numbers:
            if not (section := sections[number]):
                continue
            if room.takes(self._sources[number], section):
                one = Scored(self.pool.items[number], scores[number], number)
                chosen.setdefault(section, []).append(one)
            else:
                late.append(number)
            if room.left <= 0:
                break
        late += filter(sections.__getitem__, numbers)  # where there is no room, nothing else matters
        return chooser.in_order(chosen), tuple(map(self._waiting.__getitem__, late))

    def _in_turn(self, chooser: Chooser, best: Best, had: Sequence[Item]) -> Sequence[int]:
        """The numbers in the order in which they are looked at, each story once."""
        numbers, scores = best
        sources = list(map(self._sources.__getitem__, numbers))
        order = list(map(numbers.__getitem__, places_of(sources, scores)))
        return order if self._tangled.isdisjoint(order) else list(self._untangled(chooser, order, had))

    def _untangled(self, chooser: Chooser, order: Sequence[int], had: Sequence[Item]) -> Iterator[int]:
        """Only what shares its story with other items is compared with them; all else stays where it stands."""
        number, tangled = self.pool.number, self._tangled
        picks = chooser.next_days([self._waiting[n] for n in order if n in tangled])
        told = {pick.item.id for pick in chooser.stories(picks, had)}
        turn = iter(picks)
        for n in order:
            if n not in tangled:
                yield n
            elif (pick := next(turn)).item.id in told:
                yield number(pick.item.id)

    def _sections_of(self, chooser: Chooser) -> _Sections:
        found = self._sections.get(id(chooser))
        if found is None:  # it keeps its chooser, so that nobody else gets that id
            found = self._sections[id(chooser)] = _Sections(chooser, self.pool.items)
        return found


class _Sections(dict[int, str]):
    """Number -> the section of the item, as one chooser sees it; empty for none."""

    def __init__(self, chooser: Chooser, items: Sequence[Item]) -> None:
        super().__init__()
        self._chooser, self._items = chooser, items

    def __missing__(self, number: int) -> str:
        found = self[number] = self._chooser.section(self._items[number])
        return found


def _tangled(items: Iterable[Item]) -> Iterator[str]:
    """Ids of the items that another of them may stand in for, or rule out: days of one series, one story told by
    several sources, later news and what it follows."""
    stories = {item.id: story(item) for item in items}
    shared = Counter(mark for marks in stories.values() for mark in marks)
    followed = {item.follows for item in items if item.follows}
    for item in items:
        if item.follows or item.id in followed or any(shared[mark] > 1 for mark in stories[item.id]):
            yield item.id
