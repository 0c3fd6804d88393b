"""`aggregator courses`: the list of courses, in five forms."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from commandline import AT, DAY, FEEDS, NOW, hold, item

from aggregator.cli import cli
from aggregator.model import Item, Occasion, Tag

TODAY = NOW.date()


def course(number: int, title: str, occasion: Occasion | None, **more: Any) -> Item:
    return replace(item(number), title=title, kind="course", occasion=occasion, **more)


def days(count: int) -> date:
    return TODAY + timedelta(days=count)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    Path("feeds.yaml").write_text(FEEDS)
    monkeypatch.setenv("KEY", "hush")

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["courses", "--at", AT, *arguments])

    return call


def held() -> None:
    hold(
        course(1, "Soon", Occasion(closes=days(3), said={"closes": "Apply by Thursday."}, opens=days(-9))),
        course(2, "Later", Occasion(closes=days(30), starts=days(40)), language="it", topics=(Tag("cpd"),)),
        course(3, "Closed", Occasion(closes=days(-3), ends=days(30), starts=days(-5))),
        course(4, "=Any time", Occasion(pacing="self_paced", effort="2 hours a week")),
        course(5, "Who knows", None),
        course(6, "Far <b>off</b>", Occasion(starts=days(90), place="Zagreb; room 1")),
        item(7),
    )


def test_what_closes_first_stands_first(run: Callable[..., Result]) -> None:
    held()
    found = json.loads(run("--format", "json").stdout)
    assert [(one["title"], one["state"]) for one in found] == [
        ("Soon", "closing_soon"), ("Later", "open"), ("Far <b>off</b>", "announced"), ("=Any time", "always_open"),
        ("Who knows", "unknown"), ("Closed", "closed_but_running"),
    ]  # fmt: skip
    assert found[0]["closes"] == days(3).isoformat()
    assert found[0]["read_from"] == {"opens": "a field of the source", "closes": "Apply by Thursday."}
    assert found[0]["source"] == "Ours"


def test_choices(run: Callable[..., Result]) -> None:
    held()

    def titles(*arguments: str) -> list[str]:
        return [one["title"] for one in json.loads(run("--json", *arguments).stdout)]

    assert titles("--open") == ["Soon", "Later", "=Any time"]
    assert titles("--language", "it-IT") == ["Later"]
    assert titles("--topic", "cpd") == ["Later"]
    assert titles("--topic", "cpd", "--language", "en") == []
    wrong = run("--topic", "mentorin")
    assert wrong.exit_code == 2
    assert "did you mean 'mentoring'?" in wrong.output


def test_time_decides_the_state(run: Callable[..., Result]) -> None:
    hold(course(1, "One", Occasion(opens=days(5), closes=days(20))))
    ats = [(NOW + DAY * ahead).isoformat() for ahead in (0, 6, 15, 21)]
    found = [json.loads(run("--json", "--at", at).stdout)[0]["state"] for at in ats]
    assert found == ["opens_soon", "open", "closing_soon", "closed"]


def test_a_past_run_is_not_shown_beside_a_new_one(run: Callable[..., Result]) -> None:
    hold(
        course(1, "First run", Occasion(ends=days(-50), starts=days(-90), course="C1")),
        course(2, "Second run", Occasion(closes=days(9), starts=days(10), course="C1")),
        course(3, "Old", Occasion(ends=days(-300), starts=days(-320), course="C2")),
        course(4, "Less old", Occasion(ends=days(-5), starts=days(-20), course="C2")),
    )
    found = json.loads(run("--json").stdout)
    assert [(one["title"], one["former_runs"]) for one in found] == [
        ("Second run", ["https://m.example/1"]), ("Less old", ["https://m.example/3"]),
    ]  # fmt: skip


def test_csv_is_safe_in_a_spreadsheet(run: Callable[..., Result]) -> None:
    held()
    rows = list(csv.DictReader(io.StringIO(run("--format", "csv").stdout)))
    assert [row["state"] for row in rows][:2] == ["closing_soon", "open"]
    assert rows[3]["title"] == "'=Any time"
    assert rows[3]["effort"] == "2 hours a week"


def test_a_calendar_of_what_has_dates(run: Callable[..., Result]) -> None:
    held()
    printed = run("--format", "ics").stdout_bytes.decode()
    assert printed.startswith("BEGIN:VCALENDAR\r\n")
    assert "UID:i1-closes@aggregator\r\n" in printed
    assert "LOCATION:Zagreb\\; room 1\r\n" in printed
    assert printed.count("BEGIN:VEVENT") == 6


def test_a_page_and_a_table_say_state_facts_and_where_dates_were_read(run: Callable[..., Result]) -> None:
    held()
    page, table = run("--format", "html").stdout, run().stdout
    assert "Far &lt;b&gt;off&lt;/b&gt;" in page
    assert "<script" not in page
    for printed in (page, table):
        assert "closing soon" in printed
        assert "Apply by Thursday." in printed
        assert "Deadline unknown" in printed


def test_the_page_in_another_language(run: Callable[..., Result]) -> None:
    held()
    page = run("--format", "html", "--page-language", "it").stdout
    assert '<html lang="it" dir="ltr">' in page
    for words in ("Corsi in ordine di scadenza", "in scadenza", "Scadenza non nota", 'lang="en"'):
        assert words in page
    assert '<html lang="ar" dir="rtl">' in run("--format", "html", "--page-language", "ar").stdout
    assert '<html lang="en" dir="ltr">' in run("--format", "html", "--page-language", "tlh").stdout


def test_nothing_held(run: Callable[..., Result]) -> None:
    missing = run()
    assert "there is no database" in str(missing.exception)
    hold(item(1))
    assert run().stdout == "no courses are held that match\n"
    assert run("--json").stdout == "[]\n"
    assert "No courses" in run("--format", "html").stdout
