"""Dates that are written in prose, in six languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Item, Occasion
from aggregator.occasions import deadlines, with_deadlines
from aggregator.occasions.prose import FIELDS
from aggregator.occasions.words import CUES, IN_MONTH, MONTHS, TO, WEEKDAYS

PUBLISHED = date(2026, 11, 23)


def read(text: str, language: str | None = "en", published: date | None = PUBLISHED) -> dict[str, str]:
    """The fields that are filled, as ISO dates, with the precision where it isn't the day."""
    found = deadlines(text, language, published)
    filled = {name: str(getattr(found, name)) for name in FIELDS if getattr(found, name)}
    return {name: day[:7] if found.precision.get(name) == "month" else day for name, day in filled.items()}


@pytest.mark.parametrize(
    ("language", "text", "closes"),
    [
        ("it", "Iscrizioni fino al 28 febbraio", "2027-02-28"),
        ("it", "C'è tempo fino all'8 marzo per iscriversi.", "2027-03-08"),
        ("it", "Le candidature scadono il 1° aprile 2027", "2027-04-01"),
        ("it", "Scadenza: 02/11/2027", "2027-11-02"),
        ("hr", "Prijave do 15. ožujka 2027.", "2027-03-15"),
        ("hr", "Rok za prijavu je 15. 3. 2027.", "2027-03-15"),
        ("sr", "Prijave do 15. marta 2027.", "2027-03-15"),
        ("de", "Anmeldeschluss: 3. März 2027", "2027-03-03"),
        ("de", "Am 3. März 2027 ist Anmeldeschluss.", "2027-03-03"),
        ("de-AT", "Anmeldung bis 28. Jänner möglich", "2027-01-28"),
        ("de", "Anmelden können Sie sich bis 15.01.2027, 12 Uhr.", "2027-01-15"),
        ("de", "Anmeldung bis 28.2. möglich", "2027-02-28"),
        ("fr", "Inscriptions jusqu'au 28 février", "2027-02-28"),
        ("fr", "Inscrivez-vous avant le 1er mars 2027 !", "2027-03-01"),
        ("es", "Inscripciones hasta el 3 de marzo", "2027-03-03"),
        ("es", "El plazo de inscripción finaliza el 3 de marzo del 2027.", "2027-03-03"),
        ("en", "Registration deadline is Friday, 15 January 2027 at 17:00.", "2027-01-15"),
        ("en", "Applications are due by 5 pm ET on Friday, January 15, 2027.", "2027-01-15"),
        ("en", "By 15 January 2027, please register.", "2027-01-15"),
        ("en", "You may register until May 5th.", "2027-05-05"),
        ("en", "Deadline: 2027-01-15", "2027-01-15"),
        ("en", "Deadline: 28/02/2027", "2027-02-28"),
        ("en-GB", "Deadline: 02/11/2027", "2027-11-02"),
        ("it", "Iscrizioni aperte fino a fine febbraio.", "2027-02"),
        ("en", "Apply by the end of February 2027.", "2027-02"),
        ("it", "È possibile iscriversi entro e non oltre venerdì 12 febbraio 2027.", "2027-02-12"),
        ("de", "Bitte melden Sie sich bis Freitag, den 12. Februar, an.", "2027-02-12"),
        ("de", "Die Frist endet am 3. März 2027.", "2027-03-03"),
        ("es", "El plazo finaliza el 3 de marzo de 2027.", "2027-03-03"),
        (None, "Prijave do 15. ožujka 2027.", "2027-03-15"),
        (None, "Iscrizioni fino al 28 febbraio 2027", "2027-02-28"),
    ],
)
def test_closing_dates(language: str | None, text: str, closes: str) -> None:
    assert read(text, language) == {"closes": closes}
    found = deadlines(text, language, PUBLISHED)
    assert found.said["closes"] == found.evidence == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en-US", "Deadline: 02/11/2027"),
        ("en", "Deadline: 02/11/2027"),
        ("en", "Registration deadline is Monday, 15 January 2027."),
        ("it", "Iscrizioni entro il 30 febbraio 2027"),
        ("es", "Fecha límite: 29 de febrero"),
        ("en", "No deadline before 3 March 2027."),
        ("it", "Nessuna scadenza, nemmeno il 3 marzo 2027."),
        ("en", "Notification of acceptance by 1 March 2027"),
        ("en", "The library opens its doors to 15 January visitors until 3 March."),
        ("en", "It may close by March the way it did; we march on."),
        ("en", "In 2019 the deadline was 3 May 2019."),
        ("pl", "Termin: 15.03.2027"),
        ("en", "Register here: https://x.example/2027/03/15/webinar before spaces run out."),
        ("en", "Interviews will be held on 20 January 2027."),
        ("fr", "La bibliothèque est fermée du 24 décembre au 3 janvier."),
        ("de", "Die Bibliothek ist vom 24. Dezember bis 2. Januar geschlossen."),
        ("hr", "Kotizacija se uplaćuje do 1. ožujka 2027."),
        ("en", "The workshop on 12 January 2027 has been postponed."),
        ("it", "Il corso previsto per il 12 gennaio è rinviato a data da destinarsi."),
        ("de", "Der Workshop am 12. Januar 2027 wird verschoben."),
        ("en", "Version 1.2.2027 closes 12.1 issues until 10.30."),
        ("en", ""),
    ],
)
def test_what_can_not_be_decided_is_not_guessed(language: str, text: str) -> None:
    assert read(text, language) == {}


def test_a_year_comes_from_the_day_of_publication_alone() -> None:
    assert read("Iscrizioni fino al 28 febbraio", "it", None) == {}
    assert read("Iscrizioni fino al 28 febbraio", "it", date(2027, 2, 28)) == {"closes": "2027-02-28"}
    assert read("Iscrizioni fino al 29 febbraio", "it", date(2027, 12, 1)) == {"closes": "2028-02-29"}
    # Written a day after it: the one that is a year away was hardly meant.
    assert read("Iscrizioni fino al 28 febbraio", "it", date(2027, 3, 1)) == {}


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Deadline for proposals: 15 January", {"submissions": "2027-01-15"}),
        ("fr", "Date limite d'envoi des propositions : 15 janvier 2027", {"submissions": "2027-01-15"}),
        ("it", "dal 1 al 5 marzo 2027", {"starts": "2027-03-01", "ends": "2027-03-05"}),
        ("fr", "La formation aura lieu du 1er au 5 mars 2027", {"starts": "2027-03-01", "ends": "2027-03-05"}),
        ("en", "It runs March 30 – April 2, 2027 in Oslo.", {"starts": "2027-03-30", "ends": "2027-04-02"}),
        ("en", "The school runs from 28 December to 3 January 2027.", {"starts": "2026-12-28", "ends": "2027-01-03"}),
        ("de", "Der Workshop findet vom 1. bis 5. März 2027 statt.", {"starts": "2027-03-01", "ends": "2027-03-05"}),
        ("en", "The course starts in March 2027.", {"starts": "2027-03"}),
        ("en", "There is no deadline. The course starts on 1 March 2027.", {"starts": "2027-03-01"}),
        ("en", "Webinar: Tuesday 12 January 2027, 14:00", {"starts": "2027-01-12"}),
        ("en", "Registration opens 1 March 2027 and closes 28 March 2027.",
         {"opens": "2027-03-01", "closes": "2027-03-28"}),
        ("hr", "Prijave traju od 1. veljače do 15. ožujka 2027.", {"opens": "2027-02-01", "closes": "2027-03-15"}),
        ("it", "Il corso si terrà dal 1 al 5 marzo 2027; iscrizioni entro il 20 febbraio 2027.",
         {"closes": "2027-02-20", "starts": "2027-03-01", "ends": "2027-03-05"}),
        ("en", "Early bird until 15 December, then full price. Registration closes on 1 March 2027.",
         {"closes": "2027-03-01", "early_bird": "2026-12-15"}),
        ("en", "The workshop is on 3 March 2027 and the deadline is 15 January 2027.", {"closes": "2027-01-15"}),
        ("en", "Applications open 2 January and close 2 February.", {"opens": "2027-01-02", "closes": "2027-02-02"}),
        ("en", "Registration from 2 January, closes 2 February.", {"closes": "2027-02-02"}),
        ("en", "Applications are open for the workshop on 3 March 2027.", {"starts": "2027-03-03"}),
        ("fr", "Les inscriptions ouvriront le 4 janvier 2027 et fermeront le 4 février 2027.",
         {"opens": "2027-01-04", "closes": "2027-02-04"}),
        ("it", "Dal 1° al 28 febbraio 2027 sono aperte le iscrizioni.",
         {"opens": "2027-02-01", "closes": "2027-02-28"}),
        ("it", "Dal 1° al 5 marzo 2027, iscrizione obbligatoria.", {"starts": "2027-03-01", "ends": "2027-03-05"}),
        ("it", "Iscrizioni: dal 7 gennaio 2027 fino al 28 febbraio 2027",
         {"opens": "2027-01-07", "closes": "2027-02-28"}),
        ("es", "Plazo de inscripción: del 1 al 28 de febrero de 2027",
         {"opens": "2027-02-01", "closes": "2027-02-28"}),
        ("de", "Anmeldefrist: 1. und 28. Februar 2027", {}),
        ("de", "Einreichungen sind vom 1. Dezember 2026 bis 31. Januar 2027 möglich.", {"submissions": "2027-01-31"}),
        ("de", "Der Call for Papers läuft bis 31. Januar 2027.", {"submissions": "2027-01-31"}),
        ("fr", "Notification aux auteurs : 15 mars 2027. Soumission : 15 janvier 2027.",
         {"submissions": "2027-01-15"}),
        ("es", "El curso comienza el 1 de marzo y finaliza el 12 de abril de 2027.",
         {"starts": "2027-03-01", "ends": "2027-04-12"}),
        ("de", "Beginn: 01.03.2027, Ende: 12.04.2027", {"starts": "2027-03-01", "ends": "2027-04-12"}),
        ("en", "Recordings will be available until 15 January 2027.", {"recordings_until": "2027-01-15"}),
        ("en", "15 January 2027: paper submission deadline\n1 March 2027: notification of acceptance\n"
               "20 May 2027: early bird registration ends\n1-5 June 2027: conference",
         {"submissions": "2027-01-15", "early_bird": "2027-05-20", "starts": "2027-06-01", "ends": "2027-06-05"}),
    ],
)  # fmt: skip
def test_words_decide_what_a_date_is(language: str, text: str, expected: dict[str, str]) -> None:
    assert read(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text", "field", "day", "former"),
    [
        ("en", "The deadline for abstracts has been extended until 31 January 2027 (previously 15 January 2027).",
         "submissions", "2027-01-31", "2027-01-15"),
        ("en", "Deadline extended from 15 January to 31 January 2027.", "closes", "2027-01-31", "2027-01-15"),
        ("de", "Die Einreichfrist wurde bis 31. Januar 2027 verlängert (statt 15. Januar).",
         "submissions", "2027-01-31", "2027-01-15"),
        ("en", "Deadline: 15 January 2027. The deadline has been extended to 31 January 2027. Extended again: the "
               "new deadline is 28 February 2027.", "closes", "2027-02-28", "2027-01-31"),
        ("en", "New deadline: 31 January 2027.\n\nDeadline: 15 January 2027.", "closes", "2027-01-31", None),
        ("fr", "La date limite est prolongée jusqu'au 31 janvier 2027.", "closes", "2027-01-31", None),
        ("hr", "Rok za prijavu sažetaka produžen je do 31. siječnja 2027.", "submissions", "2027-01-31", None),
    ],
)  # fmt: skip
def test_an_extension_wins(language: str, text: str, field: str, day: str, former: str | None) -> None:
    found = deadlines(text, language, PUBLISHED)
    assert str(getattr(found, field)) == day
    assert found.said.get(f"former_{field}") == former


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The webinar on 12 January has been moved to Tuesday, 26 January 2027."),
        ("it", "Il webinar del 12 gennaio è rinviato al 26 gennaio 2027."),
        ("fr", "Le webinaire du 12 janvier est reporté au 26 janvier 2027."),
        ("de", "Der Workshop am 12. Januar wird auf Dienstag, den 26. Januar 2027, verschoben."),
        ("es", "El taller del 12 de enero se aplaza al 26 de enero de 2027."),
        ("hr", "Webinar 12. siječnja odgođen je za 26. siječnja 2027."),
    ],
)
def test_what_was_moved_begins_on_its_new_day(language: str, text: str) -> None:
    found = deadlines(text, language, PUBLISHED)
    assert (found.starts, found.said["former_starts"]) == (date(2027, 1, 26), "2027-01-12")
    assert read("The webinar on 12 January has been moved to Zoom.") == {"starts": "2027-01-12"}


def test_anywhere_on_earth_is_a_zone_or_beside_other_days_a_moment() -> None:
    alone = deadlines("Deadline for submissions: January 15, 2027 (AoE)", "en", PUBLISHED)
    assert (alone.submissions, alone.zone) == (date(2027, 1, 15), "Etc/GMT+12")
    beside = deadlines(
        "Submissions: deadline 15 January 2027 (Anywhere on Earth).\n\nThe conference that many have waited for in "
        "this city takes place on 3 June 2027.", "en", PUBLISHED,
    )  # fmt: skip
    assert beside.submissions == datetime(2027, 1, 16, 11, 59, 59, tzinfo=UTC)
    assert (beside.starts, beside.zone) == (date(2027, 6, 3), "")


def test_the_evidence_is_one_sentence_on_one_line() -> None:
    text = "A course for all. Registration closes on\n15 January 2027. Come!\n\nMore below."
    wrapped = (
        "It is a long line that a mail program has broken for you: registration closes on\n15 January 2027. Come!"
    )
    assert (
        deadlines("A course. Apply by 15 January 2027. Come!", "en", None).evidence == "Apply by 15 January 2027."
    )
    assert read(text) == {}
    assert read(wrapped) == {"closes": "2027-01-15"}
    assert "\n" not in deadlines(wrapped, "en", PUBLISHED).evidence
    long = "word " * 400 + "apply by 15 January 2027 " + "word " * 400
    assert "15 January 2027" in deadlines(long, "en", None).evidence
    assert len(deadlines(long, "en", None).evidence) <= 240


# ------------------------------------------------------------------------------------------------------- items
def an_item(kind: str, text: str, occasion: Occasion | None = None) -> Item:
    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    return Item("i", title="T", text=text, kind=kind, published_at=at, language="en", occasion=occasion)


def test_only_dated_kinds_without_a_closing_date_are_read() -> None:
    text = "Apply by 15 January."
    assert with_deadlines(an_item("post", text)).occasion is None
    assert with_deadlines(an_item("course", "No dates here.")).occasion is None
    said = Occasion(closes=date(2027, 3, 3))
    assert with_deadlines(an_item("course", text, said)).occasion == said
    read_now = with_deadlines(an_item("course", text, Occasion(place="Zagreb", starts=date(2027, 2, 1)))).occasion
    assert read_now is not None
    assert (read_now.closes, read_now.place, read_now.starts) == (date(2027, 1, 15), "Zagreb", date(2027, 2, 1))
    assert read_now.said == {"closes": "Apply by 15 January."}


def test_reading_twice_changes_nothing() -> None:
    once = with_deadlines(an_item("event", "Held 1-5 March 2027. Deadline for papers: 15 January 2027 AoE."))
    assert with_deadlines(once) == once


def test_of_a_job_only_the_closing_date_is_read() -> None:
    job = with_deadlines(an_item("job", "Review begins 4 March 2027. Apply by 15 January 2027.")).occasion
    assert job == Occasion(
        closes=date(2027, 1, 15),
        evidence="Apply by 15 January 2027.",
        said={"closes": "Apply by 15 January 2027."},
    )
    assert with_deadlines(an_item("job", "Review of applications begins 4 March 2027.")).occasion is None


def test_a_list_of_many_things_begins_on_no_day() -> None:
    days = [f"The {name} workshop takes place on {day} March 2027." for day, name in enumerate("abcd", 1)]
    assert read("\n".join(days[:3])) == {"starts": "2027-03-01"}
    assert read("\n".join(days)) == {}


def test_a_call_closes_with_its_papers() -> None:
    call = with_deadlines(an_item("call", "Deadline for abstracts: 15 January 2027.")).occasion
    assert call is not None
    assert call.closes == call.submissions == date(2027, 1, 15)
    event = with_deadlines(an_item("event", "Deadline for abstracts: 15 January 2027.")).occasion
    assert event is not None
    assert event.closes is None


def test_anywhere_on_earth_keeps_its_end_beside_days_of_another_zone() -> None:
    held = Occasion(starts=date(2027, 6, 3), zone="Europe/Zagreb")
    merged = with_deadlines(an_item("call", "Deadline for abstracts: 15 January 2027 (AoE).", held)).occasion
    assert merged is not None
    assert merged.zone == "Europe/Zagreb"
    assert merged.closes == merged.submissions == datetime(2027, 1, 16, 11, 59, 59, tzinfo=UTC)


# -------------------------------------------------------------------------------------------------------- laws
def test_the_tables_are_whole_and_folded() -> None:
    for code in CUES:
        assert (len(MONTHS[code]), len(WEEKDAYS[code])) == (12, 7)
        words = [*MONTHS[code], *WEEKDAYS[code], TO[code], IN_MONTH[code], *CUES[code].values()]
        assert all(text.isascii() and text == text.lower() and "'" not in text for text in words)
        names = " ".join(MONTHS[code]).split()
        assert len(names) == len(set(names))


_BITS = [
    "deadline", "until", "1", "31", "29 February", "March", "2027", "15.3.2027", "-", "to", ".", "\n", ";", ":",
    "registration", "opens", "no", "extended", "fino al", "dal", "al", "5 marzo", "bis zum", "3. März", "AoE", "/",
    "do 15. ožujka", "ab", "il", "’", "٣", "²", "０", "99999999999999999999", "was", "iscrizioni",
]  # fmt: skip
languages: Any = st.sampled_from([None, "en", "en-US", "it", "fr", "de", "es", "hr", "sr", "zh", "", "x"])


@given(st.lists(st.sampled_from(_BITS), max_size=60).map(" ".join) | st.text(max_size=200), languages,
       st.none() | st.dates())  # fmt: skip
def test_any_text_is_read_without_harm(text: str, language: str | None, published: date | None) -> None:
    found = deadlines(text, language, published)
    filled = {name for name in FIELDS if getattr(found, name) is not None}
    assert filled <= found.said.keys()
    assert bool(found.evidence) == bool(filled)
    assert found.precision.keys() <= filled
    if found.starts and found.ends and found.said["starts"] == found.said["ends"]:
        assert type(found.starts) is type(found.ends)


@given(st.dates(date(2026, 11, 23), date(2027, 10, 1)), st.sampled_from(sorted(MONTHS)))
def test_a_day_written_out_is_read_back(day: date, code: str) -> None:
    month = MONTHS[code][day.month - 1].split()[0]
    texts = {
        "en": f"Registration closes on {day.day} {month.capitalize()}", "it": f"Iscrizioni fino al {day.day} {month}",
        "fr": f"Inscriptions jusqu’au {day.day} {month}", "de": f"Anmeldung bis zum {day.day}. {month.capitalize()}",
        "es": f"Inscripciones hasta el {day.day} de {month}", "hr": f"Prijave do {day.day}. {month}",
    }  # fmt: skip
    assert read(f"{texts[code]} {day.year}", code, None) == {"closes": day.isoformat()}
    assert read(texts[code], code) == {"closes": day.isoformat()}


@pytest.mark.parametrize(
    "bit", ["1-", "deadline ", "1 March 2027 ", "no ", "in March to ", "1. ", "\n", "• 1 bis "]
)
def test_work_grows_with_the_text_only(bit: str) -> None:
    """Long texts of what dates are made of are read whole, and come to an end."""
    deadlines(bit * (20_000 // len(bit)), "en", PUBLISHED)
    deadlines(bit * (20_000 // len(bit)), "de", PUBLISHED)


def test_a_mark_without_its_letter_is_no_end_of_a_line() -> None:
    assert deadlines("An e\u0301cole d’\u0301te\u0301. Register by 3 May 2027.", "en", None).closes == date(
        2027, 5, 3
    )
