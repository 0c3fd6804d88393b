"""The Carpentries' list of workshops in JSON (feeds.carpentries.org, `*_upcoming_workshops.json`).

A workshop is named after its host and known by its slug. Most are for the host's own people, which is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Occasion, Reading
from aggregator.read import answers, fields
from aggregator.read.answers import heading, rows, said
from aggregator.read.event_words import online_of
from aggregator.read.isodates import when

_WHOSE = "Most workshops are for people of the host: ask there whether others may come."


def looks_so(answer: object) -> bool:
    """Whether an answer is such a list."""
    return isinstance(answer, list) and any("slug" in row and "start_date" in row for row in rows(answer)[:5])


def read(answer: object, document: Document) -> Reading:
    """The workshops of a list. Raises SourceError `not-a-events`."""
    if not isinstance(answer, list):
        raise SourceError("not-a-events", "data in JSON that is no list of workshops; check the address")
    entries = (_entry(row, document.url) for row in rows(answer))
    return Reading(entries=tuple(one for one in entries if one is not None))


def _entry(row: Mapping[str, Any], base: str) -> Entry | None:
    slug, venue = said(row.get("slug")), heading(row.get("venue")) or heading(row.get("host_name"))
    if not slug:
        return None
    kind = said(row.get("tag_name"))
    name = _NAMES.get(kind.upper(), "Carpentries")
    url = answers.address(base, row.get("url"))
    html, text = fields.body_of_text(_WHOSE, url or base)
    return Entry(
        guid=fields.identifier(f"{slug}@carpentries.org"),
        url=url,
        title=f"{name} workshop: {venue or slug}",
        html=html,
        text=text,
        tags=fields.tags([name, *(heading(row.get("curriculum")) or "").split(",")]),
        kind="event",
        occasion=_occasion(row, venue),
    )


_NAMES = {"LC": "Library Carpentry", "SWC": "Software Carpentry", "DC": "Data Carpentry"}


def _occasion(row: Mapping[str, Any], venue: str) -> Occasion:
    days: dict[str, datetime | date | None] = {
        name: when(said(row.get(field)))[0] for name, field in (("starts", "start_date"), ("ends", "end_date"))
    }
    place = ", ".join(dict.fromkeys(part for part in (venue, heading(row.get("country"))) if part))
    return Occasion(
        starts=days["starts"],
        ends=days["ends"],
        place=place[:300],
        online=online_of(place),
        series="The Carpentries",
        said={name: f"{name.rstrip('s')}_date" for name, day in days.items() if day},
    )
