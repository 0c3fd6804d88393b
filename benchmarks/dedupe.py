"""What it costs to find near-duplicates among all that is held: CPU of this process, wall time, bytes of marks.

    python benchmarks/dedupe.py [held] [arrivals] [postgresql://address]

Made-up items from a fixed seed: about 140 words by Zipf's law between everyday ones. One in ten of those held is
made from a template, whose items differ in two words only. Of the arrivals a fifth are copies of held ones (cut,
with another title, with something put before), a twentieth are from the template, the rest is new. A schema of its
own is made in PostgreSQL and dropped. "server" is the CPU of the process that serves us there (proc(5), so the
server must run on this machine, and on Linux); it is asked not to share its work with others, which would not be
counted.
"""

from __future__ import annotations

import os
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

import sqlalchemy as sa

from aggregator.dedupe import Changes, dedupe, keys, strangers
from aggregator.model import Item
from aggregator.store import Store, marks, open_store, rows
from aggregator.store.engine import insert
from aggregator.store.schema import item_keys, items

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
EVERYDAY = (
    "the of and to in is that for it with as was on are by this be at from have or an they which our you".split()
)
WORDS, BATCH = 140, 5_000
ALONE = "max_parallel_workers_per_gather"


class Press:
    """Writes items: the same ones from the same seed."""

    def __init__(self) -> None:
        self._chance = random.Random(7)
        letters = "aeiostrnlcdm"
        rare = ["".join(self._chance.choices(letters, k=3 + n % 8)) for n in range(30_000)]
        chances = [0.45 / len(EVERYDAY)] * len(EVERYDAY) + [0.06 / (n + 3) for n in range(len(rare))]
        self._words_known, self._weights = EVERYDAY + rare, list(accumulate(chances))
        self._template = self._words(WORDS)
        self._written = 0

    def _words(self, count: int) -> list[str]:
        return self._chance.choices(self._words_known, cum_weights=self._weights, k=count)

    def item(self, *, from_template: bool = False) -> Item:
        self._written += 1
        id = f"item{self._written:08}"
        words = self._words(WORDS)
        if from_template:
            words = [*self._template[:30], *words[:2], *self._template[30:]]
        title = " ".join(self._chance.sample(words[:60], 8)).capitalize()
        url = f"https://press{self._written % 997}.example/{self._written}"
        at = NOW - timedelta(hours=self._written % 700)
        return Item(
            id, f"s{self._written % 997}", id, url, title, " ".join(words), published_at=at, first_seen_at=at
        )

    def copy(self, item: Item) -> Item:
        """What another source makes of an item."""
        other = self.item()
        kind = self._written % 3
        words = item.text.split()
        text = " ".join((words[:35], [*self._words(12), *words], words)[kind])
        title = (item.title, item.title, " ".join(words[60:68]))[kind]
        return replace(other, text=text, title=title, published_at=item.published_at)


def fill(store: Store, press: Press, count: int) -> list[Item]:
    """Hold that many items. Written past the store's own way: only what comparing needs."""
    held: list[Item] = []
    for start in range(0, count, BATCH):
        batch = [press.item(from_template=n % 10 == 0) for n in range(start, min(count, start + BATCH))]
        with store.engine.execution_options(write=True).begin() as connection:
            values = [rows.item_row(item) | {"content_hash": "", "rules": "", "search": ""} for item in batch]
            connection.execute(items.insert(), values)
            numbers = {rows.key_number(key): item.id for item in batch for key in keys(item)}
            found = [{"key": key, "item": id} for key, id in numbers.items()]
            connection.execute(insert(store.engine, item_keys).on_conflict_do_nothing(), found)
            marks.write(connection, [(item.id, item) for item in batch])
        held += batch[:200]
    return held


def arrivals(press: Press, held: Sequence[Item], count: int) -> list[Item]:
    return [
        press.copy(held[n % len(held)]) if n % 5 == 0 else press.item(from_template=n % 20 == 1)
        for n in range(count)
    ]


def sorted_in(store: Store, arrived: Sequence[Item]) -> tuple[Changes, dict[str, float]]:
    """What collect does with arrivals, and the CPU and wall seconds it took."""
    served, cpu, wall = server_cpu(store), time.process_time(), time.perf_counter()
    found = store.items.held({key for item in arrived for key in keys(item)})
    taken = store.items.taken({item.id for item in arrived})
    before_near = time.process_time()
    near = store.items.near(strangers(arrived, found))
    before_verdict = time.process_time()
    changes = dedupe(arrived, found, taken, near)
    done = time.process_time()
    return changes, {
        "CPU s": done - cpu,
        "  keys": before_near - cpu,
        "  marks": before_verdict - before_near,
        "  verdict": done - before_verdict,
        "server": server_cpu(store) - served,
        "wall s": time.perf_counter() - wall,
    }


def server_cpu(store: Store) -> float:
    """CPU seconds that the server has spent for our connection: one at a time is open, always the same."""
    if store.engine.dialect.name == "sqlite":
        return 0.0
    with store.engine.connect() as connection:
        backend = connection.scalar(sa.text("SELECT pg_backend_pid()"))
    spent = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")


def size(store: Store) -> float:
    """Bytes that the table of marks takes."""
    with store.engine.connect() as connection:
        if store.engine.dialect.name != "sqlite":
            return float(connection.scalar(sa.text("SELECT pg_total_relation_size('item_marks')")) or 0)
        return float(connection.scalar(sa.text("SELECT sum(pgsize) FROM dbstat WHERE name = 'item_marks'")) or 0)


@contextmanager
def databases(postgres: str) -> Iterator[dict[str, str]]:
    schema = f"bench_{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory() as folder:
        places = {"SQLite": str(Path(folder) / "bench.db")}
        if not postgres:
            yield places
            return
        engine = sa.create_engine(postgres.replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
        try:
            yield places | {"PostgreSQL": f"{postgres}?options=-csearch_path%3D{schema}%20-c{ALONE}%3D0"}
        finally:
            with engine.begin() as connection:
                connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))


def main(held: str = "100000", count: str = "1000", postgres: str = "") -> None:
    with databases(postgres) as places:
        for name, address in places.items():
            store, press = open_store(address), Press()
            begun = time.perf_counter()
            known = fill(store, press, int(held))
            print(f"{name}: {held} items held, written in {time.perf_counter() - begun:.0f} s; ", end="")
            print(f"{size(store) / int(held):.0f} bytes of marks an item")
            for _ in range(3):
                arrived = arrivals(press, known, int(count))
                changes, spent = sorted_in(store, arrived)
                copies = sum(n % 5 == 0 for n in range(len(arrived)))
                wrong = len(changes.merged) - copies
                print(
                    f"  {copies} copies, {len(changes.merged)} merged ({wrong:+}), {len(changes.new)} new; ",
                    end="",
                )
                print(", ".join(f"{what.strip()} {value:.2f}" for what, value in spent.items()))
            store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
