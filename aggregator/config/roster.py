"""Rosters of readers: CSV and YAML in, subscribers out, every mistake named with its line and remedy.

A CSV file has a header with the names of `COLUMNS` in any order; lists are separated by `;`, weights follow a
colon (`mentoring:3;cpd`). Files that are separated by `;` or tabs, as spreadsheets write them, are known by their
header; there a list stands in quotes, or is separated by `|`. A YAML file is a list of mappings with the same
names, where lists may be lists. A line with a mistake is left out, the others count.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from aggregator.config import document, syntax
from aggregator.config.cells import Cell
from aggregator.config.columns import COLUMNS, read_row
from aggregator.config.fields import shortened
from aggregator.errors import ConfigError, Problem
from aggregator.model import Catalogue, Subscriber

# What other programs call our columns.
_OTHER_NAMES = {
    "e_mail": "email", "mail": "email", "address": "email", "email_address": "email", "e_mail_address": "email",
    "full_name": "name", "time_zone": "timezone", "tz": "timezone", "day": "weekday", "week_day": "weekday",
    "time": "hour", "topic": "topics", "keyword": "keywords", "search": "searches", "muted": "mute",
    "kind": "kinds", "max": "max_items", "limit": "max_items", "items": "max_items", "cadence": "frequency",
    "lang": "language",
}  # fmt: skip
_EXACT = frozenset({"e_mail", "time_zone"})  # only spelt otherwise: taken without a word
_LISTS_IN_YAML = ("readers", "subscribers")


@dataclass
class Roster:
    """What a file says: sound readers (known ones with their id), every problem, and how many were left out.

    `reader.id` is empty for an address that `held` did not know."""

    readers: list[Subscriber] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """What rows are checked against. `held`: the readers there are, by `same_mailbox` of their address."""

    catalogue: Catalogue
    held: Mapping[str, Subscriber] = field(default_factory=dict)
    file: str = "readers.csv"


def same_mailbox(email: str) -> str:
    """What makes two addresses the same mailbox: case is ignored, as all big providers do."""
    return email.strip().casefold()


def decoded(content: bytes, file: str) -> str:
    """The text of a roster: UTF-8, with or without a mark, or UTF-16 as spreadsheets write "Unicode text".

    Raises ConfigError with the first line that is neither: names would come out wrong if it were guessed."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        remedy = "save it as 'CSV UTF-8' (in a spreadsheet: Save as, file type or encoding)"
        raise ConfigError([Problem(file, line, "the file is not UTF-8", remedy)]) from None


def parse(text: str, context: Context) -> Roster:
    """A roster in whichever form it is: YAML by its name or its first line, else CSV."""
    named = context.file.lower().endswith((".yaml", ".yml"))
    begins = re.match(r"(?:\s*#.*\n|\s*---\s*\n|\s*\n)*(?:- |\w+:\s*\n\s*- )", text)
    return parse_yaml(text, context) if named or begins else parse_csv(text, context)


def parse_csv(text: str, context: Context) -> Roster:
    """The readers of a CSV file."""
    found = _Reading(context)
    lines = io.StringIO(text.removeprefix("\ufeff"), newline="").readlines()  # \r\n, \n or \r, and nothing else
    records = _records(lines, _delimiter(lines))
    header: list[str | None] | None = None
    for line, record in records:
        if isinstance(record, csv.Error):
            found.refuse(line, f"this line is not proper CSV: {record}", 'a " inside quotes is written ""')
        elif header is None:
            if any(cell.strip() for cell in record) and not re.fullmatch(r"sep=.?", record[0].strip()):
                header = found.header(line, record)
                if header is None:
                    return found.roster
        elif any(cell.strip() for cell in record):
            found.record(line, header, record)
    if header is None:
        found.error(None, "the file is empty", f"begin with a line of column names: {', '.join(COLUMNS[:3])}, …")
    return found.roster


def parse_yaml(text: str, context: Context) -> Roster:
    """The readers of a YAML file: a list of mappings, at the top or under `readers:` or `subscribers:`."""
    found = _Reading(context)
    for offset, node in _nodes(text.removeprefix("\ufeff"), found):
        line = offset + document.line_of(node)
        if not isinstance(node, MappingNode):
            found.refuse(line, "this should be a reader: a mapping", "write '- email: ann@example.org'")
            continue
        before = found.errors
        for name, _, key in document.doubled(node):
            found.error(offset + document.line_of(key), f"'{name}' is written twice", "keep one of them")
        cells: dict[str, Cell] = {}
        for name, key, value in document.pairs(node):
            column = found.column(offset + document.line_of(key), name)
            if column:
                cells[column] = _cell(value)
        if found.errors == before:
            found.row(line, cells)
        else:
            found.roster.refused += 1
    if not found.roster.readers and not found.roster.problems:
        found.error(None, "the file holds no readers", "write '- email: ann@example.org' for each")
    return found.roster


# ------------------------------------------------------------------------------------------------------ every row
@dataclass
class _Reading:
    """A roster while it is read."""

    context: Context
    roster: Roster = field(default_factory=Roster)
    seen: dict[str, int] = field(default_factory=dict)
    errors: int = 0

    def error(self, line: int | None, what: str, remedy: str) -> None:
        self.errors += 1
        self.roster.problems.append(Problem(self.context.file, line, what, remedy))

    def refuse(self, line: int, what: str, remedy: str) -> None:
        self.error(line, what, remedy)
        self.roster.refused += 1

    def column(self, line: int, written: str) -> str | None:
        """The column that a name means, or None with a word about it."""
        name = re.sub(r"[\s_-]+", "_", written.strip().lower().strip("\"'"))
        if name in COLUMNS:
            return name
        if name in _EXACT:
            return _OTHER_NAMES[name]
        near = _OTHER_NAMES.get(name) or next(iter(difflib.get_close_matches(name, COLUMNS, 1, 0.75)), None)
        if near:
            self.error(line, f"unknown column '{shortened(written.strip())}'", f"did you mean '{near}'?")
        elif name:
            what, remedy = (
                f"unknown column '{shortened(written.strip())}' is not read",
                f"known: {', '.join(COLUMNS)}",
            )
            self.roster.problems.append(Problem(self.context.file, line, what, remedy, "warning"))
        return None

    def header(self, line: int, record: list[str]) -> list[str | None] | None:
        """What each column holds, or None where nothing can be read for want of addresses."""
        if not any(re.sub(r"[\s_-]+", "", cell.lower()) == "email" for cell in record):
            named = any("@" in cell for cell in record)
            what = (
                "the first line holds a reader, not the names of the columns"
                if named
                else "there is no column 'email'"
            )
            self.error(line, what, f"begin with a line of column names: {', '.join(COLUMNS[:3])}, …")
            return None
        columns = [self.column(line, cell) for cell in record]
        for place, column in enumerate(columns):
            if column and column in columns[:place]:
                self.error(line, f"the column '{column}' is there twice", "keep one of them; the first one counts")
                columns[place] = None
        return columns

    def record(self, line: int, header: list[str | None], record: list[str]) -> None:
        if any(cell.strip() for cell in record[len(header) :]):
            what = f"the line has {len(record)} cells, the header {len(header)}"
            self.refuse(line, what, 'put a list or text that holds the separator in quotes: "mentoring;cpd"')
            return
        filled = [*record, *[""] * (len(header) - len(record))]
        self.row(line, {column: cell for column, cell in zip(header, filled, strict=False) if column})

    def row(self, line: int, cells: Mapping[str, Cell]) -> None:
        """One reader, or what is wrong with the row."""
        said = cells.get("email", "")
        key = same_mailbox(said if isinstance(said, str) else "")
        base = self.context.held.get(key) or Subscriber("", "")
        reader, mistakes = read_row({"email": "", **cells}, base, self.context.catalogue)
        for column, mistake in mistakes:
            self.error(line, f"{column}: {mistake.what}", mistake.remedy)
        if reader is None:
            self.roster.refused += 1
            return
        first = self.seen.setdefault(same_mailbox(reader.email), line)
        if first != line:
            self.refuse(line, "email: the same address as in line " + str(first), "keep one of the lines")
            return
        self.roster.readers.append(reader)


# ------------------------------------------------------------------------------------------------------------ CSV
def _delimiter(lines: list[str]) -> str:
    """The sign between columns: the one that finds most of our names in the header."""
    for line in lines[:10]:
        said = re.fullmatch(r"sep=(.)", line.strip("\r\n"))
        if said:
            return said[1]
        if line.strip():
            return max(",;\t|", key=lambda sign: len(_names_in(line.split(sign))))
    return ","


def _names_in(cells: list[str]) -> set[str]:
    return {re.sub(r"[\s_-]+", "_", cell.strip(" \"'\r\n").lower()) for cell in cells} & {*COLUMNS, *_OTHER_NAMES}


def _records(lines: list[str], delimiter: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """(line it begins in, cells) of each record. A broken one is an error, and reading goes on in the next line:
    a quote that is never closed costs one reader, not all that follow."""
    start = 0
    while start < len(lines):
        reader = csv.reader(islice(lines, start, None), delimiter=delimiter, strict=True, skipinitialspace=True)
        begin = start
        try:
            for cells in reader:
                yield begin + 1, cells
                begin = start + reader.line_num
            return
        except csv.Error as error:
            yield begin + 1, error
            start = begin + 1


# ----------------------------------------------------------------------------------------------------------- YAML
def _nodes(text: str, found: _Reading) -> Iterator[tuple[int, Node]]:
    """(lines above, node) of each entry of the list. Where the file is not YAML as a whole, its entries are read
    one by one, so that a slip costs one reader."""
    try:
        root = document.compose(text)
    except YAMLError:
        yield from _one_by_one(text, found)
        return
    if root is not None and (bomb := document.explosion(root, found.context.file)):
        found.error(bomb.line, bomb.what, bomb.remedy)
        return
    if isinstance(root, MappingNode):
        inside = [value for name, _, value in document.pairs(root) if name in _LISTS_IN_YAML]
        root = inside[0] if inside else root
    if isinstance(root, SequenceNode):
        yield from ((0, node) for node in root.value)
    elif root is not None and not document.is_null(root):
        found.error(
            document.line_of(root), "this is not a list of readers", "write '- email: ann@example.org' for each"
        )


def _one_by_one(text: str, found: _Reading) -> Iterator[tuple[int, Node]]:
    lines = text.splitlines(keepends=True)
    dashes = [
        (len(line) - len(line.lstrip()), n) for n, line in enumerate(lines) if line.lstrip().startswith("- ")
    ]
    outer = min((indent for indent, _ in dashes), default=0)
    starts = [n for indent, n in dashes if indent == outer] or [0]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        tree = syntax.read("".join(lines[start:end]), found.context.file)
        for problem in tree.problems:
            found.error(start + (problem.line or 1), problem.what, problem.remedy)
        if tree.problems or not isinstance(tree.root, SequenceNode):
            found.roster.refused += 1
        else:
            yield from ((start, node) for node in tree.root.value)


def _cell(node: Node) -> Cell:
    """A value as texts: lists stay lists, `{mentoring: 3}` is written `mentoring:3`."""
    if isinstance(node, SequenceNode):
        return [text for child in node.value for text in _flat(child)]
    if isinstance(node, MappingNode):
        return _flat(node)
    return "" if document.is_null(node) or not isinstance(node, ScalarNode) else str(document.plain(node))


def _flat(node: Node) -> list[str]:
    if isinstance(node, MappingNode):
        return [f"{name}:{document.plain(value) or ''}" for name, _, value in document.pairs(node)]
    if isinstance(node, ScalarNode) and not document.is_null(node):
        return [str(document.plain(node))]
    return []
