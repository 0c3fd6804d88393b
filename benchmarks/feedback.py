"""Does it help to say "more" or "less like this"? Simulated readers over ten weeks, with feedback and without.

    python benchmarks/feedback.py [readers] [weeks] [seed]

Each made-up reader has said what topics it follows, and has a taste that the profile does not tell: some followed
topics matter little, some sources please or annoy, some kinds of item too. Every week brings 120 new items; the
reader sees the ten best, and marks at most one as "more" and one as "less", one time in seven by mistake. Prints
nDCG@10 (gain 2^grade - 1, grades 0 to 3) of each week under the reader's true taste, both ways: the same items,
the same readers, the same formula as letters.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from aggregator.model import Item, Pick, Profile, Tag
from aggregator.rank import rank
from aggregator.rank.affinity import Mark, learned, traits

TOPICS = [f"topic-{n}" for n in range(12)]
SOURCES = [f"source-{n}" for n in range(20)]
KINDS = ("post", "post", "news", "event", "job")
ITEMS, SHOWN, MISTAKEN = 120, 10, 1 / 7


@dataclass
class Reader:
    """What a reader has said, what it truly likes (trait -> change of the grade), and its marks so far."""

    profile: Profile
    taste: dict[str, float]
    marks: list[Mark] = field(default_factory=list)

    def grade(self, item: Item) -> int:
        """0 (not) to 3 (must have), rounded from what the reader thinks of the item's traits."""
        about = sum(self.profile.topics.get(tag.id, 0.0) / (1 + place) for place, tag in enumerate(item.topics))
        return max(0, min(3, round(0.6 * about + sum(self.taste.get(trait, 0.0) for trait in traits(item)))))


def reader(chance: random.Random) -> Reader:
    followed = chance.sample(TOPICS, 4)
    taste = {f"topic:{topic}": chance.choice((-1.0, -0.5, 0.0, 0.5)) for topic in followed}
    taste |= {f"source:{source}": chance.choice((-1.0, 1.0)) for source in chance.sample(SOURCES, 8)}
    taste |= {f"kind:{kind}": chance.choice((-0.5, 0.0, 0.5)) for kind in KINDS}
    return Reader(Profile(topics={topic: float(chance.randint(1, 3)) for topic in followed}), taste)


def item(id: str, chance: random.Random) -> Item:
    topics = chance.sample(TOPICS, chance.choice((1, 1, 2)))
    return Item(id, chance.choice(SOURCES), kind=chance.choice(KINDS), topics=tuple(map(Tag, topics)))


def ndcg(picks: Sequence[Pick], items: Sequence[Item], who: Reader) -> float:
    ideal = _gain(sorted((who.grade(item) for item in items), reverse=True))
    return _gain([who.grade(pick.item) for pick in picks]) / ideal if ideal else 1.0


def _gain(grades: Sequence[int]) -> float:
    return sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:SHOWN]))


def mark(who: Reader, picks: Sequence[Pick], chance: random.Random) -> None:
    """At most one "more" and one "less" among what was shown: the best and the worst of it."""
    shown = sorted(picks, key=lambda pick: who.grade(pick.item))
    for pick, value in ((shown[-1], 1), (shown[0], -1)) if shown else ():
        truly = who.grade(pick.item) >= 2 if value > 0 else who.grade(pick.item) == 0
        if truly:
            who.marks.append(Mark(traits(pick.item), -value if chance.random() < MISTAKEN else value))


def simulate(readers: int, weeks: int, seed: int, *, feedback: bool) -> list[float]:
    """Mean nDCG@10 of each week."""
    chance, clicks = random.Random(seed), random.Random(seed + 1)
    people = [reader(chance) for _ in range(readers)]
    means = []
    for week in range(weeks):
        items = [item(f"{week}-{number}", chance) for number in range(ITEMS)]
        total = 0.0
        profiles = [
            replace(who.profile, learned=learned(who.marks)) if feedback else who.profile for who in people
        ]
        for who, picks in zip(people, rank(items, profiles, top=SHOWN), strict=True):
            total += ndcg(picks, items, who)
            mark(who, picks, clicks)
        means.append(total / readers)
    return means


def main(readers: int = 200, weeks: int = 10, seed: int = 1) -> None:
    silent = simulate(readers, weeks, seed, feedback=False)
    heard = simulate(readers, weeks, seed, feedback=True)
    print("week  without  with")
    for week, (one, other) in enumerate(zip(silent, heard, strict=True), 1):
        print(f"{week:4}  {one:.3f}    {other:.3f}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
