"""The topics of feeds.yaml and how they hang together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aggregator.config import document, fields
from aggregator.config.entries import Findings, Place, is_text
from aggregator.config.rules import example, read_lists, with_rules
from aggregator.config.schema import TopicEntry
from aggregator.model import Topic
from aggregator.topics.rules import Lists


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The sound topics, and every id that was written, so that one bad topic is named once and not at each use."""

    topics: dict[str, Topic] = field(default_factory=dict)
    written: frozenset[str] = frozenset()
    groups: Mapping[str, str] = field(default_factory=dict)
    lists: Lists = field(default_factory=dict)


def read_topics(
    groups: list[Place], topics: list[Place], lists: list[Place], aside: frozenset[str], found: Findings
) -> Vocabulary:
    """Topics with known `broader`, no circles and rules that can be used; `groups` are headings that `broader` may
    name as well, `lists` words that rules may name.

    `aside` are names of entries that could not be read and are problems already.
    """
    labels = _groups(groups, found)
    written = {place.name: place for place in topics}
    for name in labels.keys() & written.keys():
        found.error(written[name].key, f"'{name}' is both a topic and a group", "rename one of them")
    entries = {place.name: entry for place in topics if (entry := _entry(place, found)) is not None}
    for name in list(entries):
        if not _broader_known(written[name], entries[name], (*written, *labels, *aside), found):
            del entries[name]
    for name in _circles(entries, written, found):
        del entries[name]
    sound = {name: _topic(name, entry) for name, entry in entries.items()}
    named = read_lists(lists, written, found)
    return Vocabulary(with_rules(sound, topics, named, found), frozenset(written) | aside, labels, named)


def _groups(places: list[Place], found: Findings) -> dict[str, str]:
    labels = {}
    for place in places:
        fault = fields.slug_fault(place.name)
        if fault:
            found.error(place.key, f"{place}: {fault[0]}", fault[1])
        elif not found.sound(place):
            continue
        elif is_text(place.node) or document.is_null(place.node):
            labels[place.name] = (document.plain(place.node) or "").strip() or _spelled_out(place.name)
        else:
            found.error(place.node, f"{place} should be a text", "write id: Label")
    return labels


def _entry(place: Place, found: Findings) -> TopicEntry | None:
    fault = fields.slug_fault(place.name)
    if fault:
        found.error(place.key, f"{place}: {fault[0]}", fault[1])
    data = {"label": document.plain(place.node)} if is_text(place.node) else found.mapping(place)
    before = found.errors
    entry = found.entry(place, TopicEntry, data)
    if entry is None or fault or found.errors > before:
        return None
    if not entry.words and not entry.rule:
        found.warning(
            place.key,
            f"{place} has no words in any language: no item will be given it by its text",
            "add words: {en: [one, two]}",
        )
    if entry.only_rule and not entry.rule:
        found.warning(place.key, f"{place} goes by its rule only, but has none", "add rule:, or remove only_rule:")
    return entry


def _broader_known(place: Place, entry: TopicEntry, known: tuple[str, ...], found: Findings) -> bool:
    if not entry.broader or entry.broader in known:
        return True
    found.error(
        document.key_at(place.node, ("broader",)),
        f"{place}: broader '{fields.shortened(entry.broader)}' is neither a topic nor a group",
        fields.meant(entry.broader, known) or "name a topic, or add it under groups:",
    )
    return False


def _circles(entries: Mapping[str, TopicEntry], written: Mapping[str, Place], found: Findings) -> set[str]:
    """The topics that are, step by step, broader than themselves; each circle is named once."""
    inside: set[str] = set()
    done: set[str] = set()
    for start in entries:
        path: list[str] = []
        name = start
        while name in entries and name not in done and name not in path:
            path.append(name)
            name = entries[name].broader
        if name in path:
            circle = path[path.index(name) :]
            inside.update(circle)
            found.error(
                document.key_at(written[name].node, ("broader",)),
                f"broader goes round in a circle: {' → '.join([*circle, name])}",
                "remove one of these broader: lines",
            )
        done.update(path)
    return inside


def _topic(name: str, entry: TopicEntry) -> Topic:
    inner = entry.examples
    return Topic(
        name, entry.label or _spelled_out(name), entry.broader or None, entry.scope, entry.words,
        rule=entry.rule, only_rule=entry.only_rule,
        match=tuple(map(example, entry.match + (inner.match if inner else ()))),
        not_match=tuple(map(example, entry.not_match + (inner.not_match if inner else ()))),
    )  # fmt: skip


def _spelled_out(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").capitalize()
