"""Which items matter to which reader, and why. The items are arranged once, then one reader is ranked after the
other. Pure and deterministic: without `now` neither age nor deadlines count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from operator import is_

from aggregator.choose import choose
from aggregator.model import Item, Pick, Profile
from aggregator.rank.cards import Cards
from aggregator.rank.offer import Offer, Scored
from aggregator.rank.pool import Part, Pool
from aggregator.rank.reasons import Reasons
from aggregator.rank.wishes import Wishes, wishes

__all__ = ["Part", "Ranker", "Ranking", "Reasons", "Scored", "choose", "rank"]


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


class Ranker:
    """Ranks, and names topics by `labels` and sources by `titles` (id -> what readers call it) in its reasons.

    Keep one for a whole run: what it has learnt of an item serves all rankings of one moment."""

    def __init__(self, labels: Mapping[str, str] | None = None, titles: Mapping[str, str] | None = None) -> None:
        self._names = dict(labels or {}), dict(titles or {})
        self._cards = Cards((), None, "UTC")
        self._pool = Pool((), self._cards)
        self._offer: Offer | None = None
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

    def forget(self) -> None:
        """Forget the words that were met in reading the items, which costs as much memory as their texts. What was
        found stays; the words of items that come later are looked up anew."""
        self._cards.forget()

    def _pool_of(self, items: Sequence[Item], wished: Sequence[Wishes], now: datetime | None, zone: str) -> Pool:
        cards = self._cards
        if (cards.now, cards.zone) != (now, zone) or not cards.cover(wished):
            self.expect(wished, now, zone)
        elif len(items) == len(self._given) and all(map(is_, items, self._given)):
            return self._pool
        self._pool, self._given = Pool(items, self._cards), items
        return self._pool

    def offer(self, pool: Pool) -> Offer:
        """The items of a ranking, to be chosen from."""
        if self._offer is None or self._offer.pool is not pool:
            self._offer = Offer(pool)
        return self._offer

    def reasons(self, pool: Pool, profile: Profile, wish: Wishes) -> Reasons:
        """What brings items to one reader, in words."""
        return Reasons(pool, self._names, profile, wish)


class Ranking:
    """One ranking of items for many readers."""

    def __init__(self, ranker: Ranker, pool: Pool, profiles: Sequence[Profile], wished: Sequence[Wishes]) -> None:
        self._ranker, self._pool, self._profiles, self._wished = ranker, pool, profiles, wished

    def picks(self, exclude: Sequence[AbstractSet[str]] = (), top: int | None = None) -> Iterator[list[Pick]]:
        """For each profile its picks, best first, as `rank` gives them."""
        nothing: AbstractSet[str] = frozenset()
        for reader in range(len(self._profiles)):
            best = self.best(reader, exclude[reader] if reader < len(exclude) else nothing, top)
            items, why = self._pool.items, self.reasons(reader).why
            yield [Pick(items[number], score, why(number)) for number, score in zip(*best, strict=True)]

    def best(
        self, reader: int, exclude: AbstractSet[str], top: int | None = None
    ) -> tuple[list[int], list[float]]:
        """Numbers and scores of the items for the reader of that number, best first."""
        return self._pool.best(self._profiles[reader], self._wished[reader], exclude, top)

    def reasons(self, reader: int) -> Reasons:
        """Why items are there for the reader of that number."""
        return self._ranker.reasons(self._pool, self._profiles[reader], self._wished[reader])

    @property
    def offer(self) -> Offer:
        """The items, to be chosen from."""
        return self._ranker.offer(self._pool)

    def explain(self, reader: int) -> dict[str, tuple[Part, ...]]:
        """Item id -> what its score for the reader of that number is made of; worked out, it is the score."""
        pool, profile, wish = self._pool, self._profiles[reader], self._wished[reader]
        return {item.id: tuple(pool.parts(n, profile, wish)) for n, item in enumerate(pool.items)}
