"""The marks by which a text that shares a passage with another is found again.

Marks are winnowed (Schleimer, Wilkerson, Aiken: Winnowing, SIGMOD 2003): of the hashes of all runs of four words,
the smallest within every window is kept. Two texts that share a passage at least as long as a window share a mark,
wherever it stands and whatever is around it: a summary is found by its source and the other way round, which the
smallest hashes of whole texts don't do. The opening, where most quotations are from, has narrow windows, the rest
wide ones; what wide windows keep, narrow ones keep as well.

Databases hold marks: another way of making them must make the same ones. There are two. `winnowed` says what they
are; `winnowed_at_once` makes those of many texts with numpy, in a tenth of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain
from sys import intern
from typing import TYPE_CHECKING, Any
from zlib import crc32

from aggregator.dedupe.texts import READ, told
from aggregator.dedupe.titles import number, title_pieces
from aggregator.text import folded, spelled

if TYPE_CHECKING:  # numpy takes a tenth of a second to import: only who has many texts pays for it
    import numpy as np

RUN = 4  # words that a mark is made of
OPENING, NARROW, WIDE = 60, 12, 32  # runs of the opening; runs in a window there, and in one behind it
MOST_MARKS = 48
_MARKED = 560  # words that are looked at
MANY = 300  # texts from which on numpy is worth its import
_REMEMBERED, _WORDS = 2048, 100_000  # texts, and words
_OF_WORDS = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F
_OF_RUN, _DROPPED, _KEPT = 0x165667B1, 20, 0x7FFFFFFF

Told = tuple[str, str]  # a title and a text


class _Hashes(dict[str, int]):
    """A word as it is spelled -> the hash of what `read_text` makes of it."""

    def __missing__(self, spelling: str) -> int:
        if len(self) >= _WORDS:
            self.clear()
        spelling = intern(spelling)
        word = spelling if spelling.isascii() and spelling.islower() else folded(spelling.lower())
        word = number(word) or word
        found = self[spelling] = crc32(word.encode("utf-8", "replace"))
        return found


_hash_of = _Hashes()
_remembered: dict[Told, tuple[int, ...]] = {}  # an item is asked for when it is looked up, judged and stored


def marks(title: str, text: str) -> tuple[int, ...]:
    """The marks of a title (not negative) and of a text (negative): numbers of 32 bits, at most MOST_MARKS."""
    found = _remembered.get((title, text))
    return all_marks([(title, text)])[0] if found is None else found


def all_marks(asked: Sequence[Told]) -> list[tuple[int, ...]]:
    """The marks of each of these titles and texts."""
    missing = [one for one in dict.fromkeys(asked) if one not in _remembered]
    if len(_remembered) + len(missing) > _REMEMBERED:
        _remembered.clear()
        missing = list(dict.fromkeys(asked))
    if missing:
        words = [[*map(_hash_of.__getitem__, spelled(told(text[:READ]))[:_MARKED])] for _, text in missing]
        if len(words) < MANY:
            made: Iterator[set[int]] = map(winnowed, words)
        else:  # a part at a time, or the numbers of a thousand texts would take 50 MB
            parts = (words[start : start + MANY] for start in range(0, len(words), MANY))
            made = chain.from_iterable(map(winnowed_at_once, parts))
        for one, found in zip(missing, made, strict=True):
            found.update(map(_mark, title_pieces(one[0])))
            _remembered[one] = tuple(sorted(found, reverse=True)[:MOST_MARKS])
    return [_remembered[one] for one in asked]


def _mark(piece: Sequence[str]) -> int:
    return crc32(" ".join(piece).encode("utf-8", "replace")) >> 1


# ---------------------------------------------------------------------------------------------------- one text
def winnowed(words: Sequence[int]) -> set[int]:
    """The marks of a text whose words have these hashes."""
    hashes = _hashes(words)
    return {*_least(hashes[:OPENING], NARROW), *_least(hashes[OPENING:], WIDE)}


def _hashes(of: Sequence[int]) -> list[int]:
    """A number for every run of words, the same on every machine: mixed from those of its words."""
    first, second, third, fourth = _OF_WORDS
    return [
        ((a * first ^ b * second ^ c * third ^ d * fourth) * _OF_RUN >> _DROPPED & _KEPT) - 2**31
        for a, b, c, d in zip(of, of[1:], of[2:], of[3:], strict=False)
    ]


def _least(hashes: Sequence[int], window: int) -> Iterator[int]:
    """The smallest hash of every window; where not even one fits, the last hash."""
    if len(hashes) < window:
        yield from hashes[-1:]
        return
    place = -1
    for end in range(window - 1, len(hashes)):
        if place <= end - window:
            place = min(range(end, end - window, -1), key=hashes.__getitem__)
            yield hashes[place]
        elif hashes[end] <= hashes[place]:
            place = end
            yield hashes[place]


# -------------------------------------------------------------------------------------------------- many texts
def winnowed_at_once(texts: Sequence[Sequence[int]]) -> Iterator[set[int]]:
    """What `winnowed` gives for each text. They are laid behind each other; runs and windows that reach from one
    into the next are never looked at."""
    import numpy

    hashes = _hashes_at_once(numpy.fromiter(chain.from_iterable(texts), numpy.uint64))
    narrow, wide = (_least_at_once(hashes, size, numpy.minimum) for size in (NARROW, WIDE))
    for words, end in zip(texts, accumulate(map(len, texts)), strict=True):
        begin, end = end - len(words), max(end - len(words), end - RUN + 1)
        middle = min(begin + OPENING, end)
        yield {*_taken(hashes, narrow, NARROW, begin, middle), *_taken(hashes, wide, WIDE, middle, end)}


def _hashes_at_once(of: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`_hashes`, in 64 bits: what does not fit is above those that are kept."""
    first, second, third, fourth = map(of.dtype.type, _OF_WORDS)
    mixed = of[:-3] * first ^ of[1:-2] * second ^ of[2:-1] * third ^ of[3:] * fourth
    kept: np.ndarray[Any, Any] = mixed * of.dtype.type(_OF_RUN) >> of.dtype.type(_DROPPED) & of.dtype.type(_KEPT)
    kept = kept.astype("int64")
    return kept - 2**31


def _least_at_once(hashes: np.ndarray[Any, Any], window: int, least: Callable[..., Any]) -> np.ndarray[Any, Any]:
    """The smallest hash of every window, by windows of 2, 4, 8, ... of which two make a greater one."""
    size, found = 1, hashes
    while size < window:
        further = min(size, window - size)
        found = least(found[:-further], found[further:])
        size += further
    return found


def _taken(
    hashes: np.ndarray[Any, Any], least: np.ndarray[Any, Any], window: int, begin: int, end: int
) -> list[int]:
    """The smallest hashes of the windows between two places; where not even one fits, the last hash."""
    whole = end - begin >= window
    found: list[int] = (least[begin : end - window + 1] if whole else hashes[max(begin, end - 1) : end]).tolist()
    return found
