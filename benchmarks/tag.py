"""How many items a second get their topics and kind on one core: the shipped topics, 1,500 characters an item.

    python benchmarks/tag.py [items]

The text is made up from a fixed seed: common words by Zipf's law, with a topic's own words strewn in. The first
pass meets every word for the first time, the second is what a long run is like.
"""

from __future__ import annotations

import random
import resource
import sys
import time

from aggregator.config import load, shipped
from aggregator.model import Item
from aggregator.topics import Tagger, kind_of

CHARACTERS = 1_500
LANGUAGES = ("en", "en", "en", "en", "it", "de", "fr", None)


def vocabulary(size: int) -> list[str]:
    """Made-up words, the commonest first and shortest."""
    chance = random.Random(7)
    return ["".join(chance.choice("aeiostrnlcdm") for _ in range(2 + n % 9)) for n in range(size)]


def item(number: int, common: list[str], telling: list[str], chance: random.Random) -> Item:
    words: list[str] = []
    while sum(map(len, words)) + len(words) < CHARACTERS:
        rare = chance.random() < 0.02
        words.append(chance.choice(telling) if rare else common[int(len(common) ** chance.random()) - 1])
    language = chance.choice(LANGUAGES)
    return Item(str(number), title=" ".join(words[:8]), text=" ".join(words), tags=(words[9],), language=language)


def main(items: int = 5_000) -> None:
    catalogue, _ = load(shipped("feeds.yaml"), {})
    telling = [word for topic in catalogue.topics.values() for words in topic.words.values() for word in words]
    chance, common = random.Random(1), vocabulary(30_000)
    pool = [item(number, common, telling, chance) for number in range(items)]
    tagger = Tagger(catalogue.topics)
    for name, work in (("topics, first pass", tagger.tag), ("topics, again", tagger.tag), ("kind", kind_of)):
        before = time.process_time()
        for one in pool:
            work(one)
        seconds = time.process_time() - before
        print(f"{name}: {items / seconds:,.0f} items a second")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
