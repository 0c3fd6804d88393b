"""Letters of every shape, judged by a checker that knows nothing of how they are made (`lettercheck`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import drafts
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lettercheck import faults

from aggregator.compose import Composer, mime, preflight
from aggregator.deliver.dkim import key_of, signer
from aggregator.model import (
    Draft,
    Edition,
    Item,
    Occasion,
    Pick,
    Price,
    Rights,
    Schedule,
    Section,
    Selection,
    Sender,
    Told,
)

NASTY = (
    "", " ", "A", "  spaced   out ", "<script>alert(1)</script>", "Tom & Jerry &amp; co", "“Quoted” 'title'",
    "\u202egnp.exe\u202c", "\u2066isolated\u2069 words", "zero\u200bwidth\u00ad", "\x00\x07bell", "line\nbreak\ttab",
    "😀👩🏽‍💻🏳️‍🌈", "lost \ufffd letter", "دورة في الفهرسة", "سדרת mixed עברית 12", "図書館の目録を共有するための新しい指針" * 6, "x" * 400,
    "https://bank.example/login", "www.bank.com", "booking.com in the library", "ALL CAPITALS EVERYWHERE NOW",
    "Subject: injected\r\nBcc: a@b.example", "=?utf-8?q?already?=", "a" * 90 + " " + "b" * 90, "Größe und Maß",
    "e\u0301 combining", "1 + 1 < 3 > 2", "]]> --> <!-- x -->", "read more", "Reader@Library.Example writes",
    "\ud800 lone half", "100 % \\ sure", "Ａｌｌ ｗｉｄｅ", "𛁱𗀀 kana supplement and Tangut are wide " * 4,
)  # fmt: skip
NASTY_ADDRESSES = (
    "", "javascript:alert(1)", "mailto:x@y.example", "/relative", "https://a.example/" + "u" * 3000, "http://a.example/x",
    "https://a.example/?who=anna@library.example", "https://a.example/?who=anna%40library.example", "HTTPS://A.example/B",
    "https://münchen.example/ä?ö=ü", "https://a.example/a b", 'https://a.example/"><b>', "https://a.example/?a=1&b=2#c",
    "https://[::1]/x", "https://user:pw@a.example/",
)  # fmt: skip
DAYS = st.dates(date(2026, 11, 24), date(2027, 6, 1))
MOMENTS = st.datetimes(datetime(2026, 11, 24), datetime(2027, 6, 1), timezones=st.just(UTC))
LETTERS = st.characters(exclude_categories=("Cn", "Co", "Cs"))
WORDS = st.one_of(st.sampled_from(NASTY), st.text(LETTERS, max_size=60))
ADDRESSES = st.one_of(
    st.sampled_from(NASTY_ADDRESSES), st.integers(1, 10**6).map(lambda n: f"https://s.example/{n}?a=1&b=2")
)


@st.composite
def occasions(draw: Callable[..., object]) -> Occasion:
    starts = draw(st.one_of(st.none(), DAYS, MOMENTS))
    return Occasion(
        starts=starts,
        ends=starts + timedelta(days=3) if starts else None,
        closes=draw(st.one_of(st.none(), DAYS)),
        place=draw(WORDS),
        price=draw(WORDS),
        online=draw(st.sampled_from([None, True, False])),
        zone=draw(st.sampled_from(["", "Europe/Zagreb", "America/New_York", "Nowhere/Else"])),
        prices=tuple(
            draw(st.lists(st.builds(Price, WORDS, st.sampled_from([None, 0.0, 9.5]), st.just("EUR")), max_size=2))
        ),
        organiser=draw(WORDS),
        status=draw(st.sampled_from(["", "cancelled", "sold_out", "tentative"])),
    )  # type: ignore[arg-type]


@st.composite
def items(draw: Callable[..., object], number: int = 0) -> Item:
    kind = draw(st.sampled_from(["post", "paper", "course", "event", "call", "job", "notes", "thread"]))
    dated = kind in ("course", "event", "call", "job")
    return drafts.item(
        number,
        draw(WORDS) or "\u200b",
        url=draw(ADDRESSES),
        text=draw(st.one_of(WORDS, st.just(drafts.TEXT), st.just("word " * 500))),
        kind=kind,
        language=draw(st.sampled_from([None, "en", "it", "ar", "he", "ja", "zh-Hant", "x<y"])),
        published_at=draw(st.one_of(st.none(), st.just(drafts.NOW - timedelta(days=2)))),
        occasion=draw(occasions()) if dated else None,
        also_in=tuple(draw(st.lists(st.sampled_from(["north", "room", "rete"]), max_size=3, unique=True))),
        source=draw(st.sampled_from(["quiet", "room", "unknown-source"])),
        access=draw(st.sampled_from(["", "open", "restricted"])),
        event=draw(st.sampled_from(["", "HLC 2026"])) if kind == "notes" else "",
    )


@st.composite
def letters(draw: Callable[..., object]) -> Draft:
    """A draft of any shape: 1 to 60 items in sections, any language, any edition."""
    few = draw(st.lists(items(), min_size=1, max_size=8))
    count = draw(st.sampled_from([1, 1, 2, 3, 5, 9, 20, 60]))
    picks = [
        Pick(replace(few[n % len(few)], id=f"i{n}", url=f"{one.url}{n}" if (one := few[n % len(few)]).url else ""),
             1 - n / 100, draw(WORDS) if n < 5 else "Topic: Mentoring")
        for n in range(count)
    ]  # fmt: skip
    if picks[0].item.occasion and draw(st.booleans()):
        told = Told(
            replace(picks[0].item.occasion, starts=date(2026, 11, 30), ends=None), drafts.NOW - timedelta(days=7)
        )
        picks[0] = replace(picks[0], told=told)
    parts = sorted(draw(st.lists(st.integers(1, count), max_size=3)))
    names = ["changed" if picks[0].told else "closing", "events", "notes", "reading"]
    bounds = [0, *parts, count]
    sections = [
        Section(name, tuple(picks[a:b])) for name, a, b in zip(names, bounds, bounds[1:], strict=False) if b > a
    ]
    held = tuple(Pick(drafts.item(900 + n), 0.1, "") for n in range(draw(st.sampled_from([0, 0, 3]))))
    edition = Edition(
        draw(st.sampled_from(["digest", "Ma liste!", "日本"])),
        draw(st.one_of(st.just("Library digest"), WORDS)),
        introduction=draw(WORDS),
        accent=draw(st.sampled_from(["#1a5f7a", "#ffff00", "#fff", "#000", "red;}"])),
        postal_address=draw(st.sampled_from(["", "Library\n1 Road\nTown", "مكتبة"])),
        library_link=draw(st.sampled_from(["", "https://p.example/login?url=", "https://r.example/?u={url}"])),
    )
    reader = replace(
        drafts.READER,
        email=draw(st.sampled_from(["anna@library.example", "o'neil+x@bücher.example", '"odd name"@a.example'])),
        name=draw(WORDS),
        language=draw(st.sampled_from(["en", "it", "ar", "de", "xx"])),
        schedule=Schedule(
            draw(st.sampled_from(["daily", "weekly"])), timezone=draw(st.sampled_from(["UTC", "Asia/Tokyo", "?"]))
        ),
    )
    return drafts.draft(
        reader=reader,
        edition=edition,
        selection=Selection(tuple(sections), held),
        sender=Sender("digest@example.org", draw(WORDS), reply_to=draw(st.sampled_from(["", "desk@example.org"]))),
        sources={"quiet": draw(WORDS), "room": "The Book Room"},
        return_path=draw(st.sampled_from(["", "back+abc@example.org"])),
        leave_address=draw(st.sampled_from(["", "leave+abc@example.org"])),
        rights={"quiet": Rights(draw(st.sampled_from([0, 10, 45, 9999])), draw(WORDS), "open")},
        test=draw(st.booleans()),
    )


def to_of(draft: Draft) -> str:
    local, _, domain = draft.due.subscriber.email.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"


COMPOSER = Composer()


@given(letters())
@settings(max_examples=60, print_blob=False, suppress_health_check=list(HealthCheck), deadline=None)
def test_every_letter_keeps_every_rule(draft: Draft) -> None:
    done = COMPOSER.write(draft)
    assert preflight(done.letter, done.draft) == []
    assert faults(done.letter.content, to_of(draft)) == []


@pytest.mark.parametrize("language", ["en", "it", "ar", "de"])
def test_ordinary_letters_signed(language: str, tmp_path: Path) -> None:
    key = tmp_path / "dkim.pem"
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key.write_bytes(private.private_bytes(*form))
    key.chmod(0o600)
    named = key_of(key, "digest2026", "example.org")
    assert named
    draft = drafts.draft(reader=replace(drafts.READER, language=language))
    content = Composer(sign=signer(named)).compose(draft).content
    assert content.startswith(b"DKIM-Signature:")
    assert faults(content, "anna@library.example") == []


def test_identifiers_and_links_differ_between_readers() -> None:
    def identifiers(number: int) -> set[str]:
        token = f"{number:x}" * 32
        reader = replace(drafts.READER, id=f"r{number}", email=f"reader{number}@library.example")
        draft = drafts.draft(reader=reader, unsubscribe_url=f"https://d.example.org/unsubscribe/{token}")
        letter = COMPOSER.compose(replace(draft, digest_id=f"2026-w48-r{number}"))
        assert faults(letter.content, reader.email) == []
        return {letter.message_id, draft.unsubscribe_url}

    assert not identifiers(1) & identifiers(2)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: ", b"Subject: " + b"X" * 90 + b" "), (b"Auto-Submitted: auto", b"Auto-Submitted: not-auto"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two"), (b"To: anna@", b"To: anna.b@"), (b"\r\n", b"\n"),
        (b"Date: Mon", b"Date: Tue"), (b"<https://digest", b"<http://digest"), (b"Precedence: bulk", b"Cc: a@b.example"),
    ],
)  # fmt: skip
def test_the_checker_finds_a_fault_in_the_header(old: bytes, new: bytes) -> None:
    content = COMPOSER.compose(drafts.draft()).content
    assert faults(content, "anna@library.example") == []
    assert old in content
    assert faults(content.replace(old, new, 1), "anna@library.example")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("color:#566067", "color:#b6c0c7"), ("<h2", "<h4"), ("<article", "<!-- x --><article"), ("</h2>", ""),
        ('href="https://quiet.example/2026/4', 'href="https://quiet.example/elsewhere'), ("14px", "11px"),
        (">What reads", ">\u202eWhat reads"), ('role="presentation"', ""), ('<meta name="viewport"', '<meta name="v"'),
        ("<p ", '<p onclick="x" onclick="y" '), ("</article>", "<img src=x></article>"), ("Why:", "because of that:" * 99),
        ("background-color:#1b2023!important", "background-color:#e4e8e6!important"), ("</a>", "</a><a></a>"),
        (">Describing rare books: a course for generalists<", ">read more<"), ("<!DOCTYPE html>", ""),
        ("https://quiet.example/2026/1?", "https://quiet.example/anna@library.example/1?"),
    ],
)  # fmt: skip
def test_the_checker_finds_a_fault_in_the_page(old: str, new: str) -> None:
    draft = drafts.draft()
    content = COMPOSER.compose(replace(draft, sources={**draft.sources, "quiet": "What reads"})).content
    seen = mime.opened(content)
    assert seen.html
    assert old in seen.html
    spoiled = seen.html.replace(old, new)
    parts = [mime.part("plain", mime.chunk(seen.text or "")), mime.part("html", mime.chunk(spoiled))]
    head = content[: content.index(b"MIME-Version")]
    assert faults(mime.alternative([head], "abc", parts), "anna@library.example")
