"""Fields of a page by CSS selectors: what a curator writes under `options`, and what it finds.

A selector may end in `@name` for an attribute: `time@datetime`. Options are unchecked until here: what can't be
used is SourceError `bad-option` with a remedy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import soupsieve
from bs4 import BeautifulSoup, Tag

from aggregator.errors import SourceError
from aggregator.language import base as language_base
from aggregator.read.dates import moment_of
from aggregator.read.isodates import known_zone, when
from aggregator.read.structured import parsed
from aggregator.text import one_line
from aggregator.urls import absolute, is_web

_ATTRIBUTE = re.compile(r"^(?P<css>.*?)\s*@(?P<name>[a-zA-Z][\w:-]*)$", re.S)
_LONGEST_SELECTOR = 500
_PARTS = {
    "d": r"(?P<day>\d{1,2})", "m": r"(?P<month>\d{1,2})", "Y": r"(?P<year>\d{4})", "y": r"(?P<short>\d\d)",
    "H": r"(?P<hour>\d{1,2})", "M": r"(?P<minute>\d\d)", "S": r"\d\d",
    "B": r"(?P<name>[^\W\d_]{3,12}\.?)", "b": r"(?P<name>[^\W\d_]{3,12}\.?)",
    "A": r"[^\W\d_]+\.?", "a": r"[^\W\d_]+\.?", "%": "%",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one source, asked for by name and kind. Every method raises SourceError `bad-option`."""

    given: Mapping[str, Any]
    within: str = ""

    def text(self, name: str) -> str:
        """A text, stripped; empty where it is not given."""
        value = self.given.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.bad(name, "is no text", "write it in quotes")
        return value.strip()

    def number(self, name: str, otherwise: int, most: int = 500) -> int:
        """A whole number from 0 to `most`."""
        value = self.given.get(name, otherwise)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise self.bad(name, "is no whole number", f"write a number from 0 to {most}")
        return value

    def flag(self, name: str) -> bool:
        """true or false; false where it is not given."""
        value = self.given.get(name, False)
        if not isinstance(value, bool):
            raise self.bad(name, "is neither true nor false", "write true or false")
        return value

    def options(self, name: str) -> Options | None:
        """The options under a name, or None where it is not given."""
        value = self.given.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self.bad(name, "is no list of names and selectors", f"write '{name}: {{text: .content}}'")
        return Options(value, f"{name}.")

    def selector(self, name: str) -> Selector | None:
        """A CSS selector, or None where it is not given."""
        css = self.text(name)
        return _selector(css, self.within + name) if css else None

    def zone(self) -> str:
        """The IANA name of the zone in which times without an offset are meant, or nothing."""
        name = self.text("zone")
        if name and known_zone(name) is None:
            raise self.bad("zone", f"'{name}' is no time zone", "write a name such as Europe/Rome")
        return name

    def language(self) -> str | None:
        """The language that the source is in, as a two-letter code."""
        name = self.text("language")
        if name and language_base(name) is None:
            raise self.bad("language", f"'{name}' is no language", "write a code such as en or hr")
        return language_base(name)

    def bad(self, name: str, what: str, remedy: str) -> SourceError:
        """The error to raise for an option that can't be used."""
        return SourceError("bad-option", f"options.{self.within}{name} {what}; {remedy}")


@dataclass(frozen=True, slots=True)
class Selector:
    """A compiled selector and the attribute it asks for."""

    written: str
    css: soupsieve.SoupSieve | None
    attribute: str = ""

    def all(self, within: Tag) -> list[Tag]:
        """Every element it finds, at most 5,000."""
        return list(self.css.select(within, limit=5_000)) if self.css else [within]

    def first(self, within: Tag) -> Tag | None:
        """The first element it finds; without CSS of its own the element itself."""
        return self.css.select_one(within) if self.css else within

    def value(self, within: Tag) -> str:
        """Text or attribute of the first element found, on one line; empty for none."""
        found = self.first(within)
        if found is None:
            return ""
        return attribute_of(found, self.attribute) if self.attribute else one_line(found.get_text(" "))

    def moment(self, within: Tag) -> str:
        """The same for dates: what is written for machines counts first."""
        found = self.first(within)
        if found is None or self.attribute:
            return self.value(within)
        timed = found if found.name == "time" else found.find("time")
        written = attribute_of(timed, "datetime") if isinstance(timed, Tag) else ""
        return written or attribute_of(found, "content") or one_line(found.get_text(" "))

    def address(self, within: Tag, base: str) -> str:
        """The absolute web address that the first element links to: itself, or the first link in it."""
        found = self.first(within)
        if found is None:
            return ""
        written = attribute_of(found, self.attribute or "href")
        if not written and not self.attribute and (link := found.find("a", href=True)):
            written = attribute_of(link, "href") if isinstance(link, Tag) else ""
        address = absolute(base, written) if written else ""
        return address if is_web(address) else ""


@lru_cache(maxsize=512)
def _selector(written: str, name: str) -> Selector:
    attribute = _ATTRIBUTE.match(written)
    css = attribute["css"] if attribute else written
    if len(css) > _LONGEST_SELECTOR:
        raise SourceError(
            "bad-option", f"options.{name} is longer than {_LONGEST_SELECTOR} characters; write less"
        )
    try:
        compiled = soupsieve.compile(css) if css else None
    except (soupsieve.SelectorSyntaxError, ValueError, RecursionError) as error:
        why = one_line(str(error).split("\n")[0])[:200]
        remedy = "write a CSS selector such as 'article h2 a'"
        raise SourceError(
            "bad-option", f"options.{name}: '{written}' is no CSS selector: {why}; {remedy}"
        ) from error
    return Selector(written, compiled, attribute["name"] if attribute else "")


def attribute_of(element: Tag, name: str) -> str:
    """An attribute of an element on one line; of several values (class, rel) all."""
    value = element.get(name)
    return one_line(" ".join(value) if isinstance(value, list) else str(value or ""))


def soup_of(html: str) -> BeautifulSoup:
    """A page as a tree to select in, with what was left open closed as browsers do.

    Raises SourceError `too-large` or `too-deep`.
    """
    return BeautifulSoup(parsed(html).html or "", "html.parser")


# ------------------------------------------------------------------------------------------------------- dates
def dated(text: str, form: str, zone: str) -> datetime | date | None:
    """The day or instant that a text of a page names.

    `form` is a date format such as `%d/%m/%Y` (%d %m %Y %y %H %M %B %b), found anywhere in the text, months in
    any language that `dates` knows; without it only what can be read in one way is read.
    """
    if not text:
        return None
    if not form:
        return when(text, zone)[0]
    found = _pattern(form).search(text[:300])
    if found is None:
        return None
    parts = found.groupdict()
    month = parts.get("month") or parts.get("name") or ""
    year = parts.get("year") or f"20{parts.get('short')}"
    named = f"{int(year):04}-{int(month):02}-{int(parts['day']):02}" if month.isdigit() else ""
    if not named:
        known = moment_of(f"{parts['day']} {month} {year}")
        named = known.date().isoformat() if known else ""
    clock = f"T{parts['hour']}:{parts['minute']}" if parts.get("hour") and parts.get("minute") else ""
    return when(named + clock, zone)[0]


@lru_cache(maxsize=128)
def _pattern(form: str) -> re.Pattern[str]:
    """A date format as a pattern. Raises SourceError `bad-option`."""
    remedy = "write for example %d/%m/%Y or %d %B %Y %H:%M"
    pattern = "".join(_piece(piece) for piece in re.findall(r"%.|[^%]+|%$", form[:100], re.S))
    try:
        compiled = re.compile(rf"(?<!\d){pattern}")
    except re.error as error:
        raise SourceError("bad-option", f"options.date_format names a part twice; {remedy}") from error
    if not {"day"} < set(compiled.groupindex) or not {"month", "name"} & set(compiled.groupindex):
        raise SourceError("bad-option", f"options.date_format '{form}' has no day, month and year; {remedy}")
    if not {"year", "short"} & set(compiled.groupindex):
        raise SourceError("bad-option", f"options.date_format '{form}' has no year; {remedy}")
    return compiled


def _piece(piece: str) -> str:
    if piece.startswith("%"):
        if piece[1:] not in _PARTS:
            known = "%d %m %Y %y %H %M %B %b"
            raise SourceError("bad-option", f"options.date_format: '{piece}' is not known; there are {known}")
        return _PARTS[piece[1:]]
    return r"\s+".join(re.escape(part) for part in re.split(r"\s+", piece))


def as_moment(found: datetime | date | None) -> datetime | None:
    """A moment of publication: a day is its midnight in UTC."""
    if found is None or isinstance(found, datetime):
        return found
    return datetime(found.year, found.month, found.day, tzinfo=UTC)
