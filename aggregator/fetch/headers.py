"""What answers say about time and versions (RFC 9110, RFC 9111). Pure; the moment is an argument."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from aggregator.model import Validators

LONGEST_PAUSE = timedelta(days=7)
LONGEST_AGE = timedelta(days=365)
_LONGEST_LINK = 8_192  # characters
_LINK = re.compile(r"<([^<>]*)>((?:\s*;[^,;\"]*(?:\"[^\"]*\")?)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.I)

_SENDABLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,998}[\x21-\x7e])?")


def sendable(value: str | None) -> str | None:
    """The value if it can go into a header line as it is, else None."""
    return value if value and _SENDABLE.fullmatch(value) else None


def validators(headers: Mapping[str, str]) -> Validators:
    """ETag and Last-Modified as sent; what could not be sent back is dropped."""
    return Validators(sendable(headers.get("etag")), sendable(headers.get("last-modified")))


def conditions(held: Validators) -> dict[str, str]:
    """The request headers that ask for news only (RFC 9110, 13.1)."""
    named = {"If-None-Match": sendable(held.etag), "If-Modified-Since": sendable(held.last_modified)}
    return {name: value for name, value in named.items() if value}


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long to stay away: seconds or a date, never more than seven days, never less than nothing."""
    value = headers.get("retry-after", "").strip()
    pause = _seconds(value)
    if pause is None and (moment := _moment(value)):
        pause = max(moment - now, timedelta(0))
    return None if pause is None else min(pause, LONGEST_PAUSE)


def max_age(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the answer stays fresh (RFC 9111, 4.2.1), less its Age. We are a private cache: s-maxage is not
    for us. None where nothing is said or the publisher wants to be asked every time."""
    parts = (part.partition("=") for part in headers.get("cache-control", "").lower().split(","))
    directives = {name.strip(): value.strip(' "') for name, _, value in parts}
    if "no-cache" in directives or "no-store" in directives:
        return None
    fresh = _seconds(directives.get("max-age", ""))
    if fresh is None and (expires := _moment(headers.get("expires", ""))):
        fresh = expires - (_moment(headers.get("date", "")) or now)
    if fresh is None:
        return None
    spent = _seconds(headers.get("age", "").strip()) or timedelta(0)
    return min(max(fresh - spent, timedelta(0)), LONGEST_AGE)


def following(headers: Mapping[str, str], url: str) -> str:
    """The next page of what was found at `url`, as a Link header names it (RFC 8288); empty where none does."""
    for link in _LINK.finditer(headers.get("link", "")[:_LONGEST_LINK]):
        rel = _REL.search(link[2])
        if rel and "next" in (rel[1] or rel[2]).lower().split():
            try:
                found: str = urljoin(url, link[1].strip())
            except ValueError:
                return ""
            return found
    return ""


def _seconds(value: str) -> timedelta | None:
    """A count of seconds (delta-seconds); anything else is None. Ten thousand days are as good as more."""
    if not (value.isascii() and value.isdigit()):
        return None
    return timedelta(seconds=min(int(value[:10]), 864_000_000))


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
