"""In which country something takes place, as far as its address and time zone tell."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from urllib.parse import urlsplit

from aggregator.model import Item

# Of these kinds it matters where they are; news from elsewhere is still news.
PLACED_KINDS = frozenset({"course", "event", "call", "job"})
# Country domains that anybody uses; `eu` is no country, `uk` is GB in ISO 3166.
_ANYBODYS = frozenset("ai am cc co eu fm gg io is la ly me sh st su tk to tv vc ws".split())
_OTHER_CODES = {"UK": "GB", "AC": "GB"}


def country_of(item: Item) -> str | None:
    """ISO 3166 code of the country of an onsite course, event, call or job; None where that is not known, for what
    is online, and for other kinds.

    The time zone of its dates says most, then the address's country domain (`.hr`)."""
    if item.kind not in PLACED_KINDS or (item.occasion is not None and item.occasion.online):
        return None
    if item.occasion is not None and (country := _by_zone().get(item.occasion.zone)):
        return country
    return _by_address(item.url)


@lru_cache(maxsize=1)
def countries() -> tuple[str, ...]:
    """Every ISO 3166 code that the time zone database knows."""
    table = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    return tuple(line[:2] for line in table.splitlines() if line and not line.startswith("#"))


def zones() -> tuple[str, ...]:
    """The time zones that people live in, one name each."""
    return tuple(sorted(_by_zone()))


@lru_cache(maxsize=1)
def _by_zone() -> dict[str, str]:
    """IANA zone -> country, from the time zone database's own table (zone.tab)."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {row[2]: row[0] for row in rows}


def _by_address(url: str) -> str | None:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None
    last = host.rpartition(".")[2]
    if not re.fullmatch("[a-z]{2}", last) or last in _ANYBODYS:
        return None
    return _OTHER_CODES.get(last.upper(), last.upper())
