"""The formats that library people's sources come in, each as a site on loopback: visited twice and then broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from journeys import listings_courses, listings_events, listings_feeds, listings_pages
from journeys.conftest import Inside
from journeys.listings import Day, Listing, faults_of, shown
from journeys.press import printing

LISTINGS = (
    *listings_courses.LISTINGS,
    *listings_events.LISTINGS,
    *listings_feeds.LISTINGS,
    *listings_pages.LISTINGS,
)


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Day]]:
    """All formats visited, all of them at once on each day."""
    with printing() as press:
        folder: Path = tmp_path_factory.mktemp("listings")
        yield shown(LISTINGS, Inside(folder, press))


each = pytest.mark.parametrize("listing", LISTINGS, ids=lambda one: one.key)


@each
def test_the_first_visit_brings_it_all(listing: Listing, days: list[Day]) -> None:
    day = days[0]
    assert (day.codes.get(listing.key), day.partial.get(listing.key)) == (None, None)
    rows = day.rows.get(listing.key, [])
    assert len(rows) == listing.count, [row["title"] for row in rows]
    listing.holds(rows)


@each
def test_the_second_visit_adds_nothing(listing: Listing, days: list[Day]) -> None:
    first, second = days[0].rows[listing.key], days[1].rows[listing.key]
    assert [row["id"] for row in second] == [row["id"] for row in first]
    assert days[1].report["entries"]["new"] == 0
    assert listing.key not in days[1].codes


@each
def test_broken_it_loses_nothing_and_is_called_what_it_is(listing: Listing, days: list[Day]) -> None:
    kept = days[1].rows[listing.key]
    for number, (name, fault) in enumerate(faults_of(listing), 2):
        day = days[number]
        assert day.rows[listing.key] == kept, f"{listing.key} {name}"
        assert day.report["entries"]["new"] == 0
        assert day.codes.get(listing.key, "") == fault.code, f"{listing.key} {name}"
        assert fault.partial in day.partial.get(listing.key, ""), f"{listing.key} {name}"
        assert bool(fault.partial) == (listing.key in day.partial), f"{listing.key} {name}"


FOR_PEOPLE = {"moodle-guest", "schema", "wikicfp", "notices", "sitemap"}


@each
def test_robots_txt_is_asked_for_pages_only(listing: Listing, days: list[Day]) -> None:
    places = [asked.place for asked in days[0].asked[listing.key]]
    assert places.count("/robots.txt") == (listing.key in FOR_PEOPLE)
    assert ("/robots.txt" in places[:1]) == (listing.key in FOR_PEOPLE)


def test_a_list_that_broke_off_is_asked_again_from_where_it_was(days: list[Day]) -> None:
    [oai] = [one for one in LISTINGS if one.key == "oai"]
    broke_off = 2 + [name for name, _ in faults_of(oai)].index("forgets where it was")

    def begin(day: Day) -> str:
        return next(asked.query["from"] for asked in day.asked["oai"] if "from" in asked.query)

    assert begin(days[1]) > begin(days[0])
    assert begin(days[broke_off + 1]) == begin(days[broke_off])


def test_no_key_stands_in_an_address(days: list[Day]) -> None:
    asked = [one for day in days for one in day.asked["moodle"]]
    assert {one.method for one in asked} == {"POST"}
    assert not [one.path for one in asked if "t0ken" in one.path]
    assert len(days[0].asked["moodle"]) == 3  # pages of two
