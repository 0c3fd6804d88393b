#!/usr/bin/env python3
"""How the cost of collecting grows with the number of sources, nearly all of which answer 304.

    python benchmarks/growth.py [--sizes 1000 10000 100000] [--changed 0.01] [--out FOLDER]

For each size a database is filled with so many sources as a run leaves them, and an item for each; then one
`collect --force` visits them all. 99 in 100 are answered 304 by nginx on loopback, the others with a feed of 21
entries. Writes growth-sources.csv and growth-sources.svg (CPU ms a source) into FOLDER after each size, and prints
the slowest statement at the largest size with its plan.
"""

from __future__ import annotations

import argparse
import csv
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import sqlalchemy as sa
from loopback_nginx import Web, nginx
from made_up import Publishers
from plot import Line, write_plot
from processes import Cost, timed

from aggregator.dedupe import Changes, dedupe, keys, strangers
from aggregator.model import Document, Item, Source, SourceState, Validators
from aggregator.normalise import normalise_all
from aggregator.read.feed import at_once
from aggregator.store import Store, open_store
from aggregator.visits import READER

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime.now(UTC).replace(microsecond=0)
AT_ONCE = 200  # sources of one transaction while the database is filled
HEADS = ("sources", "wall_s", "cpu_s", "cpu_ms_each", "pss_mb", "nothing_due_cpu_s", "bytes_each")
SHOWN = (
    "{} sources: wall {:.1f} s, CPU {:.1f} s, {:.2f} ms each, {:.0f} MB; with nothing due {:.2f} s of CPU; "
    "{:.0f} bytes a source and its item"
)
PRESS = 50  # different feeds behind all addresses


def filled(path: Path, size: int, urls: list[str], tags: list[str]) -> None:
    """A database as it is after these sources were read: their states with validators, and an item each."""
    store, publishers = open_store(str(path)), Publishers()
    kept = [_items(publishers, number)[0] for number in range(PRESS)]
    long_ago = NOW - timedelta(days=70)  # before what is tagged again when rules change
    for start in range(0, size, AT_ONCE):
        numbers = range(start, min(size, start + AT_ONCE))
        states = [_state(n, urls[n], tags[n % PRESS]) for n in numbers]
        new = tuple(_of(kept[n % PRESS], n, long_ago) for n in numbers)
        store.sources.record(states, Changes(new=new), long_ago, "rules")
    store.close()


def _state(n: int, url: str, etag: str) -> SourceState:
    return SourceState(f"s{n}", url, validators=Validators(etag), reader=READER, last_ok_at=NOW, visits=1)


def _items(publishers: Publishers, number: int) -> tuple[Item, ...]:
    source = Source("s", "http://s.example/")
    reading = at_once(Document(publishers.feed(number)), source)
    return normalise_all(reading, source, NOW)[0] if reading else ()


def _of(item: Item, n: int, first_seen_at: datetime) -> Item:
    """The item as another source's own, its text told by that one."""
    names = {
        "id": f"{n}-{item.id[:20]}",
        "source": f"s{n}",
        "url": f"{item.url}?s={n}",
        "guid": f"{item.guid}-{n}",
    }
    told = f"Source {n} says of this: {item.text}"
    return replace(item, **names, title=f"{item.title} {n}", text=told, first_seen_at=first_seen_at)


def pass_over(folder: Path, size: int, web: Web, changed: float) -> tuple[Cost, Cost, int]:
    """(a run over all sources, a run with nothing due, bytes of the database)."""
    urls = [f"http://127.0.0.1:{web.port}/{n % PRESS}.xml?s={n}" for n in range(size)]
    tags = [_etag(urls[n]) for n in range(min(size, PRESS))]
    database, feeds = folder / f"{size}.db", folder / f"{size}.yaml"
    feeds.write_text("sources:\n" + "".join(f"  s{n}: {{url: '{url}'}}\n" for n, url in enumerate(urls)))
    filled(database, size, urls, tags)
    with sqlite3.connect(database) as held:
        held.execute("UPDATE sources SET etag = 'old' WHERE abs(random() % 1000) < ?", (int(changed * 1000),))
    command = [sys.executable, "-m", "aggregator", "collect", "--feeds", str(feeds), "--database", str(database)]
    env = {"AGGREGATOR_ALLOW_PRIVATE": "127.0.0.1", "PYTHONPATH": str(ROOT)}
    whole = timed([*command, "--force", "--budget", "7200"], env=env, cwd=folder, memory=True)
    idle = timed(command, env=env, cwd=folder, memory=True)
    with sqlite3.connect(database) as held:
        held.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return whole, idle, database.stat().st_size


def _etag(url: str) -> str:
    with urlopen(url) as answer:
        return str(answer.headers["ETag"])


# ------------------------------------------------------------------------------------------- the slowest statement
@contextmanager
def watched(store: Store, took: dict[str, tuple[float, object]]) -> Iterator[None]:
    """Note the longest time of each statement, and what it was asked with."""
    begun: list[float] = []

    def before(*_: object) -> None:
        begun.append(time.perf_counter())

    def after(_c: object, _cursor: object, statement: str, parameters: object, _x: object, many: bool) -> None:
        seconds = time.perf_counter() - begun.pop()
        if not many and seconds > took.get(statement, (0.0, None))[0]:
            took[statement] = seconds, parameters

    sa.event.listen(store.engine, "before_cursor_execute", before)
    sa.event.listen(store.engine, "after_cursor_execute", after)
    yield


def slowest(database: Path, source: str) -> None:
    """Print the slowest statement of a batch of 100 changed sources, with its plan."""
    store, took = open_store(str(database)), dict[str, tuple[float, object]]()
    publishers = Publishers()
    arrivals = [_of(item, n, NOW) for n in range(100) for item in _items(publishers, n % PRESS)[:1]]
    with watched(store, took):
        states = store.sources.states()
        store.sources.traces(source)
        held = store.items.held({key for item in arrivals for key in keys(item)})
        near = store.items.near(strangers(arrivals, held))
        changes = dedupe(arrivals, held, store.items.taken({i.id for i in arrivals}), near)
        store.sources.record(list(states.values())[:100], changes, NOW, "rules")
    statement, (seconds, parameters) = max(took.items(), key=lambda pair: pair[1][0])
    print(f"slowest of {len(took)} statements: {seconds * 1000:.1f} ms\n  {statement[:300]}")
    with store.engine.connect() as connection:
        for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):  # type: ignore[arg-type]
            print("   plan:", row[-1])
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--changed", type=float, default=0.01, help="share of sources with one new entry")
    parser.add_argument("--out", type=Path, default=Path())
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as site:
        root, folder = Path(site), Path(name)
        root.chmod(0o755)
        publishers, rows = Publishers(), list[tuple[float, ...]]()
        for number in range(PRESS):
            (root / f"{number}.xml").write_bytes(publishers.feed(number, 1))
        with nginx(root) as web:
            for size in wish.sizes:
                whole, idle, taken = pass_over(folder, size, web, wish.changed)
                row = (size, whole.wall, whole.cpu, 1000 * whole.cpu / size, whole.pss, idle.cpu, taken / size)
                rows.append(row)
                print(SHOWN.format(*row), flush=True)
                keep(wish.out, rows)
        slowest(folder / f"{wish.sizes[-1]}.db", "s1")


def keep(out: Path, rows: list[tuple[float, ...]]) -> None:
    with (out / "growth-sources.csv").open("w", newline="") as file:
        csv.writer(file).writerows([HEADS, *([round(value, 3) for value in row] for row in rows)])
    lines = [Line("CPU ms a source", [(row[0], row[3]) for row in rows])]
    title = "A run over all sources, 99 % of them answered 304"
    write_plot(out / "growth-sources.svg", title, lines, across="sources", up="CPU ms a source")


if __name__ == "__main__":
    main()
