"""Catalogues of courses: the kind `courses`, one small module for each format.

`options.format` names the format; without it the document is known by its look, and where that does not tell, by
its address. What the curator knows of all courses of a source (`options.organiser`, `platform`, `zone`, `online`)
fills what the source leaves open.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Occasion, Reading, Source, Wanted
from aggregator.read import (
    courses_canvas,
    courses_coursera,
    courses_discovery,
    courses_futurelearn,
    courses_moochub,
    courses_moodle,
    courses_moodle_page,
    courses_openedx,
    courses_richie,
    courses_table,
    effort,
    structured,
)
from aggregator.read.answers import heading, json_of, said, seen_as, text_of, whether
from aggregator.read.choice import for_programs
from aggregator.read.courses_columns import writing_of
from aggregator.read.prices import price_line
from aggregator.urls import is_web


@dataclass(frozen=True, slots=True)
class _Format:
    """One format: how it is called, read, known by its look and by its address, and asked for.

    `home` is where the listing lies on a site whose front page is all that a source names."""

    name: str
    read: Callable[[Any, Document, Source], Reading]
    looks: Callable[[Any], bool]
    ask: Callable[[Source], Wanted]
    address: str = ""
    home: str = ""


def _schema(text: str, document: Document, source: Source) -> Reading:
    """What a page says of courses in JSON-LD or microdata."""
    base = document.url or source.url
    found = structured.courses(structured.things(text, base), base, writing_of(source).zone)
    if not found:
        raise SourceError("not-a-courses", f"{seen_as(text)}; it says nothing of courses")
    return Reading(entries=found)


def _as_it_is(source: Source) -> Wanted:
    return Wanted(source.url)


def _no_look(_: Any) -> bool:
    return False


def _of(module: Any, address: str = "", home: str = "") -> _Format:
    return _Format(module.NAME, module.read, getattr(module, "looks", _no_look), module.ask, address, home)


# Looked at in this order: the next ones take what the former ones did not know.
_JSON = {
    "openedx": _of(courses_openedx, r"/api/courses/v1/courses", "/api/courses/v1/courses/"),
    "discovery": _of(
        courses_discovery, r"/api/v1/(?:course_runs|courses|search/(?:all|course_runs))/?$", "/api/v1/course_runs/"
    ),
    "richie": _of(courses_richie, r"/api/v1\.0/courses", "/api/v1.0/courses/"),
    "moochub": _of(courses_moochub, r"/bridges/moochub/", "/bridges/moochub/courses"),
    "moodle": _of(courses_moodle, r"/webservice/rest/server\.php", "/webservice/rest/server.php"),
    "coursera": _of(courses_coursera, r"/api/courses\.v1", "/api/courses.v1"),
    "futurelearn": _of(courses_futurelearn, r"/feeds/courses", "/feeds/courses"),
    "canvas": _of(courses_canvas, r"/api/v1/search/all_courses", "/api/v1/search/all_courses"),
}
_TEXT = {
    "moodle_html": _of(courses_moodle_page, r"/course/(?:index|search)\.php", "/course/index.php"),
    "table": _of(courses_table),
    "schema": _Format("schema.org", _schema, _no_look, _as_it_is),
}
FORMATS = {**_JSON, **_TEXT}
_OTHER_NAMES = {
    "edx": "openedx", "open-edx": "openedx", "fun": "richie", "moodle-html": "moodle_html", "csv": "table",
    "html-table": "table", "schema.org": "schema", "json-ld": "schema", "jsonld": "schema", "microdata": "schema",
}  # fmt: skip
_ERRORS = (
    "developer_message",
    "exception",
    "errorcode",
    "errorCode",
    "error",
    "errors",
    "detail",
    "message",
    "title",
)


def ask(source: Source, since: datetime | None, now: datetime) -> Wanted:  # noqa: ARG001 (listings have no window)
    """What to ask a source for: its address with the parameters and headers that its format needs."""
    form = FORMATS.get(_named(source) or _addressed(source.url))
    if form is None:
        return Wanted(source.url)
    parts = urlsplit(source.url)
    if parts.path in ("", "/") and form.home:
        source = replace(source, url=urlunsplit(parts._replace(path=form.home)))
    return form.ask(source)


def is_page(source: Source) -> bool:
    """Whether robots.txt is to be asked: for catalogues in HTML and pages with structured data, not for
    interfaces. Raises SourceError `bad-option`."""
    name = _named(source) or _addressed(source.url)
    return name in _TEXT or (not name and not for_programs(source.url))


def read(document: Document, source: Source) -> Reading:
    """The runs of courses in one document, an entry each.

    Raises SourceError: `not-a-courses` (saying what it is instead), `empty`, `unreadable`, `error-answer` (an
    error that came as if it were an answer), `bad-option`, `login-required`, `selector-empty`, `missing-column`.
    """
    if not is_web(document.url):
        document = replace(document, url="")
    text = text_of(document)
    name = _named(source)
    if text[0] in "{[" and name not in _TEXT:
        reading = _read_json(json_of(text), name, document, source)
    else:
        reading = _read_text(text, name, document, source)
    return replace(reading, entries=tuple(_completed(entry, source) for entry in reading.entries))


def _named(source: Source) -> str:
    """The format that the options name, or nothing. Raises SourceError `bad-option`."""
    written = said(source.options.get("format")).lower()
    name = _OTHER_NAMES.get(written, written)
    if name and name not in FORMATS:
        raise SourceError("bad-option", f"format '{written[:50]}' is none of {', '.join(FORMATS)}")
    return name


def _addressed(url: str) -> str:
    path = urlsplit(url).path if is_web(url) else ""
    return next((name for name, form in FORMATS.items() if form.address and re.search(form.address, path)), "")


def _read_json(data: Any, name: str, document: Document, source: Source) -> Reading:
    if not name:
        name = next((one for one, form in _JSON.items() if form.looks(data)), "") or _addressed(
            document.url or source.url
        )
    form = _JSON.get(name)
    if form is None or (isinstance(data, dict) and not form.looks(data)):
        _refuse_errors(data)
    if form is None:
        if data == []:
            return Reading()
        raise SourceError("not-a-courses", "JSON that is no listing of courses we know; see options.format")
    if isinstance(data, list) and data and not form.looks(data):
        raise SourceError("not-a-courses", f"a JSON array that is not what {form.name} answers")
    return form.read(data, document, source)


def _refuse_errors(data: Any) -> None:
    """An error that came with status 200, in the words of its sender."""
    found = [(name, data[name]) for name in _ERRORS if name in data] if isinstance(data, dict) else []
    if found:
        name, value = found[0]
        value = value[0] if isinstance(value, list) and value else value
        words = heading(value.get("detail") or value.get("title")) if isinstance(value, dict) else heading(value)
        raise SourceError("error-answer", f"it answers with an error, {name}: {words[:200]}")


def _read_text(text: str, name: str, document: Document, source: Source) -> Reading:
    if name in _JSON:
        raise SourceError("not-a-courses", f"{seen_as(text)}, where {_JSON[name].name} answers with JSON")
    if not name and "columns" in source.options:
        name = "table"
    if not name and not text.startswith("<"):
        raise SourceError("not-a-courses", f"{seen_as(text)}; a CSV needs options.columns")
    if not name:
        name = "moodle_html" if courses_moodle_page.looks(text) else "schema"
    return _TEXT[name].read(text, document, source)


def _completed(entry: Entry, source: Source) -> Entry:
    """An entry with what the curator knows of the whole source, and its prices and hours as far as they follow."""
    occasion, options = entry.occasion or Occasion(), source.options
    return replace(
        entry,
        occasion=replace(
            occasion,
            organiser=occasion.organiser or heading(options.get("organiser")),
            platform=occasion.platform or heading(options.get("platform")),
            zone=occasion.zone or writing_of(source).zone,
            online=occasion.online if occasion.online is not None else whether(options.get("online")),
            hours=occasion.hours or effort.hours_of(occasion.effort),
            price=occasion.price or price_line(occasion.prices),
        ),
    )
