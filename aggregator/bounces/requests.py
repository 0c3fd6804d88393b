"""Is a mail from a person a request to leave? Only what can't be meant otherwise counts; the rest a person reads."""

from __future__ import annotations

import re

from aggregator.bounces.message import Parts
from aggregator.bounces.phrases import any_of

MOST_WORDS = 14  # a request is short; who writes more wants to say something
_LEAVE = any_of(r"""
    \bun-?subscri(be|ption|bing)\b
    \bremove (me|my (address|e-?mail|name))\b
    \btake me off\b
    \bopt[- ]?out\b
    \bstop (sending|mailing|these|the (mails|e-?mails|digest))\b
    \b(abmelden|abbestellen|austragen|abmeldung)\b
    \bd[eé]s(abonn|inscri)\w*
    \b(cancella|rimuov|disiscri)\w*
    \bdisdett\w*
    \bdar(me)? de baja\b
    \bbaja\b
    \bodjav\w*
    \bwypisz\w*
    \bafmelden\b
    \bavregistrera\b
    \bcancelar\b.{0,20}\b(suscripci|assinatura)
""")
# Whoever asks, doubts or denies does not ask to leave.
_OTHERWISE = re.compile(
    r"\?|\b(not|don.t|never|didn.t|without|instead|how|why|whether|please do not|before|unless|but|though|almost|"
    r"nicht|kein|wie|warum|non|perch[eé]|come|pas|pourquoi|comment|por qu[eé]|c[oó]mo|ne|za[sš]to|kako)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"^(>.*|on .{4,100} wrote:|am .{4,100} schrieb.*:|le .{4,100} a [eé]crit ?:|il .{4,100} ha scritto:|el .{4,100} escribi[oó]:"
    r"|-{2,} ?original.*|_{10,}|from: .*|sent from .*|envoy[eé] de .*|von meinem .*|inviato da .*|-- ?)$",
    re.IGNORECASE,
)
_SUBJECT_PREFIX = re.compile(r"^\s*((re|aw|r|sv|vs|fwd?|wg|tr|rv|odg)\s*:\s*)+", re.IGNORECASE)


def wants_to_leave(parts: Parts) -> bool:
    """Whether the person's own words, without what they quote, ask to leave and nothing else."""
    subject = parts.head.get("subject", "")
    own = "" if _SUBJECT_PREFIX.match(subject) else subject.strip()
    words = own_words(parts.text)
    if len(words.split()) > MOST_WORDS or _OTHERWISE.search(words):
        return False
    if _LEAVE.search(words):
        return True
    short = len(own.split()) <= 6 and not _OTHERWISE.search(own)
    return short and bool(_LEAVE.search(own)) and len(words.split()) <= 6


def own_words(text: str) -> str:
    """What the person wrote: the lines before the first quotation or signature."""
    lines = []
    for line in text.split("\n"):
        if _QUOTED.match(line.strip()):
            break
        lines.append(line.strip())
    return " ".join(" ".join(lines).split())
