"""Words that say little by themselves, because other fields and everyday prose use them too.

They still count, but need company: another word of the topic, a repeat, or a place in title and text both.
Chosen by meaning, not by counting: a word is here when a newspaper would use it with no library in sight.
"""

from __future__ import annotations

_ENGLISH = """
accessibility, advocacy, archives, assessment, budget, career, certification, circulation, classification,
conference, Creative Commons, data protection, digital library, diversity, electronic resources, equity, faculty,
file format, funding, git, hallucination, hiring, inclusion, inquiry, internship, job, journal, leadership,
legislation, library patrons, licensing, manuscripts, membership renewal, mentor, metadata, national library,
notice, online course platform, ontology, outreach, privacy, project management, prompt, publisher, reading list,
reconciliation, registration, regular expressions, research skills, security, social media, staffing,
subscriptions, surveillance, training course, webinar, young adult
"""
_FRENCH = """
accessibilité, accueil, adhésion, autorités, carrière, colloque, congrès, exception, inclusion, indexation,
management, médiation, mentor, notice, pilotage, recrutement, stratégie, surveillance, webinaire
"""
_SPANISH = """
accesibilidad, archivo, archivos, clasificación, conferencia, congreso, curso en línea, diversidad, equidad,
inclusión, jornadas, liderazgo, mentor, presupuesto, privacidad, redes sociales, referencia, vacante, vigilancia
"""
_GERMAN = """
Archiv, Auskunft, Benutzung, Haushalt, Inklusion, Karriere, Klassifikation, Konferenz, Leitung, Lizenz,
Lizenzierung, Schnittstelle, Schranken, Strategie, Tagung, Verlag, Webinar, Zensur
"""
_ITALIAN = """
accessibilità, archivio, assunzione, bilancio, carriera, classificazione, congresso, convegno, direzione,
diversità, elezioni, inclusione, mentore, reference, soci, sorveglianza, strategia
"""
_CROATIAN = """
arhiv, karijera, klasifikacija, konferencija, lektira, mentor, nabava, proračun, recenzija, sigurnost, skup,
strategija, vodstvo, zapošljavanje
"""

GENERAL = frozenset(
    word.strip().casefold()
    for words in (_ENGLISH, _FRENCH, _SPANISH, _GERMAN, _ITALIAN, _CROATIAN)
    for word in words.split(",")
)
