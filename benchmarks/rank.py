"""How long all due readers take to rank as a run ranks them: 10,000 profiles, 5,000 items, 36 topics.

    python benchmarks/rank.py [profiles] [items]

Profiles have 3 to 8 topics, 3 to 12 keywords out of 400, some mutes, and 100 items they were already sent. As in a
run (`table.py`), all their words are looked up in one go, and the 200 best items of each reader found; then
reasons of 10 of them. Prints CPU seconds of each step and the peak of memory; made-up data from a fixed seed.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from datetime import UTC, datetime, timedelta

from aggregator.model import Item, Profile, Tag
from aggregator.rank import Ranker
from aggregator.rank.wishes import wishes
from aggregator.table import CANDIDATES

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
TOPICS = [f"topic-{n}" for n in range(36)]
KINDS = ("post", "post", "post", "news", "event", "job", "course")


def word(number: int) -> str:
    """A pronounceable word of its own for every number."""
    syllables = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi")
    made = ""
    for _ in range(4):
        number, syllable = divmod(number, len(syllables))
        made += syllables[syllable]
    return made


def item(number: int, random: random.Random) -> Item:
    text = " ".join(word(int(20_000 ** random.random())) for _ in range(200))  # Zipf's law
    return Item(
        id=f"item-{number}",
        source=f"source-{number % 300}",
        title=" ".join(word(random.randrange(20_000)) for _ in range(8)),
        text=text,
        published_at=NOW - timedelta(hours=random.randrange(24 * 30)),
        language=random.choice(("en", "en", "en", "it", "de", None)),
        kind=random.choice(KINDS),
        topics=tuple(Tag(topic, "“words” in the title") for topic in random.sample(TOPICS, random.randrange(4))),
    )


def profile(random: random.Random) -> Profile:
    return Profile(
        topics={topic: float(random.randint(1, 3)) for topic in random.sample(TOPICS, random.randint(3, 8))},
        keywords=tuple(word(random.randrange(1_000, 3_000, 5)) for _ in range(random.randint(3, 12))),
        kinds={"job": 0.2} if random.random() < 0.5 else {},
        languages=random.choice(((), ("en",), ("en", "it"))),
        mute=tuple(random.sample(TOPICS, random.randrange(3))),
    )


PART = 1_000  # readers ranked together, as a run prepares them
CHOSEN = 10


def main(profiles: int = 10_000, items: int = 5_000) -> None:
    chance, clock = random.Random(1), time.process_time
    pool = [item(number, chance) for number in range(items)]
    readers = [profile(chance) for _ in range(profiles)]
    sent = [{f"item-{chance.randrange(items)}" for _ in range(100)} for _ in readers]
    ranker, spent, found = Ranker(), dict.fromkeys(("words and pool", "ranking", "reasons"), 0.0), 0
    began = clock()
    ranker.expect(map(wishes, readers), NOW)
    for start in range(0, profiles, PART):
        ranking = ranker.ranking(pool, readers[start : start + PART], NOW)
        spent["words and pool"] += clock() - began
        for number in range(min(PART, profiles - start)):
            began = clock()
            best, _ = ranking.best(number, sent[start + number], CANDIDATES)
            ranked = clock()
            why = ranking.reasons(number).why
            found += sum(bool(why(one)) for one in best[:CHOSEN])
            spent["ranking"] += ranked - began
            spent["reasons"] += clock() - ranked
        began = clock()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    steps = ", ".join(f"{step} {took:.2f} s" for step, took in spent.items())
    without = spent["words and pool"] + spent["ranking"]
    print(f"{profiles} profiles x {items} items: {without:.2f} s of CPU to rank ({steps}), peak {peak:.0f} MB")
    print(f"{found / profiles:.1f} items with a reason each")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
