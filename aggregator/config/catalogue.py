"""feeds.yaml in, a catalogue that can be believed out, with every mistake by line and remedy."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from aggregator.config import document, fields, syntax
from aggregator.config.bundled import shipped
from aggregator.config.entries import Findings, Place, is_text
from aggregator.config.file import text_of
from aggregator.config.rules import read_lists
from aggregator.config.schema import KINDS, EditionEntry, File
from aggregator.config.sources import read_sources
from aggregator.config.topics import Vocabulary, read_topics
from aggregator.errors import Problem
from aggregator.model import Catalogue, Edition, Limits, Topic


def load(
    path: str | Path, environ: Mapping[str, str], kinds: tuple[str, ...] = KINDS
) -> tuple[Catalogue, list[Problem]]:
    """Read feeds.yaml.

    Returns what is sound in it and every problem, in the order of the lines. A bad entry is left out and named;
    the good ones stay. Without `topics:` the shipped ones apply, without `editions:` there is one, `digest`.
    `${NAME}` in addresses and options is read from `environ`; no value of it ever appears in a problem.
    `kinds` are the kinds of source that can be read. Never raises for what the file holds or lacks.
    """
    text, problems = text_of(Path(path))
    if text is None:
        return Catalogue({}, {}, {}), problems
    return parse(text, str(path), environ, kinds)


def parse(
    text: str, file: str, environ: Mapping[str, str], kinds: tuple[str, ...] = KINDS
) -> tuple[Catalogue, list[Problem]]:
    """`load` for a text that is already here; `file` is the name that problems carry."""
    text = text.removeprefix("\ufeff")
    tree = syntax.read(text, file)
    root = tree.root
    found = Findings(file, text.splitlines(), tree.problems)
    if root is not None and (bomb := document.explosion(root, file)):
        found.problems.append(bomb)
        root = None
    blocks = _blocks(root, found)
    aside = frozenset(name for section, name in tree.aside if section == "topics")
    if blocks["topics"] or aside:
        vocabulary = read_topics(blocks["groups"], blocks["topics"], blocks["lists"], aside, found)
    else:
        topics = _shipped_topics()
        vocabulary = Vocabulary(topics, frozenset(topics), lists=read_lists(blocks["lists"], topics, found))
    sources = read_sources(blocks["sources"], vocabulary, found, environ, kinds)
    editions = _editions(blocks["editions"], found)
    found.problems.sort(key=lambda problem: problem.line or 0)
    catalogue = Catalogue(vocabulary.topics, sources, editions, vocabulary.lists, vocabulary.groups)
    return catalogue, found.problems


def _blocks(root: Node | None, found: Findings) -> dict[str, list[Place]]:
    """The entries of each section. A section written twice is a problem, yet all its entries are read."""
    blocks: dict[str, list[Place]] = {name: [] for name in File.model_fields}
    if root is None or document.is_null(root):
        if not found.problems:
            found.problems.append(
                Problem(found.file, None, "the file is empty", "begin with 'sources:' and one address")
            )
        return blocks
    if not isinstance(root, MappingNode):
        found.error(
            root, "the file should begin with 'sources:'", "write 'sources:', and below it 'name: address'"
        )
        return blocks
    first: dict[str, Node] = {}
    _written_names(root, found)
    for name, key, value in document.pairs(root):
        if name not in blocks:
            near = fields.meant(name, blocks)
            found.error(key, f"unknown section '{fields.shortened(name)}'", near or f"known: {', '.join(blocks)}")
            continue
        if name in first:
            found.error(
                key,
                f"'{name}' is written twice, in lines {document.line_of(first[name])} and {document.line_of(key)}",
                "put all entries below one of them",
            )
        first.setdefault(name, key)
        blocks[name] += _entries(name, value, found)
    if "sources" in first and not blocks["sources"] and not found.problems:
        found.warning(
            first["sources"], "there are no sources: nothing will be visited", "add a line 'name: address'"
        )
    return blocks


def _entries(section: str, value: Node, found: Findings) -> list[Place]:
    """The entries of one section; of a doubled name the first."""
    noun = section.removesuffix("s")
    if document.is_null(value):
        return []
    if not isinstance(value, MappingNode):
        found.error(
            value, f"'{section}' should be a list of named entries", f"write each {noun} as 'name: …', without '-'"
        )
        return []
    _written_names(value, found)
    first: dict[str, Node] = {}
    places = []
    for name, entry_key, node in document.pairs(value):
        place = Place(noun, name, entry_key, node)
        if name in first:
            found.error(
                entry_key,
                f"{place} is written twice, in lines {document.line_of(first[name])} and "
                f"{document.line_of(entry_key)}",
                "give one of them another name, or remove it",
            )
            continue
        first[name] = entry_key
        places.append(place)
    return places


def _written_names(node: MappingNode, found: Findings) -> None:
    for key, _ in node.value:
        if not isinstance(key, ScalarNode):
            found.error(key, "a list or mapping can't be a name", "put the name in quotes")


def _editions(places: list[Place], found: Findings) -> dict[str, Edition]:
    editions = {}
    for place in places:
        fault = fields.slug_fault(place.name)
        if fault:
            found.error(place.key, f"{place}: {fault[0]}", fault[1])
        if is_text(place.node):
            found.error(place.node, f"{place} should be a mapping", "write title: … below it, indented")
            continue
        entry = found.entry(place, EditionEntry, found.mapping(place))
        if entry is not None and not fault:
            editions[place.name] = _edition(place.name, entry)
    if places and "digest" not in {place.name for place in places}:
        found.warning(
            places[0].key,
            "no edition is called 'digest', the one for readers who named none",
            "call one of them 'digest'",
        )
    return editions if places else {"digest": Edition()}


def _edition(name: str, entry: EditionEntry) -> Edition:
    limits = Limits(**entry.limits.model_dump())
    return Edition(
        name=name,
        title=entry.title,
        cadence=entry.cadence,
        introduction=entry.introduction,
        sections=entry.sections,
        limits=limits,
        accent=entry.accent,
        postal_address=entry.postal_address,
        library_link=entry.library_link,
    )


@functools.cache
def _shipped_topics() -> dict[str, Topic]:
    """The topics of the file that ships. A damaged installation is our bug, not the curator's."""
    text = shipped("feeds.yaml").read_text(encoding="utf-8")
    catalogue, _ = parse(text[: text.index("\nsources:")], "feeds.yaml (shipped)", {})
    return dict(catalogue.topics)
