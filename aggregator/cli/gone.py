"""Who must not be written to, as a list that outlives the database: hashes, no addresses."""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.errors import ConfigError, Problem
from aggregator.jsonlines import moment, moment_from

if TYPE_CHECKING:
    from aggregator.store import Barred, Store

HEADER = ("email_hash", "token_hash", "reason", "at")
_HASH = re.compile(r"[0-9a-f]{64}")


def lines(store: Store) -> Iterator[str]:
    """The list as CSV, one line each."""
    yield ",".join(HEADER)
    for one in store.subscribers.gone():
        yield f"{one.email_hash},{one.token_hash},{one.reason},{moment(one.at)}"


def read(path: Path) -> list[Barred]:
    """Such a list, or what an SQLite database of ours says: the one that a backup takes the place of. Raises
    ConfigError."""
    with path.open("rb") as file:
        is_database = file.read(16) == b"SQLite format 3\0"
    try:
        rows = list(_of_database(path) if is_database else _of_list(path))
    except (sqlite3.Error, UnicodeDecodeError, csv.Error) as error:
        raise _wrong(path, None, f"it can't be read: {error}") from error
    return [_barred(path, line, row) for line, row in enumerate(rows, 2)]


_ROWS = (
    "SELECT email_hash, coalesce(token_hash, ''), reason, strftime('%Y-%m-%dT%H:%M:%SZ', at, 'unixepoch') "
    "FROM suppressions"
)


def _of_database(path: Path) -> Iterator[list[str]]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        for row in database.execute(_ROWS):
            yield list(row)


def _of_list(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.reader(file)):
            if line == 0 and tuple(row) != HEADER:
                raise _wrong(path, 1, "this is no list of 'aggregator subscribers gone'")
            if line and row:
                yield row


def _barred(path: Path, line: int, row: list[str]) -> Barred:
    from aggregator.store import Barred

    at = moment_from(row[3]) if len(row) == len(HEADER) else None
    if at is None or not _HASH.fullmatch(row[0]) or not re.fullmatch(r"[a-z]{1,20}", row[2]):
        raise _wrong(path, line, "this line names nobody who has gone")
    return Barred(row[0], row[1], row[2], at)


def _wrong(path: Path, line: int | None, what: str) -> ConfigError:
    return ConfigError(
        [Problem(str(path), line, what, "name a file of 'aggregator subscribers gone', or the database")]
    )
