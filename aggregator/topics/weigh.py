"""From evidence to chances: is the item of the field, and is it about the topic?

Two logistic regressions over numbers that describe evidence and hold no word of any text, so that they can't learn
a source: one for the field, one shared by all topics. Their weights are `weights.json`, learned by
`benchmarks/learn_topics.py`. A topic of an operator's own is weighed by the same numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log1p, sqrt
from operator import mul
from typing import Any

from aggregator.topics import cues
from aggregator.topics.cues import HINT, NEVER, TELLING
from aggregator.topics.evidence import CATEGORY, LEAD, LEAD_WORDS, TEXT, TITLE, Evidence, Hit

_REPEATS, _HINT_REPEATS = 4, 3  # of one phrase; more say nothing new
_FAINT = 0.2  # strength below which a topic is not considered: one mention far down a text

TOPIC_NUMBERS = (
    "title_telling", "title_plain", "title_hints", "category_telling", "category_others", "text_telling",
    "text_plain", "text_hints", "different", "density_hints", "beside_best", "is_first", "is_second",
    "is_fourth", "rival", "only_hints", "kind", "topics",
)  # fmt: skip
FIELD_NUMBERS = (
    "title_core", "title_near", "title_home", "title_other", "category_core", "category_near", "category_other",
    "lead_core", "lead_near", "lead_other", "core", "near", "home", "other", "near_count", "course", "best_own",
    "best_shared", "sum_own", "best_share", "no_field", "length",
)  # fmt: skip


_SPOKEN_OF = (cues.CORE, cues.NEAR_FIELD, cues.AT_HOME, cues.OTHER)
_SPOKEN_IN = (TITLE, CATEGORY, LEAD, TEXT)
_T, _C, _L, _X = range(4)  # their places there
_IN_TITLE, _IN_CATEGORY, _IN_LEAD, _IN_TEXT = range(0, 12, 3)  # where a sum has its three strengths


class _Sum:
    """The evidence of one topic, counted: by place and strength, each phrase by its worth. `different`: telling
    phrases of the text; `strength`: roughly how much is said, to compare topics by."""

    __slots__ = ("counts", "different", "strength")

    def __init__(self, counts: list[float], different: int) -> None:
        self.counts, self.different, self.strength = counts, different, _strength(counts)


def _passing(hits: Sequence[Hit]) -> bool:
    """Whether all there is of a topic is one hint in the text, or what silences a word."""
    if len(hits) > 1:
        return False
    place, _, ((_, _, _, strength, _), _, _) = hits[0]
    return strength >= HINT and place == TEXT


def _sum(hits: Iterable[Hit]) -> _Sum:
    counts = [0.0] * 12
    different = 0
    times: dict[str, int] = {}
    for place, _, ((_, text, _, strength, worth), start, _) in hits:
        if strength == NEVER:
            continue
        if place == TEXT:
            seen = times[text] = times.get(text, 0) + 1
            if seen <= (_HINT_REPEATS if strength == HINT else _REPEATS):
                counts[_IN_TEXT + strength] += worth
            if seen == 1:
                different += strength == TELLING
                if start < LEAD_WORDS:  # the first time is the earliest
                    counts[_IN_LEAD + strength] += worth
        elif place == TITLE:
            counts[_IN_TITLE + strength] += worth
        elif place == CATEGORY:
            counts[_IN_CATEGORY + strength] += worth
        elif strength < HINT:
            counts[_IN_CATEGORY + TELLING] += worth  # a name in the address
    return _Sum(counts, different)


def _strength(counts: Sequence[float]) -> float:
    """Roughly how much is said. Round numbers on purpose."""
    (
        title,
        title_plain,
        title_hint,
        telling,
        plain,
        hint,
        lead,
        lead_plain,
        lead_hint,
        text,
        text_plain,
        text_hint,
    ) = counts
    return (
        1.2 * min(title, 2) + 0.8 * min(title_plain, 2) + 0.3 * title_hint
        + 0.8 * min(telling + 0.7 * plain, 1) + 0.2 * hint
        + 0.4 * lead + 0.25 * lead_plain + 0.1 * lead_hint
        + 0.18 * text + 0.1 * text_plain + 0.03 * text_hint
    )  # fmt: skip


class Numbers:
    """An item's evidence as the numbers that the regressions weigh."""

    def __init__(self, evidence: Evidence, kind: str) -> None:
        self._words, self._kind = evidence.words, kind
        self._sums = {topic: _sum(hits) for topic, hits in evidence.topics.items() if not _passing(hits)}
        self._order = sorted((one.strength for one in self._sums.values()), reverse=True)
        self._counts = evidence.of_field
        self._lessons = len(evidence.lesson)

    def _is_of_kind(self, topic: str) -> bool:
        cue = cues.shipped(topic)
        return cue is not None and self._kind in cue.kinds

    def topics(self) -> list[str]:
        """The topics that are more than faint."""
        return [topic for topic, one in self._sums.items() if one.strength > _FAINT]

    def of_topics(self) -> dict[str, list[float]]:
        """Topic -> its TOPIC_NUMBERS, for each topic that is more than faint."""
        return {topic: self.of_topic(topic) for topic in self.topics()}

    def of_topic(self, topic: str) -> list[float]:
        """The TOPIC_NUMBERS of one of `topics`."""
        one, order = self._sums[topic], self._order
        rank = order.index(one.strength)
        rival = order[1] if rank == 0 and len(order) > 1 else order[0] if rank else 0.0
        title, title_plain, title_hints, named, named_plain, named_hints, _, _, _, telling, plain, hints = (
            one.counts
        )
        return [
            min(title, 1), min(title_plain, 1), log1p(title_hints),
            min(named, 1), log1p(named_plain + named_hints),
            log1p(telling), log1p(plain), log1p(hints), log1p(one.different),
            sqrt(100 * hints / (self._words + 40)), one.strength / order[0],
            rank == 0, rank == 1, rank >= 3, log1p(rival),
            title + title_plain + named + named_plain + telling + plain == 0,
            self._is_of_kind(topic), log1p(len(self._sums)),
        ]  # fmt: skip

    def is_in_title(self, topic: str) -> bool:
        """Whether the title names one of the topics."""
        title, title_plain = self._sums[topic].counts[:2]
        return title + title_plain > 0

    def of_field(self) -> list[float]:
        """The FIELD_NUMBERS of the item."""
        core, near, home, other = (self._said(owner) for owner in _SPOKEN_OF)
        own, shared = [0.0], [0.0]
        for topic, one in self._sums.items():
            cue = cues.shipped(topic)
            if cue:  # whatever else an operator follows says nothing of the field
                (shared if cue.shared else own).append(one.strength)
        best, total = max(*own, *shared), sum(own) + sum(shared)
        return [
            min(core[_T], 2), min(near[_T], 2), min(home[_T], 2), min(other[_T], 2),
            min(core[_C], 1), min(near[_C], 1), min(other[_C], 1),
            log1p(core[_L]), log1p(near[_L]), log1p(other[_L]),
            self._dense(core[_X]), self._dense(near[_X]), self._dense(home[_X]), self._dense(other[_X]),
            log1p(near[_X]), min(self._lessons, 4) / 4, log1p(max(own)),
            log1p(max(shared)), log1p(sum(own)), best / (total + 0.5),
            core[_T] + core[_C] + core[_X] + near[_X] + near[_T] == 0,
            log1p(self._words) / 5,
        ]  # fmt: skip

    def _said(self, owner: str) -> list[int]:
        """How often an owner of the field is spoken of in each of _SPOKEN_IN."""
        return [self._counts.get((owner, place), 0) for place in _SPOKEN_IN]

    def _dense(self, count: int) -> float:
        return sqrt(100 * count / (self._words + 60))


# ------------------------------------------------------------------------------------------------- regressions
@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned; see `weights.json`."""

    topic: tuple[float, ...]
    topic_bias: float
    field: tuple[float, ...]
    field_bias: float
    enough: float
    least_field: Mapping[str, float]
    by_field: float

    def in_field(self, numbers: Iterable[float]) -> float:
        """The log-odds that an item is of the field."""
        return _dot(self.field, numbers) + self.field_bias

    def about(self, numbers: Iterable[float]) -> float:
        """The log-odds that an item of the field is about the topic that the numbers describe."""
        return _dot(self.topic, numbers) + self.topic_bias

    def within(self, topic: str, in_field: float, in_title: bool) -> float:
        """The chance that a topic, maybe named in the title, may be given to an item with these log-odds of being
        of the field.

        Topics that are nobody else's need less of the field around them; an operator's own need none, nor what is
        followed anywhere and named in the title.
        """
        cue = cues.shipped(topic)
        if cue is None or (cue.anywhere and in_title):
            return 1.0
        least = self.least_field["shared" if cue.shared else "own"]
        return chance(in_field) ** self.by_field if in_field >= least else 0.0


def _dot(weights: Iterable[float], numbers: Iterable[float]) -> float:
    products: Iterable[float] = map(mul, weights, numbers)
    return sum(products)


def named_in_title(numbers: Sequence[float]) -> bool:
    """Whether TOPIC_NUMBERS say that the title names the topic."""
    return numbers[0] + numbers[1] > 0  # title_telling, title_plain


def chance(log_odds: float) -> float:
    """A chance between 0 and 1 from log-odds."""
    return 1 / (1 + exp(-max(-30.0, min(30.0, log_odds))))


@cache
def shipped_weights() -> Weights:
    """The weights that ship."""
    return weights_from(json.loads(files(__package__).joinpath("weights.json").read_text(encoding="utf-8")))


def weights_from(data: Mapping[str, Any]) -> Weights:
    """Weights from what `benchmarks/learn_topics.py` writes. Raises KeyError for a number without a weight."""
    return Weights(
        tuple(data["topic"][name] for name in TOPIC_NUMBERS),
        data["topic"]["bias"],
        tuple(data["field"][name] for name in FIELD_NUMBERS),
        data["field"]["bias"],
        data["enough"],
        data["least_field"],
        data["by_field"],
    )
