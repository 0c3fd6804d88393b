"""The next page of a list, asked for at the place where the list was found.

Programs behind a proxy name their pages with a host or scheme of their own. Only the query of such an address is
believed: nothing is ever asked of another host.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from aggregator.model import Wanted
from aggregator.urls import absolute, is_web

PAGE = "page"
DETAIL = "detail:"  # role of a document that tells more of one entry; its guid follows


def following(url: str, named: str, role: str = PAGE) -> tuple[Wanted, ...]:
    """The page that a list at `url` names as its next one: on the same host, with the same scheme. Nothing where
    there is none, where it is the list itself, or where it lies elsewhere under another path."""
    if not named or not is_web(url):
        return ()
    there = absolute(url, named)
    if not is_web(there):
        return ()
    here, parts = urlsplit(url), urlsplit(there)
    if (parts.scheme, parts.netloc.lower()) != (here.scheme, here.netloc.lower()):
        same_host = (parts.hostname or "") == (here.hostname or "")
        if not same_host and unquote(parts.path).rstrip("/") != unquote(here.path).rstrip("/"):
            return ()
        parts = parts._replace(scheme=here.scheme, netloc=here.netloc)
    there = urlunsplit(parts._replace(fragment=""))
    return (Wanted(there, role=role),) if there != url else ()


def with_query(url: str, changes: Mapping[str, str | None]) -> str:
    """`url` with parameters set (or, for None, taken away); the others stay as they are, in their order."""
    parts = _split(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    query = [(name, changes.get(name, value)) for name, value in kept]
    query += [(name, value) for name, value in changes.items() if name not in dict(kept)]
    present = [(name, value) for name, value in query if value is not None]
    return urlunsplit(parts._replace(query=urlencode(present, quote_via=quote, safe="*:,"), fragment=""))


def query_of(url: str) -> dict[str, str]:
    """The parameters of an address; of a repeated one, the last value."""
    return dict(parse_qsl(_split(url).query, keep_blank_values=True))


def path_of(url: str) -> str:
    """The path of an address in lower case, empty where it has none or is no address."""
    return _split(url).path.lower()


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # brackets that hold no address
        return urlsplit("")


def whole(value: object) -> int | None:
    """A whole number from 0 to a thousand million, also written as text; None for anything else."""
    if isinstance(value, str):
        value = int(value) if re.fullmatch(r"\s*\d{1,10}\s*", value, re.ASCII) else None
    elif isinstance(value, float):
        value = int(value) if math.isfinite(value) and value == int(value) else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= 10**9 else None
