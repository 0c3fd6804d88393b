"""A source found and tried before it is added: asked, read and tagged as by a visit, with nothing stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from types import TracebackType

from aggregator import visits
from aggregator.app import App
from aggregator.collect import tag
from aggregator.dedupe import keys
from aggregator.errors import SourceError
from aggregator.fetch import Fetching
from aggregator.model import Answer, Document, Item, Reading, Source, Wanted
from aggregator.normalise import normalise_all
from aggregator.occasions import closed
from aggregator.read import asked
from aggregator.read.discover import Search
from aggregator.read.discover_links import Lead
from aggregator.read.pool import Pool
from aggregator.schedule import rhythm_of
from aggregator.text import title_key
from aggregator.tour import Tour
from aggregator.urls import host

SECONDS = 90.0  # for everything that is asked for one address
DOCUMENTS = 3  # of a source that comes in several
SAME = 0.6  # share of the newest items that one source has already, from which it is taken for the same


@dataclass(frozen=True)
class Trial:
    """What a visit brought. `overlap`: sources we have -> how many of the items came from there already.
    `trouble`: what could not be read besides; `cut`: whether there is more than was looked at. `twin`: the source
    we have that seems to be the same under another address: of its host or title, and with its items."""

    source: Source
    answer: Answer
    reading: Reading
    items: Sequence[Item]
    refused: int = 0
    overlap: dict[str, int] = field(default_factory=dict)
    trouble: str = ""
    cut: bool = False
    twin: str = ""

    @cached_property
    def dated(self) -> list[datetime]:
        """When its items were published, as far as they say, oldest first."""
        return sorted(item.published_at for item in self.items if item.published_at)

    @cached_property
    def newest(self) -> list[Item]:
        """The newest items first; those without a date last, in the order of the document."""
        dated = sorted((i for i in self.items if i.published_at), key=lambda i: i.published_at or 0, reverse=True)
        return [*dated, *(i for i in self.items if not i.published_at)]

    @property
    def rhythm(self) -> timedelta | None:
        """The usual time from one item to the next."""
        return rhythm_of(self.dated)

    @property
    def language(self) -> str | None:
        """The language it says it is in, else that of most of its items."""
        found = Counter(item.language for item in self.items if item.language)
        return self.reading.language or (found.most_common(1)[0][0] if found else None)

    def days(self, name: str) -> list[datetime | date]:
        """The days of one sort (`starts`, `closes`, `submissions`) that its items tell, in their order."""
        told = (getattr(item.occasion, name) for item in self.items if item.occasion)
        return [day for day in told if day is not None]

    def open(self, now: datetime) -> int:
        """How many of its dated items are not over."""
        return sum(item.occasion is not None and not closed(item.occasion, now) for item in self.items)


class Desk:
    """Where addresses are looked into: asks politely, remembers what it was told, and reads in a process apart.
    A context manager; used for several addresses one after the other."""

    def __init__(self, app: App, now: datetime, addresses: int = 1) -> None:
        self._app, self.now = app, now
        self._told: dict[str, Answer] = {}
        self._fetching = Fetching(app.policy(SECONDS * addresses))
        self._pool = Pool(workers=1)

    def __enter__(self) -> Desk:
        self._fetching.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fetching.__exit__(kind, error, trace)
        self._pool.close()

    def look_into(self, address: str, *, alone: bool = False) -> Search:
        """Find what is behind an address; one that leads nowhere gives a search without candidates.

        `alone`: nothing but the address itself is asked (it may hold a secret that is nobody else's business)."""
        self._told.clear()
        search = Search(address, self.now)
        while leads := search.next_round():
            for lead, answer in zip(leads, self._follow(leads), strict=True):
                search.take(lead, answer, self.read)
            if alone:
                break
        return search

    def read(self, document: Document, source: Source) -> Reading:
        """One document, read with limits of time and memory. Raises SourceError."""
        return self._pool.submit(document, source).result()

    def try_out(self, source: Source) -> Trial:
        """Visit a source for the first time. Raises SourceError when there is nothing to read."""
        tour = self._toured(source)
        answer = tour.answer
        if answer is None or answer.outcome != "body":
            error = answer.error or answer.outcome if answer else "deadline"
            raise SourceError(error, answer.detail if answer else "")
        reading = tour.reading or Reading()
        normal, refused = normalise_all(reading, source, self.now)
        fresh = visits.with_freshness([tag(self._app, item, source) for item in normal], first=True, now=self.now)
        overlap = self._overlap(fresh)
        twin = self._twin(overlap, len(fresh), source, reading)
        return Trial(source, answer, reading, fresh, refused, overlap, tour.trouble, bool(tour.wanted), twin)

    # ------------------------------------------------------------------------------------------------ asking
    def _follow(self, leads: Sequence[Lead]) -> list[Answer]:
        """What came of each lead, in their order."""
        sources = [Source("new", lead.url, lead.kind or "feed", options=lead.options) for lead in leads]
        return self._ask([(source, asked(source, source.url, None, self.now)) for source in sources])

    def _ask(self, wanted: Sequence[tuple[Source, Wanted]]) -> list[Answer]:
        """What came of each document, asked for as a visit does it; what was asked before is not asked again."""
        requests = [visits.request(source, visits.known(source, None), one, "") for source, one in wanted]
        coming = {repr(request): request for request in requests if repr(request) not in self._told}
        for answer in self._fetching.ask(replace(request, key=key) for key, request in coming.items()):
            self._told[answer.key] = answer
        return [self._told[repr(request)] for request in requests]

    def _toured(self, source: Source) -> Tour:
        """The documents of a first visit, a few of them. Raises SourceError for a first one that can't be read."""
        tour = Tour(source, visits.known(source, None), [asked(source, source.url, None, self.now)])
        while tour.wanted and len(tour.seen) < DOCUMENTS:
            later = tour.wanted[DOCUMENTS - len(tour.seen) :]
            del tour.wanted[DOCUMENTS - len(tour.seen) :]
            coming = tour.next_round()
            tour.wanted = later
            for one, answer in zip(coming, self._ask([(source, one) for one in coming]), strict=True):
                self._take(tour, one, answer)
        return tour

    def _take(self, tour: Tour, wanted: Wanted, answer: Answer) -> None:
        is_first = tour.answer is None
        reading, refusal = None, ""
        if answer.outcome == "body":
            document = Document(answer.body, answer.url, answer.content_type, wanted.role, answer.following)
            try:
                reading = self.read(document, visits.for_reader(tour.source, self.now))
            except SourceError as error:
                if is_first:
                    raise
                refusal = error.code
        if is_first:
            tour.first(answer, reading)
        else:
            tour.further(answer, reading, refusal)

    def _overlap(self, items: Sequence[Item]) -> dict[str, int]:
        held = self._app.store.items.held({key for item in items for key in keys(item)})
        origins = (next((held[key].source for key in keys(item) if key in held), None) for item in items)
        return dict(Counter(origin for origin in origins if origin))

    def _twin(self, overlap: dict[str, int], number: int, source: Source, reading: Reading) -> str:
        """The source that is the same. A planet carries what its blogs write without being any of them."""
        titles = self._app.source_titles
        for origin, times in overlap.items():
            known = self._app.catalogue.sources.get(origin)
            if known is None or times < 2 or times < SAME * number:
                continue
            named = {title_key(reading.title), title_key(source.title)} - {""}
            if host(known.url) == host(source.url) or title_key(titles.get(origin, "")) in named:
                return origin
        return ""
