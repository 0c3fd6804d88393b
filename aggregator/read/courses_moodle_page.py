"""Moodle's list of courses as guests see it (`/course/index.php?categoryid=N`).

Themes differ: `options.selectors` replaces any of the selectors below. Dates stand in the summaries' prose only.
Categories are walked by their links unless `options.categories` is false.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Occasion, Reading, Source, Wanted
from aggregator.read.answers import MOST, address, body, heading, number, said, site_of, whether
from aggregator.read.courses_runs import course_of, language
from aggregator.read.fields import author, tags
from aggregator.read.paging import following, query_of
from aggregator.read.structured import parsed
from aggregator.text import clean, one_line

NAME = "Moodle's page"
SELECTORS: Mapping[str, str] = {
    "item": "div.coursebox[data-courseid]",
    "title": ".coursename a, h3.name a, .coursename",
    "link": '.coursename a, a[href*="/course/view.php?id="], .moreinfo a, a[href*="/course/info.php?id="]',
    "summary": ".summary",
    "teachers": "ul.teachers li a, .teachers a",
    "category": ".coursecat a",
    "next": ".pagination a[href], .paging a[href]",
    "categories": '.category > .info .categoryname a, .categoryname a[href*="categoryid="]',
}
_MOST_CATEGORIES = 50


def looks(text: str) -> bool:
    """Whether this is a page of courses of a Moodle, or its page for logging in."""
    return any(
        mark in text for mark in ("coursebox", "course_category_tree", "page-course-index", "page-login-index")
    )


def ask(source: Source) -> Wanted:
    """The page as it is."""
    return Wanted(source.url, {"Accept": "text/html"})


def read(text: str, document: Document, source: Source) -> Reading:
    """The courses of one page.

    Raises SourceError: `login-required`, `selector-empty`, `bad-option`, `too-large`, `too-deep`.
    """
    selectors = _selectors(source)
    base = document.url or source.url
    tree = parsed(clean(text))
    boxes = _all(tree, selectors["item"])[:MOST]
    entries = [entry for box in boxes if (entry := _entry(box, selectors, base)).title and entry.guid]
    more = _more(tree, selectors, document, source)
    if not entries and not more:
        _refuse(tree, selectors, base)
    lang = tree.root.attributes.get("lang") if tree.root else ""
    return Reading(home=site_of(base), language=language(said(lang)), entries=tuple(entries), more=more)


def _selectors(source: Source) -> dict[str, str]:
    own = source.options.get("selectors") or {}
    if not isinstance(own, dict) or not set(own) <= set(SELECTORS):
        raise SourceError("bad-option", f"selectors is a map of {', '.join(SELECTORS)} to CSS selectors")
    return {**SELECTORS, **{name: said(value) for name, value in own.items() if said(value)}}


def _refuse(tree: LexborHTMLParser, selectors: Mapping[str, str], base: str) -> None:
    if urlsplit(base).path.endswith("/login/index.php") or tree.css_first("input[type=password]") is not None:
        raise SourceError("login-required", "the site shows its courses only to those who log in")
    raise SourceError(
        "selector-empty",
        f"'{selectors['item']}' finds no course in the page; give options.selectors.item what this theme uses",
    )


def _entry(box: LexborNode, selectors: Mapping[str, str], base: str) -> Entry:
    link = _first(box, selectors["link"])
    url = address(base, link.attributes.get("href") if link is not None else "")
    summary = _first(box, selectors["summary"])
    html, text = body((summary.html or "") if summary is not None else "", url)
    tutors = [_text(one) for one in _all(box, selectors["teachers"])[:20]]
    name = _first(box, selectors["title"])
    title = heading(_text(name)) if name is not None else ""
    return Entry(
        guid=said(box.attributes.get("data-courseid")) or query_of(url).get("id", "") or url,
        url=url,
        title=title,
        html=html,
        text=text,
        author=author(tutors),
        tags=tags(_text(one) for one in _all(box, selectors["category"])[:20]),
        kind="course",
        occasion=Occasion(
            tutor=True if any(tutors) else None, course=course_of(site_of(base).partition("://")[2], title)
        ),
    )


def _more(
    tree: LexborHTMLParser, selectors: Mapping[str, str], document: Document, source: Source
) -> tuple[Wanted, ...]:
    """The page after this one, whose number is one higher (`page` counts from 0), and the categories below it."""
    here = query_of(document.url)
    following_number = str(int(number(here.get("page")) or 0) + 1)
    named = [said(one.attributes.get("href")) for one in _all(tree, selectors["next"])]
    found = [link for link in named if query_of(address(document.url, link)).get("page") == following_number][:1]
    if whether(source.options.get("categories")) is not False:
        found += [said(one.attributes.get("href")) for one in _all(tree, selectors["categories"])][
            :_MOST_CATEGORIES
        ]
    wanted = [one for link in found for one in following(document.url, link)]
    return tuple({one.url: one for one in wanted}.values())


def _all(node: LexborHTMLParser | LexborNode, selector: str) -> list[LexborNode]:
    try:
        return node.css(selector)
    except SelectolaxError as error:
        raise SourceError("bad-option", f"'{selector}' is no CSS selector; see options.selectors") from error


def _first(node: LexborNode, selector: str) -> LexborNode | None:
    found = _all(node, selector)
    return found[0] if found else None


def _text(node: LexborNode) -> str:
    return one_line(node.text(deep=True, separator=" "))
