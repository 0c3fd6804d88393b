"""Moodle by its web service: `core_course_get_courses_by_field`, or `core_course_search_courses` for
`options.search`.

Needs a token (`options.token`, as ${NAME}, or in the address). Errors come with status 200. Without rights of its
own the token's user sees no dates: they stand in the summary's prose. Sites that keep hours and fees in fields of
their own are read through `options.fields`, a map of our names to the fields' short names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Occasion, Reading, Source, Wanted
from aggregator.read.answers import (
    body,
    epoch,
    heading,
    inside,
    names,
    number,
    paragraphs,
    prose,
    rows,
    said,
    whether,
)
from aggregator.read.courses_columns import DAYS, Writing, mapping_of, occasion_of, writing_of
from aggregator.read.courses_runs import course_of, language
from aggregator.read.fields import author
from aggregator.read.isodates import known_zone
from aggregator.read.paging import PAGE, query_of, whole
from aggregator.text import fold
from aggregator.urls import is_web

NAME = "Moodle"
_SERVICE = "/webservice/rest/server.php"
_ALL, _SEARCH = "core_course_get_courses_by_field", "core_course_search_courses"
_PER_PAGE = 50
Row = Mapping[str, Any]


def looks(data: Any) -> bool:
    """Whether this is an answer of the web service, be it an error."""
    if isinstance(data, dict):
        return isinstance(data.get("courses"), list) or "exception" in data
    return isinstance(data, list) and any(isinstance(row, dict) and "fullname" in row for row in data)


def ask(source: Source) -> Wanted:
    """The call of the web service, by POST: the token and all else stand in its body, not in an address that
    servers and proxies write down."""
    parts = urlsplit(source.url)
    at = parts.path.find(_SERVICE)
    path = parts.path if at >= 0 else parts.path.rstrip("/") + _SERVICE
    search, token = said(source.options.get("search")), said(source.options.get("token"))
    call = {**query_of(source.url), "moodlewsrestformat": "json"}
    if token:
        call["wstoken"] = token
    if search:
        call |= {"wsfunction": _SEARCH, "criterianame": "search", "criteriavalue": search}
        call = {"page": "0", "perpage": str(_PER_PAGE), **call}
    call.setdefault("wsfunction", _ALL)
    url = urlunsplit(parts._replace(path=path, query="", fragment=""))
    return Wanted(url, {"Accept": "application/json"}, form=call)


def read(data: Any, document: Document, source: Source) -> Reading:
    """The courses of one answer. Raises SourceError `error-answer` with Moodle's own word, `bad-option`."""
    if isinstance(data, dict) and "exception" in data:
        raise SourceError(
            "error-answer", f"Moodle says {said(data.get('errorcode'))}: {heading(data.get('message'))}"
        )
    listed = inside(data).get("courses") if isinstance(data, dict) else data
    if not isinstance(listed, list):
        raise SourceError("not-a-courses", "no answer of Moodle's web service: it has no `courses`")
    theirs, how = mapping_of(source, "fields"), writing_of(source)
    site = (document.url or source.url).partition(_SERVICE)[0].rstrip("/")
    found = [_entry(row, site, theirs, how) for row in rows(listed) if _offered(row)]
    return Reading(home=site, entries=tuple(found), more=_more(data, document, source))


def _more(data: Any, document: Document, source: Source) -> tuple[Wanted, ...]:
    """The next page of a search: `page` counts from 0. All pages have one address; their roles tell them apart."""
    call = ask(source)
    total, size = number(inside(data).get("total")), number(call.form.get("perpage"))
    turned = whole(document.role.removeprefix(f"{PAGE}:")) or 0
    page = int(number(call.form.get("page")) or 0) + turned + 1
    if (
        not is_web(document.url)
        or not total
        or not size
        or not inside(data).get("courses")
        or page * size >= total
    ):
        return ()
    url, form = document.url.partition("?")[0], {**call.form, "page": str(page)}
    return (replace(call, url=url, role=f"{PAGE}:{turned + 1}", form=form),)


def _offered(row: Row) -> bool:
    """Not what is hidden, nor the site's own front page, which Moodle lists as a course."""
    return (
        bool(said(row.get("id")))
        and said(row.get("format")) != "site"
        and whether(row.get("visible")) is not False
    )


def _entry(row: Row, site: str, theirs: Mapping[str, str], how: Writing) -> Entry:
    key = said(row.get("id"))
    url = f"{site}/course/info.php?id={key}" if key.isdecimal() and site.startswith("http") else ""
    html, text = body(paragraphs(prose(row.get("summary"))), url)
    tutors = names(row.get("contacts"), "fullname")
    name = heading(row.get("displayname")) or heading(row.get("fullname"))
    return Entry(
        guid=key,
        url=url,
        title=name,
        html=html,
        text=text,
        author=author(tutors),
        tags=names(row.get("categoryname")),
        language=language(said(row.get("lang"))),
        kind="course",
        occasion=replace(
            _occasion(row, theirs, how),
            tutor=True if tutors else None,
            course=course_of(site.partition("://")[2], name),
        ),
    )


def _occasion(row: Row, theirs: Mapping[str, str], how: Writing) -> Occasion:
    """What the curator's map finds; then the dates of the course itself."""
    fields = {fold(said(one.get("shortname"))): one for one in rows(row.get("customfields"))}
    mapped = {name: fields[fold(key)] for name, key in theirs.items() if fold(key) in fields}
    occasion = occasion_of({name: heading(one.get("value")) for name, one in mapped.items()}, how, theirs)
    known: dict[str, datetime | date] = {}
    where = dict(occasion.said)
    for name, one in mapped.items():
        if name in DAYS and getattr(occasion, name) is None and said(one.get("type")) == "date":
            known, where = _add(known, where, name, _day(epoch(one.get("valueraw")), how), theirs[name])
    for name, field in (("starts", "startdate"), ("ends", "enddate")):
        if getattr(occasion, name) is None and name not in known:
            known, where = _add(known, where, name, epoch(row.get(field)), field)
    return replace(occasion, **known, said=where)  # type: ignore[arg-type]


def _add(
    known: dict[str, datetime | date], where: dict[str, str], name: str, moment: datetime | date | None, field: str
) -> tuple[dict[str, datetime | date], dict[str, str]]:
    if moment is None:
        return known, where
    return known | {name: moment}, where | {name: field}


def _day(moment: datetime | None, how: Writing) -> datetime | date | None:
    """A field for a day holds the site's midnight: a whole day where the site's zone is known."""
    zone = known_zone(how.zone)
    return moment.astimezone(zone).date() if moment and zone else moment
