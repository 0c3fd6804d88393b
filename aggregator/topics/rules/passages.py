"""An item as the rules see it: its words by place, and for each word which sought pieces it can be.

A word is looked up once, however many rules seek it: a dictionary remembers every spelling it has met.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aggregator.language import base
from aggregator.model import Item
from aggregator.spelling import fold, spelled
from aggregator.topics.lexicon import Lexicon, Phrase
from aggregator.topics.rules.tree import Piece, Place

TITLE, TEXT, AUTHOR, FIRST_TAG = range(4)  # numbers of passages; each category of the source is one of its own
READ_CHARACTERS = 20_000  # as much as an item's text may have
_REMEMBERED = 200_000


def passages_of(item: Item) -> list[Sequence[str]]:
    """The words of an item, passage by passage, as they are written."""
    texts = (item.title, item.text[:READ_CHARACTERS], item.author, *item.tags)
    return [spelled(text) if text else [] for text in texts]


def in_place(place: Place, passage: int) -> bool:
    """Whether a passage is looked at for a word that is sought in this place."""
    match place:
        case "":
            return passage != AUTHOR
        case "title":
            return passage == TITLE
        case "text":
            return passage == TEXT
        case "author":
            return passage == AUTHOR
        case "tags":
            return passage >= FIRST_TAG


def is_capital(word: str) -> bool:
    """Whether a word is sought in capitals only, because it is written so: CPD, MARC."""
    return len(word) > 1 and word.isupper() and word.isalpha()


def is_read(piece: Piece, code: str) -> bool:
    """Whether a piece is looked for in items of this language ("": not known, then everything is)."""
    return not piece.language or not code or piece.language in (code, "en")


def languages_of(piece: Piece, code: str) -> tuple[str, ...]:
    """In the forms of which languages a word is sought in items of this language."""
    if piece.language:
        return (piece.language,)
    return tuple(dict.fromkeys((code or "en", "en")))


def pattern(text: str) -> re.Pattern[str]:
    """A folded word with ? for one letter, maybe cut at its end."""
    return re.compile("".join({"?": r"\w", "*": r"\w*"}.get(sign, re.escape(sign)) for sign in text))


@dataclass(frozen=True, slots=True)
class Seen:
    """Where the sought pieces stand in one item: number of the piece -> passage -> places, ascending."""

    item: Item
    words: Sequence[Sequence[str]]
    at: Mapping[int, Mapping[int, Sequence[int]]]


class Pieces:
    """Everything that some rules seek, numbered; finds it in items of any language."""

    def __init__(self, sought: Iterable[Piece]) -> None:
        self.numbers = {piece: number for number, piece in enumerate(dict.fromkeys(sought))}
        self._views: dict[str, _View] = {}

    def seen(self, item: Item) -> Seen:
        """One pass over the item's words."""
        code = base(item.language) or ""
        view = self._views.get(code)
        if view is None:
            view = self._views[code] = _View(self.numbers, code)
        words = passages_of(item)
        at: defaultdict[int, dict[int, list[int]]] = defaultdict(dict)
        for passage, tokens in enumerate(words):
            numbers = [*map(view.__getitem__, tokens)]
            if any(numbers):
                for place, here in enumerate(numbers):
                    for number in here:
                        at[number].setdefault(passage, []).append(place)
        return Seen(item, words, at)


class _View(dict[str, tuple[int, ...]]):
    """For items of one language: a word as written -> the numbers of the pieces that it is."""

    def __init__(self, numbers: Mapping[Piece, int], code: str) -> None:
        super().__init__()
        self._code = code
        self._exact: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        self._cut: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        self._patterns: list[tuple[re.Pattern[str], int]] = []
        phrases: list[Phrase] = []
        for piece, number in numbers.items():
            if is_read(piece, code):
                phrases += self._add(piece, number)
        self._forms = Lexicon(phrases)

    def __missing__(self, word: str) -> tuple[int, ...]:
        if len(self) >= _REMEMBERED:  # an endless stream of new spellings must not fill the memory
            self.clear()
        found = self[word] = tuple(sorted(set(self._look_up(word))))
        return found

    def _add(self, piece: Piece, number: int) -> Iterator[Phrase]:
        folded = fold(piece.text.lower())
        match piece.form:
            case "word":
                self._exact[folded].append((piece.text if is_capital(piece.text) else "", number))
                for language in languages_of(piece, self._code):
                    yield Phrase(str(number), piece.text, language)
            case "exact":
                self._exact[folded].append((piece.text if is_capital(piece.text) else "", number))
            case "cut":
                self._cut[folded[:3]].append((folded, number))
            case "pattern":
                self._patterns.append((pattern(piece.text), number))

    def _look_up(self, word: str) -> Iterator[int]:
        folded = fold(word.lower())
        for capital, number in self._exact.get(folded, ()):
            if capital in ("", word):
                yield number
        for beginning, number in self._cut.get(folded[:3], ()):
            if folded.startswith(beginning):
                yield number
        for one, number in self._patterns:
            if one.fullmatch(folded):
                yield number
        for found in self._forms.find_all((word,), self._code or None):
            yield int(found.phrase.owner)
