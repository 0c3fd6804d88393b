"""What a visit brought, on its way into the store: normalised, tagged, compared with what we hold, and stored in
batches of one transaction each. Several processes may do so at once; they take turns in comparing and storing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aggregator import visits
from aggregator.app import App
from aggregator.errand import Arrived, Collected, Run
from aggregator.errors import SourceError
from aggregator.model import Answer, Document, Item, Reading, Source, SourceState, Visit
from aggregator.schedule import LOOK_BACK
from aggregator.tour import Tour

# What tags and compares is imported where a document comes: most runs find most sources unchanged.
if TYPE_CHECKING:
    from aggregator.dedupe import Changes, Held


def document_of(answer: Answer) -> Document:
    return Document(answer.body, answer.url, answer.content_type, following=answer.following)


def with_reading(run: Run, tour: Tour, answer: Answer, reading: Reading) -> Arrived:
    from aggregator.normalise import normalise_all

    source, before, now = tour.source, tour.before, run.now
    after = visits.read(source, before, answer, reading, now)
    if tour.trouble:
        after = visits.incomplete(before, after, tour.trouble, broke_off=tour.broke_off)
    normal, refused = normalise_all(reading, source, now)
    tagged = visits.with_freshness(
        [tag(run.app, item, source) for item in normal], first=before.last_ok_at is None, now=now
    )
    after = visits.with_traces(after, before.traces, reading, refused)
    unfinished = frozenset(item.id for item in tagged if item.guid in reading.unfinished)
    left_out = len(reading.as_before)
    visit = Visit(after, "new" if tagged or left_out else "unchanged", tagged, refused, unfinished, left_out)
    # What has been read as a whole need not hold its body while it waits for its batch.
    return Arrived(source, before, answer if left_out else replace(answer, body=b""), visit)


def _as_a_whole(run: Run, arrived: Arrived) -> Arrived:
    """A visit of which only what is new was read, read again with all that its document says."""
    source, before = arrived.source, arrived.before
    future = run.pool.submit(document_of(arrived.answer), visits.for_reader(source, run.now))
    try:
        return with_reading(run, Tour(source, before, []), arrived.answer, future.result())
    except SourceError as error:
        answer = replace(arrived.answer, error=error.code, detail=error.detail)
        return Arrived(source, before, answer, visits.failed(source, before, answer, run.now))


def tag(app: App, item: Item, source: Source | None) -> Item:
    """The item with its kind, the dates its text tells, and its topics, as the rules of today give them."""
    from aggregator.occasions import with_announced, with_deadlines
    from aggregator.topics import kind_of

    kind = kind_of(item, app.tagger.lexicon)
    kinded = with_announced(with_deadlines(replace(item, kind=kind) if kind != item.kind else item))
    return replace(kinded, topics=app.tagger.tag(kinded, source))


# ----------------------------------------------------------------------------------------- compare and store
def store(run: Run, batch: Sequence[Arrived]) -> Collected:
    """Compare a batch with what we hold and store it all in one transaction, as the only process that does so:
    what is looked up stays true until it is stored. Returns the figures of the batch."""
    if not batch:
        return Collected()
    _work_out([item for arrived in batch for item in arrived.visit.items])
    with run.app.store.turn("storing"):
        return _stored(run, batch)


def _work_out(arrivals: Sequence[Item]) -> None:
    """What comparing asks for and what takes no look at what is held: so that others wait less while it is our
    turn. Both are remembered for as long as a batch takes."""
    if arrivals:
        from aggregator.dedupe import keys, marks_of_all

        for item in arrivals:
            keys(item)
        marks_of_all(arrivals)


def _stored(run: Run, batch: Sequence[Arrived]) -> Collected:
    app, now, figures = run.app, run.now, Collected()
    held: Mapping[str, Held] = {}
    changes = None
    if any(arrived.visit.items for arrived in batch):
        batch, held, changes = _compared(run, batch)
        figures.add_changes(changes)
    states = [_settled(arrived, held, changes, now) for arrived in batch]
    if not run.wish.dry_run:
        app.store.sources.record(states, changes, now, app.rules)
    for arrived in batch:
        figures.add(arrived.visit)
    return figures


def _compared(run: Run, batch: Sequence[Arrived]) -> tuple[Sequence[Arrived], Mapping[str, Held], Changes]:
    """A batch beside what we hold: the visits (some read anew as a whole), what is held of them, what is news."""
    from aggregator.dedupe import dedupe, strangers, without_updates

    app = run.app
    arrivals, held = _looked_up(app, batch)
    # What stands beside an entry decides whether it is another one with the same title or address: where the new
    # ones share anything with what we hold, they are judged among all entries of their document.
    doubted = [one.visit.as_before > 0 and _is_held(one, held) for one in batch]
    if any(doubted):
        batch = [_as_a_whole(run, one) if doubt else one for one, doubt in zip(batch, doubted, strict=True)]
        arrivals, held = _looked_up(app, batch)
    near, taken = app.store.items.near(strangers(arrivals, held)), app.store.items.taken({i.id for i in arrivals})
    changes = told_apart(dedupe(arrivals, held, taken, near), held)
    unfinished = frozenset[str]().union(*(arrived.visit.unfinished for arrived in batch))
    changes = without_updates(changes, unfinished) if unfinished else changes
    return batch, held, changes


def _looked_up(app: App, batch: Sequence[Arrived]) -> tuple[list[Item], dict[str, Held]]:
    """The items of a batch, and what is held under any of their keys."""
    from aggregator.dedupe import keys

    arrivals = [item for arrived in batch for item in arrived.visit.items]
    return arrivals, app.store.items.held({key for item in arrivals for key in keys(item)})


def _is_held(arrived: Arrived, held: Mapping[str, Held]) -> bool:
    from aggregator.dedupe import keys

    return any(key in held for item in arrived.visit.items for key in keys(item))


def told_apart(changes: Changes, held: Mapping[str, Held]) -> Changes:
    """The changes, without events that were taken for another one of their source which has left their day.

    An event that moved is still known by the day it had, and in a series the one that takes its place has the same
    title and page. Where the source lists both, each under an identifier and day of its own, they are two: else
    each visit would move the first one to and fro, and its readers would be told each time.
    """
    every = (*changes.new, *(item for _, item in (*changes.updated, *changes.known)))
    listed = {(item.source, item.guid): item for item in every if item.guid}
    guids = {one.id: (one.source, one.guid) for one in held.values()} | {i.id: (i.source, i.guid) for i in every}
    apart = []
    for held_id, item in changes.updated:
        other = listed.get(guids.get(held_id, ("", "")))
        if other is not None and item.guid and other.guid != item.guid and _day(other) != _day(item):
            apart.append((held_id, item))
    if not apart:
        return changes
    rest = tuple(pair for pair in changes.updated if pair not in apart)
    return replace(changes, new=(*changes.new, *(item for _, item in apart)), updated=rest)


def _day(item: Item) -> object:
    """The day that its source states for it; what was read in a text tells nothing apart."""
    return item.occasion.starts if item.occasion and not item.occasion.evidence else None


def _settled(arrived: Arrived, held: Mapping[str, Held], changes: Changes | None, now: datetime) -> SourceState:
    """The state to store: redirects judged by what the batch has shown, and when news last came."""
    before, after, source = arrived.before, arrived.visit.state, arrived.source
    if arrived.visit.outcome in ("failed", "retired"):
        return after
    if changes is not None and any(item.source == source.id for item in changes.new):
        after = replace(after, last_new_at=now)
    same = arrived.answer.outcome == "unchanged" or _is_same_feed(arrived, held)
    return visits.redirected(before, after, arrived.answer, same_feed=same)


def _is_same_feed(arrived: Arrived, held: Mapping[str, Held]) -> bool:
    """Does the document carry anything that we know from this source: its title, or one of its items?"""
    if arrived.visit.as_before or (arrived.before.title and arrived.visit.state.title == arrived.before.title):
        return True
    from aggregator.dedupe import keys

    found = (held.get(key) for item in arrived.visit.items for key in keys(item))
    return any(one is not None and one.source == arrived.source.id for one in found)


# ------------------------------------------------------------------------------------------------- retagging
def retag(app: App, now: datetime, *, window: timedelta = LOOK_BACK) -> int:
    """Tag held items of the window again where the rules have changed since; no network. Returns how many."""
    from aggregator.store.schema import RETAGGED

    count, since = 0, now - window
    by, _, from_then_on = (app.store.setting(RETAGGED) or "").partition(" ")
    if by == app.rules and since >= datetime.fromisoformat(from_then_on):
        return count  # what has come since then was tagged by these rules at once
    while held := app.store.items.tagged_otherwise(app.rules, since):
        again = [tag(app, replace(item, topics=()), app.catalogue.sources.get(item.source)) for item in held]
        app.store.items.retag(again, app.rules)
        count += len(again)
    app.store.set(RETAGGED, f"{app.rules} {since.isoformat()}")
    return count
