"""Where letters are laid: what each of the readers whose letters are due is offered, and what of it is chosen.

The items of a run are read, arranged and learnt about once; then readers who share a window are served one after
the other, so that what one reader costs does not grow with the number of readers, and memory neither."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby

from aggregator.app import App
from aggregator.choose import Chooser, Undated, is_over, with_notices
from aggregator.model import Due, Edition, Item, Pick, Profile, Schedule, Section, Selection, Subscriber, Told
from aggregator.occasions import ANYWHERE_ON_EARTH, closing_at
from aggregator.occasions.notes import Events, events_among, looks_back, noted
from aggregator.rank import Ranker, Ranking
from aggregator.rank.spread import Outside
from aggregator.rank.wishes import wishes
from aggregator.schedule import LOOK_BACK, periods

CANDIDATES = 200  # best items looked at for one letter
EVENTS_HELD = timedelta(days=800)  # one is known up to a year before it takes place, and written of a year after
CHANGED_WITHIN = timedelta(days=400)  # as long as items are kept whole: who was away so long is told still
SECOND = timedelta(seconds=1)  # what the store tells apart
_NOTHING: AbstractSet[str] = frozenset()


class Pool:
    """The items that letters choose from, read once for all readers of a run whose windows it covers."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._since: datetime | None = None
        self._items: Sequence[Item] = ()
        self._events: Events | None = None
        self._last: tuple[datetime, Sequence[Item]] | None = None

    def window(self, since: datetime, until: datetime) -> Sequence[Item]:
        """Items that became news in [since, until], or will later. Both ends are in: a source may have been
        visited in the very second in which the last letter was written, but after it. The same list for the same
        window, as long as no other one is asked for."""
        if self._since is None or since < self._since:
            self._since, self._last = since, None
            self._items = self.noted(self._app.store.items.window(since - SECOND, until), until)
        if self._last is None or self._last[0] != since:
            self._last = since, [i for i in self._items if (_news_at(i) or since - SECOND) >= since]
        return self._last[1]

    def noted(self, items: Sequence[Item], until: datetime) -> list[Item]:
        """The items; posts that are notes on an event are of that kind, and know it by the name that we hold."""
        if self._events is None and any(looks_back(item) for item in items):
            held = self._app.store.items.of_kind("event", until - EVENTS_HELD)
            self._events = events_among(held, until)
        return noted(items, self._events) if self._events else list(items)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of some readers: which of the items on offer each has had, those that wait for each, and what
    each was told of items whose dates have changed. `items`: those that wait, and those that have changed."""

    had: Mapping[str, AbstractSet[str]]
    waiting: Mapping[str, AbstractSet[str]]
    told: Mapping[str, Mapping[str, Told]]
    items: Mapping[str, Item]

    def notices(self, reader: Subscriber) -> list[Pick]:
        """Every item that this reader was told of with dates that have changed since, whatever became of them."""
        told = self.told.get(reader.id, {})
        return [Pick(self.items[id], 1.0, "", told[id]) for id in sorted(told) if id in self.items]


@dataclass(frozen=True, slots=True)
class _Guest:
    """One reader at the table. `number`: in the ranking; `out`: ids of all that may not be in the letter; `seen`:
    items that the reader had and that stand at the edge of the window."""

    due: Due
    number: int
    out: AbstractSet[str]
    seen: Sequence[Item]


class Table:
    """Lays the letters of one run."""

    def __init__(self, app: App) -> None:
        self._app, self._pool = app, Pool(app)
        self._ranker = Ranker(app.topic_labels, app.source_titles)
        self._window: _Window | None = None

    def expect(self, profiles: Iterable[Profile], now: datetime) -> None:
        """Look for the words of all these readers in one go, though they come in parts."""
        self._ranker.expect((wishes(profile) for profile in profiles), now, ANYWHERE_ON_EARTH)

    def laid(self, dues: Sequence[Due]) -> Iterator[tuple[Due, Selection]]:
        """What each of these letters carries. All are due at one moment."""
        if not dues:
            return
        ordered = sorted(dues, key=lambda one: one.since)
        memory = self._remembered(ordered)
        for since, group in groupby(ordered, key=lambda one: one.since):
            together = list(group)
            yield from self._group(together, self._pool.window(since, together[0].until), memory)
        self._ranker.forget()

    def alone(self, one: Due) -> Selection:
        """What the letter would carry if this were the reader's first: nothing waits for it."""
        memory = self._remembered([one])
        [(_, selection)] = self._served(
            [one], self._pool.window(one.since, one.until), (), Memory(memory.had, {}, memory.told, memory.items)
        )
        return selection

    def _remembered(self, dues: Sequence[Due]) -> Memory:
        """`dues`: the one whose window reaches back furthest comes first."""
        store, ids, until = self._app.store, [one.subscriber.id for one in dues], dues[0].until
        waiting, told = store.digests.waiting_items(ids), store.digests.told(ids, until - CHANGED_WITHIN)
        items = store.items.get(item for some in (*waiting.values(), *told.values()) for item in some)
        known = {item.id: item for item in self._pool.noted(list(items.values()), until)}
        waited = [known[id] for id in {id for some in waiting.values() for id in some} if id in known]
        had = store.digests.had_of(ids, [*self._pool.window(dues[0].since, until), *waited])
        return Memory(had, waiting, told, known)

    def _group(
        self, dues: Sequence[Due], fresh: Sequence[Item], memory: Memory
    ) -> Iterator[tuple[Due, Selection]]:
        """Letters for readers who share one window, ranked over it and what had waited for any of them."""
        ids = {item.id for item in fresh}
        older = {item_id for one in dues for item_id in memory.waiting.get(one.subscriber.id, ())} - ids
        oldest = dues[0].until - LOOK_BACK  # what has waited longer than a window can reach back is no news
        waited = [memory.items[item_id] for item_id in sorted(older) if item_id in memory.items]
        waited = [item for item in waited if (_news_at(item) or oldest) >= oldest]
        return self._served(dues, fresh, waited, memory)

    def _served(
        self, dues: Sequence[Due], fresh: Sequence[Item], waited: Sequence[Item], memory: Memory
    ) -> Iterator[tuple[Due, Selection]]:
        now = dues[0].until
        if self._window is None or self._window.fresh is not fresh:
            self._window = _Window(self._app, fresh, now)
        items = [*fresh, *waited] if waited else fresh
        unopened = [item for item in items if item.news_at is not None and item.news_at > now]
        # What was first seen in the very second in which the windows begin may have been in the last letter.
        seam = {item.id: item for item in fresh if _news_at(item) == dues[0].since}
        # Whether a day is over for the reader, `choose` sees.
        ranking = self._ranker.ranking(items, [one.subscriber.profile for one in dues], now, ANYWHERE_ON_EARTH)
        others = {item.id for item in waited}
        for number, one in enumerate(dues):
            had = memory.had.get(one.subscriber.id, _NOTHING)
            out = had
            if others or unopened:
                not_theirs = others - memory.waiting.get(one.subscriber.id, _NOTHING)
                out = had | not_theirs | {item.id for item in unopened if _is_to_wait(item, one)}
            seen = [seam[item_id] for item_id in sorted(had & seam.keys())] if seam else []
            guest = _Guest(one, number, out, seen)
            yield one, self._window.chosen(guest, ranking, memory.notices(one.subscriber))


class _Window:
    """The items of one window, as they are chosen from: prepared once for all its readers."""

    def __init__(self, app: App, fresh: Sequence[Item], now: datetime) -> None:
        self.fresh = fresh
        self._app, self._now = app, now
        self._outside = Outside(fresh, now, app.topic_labels)
        self._dated = [item for item in fresh if item.occasion is not None]
        self._over: dict[str, set[str]] = {}
        self._choosers: dict[tuple[str, str], Chooser] = {}
        self._undated: dict[str, Undated] = {}

    def chosen(self, guest: _Guest, ranking: Ranking, notices: Sequence[Pick]) -> Selection:
        """The best of what is new, one item from outside, and what has become of dates that were told."""
        reader, zone = guest.due.subscriber, guest.due.subscriber.schedule.timezone
        edition = self._app.edition(reader.edition)
        best = ranking.best(guest.number, guest.out, CANDIDATES)
        chooser, why = self._chooser(edition, zone), ranking.reasons(guest.number).why
        sections, left = ranking.offer.choose(chooser, best, reader.max_items, guest.seen)
        selection = Selection(
            tuple(
                Section(name, tuple([Pick(item, score, why(number)) for item, score, number in some]))
                for name, some in sections
            ),
            left,
        )
        most = edition.limits.items if reader.max_items is None else reader.max_items
        with_one = self._outside.added(selection, reader.profile, guest.out | self._is_over(zone), most)
        return with_notices(with_one, notices, edition, self._now, zone)

    def _chooser(self, edition: Edition, zone: str) -> Chooser:
        key = (edition.name, zone)
        if key not in self._choosers:
            undated = self._undated.setdefault(edition.name, {})
            self._choosers[key] = Chooser(edition, self._now, zone, undated)
        return self._choosers[key]

    def _is_over(self, zone: str) -> set[str]:
        """What can't be joined any more by the day of readers in that zone."""
        if zone not in self._over:
            self._over[zone] = {item.id for item in self._dated if is_over(item, self._now, zone)}
        return self._over[zone]


def _news_at(item: Item) -> datetime | None:
    """When the item became news: it was first seen, or one can enrol since."""
    if item.news_at is None or item.first_seen_at is None:
        return item.first_seen_at
    return max(item.first_seen_at, item.news_at)


def _is_to_wait(item: Item, one: Due) -> bool:
    """Whether a course that has not opened yet is told of once it has, because a later letter comes in time."""
    if item.news_at is None or item.news_at <= one.until:
        return False
    schedule = one.subscriber.schedule
    closes = closing_at(item.occasion, schedule.timezone)
    return closes is None or _next_letter(schedule, item.news_at) < closes


@lru_cache(maxsize=10_000)  # many readers share a schedule
def _next_letter(schedule: Schedule, after: datetime) -> datetime:
    return next(due_at for _, due_at in periods(schedule, after, after + LOOK_BACK))
