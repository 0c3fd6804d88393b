"""How a letter's two bodies are joined: a frame of its own, and in it pieces that other letters have too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import escape

from aggregator.compose import mime
from aggregator.compose.arrange import Laid
from aggregator.compose.fragments import Fragment
from aggregator.compose.voice import Below, Both, Voice

BODY = "\0body\0"  # where a frame has room for all sections
OFTEN = 1000  # characters of a frame between two items that other letters are likely to have

_often = lru_cache(maxsize=2048)(mime.chunk)
_PLACE = re.compile("\0(body|[0-9]+)\0\n?")


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a letter is joined from. `before` and `after` are its own; each of `pairs` stands in both parts, in
    this order, and letters share it. `pages`: what is in the slots of the pairs."""

    before: Both
    pairs: tuple[Both, ...]
    after: Both
    pages: str


def place(number: int) -> str:
    """What stands for the item of that number in a frame that goes through the sections by itself."""
    return f"\0{number}\0"


def pairs(
    laid: Sequence[Laid], fragments: Sequence[Fragment], below: Sequence[Below], voice: Voice
) -> Iterator[Both]:
    """All that stands in a letter's sections. `fragments`, `below`: in the order of the letter."""
    following = zip(fragments, below, strict=True)
    for part in laid:
        yield voice.heading(part.title)
        for placed in part.items:
            if placed.block:
                yield voice.block(placed.block)
            fragment, said = next(following)
            yield fragment.said
            yield said.before
            if said.marked:
                yield fragment.marking
            yield said.after


def joined(
    html: str, text: str, pairs: tuple[Both, ...], fragments: Iterable[Fragment], pages: str
) -> tuple[Both, Plan | None]:
    """The bodies of a letter with these frames. `pages`: where its reader's pages of the items are.

    There is no plan where a frame goes through the sections by itself: what it says there is not known apart."""
    rich, plain = _Frame(html), _Frame(text)
    said = [fragment.said for fragment in fragments]
    bodies = Both(
        rich.around([pair.html for pair in pairs], str(escape(pages)), [one.html for one in said]),
        plain.around([pair.text for pair in pairs], pages, [one.text for one in said]),
    )
    if not rich.places == plain.places == ["body"]:
        return bodies, None
    before, after = (Both(rich.lines[at], plain.lines[at]) for at in (0, 1))
    return bodies, Plan(before, pairs, after, pages)


class _Frame:
    """What a letter's own template says, encoded: `lines` around the `places`."""

    def __init__(self, rendered: str) -> None:
        between = _PLACE.split(rendered)
        self.places = between[1::2]
        self.lines = [_often(one) if len(one) < OFTEN else mime.chunk(one) for one in between[::2]]

    def around(self, body: Sequence[bytes], pages: str, said: Sequence[bytes]) -> bytes:
        found = [self.lines[0]]
        for name, lines in zip(self.places, self.lines[1:], strict=True):
            found += [mime.filled(b"".join(body), pages) if name == "body" else said[int(name)], lines]
        return b"".join(found)
