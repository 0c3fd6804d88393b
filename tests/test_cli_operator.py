"""The operator's commands: preview, status, doctor, backup, prune."""

from __future__ import annotations

import json
import sqlite3
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commandline import AT, DAY, FEEDS, NOW, Run, enlist, hold, in_store, item, note_run, runner, write_letter
from smtpserver import ScriptedRelay

from aggregator.cli.checks import _last_run
from aggregator.compose.languages import _translated, phrases
from aggregator.model import Subscriber
from aggregator.store import MARK, Posted
from aggregator.store.upgrade import HEAD


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(capsys, monkeypatch)


# --------------------------------------------------------------------------------------------------------- preview
def test_preview_as_text_page_and_file(run: Run) -> None:
    hold(item(1))
    ann = enlist(profile=replace(Subscriber("", "").profile, topics={"mentoring": 3}))
    code, out, _ = run("preview", "ann@example.org", "--text", "--at", AT)
    assert code == 0
    assert "Mentoring, part 1" in out
    assert "<html" not in out
    assert "<html" in run("preview", ann.id, "--output", "-", "--at", AT)[1]
    shown = Path(run("preview", ann.id, "--at", AT)[1].strip())
    assert "Mentoring, part 1" in shown.read_text()
    assert stat.S_IMODE(shown.stat().st_mode) == 0o600
    shown.unlink()
    assert run("preview", ann.id, "--output", "l.html", "--at", AT)[1] == "l.html\n"
    assert in_store(lambda store: (store.digests.counts(), store.digests.had([ann.id]))) == ({}, {})


def test_preview_of_a_profile_and_of_topics(run: Run) -> None:
    hold(item(1))
    Path("p.json").write_text('{"topics": {"mentoring": 2}}')
    assert "Mentoring, part 1" in run("preview", "p.json", "--text", "--at", AT)[1]
    assert "Mentoring, part 1" in run("preview", "--topics", "mentoring:3;cpd", "--text", "--at", AT)[1]
    assert "ann" not in json.dumps(in_store(lambda store: store.subscribers.counts()))


def test_a_test_copy_goes_to_me_alone_says_so_opens_nothing_and_leaves_no_trace(run: Run) -> None:
    hold(item(1))
    ann = enlist(profile=replace(Subscriber("", "").profile, topics={"mentoring": 3}))
    asked = ("preview", "ann@example.org", "--send-to", "me@example.org", "--at", AT)
    assert run(*asked)[:2] == (0, "a test copy went to me@example.org\n")
    [letter] = Path("outbox").glob("*.eml")
    said = letter.read_text()
    assert "To: me@example.org" in said
    assert "Subject: Test copy: " in said
    assert "This is a test copy" in said
    assert "ann@example.org" not in said
    assert ann.token not in said
    assert in_store(lambda store: (store.digests.counts(), store.digests.had([ann.id]))) == ({}, {})
    assert run("preview", ann.id, "--send-to", "me", "--at", AT)[0] == 1, "no address"


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (("--topics", "cpd"), 0, "there would be no letter"),
        (("--topics", "mentorin"), 2, "did you mean 'mentoring'?"),
        (("zoe@example.org",), 78, "no reader and no file is known as zoe@example.org"),
        ((), 2, "WHO or --topics"),
    ],
)
def test_previews_of_nothing(run: Run, arguments: tuple[str, ...], code: int, part: str) -> None:
    found = run("preview", *arguments, "--at", AT)
    assert (found[0], found[1]) == (code, "")
    assert part in found[2]


# ---------------------------------------------------------------------------------------------------------- status
def test_status_is_one_json_object(run: Run) -> None:
    enlist()
    note_run(NOW - timedelta(minutes=10), report={"digests": {"failed": 0}})
    code, out, err = run("status", "--at", AT, "--check")
    assert (code, err) == (0, "")
    said = json.loads(out)
    assert said["database"] == {"kind": "sqlite", "schema": HEAD}
    assert said["sources"] == {
        "enabled": 2, "healthy": 0, "failing": 0, "retired": 0, "never_visited": 2, "silent": 0, "frozen": 0, "moved": 0,
        "closed": 0, "partial": 0,
    }  # fmt: skip
    assert said["subscribers"] == {"active": 1}
    assert said["runs"]["run"]["exit_code"] == 0
    assert said["runs"]["run"]["moment"] == "2026-11-23T07:50:00Z"
    assert (said["alarm"], said["oldest_waiting"]) == ([], None)


def alarm(run: Run) -> list[str]:
    code, out, _ = run("status", "--at", AT, "--check")
    found = json.loads(out)["alarm"]
    assert code == (1 if found else 0)
    return found  # type: ignore[no-any-return]


def test_a_quiet_week_is_no_alarm(run: Run) -> None:
    note_run(NOW - 30 * DAY)
    assert alarm(run) == []  # nobody is waiting for anything
    enlist()
    note_run(NOW - timedelta(hours=23))
    assert alarm(run) == []


def test_alarms_are_about_people_who_get_no_mail(run: Run) -> None:
    ann = enlist()
    assert "cron" in alarm(run)[0]
    note_run(NOW - timedelta(hours=25))
    assert "nothing has run since 2026-11-22 07:00" in alarm(run)[0]
    note_run(NOW, report={"digests": {"failed": 2}})
    assert "2 letters could not be written" in alarm(run)[0]
    note_run(NOW, code=70)
    assert "error of the program" in alarm(run)[0]
    note_run(NOW)
    write_letter(ann, NOW - timedelta(hours=1))
    assert alarm(run) == []
    in_store(lambda store: store.digests.settle([Posted("d1", "failed", NOW)]))
    write_letter(ann, NOW - timedelta(hours=3))
    assert "letters wait that were due at 2026-11-23 05:00" in alarm(run)[0]
    in_store(lambda store: store.digests.settle([Posted("d1", "sent", NOW)]))
    assert alarm(run) == []
    in_store(lambda store: store.set(MARK, "1"))
    assert "restored backup" in alarm(run)[0]


@pytest.mark.parametrize("command", [("status",), ("prune",), ("backup", "b.db"), ("doctor", "--resume")])
def test_looking_makes_no_database(run: Run, command: tuple[str, ...]) -> None:
    code, _, err = run(*command)
    assert code == 75
    assert "there is no database at aggregator.db" in err
    assert not Path("aggregator.db").exists()


# ---------------------------------------------------------------------------------------------------------- doctor
def marks(run: Run, *options: str) -> dict[str, tuple[str, str]]:
    """What `doctor` found: words -> (mark, remedy)."""
    return {one["what"]: (one["mark"], one["remedy"]) for one in json.loads(run("doctor", "--json", *options)[1])}


def mark_of(found: dict[str, tuple[str, str]], part: str) -> str:
    [(mark, remedy)] = [value for what, value in found.items() if part in what]
    assert mark == "good" or remedy or "→" in part
    return mark


def test_doctor_on_a_new_installation(run: Run) -> None:
    code, out, _ = run("doctor")
    assert code == 0
    assert "✓ Python" in out
    assert "! there is no database" in out
    assert "✗" not in out


def test_doctor_on_a_service(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    enlist()
    in_store(lambda store: store.note_run("run", NOW, datetime.now(UTC), 0, {}))
    for name, value in {"FROM": "d@lib.example", "BASE_URL": "https://lib.example", "SECRET": "x" * 32}.items():
        monkeypatch.setenv(f"AGGREGATOR_{name}", value)
    with ScriptedRelay() as relay:
        found = marks(run, "--outbox", f"smtp://127.0.0.1:{relay.port}?starttls=none")
    assert {mark for mark, _ in found.values()} == {"good", "warning"}
    warnings = [what.partition(":")[0] for what, (mark, _) in found.items() if mark == "warning"]
    assert warnings == [
        "reports of failed delivery come back to d@lib.example",
        "publishers can't reach you",
        "the privacy notice does not say who answers for the readers' data",
        "lib.example is a name for examples",
    ]
    assert mark_of(found, "the mail server takes letters") == "good"
    assert mark_of(found, "the database can be written") == "good"
    assert relay.letters == []
    assert "MAIL" not in relay.verbs()


def test_doctor_names_what_is_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("feeds.yaml").write_text(FEEDS + "  bad: nowhere\n")
    monkeypatch.setenv("AGGREGATOR_FORM", "x@example.org")
    monkeypatch.setenv("AGGREGATOR_SECRET", "short")
    Path("outbox").write_text("not a folder")
    in_store(lambda store: store.set(MARK, "1"))
    found = marks(run)
    assert found["AGGREGATOR_FORM is not a setting"] == ("warning", "did you mean AGGREGATOR_FROM?")
    assert mark_of(found, "SECRET is short") == "warning"
    assert mark_of(found, "1 mistakes") == "bad"
    assert mark_of(found, "can't be written into outbox") == "bad"
    assert mark_of(found, "restored backup") == "bad"
    assert mark_of(found, "no active readers") == "warning"
    assert run("doctor")[0] == 78


def test_doctor_reads_the_catalogues_of_your_own_templates(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATOR_TEMPLATES", "own")
    Path("own/languages").mkdir(parents=True)
    path = Path("own/languages/fr.po")
    for text, mark in (("pour {nom}", "bad"), ("pour {name}", "good")):
        path.write_text(f'msgid "for {{name}}"\nmsgstr "{text}"\n', encoding="utf-8")
        phrases.cache_clear()
        _translated.cache_clear()
        assert mark_of(marks(run), "the templates") == mark, text


def test_doctor_with_a_relay_that_is_down_and_settings_that_can_t_be_read(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = run("doctor", "--outbox", "smtp://localhost")
    assert code == 78
    assert "✗ AGGREGATOR_SECRET is not set" in out
    for name, value in {
        "FROM": "d@digest.example.org",
        "BASE_URL": "http://lib.example",
        "SECRET": "x" * 32,
    }.items():
        monkeypatch.setenv(f"AGGREGATOR_{name}", value)
    with ScriptedRelay({"CONNECT": ["554 go away"] * 9}) as relay:
        found = marks(run, "--outbox", f"smtp://u:hush@127.0.0.1:{relay.port}?starttls=none")
    assert [mark for what, (mark, _) in found.items() if "mail server can't" in what] == ["bad"]
    assert mark_of(found, "letters come from") == "bad"
    assert mark_of(found, "without TLS") == "bad"
    assert "hush" not in json.dumps(found)


def test_doctor_with_somebody_else_s_database(run: Run) -> None:
    Path("aggregator.db").write_bytes(b"this is not a database at all, but a text" * 50)
    code, out, _ = run("doctor")
    assert code == 78
    assert "✗" in out


@pytest.mark.parametrize(
    ("ago", "mark"),
    [(timedelta(minutes=5), "good"), (2 * timedelta(hours=1), "warning"), (2 * DAY, "bad"), (-DAY, "bad")],
)
def test_the_last_run_tells_of_cron_and_clock(ago: timedelta, mark: str) -> None:
    assert _last_run({"run": {"started_at": int((NOW - ago).timestamp())}}, NOW).mark == mark


# ---------------------------------------------------------------------------------------------------------- backup
def test_a_backup_is_whole_marked_private_and_sends_nothing_until_it_is_told_to(run: Run) -> None:
    write_letter(enlist())
    code, out, _ = run("backup", "b.db")
    assert code == 0
    assert out.startswith("b.db: ")
    assert stat.S_IMODE(Path("b.db").stat().st_mode) == 0o600
    assert sorted(path.name for path in Path().glob("*b.db*")) == ["b.db"]
    assert in_store(lambda store: store.setting(MARK)) is None
    code, _, err = run("publish", "--database", "b.db")
    assert code == 75
    assert "restored backup" in err
    assert run("doctor", "--resume", "--dry-run", "--database", "b.db")[0] == 0
    assert in_store(lambda store: store.setting(MARK), "b.db") == "1"
    code, out, _ = run("doctor", "--resume", "--database", "b.db")
    assert code == 0
    assert "1 letters wait in it" in out
    assert run("publish", "--database", "b.db")[0] == 0
    assert [path.name for path in Path("outbox").glob("*.eml")] == ["d1.eml"]
    assert "not marked" in run("doctor", "--resume", "--database", "b.db")[1]


def test_a_backup_replaces_nothing_unasked(run: Run) -> None:
    enlist()
    Path("b.db").write_text("precious")
    assert run("backup", "b.db")[0] == 2
    assert Path("b.db").read_text() == "precious"
    assert run("backup", "b.db", "--force", "--dry-run")[0] == 0
    assert Path("b.db").read_text() == "precious"
    assert run("backup", "b.db", "--force")[0] == 0
    assert in_store(lambda store: store.subscribers.counts(), "b.db") == {"active": 1}
    assert run("backup", "aggregator.db", "--force")[0] == 2
    assert run("backup", "nowhere/b.db")[0] == 2


def test_a_backup_sees_what_is_still_in_the_log_and_disturbs_no_writer(run: Run) -> None:
    enlist()
    writer = sqlite3.connect("aggregator.db", isolation_level=None)
    try:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE subscribers SET name = 'half way'")
        assert run("backup", "b.db")[0] == 0
        writer.execute("COMMIT")
    finally:
        writer.close()
    assert [one.name for one in in_store(lambda store: store.subscribers.all(), "b.db")] == [""]


def test_a_damaged_database_gives_no_backup(run: Run) -> None:
    enlist()
    Path("aggregator.db").write_bytes(b"x" * 8192)
    for log in Path().glob("aggregator.db-*"):
        log.unlink()
    code, _, err = run("backup", "b.db")
    assert code == 75
    assert "can't be copied" in err
    assert list(Path().glob("*b.db*")) == []


def test_postgresql_is_copied_by_its_own_tool(run: Run) -> None:
    code, out, _ = run("backup", "b.dump", "--database", "postgresql://ann:hush@db.example/news")
    assert code == 78
    assert "pg_dump --format=custom --file=b.dump postgresql://ann@db.example/news" in out
    assert "restored_from_backup" in out
    assert "hush" not in out


# ----------------------------------------------------------------------------------------------------------- prune
def test_prune_removes_what_is_old_and_keeps_the_memory(run: Run) -> None:
    hold(item(1, NOW - 500 * DAY), item(2))
    ann = enlist()
    write_letter(ann, NOW - 100 * DAY)
    in_store(lambda store: store.digests.settle([Posted("d1", "sent", NOW - 100 * DAY)]))
    note_run(NOW - 200 * DAY)
    note_run(NOW)
    enlist(email="late@example.org", status="unconfirmed", signed_up_at=NOW - 8 * DAY)
    enlist(email="soon@example.org", status="unconfirmed", signed_up_at=NOW - 6 * DAY)
    code, out, _ = run("prune", "--at", AT, "--dry-run")
    assert code == 0
    assert "would prune items before 2025-10-19\n" in out
    assert "would erase 1 unconfirmed addresses\n" in out
    code, out, _ = run("prune", "--at", AT, "--json", "--vacuum")
    gone = {"items": 1, "letters": 1, "issues": 0, "runs": 1, "cpd": 0, "unconfirmed": 1}
    assert (code, json.loads(out)) == (0, gone)
    kept = in_store(lambda store: store.items.get(["i1", "i2"]))
    assert (kept["i1"].text, kept["i2"].text) == ("", "A text")
    assert in_store(lambda store: store.digests.counts()) == {"sent": 1}
    assert {one.email for one in in_store(lambda store: store.subscribers.all())} == {
        ann.email,
        "soon@example.org",
    }
    assert in_store(lambda store: store.subscribers.suppressed(["late@example.org"])) == {}
    assert json.loads(run("prune", "--at", AT, "--json")[1]) == {
        "items": 0,
        "letters": 0,
        "issues": 0,
        "runs": 0,
        "cpd": 0,
        "unconfirmed": 0,
    }


@pytest.mark.parametrize(
    ("option", "age", "part"),
    [("--items", "99d", "100d or more"), ("--items", "3 months", "400d"), ("--letters", "0d", "1d or more")],
)
def test_ages_that_would_lose_something(run: Run, option: str, age: str, part: str) -> None:
    enlist()
    code, _, err = run("prune", option, age)
    assert code == 2
    assert part in err
