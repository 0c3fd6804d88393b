"""The last look at the letters of a run: it clears what `preflight` clears, and finds what `preflight` finds, though
it knows the pieces already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import drafts
import pytest
from hypothesis import HealthCheck, given, settings
from test_letter_promises import letters

from aggregator.compose import Composed, Composer, LastLook, mime, preflight
from aggregator.compose.lastlook import FIRST, ONE_IN
from aggregator.compose.plan import Plan
from aggregator.compose.voice import Both
from aggregator.model import Draft, Occasion

COMPOSER = Composer()
DRAFT = drafts.draft(item_pages=drafts.ITEM_PAGES, leave_address="leave+abc@example.org")
LETTER = COMPOSER.write(DRAFT)
SOUND = LETTER.letter.content


def practised(*written: Composed) -> LastLook:
    """A last look that has seen so many letters of this shape that it does not look at the whole of one."""
    look = LastLook()
    for one in written or (LETTER,):
        for _ in range(FIRST + 1):
            assert look.at(one) == []
    return look


def test_a_sound_letter_is_cleared_without_a_second_look_at_its_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    look = practised()
    monkeypatch.setattr("aggregator.compose.lastlook.preflight", lambda *_: ["looked at as a whole"])
    assert look.at(LETTER) == []
    other = replace(DRAFT, selection=replace(DRAFT.selection, held_back=(drafts.pick(drafts.item(99)),)))
    assert look.at(COMPOSER.write(other)) == ["looked at as a whole"], "the first of another shape"
    assert any(look.at(LETTER) for _ in range(ONE_IN)), "one in so many"


@given(letters())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_clears_what_preflight_clears(draft: Draft) -> None:
    written = COMPOSER.write(replace(draft, item_pages=drafts.ITEM_PAGES))
    found = preflight(written.letter, written.draft)
    look = LastLook()
    assert [look.at(written) for _ in range(FIRST + 2)] == [found] * (FIRST + 2)


# ------------------------------------------------------------------------------------------- faults in the bytes
def changed(old: bytes, new: bytes, count: int = -1) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new, count)

    return change


FAULTS = {
    "another reader": changed(b"To: anna", b"To: berta"),
    "a second subject": changed(b"Subject:", b"Subject: x\r\nSubject:"),
    "a copy": changed(b"To: anna", b"Bcc: x@y.example\r\nTo: anna"),
    "no one-click": changed(b"List-Unsubscribe-Post", b"X-Post"),
    "a broken id": changed(b"Message-ID: <", b"Message-ID: <a@"),
    "a broken date": changed(b"Date: Mon, 23", b"Date: someday, 23"),
    "no unsubscribe link in the text": lambda content: content.replace(b"unsubscribe/8hJd0-", b"unsubscribe/other-", 2),
    "no unsubscribe link in the HTML": lambda content: b"unsubscribe/other-".join(content.rsplit(b"unsubscribe/8hJd0-", 1)),
    "bare line ends": changed(b"\r\n\r\n", b"\n\n"),
    "NUL": changed(b"</html>", b"\x00</html>"),
    "outside ASCII": changed(b"</html>", "é</html>".encode()),
    "too long a line": changed(b"</html>", b"x" * 1000 + b"</html>"),
    "a mark": changed(b"</html>", b"{{ nonsense }}</html>"),
    "a mark in the text": changed(b"Why: Keyword", b"Why: {% if %} Keyword"),
    "an empty heading": changed(b"</html>", b"<h3> </h3></html>"),
    "a link without words": changed(b"</html>", b'<a href=3D"https://x.example/"></a></html>'),
    "a link that is none": changed(b"</html>", b'<a href=3D"javascript:x">x</a></html>'),
    "an item's link that the text lacks": changed(b"https://quiet.example/2026/4", b"https://quiet.example/2026/5", 1),
    "an item's link that is none": changed(b'href=3D"https://quiet', b'href=3D"ftp://quiet'),
    "the reader in a link": changed(b"https://quiet.example/2026/3", b"https://anna@library.example"),
    "cut off": lambda content: content[: len(content) // 2],
    "too large": changed(b"</html>", b"x\r\n" * 40_000 + b"</html>"),
    "the parts in each other's place": lambda content: content.replace(b"text/plain", b"text/x").replace(b"text/html", b"text/plain").replace(b"text/x", b"text/html"),
    "another reader's pages": changed(b"WyJwcmVmZXJlbmNlcyIsInIxIl0", b"WyJwcmVmZXJlbmNlcyIsInIyIl0"),
    "an item lost from the text": changed(b"Webinar: clean data without tears\r\n", b"", 1),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_in_the_bytes_is_found(fault: str) -> None:
    faulty = replace(LETTER, letter=replace(LETTER.letter, content=FAULTS[fault](SOUND)))
    expected = preflight(faulty.letter, faulty.draft)
    found = practised().at(faulty)
    assert found
    assert set(expected) <= set(found)
    assert all("anna" not in problem for problem in found)


# ------------------------------------------------------------------------------------------- faults in the plan
def joined(plan: Plan) -> Composed:
    """A letter that is what this plan says, whatever that is."""
    assert LETTER.plan
    html = mime.filled(b"".join(pair.html for pair in plan.pairs), plan.pages)
    text = mime.filled(b"".join(pair.text for pair in plan.pairs), plan.pages)
    parts = [
        mime.part("plain", plan.before.text + text + plan.after.text),
        mime.part("html", plan.before.html + html + plan.after.html),
    ]
    head = SOUND[: SOUND.index(b"MIME-Version")]
    return replace(
        LETTER, letter=replace(LETTER.letter, content=mime.alternative([head], "abc", parts)), plan=plan
    )


def place(words: bytes) -> int:
    """The number of the first pair that says so."""
    assert LETTER.plan
    return next(n for n, pair in enumerate(LETTER.plan.pairs) if words in pair.html)


def test_a_letter_joined_from_its_plan_is_sound() -> None:
    assert LETTER.plan
    assert practised().at(joined(LETTER.plan)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"https://quiet.example", b"https://elsewhere.example"),
        (b'href=3D"https', b'href=3D"ftp'),
        (b"Linee guida", b"{{ item.title }} "),
        (b"</h3>", b"</h3><h3></h3>"),
        (b"Linee", b"Lin\xc3\xa9e"),
        (b"Linee", b"Linee\nguida"),
        (b"Linee", b"Linee" + b"x" * 1000),
    ],
)
def test_a_faulty_piece_is_found_wherever_it_is_put(old: bytes, new: bytes) -> None:
    plan = LETTER.plan
    assert plan
    at = place(b"Linee guida")
    rotten = Both(plan.pairs[at].html.replace(old, new), plan.pairs[at].text)
    faulty = joined(replace(plan, pairs=(*plan.pairs[:at], rotten, *plan.pairs[at + 1 :])))
    look = practised()
    assert set(preflight(faulty.letter, DRAFT)) <= set(look.at(faulty))
    assert look.at(faulty), "the second time too"


def test_an_item_that_was_forgotten_or_taken_from_another_letter_is_found() -> None:
    plan = LETTER.plan
    assert plan
    at, other = place(b"Linee guida"), place(b"Webinar: clean")
    lost = joined(replace(plan, pairs=(*plan.pairs[:at], *plan.pairs[at + 1 :])))
    assert practised().at(lost) == ["The item i3 is not in the letter."]
    doubled = joined(replace(plan, pairs=(*plan.pairs[:at], plan.pairs[other], *plan.pairs[at + 1 :])))
    assert practised().at(doubled) == ["The item i3 is not in the letter."]


def test_a_reader_in_the_address_of_a_shared_piece_is_found() -> None:
    """A piece has passed for one reader; for another it names that reader."""
    url = "https://x.example/?who=berta@library.example"
    draft = drafts.draft(drafts.pick(drafts.item(1, url=url)), drafts.pick(drafts.EVENT))
    look = practised(COMPOSER.write(draft))
    berta = replace(drafts.READER, email="berta@library.example")
    own = replace(draft, due=replace(draft.due, subscriber=berta))
    named = replace(COMPOSER.write(draft), draft=own)
    content = named.letter.content.replace(b"To: anna", b"To: berta")
    letter = replace(named.letter, recipient="berta@library.example", content=content)
    assert look.at(replace(named, letter=letter)) == ["A link or an identifier contains the reader's address."]


# ----------------------------------------------------------------------------------------- faults in the draft
def test_what_has_closed_may_not_leave_and_nothing_is_told_twice() -> None:
    today = drafts.NOW.date()
    course = drafts.pick(drafts.item(9, occasion=Occasion(closes=today)))
    still = COMPOSER.write(drafts.draft(course))
    look = practised(still)
    assert look.at(still, drafts.NOW + timedelta(days=1)) == ["The item i9 has closed."]
    assert look.at(still) == []
    over = replace(
        still.draft,
        selection=drafts.draft(drafts.pick(drafts.item(9, occasion=Occasion(closes=date(2026, 1, 1))))).selection,
    )
    assert look.at(replace(still, draft=over)) == ["The item i9 has closed."]
    twice = drafts.draft(drafts.pick(drafts.EVENT), drafts.pick(drafts.EVENT))
    assert "The item i2 is in the letter 2 times." in look.at(COMPOSER.write(twice))
