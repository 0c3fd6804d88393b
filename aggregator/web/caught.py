"""What keywords and saved searches would have caught lately: asked of the full-text index, decided as ranking
decides. Nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aggregator.language import base
from aggregator.model import Item, Profile
from aggregator.rank.cards import Cards
from aggregator.rank.wishes import wishes
from aggregator.topics.rules import Rule, RuleError, compile_rule, compile_search
from aggregator.web.offered import MONTH
from aggregator.web.parts import Me

MOST_WORDS = 30  # of each sort are tried; each asks the index once
MOST_FOUND = 200  # items of one word that are counted
SHOWN = 5  # titles


@dataclass(frozen=True, slots=True)
class Caught:
    """One keyword or search, with the newest items that it would have caught and how many there were. `more`: at
    least so many. `mistake`: why it can't be tried."""

    text: str
    is_search: bool
    items: tuple[Item, ...] = ()
    count: int = 0
    more: bool = False
    mistake: RuleError | None = None


def caught(me: Me, keywords: Sequence[str], searches: Sequence[str], languages: Sequence[str]) -> list[Caught]:
    """What each of these would have caught in the last month, in these languages (none: in all)."""
    words = list(dict.fromkeys(" ".join(word.split()) for word in keywords if word.strip()))[:MOST_WORDS]
    rules = list(dict.fromkeys(" ".join(text.split()) for text in searches if text.strip()))[:MOST_WORDS]
    return [*_by_word(me, words, languages), *_by_rule(me, rules, languages)]


def _by_word(me: Me, words: Sequence[str], languages: Sequence[str]) -> Iterator[Caught]:
    """The index names what has all the words of a keyword; what ranking finds in those counts."""
    for word in words:
        rule = compile_search(word)
        named = _matching(me, rule) if rule is not None else []
        found = _read(named, languages)
        cards = Cards([wishes(Profile(keywords=(word,)))], None, "UTC")
        spoken = frozenset({"en", *(card.language for card in map(cards.of, found) if card.language)})
        those = [item for item in found if word in cards.found(cards.of(item), spoken)]
        yield Caught(word, False, tuple(those[:SHOWN]), len(those), len(named) >= MOST_FOUND)


def _by_rule(me: Me, texts: Sequence[str], languages: Sequence[str]) -> Iterator[Caught]:
    for text in texts:
        try:
            rule = compile_rule(text)
        except RuleError as error:
            yield Caught(text, True, mistake=error)
            continue
        named = _matching(me, rule)
        those = _read(named, languages)
        yield Caught(text, True, tuple(those[:SHOWN]), len(those), len(named) >= MOST_FOUND)


def _matching(me: Me, rule: Rule) -> list[Item]:
    return [item for item, _ in me.store.items.matching(rule, me.now - MONTH, limit=MOST_FOUND)]


def _read(items: Sequence[Item], languages: Sequence[str]) -> list[Item]:
    """Those in a language that is read; one that is not known passes, as it does in letters."""
    read = {base(code) for code in languages}
    return [item for item in items if not read or not item.language or base(item.language) in read]
