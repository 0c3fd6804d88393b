"""FutureLearn's feed of courses (`/feeds/courses`): one JSON array, every course with its runs.

All that is known of it is some years old: a source of this format is best left off until somebody has seen it
answer. A run without a first day is always open or yet to be announced, and nobody can say which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Occasion, Reading, Source, Wanted
from aggregator.read import effort
from aggregator.read.answers import (
    address,
    asked,
    body,
    heading,
    inside,
    names,
    number,
    paragraphs,
    prose,
    rows,
    said,
    when,
    whether,
)
from aggregator.read.courses_runs import language
from aggregator.read.fields import author

NAME = "FutureLearn"
Row = Mapping[str, Any]


def looks(data: Any) -> bool:
    """Whether this is the array of courses."""
    return isinstance(data, list) and any(
        isinstance(row, dict) and "uuid" in row and ("runs" in row or "hours_per_week" in row) for row in data
    )


def ask(source: Source) -> Wanted:
    """The feed, as JSON."""
    return asked(source, {})


def read(data: Any, document: Document, source: Source) -> Reading:  # noqa: ARG001 (every format is read alike)
    """Every run of every course; a course without runs is one entry."""
    if not isinstance(data, list):
        raise SourceError("not-a-courses", "no FutureLearn feed: it is no array of courses")
    found = [entry for row in rows(data) if said(row.get("name")) for entry in _entries(row, document.url)]
    return Reading(entries=tuple(found))


def _entries(course: Row, base: str) -> Iterator[Entry]:
    for run in rows(course.get("runs")) or [{}]:
        guid = said(run.get("uuid")) or said(course.get("uuid"))
        if guid:
            yield _entry(course, run, guid, base)


def _entry(course: Row, run: Row, guid: str, base: str) -> Entry:
    url = address(base, course.get("url"))
    html, text = body(paragraphs(prose(course.get("introduction")), prose(course.get("description"))), url)
    return Entry(
        guid=guid,
        url=url,
        title=heading(course.get("name")),
        html=html,
        text=text,
        author=author([said(course.get("educator"))]),
        tags=names(course.get("categories")),
        language=language(said(course.get("language"))),
        kind="course",
        occasion=_occasion(course, run),
    )


def _occasion(course: Row, run: Row) -> Occasion:
    starts = when(run.get("start_date"))
    a_week, weeks = number(course.get("hours_per_week")), number(run.get("duration_in_weeks"))
    certificate = {True: "certificate", False: "none", None: ""}[whether(course.get("has_certificates"))]
    return Occasion(
        starts=starts,
        online=True,
        effort=effort.weekly(a_week, a_week),
        hours=effort.times(a_week, a_week, weeks),
        certificate=certificate,
        organiser=heading(inside(course.get("organisation")).get("name")),
        platform=NAME,
        course=f"futurelearn/{said(course.get('uuid')) or heading(course.get('name'))}",
        said={"starts": "runs.start_date"} if starts else {},
    )
