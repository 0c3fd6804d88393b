"""Arrivals against what is held: what is new, changed, known, or another source's copy.

Pure. Whoever calls looks the arrivals' `keys` up in the store first and hands over what it found, so the cost
does not grow with what is held.

Two entries are one thing when their source says so (its identifier, its address), and when sources agree on
the address, or on a telling title or the opening words at about the same time. Identifiers are not believed
blindly: a feed that gives all its entries the same identifier, link or title says nothing by it, so within one
reading a key shared by entries that differ otherwise is left out of account for that source.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from aggregator.model import Item, Occasion
from aggregator.text import fold, spellings, title_key
from aggregator.urls import address_key

SAME_STORY = timedelta(days=30)  # another source's copy comes within this time
SAME_DAY = timedelta(days=2)  # a renumbered entry keeps its date
TELLING_WORDS = 3  # fewer can belong to anything
SURE_WORDS = 4  # from here on a title is believed without a date
OPENING_WORDS = 25
_READ = 900  # characters of a text in which they are looked for

# What relays put before and after a title. The site's name after a bar or guillemet is not part of the title.
_RELAYED = re.compile(
    r"^\s*(\[?(cross-?post(ed)?|re-?blogged|re-?post(ed)?|guest post|icymi|updated?|via|fwd?|re)\]?\s*(:|\])\s*)+",
    re.IGNORECASE,
)
_SITE_NAME = re.compile(r"\s+[|«»·•]\s+[^|«»·•]{2,40}$|…$")
_SITE_MARKS = frozenset("|«»·•…")
_NOTICE = re.compile(
    r"^[^.!?\n]{0,80}\b(originally (appeared|posted|published)|cross-?posted|re-?(published|blogged|posted)|"
    r"republish|editor['’]s note|pubblicato originariamente|publié initialement|zuerst erschienen|"
    r"publicado originalmente)\b[^\n]{0,200}?([.!?:*]+\s+|\n+|$)",
    re.IGNORECASE,
)
_MONTH_NAMES = """
    january february march april may june july august september october november december
    gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
    janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
    januar februar marz juni juli oktober dezember
    enero febrero abril mayo junio julio septiembre octubre noviembre diciembre
"""
_EMPTY_WORDS = """
    a an and as at by for from in is of on or our the this to with you your new news newsletter update updates
    weekly daily monthly links link reading roundup digest issue edition volume vol no number week month year
    post blog il lo la i gli le di da del della e un una per con su les des du de et une pour dans sur der die
    das und von zu im mit fur el los las y en por para notizie noticias nouvelles nachrichten
"""
_MONTHS = frozenset(_MONTH_NAMES.split())
_SAID_EVERY_WEEK = _MONTHS | frozenset(_EMPTY_WORDS.split())


@dataclass(frozen=True, slots=True)
class Held:
    """What must be known of a held item to recognise it again."""

    id: str
    source: str = ""
    guid: str = ""
    url: str = ""
    title: str = ""
    published_at: datetime | None = None
    content_hash: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """Every arrival in exactly one place, in order of arrival; pairs name the held item it belongs to.

    new: never seen. updated: its own source changed it. known: nothing to do. merged: another source has it.
    An id may be that of an item that is new in this very batch.
    """

    new: tuple[Item, ...] = ()
    updated: tuple[tuple[str, Item], ...] = ()
    known: tuple[tuple[str, Item], ...] = ()
    merged: tuple[tuple[str, Item], ...] = ()


def held_from(item: Item) -> Held:
    """The item as something held."""
    return Held(item.id, item.source, item.guid, item.url, item.title, item.published_at, content_hash(item))


def content_hash(item: Item) -> str:
    """Changes when title, text, address or dates of the item change."""
    parts = (item.title, item.text, item.url, _occasion(item.occasion))
    return hashlib.blake2b("\x00".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _occasion(occasion: Occasion | None) -> str:
    if occasion is None:
        return ""
    days: tuple[datetime | date | None, ...] = (
        occasion.starts, occasion.ends, occasion.closes, occasion.opens, occasion.submissions, occasion.early_bird,
    )  # fmt: skip
    facts = (occasion.place, occasion.price, occasion.status)
    return "|".join([*(day.isoformat() if day else "" for day in days), *facts])


# ------------------------------------------------------------------------------------------------------- keys
def keys(item: Item) -> tuple[str, ...]:
    """What the item may be recognised by, surest first; to be looked up among, and kept with, what is held.

    `e:` the very same entry, `g:` its source and identifier, `u:` its address, `t:` its telling title, `b:` its
    opening words. `e:` is for feeds whose entries all bear one identifier, link or title.
    """
    # The same event on another day is another: a series shares title and page. A day that was read in the text
    # (there is evidence for it) tells nothing here, because a shortened copy may lack it.
    stated = item.occasion is not None and not item.occasion.evidence
    day = str(item.occasion.starts or "") if item.occasion and stated else ""
    return _keys((item.source, item.guid, item.url, item.title), item.text[:_READ], day)


@lru_cache(maxsize=4096)  # an item is asked for its keys when it is looked up, judged and stored
def _keys(identity: tuple[str, str, str, str], text: str, day: str) -> tuple[str, ...]:
    source, guid, url, title = identity
    found = ["e:" + _short("\x00".join((*identity, text[:200])))]
    if guid:
        found.append(f"g:{source}:{guid}")
    if _is_page(url):
        found.append(f"u:{address_key(url)}{'@' if guid and day else ''}{day if guid else ''}")
    if telling := telling_title(title):
        found.append(f"t:{_short(telling + day)}")
    if opening := _opening(title, text):
        found.append(f"b:{_short(opening + day)}")
    return tuple(found)


def telling_title(title: str) -> str:
    """The title in comparable form if it can only belong to one story, else ''. Numbers stay: #12 is not #13."""
    plain = _comparable(title)
    return plain if _weight(plain) >= TELLING_WORDS else ""


@lru_cache(maxsize=4096)
def _comparable(title: str) -> str:
    return title_key(plain_title(title))


def _weight(plain: str) -> int:
    """How many different words of a title in comparable form say something."""
    return sum(not word.isdigit() for word in set(plain.split()) - _SAID_EVERY_WEEK)


def plain_title(title: str) -> str:
    """The title without what relays and sites add to it."""
    plain = title
    if found := _RELAYED.match(plain):
        plain = plain[found.end() :]
    if not _SITE_MARKS.isdisjoint(plain):
        plain = _SITE_NAME.sub("", plain)
    return plain.strip() or title


def _opening(title: str, text: str) -> str:
    """The first words of the text where there are enough of them, without a repeated title."""
    text = text.lstrip()
    if found := _NOTICE.match(text):
        text = text[found.end() :]
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


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


# --------------------------------------------------------------------------------------------------- decision
def dedupe(arrivals: Sequence[Item], held: Mapping[str, Held], ids: AbstractSet[str] = frozenset()) -> Changes:
    """Sort the arrivals of one batch against `held` (key -> item) and against each other; the first wins.

    Same source: known, or updated when its content changed. Another source's: merged into the held item. A new
    item whose id is taken gets one of its own: ids are often made of an identifier that a feed gave twice, or of
    a home page that every entry points at. `ids`: further ids of arrivals that are in use, under whatever keys.
    """
    index: dict[str, Held] = dict(held)
    taken = {one.id for one in held.values()} | ids
    keyed = [(item, keys(item)) for item in arrivals]
    doubtful = _doubtful(keyed)
    new: list[Item] = []
    changes: dict[str, list[tuple[str, Item]]] = {"updated": [], "known": [], "merged": []}
    for item, every_key in keyed:
        item_keys = [key for key in every_key if (item.source, key) not in doubtful]
        verdict, match = _decide(item, item_keys, index)
        if match is None:
            item = _with_own_id(item, taken)
            taken.add(item.id)
            match = held_from(item)
            new.append(item)
        else:
            changes[verdict].append((match.id, item))
        if verdict == "updated":
            match = replace(match, title=item.title, url=item.url, content_hash=content_hash(item))
        index.update({key: match for key in item_keys if verdict == "updated" or key not in index})
    return Changes(tuple(new), *(tuple(changes[name]) for name in ("updated", "known", "merged")))


def without_updates(changes: Changes, unfinished: AbstractSet[str]) -> Changes:
    """The changes, but arrivals of which only the beginning was read (by their ids) change nothing held."""
    kept = tuple(pair for pair in changes.updated if pair[1].id not in unfinished)
    known = tuple(pair for pair in changes.updated if pair[1].id in unfinished)
    return replace(changes, updated=kept, known=(*changes.known, *known))


def _with_own_id(item: Item, taken: AbstractSet[str]) -> Item:
    number = 0
    id = item.id
    while id in taken:
        id = _short("\x00".join((item.id, item.url, item.title, item.text, str(number))))[: max(16, len(item.id))]
        number += 1
    return item if id == item.id else replace(item, id=id)


def _decide(item: Item, item_keys: Sequence[str], index: Mapping[str, Held]) -> tuple[str, Held | None]:
    """The verdict (`new`, `updated`, `known`, `merged`) and the held item it is about."""
    for key in item_keys:
        match = index.get(key)
        if match is None or not _agree(key[0], item, match):
            continue
        if match.source != item.source:
            return "merged", match
        sure = key[0] in "egu"
        return ("updated" if sure and content_hash(item) != match.content_hash else "known"), match
    return "new", None


def _agree(kind: str, item: Item, match: Held) -> bool:
    """Whether a shared key of this kind makes two entries one."""
    own = bool(item.source) and match.source == item.source
    if kind in "eg":  # these keys name their source
        return True
    if kind == "t":
        return _same_title(item, match, own)
    similar = _similar(item.title, match.title)
    near = _near(item.published_at, match.published_at, SAME_STORY)
    if kind == "b":
        return near and similar and _contained(item.title, match.title)
    # An address that is reused: by its source for entries that it tells apart, or for the next year's conference.
    told_apart = bool(item.guid and match.guid and item.guid != match.guid)
    return similar or (not told_apart if own else near)


def _same_title(item: Item, match: Held, own: bool) -> bool:
    """Equal titles are one story at about the same time; a short one only when both dates say so."""
    if _weight(_comparable(item.title)) < SURE_WORDS:
        dated = item.published_at is not None and match.published_at is not None
        return dated and _near(item.published_at, match.published_at, SAME_DAY)
    return _near(item.published_at, match.published_at, SAME_DAY if own else SAME_STORY)


def _near(one: datetime | None, other: datetime | None, within: timedelta) -> bool:
    return one is None or other is None or abs(one - other) <= within


def _similar(one: str, other: str) -> bool:
    """Whether two titles can be one story's: the same numbers, and most words of the shorter in the longer."""
    if one == other:
        return True
    words = [set(spellings(fold(plain_title(title)))) for title in (one, other)]
    if not words[0] or not words[1]:
        return True
    if _numbers(words[0]) != _numbers(words[1]):
        return False
    return 2 * len(words[0] & words[1]) > min(map(len, words))


def _contained(one: str, other: str) -> bool:
    """Whether one title is a cut of the other: templates share openings, but their titles differ in the middle."""
    titles = sorted((_comparable(one), _comparable(other)), key=len)
    return f" {titles[0]} " in f" {titles[1]} " or not titles[0]


def _numbers(words: set[str]) -> set[str]:
    """What tells the parts of a series apart."""
    return {word for word in words if word in _MONTHS or any(c.isdigit() for c in word)}


# ---------------------------------------------------------------------------------------------- doubtful keys
def _doubtful(keyed: Sequence[tuple[Item, Sequence[str]]]) -> set[tuple[str, str]]:
    """(source, key) pairs that entries of one reading share although they differ otherwise."""
    first: dict[tuple[str, str], Item] = {}
    shared: dict[tuple[str, str], list[Item]] = {}
    for item, item_keys in keyed:
        for key in item_keys[1:]:  # all but `e:`, which is the whole entry
            pair = (item.source, key)
            if pair in first:
                shared.setdefault(pair, [first[pair]]).append(item)
            else:
                first[pair] = item
    return {pair for pair, items in shared.items() if _differ(pair[1][0], items)}


def _differ(kind: str, items: Sequence[Item]) -> bool:
    """Whether entries that share a key of this kind are told apart by something as sure."""
    titles = {title_key(item.title) for item in items}
    addresses = {address_key(item.url) for item in items if item.url}
    guids = {item.guid for item in items if item.guid}
    if kind == "g":
        return len(titles) > 1 or len(addresses) > 1
    if kind == "u":
        named = sorted(titles)
        alike = all(_similar(named[0], title) for title in named[1:])
        return len(titles) > 1 and (len(guids) > 1 or len(titles) > 2 or not alike)
    return len(items) > 2 or (len(guids) > 1 and len(addresses) > 1)
