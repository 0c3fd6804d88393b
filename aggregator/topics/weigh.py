"""From evidence to chances: is the item of the field, and is it about the topic?

Two logistic regressions over numbers that describe evidence and hold no word of any text, so that they can't learn
a source: one for the field, one shared by all topics. Their weights are `weights.json`, learned by
`benchmarks/learn_topics.py`. A topic of an operator's own is weighed by the same numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from math import exp, log1p, sqrt
from typing import Any

from aggregator.topics import cues
from aggregator.topics.cues import HINT, NEVER, PLAIN, TELLING
from aggregator.topics.evidence import ADDRESS, CATEGORY, LEAD, LEAD_WORDS, TEXT, TITLE, Evidence, Hit

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


@dataclass(slots=True)
class _Sum:
    """The evidence of one topic, counted: by strength, each phrase by its worth."""

    title: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    category: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    lead: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    text: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    different: int = 0
    strength: float = 0.0


def _passing(hits: Sequence[Hit]) -> bool:
    """Whether all there is of a topic is one hint in the text, or what silences a word."""
    return len(hits) == 1 and hits[0].found.phrase.strength >= HINT and hits[0].place == TEXT


def _sum(hits: Iterable[Hit]) -> _Sum:
    total = _Sum()
    times: dict[str, int] = {}
    lead = set()
    for place, _, (phrase, start, _end) in hits:
        _, text, _, strength, worth = phrase
        if strength == NEVER:
            continue
        if place == TEXT:
            seen = times[text] = times.get(text, 0) + 1
            if seen <= (_HINT_REPEATS if strength == HINT else _REPEATS):
                total.text[strength] += worth
            if seen == 1 and strength == TELLING:
                total.different += 1
            if start < LEAD_WORDS and text not in lead:
                lead.add(text)
                total.lead[strength] += worth
        elif place == TITLE:
            total.title[strength] += worth
        else:
            total.category[TELLING if place == ADDRESS else strength] += worth * (
                place == CATEGORY or strength < HINT
            )
    total.strength = _strength(total)
    return total


def _strength(one: _Sum) -> float:
    """Roughly how much is said, to compare topics by. Round numbers on purpose."""
    title, category, lead, text = one.title, one.category, one.lead, one.text
    named = min(category[TELLING] + 0.7 * category[PLAIN], 1)
    return (
        1.2 * min(title[TELLING], 2) + 0.8 * min(title[PLAIN], 2) + 0.3 * title[HINT]
        + 0.8 * named + 0.2 * category[HINT]
        + 0.4 * lead[TELLING] + 0.25 * lead[PLAIN] + 0.1 * lead[HINT]
        + 0.18 * text[TELLING] + 0.1 * text[PLAIN] + 0.03 * text[HINT]
    )  # fmt: skip


class Numbers:
    """An item's evidence as the numbers that the regressions weigh."""

    def __init__(self, evidence: Evidence, kind: str) -> None:
        self._words, self._kind = evidence.words, kind
        self._sums = {topic: _sum(hits) for topic, hits in evidence.topics.items() if not _passing(hits)}
        self._order = sorted((one.strength for one in self._sums.values()), reverse=True)
        self._counts = evidence.of_field
        self._lessons = len(evidence.lesson)

    def _dense(self, owner: str) -> float:
        return sqrt(100 * self._counts[owner, TEXT] / (self._words + 60))

    def _is_of_kind(self, topic: str) -> bool:
        cue = cues.shipped(topic)
        return cue is not None and self._kind in cue.kinds

    def of_topics(self) -> dict[str, list[float]]:
        """Topic -> its TOPIC_NUMBERS, for each topic that is more than faint."""
        return {topic: self._topic(topic, one) for topic, one in self._sums.items() if one.strength > _FAINT}

    def _topic(self, topic: str, one: _Sum) -> list[float]:
        order = self._order
        rank = order.index(one.strength)
        rival = order[1] if rank == 0 and len(order) > 1 else order[0] if rank else 0.0
        telling, plain, hints = one.text
        said = (
            one.title[TELLING] + one.title[PLAIN] + one.category[TELLING] + one.category[PLAIN] + telling + plain
        )
        return [
            min(one.title[TELLING], 1), min(one.title[PLAIN], 1), log1p(one.title[HINT]),
            min(one.category[TELLING], 1), log1p(one.category[PLAIN] + one.category[HINT]),
            log1p(telling), log1p(plain), log1p(hints), log1p(one.different),
            sqrt(100 * hints / (self._words + 40)), one.strength / order[0],
            rank == 0, rank == 1, rank >= 3, log1p(rival), said == 0,
            self._is_of_kind(topic), log1p(len(self._sums)),
        ]  # fmt: skip

    def of_field(self) -> list[float]:
        """The FIELD_NUMBERS of the item."""
        counts, core, near, home, other = self._counts, cues.CORE, cues.NEAR_FIELD, cues.AT_HOME, cues.OTHER
        own, shared = [0.0], [0.0]
        for topic, one in self._sums.items():
            cue = cues.shipped(topic)
            if cue:  # whatever else an operator follows says nothing of the field
                (shared if cue.shared else own).append(one.strength)
        best, total = max(*own, *shared), sum(own) + sum(shared)
        named = counts[core, TITLE] + counts[core, CATEGORY]
        return [
            min(counts[core, TITLE], 2), min(counts[near, TITLE], 2), min(counts[home, TITLE], 2),
            min(counts[other, TITLE], 2), min(counts[core, CATEGORY], 1), min(counts[near, CATEGORY], 1),
            min(counts[other, CATEGORY], 1), log1p(counts[core, LEAD]), log1p(counts[near, LEAD]),
            log1p(counts[other, LEAD]), self._dense(core), self._dense(near), self._dense(home),
            self._dense(other), log1p(counts[near, TEXT]), min(self._lessons, 4) / 4, log1p(max(own)),
            log1p(max(shared)), log1p(sum(own)), best / (total + 0.5),
            named + counts[core, TEXT] + counts[near, TEXT] + counts[near, TITLE] == 0,
            log1p(self._words) / 5,
        ]  # fmt: skip


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
        return sum(w * n for w, n in zip(self.field, numbers, strict=True)) + self.field_bias

    def about(self, numbers: Iterable[float]) -> float:
        """The log-odds that an item of the field is about the topic that the numbers describe."""
        return sum(w * n for w, n in zip(self.topic, numbers, strict=True)) + self.topic_bias

    def within(self, topic: str, in_field: float, numbers: Sequence[float]) -> float:
        """The chance that a topic may be given to an item with these log-odds of being of the field.

        Topics that are nobody else's need less of the field around them; an operator's own need none, nor what is
        followed anywhere and named in the title.
        """
        cue = cues.shipped(topic)
        if cue is None or (cue.anywhere and named_in_title(numbers)):
            return 1.0
        least = self.least_field["shared" if cue.shared else "own"]
        return chance(in_field) ** self.by_field if in_field >= least else 0.0


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
