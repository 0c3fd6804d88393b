"""Texts made comparable: their words without boilerplate, their runs of three words, and the marks by which a text
that shares a passage is found again.

Marks are winnowed (Schleimer, Wilkerson, Aiken: Winnowing, SIGMOD 2003): of the hashes of all runs of four words,
the smallest within every window is kept. Two texts that share a passage at least as long as a window share a mark,
wherever it stands and whatever is around it: a summary is found by its source and the other way round, which the
smallest hashes of whole texts don't do. The opening, where most quotations are from, has narrow windows, the rest
wide ones; what wide windows keep, narrow ones keep as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import unescape
from zlib import crc32

from aggregator.dedupe.titles import number, title_pieces
from aggregator.text import folded, spelled, without_boilerplate, words

READ = 6000  # characters of a text that are compared; megabytes of it cost no more than that
RUN = 3  # words that are compared together
MARK_RUN = 4  # words that a mark is made of
OPENING, NARROW, WIDE = 60, 12, 32  # words of the opening; hashes in a window there, and in one behind it
_MARKED = 560  # words that are looked at for marks
MOST_MARKS = 48

NOTICE = re.compile(
    r"(originally (appeared|posted|published)|cross-?posted|re-?(published|blogged|posted)|"
    r"republish|editor['’]s note|pubblicato originariamente|publié initialement|zuerst erschienen|"
    r"publicado originalmente)\b",
    re.IGNORECASE,
)
_NOTICE_WORDS = ("original", "post", "publi", "blog", "editor", "zuerst")  # looked for first, being quick to find
_SENTENCE = re.compile(r"[.!?:*]+\s+|\n")
_ADDRESS = re.compile(r"\b(?:https?://|www\.)[^\s<>()\[\]\"']+")
_NOTICE_WITHIN = 700  # characters from the beginning


_REMEMBERED = 100_000  # words


class _Writing(dict[str, str]):
    """Word -> itself, or the number that it says."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        found = self[word] = number(word) or word
        return found


class _WordHashes(dict[str, int]):
    def __missing__(self, word: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        found = self[word] = crc32(word.encode("utf-8", "replace"))
        return found


class _SpellingHashes(dict[str, int]):
    """A word as it is spelled -> the hash of what `read_text` makes of it: one look-up instead of three."""

    def __missing__(self, spelling: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        found = self[spelling] = _OF_WORD[_IN_ONE_WRITING[folded(spelling.lower())]]
        return found


_IN_ONE_WRITING, _OF_WORD, _OF_SPELLING = _Writing(), _WordHashes(), _SpellingHashes()


@lru_cache(maxsize=1024)
def read_text(text: str) -> tuple[str, ...]:
    """The words of a text in order, without boilerplate, numbers in one writing; of READ characters at most."""
    return tuple(map(_IN_ONE_WRITING.__getitem__, _words(text[:READ])))


@lru_cache(maxsize=512)
def runs(text: str) -> frozenset[tuple[str, ...]]:
    """Every RUN words that stand together in a text."""
    return frozenset(_runs(read_text(text), RUN))


def _words(text: str) -> Sequence[str]:
    return words(_told(text))


def _told(text: str) -> str:
    """What a text tells itself: without notices, addresses and what blog software appends."""
    if "&" in text:
        text = unescape(text)
    text = without_notice(text)
    if "://" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    return without_boilerplate(text.rstrip())


def without_notice(text: str) -> str:
    """Text without the sentences near its beginning that say where it appeared first."""
    head = text[:_NOTICE_WITHIN]
    lower = head.lower()
    if not any(word in lower for word in _NOTICE_WORDS):
        return text
    kept, begin = [], 0
    for found in NOTICE.finditer(head):
        if found.start() < begin:
            continue
        before = [end.end() for end in _SENTENCE.finditer(head, begin, found.start())]
        after = _SENTENCE.search(head, found.end())
        if after:
            kept.append(head[begin : before[-1] if before else begin])
            begin = after.end()
    return " ".join((*kept, head[begin:])).lstrip() + text[_NOTICE_WITHIN:]


def _runs(found: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    return zip(*(found[at:] for at in range(length)), strict=False)


# --------------------------------------------------------------------------------------------------------- marks
@lru_cache(maxsize=4096)  # an item is asked for its marks when it is looked up, judged and stored
def marks(title: str, text: str) -> tuple[int, ...]:
    """The marks of a title (not negative) and of a text (negative): numbers of 32 bits, at most MOST_MARKS."""
    found = {~_mark(piece) for piece in title_pieces(title)}
    hashes = _hashes([*map(_OF_SPELLING.__getitem__, spelled(_told(text[:READ]))[:_MARKED])])
    found.update(_winnowed(hashes[:OPENING], NARROW))
    found.update(_winnowed(hashes[OPENING:], WIDE))
    return tuple(sorted(found, reverse=True)[:MOST_MARKS])


def _mark(some: Sequence[str]) -> int:
    return ~(crc32(" ".join(some).encode("utf-8", "replace")) >> 1)


def _hashes(of: Sequence[int]) -> list[int]:
    """A number for every run of MARK_RUN words, the same on every machine: mixed from those of its words."""
    return [
        ((a * 0x9E3779B1 ^ b * 0x85EBCA77 ^ c * 0xC2B2AE3D ^ d * 0x27D4EB2F) * 0x165667B1 >> 20 & 0x7FFFFFFF)
        - 2**31
        for a, b, c, d in zip(of, of[1:], of[2:], of[3:], strict=False)
    ]


def _winnowed(hashes: Sequence[int], window: int) -> Iterator[int]:
    """The smallest hash of every window, the last one where there are equals."""
    place = -1
    for end in range(max(0, min(window, len(hashes)) - 1), len(hashes)):
        if place <= end - window:
            begin = max(0, end - window + 1)
            place = min(range(end, begin - 1, -1), key=hashes.__getitem__)
            yield hashes[place]
        elif hashes[end] <= hashes[place]:
            place = end
            yield hashes[place]
