"""Posts that are notes on an event: reports, reflections, live blogs; and which event they are about. Pure.

A post is a note when it names an event (a hashtag or short name with its year, or a proper name before
"conference" and the like, in six languages) and says that it looks back on it. There is no list of titles: names
are known by their form, or because we hold the event. It is a note from the first day until a year after the last.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from aggregator.model import Entry, Item
from aggregator.occasions.note_words import (
    EVENT_WORDS,
    FORWARD,
    GENERIC,
    LEANING,
    NAMED_EVENTS,
    SMALL_WORDS,
    SURE,
    THERE,
)
from aggregator.occasions.states import span
from aggregator.spelling import fold, spellings

LEAD = 600  # characters of a text that are looked at
LOOKS_BACK = timedelta(days=366)  # how long after an event one writes notes on it
_ENOUGH = 0.6  # share of an event's words that name it where its mark is not there
_KINDS = ("post", "notes", "news")

_YEAR = r"(?:19|20)\d\d"
_HASHTAG = re.compile(rf"#([A-Za-z][A-Za-z]*?[A-Za-z0-9]*?)((?:{_YEAR}|\d\d))(?![\w])")
# WLIC 2026, Code4Lib 2018, IDCC16, FORCE2026, edUI '17: capitals inside, or digits, and then a year.
_SHORT = re.compile(
    rf"(?<![\w#@/.])([A-Za-z]*[A-Z0-9][A-Za-z]*[A-Z][A-Za-z]*|[A-Z]{{2,}}[a-z]*|[A-Za-z]+\d[A-Za-z]+)"
    rf"(?:\s+|\s?['’])?((?:{_YEAR})|(?<!\s)\d\d)(?![\w.%-]|\s*(?:million|percent|%))"
)
_TAG = re.compile(rf"#?\s*([A-Za-z][\w .-]{{1,40}}?)[ _-]*['’]?((?:{_YEAR})|\d\d)")
_WORD = re.compile(r"[^\W_]+")
_BRACKETED = re.compile(r"[(\[]([^()\[\]]{2,40})[)\]]")
_ANY_YEAR = re.compile(rf"\b{_YEAR}\b")


class Mention(NamedTuple):
    """An event by its mark (its short name and year, one word) and as it is written. `year` 0: not said."""

    mark: str
    name: str
    year: int


@dataclass(frozen=True, slots=True)
class Event:
    """An event that notes may be about. `words`: what is its own in its title."""

    name: str
    marks: frozenset[str]
    words: frozenset[str]
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Events:
    """Events to be found by their marks and words."""

    by_mark: Mapping[str, list[Event]] = field(default_factory=dict)
    by_word: Mapping[str, list[Event]] = field(default_factory=dict)


# ------------------------------------------------------------------------------------------------ recognition
def is_note(item: Item | Entry) -> bool:
    """Whether the item looks back on an event that it names, not longer than about a year ago."""
    if not looks_back(item):
        return False
    published = item.published_at.year if item.published_at else 0
    years = [mention.year for mention in mentions(item)]
    return any(not published or not year or year <= published <= year + 1 for year in years)


def looks_back(item: Item | Entry) -> bool:
    """Whether its words are those of notes: a sure one in the title; or a leaning one there, or one that says in
    the first lines that somebody was there, beside a word of events."""
    title, lead = fold(item.title), fold("\n".join((item.title, *item.tags, item.text[:LEAD])))
    words, of_title = frozenset(spellings(lead)), frozenset(spellings(title))
    sure = SURE.search(title, of_title)
    if not sure and EVENT_WORDS.isdisjoint(words):
        return False
    if FORWARD.search(title, of_title):
        return False
    return sure or LEANING.search(title, of_title) or SURE.search(lead, words) or THERE.search(lead, words)


def mentions(item: Item | Entry) -> tuple[Mention, ...]:
    """The events that title, categories and first lines name, the title's first."""
    found = [*_named(item.title)]
    for tag in item.tags:
        if match := _TAG.fullmatch(tag.strip()):
            found.append(_mention(match[1], match[2]))
    found += _named(item.text[:LEAD])
    return tuple(dict.fromkeys(one for one in found if len(one.mark) > 2))


def _named(text: str) -> Iterable[Mention]:
    for pattern in (_HASHTAG, _SHORT):
        yield from (_mention(match[1], match[2]) for match in pattern.finditer(text))
    for match in NAMED_EVENTS.finditer(text):
        whole = " ".join(match[0].split())
        year = _ANY_YEAR.search(text[match.start() : match.end() + 6])
        yield _mention(_ANY_YEAR.sub("", whole), year[0] if year else "")


def _mention(name: str, year: str) -> Mention:
    number = int(year) if year else 0
    number += 2000 if year and number < 100 else 0
    letters = "".join(word for word in _WORD.findall(fold(name)) if word not in GENERIC)
    shown = " ".join(f"{name.strip()} {number or ''}".split())
    return Mention(f"{letters}{number or ''}" if letters else "", shown, number)


# ----------------------------------------------------------------------------------------------------- events
def events_among(items: Iterable[Item], now: datetime) -> Events:
    """The events among these items that have begun by `now`, ready to be found."""
    by_mark: dict[str, list[Event]] = {}
    by_word: dict[str, list[Event]] = {}
    for item in items:
        event = _event(item, now)
        if event is None:
            continue
        for mark in event.marks:
            by_mark.setdefault(mark, []).append(event)
        for word in event.words:
            by_word.setdefault(word, []).append(event)
    return Events(by_mark, by_word)


def _event(item: Item, now: datetime) -> Event | None:
    occasion = item.occasion
    starts = span(occasion, "starts") if occasion else None
    if occasion is None or starts is None or starts.first > now or item.kind != "event":
        return None
    ends = span(occasion, "ends") or starts
    found = [*_named(item.title), *_named(occasion.series)]
    year = starts.first.year
    marks = {one.mark if one.year else f"{one.mark}{year}" for one in found}
    marks |= {f"{word.lower()}{year}" for word in _acronyms(item.title)}
    return Event(item.title, frozenset(marks), frozenset(_own_words(item.title)), starts.first, ends.last)


def _acronyms(title: str) -> set[str]:
    """The short names in a title that are the event's own: in brackets, or hardly anything else is there. Another
    one is its organiser's, and says nothing of which of the organiser's events it is."""
    whole = title if len(_own_words(title) - GENERIC) <= 2 else " ".join(_BRACKETED.findall(title))
    return {word for word in _WORD.findall(whole) if len(word) > 2 and sum(map(str.isupper, word)) > 1}


def _own_words(text: str) -> set[str]:
    return {
        word
        for word in _WORD.findall(fold(text))
        if len(word) > 2 and word not in SMALL_WORDS and not word.isdigit()
    }


def noted(items: Iterable[Item], events: Events) -> list[Item]:
    """The items; those that are notes are of that kind and know their event by name, all of one event by one."""
    names: dict[str, str] = {}
    found = []
    for item in items:
        name = event_of(item, events)
        one = names.setdefault("".join(_WORD.findall(fold(name))), name)
        found.append(replace(item, kind="notes", event=one) if name else item)
    return found


def event_of(item: Item, events: Events) -> str:
    """The name of the event that a note is on: of one that we hold, else as the note itself names it with its
    year; nothing where the item is no note, or names none."""
    if item.kind not in _KINDS or not (item.kind == "notes" or looks_back(item)):
        return ""
    named = mentions(item)
    held = _held(item, named, events)
    if held is not None:
        return held.name
    return next((one.name for one in named if one.year and is_note(item)), "")


def _held(item: Item, named: Iterable[Mention], events: Events) -> Event | None:
    written = item.published_at or item.first_seen_at
    year = written.year if written else 0
    for mention in named:
        marks = [mention.mark] if mention.year else [f"{mention.mark}{year - back}" for back in (0, 1)]
        for event in (event for mark in marks for event in events.by_mark.get(mark, ())):
            if _in_time(event, written):
                return event
    return _by_words(_own_words(f"{item.title} {item.text[:LEAD]}"), events, written)


def _by_words(said: set[str], events: Events, written: datetime | None) -> Event | None:
    """The event most of whose words are said, one that is its own among them."""
    shared = Counter(event for word in said for event in events.by_word.get(word, ()) if _in_time(event, written))
    near = [
        (count / len(event.words), count, event.name, event)
        for event, count in shared.items()
        if count >= 2 and count >= _ENOUGH * len(event.words) and (event.words & said) - GENERIC
    ]
    return max(near, key=lambda one: one[:3])[-1] if near else None


def _in_time(event: Event, written: datetime | None) -> bool:
    return written is None or event.first <= written <= event.last + LOOKS_BACK
