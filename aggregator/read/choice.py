"""Which of the formats of a kind a source is in, where the curator said so in `options.format`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from aggregator.errors import SourceError
from aggregator.model import Source
from aggregator.read.isodates import known_zone
from aggregator.read.paging import path_of, query_of

_FOR_PROGRAMS = re.compile(r"/(?:api|wp-json|webservice|export|feeds?)(?:/|$)|\.(?:json|xml|ics|csv|rss|atom)$")


def chosen(source: Source, formats: Collection[str], other_names: Mapping[str, str]) -> str | None:
    """The format of `options.format` by its first name, or None where nothing (or `auto`) is said.

    Raises SourceError `bad-option` naming the formats that there are.
    """
    said = source.options.get("format")
    if said is None or said == "auto":
        return None
    name = said.strip().lower() if isinstance(said, str) else ""
    name = other_names.get(name, name)
    if name not in formats:
        known = ", ".join(sorted(formats))
        raise SourceError(
            "bad-option", f"format: {str(said)[:60]!r} is none of {known}; leave it out to have it found"
        )
    return name


def for_programs(url: str) -> bool:
    """Whether an address is by its look an interface or a file for programs, and no page for people."""
    return _FOR_PROGRAMS.search(path_of(url)) is not None or "rest_route" in query_of(url)


def days_of(source: Source, name: str, default: int, most: int = 3_650) -> int:
    """A number of days in the options of a source. Raises SourceError `bad-option` for anything else."""
    value = source.options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise SourceError("bad-option", f"{name}: {str(value)[:60]!r} is no number of days; write 1 to {most}")
    return value


def text_option(source: Source, name: str) -> str:
    """A text in the options of a source, empty where it is not there. Raises SourceError `bad-option`."""
    value = source.options.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise SourceError("bad-option", f"{name}: {str(value)[:60]!r} is no text; write it in quotes")
    return str(value).strip()


def zone_option(source: Source) -> str:
    """The IANA name of `options.zone`, empty where it is not there. Raises SourceError `bad-option`."""
    name = text_option(source, "zone")
    if name and known_zone(name) is None:
        raise SourceError("bad-option", f"zone: {name[:60]!r} is no time zone; write one like Europe/Rome")
    return name
