"""The line of facts under a title in a letter, and dated items as a calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.compose.facts import facts_of
from aggregator.compose.phrases import ENGLISH
from aggregator.model import Item, Occasion, Price
from aggregator.occasions.ical import calendar

ROME = ZoneInfo("Europe/Rome")
SEEN = datetime(2027, 1, 10, 8, tzinfo=UTC)


def facts(occasion: Occasion | None, kind: str = "course") -> list[str]:
    item = Item("i1", title="T", kind=kind, occasion=occasion, first_seen_at=SEEN)
    return [f"*{fact.text}*" if fact.strong else fact.text for fact in facts_of(item, ENGLISH, ROME)]


def test_all_that_is_known_of_a_course() -> None:
    course = Occasion(
        opens=date(2027, 1, 20), closes=date(2027, 2, 28), starts=date(2027, 3, 1), ends=date(2027, 4, 30), online=True,
        prices=(Price(amount=0, covers="attend"), Price(amount=49, currency="EUR", covers="certificate")),
        hours=(15, 20), pacing="self_paced", certificate="completion", early_bird=date(2027, 1, 2),
    )  # fmt: skip
    assert facts(course) == [
        "*Closes Sun 28 Feb 2027*", "Opens Wed 20 Jan 2027", "1 Mar – 30 Apr 2027", "online",
        "free to attend, certificate 49 EUR", "15–20 hours", "self-paced",
    ]  # fmt: skip
    assert facts(replace(course, prices=()))[-1] == "certificate: completion"


@pytest.mark.parametrize(
    ("occasion", "kind", "expected"),
    [
        (None, "course", ["Deadline unknown"]),
        (Occasion(pacing="cohort"), "course", ["Deadline unknown"]),
        (Occasion(pacing="self_paced"), "course", ["self-paced"]),
        (Occasion(place="Zagreb"), "event", ["Zagreb"]),
        (Occasion(place="Zagreb", online=True), "event", ["Zagreb, online"]),
        (Occasion(place="Online, Zoom", online=True), "event", ["Online, Zoom"]),
        (Occasion(status="cancelled", place="Zagreb"), "event", ["*Cancelled*", "Zagreb"]),
        (Occasion(status="postponed"), "event", ["*Postponed*"]),
        (Occasion(status="sold_out", closes=date(2027, 2, 1)), "event", ["*Sold out*", "*Closes Mon 1 Feb 2027*"]),
        (Occasion(status="confirmed"), "event", []),
        (Occasion(submissions=date(2027, 2, 1)), "event", ["*Proposals by Mon 1 Feb 2027*"]),
        (Occasion(submissions=date(2027, 2, 1), closes=date(2027, 2, 1)), "call", ["*Closes Mon 1 Feb 2027*"]),
        (Occasion(closes=date(2027, 2, 1), precision={"closes": "month"}), "call", ["*Closes February 2027*"]),
        (Occasion(starts=date(2027, 3, 1), precision={"starts": "month"}), "event", ["March 2027"]),
        (Occasion(opens=date(2027, 1, 2), closes=date(2027, 2, 1)), "course", ["*Closes Mon 1 Feb 2027*"]),
        (Occasion(prices=(Price(amount=None),), price="ask us"), "event", ["ask us"]),
        (Occasion(prices=(Price(amount=None),)), "event", []),
        (Occasion(prices=(Price(amount=0),)), "event", ["free"]),
        (Occasion(prices=(Price(amount=9.5, currency="GBP", who="member"), Price(amount=20, currency="GBP"))), "event",
         ["9.50 GBP (member), 20 GBP"]),
        (Occasion(effort="3 hours a week", hours=None), "event", ["3 hours a week"]),
    ],
)  # fmt: skip
def test_facts(occasion: Occasion | None, kind: str, expected: list[str]) -> None:
    assert facts(occasion, kind) == expected


def test_online_by_the_readers_clock_with_that_of_the_place_onsite_by_the_latter() -> None:
    starts = datetime(2027, 3, 17, 13, tzinfo=UTC)
    webinar = Occasion(starts=starts, zone="America/New_York", online=True)
    assert facts(webinar, "event")[0] == "Wed 17 Mar 2027, 14:00 Rome time (09:00 New York time)"
    assert facts(replace(webinar, zone="Europe/Zagreb"), "event")[0] == "Wed 17 Mar 2027, 14:00 Rome time"
    onsite = replace(webinar, online=None, place="Queens", ends=datetime(2027, 3, 17, 15, tzinfo=UTC))
    assert facts(onsite, "event")[0] == "Wed 17 Mar 2027, 09:00–11:00 New York time"
    far = replace(webinar, starts=datetime(2027, 3, 17, 23, 30, tzinfo=UTC), zone="America/New_York")
    assert facts(far, "event")[0] == ("Thu 18 Mar 2027, 00:30 Rome time (Wed 17 Mar 2027, 19:30 New York time)")


# ---------------------------------------------------------------------------------------------------- calendar
def lines_of(*occasions: Occasion, title: str = "A title") -> list[str]:
    items = [
        Item(f"i{n}", url="https://x.example/1", title=title, occasion=one) for n, one in enumerate(occasions)
    ]
    return calendar(items, SEEN).split("\r\n")


def test_an_event_and_its_deadline_are_two_entries_with_stable_names() -> None:
    lines = lines_of(
        Occasion(starts=date(2028, 2, 28), ends=date(2028, 2, 29), closes=date(2028, 2, 1), sequence=2)
    )
    assert [line for line in lines if line.startswith(("UID", "SEQUENCE", "DT"))] == [
        "UID:i0@aggregator", "DTSTAMP:20270110T080000Z", "SEQUENCE:2", "DTSTART;VALUE=DATE:20280228",
        "DTEND;VALUE=DATE:20280301",
        "UID:i0-closes@aggregator", "DTSTAMP:20270110T080000Z", "SEQUENCE:2", "DTSTART;VALUE=DATE:20280201",
        "DTEND;VALUE=DATE:20280202",
    ]  # fmt: skip


def test_moments_are_in_utc_and_months_are_no_entries() -> None:
    at = datetime(2027, 3, 17, 14, tzinfo=ZoneInfo("Europe/Zagreb"))
    lines = lines_of(
        Occasion(starts=at, status="cancelled"), Occasion(closes=at.date(), precision={"closes": "month"})
    )
    assert "DTSTART:20270317T130000Z" in lines
    assert "STATUS:CANCELLED" in lines
    assert lines.count("BEGIN:VEVENT") == 1


@given(st.text(max_size=200))
def test_no_title_breaks_out_of_its_line(title: str) -> None:
    whole = calendar([Item("i", title=title, occasion=Occasion(starts=date(2027, 1, 1)))], SEEN)
    lines = whole.split("\r\n")
    assert all(len(line.encode("utf-8", "replace")) <= 75 for line in lines)
    unfolded = whole.replace("\r\n ", "").split("\r\n")
    assert sum(line.startswith("BEGIN:VEVENT") for line in unfolded) == 1
    assert len(unfolded) == len(lines_of(Occasion(starts=date(2027, 1, 1)))) - 1  # that one has an address
