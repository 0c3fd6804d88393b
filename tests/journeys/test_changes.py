"""What becomes of dates after they were mailed: one labelled notice to each reader who had them, and to nobody else."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from journeys.conftest import MONDAY, WEEK, Inside
from journeys.press import rss

from aggregator.app import App
from aggregator.web import create_app

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
HEAD = "email,topics,frequency,weekday,hour,timezone"
WEEKLY = "ann@example.org,mentoring,weekly,monday,8,UTC"
DAILY = "dan@example.org,mentoring,daily,monday,8,UTC"


def meeting(
    when: str = "20270303T130000",
    *,
    uid: str = "m1@x",
    status: str = "",
    title: str = "Mentoring meeting",
    **more: str,
) -> str:
    lines = [
        "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", f"DTSTART;TZID=Europe/Zagreb:{when}", "DURATION:PT1H",
        f"SUMMARY:{title}", f"URL:https://x.example/{uid.partition('@')[0]}", "LOCATION:Zagreb",
        *([f"STATUS:{status}"] if status else []), *(f"{name.upper()}:{value}" for name, value in more.items()),
        "END:VEVENT",
    ]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


def calendar(*events: str) -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n{''.join(events)}END:VCALENDAR\r\n".encode()


@pytest.fixture
def world(inside: Inside) -> Inside:
    """A calendar of mentoring meetings, and no readers yet."""
    publish(inside, meeting())
    sources(inside, "/cal.ics")
    return inside


def sources(service: Inside, *paths: str) -> None:
    rows = "".join(
        f"  {path.strip('/').partition('.')[0]}: {{url: '{service.press.url}{path}', kind: calendar, "
        "topics: [mentoring]}\n"
        for path in paths
    )
    (service.folder / "feeds.yaml").write_text(f"sources:\n{rows}", encoding="utf-8")


def publish(service: Inside, *events: str, at: str = "/cal.ics") -> None:
    service.press[at] = calendar(*events)


def run(service: Inside, at: datetime) -> None:
    service("collect", "--force", at=at)
    service("publish", at=at)


def letters(service: Inside, who: str) -> list[str]:
    """The plain text of this reader's letters, oldest first, with long lines made whole."""
    found = [one for one in service.letters() if who in str(one["To"])]
    texts = [str(one.get_body(("plain",)).get_content()) for one in found]  # type: ignore[union-attr]
    return [" ".join(text.split()) for text in texts]


def test_a_moved_event_brings_one_labelled_notice_and_keeps_the_former_date(world: Inside) -> None:
    world.readers(WEEKLY, head=HEAD)
    run(world, MONDAY)
    assert "Wed 3 Mar 2027, 13:00–14:00 Zagreb time" in letters(world, "ann@")[0]
    publish(world, meeting("20270310T130000"))
    run(world, MONDAY + WEEK)
    run(world, MONDAY + 2 * WEEK)
    first, notice = letters(world, "ann@")
    assert "Changed dates" in notice
    assert (
        "Moved: was Wed 3 Mar 2027, 13:00–14:00 Zagreb time, now Wed 10 Mar 2027, 13:00–14:00 Zagreb time"
        in notice
    )
    assert "It was in your letter of 23 Nov 2026" in notice
    subjects = [str(one["Subject"]) for one in world.letters()]
    assert subjects[1] == "Moved: Mentoring meeting"
    assert "Moved" not in first


def test_a_webinar_that_moved_is_told_whole_by_both_clocks(world: Inside) -> None:
    row = "kiri@example.org,mentoring,weekly,tuesday,8,Pacific/Auckland"
    world.readers(row, head=HEAD)
    for day in ("03", "10"):
        publish(world, meeting(f"202703{day}T130000").replace("LOCATION:Zagreb", "LOCATION:Online"))
        run(world, MONDAY + 13 * HOUR if day == "03" else MONDAY + WEEK + 13 * HOUR)
    assert (
        "now Thu 11 Mar 2027, 01:00–02:00 Auckland time (Wed 10 Mar 2027, 13:00 Zagreb time)"
        in letters(world, "kiri@")[1]
    )


def test_two_steps_between_letters_are_one_change_and_back_again_is_none(world: Inside) -> None:
    world.readers(WEEKLY, DAILY, head=HEAD)
    run(world, MONDAY)
    publish(world, meeting("20270304T130000"))
    run(world, MONDAY + DAY)
    publish(world, meeting("20270310T130000"))
    run(world, MONDAY + WEEK)
    [_, weekly] = letters(world, "ann@")
    assert "was Wed 3 Mar" in weekly
    assert "now Wed 10 Mar" in weekly
    [_, one, two] = letters(world, "dan@")
    assert ("was Wed 3 Mar" in one, "now Thu 4 Mar" in one) == (True, True)
    assert ("was Thu 4 Mar" in two, "now Wed 10 Mar" in two) == (True, True)
    publish(world, meeting("20270317T130000"))
    world("collect", "--force", at=MONDAY + WEEK + timedelta(hours=1))
    publish(world, meeting("20270310T130000"))
    run(world, MONDAY + 2 * WEEK)
    assert (len(letters(world, "ann@")), len(letters(world, "dan@"))) == (2, 3)


def test_a_cancellation_reaches_who_had_it_and_nobody_else(world: Inside) -> None:
    world.readers(WEEKLY, head=HEAD)
    run(world, MONDAY)
    world.readers("new@example.org,mentoring,weekly,monday,8,UTC", head=HEAD, at=MONDAY + DAY)
    publish(world, meeting(status="CANCELLED"), meeting("20270405T130000", uid="m2@x", title="Mentoring day two"))
    run(world, MONDAY + WEEK)
    notice = letters(world, "ann@")[1]
    assert "Cancelled: was Wed 3 Mar 2027" in notice
    [other] = letters(world, "new@")
    assert "Mentoring day two" in other
    assert "Mentoring meeting" not in other
    run(world, MONDAY + 2 * WEEK)
    assert (len(letters(world, "ann@")), len(letters(world, "new@"))) == (2, 1)


def test_who_never_had_it_sees_it_with_its_new_dates(world: Inside) -> None:
    world("collect", at=MONDAY - 2 * DAY)
    publish(world, meeting("20270310T130000"))
    world("collect", "--force", at=MONDAY - DAY)
    world.readers(WEEKLY, head=HEAD)
    run(world, MONDAY)
    [letter] = letters(world, "ann@")
    assert "Wed 10 Mar 2027" in letter
    assert "3 Mar" not in letter
    assert "Moved" not in letter


def test_a_change_months_later_still_finds_its_readers(world: Inside) -> None:
    publish(world, meeting("20270903T130000"))
    world.readers(WEEKLY, head=HEAD)
    run(world, MONDAY)
    late = MONDAY + 20 * WEEK
    publish(world, meeting("20270910T130000"))
    world("prune", "--items", "100d", "--letters", "30d", at=late)
    run(world, late)
    assert "Moved: was Fri 3 Sep 2027" in letters(world, "ann@")[-1]


def test_an_item_that_its_source_no_longer_lists_is_not_cancelled(world: Inside) -> None:
    world.readers(WEEKLY, head=HEAD)
    run(world, MONDAY)
    publish(world, meeting("20270405T130000", uid="m2@x", title="Mentoring day two"))
    run(world, MONDAY + WEEK)
    assert "Mentoring meeting" not in letters(world, "ann@")[1]


def test_of_two_sources_the_one_that_was_mailed_is_believed_but_a_later_revision_wins(world: Inside) -> None:
    sources(world, "/cal.ics", "/other.ics")
    publish(world, meeting(), at="/other.ics")
    world.readers(WEEKLY, head=HEAD)
    world("collect", "cal", at=MONDAY)  # so it is the calendar's, and the other has a copy
    run(world, MONDAY)
    publish(world, meeting("20270305T130000"), at="/other.ics")  # another date, and nothing that says it is newer
    run(world, MONDAY + WEEK)
    assert len(letters(world, "ann@")) == 1
    publish(world, meeting("20270310T130000", sequence="2"), at="/other.ics")
    run(world, MONDAY + 2 * WEEK)
    run(world, MONDAY + 3 * WEEK)
    assert "now Wed 10 Mar" in letters(world, "ann@")[1]
    # The first source is read again with something else new in it, and doesn't take the later revision back.
    publish(world, meeting(), meeting("20270405T130000", uid="m2@x", title="Mentoring day two"))
    run(world, MONDAY + 4 * WEEK)
    assert "Changed" not in letters(world, "ann@")[2]


def test_another_of_the_series_on_the_former_day_does_not_move_it_to_and_fro(world: Inside) -> None:
    def on(when: str, uid: str) -> str:
        page = f"URL:https://x.example/{uid.partition('@')[0]}"
        return meeting(when, uid=uid, title="Mentoring hour for librarians").replace(
            page, "URL:https://x.example/hours"
        )

    publish(world, on("20270303T130000", "m1@x"))
    world.readers(WEEKLY, head=HEAD)
    run(world, MONDAY)
    publish(world, on("20270310T130000", "m1@x"))
    run(world, MONDAY + WEEK)
    for week in (2, 3, 4):
        publish(world, on("20270310T130000", "m1@x"), on("20270303T130000", "m2@x"))
        run(world, MONDAY + week * WEEK)
    moved, another = letters(world, "ann@")[1:]
    assert "Moved: was Wed 3 Mar" in moved
    assert ("Changed dates" in another, "Wed 3 Mar 2027" in another) == (False, True)


def test_limits_never_keep_a_cancellation_and_a_notice_takes_no_room(world: Inside) -> None:
    many = [meeting("20270303T130000", uid=f"m{n}@x", title=f"Mentoring circle {n} of many") for n in range(14)]
    publish(world, *many)
    world.readers("ann@example.org,mentoring,weekly,monday,8,UTC,40", head=f"{HEAD},max_items")
    (world.folder / "feeds.yaml").write_text(
        (world.folder / "feeds.yaml").read_text()
        + "editions:\n  digest: {limits: {items: 40, per_source: 40, per_section: 3}}\n"
    )
    for week in range(5):
        run(world, MONDAY + week * WEEK)
    assert sum(letter.count("Mentoring circle") for letter in letters(world, "ann@")) >= 14
    had = len(letters(world, "ann@"))
    moved = [meeting("20270310T130000", uid=f"m{n}@x", title=f"Mentoring circle {n} of many") for n in range(6)]
    gone = [
        meeting(uid=f"m{n}@x", title=f"Mentoring circle {n} of many", status="CANCELLED") for n in range(6, 14)
    ]
    publish(world, *moved, *gone)
    run(world, MONDAY + 5 * WEEK)
    first = letters(world, "ann@")[had]
    assert (first.count("Cancelled: was"), first.count("Moved: was")) == (8, 3)
    assert "3 more wait for the next letter" in first
    run(world, MONDAY + 6 * WEEK)
    run(world, MONDAY + 7 * WEEK)
    assert [letter.count("Moved: was") for letter in letters(world, "ann@")[had + 1 :]] == [3]


@pytest.mark.parametrize("when", [date(2027, 3, 2), date(2027, 3, 4)])
def test_what_is_over_by_both_dates_is_no_news(world: Inside, when: date) -> None:
    world.readers(WEEKLY, head=HEAD)
    run(world, MONDAY)
    publish(world, meeting(f"{when:%Y%m%d}T130000"))
    run(world, datetime(2027, 3, 8, 8, tzinfo=UTC))
    assert len(letters(world, "ann@")) == 1


def test_posts_on_a_meeting_that_we_hold_are_one_block_of_notes(world: Inside) -> None:
    publish(world, meeting("20261110T130000", title="Satellite meeting on mentoring"))
    world("collect", at=MONDAY - 20 * DAY)
    posts = [
        ("Notes from the satellite meeting on mentoring", "/1", MONDAY - DAY),
        ("My impressions of the mentoring satellite meeting", "/2", MONDAY - 2 * DAY),
        ("Mentoring circles for everybody", "/3", MONDAY - 2 * DAY),
    ]
    world.press["/blog"] = rss("A blog", posts)
    with (world.folder / "feeds.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  blog: {{url: '{world.press.url}/blog', topics: [mentoring]}}\n")
    world.readers(WEEKLY, head=HEAD)
    run(world, MONDAY)
    [letter] = letters(world, "ann@")
    block = letter.index("Notes on: Satellite meeting on mentoring")
    assert block < letter.index("Notes from the satellite") < letter.index("Mentoring circles")
    assert letter.count("Conference notes ·") == 2


def test_the_calendar_link_of_a_letter_leads_to_the_dates_as_they_are_now(world: Inside) -> None:
    world.readers(WEEKLY, DAILY, head=HEAD)
    run(world, MONDAY)
    links = {re.search(r"Add to calendar: (\S+)", letters(world, who)[0])[1] for who in ("ann@", "dan@")}  # type: ignore[index]
    [link] = links  # one and the same for all readers: it tells nothing of them
    assert link.startswith("https://digest.example.org/dates/")
    before = asked(world, link)
    assert "DTSTART;TZID=Europe/Zagreb:20270303T130000\r\n" in before
    publish(world, meeting("20270310T130000", status="CANCELLED"))
    run(world, MONDAY + WEEK)
    after = asked(world, link)
    assert ("SEQUENCE:0" in before, "SEQUENCE:1" in after, "STATUS:CANCELLED" in after) == (True, True, True)
    assert "DTSTART;TZID=Europe/Zagreb:20270310T130000\r\n" in after


def asked(service: Inside, link: str) -> str:
    """What the pages of the service answer at a link of a letter."""

    async def answer(app: App) -> httpx.Response:
        pages = create_app(app, lambda: MONDAY)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(pages)) as client:
            return await client.get(link)

    with service.opened() as app:
        response = asyncio.run(answer(app))
    assert response.status_code == 200
    return response.text
