"""What one profile asks for by name: words, searches, sources and authors it follows or never wants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aggregator.model import Item, Profile
from aggregator.text import fold
from aggregator.topics.lexicon import tokens

SOURCE, AUTHOR = "source:", "author:"


@dataclass(frozen=True, slots=True)
class Names:
    """Sources by id and authors by folded name."""

    sources: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.sources or self.authors)

    def has(self, item: Item) -> str:
        """`source:ID` or `author:NAME` if the item is by one of them, else ''."""
        if item.source in self.sources:
            return SOURCE + item.source
        written = f" {folded(item.author)} " if self.authors and item.author else ""
        return next((AUTHOR + name for name in sorted(self.authors) if f" {name} " in written), "")


@dataclass(frozen=True, slots=True)
class Wishes:
    """`keywords` as written, `searches` as words that must all occur, `words`: all of these, to be looked for."""

    keywords: tuple[str, ...] = ()
    searches: tuple[tuple[str, ...], ...] = ()
    words: tuple[str, ...] = ()
    followed: Names = Names()
    unwanted: Names = Names()
    muted_topics: tuple[str, ...] = ()


def wishes(profile: Profile) -> Wishes:
    """The names in a profile, cleaned: what holds no word is left out, what is written twice counts once."""
    keywords = tuple(dict.fromkeys(" ".join(keyword.split()) for keyword in profile.keywords if tokens(keyword)))
    split = (tuple(word for word in search.split() if tokens(word)) for search in profile.searches)
    searches = tuple(dict.fromkeys(words for words in split if words))
    return Wishes(
        keywords,
        searches,
        (*keywords, *(word for words in searches for word in words)),
        followed=_names(profile.follow),
        unwanted=_names(profile.mute),
        muted_topics=tuple(one for one in profile.mute if not one.startswith((SOURCE, AUTHOR))),
    )


def folded(name: str) -> str:
    """A name as it is compared: without case, accents and punctuation."""
    return " ".join(tokens(fold(name)))


def _names(written: Iterable[str]) -> Names:
    some = tuple(written)
    sources = frozenset(one.removeprefix(SOURCE).strip() for one in some if one.startswith(SOURCE))
    authors = frozenset(folded(one.removeprefix(AUTHOR)) for one in some if one.startswith(AUTHOR))
    return Names(sources - {""}, authors - {""})
