"""The Events Calendar: the REST interface of a plug-in that many associations' WordPress sites have.

A page past the end is answered with 404 and `event-archive-page-not-found`: the end of the list, not an error.
Organisers are kept by name only; their telephone numbers and mail addresses are not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from aggregator.errors import SourceError
from aggregator.jsonlines import moment_from
from aggregator.model import Document, Entry, Occasion, Price, Reading, Source, Wanted
from aggregator.read import answers, fields
from aggregator.read.answers import heading, inside, names, number, prose, rows, said
from aggregator.read.choice import zone_option
from aggregator.read.event_words import online_of, status_of
from aggregator.read.isodates import known_zone, when
from aggregator.read.paging import following, query_of, whole, with_query

END_OF_LIST = "event-archive-page-not-found"
_REST = "/wp-json/tribe/events/v1/events"
_OFFSET = re.compile(r"UTC([+-])(\d{1,2})(?:[:.](\d{1,2}))?", re.I)
_UNPUBLISHED = {"draft", "private", "trash", "pending", "future"}


def ask(source: Source) -> Wanted:
    """The events from now on (the plug-in's own default), 50 at once. The address of the site will do where
    `options.format` is `tec`."""
    parts = urlsplit(source.url)
    if "/events/v1/" not in parts.path and "rest_route" not in query_of(source.url):
        parts = parts._replace(path=parts.path.rstrip("/").removesuffix("/events") + _REST, query="")
    url = urlunsplit(parts)
    query = query_of(url)
    return Wanted(with_query(url, {"per_page": query.get("per_page", "50")}), {"Accept": "application/json"})


def looks_so(answer: object) -> bool:
    """Whether an answer is the plug-in's."""
    found = inside(answer)
    known = any(name in found for name in ("rest_url", "total_pages", "next_rest_url"))
    return (isinstance(found.get("events"), list) and known) or _is_complaint(found) or _is_one(found)


def read(answer: object, document: Document, source: Source) -> Reading:
    """The events of an answer, or the only one. Raises SourceError `not-a-events`, or `refused` with what
    WordPress said (the interface is switched off, or closed to strangers)."""
    found = inside(answer)
    if found.get("code") == END_OF_LIST:
        return Reading()
    if _is_complaint(found):
        reason = heading(found.get("message"))[:200] or said(found["code"])[:60]
        raise SourceError("refused", f"WordPress: {reason}")
    if not isinstance(found.get("events"), list) and not _is_one(found):
        raise SourceError("not-a-events", f"data in JSON without events; ask for {_REST}")
    events, zone = rows(found["events"]) if "events" in found else [found], zone_option(source)
    entries = (_entry(event, document.url, zone) for event in events)
    return Reading(entries=tuple(one for one in entries if one is not None), more=_more(found, document.url))


def _is_complaint(found: Mapping[str, Any]) -> bool:
    """How WordPress says no: {"code", "message", "data": {"status"}}."""
    return "events" not in found and bool(said(found.get("code"))) and "message" in found


def _is_one(found: Mapping[str, Any]) -> bool:
    return "start_date" in found and "all_day" in found and "title" in found


def _more(found: Mapping[str, Any], url: str) -> tuple[Wanted, ...]:
    """The page that is named as the next one, or, where that lies on another host, the next number."""
    named = said(found.get("next_rest_url"))
    if (there := following(url, named)) or not rows(found.get("events")):
        return there
    page, pages = whole(query_of(url).get("page")) or 1, whole(found.get("total_pages"))
    return following(url, with_query(url, {"page": str(page + 1)})) if pages and page < pages else ()


# -------------------------------------------------------------------------------------------------------- events
def _entry(event: Mapping[str, Any], base: str, zone: str) -> Entry | None:
    name = heading(event.get("title"))
    url = answers.address(base, event.get("url"))
    own_id = said(event.get("global_id")) or url or said(event.get("id"))
    if not name or not own_id or said(event.get("status")) in _UNPUBLISHED:
        return None
    html, text = answers.body(prose(event.get("description")) or prose(event.get("excerpt")), url or base)
    changed = moment_from(said(event.get("modified_utc")))
    return Entry(
        guid=fields.identifier(own_id),
        url=url,
        title=name,
        html=html,
        text=text,
        tags=fields.tags([*names(event.get("categories")), *names(event.get("tags"))]),
        published_at=moment_from(said(event.get("date_utc"))),
        updated_at=changed.replace(microsecond=0) if changed else None,
        kind="event",
        occasion=_occasion(event, name, zone),
    )


def _occasion(event: Mapping[str, Any], name: str, default: str) -> Occasion | None:
    zone = _zone(said(event.get("timezone"))) or default
    dates = {"starts": _date(event, "start_date", zone), "ends": _date(event, "end_date", zone)}
    place = _place(event.get("venue"))
    cost = heading(event.get("cost"))
    if not (dates["starts"] or dates["ends"] or place or cost):
        return None
    written = {"starts": "start_date", "ends": "end_date"}
    return Occasion(
        starts=dates["starts"],
        ends=dates["ends"],
        place=place,
        price=cost,
        zone=zone,
        online=True if event.get("is_virtual") is True else online_of(place),
        prices=_prices(event),
        organiser=fields.author(names(event.get("organizer"), "organizer"))[:200],
        status=_status(event) or status_of(name),
        said={key: written[key] for key, value in dates.items() if value},
    )


def _date(event: Mapping[str, Any], key: str, zone: str) -> datetime | date | None:
    """A whole day of an all-day event, else the instant: as UTC says it, or as the clock there does."""
    local = said(event.get(key))
    if event.get("all_day") is True or said(event.get("all_day")) in ("1", "true", "yes"):
        return when(local[:10])[0]
    stated = said(event.get(f"utc_{key}"))
    return when(stated, "UTC")[0] if stated else when(local, zone)[0]


def _zone(written: str) -> str:
    """An IANA name, also for whole hours such as `UTC+1` (whose sign IANA turns round); else nothing."""
    if known_zone(written):
        return written
    found = _OFFSET.fullmatch(written)
    if not found or int(found[3] or 0) or int(found[2]) > 14:
        return ""
    hours = int(found[2])
    return f"Etc/GMT{'-' if found[1] == '+' else '+'}{hours}" if hours else "UTC"


def _place(value: object) -> str:
    venues = [value] if isinstance(value, dict) else rows(value)
    lines = (
        ", ".join(dict.fromkeys(part for key in ("venue", "city", "country") if (part := heading(one.get(key)))))
        for one in venues
    )
    return "; ".join(line for line in lines if line)[:300]


def _prices(event: Mapping[str, Any]) -> tuple[Price, ...]:
    details = inside(event.get("cost_details"))
    values = details.get("values")
    amounts = [number(one) for one in values[:20]] if isinstance(values, list) else []
    currency = said(details.get("currency_code")).upper()
    currency = currency if re.fullmatch(r"[A-Z]{3}", currency) else ""
    return tuple(Price(amount=one, currency=currency, covers="attend") for one in amounts if one is not None)


def _status(event: Mapping[str, Any]) -> Any:
    stated = said(event.get("event_status")).lower()
    known = {"canceled": "cancelled", "cancelled": "cancelled", "postponed": "postponed"}
    return known.get(stated, "")
