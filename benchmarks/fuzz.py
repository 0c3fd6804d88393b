#!/usr/bin/env python3
"""Damaged documents for every reader: nothing may be raised but SourceError, and nothing may hang.

    python benchmarks/fuzz.py [--seed 1] [--minutes 1] [--limit 10] [--keep fuzz-findings] [--only KIND]

Takes the samples of tests/data, a few of its own, and the corpus beside the project where there is one; damages
each in one to six ways (bytes, cuts, splices with another sample, elements doubled or nested, huge numbers,
encodings, entities, markup that acts); tells a wrong content type now and then; reads it with the reader of its
kind or of another one, as a visit does and as `aggregator read` does, and makes items and JSON of what was read. A
document is known by the seed and its number alone. What raises something else, or takes longer than the limit
(seconds), is kept in a folder with its traceback. Ends with 1 if there was any. Prints counts and the slowest.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import multiprocessing
import platform
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from aggregator.errors import SourceError
from aggregator.jsonlines import to_json
from aggregator.model import Document, Source
from aggregator.normalise import normalise_all
from aggregator.read import AS_WRITTEN, SHOWN, read
from aggregator.visits import for_reader

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"
KINDS = {"feeds": "feed", "pages": "page", "calendars": "calendar", "sitemaps": "sitemap"}  # by name of folder
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
OWN = (
    ("opml", b'<opml version="2.0"><head><title>L</title></head><body><outline text="a"><outline text="b" '
             b'xmlUrl="https://a.example/feed" type="rss"/></outline></body></opml>'),
    ("sitemap", b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://a.example/</loc>'
                b"<lastmod>2026-11-01</lastmod></url></urlset>"),
    ("sitemap", b'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>https://a.example/'
                b"s.xml</loc></sitemap></sitemapindex>"),
    ("works", b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header><identifier>oai:a'
              b"</identifier><datestamp>2026-11-01</datestamp></header><metadata><oai_dc:dc xmlns:oai_dc="
              b'"http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>T'
              b"</dc:title><dc:date>2026</dc:date></oai_dc:dc></metadata></record><resumptionToken>x</resumptionToken>"
              b"</ListRecords></OAI-PMH>"),
)  # fmt: skip
OPTIONS: dict[str, Sequence[dict[str, Any]]] = {
    "page": ({"item": "li, article, tr, .item", "title": "h2, h3, a", "link": "a", "date": "time, .date",
              "details": {"summary": "p"}, "pages": 5},
             {"item": "*", "pages": 3}, {"structured": True}, {}),
    "events": ({}, {"zone": "Europe/Rome"}),
}  # fmt: skip
TYPES = (None, None, "text/html", "application/rss+xml; charset=iso-8859-1", "text/calendar; charset=utf-16",
         "application/json; charset=nonsense", "\x00;charset=", "text/xml; charset=utf-7")  # fmt: skip
PIECES = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc2\x85", b"&#0;", b"&#xD800;", b"&#x110000;",
    b"&x;", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?x", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"<",
    b"<!ENTITY a '&a;&a;'>", b"9" * 400, b"-1", b"1e999", b"NaN", b"99999-99-99", b"0000-00-00T00:00:00Z",
    b"2026-02-30", b"24:60:61", b"http://[", b"http://a:99999/", b"javascript:alert(1)", b"data:text/html,x",
    b"\r\n", b"\xe2\x80\xa8", b"\\ud800", b"null", b"{}", b"[[[[", b'"', b"BEGIN:VEVENT\r\n",
    b"RRULE:FREQ=SECONDLY;COUNT=999999999\r\n", b"DTSTART;TZID=No/Where:20261332T250000\r\n",
    b"<script>x</script>", b"<svg><a xlink:href='javascript:x'>", b" xml:base='http://['", b" xmlns='urn:x'",
    b"<table><tr><td>", b"<b title=x><p>",
)  # fmt: skip


def samples() -> list[tuple[str, bytes]]:
    """(kind, document) of everything there is to be damaged, in an order that stays."""
    found = list(OWN)
    for path in sorted((ROOT / "tests" / "data").glob("*/*")):
        if ".golden." not in path.name:
            found.append((KINDS.get(path.parent.name, path.parent.name), path.read_bytes()))
    for path in sorted(CORPUS.glob("*/*")) if CORPUS.is_dir() else []:
        kind = KINDS.get(path.parent.name, path.parent.name)
        found += [(kind, path.read_bytes())] if kind in SHOWN and path.stat().st_size < 200_000 else []
    return [(kind, body) for kind, body in found if kind in SHOWN]


# ------------------------------------------------------------------------------------------------------- damage
def _span(chance: random.Random, body: bytes, longest: int = 400) -> tuple[int, int]:
    start = chance.randrange(len(body) + 1)
    return start, min(len(body), start + chance.randrange(longest))


def flip(chance: random.Random, body: bytes, other: bytes) -> bytes:  # noqa: ARG001
    changed = bytearray(body)
    for _ in range(chance.randrange(1, 12)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut(chance: random.Random, body: bytes, other: bytes) -> bytes:  # noqa: ARG001
    start, end = _span(chance, body, 4_000)
    return body[:start] + (body[end:] if chance.random() < 0.7 else b"")


def splice(chance: random.Random, body: bytes, other: bytes) -> bytes:
    start, end = _span(chance, other, 3_000)
    at = chance.randrange(len(body) + 1)
    return body[:at] + other[start:end] + body[at:]


def double(chance: random.Random, body: bytes, other: bytes) -> bytes:  # noqa: ARG001
    start, end = _span(chance, body, 2_000)
    if chance.random() < 0.5:  # whole elements, lines or objects
        start = max(body.rfind(b"<", 0, start), body.rfind(b"\n", 0, start), body.rfind(b"{", 0, start), 0)
    return body[:end] + body[start:end] * chance.choice((1, 1, 3, 40)) + body[end:]


def nest(chance: random.Random, body: bytes, other: bytes) -> bytes:  # noqa: ARG001
    start, end = _span(chance, body)
    opening, closing = chance.choice(
        ((b"<div>", b"</div>"), (b"<item>", b"</item>"), (b"[", b"]"), (b'{"a":', b"}"))
    )
    times = chance.choice((1, 5, 60, 3_000))
    return body[:start] + opening * times + body[start:end] + closing * chance.choice((0, times)) + body[end:]


def put(chance: random.Random, body: bytes, other: bytes) -> bytes:  # noqa: ARG001
    start, end = _span(chance, body, 30)
    return body[:start] + chance.choice(PIECES) * chance.choice((1, 1, 1, 3, 500)) + body[end:]


def number(chance: random.Random, body: bytes, other: bytes) -> bytes:  # noqa: ARG001
    digits = [at for at in range(0, len(body), 7) if body[at : at + 1].isdigit()]
    if not digits:
        return body
    at = chance.choice(digits)
    return body[:at] + chance.choice((b"9" * 30, b"-", b"0", b"99", b"\xd9\xa3", b"1e5")) + body[at + 1 :]


def recode(chance: random.Random, body: bytes, other: bytes) -> bytes:  # noqa: ARG001
    name = chance.choice(("utf-16", "utf-16-be", "utf-32", "latin-1", "cp037", "utf-7", "shift_jis", "utf-8-sig"))
    return body.decode("utf-8", "replace").encode(name, "replace")


def rename(chance: random.Random, body: bytes, other: bytes) -> bytes:  # noqa: ARG001
    words = body[:20_000].replace(b"<", b" ").replace(b">", b" ").replace(b'"', b" ").split() or [b"x"]
    old, new = chance.choice(words), chance.choice(words)
    return body.replace(old, new, chance.choice((1, 1, 5, -1))) if len(new) < 60 else body


DAMAGE: Sequence[Callable[[random.Random, bytes, bytes], bytes]] = (
    flip, cut, splice, double, nest, put, put, number, recode, rename
)  # fmt: skip


def document(seed: int, place: int, pool: Sequence[tuple[str, bytes]]) -> tuple[Document, Source]:
    """The damaged document with this number."""
    chance = random.Random(f"{seed}:{place}")
    kind = chance.choice(sorted({kind for kind, _ in pool}))
    _, body = chance.choice([one for one in pool if one[0] == kind])
    _, other = chance.choice(pool)
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        body = chance.choice(DAMAGE)(chance, body, other)[:1_000_000]
    kind = kind if chance.random() < 0.85 else chance.choice(sorted(SHOWN))
    role = AS_WRITTEN if chance.random() < 0.2 else ""
    url = chance.choice(("https://fuzz.example/list", "https://fuzz.example/list", "", "http://["))
    source = Source("fuzz", "https://fuzz.example/list", kind, options=chance.choice(OPTIONS.get(kind, ({},))))
    return Document(body, url, chance.choice(TYPES), role), for_reader(source, NOW)


# ---------------------------------------------------------------------------------------------------------- run
def outcome_of(what: Document, source: Source) -> str:
    """`read`, or the code of a refusal. Raises whatever a reader raises that it should not."""
    try:
        reading = read(what, source)
    except SourceError as error:
        return error.code
    normalise_all(reading, source, NOW)
    json.dumps([to_json(entry) for entry in reading.entries], ensure_ascii=False).encode("utf-8")
    return "read"


def work(pipe: Connection, seed: int, first: int, only: str) -> None:
    """Read one document after another; tell of each when it begins and what came of it."""
    faulthandler.enable()
    pool = [one for one in samples() if not only or one[0] == only]
    place = first
    while True:
        what, source = document(seed, place, pool)
        pipe.send((place, "begun", source.kind, 0.0, ""))
        before, trace = time.process_time(), ""
        try:
            outcome = outcome_of(what, source)
        except Exception:
            outcome, trace = "FAILED", traceback.format_exc()
        pipe.send((place, outcome, source.kind, time.process_time() - before, trace))
        place += 1


def start(seed: int, first: int, only: str) -> tuple[multiprocessing.Process, Connection]:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    worker = multiprocessing.Process(target=work, args=(theirs, seed, first, only), daemon=True)
    worker.start()
    theirs.close()
    return worker, ours


def keep(folder: Path, seed: int, place: int, only: str, why: str) -> None:
    what, source = document(seed, place, [one for one in samples() if not only or one[0] == only])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{seed}-{place}.{source.kind}").write_bytes(what.body)
    (folder / f"{seed}-{place}.txt").write_text(
        f"{source.kind} {what.url!r} {what.content_type!r} {what.role!r}\n{why}"
    )
    print(f"  found: {seed}-{place} ({source.kind}): {why.strip().splitlines()[-1]}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--limit", type=float, default=10.0, help="seconds that a document may take")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--only", default="", choices=["", *sorted(SHOWN)])
    wish = parser.parse_args()
    print(f"seed {wish.seed}, {len(samples())} samples, Python {platform.python_version()}", flush=True)
    counts: Counter[tuple[str, str]] = Counter()
    slowest: list[tuple[float, int, str]] = []
    bad = place = 0
    ends = time.monotonic() + wish.minutes * 60
    worker, pipe = start(wish.seed, 0, wish.only)
    while time.monotonic() < ends:
        try:
            if not pipe.poll(wish.limit + 60):  # the clock of the wall: other work on the machine counts too
                raise EOFError(f"took longer than {wish.limit:g} s")
            place, outcome, kind, taken, trace = pipe.recv()
        except EOFError as error:
            worker.kill()
            worker.join()
            bad += 1
            keep(wish.keep, wish.seed, place, wish.only, str(error) or f"ended its process ({worker.exitcode})")
            worker, pipe = start(wish.seed, place + 1, wish.only)
            continue
        if outcome == "begun":
            continue
        counts[kind, outcome] += 1
        slowest = sorted([*slowest, (taken, place, kind)], reverse=True)[:8]
        if trace or taken > wish.limit:
            bad += 1
            keep(wish.keep, wish.seed, place, wish.only, trace or f"took {taken:.1f} s")
    worker.kill()
    worker.join()
    for kind in sorted({kind for kind, _ in counts}):
        row = Counter({outcome: n for (one, outcome), n in counts.items() if one == kind})
        print(f"{kind:9} {row.total():7}  " + "  ".join(f"{name} {n}" for name, n in row.most_common(8)))
    print("slowest:", ", ".join(f"{taken:.2f} s {kind} {place}" for taken, place, kind in slowest))
    print(f"{counts.total()} documents, {bad} findings" + (f", kept in {wish.keep}" if bad else ""))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
