"""Pages made for people: lists by selectors with their details, sitemaps."""

from __future__ import annotations

from typing import Any

from journeys.listings import LOGIN as LOGIN_PAGE
from journeys.listings import Fault, Listing, always, only, page
from journeys.press import Asked, Page

_THEMES = ("gardens", "harbours", "islands", "junctions", "kitchens", "lighthouses")


def html(body: str) -> Page:
    return Page(
        f"<!doctype html><html lang='en'><body>{body}</body></html>".encode(),
        headers={"Content-Type": "text/html"},
    )


def notices(asked: Asked, visit: int) -> Page:
    """A list in two pages, and a page for each notice."""
    if asked.place.startswith("/notice/"):
        number = int(asked.place.rpartition("/")[2])
        return html(f"<main><p>All about {_THEMES[number]}, at length.</p></main>")
    at = int(asked.query.get("page", 1))
    rows = "".join(
        f"<li class='n'><a href='/notice/{n}'>Notice {n}: local history of {_THEMES[n]}</a><time>2026-11-1{n}</time></li>"
        for n in range(2 * at - 2, 2 * at)
    )
    return html(f"<ul>{rows}</ul>" + ("<a class='next' href='?page=2'>older</a>" if at == 1 else ""))


def _notices_hold(rows: list[dict[str, Any]]) -> None:
    assert [row["text"] for row in rows] == [f"All about {_THEMES[n]}, at length." for n in range(4)]


def _map(root: str, rows: str) -> Page:
    text = f'<?xml version="1.0"?><{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</{root}>'
    return Page(text.encode(), headers={"Content-Type": "application/xml"})


def sitemap(asked: Asked, visit: int) -> Page:
    site = f"http://{asked.headers['host']}"
    if asked.place == "/sitemap.xml":
        return _map("sitemapindex", "".join(f"<sitemap><loc>{site}/part{n}.xml</loc></sitemap>" for n in (1, 2)))
    number = int(asked.place.removesuffix(".xml")[-1])
    rows = "".join(
        f"<url><loc>{site}/news/story-{number}-{theme}</loc><lastmod>2026-11-2{number}</lastmod></url>"
        for theme in _THEMES[: number + 1]
    )
    return _map("urlset", rows + f"<url><loc>{site}/about</loc></url>")


LISTINGS = (
    Listing(
        "notices", "page", "/notices", notices, 4, html("<ul><li class='none'>Nothing at present</li></ul>"),
        "selector-empty", "",
        {"item": "li.n", "title": "a", "link": "a", "date": "time", "next": "a.next", "empty": "li.none",
         "details": {"text": "main"}},
        holds=_notices_hold,
        faults={
            "was rebuilt": Fault(always(html("<div class='card'>Notice 1</div>")), "selector-empty"),
            "checks for robots": Fault(always(html("<h1>Just a moment...</h1>")), "not-a-page"),
            "loses a detail": Fault(only(lambda a: a.place == "/notice/1", page("", 500)), partial="http-500"),
            "hides its details": Fault(only(lambda a: a.place.startswith("/notice/"), Page(LOGIN_PAGE)),
                                        partial="selector-empty"),
            "closes its details to programs": Fault(
                only(lambda a: True, page("User-agent: *\nDisallow: /notice/")), partial="robots-disallowed",
                robots=True),
            "loses its second page": Fault(only(lambda a: a.query.get("page") == "2", page("", 404))),
        },
    ),
    Listing(
        "sitemap", "sitemap", "/sitemap.xml", sitemap, 5, _map("urlset", ""), "login-required",
        options={"match": "/news/"},
        faults={"loses a part": Fault(only(lambda a: a.place == "/part2.xml", page("", 503)), partial="http-503")},
    ),
)  # fmt: skip
