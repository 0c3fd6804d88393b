"""What one item costs on its way from a feed's entry to a row of the store: CPU milliseconds for each stage.

    python benchmarks/items.py [items]

The entries are made up from a fixed seed: about 1,200 characters of HTML in four languages, everyday words between
made-up ones by Zipf's law, with words of the shipped topics strewn in. The first column is a run that begins and
meets every word for the first time, the second is the same number of other entries after it. `keys` are asked for
three times, as a run does: to look up what is held, to compare, and to store. Nothing is fetched or written.
"""

from __future__ import annotations

import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from aggregator.config import load, shipped
from aggregator.dedupe import content_hash, dedupe, keys
from aggregator.language import language_of
from aggregator.model import Entry, Item, Reading, Source
from aggregator.normalise import normalise_all
from aggregator.read import fields
from aggregator.store import rows
from aggregator.text import words
from aggregator.topics import Tagger, kind_of

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
PER_FEED, BATCH = 20, 2_000  # entries of a document, items of a transaction
PARAGRAPHS, WORDS = 4, 45
EVERYDAY = {
    "en": "the of and to in is that for it with as was on are by this be at from have or an they which our you",
    "it": "il di che la e in un una per con non del della dei sono più anche come alla nel le gli lo si da",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an",
    "fr": "de la le et les des en un du une que est pour qui dans par plus sur au avec ce ne se pas",
}
LANGUAGES = ("en", "en", "en", "en", "it", "de", "fr")
T = TypeVar("T")


def vocabulary(size: int) -> list[str]:
    """Made-up words, the commonest first and shortest."""
    chance = random.Random(7)
    return ["".join(chance.choice("aeiostrnlcdm") for _ in range(3 + n % 8)) for n in range(size)]


class Press:
    """Writes entries: the same ones from the same seed."""

    def __init__(self, telling: Sequence[str]) -> None:
        self._chance = random.Random(1)
        self._rare, self._telling = vocabulary(30_000), telling
        self._written = 0

    def reading(self) -> Reading:
        language = self._chance.choice(LANGUAGES)
        return Reading("Made-up", language, entries=tuple(self._entry(language) for _ in range(PER_FEED)))

    def _entry(self, language: str) -> Entry:
        self._written += 1
        url = f"https://press.example/{self._written // 997}/{self._written}?utm_source=rss"
        paragraphs = (
            f"<p>{self._words(language, WORDS)}. It’s <a href='/more'>here</a>.</p>" for _ in range(PARAGRAPHS)
        )
        return Entry(
            guid=f"press-{self._written}",
            url=url,
            title=self._words(language, 8).capitalize(),
            html="".join(paragraphs),
            tags=(self._chance.choice(self._telling),),
            published_at=NOW - timedelta(hours=self._written % 700),
        )

    def _words(self, language: str, count: int) -> str:
        everyday = EVERYDAY[language].split()
        return " ".join(self._word(everyday) for _ in range(count))

    def _word(self, everyday: list[str]) -> str:
        dice = self._chance.random()
        if dice < 0.45:
            return self._chance.choice(everyday)
        if dice < 0.48:
            return self._chance.choice(self._telling)
        return self._rare[int(len(self._rare) ** self._chance.random()) - 1]


class Clock:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        before = time.process_time()
        yield
        self.seconds[name] += time.process_time() - before

    def each(self, name: str, work: Callable[[Item], T], items: Sequence[Item]) -> list[T]:
        with self.stage(name):
            return [work(item) for item in items]


def arrived(reading: Reading, source: Source, tagger: Tagger, clock: Clock) -> list[Item]:
    """The items of one document, as `collect` makes them."""
    with clock.stage("sanitise, plain text"):
        bodies = [fields.body(entry.html, entry.url) for entry in reading.entries]
    pairs = zip(reading.entries, bodies, strict=True)
    reading = replace(
        reading, entries=tuple(replace(entry, html=html, text=text) for entry, (html, text) in pairs)
    )
    with clock.stage("normalise"):
        items, _ = normalise_all(reading, source, NOW)
    kinds = clock.each("kind", kind_of, items)
    kinded = [replace(item, kind=kind) for item, kind in zip(items, kinds, strict=True)]
    topics = clock.each("topics", lambda item: tagger.tag(item, source), kinded)
    return [replace(item, topics=tags) for item, tags in zip(kinded, topics, strict=True)]


def stored(items: Sequence[Item], clock: Clock) -> None:
    """One batch, compared and analysed as for the store."""
    clock.each("keys", keys, items)
    with clock.stage("dedupe"):
        changes = dedupe(items, {})
    clock.each("keys", keys, items)
    clock.each("row", lambda item: rows.item_row(item) | {"content_hash": content_hash(item)}, changes.new)
    clock.each(
        "search words", lambda item: " ".join(words(f"{item.title} {item.text}", item.language)), changes.new
    )


def run(press: Press, tagger: Tagger, count: int) -> dict[str, float]:
    """CPU milliseconds per item of every stage."""
    readings = [press.reading() for _ in range(count // PER_FEED)]
    clock, batch, done = Clock(), list[Item](), 0
    for number, reading in enumerate(readings):
        batch += arrived(reading, Source(f"s{number}", f"https://press.example/{number}"), tagger, clock)
        if len(batch) >= BATCH or reading is readings[-1]:
            stored(batch, clock)
            done += len(batch)
            batch = []
    return {stage: seconds * 1000 / done for stage, seconds in clock.seconds.items()}


def main(items: int = 10_000) -> None:
    catalogue, _ = load(shipped("feeds.yaml"), {})
    telling = sorted(
        {word for topic in catalogue.topics.values() for some in topic.words.values() for word in some}
    )
    press, tagger = Press(telling), Tagger(catalogue.topics)
    language_of("xyzzy qwerty plugh frobozz nitfol gnusto")  # loads the statistical model, once in a process
    first, again = run(press, tagger, items), run(press, tagger, items)
    print(f"{'CPU ms an item':24}{'first':>8}{'later':>8}")
    for stage in first:
        print(f"{stage:24}{first[stage]:8.3f}{again[stage]:8.3f}")
    after_reading = [sum(column.values()) - column["sanitise, plain text"] for column in (first, again)]
    print(f"{'normalise to words':24}{after_reading[0]:8.3f}{after_reading[1]:8.3f}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
