"""What kind of mail came back: a report of a mail server, a complaint, a machine's answer, or a person."""

from __future__ import annotations

import re
from typing import Literal

from aggregator.bounces.message import Parts, first_of
from aggregator.bounces.phrases import any_of

LONGEST = 20_000  # characters of a report that are read
_NOBODY = ("<>", "<mailer-daemon>", "<#@[]>", "<postmaster>")

Kind = Literal[
    "bounce", "delay", "success", "complaint", "feedback-other", "auto-reply", "challenge", "unsubscribe", "human",
    "foreign",
]  # fmt: skip

# RFC 5965: what readers report, against what receivers tell of their own accord. No type at all: a torn report.
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list", "miscategorized", "complaint", ""})
# Microsoft's junk mail reporting programme sends no ARF, but the letter with this field in it.
_JMRP = re.compile(r"^x-hmxmroriginalrecipient:", re.IGNORECASE | re.MULTILINE)
_MACHINES = any_of(r"""
    mailer[-_.]?daemon
    postmaster
    mail[-_. ]?delivery
    mdaemon
    ^(bounce|bounces|noreply-bounce)
    microsoftexchange\w+
    system administrator
    systemadministrator
    mail administrator
    mail router
    mailsystem
    mail system
    returned mail
""")
_FAILED = any_of(r"""
    undeliver(ed|able)
    delivery (status notification \(failure\)|failure|failed|has failed|problem)
    mail(ing)? (delivery )?(failed|failure|error)
    fail(ure|ed) (notice|delivery|mail)
    returned (mail|to sender)
    returning (message|mail)
    non[- ]?delivery
    could( not|n.t) be delivered
    can(not|.t) be delivered
    (message|mail) (not|un)[ -]?deliver
    not delivered
    unzustellbar
    zustellung.{0,20}(fehlgeschlagen|nicht)
    nicht zugestellt
    non (remis|distribu[eé]|d[eé]livr)
    [eé]chec de (la )?(remise|distribution)
    mancato recapito
    non recapitabile
    impossibile (recapitare|consegnare)
    no se (pudo|ha podido) entregar
    no entregad
    devuelto
    neisporu[cč]
    nije isporu[cč]en
    niedostarcz
    nie dostarcz
    onbestelbaar
    kan inte levereras
    user unknown
    you sent (was )?(blocked|rejected|refused)
    message (blocked|rejected|refused|quarantined)
    \bvirus(es)?\b
    \bNDN\b
    \bNDR\b
""")
_DELAYED = any_of(r"""
    delay(ed)?\b
    still being (re)?tried
    warning[: ].{0,60}(message|mail|delivery)
    will (continue|keep) (to )?(try|retry|be retried)
    could not be delivered (yet|within \d+ hours?)
    (not|n.t) (yet )?been delivered
    (not|n.t) delivered yet
    not yet delivered
    temporar\w+ .{0,20}(problem|failure)
    verz(ö|oe)ger
    retard
    ritard
    demora
""")
_WARNING_ONLY = any_of(r"""
    (a|this is a) (delivery )?warning
    warning (message )?only
    no action is required
    (not|n.t) (yet been delivered|been delivered yet)
    noch nicht zugestellt
    weiterhin versuch
    weitere versuche
    n.a pas encore
    non [eè] ancora stat
    a[uú]n no
    do not need to resend
    will (be retried|continue to (try|be)|keep trying|retry)
    delivery attempts will continue
    try(ing)? (again|to send)
    still (being )?(trying|tried|retried)
""")
_GIVEN_UP = re.compile(
    r"permanent(ly)? (error|fail|fatal)|giv(en|ing) up|has failed|no further attempt", re.IGNORECASE
)
_SUCCESS = any_of(r"""
    success(ful)?(ly)? (mail delivery|delivered|delivery|relay)
    delivery status notification \((success|relay)\)
    delivery report.{0,20}success
    ^(delivered|relayed|read)[:.]
    successful mail delivery report
""")
_PROSE = any_of(r"""
    the following (address|recipient)(\(?e?s?\)?|s)? (failed|had)
    permanent(ly)? (error|fatal)
    i.m afraid i wasn.t able to deliver
    did not reach (some or all of )?the (intended|following) recipient
    (could not|couldn.t|unable to|cannot|was not able to|wasn.t able to|failed to|can.t) (be delivered|deliver)
    (wasn.t|was not|weren.t|were not|not)( been)? delivered
    was (blocked|rejected|refused) by
    cannot be reached
    (error|problem) occurred while (trying to deliver|delivering|sending)
    einige oder alle empf(ä|ae)nger
    nicht zugestellt werden
    konnte nicht .{0,40}zugestellt
    n.a pas pu [eê]tre (remis|d[eé]livr|distribu)
    n.a pas atteint
    non [eè] stato possibile (recapitare|consegnare)
    no se (pudo|ha podido) entregar
    delivery (to the following|has failed)
    following addresses had permanent
    mail system at host
    undeliverable to
""")
_CHALLENGE = any_of(r"""
    \b(prove|confirm|verify|show)\w*( to us)?( that)? (you are|you.re|that you|your (humanity|identity|address|…
    e-?mail)|…
    you (are|.re) (a |not a )?(human|person|real))
    \b(you are|you.re) (a )?(human|person|real|not a (robot|machine|spammer))\b
    \bchallenge[- /]?(and[- ])?response
    \b(boxbe|spam ?arrest|tmda|mailblocks|active spam killer|bluebottle|qurb|knowspam)\b
    \bsender (verification|confirmation|authentication|validation)\b
    \b(verify|confirm|authenticate) (your|this|the) (message|e-?mail|mail|address|sender)\b
    \b(confirmation|verification) (is )?(required|needed|request)\b
    \b(message|mail|e-?mail|letter)\b.{0,60}\b(held|quarantined?|waiting|pending|not been delivered)\b.{0,120}…
    \b(click|confirm|verify|reply|captcha|approv)
    \b(white ?list|allow ?list|approved senders?|guest ?list)\b.{0,120}\b(click|confirm|verify|reply|captcha|…
    link|request)
    \b(click|confirm|verify|reply|captcha)\b.{0,120}\b(white ?list|allow ?list|approved senders?|guest ?list)\b
    \bcaptcha\b
    \brequires? (your |a )?(verification|confirmation|approval|authentication)\b
    \bbest(ä|ae)tigen sie\b.{0,80}\b(mensch|absender|nachricht|e-?mail)
    \bconfirmez que vous\b|\bv[eé]rification de l.exp[eé]diteur\b
    \bconfermi? (di|che)\b.{0,30}\b(essere|umano|persona)
""")
_AUTOMATIC = any_of(r"""
    \bautomatic(ally)?\b.{0,12}\b(reply|response|generated)\b
    \bauto(mated|matic)?[- :]{0,3}(reply|response|responder|respond|antwort|answer|r[eé]ponse)\b
    \bout[- ]of[- ](the[- ])?office\b
    ^\W{0,3}(re: ?)?(ooo|oof)\b
    ^(re: ?|aw: ?)?(on |i am on |i.m on )?(vacation|holidays?|annual leave|maternity leave|parental leave|…
    sick leave|leave)\b
    \b(away from (my|the)|away until|on vacation|on holiday|on leave|out until)\b
    \babwesen(d|heit)|\bau(ß|ss)er haus\b|\bim urlaub\b|\burlaubs|\bferienabwesen
    ^\W{0,3}auto:
    \b(en cong[eé]s?|en vacances|in ferie|de vacaciones|de f[eé]rias|na urlopie|godi[sš]nj(i|em) odmor)\b
    \bdovolen|\bszabads[aá]g
    \bautomatische (antwort|abwesen\w*|e-?mail|r(ü|ue)ckmeldung)
    \br[eé]ponse automatique
    \b(absence du bureau|absent(e)? du bureau|message d.absence|absence)\b
    \brisposta automatica
    \b(fuori (sede|ufficio)|assenza|assente)\b
    \brespuesta autom[aá]tica
    \bfuera de (la )?oficina\b|\bausen(te|cia)\b
    \bautomatski odgovor|\bodsut(an|na|nost)\b|\bnisam u uredu\b
    \bautoodpowied|\bautomatyczna odpowied|\bnieobecno[sś][cć]
    \bresposta autom[aá]tica|\bfora do escrit[oó]rio
    \bautomatisch antwoord|\bafwezig|\bniet aanwezig
    \bautosvar|\bautomatiskt svar|\bautomatisk svar|\bfr[aå]nvar|\bfrav(æ|ae)r|\bpoissa\b|\bautomaattinen vastaus
    \bsamodejni odgovor|\bautomatick[aá] odpov[eě][dď]|\bautomatikus v[aá]lasz
    自動返信|自动回复|自動回覆|автоответ|автоматический ответ|αυτόματη απάντηση|رد تلقائي
""")
_AWAY = any_of(r"""
    \b(i am|i.m|i will be|i.ll be|we are) (currently |now |presently )?…
    (out of (the |my )?office|away (from|until|on)|on (annual |maternity |parental |sick )?(leave|holidays?|…
    vacation)|out until|…
    not in (the )?office)
    \b(this mailbox|this (e-?mail )?address|this account|this inbox) (is|are) (not|no longer|un)\W?…
    (monitored|read|attended|in use|checked)
    \b(this is an|this message is an) automat
    \bich bin (derzeit|zur zeit|momentan|bis|vom|ab|im)\b.{0,60}\b(nicht|abwesend|urlaub|erreichbar|au(ß|…
    ss)er haus)
    \bje (suis|serai) (actuellement |pr[eé]sentement )?(absent|en (cong[eé]|vacances|d[eé]placement))
    \bsono (attualmente )?(fuori|assente|in ferie)
    \b(estoy|estar[eé]) (fuera|ausente|de vacaciones)
    \bnisam u uredu|\bna godi[sš]njem|\bodsut(an|na) sam
    \bjestem (nieobecn|na urlopie)|\bprzebywam na urlopie
    \bestou (fora|ausente|de f[eé]rias)
    \bik ben (afwezig|niet aanwezig|met vakantie)
    \bjag [aä]r (inte p[aå] kontoret|borta|p[aå] semester|ledig|tj[aä]nstledig)
""")
_PROGRAMS = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-vacation", "x-mail-autoreply",
    "x-autogenerated", "x-autoreply-from", "x-auto-response", "x-rt-loop-prevention", "x-otrs-loop",
)  # fmt: skip
_ANSWER = re.compile(r"^\s{0,3}(re|aw|r|sv|vs|antw|odp|odg|fwd?|wg|tr|rv)\s{0,2}:", re.IGNORECASE)


def kind_of(parts: Parts) -> Kind:
    """The kind, before it is known whose letter it is about: never `unsubscribe` (see `requests`) or `foreign`."""
    if parts.feedback is not None:
        return "complaint" if feedback_type(parts) in _COMPLAINTS else "feedback-other"
    if _JMRP.search(parts.raw):
        return "complaint"
    if parts.status:
        return _by_actions(parts)
    subject = parts.head.get("subject", "")[:500]
    if parts.read_receipt:
        return "auto-reply"
    if _is_machine(parts):
        return _machine_kind(parts, subject)
    automatic = _is_automatic(parts)
    if _CHALLENGE.search(subject) or (automatic and _CHALLENGE.search(_beginning(parts))):
        return "challenge"
    return "auto-reply" if automatic else "human"


def feedback_type(parts: Parts) -> str:
    """What a feedback report calls itself (RFC 5965), in lower case; '' where it doesn't say, or is none."""
    return first_of(parts.feedback or {}, ("feedback-type",)).split(";")[0].strip().lower()


def sounds_automatic(parts: Parts) -> bool:
    """Whether a mail that no header calls automatic is one by its words: some programs set none."""
    text = parts.text[:600]
    if sounds_like_challenge(parts) and re.search(r"click|link|\bform\b|https?:|captcha", parts.text[:3000], re.I):
        return True
    to_us = re.search(r"\?|\byour (list|letter|digest|newsletter)", text, re.IGNORECASE)
    return bool(_AWAY.search(text)) and not to_us


def sounds_like_challenge(parts: Parts) -> bool:
    """Whether a machine asks to be told that we are people."""
    return bool(_CHALLENGE.search(_beginning(parts)))


def _beginning(parts: Parts) -> str:
    return " ".join(parts.text[:3000].split())


def _by_actions(parts: Parts) -> Kind:
    actions = {first_of(fields, ("action",)).split()[0].lower() for fields in parts.status if fields.get("action")}
    if "failed" in actions or not actions & {"delayed", "delivered", "relayed", "expanded"}:
        return "bounce"
    return "delay" if "delayed" in actions else "success"


def _machine_kind(parts: Parts, subject: str) -> Kind:
    text = parts.text[:LONGEST]
    failed = _FAILED.search(subject) or _PROSE.search(text)
    if _AUTOMATIC.search(subject) and not _PROSE.search(text):
        return "auto-reply"
    if _CHALLENGE.search(subject):
        return "challenge"
    if _SUCCESS.search(subject):
        return "success"
    if _DELAYED.search(subject) and not _FAILED.search(subject):
        return "delay"
    if failed and _WARNING_ONLY.search(text) and not _GIVEN_UP.search(text):
        return "delay"
    if failed or parts.report_type == "delivery-status":
        return "bounce"
    return "auto-reply" if _is_automatic(parts) else "human"


def _is_machine(parts: Parts) -> bool:
    """Whether a mail server wrote it: by its name, or because nobody may answer it and it speaks of a failure."""
    sender, subject = parts.head.get("from", "")[:500], parts.head.get("subject", "")[:500]
    if parts.report_type == "delivery-status":
        return True
    nobody = parts.head.get("return-path", "").strip().lower() in _NOBODY
    if _ANSWER.match(subject) and not nobody and not _said_automatic(parts):
        return False  # a postmaster is a person, too
    if _MACHINES.search(sender):
        return True
    failed = "x-failed-recipients" in parts.head or bool(
        _FAILED.search(subject) or _PROSE.search(parts.text[:2000])
    )
    return (nobody or "x-failed-recipients" in parts.head) and failed and not _AUTOMATIC.search(subject)


def _said_automatic(parts: Parts) -> bool:
    """RFC 3834, 5."""
    return parts.head.get("auto-submitted", "no").split(";")[0].split("(")[0].strip().lower() not in ("no", "")


def _is_automatic(parts: Parts) -> bool:
    """RFC 3834's field, and what older programs say instead."""
    head, subject = parts.head, parts.head.get("subject", "")[:500]
    if _said_automatic(parts) or any(name in head for name in _PROGRAMS):
        return True
    if head.get("precedence", "").strip().lower() in ("auto_reply", "auto-reply", "bulk", "junk"):
        return True
    if head.get("return-path", "").strip().lower() in _NOBODY:
        return True
    if _AUTOMATIC.search(subject) and not _ANSWER.match(subject):  # our own subject may speak of holidays
        return True
    # Exchange sets this on automatic mail; some gates, on everything.
    return "x-auto-response-suppress" in head and not _ANSWER.match(subject)
