"""One cell of a roster, read: what people may write in each column, and the remedy where it can't be meant.

A cell is a text, or a list of texts where the file has lists (YAML). Every parser raises `Mistake`.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email

from aggregator.config.fields import meant, shortened
from aggregator.config.languages import base_language
from aggregator.model import FREQUENCIES, ITEM_KINDS, KIND_ALIASES, Catalogue, Schedule, Subscriber

Cell = str | list[str]

PROFILE = ("topics", "keywords", "searches", "mute", "languages", "kinds", "country")
SCHEDULE = ("frequency", "weekday", "hour", "timezone")
READER = ("name", "language", "max_items", "edition")
COLUMNS = (
    "email", "name", *PROFILE, *SCHEDULE, "language", "max_items", "edition",
)  # fmt: skip

# A kind that is named without a factor is wanted; 1 would change nothing.
WANTED_KIND = 2.0
MOST_ITEMS = 200
LONGEST = 200
MOST_IN_A_LIST = 500

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT_DAYS = MappingProxyType(
    {day[:3]: n for n, day in enumerate(_DAYS, 1)} | {"tues": 2, "weds": 3, "thur": 4, "thurs": 4}
)
_HOUR = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?:[:.]\d{2})?")
_FREQUENCY_SLIPS = MappingProxyType(
    {
        "biweekly": "fortnightly", "every two weeks": "fortnightly", "every day": "daily", "day": "daily",
        "week": "weekly", "month": "monthly", "workdays": "weekdays", "working days": "weekdays",
        "business days": "weekdays",
    }
)  # fmt: skip
_COUNTRY_SLIPS = MappingProxyType({"UK": "GB", "EL": "GR"})


class Mistake(ValueError):
    """What is wrong with one cell, and what to write instead."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(what)


class Read(NamedTuple):
    """One row, read: the reader, or every mistake that keeps it out as (column, mistake)."""

    reader: Subscriber | None
    mistakes: list[tuple[str, Mistake]]


def read_row(cells: Mapping[str, Cell], base: Subscriber, catalogue: Catalogue) -> Read:
    """`base` as these cells change it. A column that is not there leaves `base` as it is; an empty cell means
    the default."""
    values: dict[str, Any] = {}
    mistakes: list[tuple[str, Mistake]] = []
    for column, cell in cells.items():
        try:
            _printable(cell)
            values[column] = _PARSERS[column](cell, catalogue)
        except Mistake as mistake:
            mistakes.append((column, mistake))
    return Read(None if mistakes else _changed(base, values), mistakes)


def _changed(base: Subscriber, values: Mapping[str, Any]) -> Subscriber:
    def some(names: Collection[str]) -> dict[str, Any]:
        return {name: values[name] for name in names if name in values}

    profile, schedule = replace(base.profile, **some(PROFILE)), replace(base.schedule, **some(SCHEDULE))
    # An address that differs only in case is the same mailbox: it is kept as its owner wrote it.
    email = some(("email",)) if not base.email else {}
    return replace(base, profile=profile, schedule=schedule, **some(READER), **email)


def _printable(cell: Cell) -> None:
    for text in [cell] if isinstance(cell, str) else cell:
        if not text.isprintable() and any((ord(c) < 32 and c not in "\t\r\n") or ord(c) == 127 for c in text):
            raise Mistake("there is an invisible control character in it", "type it again")


# ------------------------------------------------------------------------------------------------------ plain text
def _text(cell: Cell) -> str:
    if isinstance(cell, list):
        if len(cell) > 1:
            raise Mistake("this should be one value, not a list", "write one value")
        return _text(cell[0]) if cell else ""
    return " ".join(cell.split())


def _name(cell: Cell, _: Catalogue) -> str:
    name = _text(cell)
    if len(name) > LONGEST:
        raise Mistake("the name is too long", f"at most {LONGEST} characters")
    return name


def email(cell: Cell, _: Catalogue) -> str:
    """An address that letters can go to, checked without the network."""
    text = _text(cell)
    if not text:
        raise Mistake("there is no address", "write one like ann@example.org, or remove the line")
    try:
        found = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise Mistake(
            f"'{shortened(text)}' is not an address: {_plainly(error)}", "write it like ann@example.org"
        ) from None
    if found.ascii_email is None:
        raise Mistake(
            "the part before the @ must be plain ASCII", "ask for an address that every mail server takes"
        )
    if len(found.local_part) > 64:  # RFC 5321, 4.5.3.1.1: no mail server has to take it
        raise Mistake(f"'{shortened(text)}' has more than 64 characters before the @", "ask for another address")
    if "." not in found.ascii_domain and found.ascii_domain != "localhost":
        raise Mistake(f"'{shortened(text)}' has no full domain after the @", "write it like ann@example.org")
    return found.normalized


def _plainly(error: EmailNotValidError) -> str:
    said = str(error).split("\n")[0].rstrip(".")
    return said[:1].lower() + said[1:]


def _language(cell: Cell, _: Catalogue) -> str:
    text = _text(cell)
    return _code(text) if text else Subscriber("", "").language


def _code(text: str) -> str:
    try:
        base = base_language(text)
    except ValueError as error:
        raise Mistake(f"'{shortened(text)}' is not a language", str(error)) from None
    if base is None:
        raise Mistake(f"'{shortened(text)}' names no single language", "write a code such as en, it or pt-BR")
    return base


def _country(cell: Cell, _: Catalogue) -> str | None:
    text = _text(cell).upper()
    if text and not re.fullmatch("[A-Z]{2}", text):
        raise Mistake(f"'{shortened(text)}' is not a country", "write its two letters (ISO 3166): IT, HR, GB")
    return _COUNTRY_SLIPS.get(text, text) or None


def _max_items(cell: Cell, _: Catalogue) -> int | None:
    text = _text(cell)
    if not text:
        return None
    number = _whole(text)
    if number is None or not 1 <= number <= MOST_ITEMS:
        raise Mistake(
            f"'{shortened(text)}' is not a number of items", f"write 1 to {MOST_ITEMS}, or leave it empty"
        )
    return number


def _edition(cell: Cell, catalogue: Catalogue) -> str:
    text = _text(cell)
    if not text:
        return Subscriber("", "").edition
    return _known(text, {name: name for name in catalogue.editions}, "an edition")


# ----------------------------------------------------------------------------------------------------------- times
def _frequency(cell: Cell, _: Catalogue) -> str:
    text = _text(cell).lower()
    if not text:
        return Schedule().frequency
    if text in FREQUENCIES:
        return text
    slip = _FREQUENCY_SLIPS.get(text)
    near = f"did you mean '{slip}'?" if slip else meant(text, FREQUENCIES)
    raise Mistake(f"'{shortened(text)}' is not a frequency", near or f"one of: {', '.join(FREQUENCIES)}")


def _weekday(cell: Cell, _: Catalogue) -> int:
    text = _text(cell).lower().rstrip(".")
    if not text:
        return Schedule().weekday
    if text in _DAYS:
        return _DAYS.index(text) + 1
    number = _SHORT_DAYS.get(text) or _whole(text)
    if number is None or not 1 <= number <= 7:
        near = meant(text, _DAYS)
        raise Mistake(
            f"'{shortened(text)}' is not a weekday", near or "write a name such as Monday, or 1 (Monday) to 7"
        )
    return number


def _hour(cell: Cell, _: Catalogue) -> int:
    text = _text(cell).lower()
    if not text:
        return Schedule().hour
    match = _HOUR.fullmatch(text.removesuffix(".0"))
    if match is None or int(match[1]) > 23:
        remedy = "midnight is 0" if text.startswith("24") else "write 8 or 08:00; the hours run from 0 to 23"
        raise Mistake(f"'{shortened(text)}' is not an hour of the day", remedy)
    if int(match[2] or 0):
        raise Mistake(f"'{text}' is not a full hour", f"letters leave on the hour: write {int(match[1]):02}:00")
    return int(match[1])


def _timezone(cell: Cell, _: Catalogue) -> str:
    text = _text(cell)
    return _zone(text) if text else Schedule().timezone


@lru_cache(4096)
def _zone(text: str) -> str:
    zones = _zones()
    found = zones.get(text.lower().replace(" ", "_"))
    if found is None:
        raise Mistake(f"'{shortened(text)}' is not a time zone", _nearest_zone(text))
    return found


@lru_cache(1)
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() if name not in ("localtime", "Factory")}


def _nearest_zone(text: str) -> str:
    """People know the city, or nearly."""
    zones = _zones()
    wanted = text.lower().replace(" ", "_")
    cities = {name.rpartition("/")[2]: zone for name, zone in sorted(zones.items(), reverse=True) if "/" in name}
    found = cities.get(wanted.rpartition("/")[2])
    if found is None:
        near = difflib.get_close_matches(wanted, zones, 1, 0.75)
        found = zones[near[0]] if near else None
    return f"did you mean '{found}'?" if found else "write an IANA name such as Europe/Zagreb, or UTC"


def _whole(text: str) -> int | None:
    """A whole number, also as spreadsheets write it (8.0)."""
    return int(re.sub(r"\.0+$", "", text)) if re.fullmatch(r"\d{1,6}(\.0+)?", text) else None


# ----------------------------------------------------------------------------------------------------------- lists
def _listed(cell: Cell, separators: str) -> list[str]:
    """The parts of a cell: separated by ';', a line break, and these further signs; repeats count once."""
    texts = [cell] if isinstance(cell, str) else cell
    parts = [" ".join(part.split()) for text in texts for part in re.split(f"[;\n{separators}]", text)]
    if isinstance(cell, str) and re.fullmatch(r"\[[^\]]*\]", cell.strip()):
        raise Mistake("brackets are not needed in a list", "write one;two")
    found = list(dict.fromkeys(part for part in parts if part))
    if len(found) > MOST_IN_A_LIST:
        raise Mistake("the list is too long", f"at most {MOST_IN_A_LIST} entries")
    for part in found:
        if len(part) > LONGEST:
            raise Mistake(f"'{shortened(part)}' is too long", f"at most {LONGEST} characters; is a ';' missing?")
    return found


def _words(cell: Cell, _: Catalogue) -> tuple[str, ...]:
    return tuple(_listed(cell, "|"))


def _searches(cell: Cell, _: Catalogue) -> tuple[str, ...]:
    return tuple(_listed(cell, ""))  # a search may hold any sign but ';'


def _languages(cell: Cell, _: Catalogue) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_code(part) for part in _listed(cell, "|,")))


def _topics(cell: Cell, catalogue: Catalogue) -> dict[str, float]:
    known = _topic_names(catalogue)
    return _weighed(cell, known, "a topic", (1.0, 3.0), 1.0)


def _mute(cell: Cell, catalogue: Catalogue) -> tuple[str, ...]:
    known = _topic_names(catalogue)
    return tuple(dict.fromkeys(_known(part, known, "a topic") for part in _listed(cell, "|,")))


def _kinds(cell: Cell, _: Catalogue) -> dict[str, float]:
    known = {kind: kind for kind in ITEM_KINDS} | dict(KIND_ALIASES)
    return _weighed(cell, known, "a kind of item", (0.0, 10.0), WANTED_KIND)


def _weighed(
    cell: Cell, known: Mapping[str, str], noun: str, between: tuple[float, float], otherwise: float
) -> dict[str, float]:
    """`name:weight;name` as name -> weight."""
    found: dict[str, float] = {}
    for part in _listed(cell, "|,"):
        name, colon, written = part.partition(":")
        thing = _known(name.strip(), known, noun)
        weight = _weight(part, written.strip(), between) if colon else otherwise
        if found.get(thing, weight) != weight:
            raise Mistake(f"'{thing}' is there twice with different weights", "keep one of them")
        found[thing] = weight
    return found


def _weight(part: str, written: str, between: tuple[float, float]) -> float:
    low, high = between
    try:
        weight = float(written)
    except ValueError:
        weight = math.nan
    if not low <= weight <= high:
        raise Mistake(
            f"'{shortened(part)}': the weight must be {low:g} to {high:g}",
            f"write it like {part.partition(':')[0]}:2",
        )
    return weight


def _known(text: str, known: Mapping[str, str], noun: str) -> str:
    found = known.get(text) or known.get(text.lower())
    if found is None:
        few = f"one of: {', '.join(known)}" if len(known) <= 20 else "feeds.yaml says which there are"
        raise Mistake(f"'{shortened(text)}' is not {noun}", meant(text, known) or few)
    return found


@lru_cache(8)
def _names_of(topics: tuple[tuple[str, str], ...]) -> dict[str, str]:
    by_label = {label.lower(): id for id, label in topics if "," not in label}
    return by_label | {id: id for id, _ in topics}


def _topic_names(catalogue: Catalogue) -> Mapping[str, str]:
    """Topics by id, and by label in lower case."""
    return _names_of(tuple((topic.id, topic.label) for topic in catalogue.topics.values()))


_PARSERS: Mapping[str, Callable[[Cell, Catalogue], Any]] = MappingProxyType(
    {
        "email": email, "name": _name, "topics": _topics, "keywords": _words, "searches": _searches,
        "mute": _mute, "languages": _languages, "kinds": _kinds, "country": _country,
        "frequency": _frequency, "weekday": _weekday, "hour": _hour, "timezone": _timezone,
        "language": _language, "max_items": _max_items, "edition": _edition,
    }
)  # fmt: skip
