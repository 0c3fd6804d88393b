"""`aggregator read`: one document in, what it says out, as JSON lines."""

from __future__ import annotations

import difflib
import json
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from aggregator.cli.options import Common, common
from aggregator.errors import SourceError
from aggregator.jsonlines import to_json
from aggregator.model import Document, Reading, Source
from aggregator.normalise import item_ids
from aggregator.occasions.notes import is_note
from aggregator.read import AS_WRITTEN, SHOWN
from aggregator.read.pool import Pool


def _known_kind(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if value not in SHOWN:
        near = difflib.get_close_matches(value, SHOWN, 1, 0.5)
        hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(sorted(SHOWN))}."
        raise click.BadParameter(f"no reader for '{value}'; {hint}", ctx, param)
    return value


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--kind", default="feed", callback=_known_kind, metavar="KIND", help="How to read them [feed].")
@click.option("--url", default="", metavar="URL", help="Where they come from, for their relative links.")
@common
def read(_options: Common, files: tuple[str, ...], kind: str, url: str) -> int:
    """Read documents ('-' is standard input) and print what they say as JSON lines.

    For each document one line with "document", "kind", "title", "language", "entries" and "error", then one line
    for each entry. What cannot be read says why in "error", the others go on, and the exit code is 1.
    """
    out = sys.stdout.buffer
    refused = False
    with Pool() as pool:
        for file, outcome in _outcomes(pool, files, kind, url):
            refused = refused or isinstance(outcome, SourceError)
            for line in _lines(file, kind, outcome):
                out.write(json.dumps(line, ensure_ascii=False).encode("utf-8") + b"\n")
            out.flush()
    return 1 if refused else 0


def _outcomes(
    pool: Pool, files: tuple[str, ...], kind: str, url: str
) -> Iterator[tuple[str, Reading | SourceError]]:
    """What came of each file, in the order given; files are opened a few ahead of the reading."""
    opened: deque[tuple[str, SourceError | None]] = deque()

    def jobs() -> Iterator[tuple[Document, Source]]:
        for file in files:
            try:
                body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
            except OSError as error:
                opened.append((file, SourceError("unreadable", error.strerror or str(error))))
            else:
                opened.append((file, None))
                yield Document(body, url, role=AS_WRITTEN), Source(file, url, kind)

    for outcome in pool.in_order(jobs()):
        yield from _not_opened(opened)
        yield opened.popleft()[0], outcome
    yield from _not_opened(opened)


def _not_opened(opened: deque[tuple[str, SourceError | None]]) -> Iterator[tuple[str, SourceError]]:
    while opened and (error := opened[0][1]):
        yield opened.popleft()[0], error


def _lines(file: str, kind: str, outcome: Reading | SourceError) -> Iterator[dict[str, Any]]:
    refused = isinstance(outcome, SourceError)
    reading = Reading() if isinstance(outcome, SourceError) else outcome
    yield {
        "document": file,
        "kind": kind,
        "title": reading.title,
        "language": reading.language,
        "entries": len(reading.entries),
        "error": str(outcome) if refused else None,
        **reading.facts.get("document", {}),
    }
    said = reading.facts.get("entries") or [{}] * len(reading.entries)
    for entry, own_id, more in zip(reading.entries, item_ids(file, reading.entries), said, strict=True):
        found = {"kind": "notes"} if entry.kind is None and is_note(entry) else {}
        yield to_json(entry, source=file, id=own_id) | found | more
