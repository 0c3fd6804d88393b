"""Canvas: the public index of a site's courses (`/api/v1/search/all_courses`), which its maker calls beta.

Canvas names its next page in the `Link` header, which may be anything. Where a site leaves it out, the page
after a full one is asked for by its number, and an empty page ends the list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Occasion, Reading, Source, Wanted
from aggregator.read.answers import (
    address,
    asked,
    body,
    heading,
    inside,
    number,
    paragraphs,
    prose,
    rows,
    said,
    site_of,
    when,
)
from aggregator.read.courses_runs import course_of, dated
from aggregator.read.paging import following, query_of, with_query

NAME = "Canvas"
_PER_PAGE = 50
_CANVAS_DEFAULT = 10  # where the address does not say how many
_FIELDS = {"starts": "start_at", "ends": "end_at"}


def looks(data: Any) -> bool:
    """Whether this is a page of the index."""
    return isinstance(data, list) and any(
        isinstance(row, dict) and (isinstance(row.get("course"), dict) or "course_code" in row) for row in data
    )


def ask(source: Source) -> Wanted:
    """The courses that anybody may see, 50 to a page."""
    return asked(source, {"public_only": "true", "page": "1", "per_page": str(_PER_PAGE)})


def read(data: Any, document: Document, source: Source) -> Reading:
    """The courses of one page."""
    if not isinstance(data, list):
        raise SourceError("not-a-courses", "no Canvas index: it is no array of courses")
    site = site_of(document.url or source.url)
    courses = [inside(row.get("course")) or row for row in rows(data)]
    found = [_entry(row, site) for row in courses if said(row.get("id")) and said(row.get("name"))]
    return Reading(home=site, entries=tuple(found), more=_more(len(data), document))


def _more(count: int, document: Document) -> tuple[Wanted, ...]:
    if document.following:
        return following(document.url, document.following)
    here = query_of(document.url)
    size = int(number(here.get("per_page")) or _CANVAS_DEFAULT)
    if not document.url or count < size:
        return ()
    page = int(number(here.get("page")) or 1) + 1
    return following(document.url, with_query(document.url, {"page": str(page)}))


def _entry(row: Mapping[str, Any], site: str) -> Entry:
    key = said(row.get("id"))
    url = address(site + "/", f"/courses/{key}") if key.isalnum() else site
    html, text = body(paragraphs(prose(row.get("public_description"))), url)
    known, where = dated({name: when(row.get(theirs)) for name, theirs in _FIELDS.items()}, _FIELDS)
    name = heading(row.get("name"))
    occasion = Occasion(**known, course=course_of(site.partition("://")[2], name), said=where)  # type: ignore[arg-type]
    return Entry(guid=key, url=url, title=name, html=html, text=text, kind="course", occasion=occasion)
