"""What feedparser (or `strict`, in its stead) found, in our words: a `Reading` and its entries."""

from __future__ import annotations

import calendar
import logging
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from time import struct_time
from typing import Any

from aggregator.jsonlines import day_or_moment
from aggregator.model import Entry, Occasion, Reading
from aggregator.read import access, fields
from aggregator.read.dates import moment_of
from aggregator.text import one_line, title
from aggregator.urls import absolute, is_web

MOST = 5_000  # entries that one document may bring; of more, the newest are kept
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}
_LONGEST_TTL = timedelta(days=31)
# Keys that tell of an occasion; most entries have none of them.
_OF_OCCASIONS = frozenset(
    """ev_startdate ev_enddate xcal_dtstart xcal_dtend validity_end validity_end_parsed expired expired_parsed
    itunes_duration""".split()
)
_log = logging.getLogger(__name__)


def reading_of(parsed: Any, url: str) -> Reading:
    """A feedparser result, or one of `strict`, of a document found at `url` (may be empty), as a Reading."""
    feed, entries = parsed["feed"], parsed["entries"]
    home = absolute(url, _text(feed, "link")) if _text(feed, "link") else ""
    atom = str(parsed.get("version") or "").startswith("atom")
    names = _names(feed) if atom else []  # RFC 4287, 4.2.1: an entry without author has its feed's
    base = url or home
    return Reading(
        title=title(_text(feed, "title")),
        language=one_line(_text(feed, "language")) or None,
        home=home,
        entries=tuple(_entry(found, base, names) for found in _newest(entries)),
        ttl=_ttl(feed),
    )


def _newest(entries: list[Any]) -> list[Any]:
    """All entries in document order, or the newest MOST of too many; undated ones count as old."""
    if len(entries) <= MOST:
        return entries
    _log.warning("a document brought %d entries; the newest %d were read", len(entries), MOST)
    kept = sorted(
        range(len(entries)), key=lambda at: (_published(entries[at]) or datetime.min.replace(tzinfo=UTC), -at)
    )
    return [entries[at] for at in sorted(kept[-MOST:])]


def _entry(found: Any, base: str, feed_authors: list[str]) -> Entry:
    address = _address(found, base)
    html, text = _body(found, address or base)
    return Entry(
        guid=fields.identifier(_text(found, "id")),
        url=address,
        title=title(_text(found, "title")),
        html=html,
        text=text,
        author=fields.author(_names(found) or feed_authors),
        tags=fields.tags(_text(tag, "label") or _text(tag, "term") for tag in _each(found, "tags")),
        published_at=_published(found),
        updated_at=_moment(found, "updated"),
        language=_language(found),
        kind=_kind(found),
        occasion=_occasion(found),
        access=_access(found),
    )


# ------------------------------------------------------------------------------------------------- addresses
def _address(found: Any, base: str) -> str:
    """The entry's own page: its link, an address that is its id, or the file that hangs on it."""
    links = _each(found, "links")
    link = _text(found, "link").strip()
    if link and not links and not is_web(link):  # an id that was taken for an address
        link = ""
    if not link:
        usable = [one for one in links if _text(one, "href") and one.get("rel") in ("alternate", None)]
        usable += [one for one in links if _text(one, "href") and one.get("rel") == "enclosure"]
        link = _text(usable[0], "href").strip() if usable else ""
    return absolute(base, link) if link else ""


# ------------------------------------------------------------------------------------------------------ text
def _body(found: Any, base: str) -> tuple[str, str]:
    contents = [one for one in _each(found, "content") if _text(one, "value").strip() and _readable(one)]
    best = max(contents, key=lambda one: len(one["value"]), default=None)
    if best is None:
        best = _detail(found, "summary_detail") | {"value": _text(found, "summary")}
    base = absolute(base, _text(best, "base")) if _text(best, "base") else base
    if not best["value"] and _text(found, "media_about"):  # what is said of a film, where nothing else is
        return fields.body_of_text(_text(found, "media_about"), base)
    if best.get("type") == "text/plain":
        return fields.body_of_text(best["value"], base)
    return fields.body(best["value"], base)


def _readable(content: Any) -> bool:
    kind = _text(content, "type") or "text/html"
    return kind.startswith("text/") or kind == "application/xhtml+xml"


def _language(found: Any) -> str | None:
    named = (_detail(found, "summary_detail"), _detail(found, "title_detail"))
    for detail in (found, *_each(found, "content"), *named):
        if language := one_line(_text(detail, "language")):
            return language
    return None


def _access(found: Any) -> access.Access:
    """By its licence (RFC 4946, Creative Commons' and Dublin Core's elements) or its statement of rights."""
    licences = (_text(one, "href") for one in _each(found, "links") if one.get("rel") == "license")
    return access.stated([*licences, _text(found, "rights")])


def _names(found: Any) -> list[str]:
    people = [_text(one, "name") or _text(one, "email") for one in _each(found, "authors")]
    return [name for name in people if name] or [name for name in (_text(found, "author"),) if name]


def _each(found: Any, key: str) -> list[Any]:
    """What stands in a list of feedparser's; a feed with an element of that name (<links>) makes a text of it."""
    value = dict.get(found, key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _detail(found: Any, key: str) -> dict[str, Any]:
    value = dict.get(found, key)
    return dict(value) if isinstance(value, dict) else {}


def _text(found: Any, key: str) -> str:
    """A text of feedparser's dict; `dict.get`, for its own `get` guesses other keys and warns about it."""
    value = dict.get(found, key)
    return value if isinstance(value, str) else ""


# ----------------------------------------------------------------------------------------------------- dates
def _published(found: Any) -> datetime | None:
    """RSS: pubDate, else dc:date; Atom: published, else updated."""
    return _moment(found, "published") or _moment(found, "updated") or _moment(found, "created")


def _moment(found: Any, key: str) -> datetime | None:
    value = dict.get(found, key + "_parsed")
    if isinstance(value, datetime):
        return value
    if not isinstance(value, struct_time):
        return moment_of(_text(found, key))
    try:
        return datetime.fromtimestamp(calendar.timegm(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _ttl(feed: Any) -> timedelta | None:
    """How long its publisher says a feed stays as it is: <ttl> in minutes, or the syndication module's period."""
    try:
        minutes = float(_text(feed, "ttl") or 0)
        if not minutes:
            hours = _PERIODS.get(_text(feed, "sy_updateperiod").strip().lower(), 0)
            minutes = hours * 60 / max(1, float(_text(feed, "sy_updatefrequency") or 1))
    except ValueError:
        return None
    return min(timedelta(minutes=minutes), _LONGEST_TTL) if 0 < minutes < 10**7 else None


# ------------------------------------------------------------------------------------------ kind and occasion
def _kind(found: Any) -> str | None:
    if _text(found, "yt_videoid"):
        return "video"
    if dict.get(found, "thr_in-reply-to"):
        return "thread"
    enclosures = (one for one in _each(found, "links") if one.get("rel") == "enclosure")
    return fields.kind_of_media(_text(one, "type") for one in enclosures)


def _occasion(found: Any) -> Occasion | None:
    """From the event module of RSS 1.0 or xCal; a validity or expiry date says until when it can be joined. Of a
    podcast, how long it is."""
    if _OF_OCCASIONS.isdisjoint(found):
        return None
    starts = _day(found, ("ev_startdate", "xcal_dtstart"))
    ends = _day(found, ("ev_enddate", "xcal_dtend"))
    # A bare day lasts until its end; feedparser would make it the midnight before.
    closes = _day(found, ("validity_end", "expired"))
    closes = closes or _moment(found, "validity_end") or _moment(found, "expired")
    length = fields.minutes(_text(found, "itunes_duration"))
    if not (starts or ends or closes):
        return Occasion(effort=length, said={"effort": "itunes:duration"}) if length else None
    return Occasion(starts, ends, closes, title(_text(found, "ev_location") or _text(found, "xcal_location")))


def _day(found: Any, keys: Iterable[str]) -> datetime | date | None:
    return next((day for key in keys if (day := day_or_moment(_text(found, key)))), None)
