"""What the interfaces of platforms answer: JSON that nobody has checked, made into values one can believe.

Every function takes whatever JSON can hold and gives what it clearly is, or nothing. Interfaces answer errors with
status 200, put pages for robots in the way and name next pages under the address of a machine behind them.
"""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from html import escape
from typing import Any
from urllib.parse import urlsplit

from aggregator.errors import SourceError
from aggregator.jsonlines import day_or_moment
from aggregator.model import Document, Source, Wanted
from aggregator.read.encoding import decoded
from aggregator.read.fields import LONGEST
from aggregator.read.paging import following, query_of, with_query
from aggregator.read.terms import without_mail
from aggregator.text import clean, one_line, plain, sanitise, title
from aggregator.urls import absolute, is_web

MOST = 5_000  # entries that one document may bring
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_LARGEST = 10_000_000.0
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_ROBOT_CHECK = re.compile(
    r"captcha|cf-chl|challenge-platform|just a moment|attention required|verify (?:that )?you are|are you a robot"
    r"|enable javascript and cookies|access denied|checking your browser",
    re.I,
)
_HTML = re.compile(r"</[a-zA-Z]|<(?:p|br|li|img)\b|&(?:#\w{2,6}|[a-z]{2,8});", re.I)
_MAIL_LINK = re.compile(r"<a\s[^<>]{0,300}?\b(?:mailto|tel):[^<>]{0,300}>([^<>]{0,300})</a\s?>", re.I)
_PHONE = re.compile(
    r"\b(?:tel(?:efono?|ephone|éphone)?|phone|mobile|fax|cell|handy)\b[.:]?\s{0,2}\+?\d[\d ()/.-]{5,20}\d", re.I
)
_log = logging.getLogger(__name__)


# -------------------------------------------------------------------------------------------------- documents
def text_of(document: Document) -> str:
    """The document as text without what stands before its first character. Raises SourceError `empty`."""
    text = decoded(document.body, document.content_type).lstrip("\ufeff \t\r\n\x00")
    if not text:
        raise SourceError("empty", "there is nothing in it")
    return text


def json_of(text: str) -> Any:
    """The JSON in a text. Raises SourceError `unreadable`."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise SourceError("unreadable", f"looks like JSON but is not: {one_line(str(error))[:200]}") from error


def seen_as(text: str) -> str:
    """What a document looks like that is not what was asked for, in words for a curator."""
    if text[:1] in ("{", "["):
        return "JSON of another shape"
    if not text.startswith("<"):
        return "plain text"
    return "a page that checks for robots" if _ROBOT_CHECK.search(text[:20_000]) else "an HTML or XML page"


# ----------------------------------------------------------------------------------------------------- values
def said(value: object) -> str:
    """A text or number as clean text on one line; of a list its first; everything else is empty."""
    if isinstance(value, list):
        return said(value[0]) if value and not isinstance(value[0], list) else ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, int) and abs(value) > 10**30:
        return ""
    return one_line(str(value))


def heading(value: object) -> str:
    """A title or name as plain text."""
    return title(said(value)[:2_000])


def rows(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list, at most MOST."""
    if not isinstance(value, list):
        return []
    found: list[Mapping[str, Any]] = [row for row in value if isinstance(row, dict)]
    if len(found) > MOST:
        _log.warning("a document brought %d entries; the first %d were read", len(found), MOST)
    return found[:MOST]


def inside(value: object) -> Mapping[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def names(value: object, key: str = "name") -> tuple[str, ...]:
    """The names in a list of texts or of objects that carry them under `key`, each once."""
    many: Iterable[object] = value if isinstance(value, list) else [value]
    found = (heading(one.get(key) if isinstance(one, dict) else one) for one in many)
    return tuple(dict.fromkeys(name for name in found if name))


def number(value: object) -> float | None:
    """A number that is none below zero and none without measure; texts such as "49.00" are read."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and 0 <= found <= _LARGEST else None


def whether(value: object) -> bool | None:
    """True and false, also as 1, 0, "true", "no"; None for all else."""
    if isinstance(value, bool):
        return value
    return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}.get(said(value).lower())


def when(value: object) -> datetime | date | None:
    """An ISO 8601 instant (UTC where no offset is said) to the second, or a whole day; of 1990 to 2100 only."""
    text = said(value)[:40]
    if not (_DAY.fullmatch(text) or _MOMENT.match(text)):
        return None
    return _believed(day_or_moment(text))


def epoch(value: object, per_second: int = 1) -> datetime | None:
    """The moment of so many seconds since 1970 (or parts of one: 1000 `per_second`); 0 is none."""
    count = None if isinstance(value, bool) or not isinstance(value, str | int | float) else said(value)
    try:
        found = datetime.fromtimestamp(float(count or 0) / per_second, UTC) if count else None
    except (ValueError, OverflowError, OSError):
        return None
    believed = _believed(found)
    return believed if isinstance(believed, datetime) else None


def _believed(found: datetime | date | None) -> datetime | date | None:
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        return None
    return found.replace(microsecond=0) if isinstance(found, datetime) else found


def body(content: str, base: str) -> tuple[str, str]:
    """(sanitised html, plain text) of a description, without the mail addresses and telephone numbers in it."""
    unlinked = _MAIL_LINK.sub(r"\1", content[:LONGEST])
    html = sanitise(_PHONE.sub("", without_mail(unlinked)), base)
    return html, plain(html)


def paragraphs(*texts: str) -> str:
    """HTML of the texts that say something; what is HTML already stays it."""
    said_so = (
        text if _HTML.search(text) else f"<p>{escape(text, quote=False)}</p>" for text in texts if text.strip()
    )
    return "".join(said_so)


def prose(value: object) -> str:
    """A text of several lines, possibly HTML, as it is; everything but a text is empty."""
    return clean(value[:LONGEST]) if isinstance(value, str) else ""


# -------------------------------------------------------------------------------------------------- addresses
def address(base: str, link: object) -> str:
    """A page's absolute address, or nothing where it is none for readers."""
    text = said(link)
    found = absolute(base, text) if text else ""
    return found if is_web(found) else ""


def site_of(url: str) -> str:
    """The site of an address, such as `https://learn.example.org`."""
    parts = urlsplit(url) if is_web(url) else urlsplit("")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""


def next_page(document: Document, link: object, headers: Mapping[str, str] | None = None) -> tuple[Wanted, ...]:
    """The page that a document names as its next (see `paging.following`), asked for with these headers."""
    found = following(document.url, said(link))
    return tuple(replace(wanted, headers=headers or {}) for wanted in found)


def asked(source: Source, defaults: Mapping[str, str], accept: str = "application/json") -> Wanted:
    """A source's address with the parameters that are missing in it, asked for in a media type."""
    here = query_of(source.url)
    missing: dict[str, str | None] = {name: value for name, value in defaults.items() if name not in here}
    url = with_query(source.url, missing) if missing else source.url
    return Wanted(url, {"Accept": accept})
