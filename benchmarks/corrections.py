"""What corrections of single items bring on the others of their sources: `python benchmarks/corrections.py`.

Reads the development half of ../shared/eval. Half of the items, drawn anew each time, are looked at by a curator
who corrects some of the tagger's mistakes; the other half is measured. Prints mean and worst change of micro F1.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

from aggregator.config import load, shipped
from aggregator.jsonlines import item_from_json
from aggregator.model import Item
from aggregator.topics import Tagger
from aggregator.topics.learn import Learned, judgements, learn

EVAL = Path(__file__).resolve().parent.parent.parent / "shared" / "eval" / "items.dev.jsonl"
TRIALS = 16
Topics = dict[str, set[str]]


def main() -> None:
    items, gold = read()
    topics = load(shipped("feeds.yaml"), {})[0].topics
    before = given(Tagger(topics), items)
    print(f"{len(items)} items, micro F1 {f1(items, before, gold):.3f} without corrections")
    for count in (25, 50, 100, 200):
        changes = []
        for seed in range(TRIALS):
            shuffled = random.Random(seed).sample(items, len(items))
            half, rest = shuffled[: len(items) // 2], shuffled[len(items) // 2 :]
            taught = lessons(half, before, gold, random.Random(seed), count)
            changes.append(f1(rest, given(Tagger(topics, taught), rest), gold) - f1(rest, before, gold))
        print(f"{count:>4} corrections: {sum(changes) / TRIALS:+.4f}, worst {min(changes):+.4f}")


def read() -> tuple[list[Item], Topics]:
    items, gold = [], {}
    for line in EVAL.read_text(encoding="utf-8").splitlines():
        data = json.loads(line)
        gold[data["id"]] = set(data["topics"])
        kept = {name: data[name] for name in ("id", "source", "title", "url", "text")}
        items.append(item_from_json({**kept, "language": data["lang"], "tags": data["author_tags"] or []}))
    return items, gold


def lessons(half: list[Item], before: Topics, gold: Topics, draw: random.Random, count: int) -> Learned:
    mistakes = [(item, topic) for item in half for topic in sorted(before[item.id] ^ gold[item.id])]
    said: dict[str, dict[str, bool]] = {}
    for item, topic in draw.sample(mistakes, min(count, len(mistakes))):
        said.setdefault(item.id, {})[topic] = topic in gold[item.id]
    # The other topics of a corrected item are left alone only where they are right.
    for id, wanted in said.items():
        wanted |= dict.fromkeys(before[id] - gold[id], False)
    corrected = [item for item in half if item.id in said]
    standing = Counter((item.source, topic) for item in half for topic in before[item.id])
    return learn(judgements(said, corrected, lambda item: before[item.id]), standing)


def given(tagger: Tagger, items: list[Item]) -> Topics:
    return {item.id: {tag.id for tag in tagger.tag(item)} for item in items}


def f1(items: list[Item], found: Topics, gold: Topics) -> float:
    right = sum(len(found[item.id] & gold[item.id]) for item in items)
    wrong = sum(len(found[item.id] ^ gold[item.id]) for item in items)
    return 2 * right / (2 * right + wrong)


if __name__ == "__main__":
    main()
