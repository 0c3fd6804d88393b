"""Phrases of many owners, found in one pass over a text.

A text is cut into words once; each word is looked up once (a dictionary that remembers every spelling it has
met); only where a word can begin a phrase is a trie walked. The cost hardly depends on how many phrases there
are, so thirty-six topics cost as much as one.

A word matches another form of itself (`programme`, `programmes`; `Bibliothek`, `Bibliotheken`), never a part of
another word. Stems alone go too far (`journal` and `journalism`, `publisher` and `published` share theirs), so
two forms must also differ by an inflection only. A word written in capitals in the list (`CPD`, `MARC`, `ALA`)
must stand in capitals in the text; a word cut with a star (`librar*`) stands for all that begin so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from aggregator.text import fold, spellings, words

WORD = re.compile(r"[^\W_]+(?:['’]s\b)?")
_NO_GENITIVE = re.compile(r"'(?:(?!s\b)|(?<![^\W_]')|(?<='s'))")  # an apostrophe that belongs to no word
_SOUGHT = re.compile(r"[^\W_]+(?:['’]s\b)?\*?")  # a word of a phrase may be cut: librar*
_SHORTEST_CUT = 3
_LATELY = 32  # texts
# Endings that change a word's number, case, gender or tense but not what it means.
_ENGLISH = frozenset(("", "s", "es", "e", "ed", "d", "ing", "ings", "y", "ies", "ied"))
_ROMANCE = frozenset(("ca", "es", "fr", "it", "pt", "ro"))
_LONGEST_ROMANCE, _LONGEST_OTHER = 2, 3
_LONG_ENOUGH = 5
# Languages whose stemmer only strips accents and case: forms are compared by their beginning there.
_UNSTEMMED = frozenset(("hr", "sr", "bs", "sl", "pl", "cs", "sk"))


class Phrase(NamedTuple):
    """One word or phrase, in one language, that speaks for its owner, and how much it says (see `cues`)."""

    owner: str
    text: str
    language: str
    strength: int = 0
    worth: float = 1.0


class Found(NamedTuple):
    """A phrase that stands in a text: words `start` to `end` (exclusive) of it."""

    phrase: Phrase
    start: int
    end: int


_new = tuple.__new__  # half the time of calling Found, a hundred times an item


@dataclass(slots=True)
class _Node:
    after: dict[int, _Node] = field(default_factory=dict)
    phrases: list[Phrase] = field(default_factory=list)


@lru_cache(maxsize=32)  # an item's kind and its topics are looked for in the same texts
def tokens(text: str) -> tuple[str, ...]:
    """The words of a text as they are written (but the apostrophe always straight), an English genitive with its
    word: what WORD finds."""
    text = text.replace("’", "'")
    return tuple(spellings(_NO_GENITIVE.sub(" ", text), kept="'") if "'" in text else spellings(text))


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """The folded stem of one word; '' where the word has none."""
    stems = words(_bare(word), language)
    return stems[0] if stems else ""


def _bare(word: str) -> str:
    return word[:-2] if word[-2:] in ("'s", "’s") else word


def _is_acronym(word: str) -> bool:
    return len(word) > 1 and word.isupper() and word.isalpha()


def same_word(one: str, other: str, language: str) -> bool:
    """Whether two folded words of the same stem are forms of one word."""
    common = next((n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if common is None:
        common = min(len(one), len(other))
    return _is_ending(one[common:], language) and _is_ending(other[common:], language)


def _is_ending(letters: str, language: str) -> bool:
    """Whether these letters, maybe none, are an ending that leaves a word's meaning as it is."""
    if language == "en":
        return letters in _ENGLISH
    return len(letters) <= (_LONGEST_ROMANCE if language in _ROMANCE else _LONGEST_OTHER)


_Term = tuple[tuple[int, ...], tuple[_Node, ...]]
_NOTHING: _Term = ((), ())


class _View(dict[str, _Term | None]):
    """The phrases of some languages. As a dictionary: a word as written -> the numbers of the terms it can be, and
    what begins with them; None for most words, which are sought nowhere."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        super().__init__()
        self.root = _Node()
        self._terms: dict[tuple[str, str], int] = {}
        self._trunks: set[str] = set()  # a word can only be a term if one of its `_trunks` is in here
        self._by_stem: dict[tuple[str, str], list[tuple[str, int]]] = {}
        self._cut: dict[str, list[tuple[str, int]]] = {}
        self._languages: list[str] = []
        for phrase in phrases:
            self._add(phrase)

    def __missing__(self, word: str) -> _Term | None:
        if len(self) > 200_000:  # an endless stream of new spellings must not fill the memory
            self.clear()
        numbers = () if self._trunks.isdisjoint(_trunks(word)) else self._look_up(word)
        first = self.root.after
        found = self[word] = (
            (numbers, tuple(first[number] for number in numbers if number in first)) if numbers else None
        )
        return found

    def _add(self, phrase: Phrase) -> None:
        if phrase.language not in self._languages:
            self._languages.append(phrase.language)
        node = self.root
        for word in _SOUGHT.findall(phrase.text):
            node = node.after.setdefault(self._term(word, phrase.language), _Node())
        if node is not self.root:
            node.phrases.append(phrase)

    def _term(self, word: str, language: str) -> int:
        if word.endswith("*") and len(word) > _SHORTEST_CUT:
            return self._cut_term(fold(word[:-1]))
        word = word.rstrip("*")
        folded = fold(_bare(word))
        self._trunks.add(folded)
        if _is_acronym(word):
            return self._terms.setdefault(("", word), len(self._terms))
        # Forms of one word share at least a letter, else the shortest words would have to be looked up always.
        self._trunks.update(t for t in _trunks(word)[1:] if t and _is_ending(folded[len(t) :], language))
        number = self._terms.setdefault((language, folded), len(self._terms))
        forms = self._by_stem.setdefault((language, _bucket(word, folded, language)), [])
        if (folded, number) not in forms:
            forms.append((folded, number))
        return number

    def _cut_term(self, beginning: str) -> int:
        number = self._terms.setdefault(("*", beginning), len(self._terms))
        cuts = self._cut.setdefault(beginning[:_SHORTEST_CUT], [])
        if (beginning, number) not in cuts:
            cuts.append((beginning, number))
            self._trunks.add(beginning[:_SHORTEST_CUT] + "*")
        return number

    def _look_up(self, word: str) -> tuple[int, ...]:
        found = []
        literal = self._terms.get(("", _bare(word)))
        if literal is None and word.endswith("s"):  # MOOCs, LLMs, DOIs
            literal = self._terms.get(("", word[:-1]))
        if literal is not None:
            found.append(literal)
        folded = fold(_bare(word))
        for language in self._languages:
            for form, number in self._by_stem.get((language, _bucket(word, folded, language)), ()):
                if same_word(folded, form, language):
                    found.append(number)
        for beginning, number in self._cut.get(folded[:_SHORTEST_CUT], ()):
            if folded.startswith(beginning):
                found.append(number)
        return tuple(dict.fromkeys(found))


def _trunks(word: str) -> tuple[str, ...]:
    """What a word shares with every term it can be: its beginning, and itself without its last letters.

    Two forms of one word (`same_word`) are equal but for their endings, so one of these is the trunk of both. This
    is asked first, since most words are not sought, and stems take longer.
    """
    folded = fold(_bare(word))
    beginning = folded[:_SHORTEST_CUT] + "*"
    return beginning, folded, folded[:-1], folded[:-2], folded[:-3], folded[:-4]  # no ending is longer


def _bucket(word: str, folded: str, language: str) -> str:
    if language in _UNSTEMMED and len(folded) >= _LONG_ENOUGH:
        return folded[:4]
    return stem(word, language)


def bucket(word: str, language: str) -> str:
    """What all forms of a word share in a language: the full-text index keeps it, so that none is missed."""
    return _bucket(word, fold(_bare(word)), language)


class Lexicon:
    """Phrases, to be found in texts of any language. Immutable in what it answers; remembers what it met."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = tuple(phrases)
        self._languages = frozenset(phrase.language for phrase in self._phrases)
        self._views: dict[str, _View] = {}
        self._lately: dict[tuple[int, str | None], tuple[Sequence[str], list[Found]]] = {}

    def found(self, words: tuple[str, ...], language: str | None) -> Sequence[Found]:
        """What `find_all` gives. Remembers what was found in the last few texts: an item's kind and its topics are
        looked for in the same words."""
        key = id(words), language
        if (lately := self._lately.get(key)) is None:
            if len(self._lately) >= _LATELY:
                self._lately.clear()
            # The words are kept beside, so that their id stays theirs.
            lately = self._lately[key] = words, self.find_all(words, language)
        return lately[1]

    def find(self, words: Sequence[str], language: str | None) -> list[Found]:
        """The phrases in these words, in their order, without what lies within a longer phrase.

        Looked for: the phrases of the text's language and the English ones; all when the language is unknown.
        """
        found = self.find_all(words, language)
        return longest(found) if len(found) > 1 else found

    def find_all(self, words: Sequence[str], language: str | None) -> list[Found]:
        """As `find`, but also the phrases within longer ones."""
        terms = list(map(self._view(language).__getitem__, words))
        terms.append(None)  # so that every word has one after it
        found: list[Found] = []
        for start, term in enumerate(terms):
            if term is None:
                continue
            for node in term[1]:
                if node.phrases:
                    found += [_new(Found, (phrase, start, start + 1)) for phrase in node.phrases]
                if node.after and terms[start + 1] is not None:
                    _walk(node, terms, start, start + 1, found)
        return found

    def _view(self, language: str | None) -> _View:
        if language in self._views:
            return self._views[language]
        code = language.lower().replace("_", "-").split("-")[0] if language else ""
        if code and code not in self._languages:
            code = "en"
        if code not in self._views:
            wanted = {code, "en"} if code else self._languages
            self._views[code] = _View(phrase for phrase in self._phrases if phrase.language in wanted)
        return self._views[code]


def _walk(node: _Node, terms: Sequence[_Term | None], start: int, end: int, found: list[Found]) -> None:
    """Collect the phrases that begin at `start`, have been followed to `end`, and go on."""
    for number in (terms[end] or _NOTHING)[0]:
        further = node.after.get(number)
        if further is not None:
            if further.phrases:
                found += [_new(Found, (phrase, start, end + 1)) for phrase in further.phrases]
            if further.after:
                _walk(further, terms, start, end + 1, found)


def longest(found: Iterable[Found]) -> list[Found]:
    """Without the phrases that lie within a longer one, and each owner once a place."""
    kept: list[Found] = []
    owners: set[str] = set()  # of what was kept at this place
    place = span = (-1, -1)  # where the last one stands, and the last one that was kept
    reach = -1  # the end of what began earlier
    for one in sorted(found, key=_by_place):
        phrase, start, end = one
        if start != place[0]:
            owners.clear()
        place = (start, end)
        if (end > reach or place == span) and phrase.owner not in owners:
            owners.add(phrase.owner)
            kept.append(one)
            span = place
        if end > reach:
            reach = end
    return kept


def _by_place(one: Found) -> tuple[int, int]:
    return one.start, -one.end
