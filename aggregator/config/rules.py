"""The rules of topics and the lists they name: compiled, and tried on their examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ruamel.yaml.nodes import Node, ScalarNode

from aggregator.config import document, fields
from aggregator.config.entries import Findings, Place
from aggregator.language import language_of
from aggregator.model import KIND_ALIASES, Item, Topic
from aggregator.topics.rules import Lists, Matcher, Rule, RuleError, compile_rule, lists_of


def read_lists(
    places: list[Place], topics: Mapping[str, object], found: Findings
) -> dict[str, Mapping[str, tuple[str, ...]]]:
    """The lists of words under `lists:`, by name."""
    lists: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for place in places:
        fault = fields.slug_fault(place.name)
        if fault:
            found.error(place.key, f"{place}: {fault[0]}", fault[1])
        elif place.name in topics:
            found.error(
                place.key, f"{place} is called like a topic", "list:name means the topic's words: rename one"
            )
        elif (words := found.words(place)) is not None:
            lists[place.name] = words
    return lists


def with_rules(
    topics: Mapping[str, Topic], places: Iterable[Place], lists: Lists, found: Findings
) -> dict[str, Topic]:
    """The topics, each with the lists that its rule names. A rule that can't be used is named and left out; an
    example that does not come out as it should is named, and its rule stays in force."""
    known = lists_of(topics, lists)
    ready = dict(topics)
    for place in places:
        topic = topics.get(place.name)
        if topic is None or not topic.rule:
            continue
        try:
            rule = compile_rule(topic.rule, known, may_forbid=True)
        except RuleError as error:
            _complain(place, topic.rule, error, found)
            ready[place.name] = replace(topic, rule="")
            continue
        ready[place.name] = replace(topic, lists={name: known[name] for name in rule.lists})
        _try(place, topic, rule, found)
    return ready


def _complain(place: Place, rule: str, error: RuleError, found: Findings) -> None:
    node = document.locate(place.node, ("rule",))
    line, column = position(found.lines, node, rule, error.offset)
    what = f"{place}, rule, column {column}: {error.what}"
    found.error(node, what, error.remedy, line)


def _try(place: Place, topic: Topic, rule: Rule, found: Findings) -> None:
    matcher = Matcher({"": rule})
    for key, wanted, examples in (("match", True, topic.match), ("not", False, topic.not_match)):
        for number, example in enumerate(examples):
            decided = matcher.match(example).get("")
            if (decided is not None) is (wanted is not rule.forbids):
                continue
            node = document.locate(place.node, (key, number))
            if node is document.locate(place.node, (key,)):
                node = document.locate(place.node, ("examples", key, number))
            shown = fields.shortened(example.title or example.text)
            because = f": {decided.why}" if decided else ""
            verb = "matches" if decided else "does not match"
            found.error(
                node, f"{place}: the rule {verb} '{shown}'{because}", "change the rule, or move the example"
            )


def example(said: Mapping[str, object]) -> Item:
    """An example as an item. A single text is looked for in title and text alike; its language is guessed."""
    title, text = str(said.get("title", "")), str(said.get("text", ""))
    language = str(said.get("language") or "") or language_of(f"{title} {text}")
    tags, kind = said.get("tags", ()), str(said.get("kind", "post")).lower()
    return Item(
        "", source=str(said.get("source", "")), title=title, text=text, language=language,
        kind=KIND_ALIASES.get(kind, kind), author=str(said.get("author", "")),
        tags=tuple(tags) if isinstance(tags, (list, tuple)) else (str(tags),),
    )  # fmt: skip


def position(lines: list[str], node: Node, value: str, offset: int) -> tuple[int, int]:
    """Line and column (from 1) in the file of a place in a written text.

    YAML folds lines and drops indentation, but keeps every other sign in its order: so these are counted.
    """
    line, column = node.start_mark.line, node.start_mark.column
    style = node.style if isinstance(node, ScalarNode) else None
    if style in ("|", ">"):
        line, column = line + 1, 0
    elif style:
        column += 1
    wanted = len("".join(value[:offset].split()))
    at_end = offset >= len(value.rstrip())
    while line < len(lines):
        for place in range(column, len(lines[line])):
            if lines[line][place].isspace():
                continue
            if wanted == 0:
                return line + 1, place + 1
            wanted -= 1
            if wanted == 0 and at_end:
                return line + 1, place + 2
        line, column = line + 1, 0
    return document.line_of(node), node.start_mark.column + 1
