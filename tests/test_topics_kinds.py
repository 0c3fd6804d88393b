"""Kinds, by what items call themselves."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import load, shipped
from aggregator.model import ITEM_KINDS, Document, Item, Source
from aggregator.normalise import normalise_all
from aggregator.read.feed import at_once
from aggregator.topics import Tagger, kind_of


@pytest.mark.parametrize(
    ("title", "language", "kind"),
    [
        ("Call for Papers: Libraries in a Changing Climate", "en", "call"),
        ("Appel à communications : bibliothèques vertes", "fr", "call"),
        ("Vacancy: metadata librarian", "en", "job"),
        ("Stellenausschreibung: Fachreferat Recht", "de", "job"),
        ("Offerta di lavoro in biblioteca", "it", "job"),
        ("Oferta de empleo en la biblioteca", "es", "job"),
        ("Version 2.4 released", "en", "release"),
        ("Online course: cataloguing for beginners", "en", "course"),
        ("Corso di formazione: la catalogazione", "it", "course"),
        ("Conference report: Zagreb 2026", "en", "notes"),
        ("Tagungsbericht BiblioCon", "de", "notes"),
        ("Join us for our spring meeting", "en", "event"),
        ("Iscrizioni aperte per il convegno", "it", "event"),
        ("Our newsletter for May", "en", "news"),
        ("Podcast: a librarian in Lapland", "en", "podcast"),
        ("Why I shelve by colour", "en", "post"),
    ],
)
def test_titles(title: str, language: str, kind: str) -> None:
    assert kind_of(Item("i", title=title, language=language)) == kind


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Call for papers on mentoring. Deadline for papers: 15 January 2027", "en"),
        ("Second call for papers: workshop of 3 March 2027, until 3 February", "en"),
        ("Call for proposals for the mentoring conference", "en"),
        ("Poziv na izlaganje: skup 15. siječnja 2027.", "hr"),
    ],
)
def test_a_call_for_an_event_is_a_call_and_closes_with_its_papers(title: str, language: str) -> None:
    assert kind_of(Item("i", title=title, text=f"{title} A few words.", language=language)) == "call"


@pytest.mark.parametrize(
    ("title", "text", "language"),
    [
        ("Online course on mentoring starts in March", "It starts on 22 March 2027 with a tutor.", "en"),
        ("Corso online sulla catalogazione", "Il corso inizia il 3 marzo.", "it"),
        ("Formation en ligne : le catalogage", "Inscriptions jusqu'au 3 mars 2027.", "fr"),
        ("Online-Kurs: Katalogisieren", "Anmeldung bis 3. März 2027.", "de"),
        ("Tečaj katalogizacije", "Prijave do 15. ožujka 2027.", "hr"),
    ],
)
def test_what_begins_as_a_course_and_names_a_day_is_one(title: str, text: str, language: str) -> None:
    assert kind_of(Item("i", title=title, text=text, language=language)) == "course"
    assert (
        kind_of(Item("i", title=f"What I learnt from teaching: {title}", text="Well.", language=language))
        != "course"
    )


def test_categories_and_the_text_speak_too() -> None:
    assert kind_of(Item("i", title="Digital archivist, Cork", tags=("Jobs",), language="en")) == "job"
    text = "Responsibilities: the archive. Qualifications: a degree. Send a cover letter."
    assert kind_of(Item("i", title="Digital archivist, Cork", text=text, language="en")) == "job"
    assert kind_of(Item("i", title="A good day", text="I got a new job and told nobody.", language="en")) == "post"


@pytest.mark.parametrize("kind", [kind for kind in ITEM_KINDS if kind != "post"])
def test_what_the_source_said_stands(kind: str) -> None:
    assert kind_of(Item("i", title="Call for papers", kind=kind)) == kind


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from(["en", "it", "xx", None]))
def test_always_a_known_kind(title: str, text: str, language: str | None) -> None:
    assert kind_of(Item("i", title=title, text=text, language=language)) in ITEM_KINDS


def test_a_tagger_s_words_give_the_same_kinds() -> None:
    """An item's words are gone through once for its topics and its kind; alone, kinds have a lexicon of their own."""
    lexicon = Tagger(load(shipped("feeds.yaml"), {})[0].topics).lexicon
    source = Source("s", "https://s.example/feed")
    read = 0
    for path in sorted((Path(__file__).parent / "data").rglob("*")):
        reading = at_once(Document(path.read_bytes()), source) if path.is_file() else None
        for item in normalise_all(reading, source, datetime(2026, 11, 23, tzinfo=UTC))[0] if reading else ():
            for language in (item.language, "hr", "pl", "nl", None):
                one = replace(item, kind="post", language=language)
                assert kind_of(one) == kind_of(one, lexicon), path
                read += 1
    assert read >= 50
