"""Where an item speaks of a topic: every phrase in title, categories, address and text, in one pass.

A phrase within a longer one of the same topic is not counted, nor one that is denied ("without mentoring").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from aggregator.model import Item
from aggregator.topics.cues import FIELD, KIND, LESSON, NEVER
from aggregator.topics.lexicon import Found, Lexicon, Phrase, tokens

READ_CHARACTERS = 12_000
LEAD_WORDS = 60
TITLE, CATEGORY, ADDRESS, TEXT, LEAD = "title", "category", "address", "text", "lead"

# A phrase one or two words after one of these is denied: "we are not recruiting", "no formal mentoring".
_NEGATION_WORDS = """
    not no never without neither nor isn't aren't wasn't don't doesn't non nicht kein keine keinen keiner ohne
    sans pas sin senza nije nisu bez nie não sem
"""
_NEGATIONS = frozenset(
    form for word in _NEGATION_WORDS.split() for form in (word, word.capitalize(), word.upper())
)
_NO_DENIAL = frozenset("only just merely solum nur soltanto solo seulement samo tylko".split())
_COMMON_LABELS = frozenset("www blog blogs news com org net edu gov io github example".split())


class Hit(NamedTuple):
    """A phrase that was found; `said` is the text it stands in."""

    place: str
    said: str
    found: Found

    @property
    def phrase(self) -> Phrase:
        return self.found.phrase


@dataclass(slots=True)
class Evidence:
    """What was found in an item: the hits of each topic; how often the field is spoken of (owner and place, LEAD
    is the beginning of the text); how many different marks of a course listing; how many words the text has."""

    topics: dict[str, list[Hit]] = field(default_factory=dict)
    of_field: Counter[tuple[str, str]] = field(default_factory=Counter)
    lesson: set[str] = field(default_factory=set)
    words: int = 0

    def note_field(self, phrase: Phrase, place: str, start: int) -> None:
        """Count a phrase of the field."""
        self.of_field[phrase.owner, place] += 1
        if place == TEXT and start < LEAD_WORDS:
            self.of_field[phrase.owner, LEAD] += 1
        if phrase.owner == LESSON:
            self.lesson.add(phrase.text)


class Reader:
    """Finds the phrases of many topics in items. Its lexicon may have others, whose owners begin with KIND."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self.lexicon = Lexicon(phrases)

    def evidence(self, item: Item) -> Evidence:
        """All that speaks for any topic or for the field. Reads at most READ_CHARACTERS of the text."""
        text = item.text[:READ_CHARACTERS]
        words = tokens(text)
        evidence = Evidence(words=len(words))
        self._look(evidence, TITLE, item.title, tokens(item.title), item.language)
        for tag in item.tags:
            self._look(evidence, CATEGORY, tag, tokens(tag), item.language)
        for label in _labels(item.url):
            self._look(evidence, ADDRESS, label, (label,), item.language)
        self._look(evidence, TEXT, text, words, item.language)
        return evidence

    def _look(
        self, evidence: Evidence, place: str, said: str, words: tuple[str, ...], language: str | None
    ) -> None:
        found = [one for one in self.lexicon.found(words, language) if one.phrase.owner[0] != KIND]
        if not found:
            return
        kept = _whole(found)
        denied = _denied(words)
        for one in kept:
            phrase, start, _ = one
            if start in denied and phrase.strength != NEVER:
                continue
            if phrase.owner[0] == FIELD:
                if phrase.strength != NEVER:
                    evidence.note_field(phrase, place, start)
                continue
            hits = evidence.topics.get(phrase.owner)
            if hits is None:
                hits = evidence.topics[phrase.owner] = []
            hits.append(Hit(place, said, one))


def _labels(url: str) -> list[str]:
    """The telling parts of an address's host, as written and in capitals: blog.ror.org gives ror and ROR."""
    if "://" not in url:
        return []
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return []
    labels = [label for part in host.split(".")[:-1] for label in part.split("-") if label not in _COMMON_LABELS]
    return [form for label in labels if len(label) > 2 for form in (label, label.upper())]


def _whole(found: list[Found]) -> list[Found]:
    """Without what lies within a longer phrase of the same owner; of equals the one that says most."""
    kept: list[Found] = []
    places: dict[str, int] = {}  # owner -> where its last one is kept
    for one in found:  # by their start, the shorter first
        phrase, start, end = one
        place = places.get(phrase.owner)
        if place is not None:
            earlier, since, until = kept[place]
            if since == start and (end > until or (end == until and phrase.strength < earlier.strength)):
                kept[place] = one
                continue
            if end <= until:
                continue
        places[phrase.owner] = len(kept)
        kept.append(one)
    return kept


def _denied(words: Sequence[str]) -> set[int]:
    """The places in a text where what begins is denied."""
    denied = set()
    for place in [place for place, word in enumerate(words) if word in _NEGATIONS]:
        denied.add(place + 1)
        if place + 1 < len(words) and words[place + 1].lower() not in _NO_DENIAL:
            denied.add(place + 2)
    return denied
