"""What subscribers, curators and cron see of the whole service, end to end over HTTP and a folder of letters."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from journeys.conftest import MONDAY, ROOT, WEEK, Service
from journeys.press import Page, rss

DAY = timedelta(days=1)
TUESDAY = MONDAY + DAY


def two_feeds(service: Service, *, upto: int = 3) -> None:
    """A blog on mentoring and an Italian one on courses, each with items of the last days and one of 1999."""
    blog = [
        (f"Mentoring programme number {n} for new librarians", f"/m/{n}", MONDAY - n * DAY) for n in range(upto)
    ]
    old = [("Mentoring in the last century", "/m/1999", MONDAY.replace(year=1999))]
    corso = [(f"Corso MOOC numero {n} per bibliotecari", f"/it/{n}", MONDAY - n * DAY) for n in range(upto)]
    service.press["/blog"] = rss("Mentor blog", [*blog, *old])
    service.press["/corsi"] = rss("Corsi", corso, language="it")
    service.feeds("/blog", "/corsi")


def bodies(service: Service) -> str:
    return "\n".join(str(letter.get_body(("plain",)).get_content()) for letter in service.letters())  # type: ignore[union-attr]


def test_from_two_feeds_to_one_letter(service: Service) -> None:
    two_feeds(service)
    service.readers("ann@example.org,mentoring:3;moocs,monday,08:00,UTC")
    done = service("run", at=MONDAY)
    assert done.report["sources"] == {"due": 2, "visited": 2, "unchanged": 0, "failed": 0, "not_reached": 0}
    assert done.report["entries"]["new"] == 7
    assert done.report["digests"]["sent"] == 1
    assert (done.out, done.err) == ("", "")  # cron hears nothing
    [letter] = service.letters()
    assert letter["To"].addresses[0].addr_spec == "ann@example.org"
    text = bodies(service)
    assert "Mentoring programme number 0" in text
    assert "Corso MOOC numero 2" in text
    assert "last century" not in text  # a post of 1999 is not news


def test_a_second_run_asks_nothing_and_sends_nothing(service: Service) -> None:
    two_feeds(service)
    service.readers("ann@example.org,mentoring,monday,8,UTC")
    service("run", at=MONDAY)
    asked = len(service.press.asked)
    again = service("run", at=MONDAY + timedelta(minutes=10))
    assert again.report["sources"]["due"] == again.report["digests"]["due"] == 0
    assert len(service.press.asked) == asked
    forced = service("collect", "--force", at=MONDAY + timedelta(minutes=10))
    assert forced.report["sources"]["unchanged"] == 2
    assert all("if-none-match" in one.headers for one in service.press.asked[asked:])
    assert len(service.letters()) == 1


def test_a_week_later_what_is_new_and_nothing_twice(service: Service) -> None:
    two_feeds(service)
    service.readers("ann@example.org,mentoring,monday,8,UTC", "bob@example.org,copyright,monday,8,UTC")
    first = service("run", at=MONDAY)
    assert first.report["digests"] | {} == {
        "due": 2, "sent": 1, "skipped": 1, "held": 0, "deferred": 0, "refused": 0, "failed": 0,
    }  # fmt: skip
    blog = [
        ("Mentoring circles: what changed", "/m/new", MONDAY + 3 * DAY),
        ("Mentoring programme number 0 for new librarians", "/m/0", MONDAY),
    ]
    service.press["/blog"] = rss("Mentor blog", blog)
    service("run", at=MONDAY + WEEK)
    assert len(service.letters()) == 2
    newest = str(service.letters()[-1].get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "Mentoring circles" in newest
    assert "programme number" not in newest
    third = service("run", at=MONDAY + 2 * WEEK)  # nothing new: no letter, and the skip is recorded
    assert (third.report["digests"]["skipped"], len(service.letters())) == (2, 2)


def test_one_broken_source_costs_only_itself(service: Service) -> None:
    two_feeds(service)
    service.press["/broken"] = b"<html><body>We are being maintained</body></html>"
    service.press["/gone"] = Page(b"", 410)
    service.press["/error"] = Page(b"oops", 500)
    service.feeds("/blog", "/broken", "/missing", "/gone", "/error")
    service.readers("ann@example.org,mentoring,monday,8,UTC")
    done = service("run", at=MONDAY)
    assert done.report["sources"] == {"due": 5, "visited": 5, "unchanged": 0, "failed": 4, "not_reached": 0}
    assert len(service.letters()) == 1
    later = service("collect", at=MONDAY + 30 * DAY)
    assert later.report["sources"]["due"] == 4  # the one that is gone for good is not asked again


def test_a_machine_without_network_blames_no_source(service: Service) -> None:
    rows = "".join(f"  s{n}: https://no-such-place-{n}.invalid/feed\n" for n in range(6))
    (service.folder / "feeds.yaml").write_text(f"sources:\n{rows}", encoding="utf-8")
    done = service("collect", at=MONDAY, code=75)
    assert "offline" in done.err
    assert done.report["sources"]["not_reached"] == 6
    assert service("collect", at=MONDAY, code=75).report["sources"]["due"] == 6  # no back-off for our own fault


def test_more_than_the_limit_rolls_over_and_the_letter_says_so(service: Service) -> None:
    two_feeds(service, upto=9)
    service.readers(
        "ann@example.org,mentoring,monday,8,UTC,4", head="email,topics,weekday,hour,timezone,max_items"
    )
    service("run", at=MONDAY)
    first = bodies(service)
    assert first.count("Why:") == 4 or first.lower().count("why") >= 4
    service("run", at=MONDAY + WEEK)
    assert len(service.letters()) == 2
    titles = {n for n in range(9) if f"Mentoring programme number {n} " in bodies(service)}
    assert len(titles) == 8  # four and four, none twice
    assert all(bodies(service).count(f"Mentoring programme number {n} ") <= 3 for n in titles)


def test_a_reader_who_left_gets_nothing_more(service: Service) -> None:
    two_feeds(service)
    service.readers("ann@example.org,mentoring,monday,8,UTC", "bob@example.org,mentoring,monday,8,UTC")
    service("subscribers", "leave", "ann@example.org", at=MONDAY - DAY)
    service("run", at=MONDAY)
    assert [letter["To"].addresses[0].addr_spec for letter in service.letters()] == ["bob@example.org"]
    refused = service("subscribers", "import", "readers.csv", "--confirmed", at=MONDAY, code=78)
    assert "ann@example.org" in refused.err


def test_readers_in_many_zones_each_at_their_own_hour(service: Service) -> None:
    two_feeds(service)
    zones = ["Pacific/Auckland", "Asia/Kolkata", "Europe/Zagreb", "America/New_York", "Pacific/Honolulu"]
    service.readers(*(f"r{n}@example.org,mentoring,monday,8,{zone}" for n, zone in enumerate(zones)))
    service("collect", at=MONDAY - 2 * DAY)
    seen: list[int] = []
    moment = MONDAY - DAY
    while moment < MONDAY + DAY:
        service("publish", at=moment)
        seen.append(len(service.letters()))
        moment += timedelta(hours=6)
    assert seen[0] == 0
    assert seen[-1] == len(zones)
    assert len(set(seen)) >= 4  # not all at once


def test_a_dry_run_changes_nothing(service: Service) -> None:
    two_feeds(service)
    service.readers("ann@example.org,mentoring,monday,8,UTC")
    service("collect", at=MONDAY - DAY)
    before = _digest(service.folder / "aggregator.db")
    service.press["/blog"] = rss("Mentor blog", [("Mentoring anew for librarians", "/m/n", MONDAY)])
    service("collect", "--force", "--dry-run", at=MONDAY)
    dry = service("publish", "--dry-run", at=MONDAY)
    assert dry.report["digests"]["held"] == 1  # written, not posted
    assert service.letters() == []
    assert _digest(service.folder / "aggregator.db") == before


def _digest(database: Path) -> str:
    """What the database holds, whatever lies in its write-ahead log."""
    import sqlite3

    connection = sqlite3.connect(database)
    try:
        return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()
    finally:
        connection.close()


def test_only_who_is_meant(service: Service) -> None:
    two_feeds(service)
    service.readers("ann@example.org,mentoring,monday,8,UTC", "bob@example.org,mentoring,monday,8,UTC")
    service("run", "--only", "BOB@example.org", at=MONDAY)
    assert [letter["To"].addresses[0].addr_spec for letter in service.letters()] == ["bob@example.org"]
    assert "nobody@example.org" in service("run", "--only", "nobody@example.org", at=MONDAY, code=78).err


def test_a_second_copy_leaves_at_once_and_says_so(service: Service) -> None:
    two_feeds(service)
    from aggregator.store import open_store

    store = open_store(str(service.folder / "aggregator.db"))
    with store.lock("run") as held:
        assert held
        done = service("run", at=MONDAY)
    store.close()
    assert "another run is in progress" in done.err
    assert service.press.asked == []


def test_a_broken_catalogue_from_the_start_is_a_configuration_error(service: Service) -> None:
    (service.folder / "feeds.yaml").write_text("sources:\n\t- bad\n", encoding="utf-8")
    done = service("run", at=MONDAY, code=78)
    assert "feeds.yaml:2" in done.err


def test_the_last_valid_catalogue_stays_in_force(service: Service) -> None:
    two_feeds(service)
    service.readers("ann@example.org,mentoring,monday,8,UTC")
    service("collect", at=MONDAY - DAY)
    (service.folder / "feeds.yaml").write_text("sources: [\n", encoding="utf-8")
    done = service("run", at=MONDAY, code=78)
    assert "last valid one" in done.err
    assert len(service.letters()) == 1  # readers don't pay for a slip of the pen
    assert service("run", at=MONDAY + timedelta(hours=1), code=78).err == ""  # said once, not every ten minutes


def test_new_rules_retag_what_is_held_without_network(service: Service) -> None:
    two_feeds(service)
    service.readers("ann@example.org,copyright,monday,8,UTC")
    service("collect", at=MONDAY - DAY)
    asked = len(service.press.asked)
    given = f"sources:\n  blog: {{url: '{service.press.url}/blog', topics: [copyright]}}\n"
    (service.folder / "feeds.yaml").write_text(given, encoding="utf-8")
    service("run", at=MONDAY - timedelta(hours=20))
    assert len(service.press.asked) == asked
    service("publish", at=MONDAY)
    assert "Mentoring programme number" in bodies(service)


def test_renumbered_items_do_not_flood(service: Service) -> None:
    two_feeds(service)
    service("collect", at=MONDAY - DAY)
    again = [
        (f"Mentoring programme number {n} for new librarians", f"/moved/{n}", MONDAY - n * DAY) for n in range(3)
    ]
    service.press["/blog"] = rss("Mentor blog", again)
    done = service("collect", "blog", at=MONDAY)
    assert (done.report["entries"]["new"], done.report["entries"]["known"]) == (0, 3)


def test_a_permanent_redirect_is_adopted_after_it_proved_itself(service: Service) -> None:
    two_feeds(service)
    service("collect", "blog", at=MONDAY - 9 * DAY)
    service.press["/new"] = service.press.pages["/blog"]
    service.press["/blog"] = Page(status=301, headers={"Location": "/new"})
    for day in range(3):
        service("collect", "blog", at=MONDAY - (8 - day) * DAY)
    asked = len(service.press.asked)
    service("collect", "blog", at=MONDAY)
    assert [one.path for one in service.press.asked[asked:]] == ["/new"]


def test_a_redirect_to_a_maintenance_page_overwrites_nothing(service: Service) -> None:
    two_feeds(service)
    service("collect", "blog", at=MONDAY - 9 * DAY)
    feed = service.press.pages["/blog"]
    service.press["/maintenance"] = b"<html><title>Back soon</title></html>"
    service.press["/blog"] = Page(status=301, headers={"Location": "/maintenance"})
    for day in range(4):
        service("collect", "blog", at=MONDAY - (8 - day) * DAY)
    service.press["/blog"] = feed
    done = service("collect", "blog", at=MONDAY)
    assert done.report["sources"]["failed"] == 0
    assert service.press.asked[-1].path == "/blog"


def test_a_dead_relay_is_said_and_loses_nothing(service: Service) -> None:
    two_feeds(service)
    service.readers("ann@example.org,mentoring,monday,8,UTC")
    service.env = {
        "AGGREGATOR_FROM": "Digest <digest@lib.example>", "AGGREGATOR_BASE_URL": "https://lib.example", "AGGREGATOR_SECRET": "s" * 32,
    }  # fmt: skip
    service.outbox = "smtp://127.0.0.1:1"
    down = service("run", at=MONDAY, code=75)
    assert down.report["digests"]["deferred"] == 1
    assert "ann@" not in down.err
    service.outbox = "outbox"
    up = service("publish", at=MONDAY + timedelta(minutes=10))
    assert up.report["digests"]["sent"] == 1
    assert len(service.letters()) == 1


def test_smtp_without_settings_is_a_configuration_error(service: Service) -> None:
    two_feeds(service)
    service.outbox = "smtp://127.0.0.1:1"
    done = service("publish", at=MONDAY, code=78)
    assert all(name in done.err for name in ("AGGREGATOR_FROM", "AGGREGATOR_BASE_URL", "AGGREGATOR_SECRET"))


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_every_reader_has_exactly_one_letter(service: Service, seed: int) -> None:
    """kill -9 anywhere, again and again, then one whole run (the long loop is benchmarks/kill.py)."""
    two_feeds(service, upto=9)
    zones = ["UTC", "Europe/Zagreb", "America/New_York"]
    service.readers(*(f"r{n}@example.org,mentoring,monday,3,{zones[n % 3]}" for n in range(60)))
    rnd = random.Random(seed)
    for _ in range(6):
        process = subprocess.Popen(
            service.command("run", at=MONDAY + timedelta(hours=1)), cwd=service.folder, env=service.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            process.wait(rnd.uniform(0.2, 2.5))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    service("run", at=MONDAY + timedelta(hours=1))
    to = sorted(letter["To"].addresses[0].addr_spec for letter in service.letters())
    assert to == sorted(f"r{n}@example.org" for n in range(60))


def test_a_bug_in_collecting_does_not_cost_readers_their_letters(service: Service) -> None:
    two_feeds(service)
    service.readers("ann@example.org,mentoring,monday,8,UTC")
    service("collect", at=MONDAY - DAY)
    # A bug is played by a module that is broken on disk for this one run.
    broken = service.folder / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import aggregator.collect as c\nc.collect = None\n", encoding="utf-8"
    )
    service.env = {"PYTHONPATH": f"{broken}:{ROOT}"}
    done = service("run", at=MONDAY, code=70)
    assert "TypeError" in done.err
    assert done.report["digests"]["sent"] == 1


def test_a_report_that_cannot_be_written_is_said_before_anything_happens(service: Service) -> None:
    two_feeds(service)
    command = [*service.command("run", at=MONDAY), "--report", str(service.folder / "nowhere" / "r.json")]
    done = subprocess.run(
        command, cwd=service.folder, env=service.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert service.press.asked == []
