"""The items of one ranking, prepared once for all profiles; scores in chunks of readers.

A matrix of topic weights times a matrix of item topics; every word that anybody seeks is found in one pass over
the items. What one score is made of is told by `parts`, from the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from aggregator.choose import CLOSING_SOON
from aggregator.model import KIND_ALIASES, Item, Profile
from aggregator.occasions import closed, closing_at
from aggregator.rank.countries import country_of
from aggregator.rank.wishes import AUTHOR, SOURCE, Wishes, folded
from aggregator.topics.lexicon import Lexicon, Phrase, tokens
from aggregator.topics.rules import Matcher, compile_search

if TYPE_CHECKING:  # numpy takes a tenth of a second to import: only who ranks pays for it
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float32]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]

# What a telling keyword, a saved search and a followed source weigh beside a topic of weight 1 to 3.
KEYWORD, SEARCH, FOLLOWED = 3.0, 3.0, 2.0
IN_TITLE, IN_TAGS, IN_TEXT = 2.0, 1.0, 0.5  # a hit in each place; more than one hit saturates
LENGTH = 0.3  # how much the length of a text counts: 0 not at all, 1 in full
LATER_TOPIC = 0.9  # an item's second topic is a little less what it is about, and so on
BESIDE_THE_POINT = 0.4  # how much an item loses whose other topics the reader does not follow
AT_HOME, ABROAD = 1.15, 0.6  # courses, events and jobs that one has to travel to
LEARNED = 0.5  # doublings of a score at full affinity: at most 1.41 times, at least 0.71
HALF_LIFE = timedelta(days=30)
OLDEST_FACTOR = 0.5
CLOSING_FACTOR = 1.3
READ_CHARACTERS = 6_000
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class Part(NamedTuple):
    """One step of a score: `plus` is added, or all so far is multiplied by `times`."""

    what: str
    plus: float | None = None
    times: float | None = None


@dataclass(slots=True)
class _Hits:
    """Where one word was found: item numbers, and how much it says there (0 to 1)."""

    where: list[int] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)


class Pool:
    """The items that may be ranked at all, in the order that breaks ties: newest first, then by id."""

    def __init__(
        self, items: Iterable[Item], wishes: Iterable[Wishes], now: datetime | None, zone: str = "UTC"
    ) -> None:
        import numpy

        self._np = numpy
        open_items = [item for item in items if now is None or not closed(item.occasion, now, zone)]
        self.items = sorted(open_items, key=lambda item: (newest_first(item), item.id))
        self._number = {item.id: number for number, item in enumerate(self.items)}
        self._topics, self._topic_matrix = self._by_topic()
        self._is_about = (self._topic_matrix > 0).astype(numpy.float32)
        self._topic_count = numpy.maximum(self._is_about.sum(axis=0), 1)
        self._kinds, self._kind_of = self._numbered([item.kind for item in self.items])
        self._languages, self._language_of = self._numbered([language_of(item.language) for item in self.items])
        self._countries, self._country_of = self._numbered([country_of(item) or "" for item in self.items])
        self._timely = numpy.array([_age(item, now) * _urgency(item, now) for item in self.items], numpy.float32)
        self._now = now
        lengths = [len(item.text[:READ_CHARACTERS]) for item in self.items if item.text]
        self._usual_length = sum(lengths) / len(lengths) if lengths else 1.0
        self.found_in: list[set[str]] = [set() for _ in self.items]
        wishes = list(wishes)
        self._hits = self._find(wishes)
        self.searched: list[frozenset[str]] = []  # for each item the searches that hold for it
        self._searches = self._search(wishes)

    def _by_topic(self) -> tuple[dict[str, int], Floats]:
        topics = {id: n for n, id in enumerate(sorted({tag.id for item in self.items for tag in item.topics}))}
        matrix = self._np.zeros((len(topics), len(self.items)), self._np.float32)
        for number, item in enumerate(self.items):
            for place, tag in enumerate(item.topics):
                matrix[topics[tag.id], number] = max(LATER_TOPIC**place, matrix[topics[tag.id], number])
        return topics, matrix

    def _numbered(self, values: Sequence[str]) -> tuple[list[str], Any]:
        names = sorted(set(values))
        number = {name: n for n, name in enumerate(names)}
        return names, self._np.array([number[value] for value in values], self._np.intp)

    def _search(self, wishes: Iterable[Wishes]) -> dict[str, Any]:
        """Every saved search -> the numbers of the items for which it holds."""
        rules = {search: compile_search(search) for wish in wishes for search in wish.searches}
        matcher = Matcher({search: rule for search, rule in rules.items() if rule is not None})
        self.searched = [frozenset(matcher.match(item)) for item in self.items]
        found: dict[str, list[int]] = {}
        for number, searches in enumerate(self.searched):
            for search in searches:
                found.setdefault(search, []).append(number)
        return {search: self._np.array(where, self._np.intp) for search, where in found.items()}

    def _find(self, wishes: Iterable[Wishes]) -> dict[str, tuple[Any, Floats]]:
        """Every sought word -> the items it is in and its weight there, by BM25F over the items that are ranked
        (Robertson and Zaragoza 2009): more hits saturate, a long text says less by one, rarer words say more."""
        sought = dict.fromkeys(word for wish in wishes for word in wish.keywords)
        languages = sorted({*self._languages, "en"} - {""})
        lexicon = Lexicon(Phrase(word, word, language) for word in sought for language in languages)
        hits: dict[str, _Hits] = {}
        for number, item in enumerate(self.items) if sought else ():
            for word, weight in _places(item, lexicon, self._text_worth(item)).items():
                self.found_in[number].add(word)
                hit = hits.setdefault(word, _Hits())
                hit.where.append(number)
                hit.weight.append(weight / (weight + 1))
        numpy = self._np
        most = math.log1p(len(self.items)) or 1.0
        return {
            word: (
                numpy.array(hit.where, numpy.intp),
                numpy.array(hit.weight, numpy.float32) * (math.log1p(len(self.items) / len(hit.where)) / most),
            )
            for word, hit in hits.items()
        }

    def _text_worth(self, item: Item) -> float:
        """What one hit in the text is worth, by how long it is beside the others."""
        return IN_TEXT / (1 - LENGTH + LENGTH * len(item.text[:READ_CHARACTERS]) / self._usual_length)

    # ------------------------------------------------------------------------------------------------- scores
    def scores(self, profiles: Sequence[Profile], wishes: Sequence[Wishes]) -> Floats:
        """One row of scores per profile; -1 where the reader must not see the item."""
        numpy = self._np
        weights = self._weights(topic_weights(profile) for profile in profiles)
        scores: Floats = weights @ self._topic_matrix
        followed = (weights > 0).astype(numpy.float32) @ self._is_about / self._topic_count
        scores *= 1 - BESIDE_THE_POINT + BESIDE_THE_POINT * followed
        muted = self._weights(dict.fromkeys(wish.muted_topics, 1.0) for wish in wishes) @ self._topic_matrix
        for row, profile, wish in zip(scores, profiles, wishes, strict=True):
            self._add_words(row, wish)
            if wish.followed:
                row[self._named(wish.followed)] += FOLLOWED
            self._multiply(row, profile)
        scores *= self._timely
        scores = numpy.round(scores, 4)
        scores[muted > 0] = -1
        for row, profile, wish in zip(scores, profiles, wishes, strict=True):
            if profile.languages:
                row[self._unread(profile)] = -1
            if wish.unwanted:
                row[self._named(wish.unwanted)] = -1
        return scores

    def _weights(self, rows: Iterable[Mapping[str, float]]) -> Floats:
        """One row per mapping of topic ids to weights, in the order of the topic matrix."""
        filled = []
        for weights in rows:
            row = [0.0] * len(self._topics)
            for topic, weight in weights.items():
                if topic in self._topics:
                    row[self._topics[topic]] = max(0.0, float(weight))
            filled.append(row)
        matrix: Floats = self._np.array(filled, self._np.float32).reshape(len(filled), len(self._topics))
        return matrix

    def _add_words(self, row: Floats, wish: Wishes) -> None:
        for word in wish.keywords:
            if word in self._hits:
                where, weight = self._hits[word]
                row[where] += KEYWORD * weight
        for search in wish.searches:
            if search in self._searches:
                row[self._searches[search]] += SEARCH

    def _multiply(self, row: Floats, profile: Profile) -> None:
        kinds = kind_factors(profile)
        if kinds:
            row *= self._np.array([kinds.get(kind, 1.0) for kind in self._kinds], self._np.float32)[self._kind_of]
        if profile.country:
            factors = [country_factor(country, profile) for country in self._countries]
            row *= self._np.array(factors, self._np.float32)[self._country_of]
        learned = {name for name in profile.learned if name.startswith((SOURCE, AUTHOR))}
        if learned:
            row *= self._np.array([affinity(item, profile) for item in self.items], self._np.float32)

    def _named(self, names: Any) -> Flags:
        flags: Flags = self._np.array([bool(names.has(item)) for item in self.items], bool)
        return flags

    def _unread(self, profile: Profile) -> Flags:
        read = {language_of(language) for language in profile.languages} | {""}
        unread: Flags = self._np.array([name not in read for name in self._languages], bool)
        flags: Flags = unread[self._language_of]
        return flags

    def best(self, row: Floats, sent: Iterable[str], top: int | None) -> list[tuple[int, float]]:
        """(item number, score) of the allowed ones, best first, in tie order."""
        numpy = self._np
        for id in sent:
            if id in self._number:
                row[self._number[id]] = -1
        lowest = 0.0 if top is None else 1e-9
        if top is not None and 0 < top < len(row):
            lowest = max(lowest, float(numpy.partition(row, len(row) - top)[len(row) - top]))
        kept = numpy.flatnonzero(row >= lowest)
        order = kept[numpy.argsort(-row[kept], kind="stable")][:top]
        return list(zip(order.tolist(), [round(score, 4) for score in row[order].tolist()], strict=True))

    # ---------------------------------------------------------------------------------------------- taken apart
    def parts(self, number: int, profile: Profile, wish: Wishes) -> Iterator[Part]:
        """What the score of item `number` is made of, in order: from 0, each is added or multiplied with."""
        item = self.items[number]
        weights = topic_weights(profile)
        places = {id: p for p, id in reversed([*enumerate(tag.id for tag in item.topics)])}
        wanted = [id for id in places if weights.get(id, 0) > 0]
        for id in wanted:
            yield Part(f"topic {id}", plus=weights[id] * LATER_TOPIC ** places[id])
        if wanted and len(wanted) < len(places):
            share = len(wanted) / len(places)
            yield Part("other topics beside it", times=1 - BESIDE_THE_POINT + BESIDE_THE_POINT * share)
        for word in wish.keywords:
            if word in self.found_in[number]:
                where, weight = self._hits[word]
                yield Part(f"keyword “{word}”", plus=KEYWORD * float(weight[list(where).index(number)]))
        for search in wish.searches:
            if search in self.searched[number]:
                yield Part(f"search “{search}”", plus=SEARCH)
        if named := wish.followed.has(item):
            yield Part(f"followed {named}", plus=FOLLOWED)
        yield from self._factors(item, profile)

    def _factors(self, item: Item, profile: Profile) -> Iterator[Part]:
        factors = {
            f"kind {item.kind}": kind_factors(profile).get(item.kind, 1.0),
            f"country {country_of(item)}": country_factor(country_of(item) or "", profile),
            "more or less like this": affinity(item, profile),
            "age": _age(item, self._now),
            "closing soon": _urgency(item, self._now),
        }
        yield from (Part(what, times=factor) for what, factor in factors.items() if factor != 1.0)


# ------------------------------------------------------------------------------------------- pieces of a score
def topic_weights(profile: Profile) -> dict[str, float]:
    """Topic -> weight, with what the reader's own marks have taught."""
    weights = {topic: max(0.0, float(weight)) for topic, weight in profile.topics.items()}
    for name, value in profile.learned.items():
        if name.startswith("topic:"):
            topic = name.removeprefix("topic:")
            weights[topic] = max(0.0, weights.get(topic, 0.0) + value)
    return weights


def kind_factors(profile: Profile) -> dict[str, float]:
    """Kind -> factor, said and learned together."""
    factors = {KIND_ALIASES.get(kind, kind): max(0.0, float(f)) for kind, f in profile.kinds.items()}
    for name, value in profile.learned.items():
        if name.startswith("kind:"):
            kind = name.removeprefix("kind:")
            factors[kind] = factors.get(kind, 1.0) * 2 ** (LEARNED * value)
    return factors


def country_factor(country: str, profile: Profile) -> float:
    if not country or not profile.country:
        return 1.0
    return AT_HOME if country == profile.country.upper() else ABROAD


def affinity(item: Item, profile: Profile) -> float:
    """The factor that a reader's marks have given to the item's source and author."""
    value = profile.learned.get(SOURCE + item.source, 0.0)
    if item.author:
        value += profile.learned.get(AUTHOR + folded(item.author), 0.0)
    return float(2 ** (LEARNED * max(-1.0, min(1.0, value))))


def _places(item: Item, lexicon: Lexicon, in_text: float) -> dict[str, float]:
    """Sought word -> how much it is found in the item."""
    weights: dict[str, float] = {}
    parts = [
        (item.title, IN_TITLE),
        *((tag, IN_TAGS) for tag in item.tags),
        (item.text[:READ_CHARACTERS], in_text),
    ]
    for text, weight in parts:
        for found in lexicon.find_all(tokens(text), item.language):
            weights[found.phrase.owner] = weights.get(found.phrase.owner, 0.0) + weight
    return weights


def language_of(code: str | None) -> str:
    """`pt-BR` -> `pt`; unknown: ''."""
    return code.lower().replace("_", "-").split("-")[0] if code else ""


def newest_first(item: Item) -> float:
    """A key that sorts newer items first, undated ones last."""
    moment = item.published_at or item.first_seen_at or _LONG_AGO
    return -(moment - _LONG_AGO).total_seconds()


def _age(item: Item, now: datetime | None) -> float:
    """1 when new, half of it after a long time; 1 without a moment, and for what has no date."""
    seen = item.published_at or item.first_seen_at
    if now is None or seen is None or seen >= now:
        return 1.0
    return float(OLDEST_FACTOR + (1 - OLDEST_FACTOR) * 0.5 ** ((now - seen) / HALF_LIFE))


def _urgency(item: Item, now: datetime | None) -> float:
    """More for what closes soon."""
    closes = closing_at(item.occasion) if now is not None else None
    return CLOSING_FACTOR if closes is not None and now and now <= closes <= now + CLOSING_SOON else 1.0
