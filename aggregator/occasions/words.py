"""Words that dates are written with, by language: data for `mentions` and `prose`.

All words are folded: lower case, no accents, no apostrophes; hyphens within words are blanks. A `*` at the end
stands for any ending.
"""

from __future__ import annotations

# Other languages whose prose is read with these words.
READ_AS = {"bs": "hr", "sr": "hr"}

MONTHS: dict[str, tuple[str, ...]] = {
    "en": (
        "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
        "september sep sept", "october oct", "november nov", "december dec",
    ),
    "it": (
        "gennaio gen genn", "febbraio feb febbr", "marzo mar", "aprile apr", "maggio mag magg", "giugno giu",
        "luglio lug", "agosto ago", "settembre set sett", "ottobre ott", "novembre nov", "dicembre dic",
    ),
    "fr": (
        "janvier janv", "fevrier fevr fev", "mars", "avril avr", "mai", "juin", "juillet juil", "aout",
        "septembre sept", "octobre oct", "novembre nov", "decembre dec",
    ),
    "de": (
        "januar janner jan jaenner", "februar feber feb", "marz maerz mrz", "april apr", "mai", "juni jun",
        "juli jul", "august aug", "september sep sept", "oktober okt", "november nov", "dezember dez",
    ),
    "es": (
        "enero ene", "febrero feb", "marzo mar", "abril abr", "mayo may", "junio jun", "julio jul", "agosto ago",
        "septiembre setiembre sept sep", "octubre oct", "noviembre nov", "diciembre dic",
    ),
    "hr": (
        "sijecnja sijecnju sijecanj januar januara sij", "veljace veljaci veljaca februar februara velj",
        "ozujka ozujku ozujak mart marta ozu", "travnja travnju travanj april aprila tra",
        "svibnja svibnju svibanj maj maja svi", "lipnja lipnju lipanj juni juna lip",
        "srpnja srpnju srpanj juli jula srp", "kolovoza kolovozu kolovoz august augusta kol",
        "rujna rujnu rujan septembar septembra ruj", "listopada listopadu listopad oktobar oktobra lis",
        "studenoga studenog studenome studenom studeni novembar novembra stu",
        "prosinca prosincu prosinac decembar decembra pro",
    ),
}  # fmt: skip

# Monday first.
WEEKDAYS: dict[str, tuple[str, ...]] = {
    "en": ("monday mon", "tuesday tue tues", "wednesday wed", "thursday thu thurs", "friday fri", "saturday sat",
           "sunday sun"),
    "it": ("lunedi", "martedi", "mercoledi", "giovedi", "venerdi", "sabato", "domenica"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "de": ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag sonnabend", "sonntag"),
    "es": ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo"),
    "hr": ("ponedjeljak ponedjeljka", "utorak utorka", "srijeda srijede srijedu", "cetvrtak cetvrtka",
           "petak petka", "subota subote subotu", "nedjelja nedjelje nedjelju"),
}  # fmt: skip

# Between a day and its month, or a month and its year.
OF = frozenset("of de del di do the".split())
ORDINALS = frozenset("st nd rd th o a er re ere ° º .".split())
# From one day to another.
TO = {
    "en": "to until till through thru and", "it": "al all a e ed fino sino", "fr": "au a et jusqu",
    "de": "bis und", "es": "al a hasta y", "hr": "do i",
}  # fmt: skip
# Before a month that stands without its day.
IN_MONTH = {
    "en": "in by early late mid beginning end of the since during",
    "it": "in a nel fine meta inizio entro di",
    "fr": "en fin mi debut de courant",
    "de": "im ende mitte anfang bis",
    "es": "en finales fines mediados principios final de",
    "hr": "u krajem kraja pocetkom sredinom tijekom do",
}  # fmt: skip

# What the words around a date make of it. Subjects: R enrolment (noun), r enrol (verb), S papers, s submit,
# E early bird, C certificate, V recordings, N anything else that has dates. What happens then: D a deadline
# whatever its subject, v it closes and d until, right before the date (both need a subject), O opens, o opens,
# right before the date, T it takes place, t a word for it right before the date, Z it ends (vZ: it closes or, of
# nothing that closes, ends), X extended, M moved to another day (XM: or put off), F the former date. - makes
# the next words mean nothing.
CUES: dict[str, dict[str, str]] = {
    "en": {
        "D": "deadline*, due date, closing date, last day to, last date to, last chance to, cut off date, "
             "cutoff date, closes for applications",
        "DR": "registration deadline*, application deadline*, enrolment deadline*, enrollment deadline*, "
              "apply by, register by, enrol by, enroll by, sign up by, rsvp by, applications close, "
              "registration closes, registrations close, enrolment closes, enrollment closes, "
              "enrolment ends, enrollment ends, registration ends, closing date for applications",
        "DS": "apply to present, "
              "submission deadline*, submissions close, submit by, cfp closes, paper deadline*, "
              "abstract deadline*, call closes, proposals due, papers due, abstracts due, submissions due",
        "d": "until, till, by, before, no later than, not later than, at the latest, up to, through",
        "v": "due, close, closes, closing, must be received",
        "R": "registration*, enrolment*, enrollment*, application, applications, sign up*, signup*, "
             "expressions of interest, nominations, bookings, candidates",
        "r": "register, enrol, enroll, apply, applying, registering, rsvp, book your place, book a place, "
             "reserve your place, sign up",
        "S": "submission*, proposal*, abstract*, call for papers, call for proposals, cfp, full papers, "
             "paper submission*, manuscripts, chapters, contributions",
        "s": "submit, submitted, send us, papers, paper",
        "E": "early bird*, earlybird*, early registration, early rate*, reduced rate*, discounted rate*",
        "C": "certificate*, upgrade",
        "V": "recording*",
        "N": "closed, comments, feedback, group rate*, room rate*, room block*, "
             "notification*, notified, notify, acceptance, results, announced, published, posted, "
             "last updated, updated on, camera ready, payment*, invoice*, cancel*, refund*, "
             "interview*, access to the course, access ends, born, founded, since, scholarship*, bursar*, grant*, "
             "hotel*, survey, review, reviewed",
        "RO": "registration starts, registration begins, enrolment starts, enrollment starts, "
              "enrolment begins, enrollment begins, registration start*",
        "O": "opens, open from, open on, opening on, will open, opened on, open as of, opens from, "
             "available from",
        "o": "open",
        "t": "webinar, workshop, conference, seminar, course, lecture, symposium, meeting, talk, "
             "training, session, meetup, event",
        "T": "starts, start, starting, begins, begin, beginning, takes place, take place, taking place, "
             "will be held, is held, to be held, runs from, run from, running from, scheduled for, "
             "save the date, join us on, course dates, event date*, conference date*, start date*, date, "
             "dates, when, will run, kicks off",
        "Z": "ends, end date, finishes, ending, runs until, runs through",
        "X": "extended, extension, prolonged",
        "XM": "postponed, rescheduled, postponed to, rescheduled to, rescheduled for, postponed until",
        "M": "moved to, moved from",
        "XD": "new deadline, deadline extended, extended deadline",
        "F": "was, were, previously, originally, formerly, instead of, original deadline, old deadline, "
             "former",
        "-": "no, not, without, never, no fixed, isnt, there is no, no formal, no application",
    },
    "it": {
        "D": "scadenza, scadenze, scade, termine ultimo, data di chiusura, ultimo giorno, data limite, "
             "termine per, termine di",
        "DR": "scadenza iscrizioni, scadenza delle iscrizioni, chiusura iscrizioni, "
              "chiusura delle iscrizioni, termine iscrizioni, termine di iscrizione, scadenza domande, "
              "scadenza candidature",
        "DS": "scadenza invio, scadenza per l invio",
        "d": "fino al, fino all, fino a, sino al, sino all, sino a, entro il, entro l, entro, "
             "entro e non oltre il, entro e non oltre, non oltre il, non oltre l, "
             "prima del, al piu tardi il, al massimo il",
        "v": "chiudono, chiude, scadono, si chiudono, si chiude, chiuderanno, si chiuderanno, chiudera",
        "R": "iscrizion*, registrazion*, candidatur*, domand*, adesion*, prenotazion*, preiscrizion*",
        "r": "iscriversi, iscriviti, iscrivetevi, candidarsi, prenotarsi, prenotare, registrarsi, "
             "registrati, aderire, partecipare",
        "S": "propost*, abstract*, contribut*, call for papers, call for paper, invio dei contributi, "
             "cfp, comunicazion*, saggi, articoli",
        "s": "inviare, invio, presentare, inviati, inviate, presentazione delle",
        "E": "early bird*, quota ridotta, tariffa ridotta, sconto",
        "C": "certificat*, attestat*",
        "V": "registrazione del webinar, registrazioni video, videoregistrazion*, "
             "registrazioni dei webinar",
        "N": "chiusa, chiuso, notific*, accettazione, esiti, esito, graduatoria, pubblicat*, "
             "aggiornat*, pagamento, rimborso, colloqui, "
             "comunicazione degli esiti, borse di studio, borsa di studio, disdetta",
        "RO": "apertura iscrizioni, apertura delle iscrizioni",
        "O": "aperte dal, aperte dall, aperte da, aprono il, aprono dal, aprono l, apre il, si aprono, "
             "apriranno, aperta dal, aprono",
        "t": "webinar, corso, seminario, convegno, incontro, workshop, laboratorio, giornata di studio",
        "T": "inizia, iniziano, inizio, iniziera, si terra, si terranno, si svolge, si svolgera, "
             "si svolgeranno, avra luogo, si tiene, a partire dal, comincia, prende il via, in programma, "
             "data, date, quando, avvio, al via, parte il",
        "Z": "termina, termineranno, terminera, fine corso, finisce, si conclude, si concludera",
        "X": "prorogat*, proroga, estes*, estension*",
        "XM": "posticipat*, rinviat*",
        "M": "spostat*",
        "XD": "nuova scadenza",
        "F": "era, anziche, invece del, invece che, precedente, precedentemente, inizialmente, "
             "originariamente",
        "-": "nessuna, nessun, senza, non, non c e, non ci sono, non e prevista una, priva di",
    },
    "fr": {
        "D": "date limite, date butoir, date de cloture, dernier delai, echeance, dernier jour, delai",
        "DR": "date limite d inscription, date limite des inscriptions, cloture des inscriptions, "
              "fin des inscriptions, cloture des candidatures, date limite de candidature",
        "DS": "date limite de soumission, date limite d envoi, date limite de depot, date limite de reponse",
        "d": "jusqu au, jusqu a, jusqu en, avant le, avant, au plus tard le, au plus tard, d ici le, "
             "d ici au, d ici",
        "v": "closes, clos, cloturent, se terminent, ferment, fermeront, se cloturent, se termineront, "
             "seront closes",
        "R": "inscription, inscriptions, candidature, candidatures, preinscription*, dossiers, "
             "reservation*",
        "r": "s inscrire, inscrivez vous, inscrire, candidater, postuler, postulez, reserver, reservez",
        "S": "proposition*, soumission*, resume, resumes, communications, contributions, "
             "appel a communications, appel a contributions, articles, appel a propositions, l appel",
        "s": "soumettre, envoyer, envoyees, adresser, adressees, envoyes, soumises, deposer",
        "E": "early bird*, tarif reduit, tarif preferentiel, tarif prioritaire, tarif anticipe",
        "C": "certificat*, attestation*",
        "V": "enregistrement*, rediffusion*, replay*",
        "N": "fermee, fermees, fermes, notification*, acceptation, resultats, publie*, mis a jour, "
             "mise a jour, paiement, remboursement*, annulation*, entretiens, auditions, "
             "reponse aux, reponses, bourse*, evaluation*",
        "RO": "ouverture des inscriptions",
        "O": "ouvertes a partir du, ouvertes du, ouvertes des le, ouvrent le, s ouvrent le, ouverture le, "
             "ouvertes depuis le, ouvriront le, ouvrent, s ouvrent, ouvriront, ouvre le",
        "t": "webinaire, atelier, seminaire, colloque, formation, journee d etude, conference, cours, "
             "rencontre",
        "T": "debute, debut, debutera, commence, commencera, aura lieu, auront lieu, se tiendra, "
             "se tiendront, se deroule, se deroulera, a partir du, rendez vous le, dates, date, demarre, "
             "demarrera, quand, se deroulera du, organise le, demarrage",
        "Z": "se termine, se terminera, prend fin, fin du cours, s acheve",
        "X": "prolonge*, prolongation, prorog*",
        "XM": "report*, repousse*",
        "M": "deplace*",
        "XD": "nouvelle date limite",
        "F": "au lieu du, etait, initialement, precedemment, auparavant",
        "-": "pas de, sans, aucune, aucun, non, pas, n y a pas de, plus de",
    },
    "de": {
        "D": "frist, stichtag, deadline, fristende, letzter tag, schlusstermin, spatester termin",
        "DR": "ausschreibungsfrist, "
              "anmeldeschluss, anmeldefrist, bewerbungsschluss, bewerbungsfrist, meldeschluss, "
              "ende der anmeldung, anmeldeende, anmeldungsschluss, einschreibefrist, "
              "ende der anmeldefrist, ende der bewerbungsfrist",
        "DS": "einreichfrist, einreichungsfrist, einsendeschluss, abgabefrist, einreichungsschluss, "
              "einreicheschluss, abgabetermin, deadline fur einreichungen, einreichschluss",
        "d": "bis zum, bis, bis einschliesslich, bis spatestens, spatestens am, spatestens, vor dem, "
             "spatestens bis",
        "v": "schliesst",
        "vZ": "endet, enden",
        "R": "anmeldung, anmeldungen, bewerbung, bewerbungen, einschreibung*, registrierung, buchung*, "
             "interessensbekundung*, voranmeldung*",
        "r": "anmelden, bewerben, registrieren, einschreiben, melden sie sich, melden",
        "S": "einreichung*, vorschlag*, vorschlage, abstract*, beitrag*, beitrage, call for papers, cfp, "
             "beitragsvorschlag*, vortragsvorschlage, manuskript*",
        "s": "einreichen, eingereicht, senden, einzureichen, einsenden",
        "E": "fruhbucher*, early bird*, fruhbuch*",
        "C": "zertifikat*, teilnahmebestatigung*, bescheinigung*",
        "V": "aufzeichnung*",
        "N": "geschlossen, benachrichtigung*, ergebnis*, veroffentlicht, aktualisiert, zahlung*, stornierung*, "
             "stornieren, annahme, vorstellungsgesprach*, ruckmeldung*, stand, seit, stipendi*, erstattung*",
        "RO": "beginnt die anmeldung, anmeldung ab, anmeldestart, anmeldebeginn, freigeschaltet ab, "
              "beginn der anmeldung, start der anmeldung",
        "O": "offnet am, offnet, moglich ab, geoffnet ab, ab sofort bis, moglich ab dem",
        "t": "webinar, workshop, tagung, seminar, kurs, fortbildung, konferenz, vortrag, veranstaltung",
        "T": "findet, finden, beginnt, startet, beginn, findet statt, statt am, statt vom, beginnend, "
             "termin, termine, wann, start, kursbeginn, veranstaltungstermin, datum, findet vom, "
             "kursstart, kurstermin*",
        "Z": "ende :, kursende, dauert bis, lauft bis",
        "X": "verlangert, verlangerung",
        "XM": "verschoben",
        "M": "verlegt",
        "XD": "neue frist, neuer anmeldeschluss, fristverlangerung*",
        "F": "statt, anstatt, ursprunglich, bisher, zuvor, war, anstelle des",
        "-": "keine, kein, keinen, ohne, nicht, es gibt keine, keine feste, kein fester, es gibt keinen",
    },
    "es": {
        "D": "fecha limite, fecha tope, plazo, cierre, vence, vencimiento, ultimo dia, fecha de cierre, "
             "finaliza el plazo, plazo maximo",
        "DR": "plazo de inscripcion, fecha limite de inscripcion, cierre de inscripciones, "
              "cierre de inscripcion, plazo de matricula, cierre de matricula, fin de inscripcion, "
              "plazo de solicitud*",
        "DS": "plazo de envio, fecha limite de envio, plazo de presentacion, fecha limite para el envio, "
              "recepcion de propuestas, recepcion de trabajos, cierre de la convocatoria",
        "d": "hasta el, hasta, antes del, antes de, a mas tardar el, a mas tardar, no mas tarde del",
        "v": "cierra, cierran, se cierra, se cierran",
        "vZ": "finaliza, finalizan",
        "R": "inscripcion, inscripciones, matricula, solicitud*, registro, candidatura*, postulacion*, "
             "preinscripcion*, reserva*",
        "r": "inscribirse, inscribete, inscribirte, matricularse, registrarse, registrate, solicitar, "
             "postular, matriculate",
        "S": "propuesta*, resumen, resumenes, comunicacion*, ponencia*, contribucion*, trabajos, "
             "articulos, manuscrito*",
        "s": "enviar, envio, presentar, remitir, enviarse",
        "E": "early bird*, pronto pago, inscripcion temprana, tarifa reducida, precio reducido, "
             "inscripcion anticipada, descuento*",
        "C": "certificad*, diploma*",
        "V": "grabacion*",
        "N": "cerrada, cerrado, notificacion*, aceptacion, resultado*, publicado, publicada, "
             "actualizad*, pago, pagos, reembolso*, cancelacion*, entrevista*, beca*, fallo",
        "RO": "apertura de inscripciones",
        "O": "se abren el, abre el, abren el, abiertas desde el, abierta desde el, abierto desde el, "
             "a partir del se abre, se abre el, abren, se abriran, abiertas del, abierto del, abierta del",
        "t": "webinario, taller, seminario, congreso, curso, jornada, jornadas, encuentro, conferencia, "
             "webinar",
        "T": "comienza, empieza, inicia, inicio, comenzara, tendra lugar, se celebrara, se celebra, "
             "se realizara, se llevara a cabo, dara comienzo, a partir del, fecha, fechas, cuando, "
             "tendran lugar, se desarrollara, se impartira, arranca",
        "Z": "termina, acaba, concluye, fin del curso, culmina",
        "X": "ampliad*, amplia, ampliacion*, prorroga*, extendid*, se extiende, prorrogad*",
        "XM": "aplazad*, pospuest*, aplaza",
        "M": "trasladad*",
        "XD": "nuevo plazo, nueva fecha limite",
        "F": "era, en lugar del, en vez del, anteriormente, inicialmente, originalmente",
        "-": "sin, no hay, ninguna, ningun, no, no tiene",
    },
    "hr": {
        "D": "rok, rokovi, krajnji rok, zadnji rok, posljednji dan, zadnji dan, rok je",
        "DR": "rok prijave, rok za prijavu, rok za prijave, rok prijava, rok za upis",
        "DS": "rok za slanje, rok za dostavu, rok predaje, rok za predaju",
        "d": "do, najkasnije do, zakljucno s, prije, zakljucno sa, traju do, primaju se do",
        "v": "zatvaraju se, zavrsavaju, zatvara se",
        "R": "prijave, prijava, prijavu, prijavama, upis, upisi, upisa, registracija, registracije",
        "r": "prijaviti, prijavite, prijavi se, prijavite se, upisati, registrirajte se, prijaviti se",
        "S": "sazeta*, sazet*, prijedlog*, radov*, radova, izlaganj*, priloga, prilozi, poziv na izlaganje",
        "s": "poslati, posaljite, dostaviti, slanje, dostava",
        "E": "rana prijava, rane prijave, ranu prijavu, rane kotizacije, rana kotizacija, povlasten*, "
             "snizen*",
        "C": "certifikat*, potvrda o, potvrde",
        "V": "snimk*, snimka, snimke",
        "N": "zatvorena, zatvoreno, obavijest*, "
             "rezultat*, objavljen*, azuriran*, kotizacij*, uplat*, uplac*, placanj*, povrat*, otkaz*, "
             "prihvacanj*, stipendij*",
        "RO": "prijave od, prijave pocinju, otvaranje prijava",
        "O": "otvaraju se, otvorene od, otvorena od, pocinju od, otvara se",
        "t": "webinar, radionica, seminar, skup, tecaj, konferencija, predavanje",
        "T": "pocinje, pocetak, odrzat ce se, odrzava se, odrzavaju se, odrzati, ce se odrzati, "
             "bit ce odrzan*, odrzavanje, krece, zapocinje, termin, termini, datum, kada, traje od, "
             "odrzava",
        "Z": "zavrsava, traje do, zavrsetak",
        "XM": "odgoden*, odgada se, odgada",
        "M": "premjesten*, pomaknut*",
        "X": "produzen*, produljen*, produzuje*, produzava, produljuje*",
        "XD": "novi rok",
        "F": "umjesto, bio je, prijasnji, prvotno, ranije",
        "-": "nema, bez, nije, ne, nisu, nema roka",
    },
}  # fmt: skip
