"""Texts made comparable: their words without boilerplate, and their runs of three words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import unescape

from aggregator.dedupe.titles import number
from aggregator.text import without_boilerplate, words

READ = 6000  # characters of a text that are compared; megabytes of it cost no more than that
RUN = 3  # words that are compared together

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


in_one_writing = _Writing()


@lru_cache(maxsize=1024)
def read_text(text: str) -> tuple[str, ...]:
    """The words of a text in order, without boilerplate, numbers in one writing; of READ characters at most."""
    return tuple(map(in_one_writing.__getitem__, _words(text[:READ])))


@lru_cache(maxsize=512)
def runs(text: str) -> frozenset[tuple[str, ...]]:
    """Every RUN words that stand together in a text."""
    return frozenset(_runs(read_text(text), RUN))


def _words(text: str) -> Sequence[str]:
    return words(told(text))


def told(text: str) -> str:
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
