"""Second half: send letters out. `prepare` writes every letter that is due down; `post` hands them over.

A letter is stored before it is posted, with a Message-ID made once; whatever kills a run, the next one goes on
from what is recorded."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from itertools import accumulate

from aggregator import crew
from aggregator.app import App
from aggregator.compose import preflight
from aggregator.errors import AggregatorError, OutboxDown
from aggregator.figures import Published
from aggregator.model import Draft, Due, Edition, Selection, Subscriber
from aggregator.occasions import closing_at, over_at
from aggregator.post import Order, post
from aggregator.schedule import LOOK_BACK, Past, due, first_window
from aggregator.store import MARK, Written
from aggregator.table import Table

log = logging.getLogger(__name__)
READERS = 200  # whose pasts are in memory together
LETTERS = 25  # stored in one transaction
TOGETHER = 600  # readers due from which on several processes pay
FIRST = 250  # of them served before the processes part
FEWEST = 50  # in a part of one process
AHEAD = 1  # transactions that may wait while one is written


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
    table = Table(app)
    table.expect(app.store.subscribers.profiles_due(now), now)
    with app.store.sparing():
        if not order.only and not order.dry_run and _together(app, table, now, (order, figures)):
            return
        for some in app.store.subscribers.due_in_parts(now, READERS):
            readers = [r for r in some if not order.only or _is_meant(r, order.only)]
            if readers:
                _prepare(app, table, readers, now, (order, figures))


def _together(app: App, table: Table, now: datetime, what: tuple[Order, Published]) -> bool:
    """The same by several processes, where there are processors for them and hundreds of readers; whether nothing
    is left over. The first part is prepared before they part: what it takes to prepare it, all of them need."""
    order, figures = what
    keys, hands = app.store.subscribers.due_keys(now), order.hands or crew.hands()
    if hands == 1 or len(keys) < TOGETHER:
        return False
    sizes = [FIRST, *crew.parts(len(keys) - FIRST, hands, READERS, FEWEST)]
    ends = list(accumulate(sizes))
    bounds = [(keys[end - size], keys[end - 1]) for size, end in zip(sizes, ends, strict=True)]
    del keys

    def part(number: int) -> tuple[int, int]:
        mine = Published()
        readers = app.store.subscribers.due_between(now, *bounds[number])
        _prepare(app, table, readers, now, (order, mine))
        return mine.skipped, mine.failed

    done = [part(0)]
    app.store.before_fork()
    outcome = crew.share_out(len(bounds) - 1, lambda number: part(number + 1), hands, app.store.after_fork)
    for skipped, failed in (*done, *outcome.returned):
        figures.skipped += skipped
        figures.failed += failed
    return outcome.whole


def _prepare(
    app: App, table: Table, readers: Sequence[Subscriber], now: datetime, what: tuple[Order, Published]
) -> None:
    order, figures = what
    past = app.store.digests.history([r.id for r in readers], now - 2 * LOOK_BACK)
    wanted = [one for reader in readers for one in due(reader, past.get(reader.id, Past()), now)]
    for stored in _stored(app, _in_batches(_written(app, table, wanted), LETTERS), order):
        for one in stored:
            figures.skipped += one.state == "skipped"
            figures.failed += one.state == "failed"
            figures.held += order.dry_run and one.state == "waiting"
    if not order.dry_run:
        failing = {one.subscriber.id for one in wanted} - _settled(app, wanted, now)
        app.store.subscribers.plan([r for r in readers if r.id not in failing], now)


def _stored(app: App, batches: Iterable[list[Written]], order: Order) -> Iterator[list[Written]]:
    """The batches as they were stored, every one before this ends. The database writes one (and zlib packs it)
    while the next is composed: neither needs the interpreter for long."""
    if order.dry_run:
        yield from batches
        return
    waiting: deque[Future[list[Written]]] = deque()
    with ThreadPoolExecutor(1, "letters") as clerk:
        for batch in batches:
            waiting.append(clerk.submit(app.store.digests.write, batch, order.clock()))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _is_meant(reader: Subscriber, only: Sequence[str]) -> bool:
    return reader.id in only or reader.email.casefold() in {who.strip().casefold() for who in only}


def _settled(app: App, wanted: Sequence[Due], now: datetime) -> set[str]:
    """Readers whose every wanted period is settled; the others are looked at again by the next run."""
    past = app.store.digests.history(sorted({one.subscriber.id for one in wanted}), now - 2 * LOOK_BACK)
    open_ = {d.subscriber.id for d in wanted if d.period not in past.get(d.subscriber.id, Past()).periods}
    return {d.subscriber.id for d in wanted} - open_


def _written(app: App, table: Table, wanted: Sequence[Due]) -> Iterator[Written]:
    for one in wanted:
        if one.missed:
            digest_id = app.digest_id(one.subscriber.id, one.period)
            yield Written(digest_id, one, "skipped", one.until, "missed: found too late to be worth a letter")
    for one, selection in table.laid([one for one in wanted if not one.missed]):
        yield _letter(app, one, selection)


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
        problems = app.last_look.at(written)
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
    one = Due(reader, "preview", now, first_window(reader.schedule, now), now)
    return draft_of(app, one, app.edition(reader.edition), Table(app).alone(one))
