"""What ranking must know of each item, worked out once a run, however many readers and windows share the item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache

from aggregator.choose import CLOSING_SOON
from aggregator.model import Item
from aggregator.occasions import closed, closing_at
from aggregator.rank.countries import country_of
from aggregator.rank.wishes import Wishes, folded
from aggregator.topics.lexicon import Lexicon, Phrase, tokens
from aggregator.topics.rules import Matcher, compile_search

HALF_LIFE = timedelta(days=30)
OLDEST_FACTOR = 0.5
CLOSING_FACTOR = 1.3
READ_CHARACTERS = 6_000
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_ANY: frozenset[str] = frozenset()  # stands for all languages in which an item of known language is read

Counts = tuple[int, int, int]  # how often a word stands in the title, among the source's own tags, in the text


@dataclass(frozen=True, slots=True)
class Card:
    """One item. `order` breaks ties: the newer one first, then the id; `topics`: id -> the first place at which it
    stands; `timely`: the factor of age and closing date; `searches`: those that hold for it."""

    item: Item
    order: tuple[float, str]
    closed: bool
    topics: Mapping[str, int]
    language: str
    country: str
    author: str
    timely: float
    length: int
    searches: frozenset[str]
    found: dict[frozenset[str], Mapping[str, Counts]] = field(default_factory=dict)


class Cards:
    """The cards of one moment, and where each of the words stands that these readers seek."""

    def __init__(self, wished: Iterable[Wishes], now: datetime | None, zone: str) -> None:
        self.words: set[str] = set()
        self.searches: set[str] = set()
        for wish in wished:
            self.words.update(wish.keywords)
            self.searches.update(wish.searches)
        self.now, self.zone = now, zone
        self._cards: dict[str, Card] = {}
        self._lexicons: dict[frozenset[str], Lexicon] = {}

    def cover(self, wished: Iterable[Wishes]) -> bool:
        """Whether everything in these wishes has been looked for."""
        return all(self.words.issuperset(w.keywords) and self.searches.issuperset(w.searches) for w in wished)

    def of(self, item: Item) -> Card:
        card = self._cards.get(item.id)
        if card is None or card.item is not item:  # one that was changed since gets a card of its own
            card = self._cards[item.id] = self._drawn(item)
        return card

    def found(self, card: Card, languages: frozenset[str]) -> Mapping[str, Counts]:
        """Word -> how often it stands in each part of the item. Where the item's own language is not known, it is
        read in all of these `languages`."""
        read = _ANY if card.language else languages
        if read not in card.found:
            card.found[read] = _counted(card.item, self._lexicon(read or frozenset((card.language, "en"))))
        return card.found[read]

    def forget(self) -> None:
        """Forget how words are spelled, once all items are read: the few that come later are looked up anew."""
        for lexicon in self._lexicons.values():
            lexicon.forget()

    def _lexicon(self, languages: frozenset[str]) -> Lexicon:
        if languages not in self._lexicons:
            ordered = sorted(languages)
            self._lexicons[languages] = Lexicon(Phrase(w, w, lang) for w in sorted(self.words) for lang in ordered)
        return self._lexicons[languages]

    @cached_property
    def _matcher(self) -> Matcher:
        rules = {search: compile_search(search) for search in self.searches}
        return Matcher({search: rule for search, rule in rules.items() if rule is not None})

    def _drawn(self, item: Item) -> Card:
        return Card(
            item,
            (newest_first(item), item.id),
            self.now is not None and closed(item.occasion, self.now, self.zone),
            {id: place for place, id in reversed([*enumerate(tag.id for tag in item.topics)])},
            language_of(item.language),
            country_of(item) or "",
            folded(item.author) if item.author else "",
            age(item, self.now) * urgency(item, self.now),
            len(item.text[:READ_CHARACTERS]),
            frozenset(self._matcher.match(item)),
        )


def _counted(item: Item, lexicon: Lexicon) -> Mapping[str, Counts]:
    found: dict[str, list[int]] = {}
    for part, texts in enumerate(((item.title,), item.tags, (item.text[:READ_CHARACTERS],))):
        for text in texts:
            for phrase, _, _ in lexicon.find_all(tokens(text), item.language):
                found.setdefault(phrase.owner, [0, 0, 0])[part] += 1
    return {word: _one(counts[0], counts[1], counts[2]) for word, counts in found.items()}


@lru_cache(maxsize=4096)
def _one(in_title: int, in_tags: int, in_text: int) -> Counts:
    """The same counts stand in many cards: one for all of them."""
    return in_title, in_tags, in_text


def language_of(code: str | None) -> str:
    """`pt-BR` -> `pt`; unknown: ''."""
    return code.lower().replace("_", "-").split("-")[0] if code else ""


def newest_first(item: Item) -> float:
    """A key that sorts newer items first, undated ones last."""
    moment = item.published_at or item.first_seen_at or _LONG_AGO
    return -(moment - _LONG_AGO).total_seconds()


def age(item: Item, now: datetime | None) -> float:
    """1 when new, half of it after a long time; 1 without a moment, and for what has no date."""
    seen = item.published_at or item.first_seen_at
    if now is None or seen is None or seen >= now:
        return 1.0
    return float(OLDEST_FACTOR + (1 - OLDEST_FACTOR) * 0.5 ** ((now - seen) / HALF_LIFE))


def urgency(item: Item, now: datetime | None) -> float:
    """More for what closes soon."""
    closes = closing_at(item.occasion) if now is not None else None
    return CLOSING_FACTOR if closes is not None and now and now <= closes <= now + CLOSING_SOON else 1.0
