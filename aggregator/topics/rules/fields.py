"""What stands after the name of a field: places in the item, facts about it, lists of words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from aggregator.language import base
from aggregator.model import ITEM_KINDS, KIND_ALIASES
from aggregator.spelling import fold, spelled
from aggregator.topics.rules.mistakes import RuleError
from aggregator.topics.rules.tree import All, Fact, Near, Node, Piece, Place, Some, Sought, Without

Lists = Mapping[str, Mapping[str, tuple[str, ...]]]  # name -> language -> words and phrases
Complaint = Callable[[str, str], RuleError]


def placed(node: Node, place: Place, complain: Complaint) -> Node:
    """The node, looked for in this place only."""
    match node:
        case Sought():
            if node.place not in ("", place):
                raise complain(f"{place}: can't hold {node.place}:", "put one field beside the other, with AND")
            return replace(node, place=place)
        case Fact():
            raise complain(f"{place}: can't hold {node.name}:", "put one field beside the other, with AND")
        case All(parts) | Some(parts):
            return type(node)(tuple(placed(part, place, complain) for part in parts))
        case Without(part):
            return Without(placed(part, place, complain))
        case Near():
            left, right = (placed(side, place, complain) for side in (node.left, node.right))
            return replace(node, left=left, right=right)


def fact(name: str, value: str, complain: Complaint) -> Fact:
    """source:, kind: or language: with one value."""
    cut, value = value.endswith("*"), value.rstrip("*").strip()
    if not value or "*" in value or "?" in value:
        raise complain(f"{name}: needs a name", f"write it after {name}:")
    if name == "source":
        return Fact(name, value, cut)
    if cut:
        raise complain(f"{name}: takes whole names only", "leave out the *")
    if name == "language":
        code = base(value)
        if code is None:
            raise complain(f"'{value}' is no language", "write a code such as en, it or hr")
        return Fact(name, code)
    kind = KIND_ALIASES.get(value.lower(), value.lower())
    if kind not in ITEM_KINDS:
        near = difflib.get_close_matches(kind, ITEM_KINDS, 1)
        remedy = f"did you mean {near[0]}?" if near else f"there are {', '.join(ITEM_KINDS)}"
        raise complain(f"there is no kind '{value}'", remedy)
    return Fact(name, kind)


def list_of(name: str, lists: Lists, complain: Complaint) -> Some:
    """The words of a list, each sought in the forms of its own language."""
    if name not in lists:
        near = difflib.get_close_matches(name, lists, 1)
        known = "did you mean " + near[0] + "?" if near else "name a topic, or a list of lists:"
        raise complain(f"there is no list '{name}'", known)
    parts = tuple(
        Sought(pieces, shown=word)
        for language, words in lists[name].items()
        for word in words
        if (pieces := _pieces(word, base(language) or "en"))
    )
    if not parts:
        raise complain(f"the list '{name}' is empty", "give it words, or leave it out")
    return Some(parts)


def pieces_of(written: str, *, exact: bool = False, language: str = "") -> tuple[Piece, ...]:
    """The words of a phrase as they are sought: `librar*` is cut, `organi?ation` a pattern."""
    pieces: list[Piece] = []
    for word in written.split():
        if "?" in word and not exact:
            pieces.append(Piece("pattern", fold(word), language))
            continue
        cut = word.endswith("*") and not exact
        inner = spelled(word.rstrip("*"))
        for number, one in enumerate(inner, 1):
            if cut and number == len(inner):
                pieces.append(Piece("cut", fold(one.lower()), language))
            else:
                pieces.append(Piece("exact" if exact else "word", one, language))
    return tuple(pieces)


def _pieces(word: str, language: str) -> tuple[Piece, ...]:
    # A list is not a rule: only a star at a word's end is special there (as in `words:`).
    short = re.sub(r"(?<!\w)(\w{1,2})\*", r"\1", word.replace("?", " "))
    return pieces_of(short, language=language)
