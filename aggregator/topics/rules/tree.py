"""What a rule is once it has been read: a small tree of frozen nodes.

Leaves are things that can be looked up: words, phrases, cut words (`Sought`) and facts (`Fact`). `Near` joins
things that stand at a place; `All`, `Some` and `Without` join what is true of a whole item.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Place = Literal["", "title", "text", "tags", "author"]  # where to look; "" is title, text and tags
PLACES = ("title", "text", "tags", "author")
FACTS = ("source", "kind", "language")


@dataclass(frozen=True, slots=True)
class Piece:
    """One word that is sought.

    form: `word` in all its forms; `exact` as it is written; `cut` every word that begins so; `pattern` with `?`
    for any one letter. `language`: whose forms, a code of two letters; "" is the item's own, and English.
    """

    form: Literal["word", "exact", "cut", "pattern"]
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Sought:
    """A word, or words that stand together in this order. `shown`: as the curator wrote it."""

    pieces: tuple[Piece, ...]
    place: Place = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """The item's source, kind or language is this one; with `cut` it begins so."""

    name: str
    value: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """True where the part is not."""

    part: Node


@dataclass(frozen=True, slots=True)
class Near:
    """A place where `left` and `right` stand with at most `words` words between them; `ordered`: left first.

    `forbidden`: a place where `left` stands and no `right` is so near (or overlaps it).
    """

    left: Node
    right: Node
    words: int
    ordered: bool = False
    forbidden: bool = False


Node = Sought | Fact | All | Some | Without | Near


def leaves(node: Node) -> Iterator[Sought | Fact]:
    """Everything that is looked up for a rule, forbidden things too."""
    match node:
        case All(parts) | Some(parts):
            for part in parts:
                yield from leaves(part)
        case Without(part):
            yield from leaves(part)
        case Near(left, right):
            yield from leaves(left)
            yield from leaves(right)
        case _:
            yield node


def is_bound(node: Node) -> bool:
    """Whether the rule says what must be there, and not only what must not."""
    match node:
        case All(parts):
            return any(map(is_bound, parts))
        case Some(parts):
            return all(map(is_bound, parts))
        case Without():
            return False
        case _:
            return True
