"""Phrases of many owners, found in one pass over a text.

A text is cut into words once; each word is looked up once (a dictionary that remembers every spelling it has
met); only where a word begins a phrase is a trie walked. The cost hardly depends on how many phrases there
are, so thirty-six topics cost as much as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import compress
from typing import NamedTuple

from aggregator.spelling import spellings
from aggregator.topics.vocabulary import Node, View, Vocabulary
from aggregator.topics.vocabulary import Phrase as Phrase
from aggregator.topics.vocabulary import bucket as bucket
from aggregator.topics.vocabulary import is_stemmed as is_stemmed
from aggregator.topics.vocabulary import same_word as same_word
from aggregator.topics.vocabulary import stem as stem

WORD = re.compile(r"[^\W_]+(?:['’]s\b)?")
_NO_GENITIVE = re.compile(r"'(?:(?!s\b)|(?<![^\W_]')|(?<='s'))")  # an apostrophe that belongs to no word
KIND = "="  # so begin owners of phrases about kinds of items, where these are among others
_LATELY = 32  # texts
_REMEMBERED = 200_000  # words of one view


class Found(NamedTuple):
    """A phrase that stands in a text: words `start` to `end` (exclusive) of it."""

    phrase: Phrase
    start: int
    end: int


_new = tuple.__new__  # half the time of calling Found, a hundred times an item


@lru_cache(maxsize=32)  # an item's kind and its topics are looked for in the same texts
def tokens(text: str) -> tuple[str, ...]:
    """The words of a text as they are written (but the apostrophe always straight), an English genitive with its
    word: what WORD finds."""
    return tuple(cut(text))


def cut(text: str) -> list[str]:
    """The same for a text that is looked at once."""
    text = text.replace("’", "'")
    return spellings(_NO_GENITIVE.sub(" ", text), kept="'") if "'" in text else spellings(text)


class Lexicon:
    """Phrases, to be found in texts of any language. Immutable in what it answers; remembers what it met."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = tuple(phrases)
        self._views: dict[str, View] = {}
        self._lately: dict[tuple[int, str | None], tuple[Sequence[str], tuple[list[Found], list[Found]]]] = {}

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self._phrases)

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
        for start, ((phrases, further),) in compress(enumerate(begins, 1), begins):
            for phrase in phrases:
                found.append(_new(Found, (phrase, start - 1, start)))
            if further and (numbers := terms.get(ahead[start])):
                for after in further:
                    for number in numbers:
                        if number in after:
                            _walk(after[number], terms, ahead, (start - 1, start + 1), found)
        return found

    def forget(self) -> None:
        """Forget the words that were met. What is found stays the same."""
        self._lately.clear()
        for view in self._views.values():
            view.forget()

    def _view(self, language: str | None) -> View:
        if language in self._views:
            return self._views[language]
        held = self._vocabulary.languages
        code = language.lower().replace("_", "-").split("-")[0] if language else ""
        if code and code not in held:
            code = "en"
        if code not in self._views:
            self._views[code] = View(self._vocabulary, {code, "en"} & held.keys() if code else held.keys())
        return self._views[code]


def _walk(
    node: Node, terms: Mapping[str, Sequence[int]], words: Sequence[str], read: tuple[int, int], found: list[Found]
) -> None:
    """Collect the phrases that end at a node or go on from there; `read` is where they begin, and how far."""
    phrases, after = node
    start, end = read
    for phrase in phrases:
        found.append(_new(Found, (phrase, start, end)))
    if after:
        for number in terms.get(words[end], ()):
            if number in after:
                _walk(after[number], terms, words, (start, end + 1), found)


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
