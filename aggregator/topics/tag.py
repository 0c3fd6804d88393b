"""Items to topics, each with a true reason.

Evidence is weighed, not counted: a word in the title says most, then the source's own categories, then the
beginning of the text, then repeats. A single mention further down a long text gives nothing. The weights are
round numbers on purpose; how well they do is measured in docs/quality.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from aggregator.model import Item, Source, Tag, Topic
from aggregator.topics.general import GENERAL
from aggregator.topics.learn import Learned
from aggregator.topics.lexicon import WORD, Found, Lexicon, Phrase, tokens
from aggregator.topics.rules import CuratedRules

TAGGER_VERSION = 1

TITLE, TAGS, LEAD, MENTION = 1.0, 0.8, 0.4, 0.15  # what each place is worth
MENTIONS = 5  # more repeats than this say nothing new
GENERAL_FACTOR = 0.6
PRIOR = 1.25  # a source that is about the topic lifts weak evidence by so much
ENOUGH = 0.6  # evidence that makes a topic
BESIDE_BEST = 0.25  # of the strongest topic's evidence: less is a side issue
MOST_TOPICS = 4
LEAD_CHARACTERS = 400
READ_CHARACTERS = 12_000

# A phrase right after one of these is denied, not said: "we are not recruiting".
_NEGATION_WORDS = """
    not no never without neither nor isn't aren't wasn't don't doesn't non nicht kein keine keinen keiner ohne
    sans pas sin senza nije nisu bez nie
"""
_NEGATIONS = frozenset(_NEGATION_WORDS.split())


@dataclass(slots=True)
class _Evidence:
    """Where one phrase of a topic was found; `first` is the first finding in the text."""

    title: Found | None = None
    tag: str = ""
    lead: bool = False
    mentions: int = 0
    first: Found | None = None

    def weight(self, phrase: Phrase) -> float:
        said = TITLE * (self.title is not None) + LEAD * self.lead + MENTION * min(self.mentions, MENTIONS)
        if phrase.text.casefold() in GENERAL:
            said *= GENERAL_FACTOR
        return said + TAGS * bool(self.tag)  # a category is a decision, however general its word


_Evidences = dict[str, dict[Phrase, _Evidence]]


class Tagger:
    """Gives topics by their words. One tagger serves any number of items."""

    def __init__(self, topics: Mapping[str, Topic], learned: Learned | None = None) -> None:
        self._topics = dict(topics)
        self._learned = learned or Learned()
        self._rules = CuratedRules(topics.values())
        self._lexicon = Lexicon(
            Phrase(topic.id, word, language)
            for topic in topics.values()
            for language, words in topic.words.items()
            for word in words
        )

    @cached_property
    def fingerprint(self) -> str:
        """Names the rules: equal for equal topics and words, in whatever order, and another once they change."""
        rules = {
            topic.id: {language: sorted(words) for language, words in topic.words.items()}
            for topic in self._topics.values()
        }
        ruled = {
            t.id: [t.rule, t.only_rule, dict(t.lists)] for t in self._topics.values() if t.rule or t.only_rule
        }
        learned = {source: dict(leans) for source, leans in self._learned.leans.items()}
        text = json.dumps([TAGGER_VERSION, rules, ruled, learned], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def tag(self, item: Item, source: Source | None = None) -> tuple[Tag, ...]:
        """The item's topics: first those its source's curator gives, then those by curators' rules, then at most
        four by its words, best first.

        `why` quotes the words as they stand in the item. `source.about` can lift weak evidence, never give a
        topic by itself.
        """
        verdict = self._rules.judge(item)
        given = self._given(source)
        known = {tag.id for tag in given}
        given += tuple(Tag(topic, why) for topic, why in verdict.given.items() if topic not in known)
        about = frozenset(source.about) if source else frozenset()
        evidences = self._evidence(item)
        weights = {
            topic: sum(found.weight(phrase) for phrase, found in by_phrase.items())
            * (PRIOR if topic in about else 1)
            * self._learned.lean(item.source, topic)
            for topic, by_phrase in evidences.items()
            if topic not in verdict.barred
        }
        enough = max(ENOUGH, BESIDE_BEST * max(weights.values(), default=0.0))
        known = {tag.id for tag in given}
        best = sorted(weights, key=lambda topic: (-weights[topic], topic))
        chosen = [topic for topic in best if weights[topic] >= enough][:MOST_TOPICS]
        return given + tuple(Tag(t, _why(item, evidences[t])) for t in chosen if t not in known)

    def _given(self, source: Source | None) -> tuple[Tag, ...]:
        if source is None:
            return ()
        why = f"given to every item of {source.title or source.id} by the curator"
        return tuple(Tag(topic, why) for topic in dict.fromkeys(source.topics))

    def _evidence(self, item: Item) -> _Evidences:
        evidences: _Evidences = {}
        language = item.language
        for found in self._said(tokens(item.title), language):
            _note(evidences, found).title = found
        for tag in item.tags:
            for found in self._lexicon.find(tokens(tag), language):
                _note(evidences, found).tag = tag
        said = list(self._said(tokens(item.text[:READ_CHARACTERS]), language))
        lead = len(tokens(item.text[:LEAD_CHARACTERS])) if said else 0
        for found in said:
            evidence = _note(evidences, found)
            evidence.lead = evidence.lead or found.start < lead
            evidence.mentions += 1
            evidence.first = evidence.first or found
        return evidences

    def _said(self, words: Sequence[str], language: str | None) -> Iterable[Found]:
        """What is found and not denied by the word before it."""
        for found in self._lexicon.find(words, language):
            if not (found.start and words[found.start - 1].casefold() in _NEGATIONS):
                yield found


def _note(evidences: _Evidences, found: Found) -> _Evidence:
    by_phrase = evidences.setdefault(found.phrase.owner, {})
    if found.phrase not in by_phrase:
        by_phrase[found.phrase] = _Evidence()
    return by_phrase[found.phrase]


def _why(item: Item, by_phrase: Mapping[Phrase, _Evidence]) -> str:
    """The strongest evidence in words, quoted from the item."""
    phrase = max(by_phrase, key=lambda p: (by_phrase[p].weight(p), p.text))
    evidence = by_phrase[phrase]
    if evidence.title:
        return f"“{quote(item.title, evidence.title)}” in the title"
    if evidence.tag:
        return f"“{evidence.tag}” among the source's own categories"
    if evidence.first is None:
        return ""
    times = f"{evidence.mentions} times in the text" if evidence.mentions > 1 else "at the start of the text"
    return f"“{quote(item.text, evidence.first)}” {times}"


def quote(text: str, found: Found) -> str:
    """The words of a finding exactly as they stand in the text, white space folded."""
    start = end = 0
    for number, match in enumerate(WORD.finditer(text)):
        if number == found.start:
            start = match.start()
        if number == found.end - 1:
            end = match.end()
            break
    return " ".join(text[start:end].split())
