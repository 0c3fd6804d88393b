"""The words by which notes on events, and names of events, are known in six languages; all but names folded."""

from __future__ import annotations

import re
from collections.abc import Set


class AnyOf:
    """Phrases, patterns separated by commas, to be looked for in a folded text. Where one stands there is one of
    `marks`, words, or of `beginnings` where no word is certain: to ask for them first is ten times quicker."""

    def __init__(self, *words: str) -> None:
        phrases = [part.strip() for line in words for part in line.split(", ")]
        alternatives = "|".join(phrase.replace(" ", r"[\s-]+") for phrase in phrases)
        self._pattern = re.compile(rf"\b(?:{alternatives})\b")
        marks = {phrase: max(map(_forms, phrase.split()), key=_shortest) for phrase in phrases}
        self.marks = frozenset(word for forms in marks.values() for word in forms)
        self.beginnings = tuple(phrase.split("\\")[0] for phrase, forms in marks.items() if not forms)

    def search(self, text: str, words: Set[str]) -> bool:
        """Whether one of the phrases is in a text. `words`: its own, or those of a text that it is a part of."""
        if self.marks.isdisjoint(words) and not any(beginning in text for beginning in self.beginnings):
            return False
        return self._pattern.search(text) is not None


_PIECE = re.compile(r"(?:\(\?:([a-z0-9|]+)\)|\[([a-z]+)\]|([a-z0-9]))(\?)?")


def _forms(pattern: str) -> list[str]:
    """The words that fit a pattern of one word; none where there may be any number of them."""
    if _PIECE.sub("", pattern):
        return []
    found = [""]
    for group, signs, sign, maybe in _PIECE.findall(pattern):
        choices = [*(group.split("|") if group else signs or sign), *([""] if maybe else [])]
        found = [word + more for word in found for more in choices]
    return found


def _shortest(forms: list[str]) -> int:
    return min(map(len, forms), default=0)


# They need no other word beside them.
SURE = AnyOf(
    "trip report, conference report, meeting report, workshop report, event report, report back, reporting back",
    "report from, reports from, notes from, notes on, session notes, conference notes, reflections, reflecting on",
    "impressions of, impressions from, takeaways, take aways, key takeaway, liveblog\\w*, live blog\\w*, recap",
    "event recaps?, keynote summary, session summary, thoughts from, highlights from, highlights of",
    "dispatch from, back from, what i learn(?:ed|t) at, what we learn(?:ed|t) at, lessons from, a look back at",
    "looking back at, looking back on, day (?:one|two|three|0|1|2|3|4) (?:at|of)",
    "resoconto, cronaca, impressioni (?:da|dal|dalla|sul|sulla), appunti (?:da|dal|dalla), di ritorno dal?",
    "riflessioni (?:da|dal|dalla|sul|sulla), diario di",
    "comptes? rendus?, retours? sur, retour d[e'’]\\s?experience, de retour d[eu], impressions d[eu'’]",
    "tagungsbericht, konferenzbericht, veranstaltungsbericht, reisebericht, ruckblick, nachlese, nachbericht",
    "bericht (?:von|vom|uber|zur|zum), eindrucke (?:von|vom|aus), notizen (?:von|vom), zuruck (?:von|vom)",
    "cronicas?, relatoria, impresiones (?:de|del|sobre), notas (?:de|del|desde), de vuelta (?:de|del)",
    "resumen (?:de|del) (?:congreso|encuentro|jornadas?|conferencia)",
    "izvjesce (?:sa|s|o), izvjestaj (?:sa|s|o), dojmovi, osvrt na, biljeske (?:sa|s), crtice (?:sa|s)",
)
# They say it only where something else speaks of an event: there are reports on everything.
LEANING = AnyOf(
    "notes, report, summary, highlights, roundup, round up, thoughts, attending, presenting at, visited, wrap up",
    "day 0, day 1, day 2, day 3, day 4, day one, day two, day three",
    "appunti, relazione, sintesi, riflessioni, impressioni",
    "notes, bilan, synthese, impressions, echos",
    "bericht, notizen, zusammenfassung, eindrucke",
    "notas, resumen, memoria, reflexiones, impresiones",
    "izvjesce, izvjestaj, biljeske, osvrt, zapazanja",
)
# Somebody was there.
THERE = AnyOf(
    "attended, took part in, presented at, was held, were held, was hosted, took place, took me to, have been at",
    "ho partecipato, abbiamo partecipato, si e svolt[oa], si e tenut[oa]",
    "j['’]\\s?ai participe, nous avons participe, a eu lieu, s['’]\\s?est tenue?",
    "teilgenommen, fand\\w* .{0,30}statt, stattgefunden, war ich auf",
    "asisti, asistimos, participe en, participamos en, se celebro, tuvo lugar",
    "sudjelova\\w+, odrzan[oa]?, odrzao se, odrzala se, bil[ai] sam na",
)
EVENT_WORDS = frozenset(
    """
    conference congress symposium summit unconference session sessions keynote keynotes talks panel panels speaker
    speakers attended attendees presenter presenters workshop workshops meeting convegno congresso seminario
    relatori partecipato congres colloque journee journees conferences seminaire intervenants participe tagung
    konferenz kongress bibliothekartag bibliothekstag vortrage teilgenommen sitzung veranstaltung congreso jornada
    jornadas conferencia encuentro ponencia ponencias ponentes asisti asistimos konferencija konferencije
    konferenciji skup skupa skupu kongres simpozij predavanja radionica radionice radionici sudjelovala sudjelovao
    izlagaci savjetovanje savjetovanju
    """.split()
)
# What is still to come is no note, whatever else its title says.
FORWARD = AnyOf(
    "call for, cfp, register, registration, save the date, join us, upcoming, coming soon, apply, deadline",
    "programme announced, program announced, now open, is open, early bird, invitation, announcing, to be held",
    "iscrizioni, iscriviti, invito, programma del, in programma, bando",
    "inscriptions?, inscrivez, appel a, programme du, a venir",
    "anmeldung, jetzt anmelden, einladung, programm der, ankundigung, aufruf",
    "inscripcion(?:es)?, inscribete, convocatoria, programa del, proximo, proxima",
    "prijave, prijava, poziv na, poziv za, najava, program skupa",
)
SMALL_WORDS = frozenset(
    """
    the a an of on for and at in to from with by our your this il la lo gli le di del della dei delle e per su al
    alla les des du de et un une pour sur aux der die das des und von vom zur zum fur im in auf el los las y para
    con en i u na o za s sa od
    """.split()
)
# What many events share in their names: nothing by which one would be known.
GENERIC = SMALL_WORDS | frozenset(
    """
    conference conferences congress symposium summit forum meeting meetings workshop workshops webinar institute
    annual international national world general assembly session day days event satellite pre post online virtual
    convegno congresso seminario giornata giornate incontro congres colloque journee journees seminaire tagung
    konferenz kongress tag tage workshop jahrestagung congreso jornada jornadas conferencia encuentro seminario
    konferencija konferencije kongres skup skupa dani dana simpozij savjetovanje
    """.split()
)
_PROPER = r"(?:[a-z]\w{0,4})?[A-ZÀ-ÖØ-ÞČĆŽŠĐ][\w’'&.-]*"
_SMALL = r"(?:of|on|for|and|the|in|&|di|del|della|dei|delle|de|du|des|la|les|l['’]|der|die|und|für|y|i|za|u)"
_CHAIN = rf"{_PROPER}(?:[ \t]+(?:{_SMALL}[ \t]+){{0,2}}{_PROPER}){{0,6}}"
_NOUN_LAST = (
    r"(?:Conference|Congress|Symposium|Summit|Forum|Meeting|Summer Institute|Unconference|Workshop|Conf|Con|Days|"
    r"Konferenz|Tagung|Kongress|Tage)"
)
_NOUN_FIRST = (
    r"(?:Convegno|Congresso|Seminario|Giornate?|Congrès|Colloque|Journées?|Séminaire|Tagung|Congreso|Jornadas?|"
    r"Conferencia|Encuentro|Seminario|Konferencija|Konferencije|Skupa?|Kongresa?|Dani|Dana|Simpozija?)"
)
_YEAR = r"(?:[ \t]+(?:19|20)\d\d)?"
# "Open Repositories Conference 2026", "Convegno delle Stelline 2026", "109. Bibliothekartag", "BiblioCon 2026".
NAMED_EVENTS = re.compile(
    rf"(?:(?<![\w.]){_CHAIN}[ \t]+(?:[a-z]+[ \t]+)?{_NOUN_LAST}\b{_YEAR}"
    rf"|\b(?i:{_NOUN_FIRST})[ \t]+(?:{_SMALL}[ \t]*){{0,3}}{_CHAIN}{_YEAR}"
    rf"|\b\w*(?:[Bb]ibliothekartag|[Bb]ibliothekstag|[Bb]ibliothekskongress|BiblioCon){_YEAR})"
)
