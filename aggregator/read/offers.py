"""Offers of schema.org: what taking part costs, and from when to when one can join."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from aggregator.model import Price
from aggregator.read.isodates import when
from aggregator.read.terms import as_list, last_part, truth
from aggregator.text import title

MOST = 50  # offers of one thing
_EARLY = re.compile(r"early|bird|frühbucher|fruehbucher|anticipat|anticipad", re.I)
_CERTIFICATE = re.compile(r"certifi|attestat|zertifi|verified|diplom|potvrd", re.I)
_FREE = re.compile(r"free|gratis|gratuit\w*|kostenlos|kostenfrei|besplatno", re.I)
_NUMBER = re.compile(r"\d[\d.,' \u00a0\u202f]*")
_CURRENCY = re.compile(r"\b([A-Z]{3})\b|([€£$])")
_SIGNS = {"€": "EUR", "£": "GBP"}  # a $ is the dollar of many countries

Window = tuple[datetime | date | None, datetime | date | None, datetime | date | None]


def offers_of(thing: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The offers of a thing, those inside an aggregate too."""
    found: list[Mapping[str, Any]] = []
    for one in as_list(thing.get("offers")):
        if isinstance(one, Mapping):
            inner = [each for each in as_list(one.get("offers")) if isinstance(each, Mapping)]
            found += inner or [one]
    return found[:MOST]


def prices(thing: Mapping[str, Any]) -> tuple[Price, ...]:
    """What it costs to take part. Nothing said is (); free is an amount of 0."""
    found = [_price(offer) for offer in offers_of(thing)]
    known = [price for price in dict.fromkeys(found) if price.amount is not None or price.label]
    if not any(price.amount is not None for price in known) and truth(thing.get("isAccessibleForFree")):
        known.append(Price(amount=0.0, covers="attend"))
    return tuple(known)


def window(thing: Mapping[str, Any], zone: str = "") -> Window:
    """(opens, closes, early bird) of enrolment or registration, from the offers' own dates.

    It closes when the last offer ends, and only if every offer says when it does; an offer that is called early
    gives the early bird and no more.
    """
    early: list[datetime | date] = []
    ends: list[datetime | date | None] = []
    starts: list[datetime | date | None] = []
    for offer in offers_of(thing):
        end = _first_date(offer, ("availabilityEnds", "validThrough"), zone)
        start = _first_date(offer, ("availabilityStarts", "validFrom"), zone)
        if _EARLY.search(_label(offer)):
            early += [end] if end else []
        else:
            ends.append(end)
            starts.append(start)
    return _extreme(starts, first=True), _extreme(ends, first=False), _extreme(early, first=True)


def sold_out(thing: Mapping[str, Any]) -> bool:
    """Whether every offer is said to be gone."""
    found = [last_part(offer.get("availability")) for offer in offers_of(thing)]
    return bool(found) and all(state in ("SoldOut", "OutOfStock") for state in found)


def amount_of(value: object) -> float | None:
    """A number as people write it: `1,234.50`, `1.234,50`, `175,00`, `EUR 30`; `free` is 0; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _sane(value)
    if not isinstance(value, str):
        return None
    found = _NUMBER.search(value[:60])
    if found is None:
        return 0.0 if _FREE.search(value[:60]) else None
    digits = re.sub(r"[ '\u00a0\u202f]", "", found[0]).rstrip(".,")
    whole, mark, part = digits.replace(",", ".").rpartition(".")
    if mark and len(part) == 3 and whole.replace(".", "").isdigit() and whole.strip("0"):
        return _sane(float(whole.replace(".", "") + part))  # 1.500 is one and a half thousand
    try:
        return _sane(float((whole.replace(".", "") + "." if mark else "") + part))
    except ValueError:
        return None


def _sane(value: int | float) -> float | None:
    if value != value or value < 0 or value > 10_000_000:
        return None
    return float(value) if math.isfinite(value) else None


def _price(offer: Mapping[str, Any]) -> Price:
    details = next((one for one in as_list(offer.get("priceSpecification")) if isinstance(one, Mapping)), {})
    said = next(
        (v for v in (offer.get("price"), details.get("price"), offer.get("lowPrice")) if v not in (None, "")), None
    )
    label = _label(offer)
    amount = amount_of(said)
    if amount is None and said is None and last_part(offer.get("category")).lower() == "free":
        amount = 0.0
    covers = "certificate" if _CERTIFICATE.search(label) else "attend"
    return Price(label, amount, _currency(offer, details, said) if amount is not None else "", "", covers)


def _currency(offer: Mapping[str, Any], details: Mapping[str, Any], said: object) -> str:
    for named in (offer.get("priceCurrency"), details.get("priceCurrency")):
        if isinstance(named, str) and len(named.strip()) == 3:
            return named.strip().upper()
    written = _CURRENCY.search(said[:60]) if isinstance(said, str) else None
    return (written[1] or _SIGNS.get(written[2], "")) if written else ""


def _label(offer: Mapping[str, Any]) -> str:
    for key in ("name", "category", "description"):
        if isinstance(offer.get(key), str) and offer[key].strip():
            return title(last_part(offer[key]))[:100]
    return ""


def _first_date(offer: Mapping[str, Any], keys: Iterable[str], zone: str) -> datetime | date | None:
    return next((found for key in keys if (found := when(offer.get(key), zone)[0])), None)


def _extreme(found: Iterable[datetime | date | None], *, first: bool) -> datetime | date | None:
    """The first or last of dates, which may be days and moments; None if one is unknown or there are none."""
    known = list(found)
    if not known or any(one is None for one in known):
        return None
    ordered = sorted((one for one in known if one), key=lambda one: one.isoformat())
    return ordered[0] if first else ordered[-1]
