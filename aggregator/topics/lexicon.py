"""Phrases of many owners, found in one pass over a text.

A text is cut into words once; each word is looked up once (a dictionary that remembers every spelling it has
met); only where a word begins a phrase is a trie walked. The cost hardly depends on how many phrases there
are, so thirty-six topics cost as much as one.

A word matches another form of itself (`programme`, `programmes`; `Bibliothek`, `Bibliotheken`), never a part of
another word. Stems alone go too far (`journal` and `journalism`, `publisher` and `published` share theirs), so
two forms must also differ by an inflection only. A word written in capitals in the list (`CPD`, `MARC`, `ALA`)
must stand in capitals in the text; a word cut with a star (`librar*`) stands for all that begin so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import compress, count
from typing import NamedTuple

from aggregator.spelling import fold, is_word, spellings, stems, words

WORD = re.compile(r"[^\W_]+(?:['’]s\b)?")
_NO_GENITIVE = re.compile(r"'(?:(?!s\b)|(?<![^\W_]')|(?<='s'))")  # an apostrophe that belongs to no word
_SOUGHT = re.compile(r"[^\W_]+(?:['’]s\b)?\*?")  # a word of a phrase may be cut: librar*
_SHORTEST_CUT = 3
KIND = "="  # so begin owners of phrases about kinds of items, where these are among others
_LATELY = 32  # texts
_REMEMBERED = 200_000  # words of one view
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


class _Node(dict[int, "_Node"]):
    """What has been read of phrases: those that end here, and by its number each term that may follow."""

    __slots__ = ("phrases",)

    def __init__(self) -> None:
        super().__init__()
        self.phrases: list[Phrase] = []


@lru_cache(maxsize=32)  # an item's kind and its topics are looked for in the same texts
def tokens(text: str) -> tuple[str, ...]:
    """The words of a text as they are written (but the apostrophe always straight), an English genitive with its
    word: what WORD finds."""
    return tuple(cut(text))


def cut(text: str) -> list[str]:
    """The same for a text that is looked at once."""
    text = text.replace("’", "'")
    return spellings(_NO_GENITIVE.sub(" ", text), kept="'") if "'" in text else spellings(text)


def stem(word: str, language: str) -> str:
    """The folded stem of one word; '' where the word has none."""
    if is_word(word):
        return stems(language)[word]
    found = words(_bare(word), language)
    return found[0] if found else ""


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


class _Words:
    """The words of phrases, taken apart once for all views: phrases of many owners share theirs, and the English
    ones are in every view."""

    def __init__(self) -> None:
        self._parts: dict[str, list[str]] = {}
        self._forms: dict[tuple[str, str], tuple[str, str]] = {}

    def parts(self, phrase: str) -> list[str]:
        """The words of a phrase, as written."""
        found = self._parts.get(phrase)
        if found is None:
            found = self._parts[phrase] = _SOUGHT.findall(phrase)
        return found

    def form(self, word: str, language: str) -> tuple[str, str]:
        """A word folded, and what it shares with its other forms."""
        found = self._forms.get((word, language))
        if found is None:
            folded = fold(_bare(word))
            found = self._forms[word, language] = folded, _bucket(word, folded, language)
        return found


class _View(dict[str, tuple[_Node, ...]]):
    """The phrases of some languages. As a dictionary: a word as written -> what begins with it, nothing for most.
    `terms`: of the words that were looked up, those that can be terms of phrases -> their numbers."""

    def __init__(self, phrases: Iterable[Phrase], words: _Words) -> None:
        super().__init__()
        self.terms: dict[str, tuple[int, ...]] = {}
        self._root = _Node()
        self._words = words
        self._numbers: dict[tuple[str, str], int] = {}
        self._literal: dict[str, int] = {}
        self._forms: dict[
            str, dict[str, list[tuple[str, int]]]
        ] = {}  # language -> what forms share -> those sought
        self._cut: dict[str, list[tuple[str, int]]] = {}
        for phrase in phrases:
            self._add(phrase)

    def __missing__(self, word: str) -> tuple[_Node, ...]:
        numbers = self._look_up(word)
        if numbers:
            self.terms[word] = numbers
        found = self[word] = tuple(self._root[number] for number in numbers if number in self._root)
        return found

    def forget(self) -> None:
        """Forget what was looked up."""
        self.clear()
        self.terms.clear()

    def _add(self, phrase: Phrase) -> None:
        language = phrase.language
        self._forms.setdefault(language, {})
        node = self._root
        for word in self._words.parts(phrase.text):
            number = self._numbers.get((language, word))
            if number is None:
                number = self._numbers[language, word] = self._number(word, language)
            further = node.get(number)
            if further is None:
                further = node[number] = _Node()
            node = further
        if node is not self._root:
            node.phrases.append(phrase)

    def _number(self, word: str, language: str) -> int:
        """The number of the term that a word of a phrase is; of all its forms the same one."""
        new = len(self._numbers)
        if word.endswith("*") and len(word) > _SHORTEST_CUT:
            beginning = fold(word[:-1])
            return _numbered(self._cut.setdefault(beginning[:_SHORTEST_CUT], []), beginning, new)
        word = word.rstrip("*")
        if _is_acronym(word):
            return self._literal.setdefault(word, new)
        folded, shared = self._words.form(word, language)
        return _numbered(self._forms[language].setdefault(shared, []), folded, new)

    def _look_up(self, word: str) -> tuple[int, ...]:
        found = []
        bare = _bare(word)
        literal = self._literal.get(bare)
        if literal is None and word.endswith("s"):  # MOOCs, LLMs, DOIs
            literal = self._literal.get(word[:-1])
        if literal is not None:
            found.append(literal)
        folded = fold(bare)
        for language, forms in self._forms.items():
            for form, number in forms.get(_bucket(word, folded, language), ()):
                if folded[:1] == form[:1] and same_word(folded, form, language):  # at least a letter is shared
                    found.append(number)
        for beginning, number in self._cut.get(folded[:_SHORTEST_CUT], ()):
            if folded.startswith(beginning):
                found.append(number)
        return tuple(dict.fromkeys(found))


def _numbered(known: list[tuple[str, int]], word: str, new: int) -> int:
    """The number under which a word is known, from now on the new one if it was not."""
    number = next((number for one, number in known if one == word), None)
    if number is None:
        known.append((word, number := new))
    return number


def _bucket(word: str, folded: str, language: str) -> str:
    if language in _UNSTEMMED and len(folded) >= _LONG_ENOUGH:
        return folded[:4]
    return stem(word, language)


def is_stemmed(language: str) -> bool:
    """Whether the forms of all words of a language share their stem, and not their beginning."""
    return language not in _UNSTEMMED


def bucket(word: str, language: str) -> str:
    """What all forms of a word share in a language: the full-text index keeps it, so that none is missed."""
    return _bucket(word, fold(_bare(word)), language)


class Lexicon:
    """Phrases, to be found in texts of any language. Immutable in what it answers; remembers what it met."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = tuple(phrases)
        self._languages = frozenset(phrase.language for phrase in self._phrases)
        self._words = _Words()
        self._views: dict[str, _View] = {}
        self._lately: dict[tuple[int, str | None], tuple[Sequence[str], tuple[list[Found], list[Found]]]] = {}

    def found(self, words: tuple[str, ...], language: str | None) -> tuple[Sequence[Found], Sequence[Found]]:
        """What `find_all` gives: first what does not speak of KINDs of items, then what does. Remembers what was
        found in the last few texts: an item's kind and its topics are looked for in the same words."""
        key = id(words), language
        if (lately := self._lately.get(key)) is None:
            if len(self._lately) >= _LATELY:
                self._lately.clear()
            every = self.find_all(words, language)
            kinds = [one for one in every if one[0][0][0] == KIND]
            others = [one for one in every if one[0][0][0] != KIND] if kinds else every
            # The words are kept beside, so that their id stays theirs.
            lately = self._lately[key] = words, (others, kinds)
        return lately[1]

    def find(self, words: Sequence[str], language: str | None) -> list[Found]:
        """The phrases in these words, in their order, without what lies within a longer phrase.

        Looked for: the phrases of the text's language and the English ones; all when the language is unknown.
        """
        found = self.find_all(words, language)
        return longest(found) if len(found) > 1 else found

    def find_all(self, words: Sequence[str], language: str | None) -> list[Found]:
        """As `find`, but also the phrases within longer ones."""
        view = self._view(language)
        if len(view) > _REMEMBERED:  # an endless stream of new spellings must not fill the memory
            view.forget()
        begins, terms = [*map(view.__getitem__, words)], view.terms
        ahead = [*words, ""]  # so that every word has one after it
        found: list[Found] = []
        for start in compress(count(), begins):
            for node in begins[start]:
                for phrase in node.phrases:
                    found.append(_new(Found, (phrase, start, start + 1)))
                if node:
                    for number in terms.get(ahead[start + 1], ()):
                        if number in node:
                            _walk(node[number], terms, ahead, (start, start + 2), found)
        return found

    def _view(self, language: str | None) -> _View:
        if language in self._views:
            return self._views[language]
        code = language.lower().replace("_", "-").split("-")[0] if language else ""
        if code and code not in self._languages:
            code = "en"
        if code not in self._views:
            wanted = {code, "en"} if code else self._languages
            self._views[code] = _View((one for one in self._phrases if one.language in wanted), self._words)
        return self._views[code]


def _walk(
    node: _Node,
    terms: Mapping[str, Sequence[int]],
    words: Sequence[str],
    read: tuple[int, int],
    found: list[Found],
) -> None:
    """Collect the phrases that end at a node or go on from there; `read` is where they begin, and how far."""
    start, end = read
    for phrase in node.phrases:
        found.append(_new(Found, (phrase, start, end)))
    if node:
        for number in terms.get(words[end], ()):
            if number in node:
                _walk(node[number], terms, words, (start, end + 1), found)


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
