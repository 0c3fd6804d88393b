"""`aggregator subscribers`, as people use it: a SQLite file, a small feeds.yaml, the real command line."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from aggregator.cli import main
from aggregator.cli.enrol import Consent, honour, sort_out
from aggregator.dedupe import Changes
from aggregator.model import Due, Item, Letter, Pick, Profile, Section, Selection, Subscriber
from aggregator.schedule import due
from aggregator.store import Store, Written, open_store

FEEDS = """\
topics:
  mentoring: {label: Mentoring, words: {en: [mentor]}}
  cpd: {label: Professional development, words: {en: [training]}}
sources:
  ours: https://example.org/feed
"""
AT = "2026-11-23T08:00:00+01:00"
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """run("list", ...) -> (exit code, standard output, standard error) of `aggregator subscribers list ...`."""
    Path("feeds.yaml").write_text(FEEDS)

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["subscribers", *arguments])
        out, err = capsys.readouterr()
        return (left.value.code if isinstance(left.value.code, int) else 0), out, err

    return call


def readers() -> dict[str, Subscriber]:
    store = open_store("aggregator.db")
    try:
        return {reader.email: reader for reader in store.subscribers.all()}
    finally:
        store.close()


def in_store(act: Callable[[Store], Any]) -> Any:
    store = open_store("aggregator.db")
    try:
        return act(store)
    finally:
        store.close()


# ------------------------------------------------------------------------------------------------------------- add
def test_add_with_consent(run: Run) -> None:
    code, out, err = run(
        "add", "Ann@Example.org", "--topics", "mentoring:3;cpd", "--weekday", "Friday", "--hour", "07:00",
        "--timezone", "Europe/Zagreb", "--max-items", "5", "--confirmed", "--at", AT,
    )  # fmt: skip
    assert (code, out, err) == (0, "1 reader: 1 new\n", "")
    ann = readers()["Ann@example.org"]
    assert (ann.status, ann.signed_up_at, ann.max_items) == ("active", NOW, 5)
    assert ann.profile.topics == {"mentoring": 3, "cpd": 1}
    assert (ann.schedule.weekday, ann.schedule.hour, ann.schedule.timezone) == (5, 7, "Europe/Zagreb")
    assert ann.id
    assert ann.token


def test_without_consent_nothing_will_be_sent_and_the_output_says_so(run: Run) -> None:
    code, _, err = run("add", "ann@example.org", "--at", AT)
    assert code == 0
    assert "unconfirmed and will get no letters" in err
    assert "--confirmed" in err
    assert readers()["ann@example.org"].status == "unconfirmed"
    assert (
        in_store(
            lambda store: list(chain.from_iterable(store.subscribers.due_in_parts(NOW + timedelta(days=30), 2)))
        )
        == []
    )


def test_add_again_changes_what_is_said_and_nothing_else(run: Run) -> None:
    run(
        "add",
        "ann@example.org",
        "--topics",
        "cpd:2",
        "--keywords",
        "AI",
        "--name",
        "Ann",
        "--confirmed",
        "--at",
        AT,
    )
    before = readers()["ann@example.org"]
    code, out, _ = run("add", "ANN@example.org", "--hour", "5", "--at", "2026-12-01T00:00:00Z", "--keywords", "")
    after = readers()["ann@example.org"]
    assert (code, out) == (0, "1 reader: 0 new, 1 changed\n")
    assert (after.id, after.token, after.status, after.signed_up_at) == (
        before.id, before.token, "active", before.signed_up_at,
    )  # fmt: skip
    assert (after.schedule.hour, after.profile.topics, after.profile.keywords) == (5, {"cpd": 2}, ())


def test_consent_given_later_counts_from_then(run: Run) -> None:
    run("add", "ann@example.org", "--at", AT)
    run("add", "ann@example.org", "--confirmed", "--at", "2026-11-25T00:00:00Z")
    ann = readers()["ann@example.org"]
    assert (ann.status, ann.signed_up_at) == ("active", datetime(2026, 11, 25, tzinfo=UTC))


def test_add_names_every_wrong_option(run: Run) -> None:
    code, out, err = run("add", "ann@", "--topics", "mentorin", "--hour", "25", "--max-items", "x")
    assert (code, out) == (2, "")
    for part in ("EMAIL: ", "--topics: ", "did you mean 'mentoring'?", "--hour: ", "--max-items: "):
        assert part in err
    assert readers() == {}


def test_add_prints_json(run: Run) -> None:
    _, out, _ = run("add", "ann@example.org", "--confirmed", "--json")
    said = json.loads(out)
    assert said == {
        "readers": 1, "new": 1, "changed": 0, "unchanged": 0, "refused": 0, "dry_run": False,
        "ids": [readers()["ann@example.org"].id],
    }  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- import
ROSTER = """\
email,topics,frequency,weekday,hour,timezone
ann@example.org,mentoring:3;cpd,weekly,Tuesday,8,Europe/Zagreb
bob@example.org,nothing,weekly,Tuesday,8,Europe/Zagreb
cid@example.org,cpd,daily,,07:00,Asia/Tokyo
"""


def test_import_takes_the_good_rows_and_names_the_bad_ones(run: Run) -> None:
    Path("readers.csv").write_text(ROSTER)
    code, out, err = run("import", "readers.csv", "--confirmed", "--at", AT)
    assert code == 78
    assert out == "2 readers: 2 new; 1 row refused (see above)\n"
    assert err.startswith("readers.csv:3: topics: 'nothing' is not a topic")
    assert set(readers()) == {"ann@example.org", "cid@example.org"}
    assert {reader.status for reader in readers().values()} == {"active"}
    assert {reader.signed_up_at for reader in readers().values()} == {NOW}


def test_import_again_changes_and_counts(run: Run) -> None:
    Path("readers.csv").write_text(ROSTER.replace("nothing", "cpd"))
    run("import", "readers.csv", "--confirmed", "--at", AT)
    before = readers()
    Path("more.csv").write_text("email,hour\nBOB@example.org,9\ncid@example.org,7\ndan@example.org,8\n")
    code, out, err = run("import", "more.csv", "--confirmed")
    assert (code, out, err) == (0, "3 readers: 1 new, 1 changed, 1 as before\n", "")
    after = readers()
    assert after["bob@example.org"].schedule.hour == 9
    assert after["bob@example.org"].schedule.timezone == "Europe/Zagreb"
    assert after["bob@example.org"].token == before["bob@example.org"].token
    assert after["ann@example.org"] == before["ann@example.org"]


def test_import_reads_yaml_and_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("readers.yaml").write_text("- email: ann@example.org\n  topics: [mentoring:2]\n")
    assert run("import", "readers.yaml", "--confirmed")[0] == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"email\nbob@example.org\nbad\n")))
    code, _, err = run("import", "-", "--confirmed")
    assert code == 78
    assert err.startswith("standard input:3: email:")
    assert set(readers()) == {"ann@example.org", "bob@example.org"}


def test_dry_run_changes_nothing(run: Run) -> None:
    Path("readers.csv").write_text(ROSTER)
    _, out, _ = run("import", "readers.csv", "--confirmed", "--dry-run")
    assert out == "nothing is stored (--dry-run); it would be 2 readers: 2 new; 1 row refused (see above)\n"
    assert readers() == {}


def test_import_of_a_file_in_another_encoding(run: Run) -> None:
    Path("readers.csv").write_bytes("email,name\nann@example.org,Jürg\n".encode("cp1252"))
    code, _, err = run("import", "readers.csv")
    assert code == 78
    assert "readers.csv:2: the file is not UTF-8" in err


def test_import_of_no_file(run: Run) -> None:
    assert run("import", "nowhere.csv")[0] == 2


def test_thousands_of_readers(run: Run) -> None:
    rows = [f"r{n}@example.org,mentoring:{n % 3 + 1},{n % 24}" for n in range(3000)]
    Path("readers.csv").write_text("\n".join(["email,topics,hour", *rows]))
    assert run("import", "readers.csv", "--confirmed")[:2] == (0, "3000 readers: 3000 new\n")
    assert run("import", "readers.csv", "--confirmed")[:2] == (0, "3000 readers: 0 new, 3000 as before\n")


# --------------------------------------------------------------------------------------------------------- leaving
def test_who_left_is_not_taken_in_unless_asked_for_again(run: Run) -> None:
    run("add", "ann@example.org", "--topics", "cpd", "--confirmed")
    assert (
        run("leave", "ann@example.org")[1] == "ann@example.org gets no more letters; what waited was withdrawn\n"
    )
    assert run("leave", "ann@example.org")[1] == "ann@example.org was left already\n"
    Path("readers.csv").write_text("email\nann@example.org\nbob@example.org\n")
    code, out, err = run("import", "readers.csv", "--confirmed")
    assert code == 78
    assert out == "1 reader: 1 new; 1 row refused (see above)\n"
    assert err == (
        "ann@example.org is not taken in: this address unsubscribed → "
        "if they ask for letters again: aggregator subscribers add ann@example.org --again\n"
    )
    assert readers()["ann@example.org"].status == "left"
    assert run("add", "ann@example.org", "--confirmed")[0] == 78
    code, _, _ = run("add", "ann@example.org", "--again", "--confirmed", "--at", "2026-12-01T00:00:00Z")
    ann = readers()["ann@example.org"]
    assert (code, ann.status, ann.signed_up_at) == (0, "active", datetime(2026, 12, 1, tzinfo=UTC))
    assert in_store(lambda store: store.subscribers.suppressed(["ann@example.org"])) == {}


@pytest.mark.parametrize(
    ("reason", "words"), [("erased", "asked to be erased"), ("5.1.1 hard bounce", "hard bounce")]
)
def test_every_suppression_is_named(reason: str, words: str) -> None:
    found = sort_out([Subscriber("", "a@example.org")], {}, {"a@example.org": reason}, Consent(True), NOW)
    assert words in found.barred["a@example.org"]
    assert found.total == 0


def test_erase_leaves_a_hash_only(run: Run) -> None:
    run("add", "ann@example.org", "--name", "Ann Lovelace", "--confirmed")
    assert run("erase", "ann@example.org", "--dry-run")[1] == "ann@example.org would be erased\n"
    assert readers()
    assert run("erase", "ann@example.org", "--yes") == (0, "ann@example.org is erased\n", "")
    assert readers() == {}
    in_store(lambda store: store.engine.raw_connection().cursor().execute("VACUUM"))
    held = b"".join(path.read_bytes() for path in Path().glob("aggregator.db*"))
    assert b"Lovelace" not in held
    assert run("add", "ann@example.org", "--confirmed")[0] == 78


@pytest.mark.parametrize(
    ("reason", "status"), [("left", "left"), ("550 no such user", "suppressed"), ("erased", None)]
)
def test_who_leaves_while_an_import_is_running_has_left(run: Run, reason: str, status: str | None) -> None:
    run("add", "ann@example.org", "--confirmed")
    ann = readers()["ann@example.org"]

    def race(store: Store) -> None:
        if reason == "erased":
            store.subscribers.erase(ann.id, NOW)
        else:
            store.subscribers.suppress(ann.id, reason, NOW)
        honour(store, store.subscribers.save([ann], NOW), NOW)  # as read before

    in_store(race)
    found = readers().get("ann@example.org")
    assert (found.status if found else None) == status


# ----------------------------------------------------------------------------------------------------------- pause
def test_a_pause_ends_at_midnight_where_the_reader_is(run: Run) -> None:
    run("add", "ann@example.org", "--timezone", "Europe/Zagreb", "--confirmed", "--at", AT)
    code, out, _ = run("pause", "ann@example.org", "--until", "2026-12-07", "--at", AT)
    assert (code, out) == (0, "ann@example.org: paused until 2026-12-07 00:00\n")
    assert readers()["ann@example.org"].paused_until == datetime(2026, 12, 6, 23, tzinfo=UTC)
    run("pause", "ann@example.org", "--until", "2026-12-07T09:00:00Z", "--at", AT)
    assert readers()["ann@example.org"].paused_until == datetime(2026, 12, 7, 9, tzinfo=UTC)


def test_a_pause_that_ends_early_owes_no_missed_letters(run: Run) -> None:
    run("add", "ann@example.org", "--frequency", "daily", "--confirmed", "--at", AT)
    run("pause", "ann@example.org", "--until", "2027-01-01", "--at", AT)
    assert run("pause", "ann@example.org", "--resume", "--at", "2026-12-07T10:00:00Z")[1] == (
        "ann@example.org: letters go on\n"
    )
    ann = readers()["ann@example.org"]
    [first] = due(ann, in_store(lambda s: s.digests.history([ann.id], NOW)).get(ann.id) or _no_past(), _day(8))
    assert (first.period, first.missed) == ("2026-12-08", False)


def _day(day: int) -> datetime:
    return datetime(2026, 12, day, 9, tzinfo=UTC)


def _no_past() -> Any:
    from aggregator.schedule import Past

    return Past()


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        ((), 2, "either --until"),
        (("--until", "soon"), 2, "2026-12-01"),
        (("--until", "2020-01-01"), 2, "is past"),
        (("--until", "2030-01-01", "--resume"), 2, "either --until"),
    ],
)
def test_pauses_that_make_no_sense(run: Run, arguments: tuple[str, ...], code: int, part: str) -> None:
    run("add", "ann@example.org", "--confirmed")
    found = run("pause", "ann@example.org", *arguments)
    assert found[0] == code
    assert part in found[2]


# --------------------------------------------------------------------------------------------------------- looking
def test_list_and_show(run: Run) -> None:
    run("add", "ann@example.org", "--topics", "mentoring:3", "--weekday", "Fri", "--confirmed", "--at", AT)
    run("add", "bob@example.org", "--frequency", "daily", "--at", AT)
    ann = readers()["ann@example.org"]
    _, out, _ = run("list")
    assert out.splitlines()[0] == f"{ann.id}  ann@example.org  active  weekly, Friday 08:00 UTC"
    assert "daily 08:00 UTC" in out.splitlines()[1]
    assert [one["email"] for one in json.loads(run("list", "--status", "unconfirmed", "--json")[1])] == [
        "bob@example.org"
    ]
    assert len(run("list", "--only", "ANN@example.org")[1].splitlines()) == 1
    shown = run("show", ann.id)[1]
    assert re.search(r"topics +mentoring:3\n", shown)
    for text in (shown, run("list", "--json")[1], run("show", ann.id, "--json")[1], run("export", ann.id)[1]):
        assert ann.token not in text


def test_nobody_is_nobody(run: Run) -> None:
    for command in (["show"], ["export"], ["erase"], ["leave"], ["pause", "--resume"]):
        code, _, err = run(*command, "zoe@example.org")
        assert code == 78
        assert "no reader is known as zoe@example.org" in err
    assert run("list")[:2] == (0, "")


def test_export_holds_everything(run: Run) -> None:
    run("add", "ann@example.org", "--topics", "mentoring:3", "--keywords", "AI", "--confirmed", "--at", AT)
    ann = readers()["ann@example.org"]
    in_store(lambda store: _send(store, ann))
    held = json.loads(run("export", "ann@example.org")[1])
    assert held["profile"]["topics"] == {"mentoring": 3}
    assert held["profile"]["keywords"] == ["AI"]
    assert held["schedule"] == {"frequency": "weekly", "weekday": 1, "hour": 8, "timezone": "UTC"}
    assert (held["status"], held["signed_up_at"]) == ("active", "2026-11-23T07:00:00Z")
    assert [(d["period"], d["state"]) for d in held["digests"]] == [("2026-W48", "waiting")]
    assert [(i["title"], i["url"], i["sent"]) for i in held["items"]] == [
        ("Sent", "https://example.org/1", True),
        ("Held back", "https://example.org/2", False),
    ]


def _send(store: Store, reader: Subscriber) -> None:
    sent = Item("i1", "ours", url="https://example.org/1", title="Sent", first_seen_at=NOW)
    held = Item("i2", "ours", url="https://example.org/2", title="Held back", first_seen_at=NOW)
    store.sources.record([], Changes(new=(sent, held)), NOW, "rules")
    letter = Letter("d1", "digest@example.org", reader.email, "<d1@example.org>", "Hello", b"bytes")
    selection = Selection((Section("reading", (Pick(sent, 1.0, "why"),)),), (Pick(held, 1.0, "why"),))
    due_ = Due(reader, "2026-W48", NOW, NOW - timedelta(days=7), NOW)
    store.digests.write([Written("d1", due_, "waiting", NOW, "", letter, selection)], NOW)


# --------------------------------------------------------------------------------------------------------- options
def test_common_options_may_stand_before_and_after_the_inner_command(run: Run) -> None:
    Path("elsewhere").mkdir()
    assert run("--database", "elsewhere/a.db", "add", "ann@example.org", "--confirmed")[0] == 0
    assert "ann@example.org" in run("list", "--database", "elsewhere/a.db")[1]
    assert "ann@example.org" in run("--database", "elsewhere/a.db", "list")[1]
    assert not Path("aggregator.db").exists()


def test_a_mistyped_command_is_understood(run: Run) -> None:
    code, _, err = run("imprt", "x.csv")
    assert code == 2
    assert "Did you mean 'import'?" in err


def test_sorting_out_is_pure_and_complete() -> None:
    known = Subscriber("id1", "ann@example.org", profile=Profile(topics={"cpd": 1}), signed_up_at=NOW, token="t")
    given = [known, Subscriber("", "bob@example.org"), Subscriber("", "cid@example.org")]
    found = sort_out(given, {"id1": known}, {"cid@example.org": "left"}, Consent(), NOW)
    assert (found.unchanged, [one.email for one in found.new], list(found.barred)) == (
        [known], ["bob@example.org"], ["cid@example.org"],
    )  # fmt: skip
