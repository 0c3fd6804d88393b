"""Papers of journals and repositories: by OAI-PMH, from Crossref and from DOAJ."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import ANYTHING, damaged, torn

from aggregator.errors import SourceError
from aggregator.jsonlines import to_json
from aggregator.model import Document, Entry, Reading, Source, Wanted
from aggregator.read import works
from aggregator.read.paging import following, whole, with_query
from aggregator.read.publication import published_at, stated, stated_in

SAMPLES = Path(__file__).parent / "data" / "works"
NAMES = sorted(p.name for p in SAMPLES.iterdir() if not p.name.endswith(".golden.json"))
URL = "https://fetched.example.org/oai?from=2026-11-01&page=1"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LAST = datetime(2026, 11, 20, 6, tzinfo=UTC)


def of(body: Any, url: str = URL, role: str = "", **options: Any) -> Reading:
    data = (
        body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    )
    return works.read(Document(data, url, role=role), Source("s", url, kind="works", options=options))


def refusal(body: Any, **options: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        of(body, **options)
    return caught.value


def told(sample: str) -> dict[str, Any]:
    """What is read in a sample, without what has no value."""
    try:
        reading = of((SAMPLES / sample).read_bytes())
    except SourceError as error:
        return {"error": str(error)}
    entries = [{k: v for k, v in to_json(entry).items() if v not in (None, "", [])} for entry in reading.entries]
    return {"more": [[wanted.url, wanted.role] for wanted in reading.more], "entries": entries}


@pytest.mark.parametrize("sample", NAMES)
def test_samples_are_read_as_reviewed(sample: str) -> None:
    golden = json.loads((SAMPLES / f"{sample}.golden.json").read_text("utf-8"))
    assert told(sample) == golden


# ---------------------------------------------------------------------------------------------- what to ask for
def asked(url: str, since: datetime | None = LAST, **options: Any) -> str:
    return works.ask(Source("s", url, options=options), since, NOW).url


def test_records_since_the_last_visit() -> None:
    url = "https://repo.example.org/index.php?page=oai&verb=ListRecords&set=x:ART"
    assert asked(url) == url + "&metadataPrefix=oai_dc&from=2026-11-19"
    assert asked("https://repo.example.org/cgi/oai2", None).endswith(
        "verb=ListRecords&metadataPrefix=oai_dc&from=2026-08-25"
    )
    assert asked("https://repo.example.org/oai", None, days=7, set="lis").endswith("&set=lis&from=2026-11-16")
    assert "from=2026-11-21" in asked("https://repo.example.org/oai?from=2026-11-21"), (
        "the curator's own later day"
    )


def test_works_indexed_since_the_last_visit() -> None:
    seed = "https://api.crossref.org/journals/0022-0418/works?filter=type:journal-article,from-index-date:{since}&rows=50&mailto={contact}"
    found = asked(seed)
    assert "filter=from-index-date:2026-11-19,type:journal-article&" in found
    assert "rows=50&" in found
    assert "cursor=*" in found
    assert "{" not in found
    assert "mailto" not in found
    assert "&mailto=desk%40example.org&" in asked(seed, contact="desk@example.org")
    assert asked("https://api.crossref.org/", format="crossref", issn="0022-0418").startswith(
        "https://api.crossref.org/journals/0022-0418/works?"
    )


def test_articles_newest_first() -> None:
    wanted = works.ask(
        Source("s", "https://doaj.org/", options={"format": "doaj", "issn": "1234-5678"}), LAST, NOW
    )
    assert (
        wanted.url
        == "https://doaj.org/api/search/articles/issn:1234-5678?page=1&pageSize=100&sort=created_date:desc"
    )
    assert wanted.role == "since:2026-11-19T06:00:00Z"
    slashed = asked("https://doaj.org/", format="doaj", query="doi:10.5555/x y")
    assert "/articles/doi:10.5555%5C%2Fx%20y?" in slashed


@pytest.mark.parametrize(
    "options",
    [
        {"format": "marc"},
        {"format": "doaj"},
        {"format": "crossref", "issn": "12345"},
        {"format": "crossref", "days": "ten"},
        {"format": "oai", "days": 0},
        {"format": "oai", "set": ["a"]},
    ],
)
def test_options_that_cannot_be_meant(options: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match="bad-option"):
        works.ask(Source("s", "https://site.example.org/", options=options), None, NOW)


def test_an_unknown_address_is_asked_as_it_is() -> None:
    assert works.ask(Source("s", "https://site.example.org/new"), None, NOW) == Wanted(
        "https://site.example.org/new"
    )


# -------------------------------------------------------------------------------------------------------- paging
def oai(inner: str) -> str:
    return f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{inner}</OAI-PMH>'


def records(token: str) -> str:
    return oai(f"<ListRecords><resumptionToken>{token}</resumptionToken></ListRecords>")


def test_a_token_leads_to_the_next_page() -> None:
    url = "https://r.example.org/x?page=oai&verb=ListRecords&metadataPrefix=oai_dc&from=2026-11-01&set=a"
    (wanted,) = of(records("a/b&amp;c=1 |"), url).more
    assert wanted.url == "https://r.example.org/x?page=oai&verb=ListRecords&resumptionToken=a%2Fb%26c%3D1%20%7C"
    assert of(records(""), url).more == ()
    assert of(records("a/b&amp;c=1 |"), wanted.url).more == (), "a token that leads to itself"
    assert of(records("t"), "").more == ()


def crossref(count: int, total: int, cursor: str = "") -> dict[str, Any]:
    items = [{"DOI": f"10.5555/{n}", "title": ["T"], "type": "journal-article"} for n in range(count)]
    message = {"total-results": total, "items": items} | ({"next-cursor": cursor} if cursor else {})
    return {"status": "ok", "message-type": "work-list", "message": message}


def test_a_cursor_is_followed_until_a_page_is_empty() -> None:
    url = "https://c.example.org/journals/1234-5678/works?rows=2&cursor=*"
    (second,) = of(crossref(2, 5, "AoE/+="), url).more
    assert (second.url, second.role) == (url.replace("*", "AoE%2F%2B%3D"), "page:2")
    (third,) = of(crossref(2, 5, "AoE/+="), second.url, second.role).more
    assert (third.url, third.role) == (second.url, "page:3"), "the cursor may stay the same"
    assert of(crossref(0, 5, "AoE/+="), third.url, third.role).more == ()
    assert of(crossref(2, 2, "AoE/+="), url).more == (), "all there is on the first page"


def test_without_a_cursor_by_offset() -> None:
    url = "https://c.example.org/journals/1234-5678/works?rows=2"
    (second,) = of(crossref(2, 5), url).more
    assert second.url == url + "&offset=2"
    assert of(crossref(1, 5), url + "&offset=4", second.role).more == ()
    assert of(crossref(2, 99_999), url + "&offset=9998", "page:9").more == ()


def doaj(created: str, page: int = 1, total: int = 250, **changes: Any) -> dict[str, Any]:
    result = {"id": "a", "created_date": created, "bibjson": {"title": "T"}}
    return {"total": total, "page": page, "pageSize": 100, "query": "q", "results": [result]} | changes


def test_doaj_is_read_back_to_the_last_visit() -> None:
    url = "https://d.example.org/api/search/articles/q?page=1&pageSize=100&sort=created_date:desc"
    named = {"next": url.replace("page=1", "page=2")}
    since = "since:2026-11-19T06:00:00Z"
    assert of(doaj("2026-11-20T00:00:00Z", **named), url, since).more == (Wanted(named["next"], role=since),)
    assert of(doaj("2026-11-01T00:00:00Z", **named), url, since).more == ()
    assert of(doaj("2026-11-01T00:00:00Z", **named), url).more == (Wanted(named["next"], role="page"),)
    assert of(doaj("2026-11-20T00:00:00Z", page=3, **named), url, since).more == ()
    assert of(doaj("2026-11-20T00:00:00Z", page=10, total=5_000, **named), url, since).more == (), (
        "1,000 can be reached"
    )
    elsewhere = doaj("2026-11-20T00:00:00Z", next="https://evil.example.com/x?page=2")
    assert of(elsewhere, url, since).more == (Wanted(named["next"], role=since),), "by number, on its own host"


@given(st.text(max_size=60), st.sampled_from(["https://a.example.org/x?page=1", "", "ftp://a", "http://["]))
def test_a_next_page_is_never_elsewhere(named: str, url: str) -> None:
    for wanted in following(url, named):
        assert wanted.url.startswith("https://a.example.org/")
        assert wanted.url != url


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=3))
def test_parameters_are_set_once(changes: dict[str, str | None]) -> None:
    with suppress(UnicodeEncodeError):
        once = with_query("https://a.example.org/x?a=1&b=%2F#f", changes)
        assert with_query(once, changes) == once


# --------------------------------------------------------------------------------------------------------- dates
@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026", "2026"),
        ("2026-11", "2026-11"),
        ("2026-12", "2026-12"),
        ("2026-11-03", "2026-11-03"),
        ("2026/11/3", "2026-11-03"),
        ("2026-11-03T23:30:00-05:00", "2026-11-03"),
        ("3 November 2026", "2026-11-03"),
        ("2026-13", None),
        ("2026-02-30", None),
        ("2026-00-00", "2026"),
        ("20261103", None),
        ("0000", None),
        ("in press", None),
        ("", None),
    ],
)
def test_dates_as_stated(written: str, shown: str | None) -> None:
    found = stated_in(written)
    assert (found.shown if found else None) == shown


def test_what_is_a_date_of_publication() -> None:
    assert published_at(stated(2026, 11, 3), None) == datetime(2026, 11, 3, tzinfo=UTC)
    assert published_at(stated_in("2026-11-03T23:30:00-05:00"), None) == datetime(2026, 11, 4, 4, 30, tzinfo=UTC)
    assert published_at(stated(2026, 11), NOW) is None
    assert published_at(stated(2026), NOW) is None
    assert published_at(stated(1999), NOW) == datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), "old for certain"
    assert published_at(stated(1999), None) is None
    assert published_at(None, NOW) is None


@given(
    st.integers(1600, 2100),
    st.none() | st.integers(1, 12),
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),
)
def test_an_imprecise_date_is_never_a_recent_one(year: int, month: int | None, recorded: datetime) -> None:
    found = published_at(stated(year, month), recorded.replace(tzinfo=UTC))
    assert found is None or recorded.replace(tzinfo=UTC) - found > timedelta(days=365)


@given(st.dates(date(1600, 1, 1), date(2199, 12, 31)))
def test_a_whole_day_is_itself(day: date) -> None:
    found = stated_in(day.isoformat())
    assert found is not None
    assert (found.first, found.last, found.shown) == (day, day, day.isoformat())


# ------------------------------------------------------------------------------------------------------- entries
def only(answer: Any) -> Entry:
    (entry,) = of(answer).entries
    return entry


def test_one_paper_in_two_indexes_has_one_guid() -> None:
    crossref_item = {"DOI": "10.5555/ABC", "title": ["T"]}
    doaj_item = {"id": "x", "bibjson": {"title": "T", "identifier": [{"type": "doi", "id": "doi:10.5555/abc"}]}}
    one = only({"message-type": "work-list", "message": {"items": [crossref_item]}})
    two = only({"results": [doaj_item], "pageSize": 1})
    assert one.guid == two.guid == "doi:10.5555/abc"
    assert one.url == "https://doi.org/10.5555/ABC"


@pytest.mark.parametrize(
    "parts", [None, [], [[]], [[None]], [["x"]], [[0]], [[2026, 13]], [[2026, 2, 30]], [[10**30]], "2026"]
)
def test_dates_of_crossref_that_are_none(parts: Any) -> None:
    item = {"DOI": "10.5555/a", "title": ["T"], "issued": {"date-parts": parts}}
    assert only({"message-type": "work-list", "message": {"items": [item]}}).published_at is None


def test_no_addresses_of_people_are_kept() -> None:
    assert "@example" not in repr(of((SAMPLES / "oai.xml").read_bytes()))


# ------------------------------------------------------------------------------------------- what is no such thing
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b"{", "unreadable"),
        (b"{}", "not-a-works"),
        (b"[]", "not-a-works"),
        (b"Resource not found.", "not-a-works"),
        (b"%PDF-1.7", "not-a-works"),
        (b"<!DOCTYPE html><html></html>", "not-a-works"),
        (b"<rss><channel/></rss>", "not-a-works"),
        (b"<OAI-PMH><Identify/></OAI-PMH>", "not-a-works"),
        (b"<OAI-PMH><ListRecords>", "unreadable"),
        (b'<OAI-PMH><error code="badArgument">No.</error></OAI-PMH>', "oai-badArgument"),
        (b'<OAI-PMH><error code="so&#10;so">No.</error></OAI-PMH>', "oai-error"),
        (b'<OAI-PMH><error code="badResumptionToken"/></OAI-PMH>', "bad-resumption-token"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><OAI-PMH>&a;</OAI-PMH>', "entity-bomb"),
        (b"<OAI-PMH>" + b"<a>" * 3_000, "unreadable"),
        (b"<OAI-PMH>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</OAI-PMH>", "not-a-works"),
        (b'{"status": "failed", "message-type": "validation-failure", "message": [{"message": "no"}]}', "refused"),
    ],
)
def test_what_is_refused(body: bytes, code: str) -> None:
    assert refusal(body).code == code


@pytest.mark.parametrize("name", ["oai", "crossref", "doaj"])
def test_a_page_in_a_named_format_is_refused(name: str) -> None:
    assert refusal((SAMPLES / "page.html").read_bytes(), format=name).code == "not-a-works"


def test_a_quiet_week_is_no_failure() -> None:
    assert of((SAMPLES / "oai-quiet.xml").read_bytes()) == Reading()
    assert of(crossref(0, 0)) == Reading()


# ------------------------------------------------------------------------------------------------ anything at all
JSON_SAMPLES = [json.loads((SAMPLES / name).read_bytes()) for name in NAMES if name.endswith(".json")]
XML_SAMPLES = [(SAMPLES / name).read_bytes() for name in NAMES if name.endswith(".xml")]


@settings(max_examples=250)
@given(damaged(JSON_SAMPLES), st.sampled_from([None, "crossref", "doaj"]))
def test_damaged_answers_never_crash(body: bytes, name: str | None) -> None:
    with suppress(SourceError):
        reading = of(body, **({"format": name} if name else {}))
        for entry in reading.entries:
            json.dumps(to_json(entry))
            assert entry.title
            assert entry.guid
        assert all(wanted.url.startswith("https://fetched.example.org/") for wanted in reading.more)


@settings(max_examples=150)
@given(torn(XML_SAMPLES))
def test_torn_documents_never_crash(body: bytes) -> None:
    with suppress(SourceError):
        for entry in of(body).entries:
            json.dumps(to_json(entry))


@settings(max_examples=100)
@given(ANYTHING, st.sampled_from(["crossref", "doaj"]))
def test_any_json_never_crashes(value: Any, name: str) -> None:
    with suppress(SourceError):
        of({"results": [value], "message": {"items": [value], "next-cursor": value}, "next": value}, format=name)


@given(ANYTHING)
def test_a_whole_number_is_one(value: Any) -> None:
    found = whole(value)
    assert found is None or (isinstance(found, int) and 0 <= found <= 10**9)
