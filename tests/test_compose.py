"""The letter as its readers, their mail programs and their relays get it."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage

import drafts
import pytest
from bs4 import BeautifulSoup
from bs4 import Tag as Element
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.compose import Composed, Composer, compose, opened, preflight
from aggregator.errors import ConfigError, Refused
from aggregator.model import Draft, Edition, Limits, Pick, Profile, Sender, Tag

COMPOSER = Composer()


def written(draft: Draft) -> Composed:
    return COMPOSER.write(draft)


def parsed(draft: Draft) -> EmailMessage:
    message = email.message_from_bytes(written(draft).letter.content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def text_of(draft: Draft) -> str:
    return opened(written(draft).letter.content).text or ""


def page_of(draft: Draft) -> str:
    return opened(written(draft).letter.content).html or ""


def soup_of(draft: Draft) -> BeautifulSoup:
    return BeautifulSoup(page_of(draft), "html.parser")


# ------------------------------------------------------------------------------------------------------- header
def test_every_field_once_and_as_it_should_be() -> None:
    message = parsed(drafts.draft(sender=Sender(name="City Library", reply_to="desk@example.org")))
    assert len(message.keys()) == len({name.lower() for name in message.keys()})  # noqa: SIM118 - keys repeat
    assert {name: str(message[name]) for name in message.keys() if name not in ("Subject", "Content-Type")} == {  # noqa: SIM118
        "From": "City Library <digest@example.org>",
        "Reply-To": "desk@example.org",
        "To": "anna@library.example",
        "Date": "Mon, 23 Nov 2026 07:00:00 +0000",
        "Message-ID": written(drafts.draft()).letter.message_id,
        "List-Id": "Library digest <digest.example.org>",
        "List-Unsubscribe": f"<{drafts.UNSUBSCRIBE}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Feedback-ID": message["Feedback-ID"],
        "MIME-Version": "1.0",
    }


def test_edition_title_is_the_display_name_when_there_is_no_other() -> None:
    assert parsed(drafts.draft())["From"].addresses[0].display_name == "Library digest"


def test_feedback_id_names_no_reader_and_repeats_nothing() -> None:
    fields = str(parsed(drafts.draft())["Feedback-ID"]).split(":")
    assert fields[:3] == ["digest", "2026-W48", "weekly"]
    assert 5 <= len(fields[3]) <= 15
    doubled = drafts.draft(edition=Edition(name="weekly"))
    fields = str(parsed(doubled)["Feedback-ID"]).split(":")
    assert len(fields) == 4
    assert len(set(filter(None, fields))) == len(list(filter(None, fields)))


def test_equal_drafts_give_equal_bytes_and_readers_differ() -> None:
    one, again = compose(drafts.draft()), Composer().compose(drafts.draft())
    assert one == again
    other = compose(drafts.draft(digest_id="2026-w48-r2"))
    assert other.message_id != one.message_id
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", one.message_id)


@pytest.mark.parametrize("name", ["Anna\r\nBcc: evil@example.org", "\u202eanna", "Jose\x00\x1b[31m"])
def test_nothing_a_stranger_writes_makes_a_header(name: str) -> None:
    item = drafts.item(1, f"{name} title\nX-Evil: yes", source=name)
    draft = drafts.draft(
        drafts.pick(item, why=name),
        reader=replace(drafts.READER, name=name),
        edition=Edition(title=name),
        sources={name: name},
    )
    message = parsed(draft)
    assert message["Bcc"] is None
    assert message["X-Evil"] is None
    for part in (text_of(draft), page_of(draft), str(message["Subject"])):
        assert not re.search("[\x00\x1b\u202a-\u202e\u2066-\u2069]", part)


def test_an_international_domain_is_written_in_punycode() -> None:
    draft = drafts.draft(reader=replace(drafts.READER, email="anna@bücherei.example"))
    assert str(parsed(draft)["To"]) == "anna@xn--bcherei-n2a.example"
    assert written(draft).letter.recipient == "anna@xn--bcherei-n2a.example"
    assert preflight(written(draft).letter, draft) == []


@pytest.mark.parametrize("address", ["jürgen@library.example", "nobody", "a@b\r\nTo: c@d.example"])
def test_an_impossible_recipient_is_refused_for_good_without_being_named(address: str) -> None:
    with pytest.raises(Refused) as refused:
        written(drafts.draft(reader=replace(drafts.READER, email=address)))
    assert refused.value.permanent
    assert address not in refused.value.reason


@pytest.mark.parametrize("address", ["digest", "digest@localhost", "dïgest@example.org"])
def test_an_impossible_sender_is_the_operators_mistake(address: str) -> None:
    with pytest.raises(ConfigError, match="AGGREGATOR_FROM"):
        written(drafts.draft(sender=Sender(address=address)))


# ------------------------------------------------------------------------------------------------------ subject
def subject(draft: Draft) -> str:
    return str(parsed(draft)["Subject"])


def test_subject_says_what_closes_then_the_best_of_the_rest() -> None:
    assert subject(drafts.draft()) == "1 deadline this week, Webinar: clean data without tears, and 2 more"
    only = drafts.draft(drafts.pick(drafts.EVENT), drafts.pick(drafts.ITALIAN, score=2.0))
    assert subject(only) == "Linee guida per la catalogazione condivisa, and 1 more"
    assert subject(drafts.draft(drafts.pick(drafts.EVENT))) == "Webinar: clean data without tears"


def test_subject_of_a_letter_in_which_everything_closes() -> None:
    selection = replace(drafts.SELECTION, sections=drafts.SELECTION.sections[:1])
    assert (
        subject(drafts.draft(selection=selection))
        == "Closing this week: Describing rare books: a course for generalists"
    )


def test_subject_does_not_shout() -> None:
    loud = drafts.draft(drafts.pick(drafts.item(1, "REGISTER NOW FOR THE BIG DAY")))
    assert subject(loud) == "1 item in Library digest"


@given(st.lists(st.text(min_size=1, max_size=200), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_titles_make_a_lawful_letter(titles: list[str]) -> None:
    picks = [drafts.pick(drafts.item(number, title)) for number, title in enumerate(titles)]
    done = written(drafts.draft(*picks))
    assert 0 < len(done.letter.subject) <= 78
    assert preflight(done.letter, done.draft) == []
    page = BeautifulSoup(opened(done.letter.content).html or "", "html.parser")
    assert all(link.get_text(strip=True) for link in page.find_all("a"))
    assert len(page.find_all("h3")) == len(titles)


# --------------------------------------------------------------------------------------------- what readers read
def test_an_item_tells_all_that_is_known_in_both_parts() -> None:
    draft = drafts.draft()
    for part in (text_of(draft), soup_of(draft).get_text()):
        said = " ".join(part.split())
        for words in (
            "Library digest", "Monday 23 November 2026 · 4 items · for Anna Rossi", "Two things close this week.",
            "Both are free.", "Closing soon", "Course · The Book Room · 20 Nov 2026",
            "Closes Fri 27 Nov 2026 · 1 Dec 2026 – 15 Jan 2027 · Online · €40", "Also in: Northern Libraries",
            "Why: Topic: Rare books — “rare books” in the title", "Thu 26 Nov 2026, 15:00–16:30 Rome time",
            "Why: Keyword: “data”", "Biblioteche in rete · 20 Nov 2026 · in Italian", "The Quiet Desk · no date given",
            "Who reads the readers? Privacy & loans <after> the cloud",
            "You get this letter because you asked for Library digest every week.",
        ):  # fmt: skip
            assert words in said


def test_closing_date_is_strong() -> None:
    assert [strong.get_text() for strong in soup_of(drafts.draft()).find_all("strong")] == [
        "Closes Fri 27 Nov 2026"
    ]


def test_why_names_the_topic_as_readers_know_it() -> None:
    item = replace(drafts.COURSE, also_in=())
    for why, expected in (
        ("Topic: rare-books", "Why: Topic: Rare books — “rare books” in the title"),
        ("Topic: rare-books — “codex” in the text", "Why: Topic: Rare books — “codex” in the text"),
        ("Topic: rare-books; Keyword: “codex”", "Why: Topic: Rare books; Keyword: “codex”"),
        ("Search: “codex”", "Why: Search: “codex”"),
        ("", "Why: New in The Book Room"),
    ):
        assert expected in text_of(drafts.draft(drafts.pick(item, why)))


def test_held_back_items_are_counted_and_the_reason_is_true() -> None:
    def waiting(count: int, **fields: object) -> str:
        held = tuple(drafts.pick(drafts.item(100 + number)) for number in range(count))
        draft = drafts.draft(selection=replace(drafts.SELECTION, held_back=held), **fields)  # type: ignore[arg-type]
        found = re.search(r"^\d+ more wait[^.]*\.", text_of(draft), re.MULTILINE)
        return " ".join(found[0].split()) if found else ""

    assert waiting(0) == ""
    asked = replace(drafts.READER, max_items=4)
    assert waiting(7, reader=asked) == "7 more wait for the next letter: you asked for at most 4."
    four = Edition(limits=Limits(items=4))
    assert waiting(1, edition=four) == "1 more waits for the next letter: a letter carries at most 4."
    assert waiting(2) == "2 more wait for the next letter, so that no one source or section fills this one."


def test_long_letters_say_at_the_top_what_is_in_them() -> None:
    short = [drafts.pick(drafts.item(number)) for number in range(8)]
    assert "In this letter" not in text_of(drafts.draft(*short))
    long = drafts.draft(*short, drafts.pick(drafts.item(9)))
    assert "In this letter: Reading 9" in text_of(long)
    assert "In this letter: Reading\u00a09" in soup_of(long).get_text()


def test_long_reading_is_parted_by_the_readers_topics() -> None:
    def on(number: int, *topics: str) -> Pick:
        return drafts.pick(drafts.item(number, topics=tuple(Tag(topic) for topic in topics)), why="New")

    reader = replace(drafts.READER, profile=Profile(topics={"oa": 3, "metadata": 1}))
    order = [
        on(1, "metadata"),
        on(2, "ai", "oa"),
        on(3),
        on(4, "oa"),
        on(5, "metadata"),
        on(6, "jobs"),
        on(7, "oa"),
    ]
    draft = drafts.draft(*order, on(8, "metadata"), reader=reader, topics={"oa": "Open access"})
    soup = soup_of(draft)
    told = [
        tag.get_text() for tag in soup.find_all(["h3", "p"]) if tag.name == "h3" or "block" in tag.get("class", "")
    ]
    assert [words.removeprefix("What reading group ").removesuffix(" learned") for words in told] == [
        "metadata", "1", "5", "8", "Open access", "2", "4", "7", "Other topics", "3", "6",
    ]  # fmt: skip
    assert "== Open access" in text_of(draft)
    assert preflight(written(draft).letter, draft) == []
    assert "Other topics" not in text_of(drafts.draft(*order, reader=reader)), "seven are read at a glance"


def test_text_has_every_link_and_nearly_every_word_and_no_markup() -> None:
    draft = drafts.draft(edition=Edition(postal_address="Library digest\n1 Reading Lane"))
    text, soup = text_of(draft), soup_of(draft)
    for link in soup.find_all("a"):
        assert str(link["href"]) in [line.strip() for line in text.splitlines()], "each on a line of its own"
    for style in soup.find_all("style"):
        style.decompose()
    words = re.findall(r"\w+", soup.get_text().lower())
    there = set(re.findall(r"\w+", text.lower()))
    assert sum(word in there for word in words) >= 0.85 * len(words)
    assert not re.search(r"</?(?:a|p|td|h\d|div|strong)\b|&amp;|&#", text)
    assert all(len(line) <= 78 for line in text.splitlines() if "://" not in line)


def test_an_item_without_a_usable_address_has_a_title_without_a_link() -> None:
    for url in (
        "",
        "javascript:alert(1)",
        "mailto:x@y.example",
        "ftp://old.example/x",
        "https://",
        "https://a b.example/",
    ):
        draft = drafts.draft(drafts.pick(drafts.item(1, "Only on paper", url=url)))
        heading = soup_of(draft).find("h3")
        assert isinstance(heading, Element)
        assert heading.get_text() == "Only on paper"
        assert heading.find("a") is None
        assert "javascript" not in text_of(draft) + page_of(draft)
        assert preflight(written(draft).letter, draft) == []


def test_a_link_that_names_the_reader_is_taken_away() -> None:
    for url in ("https://x.example/?u=Anna@library.example", "https://x.example/?u=anna%40library.example"):
        draft = drafts.draft(drafts.pick(drafts.item(1, "Personal", url=url)))
        assert "x.example" not in page_of(draft) + text_of(draft)
        assert preflight(written(draft).letter, draft) == []


def test_two_items_with_one_title_are_told_apart() -> None:
    one = drafts.item(1, "Weekly links")
    other = drafts.item(2, "Weekly links", source="north", url="https://north.example/links")
    titles = [
        link.get_text() for link in soup_of(drafts.draft(drafts.pick(one), drafts.pick(other))).select("h3 a")
    ]
    assert titles == ["Weekly links (The Quiet Desk)", "Weekly links (Northern Libraries)"]


def test_fragments_are_not_mixed_up_between_letters() -> None:
    """The composer keeps items for the next letter: nothing of one reader, edition or version may stay on them."""
    changed = replace(drafts.ITALIAN, title="Linee guida, seconda versione")
    rome = replace(drafts.READER, language="it")
    sources = {**drafts.SOURCES, "quiet": "Renamed"}
    for draft in (
        drafts.draft(),
        drafts.draft(drafts.pick(changed)),
        drafts.draft(reader=rome),
        drafts.draft(edition=Edition(accent="#aa0000")),
        drafts.draft(sources=sources),
        drafts.draft(
            drafts.pick(drafts.EVENT),
            reader=replace(drafts.READER, schedule=replace(rome.schedule, timezone="UTC")),
        ),
    ):
        assert written(draft).letter == Composer().compose(draft)


def test_moments_are_told_by_the_readers_clock() -> None:
    sydney = replace(drafts.READER, schedule=replace(drafts.READER.schedule, timezone="Australia/Sydney"))
    late = replace(
        drafts.draft().due, until=datetime.fromisoformat("2026-11-23T20:00:00+00:00"), subscriber=sydney
    )
    text = text_of(drafts.draft(due=late))
    assert "Tuesday 24 November 2026" in text
    assert "Fri 27 Nov 2026, 01:00–02:30 Sydney time" in text
