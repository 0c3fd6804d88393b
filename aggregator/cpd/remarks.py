"""What is worth saying about an activity before it is kept: mistakes, which stop it, and hints, which never do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from aggregator.cpd.record import KINDS, ROLES, Activity
from aggregator.cpd.scheme import Scheme, WordLimit
from aggregator.cpd.words import Words, count_words

LONGEST_TITLE, LONGEST_TEXT, LONGEST_SHORT = 500, 10_000, 500  # characters
EARLIEST, LATEST = date(1950, 1, 1), date(2100, 12, 31)
MOST_MINUTES = 60 * 24 * 366
# Each is a message that pages translate.
FAULTS: Mapping[str, str] = {
    "title": "Give the activity a title.",
    "title.long": "The title is too long: at most 500 characters.",
    "text.long": "This text is too long: at most 10,000 characters.",
    "day": "This is no day between 1950 and 2100.",
    "order": "It ends before it begins.",
    "minutes": "The time must be more than nothing, and less than a year.",
    "kind": "Choose one of the kinds.",
    "credits": "Credits must be a number from 0 to 10,000.",
}
HINTS: Mapping[str, str] = {
    "minutes.many": "That is more time than these days have.",
    "minutes.none": "No time is entered; it counts for nothing in schemes that count hours.",
    "future": "It has not ended yet, and does not count before it has.",
}


@dataclass(frozen=True, slots=True)
class Remark:
    """About one field. A `fault` keeps the activity from being kept. `key` is one of FAULTS or HINTS; with
    `limit` it is about the number of words."""

    field: str
    key: str
    level: Literal["fault", "hint"]
    limit: WordLimit | None = None
    words: int = 0


def faults(activity: Activity) -> list[Remark]:
    """What must be mended before it can be kept."""
    return [Remark(field, key, "fault") for field, key in _faults(activity)]


def _faults(activity: Activity) -> Iterator[tuple[str, str]]:
    if not activity.title.strip():
        yield "title", "title"
    if len(activity.title) > LONGEST_TITLE:
        yield "title", "title.long"
    for name, text in _texts(activity).items():
        if len(text) > LONGEST_TEXT:
            yield name, "text.long"
    for name in ("start", "end"):
        day = getattr(activity, name)
        if day is not None and not EARLIEST <= day <= LATEST:
            yield name, "day"
    if activity.end is not None and activity.end < activity.start:
        yield "end", "order"
    if activity.minutes is not None and not 0 < activity.minutes <= MOST_MINUTES:
        yield "minutes", "minutes"
    if activity.kind not in KINDS or activity.role not in ROLES:
        yield "kind", "kind"
    if any(not 0 <= one.number <= 10_000 for one in activity.credits):
        yield "credits", "credits"


def _texts(activity: Activity) -> dict[str, str]:
    said = activity.reflection
    return {
        "description": activity.description, "what": said.what, "so_what": said.so_what, "now_what": said.now_what,
    }  # fmt: skip


def hints(activity: Activity, schemes: Mapping[str, Scheme], today: date) -> list[Remark]:
    """What the member may want to know; none of it stops anything."""
    found = [Remark(field, key, "hint") for field, key in _hints(activity, today)]
    for name in activity.schemes:
        if (scheme := schemes.get(name)) is not None:
            found += _lengths(activity, scheme)
    return found


def _hints(activity: Activity, today: date) -> Iterator[tuple[str, str]]:
    days = (activity.last_day - activity.start).days + 1
    if activity.minutes is None:
        yield "minutes", "minutes.none"
    elif activity.minutes > days * 24 * 60:
        yield "minutes", "minutes.many"
    if activity.last_day > today:
        yield "end", "future"


def _lengths(activity: Activity, scheme: Scheme) -> Iterator[Remark]:
    for limit in scheme.limits:
        words = words_of(activity, limit.text)
        if words and outside(words, limit):
            field = "description" if limit.text == "description" else "reflection"
            yield Remark(field, "limit", "hint", limit, words)


def words_of(activity: Activity, text: str) -> int:
    """How many words one of the texts that schemes limit has."""
    own = {"description": activity.description, "reflection": activity.reflection.text}
    own["entry"] = f"{own['description']} {own['reflection']}"
    return count_words(own.get(text, ""))


def outside(words: int, limit: WordLimit) -> bool:
    return (limit.most is not None and words > limit.most) or (limit.least is not None and words < limit.least)


def length_said(words: int, limit: WordLimit | None, say: Words) -> str:
    """How long a text is, held against its limit: "251 words; the limit is 250"."""
    if limit is not None and limit.most is not None and words > limit.most:
        return say.say("limit.most", words=words, most=limit.most)
    if limit is not None and limit.least is not None and words < limit.least:
        return say.say("limit.least", words=words, least=limit.least)
    return say.say("limit.fine", words=words)
