"""Second half: send letters out. `prepare` writes every letter that is due down; `post` hands them over.

A letter is stored before it is posted, with a Message-ID made once; whatever kills a run, the next one goes on
from what is recorded."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from aggregator.app import App
from aggregator.compose import preflight
from aggregator.errors import AggregatorError, OutboxDown
from aggregator.model import Draft, Due, Edition, Item, Selection, Subscriber
from aggregator.occasions import closing_at, over_at
from aggregator.post import Order, Published, post
from aggregator.rank import Ranker, choose
from aggregator.rank.spread import Outside, spread
from aggregator.schedule import LOOK_BACK, Past, due
from aggregator.store import MARK, Written
from aggregator.store.items import chunks

log = logging.getLogger(__name__)
READERS = 1000  # ranked together
LETTERS = 200  # stored in one transaction
CANDIDATES = 200  # best items looked at for one letter
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
    app.outbox()  # a slip in its address is said now, not when the first letter waits
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

    def window(self, since: datetime, until: datetime) -> Sequence[Item]:
        """Items first seen in [since, until]. Both ends are in: a source may have been visited in the very second
        in which the last letter was written, but after it."""
        if self.since is None or since < self.since:
            self.since, self.items = since, self.app.store.items.window(since - SECOND, until)
        return [i for i in self.items if i.first_seen_at is not None and i.first_seen_at >= since]


def _written(app: App, pool: Pool, wanted: Sequence[Due]) -> Iterator[Written]:
    for one in wanted:
        if one.missed:
            digest_id = app.digest_id(one.subscriber.id, one.period)
            yield Written(digest_id, one, "skipped", one.until, "missed: found too late to be worth a letter")
    current = sorted((one for one in wanted if not one.missed), key=lambda one: one.since)
    ids = [one.subscriber.id for one in current]
    had, waiting = app.store.digests.had(ids), app.store.digests.waiting_items(ids)
    held_back = app.store.items.get(item for some in waiting.values() for item in some)
    for since, group in groupby(current, key=lambda one: one.since):
        dues = list(group)
        fresh = pool.window(since, dues[0].until)
        yield from _group(app, dues, fresh, held_back, (had, waiting))


def _group(
    app: App,
    dues: Sequence[Due],
    fresh: Sequence[Item],
    held_back: Mapping[str, Item],
    memory: tuple[Mapping[str, set[str]], Mapping[str, set[str]]],
) -> Iterator[Written]:
    """Letters for readers who share one window, ranked together over it and what had waited for any of them."""
    had, waiting = memory
    ids = {item.id for item in fresh}
    older = {item_id for one in dues for item_id in waiting.get(one.subscriber.id, ())} - ids
    oldest = dues[0].until - LOOK_BACK  # what has waited longer than any window reaches back is no news any more
    waited = [held_back[item_id] for item_id in sorted(older) if item_id in held_back]
    items = [*fresh, *(item for item in waited if (item.first_seen_at or oldest) >= oldest)]
    nobody: set[str] = set()
    exclude = [
        had.get(one.subscriber.id, nobody) | (older - waiting.get(one.subscriber.id, nobody)) for one in dues
    ]
    profiles = [one.subscriber.profile for one in dues]
    ranker = Ranker(app.topic_labels, app.source_titles)
    ranked = ranker.rank(items, profiles, dues[0].until, exclude=exclude, top=CANDIDATES)
    # What was first seen in the very second in which the windows begin may have been in the last letter.
    seam = {item.id: item for item in fresh if item.first_seen_at == dues[0].since}
    outside = Outside(fresh, dues[0].until, app.topic_labels)
    for one, picks, out in zip(dues, ranked, exclude, strict=True):
        reader, edition = one.subscriber, app.edition(one.subscriber.edition)
        told = [seam[item_id] for item_id in had.get(reader.id, nobody) & seam.keys()]
        chosen = choose(spread(picks), edition, reader.max_items, one.until, told)
        yield _letter(app, one, edition, outside.added(chosen, reader.profile, out, _most(reader, edition)))


def _letter(app: App, one: Due, edition: Edition, selection: Selection) -> Written:
    digest_id = app.digest_id(one.subscriber.id, one.period)
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
    return Written(digest_id, one, "waiting", one.until, "", written.letter, carried, _stale_at(carried))


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
        sources=app.source_titles,
        topics=app.topic_labels,
    )


def _most(reader: Subscriber, edition: Edition) -> int:
    """How many items a letter may carry."""
    return edition.limits.items if reader.max_items is None else reader.max_items


def _stale_at(selection: Selection) -> datetime | None:
    """When the first of its items closes, is over, or, where only a beginning is known, has begun."""
    dated = [pick.item.occasion for pick in selection.picks]
    return min((end for one in dated for end in (closing_at(one), over_at(one)) if end is not None), default=None)


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
def preview(app: App, reader: Subscriber, now: datetime) -> Draft:
    """The letter this reader would get now, from one whole period back; nothing is stored, nothing is excluded
    but what the reader already had."""
    from aggregator.schedule import first_window

    one = Due(reader, "preview", now, first_window(reader.schedule, now), now)
    items = app.store.items.window(one.since, now)
    had = app.store.digests.had([reader.id]).get(reader.id, set()) if reader.id else set()
    ranker = Ranker(app.topic_labels, app.source_titles)
    [picks] = ranker.rank(items, [reader.profile], now, exclude=[had], top=CANDIDATES)
    edition = app.edition(reader.edition)
    chosen = choose(spread(picks), edition, reader.max_items, now)
    outside = Outside(items, now, app.topic_labels)
    return draft_of(app, one, edition, outside.added(chosen, reader.profile, had, _most(reader, edition)))
