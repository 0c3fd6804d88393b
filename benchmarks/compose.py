"""How long a letter takes: 1,000 readers, 20 items each out of a pool of 300. Prints CPU milliseconds a letter.

python benchmarks/compose.py [letters]
"""

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, date, datetime, timedelta

from aggregator.compose import Composer, preflight
from aggregator.model import Draft, Due, Edition, Item, Occasion, Pick, Section, Selection, Sender, Subscriber

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
WORDS = ("library", "reading", "survey", "archive", "mentoring", "shared", "practice", "open", "access")


def item(number: int, chance: random.Random) -> Item:
    course = number % 5 == 0
    return Item(
        id=f"i{number}", source=f"s{number % 40}", url=f"https://library{number % 40}.example/2026/{number}",
        title=" ".join(chance.choices(WORDS, k=9)),
        text=". ".join(" ".join(chance.choices(WORDS, k=14)) for _ in range(20)),
        published_at=NOW - timedelta(hours=number), language="it" if number % 7 == 0 else "en",
        kind="course" if course else "post", occasion=Occasion(closes=date(2026, 12, 1)) if course else None,
    )  # fmt: skip


def draft(number: int, pool: list[Item], sources: dict[str, str], chance: random.Random) -> Draft:
    picks = [Pick(item, chance.random(), "Topic: Mentoring") for item in chance.sample(pool, 20)]
    sections = (Section("closing", tuple(picks[:3])), Section("reading", tuple(picks[3:])))
    reader = Subscriber(f"r{number}", f"reader{number}@library.example")
    due = Due(reader, "2026-W48", NOW, NOW - timedelta(days=7), NOW)
    link = f"https://digest.example.org/unsubscribe/{chance.randbytes(16).hex()}"
    return Draft(f"d{number}", due, Edition(), Selection(sections), Sender(), link, f"{link}-p", sources)


def main(letters: int) -> None:
    chance = random.Random(1)
    pool = [item(number, chance) for number in range(300)]
    sources = {f"s{number}": f"Library {number}" for number in range(40)}
    drafts = [draft(number, pool, sources, chance) for number in range(letters)]
    started = time.process_time()
    composer = Composer()
    loaded = time.process_time()
    written = [composer.write(each) for each in drafts]
    composed = time.process_time()
    problems = sum(len(preflight(each.letter, each.draft)) for each in written)
    checked = time.process_time()
    size = sum(len(each.letter.content) for each in written) / letters
    print(f"templates {1000 * (loaded - started):.1f} ms; {letters} letters of {size / 1000:.1f} kB")
    print(f"compose   {1000 * (composed - loaded) / letters:.3f} ms a letter")
    print(f"preflight {1000 * (checked - composed) / letters:.3f} ms a letter, {problems} problems")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
