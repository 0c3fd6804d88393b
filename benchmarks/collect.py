#!/usr/bin/env python3
"""Collecting made-up feeds: this project against the PyPI package `reader`, in one run.

    python benchmarks/collect.py --feeds 1000 --rounds 3 [--reader-python PATH]

Serves N made-up feeds of 20 entries, about 30 kB each, from a loopback server in a process of its own, and times
three passes for each side, in turn: cold (everything new), warm (every feed answers 304) and changed (every feed
has one new entry). CPU is that of the client process with its children. Prints medians and the ratio ours/theirs.
`--reader-python` names an interpreter that has `reader` (3.26 needs sgmllib3k beside it); without it only our side
is timed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from email.utils import formatdate
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Process, Queue
from pathlib import Path

WORDS = tuple(
    "library catalogue archive metadata course open access digital preservation reference reading repository data "
    "literacy call conference mentoring librarian collection copyright teaching skills community research "
    "support".split()
)
READER = """
import sys
from reader import make_reader
r = make_reader(sys.argv[1])
if sys.argv[2] == "add":
    for url in open(sys.argv[3]): r.add_feed(url.strip())
else:
    r.update_feeds(scheduled=False)
"""


def feed(number: int, extra: int) -> bytes:
    """A feed of 20 entries; `extra` newer ones stand before them."""
    rnd = random.Random(number)
    start = int(time.time()) // 86400 * 86400
    items = []
    for n in range(20 + extra):
        title = " ".join(rnd.choice(WORDS) for _ in range(7)).capitalize() + f" {number}-{n}"
        body = "".join(
            f"<p>{' '.join(rnd.choice(WORDS) for _ in range(40))} <a href='/x/{k}'>more</a>.</p>" for k in range(4)
        )
        link = f"http://pub{number}.example/{n}"
        items.append(
            f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid>"
            f"<pubDate>{formatdate(start - 80000 * (20 - n))}</pubDate>"
            f"<description><![CDATA[{body}]]></description></item>"
        )
    head = f"<title>Publisher {number}</title><link>http://pub{number}.example/</link><language>en</language>"
    text = f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{"".join(reversed(items))}</channel></rss>'
    return text.encode()


def serve(count: int, ports: Queue) -> None:  # type: ignore[type-arg]
    state = {"extra": 0}
    bodies: dict[tuple[int, int], bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 65536

        def do_GET(self) -> None:
            if self.path.startswith("/extra/"):
                state["extra"] = int(self.path[7:])
                return self.answer(200, b"", "")
            number = int(re.sub(r"\D", "", self.path) or 0)
            key = (number, state["extra"])
            body = bodies.setdefault(key, b"") or bodies.__setitem__(key, feed(*key)) or bodies[key]
            etag = '"' + blake2b(body, digest_size=8).hexdigest() + '"'
            if self.headers.get("If-None-Match") == etag:
                return self.answer(304, b"", etag)
            return self.answer(200, body, etag)

        def answer(self, status: int, body: bytes, etag: str) -> None:
            self.send_response_only(status)
            self.send_header("ETag", etag)
            self.send_header("Content-Type", "application/rss+xml")
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    for number in range(count):  # made before the clock runs
        for extra in (0, 1):
            bodies[(number, extra)] = feed(number, extra)
    ports.put(server.server_address[1])
    server.serve_forever()


def timed(command: list[str], **more: object) -> tuple[float, float]:
    """(wall, CPU) seconds of a command and its children."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **more)  # type: ignore[call-overload]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - start, cpu


def ours(folder: Path, urls: list[str]) -> list[tuple[float, float]]:
    feeds = folder / "feeds.yaml"
    feeds.write_text("sources:\n" + "".join(f"  s{n}: {{url: '{url}'}}\n" for n, url in enumerate(urls)))
    root = Path(__file__).resolve().parent.parent
    env = {**os.environ, "AGGREGATOR_ALLOW_PRIVATE": "127.0.0.1", "PYTHONPATH": str(root)}
    command = [sys.executable, "-m", "aggregator", "collect", "--force", "--feeds", str(feeds)]
    command += ["--database", str(folder / "ours.db"), "--report", str(folder / "report.json")]
    passes = []
    for extra in (0, 0, 1):
        switch(urls[0], extra)
        passes.append(timed(command, env=env, cwd=folder))
        print("   ours", json.loads((folder / "report.json").read_text())["entries"], flush=True)
    return passes


def theirs(folder: Path, urls: list[str], python: str) -> list[tuple[float, float]]:
    (folder / "urls").write_text("\n".join(urls))
    command = [python, "-c", READER, str(folder / "reader.db")]
    subprocess.run([*command, "add", str(folder / "urls")], check=True)
    passes = []
    for extra in (0, 0, 1):
        switch(urls[0], extra)
        passes.append(timed([*command, "update"]))
    return passes


def switch(url: str, extra: int) -> None:
    from urllib.request import urlopen

    urlopen(url.rsplit("/", 1)[0] + f"/extra/{extra}").read()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reader-python", help="an interpreter that has the package `reader`")
    wish = parser.parse_args()
    ports: Queue[int] = Queue()
    server = Process(target=serve, args=(wish.feeds, ports), daemon=True)
    server.start()
    port = ports.get()
    urls = [f"http://127.0.0.1:{port}/{number}" for number in range(wish.feeds)]
    sides: dict[str, list[list[tuple[float, float]]]] = {"ours": [], "theirs": []}
    for _ in range(wish.rounds):
        with tempfile.TemporaryDirectory() as folder:
            sides["ours"].append(ours(Path(folder), urls))
            if wish.reader_python:
                sides["theirs"].append(theirs(Path(folder), urls, wish.reader_python))
    server.terminate()
    print(f"{wish.feeds} feeds, {wish.rounds} rounds, medians: wall s / CPU s")
    for place, name in enumerate(("cold", "warm", "changed")):
        row = {}
        for side, rounds in sides.items():
            if rounds:
                row[side] = [statistics.median(one[place][k] for one in rounds) for k in (0, 1)]
        shown = "  ".join(f"{side} {wall:.2f} / {cpu:.2f}" for side, (wall, cpu) in row.items())
        if "theirs" in row:
            ratios = [row["ours"][k] / row["theirs"][k] for k in (0, 1)]
            shown += f"  ratio {ratios[0]:.2f} / {ratios[1]:.2f}"
        print(f"{name:8} {shown}")


if __name__ == "__main__":
    main()
