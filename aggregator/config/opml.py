"""OPML 2.0 in and out: the form in which feed readers hand each other their subscriptions.

The file itself is read by `read.outlines`; here its feeds are checked as addresses of feeds.yaml are.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from aggregator.config.addresses import fault, password_in_clear, same_place
from aggregator.config.languages import CODES
from aggregator.config.schema import KINDS
from aggregator.errors import Problem
from aggregator.model import Source, Topic
from aggregator.read.outlines import DEEPEST, FORBIDDEN, OURS, ROUNDS, Outline, outlines
from aggregator.text import fold

__all__ = ["DEEPEST", "ROUNDS", "Outline", "about", "filed", "names", "options_of", "parse", "write"]

_NAMESPACE = "urn:aggregator:opml:1"


def parse(content: bytes, file: str) -> tuple[list[Outline], list[Problem]]:
    """The feeds of an OPML file, each address once (folders of all its places together), and every problem.

    An outline that is no proper XML costs itself; where the file breaks off, what came before it counts.
    """
    found = outlines(content, file)
    usable = []
    for outline in found.outlines:
        if outline.filled:
            continue
        url = _web(outline.url)
        if wrong := _wrong(url, outline):
            shown = f"'{outline.title}': " if outline.title else ""
            found.problem(outline.line, f"{shown}{wrong[0]}", wrong[1])
        else:
            language = outline.language.lower().partition("-")[0]
            kept = replace(outline, url=url, text="", language=language if language in CODES else "")
            usable.append(kept)
    if not found.outlines and not found.problems:
        found.problem(None, "there are no feeds in it", "is it an OPML file? Feeds are <outline xmlUrl=…>")
    return _each_once(usable), sorted(found.problems, key=lambda problem: problem.line or 0)


def about(outline: Outline, topics: Iterable[Topic]) -> tuple[str, ...]:
    """The topics that its folders name (see `names`)."""
    return filed(outline, names(topics))[0]


def names(topics: Iterable[Topic]) -> dict[str, str]:
    """What folders may be called -> topic: its id, its label, or a word of it in any language that is a word of no
    other topic."""
    listed = list(topics)
    words: dict[str, set[str]] = {}
    for topic in listed:
        for word in (word for spoken in topic.words.values() for word in spoken):
            words.setdefault(_folded(word), set()).add(topic.id)
    own = {_folded(name): topic.id for topic in listed for name in (topic.label, topic.id)}
    return {word: next(iter(ids)) for word, ids in words.items() if len(ids) == 1} | own


def filed(outline: Outline, named: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the topics that its folders name, the folders that name none); `named` is from `names`."""
    found = [(named.get(_folded(name), ""), name) for name in outline.folders]
    return (
        tuple(dict.fromkeys(topic for topic, _ in found if topic)),
        tuple(dict.fromkeys(name for topic, name in found if not topic)),
    )


def options_of(outline: Outline) -> dict[str, Any]:
    """The options that this program wrote for a source that is no feed; empty where they can't be used."""
    try:
        said = json.loads(outline.options) if outline.options else {}
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def write(sources: Iterable[Source], topics: Mapping[str, Topic], titles: Mapping[str, str]) -> str:
    """OPML 2.0 of these sources, in one folder for each source's first topic, the others as `category`.

    Sources that are no feeds are `type="link"`, so that no other program takes them for feeds; how they are read
    stands in attributes of our own. `titles`: what readers see.
    """
    root = ElementTree.Element("opml", {"version": "2.0", f"xmlns:{OURS}": _NAMESPACE})
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = "Sources"
    body = ElementTree.SubElement(root, "body")
    folders: dict[str, list[Source]] = {}
    for source in sources:
        first = next((topic for topic in (*source.topics, *source.about) if topic in topics), "")
        folders.setdefault(topics[first].label if first else "", []).append(source)
    for label in sorted(folders, key=lambda name: (not name, name.casefold())):
        parent = ElementTree.SubElement(body, "outline", text=_sound(label)) if label else body
        for source in folders[label]:
            title = _sound(titles.get(source.id) or source.title or source.id)
            ElementTree.SubElement(parent, "outline", {"text": title, "title": title, **_said(source, topics)})
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _said(source: Source, topics: Mapping[str, Topic]) -> dict[str, str]:
    """The attributes of one source besides its title."""
    if source.kind == "feed":
        said = {"type": "rss", "xmlUrl": source.url}
    else:
        said = {"type": "link", "url": source.url, f"{OURS}:kind": source.kind}
    if source.options:
        said[f"{OURS}:options"] = _sound(json.dumps(dict(source.options), ensure_ascii=False, sort_keys=True))
    if source.language:
        said["language"] = source.language
    named = list(dict.fromkeys(topic for topic in (*source.topics, *source.about) if topic in topics))
    if named[1:]:
        said["category"] = ",".join(named[1:])  # the first is its folder
    return said


# -------------------------------------------------------------------------------------------------------- reading
def _web(url: str) -> str:
    """`feed:` addresses as what they stand for."""
    bare = re.sub(r"^feed:(//)?", "", url, flags=re.IGNORECASE)
    return url if bare == url else bare if re.match(r"https?://", bare, re.IGNORECASE) else f"http://{bare}"


def _wrong(url: str, outline: Outline) -> tuple[str, str] | None:
    """What is wrong with an outline, and what to do."""
    if wrong := password_in_clear(url) or fault(url, url):
        return wrong
    if "${" in url or "${" in outline.options:
        # A list from elsewhere must not name what is read from the environment here.
        return "'${' in an address has a special meaning here", "write it as $%7B"
    if outline.kind and outline.kind not in KINDS:
        return f"the kind '{outline.kind[:40]}' is not known", f"one of: {', '.join(KINDS)}"
    if outline.options and not options_of(outline):
        return "its options are no JSON object", f'write them like {OURS}:options=\'{{"zone": "Europe/Rome"}}\''
    return None


def _each_once(found: Iterable[Outline]) -> list[Outline]:
    once: dict[str, Outline] = {}
    for outline in found:
        first = once.setdefault(same_place(outline.url), outline)
        if first is not outline:
            folders = tuple(dict.fromkeys(first.folders + outline.folders))
            once[same_place(outline.url)] = replace(
                first, folders=folders, title=first.title or outline.title, times=first.times + 1
            )
    return list(once.values())


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", fold(name.strip()))


def _sound(text: str) -> str:
    return FORBIDDEN.sub(" ", text)
