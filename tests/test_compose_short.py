"""Short letters: somebody waits for them, so they belong to no list, and machines leave them alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import get_args

import pytest
from bs4 import BeautifulSoup

from aggregator.compose import opened
from aggregator.compose.languages import known
from aggregator.compose.short import Kind, ShortLetter, short_letter
from aggregator.errors import ConfigError, Refused
from aggregator.model import Edition, Sender

ASKED = ShortLetter(
    id="s1",
    kind="confirm",
    recipient="ada@lib.example",
    language="en",
    edition=Edition(title="Harbour <Digest>", postal_address="Quay 1\nHarbour"),
    sender=Sender("digest@news.example.org", "Harbour", "https://d.example.org", "people@news.example.org"),
    at=datetime(2026, 11, 27, 8, tzinfo=UTC),
    link="https://d.example.org/confirm/t0ken-t0ken?a=1&b=2",
    good_for=timedelta(days=7),
    return_path="b+abc@bounce.example.org",
)


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("language", known())
def test_it_says_what_it_is_about_in_every_language(kind: Kind, language: str) -> None:
    letter = short_letter(replace(ASKED, kind=kind, language=language))
    mail = message_from_bytes(letter.content, policy=policy.default)
    assert mail["To"] == letter.recipient == "ada@lib.example"
    assert letter.sender == "b+abc@bounce.example.org"
    assert "Harbour <Digest>" in mail["Subject"]
    seen = opened(letter.content)
    assert ASKED.link in (seen.text or "")
    page = BeautifulSoup(seen.html or "", "html.parser")
    assert [link["href"] for link in page("a")] == [ASKED.link]
    assert page.html
    assert page.html["lang"] == language
    assert page.html["dir"] == ("rtl" if language == "ar" else "ltr")
    assert max(map(len, letter.content.split(b"\r\n"))) <= 78 + 2
    assert letter.content.isascii()
    assert b"{" not in letter.content.split(b"\r\n\r\n")[0]


def test_it_belongs_to_no_list_and_says_that_a_machine_wrote_it() -> None:
    names = {name.lower(): value for name, value in opened(short_letter(ASKED).content).fields}
    assert not {name for name in names if name.startswith("list-")} | names.keys() & {"precedence", "feedback-id"}
    assert names["auto-submitted"] == "auto-generated", "on somebody's act"
    assert "in-reply-to" not in names
    answer = opened(short_letter(replace(ASKED, answers="<q@lib.example>")).content).fields
    assert ("Auto-Submitted", "auto-replied") in answer, "RFC 3834, 5"
    assert ("In-Reply-To", "<q@lib.example>") in answer


def test_equal_values_give_equal_bytes_and_each_has_its_own_message_id() -> None:
    assert short_letter(ASKED) == short_letter(ASKED)
    assert short_letter(ASKED).message_id != short_letter(replace(ASKED, id="s2")).message_id


def test_nothing_starts_a_new_header_line() -> None:
    letter = short_letter(
        replace(ASKED, answers="<q@x>\r\nBcc: eve@x.example", edition=Edition(title="A\r\nBcc: x"))
    )
    assert "bcc" not in {name.lower() for name, _ in opened(letter.content).fields}


def test_a_way_out_stands_in_help() -> None:
    seen = opened(short_letter(replace(ASKED, kind="help", leave="https://d.example.org/unsubscribe/x")).content)
    assert "https://d.example.org/unsubscribe/x" in (seen.text or "")
    assert "/unsubscribe/x" in (seen.html or "")


def test_what_cannot_be_sent_is_refused() -> None:
    with pytest.raises(Refused):
        short_letter(replace(ASKED, recipient="nobody"))
    with pytest.raises(ConfigError):
        short_letter(replace(ASKED, sender=Sender("digest@localhost")))


def test_operators_have_their_own_and_it_is_signed(tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("Own words: {{ link }}\n")
    letter = short_letter(ASKED, [tmp_path], lambda content: b"DKIM-Signature: x\r\n" + content)
    assert (opened(letter.content).text or "").startswith("Own words: https://")
    assert letter.content.startswith(b"DKIM-Signature: x\r\n")
    (tmp_path / "short.html").write_text("{{ no_such }}")
    with pytest.raises(ConfigError, match=r"short\.html"):
        short_letter(ASKED, [tmp_path, tmp_path / "other"])
