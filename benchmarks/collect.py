#!/usr/bin/env python3
"""Collecting made-up feeds: this project against other feed readers, on the same feeds, in one run.

    python benchmarks/collect.py [--feeds 1000] [--rounds 5] [--dense] [--peers FOLDER]

N made-up feeds of 20 entries, about 30 kB each (`made_up.py`), are served by nginx on loopback. Each round
has three passes: cold (everything new), warm (every feed answers 304) and changed (every feed has one new
entry). In each of them one side comes after the other, so that a machine whose speed changes is fair to both.
Each pass of a side is a process of its own on a database file; CPU is that of the client with all its
children. Prints the medians of wall and CPU seconds, and the ratios ours/theirs within each round.

FOLDER is a virtual environment that has `reader` (3.26 needs sgmllib3k beside it) and `rss2email`; `newsboat` is
taken where it is installed. rss2email sends nothing (`run -n`).
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from loopback_nginx import nginx
from made_up import write
from processes import Cost, timed

ROOT = Path(__file__).resolve().parent.parent
PASSES = ("cold", "warm", "changed")
READER = """
import sys
from reader import make_reader
r = make_reader(sys.argv[1])
if sys.argv[2] == "add":
    for url in open(sys.argv[3]): r.add_feed(url.strip())
else:
    r.update_feeds(scheduled=False)
"""
Command = Callable[[Path, list[str]], list[str]]  # an empty folder, the addresses -> what to run for each pass


def ours(folder: Path, urls: list[str]) -> list[str]:
    feeds = folder / "feeds.yaml"
    feeds.write_text("sources:\n" + "".join(f"  s{n}: {{url: '{url}'}}\n" for n, url in enumerate(urls)))
    return [sys.executable, "-m", "aggregator", "collect", "--force", "--feeds", str(feeds), "--database",
            str(folder / "ours.db")]  # fmt: skip


def reader(peers: Path, folder: Path, urls: list[str]) -> list[str]:
    (folder / "urls").write_text("\n".join(urls))
    command = [str(peers / "bin" / "python"), "-c", READER, str(folder / "reader.db")]
    subprocess.run([*command, "add", str(folder / "urls")], check=True)
    return [*command, "update"]


def rss2email(peers: Path, folder: Path, urls: list[str]) -> list[str]:
    feeds = "".join(f"[feed.f{n}]\nurl = {url}\n\n" for n, url in enumerate(urls))
    (folder / "r2e.cfg").write_text(f"[DEFAULT]\nto = nobody@example.org\nverbose = error\n\n{feeds}")
    return [str(peers / "bin" / "r2e"), "-c", str(folder / "r2e.cfg"), "-d", str(folder / "r2e.json"), "run", "-n"]


def newsboat(folder: Path, urls: list[str]) -> list[str]:
    (folder / "urls").write_text("\n".join(urls))
    (folder / "config").write_text("reload-threads 4\n")
    return ["newsboat", "-u", str(folder / "urls"), "-c", str(folder / "cache.db"), "-C", str(folder / "config"),
            "-x", "reload"]  # fmt: skip


def sides(peers: Path | None) -> dict[str, Command]:
    found: dict[str, Command] = {"ours": ours}
    if peers and (peers / "bin" / "python").exists():
        found["reader"] = lambda folder, urls: reader(peers, folder, urls)
    if peers and (peers / "bin" / "r2e").exists():
        found["rss2email"] = lambda folder, urls: rss2email(peers, folder, urls)
    if shutil.which("newsboat"):
        found["newsboat"] = newsboat
    return found


def one_round(
    taking_part: dict[str, Command], urls: list[str], root: Path, *, memory: bool
) -> dict[str, list[Cost]]:
    """The costs of the three passes of each side, each on a fresh database."""
    costs: dict[str, list[Cost]] = {side: [] for side in taking_part}
    with tempfile.TemporaryDirectory() as name:
        folders = {side: Path(name) / side for side in taking_part}
        for folder in folders.values():
            folder.mkdir()
        show(root, "before")
        commands = {side: make(folders[side], urls) for side, make in taking_part.items()}
        for version in ("before", "before", "after"):
            show(root, version)
            for side, command in commands.items():
                home = str(folders[side])
                env = {"AGGREGATOR_ALLOW_PRIVATE": "127.0.0.1", "PYTHONPATH": str(ROOT), "HOME": home}
                watched = memory and side == "ours"
                costs[side].append(timed(command, env=env, cwd=folders[side], memory=watched))
    return costs


def show(root: Path, version: str) -> None:
    """Let the server serve this version of all feeds from now on."""
    fresh = root / "next"
    fresh.symlink_to(version)
    fresh.replace(root / "now")


def tell(rounds: dict[str, list[list[Cost]]]) -> None:
    for place, name in enumerate(PASSES):
        print(name)
        for side, costs in rounds.items():
            walls, cpus = ([getattr(one[place], what) for one in costs] for what in ("wall", "cpu"))
            print(f"  {side:10} wall {statistics.median(walls):6.2f}  CPU {statistics.median(cpus):6.2f}", end="")
            if side == "ours":
                print(f"  PSS {max(one[place].pss for one in costs):.0f} MB" if costs[0][place].pss else "")
                continue
            of_wall, of_cpu = (
                statistics.median(
                    getattr(mine[place], what) / getattr(other[place], what)
                    for mine, other in zip(rounds["ours"], costs, strict=True)
                )
                for what in ("wall", "cpu")
            )
            print(f"  ours: {of_wall:.2f} of its wall, {of_cpu:.2f} of its CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dense", action="store_true", help="texts of nothing but words of libraries")
    parser.add_argument("--memory", action="store_true", help="watch the memory of our processes")
    parser.add_argument("--only", nargs="*", default=[], help="these peers only")
    parser.add_argument("--peers", type=Path, help="a virtual environment with `reader` and `rss2email`")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        write(root, wish.feeds, dense=wish.dense)
        show(root, "before")
        taking_part = {
            n: make for n, make in sides(wish.peers).items() if n in ("ours", *wish.only) or not wish.only
        }
        rounds: dict[str, list[list[Cost]]] = {side: [] for side in taking_part}
        with nginx(root / "now") as web:
            urls = [f"http://127.0.0.1:{web.port}/{number}.xml" for number in range(wish.feeds)]
            for _ in range(wish.rounds):
                for side, costs in one_round(taking_part, urls, root, memory=wish.memory).items():
                    rounds[side].append(costs)
                    print("  ", side, *(f"{one.wall:.2f}/{one.cpu:.2f}" for one in costs), flush=True)
    print(f"{wish.feeds} feeds, {wish.rounds} rounds, medians, seconds")
    tell(rounds)


if __name__ == "__main__":
    main()
