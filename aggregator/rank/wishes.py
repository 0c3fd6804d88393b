"""What one profile asks for by name: words, searches, sources and authors it follows or never wants."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from aggregator.model import Item, Profile
from aggregator.text import fold
from aggregator.topics.lexicon import tokens
from aggregator.topics.rules import compile_search

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
        return self.writes(folded(item.author)) if self.authors and item.author else ""

    def writes(self, author: str) -> str:
        """`author:NAME` if one of them is named in `author`, a folded name, else ''."""
        written = f" {author} "
        return next((AUTHOR + name for name in sorted(self.authors) if f" {name} " in written), "")


@dataclass(frozen=True, slots=True)
class Wishes:
    """`keywords` and `searches` as written; searches are rules (`topics.rules`), or words that must all occur."""

    keywords: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    followed: Names = Names()
    unwanted: Names = Names()
    muted_topics: tuple[str, ...] = ()


def wishes(profile: Profile) -> Wishes:
    """The names in a profile, cleaned: what holds no word is left out, what is written twice counts once."""
    return Wishes(
        tuple(dict.fromkeys(filter(None, map(_keyword, profile.keywords)))),
        tuple(dict.fromkeys(filter(None, map(_search, profile.searches)))),
        followed=_names(tuple(profile.follow)),
        unwanted=_names(tuple(profile.mute)),
        muted_topics=tuple(one for one in profile.mute if not one.startswith((SOURCE, AUTHOR))),
    )


@lru_cache(maxsize=20_000)  # readers share many of their words
def _keyword(written: str) -> str:
    return " ".join(written.split()) if tokens(written) else ""


@lru_cache(maxsize=5_000)
def _search(written: str) -> str:
    return " ".join(written.split()) if compile_search(written) else ""


def folded(name: str) -> str:
    """A name as it is compared: without case, accents and punctuation."""
    return " ".join(tokens(fold(name)))


@lru_cache(maxsize=5_000)
def _names(some: tuple[str, ...]) -> Names:
    sources = frozenset(one.removeprefix(SOURCE).strip() for one in some if one.startswith(SOURCE))
    authors = frozenset(folded(one.removeprefix(AUTHOR)) for one in some if one.startswith(AUTHOR))
    return Names(sources - {""}, authors - {""})
