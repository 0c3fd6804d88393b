"""The rules of topics: what a curator's search strategy gives to an item, and what it keeps from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aggregator.model import Item, Topic
from aggregator.topics.rules.fields import Lists
from aggregator.topics.rules.match import Matcher
from aggregator.topics.rules.syntax import compile_rule


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of one item. `given`: topic -> reason; `barred`: topics its words must not give."""

    given: Mapping[str, str] = field(default_factory=dict)
    barred: frozenset[str] = frozenset()


_NOTHING = Verdict()


class CuratedRules:
    """The rules of some topics. Those without a rule play no part. A bad rule can't come here: feeds.yaml is
    checked before (RuleError otherwise)."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        listed = tuple(topics)
        rules = {t.id: compile_rule(t.rule, t.lists, may_forbid=True) for t in listed if t.rule}
        self._matcher = Matcher(rules)
        self._forbids = frozenset(id for id, rule in rules.items() if rule.forbids)
        # A topic whose rule could not be used has none here, and is still not given by its words.
        self._alone = frozenset(topic.id for topic in listed if topic.only_rule) - self._forbids

    def judge(self, item: Item) -> Verdict:
        """A topic whose rule holds is given; one whose rule only forbids is barred where it holds; one that goes
        by its rule only is barred wherever the rule does not hold."""
        if not (self._matcher or self._alone):
            return _NOTHING
        held = self._matcher.match(item)
        given = {id: f"{match.why} (by its rule)" for id, match in held.items() if id not in self._forbids}
        barred = {id for id in held if id in self._forbids} | {id for id in self._alone if id not in given}
        return Verdict(given, frozenset(barred))


def lists_of(topics: Mapping[str, Topic], lists: Lists | None = None) -> Lists:
    """Every list that a rule may name: those under `lists:`, and the words of each topic under its id."""
    return {**{id: topic.words for id, topic in topics.items()}, **(lists or {})}
