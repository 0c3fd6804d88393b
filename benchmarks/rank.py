"""How long all due readers take to rank together: 10,000 profiles, 5,000 items, 36 topics, top 60.

    python benchmarks/rank.py [profiles] [items]

Profiles have 3 to 8 topics, 3 to 12 keywords out of 400, some mutes, and 100 items they were already sent.
Prints seconds and the peak of memory; made-up data from a fixed seed.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from datetime import UTC, datetime, timedelta

from aggregator.model import Item, Profile, Tag
from aggregator.rank import rank

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


def main(profiles: int = 10_000, items: int = 5_000) -> None:
    chance = random.Random(1)
    pool = [item(number, chance) for number in range(items)]
    readers = [profile(chance) for _ in range(profiles)]
    sent = [{f"item-{chance.randrange(items)}" for _ in range(100)} for _ in readers]
    rank(pool[:50], readers[:5], NOW, top=5)
    before, clock = time.process_time(), time.perf_counter()
    picks = rank(pool, readers, NOW, exclude=sent, top=60)
    cpu, wall = time.process_time() - before, time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{profiles} profiles x {items} items: {cpu:.1f} s CPU, {wall:.1f} s wall, peak {peak:.0f} MB")
    print(f"{sum(map(len, picks)) / len(picks):.0f} picks each, {cpu / profiles * 1e6:.0f} microseconds a profile")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
