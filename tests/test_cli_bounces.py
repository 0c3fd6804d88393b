"""`aggregator bounces` on a real database: who is written to afterwards, and who is told what."""

from __future__ import annotations

import io
import json
import mailbox
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import commandline
import pytest
from commandline import AT, DAY, NOW, Run, hold, in_store, item
from imapserver import DROP, ImapServer

from aggregator.app import open_app
from aggregator.config import Settings
from aggregator.model import Due, Letter, Profile, Schedule, Subscriber
from aggregator.returns import SOFT_DAYS, SOFT_ISSUES
from aggregator.store import Posted, Written, open_store
from aggregator.tokens import Signer, return_token, returned_letter

WEEK = 7 * DAY


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("AGGREGATOR_BOUNCES", "b+TOKEN@back.example.org")
    monkeypatch.setenv("AGGREGATOR_LEAVE", "leave+TOKEN@example.org")
    return commandline.runner(capsys, monkeypatch)


def reader(email: str = "ann@library.example", **more: Any) -> Subscriber:
    return commandline.enlist(email=email, **more)


def posted(to: Subscriber, number: int = 0) -> tuple[str, str]:
    """(token, Message-ID) of a letter that went out, `number` weeks ago."""
    at, name = NOW - number * WEEK, f"{to.id}{number:02}"
    letter = Letter(name, "digest@example.org", to.email, f"<{name}@example.org>", "S", b"letter")
    due = Due(to, f"week-{number}", at, at - WEEK, at)

    def write(store: Any) -> str:
        store.digests.write([Written(name, due, "waiting", at, "", letter)], at)
        store.digests.settle([Posted(name, "sent", at)])
        return return_token(Signer([store.secret()]), name)

    return in_store(write), letter.message_id


def report(token: str, to: str, status: str = "5.1.1", words: str = "550 5.1.1 user unknown") -> str:
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.library.example
To: b+{token}@back.example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.library.example

Final-Recipient: rfc822; {to}
Action: failed
Status: {status}
Diagnostic-Code: smtp; {words}

--x--
"""


def complaint(token: str) -> str:
    return f"""\
From: fbl@inbox.example
To: fbl@example.org
Subject: Report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="x"

--x
Content-Type: message/feedback-report

Feedback-Type: abuse
Original-Mail-From: <b+{token}@back.example.org>

--x--
"""


def wish(to: str, sender: str, words: str = "", subject: str = "unsubscribe") -> str:
    return f"Return-Path: <{sender}>\nFrom: {sender}\nTo: {to}\nSubject: {subject}\n\n{words}\n"


FULL = ("5.2.2", "552 5.2.2 mailbox full")
SPAM = ("5.7.1", "554 5.7.1 blocked using a block list: poor reputation")


def status_of(one: Subscriber) -> str:
    found = in_store(lambda store: store.subscribers.get(one.id))
    return str(found.status)


# --------------------------------------------------------------------------------------------------- what follows
def test_a_hard_bounce_ends_the_letters_at_once(run: Run) -> None:
    ann, ben = reader(), reader("ben@library.example")
    Path("r.eml").write_text(report(posted(ann)[0], ann.email))
    assert run("bounces", "r.eml", "--at", AT) == (0, "", "")
    assert (status_of(ann), status_of(ben)) == ("suppressed", "active")
    assert in_store(lambda store: store.subscribers.suppressed([ann.email])) == {ann.email: "bounce"}


def test_a_complaint_outlives_erasing_and_importing(run: Run) -> None:
    ann = reader()
    Path("r.eml").write_text(complaint(posted(ann)[0]))
    assert run("bounces", "r.eml")[0] == 0
    assert status_of(ann) == "suppressed"
    assert run("subscribers", "erase", ann.email, "--yes")[0] in (0, 2)
    in_store(lambda store: store.subscribers.erase(ann.id, NOW))
    Path("again.csv").write_text(f"email,topics\n{ann.email},mentoring\n")
    run("subscribers", "import", "again.csv", "--confirmed")
    assert in_store(lambda store: store.subscribers.find(ann.email)) is None
    assert in_store(lambda store: store.subscribers.suppressed([ann.email])) == {ann.email: "complaint"}


def test_a_full_mailbox_ends_letters_only_after_a_row_of_issues(run: Run) -> None:
    ann = reader()
    for number in reversed(range(SOFT_ISSUES)):
        assert status_of(ann) == "active"
        Path("r.eml").write_text(report(posted(ann, number)[0], ann.email, *FULL))
        assert run("bounces", "r.eml") == (0, "", "")
    assert status_of(ann) == "suppressed"


def test_an_issue_that_arrives_breaks_the_row(run: Run) -> None:
    ann = reader()
    for number in reversed(range(SOFT_ISSUES + 2)):
        token, _ = posted(ann, number)
        if number != 2:
            Path("r.eml").write_text(report(token, ann.email, *FULL))
            run("bounces", "r.eml")
    assert status_of(ann) == "active"


def test_a_row_within_days_is_a_holiday(run: Run) -> None:
    assert timedelta(days=SOFT_ISSUES) < SOFT_DAYS
    ann = reader()
    tokens = []
    for day in range(SOFT_ISSUES + 3):
        at, name = NOW + day * DAY, f"daily{day}"
        letter = Letter(name, "d@example.org", ann.email, f"<{name}@example.org>", "S", b"letter")

        def write(store: Any, at: Any = at, name: str = name, letter: Letter = letter, day: int = day) -> str:
            due = Due(ann, f"day-{day}", at, at - DAY, at)
            store.digests.write([Written(name, due, "waiting", at, "", letter)], at)
            store.digests.settle([Posted(name, "sent", at)])
            return return_token(Signer([store.secret()]), name)

        tokens.append(in_store(write))
    for token in tokens:
        Path("r.eml").write_text(report(token, ann.email, *FULL))
        run("bounces", "r.eml")
    assert status_of(ann) == "active"


def test_the_same_report_twice_counts_once(run: Run) -> None:
    ann = reader()
    text = report(posted(ann)[0], ann.email, *FULL)
    Path("a.eml").write_text(text)
    Path("b.eml").write_bytes(text.replace("\n", "\r\n").encode())
    run("bounces", "a.eml", "--report", "r1.json")
    run("bounces", "a.eml", "b.eml", "--report", "r2.json")
    first, second = (json.loads(Path(name).read_text())["bounces"] for name in ("r1.json", "r2.json"))
    assert (first["read"], first["known"], first["count_soft"]) == (1, 0, 1)
    assert (second["read"], second["known"], second["count_soft"]) == (2, 2, 0)


def test_our_reputation_is_the_operators_matter(run: Run) -> None:
    ann = reader()
    Path("r.eml").write_text(report(posted(ann)[0], ann.email, *SPAM))
    code, out, err = run("bounces", "r.eml")
    assert (code, out) == (1, "")
    assert "1 for reputation" in err
    assert ann.email not in err
    assert status_of(ann) == "active"
    assert json.loads(run("status")[1])["returns"] == {"alert_operator": 1}


def test_many_refusals_are_an_alarm(run: Run) -> None:
    for number in range(3):
        one = reader(f"r{number}@library.example")
        Path(f"{number}.eml").write_text(report(posted(one)[0], one.email, *SPAM))
        run("bounces", f"{number}.eml", "--at", AT)
    assert any("refused through no fault" in alarm for alarm in json.loads(run("status", "--at", AT)[1])["alarm"])


def test_who_asks_by_mail_leaves(run: Run) -> None:
    ann, ben, eve = reader(), reader("ben@library.example"), reader("eve@library.example")
    Path("a.eml").write_text(wish(f"leave+{posted(ann)[0]}@example.org", "another@address.example"))
    answer = wish("digest@example.org", ben.email, "Please take me off the list.", "Re: S")
    Path("b.eml").write_text(f"In-Reply-To: {posted(ben)[1]}\n{answer}")
    Path("c.eml").write_text(wish("digest@example.org", eve.email, "Please take me off the list."))
    code, _, err = run("bounces", "a.eml", "b.eml", "c.eml")
    assert (status_of(ann), status_of(ben), status_of(eve)) == ("left", "left", "active")
    assert code == 0
    assert (
        "written by people; please read:\n  c.eml" in err
    )  # an address alone ends nobody's letters; a person is told


def help_letters() -> list[Any]:
    with sqlite3.connect("aggregator.db") as database:
        rows = database.execute("SELECT recipient, lane, state FROM digests WHERE period LIKE 'help %'")
        return rows.fetchall()


def test_who_asks_for_help_is_answered_once_a_day_at_the_address_we_hold(run: Run) -> None:
    ann, ben, eve = reader(language="it"), reader("ben@library.example"), reader("eve@library.example")
    token = posted(ann)[0]
    asked = wish(f"leave+{token}@example.org", ann.email, "", "help").replace("x-", "y-")
    Path("a.eml").write_text(f"Message-ID: <q1@library.example>\n{asked}")
    Path("b.eml").write_text(f"Message-ID: <q2@library.example>\n{asked}")
    Path("c.eml").write_text(wish(f"leave+{posted(ben)[0]}@example.org", "stranger@else.example", "", "help"))
    Path("d.eml").write_text(wish("digest@example.org", eve.email, "help", "help"))
    Path("e.eml").write_text("Auto-Submitted: auto-generated\nPrecedence: bulk\n" + Path("a.eml").read_text())
    code, out, err = run("bounces", "--report", "-", *(f"{name}.eml" for name in "abcde"))
    assert code == 0
    assert [status_of(one) for one in (ann, ben, eve)] == ["active"] * 3, "nobody who asks for help leaves"
    figures = json.loads(out)
    assert (figures["answered"], figures["bounces"]["review"]) == (1, 4)
    assert err.split() == "written by people; please read: c.eml d.eml".split(), (
        "by token and address, never by one"
    )
    [(recipient, lane, state)] = help_letters()
    assert (recipient, lane, state) == (ann.email, 1, "waiting")
    assert run("publish", "--at", AT)[0] == 0
    [path] = Path("outbox").glob("*.eml")
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert (mail["To"], mail["In-Reply-To"], mail["Auto-Submitted"]) == (
        ann.email, "<q1@library.example>", "auto-replied",
    )  # fmt: skip
    assert "Ha chiesto aiuto" in mail.get_body(("plain",)).get_content()
    assert "https://digest.example.org/preferences/" in mail.get_body(("plain",)).get_content()
    assert mail["List-Unsubscribe"] is None


def test_our_own_answer_coming_back_is_not_answered(run: Run) -> None:
    ann = reader()
    asked = wish(f"leave+{posted(ann)[0]}@example.org", ann.email, "", "help")
    Path("a.eml").write_text(asked)
    run("bounces", "a.eml")
    assert run("publish", "--at", AT)[0] == 0
    [path] = Path("outbox").glob("*.eml")
    Path("back.eml").write_bytes(path.read_bytes())
    code, out, _ = run("bounces", "--report", "-", "back.eml")
    assert (code, json.loads(out)["answered"]) == (0, 0)
    assert len(help_letters()) == 1


def test_who_has_left_and_asks_for_help_gets_no_mail(run: Run) -> None:
    ann = reader()
    token = posted(ann)[0]
    Path("a.eml").write_text(wish(f"leave+{token}@example.org", ann.email, "", "unsubscribe"))
    Path("b.eml").write_text(wish(f"leave+{token}@example.org", ann.email, "", "help"))
    code, _, err = run("bounces", "a.eml", "b.eml")
    assert (code, status_of(ann), help_letters()) == (0, "left", [])
    assert "b.eml" in err


def test_a_dry_run_changes_nothing(run: Run) -> None:
    ann = reader()
    Path("r.eml").write_text(report(posted(ann)[0], ann.email))
    before = Path("aggregator.db").read_bytes()
    code, out, _ = run("bounces", "r.eml", "--dry-run", "--json")
    assert (code, json.loads(out)["action"]) == (0, "suppress")
    assert status_of(ann) == "active"
    assert Path("aggregator.db").read_bytes() == before


def test_made_up_tokens_are_nobodys(run: Run) -> None:
    ann = reader()
    token, _ = posted(ann)
    forged = token[:-1] + ("0" if token[-1] != "0" else "1")
    Path("r.eml").write_text(report(forged, ann.email))
    out = run("bounces", "r.eml", "--json")[1]
    assert (json.loads(out)["kind"], status_of(ann)) == ("foreign", "active")


def test_a_report_is_known_by_message_id_and_by_the_readers_link(run: Run) -> None:
    ann, ben = reader(), reader("ben@library.example")
    _, message_id = posted(ann)
    posted(ben)
    returned = "\n--x\nContent-Type: text/rfc822-headers\n\n"
    plain = report("nothing-we-know", ann.email).replace("\n--x--", "")
    Path("a.eml").write_text(f"{plain}{returned}Message-ID: {message_id}\n\n--x--\n")
    link = f"List-Unsubscribe: <https://digest.example.org/unsubscribe/{ben.token}>\n"
    Path("b.eml").write_text(
        report("nothing-we-know", ben.email).replace("\n--x--", "") + returned + link + "\n--x--\n"
    )
    run("bounces", "a.eml", "b.eml")
    assert (status_of(ann), status_of(ben)) == ("suppressed", "suppressed")


# --------------------------------------------------------------------------------------------------- where mail lies
def test_a_maildir_is_worked_through_and_nothing_is_lost(run: Run) -> None:
    ann = reader()
    box = mailbox.Maildir("box", create=True)
    box.add(report(posted(ann)[0], ann.email))
    box.add(wish("digest@example.org", "pat@library.example", "Thank you!", "Hello"))
    code, _, err = run("bounces", "box")
    assert code == 0
    assert "written by people" in err
    assert status_of(ann) == "suppressed"
    flags = sorted(one.get_flags() for one in mailbox.Maildir("box"))
    assert flags == ["", "S"]  # what a person wrote stays unread
    assert not list(Path("box/new").iterdir())
    assert run("bounces", "box") == (0, "", "")


def test_an_mbox_and_a_folder_are_read(run: Run) -> None:
    ann, ben = reader(), reader("ben@library.example")
    Path("box.mbox").write_text(
        "".join(
            f"From MAILER-DAEMON Mon Mar  9 06:00:00 2026\n{report(posted(one)[0], one.email)}\n"
            for one in (ann, ben)
        )
    )
    Path("folder").mkdir()
    Path("folder/c.eml").write_text(wish("digest@example.org", "pat@library.example", "I like it", "Hello"))
    lines = [json.loads(line) for line in run("bounces", "box.mbox", "folder", "--json")[1].splitlines()]
    assert [line["file"] for line in lines] == ["box.mbox#1", "box.mbox#2", "c.eml"]
    assert [line["action"] for line in lines] == ["suppress", "suppress", "review"]


def test_a_mail_server_may_hand_each_mail_over_as_it_comes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = reader()

    def piped(text: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        return run("bounces", "-")

    code, _, err = piped(report(posted(ann, 1)[0], ann.email, *SPAM))
    assert code == 0  # anything else would send the report back
    assert "1 for reputation" in err
    gone = report(posted(ann)[0], ann.email)
    with in_use():
        assert piped(gone)[0] == 75
    assert status_of(ann) == "active"
    assert piped(gone) == (0, "", "")
    assert status_of(ann) == "suppressed"


@contextmanager
def in_use() -> Iterator[None]:
    """Another run reads what came back."""
    store = open_store("aggregator.db")
    with store.lock("bounces") as alone:
        assert alone
        yield
    store.close()


def test_a_place_that_is_not_there_is_named(run: Run) -> None:
    reader()
    code, _, err = run("bounces", "nowhere")
    assert code == 2
    assert "nowhere" in err
    assert run("bounces")[0] == 2


def test_a_mail_server_that_can_t_be_reached_is_no_end(run: Run) -> None:
    reader()
    code, _, err = run("bounces", "imaps://user:secret@127.0.0.1:1/INBOX")
    assert code == 75
    assert "secret" not in err
    assert "nothing is lost" in err


def test_a_folder_on_a_mail_server_is_read_on_and_left_as_it_was(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "127.0.0.1")
    ann, ben = reader(), reader("ben@library.example")
    hello = wish("digest@example.org", "pat@library.example", "Thank you!", "Hello").encode()
    many = [report(posted(ann, number)[0], ann.email, *SPAM).encode() for number in range(30)]
    with ImapServer({"INBOX": [*many, hello]}) as server:
        code, out, err = run("bounces", server.url(), "--report", "-")
        assert (code, json.loads(out)["bounces"]["read"]) == (1, 31)
        assert "imap#31" in err
        assert "secret" not in err
        server.add("INBOX", report(posted(ben)[0], ben.email).encode())
        code, out, err = run("bounces", server.url(), "--report", "-")
        assert (code, json.loads(out)["bounces"]["read"], err) == (0, 1, "")
        assert all(not one.flags for one in server.folders["INBOX"])
    assert (status_of(ann), status_of(ben)) == ("active", "suppressed")


def test_a_mail_server_that_hangs_up_half_way_is_read_on_next_time(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "127.0.0.1")
    ann = reader()
    with ImapServer({"INBOX": [report(posted(ann)[0], ann.email).encode()]}) as server:
        server.on("FETCH", DROP)
        assert run("bounces", server.url())[0] == 75
        assert status_of(ann) == "active"
    with ImapServer({"INBOX": [report(posted(ann)[0], ann.email).encode()]}) as server:
        assert run("bounces", server.url())[0] == 0
    assert status_of(ann) == "suppressed"


def test_a_mailbox_that_is_closed_stops_none_of_the_others(run: Run) -> None:
    ann = reader()
    Path("r.eml").write_text(report(posted(ann)[0], ann.email))
    code, out, err = run("bounces", "imaps://user:secret@127.0.0.1:1/INBOX", "r.eml", "--report", "-")
    assert (code, status_of(ann)) == (75, "suppressed")
    assert json.loads(out)["bounces"]["suppress"] == 1
    assert "nothing is lost" in err


def test_explaining_needs_no_database(run: Run) -> None:
    folder = Path(__file__).parent / "data" / "bounces"
    files = [str(path) for path in sorted(folder.glob("*.eml"))[:5]]
    code, out, _ = run("bounces", "--sent", str(folder / "expected.json"), "--json", *files)
    known = json.loads((folder / "expected.json").read_text())["files"]
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [line["action"] for line in lines] == [known[Path(name).name]["action"] for name in files]
    assert not Path("aggregator.db").exists()
    Path("wrong.json").write_text("[]")
    assert run("bounces", "--sent", "wrong.json", files[0])[0] == 78


# ------------------------------------------------------------------------------------------------ tokens in letters
def test_letters_carry_what_reports_are_known_by(run: Run) -> None:
    ann = commandline.enlist(
        email="ann@library.example", profile=Profile(topics={"mentoring": 2}), schedule=Schedule("daily", 1, 7, "UTC"),
        signed_up_at=NOW - 3 * DAY,
    )  # fmt: skip
    hold(item(1), item(2))
    assert run("publish", "--at", AT)[0] == 0
    [path] = Path("outbox").glob("*.eml")
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    with open_app(Settings.load()) as app:
        token = return_token(app.signer, path.stem)
    https, by_mail = str(mail["List-Unsubscribe"]).split(", ")
    assert https == f"<https://digest.example.org/unsubscribe/{ann.token}>"
    assert by_mail == f"<mailto:leave+{token}@example.org?subject=unsubscribe>"
    assert mail["List-Help"] == f"<mailto:leave+{token}@example.org?subject=help>"
    with sqlite3.connect("aggregator.db") as database:
        assert database.execute("SELECT sender FROM digests WHERE sender > ''").fetchall() == [
            (f"b+{token}@back.example.org",)
        ]
    assert token == token.lower()
    assert max(map(len, path.read_bytes().split(b"\r\n"))) <= 998


def test_tokens_outlive_a_change_of_the_secret() -> None:
    old = return_token(Signer(["first"]), "0a1b2c")
    assert returned_letter(Signer(["second", "first"]), old.upper()) == "0a1b2c"
    assert returned_letter(Signer(["second"]), old) == ""
    assert returned_letter(Signer(["first"]), "") == ""


@pytest.mark.parametrize(
    "address", ["b@back.example.org", "TOKEN@localhost", "b+TOKEN@TOKEN.example.org", "TOKEN" * 2 + "@a.b"]
)
def test_an_address_without_its_token_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("AGGREGATOR_BOUNCES", address)
    code, _, err = run("status")
    assert code == 78
    assert "AGGREGATOR_BOUNCES" in err


def test_cron_reads_what_came_back_where_a_mailbox_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "aggregator bounces" not in run("schedule")[1]
    monkeypatch.setenv("AGGREGATOR_MAILBOX", "Maildir")
    assert "aggregator bounces" in run("schedule")[1]
    assert "aggregator-bounces.timer" in run("schedule", "--systemd")[1]
    ann = reader()
    box = mailbox.Maildir("Maildir", create=True)
    box.add(report(posted(ann)[0], ann.email))
    assert run("bounces") == (0, "", "")
    assert status_of(ann) == "suppressed"


@pytest.mark.parametrize(
    ("address", "box", "said", "mark"),
    [
        ("b+TOKEN@bounce.lib.example", "Maildir", "are read by 'aggregator bounces'", "good"),
        ("b+TOKEN@bounce.lib.example", "", "who reads them is not said", "warning"),
        ("b+TOKEN@elsewhere.test", "Maildir", "but letters come from lib.example", "warning"),
    ],
)
def test_doctor_looks_after_what_comes_back(
    run: Run, monkeypatch: pytest.MonkeyPatch, address: str, box: str, said: str, mark: str
) -> None:
    values = {"FROM": "d@lib.example", "BASE_URL": "https://lib.example", "SECRET": "x" * 32, "BOUNCES": address}
    for name, value in {**values, "MAILBOX": box}.items():
        monkeypatch.setenv(f"AGGREGATOR_{name}", value)
    found = json.loads(run("doctor", "--json", "--outbox", "smtp://127.0.0.1:1")[1])
    assert [check["mark"] for check in found if said in check["what"]] == [mark]


def test_what_came_back_is_told_to_its_reader(run: Run) -> None:
    ann = replace(reader())
    Path("r.eml").write_text(report(posted(ann)[0], ann.email, *FULL))
    run("bounces", "r.eml")
    [told] = json.loads(run("subscribers", "export", ann.email)[1])["returns"]
    assert (told["kind"], told["action"]) == ("bounce", "count_soft")
