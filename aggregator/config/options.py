"""What may stand under `options:` of a source: names, formats, zones. The readers say the rest when they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aggregator.config import fields
from aggregator.config.addresses import Fault

# By which names the formats of a kind may be called, as its reader knows them.
FORMATS: dict[str, tuple[str, ...]] = {
    "courses": (
        "openedx", "discovery", "richie", "moochub", "moodle", "coursera", "futurelearn", "canvas", "moodle_html",
        "table", "schema", "edx", "open-edx", "fun", "moodle-html", "csv", "html-table", "schema.org", "json-ld",
        "jsonld", "microdata",
    ),
    "events": (
        "indico", "pretalx", "tec", "carpentries", "wikicfp", "schema", "frab", "tribe", "the-events-calendar",
        "the_events_calendar", "cfp", "schema.org", "jsonld", "json-ld", "microdata", "html",
    ),
    "works": ("oai", "crossref", "doaj", "oai_pmh", "oai-pmh", "oaipmh", "oai_dc"),
}  # fmt: skip
# Every option that some kind asks for: a name that is nearly one of them is a slip of the pen.
NAMES = (
    "authorization", "categories", "closes", "columns", "contact", "currency", "date", "date_format", "days",
    "days_ahead", "days_back", "delimiter", "details", "empty", "ends", "fields", "format", "issn", "item",
    "item_kind", "language", "link", "list", "match", "next", "online", "organiser", "page", "pages", "place",
    "platform", "prefix", "price_unit", "private", "query", "search", "selector", "selectors", "senders", "set",
    "site", "split", "starts", "structured", "summary", "text", "title", "token", "types", "version", "zone",
)  # fmt: skip
_IN_ZONES = frozenset({"page", "sitemap", "courses", "events"})  # a calendar knows other names too
_IN_PAGES = frozenset({"page", "sitemap"})
_ALIKE = 0.8  # of 1, between a name and the one that was meant


def faults(kind: str, options: Mapping[str, Any]) -> Iterator[tuple[str, Fault]]:
    """(option, what is wrong with it): a source with it can't be read."""
    known, named = FORMATS.get(kind, ()), options.get("format")
    if known and named is not None and str(named).strip().lower() not in ("auto", *known):
        remedy = fields.meant(str(named).lower(), known) or "leave it out to have it found"
        yield "format", (f"format: '{fields.shortened(str(named))}' is not one of kind {kind}", remedy)
    yield from ((name, fault) for name, fault, refused in _values(options) if kind in refused)


def doubts(kind: str, options: Mapping[str, Any]) -> Iterator[tuple[str, Fault]]:
    """(option, why it does nothing): names that are nearly those of others, and values that the kind passes by."""
    for name in options:
        near = () if name in NAMES else get_close_matches(str(name).lower(), NAMES, 1, _ALIKE)
        for meant in near:
            what = f"no kind of source has an option '{fields.shortened(str(name))}'"
            yield str(name), (what, f"did you mean '{meant}'?")
    for name, fault, refused in _values(options):
        known_to_windows = kind == "calendar" and "/" not in str(options[name])
        if kind not in refused and not known_to_windows:
            yield name, fault


def _values(options: Mapping[str, Any]) -> Iterator[tuple[str, Fault, frozenset[str]]]:
    """(option, what is wrong with its value, the kinds whose readers refuse a source for it)."""
    zone, pages = options.get("zone"), options.get("pages")
    if isinstance(zone, str) and zone.strip() and not _is_zone(zone.strip()):
        what = f"zone: '{fields.shortened(zone)}' is no time zone"
        yield "zone", (what, "write one like Europe/Zagreb"), _IN_ZONES
    if pages is not None and (isinstance(pages, bool) or not isinstance(pages, int) or not 0 <= pages <= 500):
        what = f"pages: '{fields.shortened(str(pages))}' is no number of pages"
        yield "pages", (what, "write 1 to 200"), _IN_PAGES


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
