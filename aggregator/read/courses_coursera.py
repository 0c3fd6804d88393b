"""Coursera's catalogue (`api.coursera.org/api/courses.v1`), as others' programs have read it.

It may be gone: a source of this format is best left off until somebody has seen it answer. It has no prices, and
no dates but of old courses that ran in sessions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Occasion, Reading, Source, Wanted
from aggregator.read import effort
from aggregator.read.answers import asked, body, epoch, heading, inside, paragraphs, prose, rows, said
from aggregator.read.courses_runs import language
from aggregator.read.paging import following, with_query

NAME = "Coursera"
_SITE = "https://www.coursera.org"
_FIELDS = (
    "name,slug,description,workload,primaryLanguages,partnerIds,certificates,courseType,domainTypes,startDate"
)


def looks(data: Any) -> bool:
    """Whether this is a page of the catalogue."""
    return isinstance(data, dict) and isinstance(data.get("elements"), list)


def ask(source: Source) -> Wanted:
    """The catalogue in pages of 100, with the fields that are read."""
    return asked(source, {"start": "0", "limit": "100", "fields": _FIELDS, "includes": "partnerIds"})


def read(data: Any, document: Document, source: Source) -> Reading:  # noqa: ARG001 (every format is read alike)
    """The courses of one page."""
    if not looks(data):
        raise SourceError("not-a-courses", "no Coursera catalogue: it has no `elements`")
    partners = {
        said(one.get("id")): heading(one.get("name"))
        for one in rows(inside(data.get("linked")).get("partners.v1"))
    }
    found = [
        _entry(row, partners) for row in rows(data["elements"]) if said(row.get("id")) and said(row.get("name"))
    ]
    return Reading(home=_SITE, entries=tuple(found), more=_more(data, document))


def _more(data: Mapping[str, Any], document: Document) -> tuple[Wanted, ...]:
    start = said(inside(data.get("paging")).get("next"))
    if not start or not data["elements"] or not document.url:
        return ()
    return following(document.url, with_query(document.url, {"start": start}))


def _entry(row: Mapping[str, Any], partners: Mapping[str, str]) -> Entry:
    slug = said(row.get("slug"))
    url = f"{_SITE}/learn/{quote(slug, safe='')}" if slug else ""
    html, text = body(paragraphs(prose(row.get("description"))), url)
    return Entry(
        guid=said(row.get("id")),
        url=url,
        title=heading(row.get("name")),
        html=html,
        text=text,
        tags=_subjects(row),
        language=language(said(row.get("primaryLanguages"))),
        kind="course",
        occasion=_occasion(row, partners),
    )


def _subjects(row: Mapping[str, Any]) -> tuple[str, ...]:
    named = (said(one.get("subdomainId")) or said(one.get("domainId")) for one in rows(row.get("domainTypes")))
    return tuple(dict.fromkeys(name.replace("-", " ") for name in named if name))


def _occasion(row: Mapping[str, Any], partners: Mapping[str, str]) -> Occasion:
    ids = row.get("partnerIds")
    providers = [partners.get(said(one), "") for one in (ids if isinstance(ids, list) else [])]
    on_demand = "ondemand" in said(row.get("courseType")).lower()
    starts = None if on_demand else epoch(row.get("startDate"), 1000)
    work = said(row.get("workload"))[:200]
    certificates = row.get("certificates")
    return Occasion(
        starts=starts,
        online=True,
        effort=work,
        hours=effort.hours_of(work),
        pacing="self_paced" if on_demand else "",
        certificate="certificate" if isinstance(certificates, list) and certificates else "",
        organiser=", ".join(dict.fromkeys(name for name in providers if name)),
        platform=NAME,
        course=f"coursera/{said(row.get('slug')) or said(row.get('id'))}",
        said={"starts": "startDate"} if starts else {},
    )
