"""Events: the sites of conferences and the calendars of associations, in the forms their programs give.

`options.format` says which one (`indico`, `pretalx`, `tec`, `carpentries`, `wikicfp`,
`schema`); without it the document tells. Calendars in iCalendar (Sched and others) are of kind `calendar`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from aggregator.errors import SourceError
from aggregator.model import Document, Reading, Source, Wanted
from aggregator.read import (
    events_carpentries,
    events_indico,
    events_pretalx,
    events_tec,
    events_wikicfp,
    structured,
)
from aggregator.read.choice import chosen, for_programs, zone_option
from aggregator.read.jsonld import objects
from aggregator.read.markup import json_of, text_of
from aggregator.read.paging import path_of

CODE = "not-a-events"
_ASK: dict[str, Callable[[Source], Wanted]] = {
    "indico": events_indico.ask,
    "pretalx": events_pretalx.ask,
    "tec": events_tec.ask,
    "carpentries": lambda source: Wanted(source.url),
    "wikicfp": lambda source: Wanted(source.url),
    "schema": lambda source: Wanted(source.url),
}
_NAMES = {
    "frab": "pretalx", "tribe": "tec", "the-events-calendar": "tec", "the_events_calendar": "tec",
    "cfp": "wikicfp",
    "schema.org": "schema", "jsonld": "schema", "json-ld": "schema", "microdata": "schema", "html": "schema",
}  # fmt: skip
_FRAB = re.compile(r"(?:\s++|(?><\?.*?\?>)|(?><!--.*?-->))*+<schedule\b", re.S)


def ask(source: Source, since: datetime | None, now: datetime) -> Wanted:  # noqa: ARG001 (all kinds are asked alike)
    """What to ask the source for. The windows are the servers' own ("from today"), so that the address stays the
    same from day to day and an unchanged answer costs nothing. Raises SourceError `bad-option`."""
    name = chosen(source, _ASK, _NAMES) or _by_address(source.url)
    return _ASK[name](source) if name else Wanted(source.url)


def is_page(source: Source) -> bool:
    """Whether robots.txt is to be asked: for pages with structured data, and for WikiCFP, whose feeds its
    robots.txt is said to close. Raises SourceError `bad-option`."""
    name = chosen(source, _ASK, _NAMES) or _by_address(source.url)
    return name in ("schema", "wikicfp") or (name is None and not for_programs(source.url))


def read(document: Document, source: Source) -> Reading:
    """The events in a document, one entry each, in its order.

    Raises SourceError: `bad-option`, `empty`, `not-a-events`, `refused`, `unreadable`, `entity-bomb`, `too-deep`,
    `too-large`.
    """
    name = chosen(source, _ASK, _NAMES)
    text = text_of(document, CODE)
    if text.startswith("BEGIN:VCALENDAR"):
        raise SourceError(CODE, "a calendar; use kind calendar")
    if text[0] in "{[":
        return _read_json(text, name, document, source)
    if _FRAB.match(text[:5_000]) or name == "pretalx":
        return events_pretalx.read_xml(text, document, source)
    if name == "wikicfp" or (name is None and events_wikicfp.looks_so(text)):
        return events_wikicfp.read(document, source)
    if name in ("indico", "tec"):
        json_of(text, CODE)  # says what is there instead
    return _read_page(text, document, source)


def _read_json(text: str, name: str | None, document: Document, source: Source) -> Reading:
    answer = json_of(text, CODE)
    if name == "indico" or (name is None and events_indico.looks_so(answer)):
        return events_indico.read(answer, document, source)
    if name == "pretalx" or (name is None and events_pretalx.looks_so(answer)):
        return events_pretalx.read(answer, document, source)
    if name == "tec" or (name is None and events_tec.looks_so(answer)):
        return events_tec.read(answer, document, source)
    if (name or _by_address(document.url)) == "carpentries" or (
        name is None and events_carpentries.looks_so(answer)
    ):
        return events_carpentries.read(answer, document)
    entries = structured.events(objects([text]), document.url, zone_option(source))
    if not entries:
        raise SourceError(CODE, "data in JSON of no known form; name its format or check the address")
    return Reading(entries=entries)


def _read_page(text: str, document: Document, source: Source) -> Reading:
    """The schema.org events of a page. A page that names none is refused: that is not the same as no news."""
    if not text.startswith("<"):
        raise SourceError(CODE, "plain text; open the address in a browser")
    found = structured.things(text, document.url)
    entries = structured.events(found, document.url, zone_option(source))
    if not entries:
        raise SourceError(CODE, "a page without schema.org events; look for a calendar or feed, or use kind page")
    return Reading(entries=entries)


def _by_address(url: str) -> str | None:
    path = path_of(url)
    if re.search(r"/export/(?:categ|event)/", path) or re.search(r"/category/\d+/?$", path):
        return "indico"
    if "/tribe/events/v1/events" in path:
        return "tec"
    if path.endswith("_workshops.json"):
        return "carpentries"
    return None
