"""What an item is recognised by exactly: its source's identifier, its address, its title, its opening words."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from urllib.parse import urlsplit

from aggregator.dedupe.texts import READ, without_notice
from aggregator.dedupe.titles import LONGEST_TITLE, telling_title
from aggregator.model import Item, Occasion
from aggregator.text import fold, spellings
from aggregator.urls import address_key

OPENING_WORDS = 25
_READ = 900  # characters of a text in which they are looked for


@dataclass(frozen=True, slots=True)
class Held:
    """What must be known of a held item to recognise it again. `text` (its first READ characters), `language` and
    `day` are only needed to judge a likeness, and are empty where nobody asked for that."""

    id: str
    source: str = ""
    guid: str = ""
    url: str = ""
    title: str = ""
    published_at: datetime | None = None
    content_hash: str = ""
    text: str = ""
    language: str | None = None
    day: str = ""


def held_from(item: Item) -> Held:
    """The item as something held."""
    title = item.title[:LONGEST_TITLE]
    known = (item.id, item.source, item.guid, item.url, title, item.published_at, content_hash(item))
    return Held(*known, item.text[:READ], item.language, day_of(item.occasion))


def content_hash(item: Item) -> str:
    """Changes when title, text, address, dates or access of the item change."""
    parts = [item.title, item.text, item.url, _occasion(item.occasion)]
    parts += [item.access] if item.access else []  # what says nothing of it keeps the hash that it always had
    return hashlib.blake2b("\x00".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _occasion(occasion: Occasion | None) -> str:
    if occasion is None:
        return ""
    days: tuple[datetime | date | None, ...] = (
        occasion.starts, occasion.ends, occasion.closes, occasion.opens, occasion.submissions, occasion.early_bird,
    )  # fmt: skip
    facts = (occasion.place, occasion.price, occasion.status)
    return "|".join([*(day.isoformat() if day else "" for day in days), *facts])


def day_of(occasion: Occasion | None) -> str:
    """The day that a source says something begins, else ''. A day that was read in the text (there is evidence for
    it) tells nothing here, because a shortened copy may lack it."""
    stated = occasion is not None and not occasion.evidence
    return str(occasion.starts or "") if occasion and stated else ""


# ------------------------------------------------------------------------------------------------------- keys
def keys(item: Item) -> tuple[str, ...]:
    """What the item may be recognised by, surest first; to be looked up among, and kept with, what is held.

    `e:` the very same entry, `g:` its source and identifier, `u:` its address, `t:` its telling title, `b:` its
    opening words. `e:` is for feeds whose entries all bear one identifier, link or title.
    """
    # The same event on another day is another: a series shares title and page.
    identity = (item.source, item.guid, item.url, item.title)
    return _keys(identity, item.text[:_READ], day_of(item.occasion))


@lru_cache(maxsize=2048)  # an item is asked for its keys when it is looked up, judged and stored
def _keys(identity: tuple[str, str, str, str], text: str, day: str) -> tuple[str, ...]:
    source, guid, url, title = identity
    found = ["e:" + short_hash("\x00".join((*identity, text[:200])))]
    if guid:
        found.append(f"g:{source}:{guid}")
    if _is_page(url):
        found.append(f"u:{address_key(url)}{'@' if guid and day else ''}{day if guid else ''}")
    if telling := telling_title(title):
        found.append(f"t:{short_hash(telling + day)}")
    if opening := _opening(title, text):
        found.append(f"b:{short_hash(opening + day)}")
    return tuple(found)


def _opening(title: str, text: str) -> str:
    """The first words of the text where there are enough of them, without a repeated title."""
    text = without_notice(text.lstrip())
    repeated = spellings(fold(title))
    words = _first_words(text, len(repeated) + OPENING_WORDS)
    if repeated and words[: len(repeated)] == repeated:
        words = words[len(repeated) :]
    return " ".join(words[:OPENING_WORDS]) if len(words) >= OPENING_WORDS else ""


def _first_words(text: str, count: int) -> list[str]:
    """At least the first `count` folded words of the text, where it has so many."""
    enough = text.find(" ", 8 * count)  # characters that hold them nearly always
    words = spellings(fold(text[:enough])) if enough > 0 else []
    return words if len(words) >= count else spellings(fold(text))


def _is_page(url: str) -> bool:
    """Whether the address names one thing: a home page is everybody's address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.netloc and (parts.path.strip("/") or parts.query))


def short_hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
