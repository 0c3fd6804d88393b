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
UNTOUCHED = 0.1  # what an item is worth, beside a judgement, that has the topic and that nobody corrected
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


def learn(judgements: Iterable[Judgement], standing: Mapping[tuple[str, str], int] | None = None) -> Learned:
    """The lessons of these judgements, in whatever order they come.

    `standing`: (source, topic) -> how many items of the source have the topic. They temper what is taken away: one
    mistake among a hundred items says little of the others.
    """
    held = standing or {}
    counts: dict[tuple[str, str], list[int]] = {}
    for source, topic, wanted in judgements:
        counts.setdefault((source, topic), [0, 0])[wanted] += 1
    leans: dict[str, dict[str, float]] = {}
    for (source, topic), (bad, good) in sorted(counts.items()):
        if (factor := _factor(good, bad, held.get((source, topic), 0))) != 1.0:
            leans.setdefault(source, {})[topic] = factor
    return Learned(leans)


def _factor(good: int, bad: int, standing: int) -> float:
    # In powers of two: else every new item would change the lesson, and have all held items tagged again.
    steps = 1 << (standing.bit_length() - 1) if standing else 0
    believed = good + min(float(bad), UNTOUCHED * steps)  # never more than speaks against it
    share = (believed + PRIOR / 2) / (believed + bad + PRIOR)
    return round(min(MOST, max(LEAST, 2 * share)), 2)


def judgements(
    said: Mapping[str, Mapping[str, bool]], items: Iterable[Item], given: Callable[[Item], Iterable[str]]
) -> Iterator[Judgement]:
    """The judgements of the corrections in force: item -> topic -> wanted. `given(item)`: the topics that the
    tagger gives by itself. Who corrects an item has looked at it: topics left alone are taken for right."""
    for item in items:
        by_itself = dict.fromkeys(given(item), True)
        for topic, wanted in (by_itself | dict(said.get(item.id, {}))).items():
            if wanted or topic in by_itself:  # what would not be given anyway is no mistake to learn from
                yield Judgement(item.source, topic, wanted)
