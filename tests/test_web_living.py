"""The living lists of courses, events and calls, as their readers ask for them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from browsing import NOW, Browser, browsing, heading, soup
from icalendar import Calendar

from aggregator.dedupe import Changes
from aggregator.model import Item, Occasion, Price, SourceState, Tag
from aggregator.web.months import Month

TODAY = NOW.date()


def days(count: int) -> date:
    return TODAY + timedelta(days=count)


def dated(id: str, title: str, occasion: Occasion | None, **more: Any) -> Item:
    item = Item(id, "courses", url=f"https://courses.example.org/{id}", title=title, kind="course", language="en",
                text=f"All about {title}.", first_seen_at=NOW - timedelta(days=3), occasion=occasion)  # fmt: skip
    return replace(item, **more)


FREE, DEAR = (Price(amount=0),), (Price(amount=120, currency="EUR"),)
COURSES = (
    dated("soon", "Closing one", Occasion(closes=days(3), prices=FREE, said={"closes": "Apply by <b>Thursday</b>."})),
    dated("later", "Corso di metadati", Occasion(closes=days(30), starts=days(40), prices=DEAR, hours=(20, 30)),
          language="it", topics=(Tag("cpd", "x"),)),
    dated("over", "A closed one", Occasion(closes=days(-3), ends=days(30), starts=days(-5))),
    dated("any", "At any time", Occasion(pacing="self_paced", certificate="certificate", hours=(2, 4)),
          topics=(Tag("cpd", "x"), Tag("mentoring", "x"))),
    dated("who", "<script>alert(1)</script> & more", None),
    dated("run1", "Same course", Occasion(closes=days(-60), course="same")),
    dated("run2", "Same course, once more", Occasion(closes=days(20), course="same")),
    dated("run3", "Same course, in spring", Occasion(closes=days(90), course="same")),
)  # fmt: skip
EVENTS = (
    dated("zagreb", "Meeting in Zagreb", Occasion(starts=date(2026, 12, 3), ends=date(2026, 12, 4), place="Zagreb"), kind="event"),
    dated("talk", "A webinar", Occasion(starts=datetime(2026, 12, 10, 13, tzinfo=UTC), online=True), kind="event"),
    dated("call", "Call for papers", Occasion(submissions=date(2026, 12, 15), closes=date(2026, 12, 15), starts=date(2027, 6, 1)), kind="call"),
    dated("month", "Some time in December", Occasion(starts=date(2026, 12, 1), precision={"starts": "month"}), kind="event"),
)  # fmt: skip


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path) as browser:
        state = SourceState("courses", "https://courses.example.org/feed", last_visit_at=NOW)
        browser.app.store.sources.record([state], Changes(new=(*COURSES, *EVENTS)), NOW, "rules")
        yield browser


def titles(browser: Browser, path: str) -> list[str]:
    return [found.get_text(strip=True) for found in soup(browser.get(path)).select(".list > li h2")]


# ---------------------------------------------------------------------------------------------------- the list
def test_what_closes_first_stands_first_and_what_is_over_is_not_shown(browser: Browser) -> None:
    assert titles(browser, "/courses") == [
        "Closing one", "Same course, once more", "Corso di metadati", "Same course, in spring", "At any time",
        "<script>alert(1)</script> & more",
    ]  # fmt: skip
    assert "A closed one" in titles(browser, "/courses?past=1")


def test_without_a_deadline_nothing_is_called_open(browser: Browser) -> None:
    [row] = [li for li in soup(browser.get("/courses")).select(".list > li") if "alert" in li.get_text()]
    assert row.select_one(".state")
    assert "unknown" in row.get_text()
    assert not soup(browser.get("/courses")).select("main script")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("topic=cpd", ["Corso di metadati", "At any time"]),
        ("topic=cpd&topic=mentoring", ["Corso di metadati", "At any time"]),
        ("topic=cpd&language=it", ["Corso di metadati"]),
        ("with=free", ["Closing one"]),
        ("with=certificate&with=self_paced", ["At any time"]),
        ("with=certificate&with=free", []),
        ("state=closing", ["Closing one"]),
        ("state=now&hours=5", ["At any time"]),
        ("hours=more", ["Corso di metadati"]),
        ("q=metadati", ["Corso di metadati"]),
        ("q=nowhere", []),
        ("topic=unheard-of", []),
    ],
)
def test_it_is_narrowed(browser: Browser, query: str, expected: list[str]) -> None:
    assert titles(browser, f"/courses?{query}") == expected
    exported = json.loads(browser.get(f"/courses.json?{query}").text)
    assert [one["title"] for one in exported] == expected


def test_each_choice_says_how_many_it_brings_and_can_be_taken_away(browser: Browser) -> None:
    page = soup(browser.get("/courses?topic=cpd"))
    choices = {a.get_text(" ", strip=True): str(a["href"]) for a in page.select(".facets a")}
    assert choices["CPD 2 × take away"] == "/courses"
    assert choices["Mentoring 1"] == "/courses?topic=cpd&topic=mentoring"
    assert choices["Italian 1"] == "/courses?topic=cpd&language=it"
    for link in choices.values():
        assert browser.get(link).status_code == 200


@pytest.mark.parametrize(
    "query", ["topic=%00", "topic=" + "x" * 5000, "page=0", "page=999999999", "page=-1", "state=now&state=coming",
              "q=%22", "q=(", "with=nothing", "&".join(f"topic=t{n}" for n in range(500)), "=", "%ff", "lang=xx"],
)  # fmt: skip
def test_a_nonsense_query_is_no_fault(browser: Browser, query: str) -> None:
    for path in ("/courses", "/courses.csv", "/events", "/events/month/2026-12"):
        assert browser.get(f"{path}?{query}").status_code == 200


def test_long_lists_have_pages(browser: Browser) -> None:
    many = [dated(f"n{n}", f"Number {n:03}", Occasion(closes=days(10 + n))) for n in range(120)]
    browser.app.store.sources.record([], Changes(new=tuple(many)), NOW, "rules")
    first = soup(browser.get("/courses?state=now&with="))
    assert len(first.select(".list > li")) == 50
    following = first.select_one('a[rel="next"]')
    assert following
    assert following["href"] == "/courses?state=now&page=2"
    shown = [title for n in (1, 2, 3) for title in titles(browser, f"/courses?page={n}")]
    assert len(shown) == len(set(shown)) == 126


# ------------------------------------------------------------------------------------------------ other programs
def test_the_same_list_for_other_programs(browser: Browser) -> None:
    rows = list(csv.DictReader(io.StringIO(browser.get("/courses.csv").text)))
    assert [row["title"] for row in rows][:2] == ["Closing one", "Same course, once more"]
    assert rows[0]["closes"] == days(3).isoformat()
    events = list(csv.DictReader(io.StringIO(browser.get("/events.csv").text)))
    assert {row["place"] for row in events} == {"", "Zagreb"}
    feed = feedparser.parse(browser.get("/courses.atom?topic=cpd").content)
    assert not feed.bozo
    assert {entry.title for entry in feed.entries} == {"Corso di metadati", "At any time"}
    calendar = Calendar.from_ical(browser.get("/events.ics").content)
    assert {str(event["SUMMARY"]) for event in calendar.walk("VEVENT")} >= {"Meeting in Zagreb", "A webinar"}


def test_it_is_kept_and_asked_for_again_by_its_tag(browser: Browser) -> None:
    first = browser.get("/courses")
    assert "max-age=60" in first.headers["cache-control"]
    again = browser.get("/courses", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert browser.ask("HEAD", "/courses").status_code == 200
    assert browser.post("/courses").status_code == 405


# ---------------------------------------------------------------------------------------------------- one of them
def test_a_course_says_where_each_date_was_read_and_names_its_runs(browser: Browser) -> None:
    page = soup(browser.get("/courses/soon"))
    assert "Read from: Apply by <b>Thursday</b>." in page.get_text()
    assert not page.select("main b")
    runs = soup(browser.get("/courses/run2"))
    assert [h3.get_text() for h3 in runs.select("h3")] == ["Same course, in spring"]
    assert "An earlier run" in soup(browser.get("/courses?q=once+more")).get_text()


def test_machines_are_told_in_the_words_of_schema_org(browser: Browser) -> None:
    page = browser.get("/courses/who")
    [block] = soup(page).select('script[type="application/ld+json"]')
    assert json.loads(block.get_text())["name"] == "<script>alert(1)</script> & more"
    assert "<script>alert(1)" not in page.text
    said = json.loads(
        soup(browser.get("/courses/later")).select('script[type="application/ld+json"]')[0].get_text()
    )
    assert said["@type"] == "Course"
    assert said["hasCourseInstance"]["startDate"] == days(40).isoformat()
    assert said["offers"] == [
        {"@type": "Offer", "price": 120, "priceCurrency": "EUR", "validThrough": days(30).isoformat()}
    ]
    event = json.loads(
        soup(browser.get("/events/month")).select('script[type="application/ld+json"]')[0].get_text()
    )
    assert (event["@type"], "startDate" in event) == ("Event", False), "a month is no day"


@pytest.mark.parametrize(
    "path", ["/courses/nobody", "/courses/zagreb", "/events/soon", "/courses/a%00b", "/courses/%2e%2e"]
)
def test_what_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 404


# ------------------------------------------------------------------------------------------------------ by month
def test_a_month_shows_what_takes_place_and_what_closes(browser: Browser) -> None:
    page = soup(browser.get("/events/month/2026-12"))
    shown = {
        day.h2.get_text(): [li.get_text() for li in day.select("li")] for day in page.select(".day") if day.h2
    }
    assert len(shown) == 31
    assert shown["Thu 3 Dec 2026"] == shown["Fri 4 Dec 2026"] == ["Meeting in Zagreb"]
    assert shown["Thu 10 Dec 2026"] == ["A webinar"]
    assert "Proposals due: Call for papers" in shown["Tue 15 Dec 2026"]
    assert shown["Tue 1 Dec 2026"] == [], "what is only known to the month is on no day"
    assert heading(browser.get("/events/month/2026-12?lang=it")) == "Eventi e call di dicembre 2026"


@pytest.mark.parametrize("name", ["2026-13", "2026-1", "x", "1999-01", "2026-12x"])
def test_what_is_no_month_is_not_found(browser: Browser, name: str) -> None:
    assert browser.get(f"/events/month/{name}").status_code == 404


def test_months_follow_each_other() -> None:
    december = Month(2026, 12)
    assert (december.moved(1).name, december.moved(-12).name, december.last.day) == ("2027-01", "2025-12", 31)
