"""A letter's bytes, checked against the standard library's reading of them."""

from __future__ import annotations

import email
import email.policy
import quopri
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.compose import mime

WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)
BODIES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\x00"), max_size=2000)


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def whole_lines(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"


def said(text: str) -> str:
    """Text as a header can say it."""
    return " ".join(re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split())


def lines_of(field: bytes) -> list[bytes]:
    assert field.endswith(b"\r\n")
    assert b"\r" not in field.replace(b"\r\n", b"")
    assert b"\n" not in field.replace(b"\r\n", b"")
    return field[:-2].split(b"\r\n")


def check_folding(field: bytes) -> None:
    field.decode("ascii")
    first, *others = lines_of(field)
    assert all(line[:1] == b" " and line.strip() for line in others), "a folded line is never blank"
    assert all(len(line) <= 998 for line in [first, *others])
    for line in [first, *others]:
        if b"=?" in line:
            assert len(line) <= 76
        for word in re.findall(rb"=\?utf-8\?[qb]\?[^?]*\?=", line):
            assert len(word) <= 75


# ------------------------------------------------------------------------------------------------- header fields
@given(WORDS)
@example("Bcc: evil@example.org\r\nX: y")
@example("=?utf-8?q?already?=")
@example("👩🏽‍💻 " * 12)
@example("Ελληνικές βιβλιοθήκες " * 5)
@example("a" * 600)
def test_any_subject_survives(text: str) -> None:
    field = mime.unstructured("Subject", text)
    check_folding(field)
    message = parsed(field + b"\r\n")
    assert message.keys() == ["Subject"]
    assert said(str(message["Subject"])) == said(text)


@given(WORDS)
@example('Quoted "name" \\ with, specials <a@b>')
@example("Bücher & Räume")
@example("Libri\r\nBcc: evil@example.org")
@example("x" * 70 + " y")
def test_any_display_name_survives(name: str) -> None:
    field = mime.mailbox("From", name, "digest@example.org")
    check_folding(field)
    message = parsed(field + b"\r\n")
    assert message.keys() == ["From"]
    [address] = message["From"].addresses
    assert address.addr_spec == "digest@example.org"
    # The older functions: the newer ones keep a blank between two encoded-words of a name (RFC 2047, 6.2 says drop).
    raw = email.message_from_bytes(field + b"\r\n")["From"]
    phrase, _ = parseaddr(re.sub(r"\r\n", "", raw))
    assert said(str(make_header(decode_header(phrase)))) == said(name)


def test_short_ascii_fields_stay_readable() -> None:
    assert mime.unstructured("Subject", "Mentoring in Zagreb") == b"Subject: Mentoring in Zagreb\r\n"
    assert mime.mailbox("From", "Library digest", "a@b.example") == b"From: Library digest <a@b.example>\r\n"
    assert mime.mailbox("From", "Books, and more", "a@b.example") == b'From: "Books, and more" <a@b.example>\r\n'
    assert mime.mailbox("To", "", "a@b.example") == b"To: a@b.example\r\n"
    assert mime.list_id("", "digest.example.org") == b"List-Id: <digest.example.org>\r\n"


def test_long_ascii_fields_are_folded_at_blanks() -> None:
    field = mime.unstructured("Subject", "word " * 40)
    assert all(len(line) <= 78 for line in lines_of(field))


def test_uri_fields_fold_between_addresses_only() -> None:
    long = "https://digest.example.org/" + "x" * 300
    field = mime.uris("List-Unsubscribe", [long, "mailto:leave@example.org"])
    assert lines_of(field) == [f"List-Unsubscribe: <{long}>,".encode(), b" <mailto:leave@example.org>"]


def test_nothing_in_an_address_can_end_a_uri_field() -> None:
    [line] = lines_of(mime.uris("List-Unsubscribe", ["https://a.example/x>\r\nBcc: <ä"]))
    assert line == b"List-Unsubscribe: <https://a.example/x%3E%0D%0ABcc:%20%3C%C3%A4>"


def test_date_has_a_numeric_zone() -> None:
    field = mime.date("Date", datetime(2026, 11, 23, 7, 0, 5, tzinfo=UTC))
    assert field == b"Date: Mon, 23 Nov 2026 07:00:05 +0000\r\n"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("anna@library.example", "anna@library.example"),
        (" Anna.Rossi+news@Library.EXAMPLE ", "Anna.Rossi+news@library.example"),
        ("anna@bücherei.example", "anna@xn--bcherei-n2a.example"),
        ("anna@straße.example", "anna@xn--strae-oqa.example"),
        ('"two words"@library.example', '"two words"@library.example'),
        ("root@localhost", "root@localhost"),
    ],
)
def test_addresses_as_headers_carry_them(address: str, expected: str) -> None:
    assert mime.ascii_address(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "", "anna", "@library.example", "anna@", "änna@library.example", "a b@library.example", "a..b@library.example",
        "a@b@library.example", "anna@-x.example", "anna@library..example", "anna@x\r\nBcc: evil.example",
        "anna\r\n@library.example", "Anna <anna@library.example>", "a" * 65 + "@library.example", "a@" + "ü" * 80,
    ],
)  # fmt: skip
def test_addresses_that_have_no_ascii_form(address: str) -> None:
    with pytest.raises(ValueError) as caught:
        mime.ascii_address(address)
    assert not address or address not in str(caught.value), "an address is personal: it is in no message"


# ------------------------------------------------------------------------------------------------------- bodies
@given(st.lists(BODIES, max_size=4))
@example(["." + "\n" + "From me\n", " trailing blanks  \t\n"])
@example(["x" * 75 + "\n", "x" * 76 + "\n", "x" * 77 + "\n", "é" * 80])
def test_any_body_survives_in_any_pieces(pieces: list[str]) -> None:
    part = mime.part("plain", b"".join(map(mime.chunk, pieces)))
    part.decode("ascii")
    assert all(len(line) <= 76 for line in part.split(b"\r\n\r\n", 1)[1].split(b"\r\n"))
    assert b"\n" not in part.replace(b"\r\n", b"")
    payload = parsed(part).get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n") == "".join(map(whole_lines, pieces))


@given(BODIES, BODIES)
def test_chunks_encode_alike_alone_and_together(one: str, two: str) -> None:
    assert mime.chunk(one + "\n") + mime.chunk(two) == mime.chunk(one + "\n" + two)


@given(st.lists(BODIES, max_size=6))
@example(["x" * 75, "y" * 76, "z", "x" * 75 + "é", "é" * 25 + "x", "blank at the end "])
def test_pieces_go_on_in_the_line_that_was_begun(pieces: list[str]) -> None:
    lines = b"".join(mime.piece(piece) for piece in pieces) + mime.chunk("the end")
    assert all(len(line) <= 76 for line in lines.split(b"\r\n"))
    text = "".join(pieces) + "the end\n"
    assert quopri.decodestring(lines).replace(b"\r\n", b"\n") == whole_lines(text).encode("utf-8", "replace")


@given(st.lists(BODIES, min_size=1, max_size=4), st.text(max_size=300).map(mime.one_line))
@example(["x" * 76, "=" * 26, ""], "https://example.org/" + "k" * 200 + "==")
def test_slots_are_filled(around: list[str], inside: str) -> None:
    body = mime.filled(mime.piece("\0".join(around)) + mime.chunk("the end"), inside)
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert mime.SLOT not in body
    expected = whole_lines(inside.join(around) + "the end")
    assert quopri.decodestring(body).replace(b"\r\n", b"\n") == expected.encode("utf-8", "replace")


def test_no_line_ends_in_a_blank() -> None:
    assert mime.chunk("a \nb\t\n") == b"a=20\r\nb=09\r\n"


def test_long_letters_of_other_scripts_are_not_inflated() -> None:
    text = "図書館の目録を共有するための新しい指針\n"
    part = mime.part("plain", mime.chunk(text * 400))
    assert b"Content-Transfer-Encoding: base64" in part
    assert len(part) < 1.5 * len(text.encode()) * 400
    assert b"Content-Transfer-Encoding: quoted-printable" in mime.part("plain", mime.chunk(text * 30))


@given(BODIES, BODIES, WORDS)
def test_whole_messages_survive(text: str, html: str, subject: str) -> None:
    parts = [mime.part("plain", mime.chunk(text)), mime.part("html", mime.chunk(html))]
    content = mime.alternative([mime.unstructured("Subject", subject)], "0a1b2c", parts)
    message = parsed(content)
    assert message.get_content_type() == "multipart/alternative"
    assert not message.defects
    plain, rich = message.iter_parts()
    assert (plain.get_content_type(), rich.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_content_charset() == "utf-8"
    opened = mime.opened(content)
    assert opened.text == whole_lines(text)
    assert opened.html == whole_lines(html)
    assert dict(opened.fields)["MIME-Version"] == "1.0"


@given(st.binary(max_size=300))
def test_opening_never_fails(content: bytes) -> None:
    assert mime.opened(content).fields
