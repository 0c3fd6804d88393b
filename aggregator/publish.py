"""Second half: send letters out. `prepare` writes every letter that is due down; `post` hands them over.

A letter is stored before it is posted, with a Message-ID made once; whatever kills a run, the next one goes on
from what is recorded."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby

from aggregator.app import App
from aggregator.choose import is_over, with_notices
from aggregator.compose import preflight
from aggregator.errors import AggregatorError, OutboxDown
from aggregator.model import Draft, Due, Edition, Item, Pick, Schedule, Selection, Subscriber, Told
from aggregator.occasions import ANYWHERE_ON_EARTH, closing_at, over_at
from aggregator.occasions.notes import Events, events_among, looks_back, noted
from aggregator.post import Order, Published, post
from aggregator.rank import Ranker, choose
from aggregator.rank.spread import Outside, spread
from aggregator.schedule import LOOK_BACK, Past, due, periods
from aggregator.store import MARK, Written
from aggregator.store.items import chunks

log = logging.getLogger(__name__)
READERS = 1000  # ranked together
LETTERS = 200  # stored in one transaction
CANDIDATES = 200  # best items looked at for one letter
EVENTS_HELD = timedelta(days=800)  # one is known up to a year before it takes place, and written of a year after
CHANGED_WITHIN = timedelta(days=400)  # as long as items are kept whole: who was away so long is told still
SECOND = timedelta(seconds=1)  # what the store tells apart


def publish(app: App, now: datetime, order: Order, figures: Published) -> None:
    """Write and send every letter due at `now`, counting in `figures` even when it ends early.

    Raises OutboxDown when the relay can't be used: every letter waits.
    """
    if app.store.setting(MARK):
        raise OutboxDown(
            "this database is a restored backup, so nothing is sent: its letters may have gone out already. "
            "If it is now the live one, run 'aggregator doctor --resume'"
        )
    # A slip in the relay's address or in the key that signs is said now, not when the first letter waits.
    app.outbox()
    _ = app.sign
    prepare(app, now, order, figures)
    if not order.dry_run:
        post(app, now, order, figures)


# ------------------------------------------------------------------------------------------------------ prepare
def prepare(app: App, now: datetime, order: Order, figures: Published) -> None:
    """Write down what becomes of every period due at `now`: a letter, or why there is none."""
    readers = [r for r in app.store.subscribers.may_be_due(now) if not order.only or _is_meant(r, order.only)]
    pool = Pool(app)
    for chunk in chunks(readers, READERS):
        past = app.store.digests.history([r.id for r in chunk], now - 2 * LOOK_BACK)
        wanted = [one for reader in chunk for one in due(reader, past.get(reader.id, Past()), now)]
        for letters in _in_batches(_written(app, pool, wanted), LETTERS):
            stored = letters if order.dry_run else app.store.digests.write(letters, order.clock())
            for one in stored:
                figures.skipped += one.state == "skipped"
                figures.failed += one.state == "failed"
                figures.held += order.dry_run and one.state == "waiting"
        if not order.dry_run:
            failing = {one.subscriber.id for one in wanted} - _settled(app, wanted, now)
            app.store.subscribers.plan([r for r in chunk if r.id not in failing], now)


def _is_meant(reader: Subscriber, only: Sequence[str]) -> bool:
    return reader.id in only or reader.email.casefold() in {who.strip().casefold() for who in only}


def _settled(app: App, wanted: Sequence[Due], now: datetime) -> set[str]:
    """Readers whose every wanted period is settled; the others are looked at again by the next run."""
    past = app.store.digests.history(sorted({one.subscriber.id for one in wanted}), now - 2 * LOOK_BACK)
    open_ = {d.subscriber.id for d in wanted if d.period not in past.get(d.subscriber.id, Past()).periods}
    return {d.subscriber.id for d in wanted} - open_


@dataclass(slots=True)
class Pool:
    """The items that letters choose from, read once for all readers of a run whose windows it covers."""

    app: App
    since: datetime | None = None
    items: Sequence[Item] = ()
    events: Events | None = None

    def window(self, since: datetime, until: datetime) -> Sequence[Item]:
        """Items that became news in [since, until], or will later. Both ends are in: a source may have been
        visited in the very second in which the last letter was written, but after it."""
        if self.since is None or since < self.since:
            self.since = since
            self.items = self.noted(self.app.store.items.window(since - SECOND, until), until)
        return [i for i in self.items if (_news_at(i) or since - SECOND) >= since]

    def noted(self, items: Sequence[Item], until: datetime) -> list[Item]:
        """The items; posts that are notes on an event are of that kind, and know it by the name that we hold."""
        if self.events is None and any(looks_back(item) for item in items):
            self.events = events_among(self.app.store.items.of_kind("event", until - EVENTS_HELD), until)
        return noted(items, self.events) if self.events else list(items)


def _written(app: App, pool: Pool, wanted: Sequence[Due]) -> Iterator[Written]:
    for one in wanted:
        if one.missed:
            digest_id = app.digest_id(one.subscriber.id, one.period)
            yield Written(digest_id, one, "skipped", one.until, "missed: found too late to be worth a letter")
    current = sorted((one for one in wanted if not one.missed), key=lambda one: one.since)
    memory = _remembered(app, pool, current)
    for since, group in groupby(current, key=lambda one: one.since):
        dues = list(group)
        fresh = pool.window(since, dues[0].until)
        yield from _group(app, dues, fresh, memory)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of some readers: the items each has had, those that wait for each, and what each was told of
    items whose dates have changed. `items`: those that wait, and those that have changed."""

    had: Mapping[str, set[str]]
    waiting: Mapping[str, set[str]]
    told: Mapping[str, Mapping[str, Told]]
    items: Mapping[str, Item]

    def notices(self, reader: Subscriber) -> list[Pick]:
        """Every item that this reader was told of with dates that have changed since, whatever became of them."""
        told = self.told.get(reader.id, {})
        return [Pick(self.items[id], 1.0, "", told[id]) for id in sorted(told) if id in self.items]


def _remembered(app: App, pool: Pool, dues: Sequence[Due]) -> Memory:
    ids = [one.subscriber.id for one in dues]
    had, waiting = app.store.digests.had(ids), app.store.digests.waiting_items(ids)
    told = app.store.digests.told(ids, dues[0].until - CHANGED_WITHIN) if dues else {}
    items = app.store.items.get(item for some in (*waiting.values(), *told.values()) for item in some)
    known = pool.noted(list(items.values()), dues[0].until) if dues else []
    return Memory(had, waiting, told, {item.id: item for item in known})


def _group(app: App, dues: Sequence[Due], fresh: Sequence[Item], memory: Memory) -> Iterator[Written]:
    """Letters for readers who share one window, ranked together over it and what had waited for any of them."""
    nobody: set[str] = set()
    ids = {item.id for item in fresh}
    older = {item_id for one in dues for item_id in memory.waiting.get(one.subscriber.id, ())} - ids
    oldest = dues[0].until - LOOK_BACK  # what has waited longer than any window reaches back is no news any more
    waited = [memory.items[item_id] for item_id in sorted(older) if item_id in memory.items]
    items = [*fresh, *(item for item in waited if (_news_at(item) or oldest) >= oldest)]
    unopened = [item for item in items if item.news_at is not None and item.news_at > dues[0].until]
    exclude = [
        memory.had.get(one.subscriber.id, nobody)
        | (older - memory.waiting.get(one.subscriber.id, nobody))
        | {item.id for item in unopened if _is_to_wait(item, one)}
        for one in dues
    ]
    ranked = Ranker(app.topic_labels, app.source_titles).rank(
        items, [one.subscriber.profile for one in dues], dues[0].until, exclude=exclude, top=CANDIDATES,
        zone=ANYWHERE_ON_EARTH,  # whether a day is over for the reader, `choose` sees
    )  # fmt: skip
    # What was first seen in the very second in which the windows begin may have been in the last letter.
    seam = {item.id: item for item in fresh if _news_at(item) == dues[0].since}
    table = Table(app, fresh, dues[0].until)
    for one, picks, out in zip(dues, ranked, exclude, strict=True):
        told = [seam[item_id] for item_id in memory.had.get(one.subscriber.id, nobody) & seam.keys()]
        yield _letter(app, one, table.chosen(one, picks, (told, out), memory.notices(one.subscriber)))


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


class Table:
    """Where the letters of one window are laid: what each reader's carries."""

    def __init__(self, app: App, fresh: Sequence[Item], now: datetime) -> None:
        self._app, self._now = app, now
        self._outside = Outside(fresh, now, app.topic_labels)
        self._dated = [item for item in fresh if item.occasion is not None]
        self._over: dict[str, set[str]] = {}

    def chosen(
        self,
        one: Due,
        picks: Sequence[Pick],
        known: tuple[Sequence[Item], AbstractSet[str]],
        notices: Sequence[Pick],
    ) -> Selection:
        """The best of what is new, one item from outside, and what has become of dates that were told.

        `known`: items that the reader had and that stand at the edge of the window, and ids of all that may not be
        in the letter."""
        reader, zone = one.subscriber, one.subscriber.schedule.timezone
        edition = self._app.edition(reader.edition)
        selection = choose(spread(picks), edition, reader.max_items, self._now, known[0], zone=zone)
        most = edition.limits.items if reader.max_items is None else reader.max_items
        with_one = self._outside.added(selection, reader.profile, known[1] | self._is_over(zone), most)
        return with_notices(with_one, notices, edition, self._now, zone)

    def _is_over(self, zone: str) -> set[str]:
        """What can't be joined any more by the day of readers in that zone."""
        if zone not in self._over:
            self._over[zone] = {item.id for item in self._dated if is_over(item, self._now, zone)}
        return self._over[zone]


def _letter(app: App, one: Due, selection: Selection) -> Written:
    digest_id = app.digest_id(one.subscriber.id, one.period)
    edition = app.edition(one.subscriber.edition)
    if not selection.picks:
        return Written(digest_id, one, "skipped", one.until, "nothing new for this profile")
    draft = draft_of(app, one, edition, selection)
    # The loop over units is here: whatever goes wrong with one reader's letter, that letter is not sent, is
    # reported, and the other readers get theirs. It is never recorded as sent.
    try:
        written = app.composer.write(draft)
        problems = preflight(written.letter, written.draft)
    except AggregatorError as error:
        log.error("letter %s could not be written: %s", digest_id, error)
        return Written(digest_id, one, "failed", one.until, f"could not be written: {error}")
    except Exception as error:
        log.exception("letter %s could not be written", digest_id)
        return Written(digest_id, one, "failed", one.until, f"could not be written: {type(error).__name__}")
    if problems:
        log.error("letter %s was not sent: %s", digest_id, "; ".join(problems))
        return Written(digest_id, one, "failed", one.until, "; ".join(problems))
    carried = written.draft.selection  # what found no room in the letter has moved to what is held back
    issue = app.freezer.freeze(written.draft, written.laid, app.composer.say(one.subscriber.language))
    return Written(
        digest_id, one, "waiting", one.until, "", written.letter, carried, _stale_at(carried, one), issue=issue
    )


def draft_of(app: App, one: Due, edition: Edition, selection: Selection) -> Draft:
    """Everything the letter is written from."""
    reader = one.subscriber
    return Draft(
        digest_id=app.digest_id(reader.id, one.period),
        due=one,
        edition=edition,
        selection=selection,
        sender=app.sender,
        unsubscribe_url=app.unsubscribe_url(reader),
        preferences_url=app.preferences_url(reader),
        item_pages=app.item_pages(reader),
        sources=app.source_titles,
        topics=app.topic_labels,
        return_path=app.address_of(app.settings.bounces, app.digest_id(reader.id, one.period)),
        leave_address=app.address_of(app.settings.leave, app.digest_id(reader.id, one.period)),
        rights=app.source_rights,
    )


def _stale_at(selection: Selection, one: Due) -> datetime | None:
    """When the first of its items closes, is over, or, where only a beginning is known, has begun. A notice may
    well tell of what is over; it is stale when another of its dates has passed."""
    zone = one.subscriber.schedule.timezone
    dated = [
        (end(pick.item.occasion, zone), pick.told) for pick in selection.picks for end in (closing_at, over_at)
    ]
    return min((end for end, told in dated if end is not None and (not told or end > one.until)), default=None)


def _in_batches(written: Iterator[Written], size: int) -> Iterator[list[Written]]:
    batch: list[Written] = []
    for one in written:
        batch.append(one)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


# ------------------------------------------------------------------------------------------------------ preview
def test_copy(app: App, draft: Draft, to: str) -> Draft:
    """The same letter for another address, marked as a test. Its links and addresses for leaving and preferences
    open nothing, and what comes back of it counts for nobody: whoever gets the copy must not hold the reader's
    keys. Each copy has a Message-ID of its own."""
    reader = replace(draft.due.subscriber, id="preview", email=to, token="preview")  # noqa: S106 - opens nothing
    return replace(
        draft,
        digest_id=app.digest_id(draft.due.subscriber.id, f"test {to} {draft.due.until.isoformat()}"),
        due=replace(draft.due, subscriber=reader),
        unsubscribe_url=app.unsubscribe_url(reader),
        preferences_url=app.preferences_url(reader),
        return_path="",
        leave_address="",
        item_pages="",
        test=True,
    )


def send_copy(app: App, copy: Draft) -> Sequence[str]:
    """Write and hand over a test copy, to its address alone; nothing is recorded. What is wrong with it, if
    anything is: then it has not gone. Raises Refused, OutboxDown."""
    if app.store.setting(MARK):
        raise OutboxDown("this database is a restored backup, so nothing is sent from it")
    written = app.composer.write(copy)
    problems = preflight(written.letter, written.draft)
    if not problems:
        with app.outbox().open() as channel:
            channel.send(written.letter)
    return problems


def preview(app: App, reader: Subscriber, now: datetime) -> Draft:
    """The letter this reader would get now, from one whole period back; nothing is stored, nothing is excluded
    but what the reader already had."""
    from aggregator.schedule import first_window

    one = Due(reader, "preview", now, first_window(reader.schedule, now), now)
    pool = Pool(app)
    items, memory = pool.window(one.since, now), _remembered(app, pool, [one])
    had = memory.had.get(reader.id, set()) | {item.id for item in items if _is_to_wait(item, one)}
    ranker = Ranker(app.topic_labels, app.source_titles)
    [picks] = ranker.rank(items, [reader.profile], now, exclude=[had], top=CANDIDATES, zone=ANYWHERE_ON_EARTH)
    selection = Table(app, items, now).chosen(one, picks, ((), had), memory.notices(reader))
    return draft_of(app, one, app.edition(reader.edition), selection)
