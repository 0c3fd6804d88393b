"""Prices as people write them: free is a price, not known is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Price
from aggregator.read.prices import code, price_line, price_of


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("30", 30, ""),
        ("0", 0, ""),
        ("€ 30", 30, "EUR"),
        ("30,- €", 30, "EUR"),
        ("1.200,50 EUR", 1200.5, "EUR"),
        ("£1,200.50", 1200.5, "GBP"),
        ("1 200 €", 1200, "EUR"),
        ("CHF 1'500.-", 1500, "CHF"),
        ("175.00 USD", 175, "USD"),
        ("US$ 20", 20, "USD"),
        ("$20", 20, ""),
        ("Quota 30 euro", 30, "EUR"),
        ("free", 0, ""),
        ("Gratuito.", 0, ""),
        ("kostenlos!", 0, ""),
        ("Besplatno", 0, ""),
        ("free of charge", 0, ""),
    ],
)
def test_one_amount(text: str, amount: float, currency: str) -> None:
    price = price_of(text)
    assert price is not None
    assert (price.amount, price.currency) == (amount, currency)


@pytest.mark.parametrize(
    "text",
    [
        "from 30 €",
        "da 30 euro",
        "ab 20 EUR",
        "30-50 EUR",
        "free for members, 50 EUR",
        "free trial",
        "20 % off",
        "ask us",
        "not free",
    ],
)
def test_what_is_not_one_price_stays_as_it_is_written(text: str) -> None:
    price = price_of(text)
    assert price is not None
    assert (price.amount, price.label) == (None, text)


def test_nothing_is_no_price() -> None:
    assert price_of("") is None
    assert price_of("  ") is None


def test_a_mere_number_takes_the_currency_of_its_source() -> None:
    assert price_of("30", "eur") == Price(amount=30, currency="EUR", covers="attend")
    assert price_of("30 CHF", "eur") == Price(amount=30, currency="CHF", covers="attend")
    assert (code("Eur"), code("shells")) == ("EUR", "")


def test_prices_in_one_line() -> None:
    prices = [Price("audit", 0.0, "EUR", covers="attend"), Price("verified", 49.0, "EUR", covers="certificate")]
    assert price_line(prices) == "free; certificate 49 EUR"
    assert price_line([Price(amount=12.5, currency="GBP", who="members")]) == "12.50 GBP (members)"
    assert price_line([Price("verified", covers="certificate"), Price("from 30 €")]) == "from 30 €"
    assert price_line([]) == ""


@given(st.integers(0, 99_999), st.integers(0, 99))
def test_an_amount_is_the_same_in_both_writings(whole: int, cents: int) -> None:
    english, german = f"{whole:,}.{cents:02}", f"{whole:,}".replace(",", ".") + f",{cents:02}"
    found = {price.amount for text in (english, german) if (price := price_of(f"{text} EUR"))}
    assert found == {round(whole + cents / 100, 2)}


@given(st.text(max_size=300))
def test_no_text_crashes_it(text: str) -> None:
    price = price_of(text)
    assert price is None or price.amount is None or price.amount >= 0
    assert isinstance(price_line([price] if price else []), str)
