"""One cell of a roster, read: what people may write in each column, and the remedy where it can't be meant.

A cell is a text, or a list of texts where the file has lists (YAML). Every parser raises `Mistake`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email

from aggregator.config import interests
from aggregator.config.cells import LONGEST, Cell, Mistake, code, known_name, text_of, whole
from aggregator.config.fields import meant, shortened
from aggregator.model import FREQUENCIES, Catalogue, Schedule, Subscriber

PROFILE = ("topics", "keywords", "searches", "mute", "languages", "kinds", "country", "follow", "discovery")
SCHEDULE = ("frequency", "weekday", "hour", "timezone")
READER = ("name", "language", "max_items", "edition")
COLUMNS = (
    "email", "name", *PROFILE, *SCHEDULE, "language", "max_items", "edition",
)  # fmt: skip

MOST_ITEMS = 200

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
def _name(cell: Cell, _: Catalogue) -> str:
    name = text_of(cell)
    if len(name) > LONGEST:
        raise Mistake("the name is too long", f"at most {LONGEST} characters")
    return name


def email(cell: Cell, _: Catalogue) -> str:
    """An address that letters can go to, checked without the network."""
    text = text_of(cell)
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
    text = text_of(cell)
    return code(text) if text else Subscriber("", "").language


def _country(cell: Cell, _: Catalogue) -> str | None:
    text = text_of(cell).upper()
    if text and not re.fullmatch("[A-Z]{2}", text):
        raise Mistake(f"'{shortened(text)}' is not a country", "write its two letters (ISO 3166): IT, HR, GB")
    return _COUNTRY_SLIPS.get(text, text) or None


def _max_items(cell: Cell, _: Catalogue) -> int | None:
    text = text_of(cell)
    if not text:
        return None
    number = whole(text)
    if number is None or not 1 <= number <= MOST_ITEMS:
        raise Mistake(
            f"'{shortened(text)}' is not a number of items", f"write 1 to {MOST_ITEMS}, or leave it empty"
        )
    return number


def _edition(cell: Cell, catalogue: Catalogue) -> str:
    text = text_of(cell)
    if not text:
        return Subscriber("", "").edition
    return known_name(text, {name: name for name in catalogue.editions}, "an edition")


# ----------------------------------------------------------------------------------------------------------- times
def _frequency(cell: Cell, _: Catalogue) -> str:
    text = text_of(cell).lower()
    if not text:
        return Schedule().frequency
    if text in FREQUENCIES:
        return text
    slip = _FREQUENCY_SLIPS.get(text)
    near = f"did you mean '{slip}'?" if slip else meant(text, FREQUENCIES)
    raise Mistake(f"'{shortened(text)}' is not a frequency", near or f"one of: {', '.join(FREQUENCIES)}")


def _weekday(cell: Cell, _: Catalogue) -> int:
    text = text_of(cell).lower().rstrip(".")
    if not text:
        return Schedule().weekday
    if text in _DAYS:
        return _DAYS.index(text) + 1
    number = _SHORT_DAYS.get(text) or whole(text)
    if number is None or not 1 <= number <= 7:
        near = meant(text, _DAYS)
        raise Mistake(
            f"'{shortened(text)}' is not a weekday", near or "write a name such as Monday, or 1 (Monday) to 7"
        )
    return number


def _hour(cell: Cell, _: Catalogue) -> int:
    text = text_of(cell).lower()
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
    text = text_of(cell)
    return _zone(text) if text else Schedule().timezone


@lru_cache(4096)
def _zone(text: str) -> str:
    known = zones()
    found = known.get(text.lower().replace(" ", "_"))
    if found is None:
        raise Mistake(f"'{shortened(text)}' is not a time zone", _nearest_zone(text))
    return found


@lru_cache(1)
def zones() -> dict[str, str]:
    """Every time zone there is, by its name in small letters."""
    return {name.lower(): name for name in available_timezones() if name not in ("localtime", "Factory")}


def _nearest_zone(text: str) -> str:
    """People know the city, or nearly."""
    known = zones()
    wanted = text.lower().replace(" ", "_")
    cities = {name.rpartition("/")[2]: zone for name, zone in sorted(known.items(), reverse=True) if "/" in name}
    found = cities.get(wanted.rpartition("/")[2])
    if found is None:
        near = difflib.get_close_matches(wanted, known, 1, 0.75)
        found = known[near[0]] if near else None
    return f"did you mean '{found}'?" if found else "write an IANA name such as Europe/Zagreb, or UTC"


_PARSERS: Mapping[str, Callable[[Cell, Catalogue], Any]] = MappingProxyType(
    {
        "email": email, "name": _name, "topics": interests.topics, "keywords": interests.words,
        "searches": interests.searches, "mute": interests.mute, "languages": interests.languages,
        "kinds": interests.kinds, "country": _country,
        "follow": interests.follow, "discovery": interests.discovery,
        "frequency": _frequency, "weekday": _weekday, "hour": _hour, "timezone": _timezone,
        "language": _language, "max_items": _max_items, "edition": _edition,
    }
)  # fmt: skip
