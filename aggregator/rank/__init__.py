"""Which items matter to which reader, and why. The items are arranged once, then one reader is ranked after the
other. Pure and deterministic: without `now` neither age nor deadlines count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from operator import is_
from typing import NamedTuple

from aggregator.choose import choose
from aggregator.model import Item, Pick, Profile
from aggregator.rank.cards import Cards
from aggregator.rank.pool import Part, Pool, topic_weights
from aggregator.rank.wishes import AUTHOR, Wishes, wishes

__all__ = ["Part", "Ranker", "Ranking", "Scored", "choose", "rank"]


def rank(
    items: Sequence[Item],
    profiles: Sequence[Profile],
    now: datetime | None = None,
    *,
    exclude: Sequence[AbstractSet[str]] = (),
    top: int | None = None,
) -> list[list[Pick]]:
    """For each profile its picks, best first; ties: the newer item, then the id.

    Never in them: items of a muted topic, source or author, in a language the reader does not read (unknown ones
    pass), named in the profile's set of `exclude`, and, with `now`, closed ones. With `top` only items that score
    above 0, at most so many; without it all that remain, also those of score 0.
    """
    return Ranker().rank(items, profiles, now, exclude=exclude, top=top)


class Scored(NamedTuple):
    """An item with its score for one reader; the reason is told of those that are chosen."""

    item: Item
    score: float


class Ranker:
    """Ranks, and names topics by `labels` and sources by `titles` (id -> what readers call it) in its reasons.

    Keep one for a whole run: what it has learnt of an item serves all rankings of one moment."""

    def __init__(self, labels: Mapping[str, str] | None = None, titles: Mapping[str, str] | None = None) -> None:
        self._labels = dict(labels or {})
        self._titles = dict(titles or {})
        self._cards = Cards((), None, "UTC")
        self._pool = Pool((), self._cards)
        self._given: Sequence[Item] = ()

    def rank(
        self,
        items: Sequence[Item],
        profiles: Sequence[Profile],
        now: datetime | None = None,
        *,
        exclude: Sequence[AbstractSet[str]] = (),
        top: int | None = None,
        zone: str = "UTC",
    ) -> list[list[Pick]]:
        """As the function `rank`; a day in no zone of its own is over when it is over in `zone`."""
        return list(self.ranking(items, profiles, now, zone).picks(exclude, top))

    def ranking(
        self, items: Sequence[Item], profiles: Sequence[Profile], now: datetime | None = None, zone: str = "UTC"
    ) -> Ranking:
        """The same, to be asked reader by reader, and for scores that are taken apart."""
        wished = [wishes(profile) for profile in profiles]
        return Ranking(self, self._pool_of(items, wished, now, zone), profiles, wished)

    def expect(self, wished: Iterable[Wishes], now: datetime | None = None, zone: str = "UTC") -> None:
        """Look for all that these readers seek in one go, though they will be ranked in several."""
        self._cards, self._given = Cards(wished, now, zone), ()

    def _pool_of(self, items: Sequence[Item], wished: Sequence[Wishes], now: datetime | None, zone: str) -> Pool:
        cards = self._cards
        if (cards.now, cards.zone) != (now, zone) or not cards.cover(wished):
            self.expect(wished, now, zone)
        elif len(items) == len(self._given) and all(map(is_, items, self._given)):
            return self._pool
        self._pool, self._given = Pool(items, self._cards), items
        return self._pool

    def why(self, pool: Pool, number: int, profile: Profile, wish: Wishes) -> str:
        """The strongest topic, the strongest word and the followed name that brought the item here."""
        card = pool.cards[number]
        item, weights = card.item, topic_weights(profile)
        reasons = []
        wanted = [tag for tag in item.topics if weights.get(tag.id, 0) > 0]
        if wanted:
            tag = max(wanted, key=lambda tag: weights[tag.id])
            said = "Topic" if profile.topics.get(tag.id, 0) > 0 else "Like what you marked"
            reasons.append(f"{said}: {self._labels.get(tag.id, tag.id)}" + (f" — {tag.why}" if tag.why else ""))
        searches = [search for search in wish.searches if search in card.searches]
        keywords = [word for word in wish.keywords if word in pool.found[number]]
        reasons += [f"Search: “{search}”" for search in searches[:1]]
        reasons += [f"Keyword: “{word}”" for word in keywords[:1]]
        if named := wish.followed.has(item):
            reasons.append(f"You follow {self._name(named, item)}")
        return "; ".join(reasons)

    def _name(self, named: str, item: Item) -> str:
        return item.author if named.startswith(AUTHOR) else self._titles.get(item.source) or item.source


class Ranking:
    """One ranking of items for many readers."""

    def __init__(self, ranker: Ranker, pool: Pool, profiles: Sequence[Profile], wished: Sequence[Wishes]) -> None:
        self._ranker, self._pool, self._profiles, self._wished = ranker, pool, profiles, wished

    def picks(self, exclude: Sequence[AbstractSet[str]] = (), top: int | None = None) -> Iterator[list[Pick]]:
        """For each profile its picks, best first, as `rank` gives them."""
        nothing: AbstractSet[str] = frozenset()
        for reader in range(len(self._profiles)):
            best = self.best(reader, exclude[reader] if reader < len(exclude) else nothing, top)
            yield [Pick(one.item, one.score, self.why(reader, one.item)) for one in best]

    def best(self, reader: int, exclude: AbstractSet[str], top: int | None = None) -> list[Scored]:
        """The items for the reader of that number, best first, without the reasons."""
        numbers, scores = self._pool.best(self._profiles[reader], self._wished[reader], exclude, top)
        items = map(self._pool.items.__getitem__, numbers)
        return list(map(Scored._make, zip(items, scores, strict=True)))

    def why(self, reader: int, item: Item) -> str:
        """Why the item is there for the reader of that number."""
        return self._ranker.why(
            self._pool, self._pool.number(item.id), self._profiles[reader], self._wished[reader]
        )

    def explain(self, reader: int) -> dict[str, tuple[Part, ...]]:
        """Item id -> what its score for the reader of that number is made of; worked out, it is the score."""
        pool, profile, wish = self._pool, self._profiles[reader], self._wished[reader]
        return {item.id: tuple(pool.parts(n, profile, wish)) for n, item in enumerate(pool.items)}
