"""What corrections of single items teach about the other items of their source: small, bounded, readable factors.

A topic that curators take away from a source's items again and again counts for less there, one that they keep
adding counts for more: at least half, at most double. So a source can tip the scale and never decide: an item
without any word of a topic is not given it. Nothing is fitted: equal corrections teach the same, and one that is
undone teaches nothing. What else was tried and brought nothing is in docs/why/corrections.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from aggregator.model import Item

PRIOR = 1.0  # judgements that each source is believed to have had of each topic already, half of them good
LEAST, MOST = 0.5, 2.0


class Judgement(NamedTuple):
    """A curator's word: the topic belongs to an item of this source, or does not."""

    source: str
    topic: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Learned:
    """Source -> topic -> what the evidence for the topic is multiplied by in items of the source."""

    leans: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def lean(self, source: str, topic: str) -> float:
        """1 where nothing was learned."""
        return self.leans.get(source, {}).get(topic, 1.0)


def learn(judgements: Iterable[Judgement]) -> Learned:
    """The lessons of these judgements, in whatever order they come."""
    counts: dict[tuple[str, str], list[int]] = {}
    for source, topic, wanted in judgements:
        counts.setdefault((source, topic), [0, 0])[wanted] += 1
    leans: dict[str, dict[str, float]] = {}
    for (source, topic), (bad, good) in sorted(counts.items()):
        if (factor := _factor(good, bad)) != 1.0:
            leans.setdefault(source, {})[topic] = factor
    return Learned(leans)


def _factor(good: int, bad: int) -> float:
    share = (good + PRIOR / 2) / (good + bad + PRIOR)
    return round(min(MOST, max(LEAST, 2 * share)), 2)


def judgements(
    said: Mapping[str, Mapping[str, bool]], items: Iterable[Item], given: Callable[[Item], Iterable[str]]
) -> Iterator[Judgement]:
    """The judgements of the corrections in force: item -> topic -> wanted. `given(item)`: the topics that the
    tagger gives by itself. Who corrects an item has looked at it: topics left alone are taken for right."""
    for item in items:
        wanted = dict.fromkeys(given(item), True) | dict(said.get(item.id, {}))
        yield from (Judgement(item.source, topic, yes) for topic, yes in wanted.items())
