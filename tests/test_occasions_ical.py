"""Dated items as a calendar: what other programs read in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Document, Item, Occasion, Source
from aggregator.occasions.ical import calendar, calendar_folder, is_dated
from aggregator.read import KINDS

SEEN = datetime(2027, 1, 10, 8, tzinfo=UTC)
ZONES = ("Europe/Zagreb", "America/New_York", "Pacific/Auckland", "Australia/Lord_Howe", "Asia/Kolkata",
         "America/St_Johns", "Africa/Casablanca", "Europe/Dublin")  # fmt: skip
LOCAL = st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)).map(lambda at: at.replace(microsecond=0))


def item(occasion: Occasion, **more: Any) -> Item:
    plain = Item(
        "i1", "s", title="A title, with; signs", kind="event", url="https://x.example/1", occasion=occasion
    )
    return replace(plain, first_seen_at=SEEN, **more)


def events(*items: Item) -> list[Any]:
    return icalendar.Calendar.from_ical(calendar(items, SEEN)).walk("VEVENT")


@given(LOCAL, st.sampled_from(ZONES), st.integers(5, 72 * 60))
def test_the_rules_of_a_zone_are_right_for_its_times(local: datetime, zone: str, minutes: int) -> None:
    starts = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    ends = starts + timedelta(minutes=minutes)
    written = calendar([item(Occasion(starts=starts, ends=ends, zone=zone))], SEEN)
    assert f"TZID={zone}" in written
    # Under a name that nobody knows a reader has only the rules that are written there.
    body = written.replace(zone, "Our/Own").encode()
    reading = KINDS["calendar"](Document(body, "https://x.example/c.ics"), Source("s", "", options=_at(starts)))
    [entry] = reading.entries
    assert entry.occasion is not None
    found = (entry.occasion.starts, entry.occasion.ends)
    twice = {starts, ends} if _comes_twice(starts, zone) or _comes_twice(ends, zone) else set()
    assert found == (starts, ends) or twice


def _at(moment: datetime) -> dict[str, Any]:
    return {"_now": moment.isoformat()}


def _comes_twice(at: datetime, zone: str) -> bool:
    """An hour that comes twice can't be told apart by its local time (RFC 5545, 3.3.5: the first is meant)."""
    local = at.astimezone(ZoneInfo(zone))
    return local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()


def test_deadlines_are_whole_days_where_they_are() -> None:
    occasion = Occasion(
        starts=datetime(2027, 3, 17, 13, tzinfo=UTC), zone="Europe/Zagreb",
        closes=datetime(2027, 3, 1, 23, 30, tzinfo=UTC), early_bird=date(2027, 2, 1), submissions=date(2027, 1, 20),
    )  # fmt: skip
    found = {str(one["UID"]): one for one in events(item(occasion))}
    assert set(found) == {
        "i1@aggregator", "i1-closes@aggregator", "i1-early_bird@aggregator", "i1-submissions@aggregator",
    }  # fmt: skip
    closes = found["i1-closes@aggregator"]
    assert (closes.decoded("DTSTART"), closes.decoded("DTEND")) == (date(2027, 3, 2), date(2027, 3, 3))
    assert str(closes["DESCRIPTION"]) == "At 00:30 (Europe/Zagreb), which is 2027-03-01 23:30 UTC"
    assert str(closes["SUMMARY"]) == "Closes: A title, with; signs"
    assert found["i1@aggregator"].decoded("DTSTART") == datetime(2027, 3, 17, 14, tzinfo=ZoneInfo("Europe/Zagreb"))


def test_anywhere_on_earth_is_a_day_that_says_so() -> None:
    [event] = events(item(Occasion(submissions=date(2027, 2, 28), closes=date(2027, 2, 28), zone="Etc/GMT+12")))
    assert event.decoded("DTSTART") == date(2027, 2, 28)
    assert "anywhere on Earth" in str(event["DESCRIPTION"])


def test_the_same_dates_are_the_same_bytes_and_a_change_is_a_later_revision() -> None:
    first = item(Occasion(starts=date(2027, 3, 3)))
    assert calendar([first], SEEN) == calendar([first], SEEN + timedelta(days=9))
    [was] = events(first)
    changed_at = SEEN + timedelta(days=3)
    moved = replace(first, occasion=Occasion(starts=date(2027, 3, 10), status="cancelled"), revision=1)
    [is_] = events(replace(moved, dates_changed_at=changed_at))
    assert was["UID"] == is_["UID"]
    assert (was["SEQUENCE"], is_["SEQUENCE"]) == (0, 1)
    assert (was.decoded("DTSTAMP"), is_.decoded("LAST-MODIFIED")) == (SEEN, changed_at)
    assert str(is_["STATUS"]) == "CANCELLED"


@pytest.mark.parametrize(
    ("occasion", "dated"),
    [
        (None, False),
        (Occasion(), False),
        (Occasion(starts=date(2027, 3, 1), precision={"starts": "month"}), False),
        (Occasion(opens=date(2027, 3, 1)), False),
        (Occasion(early_bird=date(2027, 3, 1)), True),
    ],
)
def test_only_what_has_a_day_has_a_calendar(occasion: Occasion | None, dated: bool) -> None:
    one = replace(item(Occasion()), occasion=occasion)
    assert is_dated(one) is dated
    assert ("BEGIN:VEVENT" in calendar([one], SEEN)) is dated


def test_the_address_is_the_same_however_the_base_is_written() -> None:
    assert (
        calendar_folder("https://d.example/") == calendar_folder("https://d.example") == "https://d.example/dates"
    )


ANY_DAY = st.none() | st.dates() | st.datetimes(timezones=st.just(UTC))


@given(ANY_DAY, ANY_DAY, ANY_DAY, st.sampled_from(["", *ZONES, "Etc/GMT+12", "No/Where", "UTC"]))
def test_no_date_is_too_strange(starts: Any, ends: Any, closes: Any, zone: str) -> None:
    one = item(Occasion(starts=starts, ends=ends, closes=closes, zone=zone))
    for event in events(one):
        assert event.decoded("DTSTART")
