"""A sheet as CSV, JSON, Markdown and XLSX. The page to print is `printed.py`.

CSV is UTF-8 with a byte order mark, because spreadsheets take it for something else without, in the commas and
CRLF of RFC 4180; a cell that a spreadsheet would take for a formula gets an apostrophe before it. In XLSX texts
are stored as texts, so nothing is changed there.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from aggregator.cpd.columns import Cell
from aggregator.cpd.jsonform import for_scheme
from aggregator.cpd.record import Activity
from aggregator.cpd.sheet import Sheet
from aggregator.cpd.totals import Tally

MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def written(sheet: Sheet, form: str) -> bytes:
    """The sheet in one of the forms csv, json, md, xlsx."""
    return _FORMS[form](sheet)


def file_name(sheet: Sheet, form: str) -> str:
    """`cpd-alia-2026-11-23.csv`; an employer's says so."""
    employer = "-employer" if sheet.wish.employer else ""
    return f"cpd-{sheet.scheme.id}{employer}-{sheet.wish.on.isoformat()}.{form}"


# ---------------------------------------------------------------------------------------------------------- CSV
def _as_csv(sheet: Sheet) -> bytes:
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow([guarded(heading) for heading in sheet.headings])
    rows.writerows([[_cell(cell) for cell in row] for row in sheet.rows])
    return out.getvalue().encode("utf-8-sig", "replace")


def _cell(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return f"{_two(cell)}"
    return "" if cell is None else guarded(str(cell)) if isinstance(cell, str) else str(cell)


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula, whatever blanks stand before it."""
    clean = text.replace("\0", "")
    return f"'{clean}" if clean.startswith(_FORMULA) or clean.lstrip().startswith(_FORMULA) else clean


def _two(value: Decimal) -> Decimal:
    """At most two decimals, and none that say nothing."""
    rounded = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    whole = rounded.to_integral_value()
    return whole if rounded == whole else rounded.normalize()


# --------------------------------------------------------------------------------------------------------- JSON
def _as_json(sheet: Sheet) -> bytes:
    return (json.dumps(as_data(sheet), indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def as_data(sheet: Sheet) -> dict[str, Any]:
    """The sheet for programs: the rules it was held against, each total with its period, and every activity."""
    scheme = sheet.scheme
    return {
        "scheme": {
            "id": scheme.id, "label": scheme.label, "body": scheme.body, "unit": scheme.unit,
            "as_of": scheme.as_of, "checked_on": scheme.checked_on.isoformat(),
            "source": scheme.source, "source_url": scheme.source_url, "unchecked": list(scheme.unchecked),
        },
        "made_on": sheet.wish.today.isoformat(),
        "totals": [_tally(tally, line) for tally, line in zip(sheet.tallies, sheet.lines, strict=True)],
        "tally": [_category(*row) for row in sheet.tally],
        "gaps": list(sheet.gaps),
        "notes": list(sheet.notes),
        "statement": sheet.statement,
        "activities": [_activity(one, sheet) for one in sheet.activities],
    }  # fmt: skip


def _category(label: str, entries: int, value: Decimal) -> dict[str, Any]:
    return {"category": label, "entries": entries, "value": float(_two(value))}


def _tally(tally: Tally, line: str) -> dict[str, Any]:
    goal, lacking = tally.goal, tally.lacking
    coverage = {one.framework.id: dict(one.counts) for one in tally.coverage}
    return {
        "goal": goal.id, "first": tally.period.first.isoformat(), "last": tally.period.last.isoformat(),
        "period_assumed": tally.period.assumed, "value": float(_two(tally.value)),
        "least": None if goal.least is None else float(goal.least),
        "most": None if goal.most is None else float(goal.most),
        "lacking": None if lacking is None else float(_two(lacking)),
        "planned": float(_two(tally.planned)), "hours": float(_two(tally.hours)),
        "other_credits": {system: float(value) for system, value in tally.others},
        "shares": [{"label": s.share.label, "value": float(s.value), "least": float(s.share.least)}
                   for s in tally.shares],
        "coverage": coverage, "said": line,
    }  # fmt: skip


def _activity(activity: Activity, sheet: Sheet) -> dict[str, Any]:
    data = for_scheme(activity, sheet.scheme)
    if sheet.wish.employer:
        for private in ("reflection", "verifier", "evidence"):
            del data[private]
    return data


# ----------------------------------------------------------------------------------------------------- Markdown
def _as_markdown(sheet: Sheet) -> bytes:
    say = sheet.words.say
    lines = [f"# {_plain(sheet.scheme.label)}", "", sheet.period, ""]
    lines += [f"- {_plain(line)}" for line in (*sheet.lines, *sheet.gaps, *sheet.notes)]
    lines += [
        "",
        *(f"- {_plain(label)}: {count}, {sheet.words.number(value)}" for label, count, value in sheet.tally),
    ]
    if sheet.statement:
        lines += ["", f"## {say('statement')}", "", _block(sheet.statement), "", sheet.statement_length]
    lines += ["", f"## {say('entries.title')}"]
    for row in sheet.rows:
        told = [(heading, _cell_text(cell)) for heading, cell in zip(sheet.headings, row, strict=True)]
        lines += ["", *(f"- **{_plain(heading)}**: {_block(text)}" for heading, text in told if text)]
    lines += ["", *([] if sheet.rows else [say("none"), ""]), say("basis"), *map(_plain, sheet.rules)]
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _cell_text(cell: Cell) -> str:
    return _cell(cell) if not isinstance(cell, str) else cell


def _plain(text: str) -> str:
    """On one line, with nothing that Markdown would take for markup or HTML."""
    return "".join(f"\\{char}" if char in "\\`*_<>[]#|&" else char for char in " ".join(text.split()))


def _block(text: str) -> str:
    return "  \n  ".join(_plain(line) for line in text.splitlines() if line.strip())


# --------------------------------------------------------------------------------------------------------- XLSX
def _as_xlsx(sheet: Sheet) -> bytes:
    # Only here, because most exports are something else.
    from xlsxwriter import Workbook

    out = io.BytesIO()
    # A text stays a text: nothing that a member or a feed wrote becomes a formula or a link.
    book = Workbook(out, {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    })  # fmt: skip
    made = datetime.combine(sheet.wish.today, datetime.min.time())
    book.set_properties({"title": sheet.scheme.label, "created": made})
    bold, text = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"text_wrap": True})
    for format in (bold, text):
        format.set_align("top")
    _fill_log(book.add_worksheet(_tab(sheet.words.say("entries.title"))), sheet, bold, text)
    _fill_totals(book.add_worksheet(_tab(sheet.words.say("totals.title"))), sheet, bold, text)
    book.close()
    return out.getvalue()


def _tab(name: str) -> str:
    return "".join(char for char in name if char not in "[]:*?/\\'")[:31] or "Log"


def _fill_log(page: Any, sheet: Sheet, bold: Any, text: Any) -> None:
    for column, heading in enumerate(sheet.headings):
        page.write_string(0, column, heading, bold)
        longest = max((len(_cell_text(row[column])) for row in sheet.rows), default=0)
        page.set_column(column, column, min(60, max(12, len(heading), longest)))
    for number, row in enumerate(sheet.rows, 1):
        for column, cell in enumerate(row):
            _write(page, (number, column), cell, text)
    page.freeze_panes(1, 0)
    page.set_landscape()
    page.repeat_rows(0)


def _write(page: Any, place: tuple[int, int], cell: Cell, text: Any) -> None:
    if isinstance(cell, str):
        page.write_string(*place, cell[:32_000].replace("\0", ""), text)
    elif isinstance(cell, date):
        page.write_datetime(*place, datetime.combine(cell, datetime.min.time()))
    elif cell is not None:
        page.write_number(*place, float(cell) if isinstance(cell, int) else float(_two(cell)))


def _fill_totals(page: Any, sheet: Sheet, bold: Any, text: Any) -> None:
    page.set_column(0, 0, 60)
    lines = [sheet.scheme.label, *sheet.lines, *sheet.gaps, *sheet.notes, sheet.words.say("basis"), *sheet.rules]
    for number, line in enumerate(lines):
        page.write_string(number, 0, line, text if number else bold)
    top = len(lines) + 1
    for number, (label, count, value) in enumerate(sheet.tally):
        page.write_string(top + number, 0, label)
        page.write_number(top + number, 1, count)
        page.write_number(top + number, 2, float(_two(value)))
    if sheet.grid:
        top += len(sheet.tally) + 1
        for column, code in enumerate(sheet.grid.columns.codes, 1):
            page.write_string(top, column, code.label, bold)
        for number, (code, counts) in enumerate(zip(sheet.grid.rows.codes, sheet.grid.cells, strict=True), 1):
            page.write_string(top + number, 0, code.label, bold)
            for column, count in enumerate(counts, 1):
                page.write_number(top + number, column, count)


_FORMS: Mapping[str, Callable[[Sheet], bytes]] = {
    "csv": _as_csv, "json": _as_json, "md": _as_markdown, "xlsx": _as_xlsx,
}  # fmt: skip
