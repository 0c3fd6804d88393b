"""What something costs, from what its provider wrote. Free and not known are two things."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aggregator.model import Price
from aggregator.text import fold, one_line

_CODES = frozenset(
    """AED ARS AUD BAM BDT BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP GHS HKD HRK HUF IDR ILS INR ISK JPY KES
    KRW KZT LKR MAD MKD MXN MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD UAH UGX
    USD UYU VND ZAR""".split()
)
# The dollar and the crown belong to many countries: alone they name none.
_SIGNS = {"us$": "USD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "c$": "CAD", "ca$": "CAD", "€": "EUR", "£": "GBP",
          "¥": "JPY", "₹": "INR", "zł": "PLN", "fr.": "CHF"}  # fmt: skip
_WORDS = re.compile(r"\beuros?\b|\bpounds?\b|\bsterline\b|\bsterling\b")
_AMOUNT = re.compile(r"\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d{1,7}(?:[.,]\d{1,2})?(?!\d)")
_FREE = re.compile(
    r"(?:it is |completely |corso |cours |kurs )?(?:free|no (?:cost|charge|fee)|gratis|gratuit[eoai]?s?"
    r"|gratuitement|gratuitamente"
    r"|kostenlos|kostenfrei|kosteloos|besplatn[oai]|besplatan|bezplatn\w*)(?: of charge)?"
)
_NOT_ONE_PRICE = re.compile(
    r"\b(?:from|ab|da|des|desde|od|vanaf|a partire|a partir|up to|bis|free|gratis|gratuit\w*|kostenlos)\b|%"
)


def price_of(text: str, currency: str = "", covers: str = "attend", label: str = "") -> Price | None:
    """The price in a text such as "€ 30", "1.200,00 EUR", "free", "0"; None for no text.

    Several amounts, and amounts that are only a beginning ("from 30 €"), are a label without an amount. A dollar
    without a country has no currency, unless `currency` gives it.
    """
    text = one_line(text)[:200]
    if not text:
        return None
    folded = fold(text).strip(" .!")
    if _FREE.fullmatch(folded):
        return Price(label=label, amount=0.0, currency=code(currency), covers=covers)
    amounts = _AMOUNT.findall(text)
    if len(amounts) != 1 or _NOT_ONE_PRICE.search(folded):
        return Price(label=label or text, covers=covers)
    plain = amounts[0] == text
    found = _currency(text) or code(currency)
    return Price(
        label=label if plain or found else label or text, amount=_value(amounts[0]), currency=found, covers=covers
    )


def code(text: str) -> str:
    """An ISO 4217 code in capitals, or nothing for what is none."""
    known = one_line(text).upper()
    return known if known in _CODES else ""


def price_line(prices: Iterable[Price]) -> str:
    """Prices in one line for readers: "free; certificate 49 EUR". What is not known has no place in it."""
    found = (_shown(price) for price in prices)
    return "; ".join(dict.fromkeys(text for text in found if text))


def _shown(price: Price) -> str:
    if price.amount is None:
        return price.label if price.label == "paid" or re.search(r"\d", price.label) else ""
    amount = f"{price.amount:.2f}".removesuffix(".00")
    text = f"{amount} {price.currency}".strip() if price.amount else "free"
    text = f"certificate {text}" if price.covers == "certificate" else text
    return f"{text} ({price.who})" if price.who else text


def _currency(text: str) -> str:
    named = next((word for word in re.findall(r"[A-Z]{3}", text) if word in _CODES), "")
    if named:
        return str(named)
    lower = text.lower()
    signs = [name for sign, name in _SIGNS.items() if sign in lower]
    if signs:
        return signs[0]
    word = _WORDS.search(lower)
    return ("EUR" if word[0].startswith("euro") else "GBP") if word else ""


def _value(written: str) -> float:
    whole = re.sub(r"['\s]", "", written)
    if parts := re.fullmatch(r"(.*)[.,](\d{1,2})", whole):
        return float(re.sub(r"\D", "", parts[1]) + "." + parts[2])
    return float(re.sub(r"\D", "", whole))
