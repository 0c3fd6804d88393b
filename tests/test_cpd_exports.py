"""The forms that bodies ask for, re-read by parsers of others: csv, json, openpyxl, an HTML parser.

`tests/data/cpd/SCHEME.csv` and `.html` are what each scheme's form is to look like; write them anew with
AGGREGATOR_TEST_WRITE=1 after a change, and look at the difference.
"""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import cpdlog
import openpyxl
import pytest
from bs4 import BeautifulSoup
from cpdlog import SCHEMES, TODAY, activity, mapped

from aggregator.config import shipped
from aggregator.cpd import Membership, Scheme, Sheet, Wish, make
from aggregator.cpd.forms import MEDIA_TYPES, file_name, guarded, written
from aggregator.cpd.printed import page
from aggregator.cpd.record import Credit, Reflection
from aggregator.cpd.sheet import for_generic

FOLDER = Path(__file__).parent / "data" / "cpd"
ALL = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=lambda scheme: scheme.id)
APPROVED = activity(
    2, title="An approved course", kind="webinar", provider="MLA", credits=(Credit("AHIP", Decimal(1)),),
    competencies=mapped(ahip_category="ce"), pre_approved=True, schemes=tuple(SCHEMES),
)  # fmt: skip
NIGHT = activity(
    3, title="Hackathon over New Year", start=date(2025, 12, 31), end=date(2026, 1, 1), kind="workshop",
    minutes=485, competencies=mapped(lianza_cluster="1", lianza_domain="doing"), schemes=tuple(SCHEMES),
)  # fmt: skip
STATEMENT = "I learned to ask better questions, and my service answers them sooner."


def sheet(scheme: Scheme, *, employer: bool = False, everything: bool = False) -> Sheet:
    wish = Wish("Ann Librarian", TODAY, TODAY, employer, everything)
    level = "distinguished" if scheme.id == "ahip" else ""
    member = Membership("r1", scheme.id, date(2025, 9, 1), level, STATEMENT)
    return make(scheme, [cpdlog.FULL, APPROVED, NIGHT, activity(4)], wish, member)


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def soup(scheme: Scheme, **more: bool) -> BeautifulSoup:
    return BeautifulSoup(page(sheet(scheme, **more), [shipped("templates")]), "html.parser")


# -------------------------------------------------------------------------------------------------------- golden
@ALL
@pytest.mark.parametrize("form", ["csv", "html"])
def test_each_form_looks_as_it_did(scheme: Scheme, form: str) -> None:
    made = page(sheet(scheme), [shipped("templates")]).encode() if form == "html" else written(sheet(scheme), form)
    golden = FOLDER / f"{scheme.id}.{form}"
    if os.environ.get("AGGREGATOR_TEST_WRITE"):
        golden.write_bytes(made)
    assert made.decode() == golden.read_bytes().decode()


# ------------------------------------------------------------------------------------------------------- parsers
@ALL
def test_csv_is_read_as_it_was_meant(scheme: Scheme) -> None:
    made = sheet(scheme)
    content = written(made, "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    rows = table(content)
    assert list(rows[0]) == [column.label for column in scheme.columns]
    assert len(rows) == len(made.activities) == 3
    told = " ".join(value for row in rows for value in row.values())
    assert "Linked data" in told or scheme.id == "lianza"
    assert all(b"\n" not in line.replace(b"\r\n", b"") for line in content.splitlines(keepends=True)[:1])


@ALL
def test_no_cell_is_a_formula(scheme: Scheme) -> None:
    for row in table(written(sheet(scheme), "csv")):
        for value in row.values():
            assert value[:1] not in ("=", "+", "-", "@", "\t", "\r")
    book = openpyxl.load_workbook(io.BytesIO(written(sheet(scheme), "xlsx")))
    assert {cell.data_type for tab in book for row in tab.iter_rows() for cell in row} <= {"s", "n", "d"}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", "\n@x", "=HYPERLINK(1)"]
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert guarded("Plain = text") == "Plain = text"


@ALL
def test_xlsx_holds_the_same_as_csv_with_days_and_numbers_as_such(scheme: Scheme) -> None:
    made = sheet(scheme)
    book = openpyxl.load_workbook(io.BytesIO(written(made, "xlsx")))
    log = book.worksheets[0]
    rows = list(log.iter_rows(values_only=True))
    assert rows[0] == made.headings
    assert len(rows) == 1 + len(made.rows)
    for told, meant in zip(rows[1:], made.rows, strict=True):
        for cell, value in zip(told, meant, strict=True):
            if isinstance(value, date):
                assert cell == datetime(value.year, value.month, value.day)
            elif isinstance(value, int | Decimal):
                assert cell == pytest.approx(float(value), abs=0.005)
            else:
                assert (cell or "") == (value or "")
    totals = [row[0] for row in book.worksheets[1].iter_rows(values_only=True)]
    assert set(made.lines) <= set(totals)


@ALL
def test_json_says_all_that_is_held_and_no_secret(scheme: Scheme) -> None:
    secret = replace(cpdlog.FULL, meeting="geheim")
    made = make(scheme, [secret], Wish("", TODAY, TODAY), None)
    content = written(made, "json")
    data = json.loads(content)
    assert b"geheim" not in content
    assert b"r1" not in content
    [one] = data["activities"]
    assert one["reflection"] == {
        "what": "What I learned.\nTwo lines.",
        "so_what": "So what?",
        "now_what": "@Now what",
    }
    assert one["certificate"] == {
        "number": "N. 17/2026", "issued_by": "AIB", "issued_on": "2026-01-09", "file_name": "attestato.pdf",
        "sha256": "ab" * 32,
    }  # fmt: skip
    assert (one["minutes"], one["suggested_minutes"], one["start_date"]) == (750, 900, "2025-12-30")
    assert one["source_item"]["seen_in_digest"] == "2025-W50"
    assert data["scheme"]["checked_on"] == scheme.checked_on.isoformat()


def test_json_names_criteria_and_specialisation() -> None:
    [_, cilip, _] = json.loads(written(sheet(SCHEMES["cilip"]), "json"))["activities"]
    assert cilip["criteria"] == ["2", "1"]
    alia = json.loads(written(sheet(SCHEMES["alia"]), "json"))
    assert [one["specialisation"] for one in alia["activities"]] == [None, "research", None]


@ALL
def test_markdown_is_read_by_people_and_holds_no_markup_of_others(scheme: Scheme) -> None:
    bad = replace(APPROVED, title="<script>alert(1)</script> [x](javascript:y)", description="a\n# b")
    text = written(make(scheme, [bad], Wish("", TODAY, TODAY), None), "md").decode()
    assert text.startswith(f"# {scheme.label}")
    assert "<script" not in text.replace("\\<script", "")
    assert "\n# b" not in text


# ---------------------------------------------------------------------------------------------------- of bodies
def test_the_columns_of_each_body() -> None:
    [_, aib, _] = table(written(sheet(SCHEMES["aib"]), "csv"))
    assert aib == {
        "Tipo di apprendimento": "non formale", "Titolo": "'=Linked data, step by step", "Attività": "Corso",
        "Ente": "Università di Zagabria", "Ente che attesta": "AIB", "Luogo o online": "online",
        "Dal": "2025-12-30", "Al": "2026-01-02", "Ore": "12.5",
        "Crediti richiesti": "3,5 AIB; 2 CFU", "Verifica finale": "prova finale; sì",
        "Numero dell'attestato": "N. 17/2026", "Rilasciato da": "AIB", "Data dell'attestato": "2026-01-09",
        "Competenza UNI 11535": "A.3 (2023)", "Livello EQF": "6", "Ruolo": "Partecipante",
        "Riflessione": "What I learned.\nTwo lines.\n\nSo what?\n\n@Now what",
        "Documenti allegati": "attestato.pdf; https://badges.example/1",
    }  # fmt: skip


def test_an_approved_ahip_course_needs_no_form_and_another_does() -> None:
    rows = {row["Activity"]: row for row in table(written(sheet(SCHEMES["ahip"]), "csv"))}
    other, approved = rows["'=Linked data, step by step"], rows["An approved course"]
    assert (other["Approved by MLA beforehand"], other["IPR form needed"]) == ("no", "yes")
    assert (approved["Approved by MLA beforehand"], approved["IPR form needed"]) == ("yes", "no")
    assert rows["Hackathon over New Year"]["Approved by MLA beforehand"] == "not said"
    said = soup(SCHEMES["ahip"]).get_text(" ")
    data = json.loads(written(sheet(SCHEMES["ahip"]), "json"))
    assert data["tally"] == [
        {"category": "Continuing education", "entries": 2, "value": 13.5},
        {"category": "Without a category", "entries": 1, "value": 0},
    ]
    assert "Courses that need an Individual Participant Request (IPR) form" in said
    assert [one.title for one in sheet(SCHEMES["ahip"]).forms_needed] == ["=Linked data, step by step"]


def test_the_lianza_page_has_the_grid_the_cover_sheet_and_the_letter() -> None:
    found = soup(SCHEMES["lianza"])
    grid = found.select_one("table.grid")
    assert grid is not None
    cells = [[td.get_text() for td in row.select("td")] for row in grid.select("tbody tr")]
    assert len(cells) == 6
    assert all(len(row) == 4 for row in cells)
    assert (cells[0][1], cells[4][0]) == ("1", "1")
    said = found.get_text(" ")
    assert "Letter of verification (draft)" in said
    assert "Ann Librarian" in said
    assert STATEMENT in said
    assert found.html is not None
    assert found.html["lang"] == "en-NZ"


def test_the_italian_page_is_italian_and_has_the_section_of_a_cv() -> None:
    found = soup(SCHEMES["aib"])
    assert found.html is not None
    assert found.html["lang"] == "it"
    headings = [h.get_text() for h in found.select("h2")]
    assert headings == ["Totali", "Dichiarazione", "Attività", "Istruzione e formazione"]
    assert "logged" not in found.get_text()
    assert "Nessuno li ha verificati" in found.get_text()


# ---------------------------------------------------------------------------------------------- employer, periods
@ALL
def test_an_employer_gets_no_reflection_statement_or_draft(scheme: Scheme) -> None:
    made = sheet(scheme, employer=True)
    whole = (
        b"".join(written(made, form) for form in ("csv", "json", "md"))
        + page(made, [shipped("templates")]).encode()
    )
    tabs = openpyxl.load_workbook(io.BytesIO(written(made, "xlsx")))
    whole += repr([[c.value for c in row] for tab in tabs for row in tab.iter_rows()]).encode()
    for private in (b"What I learned.", b"So what?", b"Now what", STATEMENT.encode(), b"Maja", b"(draft)"):
        assert private not in whole
    assert file_name(made, "csv") == f"cpd-{scheme.id}-employer-2026-11-23.csv"


def test_all_periods_or_only_the_one_asked_for() -> None:
    old = activity(9, start=date(2020, 5, 5), schemes=("alia",))
    asked = make(SCHEMES["alia"], [old, NIGHT], Wish("", TODAY, date(2020, 6, 1)), None)
    assert [one.id for one in asked.activities] == ["a9"]
    assert "2017-07-01 to 2020-06-30" in asked.period
    everything = make(SCHEMES["alia"], [old, NIGHT], Wish("", TODAY, TODAY, everything=True), None)
    assert [one.id for one in everything.activities] == ["a9", "a3"]
    assert len(make(SCHEMES["generic"], for_generic([old, NIGHT]), Wish("", TODAY, TODAY), None).rows) == 1


@ALL
def test_the_page_to_print_asks_nobody_for_anything_and_escapes_everything(scheme: Scheme) -> None:
    evil = replace(
        cpdlog.FULL, title='<img src=x onerror="alert(1)">', provider="<script>", place="</style><script>",
        reflection=Reflection("<svg/onload=alert(1)>"), description="<b>bold</b>",
    )  # fmt: skip
    made = make(
        scheme, [evil], Wish("<i>Ann</i>", TODAY, TODAY), Membership("r1", scheme.id, statement="<u>x</u>")
    )
    found = BeautifulSoup(page(made, [shipped("templates")]), "html.parser")
    assert found.select("script, img, svg, i, u, b, link, iframe") == []
    assert found.select("[src], [onload], [onerror]") == []


def test_every_form_has_its_media_type() -> None:
    assert {form for scheme in SCHEMES.values() for form in scheme.forms} <= set(MEDIA_TYPES)
