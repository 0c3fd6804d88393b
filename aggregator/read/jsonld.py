"""JSON-LD in pages, read as leniently as it is written: https://www.w3.org/TR/json-ld11/.

Comments, trailing commas, bad escapes, CDATA marks, HTML entities and several objects in a row are understood.
What stays broken costs its own block only. Nothing is fetched: contexts are taken for schema.org.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any

MOST = 5_000  # objects, and references that are followed, in one page
_BLOCKS = 300
_DEEPEST = 40
_FOLLOWED = 3  # references that lead to references
_START = re.compile(r"[{\[]")
_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\Z))|/\*.*?(?:\*/|\Z)|//[^\n]*', re.S)
_COMMA = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\Z))|,(?=\s*+[}\],])', re.S)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)', re.S)
_ESCAPE = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])|\\(.?)', re.S)
_PREFIX = re.compile(r"^.*[/#:]")
_DECODER = json.JSONDecoder(strict=False)


def objects(blocks: Iterable[str]) -> list[dict[str, Any]]:
    """The objects in the JSON-LD `blocks` of a page, in order: each member of an array or a `@graph` for itself.

    `@type` is always a list of names without prefix (`http://schema.org/Event` is `Event`), keys have no prefix
    either, `@value`, `@list` and `@set` are gone, a reference by `@id` is the object that it names, where it is
    here. Objects that lie in others stay in them.
    """
    found: list[dict[str, Any]] = []
    for _, block in zip(range(_BLOCKS), blocks, strict=False):
        for value in _values(block):
            found.extend(_flat(tidy(value)))
        if len(found) >= MOST:
            break
    return _Linked(found[:MOST]).all()


def tidy(value: Any, depth: int = 0) -> Any:
    """A JSON value with the names of schema.org made short; what lies deeper than 40 levels is None."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, list):
        return [tidy(one, depth + 1) for one in value]
    if not isinstance(value, dict):
        return value
    for wrapper in ("@value", "@list", "@set"):
        if wrapper in value:
            return tidy(value[wrapper], depth + 1)
    plain = {_short(key): tidy(one, depth + 1) for key, one in value.items()}
    if "@type" in plain:
        plain["@type"] = types(plain["@type"])
    return plain


def types(value: Any) -> list[str]:
    """The names in a `@type`: one text, several in one text (as in microdata), or a list."""
    given = value if isinstance(value, list) else [value]
    names = [name for one in given if isinstance(one, str) for name in one.split()]
    return list(dict.fromkeys(short for name in names if (short := _PREFIX.sub("", name.rstrip("/")))))


def _short(key: str) -> str:
    return key if key.startswith("@") or ":" not in key else _PREFIX.sub("", key) or key


# ---------------------------------------------------------------------------------------------------- leniency
def _values(block: str) -> Iterator[Any]:
    """Every JSON object or array of a block, one after the other, up to where it can't be read."""
    block = block.replace("<![CDATA[", " ", 1)
    if '"' not in block and "&" in block:
        block = unescape(block)
    place, mended = 0, False
    while start := _START.search(block, place):
        try:
            value, place = _DECODER.raw_decode(block, start.start())
        except (ValueError, RecursionError):
            if mended:
                return
            block, place, mended = _mended(block[start.start() :]), 0, True
            continue
        yield value


def _mended(text: str) -> str:
    text = _COMMENT.sub(lambda found: found[1] or " ", text)
    text = _COMMA.sub(lambda found: found[1] or "", text)
    return _STRING.sub(_escaped, text)


def _escaped(string: re.Match[str]) -> str:
    return (
        _ESCAPE.sub(lambda found: found[0] if found[1] else found[2], string[0])
        if "\\" in string[0]
        else string[0]
    )


def _flat(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a value; a `@graph` gives its members, and what has a type besides stays itself."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(reversed(one))
        elif isinstance(one, dict):
            if "@graph" in one:
                waiting.append(one["@graph"])
                one = {key: kept for key, kept in one.items() if key != "@graph"}
            if one.get("@type"):
                yield one


class _Linked:
    """Objects whose references are followed, a few levels and a few thousand times at most."""

    def __init__(self, found: list[dict[str, Any]]) -> None:
        self.found, self.left = found, MOST
        self.named = {one["@id"]: one for one in found if isinstance(one.get("@id"), str)}

    def all(self) -> list[dict[str, Any]]:
        if not self.named:
            return self.found
        return [{key: self._seen(value, _FOLLOWED) for key, value in one.items()} for one in self.found]

    def _seen(self, value: Any, levels: int) -> Any:
        if isinstance(value, list):
            return [self._seen(one, levels) for one in value]
        if not isinstance(value, dict):
            return value
        name = value.get("@id")
        if len(value) == 1 and isinstance(name, str) and name in self.named and levels and self.left > 0:
            self.left -= 1
            value, levels = self.named[name], levels - 1
        return {key: self._seen(one, levels) for key, one in value.items()}
