"""Facts of a course that people wrote into columns or fields of their own, by the names that a curator gave them.

`options.columns` (tables) and `options.fields` (Moodle) map our names to theirs. `options.date_format` says how
dates are written (as strptime has it), `options.zone` where their times are meant, `options.currency` what a mere
number costs. A date that can be read in two ways is not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from aggregator.errors import SourceError
from aggregator.model import Occasion, Price, Source
from aggregator.read import effort
from aggregator.read.answers import heading, number, said, whether
from aggregator.read.courses_runs import course_of
from aggregator.read.dates import moment_of
from aggregator.read.isodates import known_zone
from aggregator.read.isodates import when as written_when
from aggregator.read.places import mode_of
from aggregator.read.prices import code, price_line, price_of
from aggregator.text import fold, one_line
from aggregator.urls import host

DAYS = ("starts", "ends", "opens", "closes", "early_bird", "certificate_by", "access_ends", "recordings_until")
TEXTS = ("place", "certificate", "organiser", "platform")
NAMES = (
    "title", "url", "guid", "summary", "language", "tags", "author", *DAYS, *TEXTS, "price", "certificate_price",
    "effort", "hours", "online", "pacing", "tutor", "forum", "status", "course",
)  # fmt: skip
_NUMBERED = re.compile(r"(\d{1,2})\s?([/.-])\s?(\d{1,2})\s?\2\s?(\d{4})\b")
_CLOCK = re.compile(
    r"[ ,T]*\b(?:(?:at|um|ore|alle|kl\.?) ?\d{1,2}[:.h]|\d{1,2}[:h])\d\d(?::\d\d)?(?: ?[ap]\.?m\.?| uhr| h)?", re.I
)
_SELF = re.compile(
    r"self[ _-]?paced|on[ _-]?demand|autoapprend|auto-?form|autonom|selbst|a su ritmo|vlastit", re.I
)
_COHORT = re.compile(r"cohort|instructor|tutor|guidat|led\b", re.I)
_STATUS = (
    ("cancelled", r"cancel|annul|abgesagt|otkazan|suspendid"),
    ("postponed", r"postpon|rinviat|report[eé]e?\b|verschoben|aplazad|odgoden"),
    ("sold_out", r"sold out|esaurit|ausgebucht|complete?t?\b|agotad|popunjen|waiting list|full\b"),
)


@dataclass(frozen=True, slots=True)
class Writing:
    """How a source writes its facts: the zone of its times, its language, its dates, its money; and who gives its
    courses, unless they say so themselves: an organiser, else the site."""

    zone: str = ""
    language: str | None = None
    date_format: str = ""
    currency: str = ""
    provider: str = ""


def writing_of(source: Source) -> Writing:
    """What the options say of it. Raises SourceError `bad-option`."""
    zone, currency = said(source.options.get("zone")), said(source.options.get("currency"))
    form = said(source.options.get("date_format"))
    if zone and known_zone(zone) is None:
        raise SourceError("bad-option", f"zone '{zone}' is no IANA name; write one like Europe/Rome")
    if currency and not code(currency):
        raise SourceError("bad-option", f"currency '{currency}' is no ISO 4217 code; write one like EUR")
    if form and not {"%d", "%Y"} <= set(re.findall(r"%[a-zA-Z]", form)):
        raise SourceError("bad-option", f"date_format '{form}' needs at least %d and %Y; write one like %d/%m/%Y")
    provider = heading(source.options.get("organiser")) or host(source.url)
    return Writing(zone, source.language, form, code(currency), provider)


def mapping_of(source: Source, option: str) -> dict[str, str]:
    """Our names and theirs, from an option. Raises SourceError `bad-option`."""
    written = source.options.get(option) or {}
    if not isinstance(written, dict):
        raise SourceError("bad-option", f"{option} is a map; write it like {option}: {{starts: Start date}}")
    unknown = [said(name) for name in written if name not in NAMES]
    if unknown:
        raise SourceError("bad-option", f"{option}: '{unknown[0][:50]}' is none of {', '.join(NAMES)}")
    return {name: said(theirs) for name, theirs in written.items() if said(theirs)}


def occasion_of(values: Mapping[str, str], how: Writing, theirs: Mapping[str, str]) -> Occasion:
    """The occasion in `values` (our names -> what is written there); `theirs`: what the source calls them."""
    read = {name: day_of(values[name], how) for name in DAYS if values.get(name)}
    days: dict[str, Any] = {name: day for name, (day, _) in read.items() if day}
    prices = _prices(values, how)
    pacing = values.get("pacing", "")
    texts: dict[str, Any] = {name: heading(values[name]) for name in TEXTS if values.get(name)}
    return Occasion(
        **days,
        **texts,
        price=price_line(prices),
        zone=how.zone,
        online=_online(values),
        prices=prices,
        effort=_work(values),
        hours=_hours(values),
        pacing="self_paced" if _SELF.search(pacing) else "cohort" if _COHORT.search(pacing) else "",
        tutor=whether(values.get("tutor")),
        forum=whether(values.get("forum")),
        course=values.get("course") or course_of(texts.get("organiser") or how.provider, values.get("title", "")),
        status=_status(values.get("status", "")),  # type: ignore[arg-type]
        precision={name: precise for name, (day, precise) in read.items() if day and precise},
        said={name: theirs.get(name, name) for name in days},
    )


def day_of(text: str, how: Writing) -> tuple[datetime | date | None, str]:
    """(instant or day, precision) of one written date; (None, "") where it can't be read, or in two ways."""
    text = one_line(text)[:100]
    if how.date_format:
        return _formatted(text, how), ""
    if re.match(r"\d{4}(?!\d)", text):
        found = written_when(text, how.zone)
        return found if found[0] and 1990 <= found[0].year <= 2100 else (None, "")
    bare = _CLOCK.sub("", text)
    if numbers := _NUMBERED.search(bare):
        return (_numbered(numbers, how) if len(re.findall(r"\d+", bare)) == 3 else None), ""
    return _named(bare)


def _named(text: str) -> tuple[date | None, str]:
    """A day with its month in words, or a month; of a span ("1-5 March 2027") neither."""
    groups = re.findall(r"\d+", text)
    named = moment_of(text if len(groups) == 2 else f"1 {text}") if len(groups) in (1, 2) else None
    if named is None or not 1990 <= named.year <= 2100:
        return None, ""
    return named.date(), "" if len(groups) == 2 else "month"


def _numbered(found: re.Match[str], how: Writing) -> date | None:
    """Dots mean the day first; strokes do in every language but English, where both orders are written."""
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    day_first = found[2] == "." or (how.language or "en") != "en" or first > 12 or first == second
    if not day_first and second <= 12:
        return None
    day, month = (first, second) if day_first else (second, first)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _formatted(text: str, how: Writing) -> datetime | date | None:
    try:
        local = datetime.strptime(text, how.date_format)  # noqa: DTZ007 (its zone is set below)
    except ValueError:
        return None
    zone = known_zone(how.zone)
    timed = re.search(r"%[HIcXT]", how.date_format) is not None
    if not 1990 <= local.year <= 2100:
        return None
    if local.tzinfo:
        return local.astimezone(UTC)
    return local.replace(tzinfo=zone).astimezone(UTC) if timed and zone else local.date()


def _prices(values: Mapping[str, str], how: Writing) -> tuple[Price, ...]:
    found = [
        price_of(values.get("price", ""), how.currency),
        price_of(values.get("certificate_price", ""), how.currency, "certificate"),
    ]
    return tuple(price for price in found if price)


def _work(values: Mapping[str, str]) -> str:
    """The effort in words; a mere number of hours gets its unit."""
    work = one_line(values.get("effort") or values.get("hours", ""))[:200]
    return f"{work} hours" if re.fullmatch(r"[\d.,]+", work) else work


def _hours(values: Mapping[str, str]) -> effort.Hours | None:
    plain = number(values.get("hours", "").replace(",", "."))
    if plain:
        return plain, plain
    return effort.hours_of(values.get("hours", "")) or effort.hours_of(values.get("effort", ""))


def _online(values: Mapping[str, str]) -> bool | None:
    written = values.get("online", "")
    stated = whether(written)
    return stated if stated is not None else mode_of(written or values.get("place", ""))


def _status(text: str) -> str:
    folded = fold(text)
    return next((name for name, pattern in _STATUS if re.search(pattern, folded)), "")
