"""Rules by full-text index: what is kept of an item's words, and which items can hold a rule at all.

The index answers "which words are in an item", nothing else: no places, no fields. `candidates` turns a rule into
a question that every item answers with yes for which the rule holds, and some others; the matcher then decides. So
both engines give equal answers, whatever their own full-text search makes of phrases, nearness and long texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from sys import intern

from aggregator.language import base
from aggregator.model import Item
from aggregator.spelling import fold, stems
from aggregator.topics.lexicon import bucket, is_stemmed, stem
from aggregator.topics.rules.passages import is_capital, languages_of, passages_of
from aggregator.topics.rules.syntax import Rule
from aggregator.topics.rules.tree import All, Fact, Near, Node, Piece, Some, Sought

LONGEST_WORD = 100  # characters; PostgreSQL refuses words of 2 kB, and no rule seeks one
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_REMEMBERED = 50_000  # words of one language


@dataclass(frozen=True, slots=True)
class Word:
    """An indexed word; with `cut` any that begins so."""

    text: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Anything:
    """Every item may do."""


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Question, ...]


Question = Word | Fact | Anything | Every | Either


def index_words(item: Item) -> Iterable[str]:
    """What the index keeps of an item, each once: its words as they are spelled (folded), their stems, and what
    their forms share, in the item's language and in English; all as `coded`."""
    kept = _kept(base(item.language) or "en")
    spellings = dict.fromkeys(chain.from_iterable(passages_of(item)))
    return dict.fromkeys(chain.from_iterable(map(kept.__getitem__, spellings)))


class _Kept(dict[str, tuple[str, ...]]):
    """A word as written, in a text of one language -> what the index keeps of it."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self._code = code
        self._stem, self._english = stems(code).of, stems("en").of
        self._is_stemmed = is_stemmed(code)

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) >= _REMEMBERED:
            self.clear()
        forms: Iterable[str]
        word = intern(word)
        if self._is_stemmed and word.isascii() and word.isalpha() and len(word) <= LONGEST_WORD:
            lower = word if word.islower() else word.lower()
            forms = {lower: 0, self._stem(word): 0, self._english(word): 0}  # what follows, in short
        else:
            shared = (stem(word, self._code), bucket(word, self._code), bucket(word, "en"))
            forms = [coded(one) for one in dict.fromkeys((fold(word.lower()), *shared)) if one]
        found = self[word] = tuple(forms)
        return found


@lru_cache(maxsize=64)
def _kept(code: str) -> _Kept:
    return _Kept(code)


def coded(word: str) -> str:
    """A word as both engines take it whole: letters and digits of ASCII, a letter first. What begins alike is
    coded alike at its beginning. (1e5x, библиотека and ﾗｲﾌﾞﾗﾘ would be cut by one engine or the other.)"""
    if word.isascii() and word.isalpha() and len(word) <= LONGEST_WORD:
        return word
    spelled = "".join(sign if sign in _PLAIN else f"q{ord(sign):05x}" for sign in word[:LONGEST_WORD])
    return f"q{spelled}" if spelled[:1].isdigit() else spelled


def candidates(rule: Rule, languages: Iterable[str | None]) -> Question:
    """What every item answers with yes for which the rule holds. `languages`: those that are held."""
    codes = {base(language) or "" for language in languages}
    return _asked(rule.root, codes)


def _asked(node: Node, codes: set[str]) -> Question:
    match node:
        case Sought(pieces):
            return _every(_forms(piece, codes) for piece in pieces)
        case Fact():
            return node
        case All(parts):
            return _every(_asked(part, codes) for part in parts)
        case Some(parts):
            return _either(_asked(part, codes) for part in parts)
        case Near(left, right, forbidden=forbidden):
            sides = (left,) if forbidden else (left, right)
            return _every(_asked(side, codes) for side in sides)
        case _:
            return Anything()


def _forms(piece: Piece, codes: set[str]) -> Question:
    folded = fold(piece.text.lower())
    match piece.form:
        case "cut":
            return Word(folded, cut=True)
        case "pattern":
            fixed = piece.text.rstrip("*").partition("?")[0]
            return Word(fixed, cut=True)
        case "exact":
            return Word(folded)
        case _:
            return _either(_inflected(piece, folded, codes))


def _inflected(piece: Piece, folded: str, codes: set[str]) -> Iterator[Question]:
    yield Word(folded)
    if is_capital(piece.text):
        yield Word(folded + "s")  # MOOCs
        return
    languages = {language for code in codes for language in languages_of(piece, code)}
    yield from (Word(shared) for shared in sorted({bucket(piece.text, code) for code in languages}) if shared)
    if piece.language not in ("", "en") and "" in codes:
        # A text of unknown language is searched for this word too, but is not indexed in its language.
        yield Fact("language", "")


def _every(questions: Iterable[Question]) -> Question:
    flat: dict[Question, None] = {}
    for one in questions:
        flat.update(dict.fromkeys(one.parts if isinstance(one, Every) else (one,)))
    flat.pop(Anything(), None)
    parts = tuple(flat)
    return parts[0] if len(parts) == 1 else Every(parts) if parts else Anything()


def _either(questions: Iterable[Question]) -> Question:
    flat: dict[Question, None] = {}
    for one in questions:
        flat.update(dict.fromkeys(one.parts if isinstance(one, Either) else (one,)))
    if Anything() in flat:
        return Anything()
    parts = tuple(flat)
    return parts[0] if len(parts) == 1 else Either(parts)
