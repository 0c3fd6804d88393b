"""Who can read an item: what readers find in its own record, and what letters make of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import drafts
import pytest

from aggregator.compose import Composer, opened
from aggregator.jsonlines import item_from_json, to_json
from aggregator.model import Document, Edition, Entry, Item, Rights, Source
from aggregator.read import read
from aggregator.read.access import of_thing, stated

CC_BY = "https://creativecommons.org/licenses/by/4.0/"


@pytest.mark.parametrize(
    ("statement", "access"),
    [
        (CC_BY, "open"), ("http://creativecommons.org/publicdomain/zero/1.0/", "open"), ("CC BY-NC-ND 4.0", "open"),
        ("Creative Commons Attribution 4.0", "open"), ("info:eu-repo/semantics/openAccess", "open"),
        ("http://purl.org/coar/access_right/c_abf2", "open"), ("Open Access", "open"), ("accesso aperto", "open"),
        ("info:eu-repo/semantics/embargoedAccess", "restricted"), ("restricted access", "restricted"),
        ("info:eu-repo/semantics/closedAccess", "restricted"), ("under embargo until 2027", "restricted"),
        ("http://purl.org/coar/access_right/c_16ec", "restricted"), ("This is not open access.", ""),
        ("Copyright (c) 2026 The Authors. All rights reserved.", ""), ("", ""), ("cc'd to accounts", ""),
        ("info:eu-repo/date/embargoEnd/2027-01-01", ""), ("access", ""),
    ],
)  # fmt: skip
def test_statements_of_rights(statement: str, access: str) -> None:
    assert stated([statement]) == access


def test_a_licence_for_later_is_no_way_in_today() -> None:
    assert stated([CC_BY, "info:eu-repo/semantics/embargoedAccess"]) == "restricted"
    assert stated(["All rights reserved", CC_BY]) == "open"


@pytest.mark.parametrize(
    ("thing", "access"),
    [({"isAccessibleForFree": True}, "open"), ({"isAccessibleForFree": "False"}, "restricted"),
     ({"isAccessibleForFree": "http://schema.org/True"}, "open"), ({"isAccessibleForFree": False}, "restricted"),
     ({"license": CC_BY}, "open"), ({}, ""), ({"isAccessibleForFree": None, "license": 3}, "")],
)  # fmt: skip
def test_things_of_schema_org(thing: dict[str, Any], access: str) -> None:
    assert of_thing(thing) == access


# -------------------------------------------------------------------------------------------------------- readers
def entries(body: str, **of_source: Any) -> list[Entry]:
    source = Source("s", "https://s.example/list", **of_source)
    return list(read(Document(body.encode(), source.url), source).entries)


NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:cc="http://web.resource.org/cc/" '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:creativeCommons="http://backend.userland.com/creativeCommonsRssModule"'
)


@pytest.mark.parametrize(
    ("element", "access"),
    [
        (f'<cc:license rdf:resource="{CC_BY}"/>', "open"),
        (f"<creativeCommons:license>{CC_BY}</creativeCommons:license>", "open"),
        ("<dc:rights>info:eu-repo/semantics/openAccess</dc:rights>", "open"),
        ("<dc:rights>Restricted access</dc:rights>", "restricted"),
        ("<copyright>2026, the authors</copyright>", ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("torn", ["", "&oops;"])
def test_feeds(element: str, access: str, torn: str) -> None:
    """Well-formed and not: both ways of reading a feed find the same."""
    item = f"<item><title>One{torn}</title><link>https://s.example/1</link>{element}</item>"
    [entry] = entries(f'<rss version="2.0" {NAMESPACES}><channel><title>S</title>{item}</channel></rss>')
    assert entry.access == access


def test_atom() -> None:
    link = f'<link rel="license" href="{CC_BY}"/><link href="https://s.example/1"/>'
    [entry] = entries(
        f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>a</title>{link}</entry></feed>'
    )
    assert (entry.access, entry.url) == ("open", "https://s.example/1")


def test_oai_crossref_and_doaj() -> None:
    record = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header><identifier>oai:1'
        '</identifier><datestamp>2026-11-20</datestamp></header><metadata><dc xmlns:d="http://purl.org/dc/elements/1.1/">'
        "<d:title>One</d:title><d:rights>Copyright 2026</d:rights><d:rights>info:eu-repo/semantics/openAccess</d:rights>"
        "</dc></metadata></record></ListRecords></OAI-PMH>"
    )
    assert [entry.access for entry in entries(record, kind="works")] == ["open"]

    def work(number: int, **licence: object) -> dict[str, object]:
        return {"DOI": f"10.5555/{number}", "title": ["T"], "type": "journal-article",
                "license": [{"URL": CC_BY, **licence}]}  # fmt: skip

    works = [
        work(1, **{"content-version": "vor", "delay-in-days": 0}), work(2, **{"content-version": "am"}),
        work(3, **{"content-version": "vor", "delay-in-days": 365}), work(4, URL="https://p.example/terms"),
    ]  # fmt: skip
    answer = {"status": "ok", "message-type": "work-list", "message": {"items": works}}
    assert [entry.access for entry in entries(json.dumps(answer), kind="works")] == ["open", "", "", ""]
    article = {"id": "a1", "bibjson": {"title": "T", "link": [{"url": "https://j.example/1", "type": "fulltext"}]}}
    found = {"total": 1, "page": 1, "pageSize": 10, "query": "x", "results": [article]}
    assert [entry.access for entry in entries(json.dumps(found), kind="works")] == ["open"]


def test_json_lines_only_gain_a_key_where_it_is_known() -> None:
    item = Item("i1", title="One", text="x")
    assert "access" not in to_json(item)
    assert item_from_json(to_json(replace(item, access="restricted"))).access == "restricted"
    assert item_from_json({"id": "i", "title": "t", "text": "", "access": "members"}).access == ""


# -------------------------------------------------------------------------------------------------------- letters
def test_an_items_own_record_counts_before_the_rule_of_its_source() -> None:
    def told(own: str, of_source: str) -> tuple[bool, bool, bool]:
        paper = drafts.item(1, kind="paper", access=own)
        edition = Edition(library_link="https://p.example/login?url=")
        rights = {"quiet": Rights(access=of_source)}  # type: ignore[arg-type]
        letter = Composer().compose(drafts.draft(drafts.pick(paper), edition=edition, rights=rights))
        text = opened(letter.content).text or ""
        return "Open access" in text, "Access restricted" in text, "Through the library" in text

    assert told("open", "restricted") == (True, False, False)
    assert told("restricted", "open") == (False, True, True)
    assert told("", "open") == (True, False, False)
    assert told("", "") == (False, False, True)
