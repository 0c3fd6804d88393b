"""First half: bring the world in. Sources that are due are visited at once, read, tagged, compared with what we
hold, and stored in batches of one transaction each. One bad source costs only itself."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator import visits
from aggregator.app import App
from aggregator.arrivals import document_of, retag, store, tag, with_reading
from aggregator.coworkers import Coworkers
from aggregator.errand import Arrived, Batch, Collected, Run, Wish
from aggregator.errors import SourceError
from aggregator.fetch import Fetching
from aggregator.model import Answer, Reading, Source, SourceState, Wanted
from aggregator.read import asked
from aggregator.schedule import due_sources
from aggregator.tour import Tour

__all__ = ["Collected", "Wish", "collect", "retag", "tag"]

ALONE = 5  # sources, none of whose names can be looked up, mean that this machine is offline
PENDING = 16  # documents with the readers, so that bodies don't pile up in memory


def collect(app: App, now: datetime, wish: Wish | None = None) -> Collected:
    """Visit the sources that are due at `now` and store what they brought. Returns the figures of the run."""
    wish = wish or Wish()
    states = app.store.sources.states()
    due = _wanted(app, states, now, wish)
    figures = Collected(due=len(due))
    with ExitStack() as opened:
        run = Run(app, opened, now, wish)
        fresh = sum(source.id not in states for source in due)
        coworkers = Coworkers(run, figures, left=len(due), fresh=fresh)
        opened.callback(coworkers.close)
        _visit(run, figures, _arrivals(run, coworkers, due, states))
    return figures


def _visit(run: Run, figures: Collected, arrivals: Iterator[Arrived | None]) -> None:
    batch, lost, progress = Batch(), 0, run.wish.progress
    for arrived in arrivals:
        if arrived is None:
            figures.not_reached += 1
        else:
            batch.add(arrived, time.monotonic())
            lost += arrived.answer.error == "dns"
        if lost < len(batch.visits) and batch.is_full(time.monotonic()):
            figures.join(store(run, batch.visits))
            batch, lost = Batch(), 0
        if progress:
            progress(figures.visited + figures.not_reached + len(batch.visits), figures.due)
    if lost == len(batch.visits) >= ALONE and not figures.visited:
        # Not one name could be looked up: it is we who have no network, and no source deserves to be blamed.
        figures.offline, figures.not_reached = True, figures.not_reached + len(batch.visits)
    else:
        figures.join(store(run, batch.visits))


def _wanted(app: App, states: Mapping[str, SourceState], now: datetime, wish: Wish) -> list[Source]:
    if wish.sources:
        # Named by a person: visited now, due or not, retired or not.
        return [app.catalogue.sources[source_id] for source_id in wish.sources]
    sources = list(app.catalogue.sources.values())
    if wish.force:
        return [s for s in sources if s.enabled and visits.known(s, states.get(s.id)).status != "retired"]
    return due_sources(sources, dict(states), now)


# -------------------------------------------------------------------------------------------- fetch and read
def _arrivals(
    run: Run, coworkers: Coworkers, due: Sequence[Source], states: Mapping[str, SourceState]
) -> Iterator[Arrived | None]:
    """One for each source, in the order they finish, but those that coworkers saw to; None for one that was not
    reached in this run.

    Most sources are one document. Those that name further ones (pages, details) go round again together.
    """
    tours = [_begin(source, states.get(source.id), run.now) for source in due]
    with Fetching(run.app.policy(run.wish.seconds)) as fetching:
        while tours:
            further: dict[str, Tour] = {}
            for tour, last in _Round(run, coworkers, tours).go(fetching):
                if tour.wanted:
                    further[tour.source.id] = tour
                elif last:
                    further.pop(tour.source.id, None)
                    arrived = _arrived(run, tour)
                    tour.forget()
                    coworkers.saw(len(arrived.visit.items) if arrived else 0, first=tour.before.visits == 0)
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


class _Round:
    """Documents asked for at once, for each tour what it wants, and those of them that are being read."""

    def __init__(self, run: Run, coworkers: Coworkers, tours: Sequence[Tour]) -> None:
        self._run, self._coworkers, self._tours = run, coworkers, tours
        self._reading: deque[tuple[Asked, Answer, Future[Reading]]] = deque()

    def go(self, fetching: Fetching) -> Iterator[tuple[Tour, bool]]:
        """Ask and read. Yields a tour for each of its documents, true with its last."""
        asked_for: dict[str, Asked] = {}
        for tour in self._tours:
            out: list[str] = []
            for number, wanted in enumerate(tour.next_round()):
                out.append(key := f"{tour.source.id} {number}")
                asked_for[key] = Asked(tour, wanted, tour.answer is None, out)
            if not out:  # what it wanted has been asked before, or is more than a visit may take
                yield tour, True
        requests = [
            visits.request(one.tour.source, one.tour.before, one.wanted, key) for key, one in asked_for.items()
        ]
        for answer in fetching.ask(requests):
            one = asked_for.pop(answer.key)
            one.out.remove(answer.key)
            if answer.outcome != "body" or (
                one.is_first and visits.is_same_body(one.tour.source, one.tour.before, answer)
            ):
                _take(one, answer, None, "")
                yield one.tour, self._is_last(one)
            elif not self._is_given(one, answer):
                self._submit(one, answer)
            self._submit_all(self._coworkers.back())
            while self._reading and (len(self._reading) >= PENDING or self._reading[0][2].done()):
                yield self._read()
        while self._reading:
            yield self._read()
        for tour, answer in self._coworkers.rest():
            self._submit_all([(tour, answer)])
            yield self._read()

    def _is_given(self, one: Asked, answer: Answer) -> bool:
        """True where a coworker sees to it: a feed, which most often is one document, and read in a moment."""
        whole = one.is_first and not one.out and one.tour.source.kind == "feed"
        return whole and self._coworkers.take(one.tour, answer)

    def _submit_all(self, back: Iterable[tuple[Tour, Answer]]) -> None:
        for tour, answer in back:
            self._submit(Asked(tour, Wanted(answer.url), True, []), answer)

    def _submit(self, one: Asked, answer: Answer) -> None:
        """A document given to its reader; of a feed that we know, only what is new in it need be read."""
        tour, run = one.tour, self._run
        if one.is_first and visits.are_traces_good(tour.source, tour.before):
            tour.before = replace(tour.before, traces=run.app.store.sources.traces(tour.source.id))
        document = replace(
            document_of(answer), role=one.wanted.role, traces=tour.before.traces if one.is_first else None
        )
        reading = run.pool.submit(document, visits.for_reader(tour.source, run.now))
        self._reading.append((one, answer, reading))

    def _read(self) -> tuple[Tour, bool]:
        one, answer, future = self._reading.popleft()
        try:
            _take(one, answer, future.result(), "")
        except SourceError as error:
            _take(one, replace(answer, error=error.code, detail=error.detail), None, error.code)
        return one.tour, self._is_last(one)

    def _is_last(self, one: Asked) -> bool:
        return not one.out and not any(other[0].tour is one.tour for other in self._reading)


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
        return with_reading(run, tour, answer, tour.reading)
    if answer.outcome == "gone":
        visit = visits.retired(before, answer, now)
    elif answer.outcome == "failed" or answer.error:
        visit = visits.failed(source, before, answer, now)
    else:
        visit = visits.unchanged(source, before, answer, now)
    return Arrived(source, before, replace(answer, body=b""), visit)
