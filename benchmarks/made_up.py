"""Made-up feeds for benchmarks: N publishers of 20 entries, about 30 kB each, the same ones from the same seed.

RSS 2.0 65 %, Atom 30 %, RSS 1.0 5 %; bodies of HTML whose lengths are spread as real ones (lognormal), in CDATA or
escaped; four languages, everyday words between made-up ones by Zipf's law, words of the shipped topics strewn in
so that a hundred words hold about as many phrases of the tagger as a hundred words of real feeds (12). `dense`
makes every word one of a library's: the worst that a tagger can be given.
"""

from __future__ import annotations

import random
import time
from email.utils import formatdate
from html import escape
from pathlib import Path

from aggregator.config import load, shipped

ENTRIES = 20
EVERYDAY = {
    "en": "the of and to in is that for it with as was on are by this be at from have or an they which our you",
    "it": "il di che la e in un una per con non del della dei sono più anche come alla nel le gli lo si da",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an",
    "fr": "de la le et les des en un du une est que pour qui dans par plus sur au avec ce ne se pas",
}
LANGUAGES = ("en", "en", "en", "en", "it", "de", "fr")
OF_LIBRARIES = tuple(
    "library catalogue archive metadata course open access digital preservation reference reading repository data "
    "literacy call conference mentoring librarian collection copyright teaching skills community research "
    "support".split()
)


def vocabulary(size: int) -> list[str]:
    """Made-up words, the commonest first and shortest."""
    chance = random.Random(7)
    return ["".join(chance.choice("aeiostrnlcdm") for _ in range(3 + n % 8)) for n in range(size)]


class Publishers:
    """Prints feeds: `feed(number, extra)` always the same, with `extra` newer entries before the twenty."""

    def __init__(self, *, dense: bool = False) -> None:
        self._dense, self._rare = dense, vocabulary(30_000)
        topics = load(shipped("feeds.yaml"), {})[0].topics.values()
        self._telling = {
            language: sorted({word for topic in topics for word in topic.words.get(language, ())})
            for language in EVERYDAY
        }
        self._today = int(time.time()) // 86400 * 86400

    def feed(self, number: int, extra: int = 0) -> bytes:
        entries = [self._entry(number, n) for n in reversed(range(ENTRIES + extra))]
        kind = number * 7919 % 100
        make = _rss if kind < 65 else _atom if kind < 95 else _rdf
        return make(number, self._language(number), entries).encode()

    def _language(self, number: int) -> str:
        return LANGUAGES[number % len(LANGUAGES)]

    def _entry(self, number: int, n: int) -> tuple[str, str, int, str]:
        """(title, address, moment, body) of one entry."""
        chance = random.Random(number * 1_000 + n)
        language = self._language(number)
        title = self._words(chance, language, chance.randint(5, 10)).capitalize() + f" {number}-{n}"
        paragraphs, left = [], int(min(chance.lognormvariate(5.0, 0.55), 900))
        while left > 0:
            words = min(left, chance.randint(25, 70))
            left -= words
            paragraphs.append(f"<p>{self._words(chance, language, words)} <a href='/x/{left}'>more</a>.</p>")
        return title, f"http://pub{number}.example/{n}", self._today - 80_000 * (ENTRIES - n), "".join(paragraphs)

    def _words(self, chance: random.Random, language: str, count: int) -> str:
        if self._dense:
            return " ".join(chance.choice(OF_LIBRARIES) for _ in range(count))
        everyday, telling = EVERYDAY[language].split(), self._telling[language]
        return " ".join(self._word(chance, everyday, telling) for _ in range(count))

    def _word(self, chance: random.Random, everyday: list[str], telling: list[str]) -> str:
        dice = chance.random()
        if dice < 0.45:
            return chance.choice(everyday)
        if dice < 0.50:
            return chance.choice(telling)
        return self._rare[int(len(self._rare) ** chance.random()) - 1]


def _rss(number: int, language: str, entries: list[tuple[str, str, int, str]]) -> str:
    items = (
        f"<item><title>{escape(title)}</title><link>{link}</link><guid>{link}</guid>"
        f"<pubDate>{formatdate(at)}</pubDate><description><![CDATA[{body}]]></description></item>"
        for title, link, at, body in entries
    )
    head = (
        f"<title>Publisher {number}</title><link>http://pub{number}.example/</link><language>{language}</language>"
    )
    return f'<?xml version="1.0"?>\n<rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'


def _atom(number: int, language: str, entries: list[tuple[str, str, int, str]]) -> str:
    items = (
        f'<entry><title>{escape(title)}</title><link href="{link}"/><id>{link}</id><updated>{_iso(at)}</updated>'
        f'<published>{_iso(at)}</published><content type="html">{escape(body)}</content></entry>'
        for title, link, at, body in entries
    )
    head = f"<title>Publisher {number}</title><id>http://pub{number}.example/</id><updated>{_iso(0)}</updated>"
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}">'
        f"{head}{''.join(items)}</feed>"
    )


def _rdf(number: int, language: str, entries: list[tuple[str, str, int, str]]) -> str:
    items = (
        f'<item rdf:about="{link}"><title>{escape(title)}</title><link>{link}</link><dc:date>{_iso(at)}</dc:date>'
        f"<description>{escape(body)}</description></item>"
        for title, link, at, body in entries
    )
    home = f"http://pub{number}.example/"
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<channel rdf:about="{home}"><title>Publisher {number}</title><link>{home}</link>'
        f"<dc:language>{language}</dc:language></channel>{''.join(items)}</rdf:RDF>"
    )


def _iso(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def write(folder: Path, feeds: int, *, dense: bool = False) -> None:
    """All feeds as files `before/N.xml`, and with one new entry each as `after/N.xml`."""
    publishers = Publishers(dense=dense)
    for extra, name in enumerate(("before", "after")):
        (folder / name).mkdir(parents=True)
        for number in range(feeds):
            (folder / name / f"{number}.xml").write_bytes(publishers.feed(number, extra))
