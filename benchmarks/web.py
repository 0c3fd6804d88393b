"""What the pages of the archive cost, and how quickly they answer 200 readers at once.

    python benchmarks/web.py [items] [seconds]

Makes a service with so many invented items (20,000) and an issue; serves it by `aggregator serve` as a process
of its own over SQLite; and asks with wrk (200 connections, one thread), page by page: first once, when nothing is
kept yet, then for so many seconds (5), while another process writes items into the same database all the time.

`cpu` is what the server used for one request, in milliseconds of one core, whatever else the machine does; `p50`
and `p99` are latencies as seen by wrk and need a machine that does nothing else.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from aggregator.app import open_app
from aggregator.archive import make_issues
from aggregator.config import Settings
from aggregator.dedupe import Changes
from aggregator.model import Item, Occasion, SourceState, Tag
from aggregator.store import open_store

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
READERS = 200
SOURCES = 60
BATCH = 2_000
PAGES = (
    "/", "/items", "/items?page=50", "/topics", "/topics/mentoring", "/topics/mentoring.atom", "/items.json",
    "/items.ics", "/issues", "/issues/digest/2026-W48", "/issues/digest/2026-W48.ris", "/courses", "/events",
)  # fmt: skip
SEARCHES = ("/search?q=library", "/search?q=mentoring+archive", "/search?q=nothingofthis", "/items/i7")
WORDS = ("library", "reading", "survey", "archive", "mentoring", "shared", "practice", "open", "access", "record")
KINDS = ("post", "post", "post", "news", "paper", "event", "course")


def item(number: int, topics: list[str], chance: random.Random) -> Item:
    kind = chance.choice(KINDS)
    at = NOW - timedelta(minutes=chance.randrange(1, 390 * 24 * 60))
    starts = date(2026, 12, 1) + timedelta(days=chance.randrange(60))
    dated = (
        Occasion(starts=starts, closes=starts - timedelta(days=5), online=True)
        if kind in ("event", "course")
        else None
    )
    return Item(
        f"i{number}", f"s{number % SOURCES}", f"g{number}", f"https://s{number % SOURCES}.example/{number}",
        " ".join(chance.choices(WORDS, k=8)), ". ".join(" ".join(chance.choices(WORDS, k=14)) for _ in range(15)),
        published_at=at, first_seen_at=at, language="it" if number % 7 == 0 else "en", kind=kind, occasion=dated,
        topics=tuple(Tag(topic, "“library” in the title") for topic in chance.sample(topics, 2)),
    )  # fmt: skip


def service(folder: Path, count: int) -> None:
    """A service in this folder."""
    rows = "".join(f"  s{n}: {{url: 'https://s{n}.example/feed', title: Source {n}}}\n" for n in range(SOURCES))
    (folder / "feeds.yaml").write_text(f"sources:\n{rows}")
    chance = random.Random(1)
    settings = Settings.load(feeds=folder / "feeds.yaml", database=str(folder / "aggregator.db"))
    with open_app(settings) as app:
        topics = sorted(app.catalogue.topics)
        states = [SourceState(f"s{n}", f"https://s{n}.example/feed") for n in range(SOURCES)]
        for start in range(0, count, BATCH):
            new = tuple(item(n, topics, chance) for n in range(start, min(count, start + BATCH)))
            app.store.sources.record(states, Changes(new=new), NOW, app.rules)
        make_issues(app, NOW)


def write_for_ever(folder: Path) -> None:
    """Store items, a transaction of 100 at a time, as a run does, until killed."""
    store, chance, number = open_store(str(folder / "aggregator.db")), random.Random(2), 10_000_000
    while True:
        store.sources.record(
            [], Changes(new=tuple(item(number + n, ["cpd", "jobs"], chance) for n in range(100))), NOW, "x"
        )
        number += 100
        time.sleep(0.2)


@dataclass
class Server:
    process: subprocess.Popen[str]
    address: str

    def cpu(self) -> float:
        """Seconds of CPU used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    command = [sys.executable, "-m", "aggregator", "serve", "--port", "0", "--at", NOW.isoformat()]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    try:
        found = re.search(r"http://[\d.:]+", process.stderr.readline() if process.stderr else "")
        assert found
        yield Server(process, found[0])
    finally:
        process.terminate()
        process.wait()


def ask(address: str) -> tuple[float, int]:
    """Seconds and octets of one answer."""
    begun = time.perf_counter()
    with urllib.request.urlopen(address) as answer:
        size = len(answer.read())
    return time.perf_counter() - begun, size


def load(server: Server, path: str, seconds: int) -> str:
    """Many readers at once on one page, in figures."""
    before = server.cpu()
    command = [
        "wrk",
        "-t1",
        f"-c{READERS}",
        f"-d{seconds}",
        "--timeout",
        "20s",
        "--latency",
        server.address + path,
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    done = int(re.search(r"(\d+) requests in", said)[1])  # type: ignore[index]
    cpu = (server.cpu() - before) * 1000 / max(1, done)
    quantiles = dict(re.findall(r"(50|99)%\s+(\S+)", said))
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    trouble = (wrong[0] if wrong else "") + ("".join(re.findall(r"Socket errors.*", said)))
    half, most = (quantiles.get(name, "") for name in ("50", "99"))
    return f"{done / seconds:8.0f}/s {cpu:7.2f} ms {half:>10} {most:>10} {trouble}"


def main(count: int = 20_000, seconds: int = 5) -> None:
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed")
    if count < 0:  # the process that writes
        write_for_ever(Path(sys.argv[3]))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        service(folder, count)
        with serving(folder) as server:
            print(f"{'page':<32}{'first':>8}{'size':>9}{'requests':>10}{'cpu':>11}{'p50':>11}{'p99':>11}")
            writer = subprocess.Popen([sys.executable, __file__, "-1", "0", name])
            try:
                for path in (*PAGES, *SEARCHES):
                    first, size = ask(server.address + path)
                    many = load(server, path, seconds) if path in PAGES else ""
                    print(f"{path:<32}{first * 1000:6.0f}ms{size / 1000:7.1f}kB {many}", flush=True)
            finally:
                writer.terminate()
                writer.wait()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
