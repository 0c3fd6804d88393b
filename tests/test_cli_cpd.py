"""`aggregator cpd`: what an operator can print for a reader who asks."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import cpdlog
import openpyxl
import pytest
from commandline import AT, NOW, Run, enlist, in_store, runner

from aggregator.cpd import Activity, Membership
from aggregator.cpd.evidence import described

PDF = b"%PDF-1.7 a certificate"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(capsys, monkeypatch)


def log(*activities: Activity, **membership: date) -> str:
    """A reader with these activities; returns the id."""
    ann = enlist(name="Ann")
    for one in activities:
        kept = in_store(lambda store, one=one: store.cpd.save(replace(one, id="", subscriber=ann.id), NOW))  # type: ignore[misc]
        in_store(lambda store, kept=kept: store.cpd.attach(ann.id, kept.id, described(PDF, "c.pdf"), PDF, NOW))  # type: ignore[misc]
    for scheme, started in membership.items():
        in_store(lambda store, s=scheme, d=started: store.cpd.join(Membership(ann.id, s, d), NOW))  # type: ignore[misc]
    return ann.id


def test_schemes_are_listed_with_their_sources_and_what_is_not_verified(run: Run) -> None:
    code, out, _ = run("cpd", "schemes", "--at", AT)
    assert code == 0
    assert "Not verified: il numero di crediti richiesto nei cinque anni" in out
    data = {one["id"]: one for one in json.loads(run("cpd", "schemes", "--json", "--at", AT)[1])}
    assert data["alia"]["goals"][1] == {
        "id": "triennium",
        "label": "Three consecutive CPD years",
        "months": 36,
        "least": 120,
    }
    assert not data["alia"]["stale"]
    assert data["aib"]["goals"][0]["least"] is None
    later = run("cpd", "schemes", "--at", "2028-01-01T00:00:00Z")[1]
    assert "more than a year ago. Compare them with ALIA." in later


def test_own_schemes_are_written_changed_and_named_when_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("cpd", "schemes", "--write", "own")[0] == 0
    assert len(list(Path("own").glob("*.toml"))) == len(cpdlog.SCHEMES)
    Path("own/cilip.toml").write_text("id = 1")
    assert "stays as it is" in run("cpd", "schemes", "--write", "own")[1]
    monkeypatch.setenv("AGGREGATOR_CPD_SCHEMES", "own")
    code, out, err = run("cpd", "schemes")
    assert code == 78
    assert "own/cilip.toml: id: Input should be a valid string" in err
    assert "cilip" in out
    monkeypatch.setenv("AGGREGATOR_CPD_SCHEMES", "nowhere")
    assert run("cpd", "schemes")[0] == 78


def test_a_log_is_listed_with_totals_by_the_readers_own_figures(run: Run) -> None:
    log(cpdlog.activity(1, minutes=1080, schemes=("cilip",)), cilip=date(2026, 1, 1))
    code, out, _ = run("cpd", "list", "ann@example.org", "--at", AT)
    assert code == 0
    assert "2026-11-02 · Activity 1 · Reading · 1080 min · cilip" in out
    assert "18 of 20 hours logged, by your own figures, rules as of 2016" in out
    assert "  2 hours to go" in out
    data = json.loads(run("cpd", "list", "ann@example.org", "--json", "--at", AT)[1])
    assert data["activities"][0]["minutes"] == 1080
    assert data["schemes"][0]["scheme"] == "cilip"


def test_exports_of_one_body_to_a_file_and_to_standard_output(run: Run) -> None:
    log(replace(cpdlog.FULL, evidence=()), cpdlog.activity(2))
    for form in ("csv", "json", "xlsx", "html", "md"):
        code, _, err = run("cpd", "export", "ann@example.org", "--scheme", "aib", "--format", form,
                           "--output", f"log.{form}", "--at", AT)  # fmt: skip
        assert (code, err) == (0, "")
    [row] = csv.DictReader(io.StringIO(Path("log.csv").read_text("utf-8-sig")))
    assert row["Documenti allegati"] == "c.pdf"
    assert json.loads(Path("log.json").read_text())["activities"][0]["evidence"][0]["size"] == len(PDF)
    assert openpyxl.load_workbook("log.xlsx").worksheets[0].max_row == 2
    assert run("cpd", "export", "ann@example.org", "--scheme", "aib", "--at", AT)[1].startswith("\ufeffTipo di")
    assert '<html lang="it">' in Path("log.html").read_text()


def test_generic_takes_in_everything_and_an_employer_sees_no_reflection(run: Run) -> None:
    log(cpdlog.FULL, cpdlog.activity(2))
    for who, private in (("member", True), ("employer", False)):
        run("cpd", "export", "ann@example.org", "--for", who, "--everything", "--output", "log.csv", "--at", AT)
        text = Path("log.csv").read_text("utf-8-sig")
        assert len(list(csv.DictReader(io.StringIO(text)))) == 2
        assert ("What I learned." in text) is private


def test_another_period_is_asked_for_by_a_day_in_it(run: Run) -> None:
    log(cpdlog.activity(1, start=date(2026, 6, 30), schemes=("alia",)), alia=date(2023, 7, 1))
    run("cpd", "export", "ann@example.org", "--scheme", "alia", "--format", "json", "--on", "2026-06-30",
        "--output", "log.json", "--at", AT)  # fmt: skip
    year, triennium = json.loads(Path("log.json").read_text())["totals"]
    assert (year["first"], year["last"], year["value"]) == ("2025-07-01", "2026-06-30", 1)
    assert (triennium["first"], triennium["lacking"]) == ("2023-07-01", 119)


def test_mistakes_are_explained(run: Run) -> None:
    log()
    assert "did you mean 'lianza'?" in run("cpd", "export", "ann@example.org", "--scheme", "lianzo")[2]
    code, _, err = run("cpd", "list", "nobody@example.org")
    assert (code, "no reader is known as" in err) == (78, True)
    assert run("cpd", "export", "ann@example.org", "--on", "yesterday")[0] == 2
    code, _, err = run("cpd", "export", "ann@example.org", "--output", "no/such/folder.csv")
    assert (code, "choose another --output" in err) == (75, True)


def test_files_are_written_as_they_were(run: Run) -> None:
    log(cpdlog.activity(1), cpdlog.activity(2))
    assert (
        run("cpd", "files", "ann@example.org", "proofs", "--dry-run")[1] == "2 files would be written to proofs\n"
    )
    assert not Path("proofs").exists()
    assert run("cpd", "files", "ann@example.org", "proofs")[0] == 0
    written = sorted(Path("proofs").rglob("*.pdf"))
    assert [one.read_bytes() for one in written] == [PDF, PDF]
    assert {one.name.partition("-")[2] for one in written} == {"c.pdf"}
    assert all(os.fspath(one).count("/") == 2 for one in written)


def test_the_log_is_in_what_is_held_on_a_reader_and_goes_with_them(run: Run) -> None:
    log(cpdlog.activity(1), cilip=date(2026, 1, 1))
    held = json.loads(run("subscribers", "export", "ann@example.org")[1])["cpd"]
    assert held["activities"][0]["activity_title"] == "Activity 1"
    assert held["activities"][0]["evidence"][0]["name"] == "c.pdf"
    assert held["schemes"][0]["started"] == "2026-01-01"
    run("subscribers", "erase", "ann@example.org", "--yes")
    again = enlist()
    assert in_store(lambda store: list(store.cpd.of(again.id))) == []


def test_prune_keeps_six_years(run: Run) -> None:
    ann = log(cpdlog.activity(1))
    old = cpdlog.activity(2, id="", subscriber=ann, start=date(2018, 1, 1))
    in_store(lambda store: store.cpd.save(old, datetime(2018, 1, 2, tzinfo=UTC)))
    assert "would prune cpd before 2020-11-24" in run("prune", "--at", AT, "--dry-run")[1]
    assert json.loads(run("prune", "--at", AT, "--json")[1])["cpd"] == 1
    assert json.loads(run("prune", "--at", AT, "--json", "--cpd", "5y")[1])["cpd"] == 0
    assert in_store(lambda store: [one.title for one in store.cpd.of(ann)]) == ["Activity 1"]
    assert NOW - timedelta(days=6 * 365) == datetime(2020, 11, 24, 8, tzinfo=UTC)


def test_doctor_names_own_rules_with_mistakes_and_rules_that_are_old(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("own").mkdir()
    Path("own/cilip.toml").write_text('id = "cilip"')
    monkeypatch.setenv("AGGREGATOR_CPD_SCHEMES", "own")
    out = run("doctor", "--at", AT)[1]
    assert "own/cilip.toml: label: Field required" in out
    assert "over a year ago" not in out
    monkeypatch.delenv("AGGREGATOR_CPD_SCHEMES")
    assert (
        "rules of CPD schemes last looked at over a year ago: AHIP renewal"
        in run("doctor", "--at", "2028-01-01T00:00:00Z")[1]
    )
