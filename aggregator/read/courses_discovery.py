"""Open edX discovery: the catalogue behind a key (`/api/v1/course_runs/`, `/courses/`, `/search/all/`).

After openedx/course-discovery. Anonymous requests get 401, so a source needs `options.authorization`, the whole
value of that header with its secret as ${NAME}.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Occasion, Price, Reading, Source, Wanted
from aggregator.read import effort
from aggregator.read.answers import (
    address,
    asked,
    body,
    heading,
    inside,
    names,
    next_page,
    number,
    paragraphs,
    prose,
    rows,
    said,
    when,
    whether,
)
from aggregator.read.courses_runs import dated, edx_course, language
from aggregator.read.prices import code, price_line

NAME = "Open edX discovery"
_FIELDS = {"starts": "start", "ends": "end", "opens": "enrollment_start", "closes": "enrollment_end"}
_CERTIFIED = ("verified", "professional", "no-id-professional", "paid-executive-education", "credit", "masters")
Row = Mapping[str, Any]


def looks(data: Any) -> bool:
    """Whether this is a page of runs, of courses with their runs, or of what a search found."""
    listed = data.get("results") if isinstance(data, dict) and "pagination" not in data else None
    return isinstance(listed, list) and any(_is_run(row) or _has_runs(row) for row in listed)


def ask(source: Source) -> Wanted:
    """The catalogue in pages of 100, with the header that opens it."""
    wanted = asked(source, {"page_size": "100"})
    return replace(wanted, headers={**wanted.headers, **_headers(source)})


def read(data: Any, document: Document, source: Source) -> Reading:
    """The runs of one page; hidden and unpublished ones are left out."""
    listed = inside(data).get("results")
    if not isinstance(listed, list):
        raise SourceError("not-a-courses", "no Open edX catalogue: it has no `results`")
    found = [(run, course) for row in rows(listed) for run, course in _runs(row) if _offered(run)]
    return Reading(
        entries=tuple(_entry(run, course, document.url) for run, course in found),
        more=next_page(document, inside(data).get("next"), {"Accept": "application/json", **_headers(source)}),
    )


def _headers(source: Source) -> dict[str, str]:
    value = said(source.options.get("authorization"))
    return {"Authorization": value} if value else {}


def _is_run(row: Any) -> bool:
    return isinstance(row, dict) and bool(said(row.get("key"))) and ("pacing_type" in row or "seats" in row)


def _has_runs(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("course_runs"), list)


def _runs(row: Row) -> Iterator[tuple[Row, Row]]:
    """A run, or the runs of a course, each with its course; programmes have none."""
    if _has_runs(row):
        yield from ((run, row) for run in rows(row["course_runs"]))
    elif said(row.get("key")) and said(row.get("content_type")) not in ("course", "program"):
        yield row, row


def _offered(run: Row) -> bool:
    status = said(run.get("status")).lower()
    return (
        bool(said(run.get("key"))) and not whether(run.get("hidden")) and status in ("", "published", "reviewed")
    )


def _entry(run: Row, course: Row, base: str) -> Entry:
    url = address(base, run.get("marketing_url")) or address(base, course.get("marketing_url"))
    description = prose(run.get("full_description")) or prose(run.get("short_description"))
    html, text = body(paragraphs(description or prose(course.get("short_description"))), url)
    return Entry(
        guid=said(run.get("key")),
        url=url,
        title=heading(run.get("title")) or heading(course.get("title")),
        html=html,
        text=text,
        tags=names(course.get("subjects")),
        language=language(said(run.get("content_language")), said(run.get("language"))),
        kind="course",
        occasion=_occasion(run, course),
    )


def _occasion(run: Row, course: Row) -> Occasion:
    known, where = dated({name: when(run.get(theirs)) for name, theirs in _FIELDS.items()}, _FIELDS)
    seats = rows(run.get("seats"))
    until = [moment for seat in seats if (moment := when(seat.get("upgrade_deadline")))]
    low, high, weeks = (number(run.get(name)) for name in ("min_effort", "max_effort", "weeks_to_complete"))
    prices = tuple(price for seat in seats[:20] if (price := _price(seat)))
    pacing = {"self_paced": "self_paced", "instructor_paced": "cohort"}.get(said(run.get("pacing_type")), "")
    owners = names(course.get("owners")) or names(run.get("owners")) or names(run.get("organizations"))
    if len(set(until)) == 1:
        known, where = known | {"certificate_by": until[0]}, where | {"certificate_by": "seats.upgrade_deadline"}
    return Occasion(
        **known,  # type: ignore[arg-type]
        price=price_line(prices),
        online=True,
        prices=prices,
        effort=effort.weekly(low, high),
        hours=effort.times(low, high, weeks),
        pacing=pacing,  # type: ignore[arg-type]
        certificate="certificate" if any(price.covers == "certificate" for price in prices) else "",
        organiser=", ".join(owners) or heading(run.get("org")),
        course=edx_course(said(course.get("key")) or said(run.get("key"))),
        said=where,
    )


def _price(seat: Row) -> Price | None:
    """Free to attend is a seat `audit` at 0; a certificate is what the verified and professional seats cost."""
    kind = said(seat.get("type")).lower()
    covers = "certificate" if kind in _CERTIFIED else "attend" if kind in ("audit", "honor") else ""
    amount = number(seat.get("price"))
    return Price(kind, amount, code(said(seat.get("currency"))), covers=covers) if kind else None
