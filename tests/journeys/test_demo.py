"""The tour works on any day of any year, whatever this machine is set to, and again and again."""

from __future__ import annotations

import email
import email.policy
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aggregator.cli import cli
from aggregator.config import load, shipped
from aggregator.config.roster import Context, parse
from aggregator.errors import ConfigError
from aggregator.sample import SIGNED_UP, documents, roster
from aggregator.schedule import Past, due

ROOT = Path(__file__).resolve().parent.parent.parent
READERS = {"ann.archer@example.org", "giulia.neri@example.org", "sam.okafor@example.org"}
OLD, CLOSED, TWICE = "the memory of the house", "Mentoring skills for supervisors", "A mentoring circle"
MOMENTS = {
    "new year, half past midnight": "2027-01-01T00:30:00Z",
    "leap day": "2028-02-29T12:00:00Z",
    "the hour that Europe skips": "2027-03-28T01:15:00Z",
    "the hour that Europe has twice": "2026-10-25T01:30:00+01:00",
    "the last minute of a year": "2026-12-31T23:59:00Z",
    "a Sunday, far to the east": "2026-11-29T23:30:00+14:00",
    "a full hour exactly": "2026-11-23T08:00:00+01:00",
}


@dataclass
class Tour:
    code: int
    out: str
    report: dict[str, Any]
    letters: dict[str, EmailMessage]

    def text(self, who: str) -> str:
        part = next(self.letters[to] for to in self.letters if to.startswith(who)).get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")


def tour(capsys: pytest.CaptureFixture[str], at: str) -> Tour:
    code = cli.main(["demo", "--at", at, "--report", "report.json"], standalone_mode=False)
    letters = {}
    for path in Path("demo/outbox").glob("*.eml"):
        letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        letters[letter["To"].addresses[0].addr_spec] = letter
    assert len(letters) == len(list(Path("demo/outbox").iterdir()))
    return Tour(code, capsys.readouterr().out, json.loads(Path("report.json").read_text()), letters)


@pytest.mark.parametrize("at", MOMENTS.values(), ids=MOMENTS)
def test_any_moment_brings_each_reader_a_letter(capsys: pytest.CaptureFixture[str], at: str) -> None:
    shown = tour(capsys, at)
    assert (shown.code, set(shown.letters)) == (0, READERS)
    digests = shown.report["digests"]
    assert (digests["due"], digests["sent"]) == (3, 3)  # nothing skipped, nothing failed
    everything = "\n".join(shown.text(who) for who in ("ann", "giulia", "sam"))
    assert OLD not in everything
    assert CLOSED not in everything
    for who in ("ann", "sam"):
        text = " ".join(shown.text(who).split())
        assert "Closing soon" in text
        assert "Closes " in text
        assert "Why: Topic: " in text
    giulia = " ".join(shown.text("giulia").split())  # reads Italian
    assert "In scadenza" in giulia
    assert "Scadenza " in giulia
    assert "Perché: Argomento: " in giulia


def test_what_each_letter_shows(capsys: pytest.CaptureFixture[str]) -> None:
    shown = tour(capsys, "2026-11-23T09:30:00Z")
    ann, giulia, sam = (" ".join(shown.text(who).split()) for who in ("ann", "giulia", "sam"))
    assert ann.count(TWICE) == 1
    assert "Also in: Stacks and Stories" in ann or "Also in: The Noticeboard" in ann
    assert "no date given" in ann  # the page without a date is there and says so
    assert "chatbot" not in ann  # not among her topics
    assert "biblioteca comunale" in giulia
    assert "Reading a town" not in giulia  # an English course for somebody who reads Italian
    assert "Keyword: “Wikibase”" in sam
    assert "in Croatian" in sam
    assert "wait for the next letter: you asked for at most 6" in sam
    assert "not-a-feed" in shown.out  # the broken source is named, with its reason
    assert shown.report["sources"] == {"due": 7, "visited": 7, "unchanged": 0, "failed": 1, "not_reached": 0}
    assert shown.report["entries"]["merged"] == 1


def test_the_pages_to_open_are_the_letters(capsys: pytest.CaptureFixture[str]) -> None:
    shown = tour(capsys, "2026-11-23T09:30:00Z")
    for who in ("ann-archer", "giulia-neri", "sam-okafor"):
        assert f"demo/letters/{who}.html" in shown.out
        assert "<html" in Path(f"demo/letters/{who}.html").read_text(encoding="utf-8")
        assert Path(f"demo/letters/{who}.txt").read_text(encoding="utf-8") == shown.text(who.partition("-")[0])


def test_again_begins_anew_and_spares_what_is_not_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    first = tour(capsys, "2026-11-23T09:30:00Z")
    Path("demo/notes.txt").write_text("mine", encoding="utf-8")
    again = tour(capsys, "2026-11-23T09:30:00Z")
    assert set(again.letters) == READERS
    assert {one["Message-ID"] for one in first.letters.values()}.isdisjoint(
        one["Message-ID"] for one in again.letters.values()
    )
    assert Path("demo/notes.txt").read_text(encoding="utf-8") == "mine"


def test_settings_of_a_real_service_are_not_touched(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGGREGATOR_OUTBOX", "smtp://relay.example.org")
    monkeypatch.setenv("AGGREGATOR_DATABASE", "postgresql://nowhere.example.org/real")
    Path(".env").write_text(
        "AGGREGATOR_FROM=Real <real@lib.example>\nAGGREGATOR_TEMPLATES=nowhere\n", encoding="utf-8"
    )
    shown = tour(capsys, "2026-11-23T09:30:00Z")
    assert set(shown.letters) == READERS
    assert all("example.org" in str(letter["From"]) for letter in shown.letters.values())


def test_a_file_in_the_way_is_said() -> None:
    Path("demo").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="demo"):
        cli.main(["demo"], standalone_mode=False)


def test_as_a_newcomer_calls_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aggregator", "demo"], cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "TZ": "Pacific/Chatham"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list((tmp_path / "demo/outbox").glob("*.eml"))) == 3
    assert max(map(len, done.stdout.splitlines())) <= 120


@pytest.mark.parametrize("hour", range(0, 24 * 8, 5))
def test_each_reader_has_exactly_one_period_due(hour: int) -> None:
    """Over the days around a clock change, at odd minutes."""
    now = datetime(2026, 10, 21, hour % 24, 47, tzinfo=UTC).replace(day=21 + hour // 24)
    found = parse(roster(now), Context(load(shipped("feeds.yaml"), {})[0]))
    assert (len(found.readers), found.problems) == (3, [])
    for reader in found.readers:
        [one] = due(replace(reader, signed_up_at=now - SIGNED_UP), Past(), now)
        assert not one.missed
        assert one.due_at <= now
        assert one.due_at.astimezone(ZoneInfo(reader.schedule.timezone)).minute == 0


def test_no_sample_is_dated_after_its_moment() -> None:
    now = datetime(2027, 1, 1, 0, 0, 30, tzinfo=UTC)
    early, late = documents(now), documents(now.replace(year=2031))
    assert early.keys() == late.keys()
    assert early == documents(now)
    changing = {path for path in early if early[path].body != late[path].body}
    assert changing == set(early) - {"/bookmobile-news.xml"}
    assert all(b"{{" not in document.body for document in early.values())
