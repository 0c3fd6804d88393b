#!/usr/bin/env python3
"""Parsing feeds: the strict reader against feedparser as we call it, in one run.

    python benchmarks/parse.py [--feeds 60] [--rounds 5] [FOLDER]

Reads made-up feeds (of benchmarks/collect.py: 20 entries, about 35 kB) and the feeds of FOLDER (the corpus beside
the project, where there is one), one pass of each reader in turn, and prints for each set: documents, how many the
strict reader doubted, CPU milliseconds a document for both on what it answered (medians of the rounds), the ratio,
and the whole set with feedparser on doubt against feedparser alone. Sanitising and the rest is the same for both
and not counted.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from made_up import Publishers

from aggregator.errors import SourceError
from aggregator.read import feed, strict
from aggregator.read.encoding import decoded

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "feeds"


def texts_of(folder: Path) -> list[str]:
    """The feeds in XML among the files of a folder, as text."""
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            text = decoded(path.read_bytes()).lstrip("\ufeff \t\r\n\x00") if path.is_file() else ""
            found += [feed._from_root(text)] if text and text[0] not in "{[" else []
        except SourceError:
            continue
    return found


def by_feedparser(text: str) -> None:
    try:
        feed._by_feedparser(feed.allowed(text))
    except SourceError:
        return


def is_doubted(text: str) -> bool:
    try:
        strict.parsed(text)
    except strict.Doubt:
        return True
    return False


def seconds(work: Callable[[str], object], texts: list[str]) -> float:
    before = time.process_time()
    for text in texts:
        work(text)
    return time.process_time() - before


def compare(name: str, texts: list[str], rounds: int) -> None:
    sure = [text for text in texts if not is_doubted(text)]
    unsure = [text for text in texts if is_doubted(text)]
    passes = []
    for _ in range(rounds):
        passes.append(
            (
                seconds(is_doubted, sure),
                seconds(by_feedparser, sure),
                seconds(is_doubted, unsure),
                seconds(by_feedparser, unsure),
            )
        )
    ours, theirs, lost, spared = (statistics.median(column) for column in zip(*passes, strict=True))
    print(f"{name}: {len(texts)} documents of {sum(map(len, texts)) / len(texts) / 1000:.1f} kB,", end=" ")
    print(f"{len(unsure)} doubted ({100 * len(unsure) / len(texts):.1f} %)")
    each = 1000 / len(sure)
    print(f"  strict {ours * each:.3f} ms, feedparser {theirs * each:.3f} ms: {theirs / ours:.1f} times cheaper")
    whole = (theirs + spared) / (ours + lost + spared)
    print(f"  all, feedparser on doubt: {whole:.1f} times cheaper than feedparser alone")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=CORPUS)
    parser.add_argument("--feeds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    wish = parser.parse_args()
    warnings.simplefilter("ignore")  # feedparser deprecates its own guesses
    publishers = Publishers()
    compare("made up", [publishers.feed(number).decode() for number in range(wish.feeds)], wish.rounds)
    if wish.folder.is_dir():
        compare("real", texts_of(wish.folder), wish.rounds)


if __name__ == "__main__":
    main()
