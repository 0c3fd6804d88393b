"""Dates as people write them, found in a text that was cut into words. Pure; time grows with the text only.

Every shape is tried at one place by looking a few words ahead, so nothing is read twice however a text is built.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from aggregator.occasions.words import IN_MONTH, MONTHS, OF, ORDINALS, TO, WEEKDAYS

_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+|\n+|[^\w\s'’`]")
_DASHES = frozenset("-–—‒−")
_DAY_FIRST = frozenset("it fr de es hr".split())
# English is written both ways round; these are the regions that put the day first.
_DAY_FIRST_REGIONS = frozenset("en-gb en-au en-nz en-ie en-za en-in".split())
_DOTTED = frozenset("de hr".split())
_YEARS = range(1990, 2100)
# A day without a year that comes round again only after so long was most likely meant to be the one just gone.
_LONGEST_AHEAD = timedelta(days=330)


class Token(NamedTuple):
    """A word, a number, a sign or the end of lines; `text` is folded, `start` and `end` are places in the text."""

    text: str
    start: int
    end: int
    capital: bool

    @property
    def number(self) -> int | None:
        return int(self.text) if self.text.isdigit() and len(self.text) <= 4 else None


class Parts(NamedTuple):
    """What was written of a date; None for what was not."""

    day: int | None
    month: int | None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A date, or a span of days, in tokens `start` up to `end`. `weekday`: 0 for Monday, where one is named."""

    start: int
    end: int
    first: Parts
    last: Parts | None = None
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Tongue:
    """How one language writes dates. `day_first`: None where 3/4/2027 could be either."""

    code: str
    months: dict[str, int]
    weekdays: dict[str, int]
    to: frozenset[str]
    before_month: frozenset[str]
    day_first: bool | None = field(default=None)


@cache
def tongue(code: str, language: str) -> Tongue:
    """The tables of a language we know, for a tag such as `en-GB`."""
    day_first = True if code in _DAY_FIRST or language.lower() in _DAY_FIRST_REGIONS else None
    return Tongue(
        code,
        {word: number for number, words in enumerate(MONTHS[code], 1) for word in words.split()},
        {word: number for number, words in enumerate(WEEKDAYS[code]) for word in words.split()},
        frozenset(TO[code].split()) | _DASHES,
        frozenset(IN_MONTH[code].split()),
        day_first,
    )


# ------------------------------------------------------------------------------------------------------ tokens
def tokens_of(text: str) -> list[Token]:
    """The words, numbers and signs of a text. Apostrophes, and hyphens within words, part words and are gone."""
    found = [Token(_fold(one[0]), one.start(), one.end(), one[0][0].isupper()) for one in _TOKEN.finditer(text)]
    return [token for number, token in enumerate(found) if not _joins(found, number)]


def _joins(tokens: Sequence[Token], number: int) -> bool:
    token = tokens[number]
    if token.text not in _DASHES or not 0 < number < len(tokens) - 1:
        return False
    before, after = tokens[number - 1], tokens[number + 1]
    touching = before.end == token.start and token.end == after.start
    return touching and before.text.isalpha() and after.text.isalpha()


def _fold(word: str) -> str:
    if word.isascii():
        return word.lower()
    word = word.casefold().replace("đ", "d")
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


# ------------------------------------------------------------------------------------------------------- dates
class Reader:
    """Finds the dates in one text."""

    def __init__(self, tokens: Sequence[Token], speech: Tongue) -> None:
        self._tokens, self._speech = tokens, speech

    def mentions(self) -> list[Mention]:
        """Every date in the text, first to last; none overlap."""
        found: list[Mention] = []
        place = 0
        while place < len(self._tokens):
            mention = self._span(place)
            if mention is not None:
                found.append(replace(mention, weekday=self._weekday(place)))
            place = mention.end if mention else place + 1
        return found

    def _text(self, place: int) -> str:
        return self._tokens[place].text if place < len(self._tokens) else ""

    def _number(self, place: int, most: int) -> int | None:
        number = self._tokens[place].number if place < len(self._tokens) else None
        return number if number is not None and 1 <= number <= most else None

    def _month(self, place: int) -> int | None:
        if self._speech.code == "en" and place < len(self._tokens) and not self._tokens[place].capital:
            return None  # "it may", "to march": English months have a capital letter
        return self._speech.months.get(self._text(place))

    def _weekday(self, place: int) -> int | None:
        """The weekday that is named just before."""
        for near in range(max(0, place - 3), place):
            if self._text(near) in self._speech.weekdays:
                return self._speech.weekdays[self._text(near)]
        return None

    def _span(self, place: int) -> Mention | None:
        """Two dates joined to one span, or one date alone."""
        one = self._date(place)
        if one is None:
            return self._short_span(place)
        first, end = one
        in_figures = place > 0 and self._text(place - 1) in (".", "/") and self._touches(place - 1)
        if first.day and not in_figures:
            after = self._after_joint(end)
            other = (self._date(after) or self._day_of(after, first)) if after else None
            if other and other[0].day:
                return Mention(place, other[1], first, other[0])
        return Mention(place, end, first)

    def _short_span(self, place: int) -> Mention | None:
        """`1-5 March`, `dal 1 al 5 marzo`, `1. bis 5. März`: the first day lends the month of the last."""
        day = self._number(place, 31)
        after = self._after_joint(self._skip(place + 1, ORDINALS, 1)) if day else None
        other = self._date(after) if after else None
        if other is None or not other[0].day or day is None:
            return None
        last, end = other
        return Mention(place, end, Parts(day, last.month, last.year), last)

    def _day_of(self, place: int, first: Parts) -> tuple[Parts, int] | None:
        """`March 1-5, 2027`: a day in the month just named."""
        day = self._number(place, 31)
        if day is None or first.year is not None or self._speech.code != "en" or self._text(place + 1) == ":":
            return None
        year, end = self._year(self._skip(place + 1, ORDINALS - {"."}, 1))
        return Parts(day, first.month, year), end

    def _after_joint(self, place: int) -> int | None:
        """Behind a dash or a word for `to`, an article and a weekday."""
        place = self._skip(place, frozenset(","), 1)
        if self._text(place) not in self._speech.to:
            return None
        steps = frozenset({"the", "dem", "zum", "il", "le", "el", "l", ","}) | self._speech.to
        place = self._skip(place + 1, steps, 1)
        return self._skip(place, frozenset(self._speech.weekdays) | {","}, 2)

    def _skip(self, place: int, words: frozenset[str], most: int) -> int:
        while most and self._text(place) in words:
            place, most = place + 1, most - 1
        return place

    def _touches(self, place: int) -> bool:
        tokens = self._tokens
        return place + 1 < len(tokens) and tokens[place].end == tokens[place + 1].start

    def _date(self, place: int) -> tuple[Parts, int] | None:
        """One date that begins at this token, and where it ends."""
        if place >= len(self._tokens):
            return None
        if self._tokens[place].number is not None:
            return self._named(place) or self._figures(place)
        return self._month_first(place)

    def _named(self, place: int) -> tuple[Parts, int] | None:
        """`15 January 2027`, `1er mars`, `3 de marzo del 2027`, `15. ožujka 2027.`"""
        day = self._number(place, 31)
        if day is None:
            return None
        at = self._skip(self._skip(place + 1, ORDINALS, 1), OF, 2)
        month = self._month(at)
        if month is None:
            return None
        year, end = self._year(at + 1)
        return Parts(day, month, year), end

    def _year(self, place: int) -> tuple[int | None, int]:
        """The year behind a month or a day, and where it ends; the place itself where there is none."""
        at = self._skip(self._skip(place, frozenset(".,"), 1), OF, 1)
        year = self._number(at, 9999)
        if year in _YEARS and not (self._text(at + 1) == ":" and self._touches(at)):
            return year, at + 1
        return None, place

    def _month_first(self, place: int) -> tuple[Parts, int] | None:
        """`January 15, 2027`; `March 2027`, `in March`, `fine febbraio`: a month alone is known to the month."""
        month = self._month(place)
        if month is None:
            return None
        at = self._skip(place + 1, frozenset("."), 1)
        day = self._number(at, 31) if self._speech.code == "en" else None
        if day is not None and self._text(at + 1) not in (":", "%") and len(self._text(at)) <= 2:
            year, end = self._year(self._skip(at + 1, ORDINALS - {"."}, 1))
            return Parts(day, month, year), end
        year, end = self._year(place + 1)
        before = self._text(place - 1) if place else ""
        return (Parts(None, month, year), end) if year or before in self._speech.before_month else None

    def _figures(self, place: int) -> tuple[Parts, int] | None:
        """`2027-03-15`, `15.3.2027`, `15. 3. 2027.`, `15/03/27`; without a year `15.3.` or `15/3` where usual."""
        sign = self._text(place + 1)
        if sign not in ("-", "/", ".") or self._number(place + 2, 9999) is None:
            return None
        one, two = self._tokens[place].number or 0, self._tokens[place + 2].number or 0
        if self._text(place + 3) == sign and (three := self._number(place + 4, 9999)) is not None:
            parts = self._ordered((one, two, three), sign, len(self._text(place + 4)))
            return (parts, place + 5) if parts else None
        short = (sign == "/" and self._speech.day_first and self._speech.code not in _DOTTED) or (
            sign == "." and self._speech.code in _DOTTED and self._text(place + 3) == "."
        )
        end = place + (4 if sign == "." else 3)
        parts = Parts(one, two)
        return (parts, end) if short and self._real(one, two) else None

    def _ordered(self, numbers: tuple[int, int, int], sign: str, length: int) -> Parts | None:
        one, two, three = numbers
        if one in _YEARS:
            return Parts(three, two, one) if self._real(three, two) else None
        year = three + 2000 if length == 2 and sign != "-" and self._speech.day_first else three
        if year not in _YEARS:
            return None
        day_first = True if sign == "." else self._speech.day_first
        if day_first is None and self._real(one, two) and self._real(two, one) and one != two:
            return None  # either way round it is a date: not to be decided
        day, month = (one, two) if day_first or not self._real(two, one) else (two, one)
        return Parts(day, month, year) if self._real(day, month) else None

    @staticmethod
    def _real(day: int, month: int) -> bool:
        return 1 <= day <= 31 and 1 <= month <= 12


# -------------------------------------------------------------------------------------------------------- days
def day_of(parts: Parts, published: date | None, weekday: int | None = None) -> date | None:
    """The day that is meant, the first day of a month where no day was written; None where it can't be decided:
    no such day, another weekday than was named, no year and no day of publication to count from.

    Without a year it is the next such day on or after `published`, unless that is almost a year away.
    """
    if parts.month is None:
        return None
    if parts.year is not None:
        return _checked(_day(parts.year, parts.month, parts.day or 1), weekday)
    if published is None:
        return None
    since = published if parts.day else published.replace(day=1)
    for year in (published.year, published.year + 1):
        day = _day(year, parts.month, parts.day or 1)
        if day is not None and day >= since:
            return _checked(day, weekday) if day - published <= _LONGEST_AHEAD else None
    return None


def days_of(mention: Mention, published: date | None) -> tuple[date, date] | None:
    """The first and the last day of a span; None where they can't be decided."""
    first, last = mention.first, mention.last or mention.first
    if first.year is None and last.year is not None:
        wraps = (first.month or 0, first.day or 0) > (last.month or 0, last.day or 0)
        first = first._replace(year=last.year - wraps)
    begins = day_of(first, published)
    if begins is None:
        return None
    ends = day_of(last, begins)
    return (begins, ends) if ends is not None and begins <= ends else None


def _checked(day: date | None, weekday: int | None) -> date | None:
    return day if day is None or weekday is None or day.weekday() == weekday else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
