"""Structured data: JSON-LD as it is really written, microdata, and what they say of events and courses."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import SourceError
from aggregator.jsonlines import to_json
from aggregator.model import Occasion
from aggregator.read.isodates import hours, when
from aggregator.read.offers import amount_of
from aggregator.read.places import mode_of
from aggregator.read.structured import courses, events, things

HERE = "https://site.example.org/list/"


def page(*blocks: str) -> str:
    return "".join(f'<script type="application/ld+json">{block}</script>' for block in blocks)


def said(thing: dict[str, Any], base: str = HERE, zone: str = "") -> Occasion:
    found = things(page(json.dumps(thing)), base)
    made = events(found, base, zone) + courses(found, base, zone)
    assert len(made) == 1
    assert made[0].occasion is not None
    return made[0].occasion


def event(**more: Any) -> dict[str, Any]:
    return {"@type": "Event", "name": "E", "startDate": "2027-02-11", **more}


# ------------------------------------------------------------------------------------------------ how it is written
@pytest.mark.parametrize(
    "block",
    [
        '{"@type":"Event","name":"E"}',
        '{"@type":"Event","name":"E",}',
        '[{"@type":"Event","name":"E"},]',
        '{"@graph":[{"@type":"Event","name":"E"}]}',
        '<![CDATA[{"@type":"Event","name":"E"}]]>',
        '//<![CDATA[\n{"@type":"Event","name":"E"}\n//]]>',
        '<!-- {"@type":"Event","name":"E"} -->',
        '/* a, b */ {"@type":"Event", // kind\n"name":"E"};',
        "{&quot;@type&quot;:&quot;Event&quot;,&quot;name&quot;:&quot;E&quot;}",
        '{"@type":"Event","name":"E","about":"raw\nline \\d \\x"}',
        '{"@type":"http://schema.org/Event","name":"E"}',
        '{"@type":"schema:Event","schema:name":{"@value":"E"}}',
        '{"@type":["Thing","Event"],"name":["E"]}',
        '{"@type":"WebSite"}{"@type":"Event","name":"E"}',
    ],
)
def test_json_ld_is_understood_as_it_is_written(block: str) -> None:
    assert [entry.title for entry in events(things(page(block), HERE), HERE)] == ["E"]


def test_a_broken_block_costs_itself_only() -> None:
    found = things(page('{"@type":"Event" "name":1}', '{"@type":"Event","name":"E"}', "", "null", "{"), HERE)
    assert [thing["name"] for thing in found] == ["E"]


def test_a_string_keeps_what_looks_like_a_comment_or_a_comma() -> None:
    found = things(page('{"@type":"Event","name":"a // b, ] /* c */","url":"https://x.example.org/",}'), HERE)
    assert found[0]["name"] == "a // b, ] /* c */"
    assert found[0]["url"] == "https://x.example.org/"


def test_references_are_followed_also_in_circles() -> None:
    blocks = [
        {"@type": "Event", "@id": "#e", "name": "E", "location": {"@id": "#p"}, "superEvent": {"@id": "#e"}},
        {"@type": "Place", "@id": "#p", "name": "Hall", "event": {"@id": "#e"}},
    ]
    found = things(page(*map(json.dumps, blocks)), HERE)
    assert [(entry.title, entry.occasion.place) for entry in events(found, HERE) if entry.occasion] == [
        ("E", "Hall")
    ]


def test_microdata_has_the_shape_of_json_ld() -> None:
    html = (
        '<div itemscope itemtype="https://schema.org/Event" itemref="where other"><a itemprop="url" href="/e/1">'
        '<b itemprop="name">E</b></a><time itemprop="startDate" datetime="2027-02-11T10:00:00Z">Thursday</time></div>'
        '<p id="where" itemprop="location">Zagreb</p><p itemprop="stray">x</p>'
    )
    assert things(html, HERE) == [
        {
            "@type": ["Event"],
            "url": "https://site.example.org/e/1",
            "name": "E",
            "startDate": "2027-02-11T10:00:00Z",
            "location": "Zagreb",
        }
    ]


def test_what_json_ld_says_is_not_said_again_by_microdata() -> None:
    html = page(json.dumps(event())) + (
        '<div itemscope itemtype="http://schema.org/Event"><i itemprop="name">E</i>'
        '<meta itemprop="startDate" content="2027-02-11"></div>'
    )
    assert len(things(html, HERE)) == 1


def test_pages_that_are_meant_to_kill_are_refused() -> None:
    with pytest.raises(SourceError, match="too-deep"):
        things("<div>" * 20_000, HERE)
    with pytest.raises(SourceError, match="too-large"):
        things("x" * 5_000_001, HERE)
    assert things(page("[" * 100_000), HERE) == []
    assert things(page('{"a":' * 50_000 + "1"), HERE) == []
    assert things(page('\\"' * 50_000, "{" + '\\"' * 50_000, "{" + '"' * 50_001, "{/*" * 20_000), HERE) == []


# ------------------------------------------------------------------------------------------------------- events
def test_status_mode_and_place() -> None:
    found = said(
        event(
            eventStatus="https://schema.org/EventCancelled",
            eventAttendanceMode="OfflineEventAttendanceMode",
            location={
                "@type": "Place",
                "name": "Hall",
                "address": {"addressLocality": "Zagreb", "telephone": "1"},
            },
        )
    )
    assert (found.status, found.online, found.place) == ("cancelled", False, "Hall, Zagreb")
    assert said(event(location={"@type": "VirtualLocation", "url": "https://meet.example.org/s"})).online is True
    assert said(event(location={"@type": "Place", "name": "Hall"})).online is None
    assert said(event(offers={"availability": "https://schema.org/SoldOut"})).status == "sold_out"


def test_times_need_a_zone_to_be_moments() -> None:
    assert said(event(startDate="2027-02-11T14:30:00+01:00")).starts == datetime(2027, 2, 11, 13, 30, tzinfo=UTC)
    assert said(event(startDate="2027-02-11T14:30")).starts == date(2027, 2, 11)
    assert said(event(startDate="2027-02-11T14:30"), zone="Europe/Rome").starts == datetime(
        2027, 2, 11, 13, 30, tzinfo=UTC
    )


def test_registration_closes_only_when_every_offer_says_so() -> None:
    one, other = {"price": 1, "validThrough": "2027-01-05"}, {"price": 2, "validThrough": "2027-02-05"}
    assert said(event(offers=[one, other])).closes == date(2027, 2, 5)
    assert said(event(offers=[one, {"price": 2}])).closes is None
    early = said(event(offers=[{"name": "Early bird", **one}, {"price": 2}]))
    assert (early.early_bird, early.closes) == (date(2027, 1, 5), None)


def test_free_and_unknown_differ() -> None:
    assert said(event()).prices == ()
    assert [price.amount for price in said(event(isAccessibleForFree=True)).prices] == [0.0]
    assert [price.amount for price in said(event(offers={"category": "Free"})).prices] == [0.0]
    assert [price.amount for price in said(event(offers={"name": "Ticket"})).prices] == [None]
    assert [(p.amount, p.currency) for p in said(event(offers={"price": "€ 1.250,00"})).prices] == [
        (1250.0, "EUR")
    ]


def test_kinds_of_events_and_what_is_none() -> None:
    kinds = ["MusicEvent", "Hackathon", "PublicationEvent", "EventSeries", "Person"]
    found = things(page(*(json.dumps({"@type": kind, "name": kind}) for kind in kinds)), HERE)
    assert [entry.title for entry in events(found, HERE)] == ["MusicEvent", "Hackathon", "EventSeries"]


def test_entries_have_guids_of_their_own() -> None:
    same = [event(url="/e"), event(url="/e", startDate="2027-03-01"), event(url="/e"), event(name="F", url="/e")]
    entries = events(things(page(json.dumps(same)), HERE), HERE)
    assert len(entries) == 3 == len({entry.guid for entry in entries})
    alone = events(things(page(json.dumps(event(url=HERE))), HERE), HERE)
    assert alone[0].guid == f"{HERE}#E"


# ------------------------------------------------------------------------------------------------------ courses
def test_a_course_has_an_entry_for_each_run() -> None:
    course = {
        "@type": "Course",
        "name": "C",
        "url": "/c",
        "offers": {"price": 5, "availabilityEnds": "2027-01-01"},
        "hasCourseInstance": [
            {"startDate": "2027-02-01", "courseMode": "online"},
            {"startDate": "2027-09-01", "url": "/c/2"},
        ],
    }
    first, second = courses(things(page(json.dumps(course)), HERE), HERE)
    assert (first.guid, second.guid) == ("https://site.example.org/c#2027-02", "https://site.example.org/c/2")
    assert first.occasion is not None
    assert second.occasion is not None
    assert first.occasion.course == second.occasion.course == "https://site.example.org/c"
    assert (first.occasion.closes, second.occasion.closes) == (None, None)
    assert first.occasion.prices == second.occasion.prices
    assert (first.occasion.online, second.occasion.online) == (True, None)


def test_a_course_with_one_run_has_its_deadline() -> None:
    run = {"startDate": "2027-02-01", "courseWorkload": "PT1H30M"}
    offers = {"price": "0", "availabilityEnds": "2027-01-29"}
    found = said({"@type": "Course", "name": "C", "offers": offers, "hasCourseInstance": run})
    assert (found.closes, found.hours, found.said["closes"]) == (
        date(2027, 1, 29),
        (1.5, 1.5),
        "offers.availabilityEnds",
    )


def test_pacing_and_schedule() -> None:
    run = {
        "courseMode": "https://example.org/self-paced",
        "courseSchedule": {"duration": "PT2H", "repeatCount": 6},
    }
    found = said({"@type": "Course", "name": "C", "hasCourseInstance": run})
    assert (found.pacing, found.hours) == ("self_paced", (12.0, 12.0))


# ------------------------------------------------------------------------------------------------- small things
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-02-11", (date(2027, 2, 11), "")),
        ("20270211", (date(2027, 2, 11), "")),
        ("2027-03", (date(2027, 3, 1), "month")),
        ("2027", (date(2027, 1, 1), "year")),
        ("2027-2-1T9:05+2:00", (datetime(2027, 2, 1, 7, 5, tzinfo=UTC), "")),
        ("2027-02-11T24:00:00Z", (datetime(2027, 2, 12, tzinfo=UTC), "")),
        ("2027-02-11 10:00:00.000-0500", (datetime(2027, 2, 11, 15, tzinfo=UTC), "")),
        ("11 February 2027", (date(2027, 2, 11), "")),
        ("05/10/2027", (None, "")),
        ("2027-02-30", (None, "")),
        ("9999-12-31T23:59:59-12:00", (None, "")),
        ("", (None, "")),
        (None, (None, "")),
        (20270211, (None, "")),
    ],
)
def test_dates(text: object, expected: tuple[object, str]) -> None:
    assert when(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT15H", 15),
        ("PT90M", 1.5),
        ("PT1,5H", 1.5),
        ("P6W", None),
        ("P1DT2H", None),
        ("15 hours", None),
        ("", None),
    ],
)
def test_hours(text: str, expected: float | None) -> None:
    assert hours(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1,234.50", 1234.5), ("1.234,50", 1234.5), ("175,00", 175), ("1.500", 1500), ("0", 0), (0, 0), ("Free", 0),
        ("EUR 30", 30), ("0.500", 0.5), (True, None), (None, None), ("ask us", None), (float("nan"), None),
        (-1, None), ("9" * 400, None), ({"a": 1}, None),
    ],
)  # fmt: skip
def test_amounts(value: object, expected: float | None) -> None:
    assert amount_of(value) == expected


def test_modes() -> None:
    words = ("OnlineEventAttendanceMode", "blended", "in-person", "onsite and online", "full-time")
    assert [mode_of(word) for word in words] == [True, True, False, True, None]


# ------------------------------------------------------------------------------------------------------ any shape
_KEYS = st.sampled_from(
    ["@type", "@id", "@graph", "@value", "name", "url", "startDate", "endDate", "location", "address", "offers",
     "price", "priceCurrency", "availabilityEnds", "hasCourseInstance", "courseMode", "courseWorkload", "organizer",
     "inLanguage", "keywords", "description", "eventStatus", "itemListElement", "provider", "courseSchedule"]
)  # fmt: skip
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(
    ["Event", "Course", "CourseInstance", "2027-02-11", "2027-02-11T25:00", "https://[x", "//", "#a", "PT5H"]
)  # fmt: skip
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=6), max_leaves=25
)


@given(
    st.dictionaries(_KEYS, _JSON, max_size=8), st.sampled_from(["Event", "Course", "CourseInstance", "ItemList"])
)
def test_no_shape_of_json_does_harm(shape: dict[str, Any], kind: str) -> None:
    found = things(page(json.dumps({"name": "N", **shape, "@type": kind}).replace("</", "<\\/")), HERE)
    made = events(found, HERE) + courses(found, HERE)
    for entry in made:
        json.dumps(to_json(entry))
        assert entry.title
        assert entry.guid
    assert all(len({e.guid for e in some}) == len(some) for some in (events(found, HERE), courses(found, HERE)))


@given(st.text(alphabet='{}[]",:\\/*@<> \n\u2028ab', max_size=200))
def test_no_text_does_harm(text: str) -> None:
    things(page(text), HERE)


@given(st.dates(min_value=date(1000, 1, 1)))
def test_a_day_is_read_as_it_is_written(day: date) -> None:
    assert when(day.isoformat()) == (day, "")
