"""Which items matter to which reader, and why.

All readers are ranked together: a matrix of topic weights times a matrix of item topics, in chunks, so that
memory does not grow with the number of readers; every keyword of every reader is found in one pass over the
items. Pure: without `now` neither age nor deadlines count.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aggregator.choose import CLOSING_SOON, choose
from aggregator.model import KIND_ALIASES, Item, Pick, Profile
from aggregator.occasions import closed, closing_at
from aggregator.topics.lexicon import Lexicon, Phrase, tokens

__all__ = ["Ranker", "choose", "rank"]

if TYPE_CHECKING:  # numpy takes a tenth of a second to import: only who ranks pays for it
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float32]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]

KEYWORD, SEARCH = 2.0, 3.0  # what a telling keyword and a saved search weigh beside a topic of weight 1 to 3
IN_TITLE, IN_TAGS, IN_TEXT = 2.0, 1.0, 0.5  # a hit in each place; more than one hit saturates
LATER_TOPIC = 0.9  # an item's second topic is a little less what it is about, and so on
HALF_LIFE = timedelta(days=30)
OLDEST_FACTOR = 0.5
CLOSING_FACTOR = 1.3
CHUNK = 256
READ_CHARACTERS = 6_000
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What one profile seeks by words: keywords, searches whose words must all occur, and all of these words."""

    keywords: tuple[str, ...]
    searches: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]


@dataclass(slots=True)
class _Hits:
    """Where one keyword was found: item numbers, and how much it says there (0 to 1)."""

    where: list[int] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)


# ---------------------------------------------------------------------------------------------------- ranking
def rank(
    items: Sequence[Item],
    profiles: Sequence[Profile],
    now: datetime | None = None,
    *,
    exclude: Sequence[AbstractSet[str]] = (),
    top: int | None = None,
) -> list[list[Pick]]:
    """For each profile its picks, best first; ties: the newer item, then the id.

    Never in them: items of a muted topic, in a language the reader does not read (unknown ones pass), named in
    the profile's set of `exclude`, and, with `now`, closed ones. With `top` only items that score above 0, at
    most so many; without it all that remain, also those of score 0.
    """
    return Ranker().rank(items, profiles, now, exclude=exclude, top=top)


class Ranker:
    """Ranks, and names topics by `labels` (topic id -> what readers call it) in the reasons it gives."""

    def __init__(self, labels: Mapping[str, str] | None = None) -> None:
        self._labels = dict(labels or {})

    def rank(
        self,
        items: Sequence[Item],
        profiles: Sequence[Profile],
        now: datetime | None = None,
        *,
        exclude: Sequence[AbstractSet[str]] = (),
        top: int | None = None,
    ) -> list[list[Pick]]:
        """As the function `rank`."""
        wishes = [_wishes(profile) for profile in profiles]
        pool = _Pool(items, wishes, now)
        ranked: list[list[Pick]] = []
        for begin in range(0, len(profiles), CHUNK):
            part = slice(begin, begin + CHUNK)
            scores = pool.scores(profiles[part], wishes[part])
            for row, profile, wish in zip(scores, profiles[part], wishes[part], strict=True):
                sent = exclude[len(ranked)] if len(ranked) < len(exclude) else ()
                best = pool.best(row, sent, top)
                ranked.append([Pick(pool.items[i], s, self._why(pool, i, profile, wish)) for i, s in best])
        return ranked

    def _why(self, pool: _Pool, number: int, profile: Profile, wish: _Wishes) -> str:
        """The strongest topic and the strongest word that brought the item here."""
        reasons = []
        item = pool.items[number]
        wanted = [tag for tag in item.topics if profile.topics.get(tag.id, 0) > 0]
        if wanted:
            tag = max(wanted, key=lambda tag: profile.topics[tag.id])
            reasons.append(f"Topic: {self._labels.get(tag.id, tag.id)}" + (f" — {tag.why}" if tag.why else ""))
        here = pool.found_in[number]
        if not here.isdisjoint(wish.words):
            searches = [" ".join(words) for words in wish.searches if here.issuperset(words)]
            keywords = [word for word in wish.keywords if word in here]
            reasons += [f"Search: “{words}”" for words in searches[:1]]
            reasons += [f"Keyword: “{word}”" for word in keywords[:1]]
        return "; ".join(reasons)


def _wishes(profile: Profile) -> _Wishes:
    keywords = tuple(dict.fromkeys(" ".join(keyword.split()) for keyword in profile.keywords if tokens(keyword)))
    split = (tuple(word for word in search.split() if tokens(word)) for search in profile.searches)
    searches = tuple(dict.fromkeys(words for words in split if words))
    return _Wishes(keywords, searches, (*keywords, *(word for words in searches for word in words)))


class _Pool:
    """The items of one ranking, prepared once for all profiles. Items stand in the order that breaks ties."""

    def __init__(self, items: Iterable[Item], wishes: Iterable[_Wishes], now: datetime | None) -> None:
        import numpy

        self._np = numpy
        open_items = [item for item in items if now is None or not closed(item.occasion, now)]
        self.items = sorted(open_items, key=lambda item: (_newest_first(item), item.id))
        self._number = {item.id: number for number, item in enumerate(self.items)}
        self._topics, self._topic_matrix = self._by_topic()
        self._kinds, self._kind_of = self._numbered([item.kind for item in self.items])
        self._languages, self._language_of = self._numbered([_language(item.language) for item in self.items])
        self._factor = numpy.array([_timely(item, now) for item in self.items], numpy.float32)
        self.found_in: list[set[str]] = [set() for _ in self.items]
        self._hits = self._find(wishes)

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

    def _find(self, wishes: Iterable[_Wishes]) -> dict[str, tuple[Any, Floats]]:
        """Every sought word -> the items it is in and its weight there: rarer words say more."""
        sought = dict.fromkeys(word for wish in wishes for word in wish.words)
        languages = sorted({*self._languages, "en"} - {""})
        phrases = (Phrase(word, word, language) for word in sought for language in languages)
        lexicon = Lexicon(phrases)
        hits: dict[str, _Hits] = {}
        for number, item in enumerate(self.items) if sought else ():
            for word, weight in _places(item, lexicon).items():
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

    def scores(self, profiles: Sequence[Profile], wishes: Sequence[_Wishes]) -> Floats:
        """One row of scores per profile; -1 where the reader must not see the item."""
        numpy = self._np
        scores: Floats = self._weights(profile.topics for profile in profiles) @ self._topic_matrix
        muted = self._weights(dict.fromkeys(profile.mute, 1.0) for profile in profiles) @ self._topic_matrix
        for row, profile, wish in zip(scores, profiles, wishes, strict=True):
            self._add_words(row, wish)
            row *= self._by_kind(profile)
        scores *= self._factor
        scores = numpy.round(scores, 4)
        scores[muted > 0] = -1
        for row, profile in zip(scores, profiles, strict=True):
            if profile.languages:
                row[self._unread(profile)] = -1
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

    def _add_words(self, row: Floats, wish: _Wishes) -> None:
        for word in wish.keywords:
            if word in self._hits:
                where, weight = self._hits[word]
                row[where] += KEYWORD * weight
        for words in wish.searches:
            found = [self._hits[word][0] for word in words if word in self._hits]
            if len(found) == len(words):
                where = found[0]
                for more in found[1:]:
                    where = self._np.intersect1d(where, more, assume_unique=True)
                row[where] += SEARCH

    def _by_kind(self, profile: Profile) -> Floats:
        factors = {KIND_ALIASES.get(kind, kind): max(0.0, float(f)) for kind, f in profile.kinds.items()}
        by_kind: Floats = self._np.array([factors.get(kind, 1.0) for kind in self._kinds], self._np.float32)
        factor: Floats = by_kind[self._kind_of]
        return factor

    def _unread(self, profile: Profile) -> Flags:
        read = {_language(language) for language in profile.languages} | {""}
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


def _places(item: Item, lexicon: Lexicon) -> dict[str, float]:
    """Sought word -> how much it is found in the item."""
    weights: dict[str, float] = {}
    parts = [
        (item.title, IN_TITLE),
        *((tag, IN_TAGS) for tag in item.tags),
        (item.text[:READ_CHARACTERS], IN_TEXT),
    ]
    for text, weight in parts:
        for found in lexicon.find_all(tokens(text), item.language):
            weights[found.phrase.owner] = weights.get(found.phrase.owner, 0.0) + weight
    return weights


def _language(code: str | None) -> str:
    return code.lower().replace("_", "-").split("-")[0] if code else ""


def _newest_first(item: Item) -> float:
    moment = item.published_at or item.first_seen_at or _LONG_AGO
    return -(moment - _LONG_AGO).total_seconds()


def _timely(item: Item, now: datetime | None) -> float:
    """The factor of age and deadline: 1 without a moment, and for what has no date."""
    if now is None:
        return 1.0
    factor = 1.0
    seen = item.published_at or item.first_seen_at
    if seen is not None and seen < now:
        factor = OLDEST_FACTOR + (1 - OLDEST_FACTOR) * 0.5 ** ((now - seen) / HALF_LIFE)
    closes = closing_at(item.occasion)
    if closes is not None and now <= closes <= now + CLOSING_SOON:
        factor *= CLOSING_FACTOR
    return factor
