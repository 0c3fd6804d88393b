"""MOOCHub, the exchange format of openHPI, KI-Campus and other platforms (`/bridges/moochub/courses`).

JSON:API; versions 2 and 3 are read. Dates are arrays in version 3. `duration` is how long the run takes, never the
effort. Prices other than 0 may be in cents (a platform's own test writes 1000 EUR): they are shown only where
`options.price_unit` says `major` or `minor`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Occasion, Price, Reading, Source, Wanted
from aggregator.read import effort
from aggregator.read.answers import (
    address,
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
from aggregator.read.courses_runs import course_of, dated, language
from aggregator.read.fields import author
from aggregator.read.prices import code, price_line
from aggregator.urls import host

NAME = "MOOCHub"
_VERSION = "3.0"  # others get 406; without the header a site answers with its own
_UNITS = {"": None, "major": 1, "minor": 100}
_CERTIFICATE = ("certif", "zertifi", "attest", "exam", "prüfung")
Row = Mapping[str, Any]


def looks(data: Any) -> bool:
    """Whether this is a page of the exchange format, or its word on a version that it does not know."""
    listed = data.get("data") if isinstance(data, dict) else None
    return isinstance(listed, list) and all(isinstance(row, dict) for row in listed[:5])


def ask(source: Source) -> Wanted:
    """The first page, in the version that is read best; `options.version` asks for another."""
    return Wanted(source.url, _headers(source))


def read(data: Any, document: Document, source: Source) -> Reading:
    """The runs of one page. A course with several beginnings is several runs."""
    if not looks(data):
        raise SourceError("not-a-courses", "no MOOCHub list: it has no `data`")
    unit = said(source.options.get("price_unit")).lower()
    if unit not in _UNITS:
        raise SourceError(
            "bad-option", f"price_unit '{unit}' is neither major (10.00 is ten) nor minor (1000 is ten)"
        )
    entries = [entry for row in rows(data["data"]) for entry in _entries(row, document.url, _UNITS[unit])]
    return Reading(entries=tuple(entries), more=next_page(document, _next(data), _headers(source)))


def _headers(source: Source) -> dict[str, str]:
    version = said(source.options.get("version")) or _VERSION
    return {"Accept": f"application/vnd.api+json; moochub-version={version}"}


def _next(data: Row) -> object:
    """The link to the next page: JSON:API allows a text or an object with `href`."""
    link = inside(data.get("links")).get("next")
    return inside(link).get("href") if isinstance(link, dict) else link


def _entries(row: Row, base: str, unit: int | None) -> Iterator[Entry]:
    facts = inside(row.get("attributes"))
    key, name = said(row.get("id")) or said(facts.get("courseCode")), heading(facts.get("name"))
    if not key or not name or said(row.get("type")).lower() not in ("course", "courses", ""):
        return
    for at, (starts, ends) in enumerate(_runs(facts)):
        guid = key if not at else f"{key}#{starts.isoformat()[:10] if starts else at}"
        yield _entry(facts, guid, base, _occasion(facts, starts, ends, unit))


def _runs(facts: Row) -> list[tuple[datetime | date | None, datetime | date | None]]:
    """First and last day of each run: arrays of the same length, or a single value each."""
    starts, ends = (_moments(facts.get(name)) for name in ("startDate", "endDate"))
    if len(starts) <= 1:
        return [(starts[0] if starts else None, ends[0] if len(ends) == 1 else None)]
    return list(zip(starts, ends if len(ends) == len(starts) else [None] * len(starts), strict=True))


def _moments(value: object) -> list[datetime | date | None]:
    return [when(one) for one in (value[:50] if isinstance(value, list) else [value])]


def _provider(facts: Row) -> str:
    """Who gives the course: the partner, else who publishes it."""
    return ", ".join(names(facts.get("partnerInstitute")) or names(facts.get("publisher")))


def _entry(facts: Row, guid: str, base: str, occasion: Occasion) -> Entry:
    url = address(base, facts.get("url"))
    description = prose(facts.get("description")) or prose(facts.get("abstract"))
    html, text = body(paragraphs(description, _licence(facts)), url)
    return Entry(
        guid=guid,
        url=url,
        title=heading(facts.get("name")),
        html=html,
        text=text,
        author=author(names(facts.get("instructors"))),
        tags=names(facts.get("keywords")),
        language=language(said(facts.get("inLanguage")), said(facts.get("languages"))),
        kind="course",
        occasion=occasion,
    )


def _licence(facts: Row) -> str:
    """The licence of the description, which asks to be shown."""
    licence = next(iter(rows(facts.get("license")) or rows(facts.get("courseLicenses"))), {})
    name = heading(licence.get("identifier")) or heading(licence.get("name")) or heading(licence.get("id"))
    return name if name.lower() not in ("", "proprietary") else ""


def _occasion(
    facts: Row, starts: datetime | date | None, ends: datetime | date | None, unit: int | None
) -> Occasion:
    fields = {"starts": "startDate", "ends": "endDate", "access_ends": "availableUntil"}
    found = {"starts": starts, "ends": ends, "access_ends": when(facts.get("availableUntil"))}
    known, where = dated(found, fields)
    prices = _prices(facts, unit)
    platform = heading(inside(facts.get("moocProvider")).get("name")) or heading(facts.get("moocProvider"))
    provider = _provider(facts) or platform
    work = said(facts.get("workload"))[:200]
    mode = " ".join(names(facts.get("courseMode"))).lower()
    return Occasion(
        **known,  # type: ignore[arg-type]
        price=price_line(prices),
        online=True if "mooc" in mode or "online" in mode else None,
        prices=prices,
        effort=work,
        hours=effort.hours_of(work),
        pacing="self_paced" if "self" in mode and "paced" in mode else "",
        organiser=provider,
        platform=platform,
        course=course_of(provider or host(said(facts.get("url"))), heading(facts.get("name"))),
        said=where,
    )


def _prices(facts: Row, unit: int | None) -> tuple[Price, ...]:
    found = [_price(offer, unit) for offer in rows(facts.get("offers"))[:20]]
    free = facts.get("access") in ("free", ["free"]) or whether(facts.get("isAccessibleForFree"))
    if free and not any(price.covers == "attend" and price.amount == 0 for price in found):
        found.insert(0, Price("free", 0.0, covers="attend"))
    if not found and "paid" in names(facts.get("access")):
        found.append(Price("paid", covers="attend"))
    return tuple(found)


def _price(offer: Row, unit: int | None) -> Price:
    label = heading(offer.get("category"))
    written = number(offer.get("price"))
    amount = written / unit if written and unit else 0.0 if written == 0 else None
    covers = "certificate" if any(word in label.lower() for word in _CERTIFICATE) else "attend"
    currency = code(said(offer.get("price_currency")) or said(offer.get("priceCurrency")))
    return Price(label or ("" if amount is not None else "paid"), amount, currency, covers=covers)
