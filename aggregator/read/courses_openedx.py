"""Open edX: the public list of a site (`/api/courses/v1/courses/`, no key needed).

After the source of the platform (lms/djangoapps/course_api). A run without a date has 2030-01-01 for one: where
`start_type` is not `timestamp`, `start` is a filler and `start_display` is what people read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Occasion, Reading, Source, Wanted
from aggregator.read import effort
from aggregator.read.answers import (
    address,
    asked,
    body,
    heading,
    inside,
    next_page,
    paragraphs,
    prose,
    rows,
    said,
    site_of,
    when,
    whether,
)
from aggregator.read.courses_runs import dated, edx_course

NAME = "Open edX"
_FILLER = datetime(2030, 1, 1, tzinfo=UTC)  # DEFAULT_START_DATE of the platform
_FIELDS = {"starts": "start", "ends": "end", "opens": "enrollment_start", "closes": "enrollment_end"}


def looks(data: Any) -> bool:
    """Whether this is a page of the list, a list without pages (older sites), or one course."""
    if isinstance(data, dict) and isinstance(data.get("results"), list):
        return isinstance(data.get("pagination"), dict) or any(_is_run(row) for row in data["results"])
    return any(_is_run(row) for row in data) if isinstance(data, list) else _is_run(data)


def ask(source: Source) -> Wanted:
    """The list in pages of 100, the most that the platform gives."""
    return asked(source, {"page_size": "100"})


def read(data: Any, document: Document, source: Source) -> Reading:
    """The runs of one page. Hidden runs and those by invitation are left out."""
    listed = data if isinstance(data, list) else [data] if _is_run(data) else inside(data).get("results")
    if not isinstance(listed, list):
        raise SourceError("not-a-courses", "no Open edX list: it has no `results`")
    site = said(source.options.get("site")).rstrip("/") or site_of(document.url or source.url)
    paging = inside(inside(data).get("pagination"))
    return Reading(
        home=site,
        entries=tuple(_entry(row, site) for row in rows(listed) if _offered(row)),
        more=next_page(document, paging.get("next")),
    )


def _is_run(row: Any) -> bool:
    return isinstance(row, dict) and bool(said(row.get("name"))) and ("blocks_url" in row or "course_id" in row)


def _offered(row: Mapping[str, Any]) -> bool:
    named = said(row.get("id")) or said(row.get("course_id"))
    return bool(named) and not (whether(row.get("hidden")) or whether(row.get("invitation_only")))


def _entry(row: Mapping[str, Any], site: str) -> Entry:
    key = said(row.get("id")) or said(row.get("course_id"))
    url = address(site + "/", f"/courses/{quote(key, safe=':+/@')}/about")
    shown = "" if _is_dated(row) else heading(row.get("start_display"))
    html, text = body(prose(row.get("overview")) or paragraphs(prose(row.get("short_description")), shown), url)
    return Entry(
        guid=key,
        url=url,
        title=heading(row.get("name")),
        html=html,
        text=text,
        kind="course",
        occasion=_occasion(row, key, shown),
    )


def _is_dated(row: Mapping[str, Any]) -> bool:
    return said(row.get("start_type")) in ("timestamp", "") and _real(row.get("start")) is not None


def _occasion(row: Mapping[str, Any], key: str, shown: str) -> Occasion:
    found = {name: _real(row.get(theirs)) for name, theirs in _FIELDS.items()}
    if not _is_dated(row):
        found["starts"] = None
    known, where = dated(found, _FIELDS)
    work, hours = _work(said(row.get("effort"))[:200])
    pacing = {"self": "self_paced", "instructor": "cohort"}.get(said(row.get("pacing")).lower(), "")
    return Occasion(
        **known,  # type: ignore[arg-type]
        evidence=shown,
        online=True,
        effort=work,
        hours=hours,
        pacing=pacing,  # type: ignore[arg-type]
        organiser=heading(row.get("org")),
        course=edx_course(key),
        said=where | ({"effort": "effort"} if work else {}),
    )


def _real(value: object) -> datetime | date | None:
    found = when(value)
    return None if found in (_FILLER, _FILLER.date()) else found


def _work(written: str) -> tuple[str, effort.Hours | None]:
    """The effort in words, and its hours in all where it states them."""
    a_week = effort.clock(written)
    if a_week is not None:
        return effort.weekly(a_week, a_week), None
    return written, effort.hours_of(written)
