"""Does a mail from a person ask to leave? Whoever asks must be heard, in whatever language; whoever only speaks
of leaving, doubts, or asks for the contrary must not be shown out. So each clause is looked at by itself: one
that asks ("please remove me", "ich möchte mich abmelden") counts unless something just before it turns it round
("do not", "why did you", "if you"). A word alone ("unsubscribe", "Abmeldung") counts where nothing else is said.
"""

from __future__ import annotations

import re
from typing import Literal

from aggregator.bounces.message import Parts
from aggregator.bounces.phrases import any_of

Wish = Literal["leave", "stay", ""]

LONGEST = 1500  # characters of a person's own words that are read: a request stands at the beginning
FEW = 12  # words beside which a word that stands alone still counts

# Each asks by itself; the object (me, my address) or the politeness is what makes it a request and not a remark.
_ASKS = any_of(r"""
    \bun-?subscribe\W{1,3}(me|us|this (address|e-?mail|account)|my\b|\S{1,64}@)
    \b(please|kindly|pls)\W{1,3}un-?subscribe\b
    \b(remove|delete|drop|withdraw|erase)\W{1,3}(me|us|my|this (address|e-?mail|account)|our (address|e-?mail))\b
    \bmind (removing|unsubscribing|deleting)\W{1,3}(me|us|my)\b
    \btak(e|ing)\W{1,3}(me|us|my .{0,30}|this (address|e-?mail))\W{1,3}off\b
    \b(sign|count|opt|leave|get)\W{1,3}(me|us)\W{1,3}(off|out)\b
    \b(cancel|end|terminate|discontinue|stop)\W{1,3}(my|our|this|the|these)\W{1,3}…
    (\w+\W{1,3}){0,2}(subscription|membership|mailing|mails?|e-?mails?|newsletter|digest|letters?)\b
    \b(stop|cease|quit)\W{1,3}(sending|mailing|e-?mailing|writing|spamming)\b
    \b(want|wish|like|prefer|ask|request|need|going)\W{1,3}to\W{1,3}(please\W{1,3})?…
    (un-?subscribe|be (removed|unsubscribed|taken off|deleted)|opt out|…
    (leave|cancel|stop|end) (the|this|your|my|our|these|receiving|getting) ?(\w+ ){0,2}?…
    (list|mailings?|subscription|newsletters?|digests?|e-?mails?|mails?|letters?)|sign off)
    \b(un-?subscription|removal|cancellation)\W{1,3}(request|please)\b
    \bno more\W{1,3}(\w+\W{1,3}){0,2}(mails?|e-?mails?|messages|digests?|newsletters?|letters?)\b.{0,20}\bplease\b
    \bplease\b.{0,20}\bno more\W{1,3}(\w+\W{1,3}){0,2}(mails?|e-?mails?|messages|digests?|newsletters?|letters?)\b
    \b(mich|uns|meine\w? (e-?mail-?)?adresse)\b.{0,60}…
    \b(ab(zu)?melden|aus(zu)?tragen|streichen|l(ö|oe)schen|entfernen|ab(zu)?bestellen|herausnehmen|austr(ä|…
    ae)gt)\b
    \b(melde|melden|trage|tragen|nehmen|nimm|streichen|l(ö|oe)schen|entfernen|entferne|l(ö|oe)sche)\b…
    (\W{1,3}sie)?(\W{1,3}bitte)?\W{1,3}(mich|uns|meine)\b
    \b(newsletter|digest|abo\w*|rundbrief|verteiler|mailingliste)\b.{0,40}…
    \b(ab(zu)?bestellen|ab(zu)?melden|k(ü|ue)ndigen|austragen)\b.{0,20}\b(bitte|m(ö|oe)chte)?
    \b(bitte|hiermit|m(ö|oe)chte|will)\b.{0,50}…
    \b(ab(zu)?bestellen|ab(zu)?melden|k(ü|ue)ndige\w?|austragen|abmeldung|bestelle\b.{0,40}\bab|…
    melde\b.{0,40}\bab)
    \bbitte um (l(ö|oe)schung|abmeldung|streichung|k(ü|ue)ndigung)\b
    \bd[eé]s(abonn|inscri)\w{0,4}[- ]?(moi|nous)\b
    \bme\W{1,3}(d[eé]s(abonn|inscri)\w*|retirer|supprimer|enlever|rayer|radier)
    \b(retire|supprime|enleve|enlève|raye|radie)\w{0,3}[- ](moi|nous|mon adresse|mon nom|mon e-?mail)\b
    \b(merci|prie|veuillez|demande|souhaite|souhaiterais|voudrais|veux|d[eé]sire)\b.{0,40}…
    \b(d[eé]s(abonn|inscri)\w*|supprimer mon|retirer mon|r[eé]silier|supprimer de)
    \b(cesse|arr[eê]te)\w{0,3} (de m|de nous|d.envoyer|les envois|l.envoi)
    \b(cancella|rimuove|disiscrive|toglie|elimina|depenna)\w{0,3}(mi|ci)\b
    \b(cancell|rimuover|disiscriver|toglier|elimin)\w{0,3}(mi|ci)\b
    \b(chiedo|prego|vorrei|voglio|desidero|richiedo|per favore|gentilmente|potete|potreste|pu[oò])\b.{0,50}…
    \b(cancella\w*|disiscri\w*|rimuov\w*|rimozione|disdi\w*|eliminare|annullare l.iscrizione|togliere)
    \b(cancellate|rimuovete|togliete|eliminate)\b.{0,12}\b(mio|mia)\b
    \b(dar|den|d[eé]n|dad|denme|d[eé]nme|deme|d[eé]me|darme|dadme)\b( me| de)?( mi \w+)?.{0,12}\bbaja\b
    \b(quiero|deseo|quisiera|solicito|pido|favor|ruego)\b.{0,40}…
    \b(baja|cancelar|anular|eliminar mi|desuscri\w*|borrar mi)
    \b(elimine|borre|quite|cancele|supriman)\w{0,2} mis?\b
    \b(elim[ií]n|b[oó]rr|qu[ií]t|s[aá]qu|desuscr[ií]b)\w{1,4}me\b
    \b(remov|retir|exclu|cancel|descadastr|elimin)\w{1,4}-me\b
    \b(quero|gostaria|desejo|solicito|pe[çc]o|favor)\b.{0,40}…
    \b(cancelar|descadastr\w*|remo[vç]\w*|sair da|anular|desinscrever\w*|retirar)
    \bodjavit?e? me\b|\bme\W{1,3}(odjavi\w*|maknite|uklonite|izbri[sš]ite|obri[sš]ite|ispi[sš]ite)
    \b(uklonite|maknite|skinite|izbri[sš]ite|obri[sš]ite|ispi[sš]ite|odjavite)\W{1,3}(me|moju|nas)\b
    \b([zž]elim|htio bih|htjela bih|molim|mo[zž]ete)\b.{0,40}\b(odjav\w*|se ispisati|me ukloniti|otkazati)
    \b(wypis|usu[nń]|wyrejestru|skre[sś]l)\w{0,6}\b.{0,20}\b(mnie|m[oó]j|nas)\b
    \b(prosz[eę]|chc[eę]|chcia[lł]\w*)\b.{0,40}\b(wypis\w*|usuni[eę]\w*|rezygn\w*|zrezygn\w*|anulowa\w*)
    \b(rezygnuj[eę])\b
    \b(schrijf|meld|haal|verwijder)\b(\W{1,3}\w+){0,2}\W{1,3}(mij|me|ons|mijn)\b
    \b(graag|wil|wens|verzoek)\b.{0,50}\b(afmelden|uitschrijven|opzeggen|verwijder\w*|af te melden|…
    uit te schrijven)
    \b(avregistrera|ta bort|stryk|avanm[aä]l|avsluta)\W{1,3}(mig|min|oss)\b
    \bpoista(kaa)? minut\b|\bodhla[sš]te m[eě]\b|\bodhl[aá]si[tť]\b.{0,20}\b(mě|ma|mňa|odb[eě]r\w*)
    \bleiratkoz\w*|\bt[oö]r[oö]lj\w*\b.{0,20}\blist\w*|\bdezabon\w+|\blisteden ([cç])[ıi]kar\w*|\baboneli\w+ iptal
    отпи(шите|сать|шись)\w*|удалите меня|не присылайте|откажитесь|διαγρ[αά]ψτε|διαγραφή|إلغاء الاشتراك
    退订|取消订阅|退訂|取消訂閱|配信停止|購読解除|登録解除|수신 ?거부
    \b(afmeld|slett|slet|meld)\W{1,3}(mig|meg|min)\b
""")
# These carry their own negation: nothing before them turns them round but a question.
_ENOUGH = any_of(r"""
    (\bno longer|\bnot|n.t|\bnever)\W{1,3}(\w+\W{1,3}){0,2}?(want|wish|care|need|like)\W{1,3}…
    ((?!stop|miss|cease|un)\w+\W{1,3}){0,2}(receive|receiving|get|getting|be (sent|mailed|on|subscribed|…
    contacted)|(any )?(more )?(of )?…
    (these|your|this|such|the|mails?|e-?mails?) ?(mails?|e-?mails?|messages|newsletters?|digests?|letters?|…
    list)?)\b
    \b(prefer|rather)\W{1,3}not\W{1,3}(to\W{1,3})?(receive|get|be (on|mailed|sent))\b
    \bno longer (interested|subscribed by choice)\b
    \bnot interested\b.{0,30}\b(any ?more|any longer|please)\b
    \b(don.t|do not|never)\W{1,3}(send|mail|e-?mail|write|contact)\W{1,3}(to )?(me|us|this|any)\b.{0,60}…
    \b(any ?more|again|any longer|further|future|mails?|e-?mails?|messages)\b
    \b(m(ö|oe)chte\w?|will|wollen|w(ü|ue)nsche\w?)\b.{0,60}\b(nicht|keine\w?|nichts)\b.{0,60}…
    \b(erhalten|bekommen|haben|empfangen)\b
    \b(senden|schicken|schreiben|sende|schicke)\b( sie)?( mir| uns)?( bitte)?( mir| uns)? (keine|nichts|nicht)\b
    \b(keine|nichts)\b.{0,40}\bmehr\b.{0,20}\b(zu(zu)?senden|zu(zu)?schicken|zu senden|zu schicken)
    \bn[e.]\W?(souhaite|veux|d[eé]sire|voudrais|tiens)\w{0,3}\b.{0,20}\bplus\b.{0,20}\b(recevoir|[eê]tre|vos|…
    ces|de)\b
    \bne plus\b.{0,12}\b(recevoir|m.envoyer|m.[eé]crire|nous envoyer)\b
    \bn.envoyez plus\b|\bne m.envoyez\b.{0,12}\bplus\b
    \bnon (desidero|voglio|vorrei|intendo|desideriamo|vogliamo)\b.{0,12}\b(pi[uù]|ricevere)\b
    \bnon (mandate|inviate|scrivete|spedite)(mi|ci)\b.{0,12}\bpi[uù]\b
    \bno (deseo|quiero|quisiera|deseamos|queremos)\b.{0,20}\b(recib\w+|seguir)\b
    \bno me (env[ií]e\w*|mande\w*|escrib\w+)\b.{0,12}\bm[aá]s\b
    \bn[aã]o (quero|desejo|pretendo|gostaria)\b.{0,20}\breceber\b
    \bne [zž]elim\w?\b.{0,20}\b(vi[sš]e|primati|dobivati|dobijati)\b
    \bnie (chc[eę]|[zż]ycz[eę])\b.{0,25}\b(otrzymywa\w*|dostawa\w*|wi[eę]cej)
    \b(wil|wens|wensen|willen)\b.{0,30}\b(geen|niet)\b.{0,30}\b(ontvangen|krijgen|meer)\b
    \bvill (inte|ikke|ikkje)\b.{0,20}\b(ha|f[aå]|ta emot|l[aä]ngre|lenger)\b
""")
# Just before a request these turn it round.
_TURNED = re.compile(
    r"\b(not|\w+n.t|dont|never|without|nor|before|unless|why|how|whether|if|instead of|rather than|want you to|"
    r"nicht|kein\w*|niemals|nie|warum|wieso|weshalb|wie|ob|wenn|ne|n|pas|jamais|pourquoi|comment|si|non|"
    r"perch[eé]|come|se|"
    r"no|nunca|por qu[eé]|c[oó]mo|n[aã]o|porque|como|nemojte|nemoj|za[sš]to|kako|ako|dlaczego|jak|je[zż]eli|"
    r"je[sś]li|"
    r"niet|geen|nooit|waarom|hoe|als|inte|ikke|aldrig|varf[oö]r|hur)\W+(?:[\w'’]+\W+){0,4}$",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(nicht|keine\w*|not|never|niet|geen|pas|non|nunca|jamais|nie|inte|ikke)\b|n['’]t\b", re.IGNORECASE
)
_ASKED_BEFORE = re.compile(
    r"\b((?:did|does|have|has) (?:you|it|they|he|she)|why|how|whether|if|warum|wieso|weshalb|wie|ob|pourquoi|"
    r"comment|perch[eé]|come mai|por qu[eé]|c[oó]mo|za[sš]to|kako|"
    r"dlaczego|waarom|hoe|varf[oö]r|said|says|wrote|told|thought|think)\W+(?:[\w'’]+\W+){0,8}$",
    re.IGNORECASE,
)
_TURNED_AFTER = re.compile(
    r"^(?:\W+[\w'’]+){0,4}?\W+(nicht|niet|inte|ikke|pas|nie|link|button|page|address (?:doesn|does|did|is)|"
    r"if (?:i|we|you)\b|yet)\b",
    re.IGNORECASE,
)
# Whoever says this wants to stay, or to come back, whatever else is said.
_STAY = any_of(r"""
    \b(keep|leave) (me|us|my (address|name|subscription)) (on|subscribed|in|as|active)\b
    \bkeep (sending|(\w+ ){1,2}coming|me\b)
    \b(by|a) mistake\b|\baccident\w*|\bre-?subscri\w+|\bsubscribe me (again|back)\b|\badd me (again|back)\b
    \b(ignore|disregard|undo|revoke) (my|the|that|this)\b
    \b(want|like|wish|happy|glad) to (stay|remain|keep|continue|go on)\b|\bstill want\b
    \bversehentlich\b|\baus versehen\b|\birrt(ü|ue)mlich\b|\bpar erreur\b|\bper errore\b|\bpor error\b|…
    \bpor engano\b
    \bgre[sš]kom\b|\bpomy[lł]k\w+|\bper ongeluk\b|\bvergissing\b|\bav misstag\b
    \bweiter(hin)? (erhalten|bekommen|beziehen)\b|\bcontinuer [aà] recevoir\b|\bcontinuare a ricevere\b
""")
_WORD = (
    r"un-?subscribe|un-?subscribing|unsubscription|remove|stop|opt-?out|opt out|sign-?off|leave|cancel|"
    r"abmelden|abmeldung|abbestellen|abbestellung|austragen|k(?:ü|ue)ndigung|k(?:ü|ue)ndigen|"
    r"d[eé]sabonnement|d[eé]sabonner|d[eé]sinscription|d[eé]sinscrire|d[eé]sinscrivez|r[eé]silier|"
    r"disiscrizione|disiscrivere|disiscriviti|cancellazione|cancella|disdetta|baja|darse de baja|desuscribir|"
    r"descadastrar|cancelar|remover|odjava|odjaviti|odjavi|ispis|wypisz|wypisa[cć]|rezygnacja|"
    r"afmelden|afmelding|uitschrijven|avregistrera|avanm[aä]l\w*|avmeld\w*|afmeld"
)
_BESIDE = (
    r"please|pls|kindly|thanks?|thank you|you|me|us|now|from|the|this|your|my|all|list|lists|mailing|"
    r"mailinglist|newsletters?|"
    r"digests?|weekly|e-?mails?|mails?|request|hi|hello|dear|hallo|all|team|sir|madam|bitte|danke|vom|von|der|"
    r"des|den|liste|"
    r"guten tag|bonjour|merci|svp|s.il vous pla[iî]t|de|la|le|les|du|mi|mich|buongiorno|grazie|per favore|"
    r"dalla|dal|"
    r"hola|gracias|por favor|lista|hvala|molim|sa|s|prosz[eę]|z|graag|aub|dank|tack|takk|tak|scribe|"
    r"suscripci[oó]n|boletin|"
    r"bolet[ií]n|subscription|abonnement|abo|assinatura|inscri[çc][aã]o"
)
_ALONE = re.compile(
    rf"\W*(?:(?:{_BESIDE})\b\W*){{0,6}}(?:{_WORD})\b\W*(?:(?:{_BESIDE}|{_WORD})\b\W*){{0,8}}", re.IGNORECASE
)
# What people write who want to know how all this works; "info" is the word of old list programs.
_HELP_WORD = (
    r"help|how ?to|info|hilfe|aide|aiuto|ayuda|ajuda|pomo[cć]|hulp|hj[aä]lp|hj[ae]lp|hjelp|apua|n[aá]pov[eě]da|"
    r"помощь|βοήθεια|مساعدة"
)
_HELP = re.compile(
    rf"\W*(?:(?:{_BESIDE}|need|i)\b\W*){{0,4}}(?:{_HELP_WORD})\b\W*(?:(?:{_BESIDE}|with)\b\W*){{0,5}}",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"\w\s?[?？؟](?=\s|$|[\"'”»)])")
_QUOTED = re.compile(r"^\s{0,3}[>|]")
_INTRODUCES = re.compile(
    r"^(on|am|le|il|el|em|dana|w dniu|op|den)\b.{4,200}(wrote|schrieb.{0,80}|[eé]crit|scritto|escribi[oó]|"
    r"escreveu|napisa\w*|pisze"
    r"|schreef.{0,60}|skrev.{0,60})\s?:$|^on .{4,80}<\S{1,80}@\S{1,80}>$",
    re.IGNORECASE,
)
_END = re.compile(
    r"^(-{2,20} ?(original|urspr|message|messaggio|mensaje|forwarded|izvorna|oryginalna|oorspronkelijk).*|"
    r"_{8,200}"
    r"|(from|von|de|da|od|van|fr[aå]n|expéditeur)\s?:\s.{0,200}@.{0,200}|--)$",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(
    r"^(sent (from|via)|get outlook|envoy[eé] (de|depuis)|von meinem|gesendet (von|mit)|inviato da|"
    r"enviado desde|poslano s)\b.{0,80}$",
    re.IGNORECASE,
)
_SUBJECT_PREFIX = re.compile(
    r"^\s{0,3}(?:(?:re|aw|r|sv|vs|fwd?|wg|tr|rv|odg|antw|odp)\s{0,2}:\s{0,3}){1,9}", re.IGNORECASE
)
_CLAUSES = re.compile(
    r"[.;!?:,()\n\"“”„«»]+|\s[-–—]\s|\b(?:so|but|and please|therefore|also|deshalb|daher|aber|donc|quindi|ma|"
    r"pero)\b"
)


def wish_of(parts: Parts) -> Wish:
    """What the person's own words, without what they quote, ask for: to leave, to stay, or neither."""
    own = own_words(parts.text)[:LONGEST]
    subject = parts.head.get("subject", "")[:300]
    said = "" if _SUBJECT_PREFIX.match(subject) else subject.strip()
    if _STAY.search(own) or _STAY.search(said):
        return "stay"
    found = {_of_clause(clause) for clause in (*_CLAUSES.split(own), *_CLAUSES.split(said))}
    if "leave" in found:
        return "leave"
    if "stay" in found:
        return "stay"
    if _stands_alone(own):
        return "leave"
    first = next((line for line in own.split("\n") if line.strip() and not _is_greeting(line)), "")
    if _ALONE.fullmatch(first) and len(own.split()) <= FEW:
        return "leave"
    speaks = re.search(rf"\b(?:{_WORD})\b|\?", own, re.IGNORECASE)
    return "leave" if said and _ALONE.fullmatch(said) and (not speaks or not own.strip()) else ""


def _stands_alone(own: str) -> bool:
    """Whether a short mail has a sentence that is the request and nothing else, or such a clause with a please."""
    if len(own.split()) > FEW:
        return False
    if any(_ALONE.fullmatch(one) and "please" in one.lower() for one in _CLAUSES.split(own)):
        return True
    doubtful = _NOT.search(own) or re.search(r"\?|https?:", own)
    return not doubtful and any(_ALONE.fullmatch(one) for one in re.split(r"[.!\n]+", own) if one.strip())


def asks_alone(subject: str) -> bool:
    """Whether a subject is the request that mail programs write for their unsubscribe buttons."""
    return bool(_ALONE.fullmatch(subject[:300]))


def asks_help(parts: Parts) -> bool:
    """Whether somebody asks for help and for nothing else: by the subject, or by words of their own."""
    own = own_words(parts.text)[:LONGEST]
    subject = parts.head.get("subject", "")[:300]
    by_subject = bool(_HELP.fullmatch(subject))
    if not own.strip():
        return by_subject
    return bool(_HELP.fullmatch(own)) and (
        by_subject or bool(_SUBJECT_PREFIX.match(subject)) or not subject.strip()
    )


def only_asks(parts: Parts) -> bool:
    """Whether a mail asks something and does not speak of leaving at all."""
    words = f"{parts.head.get('subject', '')[:300]}\n{own_words(parts.text)[:LONGEST]}"
    speaks = re.search(rf"\b(?:{_WORD})\b", words, re.IGNORECASE)
    return not speaks and bool(_QUESTION.search(words) or _HELP.fullmatch(parts.head.get("subject", "")[:300]))


def own_words(text: str) -> str:
    """What the person wrote: without quotations, and nothing below a signature or an old letter's head."""
    lines = [line.strip() for line in text.split("\n")]
    quotes = any(map(_QUOTED.match, lines))
    own = []
    for line in lines:
        if _END.match(line) or (_INTRODUCES.match(line) and not quotes):
            break
        if not (_QUOTED.match(line) or _INTRODUCES.match(line) or _SENT_FROM.match(line)):
            own.append(line)
    return "\n".join(own).strip()


def _of_clause(clause: str) -> Wish:
    if (found := _ENOUGH.search(clause)) and not _ASKED_BEFORE.search(clause[: found.start()]):
        return "leave"
    turned: Wish = ""
    for found in _ASKS.finditer(clause):
        before, after = clause[: found.start()], clause[found.end() :]
        if _ASKED_BEFORE.search(before):
            continue
        if not (_TURNED.search(before) or _NOT.search(found.group()) or _TURNED_AFTER.search(after)):
            return "leave"
        turned = "stay"
    return turned


def _is_greeting(line: str) -> bool:
    return len(line.split()) <= 4 and bool(
        re.match(
            r"\W*(hi|hello|dear|hallo|liebe\w?|sehr geehrte\w?|guten|bonjour|cher\w*|madame|buongiorno|salve|"
            r"gentil\w*|hola|"
            r"estimad\w+|ol[aá]|bok|po[sš]tovan\w*|dzie[nń]|beste|hej|good)\b",
            line,
            re.IGNORECASE,
        )
    )
