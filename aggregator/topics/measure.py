"""How well topics are given, measured on what curators said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

ENOUGH = 10  # judgements of a topic below which its figures say little


class Judged(NamedTuple):
    """What a curator said of an item and a topic, and what the tagger says by itself."""

    topic: str
    wanted: bool
    given: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the judgements of one topic (or all): rightly given, wrongly given, missed, rightly not given."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    rightly_not: int = 0

    @property
    def judged(self) -> int:
        return self.right + self.wrong + self.missed + self.rightly_not

    @property
    def precision(self) -> float | None:
        """Of what was given, how much is right; None where nothing was given."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        """Of what belongs to the topic, how much was given; None where nothing belongs to it."""
        return self.right / (self.right + self.missed) if self.right + self.missed else None

    @property
    def too_few(self) -> bool:
        return self.judged < ENOUGH


def figures(judgements: Iterable[Judged]) -> Figures:
    """The figures of these judgements together."""
    listed = list(judgements)
    return Figures(
        right=sum(one.wanted and one.given for one in listed),
        wrong=sum(one.given and not one.wanted for one in listed),
        missed=sum(one.wanted and not one.given for one in listed),
        rightly_not=sum(not one.wanted and not one.given for one in listed),
    )


def by_topic(judgements: Iterable[Judged]) -> dict[str, Figures]:
    """The figures of each topic that was judged, by its id."""
    found: dict[str, list[Judged]] = {}
    for one in judgements:
        found.setdefault(one.topic, []).append(one)
    return {topic: figures(found[topic]) for topic in sorted(found)}
