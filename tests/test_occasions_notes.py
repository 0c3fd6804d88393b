"""Posts recognised as notes on an event, and the event that they are on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import drafts
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.choose import choose
from aggregator.compose import Composer, opened, preflight
from aggregator.model import Edition, Item, Occasion, Pick
from aggregator.occasions.notes import event_of, events_among, is_note, mentions, noted
from aggregator.topics import kind_of

SEEN = datetime(2027, 9, 20, 8, tzinfo=UTC)


def post(
    title: str, text: str = "", *, at: datetime | None = SEEN, language: str = "en", tags: tuple[str, ...] = ()
) -> Item:
    return Item(
        "p", "s", title=title, text=text, published_at=at, first_seen_at=SEEN, language=language, tags=tags
    )


def event(title: str, starts: date, ends: date | None = None, **more: object) -> Item:
    return Item(
        f"e-{title}", "cal", title=title, kind="event", occasion=Occasion(starts=starts, ends=ends, **more)
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Notes from the Harbour Libraries Conference", "en"),
        ("HLC 2027: reflections from a first-timer", "en"),
        ("What I learned at #hlc27", "en"),
        ("Key takeaways: LibTech4All 2027", "en"),
        ("Live blog: HLC2027, day two", "en"),
        ("Trip report – HLC '27", "en"),
        ("Resoconto del Convegno delle Biblioteche di Mare 2027", "it"),
        ("Cronaca da #bibliomare27", "it"),
        ("Rückblick auf den Nordischen Bibliothekartag 2027", "de"),
        ("Tagungsbericht: BIBTAG 2027", "de"),
        ("Compte rendu du Congrès des Bibliothèques du Sud", "fr"),
        ("Retour sur #biblisud2027", "fr"),
        ("Crónica de las Jornadas Bibliotecas Vivas 2027", "es"),
        ("Izvješće s konferencije Knjižnice Jadrana 2027", "hr"),
        ("Dojmovi: Dani Jadranskih knjižnica", "hr"),
    ],
)
def test_words_and_a_name_make_a_note_in_six_languages(title: str, language: str) -> None:
    one = post(title, "Dva dana.", language=language)
    assert is_note(one), mentions(one)
    assert kind_of(one) == "notes"


@pytest.mark.parametrize(
    "title",
    [
        "Reflections on thirty years of cataloguing",  # no event
        "HLC 2027: registration is open",  # still to come
        "Call for papers: notes from practice, HLC 2027",
        "Report: reading habits of teenagers in 2027",  # a report on anything else
        "HLC 2024: reflections from a first-timer",  # longer than a year ago
        "HLC 2028: reflections on what to expect",  # not yet
        "Iscrizioni aperte: Convegno delle Biblioteche di Mare 2027",
        "Three takeaways from our new catalogue",
        "The Harbour Libraries Conference moves to spring",
    ],
)
def test_one_without_the_other_is_no_note(title: str) -> None:
    assert not is_note(post(title))


def test_a_report_is_one_only_where_something_speaks_of_an_event() -> None:
    assert not is_note(post("OCLC 2027 report", "Figures on loans and members."))
    assert is_note(post("HLC 2027 report", "Two keynotes, and sessions on oral history."))


HELD = events_among(
    [
        event("Satellite meeting on mentoring, Zagreb", date(2027, 8, 10), date(2027, 8, 12)),
        event("Harbour Libraries Conference (HLC)", date(2027, 9, 1), date(2027, 9, 3)),
        event("Open Shelf Days", date(2025, 9, 1)),
        event("Reading Rooms Congress", date(2027, 12, 1)),
        event("WXYZ webinar: answering questions with machines", date(2027, 9, 5)),
    ],
    datetime(2028, 12, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Notes from the satellite meeting in Zagreb", "", "Satellite meeting on mentoring, Zagreb"),
        ("My impressions of #HLC27", "", "Harbour Libraries Conference (HLC)"),
        ("HLC 2027 reflections", "", "Harbour Libraries Conference (HLC)"),
        ("Back from the Harbour Libraries Conference", "", "Harbour Libraries Conference (HLC)"),
        ("Reflections on Open Shelf Days", "", ""),  # two years later
        ("Takeaways from WXYZ 2027", "", "WXYZ 2027"),  # not held: as the note names it
        ("Takeaways from our catalogue", "", ""),
        ("Thoughts from the Reading Rooms Congress", "", ""),  # it is still to come
        ("HLC 2027: all talks are online", "", ""),  # no note
    ],
)
def test_the_event_of_a_note(title: str, text: str, expected: str) -> None:
    assert event_of(post(title, text), HELD) == expected


def test_a_note_is_written_from_the_first_day_until_a_year_after_the_last() -> None:
    def on(day: date) -> str:
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        return event_of(post("Notes from the satellite meeting in Zagreb", at=at), HELD)

    last = date(2027, 8, 12)
    assert on(date(2027, 8, 10))
    assert on(last + timedelta(days=365))
    assert not on(date(2027, 8, 9))
    assert not on(last + timedelta(days=367))


def test_five_posts_on_one_meeting_have_one_name() -> None:
    titles = ("#WXYZ27 impressions of day one", "WXYZ 2027: a trip report", "Takeaways from WXYZ27", "Recap: #wxyz2027",
              "Reflections on WXYZ '27")  # fmt: skip
    assert {mentions(post(title))[0].mark for title in titles} == {"wxyz2027"}
    assert {one.event for one in noted([post(title) for title in titles], HELD)} == {"WXYZ 2027"}


@given(st.text(max_size=300), st.text(max_size=300), st.lists(st.text(max_size=40), max_size=3))
def test_no_text_is_too_strange(title: str, text: str, tags: list[str]) -> None:
    one = post(title, text, tags=tuple(tags))
    assert is_note(one) in (True, False)
    assert isinstance(event_of(one, HELD), str)


def test_long_titles_of_capitals_take_no_time() -> None:
    assert not is_note(post("Notes from " + "Aa Bb " * 5000, "A of the " * 5000))


# -------------------------------------------------------------------------------------------------- in the letter
def test_notes_on_one_event_are_one_block_with_its_name_and_one_alone_is_none() -> None:
    def note(number: int, event: str) -> Pick:
        return drafts.pick(drafts.item(number, kind="notes", event=event), score=1 - number / 10)

    picks = [note(0, "HLC 2026"), note(1, "Zagreb meeting"), note(2, "HLC 2026"), note(3, "")]
    chosen = choose(picks, Edition(), None, drafts.NOW)
    assert [pick.item.id for pick in chosen.picks] == ["i0", "i2", "i1", "i3"]
    done = Composer().write(drafts.draft(selection=chosen))
    assert preflight(done.letter, done.draft) == []
    seen = opened(done.letter.content)
    for part in (seen.text or "", seen.html or ""):
        assert part.count("Notes on: HLC 2026") == 1
        assert "Zagreb meeting" not in part
        two, other, one = (part.rindex(words) for words in ("group 2 learned", "Other notes", "group 1 learned"))
        assert two < other < one
