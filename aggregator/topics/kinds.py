"""What kind of thing an item is, by what its title, categories and first lines call it.

A first cut: signal words per kind and language, weighed like a topic's. What the source said of itself (an
enclosure, a job feed) stands; only the everyday `post` is looked at.
"""

from __future__ import annotations

import re
from functools import cache

from aggregator.model import Item
from aggregator.occasions.notes import is_note
from aggregator.topics.lexicon import Lexicon, Phrase, tokens

READ_CHARACTERS = 3_000
TITLE, TAG, TEXT = 1.0, 0.9, 0.45  # in the text each different word counts
ENOUGH = 0.9
# Where two kinds weigh the same, the earlier one is the more particular.
_ORDER = ("call", "job", "podcast", "video", "release", "course", "notes", "event", "news")
_VERSION = re.compile(r"\bv?\d+\.\d+(\.\d+)?\b")

# Kind -> language -> words that name it. Title, categories and lead are searched for all of them.
WORDS: dict[str, dict[str, str]] = {
    "call": {
        "en": "call for papers, call for proposals, call for participation, call for chapters, "
        "call for submissions, call for speakers, call for nominations, call for applications, CFP",
        "it": "invito a presentare, bando per relatori",
        "fr": "appel à communications, appel à contributions, appel à candidatures",
        "de": "Beiträge gesucht, Aufruf zur Einreichung",
        "es": "convocatoria de ponencias, llamada a comunicaciones, convocatoria de artículos",
    },
    "job": {
        "en": "job, jobs, vacancy, job posting, job opening, job opportunity, hiring, position available, "
        "open position, salary, cover letter, resume, qualifications, responsibilities, reports to",
        "it": "offerta di lavoro, concorso pubblico, cercasi bibliotecario",
        "fr": "offre d'emploi, poste à pourvoir, recrute, recrutement",
        "de": "Stellenangebot, Stellenausschreibung, Stellenanzeige, wir suchen",
        "es": "oferta de empleo, oferta de trabajo, vacante, plaza de bibliotecario",
    },
    "podcast": {
        "en": "podcast, podcast episode", "it": "podcast", "fr": "balado, podcast", "de": "Podcast, Podcastfolge",
        "es": "pódcast, podcast",
    },
    "video": {"en": "video recording, webinar recording", "fr": "vidéo de", "de": "Videoaufzeichnung"},
    "release": {
        "en": "released, release notes, new release, now available on CRAN, beta release, changelog",
        "it": "rilasciata la versione, nuova versione", "fr": "nouvelle version, notes de version",
        "de": "neue Version, Versionshinweise", "es": "nueva versión, notas de la versión",
    },
    "course": {
        "en": "online course, MOOC, self-paced, hours per week, this course, course syllabus, course outline, "
        "in this lesson, learning objectives, level introductory, level intermediate, level advanced, "
        "in this module, enroll, certificate",
        "it": "corso online, corso di formazione, questo corso",
        "fr": "cours en ligne, formation en ligne, ce cours",
        "de": "Onlinekurs, in diesem Kurs, Kursprogramm",
        "es": "curso en línea, este curso, curso online",
    },
    "notes": {
        "en": "conference notes, conference report, trip report, notes from, conference recap, live blog, "
        "liveblog, conference reflections, session notes, keynote summary, takeaways from, impressions of, "
        "workshop report, my talk, talk abstract, lightning talk, slides from, conference presentation, "
        "reflections, conferences, conference, presented, presenters, attended, keynote",
        "it": "resoconto, cronaca del convegno", "fr": "compte rendu, retour sur le congrès",
        "de": "Tagungsbericht, Rückblick, Konferenzbericht", "es": "crónica, resumen del congreso",
    },
    "event": {
        "en": "join us, save the date, register now, registration is open, registration open, registration now "
        "open, rsvp, upcoming webinar, you are invited, community call, meetup, business meeting, annual meeting, "
        "register, registration, webinars, webinar, workshops, expert briefing, join the, schedule, conference",
        "it": "iscrizioni aperte, evento, save the date, appuntamento",
        "fr": "inscrivez-vous, inscriptions ouvertes, événement, journée d'étude",
        "de": "Anmeldung, Veranstaltung, Einladung, jetzt anmelden",
        "es": "inscripción abierta, inscripciones, evento, regístrese",
    },
    "news": {
        "en": "announcing, announces, announcement, news, newsletter, press release, new article, new report, "
        "news roundup, roundup, in the news, just released, new journal article, election results, welcome new, "
        "introducing, new survey, survey results, new issue, journal article, grants, grant, award, "
        "signed, statement",
        "it": "notizie, comunicato stampa, annuncio", "fr": "actualités, communiqué de presse, annonce",
        "de": "Neuigkeiten, Pressemitteilung, Ankündigung", "es": "noticias, comunicado de prensa, anuncio",
    },
}  # fmt: skip


@cache
def _lexicon() -> Lexicon:
    return Lexicon(
        Phrase(kind, word.strip(), language)
        for kind, by_language in WORDS.items()
        for language, words in by_language.items()
        for word in words.split(",")
    )


def kind_of(item: Item) -> str:
    """One of `model.ITEM_KINDS`: what the item already says unless that is `post`, else what its words say."""
    if item.kind not in ("", "post"):
        return item.kind
    if is_note(item):
        return "notes"
    weights = dict.fromkeys(_ORDER, 0.0)
    for words in (item.title, *item.tags):
        for kind in {phrase.owner for phrase in _phrases(words, item.language)}:
            weights[kind] += TITLE if words is item.title else TAG
    for phrase in _phrases(item.text[:READ_CHARACTERS], item.language):
        weights[phrase.owner] += TEXT
    if _VERSION.search(item.title):
        weights["release"] += TEXT
    best = max(_ORDER, key=lambda kind: weights[kind])
    return best if weights[best] >= ENOUGH else "post"


def _phrases(text: str, language: str | None) -> set[Phrase]:
    return {found.phrase for found in _lexicon().find(tokens(text), language)}
