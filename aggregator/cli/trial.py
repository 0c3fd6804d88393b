"""A source tried before it is added: fetched, read and tagged as a visit would do it, with nothing stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aggregator.errors import SourceError
from aggregator.jsonlines import moment
from aggregator.model import Answer, Document, Item, Reading, Request, Source

if TYPE_CHECKING:
    from aggregator.app import App

SECONDS = 30.0  # for the whole visit
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """What a visit brought. `overlap`: sources we have -> how many of the items came from there already."""

    answer: Answer
    reading: Reading
    items: Sequence[Item]
    refused: int
    overlap: dict[str, int]

    @property
    def dated(self) -> list[datetime]:
        return sorted(item.published_at for item in self.items if item.published_at)

    @property
    def newest(self) -> list[Item]:
        """The newest items first; those without a date last, in the order of the document."""
        dated = sorted((i for i in self.items if i.published_at), key=lambda i: i.published_at or 0, reverse=True)
        return [*dated, *(i for i in self.items if not i.published_at)]


def trial(app: App, source: Source, now: datetime) -> Trial:
    """Visit a source as `collect` would. Raises SourceError when there is nothing to read."""
    from aggregator.fetch import fetch
    from aggregator.normalise import normalise
    from aggregator.read.pool import Pool
    from aggregator.topics import kind_of
    from aggregator.visits import with_freshness

    answer = next(iter(fetch([Request(source.id, source.url)], app.policy(SECONDS))))
    if answer.outcome != "body":
        raise SourceError(answer.error or answer.outcome, answer.detail)
    with Pool(workers=1) as pool:
        reading = pool.submit(Document(answer.body, answer.url, answer.content_type), source).result()
    normal = [normalise(entry, reading, source, now) for entry in reading.entries]
    items = with_freshness([item for item in normal if item is not None], first=True, now=now)
    kinded = [replace(item, kind=kind_of(item)) for item in items]
    tagged = [replace(item, topics=app.tagger.tag(item, source)) for item in kinded]
    return Trial(answer, reading, tagged, normal.count(None), _overlap(app, tagged))


def _overlap(app: App, items: Sequence[Item]) -> dict[str, int]:
    from aggregator.dedupe import keys

    held = app.store.items.held({key for item in items for key in keys(item)})
    origins = (next((held[key].source for key in keys(item) if key in held), None) for item in items)
    return dict(Counter(origin for origin in origins if origin))


def as_json(tried: Trial, source: Source) -> dict[str, Any]:
    """The trial for programs."""
    dated = tried.dated
    return {
        "id": source.id,
        "kind": source.kind,
        "title": source.title or tried.reading.title,
        "language": tried.reading.language,
        "entries": len(tried.reading.entries),
        "dated": len(dated),
        "oldest": moment(dated[0]) if dated else None,
        "newest": moment(dated[-1]) if dated else None,
        "fresh": sum(item.fresh for item in tried.items),
        "moved_to": tried.answer.moved_to,
        "overlap": tried.overlap,
        "items": [
            {"title": i.title, "published_at": moment(i.published_at), "kind": i.kind,
             "topics": [{"id": tag.id, "why": tag.why} for tag in i.topics]}
            for i in tried.newest[:SHOWN]
        ],
    }  # fmt: skip


def lines(tried: Trial, source: Source) -> Iterator[str]:
    """The trial for people."""
    dated, count = tried.dated, len(tried.reading.entries)
    said = as_json(tried, source)
    yield f"{said['title'] or source.id} ({source.kind}, {said['language'] or 'language not said'})"
    dates = (
        f"{len(dated)} with a date, {dated[0]:%Y-%m-%d} to {dated[-1]:%Y-%m-%d}" if dated else "none with a date"
    )
    yield f"  {count} entr{'y' if count == 1 else 'ies'}, {dates}; {said['fresh']} recent enough for a letter"
    if tried.refused:
        yield f"  {tried.refused} can't be used: they have neither a title nor a text, or no address"
    for origin, number in tried.overlap.items():
        yield f"  {number} of them came from {origin} already"
    for item in tried.newest[:SHOWN]:
        day = f"{item.published_at:%Y-%m-%d}" if item.published_at else "no date   "
        yield f"  {day}  {item.kind}: {item.title[:80]}"
        yield f"              {', '.join(tag.id for tag in item.topics) or 'no topic'}"
