"""Which items matter to which reader, and why. All readers are ranked together, in chunks, so that memory does not
grow with their number. Pure and deterministic: without `now` neither age nor deadlines count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from aggregator.choose import choose
from aggregator.model import Item, Pick, Profile
from aggregator.rank.pool import Part, Pool, topic_weights
from aggregator.rank.wishes import AUTHOR, Wishes, wishes

__all__ = ["CHUNK", "Part", "Ranker", "Ranking", "choose", "rank"]

CHUNK = 256


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
    """Ranks, and names topics by `labels` and sources by `titles` (id -> what readers call it) in its reasons."""

    def __init__(self, labels: Mapping[str, str] | None = None, titles: Mapping[str, str] | None = None) -> None:
        self._labels = dict(labels or {})
        self._titles = dict(titles or {})

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
        """The same, to be asked for scores that are taken apart."""
        wished = [wishes(profile) for profile in profiles]
        return Ranking(self, Pool(items, wished, now, zone), profiles, wished)

    def why(self, pool: Pool, number: int, profile: Profile, wish: Wishes) -> str:
        """The strongest topic, the strongest word and the followed name that brought the item here."""
        item = pool.items[number]
        weights = topic_weights(profile)
        reasons = []
        wanted = [tag for tag in item.topics if weights.get(tag.id, 0) > 0]
        if wanted:
            tag = max(wanted, key=lambda tag: weights[tag.id])
            said = "Topic" if profile.topics.get(tag.id, 0) > 0 else "Like what you marked"
            reasons.append(f"{said}: {self._labels.get(tag.id, tag.id)}" + (f" — {tag.why}" if tag.why else ""))
        searches = [search for search in wish.searches if search in pool.searched[number]]
        keywords = [word for word in wish.keywords if word in pool.found_in[number]]
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
        pool, count = self._pool, 0
        for begin in range(0, len(self._profiles), CHUNK):
            profiles, wished = self._profiles[begin : begin + CHUNK], self._wished[begin : begin + CHUNK]
            for row, profile, wish in zip(pool.scores(profiles, wished), profiles, wished, strict=True):
                best = pool.best(row, exclude[count] if count < len(exclude) else (), top)
                yield [Pick(pool.items[n], score, self._ranker.why(pool, n, profile, wish)) for n, score in best]
                count += 1

    def explain(self, reader: int) -> dict[str, tuple[Part, ...]]:
        """Item id -> what its score for the reader of that number is made of; worked out, it is the score."""
        pool, profile, wish = self._pool, self._profiles[reader], self._wished[reader]
        return {item.id: tuple(pool.parts(n, profile, wish)) for n, item in enumerate(pool.items)}
