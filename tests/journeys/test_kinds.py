"""Sources that are no feeds, over HTTP: pages are walked, a second visit adds nothing, a broken one loses nothing,
and dates decide what a letter says."""

from __future__ import annotations

import json
from datetime import timedelta

from journeys.conftest import MONDAY, WEEK, Service
from journeys.press import Page
from journeys.test_service import bodies

DAY = timedelta(days=1)


def run_of(number: int, **more: object) -> dict[str, object]:
    key = f"course-v1:LibAssoc+MENT{number}+2026"
    return {
        "id": key, "course_id": key, "name": f"Mentoring in practice, part {number}", "org": "LibAssoc",
        "short_description": "Six weeks on mentoring for librarians, with a tutor.", "start": "2026-12-07T08:00:00Z",
        "start_type": "timestamp", "end": "2027-01-31T22:59:00Z", "enrollment_end": f"2026-12-{number:02}T22:59:00Z",
        "pacing": "instructor", "effort": "3 hours per week", "hidden": False, "invitation_only": False, **more,
    }  # fmt: skip


def listing(service: Service, *runs: dict[str, object], page: int = 1, last: bool = True) -> bytes:
    following = None if last else f"{service.press.url}/api/courses/v1/courses/?page={page + 1}"
    pagination = {"next": following, "previous": None, "count": 9, "num_pages": 2}
    return json.dumps({"pagination": pagination, "results": list(runs)}).encode()


def catalogue(service: Service) -> None:
    first = "/api/courses/v1/courses/"
    service.press[f"{first}?page_size=100"] = service.press[first] = listing(
        service, run_of(1), run_of(2), last=False
    )
    service.press[f"{first}?page=2"] = listing(service, run_of(3), run_of(4, hidden=True))
    more = f"sources:\n  academy: {{url: '{service.press.url}{first}', kind: courses, title: The academy}}\n"
    (service.folder / "feeds.yaml").write_text(more, encoding="utf-8")


def test_a_catalogue_in_pages_is_read_whole_and_only_once(service: Service) -> None:
    catalogue(service)
    first = service("collect", "academy", at=MONDAY)
    assert first.report["entries"] | {"known": 0} == {
        "fetched": 3, "new": 3, "updated": 0, "known": 0, "merged": 0, "refused": 0,
    }  # fmt: skip
    again = service("collect", "academy", at=MONDAY + DAY)
    assert (again.report["entries"]["new"], again.report["entries"]["known"]) == (0, 3)


def test_a_broken_page_loses_nothing_of_what_is_known(service: Service) -> None:
    catalogue(service)
    service("collect", "academy", at=MONDAY)
    service.press["/api/courses/v1/courses/?page=2"] = Page(b"oops", 500)
    broken = service("collect", "academy", at=MONDAY + DAY)
    assert broken.report["entries"]["new"] == 0
    listed = json.loads(service("courses", "--format", "json", at=MONDAY + DAY).out)
    assert len(listed["courses"] if isinstance(listed, dict) else listed) == 3


def test_a_course_is_mailed_with_its_dates_until_it_closes(service: Service) -> None:
    catalogue(service)
    service.readers("ann@example.org,mentoring,monday,8,UTC", "bob@example.org,mentoring,wednesday,23,UTC")
    service("run", at=MONDAY)
    text = bodies(service)
    assert "Closing soon" in text
    assert "Closes Tue 1 Dec 2026" in text
    # Bob signed up with Ann; by his hour ten days later the first one has closed.
    service("run", at=MONDAY + WEEK + 2 * DAY + timedelta(hours=15, minutes=5))
    [letter] = [one for one in service.letters() if "bob@" in str(one["To"])]
    late = str(letter.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "part 3" in late
    assert "part 1" not in late


def test_a_calendar_unfolds_around_the_moment_of_the_visit(service: Service) -> None:
    service.press["/cal.ics"] = (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:1@x\r\nDTSTAMP:20200101T000000Z\r\n"
        b"DTSTART;TZID=Europe/Zagreb:20200106T140000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;BYDAY=MO\r\n"
        b"SUMMARY:Mentoring hour\r\nURL:https://x.example/hour\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    (service.folder / "feeds.yaml").write_text(
        f"sources:\n  hours: {{url: '{service.press.url}/cal.ics', kind: calendar, options: {{days_ahead: 20}}}}\n",
        encoding="utf-8",
    )
    done = service("collect", at=MONDAY)
    assert 3 <= done.report["entries"]["new"] <= 8  # a few weeks of six years of Mondays


def test_how_long_a_podcast_is_stands_in_the_letter(service: Service) -> None:
    service.press["/pod"] = (
        b'<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>Talk</title>'
        b"<item><title>Informal mentoring online</title><guid>ep-41</guid><pubDate>Sun, 22 Nov 2026 06:00:00 GMT</pubDate>"
        b'<enclosure url="https://cdn.example.org/41.mp3" length="9" type="audio/mpeg"/>'
        b"<itunes:duration>00:32:45</itunes:duration><description>On mentoring.</description></item></channel></rss>"
    )
    service.feeds("/pod")
    service.readers("ann@example.org,mentoring,monday,8,UTC")
    service("run", at=MONDAY)
    assert "33 min" in bodies(service)
