"""Selectors for a list that no program was meant to read, guessed from what repeats on the page.

A guess, for a person to look at: the rows are elements of one kind under one parent (or of one class anywhere),
each with a link of its own to somewhere else, outside menus. Headings and dates make a list of news likelier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import median
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.read.isodates import when
from aggregator.text import one_line
from aggregator.urls import absolute, is_web

FEWEST = 3  # rows that make a list
_ANCHORS = 1_500
_UPWARDS = 6  # ancestors of a link that may be its row
_SHORTEST_TITLE = 12  # characters; menus have shorter ones
_SHORTEST_TEASER = 50
_LARGEST_ROW = 4_000  # characters
_ASIDE = frozenset({"nav", "header", "footer", "aside", "form", "button", "select", "dialog"})
_ASIDE_NAMES = re.compile(
    r"(?:^|[-_ ])(?:nav|navbar|navigation|menu|breadcrumbs?|footer|sidebar|header|social|share|cookie|pagination|"
    r"pager|skip|lang(?:uage)?s?)(?:$|[-_ ])",
    re.I,
)
_TAG = re.compile(r"[a-z][a-z0-9-]{0,30}")
_NAME = re.compile(r"-?[A-Za-z_][\w-]{0,60}")
_CHANGING = re.compile(
    r"\d{2,}|^(?:first|last|odd|even|active|current|item-\d+|row-\d+|col-.*|is-.*|has-.*|wp-.*)$"
)
_TEXTS = frozenset({"p", "span", "blockquote", "td", "em", "strong"})  # what holds text more often than items
_IN_TEXT, _IN_ROW = 0.7, 0.15  # of a row's text, what its link must be at least
_HEADINGS = "h1, h2, h3, h4, h5, h6"


@dataclass(slots=True)
class _Rows:
    """Elements of one kind under one parent, with the link of each."""

    parent: LexborNode
    tag: str
    nodes: list[LexborNode] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    targets: set[str] = field(default_factory=set)


def selectors(tree: LexborHTMLParser, base: str) -> dict[str, Any] | None:
    """The options of kind `page` that read the likeliest list of a page found at `base`, or None where no list is.

    Given are `item` and `link`, and where they are seen `title`, `date` and `summary`.
    """
    groups = [rows for rows in _groups(tree, base) if len(rows.targets) >= FEWEST]
    scored = [(worth, rows) for rows in groups if (worth := _worth(rows)) > 0]
    if not scored:
        return None
    _, best = max(scored, key=lambda pair: pair[0])
    item = _selector(best, tree)
    if not item:
        return None
    options: dict[str, Any] = {"item": item, **_title(best)}
    if best.tag != "a":  # of a row that is a link itself, the reader takes that
        options["link"] = "a[href]@href"
    if found := _date(best):
        options["date"] = found
    if found := _summary(best):
        options["summary"] = found
    return options


# ------------------------------------------------------------------------------------------------------ the rows
def _groups(tree: LexborHTMLParser, base: str) -> list[_Rows]:
    """Every set of like elements under one parent that hold links with telling texts."""
    found: dict[tuple[int, str], _Rows] = {}
    here = _page(base)
    for anchor in tree.css("a[href]")[:_ANCHORS]:
        target = _page(absolute(base, anchor.attributes.get("href") or ""))
        if not is_web(target) or target == here or _lies_aside(anchor):
            continue
        for row in _ancestors(anchor):
            parent = row.parent
            if parent is None or parent.tag in ("html", "-undef"):
                break
            if (row.tag == "a" and parent.tag in _TEXTS) or not _TAG.fullmatch(row.tag or ""):
                continue  # links in running text; elements that broken pages make up
            rows = found.setdefault((parent.mem_id, row.tag or ""), _Rows(parent, row.tag or ""))
            if rows.nodes and rows.nodes[-1].mem_id == row.mem_id:
                continue  # its first link counts
            title = _heading(row) or _said(anchor)
            if len(title) >= _SHORTEST_TITLE and target not in rows.targets:
                rows.nodes.append(row)
                rows.titles.append(title)
                rows.targets.add(target)
    return list(found.values())


def _page(url: str) -> str:
    """An address without the place on the page that it names."""
    return url.partition("#")[0]


def _ancestors(anchor: LexborNode) -> Iterator[LexborNode]:
    node: LexborNode | None = anchor
    for _ in range(_UPWARDS):
        if node is None or node.tag in ("body", "html"):
            return
        yield node
        node = node.parent


def _lies_aside(anchor: LexborNode) -> bool:
    node: LexborNode | None = anchor
    for _ in range(40):
        if node is None:
            return False
        named = f"{node.attributes.get('id') or ''} {node.attributes.get('class') or ''}"
        if node.tag in _ASIDE and not _in_row(node):
            return True
        if node.tag != "body" and _ASIDE_NAMES.search(named):
            return True
        node = node.parent
    return False


def _in_row(node: LexborNode) -> bool:
    """Whether a <header> or <footer> is that of an article, not of the page."""
    if node.tag not in ("header", "footer"):
        return False
    parent = node.parent
    for _ in range(3):
        if parent is None:
            return False
        if parent.tag in ("article", "li", "section"):
            return True
        parent = parent.parent
    return False


def _worth(rows: _Rows) -> float:
    """How likely these rows are a list of news: many, with telling titles, headings, dates; none too large."""
    sizes = [len(_said(node)) for node in rows.nodes[:40]]
    if median(sizes) > _LARGEST_ROW:
        return 0
    length = min(median([len(title) for title in rows.titles]), 80)
    worth = sqrt(min(len(rows.nodes), 30)) * length
    sample = rows.nodes[:10]
    worth *= 1 + 0.6 * _share(sample, lambda node: node.css_first(_HEADINGS) is not None)
    worth *= 1 + 1.0 * _share(sample, lambda node: bool(_date_in(node)))
    worth *= _told_by_links(rows)
    # A row with many links is a section of the page, and what is beside its rows is no list.
    links = median([len({a.attributes.get("href") for a in node.css("a[href]")}) or 1 for node in sample])
    return worth / max(1.0, links / 3)


def _told_by_links(rows: _Rows) -> float:
    """How far the rows are about their links: in running text a link is a word or two of many."""
    shares = [
        1.0 if _heading(node) or _date_in(node) else min(1.0, len(title) / max(1, len(_said(node))))
        for node, title in zip(rows.nodes[:20], rows.titles, strict=False)
    ]
    found = median(shares)
    return 0 if found < (_IN_TEXT if rows.tag in _TEXTS else _IN_ROW) else 0.5 + found / 2


def _share(nodes: Sequence[LexborNode], true: Any) -> float:
    return sum(1 for node in nodes if true(node)) / len(nodes) if nodes else 0


# ----------------------------------------------------------------------------------------------------- selectors
def _selector(rows: _Rows, tree: LexborHTMLParser) -> str:
    """CSS that finds the rows and little else."""
    own = _common(rows.nodes)
    parent = _place(rows.parent)
    written = [f"{rows.tag}.{'.'.join(own[:2])}"] if own else []
    written += [f"{parent} > {one}" for one in (*written, rows.tag)] if parent else []
    outer = _place(rows.parent.parent) if rows.parent.parent else ""
    if outer and _TAG.fullmatch(rows.parent.tag or ""):
        written.append(f"{outer} > {rows.parent.tag} > {rows.tag}")
    wanted = {node.mem_id for node in rows.nodes}
    for css in written:
        found = {node.mem_id for node in tree.css(css)}
        if wanted <= found and len(found) <= 1.5 * len(wanted) + 2:
            return css
    return written[-1] if written else ""


def _common(nodes: Sequence[LexborNode]) -> list[str]:
    """The classes that all rows have and that don't look like a number or a place in the list."""
    shared = [_classes(node) for node in nodes]
    return [name for name in shared[0] if all(name in names for names in shared)] if shared else []


def _classes(node: LexborNode) -> list[str]:
    names = (node.attributes.get("class") or "").split()
    return [name for name in names if _NAME.fullmatch(name) and not _CHANGING.search(name)]


def _place(node: LexborNode | None) -> str:
    """One element as CSS: by its id, else by a class, else by its name where that says something."""
    if node is None or not _TAG.fullmatch(node.tag or ""):
        return ""
    named = node.attributes.get("id") or ""
    if _NAME.fullmatch(named) and not _CHANGING.search(named):
        return f"#{named}"
    names = _classes(node)
    if names:
        return f"{node.tag}.{names[0]}"
    return (
        node.tag if node.tag in ("main", "body", "tbody", "table", "article", "section", "ul", "ol", "dl") else ""
    )


def _title(rows: _Rows) -> dict[str, str]:
    """Where the titles stand, unless it is the heading or the link that the reader takes by itself."""
    heading = _share(rows.nodes[:20], lambda node: bool(_heading(node)))
    return {} if heading > 0.8 or heading == 0 else {"title": f"{_HEADINGS}, a[href]"}


def _date(rows: _Rows) -> str:
    """A selector of the element that holds a date in most rows; empty for none."""
    found = [_date_in(node) for node in rows.nodes[:20]]
    told = [one for one in found if one]
    if len(told) * 2 < len(found):
        return ""
    return max(sorted(set(told)), key=told.count)


def _date_in(row: LexborNode) -> str:
    """How the first date in a row is reached: `time@datetime`, its element's class, or its place as a cell."""
    if (stamp := row.css_first("time[datetime]")) and when(stamp.attributes.get("datetime"))[0]:
        return "time@datetime"
    for node in row.css("time, span, p, div, td, dd, small, em, li, b, strong")[:40]:
        text = _said(node)
        if 6 <= len(text) <= 40 and when(text)[0] is not None and node.css_first("a") is None:
            return _reached(node)
    return ""


def _reached(node: LexborNode) -> str:
    names = _classes(node)
    if names:
        return f"{node.tag}.{names[0]}"
    if node.tag in ("td", "dd", "li") and node.parent is not None:
        before = [one for one in node.parent.iter() if one.tag == node.tag]
        number = next((n for n, one in enumerate(before, 1) if one.mem_id == node.mem_id), 1)
        return f"{node.tag}:nth-of-type({number})"
    return node.tag or ""


def _summary(rows: _Rows) -> str:
    """A selector of the paragraph below most titles; empty for none."""
    found = [_teaser(node) for node in rows.nodes[:20]]
    told = [one for one in found if one]
    return max(sorted(set(told)), key=told.count) if len(told) * 2 >= len(found) and told else ""


def _teaser(row: LexborNode) -> str:
    for node in row.css("p, div")[:20]:
        inner = [one for one in node.css("p, div, ul, h2, h3, h4, time") if one.mem_id != node.mem_id]
        if len(_said(node)) >= _SHORTEST_TEASER and not inner:
            return _reached(node)
    return ""


def _heading(row: LexborNode) -> str:
    found = row.css_first(_HEADINGS)
    return _said(found) if found else ""


def _said(node: LexborNode) -> str:
    return one_line(node.text(deep=True, separator=" "))
