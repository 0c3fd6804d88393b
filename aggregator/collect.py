"""First half: bring the world in. Sources that are due are visited at once, read, tagged, compared with what we
hold, and stored in batches of one transaction each. One bad source costs only itself."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aggregator import visits
from aggregator.app import App
from aggregator.dedupe import Changes, Held, dedupe, keys, strangers, without_updates
from aggregator.errors import SourceError
from aggregator.fetch import Fetching
from aggregator.model import Answer, Document, Item, Reading, Source, SourceState, Visit, Wanted
from aggregator.normalise import normalise_all
from aggregator.occasions import with_announced, with_deadlines
from aggregator.read import asked
from aggregator.read.pool import Pool
from aggregator.schedule import LOOK_BACK, due_sources
from aggregator.topics import kind_of
from aggregator.tour import Tour

ALONE = 5  # sources, none of whose names can be looked up, mean that this machine is offline
BATCH = 100  # visits in one transaction
PATIENCE = 3.0  # seconds after which a batch is stored as it is, so that a killed run has not worked for nothing
PENDING = 16  # documents with the readers, so that bodies don't pile up in memory
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Collected:
    """The figures of one run; `visited + not_reached = due`, `fetched` is the sum of what follows it."""

    due: int = 0
    visited: int = 0
    unchanged: int = 0
    failed: int = 0
    not_reached: int = 0
    offline: bool = False
    entries: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("fetched", "new", "updated", "known", "merged", "refused"), 0)
    )

    def report(self) -> dict[str, dict[str, int]]:
        names = ("due", "visited", "unchanged", "failed", "not_reached")
        return {"sources": {name: getattr(self, name) for name in names}, "entries": self.entries}

    def add(self, visit: Visit) -> None:
        self.visited += 1
        self.unchanged += visit.outcome == "unchanged"
        self.failed += visit.outcome in ("failed", "retired")
        self.entries["refused"] += visit.refused
        self.entries["known"] += visit.as_before
        self.entries["fetched"] += visit.refused + visit.as_before + len(visit.items)

    def add_changes(self, changes: Changes) -> None:
        for name in ("new", "updated", "known", "merged"):
            self.entries[name] += len(getattr(changes, name))


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller may ask of a run beyond the ordinary. After `seconds` no further visit is started."""

    sources: Sequence[str] = ()
    force: bool = False
    dry_run: bool = False
    seconds: int = 480
    progress: Progress | None = None


def collect(app: App, now: datetime, wish: Wish | None = None) -> Collected:
    """Visit the sources that are due at `now` and store what they brought. Returns the figures of the run."""
    wish = wish or Wish()
    states = app.store.sources.states()
    due = _wanted(app, states, now, wish)
    figures = Collected(due=len(due))
    with Pool() as pool:
        run = Run(app, pool, now, wish, figures)
        _visit(run, due, states)
    return figures


@dataclass(frozen=True, slots=True)
class Run:
    """What all of one run is done with."""

    app: App
    pool: Pool
    now: datetime
    wish: Wish
    figures: Collected


def _visit(run: Run, due: Sequence[Source], states: Mapping[str, SourceState]) -> None:
    figures, progress = run.figures, run.wish.progress
    batch: list[Arrived] = []
    stored, lost = time.monotonic(), 0
    for arrived in _arrivals(run, due, states):
        if arrived is None:
            figures.not_reached += 1
        else:
            batch.append(arrived)
            lost += arrived.answer.error == "dns"
        if lost < len(batch) and (len(batch) >= BATCH or time.monotonic() - stored > PATIENCE):
            _store(run, batch)
            batch, stored, lost = [], time.monotonic(), 0
        if progress:
            progress(figures.visited + figures.not_reached + len(batch), figures.due)
    if lost == len(batch) >= ALONE and not figures.visited:
        # Not one name could be looked up: it is we who have no network, and no source deserves to be blamed.
        figures.offline, figures.not_reached = True, figures.not_reached + len(batch)
    else:
        _store(run, batch)


def _wanted(app: App, states: Mapping[str, SourceState], now: datetime, wish: Wish) -> list[Source]:
    if wish.sources:
        # Named by a person: visited now, due or not, retired or not.
        return [app.catalogue.sources[source_id] for source_id in wish.sources]
    sources = list(app.catalogue.sources.values())
    if wish.force:
        return [s for s in sources if s.enabled and visits.known(s, states.get(s.id)).status != "retired"]
    return due_sources(sources, dict(states), now)


# -------------------------------------------------------------------------------------------- fetch and read
@dataclass(frozen=True, slots=True)
class Arrived:
    """One visit on its way to the store, with what is needed to judge a redirect. The answer has its body only
    where that may have to be read again."""

    source: Source
    before: SourceState
    answer: Answer
    visit: Visit


def _arrivals(run: Run, due: Sequence[Source], states: Mapping[str, SourceState]) -> Iterator[Arrived | None]:
    """One for each source, in the order they finish; None for one that was not reached in this run.

    Most sources are one document. Those that name further ones (pages, details) go round again together.
    """
    tours = [_begin(source, states.get(source.id), run.now) for source in due]
    with Fetching(run.app.policy(run.wish.seconds)) as fetching:
        while tours:
            further: dict[str, Tour] = {}
            for tour, last in _round(tours, fetching, run):
                if tour.wanted:
                    further[tour.source.id] = tour
                elif last:
                    further.pop(tour.source.id, None)
                    arrived = _arrived(run, tour)
                    tour.forget()
                    yield arrived
            tours = list(further.values())


def _begin(source: Source, state: SourceState | None, now: datetime) -> Tour:
    before = visits.known(source, state)
    return Tour(source, before, [asked(source, before.adopted_url or source.url, before.last_ok_at, now)])


@dataclass(slots=True)
class Asked:
    """One document of a tour, asked for: what it is to the tour, and how many are out beside it."""

    tour: Tour
    wanted: Wanted
    is_first: bool
    out: list[str]


def _round(tours: Sequence[Tour], fetching: Fetching, run: Run) -> Iterator[tuple[Tour, bool]]:
    """Ask for what each tour wants and read it. Yields a tour for each of its documents, true with its last."""
    asked_for: dict[str, Asked] = {}
    for tour in tours:
        out: list[str] = []
        for number, wanted in enumerate(tour.next_round()):
            out.append(key := f"{tour.source.id} {number}")
            asked_for[key] = Asked(tour, wanted, tour.answer is None, out)
        if not out:  # what it wanted has been asked before, or is more than a visit may take
            yield tour, True
    pending: deque[tuple[Asked, Answer, Future[Reading]]] = deque()
    requests = [
        visits.request(one.tour.source, one.tour.before, one.wanted, key) for key, one in asked_for.items()
    ]
    for answer in fetching.ask(requests):
        one = asked_for.pop(answer.key)
        one.out.remove(answer.key)
        if answer.outcome == "body" and not (
            one.is_first and visits.is_same_body(one.tour.source, one.tour.before, answer)
        ):
            pending.append((one, answer, _submitted(run, one, answer)))
        else:
            _take(one, answer, None, "")
            yield one.tour, not one.out and not any(other[0].tour is one.tour for other in pending)
        while pending and (len(pending) >= PENDING or pending[0][2].done()):
            yield _read(pending)
    while pending:
        yield _read(pending)


def _submitted(run: Run, one: Asked, answer: Answer) -> Future[Reading]:
    """A document given to its reader; of a feed that we know, only what is new in it need be read."""
    tour = one.tour
    if one.is_first and visits.are_traces_good(tour.source, tour.before):
        tour.before = replace(tour.before, traces=run.app.store.sources.traces(tour.source.id))
    document = replace(
        _document(answer), role=one.wanted.role, traces=tour.before.traces if one.is_first else None
    )
    return run.pool.submit(document, visits.for_reader(tour.source, run.now))


def _document(answer: Answer) -> Document:
    return Document(answer.body, answer.url, answer.content_type, following=answer.following)


def _read(pending: deque[tuple[Asked, Answer, Future[Reading]]]) -> tuple[Tour, bool]:
    one, answer, future = pending.popleft()
    try:
        _take(one, answer, future.result(), "")
    except SourceError as error:
        _take(one, replace(answer, error=error.code, detail=error.detail), None, error.code)
    return one.tour, not one.out and not any(other[0].tour is one.tour for other in pending)


def _take(one: Asked, answer: Answer, reading: Reading | None, refusal: str) -> None:
    if one.is_first:
        one.tour.first(answer, reading)
    else:
        one.tour.further(answer, reading, refusal)


def _arrived(run: Run, tour: Tour) -> Arrived | None:
    """The visit that a finished tour was; None if the source was not reached in this run."""
    source, before, answer, now = tour.source, tour.before, tour.answer, run.now
    if answer is None or answer.outcome == "postponed":
        return None
    if tour.reading is not None:
        return _with_reading(run, tour, answer, tour.reading)
    if answer.outcome == "gone":
        visit = visits.retired(before, answer, now)
    elif answer.outcome == "failed" or answer.error:
        visit = visits.failed(source, before, answer, now)
    else:
        visit = visits.unchanged(source, before, answer, now)
    return Arrived(source, before, replace(answer, body=b""), visit)


def _with_reading(run: Run, tour: Tour, answer: Answer, reading: Reading) -> Arrived:
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
    future = run.pool.submit(_document(arrived.answer), visits.for_reader(source, run.now))
    try:
        return _with_reading(run, Tour(source, before, []), arrived.answer, future.result())
    except SourceError as error:
        answer = replace(arrived.answer, error=error.code, detail=error.detail)
        return Arrived(source, before, answer, visits.failed(source, before, answer, run.now))


def tag(app: App, item: Item, source: Source | None) -> Item:
    """The item with its kind, the dates its text tells, and its topics, as the rules of today give them."""
    kind = kind_of(item, app.tagger.lexicon)
    kinded = with_announced(with_deadlines(replace(item, kind=kind) if kind != item.kind else item))
    return replace(kinded, topics=app.tagger.tag(kinded, source))


# ----------------------------------------------------------------------------------------- compare and store
def _store(run: Run, batch: Sequence[Arrived]) -> None:
    """Compare a batch with what we hold and store it all in one transaction."""
    app, now, figures = run.app, run.now, run.figures
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
    states = [_settled(arrived, held, changes, now) for arrived in batch]
    if not run.wish.dry_run and batch:
        app.store.sources.record(states, changes, now, app.rules)
    for arrived in batch:
        figures.add(arrived.visit)
    figures.add_changes(changes)


def _looked_up(app: App, batch: Sequence[Arrived]) -> tuple[list[Item], dict[str, Held]]:
    """The items of a batch, and what is held under any of their keys."""
    arrivals = [item for arrived in batch for item in arrived.visit.items]
    return arrivals, app.store.items.held({key for item in arrivals for key in keys(item)})


def _is_held(arrived: Arrived, held: Mapping[str, Held]) -> bool:
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


def _settled(arrived: Arrived, held: Mapping[str, Held], changes: Changes, now: datetime) -> SourceState:
    """The state to store: redirects judged by what the batch has shown, and when news last came."""
    before, after, source = arrived.before, arrived.visit.state, arrived.source
    if arrived.visit.outcome in ("failed", "retired"):
        return after
    if any(item.source == source.id for item in changes.new):
        after = replace(after, last_new_at=now)
    same = arrived.answer.outcome == "unchanged" or _is_same_feed(arrived, held)
    return visits.redirected(before, after, arrived.answer, same_feed=same)


def _is_same_feed(arrived: Arrived, held: Mapping[str, Held]) -> bool:
    """Does the document carry anything that we know from this source: its title, or one of its items?"""
    if arrived.visit.as_before or (arrived.before.title and arrived.visit.state.title == arrived.before.title):
        return True
    found = (held.get(key) for item in arrived.visit.items for key in keys(item))
    return any(one is not None and one.source == arrived.source.id for one in found)


# ------------------------------------------------------------------------------------------------- retagging
def retag(app: App, now: datetime, *, window: timedelta = LOOK_BACK) -> int:
    """Tag held items of the window again where the rules have changed since; no network. Returns how many."""
    count = 0
    while held := app.store.items.tagged_otherwise(app.rules, now - window):
        again = [tag(app, replace(item, topics=()), app.catalogue.sources.get(item.source)) for item in held]
        app.store.items.retag(again, app.rules)
        count += len(again)
    return count
