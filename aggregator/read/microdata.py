"""Microdata in pages (HTML Living Standard, 5): the same shape as JSON-LD, so that both are read alike."""

from __future__ import annotations

from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.read.jsonld import types
from aggregator.text import one_line
from aggregator.urls import absolute

MOST = 5_000  # items in one page
_DEEPEST = 500
_REFERENCES = 200  # itemref that are followed
_ADDRESSES = {
    "a": "href", "area": "href", "link": "href", "audio": "src", "embed": "src", "iframe": "src", "img": "src",
    "source": "src", "track": "src", "video": "src", "object": "data",
}  # fmt: skip
Thing = dict[str, Any]


def objects(tree: LexborHTMLParser, base: str) -> list[Thing]:
    """The top-level items of a page whose addresses start at `base`, in document order.

    A property that is said several times is a list; an item within an item is nested.
    """
    walk = _Walk(tree, base)
    if tree.root is not None:
        walk.into(tree.root, None)
    walk.follow_references()
    return walk.found


class _Walk:
    def __init__(self, tree: LexborHTMLParser, base: str) -> None:
        self.tree, self.base = tree, base
        self.found: list[Thing] = []
        self.count = 0
        self.references: list[tuple[Thing, str]] = []

    def into(self, root: LexborNode, owner: Thing | None) -> None:
        """Read the elements below `root` (and itself) in document order; `owner` has their properties."""
        waiting: list[tuple[LexborNode, Thing | None, int]] = [(root, owner, 0)]
        while waiting:
            node, owner, depth = waiting.pop()
            inner = self._element(node, owner)
            if depth < _DEEPEST:
                children = [(child, inner, depth + 1) for child in node.iter()]
                waiting.extend(reversed(children))

    def follow_references(self) -> None:
        """itemref: properties that stand elsewhere in the page."""
        for item, name in self.references[:_REFERENCES]:
            if name.replace("-", "").replace("_", "").isalnum():
                place = self.tree.css_first(f'[id="{name}"]')
                if place is not None:
                    self.into(place, item)

    def _element(self, node: LexborNode, owner: Thing | None) -> Thing | None:
        said = node.attributes
        names = (said.get("itemprop") or "").split()
        if "itemscope" in said and self.count < MOST:
            self.count += 1
            item: Thing = {"@type": types(said.get("itemtype") or "")}
            if said.get("itemid"):
                item["@id"] = absolute(self.base, said["itemid"] or "")
            if names and owner is not None:
                _add(owner, names, item)
            elif item["@type"]:
                self.found.append(item)
            self.references += [(item, name) for name in (said.get("itemref") or "").split()]
            return item
        if names and owner is not None:
            _add(owner, names, self._value(node, said))
        return owner

    def _value(self, node: LexborNode, said: dict[str, str | None]) -> str:
        tag = node.tag or ""
        if "content" in said:  # strictly on meta only; many write it everywhere
            return said["content"] or ""
        if tag in _ADDRESSES and said.get(_ADDRESSES[tag]):
            return absolute(self.base, said[_ADDRESSES[tag]] or "")
        if tag in ("data", "meter"):
            return said.get("value") or ""
        if tag == "time" and said.get("datetime"):
            return said["datetime"] or ""
        return one_line(node.text(separator=" "))


def _add(owner: Thing, names: list[str], value: Any) -> None:
    for name in types(names):
        if name not in owner:
            owner[name] = value
        elif isinstance(owner[name], list):
            owner[name].append(value)
        else:
            owner[name] = [owner[name], value]
