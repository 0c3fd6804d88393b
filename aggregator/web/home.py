"""The first page, and what search engines and programs are told of the others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import zip_longest
from typing import Any
from xml.sax.saxutils import escape

from starlette.responses import Response
from starlette.routing import Route

from aggregator.issue import Issue, Shown
from aggregator.web.forms import Form
from aggregator.web.items import COUNTED
from aggregator.web.parts import Here, Parts, anybody

HIGHLIGHTS = 6  # items of the newest issue
TOPICS = 24  # those with most items
OLD = timedelta(days=45)  # an issue older than that is no news for a first page
_ADDRESSES = 50_000  # in one sitemap (sitemaps.org)


def routes(parts: Parts) -> list[Route]:
    return [
        anybody(parts, "/", _home, kept=60),
        anybody(parts, "/robots.txt", _robots),
        anybody(parts, "/sitemap.xml", _sitemap, kept=600),
    ]


def _home(here: Here, _: Form) -> Response:
    app = here.parts.app
    edition = here.parts.edition
    newest = here.store.issues.listed(edition=edition.name, limit=1)
    issue = here.store.issues.get(newest[0].id) if newest and newest[0].made_at > here.now - OLD else None
    shown = _highlights(issue) if issue else []
    return here.public(
        "home", edition=edition, issue=issue, shown=shown, topics=_topics(here), sources=len(app.public_sources),
        described=_described(here),
    )  # fmt: skip


def _highlights(issue: Issue) -> list[Shown]:
    """The best of each section in turn, until there are enough, in the order of the issue."""
    rounds = zip_longest(*(part.items for part in issue.parts))
    first = [one for some in rounds for one in some if one is not None][:HIGHLIGHTS]
    return [one for one in issue.shown if one in first]


def _topics(here: Here) -> list[tuple[str, str, int]]:
    """(id, label, items) of the topics with most items of late, by name."""
    counts = here.store.items.count_topics(here.now - COUNTED)
    topics = here.parts.app.catalogue.topics
    most = sorted(topics, key=lambda id: (-counts.get(id, 0), topics[id].label.casefold()))[:TOPICS]
    named = sorted(most, key=lambda id: topics[id].label.casefold())
    return [(id, topics[id].label, counts.get(id, 0)) for id in named]


def _described(here: Here) -> dict[str, Any]:
    """The site in the words of schema.org, with its search."""
    base_url = here.parts.base_url
    return {
        "@context": "https://schema.org", "@type": "WebSite", "name": here.parts.title, "url": f"{base_url}/",
        "potentialAction": {
            "@type": "SearchAction", "query-input": "required name=words",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{base_url}/search?q={{words}}"},
        },
    }  # fmt: skip


def _robots(here: Here, _: Form) -> Response:
    """Pages of readers are nobody's business; searches would be asked for without end."""
    closed = ("/my/", "/preferences/", "/unsubscribe/", "/feeds/", "/search")
    lines = ["User-agent: *", *(f"Disallow: {here.parts.pages.root}{path}" for path in closed)]
    text = "\n".join([*lines, "", f"Sitemap: {here.parts.base_url}/sitemap.xml", ""])
    return here.parts.pages.public(here.request, text.encode(), "text/plain; charset=utf-8", fresh=3600)


def _sitemap(here: Here, _: Form) -> Response:
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>', '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
        *(f"<url><loc>{escape(here.parts.base_url + path)}</loc>{more}</url>" for path, more in _pages(here)),
        "</urlset>",
    ]  # fmt: skip
    content = ("\n".join(lines) + "\n").encode()
    return here.parts.pages.public(here.request, content, "application/xml; charset=utf-8", fresh=3600)


def _pages(here: Here) -> Iterator[tuple[str, str]]:
    """The pages worth finding, and when those last changed that never will again."""
    yield from ((path, "") for path in ("/", "/topics", "/items", "/issues"))
    topics = sorted(here.parts.app.catalogue.topics)
    yield from ((f"/topics/{id}", "") for id in topics)
    for kept in here.store.issues.listed(limit=_ADDRESSES - 4 - len(topics)):
        yield f"/issues/{kept.id}", f"<lastmod>{kept.made_at:%Y-%m-%dT%H:%M:%SZ}</lastmod>"
