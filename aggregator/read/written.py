"""Documents as a person looks at them: what `aggregator read` prints beside title and entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from aggregator.errors import SourceError
from aggregator.model import Document, Reading, Source


def written(document: Document, source: Source, reader: Callable[[Document, Source], Reading]) -> Reading:
    """The reading with its `facts`: `document`, what the whole of it is (counts, the first of its kind), and
    `entries`, what each entry says in the words of the file."""
    if source.kind == "calendar":
        from aggregator.read import calendar

        reading, starts = calendar.events(document, source)
        return replace(
            reading, facts={"entries": [{**asdict(one), "dtstart": one.dtstart or None} for one in starts]}
        )
    if source.kind == "page":
        return _page(document, source, reader)
    reading = reader(document, source)
    if source.kind == "opml":
        from aggregator.read import opml_list

        return replace(reading, facts={"document": opml_list.facts(document)})
    if source.kind == "sitemap":
        from aggregator.read import sitemap

        return replace(reading, facts={"document": sitemap.facts(document)})
    return reading


def _page(document: Document, source: Source, reader: Callable[[Document, Source], Reading]) -> Reading:
    """A page without selectors is no list of items, but it can be looked at."""
    from aggregator.read import page, page_facts

    facts = {"document": page_facts.facts(page.markup_of(document))}
    try:
        options = {"structured": True, **source.options}
        return replace(reader(document, replace(source, options=options)), facts=facts)
    except SourceError as error:
        if error.code not in ("no-selectors", "selector-empty"):
            raise
        return Reading(facts=facts)
