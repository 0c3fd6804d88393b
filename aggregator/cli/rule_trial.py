"""A rule tried on the items we hold, before it is saved: what it would catch, and how that differs from today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aggregator.model import Item, Topic
from aggregator.topics.rules import compile_rule, lists_of

if TYPE_CHECKING:
    from aggregator.app import App

LISTED = 20  # titles of one sort that people are shown


@dataclass(frozen=True, slots=True)
class Caught:
    """One item, and the words that decided."""

    item: Item
    why: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What a topic would gain, lose and keep with the rule; newest first."""

    gained: list[Caught]
    lost: list[Caught]
    same: list[Caught]


def search(app: App, text: str, since: datetime, until: datetime) -> list[Caught]:
    """The held items for which a rule holds, newest first. Raises RuleError."""
    rule = compile_rule(text, lists_of(app.catalogue.topics, app.catalogue.lists))
    return [Caught(item, match.why) for item, match in app.store.items.matching(rule, since, until)]


def compared(app: App, topic: Topic, since: datetime, until: datetime) -> Difference:
    """Today's items of a topic against those it would have as it is here. Raises RuleError.

    Only items that the full-text index names are tagged: those of today, those for which the rule holds, and those
    that the rule of today keeps away.
    """
    from aggregator.topics import Tagger
    from aggregator.topics.corrections import corrected, in_force

    ready = _ready(app, topic)
    tagger = Tagger({**app.catalogue.topics, topic.id: ready}, app.learned)
    said = in_force(app.store.corrections.all())
    result = Difference([], [], [])
    for item in _concerned(app, ready, since, until):
        source = app.catalogue.sources.get(item.source)
        tags = corrected(tagger.tag(replace(item, topics=()), source), said.get(item.id, {}))
        after = next((tag.why for tag in tags if tag.id == topic.id), None)
        before = next((tag.why for tag in item.topics if tag.id == topic.id), None)
        if after is not None:
            (result.gained if before is None else result.same).append(Caught(item, after))
        elif before is not None:
            result.lost.append(Caught(item, before))
    return result


def _ready(app: App, topic: Topic) -> Topic:
    known = lists_of(app.catalogue.topics, app.catalogue.lists)
    rule = compile_rule(topic.rule, known, may_forbid=True)
    return replace(topic, lists={name: known[name] for name in rule.lists})


def _concerned(app: App, topic: Topic, since: datetime, until: datetime) -> list[Item]:
    """The items whose topics can change, newest first."""
    held = {item.id: item for item in app.store.items.of_topic(topic.id, since)}
    for text in _asked(topic, app.catalogue.topics.get(topic.id, topic)):
        rule = compile_rule(text, {**topic.lists, topic.id: topic.words}, may_forbid=True)
        held |= {item.id: item for item, _ in app.store.items.matching(rule, since, until)}
    seen = [item for item in held.values() if item.first_seen_at is not None and item.first_seen_at <= until]
    return sorted(seen, key=lambda item: (item.first_seen_at, item.id), reverse=True)


def _asked(topic: Topic, today: Topic) -> Iterator[str]:
    yield topic.rule
    keeps = today.only_rule or (today.rule and compile_rule(today.rule, today.lists, may_forbid=True).forbids)
    if keeps and any(topic.words.values()):  # what today's rule keeps from the topic's words may come back
        yield f"list:{topic.id}"


# ------------------------------------------------------------------------------------------------------- printing
def as_json(sorts: dict[str, list[Caught]]) -> dict[str, Any]:
    """Counts, and every item with the words that decided."""
    from aggregator.jsonlines import moment

    def told(one: Caught) -> dict[str, Any]:
        item = one.item
        return {
            "id": item.id, "title": item.title, "url": item.url, "source": item.source, "language": item.language,
            "first_seen_at": moment(item.first_seen_at), "topics": [tag.id for tag in item.topics], "why": one.why,
        }  # fmt: skip

    counts = {name: len(listed) for name, listed in sorts.items()}
    return {"counts": counts, **{name: list(map(told, listed)) for name, listed in sorts.items()}}


def lines(sorts: dict[str, list[Caught]]) -> Iterator[str]:
    """For people: the newest of each sort, with the words that decided."""
    yield ", ".join(f"{len(listed)} {name}" for name, listed in sorts.items())
    for name, listed in sorts.items():
        if listed:
            yield f"\n{name.capitalize()}:"
        yield from _listed(listed[:LISTED])
        if len(listed) > LISTED:
            yield f"  and {len(listed) - LISTED} more; --json lists them all"


def _listed(listed: Iterable[Caught]) -> Iterator[str]:
    from aggregator.compose.plain import clean

    for one in listed:
        seen = one.item.first_seen_at
        yield f"  {seen:%Y-%m-%d}  {clean(one.item.title) or one.item.id}" if seen else f"  {one.item.id}"
        topics = ", ".join(tag.id for tag in one.item.topics) or "no topic"
        yield f"              {clean(one.why)}  [{topics}]"
