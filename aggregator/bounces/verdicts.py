"""What one refusal means: will the address work again, was it the mailbox, or was it us?

The words say more than the numbers: Exim always says 5.0.0, 5.2.2 is a full mailbox although it begins with 5,
and 5.7.x is about the sender, not about the reader. So the diagnostic text is read first, then the enhanced status
code (RFC 3463), then the reply code (RFC 5321). What stays doubtful is soft: nobody is silenced by a guess.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from aggregator.bounces.phrases import any_of

Verdict = Literal["hard", "soft", "delayed", "delivered", "blocked", "complaint"]

LONGEST = 4000  # characters of what is said about one address
ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?=[ -])")
# A host may be called antispam.example, an address spam@, a link may hold any word: none is said of the letter.
_NAMES = any_of(r"""
    https?://\S+
    <[^<>\s]*@[^<>\s]*>
    \b[\w.+-]+@[\w.-]+
    \bhost \S+
    \b[\w-]+(?:\.[\w-]+){2,}
""")


class Judged(NamedTuple):
    """A verdict and its reason (words: `mailbox-full`, `user-unknown`, ...)."""

    verdict: Verdict
    reason: str


_TOO_BIG = any_of(r"""
    (message|mail|size|content).{0,30}(too (large|big)|exceed\w* .{0,40}(size|limit|maximum))
    too (large|big)
    exceeds? .{0,30}(size|message) limit
    size limit exceeded
    maximum (message )?size
""")
_FULL = any_of(r"""
    over ?quota
    quota ?(is )?(exceeded|full|reached)
    exceed\w* .{0,40}quota
    (mail ?(box|folder|drop)|inbox|account|store) .{0,20}(is )?full\b
    full mail ?box
    (out of|insufficient|not enough|no more) .{0,20}(storage|space|disk)
    exceeded .{0,30}storage
    storage (limit|quota)
    (postfach|mailbox|speicher)\w* .{0,40}voll\b
    bo[iî]te .{0,50}pleine
    casella .{0,50}piena
    buz[oó]n .{0,40}lleno
    caixa .{0,40}chei[ao]
    postvak .{0,20}vol\b
    (brevl[aå]da|postl[aå]da|postkasse)\w* .{0,20}(full|fuld)
    容量.{0,12}(超|いっぱい)|邮箱已满|信箱已滿|переполнен
    quota (superata|d[eé]pass[eé]e|excedida)
    sandu[cč]i[cć] .{0,20}pun
    skrzynka .{0,20}pe[lł]na
""")
_REPUTATION = any_of(r"""
    spamhaus
    spamcop
    barracuda
    sorbs
    \b(dns)?[rb]bls?\b
    (black|block|deny|reject)[- ]?list(ed)?\b
    blocked (using|by|due|because|for)
    (bad|poor|low) .{0,20}reputation
    reputation
    banned (sending|sender)?
    \b(ip|client|host|server|network|sender)\b.{0,40}…
    \b(is |was |has been )?(blocked|denied|listed|banned|rejected|not allowed)
    user complaints
    blocked senders?\b
    : ?blocked\b
    ask your postmaster for help
    abuse .{0,20}(history|reports)
    JunkMail rejected
    \bS3140\b
    access denied.{0,20}traffic
    \bS3150\b
    (unsolicited|suspicious) .{0,30}(rate|originating|from your)
    no (reverse|PTR)
    PTR record
    reverse dns
    rdns
""")
_AUTHENTICATION = any_of(r"""
    \bDMARC\b
    \bSPF\b
    \bDKIM\b
    sender policy
    unauthenticated
    (not|fail\w*) (pass )?authenticat\w*
    authentication (checks? )?(failed|required|level)
    required authentication
    sender id\b
    (not (authori[sz]ed|allowed|permitted)|isn.t (authori[sz]ed|allowed|permitted)) to (send|post)
    only accepts? (messages|mail|e-?mail) from
    (allowed|accepted|permitted)[- ]senders?
    sender (address )?(rejected|denied|verif\w* failed)
    relay(ing)? (access )?(denied|not permitted)
    unable to relay
    not permitted to relay
""")
_HARMFUL = any_of(r"""
    (its|message|mail) content
    virus
    malware
    phish
    attachment
    security issue
""")
_CONTENT = any_of(r"""
    \bspam\b
    content (rejected|denied|filter|not allowed|was rejected)
    message (was )?filtered
    administrative prohibition
    policy (violation|reasons?|rejection|restrictions?)
    (violat\w+|rejected) .{0,30}polic(y|ies)
    bulk mail
    unacceptable content
    considered (unsolicited|junk)
    junk ?mail
""")
# A limit on what we send, and one on what this reader gets: words that the patterns for quotas and rates share.
_OUR_QUOTA = any_of(r"""
    (daily|hourly|sending|relay\w*|outbound) (\w+ )?(quota|limit)
""")
_BUSY = any_of(r"""
    receiving (mail|messages) (too quickly|at a rate)
""")
_RATE = any_of(r"""
    rate[- ]?limit
    too many (messages|connections|mails|recipients|sessions)
    throttl
    (sending|connection) rate
    too (fast|frequently|quickly)
    exceeded .{0,30}(rate|messages per|connections)
""")
_DOMAIN = any_of(r"""
    (host|domain)( name)? .{0,20}not found
    name or service not known
    no such (host|domain)
    couldn'?t find any host
    NXDOMAIN
    non-?existent (host|domain)s?
    domain .{0,60}(does not|doesn.t) exist
    unrouteable (mail )?domain
    all relevant MX records point to non-existent
    does not accept (any )?(e-?mail|mail)
    null ?MX
    bad (destination )?(domain|host|system address)
    (unknown|invalid) (mail )?(host|domain)\b
    domain (unknown|invalid|expired)
    no MX .{0,30}no A
    no MX record
    (domain|host)\w* (konnte nicht gefunden|unbekannt|introuvable|sconosciut\w+|inesistente|desconocid\w+)
    no mail ?(host|server)s? for
""")
_DISABLED = any_of(r"""
    (account|mailbox|user|address|recipient|inbox).{0,60}…
    (disabled|suspended|inactive|deactivated|closed|terminated|discontinued|expired|locked|blocked|not active)
    (disabled|suspended|inactive|deactivated|closed) (account|mailbox|user|recipient|address)
    no longer (active|available|valid|in use|used|accept\w*|on|works?|exists?|employed)
    has (left|moved)
    not accepting (e-?mail|mail|messages)
    (konto|postfach) .{0,30}(deaktiviert|gesperrt|geschlossen)
    compte .{0,30}(d[eé]sactiv|ferm|clos)
    casella .{0,30}(disattiv|disabilit|chius)
""")
_UNKNOWN = any_of(r"""
    (no such|unknown|invalid|bad|non-?existent|undefined|illegal) .{0,30}…
    (user|recipient|mail ?box|address|alias|account|person|local ?part|destination|name)
    (user|recipient|mail ?box|address|account|alias|e-?mail)( \S+)?( address)? .{0,60}…
    (unknown|not (be )?found|not exist|invalid|not (a )?(valid|known|listed)|not recogni[sz]ed|does ?n[o']t|…
    unavailable|…
    rejected(?!.{0,10}access denied))
    user( is)? unknown
    unknown user
    user .{0,40}not known
    (does ?n[o']t|do not|cannot|could not|couldn'?t|wasn'?t|was not|not be) (exist|found|be found|find)
    wasn'?t found at
    doesn'?t (have|exist)
    no (mailbox|account|user|recipient|such)\s
    no mail ?box (here )?(by|with) that name
    previously bounced
    suppression list
    recent history of bounc
    RecipientNotFound
    RecipNotFound
    AddressNotFound
    not (our|a) customer
    unrouteable address
    unroutable address
    mailbox unavailable
    mailbox not available
    not listed in (the )?.{0,30}(book|directory)
    not (a )?(known|valid|local) (user|recipient|address)
    recipient .{0,20}refused
    delivery to this (user|address)
    (empf[aä]nger|adresse|benutzer|postfach)\w* .{0,60}…
    (unbekannt|nicht gefunden|existiert nicht|nicht bekannt|ung[uü]ltig)
    (destinataire|utilisateur|adresse|bo[iî]te) .{0,40}(inconnu|introuvable|n.existe pas|invalide)
    (utente|destinatario|indirizzo|casella) .{0,40}…
    (sconosciut\w+|inesistente|non trovat\w+|non esiste|non valid\w+)
    (usuario|destinatario|direcci[oó]n|buz[oó]n|cuenta) .{0,40}…
    (desconocid\w+|no (existe|encontrad)|no v[aá]lid\w+)
    (korisnik|primatelj|adresa|sandu[cč]i[cć]) .{0,40}(nepoznat|ne postoji|nije prona[dđ]en)
    (unbekannte|ung[uü]ltige)\w* (empf[aä]nger|adresse|benutzer|postfach)
    (usu[aá]rio|destinat[aá]rio|endere[cç]o|conta|caixa) .{0,40}…
    (desconhecid|inexistente|n[aã]o existe|inv[aá]lid|n[aã]o encontrad)
    (gebruiker|ontvanger|adres|postvak)\w* .{0,40}(onbekend|bestaat niet|niet gevonden|ongeldig)
    onbekende (gebruiker|ontvanger)
    (mottagar|anv[aä]ndar|adress)\w* .{0,30}(ok[aä]nd|finns inte)
    ok[aä]nd (mottagar|anv[aä]ndar|adress)
    (ukjent|ukendt) (mottaker|bruker|modtager|bruger)
    (nieznan|nepoznat|nezn[aá]m)\w* (u[zż]ytkownik|adresat|odbiorca|korisni|primatelj|adres|u[zž]ivatel)
    (u[zž]ivatel|adres[aá]t|schr[aá]nka|korisnik) .{0,30}(neexistuje|nenalezen|nezn[aá]m)
    見つかりません|リストにありません|存在しません|不存在|查无此|не найден|не существует|неизвестн\w+ пользовател
    (u[zż]ytkownik|adresat|skrzynka|adres) .{0,40}(nieznany|nie istnieje|nie znaleziono)
""")
_EXPIRED = any_of(r"""
    timed? ?out
    time ?-?out
    retry time
    expired
    connection (was )?(refused|reset|lost|dropped|failed|closed)
    (no route|unreachable|not reachable)
    could not be delivered (for|within|after)
    (undeliverable|tried|trying|attempt\w*) .{0,30}(days?|hours?)
    delivery (time|attempts?) .{0,30}(exceeded|expired|fail\w*)
    given up
    (temporar\w+|try again|later)
    temporary .{0,20}(failure|error|problem)
    service (is )?(currently )?(unavailable|not available)
    not responding
    did not respond
    unable to connect
""")

# Said of a letter, and nothing more: only where nothing else tells why.
_REJECTED = any_of(r"""
    \b(mail|message|letter) (was |has been |is )?…
    (rejected|refused|rejet[eé]e?|refus[eé]e?|rifiutat[oa]|rechazad[oa])\b
    \b(nachricht|e-?mail) .{0,30}(abgelehnt|abgewiesen)
""")
# Our own address, whatever is said of it; `user unknown` then means us.
_OUR_ADDRESS = any_of(r"""
    \bsender (address )?(rejected|denied|refused|unknown)
    \b(mail from|return[- ]path|envelope[- ]from|sender) .{0,30}(verif\w* failed|could not be verified)
""")

_SOFT = {"mailbox-full", "expired"}
_HARD = {"user-unknown", "mailbox-disabled", "domain-not-found"}
_BY_TEXT = (
    ("expired", _BUSY), ("message-too-big", _TOO_BIG), ("rate-limited", _OUR_QUOTA), ("mailbox-full", _FULL),
    ("content", _HARMFUL), ("authentication", _AUTHENTICATION), ("reputation", _REPUTATION),
    ("rate-limited", _RATE), ("content", _CONTENT), ("domain-not-found", _DOMAIN), ("mailbox-disabled", _DISABLED),
    ("user-unknown", _UNKNOWN), ("expired", _EXPIRED), ("content", _REJECTED),
)  # fmt: skip
# RFC 3463, 3886 and what Exchange adds: (subject, detail) -> reason. Whatever is not here goes by its subject.
_BY_STATUS = {
    (1, 2): "domain-not-found", (1, 7): "authentication", (1, 8): "authentication", (1, 90): "rate-limited",
    (1, 9): "expired", (1, 20): "content", (2, 1): "mailbox-disabled", (2, 2): "mailbox-full",
    (2, 3): "message-too-big",
    (3, 1): "mailbox-full", (3, 4): "message-too-big", (4, 4): "domain-not-found", (4, 310): "domain-not-found",
    # RFC 7372 and 7293: signatures and SPF; a mailbox or domain that is somebody else's by now.
    **{(7, detail): "authentication" for detail in (20, 21, 22, 23, 24, 26, 27)},
    (7, 13): "mailbox-disabled", (7, 17): "mailbox-disabled", (7, 18): "mailbox-disabled",
}  # fmt: skip
# Bad sender addresses: 5.1.x, and yet not about the reader.
_ABOUT_SENDER = {(1, 7), (1, 8), (1, 20), (1, 90)}
_BY_SUBJECT = {
    1: "user-unknown",
    2: "expired",
    3: "expired",
    4: "expired",
    5: "content",
    6: "content",
    7: "reputation",
}


def judge(text: str, status: str = "") -> Judged:
    """What a failed delivery means. `text`: the diagnostic, or the prose about the address; `status`: as reported.

    The verdict is `hard`, `soft` or `blocked`."""
    text = text[:LONGEST]
    code = _code(status) or _code(text)
    permanent = _is_permanent(code, text)
    reason = _reason(_bare(text), code)
    if reason in _HARD and not permanent and code:
        reason = "expired"  # "try again" was the last word, whatever else was said
    if reason in _HARD:
        return Judged("hard", reason)
    return Judged("soft" if reason in _SOFT else "blocked", reason)


def tells_why(text: str) -> bool:
    """Whether a text says anything that `judge` could go by."""
    text = text[:LONGEST]
    return _code(text) is not None or any(words.search(_bare(text)) for _, words in _BY_TEXT)


def _bare(text: str) -> str:
    """The words without names of hosts and addresses."""
    return _NAMES.sub(" ", " ".join(text.split()))


def status_of(text: str) -> str:
    """The first enhanced status code in a text, or ''."""
    found = ENHANCED.search(text)
    return found.group() if found else ""


def _code(text: str) -> tuple[int, int, int] | None:
    """The first enhanced code that says more than x.0.0."""
    for found in ENHANCED.finditer(text):
        code = int(found[1]), int(found[2]), int(found[3])
        if code[1:] != (0, 0):
            return code
    return None


def _is_permanent(code: tuple[int, int, int] | None, text: str) -> bool:
    replies = _REPLY.findall(text)
    if replies:
        return bool(replies[-1][0] == "5")
    return code is None or code[0] == 5


def _reason(text: str, code: tuple[int, int, int] | None) -> str:
    if _OUR_ADDRESS.search(text):
        return "authentication"
    said = [name for name, words in _BY_TEXT if words.search(text)]
    about_address = [name for name in said if name in _HARD or name == "mailbox-full"]
    if code and code[:2] == (5, 4) and code[2] == 1 and re.search("access denied", text, re.IGNORECASE):
        return "user-unknown"  # Exchange Online, for addresses that its directory does not know
    # The numbers decide which of the words to believe: 5.1.x is about an address, 5.7.x about the sender.
    if code and code[:2] == (5, 1) and about_address and code[1:] not in _ABOUT_SENDER:
        return "domain-not-found" if code[2] == 2 else about_address[0]
    if said and not (code and code[1:] in _ABOUT_SENDER):
        return said[0]
    return _BY_STATUS.get(code[1:], _BY_SUBJECT.get(code[1], "expired")) if code else "expired"
