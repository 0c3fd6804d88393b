"""What speaks for a topic, for the field as a whole, and against both: `cues.toml` and the words of feeds.yaml.

The file is part of the program as this module is; it is data so that a librarian can read and mend it.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from aggregator.model import Topic
from aggregator.topics.lexicon import KIND, Phrase
from aggregator.topics.vocabulary import parts

# How much a phrase says. TELLING: several words or a name, said of nothing else. PLAIN: one everyday word of the
# topic. HINT: at home in the topic and elsewhere. NEVER: holds a word of the topic and means something else.
TELLING, PLAIN, HINT, NEVER = range(4)
FIELD = "/"  # owners of phrases about the field as a whole begin so; no topic's id can
CORE, NEAR_FIELD, AT_HOME, OTHER, LESSON = (FIELD + name for name in ("core", "near", "home", "other", "course"))
_FIELD_TABLES = {"core": CORE, "words": NEAR_FIELD, "hints": AT_HOME, "other": OTHER, "course": LESSON}
_NO_TOPICS = frozenset(("scope", "everyday", "kinds"))  # tables of other things
_LONG_COMPOUND = 14  # letters: Bibliotheksmanagement is one word, and as telling as two

ByLanguage = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cues:
    """The shipped cues of one topic. `kinds` of item speak for it; what is `shared` counts in the field only; what
    is followed `anywhere` counts outside it too where the title names it."""

    words: ByLanguage = field(default_factory=dict)
    hints: ByLanguage = field(default_factory=dict)
    never: ByLanguage = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    shared: bool = False
    anywhere: bool = False


@cache
def _tables() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("cues.toml").read_text(encoding="utf-8"))


@cache
def shipped(topic: str) -> Cues | None:
    """The cues that ship for a topic's id, None for a topic of the operator's own."""
    table = _tables().get(topic)
    if table is None or topic in _NO_TOPICS:
        return None
    return Cues(
        table.get("words", {}),
        table.get("hints", {}),
        table.get("never", {}),
        frozenset(listed(table.get("kinds", ""))),
        table.get("shared", False),
        table.get("anywhere", False),
    )


def listed(words: str) -> list[str]:
    """The words and phrases of a list written with commas."""
    return [" ".join(word.split()) for word in words.split(",") if word.strip()]


def phrases(topics: Iterable[Topic]) -> Iterator[Phrase]:
    """Every phrase to look for: of these topics, of the shipped ones, which compete even where nobody can follow
    them, and of the field."""
    topics = list(topics)
    here = {topic.id for topic in topics}
    topics += [Topic(id, id) for id in _tables() if id not in here and shipped(id)]
    serves = Counter(
        (language, word.casefold())
        for topic in topics
        if (cues := shipped(topic.id))
        for language, words in cues.hints.items()
        for word in set(listed(words))
    )
    for topic in topics:
        for (language, _), (word, strength) in _strengths(topic).items():
            shared_by = serves[language, word.casefold()] if strength == HINT else 1
            yield Phrase(topic.id, word, language, strength, 1 / max(1, shared_by) ** 0.5)
    yield from _of_the_field()


def _strengths(topic: Topic) -> dict[tuple[str, str], tuple[str, int]]:
    """Language and folded word -> the word and how much it says. Hints weaken words, `never` silences both."""
    cues = shipped(topic.id)
    if cues is None:
        return _of_its_own(topic)
    found = {
        (language, word.casefold()): (word, strength(word, language))
        for language, many in topic.words.items()
        for word in many
    }
    for table, fixed in ((cues.words, None), (cues.hints, HINT), (cues.never, NEVER)):
        for language, words in table.items():
            for word in listed(words):
                found[language, word.casefold()] = word, strength(word, language) if fixed is None else fixed
    return found


def _of_its_own(topic: Topic) -> dict[tuple[str, str], tuple[str, int]]:
    """The same for an operator's own topic: its few words were chosen with care, so each is telling by itself,
    unless a newspaper would use it any day."""
    found = {}
    for language, many in topic.words.items():
        weak = {word.casefold() for word in listed(_tables()["everyday"].get(language, ""))}
        for word in many:
            found[language, word.casefold()] = word, PLAIN if word.casefold() in weak else TELLING
    return found


def strength(word: str, language: str) -> int:
    """PLAIN for one everyday word, TELLING for several and for names such as MARC, ORCID, OpenRefine, w3id."""
    pieces = parts(word)
    if len(pieces) != 1:
        return TELLING
    piece = pieces[0].rstrip("*")
    if language == "de" and not piece.isupper():  # every noun has a capital there
        return TELLING if len(piece) >= _LONG_COMPOUND else PLAIN
    return TELLING if any(letter.isupper() or letter.isdigit() for letter in piece[1:]) else PLAIN


@cache
def _of_the_field() -> tuple[Phrase, ...]:
    scope = _tables()["scope"]
    found = [
        Phrase(owner, word, language)
        for table, owner in _FIELD_TABLES.items()
        for language, words in scope[table].items()
        for word in listed(words)
    ]
    silenced = [
        Phrase(CORE, word, language, NEVER) for language, words in scope["never"].items() for word in listed(words)
    ]
    return (*found, *silenced)


def of_kinds() -> Iterator[Phrase]:
    """The phrases that speak for a kind of item; their owner is the kind, after KIND."""
    for kind, by_language in _tables()["kinds"].items():
        for language, words in by_language.items():
            for word in listed(words):
                yield Phrase(KIND + kind, word, language)
