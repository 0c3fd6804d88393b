"""HTML with nothing in it that acts: fixed tags and attributes, whole addresses. One cleaner serves all pages."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import nh3

_TAGS = """
    a abbr b blockquote br caption cite code dd del div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins
    kbd li mark ol p pre q s samp small strong sub sup table tbody td tfoot th thead tr u ul var
"""
TAGS = frozenset(_TAGS.split())
_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_DROPPED_WHOLE = {
    "script", "style", "template", "textarea", "select", "option", "title", "svg", "noscript", "object",
}  # fmt: skip
_IMG = re.compile(r"<img\b[^>\"]*(?:\"[^\"]*\"[^>\"]*)*>")
_PIXEL = re.compile(r'\b(?:width|height)="[01](?:px)?"')
# Addresses that are resolved by putting another one before them (from the root of a site, or within a page), and
# the pages for which that holds.
_SIMPLE = re.compile(r"""(?:/|(?:/[\w~-][\w.~-]*)+/?)?(?:#[\w-]*)?(?=")""", re.A)
_PAGE = re.compile(r"(https?://(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)*[a-z]+)((?:/[\w~-][\w.~-]*)*/?)", re.A)
_WHOLE = ("http://", "https://", "mailto:")
_ADDRESSED = (('href="', "<a "), ('src="', "<img "))


def safe(html: str, base: str) -> str:
    """What `text.sanitise` promises, for HTML that is clean text and nested no deeper than a parser can bear."""
    found = _resolved(_cleaner("pass_through").clean(html), base)
    if found is None:
        is_web = base.startswith(("http://", "https://"))
        found = _cleaner(("rewrite_with_base", base) if is_web else "deny").clean(html)
    return _IMG.sub(_image, found) if "<img" in found else found


def _resolved(html: str, base: str) -> str | None:
    """HTML that is safe but for its relative addresses, with these resolved; None where that takes more than to
    put a plain base before them. For one cleaner that passes them serves all pages, and to make one for each page
    takes longer than to clean its text."""
    page: re.Match[str] | None = None
    for name, tag in _ADDRESSED:
        if name in html:
            pieces = html.split(name)
            for at in range(1, len(pieces)):
                if pieces[at].startswith(_WHOLE):
                    continue
                # What a text says of addresses has no tag before it: there, "<" is always escaped.
                page = page or _PAGE.fullmatch(base)
                if not page or not pieces[at - 1].endswith(tag) or not _SIMPLE.match(pieces[at]):
                    return None
                pieces[at] = (page[1] if pieces[at][0] == "/" else page[1] + (page[2] or "/")) + pieces[at]
            html = name.join(pieces)
    return html


@lru_cache(maxsize=256)
def _cleaner(relative: Any) -> Any:
    arguments: dict[str, Any] = {
        "tags": set(TAGS),
        "attributes": _ATTRIBUTES,
        "clean_content_tags": _DROPPED_WHOLE,
        "url_schemes": {"http", "https", "mailto"},
        "link_rel": "noopener noreferrer",
    }
    try:
        return nh3.Cleaner(url_relative=relative, **arguments)
    except ValueError:  # a base that is no address
        return nh3.Cleaner(url_relative="deny", **arguments)


def _image(found: re.Match[str]) -> str:
    kept = 'src="http' in found[0] and not _PIXEL.search(found[0])
    return found[0] if kept else ""
