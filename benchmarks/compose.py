"""How long a letter takes: 1,000 readers, 20 items each out of a pool of 300, in two passes: in the first all that
letters share has to be made. Prints CPU milliseconds a letter.

python benchmarks/compose.py [letters]
"""

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from aggregator.compose import Composer, LastLook
from aggregator.issue import Freezer, Imprint
from aggregator.model import Draft, Due, Edition, Item, Occasion, Pick, Section, Selection, Sender, Subscriber
from aggregator.store.packing import pack

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
    pages = f"https://digest.example.org/my/{chance.randbytes(75).hex()}/items"
    selection = Selection(sections)
    return Draft(f"d{number}", due, Edition(), selection, Sender(), link, f"{link}-p", sources, item_pages=pages)


def main(letters: int) -> None:
    chance = random.Random(1)
    pool = [item(number, chance) for number in range(300)]
    sources = {f"s{number}": f"Library {number}" for number in range(40)}
    drafts = [draft(number, pool, sources, chance) for number in range(letters)]
    started = time.process_time()
    composer, look, freezer = Composer(), LastLook(), Freezer(Imprint(sources, {}, {}))
    print(f"templates {1000 * (time.process_time() - started):.1f} ms")
    for _ in range(2):
        spent, size = one_pass(drafts, composer, look, freezer)
        told = ", ".join(f"{name} {1000 * took / letters:.3f}" for name, took in spent.items())
        print(f"{letters} letters of {size / 1000:.1f} kB: {told} ms a letter")


def one_pass(
    drafts: list[Draft], composer: Composer, look: LastLook, freezer: Freezer
) -> tuple[dict[str, float], float]:
    """CPU seconds of each stage, and the bytes of a letter."""
    size, clock = 0, time.process_time
    spent = {"compose": 0.0, "check": 0.0, "freeze": 0.0, "pack": 0.0}
    for each in drafts:
        times = [clock()]
        written = composer.write(each)
        times.append(clock())
        if problems := look.at(written):
            raise SystemExit(problems)
        times.append(clock())
        freezer.freeze(written.draft, written.laid, composer.say("en"))
        times.append(clock())
        pack(written.letter.content)
        times.append(clock())
        for stage, took in zip(spent, (after - before for before, after in pairwise(times)), strict=True):
            spent[stage] += took
        size += len(written.letter.content)
    return spent, size / len(drafts)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
