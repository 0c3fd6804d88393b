"""What kind of mail came back: a report of a mail server, a complaint, a machine's answer, or a person."""

from __future__ import annotations

import re
from typing import Literal

from aggregator.bounces.message import Parts, addresses, first_of
from aggregator.bounces.phrases import any_of

Kind = Literal[
    "bounce", "delay", "success", "complaint", "feedback-other", "auto-reply", "challenge", "unsubscribe", "human",
    "foreign",
]  # fmt: skip

# RFC 5965 and 6591; what readers report, against what receivers tell of their own accord.
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list", "miscategorized", "complaint"})
# Microsoft's junk mail reporting programme sends no ARF, but the letter with this field in it.
_JMRP = ("x-hmxmroriginalrecipient",)
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
""")
_DELAYED = any_of(r"""
    delay(ed)?\b
    still being (re)?tried
    warning[: ].{0,60}(message|mail|delivery)
    will (continue|keep) (to )?(try|retry|be retried)
    could not be delivered (yet|within \d+ hours?)
    not (yet )?been delivered
    verz[oö]ger
    retard
    ritard
    demora
""")
_WARNING_ONLY = any_of(r"""
    warning only
    no action is required
    do not need to resend
    will (be retried|continue to (try|be)|keep trying|retry)
    delivery attempts will continue
    try(ing)? (again|to send)
    still (being )?(trying|tried|retried)
""")
_GIVEN_UP = re.compile(r"permanent|giv(en|ing) up", re.IGNORECASE)
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
    (could not|couldn.t|unable to|cannot|was not able to|wasn.t able to) (be delivered|deliver)
    delivery (to the following|has failed)
    following addresses had permanent
    mail system at host
    undeliverable to
""")
_CHALLENGE = any_of(r"""
    (prove|confirm|verify|show)\w* (that )?you.{0,10}…
    (are|re) (a )?(human|person|real|not a (robot|machine|spam))
    challenge[- ]?response
    boxbe
    spam ?arrest
    tmda
    sender (verification|confirmation|authentication) (request|required)
    (please )?(verify|confirm) (your|this) (message|e-?mail|mail|address).{0,60}…
    (deliver|accept|receive|inbox|release)
    waiting list
    message (is|has been) (held|quarantined|waiting).{0,80}(click|confirm|verify|reply)
    whitelist
    approved senders?
""")
_AUTOMATIC = re.compile(
    r"^\s*(re: ?|aw: ?)?(automatic(ally)? (reply|response)|auto(mated|matic)?[- :]?(reply|response|respond|antwort)|out[- ]of[- ](the[- ])?office|ooo\b|"
    r"(on )?(vacation|holiday|annual leave|maternity leave|parental leave)\b|away (from|until)|abwesen|automatische (antwort|abwesen)|autoreply|"
    r"r[eé]ponse automatique|absen(t|ce)|risposta automatica|fuori (sede|ufficio)|assenza|respuesta autom[aá]tica|fuera de (la )?oficina|ausen|"
    r"automatski odgovor|odsut|nisam u uredu|autoodpowied|automatyczna odpowied|resposta autom|automatisch antwoord|afwezig|autosvar|frånvar)",
    re.IGNORECASE,
)
_AWAY = any_of(r"""
    \b(i am|i.m|i will be|we are) (currently |now )?…
    (out of|away from|on (annual |maternity |parental |sick )?(leave|holiday|vacation)|not in)\b
    no longer works? (here|at|for)
    has left the (company|organi[sz]ation|library)
    ich bin (derzeit|zur zeit|bis)
    je suis (absent|actuellement)
    sono (fuori|assente)
    estoy (fuera|ausente)
    nisam u uredu
    this (is an|mailbox is) (automat|not monitored|unattended)
""")


def kind_of(parts: Parts) -> Kind:
    """The kind, before it is known whose letter it is about: never `unsubscribe` (see `requests`) or `foreign`."""
    if parts.feedback is not None:
        named = first_of(parts.feedback, ("feedback-type",)).split(";")[0].strip().lower()
        return "complaint" if named in _COMPLAINTS else "feedback-other"
    if any(name in fields for name in _JMRP for fields in (parts.head, parts.returned)):
        return "complaint"
    if parts.status:
        return _by_actions(parts)
    subject = parts.head.get("subject", "")
    if _is_machine(parts):
        return _machine_kind(parts, subject)
    if _CHALLENGE.search(subject) or (_CHALLENGE.search(parts.text[:3000]) and _is_automatic(parts)):
        return "challenge"
    if _is_automatic(parts) or _AUTOMATIC.search(subject):
        return "auto-reply"
    return "human"


def _by_actions(parts: Parts) -> Kind:
    actions = {first_of(fields, ("action",)).split()[0].lower() for fields in parts.status if fields.get("action")}
    if "failed" in actions or not actions & {"delayed", "delivered", "relayed", "expanded"}:
        return "bounce"
    return "delay" if "delayed" in actions else "success"


def _machine_kind(parts: Parts, subject: str) -> Kind:
    if _AUTOMATIC.search(subject) and not _PROSE.search(parts.text):
        return "auto-reply"
    if _CHALLENGE.search(subject):
        return "challenge"
    if _SUCCESS.search(subject):
        return "success"
    failed = _FAILED.search(subject) or _PROSE.search(parts.text)
    if _DELAYED.search(subject) and not _FAILED.search(subject):
        return "delay"
    if (
        failed
        and _WARNING_ONLY.search(parts.text)
        and not re.search(r"permanent|given up|giving up", parts.text, re.I)
    ):
        return "delay"
    if failed:
        return "bounce"
    return "auto-reply" if _is_automatic(parts) else "human"


def _is_machine(parts: Parts) -> bool:
    """Whether a mail server wrote it: by its name, or because nobody may answer it and it speaks of a failure."""
    sender = parts.head.get("from", "")
    if any(_MACHINES.search(one.partition("@")[0]) for one in addresses(sender)) or _MACHINES.search(sender):
        return True
    nobody = parts.head.get("return-path", "").strip() in ("<>", "<MAILER-DAEMON>", "<#@[]>")
    failed = bool(parts.head.get("x-failed-recipients")) or bool(_FAILED.search(parts.head.get("subject", "")))
    return (
        nobody
        and (failed or bool(_PROSE.search(parts.text[:2000])))
        and not _AUTOMATIC.search(parts.head.get("subject", ""))
    )


def _is_automatic(parts: Parts) -> bool:
    """RFC 3834's field, and what older programs say instead."""
    head = parts.head
    said = head.get("auto-submitted", "no").split(";")[0].split("(")[0].strip().lower()
    if said not in ("no", ""):
        return True
    if any(name in head for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-vacation",
                                     "x-mail-autoreply", "x-autogenerated", "x-facebook-notify")):  # fmt: skip
        return True
    if head.get("precedence", "").strip().lower() in ("auto_reply", "auto-reply", "bulk", "junk"):
        return True
    if "x-auto-response-suppress" in head or head.get("return-path", "").strip() == "<>":
        return True
    return bool(_AWAY.search(parts.text[:600])) and not head.get("subject", "").lower().startswith("re:")
