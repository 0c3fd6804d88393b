"""The items of one ranking, arranged once for all its readers, and the score of each of them for one reader.

What a reader asks for is looked up (items of a topic, with a word, from a source), so that the cost of one reader
is that of the items in question, not of all. What one score is made of is told by `parts`, from the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, NamedTuple

from aggregator.model import KIND_ALIASES, Item, Profile
from aggregator.rank.cards import Cards, Counts, age, language_of, urgency
from aggregator.rank.wishes import AUTHOR, SOURCE, Names, Wishes, folded

if TYPE_CHECKING:  # numpy takes a tenth of a second to import: only who ranks pays for it
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Numbers = np.ndarray[Any, np.dtype[np.intp]]

# What a telling keyword, a saved search and a followed source weigh beside a topic of weight 1 to 3.
KEYWORD, SEARCH, FOLLOWED = 3.0, 3.0, 2.0
IN_TITLE, IN_TAGS, IN_TEXT = 2.0, 1.0, 0.5  # a hit in each place; more than one hit saturates
LENGTH = 0.3  # how much the length of a text counts: 0 not at all, 1 in full
LATER_TOPIC = 0.9  # an item's second topic is a little less what it is about, and so on
BESIDE_THE_POINT = 0.4  # how much an item loses whose other topics the reader does not follow
AT_HOME, ABROAD = 1.15, 0.6  # courses, events and jobs that one has to travel to
LEARNED = 0.5  # doublings of a score at full affinity: at most 1.41 times, at least 0.71


class Part(NamedTuple):
    """One step of a score: `plus` is added, or all so far is multiplied by `times`."""

    what: str
    plus: float | None = None
    times: float | None = None


class Pool:
    """The items that may be ranked at all, in the order that breaks ties: newest first, then by id. `given`: also
    those that are closed."""

    def __init__(self, items: Sequence[Item], cards: Cards) -> None:
        import numpy

        self._np, self._now, self.given = numpy, cards.now, items
        drawn = [card for card in map(cards.of, items) if not card.closed]
        self.cards = sorted(drawn, key=lambda card: card.order)
        self.items = [card.item for card in self.cards]
        self._number = {item.id: number for number, item in enumerate(self.items)}
        self._by_topic = self._valued(
            (topic, n, LATER_TOPIC**place) for n, c in enumerate(self.cards) for topic, place in c.topics.items()
        )
        self._topic_count = numpy.array([max(1, len(card.topics)) for card in self.cards], numpy.float64)
        self._timely = numpy.array([card.timely for card in self.cards], numpy.float64)
        self._kinds, self._kind_of = self._numbered([item.kind for item in self.items])
        self._countries, self._country_of = self._numbered([card.country for card in self.cards])
        self._by_language = self._grouped((card.language, n) for n, card in enumerate(self.cards))
        self._by_source = self._grouped((item.source, n) for n, item in enumerate(self.items))
        self._by_author = self._grouped((card.author, n) for n, card in enumerate(self.cards) if card.author)
        self._by_search = self._grouped((s, n) for n, card in enumerate(self.cards) for s in card.searches)
        self._arrange_words(cards)

    def _arrange_words(self, cards: Cards) -> None:
        """Every sought word -> the items it is in and its weight there, by BM25F over the items that are ranked
        (Robertson and Zaragoza 2009): more hits saturate, a long text says less by one, rarer words say more."""
        languages = frozenset(self._by_language) - {""} | {"en"}
        sought = bool(cards.words)
        self.found = [cards.found(card, languages) if sought else {} for card in self.cards]
        lengths = [card.length for card in self.cards if card.item.text]
        usual = sum(lengths) / len(lengths) if lengths else 1.0
        raw = self._valued(
            (word, n, _saturated(counts, self.cards[n].length / usual))
            for n, found in enumerate(self.found)
            for word, counts in found.items()
        )
        most = math.log1p(len(self.items)) or 1.0
        self._by_word = {
            word: (where, KEYWORD * (weight * (math.log1p(len(self.items) / len(where)) / most)))
            for word, (where, weight) in raw.items()
        }

    def _numbered(self, values: Sequence[str]) -> tuple[list[str], Numbers]:
        names = sorted(set(values))
        number = {name: n for n, name in enumerate(names)}
        return names, self._np.array([number[value] for value in values], self._np.intp)

    def _grouped(self, pairs: Iterable[tuple[str, int]]) -> dict[str, Numbers]:
        """Name -> the numbers of its items."""
        return {name: where for name, (where, _) in self._valued((name, n, 1.0) for name, n in pairs).items()}

    def _valued(self, rows: Iterable[tuple[str, int, float]]) -> dict[str, tuple[Numbers, Floats]]:
        """Name -> the numbers of its items, and a value for each."""
        found: dict[str, tuple[list[int], list[float]]] = {}
        for name, number, value in rows:
            where, values = found.setdefault(name, ([], []))
            where.append(number)
            values.append(value)
        numpy = self._np
        return {
            name: (numpy.array(where, numpy.intp), numpy.array(values, numpy.float64))
            for name, (where, values) in found.items()
        }

    def number(self, id: str) -> int:
        """The number of the item of that id."""
        return self._number[id]

    def numbers(self, ids: Iterable[str]) -> list[int]:
        """The numbers of those of these items that are here."""
        number = self._number
        return [number[id] for id in ids if id in number]

    # ------------------------------------------------------------------------------------------------ one reader
    def best(
        self, profile: Profile, wish: Wishes, sent: AbstractSet[str] = frozenset(), top: int | None = None
    ) -> tuple[list[int], list[float]]:
        """Numbers and scores of the items that the reader may see, best first, in tie order. With `top` those that
        score above 0, at most so many."""
        numpy = self._np
        row = self._added(profile, wish)
        for where in self._hidden(profile, wish):
            row[where] = -1
        if gone := self.numbers(sent):
            row[gone] = -1
        kept = (row >= 0 if top is None else row > 0).nonzero()[0]
        scores = row[kept]
        for factor in self._factors(profile):
            scores *= factor[kept]
        scores = scores.round(4)
        if top is not None:
            # Where there are more than are wanted, only what reaches the last place is sorted.
            beyond = len(scores) - top
            last = float(numpy.partition(scores, beyond)[beyond]) if beyond > 0 else 0.0
            reached = (scores >= max(last, 1e-9)).nonzero()[0]
            kept, scores = kept[reached], scores[reached]
        order = (-scores).argsort(kind="stable")[:top]
        return kept[order].tolist(), scores[order].tolist()

    def _added(self, profile: Profile, wish: Wishes) -> Floats:
        """What topics, words, searches and followed names bring to each item."""
        numpy, size = self._np, len(self.items)
        row: Floats
        wanted = [(self._by_topic[topic], weight) for topic, weight in topic_weights(profile).items()
                  if weight > 0 and topic in self._by_topic]  # fmt: skip
        if wanted:
            where = numpy.concatenate([where for (where, _), _ in wanted])
            row = numpy.bincount(
                where, numpy.concatenate([places * weight for (_, places), weight in wanted]), size
            )
            share = numpy.bincount(where, minlength=size) / self._topic_count
            row *= 1 - BESIDE_THE_POINT + BESIDE_THE_POINT * share
        else:
            row = numpy.zeros(size)
        for word in wish.keywords:
            if word in self._by_word:
                where, weights = self._by_word[word]
                row[where] += weights
        for search in wish.searches:
            if search in self._by_search:
                row[self._by_search[search]] += SEARCH
        if wish.followed:
            followed = numpy.zeros(size, bool)
            for where in self._named(wish.followed):
                followed[where] = True
            row[followed] += FOLLOWED
        return row

    def _hidden(self, profile: Profile, wish: Wishes) -> Iterator[Numbers]:
        """Items that the reader must not see."""
        for topic in wish.muted_topics:
            if topic in self._by_topic:
                yield self._by_topic[topic][0]
        if profile.languages:
            read = {language_of(language) for language in profile.languages} | {""}
            yield from (where for language, where in self._by_language.items() if language not in read)
        yield from self._named(wish.unwanted)

    def _named(self, names: Names) -> Iterator[Numbers]:
        """Items from these sources and by these authors."""
        for source in names.sources:
            if source in self._by_source:
                yield self._by_source[source]
        if names.authors:
            yield from (where for author, where in self._by_author.items() if names.writes(author))

    def _factors(self, profile: Profile) -> Iterator[Floats]:
        numpy = self._np
        kinds = kind_factors(profile)
        if kinds:
            yield numpy.array([kinds.get(kind, 1.0) for kind in self._kinds])[self._kind_of]
        if profile.country:
            yield numpy.array([country_factor(c, profile) for c in self._countries])[self._country_of]
        if any(name.startswith((SOURCE, AUTHOR)) for name in profile.learned):
            yield numpy.array([affinity(item, profile) for item in self.items], numpy.float64)
        yield self._timely

    # ---------------------------------------------------------------------------------------------- taken apart
    def parts(self, number: int, profile: Profile, wish: Wishes) -> Iterator[Part]:
        """What the score of item `number` is made of, in order: from 0, each is added or multiplied with."""
        card = self.cards[number]
        weights = topic_weights(profile)
        wanted = [id for id in card.topics if weights.get(id, 0) > 0]
        for id in wanted:
            yield Part(f"topic {id}", plus=weights[id] * LATER_TOPIC ** card.topics[id])
        if wanted and len(wanted) < len(card.topics):
            share = len(wanted) / len(card.topics)
            yield Part("other topics beside it", times=1 - BESIDE_THE_POINT + BESIDE_THE_POINT * share)
        for word in wish.keywords:
            if word in self.found[number]:
                where, weight = self._by_word[word]
                yield Part(f"keyword “{word}”", plus=float(weight[list(where).index(number)]))
        for search in wish.searches:
            if search in card.searches:
                yield Part(f"search “{search}”", plus=SEARCH)
        if named := wish.followed.has(card.item):
            yield Part(f"followed {named}", plus=FOLLOWED)
        factors = {
            f"kind {card.item.kind}": kind_factors(profile).get(card.item.kind, 1.0),
            f"country {card.country or None}": country_factor(card.country, profile),
            "more or less like this": affinity(card.item, profile),
            "age": age(card.item, self._now),
            "closing soon": urgency(card.item, self._now),
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


def _saturated(counts: Counts, length: float) -> float:
    """What hits in the title, among the tags and in the text say together, from 0 to 1. `length`: of the text, as
    a multiple of the usual one."""
    in_title, in_tags, in_text = counts
    worth = IN_TITLE * in_title + IN_TAGS * in_tags + in_text * (IN_TEXT / (1 - LENGTH + LENGTH * length))
    return worth / (worth + 1)
