"""The same dated things at different moments: when a letter carries them, what it calls them, and when they are gone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from journeys.conftest import Inside
from journeys.press import rss
from journeys.test_changes import calendar, letters, meeting, run

DAY = timedelta(days=1)
LIST = "/api/courses/v1/courses/"


def academy(service: Inside, **more: object) -> None:
    """A course on mentoring, open for enrolment from 11 January to 28 February 2027."""
    course = {
        "id": "course-v1:LibAssoc+MENT+2027", "course_id": "course-v1:LibAssoc+MENT+2027",
        "name": "Mentoring in practice", "org": "LibAssoc", "short_description": "Six weeks on mentoring, with a tutor.",
        "start": "2027-03-08T08:00:00Z", "start_type": "timestamp", "end": "2027-04-30T22:59:00Z",
        "enrollment_start": "2027-01-11T00:00:00Z", "enrollment_end": "2027-02-28T22:59:00Z", "pacing": "instructor",
        "effort": "3 hours per week", "hidden": False, "invitation_only": False, **more,
    }  # fmt: skip
    answer = {"pagination": {"next": None, "previous": None, "count": 1, "num_pages": 1}, "results": [course]}
    service.press[LIST] = service.press[f"{LIST}?page_size=100"] = json.dumps(answer).encode()
    (service.folder / "feeds.yaml").write_text(
        f"sources:\n  academy: {{url: '{service.press.url}{LIST}', kind: courses, topics: [mentoring]}}\n",
        encoding="utf-8",
    )


def reader(
    service: Inside, at: datetime, *, frequency: str = "daily", zone: str = "UTC", name: str = "ann"
) -> None:
    head = "email,topics,frequency,weekday,hour,timezone"
    service.readers(f"{name}@example.org,mentoring,{frequency},monday,8,{zone}", head=head, at=at)


def states(service: Inside, at: datetime) -> list[str]:
    return [one["state"] for one in json.loads(service("courses", "--format", "json", at=at).out)]


def at_eight(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 8, tzinfo=UTC)


# --------------------------------------------------------------------------------------------------- a course's life
def test_a_course_is_told_when_it_opens_not_when_it_is_first_listed(inside: Inside) -> None:
    academy(inside)
    listed = at_eight(2026, 12, 1)
    reader(inside, listed - DAY)
    run(inside, listed)
    assert (letters(inside, "ann@"), states(inside, listed)) == ([], ["announced"])
    opens = at_eight(2027, 1, 11)
    run(inside, opens - DAY)
    assert (letters(inside, "ann@"), states(inside, opens - DAY)) == ([], ["opens_soon"])
    run(inside, opens)
    assert states(inside, opens) == ["open"]
    [letter] = letters(inside, "ann@")
    assert "Courses ------- Mentoring in practice" in letter
    assert "Closes Sun 28 Feb 2027, 22:59 UTC" in letter
    assert "Opens" not in letter  # it has
    for days in range(1, 60, 7):
        run(inside, opens + days * DAY)
    assert len(letters(inside, "ann@")) == 1


@pytest.mark.parametrize(
    ("now", "section", "state"),
    [
        (at_eight(2027, 2, 13), "Courses", "open"),
        (at_eight(2027, 2, 14), "Closing soon", "open"),  # fourteen days: the section is wider than the state
        (at_eight(2027, 2, 25), "Closing soon", "closing_soon"),
        (at_eight(2027, 2, 28), "Closing soon", "closing_soon"),
        (at_eight(2027, 3, 1), "", "closed"),
    ],
)
def test_it_stands_under_closing_soon_and_is_gone_the_day_after(
    inside: Inside, now: datetime, section: str, state: str
) -> None:
    academy(inside)
    reader(inside, now - DAY)
    run(inside, now)
    assert states(inside, now) == [state]
    found = letters(inside, "ann@")
    assert [section in letter for letter in found] == ([True] if section else [])


@pytest.mark.parametrize(
    ("frequency", "opens", "closes", "now"),
    [
        ("weekly", "2027-01-12T00:00:00Z", "2027-01-15T22:59:00Z", at_eight(2027, 1, 4)),
        ("weekdays", "2027-01-16T00:00:00Z", "2027-01-17T22:59:00Z", at_eight(2027, 1, 15)),  # a weekend
    ],
)
def test_a_course_that_would_open_and_close_between_two_letters_is_told_before(
    inside: Inside, frequency: str, opens: str, closes: str, now: datetime
) -> None:
    academy(inside, enrollment_start=opens, enrollment_end=closes)
    reader(inside, now - DAY, frequency=frequency)
    run(inside, now)
    [letter] = letters(inside, "ann@")
    assert "Opens " in letter


def test_an_extension_brings_one_labelled_notice_also_after_the_first_deadline(inside: Inside) -> None:
    academy(inside)
    reader(inside, at_eight(2027, 2, 1) - DAY, frequency="weekly")
    run(inside, at_eight(2027, 2, 1))
    academy(inside, enrollment_end="2027-03-05T22:59:00Z")
    run(inside, at_eight(2027, 3, 1))
    assert (
        "Extended: closing date was Sun 28 Feb 2027, 22:59 UTC, now Fri 5 Mar 2027" in letters(inside, "ann@")[1]
    )
    run(inside, at_eight(2027, 3, 8))
    assert len(letters(inside, "ann@")) == 2


# -------------------------------------------------------------------------------------------------- clocks and zones
def test_a_webinar_in_the_week_when_only_the_usa_have_changed_their_clocks(inside: Inside) -> None:
    webinar = meeting("20270317T140000", title="Mentoring webinar").replace(
        "LOCATION:Zagreb", "LOCATION:Online (Zoom)"
    )
    inside.press["/cal.ics"] = calendar(webinar)
    (inside.folder / "feeds.yaml").write_text(
        f"sources:\n  cal: {{url: '{inside.press.url}/cal.ics', kind: calendar, topics: [mentoring]}}\n"
    )
    now = at_eight(2027, 3, 15)
    reader(inside, now - DAY, zone="America/New_York", name="nia")
    reader(inside, now - DAY, zone="Europe/Zagreb", name="zora")
    run(inside, now + timedelta(hours=5))
    assert "Wed 17 Mar 2027, 14:00–15:00 Zagreb time ·" in letters(inside, "zora@")[0]
    assert "Wed 17 Mar 2027, 09:00–10:00 New York time (14:00 Zagreb time)" in letters(inside, "nia@")[0]


def test_a_deadline_anywhere_on_earth_seen_from_auckland(inside: Inside) -> None:
    post = ("Call for papers on mentoring. Deadline for papers: 15 January 2027 (Anywhere on Earth)", "/cfp", None)
    inside.press["/blog"] = rss("A blog", [post])
    (inside.folder / "feeds.yaml").write_text(
        f"sources:\n  blog: {{url: '{inside.press.url}/blog', topics: [mentoring]}}\n"
    )
    # In Auckland the day ends at 00:59 on the 17th.
    early, late = (datetime(2027, 1, day, 19, tzinfo=UTC) for day in (15, 16))  # 8:00 on the 16th and on the 17th
    inside("collect", at=early - timedelta(hours=1))
    reader(inside, early - DAY, zone="Pacific/Auckland", name="early")
    inside("publish", at=early)
    [letter] = letters(inside, "early@")
    assert "Closes Fri 15 Jan 2027, anywhere on Earth (Sun 17 Jan 2027, 00:59 Auckland time)" in letter
    reader(inside, late - DAY, zone="Pacific/Auckland", name="late")
    inside("publish", at=late)
    assert letters(inside, "late@") == []


def test_a_day_without_a_zone_is_over_with_the_readers_own(inside: Inside) -> None:
    inside.press["/blog"] = rss("A blog", [("Online course on mentoring: enrol by 15 January 2027", "/c", None)])
    (inside.folder / "feeds.yaml").write_text(
        f"sources:\n  blog: {{url: '{inside.press.url}/blog', topics: [mentoring]}}\n"
    )
    inside("collect", at=datetime(2027, 1, 15, 10, tzinfo=UTC))
    reader(inside, at_eight(2027, 1, 14), zone="Pacific/Auckland", name="kiri")
    reader(inside, at_eight(2027, 1, 14), zone="America/Los_Angeles", name="luis")
    inside(
        "publish", at=datetime(2027, 1, 15, 19, tzinfo=UTC)
    )  # Saturday 8:00 in Auckland, Friday 11:00 in California
    assert letters(inside, "kiri@") == []
    assert "Closes Fri 15 Jan 2027" in letters(inside, "luis@")[0]


def test_leap_day_for_a_monthly_reader(inside: Inside) -> None:
    academy(inside, enrollment_start=None, enrollment_end="2028-02-29T22:59:00Z", start="2028-03-08T08:00:00Z",
            end="2028-04-30T22:59:00Z")  # fmt: skip
    now = at_eight(2028, 2, 7)
    reader(inside, now - DAY, frequency="monthly")
    run(inside, now)
    [letter] = letters(inside, "ann@")
    assert "Closes Tue 29 Feb 2028, 22:59 UTC" in letter
    reader(inside, at_eight(2028, 2, 28), name="late", frequency="monthly")
    leap_day, after = at_eight(2028, 2, 29), at_eight(2028, 3, 1)
    assert (states(inside, leap_day), states(inside, after)) == (["closing_soon"], ["closed"])
    run(inside, at_eight(2028, 3, 6))
    assert (len(letters(inside, "ann@")), letters(inside, "late@")) == (1, [])
