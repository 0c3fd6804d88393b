"""Why an item is there for a reader: said of what is chosen, not of all that was looked at."""

from __future__ import annotations

from collections.abc import Mapping

from aggregator.model import Item, Profile, Tag
from aggregator.rank.pool import Pool, topic_weights
from aggregator.rank.wishes import AUTHOR, Wishes

Names = tuple[Mapping[str, str], Mapping[str, str]]  # of topics and of sources: id -> what readers call it


class Reasons:
    """The reasons of one reader."""

    def __init__(self, pool: Pool, names: Names, profile: Profile, wish: Wishes) -> None:
        self._pool, self._profile, self._wish = pool, profile, wish
        self._labels, self._titles = names
        self._weights = topic_weights(profile)

    def why(self, number: int) -> str:
        """The strongest topic, the strongest word and the followed name that brought the item of that number."""
        card, wish = self._pool.cards[number], self._wish
        reasons = []
        if tag := self._strongest(card.item):
            said = "Topic" if self._profile.topics.get(tag.id, 0) > 0 else "Like what you marked"
            reasons.append(f"{said}: {self._labels.get(tag.id, tag.id)}" + (f" — {tag.why}" if tag.why else ""))
        if card.searches:
            reasons += [f"Search: “{search}”" for search in wish.searches if search in card.searches][:1]
        if found := self._pool.found[number]:
            reasons += [f"Keyword: “{word}”" for word in wish.keywords if word in found][:1]
        if wish.followed and (named := wish.followed.has(card.item)):
            reasons.append(f"You follow {self._name(named, card.item)}")
        return "; ".join(reasons)

    def _strongest(self, item: Item) -> Tag | None:
        """The topic that weighs most for the reader, of equals the one that the item is more about."""
        strongest, found = 0.0, None
        for tag in item.topics:
            weight = self._weights.get(tag.id, 0.0)
            if weight > strongest:
                strongest, found = weight, tag
        return found

    def _name(self, named: str, item: Item) -> str:
        return item.author if named.startswith(AUTHOR) else self._titles.get(item.source) or item.source
