"""pretalx and frab: the released schedule of a conference, in JSON or XML, one entry a talk; and pretalx's list of
events, one entry a conference.

Slides and recordings are added to a talk later: they stand as links at the end of its text.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from aggregator.errors import SourceError
from aggregator.language import base as language_base
from aggregator.model import Document, Entry, Occasion, Reading, Source, Wanted
from aggregator.read import answers, fields
from aggregator.read.answers import MOST, heading, inside, names, prose, rows, said
from aggregator.read.choice import zone_option
from aggregator.read.event_words import online_of, status_of
from aggregator.read.isodates import known_zone, when
from aggregator.read.markup import local, xml_of
from aggregator.read.paging import following, query_of, whole, with_query
from aggregator.urls import host

_LENGTH = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d\d)", re.ASCII)
_ENGLISH_FIRST = ("en",)
Talk = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Conference:
    """What the talks of one schedule share."""

    title: str
    zone: str
    base: str
    language: str | None


def ask(source: Source) -> Wanted:
    """The schedule of a conference: its page's address will do. The list of events is /api/events/."""
    parts = urlsplit(source.url)
    path = parts.path.rstrip("/")
    if "/api/" in path or re.search(r"\.(?:json|xml)$", path):
        return Wanted(source.url)
    path = path.removesuffix("/schedule") + "/schedule.json"
    return Wanted(urlunsplit(parts._replace(path=path, query="")))


def looks_so(answer: object) -> bool:
    """Whether an answer is a schedule or a list of pretalx's events."""
    found = inside(answer)
    listed = rows(found.get("results")) if "results" in found else rows(answer)
    return "conference" in inside(found.get("schedule")) or any(
        "date_from" in one and "slug" in one for one in listed
    )


def read(answer: object, document: Document, source: Source) -> Reading:
    """The talks of a schedule or the conferences of a list. Raises SourceError `not-a-events`."""
    found = inside(answer)
    schedule = inside(found.get("schedule"))
    if isinstance(schedule.get("conference"), dict):
        return _schedule(schedule, document, source)
    if isinstance(found.get("results"), list) or isinstance(answer, list):
        return _conferences(answer, document, source)
    raise SourceError("not-a-events", "data in JSON that is no schedule; ask for /EVENT/schedule.json")


# --------------------------------------------------------------------------------------------- schedule, in JSON
def _schedule(schedule: Talk, document: Document, source: Source) -> Reading:
    about = inside(schedule.get("conference"))
    conference = _conference(about, document, source)
    talks = _talks(about.get("days"))
    entries = (_entry(talk, conference) for talk in talks)
    return Reading(
        title=conference.title,
        home=answers.address(document.url, schedule.get("url") or about.get("url")),
        entries=tuple(one for one in entries if one is not None)[:MOST],
    )


def _conference(about: Talk, document: Document, source: Source) -> _Conference:
    zone = said(about.get("time_zone_name"))
    return _Conference(
        title=_worded(about.get("title"), source.language),
        zone=zone if known_zone(zone) else zone_option(source),
        base=document.url,
        language=source.language,
    )


def _talks(days: object) -> Iterator[Talk]:
    """The talks of all days and rooms, each with the names of its room and day."""
    for day in rows(days):
        rooms = day.get("rooms")
        for room, talks in rooms.items() if isinstance(rooms, dict) else ():
            for talk in rows(talks):
                yield {"room": room, "day": day.get("date"), **talk}


def _entry(talk: Talk, conference: _Conference) -> Entry | None:
    language = conference.language
    name = _worded(talk.get("title"), language)
    own_id = said(talk.get("guid")) or said(talk.get("code")) or said(talk.get("id"))
    url = answers.address(conference.base, talk.get("url"))
    if not name or not (own_id or url):
        return None
    under = _worded(talk.get("subtitle"), language)
    html, text = _body(talk, url or conference.base, language)
    return Entry(
        guid=fields.identifier(own_id or url),
        url=url,
        title=f"{name}: {under}" if under else name,
        html=html,
        text=text,
        author=fields.author(_people(talk)),
        tags=fields.tags([_worded(talk.get("track"), language), _worded(talk.get("type"), language)]),
        language=language_base(said(talk.get("language"))),
        kind="event",
        occasion=_occasion(talk, conference, name),
    )


def _body(talk: Talk, base: str, language: str | None) -> tuple[str, str]:
    """Abstract, description and links. The texts are Markdown, which reads well as it is."""
    parts = [_prose(talk.get(key), language) for key in ("abstract", "description")]
    texts = list(dict.fromkeys(part for part in parts if part))
    html, _ = fields.body_of_text("\n\n".join(texts), base)
    links = (_link(one, base) for key in ("links", "attachments") for one in rows(talk.get(key))[:50])
    return answers.body(html + "".join(links), base)


def _link(link: Talk, base: str) -> str:
    address = answers.address(base, link.get("url"))
    name = heading(link.get("title")) or address
    return f'<p><a href="{escape(address)}">{escape(name)}</a></p>' if address else ""


def _people(talk: Talk) -> list[str]:
    return [said(one.get("public_name")) or said(one.get("name")) for one in rows(talk.get("persons"))]


def _occasion(talk: Talk, conference: _Conference, name: str) -> Occasion | None:
    starts, place = _starts(talk, conference.zone), heading(talk.get("room"))
    if starts is None and not place:
        return None
    length = _length(said(talk.get("duration")))
    ends = starts + length if isinstance(starts, datetime) and length else None
    return Occasion(
        starts=starts,
        ends=ends,
        place=place,
        zone=conference.zone,
        online=online_of(place),
        series=conference.title,
        status=status_of(name),
        said={"starts": "date"} | ({"ends": "duration"} if ends else {}) if starts else {},
    )


def _starts(talk: Talk, zone: str) -> datetime | date | None:
    """The moment a talk begins: as its date says, else by the clock of its day, else its day."""
    if (found := when(said(talk.get("date")), zone)[0]) is not None:
        return found
    clock = f"{said(talk.get('day'))} {said(talk.get('start'))}".strip()
    return when(clock, zone)[0] or when(said(talk.get("day")))[0]


def _length(written: str) -> timedelta | None:
    """Days, hours and minutes of "00:30" or "1:02:00"."""
    found = _LENGTH.fullmatch(written)
    length = timedelta(days=int(found[1] or 0), hours=int(found[2]), minutes=int(found[3])) if found else None
    return length or None


def _worded(value: object, language: str | None) -> str:
    """A text, or that of one's language (else English, else the first) among several."""
    return heading(_in_language(value, language))


def _prose(value: object, language: str | None) -> str:
    return prose(_in_language(value, language))


def _in_language(value: object, language: str | None) -> object:
    if not isinstance(value, dict):
        return value
    order = [value.get(one) for one in (language, *_ENGLISH_FIRST)]
    return next((one for one in (*order, *value.values()) if one), "")


# ---------------------------------------------------------------------------------------------- schedule, in XML
def read_xml(text: str, document: Document, source: Source) -> Reading:
    """The talks of a schedule in frab's XML. Raises SourceError `not-a-events` for other documents."""
    root = xml_of(text, "not-a-events")
    if local(root) != "schedule":
        raise SourceError("not-a-events", f"XML that starts with <{local(root)[:40]}>, not a schedule")
    about = _children(root.find("{*}conference"))
    days = [
        {"date": day.get("date"), "rooms": {room.get("name", ""): _room(room) for room in day.findall("{*}room")}}
        for day in root.findall("{*}day")
    ]
    return _schedule({"conference": {**about, "days": days}, "url": about.get("url")}, document, source)


def _room(room: ElementTree.Element) -> list[Talk]:
    return [_talk(event) for event in room.findall("{*}event")]


def _talk(event: ElementTree.Element) -> Talk:
    """An element <event> as the JSON form has it."""
    found: dict[str, Any] = dict(_children(event))
    found |= {key: event.get(key) for key in ("guid", "code", "id") if event.get(key)}
    found["persons"] = [{"name": one.text or ""} for one in event.findall("{*}persons/{*}person")]
    for name, path in (("links", "{*}links/{*}link"), ("attachments", "{*}attachments/{*}attachment")):
        found[name] = [{"url": one.get("href"), "title": one.text or ""} for one in event.findall(path)]
    return {key: value for key, value in found.items() if value}


def _children(element: ElementTree.Element | None) -> dict[str, str]:
    return {local(one): (one.text or "").strip() for one in element if not len(one)} if element is not None else {}


# ----------------------------------------------------------------------------------------------- list of events
def _conferences(answer: object, document: Document, source: Source) -> Reading:
    found = inside(answer)
    listed = rows(found.get("results")) if found else rows(answer)
    entries = (_conference_entry(one, document.url, source) for one in listed)
    there = following(document.url, said(found.get("next")))
    if not there and said(found.get("next")):
        page = whole(query_of(document.url).get("page")) or 1
        there = following(document.url, with_query(document.url, {"page": str(page + 1)}))
    return Reading(entries=tuple(one for one in entries if one is not None), more=there)


def _conference_entry(event: Talk, base: str, source: Source) -> Entry | None:
    name, slug = _worded(event.get("name"), source.language), said(event.get("slug"))
    if not name or not slug or event.get("is_public") is False:
        return None
    home = f"{site}/{slug}/" if (site := answers.site_of(base)) else ""
    url = answers.address(base, inside(event.get("urls")).get("base")) or home
    zone = said(event.get("timezone"))
    starts, ends = (when(said(event.get(key)))[0] for key in ("date_from", "date_to"))
    occasion = Occasion(
        starts=starts,
        ends=ends,
        zone=zone if known_zone(zone) else zone_option(source),
        status=status_of(name),
        said={
            key: field
            for key, field, value in (("starts", "date_from", starts), ("ends", "date_to", ends))
            if value
        },
    )
    return Entry(
        guid=fields.identifier(f"pretalx:{host(base)}:{slug}"),
        url=url,
        title=name,
        tags=fields.tags(names(event.get("tags"))),
        kind="event",
        occasion=occasion if starts or ends else None,
    )
