"""The topics of feeds.yaml and how they hang together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aggregator.config import document, fields
from aggregator.config.entries import Findings, Place, is_text
from aggregator.config.schema import TopicEntry
from aggregator.model import Topic


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The sound topics, and every id that was written, so that one bad topic is named once and not at each use."""

    topics: dict[str, Topic] = field(default_factory=dict)
    written: frozenset[str] = frozenset()
    groups: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, topics: Mapping[str, Topic]) -> Vocabulary:
        return cls(dict(topics), frozenset(topics))


def read_topics(groups: list[Place], topics: list[Place], aside: frozenset[str], found: Findings) -> Vocabulary:
    """Topics with known `broader` and no circles; `groups` are headings that `broader` may name as well.

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
    return Vocabulary(sound, frozenset(written) | aside, labels)


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
    if entry.rule or entry.examples is not None:
        found.warning(
            place.key,
            f"{place}: rules are not read by this version; its words are",
            "put the most telling words under words:",
        )
    if not entry.words:
        found.warning(
            place.key,
            f"{place} has no words in any language: no item will be given it by its text",
            "add words: {en: [one, two]}",
        )
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
    return Topic(name, entry.label or _spelled_out(name), entry.broader or None, entry.scope, entry.words)


def _spelled_out(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").capitalize()
