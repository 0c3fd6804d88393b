"""Links that belong to one reader."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.tokens import (
    PREFERENCES,
    PREFERENCES_LAST,
    BadToken,
    Opened,
    Signer,
    my_pages,
    open_key,
    preferences_url,
    unsubscribe_token,
    unsubscribe_url,
)

DAY = timedelta(days=1)


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


def fault(signer: Signer, purpose: str, token: str, max_age: timedelta = DAY) -> str:
    with pytest.raises(BadToken) as caught:
        signer.verify(purpose, token, max_age)
    assert str(caught.value) == f"the link is no good: {caught.value.fault}"
    return caught.value.fault


def test_unsubscribe_tokens_are_long_different_and_fit_a_path() -> None:
    tokens = {unsubscribe_token() for _ in range(200)}
    assert len(tokens) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{32}", token) for token in tokens)


@given(st.text(st.characters(blacklist_characters="@", blacklist_categories=("Cs",)), min_size=1, max_size=40))
def test_what_was_signed_is_read_back(subject: str) -> None:
    signer = Signer(["a secret"])
    token = signer.sign(PREFERENCES, subject)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", token)
    assert signer.verify(PREFERENCES, token, DAY) == subject


def test_no_address_in_a_token() -> None:
    with pytest.raises(ValueError, match="address"):
        Signer(["s"]).sign(PREFERENCES, "ada@example.org")


def test_a_link_lasts_as_long_as_was_said() -> None:
    clock = Clock()
    signer = Signer(["s"], clock)
    token = signer.sign(PREFERENCES, "r1")
    clock.now += DAY.total_seconds()
    assert signer.verify(PREFERENCES, token, DAY) == "r1"
    clock.now += 1
    assert fault(signer, PREFERENCES, token) == "expired"


def test_a_link_opens_what_it_was_made_for_and_nothing_else() -> None:
    signer = Signer(["s"])
    assert fault(signer, "confirm", signer.sign(PREFERENCES, "r1")) == "purpose"


def test_secrets_are_changed_without_breaking_links() -> None:
    old = Signer(["first"])
    token = old.sign(PREFERENCES, "r1")
    both = Signer(["second", "first"])
    assert both.verify(PREFERENCES, token, DAY) == "r1"
    assert fault(old, PREFERENCES, both.sign(PREFERENCES, "r1")) == "forged"
    assert fault(Signer(["second"]), PREFERENCES, token) == "forged"


@given(st.text(max_size=80))
def test_junk_is_forged_whatever_it_is(junk: str) -> None:
    assert fault(Signer(["s"]), PREFERENCES, junk) == "forged"


@given(st.integers(0, 200), st.integers(1, 255))
def test_not_one_character_can_be_changed(place: int, change: int) -> None:
    signer = Signer(["s"], Clock())
    token = signer.sign(PREFERENCES, "r1")
    place %= len(token) - 1  # the last character of base64 has bits that mean nothing
    other = chr((ord(token[place]) + change) % 128)
    if other != token[place]:
        assert fault(signer, PREFERENCES, token[:place] + other + token[place + 1 :]) == "forged"


def test_a_token_of_any_length_costs_little() -> None:
    assert fault(Signer(["s"]), PREFERENCES, "a" * 1_000_000) == "forged"


@pytest.mark.parametrize("secrets", [[], [""], ["good", "  "], "a string is no list of secrets"])
def test_no_signing_without_a_secret(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="secret"):
        Signer(secrets)


def test_keys_differ_by_purpose_and_secret_and_tell_nothing() -> None:
    signer = Signer(["s", "older"])
    assert signer.key("digest") == Signer(["s"]).key("digest")
    assert len({signer.key("digest"), signer.key("other"), Signer(["t"]).key("digest")}) == 3
    assert len(signer.key("digest")) == 32
    assert "older" not in repr(signer)


def test_the_links() -> None:
    signer = Signer(["s"])
    for base in ("https://digest.example.org/lib", "https://digest.example.org/lib/"):
        assert unsubscribe_url(base, "abc") == "https://digest.example.org/lib/unsubscribe/abc"
        url = preferences_url(base, signer, "r1")
        assert url.startswith("https://digest.example.org/lib/preferences/")
        assert signer.verify(PREFERENCES, url.rpartition("/")[2], PREFERENCES_LAST) == "r1"
        mine = my_pages(base, signer, "r1", 2)
        assert mine.startswith("https://digest.example.org/lib/my/")
        assert open_key(signer, mine.rpartition("/")[2]) == Opened("r1", 2, False)
