"""Courses in a table: CSV, or a table of an HTML page, by a map of columns.

`options.columns` maps our names (`courses_columns.NAMES`) to the headings of the table; `title` must be among
them. `options.selector` names the table of a page (its first one otherwise), `options.delimiter` what separates
the values of a CSV.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborNode, SelectolaxError

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Occasion, Reading, Source, Wanted
from aggregator.read.answers import MOST, address, body, heading, paragraphs, said
from aggregator.read.courses_columns import Writing, mapping_of, occasion_of, writing_of
from aggregator.read.courses_runs import language
from aggregator.read.fields import author, tags
from aggregator.read.structured import parsed
from aggregator.text import clean, one_line, title_key

NAME = "a table"
_DELIMITERS = ",;\t|"
_HEADERS_WITHIN = 20  # rows among which the headings are looked for
_TABLES = 50  # of a page


@dataclass(frozen=True, slots=True)
class _Cell:
    """What a cell says, and the address behind it."""

    text: str
    link: str = ""


_Row = list[_Cell]


def ask(source: Source) -> Wanted:
    """The table as it is."""
    return Wanted(source.url, {"Accept": "text/csv, text/html;q=0.9, */*;q=0.5"})


def read(text: str, document: Document, source: Source) -> Reading:
    """The courses of a table.

    Raises SourceError: `bad-option`, `selector-empty`, `missing-column` (naming the headings that are there).
    """
    columns = mapping_of(source, "columns")
    if "title" not in columns:
        raise SourceError("bad-option", "columns needs at least `title`; write it like columns: {title: Course}")
    how = writing_of(source)
    base = document.url or source.url
    is_page = text.lstrip().startswith("<")
    table = _of_page(text, source, title_key(columns["title"])) if is_page else _of_csv(text, source)
    places, rows = _columns(table, columns)
    page = address(base, source.options.get("page")) or (base if is_page else "")
    made = [_entry(_values(row, places, base), how, columns, page) for row in rows[:MOST]]
    return Reading(entries=_told_apart(entry for entry in made if entry.title))


# -------------------------------------------------------------------------------------------------- the table
def _of_csv(text: str, source: Source) -> list[_Row]:
    delimiter = source.options.get("delimiter")
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1):
        raise SourceError("bad-option", "delimiter is one character; write it like delimiter: ';'")
    first = text[:10_000].partition("\n")[0]
    chosen = delimiter or max(_DELIMITERS, key=first.count)
    try:
        found = csv.reader(io.StringIO(clean(text), newline=""), delimiter=chosen)
        return [[_Cell(value) for value in row] for row in found]
    except csv.Error as error:
        raise SourceError("unreadable", f"no CSV: {error}") from error


def _of_page(text: str, source: Source, heading_key: str) -> list[_Row]:
    """The rows of the table that the selector finds; of several, of the first with the heading of titles."""
    selector = said(source.options.get("selector")) or "table"
    try:
        found = parsed(text).css(selector)
    except SelectolaxError as error:
        raise SourceError("bad-option", f"selector '{selector}' is no CSS selector") from error
    if not found:
        raise SourceError("selector-empty", f"'{selector}' finds no table in the page")
    tables = [[[_cell(cell) for cell in row.css("th, td")] for row in one.css("tr")] for one in found[:_TABLES]]
    return next((table for table in tables if _headings(table, heading_key) is not None), tables[0])


def _cell(cell: LexborNode) -> _Cell:
    link = cell.css_first("a[href]")
    text = one_line(cell.text(deep=True, separator=" "))
    return _Cell(text, (link.attributes.get("href") or "") if link is not None else "")


def _headings(table: list[_Row], heading_key: str) -> int | None:
    """Which row has the headings."""
    rows = enumerate(table[:_HEADERS_WITHIN])
    return next((at for at, row in rows if any(title_key(cell.text) == heading_key for cell in row)), None)


def _columns(table: list[_Row], columns: Mapping[str, str]) -> tuple[dict[str, int], list[_Row]]:
    """(our name -> place of its column, the rows below the headings)."""
    at = _headings(table, title_key(columns["title"]))
    if at is None:
        raise SourceError("missing-column", f"no row has the heading '{columns['title']}'; is it the right table?")
    keys = [title_key(cell.text) for cell in table[at]]
    missing = [theirs for theirs in columns.values() if title_key(theirs) not in keys]
    if missing:
        there = ", ".join(one_line(cell.text) for cell in table[at] if cell.text.strip())[:300]
        raise SourceError("missing-column", f"no column '{missing[0]}'; there are: {there}")
    return {name: keys.index(title_key(theirs)) for name, theirs in columns.items()}, table[at + 1 :]


def _values(row: _Row, places: Mapping[str, int], base: str) -> dict[str, str]:
    """What a row says, by our names; its address is linked or stands in that column, or is behind the title."""
    cells = {name: row[at] for name, at in places.items() if at < len(row)}
    values = {name: cell.text.strip() for name, cell in cells.items() if cell.text.strip()}
    linked = next((cells[name].link for name in ("url", "title") if name in cells and cells[name].link), "")
    return values | {"url": address(base, linked or values.get("url"))}


# ------------------------------------------------------------------------------------------------ its entries
def _entry(values: Mapping[str, str], how: Writing, columns: Mapping[str, str], page: str) -> Entry:
    url = values.get("url") or page
    html, text = body(paragraphs(values.get("summary", "")), url)
    return Entry(
        guid=values.get("guid", "") or values.get("url", ""),
        url=url,
        title=heading(values.get("title", "")),
        html=html,
        text=text,
        author=author([values.get("author", "")]),
        tags=tags(re.split(r"[;,|]", values.get("tags", ""))),
        language=language(values.get("language", "")),
        kind="course",
        occasion=occasion_of(values, how, columns),
    )


def _told_apart(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries with a guid each: their own, else their address, else their title; runs that share it by their
    first day, and what is then still the same is one."""
    named = [replace(entry, guid=entry.guid or title_key(entry.title) or entry.title) for entry in entries]
    times = Counter(entry.guid for entry in named)
    marked = [replace(one, guid=f"{one.guid}#{_mark(one)}") if times[one.guid] > 1 else one for one in named]
    return tuple({entry.guid: entry for entry in marked}.values())


def _mark(entry: Entry) -> str:
    starts = (entry.occasion or Occasion()).starts
    return f"{title_key(entry.title)} {starts.isoformat()}" if starts else title_key(entry.title)
