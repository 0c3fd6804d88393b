"""What to do where discovery found nothing to add: the obstacle in plain words, and the next step."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from aggregator.read.discover import CLOSED, Search
from aggregator.text import one_line
from aggregator.urls import host, is_web

_ISSN = re.compile(r"\bE?-?ISSN\b[^0-9]{0,30}(\d{4}-\d{3}[\dXx])\b", re.ASCII)
_FEW = 300  # characters of text on a page that scripts fill


def obstacle(search: Search) -> str:
    """Why nothing was found, as far as the page shows it; empty where it shows nothing."""
    said = " ".join(f"{code} {detail}" for _, code, detail in search.troubles)
    if host(search.address).removeprefix("www.").removeprefix("m.") in CLOSED:
        return "this platform gives programs nothing to read"
    if "checks for robots" in said:
        return "the site lets people in and turns programs away"
    if "login-required" in said or _asks_for_password(search):
        return "the page is only for those who log in"
    if search.page is not None and _is_empty_without_scripts(search):
        return "the page is empty until a browser has run its programs, which we don't"
    if "list of feeds (OPML)" in said:
        return "it is a list of feeds (OPML), not a source"
    return ""


def advice(search: Search) -> list[str]:
    """What a curator can do, the likeliest first."""
    said = obstacle(search)
    steps = []
    if "OPML" in said:
        steps.append("save the file and add what is in it: aggregator sources import FILE")
    steps += journal_step(search)
    if "log in" in said:
        steps.append("ask the publisher for a feed or an address with a key, and write the key as ${NAME}")
    if "programs away" in said:
        steps.append("ask the publisher to let the service in; AGGREGATOR_CONTACT tells them who asks")
    if "this platform" in said:
        return ["see whether they have a site, a newsletter or a Mastodon profile besides, and add that"]
    steps.append(
        "look on the site for RSS, a calendar (.ics) or the page with the list itself, and add that address"
    )
    steps.append("for a list on a page, write its selectors by hand: kind page in the guide for curators")
    return steps


def journal_step(search: Search) -> list[str]:
    """What to do where page or address show that it is a journal: Crossref has most of them."""
    issn = issn_of(search)
    found = f"it may be a journal: aggregator sources add https://api.crossref.org/journals/{issn}/works"
    return [found] if issn else []


def issn_of(search: Search) -> str:
    """The ISSN that a page or its address names, if its check digit is right (ISO 3297); empty for none."""
    if search.page is None:
        path = urlsplit(search.address).path if is_web(search.address) else ""
        written = re.findall(r"(?<!\d)(\d{4})-?(\d{3}[\dXx])(?![\dA-Za-z])", path, re.ASCII)
        return next((issn.upper() for issn in ("-".join(one) for one in written) if _is_issn(issn)), "")
    nodes = search.page.tree.css('meta[name*="issn" i][content]')[:5]
    told = [one_line(node.attributes.get("content") or "") for node in nodes]
    found = re.findall(r"\b\d{4}-\d{3}[\dXx]\b", " ".join(told), re.ASCII) or _ISSN.findall(search.page.text)
    return next((issn.upper() for issn in found if _is_issn(issn)), "")


def _is_issn(issn: str) -> bool:
    digits = issn.replace("-", "").upper()
    total = sum(int(digit) * weight for digit, weight in zip(digits[:7], range(8, 1, -1), strict=True))
    return digits[7] == "0123456789X0"[-total % 11]


def _asks_for_password(search: Search) -> bool:
    return search.page is not None and search.page.tree.css_first('input[type="password" i]') is not None


def _is_empty_without_scripts(search: Search) -> bool:
    page = search.page
    if page is None or page.tree.body is None or not page.tree.css("script"):
        return False
    shown = [node for node in page.tree.css("p, h1, h2, h3, li, td, a")[:200] if node.parent is not None]
    return (
        len(one_line(" ".join(node.text(deep=True) for node in shown))) < _FEW
        and len(page.tree.css("a[href]")) < 3
    )
