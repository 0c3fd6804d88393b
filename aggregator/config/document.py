"""A YAML text as a tree that knows its lines.

The tree is what ruamel.yaml composes before it builds Python values: doubled keys are still there, every node
knows where it was written, and scalars keep their spelling (`1.10`, `no`, `2030`), which is what people meant
wherever text is asked for.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import ReusedAnchorWarning
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from aggregator.errors import Problem

MAX_DEPTH = 40
# A handful of aliases can stand for billions of values; no list of sources needs more than this.
MAX_VALUES = 2_000_000

_MERGE = "tag:yaml.org,2002:merge"
_NULL = "tag:yaml.org,2002:null"
_TYPES = {"tag:yaml.org,2002:int": int, "tag:yaml.org,2002:float": float}
_BOOL = "tag:yaml.org,2002:bool"

Pair = tuple[str, Node, Node]


def compose(text: str) -> Node | None:
    """The tree of a YAML text; None for an empty one. Raises ruamel's YAMLError where it is not YAML."""
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = MAX_DEPTH
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReusedAnchorWarning)
        root: Node | None = yaml.compose(text)
    return root


def line_of(node: Node) -> int:
    """The line a node begins in, counted from 1."""
    line: int = node.start_mark.line + 1
    return line


def is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == _NULL


def pairs(node: Node) -> list[Pair]:
    """(name, key, value) of a mapping as written, doubled ones too, followed by what `<<` merges in."""
    if not isinstance(node, MappingNode):
        return []
    own: list[Pair] = []
    merged: list[Pair] = []
    for key, value in node.value:
        if key.tag == _MERGE:
            sources = value.value if isinstance(value, SequenceNode) else [value]
            merged += [pair for source in sources for pair in pairs(source)]
        elif isinstance(key, ScalarNode):
            own.append((_text(key), key, value))
    seen = {name for name, _, _ in own}
    for name, key, value in merged:
        if name not in seen:
            seen.add(name)
            own.append((name, key, value))
    return own


def doubled(node: Node) -> Iterator[tuple[str, Node, Node]]:
    """Every key written again within one mapping, anywhere below: (name, first key, second key)."""
    if isinstance(node, SequenceNode):
        for child in node.value:
            yield from doubled(child)
    elif isinstance(node, MappingNode):
        first: dict[str, Node] = {}
        for name, key, value in pairs(node):
            if name in first:
                yield name, first[name], key
            first.setdefault(name, key)
            yield from doubled(value)


def oddities(node: Node) -> Iterator[tuple[Node, str, str]]:
    """What YAML allows and this file doesn't, anywhere below: (node, what, remedy)."""
    if isinstance(node, SequenceNode):
        children = node.value
    elif isinstance(node, MappingNode):
        children = [child for pair in node.value for child in pair]
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                yield key, "a list or mapping can't be a name", "put the name in quotes"
    else:
        children = []
    if node.tag and not node.tag.startswith("tag:yaml.org,2002:"):
        yield node, "text that begins with '!' has a special meaning here", "put it in quotes"
    for child in children:
        yield from oddities(child)


def plain(node: Node, *, typed: bool = False) -> Any:
    """Python values of a tree: mappings, lists, None and text; with `typed` also numbers and true/false.

    Of a doubled key the first counts (`doubled` names them all).
    """
    if isinstance(node, MappingNode):
        values: dict[str, Any] = {}
        for name, _, value in pairs(node):
            if name not in values:
                values[name] = plain(value, typed=typed)
        return values
    if isinstance(node, SequenceNode):
        return [plain(child, typed=typed) for child in node.value]
    if not isinstance(node, ScalarNode) or node.tag == _NULL:
        return None
    return _value(node) if typed else _text(node)


def locate(node: Node, path: tuple[int | str, ...]) -> Node:
    """The node at a path of names and positions; the nearest one above where the path leads nowhere."""
    for step in path:
        if isinstance(node, MappingNode):
            below = next((value for name, _, value in pairs(node) if name == step), None)
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            below = node.value[step]
        else:
            below = None
        if below is None:
            return node
        node = below
    return node


def key_at(node: Node, path: tuple[int | str, ...]) -> Node:
    """The key under which the last step of a path stands: where a person looks for the mistake."""
    parent = locate(node, path[:-1])
    return next((key for name, key, _ in pairs(parent) if path and name == path[-1]), locate(node, path))


def explosion(root: Node, file: str) -> Problem | None:
    """A problem when aliases go round in a circle or stand for more values than any list of sources has."""
    sizes: dict[int, int] = {}
    open_: set[int] = set()

    def size(node: Node) -> int:
        if isinstance(node, ScalarNode):
            return 1
        if id(node) in open_:
            return MAX_VALUES + 1
        if id(node) not in sizes:
            open_.add(id(node))
            below = node.value if isinstance(node, SequenceNode) else [n for pair in node.value for n in pair]
            sizes[id(node)] = 1 + sum(size(child) for child in below)
            open_.discard(id(node))
        return sizes[id(node)]

    if size(root) <= MAX_VALUES:
        return None
    return Problem(
        file,
        line_of(root),
        "the aliases (*name) in this file go round or multiply without end",
        "write the values out instead of using '&' and '*'",
    )


def _text(node: ScalarNode) -> str:
    """A scalar as written. JSON writes characters beyond U+FFFF as two halves: they are put together."""
    text: str = node.value
    if any("\ud800" <= char <= "\udfff" for char in text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _value(node: ScalarNode) -> Any:
    text, tag = _text(node), str(node.tag)
    if tag == _BOOL:
        return text.lower() in ("true", "yes", "on", "y")
    try:
        return _TYPES[tag](text)
    except (KeyError, ValueError):
        return text
