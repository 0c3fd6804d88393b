"""The last look: a sound letter passes, each fault is found, and no fault of an item's own words is imagined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import drafts
import pytest

from aggregator.compose import compose, preflight
from aggregator.compose.mime import alternative, chunk, part, plain
from aggregator.model import Edition, Letter, Occasion, Pick

DRAFT = drafts.draft()
LETTER = compose(DRAFT)

TEXT = f"Webinar: clean data without tears\n{drafts.EVENT.url}\n{drafts.UNSUBSCRIBE}\n{drafts.PREFERENCES}\n"
LINK = f'<a href="{drafts.EVENT.url.replace("&", "&amp;")}">Webinar</a>'
HTML = f'<h1>x</h1>{LINK}<a href="{drafts.UNSUBSCRIBE}">Leave</a><a href="{drafts.PREFERENCES}">Change</a>\n'
HEAD = LETTER.content.split(b"MIME-Version")[0]


def letter(text: str = TEXT, html: str = HTML, head: bytes = HEAD) -> Letter:
    """A letter put together by hand, sound unless a part says otherwise."""
    parts = [part("plain", chunk(text)), part("html", chunk(html))]
    return replace(LETTER, content=alternative([head], "abc", parts))


def test_a_sound_letter_passes() -> None:
    assert preflight(LETTER, DRAFT) == []
    assert preflight(letter(), DRAFT) == []


def raw(change: Callable[[bytes], bytes]) -> Letter:
    return replace(LETTER, content=change(LETTER.content))


@pytest.mark.parametrize(
    ("faulty", "words"),
    [
        (letter(text=""), "no plain text"),
        (letter(html=""), "no HTML"),
        (letter(text=TEXT.replace(drafts.UNSUBSCRIBE, "")), "plain text has no unsubscribe link"),
        (letter(html=HTML.replace(drafts.UNSUBSCRIBE, "https://x.example/")), "HTML has no unsubscribe link"),
        (letter(text=TEXT.replace(drafts.PREFERENCES, "")), "plain text has no preferences link"),
        (
            letter(text=TEXT.replace(drafts.EVENT.url, "").replace("Webinar", "")),
            "plain text has none of the items",
        ),
        (letter(html=HTML.replace(LINK, "")), "HTML has none of the items"),
        (letter(text=TEXT.replace(drafts.EVENT.url, "")), "is not in the plain text"),
        (letter(html=HTML + '<a href="">x</a>'), "'' is not a web address"),
        (letter(html=HTML + '<a href="javascript:x">x</a>'), "is not a web address"),
        (letter(html=HTML + f'<a class="t" href="{drafts.UNSUBSCRIBE}"> <b></b></a>'), "has no words"),
        (letter(html=HTML + "<h3> <b></b></h3>"), "empty title or heading"),
        (letter(html=HTML + "{{ pick.why }}"), "'{{'"),
        (letter(text=TEXT + "{% endfor %}"), "'{%'"),
        (letter(text=TEXT + "Undefined"), "'Undefined'"),
        (letter(html=HTML + "<p>" + "x " * 52_000), "102400 are allowed"),
        (letter(text=TEXT + "https://x.example/?u=anna%40library.example"), "contains the reader's address"),
        (letter(text=TEXT + "https://x.example/YW5uYUBsaWJyYXJ5LmV4YW1wbGU="), "contains the reader's address"),
        (letter(head=HEAD + plain("Subject", "again")), "2 Subject fields"),
        (letter(head=HEAD + plain("Bcc", "x@y.example")), "Bcc field"),
        (letter(head=HEAD.replace(b"To: anna", b"To: berta")), "To is not exactly"),
        (letter(head=HEAD.replace(b"List-Unsubscribe-Post", b"X-Post")), "List-Unsubscribe-Post is missing"),
        (
            letter(head=HEAD.replace(b"<https://digest", b"<mailto:x@y>, <https://digest")),
            "exactly one web address",
        ),
        (letter(head=HEAD.replace(b"Message-ID: <", b"Message-ID: <a@")), "Message-ID is not of the form"),
        (letter(head=HEAD.replace(b"Mon, 23", b"someday, 23")), "Date is not valid"),
        (letter(head=HEAD + b"X-Long: " + b"x" * 1000 + b"\r\n"), "more than 998 bytes"),
        (letter(head=HEAD + "X-Name: é\r\n".encode()), "outside ASCII"),
        (raw(lambda content: content.replace(b"\r\n\r\n", b"\n\n")), "does not end in CRLF"),
        (raw(lambda content: content + b"\x00"), "NUL"),
        (replace(LETTER, subject=" "), "subject is empty"),
        (replace(LETTER, recipient="berta@library.example"), "To is not exactly"),
        (replace(LETTER, content=b""), "no plain text"),
    ],
)
def test_each_fault_is_found(faulty: Letter, words: str) -> None:
    problems = preflight(faulty, DRAFT)
    assert any(words in problem for problem in problems), problems
    assert all("anna" not in problem for problem in problems), "no sentence names the reader"


def closing(day: date) -> Pick:
    return drafts.pick(drafts.item(9, occasion=Occasion(closes=day)))


def test_what_has_closed_may_not_leave() -> None:
    today = drafts.NOW.date()
    still, over = drafts.draft(closing(today)), drafts.draft(closing(today - timedelta(days=1)))
    assert preflight(compose(still), still) == []
    assert preflight(compose(over), over) == ["The item i9 has closed."]
    assert preflight(compose(still), still, drafts.NOW + timedelta(days=1)) == ["The item i9 has closed."]


def test_nothing_is_told_twice() -> None:
    twice = drafts.draft(drafts.pick(drafts.EVENT), drafts.pick(drafts.EVENT))
    problems = preflight(compose(twice), twice)
    assert "The item i2 is in the letter 2 times." in problems
    copied = drafts.draft(drafts.pick(drafts.EVENT), drafts.pick(replace(drafts.EVENT, id="i8")))
    assert any(drafts.EVENT.url in problem for problem in preflight(compose(copied), copied))


def test_no_items_is_a_problem() -> None:
    empty = replace(DRAFT, selection=replace(DRAFT.selection, sections=()))
    assert "The letter has no items." in preflight(LETTER, empty)


@pytest.mark.parametrize(
    "title", ["Using {{cite web}} well", "{% if %} in Jinja", "Undefined behaviour", "<!--% %-->"]
)
def test_items_may_be_about_templates(title: str) -> None:
    draft = drafts.draft(
        drafts.pick(drafts.item(1, title, text=title)), edition=Edition(introduction="See {{this}} and {%that%}.")
    )
    assert preflight(compose(draft), draft) == []
