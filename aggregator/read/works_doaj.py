"""DOAJ: articles that match a search (doaj.org/api/search/articles/...), the newest first.

The list can't be asked for a window, so the moment of the last visit travels in the role of the document: a page
whose last article is older is the last one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from aggregator.errors import SourceError
from aggregator.jsonlines import moment, moment_from
from aggregator.language import base
from aggregator.model import Document, Entry, Reading, Source, Wanted
from aggregator.read import fields
from aggregator.read.answers import heading, inside, names, prose, rows, said
from aggregator.read.choice import days_of, text_option
from aggregator.read.paging import PAGE, following, query_of, whole, with_query
from aggregator.read.publication import Stated, published_at, stated
from aggregator.urls import is_web

FIRST_DAYS = 90  # how far back the first visit looks
SINCE = "since:"
_OVERLAP = timedelta(days=1)
_REACHABLE = 1_000  # results; DOAJ refuses pages beyond
_ARTICLES = "/api/search/articles/"


def ask(source: Source, since: datetime | None, now: datetime) -> Wanted:
    """The newest articles of a search. The address is that of the search, or any page of DOAJ with `options.query`
    or `options.issn`. Raises SourceError `bad-option`."""
    query = query_of(source.url)
    begin = since - _OVERLAP if since else now - timedelta(days=days_of(source, "days", FIRST_DAYS))
    wanted = {
        "page": "1",
        "pageSize": query.get("pageSize", "100"),
        "sort": query.get("sort", "created_date:desc"),
    }
    return Wanted(
        with_query(_address(source), wanted), {"Accept": "application/json"}, f"{SINCE}{moment(begin) or ''}"
    )


def _address(source: Source) -> str:
    parts = urlsplit(source.url)
    if _ARTICLES in parts.path:
        return source.url
    issn, search = text_option(source, "issn"), text_option(source, "query")
    search = search or (f"issn:{issn}" if issn else "")
    if not search:
        raise SourceError("bad-option", f"query: is missing; give query or issn, or an address with {_ARTICLES}")
    return urlunsplit(parts._replace(path=_ARTICLES + quote(search.replace("/", "\\/"), safe=":"), query=""))


def looks_so(answer: object) -> bool:
    """Whether an answer is one of DOAJ's searches."""
    found = inside(answer)
    return isinstance(found.get("results"), list) and ("pageSize" in found or "query" in found)


def read(answer: object, document: Document) -> Reading:
    """The articles of an answer. Raises SourceError `not-a-works`, or `refused` with what DOAJ said."""
    found = inside(answer)
    if "results" not in found and (said(found.get("error")) or said(found.get("status"))):
        raise SourceError("refused", f"DOAJ: {heading(found.get('error') or found.get('status'))[:200]}")
    if not isinstance(found.get("results"), list):
        raise SourceError("not-a-works", f"data in JSON without a list of results; ask for {_ARTICLES}...")
    results = rows(found["results"])
    entries = (_entry(result) for result in results)
    return Reading(entries=tuple(one for one in entries if one is not None), more=_more(found, results, document))


def _more(found: Mapping[str, Any], results: list[Mapping[str, Any]], document: Document) -> tuple[Wanted, ...]:
    page, size = whole(found.get("page")) or 1, whole(found.get("pageSize")) or len(results)
    since = moment_from(document.role.removeprefix(SINCE)) if document.role.startswith(SINCE) else None
    last = moment_from(results[-1].get("created_date")) if results else None
    newest_first = query_of(document.url).get("sort", "").startswith("created_date:desc")
    if not results or page * size >= min(whole(found.get("total")) or _REACHABLE, _REACHABLE):
        return ()
    if since and last and newest_first and last < since:
        return ()
    role, by_number = document.role or PAGE, with_query(document.url, {"page": str(page + 1)})
    return following(document.url, said(found.get("next")), role) or following(document.url, by_number, role)


# ------------------------------------------------------------------------------------------------------ articles
def _entry(result: Mapping[str, Any]) -> Entry | None:
    article = inside(result.get("bibjson"))
    name, own_id = heading(article.get("title")), fields.identifier(said(result.get("id")))
    doi = next((said(one.get("id")) for one in rows(article.get("identifier")) if one.get("type") == "doi"), "")
    doi = re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", doi, flags=re.I)
    if not name or not (own_id or doi):
        return None
    recorded = moment_from(result.get("last_updated")) or moment_from(result.get("created_date"))
    appeared = _appeared(article)
    address = _address_of(article, doi, own_id)
    html, plain = fields.body_of_text(prose(article.get("abstract")), address)
    return Entry(
        guid=f"doi:{fields.identifier(doi.lower())}" if doi else own_id,
        url=address,
        title=name,
        html=html,
        text="\n\n".join(part for part in (plain, _citation(article, appeared)) if part),
        author=fields.author(said(one.get("name")) for one in rows(article.get("author"))),
        tags=fields.tags(
            [*names(article.get("keywords")), *(said(s.get("term")) for s in rows(article.get("subject")))]
        ),
        published_at=published_at(appeared, recorded),
        updated_at=recorded.replace(microsecond=0) if recorded else None,
        language=_language(article),
        kind="paper",
        access="open",  # DOAJ lists nothing else
    )


def _address_of(article: Mapping[str, Any], doi: str, own_id: str) -> str:
    """The full text, else what the DOI leads to, else DOAJ's page of the article."""
    links = [one for one in rows(article.get("link")) if is_web(said(one.get("url")))]
    links.sort(key=lambda one: said(one.get("type")).lower() != "fulltext")
    if links:
        return said(links[0].get("url"))
    return f"https://doi.org/{quote(doi, safe='/:;()._-')}" if doi else f"https://doaj.org/article/{quote(own_id)}"


def _language(article: Mapping[str, Any]) -> str | None:
    """The journal's language where it has only one: a journal in two does not say which one this article is in."""
    named = {base(one) for one in names(inside(article.get("journal")).get("language"))}
    return named.pop() if len(named) == 1 else None


def _appeared(article: Mapping[str, Any]) -> Stated | None:
    """Year and month at best: DOAJ knows no days."""
    year, month = whole(article.get("year")), whole(article.get("month"))
    if not year:
        return None
    return stated(year, month) if month and 1 <= month <= 12 else stated(year)


def _citation(article: Mapping[str, Any], appeared: Stated | None) -> str:
    """Journal, volume and issue, and the month or year: "Example Library Review 4(2), 2026-10"."""
    journal = inside(article.get("journal"))
    issue = said(journal.get("number"))
    volume = said(journal.get("volume")) + (f"({issue})" if issue else "")
    where = f"{heading(journal.get('title'))} {volume}".strip()
    return ", ".join(part for part in (where, appeared.shown if appeared else "") if part)
