"""Indico: the export of a category or an event (`/export/categ/77.json`).

Dates are objects of day, time and zone. Deadlines are not in the export: they stand on the event's own pages.
Names of organisers, chairs and creators are left out; they are people, with addresses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Occasion, Reading, Source, Wanted
from aggregator.read import answers, fields
from aggregator.read.answers import heading, inside, names, prose, rows, said
from aggregator.read.choice import zone_option
from aggregator.read.event_words import online_of, status_of
from aggregator.read.isodates import known_zone, when
from aggregator.read.paging import following, query_of, whole, with_query
from aggregator.urls import host, is_web

_PAGE_OF = re.compile(r"(?P<site>.*)/(?P<what>category|event)/(?P<id>\d+)(?:/[^/]*)*$")


def ask(source: Source) -> Wanted:
    """The public events from today to a year ahead, 100 at once. The address of a category's page will do."""
    parts = urlsplit(source.url)
    found = None if "/export/" in parts.path else _PAGE_OF.match(parts.path)
    if found:
        kind = "categ" if found["what"] == "category" else "event"
        parts = parts._replace(path=f"{found['site']}/export/{kind}/{found['id']}.json")
    url, query = urlunsplit(parts), query_of(source.url)
    if "/export/event/" in parts.path:
        return Wanted(url, {"Accept": "application/json"})
    window = {"from": ("from", "f"), "to": ("to", "t"), "limit": ("limit", "n"), "onlypublic": ("onlypublic",)}
    values = {"from": "today", "to": "+365d", "limit": "100", "onlypublic": "yes"}
    missing = {name: values[name] for name, written in window.items() if not any(one in query for one in written)}
    return Wanted(with_query(url, missing), {"Accept": "application/json"})


def looks_so(answer: object) -> bool:
    """Whether an answer is one of Indico's."""
    return inside(answer).get("_type") in ("HTTPAPIResult", "HTTPAPIError")


def read(answer: object, document: Document, source: Source) -> Reading:
    """The events of an export. Raises SourceError `not-a-events`, or `refused` with what Indico said."""
    found = inside(answer)
    if found.get("_type") == "HTTPAPIError" or ("results" not in found and said(found.get("message"))):
        raise SourceError("refused", f"Indico: {heading(found.get('message'))[:200] or 'it gave no reason'}")
    if not isinstance(found.get("results"), list):
        raise SourceError("not-a-events", "data in JSON without results; ask for /export/categ/NUMBER.json")
    results, zone = rows(found["results"]), zone_option(source)
    entries = (_entry(one, document.url, zone) for one in results)
    return Reading(
        entries=tuple(one for one in entries if one is not None), more=_more(found, document.url, len(results))
    )


def _more(found: Mapping[str, Any], url: str, count: int) -> tuple[Wanted, ...]:
    """The next records where the export says that it was cut short."""
    if found.get("complete") is not False or not count or not is_web(url):
        return ()
    query = query_of(url)
    offset = (whole(query.get("offset") or query.get("O")) or 0) + count
    return following(url, with_query(url, {"offset": str(offset), "O": None}))


def _entry(event: Mapping[str, Any], base: str, zone: str) -> Entry | None:
    name, number = heading(event.get("title")), said(event.get("id"))
    url = answers.address(base, event.get("url"))
    if not name or not (number or url):
        return None
    html, text = answers.body(prose(event.get("description")), url or base)
    site = host(url or base)
    return Entry(
        guid=fields.identifier(f"indico:{site}:{number}" if number else url),
        url=url,
        title=name,
        html=html,
        text=text,
        tags=fields.tags([*names(event.get("keywords")), heading(event.get("category"))]),
        language=None,
        kind="event",
        occasion=_occasion(event, name, zone),
    )


def _occasion(event: Mapping[str, Any], name: str, default: str) -> Occasion | None:
    zone = said(event.get("timezone")) or said(inside(event.get("startDate")).get("tz")) or default
    zone = zone if known_zone(zone) else default
    dates = {"starts": _date(event.get("startDate"), zone), "ends": _date(event.get("endDate"), zone)}
    place = _place(event)
    if not (dates["starts"] or dates["ends"] or place):
        return None
    written = {"starts": "startDate", "ends": "endDate"}
    return Occasion(
        starts=dates["starts"],
        ends=dates["ends"],
        place=place,
        zone=zone,
        online=online_of(place),
        status=status_of(name),
        said={key: written[key] for key, value in dates.items() if value},
    )


def _date(value: object, zone: str) -> datetime | date | None:
    """An instant of {"date", "time", "tz"}; its day where the zone is not known."""
    parts = inside(value)
    own = said(parts.get("tz"))
    own = own if known_zone(own) else zone
    return when(f"{said(parts.get('date'))} {said(parts.get('time'))}".strip(), own)[0]


def _place(event: Mapping[str, Any]) -> str:
    room = heading(event.get("roomFullname")) or heading(event.get("room"))
    parts = [room, heading(event.get("location")), heading(event.get("address"))]
    return ", ".join(dict.fromkeys(part for part in parts if part))[:300]
