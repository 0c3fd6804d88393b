"""Items to topics, each with a true reason.

First whether an item is of the field at all, then how likely it is about each topic (`weigh`), then at most four
topics. How well that does is measured in docs/quality.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import log2

from aggregator.model import Item, Source, Tag, Topic
from aggregator.topics.cues import HINT, PLAIN, TELLING, of_kinds, phrases
from aggregator.topics.evidence import ADDRESS, CATEGORY, TEXT, TITLE, Evidence, Hit, Reader
from aggregator.topics.learn import Learned
from aggregator.topics.lexicon import WORD, Found, Lexicon, Phrase, cut, tokens
from aggregator.topics.rules import CuratedRules
from aggregator.topics.weigh import Numbers, Weights, chance, shipped_weights

TAGGER_VERSION = 2

MOST_TOPICS = 4
PRIOR = 0.8  # log-odds that a source's `about` is worth: it lifts weak evidence, and gives nothing alone
LEAN = 2.0  # log-odds of evidence that corrections doubled; halved, it takes as much away
# Which words a reason quotes first.
_PLACES = {TITLE: 4.0, CATEGORY: 3.0, ADDRESS: 1.0, TEXT: 0.8}
_STRENGTHS = {TELLING: 1.0, PLAIN: 0.7, HINT: 0.25}
_QUOTED = 2


@dataclass(frozen=True, slots=True)
class Weighed:
    """How likely an item is about a topic, from 0 to 1 and the field considered, and what speaks for it."""

    chance: float
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Weighing:
    """What the words of an item say: the log-odds that it is of the field, and each topic that was spoken of."""

    in_field: float
    topics: Mapping[str, Weighed]


class Tagger:
    """Gives topics by their words. One tagger serves any number of items.

    `learned` is what corrections taught; a source's lean towards a topic moves its chance a little.
    """

    def __init__(
        self, topics: Mapping[str, Topic], learned: Learned | None = None, weights: Weights | None = None
    ) -> None:
        self._topics = dict(topics)
        self._learned = learned or Learned()
        self._rules = CuratedRules(topics.values())
        self._weights = weights or shipped_weights()
        self._phrases = tuple(phrases(topics.values()))
        self._reader = Reader((*self._phrases, *of_kinds()))

    @property
    def lexicon(self) -> Lexicon:
        """What is looked for, of kinds too: `kind_of` may ask it, so that words are gone through once."""
        return self._reader.lexicon

    @cached_property
    def fingerprint(self) -> str:
        """Names all that decides: equal for equal topics, rules and lessons, in whatever order; another once
        they change."""
        ruled = {
            t.id: [t.rule, t.only_rule, dict(t.lists)] for t in self._topics.values() if t.rule or t.only_rule
        }
        learned = {source: dict(leans) for source, leans in self._learned.leans.items()}
        words = sorted(self._phrases)
        text = json.dumps(
            [TAGGER_VERSION, words, ruled, learned, repr(self._weights)], sort_keys=True, ensure_ascii=False
        )
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def tag(self, item: Item, source: Source | None = None) -> tuple[Tag, ...]:
        """The item's topics: first those its source's curator gives, then those by curators' rules, then at most
        four by its words, best first.

        The item's kind counts as evidence; give it one first (`kind_of`). `why` quotes the words as they stand in
        the item. `source.about` can lift weak evidence, never give a topic by itself.
        """
        verdict = self._rules.judge(item)
        given = _given(source)
        known = {tag.id for tag in given}
        given += tuple(Tag(topic, why) for topic, why in verdict.given.items() if topic not in known)
        known |= verdict.given.keys()
        enough, about = self._weights.enough, source.about if source else ()
        evidence, _, weighed = self._weighed(item, about, enough)
        likely = [(-sure, topic) for topic, sure in weighed if sure >= enough and topic not in verdict.barred]
        best = [topic for _, topic in sorted(likely)[:MOST_TOPICS]]
        return given + tuple(Tag(t, _why(evidence.topics[t])) for t in best if t not in known)

    def weigh(self, item: Item, about: Collection[str] = ()) -> Weighing:
        """What speaks for every topic of an item, with the chances, before any is chosen.

        The field decides over the shipped topics; an operator's own may lie outside it.
        """
        evidence, in_field, weighed = self._weighed(item, about, 0.0)
        topics = {topic: Weighed(sure, tuple(evidence.topics[topic])) for topic, sure in weighed}
        return Weighing(in_field, topics)

    def _weighed(
        self, item: Item, about: Collection[str], enough: float
    ) -> tuple[Evidence, float, list[tuple[str, float]]]:
        """The evidence, the log-odds of being of the field, and each topic with its chance. Where the field leaves
        less than `enough`, what speaks for the topic itself is not looked at, and that is its chance."""
        evidence = self._reader.evidence(item)
        if not evidence.topics:
            return evidence, 0.0, []
        numbers, weights = Numbers(evidence, item.kind), self._weights
        in_field = weights.in_field(numbers.of_field())
        weighed = []
        for topic in numbers.topics():
            if topic not in self._topics:
                continue
            sure = weights.within(topic, in_field, numbers.is_in_title(topic))
            if sure >= enough:
                lean = LEAN * log2(self._learned.lean(item.source, topic))
                sure *= chance(weights.about(numbers.of_topic(topic)) + lean + PRIOR * (topic in about))
            weighed.append((topic, sure))
        return evidence, in_field, weighed


def _given(source: Source | None) -> tuple[Tag, ...]:
    if source is None:
        return ()
    why = f"given to every item of {source.title or source.id} by the curator"
    return tuple(Tag(topic, why) for topic in dict.fromkeys(source.topics))


# --------------------------------------------------------------------------------------------------- reasons
def _why(hits: Iterable[Hit]) -> str:
    """The strongest evidence in words, quoted from the item, each with its place."""
    places: dict[tuple[str, Phrase, str], list[Hit]] = {}
    for hit in hits:
        if hit.phrase.strength in _STRENGTHS:
            said = hit.said if hit.place == CATEGORY else ""
            places.setdefault((hit.place, hit.phrase, said), []).append(hit)
    best = sorted(places.values(), key=_telling, reverse=True)
    reasons: list[str] = []
    quoted: set[str] = set()
    for found in best:
        quotation = quote(found[0].said, found[0].found)
        if quotation.casefold() not in quoted:
            quoted.add(quotation.casefold())
            reasons.append(f"“{quotation}” {_place(found)}")
        if len(reasons) == _QUOTED:
            break
    return ", ".join(reasons)


def _telling(found: list[Hit]) -> tuple[float, int]:
    """How much findings of one phrase in one place say; of equals the earlier ones first."""
    first = found[0]
    worth = _PLACES[first.place] * _STRENGTHS[first.phrase.strength] * first.phrase.worth
    return worth * min(len(found), 4) ** 0.5, -first.found.start


def _place(found: list[Hit]) -> str:
    if found[0].place == TITLE:
        return "in the title"
    if found[0].place == CATEGORY:
        return "among the source's own categories"
    if found[0].place == ADDRESS:
        return "in the address"
    return f"{len(found)} times in the text" if len(found) > 1 else "in the text"


def quote(text: str, found: Found) -> str:
    """The words of a finding exactly as they stand in the text, white space folded."""
    _, start, end = found
    word = tokens(text)[start]
    if end == start + 1 and "'" not in word:
        return word
    begin = _place_of(word, start, text)
    *_, last = islice(WORD.finditer(text, begin), end - start)
    return " ".join(text[begin : last.end()].split())


def _place_of(word: str, number: int, text: str) -> int:
    """Where the word of this number begins. It is looked for and the words before it are counted: quicker than to
    go from one to the next."""
    place = text.find(word)
    while place >= 0:
        before = text[place - 1 : place]
        if not before.isalnum() and before not in ("'", "’") and len(cut(text[:place])) == number:
            return place
        place = text.find(word, place + 1)
    return next(islice(WORD.finditer(text), number, None)).start()  # with an apostrophe in or before it
