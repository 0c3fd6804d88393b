"""The state of a dated thing for a reader's day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Occasion
from aggregator.occasions import STATES, closed, closing_at, days_until, over_at, state

NOW = datetime(2027, 2, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def on(year: int, month: int, day: int, hour: int = 12, zone: str = "UTC") -> datetime:
    return datetime(year, month, day, hour, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("occasion", "expected"),
    [
        (None, "unknown"),
        (Occasion(), "unknown"),
        (Occasion(closes=date(2027, 5, 1), status="cancelled"), "withdrawn"),
        (Occasion(closes=date(2027, 5, 1), status="postponed"), "unknown"),
        (Occasion(closes=date(2027, 5, 1), status="sold_out"), "closed"),
        (Occasion(closes=date(2027, 5, 1), ends=date(2027, 2, 9)), "ended"),
        (Occasion(closes=date(2027, 2, 9)), "closed"),
        (Occasion(closes=date(2027, 2, 9), starts=date(2027, 2, 20), ends=date(2027, 3, 20)), "closed"),
        (Occasion(closes=date(2027, 2, 9), starts=date(2027, 2, 1), ends=date(2027, 3, 20)), "closed_but_running"),
        (Occasion(closes=date(2027, 2, 17)), "closing_soon"),
        (Occasion(closes=date(2027, 2, 18)), "open"),
        (Occasion(closes=date(2027, 4, 18), opens=date(2027, 2, 1)), "open"),
        (Occasion(closes=date(2027, 4, 18), opens=date(2027, 2, 20)), "opens_soon"),
        (Occasion(closes=date(2027, 4, 18), opens=date(2027, 4, 1)), "announced"),
        (Occasion(opens=date(2027, 2, 1)), "unknown"),
        (Occasion(opens=date(2027, 2, 1), starts=date(2027, 4, 1), pacing="cohort"), "unknown"),
        (Occasion(starts=date(2027, 4, 1)), "announced"),
        (Occasion(starts=date(2027, 2, 1), pacing="cohort"), "unknown"),
        (Occasion(starts=date(2027, 2, 1), ends=date(2027, 6, 1), pacing="cohort"), "unknown"),
        (Occasion(starts=date(2027, 2, 1)), "ended"),
        (Occasion(pacing="self_paced"), "always_open"),
        (Occasion(pacing="self_paced", starts=date(2019, 1, 1)), "always_open"),
        (Occasion(pacing="self_paced", ends=date(2027, 6, 1)), "unknown"),
        (Occasion(pacing="self_paced", closes=date(2027, 6, 1)), "open"),
    ],
)
def test_states(occasion: Occasion | None, expected: str) -> None:
    assert state(occasion, NOW) == expected


def test_of_a_course_a_beginning_tells_no_end() -> None:
    begun = Occasion(starts=date(2027, 2, 1))
    assert (state(begun, NOW, kind="event"), state(begun, NOW, kind="course")) == ("ended", "unknown")


def test_a_month_is_not_a_day() -> None:
    """`fine febbraio`: neither closed on the first nor closing soon; over when the month is."""
    late = Occasion(closes=date(2027, 2, 1), precision={"closes": "month"})
    assert closing_at(late) is None
    assert [state(late, on(2027, month, 10)) for month in (1, 2, 3)] == ["open", "unknown", "closed"]
    assert [closed(late, on(2027, 2, day)) for day in (2, 28)] == [False, False]
    assert closed(late, on(2027, 3, 1))
    starts = Occasion(starts=date(2027, 3, 1), precision={"starts": "month"})
    assert [state(starts, on(2027, month, 15)) for month in (2, 3, 4)] == ["announced", "unknown", "ended"]


def test_leap_day() -> None:
    last = Occasion(closes=date(2028, 2, 29), zone="Europe/Rome")
    assert closing_at(last) == datetime(2028, 2, 29, 22, 59, 59, tzinfo=UTC)
    assert closing_at(Occasion(closes=date(2028, 2, 1), precision={"closes": "month"})) is None
    assert not closed(Occasion(ends=date(2028, 2, 1), precision={"ends": "month"}), on(2028, 2, 29, 23))


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "AoE", "anywhere on earth"])
def test_anywhere_on_earth_seen_from_auckland(zone: str) -> None:
    call = Occasion(closes=date(2027, 1, 15), zone=zone)
    # The 15th ends on the 17th, at one in the morning of an Auckland summer.
    assert closing_at(call) == datetime(2027, 1, 17, 0, 59, 59, tzinfo=ZoneInfo("Pacific/Auckland"))
    assert not closed(call, on(2027, 1, 17, 0, "Pacific/Auckland"), "Pacific/Auckland")
    assert closed(call, on(2027, 1, 17, 1, "Pacific/Auckland"), "Pacific/Auckland")
    assert state(call, on(2027, 1, 9, 9, "Pacific/Auckland"), "Pacific/Auckland") == "open"
    assert state(call, on(2027, 1, 10, 9, "Pacific/Auckland"), "Pacific/Auckland") == "closing_soon"


def test_a_day_without_a_zone_ends_where_the_reader_is() -> None:
    call = Occasion(closes=date(2027, 1, 15))
    at = datetime(2027, 1, 16, 5, tzinfo=UTC)
    assert [closed(call, at, zone) for zone in ("UTC", "America/Los_Angeles", "No/Where")] == [True, False, True]


def test_a_webinar_in_zagreb_while_only_the_usa_has_changed_clocks() -> None:
    webinar = Occasion(starts=on(2027, 3, 17, 14, "Europe/Zagreb"), online=True, zone="Europe/Zagreb")
    assert over_at(webinar) == datetime(2027, 3, 17, 13, tzinfo=UTC)
    assert not closed(webinar, on(2027, 3, 17, 9, "America/New_York"))  # 14:00 in Zagreb is 9:00, not 8:00
    assert closed(webinar, on(2027, 3, 17, 10, "America/New_York"))


def test_self_paced_is_not_closed_by_having_begun_nor_the_postponed_by_its_old_date() -> None:
    assert not closed(Occasion(starts=date(2019, 1, 1), pacing="self_paced"), NOW)
    assert not closed(Occasion(starts=date(2019, 1, 1), status="postponed"), NOW)


days = st.none() | st.dates(date(2026, 6, 1), date(2027, 12, 1)) | st.just(date.max) | st.just(date.min)
occasions = st.builds(
    Occasion,
    **dict.fromkeys(("starts", "ends", "opens", "closes"), days),
    zone=st.sampled_from(["", "Etc/GMT+12", "Pacific/Kiritimati", "nonsense", "../x"]),
    pacing=st.sampled_from(["", "cohort", "self_paced"]),
    status=st.sampled_from(["", "cancelled", "postponed", "sold_out", "confirmed"]),
    precision=st.dictionaries(
        st.sampled_from(["starts", "ends", "opens", "closes"]), st.sampled_from(["month", "year"])
    ),
)


@given(occasions, st.sampled_from(["UTC", "Pacific/Auckland", "America/Los_Angeles", "nowhere"]))
def test_laws_of_states(occasion: Occasion, zone: str) -> None:
    found = state(occasion, NOW, zone)
    assert found in STATES
    if occasion.closes is None and occasion.status != "sold_out":
        assert found not in ("open", "closing_soon", "closed_but_running")
    if found in ("open", "closing_soon", "always_open"):
        assert not closed(occasion, NOW, zone) or occasion.ends is None
    if found == "ended" and occasion.status != "sold_out":
        assert closed(occasion, NOW, zone)


@given(occasions)
def test_what_has_closed_stays_closed(occasion: Occasion) -> None:
    known: list[Any] = [closed(occasion, NOW + DAY * number) for number in range(0, 400, 25)]
    assert known == sorted(known)


def test_days_until_the_end_of_the_calendar_are_counted_in_every_zone() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert days_until(last, NOW, "Pacific/Auckland") == (date.max - NOW.date()).days - 1
