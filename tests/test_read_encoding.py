"""Bytes to text when labels and bytes disagree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.read.encoding import decoded

TEXT = "Perché è così – “sì”"


def declared(name: str) -> str:
    return f'<?xml version="1.0" encoding="{name}"?><t>{TEXT}</t>'


@pytest.mark.parametrize(
    ("said", "real", "content_type"),
    [
        ("utf-8", "utf-8", None),
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        ("utf-8", "utf-8", "text/xml; charset=nonsense"),
        ("utf-8", "utf-8-sig", "text/xml; charset=iso-8859-1"),
        ("iso-8859-1", "utf-8", None),
        ("iso-8859-1", "cp1252", None),
        ("windows-1252", "cp1252", "text/xml; charset=utf-8"),
        ("utf-8", "cp1252", None),
        ("nonsense", "cp1252", None),
        ("utf-16", "utf-16", None),
        ("utf-16", "utf-16-le", None),
        ("utf-16", "utf-16-be", None),
        ("utf-16", "utf-8", None),
        ("utf-32", "utf-32", None),
        ("utf-32", "utf-32-be", None),
        ("utf-32", "utf-32-le", None),
    ],
)
def test_western_text_survives(said: str, real: str, content_type: str | None) -> None:
    assert decoded(declared(said).encode(real), content_type) == declared(said)


@pytest.mark.parametrize(
    ("said", "real", "text"),
    [
        ("gb2312", "gb18030", "图书馆教育"),
        ("Shift_JIS", "cp932", "図書館"),
        ("iso-2022-jp", "iso-2022-jp", "図書館"),
        ("euc-kr", "cp949", "도서관"),
        ("windows-1251", "cp1251", "библиотека"),
        ("iso-8859-2", "iso-8859-2", "knižnica"),
        ("iso-8859-7", "iso-8859-7", "βιβλιοθήκη"),
        ("ibm500", "cp500", "città [1]!"),
        ("nonsense", "cp037", "città [1]!"),
    ],
)
def test_the_declaration_is_used_where_the_bytes_are_no_utf8(said: str, real: str, text: str) -> None:
    assert text in decoded(f'<?xml version="1.0" encoding="{said}"?><t>{text}</t>'.encode(real))


def test_the_header_helps_where_the_document_says_nothing() -> None:
    assert decoded("<t>библиотека</t>".encode("cp1251"), "text/xml; charset=windows-1251") == "<t>библиотека</t>"
    assert decoded("<t>café</t>".encode("latin-1")) == "<t>café</t>"


def test_broken_bytes_cost_themselves_only() -> None:
    assert decoded("è così ".encode() + b"\x93a\x94" + " perché".encode()) == "è così “a” perché"
    assert decoded("perché".encode()[:-1]).startswith("perch")


@pytest.mark.parametrize("label", ["rot13", "zlib", "hex", "utf-7", "idna", "undefined"])
def test_a_label_that_is_no_encoding_does_no_harm(label: str) -> None:
    assert "<t>" in decoded(f'<?xml version="1.0" encoding="{label}"?><t>é</t>'.encode("cp1252"))


@given(st.binary(max_size=300), st.sampled_from([None, "text/xml; charset=shift_jis", "text/xml;charset=utf-16"]))
@settings(deadline=None)
def test_anything_can_be_decoded(body: bytes, content_type: str | None) -> None:
    assert isinstance(decoded(body, content_type), str)


@given(st.text(max_size=100))
@settings(deadline=None)
def test_utf8_comes_back(text: str) -> None:
    text = "<" + text.encode("utf-8", "ignore").decode()
    if "\x00" not in text[:4]:
        assert decoded(text.encode(), "text/xml; charset=iso-8859-1") == text
