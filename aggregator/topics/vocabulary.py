"""The words of phrases, and which words of a text are forms of them.

A word matches another form of itself (`programme`, `programmes`; `Bibliothek`, `Bibliotheken`), never a part of
another word. Stems alone go too far (`journal` and `journalism`, `publisher` and `published` share theirs), so
two forms must also differ by an inflection only. A word written in capitals in the list (`CPD`, `MARC`, `ALA`)
must stand in capitals in the text; a word cut with a star (`librar*`) stands for all that begin so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from sys import intern
from typing import NamedTuple

from aggregator.spelling import fold, is_word, stems, words

_SOUGHT = re.compile(r"[^\W_]+(?:['’]s\b)?\*?")  # a word of a phrase may be cut: librar*
_SHORTEST_CUT = 3
# Endings that change a word's number, case, gender or tense but not what it means.
_ENGLISH = frozenset(("", "s", "es", "e", "ed", "d", "ing", "ings", "y", "ies", "ied"))
_ROMANCE = frozenset(("ca", "es", "fr", "it", "pt", "ro"))
_LONGEST_ENGLISH, _LONGEST_ROMANCE, _LONGEST_OTHER = max(map(len, _ENGLISH)), 2, 3
_OPENING = 5  # letters by which words are told apart before they are stemmed
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


def stem(word: str, language: str) -> str:
    """The folded stem of one word; '' where the word has none."""
    if is_word(word):
        return stems(language).of(word)
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
    return letters in _ENGLISH if language == "en" else len(letters) <= _longest_ending(language)


def _longest_ending(language: str) -> int:
    if language == "en":
        return _LONGEST_ENGLISH
    return _LONGEST_ROMANCE if language in _ROMANCE else _LONGEST_OTHER


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


# What has been read of phrases: those that end here, and by its number each term that may follow.
Node = tuple[list[Phrase], dict[int, "Node"]]
# What begins with a word: the phrases that are only this word, and by its number each term that may follow.
Beginning = tuple[Sequence[Phrase], Sequence[Mapping[int, Node]]]


class _Forms(NamedTuple):
    """The sought words of a language: what their forms share (`bucket`) -> these, folded, with their numbers.
    `openings`: how their forms begin, before the longest `ending` that a form may have."""

    sharing: Mapping[str, list[tuple[str, int]]]
    openings: AbstractSet[str]
    ending: int


class Vocabulary:
    """Phrases of all languages, their words made numbered terms: one number for all that match the same words."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self.root: dict[int, Node] = {}
        self.literal: dict[str, int] = {}
        self.literal_in: defaultdict[str, set[str]] = defaultdict(set)  # by language
        self.cut: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)  # by the first letters
        self.languages: dict[str, dict[str, int]] = {}  # language -> word as written -> the number of its term
        self._folded: dict[tuple[str, str], int] = {}
        self._buckets: dict[str, _Forms] = {}
        self._count = 0
        for phrase in phrases:
            self._add(phrase)

    def _add(self, phrase: Phrase) -> None:
        numbers = self.languages.get(phrase.language)
        if numbers is None:
            numbers = self.languages[phrase.language] = {}
        after, node = self.root, None
        for word in parts(phrase.text):
            number = numbers.get(word)
            if number is None:
                number = numbers[word] = self._number(word, phrase.language)
            node = after.get(number)
            if node is None:
                node = after[number] = [], {}
            after = node[1]
        if node is not None:
            node[0].append(phrase)

    def _number(self, word: str, language: str) -> int:
        self._count += 1
        if word.endswith("*") and len(word) > _SHORTEST_CUT:
            beginning = fold(word[:-1])
            known = self.cut[beginning[:_SHORTEST_CUT]]
            number = next((number for one, number in known if one == beginning), None)
            if number is None:
                known.append((beginning, number := self._count))
            return number
        word = word.rstrip("*")
        if _is_acronym(word):
            self.literal_in[language].add(word)
            return self.literal.setdefault(word, self._count)
        return self._folded.setdefault((language, fold(_bare(word))), self._count)

    def forms(self, language: str) -> _Forms:
        """The sought words of a language, to be recognised by their forms."""
        found = self._buckets.get(language)
        if found is None:
            buckets: dict[str, list[tuple[str, int]]] = {}
            for word in self.languages[language]:
                bare = word.rstrip("*")
                folded = fold(_bare(bare))
                number = self._folded.get((language, folded))
                if number is None or self.languages[language][word] != number:
                    continue  # it is sought in capitals, or cut
                known = buckets.setdefault(_bucket(bare, folded, language), [])
                if (folded, number) not in known:
                    known.append((folded, number))
            sought = {folded for known in buckets.values() for folded, _ in known}
            openings = {word[:length] for word in sought for length in range(1, _OPENING + 1)}
            found = self._buckets[language] = _Forms(buckets, openings, _longest_ending(language))
        return found


def parts(phrase: str) -> Sequence[str]:
    """The words of a phrase as they are written, a star with its word."""
    if phrase.isalnum():
        return (phrase,)
    found = phrase.split()
    return found if all(map(str.isalnum, found)) else _SOUGHT.findall(phrase)


class View(dict[str, tuple[Beginning, ...]]):
    """The phrases of some languages. As a dictionary: a word as written -> what begins with it, nothing for most.
    `terms`: of the words that were looked up, those that can be terms of phrases -> their numbers."""

    def __init__(self, vocabulary: Vocabulary, languages: Collection[str]) -> None:
        super().__init__()
        self.terms: dict[str, tuple[int, ...]] = {}
        self._all, self._languages = vocabulary, languages
        self._is_part = not vocabulary.languages.keys() <= set(languages)
        self._literal = set[str]().union(*(vocabulary.literal_in[one] for one in languages))
        self._forms = [
            (one, *vocabulary.forms(one), stems(one).of if is_stemmed(one) else None)
            for one in vocabulary.languages
            if one in languages
        ]

    def __missing__(self, word: str) -> tuple[Beginning, ...]:
        word = intern(word)  # each view, and others, remember the same words
        numbers = self._look_up(word)
        found: tuple[Beginning, ...] = ()
        if numbers:
            self.terms[word] = numbers
            nodes = [*self._nodes(numbers)]
            if nodes:
                phrases = [phrase for node in nodes for phrase in node[0]]
                found = ((phrases, [node[1] for node in nodes if node[1]]),)
        self[word] = found
        return found

    def forget(self) -> None:
        """Forget what was looked up."""
        self.clear()
        self.terms.clear()

    def _nodes(self, numbers: Iterable[int]) -> Iterator[Node]:
        for number in numbers:
            node = self._all.root.get(number)
            if node is not None and self._is_part:
                node = self._only(node)
            if node is not None:
                yield node

    def _only(self, node: Node) -> Node | None:
        """A node without what is of other languages, None where nothing is left."""
        phrases = [phrase for phrase in node[0] if phrase.language in self._languages]
        after = {number: only for number, further in node[1].items() if (only := self._only(further)) is not None}
        return (phrases, after) if phrases or after else None

    def _look_up(self, word: str) -> tuple[int, ...]:
        found = []
        bare = _bare(word)
        if bare in self._literal:
            found.append(self._all.literal[bare])
        elif word.endswith("s") and word[:-1] in self._literal:  # MOOCs, LLMs, DOIs
            found.append(self._all.literal[word[:-1]])
        folded = fold(bare)
        length, is_whole = len(folded), is_word(word)
        for language, sharing, openings, ending, stemmed in self._forms:
            opening = length - ending
            opening = 1 if opening < 1 else _OPENING if opening > _OPENING else opening
            if folded[:opening] not in openings:  # most words are no form of a sought one
                continue
            shared = stemmed(word) if stemmed is not None and is_whole else _bucket(word, folded, language)
            for form, number in sharing.get(shared, ()):
                if folded[:1] == form[:1] and same_word(folded, form, language):  # at least a letter is shared
                    found.append(number)
        for beginning, number in self._all.cut.get(folded[:_SHORTEST_CUT], ()):
            if folded.startswith(beginning):
                found.append(number)
        return tuple(dict.fromkeys(found)) if found else ()
