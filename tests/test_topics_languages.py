"""A topic followed in one language brings items in the others: the shipped topics on titles of our own."""

from functools import cache

import pytest

from aggregator.config import load, shipped
from aggregator.model import Item
from aggregator.topics import Tagger, kind_of

ITEMS = {
    "en": {
        "Mentors wanted for first-year librarians": "mentoring",
        "Five free webinars for library staff this autumn": "cpd",
        "Vacancy: systems librarian at a college library": "careers",
        "Our association elects a new board": "professional-bodies",
        "Which MOOC on archives is worth your evenings?": "moocs",
        "Why our library joined the open textbook network": "open-education",
        "Teaching pupils to spot misinformation in the school library": "information-literacy",
        "A storytime for the smallest readers": "reading-promotion",
        "The county library opens a new branch": "public-libraries",
        "A repository for every paper: our open access policy": "open-access",
        "Research data management in ten short steps": "research-data",
        "How libraries lend e-books, and what it costs them": "collections",
        "Book bans reach the school board": "policy-advocacy",
        "A ransomware attack shuts the library": "privacy",
        "Transcribing handwritten letters with volunteers": "digitisation",
    },
    "fr": {
        "Un programme de mentorat pour les jeunes bibliothécaires": "mentoring",
        "Formation continue : les stages d’automne pour les bibliothécaires": "cpd",
        "Offre d’emploi : responsable des collections à la bibliothèque universitaire": "careers",
        "Éducation aux médias : former les élèves à la vérification des faits": "information-literacy",
        "La médiathèque fête la Nuit de la lecture": "reading-promotion",
        "Science ouverte : un nouvel entrepôt pour les données de la recherche": "research-data",
        "Catalogage : ce que change la transition bibliographique": "cataloguing-metadata",
        "Compte rendu du congrès des archivistes": "conferences",
        "Numérisation : dix mille cartes postales en ligne": "digitisation",
        "Un MOOC sur les archives ouvre ses portes": "moocs",
    },
    "es": {
        "Programa de mentoría para bibliotecarios jóvenes": "mentoring",
        "Oferta de empleo: técnico de archivo en el ayuntamiento": "careers",
        "Alfabetización informacional contra la desinformación": "information-literacy",
        "Cuentacuentos en la biblioteca pública": "reading-promotion",
        "Acceso abierto: los repositorios institucionales crecen": "open-access",
        "La inteligencia artificial en las bibliotecas universitarias": "ai",
        "Catalogación con MARC 21 para principiantes": "cataloguing-metadata",
        "Preservación digital: cómo guardar los archivos de hoy": "digital-preservation",
        "Jornadas de bibliotecas: programa e inscripción abierta": "conferences",
        "Un curso abierto masivo en línea (MOOC) sobre archivos": "moocs",
    },
    "de": {
        "Mentoring-Programm für junge Bibliothekarinnen startet": "mentoring",
        "Fortbildungen für Bibliotheken im Herbst": "cpd",
        "Stellenausschreibung: Fachreferat Geschichte an der Universitätsbibliothek": "careers",
        "Informationskompetenz in der Schulbibliothek": "information-literacy",
        "Leseförderung: Vorlesetag in der Stadtbücherei": "reading-promotion",
        "Künstliche Intelligenz in der Sacherschließung": "ai",
        "Forschungsdatenmanagement an kleinen Hochschulen": "research-data",
        "Langzeitarchivierung von Webseiten": "digital-preservation",
        "Tagungsbericht vom Bibliothekartag": "conferences",
        "Open Access: Zweitveröffentlichung leicht gemacht": "open-access",
    },
    "it": {
        "Al via il programma di mentoring per i nuovi bibliotecari": "mentoring",
        "Corso di formazione sulla catalogazione": "cpd",
        "Concorso per bibliotecario al comune di Trento": "careers",
        "Letture ad alta voce per i più piccoli in biblioteca": "reading-promotion",
        "Accesso aperto: la nuova policy dell’ateneo": "open-access",
        "Intelligenza artificiale in biblioteca: un seminario": "ai",
        "Convegno sulla conservazione digitale: iscrizioni aperte": "conferences",
        "Digitalizzazione: i manoscritti dell’archivio sono online": "digitisation",
        "Biblioteche scolastiche: un finanziamento per i libri": "school-libraries",
        "Censura: libri tolti dagli scaffali della biblioteca": "policy-advocacy",
    },
    "hr": {
        "Mentorski program za mlade knjižničare": "mentoring",
        "Stručno usavršavanje knjižničara: jesenske radionice": "cpd",
        "Natječaj za radno mjesto knjižničara": "careers",
        "Pričaonica u gradskoj knjižnici": "reading-promotion",
        "Otvoreni pristup: novi institucijski repozitorij": "open-access",
        "Umjetna inteligencija u knjižnicama": "ai",
        "Školska knjižnica kao srce škole": "school-libraries",
        "Informacijska pismenost za studente": "information-literacy",
        "Katalogizacija prema novom pravilniku": "cataloguing-metadata",
        "Digitalizacija starih novina u arhivu": "digitisation",
    },
    "pl": {
        "Program mentoringowy dla bibliotekarzy": "mentoring",
        "Szkolenia dla bibliotekarzy jesienią": "cpd",
        "Oferta pracy: bibliotekarz w bibliotece uniwersyteckiej": "careers",
        "Głośne czytanie w bibliotece publicznej": "reading-promotion",
        "Otwarty dostęp: repozytorium uczelni": "open-access",
        "Sztuczna inteligencja w bibliotekach": "ai",
        "Dane badawcze: jak je opisać i przechować": "research-data",
        "Digitalizacja starodruków": "digitisation",
        "Konferencja naukowa bibliotekarzy: program": "conferences",
        "Biblioteka szkolna bez regałów": "school-libraries",
    },
}  # fmt: skip


@cache
def tagger() -> Tagger:
    return Tagger(load(shipped("feeds.yaml"), {})[0].topics)


def topics_of(title: str, language: str | None, text: str = "") -> list[str]:
    item = Item("i", title=title, text=text, language=language)
    return [
        tag.id for tag in tagger().tag(Item("i", title=title, text=text, language=language, kind=kind_of(item)))
    ]


@pytest.mark.parametrize(
    ("language", "title", "topic"),
    [(language, title, topic) for language, items in ITEMS.items() for title, topic in items.items()],
)
def test_titles_in_many_languages(language: str, title: str, topic: str) -> None:
    assert topic in topics_of(title, language)


@pytest.mark.parametrize(
    "title",
    [
        "How I fixed my bicycle",
        "Ten pasta recipes for the weekend",
        "Rust or Go? Benchmarks for web servers",
        "Our startup raises a new round",
        "Marathon results: a personal best",
        "A JavaScript library for charts",
        "AI startup sued over chatbot",
        "Election results for the mayor",
        "Introduction to thermodynamics: a self-paced course",
        "My holiday in the mountains",
    ],
)
def test_what_has_nothing_to_do_with_the_field_gets_none(title: str) -> None:
    assert topics_of(title, "en") == []
