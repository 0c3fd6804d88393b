"""OPML 2.0 in and out: the form in which feed readers hand each other their subscriptions.

The file itself is read by `read.outlines`; here its feeds are checked as addresses of feeds.yaml are.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping
from dataclasses import replace

from aggregator.config.addresses import fault, password_in_clear, same_place
from aggregator.errors import Problem
from aggregator.model import Source, Topic
from aggregator.read.outlines import DEEPEST, FORBIDDEN, ROUNDS, Outline, outlines

__all__ = ["DEEPEST", "ROUNDS", "Outline", "about", "parse", "write"]


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
        wrong = password_in_clear(url) or fault(url, url)
        if "${" in url:
            wrong = "'${' in an address has a special meaning here", "write it as $%7B"
        if wrong:
            shown = f"'{outline.title}': " if outline.title else ""
            found.problem(outline.line, f"{shown}{wrong[0]}", wrong[1])
        else:
            usable.append(Outline(url, outline.title, outline.folders, outline.line))
    if not found.outlines and not found.problems:
        found.problem(None, "there are no feeds in it", "is it an OPML file? Feeds are <outline xmlUrl=…>")
    return _each_once(usable), sorted(found.problems, key=lambda problem: problem.line or 0)


def about(outline: Outline, topics: Iterable[Topic]) -> tuple[str, ...]:
    """The topics whose id or label one of the folders has."""
    names = {_folded(name): topic.id for topic in topics for name in (topic.label, topic.id)}
    return tuple(dict.fromkeys(names[_folded(name)] for name in outline.folders if _folded(name) in names))


def write(sources: Iterable[Source], topics: Mapping[str, Topic], titles: Mapping[str, str]) -> str:
    """OPML 2.0 of these sources, in one folder for each source's first topic. `titles`: what readers see."""
    root = ElementTree.Element("opml", version="2.0")
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
            extra = {"language": source.language} if source.language else {}
            named = {"text": title, "title": title, "type": "rss", "xmlUrl": source.url, **extra}
            ElementTree.SubElement(parent, "outline", named)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


# -------------------------------------------------------------------------------------------------------- reading
def _web(url: str) -> str:
    """`feed:` addresses as what they stand for."""
    bare = re.sub(r"^feed:(//)?", "", url, flags=re.IGNORECASE)
    return url if bare == url else bare if re.match(r"https?://", bare, re.IGNORECASE) else f"http://{bare}"


def _each_once(found: Iterable[Outline]) -> list[Outline]:
    once: dict[str, Outline] = {}
    for outline in found:
        first = once.setdefault(same_place(outline.url), outline)
        if first is not outline:
            folders = tuple(dict.fromkeys(first.folders + outline.folders))
            once[same_place(outline.url)] = replace(first, folders=folders, title=first.title or outline.title)
    return list(once.values())


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name.strip().casefold())


def _sound(text: str) -> str:
    return FORBIDDEN.sub(" ", text)
