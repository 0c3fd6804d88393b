"""An item in words; and the small tools that make text fit for a letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import drafts
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.compose.phrases import ENGLISH
from aggregator.compose.plain import clean, paragraphs, readable, rtl, shorten, wrap
from aggregator.compose.view import Setting, foreign, link, view
from aggregator.model import Occasion

ROME = ZoneInfo("Europe/Rome")
SETTING = Setting(ENGLISH, ROME, "en", "The Quiet Desk", (), 45, "#1a5f7a")


def facts(occasion: Occasion | None, kind: str = "event") -> list[str]:
    return [fact.text for fact in view(drafts.item(1, kind=kind, occasion=occasion), SETTING).facts]


@pytest.mark.parametrize(
    ("occasion", "expected"),
    [
        (Occasion(starts=date(2026, 11, 24)), ["Tue 24 Nov 2026"]),
        (Occasion(starts=date(2026, 11, 24), ends=date(2026, 11, 26)), ["24–26 Nov 2026"]),
        (Occasion(starts=date(2026, 11, 30), ends=date(2026, 12, 2)), ["30 Nov – 2 Dec 2026"]),
        (Occasion(starts=date(2026, 12, 30), ends=date(2027, 1, 2)), ["30 Dec 2026 – 2 Jan 2027"]),
        (Occasion(starts=date(2026, 12, 30), ends=date(2026, 1, 2)), ["Wed 30 Dec 2026"]),
        (Occasion(ends=date(2026, 12, 30)), ["until Wed 30 Dec 2026"]),
        (Occasion(starts=datetime(2026, 7, 1, 12, tzinfo=UTC)), ["Wed 1 Jul 2026, 14:00 Rome time"]),
        (
            Occasion(starts=datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("America/New_York"))),
            ["Wed 1 Jul 2026, 12:00 New York time"],
        ),
        (Occasion(starts=datetime(2026, 7, 1, 22, 30, tzinfo=UTC)), ["Thu 2 Jul 2026, 00:30 Rome time"]),
        (Occasion(place="  Zagreb\n ", price=""), ["Zagreb"]),
        (Occasion(), []),
        (None, []),
    ],
)
def test_dates_of_an_occasion(occasion: Occasion | None, expected: list[str]) -> None:
    assert facts(occasion) == expected


def test_a_missing_closing_date_is_said_where_it_decides() -> None:
    assert facts(None, "course") == ["Deadline unknown"]
    assert facts(Occasion(closes=date(2026, 12, 1)), "call") == ["Closes Tue 1 Dec 2026"]


def test_a_missing_date_is_said_unless_the_occasion_has_one() -> None:
    undated = drafts.item(1, published_at=None)
    assert view(undated, SETTING).meta == ("The Quiet Desk", "no date given")
    dated = replace(undated, kind="event", occasion=Occasion(starts=date(2026, 12, 1)))
    assert view(dated, SETTING).meta == ("Event", "The Quiet Desk")


def test_later_news_is_labelled() -> None:
    assert view(drafts.item(1, follows="0"), SETTING).meta[0] == "Update"
    assert "Update" not in view(drafts.item(1), SETTING).meta


def test_a_language_is_named_only_to_who_reads_another() -> None:
    italian = drafts.item(1, language="it-IT")
    assert view(italian, SETTING).meta[-1] == "in Italian"
    assert view(italian, SETTING._replace(reader_language="it")).meta[-1] == "20 Nov 2026"
    assert view(italian, SETTING).language == "it-IT"
    assert view(drafts.item(1, language=None), SETTING).language == ""
    assert foreign("en-GB", "en") == ""
    assert foreign('it" onload="x', "en") == ""


def test_what_titles_are_made_of_when_there_is_none() -> None:
    for invisible in ("", " \x07\n", "\u200b", "\u200d\u200e", "\u3000"):
        item = replace(drafts.item(1), title=invisible, text="Two words.")
        assert view(item, SETTING).title == "Two words."
    nameless = view(replace(drafts.item(1), title="", text=""), SETTING)
    assert nameless.title == "An item without a title from The Quiet Desk"


def test_a_title_that_poses_as_another_address_is_not_shown() -> None:
    def title(words: str) -> str:
        return view(drafts.item(1, words), SETTING).title

    assert title("https://bank.example/login") == "A page at quiet.example"
    assert title("www.bank.com") == "A page at quiet.example"
    assert title("Booking.com in the reading room") == "“Booking.com” in the reading room"
    assert title("data.world") == "“data.world”"
    assert title("Notes, see https://bank.example/login") == "Notes, see"
    assert title("Read more …") == "Read more … (The Quiet Desk)"
    for harmless in ("Quiet.example turns ten", "Node 2.0 is out", "Ph.D. students", "Who owns data.world?"):
        assert title(harmless) == harmless
    assert title("https://quiet.example/elsewhere") == "https://quiet.example/elsewhere"
    assert title("Node.js for librarians") == "Node.js for librarians"


def test_an_excerpt_does_not_repeat_the_title() -> None:
    item = drafts.item(1, "Open day", text="Open day")
    assert view(item, SETTING).excerpt == ""
    assert view(replace(item, text="Open day Come and see."), SETTING).excerpt == "Come and see."
    assert view(item, SETTING._replace(words=0)).excerpt == ""


def test_other_sources_are_named_up_to_four() -> None:
    many = SETTING._replace(also_in=("A", "B", "C", "D", "E", "F"))
    assert view(drafts.item(1), many).also_in == "Also in: A, B, C, D and 2 more"


def test_a_right_to_left_name_does_not_draw_in_what_follows() -> None:
    assert view(drafts.item(1), SETTING._replace(source="הספרן")).meta[0] == "הספרן\u200e"


@pytest.mark.parametrize("url", ["https://x.example/a?b=c|d&e={f}", "HTTP://X.EXAMPLE/", "http://[2001:db8::1]/ä"])
def test_addresses_stay_as_their_source_gave_them(url: str) -> None:
    assert link(url) == url


@pytest.mark.parametrize(
    "url",
    ["", "//x.example", "https:///x", "https://[x", "data:text/html,x", "https://x.example/\u202e", 'https://x/"'],
)
def test_what_is_no_link(url: str) -> None:
    assert link(url) == ""


# --------------------------------------------------------------------------------------------------- small tools
@given(st.text(max_size=300))
def test_clean_text_is_one_harmless_line_and_stays_so(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert not set(once) & set("\n\r\t\x00\x07\u202e\u2066\ufeff")
    once.encode()


def test_clean_keeps_what_scripts_need() -> None:
    assert clean("می\u200cخواهم 👩\u200d💻 a\u200eb") == "می\u200cخواهم 👩\u200d💻 a\u200eb"
    assert paragraphs("one\nmore\n\n \n two\r\n\r\nthree") == ("one more", "two", "three")


@given(st.text(max_size=300), st.integers(10, 100))
def test_shortened_text_fits(text: str, length: int) -> None:
    text = clean(text)
    short = shorten(text, length)
    assert len(short) <= length
    assert short == text if len(text) <= length else short.endswith("…")


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=600),
    st.sampled_from(["", "  "]),
)
def test_wrapped_lines_fit_and_lose_nothing(text: str, indent: str) -> None:
    text = clean(text)
    wrapped = wrap(text, indent)
    assert all(len(line) <= 78 or "://" in line for line in wrapped.split("\n"))
    assert "".join(wrapped.split()) == "".join(text.split())


def test_wrapping_counts_wide_letters_twice_and_spares_addresses() -> None:
    assert [len(line) for line in wrap("図" * 60).split("\n")] == [39, 21]
    address = "https://x.example/" + "a" * 100
    assert wrap(f"See {address} there") == f"See\n{address}\nthere"


def test_direction_is_that_of_the_first_letter() -> None:
    assert rtl("«סדרה» in English")
    assert not rtl("In English: סדרה")
    assert not rtl("2026 — …")


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True), st.sampled_from(["#ffffff", "#1b2023", "#000000"]))
def test_any_colour_becomes_readable_and_then_stays(colour: str, ground: str) -> None:
    better = readable(colour, ground)
    assert readable(better, ground, 4.5) == better
