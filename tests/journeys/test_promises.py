"""What a reader is promised, over the whole service: which items come, once, at the right hour, and never again."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import httpx
import pytest
from contract.conftest import reachable, schema_of_its_own
from journeys.conftest import MONDAY, WEEK, Inside, Service
from journeys.press import Page, rss

from aggregator.app import App
from aggregator.web import create_app

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ANN = "ann@example.org,mentoring,monday,8,UTC"


def piece(number: int, when: datetime | None = MONDAY - DAY, path: str = "") -> tuple[str, str, datetime | None]:
    return f"Mentoring programme number {number} for new librarians", path or f"/m/{number}", when


def text(letter: EmailMessage) -> str:
    return str(letter.get_body(("plain",)).get_content())  # type: ignore[union-attr]


def numbers(letter: EmailMessage) -> set[int]:
    """Which of the pieces a letter carries."""
    return {int(found) for found in re.findall(r"programme number (\d+) ", text(letter))}


def sent(service: Service) -> list[set[int]]:
    return [numbers(letter) for letter in service.letters()]


def dump(service: Service, *, without: str = "") -> str:
    """All that the database holds, but for tables whose rows begin with `without`."""
    connection = sqlite3.connect(service.folder / "aggregator.db")
    try:
        return "\n".join(line for line in connection.iterdump() if not without or f'INTO "{without}"' not in line)
    finally:
        connection.close()


# --------------------------------------------------------------------------------------------------------- windows
def test_a_window_is_of_whole_local_days(inside: Inside) -> None:
    """Trap 7: what was found at 08:05 a week before a letter of 08:00 is in it, and what came at midnight too."""
    zagreb = ZoneInfo("Europe/Zagreb")
    monday = datetime(2026, 11, 16, tzinfo=zagreb)
    found = {1: monday - MINUTE, 2: monday, 3: monday + 8 * HOUR + 5 * MINUTE}
    pieces = []
    for number, moment in found.items():
        pieces.append(piece(number, moment))
        inside.press["/blog"] = rss("Blog", pieces)
        inside.feeds("/blog")
        inside("collect", "blog", at=moment)
    inside.readers("ann@example.org,mentoring,monday,8,Europe/Zagreb", at=monday + 8 * HOUR)
    inside("publish", at=monday + WEEK + 8 * HOUR)
    assert sent(inside) == [{2, 3}]


def test_what_was_found_in_the_second_of_the_letter_but_after_it_is_in_the_next(inside: Inside) -> None:
    inside.feeds("/blog")
    inside.readers(ANN)
    inside.press["/blog"] = Page(b"", 500)
    inside("run", at=MONDAY)
    inside.press["/blog"] = rss("Blog", [piece(1)])
    inside("collect", "--force", at=MONDAY)
    inside("run", at=MONDAY + WEEK)
    assert sent(inside) == [{1}]


def test_one_story_that_stood_beside_another_in_that_second_does_not_come_a_week_later(inside: Inside) -> None:
    title = "Mentoring librarians abroad"  # too short to be believed across dates, the same story in one letter
    inside.press["/blog"] = rss("Blog", [(title, "/m/1", MONDAY - 6 * DAY), (title, "/m/2", MONDAY - DAY)])
    inside.press["/news"] = rss("News", [("Mentoring weeks in Zagreb", "/n", MONDAY - DAY)])
    inside.feeds("/blog", "/news")
    inside.readers(ANN)
    assert inside("run", at=MONDAY).report["entries"]["new"] == 3
    inside("run", at=MONDAY + WEEK)
    assert [text(letter).count("/m/") for letter in inside.letters()] == [1]


def test_discovery_is_not_publication(inside: Inside) -> None:
    """Trap 5: a post of 1999 that a source surfaces today is not news, and an undated one gets no date."""
    inside.feeds("/blog")
    inside.readers(ANN)
    inside.press["/blog"] = rss("Blog", [piece(1)])
    inside("collect", at=MONDAY - 5 * DAY)
    old, undated = piece(2, MONDAY.replace(year=1999)), piece(3, None)
    inside.press["/blog"] = rss("Blog", [piece(1), old, undated])
    inside("collect", "--force", at=MONDAY - DAY)
    inside("publish", at=MONDAY)
    assert sent(inside) == [{1, 3}]
    said = text(inside.letters()[0]).split("programme number 3", 1)[1].split("Why:")[0]
    assert "no date given" in said


@pytest.mark.parametrize(
    ("zone", "hour", "days"),
    [("Europe/Zagreb", 2, ["2027-03-27", "2027-03-28", "2027-03-29"]), ("America/New_York", 1, ["2026-10-31", "2026-11-01", "2026-11-02"])],
)  # fmt: skip
def test_days_on_which_clocks_change_bring_one_letter_each_within_a_quarter_of_an_hour(
    inside: Inside, zone: str, hour: int, days: list[str]
) -> None:
    local = ZoneInfo(zone)
    start = datetime.fromisoformat(days[0]).replace(tzinfo=local).astimezone(UTC)
    inside.feeds("/blog")
    inside.readers(
        f"ann@example.org,mentoring,daily,{hour},{zone}", at=start, head="email,topics,frequency,hour,timezone"
    )
    inside.press["/blog"] = rss("Blog", [piece(n, start - n * MINUTE) for n in range(3)])
    seen: list[datetime] = []
    for number in range(3):
        inside.press["/blog"] = rss("Blog", [piece(n, start - n * MINUTE) for n in range(number + 1)])
        inside("collect", "--force", at=start + number * DAY)
        moment = start + number * DAY
        while moment < start + (number + 1) * DAY:
            if abs((moment.astimezone(local).hour + moment.minute / 60) - hour) <= 2:
                inside("publish", at=moment)
                seen += [moment] * (len(inside.letters()) - len(seen))
            moment += 20 * MINUTE
    assert [one.astimezone(local).date().isoformat() for one in seen] == days
    assert all(one.astimezone(local).hour in (hour, hour + 1) and one.minute == 0 for one in seen)
    assert sent(inside) == [{0}, {1}, {2}]


def test_a_missed_period_is_skipped_and_recorded_and_its_news_comes_with_the_next(inside: Inside) -> None:
    inside.feeds("/blog")
    inside.readers(ANN)
    inside.press["/blog"] = rss("Blog", [piece(1)])
    inside("collect", at=MONDAY - DAY)
    late = inside("publish", at=MONDAY + 5 * DAY)
    assert (late.report["digests"]["skipped"], inside.letters()) == (1, [])
    assert "missed" in inside("subscribers", "show", "ann@example.org").out
    inside("publish", at=MONDAY + WEEK)
    assert sent(inside) == [{1}]


def test_a_late_run_repairs_a_period(inside: Inside) -> None:
    inside.feeds("/blog")
    inside.readers(ANN)
    inside.press["/blog"] = rss("Blog", [piece(1)])
    inside("run", at=MONDAY + 3 * DAY)
    inside("run", at=MONDAY + 4 * DAY)
    assert sent(inside) == [{1}]


# ------------------------------------------------------------------------------------------------- once, never again
def test_the_memory_of_what_was_sent_outlives_the_item(inside: Inside) -> None:
    """Trap 4: pruned long ago, it comes back: from its source, renumbered, and from another one."""
    inside.feeds("/blog", "/other")
    inside.readers(ANN)
    inside.press["/blog"] = rss("Blog", [piece(1)])
    inside.press["/other"] = rss("Other", [])
    inside("run", at=MONDAY)
    later = MONDAY + 60 * WEEK
    inside("prune", at=later)
    again = later - DAY
    inside.press["/blog"] = rss("Blog", [piece(1), piece(1, path="/new-number/1"), piece(2, again)])
    inside.press["/other"] = rss("Other", [piece(1, path="/copy/1")])
    inside("run", at=later)
    assert sent(inside) == [{1}, {2}]


def test_two_sources_and_two_topics_bring_an_item_once_and_say_so(inside: Inside) -> None:
    title = "Copyright and mentoring: a guide for new librarians"
    inside.press["/blog"] = rss("First blog", [(title, "/x", MONDAY - DAY)])
    inside.press["/other"] = rss("Second blog", [(title, "/y", MONDAY - DAY)])
    inside.feeds("/blog", "/other")
    inside.readers("ann@example.org,mentoring;copyright,monday,8,UTC")
    inside("run", at=MONDAY)
    [letter] = inside.letters()
    assert text(letter).count("Why:") == 1
    assert "Second blog" in text(letter)  # where else it ran


def test_a_new_source_does_not_flood(inside: Inside) -> None:
    inside.feeds("/blog")
    inside.readers(ANN)
    inside.press["/blog"] = rss("Blog", [piece(0)])
    inside("collect", at=MONDAY - 2 * DAY)
    inside.feeds("/blog", "/archive")
    recent = [piece(n, MONDAY - DAY - n * HOUR) for n in range(100, 140)]
    older = [piece(n, MONDAY - 20 * DAY - n * HOUR) for n in range(200, 400)]
    undated = [piece(n, None) for n in range(500, 600)]
    inside.press["/archive"] = rss("Archive", [*recent, *older, *undated])
    assert inside("collect", at=MONDAY - DAY).report["entries"]["new"] == 340
    inside("publish", at=MONDAY)
    [carried] = sent(inside)
    assert 0 in carried
    assert len(carried) <= 6  # the limit for one source
    assert not any(200 <= n < 400 for n in carried)


def test_a_source_that_renumbers_everything_sends_its_archive_to_nobody(inside: Inside) -> None:
    """Trap 11: new identifiers and new addresses for the whole archive, after it was mailed and before."""
    inside.feeds("/blog")
    inside.readers(ANN)
    inside.press["/blog"] = rss("Blog", [piece(n, MONDAY - n * DAY) for n in range(1, 5)])
    inside("run", at=MONDAY)
    archive = [piece(n, MONDAY - n * DAY, f"/2026/archive?id={1000 + n}") for n in range(1, 60)]
    inside.press["/blog"] = rss("Blog", archive)
    inside("run", at=MONDAY + WEEK)
    [first, *others] = sent(inside)
    assert first == {1, 2, 3, 4}
    assert all(not first & carried for carried in others)
    assert sum(map(len, others)) <= 5  # what had never been seen, within the limit for one source


def test_what_waited_too_long_is_no_news_any_more(inside: Inside) -> None:
    inside.feeds("/blog")
    inside.readers(f"{ANN},1", head="email,topics,weekday,hour,timezone,max_items")
    inside.press["/blog"] = rss("Blog", [piece(n) for n in range(20)])
    for week in range(11):
        inside("run", at=MONDAY + week * WEEK)
    assert [len(carried) for carried in sent(inside)] == [1] * 9  # nothing that is older than 62 days


def test_a_reader_who_changes_zone_weekday_or_frequency_gets_no_period_twice_and_misses_nothing(
    inside: Inside,
) -> None:
    inside.feeds("/blog")
    inside.readers(ANN)
    inside.press["/blog"] = rss("Blog", [piece(1)])
    inside("run", at=MONDAY)
    change = ("subscribers", "add", "ann@example.org")
    inside(*change, "--timezone", "Pacific/Honolulu", "--weekday", "Tuesday", at=MONDAY + MINUTE)
    inside.press["/blog"] = rss("Blog", [piece(1), piece(2, MONDAY)])
    for hours in range(1, 6):
        inside("run", at=MONDAY + hours * 12 * HOUR)
    assert sent(inside) == [{1}]  # the week of Monday is settled, wherever she lives now
    inside(*change, "--frequency", "daily", "--hour", "9", "--timezone", "UTC", at=MONDAY + 3 * DAY)
    inside("publish", at=MONDAY + 3 * DAY + 2 * HOUR)
    inside("publish", at=MONDAY + 3 * DAY + 3 * HOUR)
    assert sent(inside) == [{1}, {2}]


def test_the_same_moment_replayed_changes_nothing(inside: Inside) -> None:
    inside.feeds("/blog")
    inside.readers(ANN, "bob@example.org,copyright,monday,8,UTC")
    inside.press["/blog"] = rss("Blog", [piece(1)])
    inside("run", at=MONDAY)
    before, files = (
        dump(inside, without="runs"),
        {path: path.read_bytes() for path in inside.folder.glob("outbox/*")},
    )
    again = inside("run", at=MONDAY)
    assert again.report["digests"]["due"] == 0
    assert dump(inside, without="runs") == before
    assert {path: path.read_bytes() for path in inside.folder.glob("outbox/*")} == files


def test_a_dry_run_changes_nothing_although_feeds_yaml_has_changed(inside: Inside) -> None:
    inside.feeds("/blog")
    inside.readers(ANN)
    inside.press["/blog"] = inside.press["/new"] = rss("Blog", [piece(1)])
    inside("collect", at=MONDAY - DAY)
    before = dump(inside)
    inside.feeds("/blog", "/new", more="topics: {cats: {words: {en: [cat]}}}\n")
    done = inside("run", "--dry-run", at=MONDAY)
    assert done.report["sources"]["due"] == 2
    assert dump(inside) == before
    assert not (inside.folder / "outbox").exists()


def test_what_is_held_of_a_source_that_left_keeps_its_name(inside: Inside) -> None:
    inside.feeds("/blog", "/other")
    inside.readers(ANN)
    inside.press["/blog"] = rss("The Mentor Blog", [piece(1)])
    inside("collect", at=MONDAY - DAY)
    inside.feeds("/other")
    inside("publish", at=MONDAY)
    assert "The Mentor Blog" in text(inside.letters()[0])


# ------------------------------------------------------------------------------------------------------ a profile
def test_muted_topics_unread_languages_and_what_nobody_asked_for_never_come(inside: Inside) -> None:
    inside.press["/en"] = rss(
        "Blog", [piece(1), ("Mentoring and copyright for librarians", "/c", MONDAY - DAY), ("Cats", "/k", MONDAY)]
    )
    italian = "Il mentoring nelle biblioteche italiane: come si comincia e che cosa si impara"
    inside.press["/it"] = rss("Biblioteche", [(italian, "/it", MONDAY - DAY)], language="it")
    inside.feeds("/en", "/it")
    head = "email,topics,mute,languages,weekday,hour,timezone"
    inside.readers(
        "ann@example.org,mentoring,copyright,en,monday,8,UTC",
        "eva@example.org,mentoring,,,monday,8,UTC",
        head=head,
    )
    inside("run", at=MONDAY)
    by_reader = {str(letter["To"]): text(letter) for letter in inside.letters()}
    assert numbers(inside.letters()[0]) == {1}
    ann, eva = by_reader["ann@example.org"], by_reader["eva@example.org"]
    assert ("copyright" in ann, "mentoring nelle" in ann, "Cats" in ann) == (False, False, False)
    assert ("copyright" in eva, "mentoring nelle" in eva, "Cats" in eva) == (True, True, False)
    assert ann.count("Why:") == 1
    assert eva.count("Why:") == 3


def test_a_pause_brings_nothing_then_one_letter(inside: Inside) -> None:
    inside.feeds("/blog")
    inside.readers(ANN)
    inside("subscribers", "pause", "ann@example.org", "--until", "2026-12-10", at=MONDAY - DAY)
    for week in range(4):
        inside.press["/blog"] = rss("Blog", [piece(n, MONDAY + n * WEEK - DAY) for n in range(week + 1)])
        inside("run", at=MONDAY + week * WEEK)
    assert sent(inside) == [{0, 1, 2, 3}]


def test_a_letter_that_waits_does_not_follow_a_reader_who_leaves(inside: Inside) -> None:
    inside.feeds("/blog")
    inside.readers(ANN, "bob@example.org,mentoring,monday,8,UTC")
    inside.press["/blog"] = rss("Blog", [piece(1)])
    (inside.folder / "outbox").write_text("a file, no folder")
    inside("run", at=MONDAY, code=75)
    inside("subscribers", "leave", "ann@example.org", at=MONDAY)
    (inside.folder / "outbox").unlink()
    inside("run", at=MONDAY + HOUR)
    assert [str(letter["To"]) for letter in inside.letters()] == ["bob@example.org"]


# --------------------------------------------------------------------------------------------------------- the links
def test_a_scanner_opens_every_link_of_a_letter_and_nobody_has_left(inside: Inside) -> None:
    """Trap 9, over the real store; then the button of the mail program, which does what it says."""
    inside.feeds("/blog")
    inside.readers(ANN)
    inside.press["/blog"] = rss("Blog", [piece(1)])
    inside("run", at=MONDAY)
    [letter] = inside.letters()
    html = str(letter.get_body(("html",)).get_content())  # type: ignore[union-attr]
    links = {
        *re.findall(r'href="([^"]+)"', html),
        *re.findall(r"https?://\S+", text(letter)),
        str(letter["List-Unsubscribe"])[1:-1],
    }
    ours = sorted(link for link in links if link.startswith("https://digest.example.org/"))
    assert len(ours) == 4, "the page of the item, that of the letter, what I get, and leaving"

    async def ask(app: App, method: str, link: str) -> httpx.Response:
        pages = create_app(app, lambda: MONDAY)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(pages)) as browser:
            return await browser.request(
                method, link, content="List-Unsubscribe=One-Click" if method == "POST" else None
            )

    with inside.opened() as app:
        before = dump(inside)  # what was begun with is in it
        for link in ours:
            for method in ("GET", "HEAD", "GET"):
                assert asyncio.run(ask(app, method, link)).status_code == 200
        assert dump(inside) == before
        [leave] = [link for link in ours if "/unsubscribe/" in link]
        assert asyncio.run(ask(app, "POST", leave)).status_code == 200
    inside.press["/blog"] = rss("Blog", [piece(2, MONDAY)])
    inside("run", at=MONDAY + WEEK)
    assert len(inside.letters()) == 1


# -------------------------------------------------------------------------------------------------------- PostgreSQL
def test_the_whole_service_on_postgresql(inside: Inside, needs: Callable[[str, bool, str], None]) -> None:
    needs("postgres", not reachable(), reachable())
    with schema_of_its_own() as address:
        inside.env = {"AGGREGATOR_DATABASE": address}
        inside.feeds("/blog", "/bad")
        inside.press["/blog"] = rss("Blog \u202e", [piece(n, MONDAY - n * DAY) for n in range(7)])
        inside.readers(
            f"{ANN},5",
            "bob@example.org,copyright,monday,8,UTC,",
            head="email,topics,weekday,hour,timezone,max_items",
        )
        first = inside("run", at=MONDAY)
        assert (
            first.report["entries"]["new"],
            first.report["digests"]["sent"],
            first.report["digests"]["skipped"],
        ) == (7, 1, 1)
        assert inside("run", at=MONDAY).report["digests"]["due"] == 0
        inside("run", at=MONDAY + WEEK)
        inside("prune", at=MONDAY + 60 * WEEK)
        assert [len(carried) for carried in sent(inside)] == [5, 2]
        assert not sent(inside)[0] & sent(inside)[1]
