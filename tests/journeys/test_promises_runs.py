"""What an operator is promised: whatever stops, breaks, kills or refuses, nothing is lost, nothing comes twice but
what stands in the report, the sums balance, and the exit code says who must act."""

from __future__ import annotations

import re
import resource
import secrets
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
import sqlalchemy as sa
from journeys.conftest import MONDAY, WEEK, Done, Inside, Service
from journeys.press import Page, rss
from journeys.test_promises import ANN, DAY, HOUR, dump, piece, sent
from smtpserver import DROP, ScriptedRelay

from aggregator.store import open_store

SMTP = {
    "AGGREGATOR_FROM": "Digest <digest@lib.example>", "AGGREGATOR_BASE_URL": "https://lib.example",
    "AGGREGATOR_SECRET": "not-so-secret-in-a-test-0123456789",
}  # fmt: skip


def prepared(service: Service, readers: int = 1, pieces: int = 1) -> None:
    """A blog that is read, and readers r0, r1, ... whose letters are due."""
    service.feeds("/blog")
    service.press["/blog"] = rss("Blog", [piece(n) for n in range(pieces)])
    service.readers(*(f"r{n}@example.org,mentoring,monday,8,UTC" for n in range(readers)))
    service("collect", at=MONDAY - DAY)


def by_smtp(service: Service, relay: ScriptedRelay, options: str = "connections=1") -> None:
    service.env = SMTP
    service.outbox = f"smtp://127.0.0.1:{relay.port}?{options}"


def message_ids(relay: ScriptedRelay) -> dict[str, set[bytes]]:
    """Recipient -> every Message-ID under which a letter came, with or without our hearing the answer."""
    found: dict[str, set[bytes]] = {}
    for content in [*(content for _, _, content in relay.letters), *relay.unanswered]:
        to, name = (re.search(rb"^%b: (.*)\r" % field, content, re.MULTILINE) for field in (b"To", b"Message-ID"))
        assert to
        assert name
        found.setdefault(to[1].decode(), set()).add(name[1])
    return found


def digests(done: Done) -> dict[str, int]:
    """The figures of letters that are not 0; their sum is what was due."""
    found: dict[str, int] = done.report["digests"]
    assert found["due"] == sum(count for name, count in found.items() if name != "due")
    return {name: count for name, count in found.items() if count}


# --------------------------------------------------------------------------------------------------------- the relay
def test_a_refused_recipient_stops_nobody_and_is_not_tried_for_ever(inside: Inside) -> None:
    """Trap 1: a refusal settles the period; what the letter carried comes with the next one."""
    prepared(inside, readers=3)
    with ScriptedRelay({"RCPT": ["550 5.7.1 <r0@example.org> refused by policy"]}) as relay:
        by_smtp(inside, relay)
        done = inside("run", at=MONDAY, code=1)
        assert digests(done) == {"due": 3, "sent": 2, "refused": 1}
        assert done.report["suppressed"] == 0
        assert "r0" not in done.out + done.err + str(done.report)
        assert digests(inside("run", at=MONDAY + HOUR)) == {}
        assert "refused by policy" in inside("subscribers", "show", "r0@example.org").out
        inside("run", at=MONDAY + WEEK)
        assert sorted(to for _, to, _ in relay.letters) == ["r0@example.org", "r1@example.org", "r2@example.org"]


def test_an_address_that_is_no_more_gets_nothing_further(inside: Inside) -> None:
    """What the relay says of an address at RCPT is a hard bounce; what it says of us holds nothing against readers."""
    prepared(inside, readers=3)
    with ScriptedRelay({"RCPT": ["550 5.1.1 <r0@example.org> no such user here"]}) as relay:
        by_smtp(inside, relay)
        done = inside("run", at=MONDAY, code=1)
        assert digests(done) == {"due": 3, "sent": 2, "refused": 1}
        assert done.report["suppressed"] == 1
        assert "suppressed" in inside("subscribers", "show", "r0@example.org").out
        inside("run", at=MONDAY + WEEK)
        assert {to for _, to, _ in relay.letters} == {"r1@example.org", "r2@example.org"}


def test_an_answer_that_was_never_heard_is_told_and_tried_again_under_the_same_name(inside: Inside) -> None:
    prepared(inside, readers=2)
    with ScriptedRelay({"END": [DROP]}) as relay:
        by_smtp(inside, relay)
        done = inside("run", at=MONDAY)
        assert digests(done) == {"due": 2, "sent": 1, "deferred": 1}
        [told] = done.report["ambiguous"]
        assert told["message_id"].encode() in re.search(rb"Message-ID: (.*)\r", relay.unanswered[0])[1]  # type: ignore[index]
        assert (
            digests(inside("run", at=MONDAY + HOUR)) == {}
        )  # its time has not come: back-off follows the real clock
        with closing(sqlite3.connect(inside.folder / "aggregator.db")) as database, database:
            database.execute("UPDATE digests SET next_try_at = 1 WHERE state = 'deferred'")
        assert digests(inside("run", at=MONDAY + 2 * HOUR)) == {"due": 1, "sent": 1}
        assert [len(names) for names in message_ids(relay).values()] == [1, 1]
        assert len(relay.letters) + len(relay.unanswered) == 3


def test_a_relay_that_turns_everybody_away_for_now_loses_nobody(inside: Inside) -> None:
    prepared(inside, readers=3)
    with ScriptedRelay({"CONNECT": ["421 4.3.2 shutting down"]}) as relay:
        by_smtp(inside, relay)
        down = inside("run", at=MONDAY, code=75)
        assert digests(down) == {"due": 3, "deferred": 3}
        assert "@" not in down.err
        assert digests(inside("run", at=MONDAY + HOUR)) == {"due": 3, "sent": 3}


def test_a_ceiling_spreads_letters_over_runs_and_is_no_failure(inside: Inside) -> None:
    prepared(inside, readers=5)
    with ScriptedRelay() as relay:
        by_smtp(inside, relay, "connections=2&per_run=2")
        figures = [digests(inside("run", at=MONDAY + n * HOUR)) for n in range(4)]
        assert figures == [
            {"due": 5, "sent": 2, "deferred": 3}, {"due": 3, "sent": 2, "deferred": 1}, {"due": 1, "sent": 1}, {},
        ]  # fmt: skip
        assert len({to for _, to, _ in relay.letters}) == len(relay.letters) == 5


def test_killed_while_posting_each_reader_has_one_letter_but_for_those_the_report_names(service: Service) -> None:
    """kill -9 three times in the middle of an SMTP run; the last report names every letter that came twice."""
    prepared(service, readers=40)
    with SlowRelay() as relay:
        by_smtp(service, relay, "connections=3")
        for _ in range(3):
            before = len(relay.letters)
            process = subprocess.Popen(
                service.command("publish", at=MONDAY),
                cwd=service.folder,
                env=service.environment,
                stderr=subprocess.DEVNULL,
            )
            relay.wait_for(before + 5)
            process.send_signal(signal.SIGKILL)
            process.wait()
        done = service("publish", at=MONDAY)
        came = Counter(to for _, to, _ in relay.letters)
        assert set(came) == {f"r{n}@example.org" for n in range(40)}
        assert all(len(names) == 1 for names in message_ids(relay).values())
        told = {one["message_id"].encode() for one in done.report["ambiguous"]}
        assert {name for to in came if came[to] > 1 for name in message_ids(relay)[to]} <= told
        assert len(told) <= 9  # at most one for each connection and kill
        assert service("publish", at=MONDAY).report["ambiguous"] == []


class SlowRelay(ScriptedRelay):
    """A relay that takes a moment over each letter, so that a kill meets some on the way."""

    def act(self, stage: str) -> str:
        if stage == "END":
            self.closing.wait(0.03)
        return super().act(stage)

    def wait_for(self, letters: int) -> None:
        deadline = time.monotonic() + 30
        while len(self.letters) < letters and time.monotonic() < deadline:
            self.closing.wait(0.005)


# ------------------------------------------------------------------------------------------------ one letter's trouble
def test_a_letter_that_cannot_be_composed_is_not_sent_is_told_and_is_tried_again(inside: Inside) -> None:
    """Trap 3 and O8: never an empty letter, never "sent" when it was not."""
    inside.feeds("/blog")
    inside.press["/blog"] = rss("Blog", [piece(1), ("Copyright for new librarians", "/c", MONDAY - DAY)])
    inside.readers("ann@example.org,mentoring,monday,8,UTC", "bob@example.org,copyright,monday,8,UTC")
    own = inside.folder / "templates" / "mail"
    own.mkdir(parents=True)
    shipped = (inside.templates / "mail" / "item.txt").read_text()
    (own / "item.txt").write_text(shipped + "{{ item.title.no_such_thing.at_all if 'Mentoring' in item.title }}")
    inside.env = {"AGGREGATOR_TEMPLATES": "templates"}
    done = inside("run", at=MONDAY, code=1)
    assert digests(done) == {"due": 2, "sent": 1, "failed": 1}
    assert [str(letter["To"]) for letter in inside.letters()] == ["bob@example.org"]
    assert "@" not in re.sub(r'File "[^"]*"', "", done.err)
    (own / "item.txt").write_text(shipped)
    assert digests(inside("run", at=MONDAY + HOUR)) == {"due": 1, "sent": 1}
    assert sent(inside)[1] == {1}


def test_a_letter_whose_deadline_passes_while_it_waits_is_written_anew_without_it(inside: Inside) -> None:
    """S8: nothing that has closed is ever advertised, however long the relay was down."""
    closing_soon = rss("Blog", [piece(1), piece(2)]).replace(
        b"<item><title>Mentoring programme number 2",
        b"<item><ev:startdate>2026-11-24T10:00:00Z</ev:startdate><title>Mentoring programme number 2",
    )
    inside.press["/blog"] = closing_soon.replace(
        b"<rss ", b'<rss xmlns:ev="http://purl.org/rss/1.0/modules/event/" '
    )
    inside.feeds("/blog")
    inside.readers(ANN)
    outbox = inside.folder / "outbox"
    outbox.write_text("a file, no folder")
    inside("run", at=MONDAY, code=75)
    outbox.unlink()
    assert digests(inside("publish", at=MONDAY + 2 * DAY, code=1)) == {"due": 1, "failed": 1}
    assert digests(inside("publish", at=MONDAY + 2 * DAY + HOUR)) == {"due": 1, "sent": 1}
    assert sent(inside) == [{1}]


# ------------------------------------------------------------------------------------------------- machine and clock
def test_slow_sources_use_up_the_budget_and_come_first_next_time(inside: Inside) -> None:
    paths = [f"/slow/{n}" for n in range(60)]
    for path in paths:
        inside.press[path] = Page(rss("Slow", []), after=0.45)
    inside.feeds(*paths)
    began = time.monotonic()
    first = inside("collect", "--budget", "1", at=MONDAY).report["sources"]
    assert time.monotonic() - began < 15  # its own time and no more
    assert first["due"] == 60
    assert 0 < first["not_reached"] < 60
    second = inside("collect", at=MONDAY + timedelta(minutes=10)).report["sources"]
    assert (second["due"], second["visited"]) == (first["not_reached"], first["not_reached"])


def test_copies_started_at_the_same_moment_on_a_new_database(service: Service) -> None:
    """O1: one does the work, the others leave at once with 0 and say so; the database is made once."""
    service.feeds("/blog")
    service.press["/blog"] = Page(rss("Blog", [piece(1)]), after=1.0)
    copies = [
        subprocess.Popen(
            [*service.command("run", at=MONDAY), "--report", f"report-{n}.json"], cwd=service.folder,
            env=service.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for n in range(3)
    ]  # fmt: skip
    said = [copy.communicate(timeout=60)[1] for copy in copies]
    assert [copy.returncode for copy in copies] == [0, 0, 0], said
    assert len(service.press.asked) == 1
    assert sum("another run is in progress" in one for one in said) == 2


@pytest.fixture
def impatient() -> Iterator[None]:
    """Connections that wait a tenth of a second for a lock, not half a minute."""

    def hurry(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA busy_timeout=100")

    sa.event.listen(sa.Engine, "connect", hurry)
    yield
    sa.event.remove(sa.Engine, "connect", hurry)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("command", ["run", "collect", "publish"])
def test_a_locked_database_is_a_temporary_failure(inside: Inside, command: str) -> None:
    inside.feeds("/blog")
    inside.press["/blog"] = rss("Blog", [piece(1)])
    inside.readers(ANN)
    inside.feeds("/blog", more="# changed\n")
    with closing(sqlite3.connect(inside.folder / "aggregator.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = inside(command, at=MONDAY, code=75)
        other.execute("ROLLBACK")
    assert "locked" in done.err
    assert "Traceback" not in done.err
    assert digests(inside("run", at=MONDAY)) == {"due": 1, "sent": 1}


@pytest.mark.parametrize("outbox", ["outbox/inner", "outbox"])
def test_an_outbox_that_takes_nothing_is_a_temporary_failure_and_all_wait(inside: Inside, outbox: str) -> None:
    prepared(inside, readers=2)
    (inside.folder / "outbox").write_text("a file, no folder")
    inside.outbox = outbox
    done = inside("run", at=MONDAY, code=75)
    assert digests(done) == {"due": 2, "deferred": 2}
    assert "Traceback" not in done.err
    (inside.folder / "outbox").unlink()
    assert digests(inside("run", at=MONDAY)) == {"due": 2, "sent": 2}


def test_a_full_disk_is_a_temporary_failure_and_loses_nothing(service: Service) -> None:
    """A limit on the size of files stands for the disk."""
    prepared(service, readers=2, pieces=12)
    for room in (2_000, 60_000):
        full = subprocess.run(
            service.command("run", at=MONDAY), cwd=service.folder, env=service.environment, capture_output=True,
            text=True, timeout=120, check=False, preexec_fn=lambda room=room: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
        )  # fmt: skip
        assert (full.returncode, "Traceback" in full.stderr) == (75, False), full.stderr
    service("run", at=MONDAY)
    assert [len(carried) for carried in sent(service)] == [5, 5]
    assert not list((service.folder / "outbox").glob(".*"))


# -------------------------------------------------------------------------------------------------------- discretion
def test_no_output_of_cron_holds_an_address_or_a_token(inside: Inside) -> None:
    """O11: through a week in which everything goes wrong that can."""
    name = f"reader-{secrets.token_hex(4)}"
    inside.feeds("/blog", "/gone", "/broken")
    inside.press["/blog"] = rss("Blog", [piece(1)])
    inside.press["/broken"] = b"<html>"
    inside.readers(*(f"{name}.{n}@example.org,mentoring,monday,8,UTC" for n in range(4)))
    said: list[str] = []

    def hear(done: Done) -> None:
        said.extend([done.out, done.err, str(done.report)])

    script = {"RCPT": [f"550 <{name}.0@example.org>: unknown", f"450 {name}.1@example.org busy"], "END": [DROP]}
    with ScriptedRelay(script) as relay:
        by_smtp(inside, relay)
        hear(inside("run", "--json", at=MONDAY, code=1))
    hear(inside("run", "--json", at=MONDAY + HOUR, code=None))
    inside.press["/blog"] = rss("Blog", [piece(2)])
    hear(inside("run", at=MONDAY + WEEK, code=75))
    inside.outbox = "outbox"
    hear(inside("run", "--json", at=MONDAY + WEEK + HOUR))
    for command in (["status"], ["status", "--json"], ["doctor"], ["sources", "health"], ["schedule"], ["prune"]):
        hear(inside(*command, at=MONDAY + WEEK + 2 * HOUR, code=None))
    store = open_store(str(inside.folder / "aggregator.db"))
    readers = store.subscribers.all()
    store.close()
    everything = "\n".join(said)
    assert '"deferred"' in everything
    assert name not in everything
    assert not [reader for reader in readers if reader.token in everything]
    assert SMTP["AGGREGATOR_SECRET"] not in everything


def test_a_bug_in_the_store_says_which_statement_failed_and_not_for_whom(inside: Inside) -> None:
    inside.feeds("/blog")
    inside.readers(ANN)
    store = open_store(str(inside.folder / "aggregator.db"))
    [ann] = store.subscribers.all()
    twin = type(ann)("other-id", ann.email, token=ann.token)
    with pytest.raises(sa.exc.IntegrityError) as bug:
        store.subscribers.save([twin], MONDAY)
    store.close()
    assert "ann@" not in str(bug.value)
    assert ann.token not in str(bug.value)


def test_a_quiet_week_is_silent(inside: Inside) -> None:
    """O12: no news and no letter is no failure."""
    prepared(inside)
    inside("run", at=MONDAY)
    quiet = inside("run", at=MONDAY + WEEK)
    assert (quiet.code, quiet.out, quiet.err, digests(quiet)) == (0, "", "", {"due": 1, "skipped": 1})
    assert dump(inside).count("nothing new for this profile") == 1


def test_two_writers_at_once_wait_for_each_other(inside: Inside) -> None:
    """Somebody is imported while a run stores what it found: neither fails."""
    prepared(inside, readers=2)
    failures: list[BaseException] = []
    store = open_store(str(inside.folder / "aggregator.db"))
    going = threading.Event()

    def write() -> None:
        try:
            for n in range(200):
                store.set("noise", str(n))
                going.set()
        except BaseException as error:  # handed to the test
            failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    going.wait(5)
    done = inside("run", at=MONDAY)
    writer.join()
    store.close()
    assert (failures, digests(done)) == ([], {"due": 2, "sent": 2})
