#!/usr/bin/env python3
"""Letters for all readers, ranked, composed, checked and stored by the program's own `prepare` on a file database.

    python benchmarks/letters.py --readers 10000 --items 5000 --rounds 5 [--past 5]

Made-up items of a week (about 150 words each, 36 topics, 300 sources) and readers with 3 to 8 topics and 3 to 12
keywords, who want 10 items (letters of 30 kB), from a fixed seed. `--past`: letters of 20 items that every reader
has had before. Each round runs in a process of its own on a fresh copy of the database and prints its figures as
JSON: wall and CPU seconds in all and of each stage, letters, bytes a letter, the peak of memory (sum of PSS of all
processes), bytes of the database.
`--stages` times stages by wrapping the program's own functions, in one process.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.model import Item, Occasion, Profile, Schedule, Subscriber, Tag

if TYPE_CHECKING:
    from aggregator.app import App

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
TOPICS = [f"topic-{n}" for n in range(36)]
KINDS = ("post", "post", "post", "post", "news", "event", "job", "course", "paper")
SOURCES = 300
MOST = 10  # items of a letter: with their texts of long words these make 30 kB
ZONES = ("Europe/Zagreb", "Europe/London", "Europe/Rome", "America/New_York", "Asia/Tokyo", "UTC")


def word(number: int) -> str:
    """A pronounceable word of its own for every number, the smaller the number the shorter."""
    syllables = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi")
    made = ""
    for _ in range(2 if number < 13**2 else 3 if number < 13**3 else 4):
        number, syllable = divmod(number, len(syllables))
        made += syllables[syllable]
    return made


def item(number: int, chance: random.Random, *, old: bool = False) -> Item:
    words = [word(int(20_000 ** chance.random())) for _ in range(150)]  # Zipf's law
    seen = (
        NOW - timedelta(minutes=5 + chance.randrange(24 * 60 * 6)) - (timedelta(days=8) if old else timedelta(0))
    )
    kind = chance.choice(KINDS)
    dated = kind in ("course", "event")
    closes = (NOW + timedelta(days=chance.randrange(2, 60))).date()
    return Item(
        id=f"item{number:012}", source=f"s{number % SOURCES}", guid=f"g{number}",
        url=f"https://library{number % SOURCES}.example/2026/11/{number}-{words[0]}-{words[1]}",
        title=" ".join(word(int(20_000 ** chance.random())) for _ in range(9)).capitalize(),
        text=". ".join(" ".join(words[n : n + 15]).capitalize() for n in range(0, 150, 15)) + ".",
        published_at=seen - timedelta(hours=chance.randrange(24)), first_seen_at=seen,
        language=chance.choice(("en", "en", "en", "en", "it", "de", None)), kind=kind,
        occasion=Occasion(closes=closes, starts=closes + timedelta(days=9), place="Zagreb") if dated else None,
        topics=tuple(Tag(one, f"“{words[3]}” in the title") for one in chance.sample(TOPICS, chance.randrange(4))),
    )  # fmt: skip


def reader(number: int, chance: random.Random) -> Subscriber:
    profile = Profile(
        topics={topic: float(chance.randint(1, 3)) for topic in chance.sample(TOPICS, chance.randint(3, 8))},
        keywords=tuple(word(chance.randrange(1_000, 3_000, 5)) for _ in range(chance.randint(3, 12))),
        kinds={"job": 0.2} if chance.random() < 0.5 else {},
        languages=chance.choice(((), ("en",), ("en", "it"))),
        mute=tuple(chance.sample(TOPICS, chance.randrange(3))),
        follow=(f"source:s{chance.randrange(SOURCES)}",) if chance.random() < 0.2 else (),
    )
    zone = chance.choice(ZONES)
    schedule = Schedule("weekly", 1, 0, zone)
    return Subscriber(
        f"reader{number:010}", f"reader{number}@library{number % 50}.example", f"Reader {number}", profile,
        schedule, "active", NOW - timedelta(days=400), None, "it" if chance.random() < 0.2 else "en",
        token=f"token{number:027}", max_items=MOST,
    )  # fmt: skip


def fill(folder: Path, database: str, readers: int, items: int, past: int) -> None:
    """Write feeds.yaml and the database: items through the store's own way, readers and their past letters."""
    from aggregator.dedupe import Changes
    from aggregator.store import open_store
    from aggregator.store.schema import digest_items, digests

    lines = [f"  s{n}: {{url: 'https://library{n}.example/feed', title: 'Library {n}'}}" for n in range(SOURCES)]
    topics = [f"  {topic}: {{label: 'Topic number {topic[6:]}', any: ['{topic}']}}" for topic in TOPICS]
    (folder / "feeds.yaml").write_text("\n".join(["topics:", *topics, "sources:", *lines]) + "\n")
    chance, store = random.Random(1), open_store(database)
    made = [item(n, chance) for n in range(items)]
    before = [item(n, chance, old=True) for n in range(items, items + 1000)] if past else []
    for start in range(0, len(made) + len(before), 1000):
        with store.engine.execution_options(write=True).begin() as connection:
            store.items.write(connection, Changes(new=tuple((made + before)[start : start + 1000])), NOW, "")
    due = int((NOW - timedelta(days=7)).timestamp())
    for start in range(0, readers, 1000):
        some = [reader(n, chance) for n in range(start, min(readers, start + 1000))]
        store.subscribers.save(some, NOW - timedelta(days=1))
        rows, carried = [], []
        for one in some:
            for back in range(past):
                at = due - 7 * 86400 * back
                id = f"{one.id}-{back}"
                rows.append(
                    {"id": id, "subscriber": one.id, "period": f"past-{back}", "state": "sent", "due_at": at,
                     "made_at": at, "until": at, "stored_at": at, "attempts": 1, "ambiguous": 0, "lane": 0}
                )  # fmt: skip
                for place, known in enumerate(chance.sample(before, 20)):
                    carried.append({"digest": id, "item": known.id, "subscriber": one.id, "position": place})
        with store.engine.execution_options(write=True).begin() as connection:
            if rows:
                connection.execute(digests.insert(), rows)
                connection.execute(digest_items.insert(), carried)
    store.close()
    with opened(folder, database) as app:
        _ = app.topic_labels  # what feeds.yaml says is kept in the database, as the collecting before leaves it


# ------------------------------------------------------------------------------------------------- one round
class Stages:
    """CPU seconds inside functions, without what other timed functions inside them took."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._own = threading.local()

    def wrap(self, place: Any, name: str, stage: str) -> None:
        """Put a timed function in the place of the one of that name."""
        function = getattr(place, name)

        def call(*given: Any, **named: Any) -> Any:
            began = time.thread_time()
            inside: list[float] = self._own.__dict__.setdefault("inside", [])
            inside.append(0.0)
            try:
                return function(*given, **named)
            finally:
                took = time.thread_time() - began
                self.spent[stage] = self.spent.get(stage, 0.0) + took - inside.pop()
                if inside:
                    inside[-1] += took

        setattr(place, name, call)


def pss(process: int) -> float:
    """Megabytes of a process and its children, shared pages counted once."""
    total, waiting = 0, [str(process)]
    while waiting:
        one = waiting.pop()
        try:
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += (task / "children").read_text().split()
        except OSError:
            continue  # it has ended
    return total / 1024


def watched(process: subprocess.Popen[str]) -> tuple[str, float]:
    """What that process prints, and the most that it and its children held together."""
    peak = 0.0
    while True:
        try:
            return process.communicate(timeout=0.25)[0], peak
        except subprocess.TimeoutExpired:
            peak = max(peak, pss(process.pid))


def opened(folder: Path, database: str) -> AbstractContextManager[App]:
    """The program, on that feeds.yaml and database."""
    os.environ["AGGREGATOR_SECRET"] = "benchmark " * 4
    os.chdir(folder)
    from aggregator.app import open_app
    from aggregator.cli.options import Common, settings_of

    return open_app(settings_of(Common(feeds=str(folder / "feeds.yaml"), database=database)))


def one_round(folder: Path, database: str, staged: bool = False, processes: int = 0) -> None:
    """Everything from opening the database to the last letter stored, by this process and its children."""
    from aggregator import publish as house
    from aggregator.app import rarely_swept
    from aggregator.compose import Composer, LastLook
    from aggregator.store import Digests, Items

    stages = Stages()
    for place, name, stage in (
        (Composer, "write", "compose"), (LastLook, "at", "check"), (Digests, "write", "store"),
        (Digests, "had", "remember"), (Digests, "history", "remember"), (Digests, "told", "remember"),
        (Digests, "waiting_items", "remember"), (Items, "window", "window"),
    ):  # fmt: skip
        if staged:
            stages.wrap(place, name, stage)
    with opened(folder, database) as app:
        began, cpu, main = time.perf_counter(), os.times(), time.thread_time()
        figures = house.Published()
        with rarely_swept():  # as `publish` does
            order = house.Order(clock=lambda: NOW, hands=1 if staged else processes or None)
            house.prepare(app, NOW, order, figures)
        wall, after = time.perf_counter() - began, os.times()
        others = sum(took for stage, took in stages.spent.items() if stage != "store")  # that has its own thread
        if staged:
            stages.spent["rank and choose"] = time.thread_time() - main - others
        waiting = app.store.digests.ready(NOW)
    used = sum(after[:4]) - sum(cpu[:4])
    figures_ = {"letters": waiting, "failed": figures.failed, "wall": wall, "cpu": used, "peak": 0.0}
    print(json.dumps({**figures_, "stages": stages.spent}))


def size(database: str) -> tuple[float, float]:
    """(bytes of the letters as they are sent, on average; bytes that they take stored)."""
    import zlib

    with sqlite3.connect(database) as connection:
        letters = connection.execute("SELECT content FROM digests WHERE content IS NOT NULL LIMIT 500").fetchall()
    packed = [len(letter[0]) for letter in letters]
    return statistics.mean(len(zlib.decompress(letter[0])) for letter in letters), statistics.mean(packed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("readers", 10_000), ("items", 5_000), ("rounds", 5), ("past", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--stages", action="store_true", help="CPU of each stage; measuring it costs some itself")
    parser.add_argument("--processes", type=int, default=0, help="that prepare; by default one for each processor")
    parser.add_argument("--inside", nargs=2, metavar=("FOLDER", "DATABASE"), help=argparse.SUPPRESS)
    parser.add_argument(
        "--keep", metavar="FOLDER", help="keep the filled database there, and use it if it is there"
    )
    wish = parser.parse_args()
    if wish.inside:
        one_round(Path(wish.inside[0]), wish.inside[1], wish.stages, wish.processes)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(wish.keep or temporary).resolve()
        more = ["--processes", str(wish.processes), *(["--stages"] if wish.stages else [])]
        rounds, taken = measured(folder, wish.readers, wish.items, wish.past, wish.rounds, more)
        letters, packed = size(str(folder / "round.db"))
        print(f"a letter: {letters / 1000:.1f} kB, stored in {packed / 1000:.1f} kB; ", end="")
        print(f"a reader takes {taken / 1000:.1f} kB of the database for it")
        print("median:", told(sorted(rounds, key=lambda one: one["cpu"])[len(rounds) // 2]))


def measured(
    folder: Path, readers: int, items: int, past: int, times: int, more: Sequence[str] = ()
) -> tuple[list[dict[str, Any]], float]:
    """The figures of so many rounds, and the bytes by which one made the database grow for each reader."""
    folder.mkdir(exist_ok=True)
    if not (folder / "filled.db").exists():
        fill(folder, str(folder / "filled.db"), readers, items, past)
    before, rounds = (folder / "filled.db").stat().st_size, []
    for _ in range(times):
        for left in folder.glob("round.db-*"):  # of a round that was killed: it would be taken for this one's
            left.unlink()
        shutil.copy(folder / "filled.db", folder / "round.db")
        command = [sys.executable, __file__, "--inside", str(folder), str(folder / "round.db"), *more]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            printed, peak = watched(process)
        rounds.append(json.loads(printed) | {"peak": peak})
        print(told(rounds[-1]), flush=True)
    return rounds, ((folder / "round.db").stat().st_size - before) / readers


def told(one: dict[str, Any]) -> str:
    n = one["letters"] or 1
    parts = ", ".join(f"{name} {1000 * took / n:.3f}" for name, took in sorted(one["stages"].items()))
    return (
        f"{n} letters ({one['failed']} failed): wall {one['wall']:.1f} s ({n / one['wall']:.0f}/s), "
        f"CPU {one['cpu']:.1f} s ({1000 * one['cpu'] / n:.2f} ms a letter{': ' + parts if parts else ''}), "
        f"peak {one['peak']:.0f} MB"
    )


if __name__ == "__main__":
    main()
