"""Events of conference sites and calendars of associations: what is said of them, and nothing more."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import ANYTHING, damaged, torn

from aggregator.errors import SourceError
from aggregator.jsonlines import to_json
from aggregator.model import Document, Occasion, Reading, Source, Wanted
from aggregator.read import events
from aggregator.read.event_words import online_of, status_of

SAMPLES = Path(__file__).parent / "data" / "events"
NAMES = sorted(p.name for p in SAMPLES.iterdir() if not p.name.endswith(".golden.json"))
URL = "https://fetched.example.net/api/list?page=1&per_page=4"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def of(body: bytes | str | Any, url: str = URL, **options: Any) -> Reading:
    data = (
        body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    )
    return events.read(Document(data, url), Source("s", url, kind="events", options=options))


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
    more = [[wanted.url, wanted.role] for wanted in reading.more]
    return {"title": reading.title, "home": reading.home, "more": more, "entries": entries}


@pytest.mark.parametrize("sample", NAMES)
def test_samples_are_read_as_reviewed(sample: str) -> None:
    golden = json.loads((SAMPLES / f"{sample}.golden.json").read_text("utf-8"))
    assert told(sample) == golden


# ---------------------------------------------------------------------------------------------- what to ask for
@pytest.mark.parametrize(
    ("url", "options", "asked"),
    [
        (
            "https://indico.example.org/category/77/",
            {},
            "https://indico.example.org/export/categ/77.json?from=today&to=%2B365d&limit=100&onlypublic=yes",
        ),
        (
            "https://indico.example.org/x/export/categ/0.json?f=2027-01-01&n=20",
            {},
            "https://indico.example.org/x/export/categ/0.json?f=2027-01-01&n=20&to=%2B365d&onlypublic=yes",
        ),
        (
            "https://indico.example.org/event/5/program",
            {"format": "indico"},
            "https://indico.example.org/export/event/5.json",
        ),
        (
            "https://assoc.example.org/en/events/",
            {"format": "tec"},
            "https://assoc.example.org/en/wp-json/tribe/events/v1/events?per_page=50",
        ),
        (
            "https://assoc.example.org/wp-json/tribe/events/v1/events?per_page=10&categories=3",
            {},
            "https://assoc.example.org/wp-json/tribe/events/v1/events?per_page=10&categories=3",
        ),
        (
            "https://talks.example.org/shelf27/",
            {"format": "pretalx"},
            "https://talks.example.org/shelf27/schedule.json",
        ),
        (
            "https://talks.example.org/shelf27/schedule.xml",
            {"format": "frab"},
            "https://talks.example.org/shelf27/schedule.xml",
        ),
        ("https://museum.example.org/agenda", {}, "https://museum.example.org/agenda"),
    ],
)
def test_the_address_that_is_asked(url: str, options: dict[str, str], asked: str) -> None:
    source = Source("s", url, options=options)
    assert events.ask(source, None, NOW).url == asked
    assert events.ask(source, NOW, NOW).url == asked, "the same from day to day"


@pytest.mark.parametrize(
    "options", [{"format": "indigo"}, {"format": 7}, {"format": ["tec"]}, {"zone": "Mars/Base"}, {"zone": []}]
)
def test_options_that_cannot_be_meant(options: dict[str, Any]) -> None:
    assert refusal((SAMPLES / "indico.json").read_bytes(), **options).code == "bad-option"


# -------------------------------------------------------------------------------------------------------- paging
def tec(**changes: Any) -> dict[str, Any]:
    event = {
        "id": 1,
        "title": "T",
        "all_day": False,
        "url": "https://a.example.org/e/1",
        "start_date": "2027-01-01 10:00:00",
    }
    return {"events": [event], "rest_url": "", "total": 9, "total_pages": 3} | changes


def more(answer: Any, url: str) -> tuple[Wanted, ...]:
    return of(answer, url).more


def test_the_next_page_of_the_events_calendar() -> None:
    url = "https://a.example.org/wp-json/tribe/events/v1/events?per_page=50"
    named = more(tec(next_rest_url=url + "&page=2"), url)
    assert named == (Wanted(url + "&page=2", role="page"),)
    assert more(tec(), url) == named, "by number where no next page is named"
    assert more(tec(next_rest_url=url.replace("https", "http") + "&page=2"), url) == named, "behind a proxy"
    elsewhere = "https://evil.example.com/steal?page=2"
    assert more(tec(next_rest_url=elsewhere), url) == named
    assert more(tec(), url + "&page=3") == ()
    assert more(tec(total_pages=None), url) == ()
    assert more(tec(events=[]), url) == ()
    assert more(tec(next_rest_url=url), url + "&page=3") == (Wanted(url, role="page"),), (
        "the collector ends circles"
    )
    assert more(tec(next_rest_url=url, total_pages=1), url) == ()


def test_an_export_of_indico_goes_on_where_it_was_cut() -> None:
    url = "https://i.example.org/export/categ/1.json?limit=2&offset=4"
    results = [{"id": str(n), "title": "T"} for n in range(2)]
    answer = {"_type": "HTTPAPIResult", "complete": False, "results": results}
    assert more(answer, url) == (Wanted(url.replace("offset=4", "offset=6"), role="page"),)
    assert more(answer | {"complete": True}, url) == ()
    assert more(answer | {"results": []}, url) == ()


def test_no_paging_without_an_address() -> None:
    assert more(tec(next_rest_url="https://a.example.org/?page=2"), "") == ()


# --------------------------------------------------------------------------------------------------------- dates
def occasion(answer: Any, **options: Any) -> Occasion:
    found = of(answer, **options).entries[0].occasion
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("zone", "starts", "kept"),
    [
        (
            "Europe/Zagreb",
            datetime(2027, 3, 22, 13, tzinfo=UTC),
            "Europe/Zagreb",
        ),  # the USA have changed their clocks
        ("America/New_York", datetime(2027, 3, 22, 18, tzinfo=UTC), "America/New_York"),
        ("UTC+1", datetime(2027, 3, 22, 13, tzinfo=UTC), "Etc/GMT-1"),
        ("UTC-3", datetime(2027, 3, 22, 17, tzinfo=UTC), "Etc/GMT+3"),
        ("UTC+0", datetime(2027, 3, 22, 14, tzinfo=UTC), "UTC"),
        ("UTC+5:30", date(2027, 3, 22), ""),  # no zone of that name: the day is sure
        ("", date(2027, 3, 22), ""),
        ("../../etc/passwd", date(2027, 3, 22), ""),
    ],
)
def test_a_clock_in_its_zone(zone: str, starts: datetime | date, kept: str) -> None:
    event = tec()["events"][0] | {"start_date": "2027-03-22 14:00:00", "timezone": zone}
    found = occasion(tec(events=[event]))
    assert (found.starts, found.zone) == (starts, kept)


def test_the_curator_names_a_zone_that_is_missing() -> None:
    found = occasion(tec(), zone="Europe/Rome")
    assert (found.starts, found.zone) == (datetime(2027, 1, 1, 9, tzinfo=UTC), "Europe/Rome")


def test_all_day_in_a_leap_year() -> None:
    event = {
        "title": "T",
        "id": 1,
        "all_day": True,
        "start_date": "2028-02-29 00:00:00",
        "end_date": "2028-02-29 23:59:59",
    }
    found = occasion(tec(events=[event]))
    assert (found.starts, found.ends) == (date(2028, 2, 29), date(2028, 2, 29))


def test_free_and_unknown_prices_differ() -> None:
    free = tec()["events"][0] | {"cost": "Free", "cost_details": {"currency_code": "EUR", "values": ["0"]}}
    assert [price.amount for price in occasion(tec(events=[free])).prices] == [0.0]
    assert occasion(tec()).prices == ()


@pytest.mark.parametrize(
    ("title", "status"),
    [
        ("CANCELLED: Book fair", "cancelled"),
        ("[Annullato] Incontro", "cancelled"),
        ("Entfällt – Lesekreis", "cancelled"),
        ("Journée d'étude (reportée)", "postponed"),
        ("Lesekreis - verschoben!", "postponed"),
        ("Visita guidata: agotado", "sold_out"),
        ("Cancelled subscriptions and their archives", ""),
        ("A history of postponed reforms", ""),
        ("Reading circle", ""),
    ],
)
def test_what_a_mark_in_a_title_says(title: str, status: str) -> None:
    assert status_of(title) == status


@pytest.mark.parametrize(
    ("place", "online"), [("Zoom", True), ("[Online]", True), ("Online Street 3, Leeds", None), ("", None)]
)
def test_a_place_that_is_online(place: str, online: bool | None) -> None:
    assert online_of(place) is online


# ------------------------------------------------------------------------------------------------ people's data
def test_no_addresses_or_telephone_numbers_are_kept() -> None:
    for sample in NAMES:
        with suppress(SourceError):
            kept = repr(of((SAMPLES / sample).read_bytes()))
            assert "jane.doe" not in kept
            assert "@example" not in kept
            assert "7946" not in kept


def test_nothing_active_is_kept() -> None:
    kept = repr(of((SAMPLES / "pretalx.json").read_bytes())) + repr(of((SAMPLES / "indico.json").read_bytes()))
    assert "javascript:" not in kept
    assert "<script" not in kept


# ------------------------------------------------------------------------------------------- what is no such thing
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"{", "unreadable"),
        (b"{}", "not-a-events"),
        (b"[]", "not-a-events"),
        (b"null", "not-a-events"),
        (b"%PDF-1.7", "not-a-events"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR", "not-a-events"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "not-a-events"),
        (b"Service unavailable", "not-a-events"),
        (b'{"_type": "HTTPAPIError", "message": "Access denied"}', "refused"),
        (b'{"events": {}, "total_pages": 1}', "not-a-events"),
        (b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "b">]><schedule>&a;</schedule>', "not-a-events"),
        (b"<?a?>" * 900 + b"<x/>", "not-a-events"),
        (b"<!---->" * 280 + b"<x/>", "not-a-events"),
        (b'<schedule><day><!ENTITY a "b"></day></schedule>', "entity-bomb"),
        (b"<schedule><day>", "unreadable"),
        (b"<schedule>" + b"<day>" * 3_000, "unreadable"),
        (b'{"schedule":' * 50_000, "unreadable"),
    ],
)
def test_what_is_refused(body: bytes, code: str) -> None:
    assert refusal(body).code == code


@pytest.mark.parametrize("name", ["indico", "tec", "pretalx", "wikicfp", "schema"])
@pytest.mark.parametrize("sample", ["challenge.html", "tec-switched-off.json"])
def test_another_document_in_a_named_format_is_refused(name: str, sample: str) -> None:
    assert refusal((SAMPLES / sample).read_bytes(), format=name).code in ("not-a-events", "refused")


def test_a_long_schedule_with_many_empty_elements() -> None:
    """A schedule is flat, however many of its elements are closed at once."""
    event = b"<event guid='%d'><title>T</title><start>10:00</start><links/><persons/><logo/></event>"
    room = b"".join(event % number for number in range(800))
    body = b"<schedule><conference><title>C</title></conference><day date='2027-01-01'><room name='R'>%s</room></day></schedule>"
    assert len(of(body % room).entries) == 800
    assert of(b"<schedule>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</schedule>").entries == ()


def test_the_end_of_a_list_is_no_failure() -> None:
    assert of((SAMPLES / "tec-past-the-end.json").read_bytes()) == Reading()
    assert of(tec(events=[], total=0)) == Reading()


# ------------------------------------------------------------------------------------------------ anything at all
JSON_SAMPLES = [json.loads((SAMPLES / name).read_bytes()) for name in NAMES if name.endswith(".json")]
OTHER_SAMPLES = [(SAMPLES / name).read_bytes() for name in NAMES if not name.endswith(".json")]


@settings(max_examples=250)
@given(damaged(JSON_SAMPLES), st.sampled_from([None, "indico", "tec", "pretalx", "schema"]))
def test_damaged_answers_never_crash(body: bytes, name: str | None) -> None:
    with suppress(SourceError):
        reading = of(body, **({"format": name} if name else {}))
        for entry in reading.entries:
            json.dumps(to_json(entry))
            assert entry.title
            assert entry.guid or entry.url
        assert all(wanted.url.startswith("https://fetched.example.net/") for wanted in reading.more)


@settings(max_examples=150)
@given(torn(OTHER_SAMPLES))
def test_torn_documents_never_crash(body: bytes) -> None:
    with suppress(SourceError):
        for entry in of(body).entries:
            json.dumps(to_json(entry))


@settings(max_examples=100)
@given(ANYTHING, st.sampled_from([None, "indico", "tec", "pretalx", "schema"]))
def test_any_json_never_crashes(value: Any, name: str | None) -> None:
    with suppress(SourceError):
        of(
            {"events": [value], "results": [value], "schedule": {"conference": value}, "rest_url": value},
            format=name,
        )
