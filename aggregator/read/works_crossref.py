"""Crossref: the works of a journal by its ISSN (REST API, api.crossref.org).

Asked for is what was indexed since the last visit: nothing is missed, but changed records of old papers come too,
so a paper is known by its DOI, and its own date decides whether it is news (see `publication`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from aggregator.errors import SourceError
from aggregator.jsonlines import moment_from
from aggregator.language import base
from aggregator.model import Document, Entry, Reading, Source, Wanted
from aggregator.read import access, fields
from aggregator.read.answers import heading, inside, names, prose, rows, said
from aggregator.read.choice import days_of, text_option
from aggregator.read.paging import PAGE, following, query_of, whole, with_query
from aggregator.read.publication import Stated, published_at, stated
from aggregator.urls import is_web

FIRST_DAYS = 90  # how far back the first visit looks
ROWS = 100
_OVERLAP = timedelta(days=1)
_ISSN = re.compile(r"\d{4}-?\d{3}[\dXx]")
_FIELDS = (
    "DOI,title,subtitle,author,issued,published,published-online,published-print,created,indexed,URL,abstract,"
    "container-title,volume,issue,type,subject,update-to,license"
)
_TYPES = ("journal-article",)
_DATES = ("published-online", "published", "issued", "published-print")
_DEEPEST_OFFSET = 10_000
_JATS = re.compile(r"<(/?)jats:([\w-]+)", re.I)
_SAYS_ABSTRACT = re.compile(r"<(jats:title|title)>\s*(?:abstract|summary)\s*[.:]?\s*</\1>", re.I)
_AS_HTML = {"title": "p", "sec": "div", "italic": "i", "bold": "b", "list": "ul", "list-item": "li"}


def ask(source: Source, since: datetime | None, now: datetime) -> Wanted:
    """What was indexed since the last visit (a day's overlap), or in the last `options.days` (90), newest first.

    The address may be that of a journal, or any with `options.issn`; `options.contact` is the mail
    address for Crossref's polite pool. Raises SourceError `bad-option`.
    """
    query = query_of(source.url)
    begin = since - _OVERLAP if since else now - timedelta(days=days_of(source, "days", FIRST_DAYS))
    kept = [one for one in query.get("filter", "").split(",") if one and not one.startswith("from-index-date:")]
    contact = text_option(source, "contact") or query.get("mailto", "")
    wanted = {
        "filter": ",".join([f"from-index-date:{begin:%Y-%m-%d}", *kept]),
        "sort": query.get("sort", "created"),
        "order": query.get("order", "desc"),
        "rows": query.get("rows", str(ROWS)),
        "cursor": "*",
        "offset": None,
        "select": query.get("select", _FIELDS),
        "mailto": contact if contact and "{" not in contact else None,
    }
    return Wanted(with_query(_address(source), wanted), {"Accept": "application/json"})


def _address(source: Source) -> str:
    issn = text_option(source, "issn")
    if issn and not _ISSN.fullmatch(issn):
        raise SourceError("bad-option", f"issn: {issn[:40]!r} is no ISSN; write it like 0022-0418")
    parts = urlsplit(source.url)
    path = parts.path.rstrip("/")
    if issn and "/journals/" not in path:
        path = f"/journals/{issn}"
    return urlunsplit(parts._replace(path=path if path.endswith("/works") else path + "/works"))


def looks_so(answer: object) -> bool:
    """Whether an answer is one of Crossref's."""
    return "message-type" in inside(answer) or "items" in inside(inside(answer).get("message"))


def read(answer: object, document: Document, source: Source) -> Reading:
    """The works of an answer, those of `options.types` (journal-article) only.

    Raises SourceError `not-a-works`, or `refused` with what Crossref said.
    """
    message = inside(answer).get("message")
    if inside(answer).get("status") == "failed" or inside(answer).get("message-type") == "validation-failure":
        reason = "; ".join(heading(one.get("message")) for one in rows(message))
        raise SourceError("refused", f"Crossref: {reason[:200] or 'it gave no reason'}")
    if not isinstance(message, dict) or not isinstance(message.get("items"), list):
        raise SourceError("not-a-works", "data in JSON without a list of works; ask for /journals/ISSN/works")
    types = source.options.get("types", _TYPES)
    wanted = set(names(list(types) if isinstance(types, tuple) else types))
    items = rows(message["items"])
    entries = (_entry(item) for item in items if said(item.get("type")) in {*wanted, ""})
    return Reading(
        entries=tuple(one for one in entries if one is not None), more=_more(message, document, len(items))
    )


def _more(message: Mapping[str, Any], document: Document, count: int) -> tuple[Wanted, ...]:
    """The next page by cursor, which ends with a page without works, or by offset.

    A cursor often stays the same from page to page while what it gives moves on. So the number of the page is in
    the role, and the address may be one that was asked already.
    """
    query, url = query_of(document.url), document.url
    total, cursor = whole(message.get("total-results")), said(message.get("next-cursor"))
    number = whole(document.role.removeprefix(f"{PAGE}:")) or 1
    first = number == 1 and query.get("cursor", "*") == "*"
    if not count or not is_web(url) or (first and total is not None and total <= count):
        return ()
    role = f"{PAGE}:{number + 1}"
    if cursor:
        there = with_query(url, {"cursor": cursor, "offset": None})
        return (Wanted(there, {"Accept": "application/json"}, role),)
    offset = (whole(query.get("offset")) or 0) + count
    if "cursor" in query or total is None or offset >= min(total, _DEEPEST_OFFSET):
        return ()
    return following(url, with_query(url, {"offset": str(offset)}), role)


# --------------------------------------------------------------------------------------------------------- works
def _entry(item: Mapping[str, Any]) -> Entry | None:
    doi = said(item.get("DOI"))
    name = _name(item)
    if not doi or not name:
        return None
    indexed = _moment(item, "indexed") or _moment(item, "created")
    appeared = _appeared(item)
    address = said(item.get("URL"))
    address = address if is_web(address) else f"https://doi.org/{quote(doi, safe='/:;()._-')}"
    html, plain = fields.body(_abstract(prose(item.get("abstract"))), address)
    return Entry(
        guid=f"doi:{fields.identifier(doi.lower())}",
        url=address,
        title=name,
        html=html,
        text="\n\n".join(part for part in (plain, _citation(item, appeared)) if part),
        author=fields.author(_authors(item)),
        tags=fields.tags([*names(item.get("subject")), *_notices(item)]),
        published_at=published_at(appeared, indexed),
        updated_at=indexed,
        language=base(said(item.get("language"))),
        kind="paper",
        access=_access(item),
    )


def _access(item: Mapping[str, Any]) -> access.Access:
    """Open where the version of record has an open licence from its first day. A licence that starts later, or is
    for the manuscript or for text mining, opens nothing that a link leads to; and none at all says nothing."""
    licences = [
        one for one in rows(item.get("license")) if one.get("content-version") in ("vor", "unspecified", None)
    ]
    return access.stated(said(one.get("URL")) for one in licences if not one.get("delay-in-days"))


def _name(item: Mapping[str, Any]) -> str:
    name = heading(item.get("title"))
    more = heading(item.get("subtitle"))
    return f"{name}: {more}" if name and more and more.casefold() not in name.casefold() else name


def _authors(item: Mapping[str, Any]) -> list[str]:
    people = rows(item.get("author"))
    return [
        " ".join((said(one.get("given")), said(one.get("family")))).strip() or said(one.get("name"))
        for one in people
    ]


def _notices(item: Mapping[str, Any]) -> list[str]:
    """What this work is to another one: a retraction, a correction."""
    return [heading(one.get("label")) or heading(one.get("type")) for one in rows(item.get("update-to"))]


def _abstract(jats: str) -> str:
    """An abstract in JATS as HTML: its elements carry a prefix, and its title often only says "Abstract"."""
    return _JATS.sub(lambda tag: f"<{tag[1]}{_AS_HTML.get(tag[2].lower(), tag[2])}", _SAYS_ABSTRACT.sub("", jats))


def _appeared(item: Mapping[str, Any]) -> Stated | None:
    """The earliest of its dates that is a whole day, else the most precise one."""
    found = [date for name in _DATES if (date := _date(item.get(name)))]
    return min(found, key=lambda date: ((date.last - date.first).days, date.first), default=None)


def _date(value: object) -> Stated | None:
    """The date in {"date-parts": [[2026, 11, 3]]} of one, two or three parts; [[null]] is none."""
    parts = inside(value).get("date-parts")
    inner = parts[0] if isinstance(parts, list) and parts else None
    numbers = [whole(one) for one in inner[:3]] if isinstance(inner, list) else []
    if not numbers or not numbers[0]:
        return None
    return stated(numbers[0], *[one for one in numbers[1:] if one])


def _moment(item: Mapping[str, Any], name: str) -> datetime | None:
    found = moment_from(inside(item.get(name)).get("date-time"))
    return found.replace(microsecond=0) if found else None


def _citation(item: Mapping[str, Any], appeared: Stated | None) -> str:
    """Journal, volume and issue, and the date where no whole day is known: "Journal of Examples 12(3), 2026"."""
    journal = heading(item.get("container-title"))
    issue = said(item.get("issue"))
    volume = said(item.get("volume")) + (f"({issue})" if issue else "")
    when = appeared.shown if appeared and appeared.first != appeared.last else ""
    return ", ".join(part for part in (f"{journal} {volume}".strip(), when) if part)
