"""However a listing names its pages, a visit ends within its documents, asks nothing twice and nobody else, and keeps
what it has read; and the window of the next visit begins where the last whole one was."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import visits
from aggregator.errors import SourceError
from aggregator.model import Answer, Document, Item, Reading, Source, SourceState, Wanted
from aggregator.read import asked, read
from aggregator.tour import Tour, documents_of

HOME = "https://listing.example"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
NAMES = st.sampled_from(
    ["?page=1", "?page=2", "?page=3", "", "{here}", "{here}&more=1", "{here}/deeper", "?cursor={n}", "/?page={n}",
     "https://elsewhere.example/list?page=2", "http://listing.example/api/courses/v1/courses/?page=2", "//x.example/",
     "javascript:0", "file:///etc/passwd", "http://[", "\x00", "%zz", "{here}{here}"]
)  # fmt: skip
Serve = Callable[[Wanted, int, str], object]  # (what is asked, how many came before, the next page it names)


def _xml(named: str) -> str:
    return named.replace("&", "&amp;").replace("<", "&lt;").replace("\x00", "")


def _edx(wanted: Wanted, n: int, named: str) -> object:
    return {"results": [{"id": f"c{n}", "name": f"N{n}", "blocks_url": "x"}], "pagination": {"next": named}}


def _discovery(wanted: Wanted, n: int, named: str) -> object:
    return {"results": [{"key": f"k{n}", "title": "T", "seats": []}], "next": named}


def _coursera(wanted: Wanted, n: int, named: str) -> object:
    return {"elements": [{"id": f"e{n}", "name": "N"}], "paging": {"next": named}}


def _richie(wanted: Wanted, n: int, named: str) -> object:
    return {"meta": {"total_count": 10**6, "offset": n}, "objects": [{"id": str(n), "title": "T"}]}


def _moochub(wanted: Wanted, n: int, named: str) -> object:
    return {
        "links": {"next": {"href": named}},
        "data": [{"type": "Course", "id": f"m{n}", "attributes": {"name": "N"}}],
    }


def _moodle(wanted: Wanted, n: int, named: str) -> object:
    return {"total": 10**6, "courses": [{"id": n + 1, "fullname": "F"}]}


def _moodle_page(wanted: Wanted, n: int, named: str) -> object:
    box = (
        f"<div class='coursebox' data-courseid='{n}'><div class='coursename'><a href='/c?id={n}'>T</a></div></div>"
    )
    return f"<html>{box}<div class='pagination'><a href='{_xml(named)}'>2</a><a href='?page={n + 1}'>3</a></div></html>"


def _canvas(wanted: Wanted, n: int, named: str) -> object:
    return [{"course": {"id": 100 * n + at, "name": "N"}} for at in range(50)]


def _indico(wanted: Wanted, n: int, named: str) -> object:
    return {"_type": "HTTPAPIResult", "complete": False, "results": [{"id": str(n), "title": "T"}]}


def _tec(wanted: Wanted, n: int, named: str) -> object:
    return {"events": [{"id": n, "title": "T", "url": f"{HOME}/e/{n}"}], "rest_url": "x", "next_rest_url": named}


def _oai(wanted: Wanted, n: int, named: str) -> object:
    record = f"<record><header><identifier>oai:{n}</identifier></header><metadata><dc><title>T</title></dc></metadata></record>"
    return (
        f"<OAI-PMH><ListRecords>{record}<resumptionToken>{_xml(named)}</resumptionToken></ListRecords></OAI-PMH>"
    )


def _crossref(wanted: Wanted, n: int, named: str) -> object:
    item = {"DOI": f"10.5555/{n}", "title": ["T"], "type": "journal-article"}
    return {
        "message-type": "work-list",
        "message": {"total-results": 10**6, "next-cursor": named, "items": [item]},
    }


def _doaj(wanted: Wanted, n: int, named: str) -> object:
    result = {"id": f"d{n}", "bibjson": {"title": "T"}}
    return {"total": 10**6, "page": 1, "pageSize": 1, "query": "x", "results": [result], "next": named}


def _wordpress(wanted: Wanted, n: int, named: str) -> object:
    return [{"id": 100 * n + at, "title": {"rendered": "T"}, "link": f"{HOME}/{n}/{at}"} for at in range(100)]


def _page(wanted: Wanted, n: int, named: str) -> object:
    rows = f"<li><a href='/{n}'>T{n}</a></li><li><a href='/{n}x'>U{n}</a></li>"
    return f"<html><body><ul>{rows}</ul><a class='next' href='{_xml(named)}'>next</a></body></html>"


SELECT = {"item": "li", "title": "a", "link": "a", "next": "a.next"}
LISTINGS: dict[str, tuple[Serve, str, str, dict[str, object]]] = {
    "openedx": (_edx, "courses", "/api/courses/v1/courses/", {}),
    "discovery": (_discovery, "courses", "/api/v1/course_runs/", {"format": "discovery"}),
    "coursera": (_coursera, "courses", "/api/courses.v1", {}),
    "richie": (_richie, "courses", "/api/v1.0/courses/", {}),
    "moochub": (_moochub, "courses", "/bridges/moochub/courses", {}),
    "moodle": (_moodle, "courses", "", {"format": "moodle", "search": "x", "token": "t"}),
    "moodle_html": (_moodle_page, "courses", "/course/index.php", {"format": "moodle_html"}),
    "canvas": (_canvas, "courses", "/api/v1/search/all_courses", {}),
    "indico": (_indico, "events", "/category/7/", {"format": "indico"}),
    "tec": (_tec, "events", "/wp-json/tribe/events/v1/events", {}),
    "oai": (_oai, "works", "/oai", {}),
    "crossref": (_crossref, "works", "/journals/1234-5679/works", {}),
    "doaj": (_doaj, "works", "/api/search/articles/issn:1234-5679", {}),
    "wordpress": (_wordpress, "page", "/wp-json/wp/v2/posts", {}),
    "page": (_page, "page", "/list", dict(SELECT)),
    "details": (_page, "page", "/list", {**SELECT, "details": {"text": "ul"}}),
}  # fmt: skip


def walk(name: str, named: Sequence[str], pages: int, fails_at: int) -> tuple[Tour, list[Wanted], int]:
    """A whole visit with the real reader. Returns the tour, what was asked, and how many entries came before the
    answer that failed."""
    serve, kind, path, options = LISTINGS[name]
    source = Source("s", HOME + path, kind, options={**options, "pages": pages})
    tour = Tour(source, SourceState("s", source.url), [asked(source, source.url, None, NOW)])
    sent: list[Wanted] = []
    kept = 0
    while coming := tour.next_round():
        for wanted in coming:
            at = len(sent)
            sent.append(wanted)
            answer = Answer("k", wanted.url, "body", 200)
            reading: Reading | None = None
            code = "http-500" if at == fails_at else ""
            if not code:
                spoken = named[at % len(named)].replace("{here}", wanted.url).replace("{n}", str(at))
                made = serve(wanted, at, spoken)
                body = made.encode() if isinstance(made, str) else json.dumps(made).encode()
                try:
                    reading = read(Document(body, wanted.url, role=wanted.role), visits.for_reader(source, NOW))
                except SourceError as error:
                    code = error.code
            if at == 0:
                tour.first(replace(answer, outcome="failed", error=code) if code else answer, reading)
            else:
                tour.further(answer, reading, code)
            if at < fails_at:
                kept = len(tour.reading.entries) if tour.reading else 0
    return tour, sent, kept


@pytest.mark.parametrize("name", LISTINGS)
@given(st.lists(NAMES, min_size=1, max_size=4), st.integers(1, 12), st.integers(0, 15))
def test_a_visit_ends_whatever_its_pages_name_as_next(
    name: str, named: list[str], pages: int, fails_at: int
) -> None:
    tour, sent, kept = walk(name, named, pages, fails_at)
    assert len(sent) <= documents_of(tour.source) == pages
    assert len({(one.url, one.role) for one in sent}) == len(sent)
    assert {urlsplit(one.url)[:2] for one in sent} == {("https", "listing.example")}
    assert kept <= (len(tour.reading.entries) if tour.reading else 0)
    if 0 < fails_at < len(sent):
        assert tour.trouble


@pytest.mark.parametrize("name", LISTINGS)
def test_pages_without_end_are_read_to_the_bound_and_it_is_said(name: str) -> None:
    """Not a law of the walk alone: each reader goes on asking, so that the bound is what ends it."""
    ever_new = {"coursera": "{n}1", "oai": "token{n}", "crossref": "cursor", "page": "?page={n}9", "details": ""}
    tour, sent, _ = walk(name, [ever_new.get(name, "?page={n}7")], 7, 99)
    if name == "details":
        assert len(sent) == 3  # the list and its two entries
        return
    assert len(sent) == 7
    assert "more than 7 documents" in tour.trouble
    assert not tour.broke_off


# --------------------------------------------------------------------------------------------------- the window
EVENTS = st.lists(
    st.tuples(st.sampled_from(["whole", "empty", "failed", "broke off"]), st.integers(1, 40)), max_size=12
)


@given(EVENTS, st.sampled_from(["/oai", "/journals/1234-5679/works"]))
def test_no_window_begins_after_the_last_whole_visit(events: list[tuple[str, int]], path: str) -> None:
    source = Source("w", HOME + path, "works")
    state, now, whole_at = SourceState("w", source.url), NOW, None
    answer = Answer("w", source.url, "body", 200, b"x")
    for outcome, days in events:
        now += timedelta(days=days)
        wanted = asked(source, source.url, state.last_ok_at, now)
        begin = _beginning(wanted.url)
        assert begin <= (whole_at or now - timedelta(days=90)).date().isoformat()
        if outcome == "failed":
            state = visits.failed(source, state, replace(answer, outcome="failed", error="http-500"), now).state
            continue
        after = visits.read(source, state, answer, Reading(), now)
        if outcome == "broke off":
            state = visits.incomplete(state, after, "page 2", broke_off=True)
        else:
            state, whole_at = after, now


def _beginning(url: str) -> str:
    query = dict(parse_qsl(urlsplit(url).query))
    return query.get("from") or query["filter"].partition("from-index-date:")[2][:10]


@given(st.none() | st.datetimes(datetime(1980, 1, 1), datetime(2099, 1, 1)), st.booleans())
def test_what_a_source_says_of_its_dates_never_moves_when_an_item_was_first_seen(
    said: datetime | None, first: bool
) -> None:
    item = Item("i", "w", published_at=said and said.replace(tzinfo=UTC), first_seen_at=None)
    [marked] = visits.with_freshness([item], first=first, now=NOW)
    assert marked.first_seen_at == NOW
