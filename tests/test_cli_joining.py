"""Operators and joining: asking by mail, what a run does by itself, and a restored backup that learns who has gone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from commandline import AT, DAY, NOW, Run, enlist, in_store, runner

from aggregator.app import open_app
from aggregator.compose import opened
from aggregator.config import Settings
from aggregator.joining import asking, confirm
from aggregator.model import Profile, Subscriber
from aggregator.store import Ask, Consent, Store

ASK = Ask("join", "bob@example.org", NOW, "en", "/sign-up", "", {"topics": ["mentoring"]})


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(capsys, monkeypatch)


def readers(database: str = "aggregator.db") -> dict[str, str]:
    return in_store(lambda store: {one.email: one.status for one in store.subscribers.all()}, database)  # type: ignore[no-any-return]


def letters() -> list[str]:
    return [opened(path.read_bytes()).text or "" for path in sorted(Path("outbox").glob("*.eml"))]


@pytest.mark.parametrize("command", ["publish", "run"])
def test_a_run_looks_into_what_was_asked_for_and_posts_it(run: Run, command: str) -> None:
    in_store(lambda store: store.asked.write(ASK))
    assert run(command, "--dry-run", "--at", AT)[0] == 0
    assert readers() == {}
    assert run(command, "--at", AT)[0] == 0
    assert readers() == {"bob@example.org": "unconfirmed"}
    assert ["/confirm/" in text for text in letters()] == [True]


def test_a_run_erases_addresses_that_nobody_confirmed(run: Run) -> None:
    enlist(email="late@example.org", status="unconfirmed", signed_up_at=NOW - 8 * DAY)
    enlist(email="soon@example.org", status="unconfirmed", signed_up_at=NOW - 6 * DAY)
    enlist(email="ann@example.org", signed_up_at=NOW - 80 * DAY)
    run("run", "--dry-run", "--at", AT)
    run("run", "--only", "ann@example.org", "--at", AT)
    assert "late@example.org" in readers()
    run("run", "--at", AT)
    assert set(readers()) == {"soon@example.org", "ann@example.org"}
    assert b"late@example.org" not in b"".join(path.read_bytes() for path in Path().glob("aggregator.db"))


def test_readers_who_were_entered_are_asked_by_mail_on_wish(run: Run) -> None:
    code, _, err = run("subscribers", "add", "bob@example.org", "--topics", "mentoring", "--at", AT)
    assert code == 0
    assert "repeat this with --ask" in err
    assert "the next run mails" in run("subscribers", "add", "bob@example.org", "--ask", "--at", AT)[2]
    assert run("run", "--at", AT)[0] == 0
    [text] = letters()
    assert "Confirm that I want these letters" in text
    Path("r.csv").write_text("email,topics\nc@example.org,mentoring\nd@example.org,mentoring\n")
    run("subscribers", "import", "r.csv", "--ask", "--dry-run", "--at", AT)
    assert "c@example.org" not in readers()
    run("subscribers", "import", "r.csv", "--ask", "--at", AT)
    run("run", "--at", AT)
    assert len(letters()) == 3


def test_who_was_suppressed_by_mistake_is_asked_and_comes_back_by_the_button(run: Run) -> None:
    bob = enlist(email="bob@example.org")
    in_store(lambda store: store.subscribers.suppress(bob.id, "bounce", NOW))
    assert run("subscribers", "add", "bob@example.org", "--ask", "--at", AT)[0] == 78
    assert run("subscribers", "add", "bob@example.org", "--again", "--ask", "--at", AT)[0] == 0
    run("run", "--at", AT)
    [text] = letters()
    with open_app(Settings.load(database="aggregator.db")) as app:
        asked = asking(app, text.partition("/confirm/")[2].split()[0])
        assert asked
        given = Consent(bob.id, "letters", "given", NOW)
        assert confirm(app, asked, given).reader.status == "active"


def test_consent_that_was_given_elsewhere_is_noted_as_such(run: Run) -> None:
    for _ in range(2):
        run("subscribers", "add", "bob@example.org", "--topics", "mentoring", "--confirmed", "--at", AT)

    def said(store: Store) -> list[tuple[str, str, str]]:
        reader = store.subscribers.find("bob@example.org")
        assert reader
        return [(one.purpose, one.act, one.way) for one in store.consents.of(reader.id)]

    assert in_store(said) == [("letters", "given", "elsewhere, said the operator")]


# ------------------------------------------------------------------------------------------------- restored backups
def everybody(run: Run) -> dict[str, Subscriber]:
    """Readers of whom three go after the backup b.db was made."""
    found = {name: enlist(email=f"{name}@example.org", id=name) for name in ("ann", "left", "erased", "bounced")}
    assert run("backup", "b.db")[0] == 0

    def go(store: Store) -> None:
        store.subscribers.unsubscribe(found["left"].token, NOW)
        store.subscribers.erase("erased", NOW)
        store.subscribers.suppress("bounced", "bounce", NOW)
        nobody = store.subscribers.save([Subscriber("new", "never@example.org", profile=Profile())], NOW)[0]
        store.subscribers.erase(nobody.id, NOW)

    in_store(go)
    return found


@pytest.mark.parametrize("by", ["list", "database"])
def test_a_restored_backup_learns_who_has_gone_since(run: Run, by: str) -> None:
    everybody(run)
    listed = run("subscribers", "gone")[1]
    assert "example.org" not in listed, "hashes, no addresses"
    assert len(listed.splitlines()) == 5
    file = "aggregator.db"
    if by == "list":
        file = "gone.csv"
        Path(file).write_text(listed)
    assert set(readers("b.db").values()) == {"active"}
    assert run("doctor", "--resume", "--gone", file, "--dry-run", "--database", "b.db")[0] == 0
    assert set(readers("b.db").values()) == {"active"}
    code, out, _ = run("doctor", "--resume", "--gone", file, "--database", "b.db", "--at", AT)
    assert code == 0
    assert "4 addresses" in out
    assert "1 bounce, 1 erased, 1 left" in out
    assert readers("b.db") == {
        "ann@example.org": "active", "left@example.org": "left", "bounced@example.org": "suppressed"
    }  # fmt: skip
    with closing(sqlite3.connect("b.db")) as database:
        dump = "\n".join(database.iterdump())
    assert "erased@example.org" not in dump
    assert "'erased'" in dump, "the promise not to write"
    barred = in_store(lambda store: store.subscribers.suppressed(["never@example.org"]), "b.db")
    assert barred == {"never@example.org": "erased"}
    again = run("doctor", "--resume", "--gone", file, "--database", "b.db", "--at", AT)
    assert "readers that were still here: none" in again[1]


def test_without_the_list_it_says_what_is_missing(run: Run) -> None:
    everybody(run)
    assert "--gone FILE" in run("doctor", "--resume", "--database", "b.db")[1]


@pytest.mark.parametrize(
    "text", ["", "email\nann@example.org\n", "email_hash,token_hash,reason,at\nx,y,left,2026\n"]
)
def test_a_file_that_is_no_such_list_changes_nothing(run: Run, text: str) -> None:
    everybody(run)
    Path("gone.csv").write_text(text)
    code, _, err = run("doctor", "--resume", "--gone", "gone.csv", "--database", "b.db")
    assert (code, "Traceback" in err) == ((0, False) if not text else (78, False))
    if text:
        assert "gone.csv" in err
    assert run("doctor", "--gone", "gone.csv")[0] == 2


def test_who_came_back_before_the_list_was_made_stays(run: Run) -> None:
    ann = enlist(email="ann@example.org", id="ann")
    run("backup", "b.db")
    in_store(lambda store: (store.subscribers.unsubscribe(ann.token, NOW), store.subscribers.lift(ann.email)))
    in_store(lambda store: store.subscribers.save([replace(ann, status="active")], NOW))
    Path("gone.csv").write_text(run("subscribers", "gone")[1])
    run("doctor", "--resume", "--gone", "gone.csv", "--database", "b.db")
    assert readers("b.db") == {"ann@example.org": "active"}
