"""Between ranking and choosing: no source may crowd out the others, and one item may come from outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

from aggregator.model import Item, Pick, Profile, Section, Selection
from aggregator.occasions import closed
from aggregator.rank.affinity import traits
from aggregator.rank.cards import language_of, newest_first
from aggregator.rank.pool import kind_factors, topic_weights
from aggregator.rank.wishes import wishes

AGAIN = 0.9  # each further item of one source counts so much less than the one before it
ENOUGH = 5  # items of one's own that a letter has before it carries one from outside
COMPANIONS = 2  # items that show that two topics go together


class _Scored(Protocol):
    @property
    def item(self) -> Item: ...
    @property
    def score(self) -> float: ...


Some = TypeVar("Some", bound=_Scored)


def spread(picks: Sequence[Some]) -> list[Some]:
    """The same picks in an order that lets quiet sources through: the nth of a source counts 0.9^(n-1).

    Within a source the order stays, and so do the scores; equals stay in the order they had."""
    return [picks[n] for n in places_of([pick.item.source for pick in picks], [pick.score for pick in picks])]


def places_of(sources: Sequence[str], scores: Sequence[float]) -> list[int]:
    """The order that `spread` gives to items of these sources with these scores: the places where they stood."""
    before: dict[str, int] = {}
    keys = [-score for score in scores]
    for place, source in enumerate(sources):
        if source in before:
            before[source] += 1
            keys[place] *= AGAIN ** before[source]
        elif source:
            before[source] = 0
    return sorted(range(len(keys)), key=keys.__getitem__)


class Outside:
    """The items of one window, for readers who do not follow what they are about; prepared once for all readers.

    `labels`: topic id -> what readers call it, for the reason."""

    def __init__(self, items: Sequence[Item], now: datetime, labels: Mapping[str, str]) -> None:
        self._now, self._labels = now, labels
        self._about: dict[str, list[Item]] = {}  # topic -> items that are mostly about it
        together: dict[str, Counter[str]] = {}
        for item in sorted(items, key=lambda i: (-len(i.also_in), newest_first(i), i.id)):
            ids = [tag.id for tag in item.topics]
            for place, id in enumerate(ids):
                if place == 0:
                    self._about.setdefault(id, []).append(item)
                together.setdefault(id, Counter()).update(other for other in ids if other != id)
        # (-times, topic, other), those first that stand beside each other most often; seldom is no company.
        self._together = sorted(
            (-times, topic, other)
            for topic, others in together.items()
            for other, times in others.items()
            if times >= COMPANIONS
        )

    def added(self, selection: Selection, profile: Profile, had: AbstractSet[str], most: int) -> Selection:
        """The letter with one item from outside, in a section of its own, where it has enough items and room.

        `most`: how many items the letter may carry. It is no reason for a letter and takes no item's place."""
        if not profile.discovery or not ENOUGH <= len(selection.picks) < most:
            return selection
        found = self.pick(profile, had)
        return (
            replace(selection, sections=(*selection.sections, Section("discovery", (found,))))
            if found
            else selection
        )

    def pick(self, profile: Profile, had: AbstractSet[str]) -> Pick | None:
        """An item that is likely to be of interest all the same, with the true reason; None without one.

        It is about a topic that the reader neither follows nor mutes, but that stands beside a followed one in at
        least two items. First the topic that does so most often, then what several sources carry, then the newer.
        """
        reader = _Reader(profile)
        for topic, near in self._near(profile):
            for item in self._about.get(topic, ()):
                if item.id not in had and reader.allows(item) and not closed(item.occasion, self._now):
                    names = [self._labels.get(id, id) for id in (topic, near)]
                    return Pick(item, 0.0, "Outside your topics: {}, often beside {}".format(*names))
        return None

    def _near(self, profile: Profile) -> Iterator[tuple[str, str]]:
        """(topic not followed, the followed one that it stands beside most often), most often first."""
        followed = {topic for topic, weight in topic_weights(profile).items() if weight > 0}
        told = set(followed)
        for _, topic, near in self._together:
            if near in followed and topic not in told:
                told.add(topic)
                yield topic, near


class _Reader:
    """What one reader lets pass, worked out once for all items."""

    def __init__(self, profile: Profile) -> None:
        wish = wishes(profile)
        self._unwanted = wish.unwanted
        self._own = {*wish.muted_topics, *(topic for topic, weight in profile.topics.items() if weight > 0)}
        self._read = {language_of(language) for language in profile.languages}
        self._kinds, self._learned = kind_factors(profile), profile.learned

    def allows(self, item: Item) -> bool:
        return not (
            not self._own.isdisjoint(tag.id for tag in item.topics)
            or self._unwanted.has(item)
            or self._kinds.get(item.kind, 1.0) < 1
            or (self._read and language_of(item.language) not in self._read)
            or any(self._learned.get(trait, 0) < 0 for trait in traits(item))
        )
