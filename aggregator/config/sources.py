"""The sources of feeds.yaml: addresses, secrets, kinds, topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.nodes import Node

from aggregator.config import addresses, document, fields, mailboxes
from aggregator.config import options as known_options
from aggregator.config.entries import Findings, Place, is_text
from aggregator.config.schema import SourceEntry
from aggregator.config.topics import Vocabulary
from aggregator.model import ITEM_KINDS, KIND_ALIASES, Rights, Source

# What other programs call a feed.
_FEED_NAMES = frozenset({"rss", "atom", "rdf", "json", "jsonfeed", "json-feed", "podcast", "blog", "xml", "feeds"})
_MAIL_NAMES = frozenset(
    {"newsletter", "mbox", "maildir", "imap", "listserv", "mailman", "mailing-list", "email", "list"}
)


@dataclass(frozen=True, slots=True)
class Reader:
    """What every source of one file is checked against."""

    vocabulary: Vocabulary
    found: Findings
    environ: Mapping[str, str]
    kinds: tuple[str, ...]


def read_sources(
    places: list[Place],
    vocabulary: Vocabulary,
    found: Findings,
    environ: Mapping[str, str],
    kinds: tuple[str, ...],
) -> dict[str, Source]:
    """The sound sources by id, in the order of the file, no two with the same address."""
    reader = Reader(vocabulary, found, environ, kinds)
    sources: dict[str, Source] = {}
    seen: dict[str, Place] = {}
    for place in places:
        source = _source(place, reader)
        if source is None:
            continue
        first = seen.setdefault(_place_of(source), place)
        if first is not place:
            found.error(
                _key(place, "url"),
                f"{place} has the same address as {first} in line {document.line_of(first.key)}",
                "remove one of them",
            )
            continue
        sources[source.id] = source
    return sources


def _place_of(source: Source) -> str:
    """What no two sources may share. One mailbox may be many, if they take different mail out of it."""
    same = addresses.same_place(source.url)
    return (
        f"{same} {source.options.get('list')} {source.options.get('senders')}" if source.kind == "mail" else same
    )


def _source(place: Place, reader: Reader) -> Source | None:
    found = reader.found
    before = found.errors
    fault = fields.slug_fault(place.name)
    if fault:
        found.error(place.key, f"{place}: {fault[0]}", fault[1])
    data = {"url": document.plain(place.node)} if is_text(place.node) else found.mapping(place)
    entry = found.entry(place, SourceEntry, data)
    kind = _kind(place, data.get("kind"), reader)
    url = _url(place, data.get("url"), reader, kind)
    options = _options(place, reader, kind)
    _known_topics(place, data, reader)
    if entry is None or found.errors > before:
        return None
    sound = reader.vocabulary.topics
    return Source(
        id=place.name,
        url=url,
        kind=kind,
        title=entry.title,
        topics=tuple(topic for topic in entry.topics if topic in sound),
        about=tuple(topic for topic in entry.about if topic in sound),
        language=entry.language,
        every=entry.every,
        enabled=entry.enabled,
        options=options,
        rights=Rights(entry.excerpt, entry.attribution, entry.access),
        written=written if (written := str(data.get("url") or "").strip()) != url else "",
    )


def _url(place: Place, written: Any, reader: Reader, kind: str) -> str:
    """The address with its secrets put in; what is wrong with it is named without them."""
    if not isinstance(written, str):
        return ""
    written = written.strip()
    where = _key(place, "url")
    clear = addresses.password_in_clear(written)
    if clear:
        reader.found.error(where, f"{place}: {clear[0]}", clear[1])
        return ""
    try:
        url = addresses.expand(written, reader.environ).strip()
    except addresses.MissingVariable as missing:
        reader.found.error(where, f"{place}: {missing.what}", missing.remedy)
        return ""
    if not written:
        reader.found.error(where, f"{place} has no url", "add url: https://…")
        return ""
    judge = mailboxes.fault if kind == "mail" else addresses.fault
    wrong = judge(url, written)
    if wrong:
        reader.found.error(where, f"{place}: {wrong[0]}", wrong[1])
    return url


def _kind(place: Place, written: Any, reader: Reader) -> str:
    if written is None or not isinstance(written, str):
        return "feed"
    kind = written.strip().lower()
    if kind in reader.kinds:
        return kind
    shown = fields.shortened(kind)
    if kind in _MAIL_NAMES:
        what, remedy = f"unknown kind '{shown}'", "write mail: newsletters and mailing lists are read by it"
    elif kind in _FEED_NAMES:
        what, remedy = f"unknown kind '{shown}'", "write feed, or leave kind out: every feed format is read"
    else:
        what, remedy = (
            f"unknown kind '{shown}'",
            fields.meant(kind, reader.kinds) or f"one of: {', '.join(reader.kinds)}",
        )
    reader.found.error(_key(place, "kind"), f"{place}: {what}", remedy)
    return kind


def _options(place: Place, reader: Reader, source_kind: str) -> dict[str, Any]:
    """The options with numbers and true/false as such, and secrets put in."""
    node = document.locate(place.node, ("options",))
    if node is place.node:
        return {}
    options = document.plain(node, typed=True)
    if not isinstance(options, dict):
        return {}
    kind = options.get("item_kind")
    if kind is not None and KIND_ALIASES.get(str(kind), str(kind)) not in ITEM_KINDS:
        reader.found.error(
            _key(place, "options", "item_kind"),
            f"{place}: '{fields.shortened(str(kind))}' is not a kind of item",
            fields.meant(str(kind), ITEM_KINDS) or f"one of: {', '.join(ITEM_KINDS)}",
        )
    judge = (
        mailboxes.option_faults(options) if source_kind == "mail" else known_options.faults(source_kind, options)
    )
    for name, (what, remedy) in judge:
        reader.found.error(_key(place, "options", name), f"{place}, {what}", remedy)
    for name, (what, remedy) in known_options.doubts(source_kind, options) if source_kind != "mail" else ():
        reader.found.warning(_key(place, "options", name), f"{place}, {what}", remedy)
    try:
        expanded: dict[str, Any] = addresses.expand_all(options, reader.environ)
    except addresses.MissingVariable as missing:
        reader.found.error(_key(place, "options"), f"{place}, options: {missing.what}", missing.remedy)
        return {}
    return expanded


def _known_topics(place: Place, data: Mapping[str, Any], reader: Reader) -> None:
    """Topics are looked at even where another key of the entry is wrong: every mistake at once."""
    written = reader.vocabulary.written
    for name in ("topics", "about"):
        named = data.get(name)
        for topic in [named] if isinstance(named, str) else named if isinstance(named, list) else ():
            topic = topic.strip() if isinstance(topic, str) else ""
            if topic and topic not in written and "," not in topic:  # a list without brackets is named as that
                remedy = fields.meant(topic, written) or "add it under topics:, or remove it here"
                what = f"{place}, {name}: unknown topic '{fields.shortened(topic)}'"
                reader.found.error(_mention(place, name, topic), what, remedy)


def _mention(place: Place, name: str, topic: str) -> Node:
    """The node where a topic is named: lists may run over several lines."""
    listed = document.locate(place.node, (name,))
    items = listed.value if isinstance(listed.value, list) else [listed]
    return next((item for item in items if str(getattr(item, "value", "")).strip() == topic), _key(place, name))


def _key(place: Place, *path: str) -> Node:
    return document.key_at(place.node, path) if not is_text(place.node) else place.key
