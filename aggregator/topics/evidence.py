"""Where an item speaks of a topic: every phrase in title, categories, address and text, in one pass.

A phrase within a longer one of the same topic is not counted, nor one that is denied ("without mentoring").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from aggregator.model import Item
from aggregator.topics.cues import FIELD, LESSON, NEVER
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
_NOWHERE = frozenset[int]()
_COMMON_LABELS = frozenset("www blog blogs news com org net edu gov io github example".split())
_PLAIN_HOST = re.compile(r"https?://([a-z0-9.-]+)(?=[/?#]|\Z)")  # nearly every one; what `urlsplit` says of it
_new = tuple.__new__  # half the time of calling Hit, twenty times an item


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
    of_field: dict[tuple[str, str], int] = field(default_factory=dict)
    lesson: set[str] = field(default_factory=set)
    words: int = 0


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
            self._look(evidence, ADDRESS, label[0], label, item.language)
        self._look(evidence, TEXT, text, words, item.language)
        return evidence

    def _look(
        self, evidence: Evidence, place: str, said: str, words: tuple[str, ...], language: str | None
    ) -> None:
        found, _ = self.lexicon.found(words, language)
        if not found:
            return
        denied = _denied(words)
        topics, of_field = evidence.topics, evidence.of_field
        for one in _whole(found):
            (owner, text, _, strength, _), start, _ = one
            if start in denied and strength != NEVER:
                continue
            if owner[0] != FIELD:
                hits = topics.get(owner)
                if hits is None:
                    hits = topics[owner] = []
                hits.append(_new(Hit, (place, said, one)))
            elif strength != NEVER:
                of_field[owner, place] = of_field.get((owner, place), 0) + 1
                if place == TEXT and start < LEAD_WORDS:
                    of_field[owner, LEAD] = of_field.get((owner, LEAD), 0) + 1
                if owner == LESSON:
                    evidence.lesson.add(text)


def _labels(url: str) -> Sequence[tuple[str]]:
    """The telling parts of an address's host, as written and in capitals: blog.ror.org gives ror and ROR."""
    if plain := _PLAIN_HOST.match(url):
        return _labels_of(plain[1])
    if "://" not in url:
        return ()
    try:
        return _labels_of(urlsplit(url).hostname or "")
    except ValueError:
        return ()


@lru_cache(maxsize=1024)  # most items are at home where their source is
def _labels_of(host: str) -> Sequence[tuple[str]]:
    labels = [label for part in host.split(".")[:-1] for label in part.split("-") if label not in _COMMON_LABELS]
    return [(form,) for label in labels if len(label) > 2 for form in (label, label.upper())]


def _whole(found: Sequence[Found]) -> list[Found]:
    """Without what lies within a longer phrase of the same owner; of equals the one that says most."""
    kept: list[Found] = []
    reach: dict[str, int] = {}  # owner -> the end of its last one
    places: dict[str, int] = {}  # and where that is kept
    for one in found:  # by their start, the shorter first
        phrase, start, end = one
        owner = phrase[0]
        until = reach.get(owner, 0)
        if start < until:
            earlier, since, _ = kept[places[owner]]
            if since == start and (end > until or (end == until and phrase.strength < earlier.strength)):
                kept[places[owner]] = one
                reach[owner] = end
                continue
            if end <= until:
                continue
        places[owner] = len(kept)
        reach[owner] = end
        kept.append(one)
    return kept


def _denied(words: Sequence[str]) -> AbstractSet[int]:
    """The places in a text where what begins is denied."""
    if _NEGATIONS.isdisjoint(words):
        return _NOWHERE
    denied = set()
    for place in [place for place, word in enumerate(words) if word in _NEGATIONS]:
        denied.add(place + 1)
        if place + 1 < len(words) and words[place + 1].lower() not in _NO_DENIAL:
            denied.add(place + 2)
    return denied
