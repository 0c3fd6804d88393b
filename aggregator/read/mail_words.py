"""What mails say around their contents, in English, Italian, French, German, Spanish, Croatian, Dutch, Portuguese.

Everything is compared folded (`text.fold`): lower case, without accents.
"""

from __future__ import annotations

import re

from aggregator.occasions.words import MONTHS

# Names of months in six languages, for patterns.
MONTH_NAMES = "|".join(sorted({name for year in MONTHS.values() for names in year for name in names.split()}))


def _any(*groups: str, whole: bool = False) -> re.Pattern[str]:
    """A pattern for any of the phrases, which are separated by bars; `whole`: nothing else may stand there."""
    phrases = "|".join(groups)
    return re.compile(rf"^\W*(?:{phrases})\W*$" if whole else rf"\b(?:{phrases})")


# Links and lines that belong to the mailing and not to what it tells.
LEAVING = _any(
    r"unsubscribe|opt[ -]?out$|opt[ -]?out (?:here|at any time|of (?:this|these|our|all|future))",
    r"leave (?:this|the) (?:mailing )?list|stop receiving|remove (?:yourself|me) from",
    r"manage (?:your )?(?:subscription|preference|email)s?",
    r"update (?:your )?(?:profile|preferences|subscription)",
    r"(?:email|mail|subscription|newsletter|communication) (?:preferences|settings)",
    r"change your (?:email|subscription)",
    r"abmelden|abbestell\w*|austragen|newsletter (?:abmelden|verwalten)|einstellungen (?:andern|verwalten)",
    r"disiscri\w*|cancella(?:ti| la tua iscrizione| iscrizione|re l'iscrizione|rsi)",
    r"annulla(?:re)? l'iscrizione",
    r"gestisci (?:le )?(?:tue )?(?:preferenze|iscrizion\w)|aggiorna (?:le )?(?:tue )?preferenze",
    r"se desabonner|desabonne\w*|desinscri\w*|me desinscrire|gerer (?:vos|mes) (?:preferences|abonnements)",
    r"darse de baja|dar(?:me)? de baja|cancelar (?:la |su |tu )?suscripcion|gestionar (?:tus|sus) preferencias",
    r"odjav\w*|otkazi\w* pretplat\w*|afmelden|uitschrijven|cancelar (?:a )?(?:inscricao|assinatura)",
    r"descadastr\w*",
)
SHOWING = _any(
    r"(?:view|read|open|see|display|show)(?: (?:this|the|it|our))?(?: (?:e-?mail|newsletter|message"
    r"|mailing|campaign"
    r"|mail|issue))?(?: correctly)?(?: in (?:(?:your|a|the|my) )?(?:web ?)?browser| as a web ?page| online$)",
    r"(?:trouble|problems?) (?:viewing|reading|seeing)",
    r"can'?t (?:see|read|view) (?:this|the) (?:e-?mail|newsletter)",
    r"(?:e-?mail|newsletter|message|mailing) (?:is )?not display\w+|web version",
    r"im browser|in (?:ihrem|deinem) browser|online-?ansicht|webversion|webansicht|darstellungsprobleme",
    r"online-?version(?: (?:anzeigen|ansehen|offnen|des newsletters|dieses newsletters))?$",
    r"nicht richtig (?:an|dar)ge\w+",
    r"(?:nel|sul|dal|tuo) browser|(?:la )?versione (?:web|online)$|visualizza (?:online|correttamente)",
    r"non visualizzi",
    r"dans (?:votre|le|un) navigateur|version en ligne$|en el navegador|version (?:web|online)$",
    r"u pregledniku|web ?verzij\w|in (?:uw|je) browser|no (?:seu )?navegador|webversie",
)
SHARING = _any(
    r"forward (?:to|this)[^.]{0,30}|share (?:this|on|via|it)[^.]{0,20}|tweet(?: this)?|share|like us[^.]{0,20}",
    r"follow us[^.]{0,30}|connect with us|find us on[^.]{0,20}|facebook|twitter|x|linkedin|instagram",
    r"youtube|mastodon",
    r"bluesky|tiktok|pinterest|whatsapp|telegram|threads|rss|weiterleiten",
    r"teilen|folgen sie uns"
    r"|folge uns",
    r"inoltra(?: a un amico)?|condividi|seguici(?: su)?|transferer|partager|suivez-nous|reenviar",
    r"compartir|siguenos",
    r"proslijedi|podijeli|pratite nas|delen|doorsturen|volg ons|encaminhar|compartilhar|email|e-mail",
    r"subscribe(?: here| now)?|subscribe to[^.]{0,40}|donate(?: now)?",
    r"privacy(?: policy)?",
    r"privacy notice|terms(?: of (?:use|service))?|impressum|imprint|datenschutz\w*",
    r"informativa(?: sulla)? privacy",
    r"abonnieren|iscriviti alla newsletter|s'abonner|suscribirse|pretplati(?:te)? se|contact us",
    r"kontakt|contatti",
    whole=True,
)
FOOTER = _any(
    r"you(?:'re| are| have been)? (?:are )?(?:receiving|received|getting|got) this (?:e-?mail|message"
    r"|newsletter|because)",
    r"this (?:e-?mail|message|newsletter) was sent (?:to|by)|why (?:did i get|am i getting) this",
    r"our mailing address|add us to your address book|all rights reserved|powered by mailchimp",
    r"sent (?:to|by|with) (?:you )?(?:via|mailchimp|mailjet|brevo|cleverreach|substack)",
    r"sie erhalten diese[nrs]?|du erhaltst diese[nrs]?|diese e-?mail wurde|alle rechte vorbehalten",
    r"(?:hai ricevuto|ricevi|riceve|avete ricevuto|ricevete|stai ricevendo) (?:questa|questo|la presente)",
    r"questa (?:e-?mail|newsletter) (?:e stata|ti e stata)|tutti i diritti riservati",
    r"vous recevez (?:ce|cet|cette)|cet e-?mail (?:a ete|vous)|tous droits reserves",
    r"(?:recibe|recibes|ha recibido|has recibido) este|todos los derechos reservados",
    r"primate ov[aou]|primili ste ov[aou]|sva prava pridrzana|u ontvangt deze|je ontvangt deze",
    r"voce esta recebendo",
)
MORE = _any(
    r"(?:read|view|see|visit|download|watch|listen to|register for|open|book|get) (?:the|our|your|this|full)"
    r"(?: \S+){0,3}|download|watch|listen",
    r"(?:leggi|scopri|scarica|consulta|guarda|vai al?) (?:il|la|lo|i|gli|le|l'\S+|qui|di|sito)(?: \S+){0,2}",
    r"(?:lire|voir) (?:l\S+|\S+ \S+)",
    r"(?:read|see|find out|learn|discover|know)(?: the)? (?:more|full \w+|rest)(?: (?:here|about|at"
    r"|on)[^.]{0,60})?",
    r"(?:read|view|see|open|visit|get) (?:the )?(?:full )?(?:article|story|post|report|details|page"
    r"|programme|program)",
    r"continue(?: reading)?|more(?: information| info| details)?|details|full (?:story|article|text)|link",
    r"here|click here|website|webseite|sito(?: web)?",
    r"(?:register|book|sign up|apply|enrol|enroll|rsvp)(?: (?:here|now|online|today|for free"
    r"|your place))?|registration",
    r"(?:mehr|weiter)(?: lesen| erfahren| dazu| informationen)?|weiterlesen|weitere informationen",
    r"zum (?:artikel|beitrag)",
    r"zur (?:anmeldung|meldung|veranstaltung)|(?:jetzt )?anmelden|anmeldung|hier|lesen sie mehr|zum programm",
    r"(?:leggi|scopri|continua)(?: (?:tutto|di piu|l'articolo|a leggere|qui|la notizia))?|approfondisci",
    r"iscriviti|vai al sito",
    r"maggiori informazioni|per saperne di piu|info|programma|lire (?:la suite|plus|l'article)",
    r"en savoir plus|s'inscrire",
    r"leer mas|ver mas|mas informacion|seguir leyendo|inscribete|procitaj(?:te)? vise|vise|prijave?",
    r"saznaj(?:te)? vise",
    r"lees (?:verder|meer)|meer (?:lezen|informatie)|leia mais|saiba mais",
    whole=True,
)
CONTENTS = _any(
    r"(?:in|inside) this (?:issue|edition|newsletter|week|month)[^.]{0,30}|(?:table of )?contents",
    r"this week'?s? (?:contents|topics)",
    r"what'?s inside|highlights in this issue|today'?s topics|topics of the day|(?:quick )?overview|index",
    r"inhalt(?:sverzeichnis|sübersicht|subersicht)?|in dieser ausgabe|themen(?: dieser ausgabe)?",
    r"ubersicht|diese woche",
    r"in questo numero|sommario|indice|in questa (?:newsletter|edizione)|contenuti|dans ce numero",
    r"sommaire|au sommaire",
    r"en este numero|contenidos?|u ovom broju|sadrzaj|inhoud|in dit nummer|nesta edicao|neste numero",
    whole=True,
)
SPONSOR = _any(
    r"sponsored(?: by[^.]{0,60}| content| post| message)?",
    r"(?:our )?sponsors?(?: of[^.]{0,40}|: ?[^.]{0,60})?|advert(?:isement)?s?",
    r"advertising|(?:a )?(?:message|word|note) from (?:our|the) sponsors?[^.]{0,60}|ad",
    r"promoted(?: content)?|promotion",
    r"partner content|paid (?:content|post|partnership)|brought to you by[^.]{0,60}|together with[^.]{0,40}",
    r"anzeige|werbung|gesponsert(?: von[^.]{0,60})?|pubblicita|contenuto sponsorizzato",
    r"sponsorizzato(?: da[^.]{0,60})?",
    r"publicite|annonce|contenu sponsorise|publicidad|patrocinado(?: por[^.]{0,60})?|oglas|sponzorirano",
    r"advertentie",
    whole=True,
)
GREETING = _any(
    r"dear [^.!?]{1,60}|(?:hello|hi)(?:,? (?:all|there|everyone|everybody|colleagues|friends|folks|readers))?",
    r"good (?:morning|day|afternoon)[^.!?]{0,40}|welcome",
    r"welcome to (?:the|our|this)[^.!?]{0,40} (?:newsletter|issue|edition)",
    r"liebe[rs]? (?:leser|kolleg|freund|mitglied|abonnent|interess|bibliothekar|alle)[^.!?]{0,80}",
    r"hallo[^.!?]{0,40}",
    r"sehr geehrte[^.!?]{0,80}|guten (?:tag|morgen)[^.!?]{0,40}|willkommen|vorwort",
    r"(?:car[oiae]|gentil[ie]) (?:letto|lettr|collegh|soci|amic|abbonat|bibliotecar|tutt)[^.!?]{0,80}",
    r"buongiorno[^.!?]{0,40}",
    r"salve|benvenut[oiae]|editoriale?|cher(?:e|s|es)? [^.!?]{1,60}|bonjour[^.!?]{0,40}",
    r"estimad[oa]s? [^.!?]{1,60}",
    r"postovan[aei] [^.!?]{1,60}|dragi [^.!?]{1,60}",
    whole=True,
)

# Subjects of mails that are no news to anybody.
MACHINE_SUBJECT = re.compile(
    r"^\s*(?:re: ?)?(?:auto(?:matic|matische|mated)?[ -]?(?:reply|response|antwort)"
    r"|automatische (?:antwort|abwesenheit)"
    r"|out of (?:the )?office|ooo\b|abwesenheits\w*|abwesend\b|risposta automatica|fuori (?:sede|ufficio)"
    r"|reponse automatique|absence du bureau|respuesta automatica|fuera de (?:la )?oficina|automatski odgovor"
    r"|automatisch antwoord|undeliver\w+|undelivered mail|mail delivery (?:failed|failure|sub?system)"
    r"|delivery (?:status notification|failure|has failed)|returned mail|failure notice|unzustellbar"
    r"|mancato recapito"
    r"|(?:read|gelesen|letto|lu) ?: |delivered: |mailing list memberships reminder|confirm [0-9a-f]{16,}\b"
    r"|(?:please )?(?:confirm|verify) (?:your|the) (?:subscription|registration|e-?mail|address|sign-?up)"
    r"|bitte bestatigen sie|anmeldung bestatigen"
    r"|(?:conferma|confermi) (?:la tua |la sua |l')?(?:iscrizione|indirizzo|e-?mail)"
    r"|confirmez votre|confirme? (?:su|tu) (?:suscripcion|correo)|potvrdite (?:prijavu|pretplatu)"
    r"|welcome to the .{1,60} mailing list|you(?:r|'re| are) (?:now )?(?:subscri|unsubscri)\w+)"
)
# What replies and forwards put before a subject, in many languages; with numbers: `Re[2]:`, `Re^3:`.
REPLY = r"re|aw|antw|antwort|r|rif|ris|sv|vs|odp|ynt|res|rép|rép|ref|回复|答复"
FORWARD = r"fwd?|wg|i|tr|rv|vl|enc|fs|prosl|doorst|转发"
PREFIX = re.compile(rf"^\s*(?:(?P<re>{REPLY})|(?P<fw>{FORWARD}))\s*(?:\[\d+\]|\^\d+|\(\d+\))?\s*[:：]\s*", re.I)

# Beginnings of what a writer quotes, forwards or signs with.
WROTE = re.compile(
    r"^.{0,250}\b(?:wrote|writes|schrieb|schreibt|ha scritto|scrisse|scrive|a ecrit|ecrit|escribio"
    r"|escreveu|napisa(?:o|la)"
    r"|je napisa(?:o|la)|pise|skrev|schreef)\b.{0,120}:\s*$",
    re.S,
)
BEGINS_QUOTING = re.compile(r"^(?:on|am|il|il giorno|le|el|em|dana|op|den|in data|at|in|dne)\b.{3,}|.*<[^>]*>.*")
ORIGINAL = re.compile(
    r"^\W{0,3}-{2,}\s*(?:original message|original appointment|ursprungliche nachricht|messaggio originale"
    r"|message d'origine|mensaje original|izvorna poruka|oorspronkelijk bericht|mensagem original)\s*-{2,}"
)
FORWARDED = re.compile(
    r"^\W{0,3}(?:-{2,}|begin)\s*(?:forwarded message|forwarded by|weitergeleitete nachricht|messaggio inoltrato"
    r"|message transfere|mensaje reenviado|proslijedena poruka|doorgestuurd bericht)"
)
QUOTED_HEADER = re.compile(
    r"^\W{0,3}(?:from|sent|to|cc|subject|date|reply-to|von|gesendet|an|betreff|datum|da|inviato|a|oggetto"
    r"|data|de|envoye"
    r"|objet|para|asunto|enviado|fecha|salje|poslano|prima|predmet|van|verzonden|aan|onderwerp)\s?:\s"
)
SIGNING = _any(
    r"(?:(?:with )?(?:best|kind|warm|many)(?:est)? (?:regards|wishes|thanks)|kind regards|regards"
    r"|sincerely(?: yours)?"
    r"|yours (?:sincerely|faithfully|truly)|best|cheers|thanks(?: again)?|thank you|many thanks",
    r"all the best|warmly)",
    r"mit (?:freundlichen|besten|herzlichen|lieben|kollegialen) gru(?:ss|s)en.{0,30}",
    r"(?:viele|beste|liebe|herzliche) gru(?:ss|s)e.{0,30}",
    r"(?:cordiali|distinti|cari|un caro|i miei migliori) salut[io]|cordialmente",
    r"grazie(?: e)?(?: cordiali saluti)?|saluti",
    r"(?:bien )?cordialement|(?:bien )?a vous|(?:un )?(?:cordial(?:es)? )?saludos?(?: cordial(?:es)?)?",
    r"atentamente",
    r"(?:s postovanjem|lijep(?:i)? pozdrav|srdacan pozdrav|lp|pozdrav)|(?:met )?vriendelijke groet(?:en)?",
    r"atenciosamente",
    whole=True,
)
LIST_FOOTER = re.compile(
    r"to (?:un)?subscribe from|to unsubscribe"
    r"|you received this message because you are subscribed to the google groups"
    r"|mailing list\s*$|mailing list -|https?://\S*(?:listinfo|subed1=|a0=|mailman3?/)\S*|##########"
    r"|this (?:e-?mail|message)(?: and any (?:attachments|files))?.{0,60}(?:confidential|intended (?:only"
    r"|solely))"
    r"|diese e-?mail (?:ist|kann|enthalt) (?:vertraulich|vertrauliche)|sent from my \w+|von meinem \w+ gesendet"
    r"|inviato da \w+|envoye de mon|this message was issued to members of|zur verwaltung ihres abonnements"
)
