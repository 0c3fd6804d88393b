"""What the words of an event's title or place say of it, in the languages of its organisers."""

from __future__ import annotations

import re
from typing import Literal

from aggregator.text import fold

Status = Literal["", "confirmed", "tentative", "cancelled", "postponed", "moved_online", "sold_out"]
_WORDS: tuple[tuple[Status, str], ...] = (
    (
        "cancelled",
        r"cancell?ed|canceled|annullat[oaie]|abgesagt|entfallt|annulee?s?|cancelad[oa]s?|otkazano|odwolan[eya]|geannuleerd",
    ),
    (
        "postponed",
        r"postponed|rescheduled|rinviat[oaie]|posticipat[oaie]|verschoben|reportee?s?|aplazad[oa]s?|pospuest[oa]"
        r"|odgodeno|przelozon[eya]|uitgesteld",
    ),
    (
        "sold_out",
        r"sold out|fully booked|tutto esaurito|ausgebucht|complet|agotado|rasprodano|uitverkocht|volgeboekt",
    ),
)
# First and followed by a sign, in brackets, or last after a sign.
_MARK = r"^[\W_]*(?:{0})(?=[\W_]|$)(?!\s+\w)|[\[(]\s*(?:{0})\s*[\])]|[-–—:!]\s*(?:{0})[\W_]*$"
_MARKS = tuple((status, re.compile(_MARK.format(words))) for status, words in _WORDS)
_ONLINE = re.compile(
    r"(?:online|on line|virtual(?: event| meeting)?|zoom|ms teams|microsoft teams|webinar|webex|en ligne|en linea"
    r"|internet|remote|worldwide online)"
)


def status_of(title: str) -> Status:
    """What a mark at the beginning or end of a title says ("CANCELLED: ...", "[annullato] ...", "... (sold out)").

    A title that only uses the word ("Cancelled subscriptions and their archives") says nothing of its event.
    """
    folded = fold(title)
    return next((status for status, mark in _MARKS if mark.search(folded)), "")


def online_of(place: str) -> bool | None:
    """True for a place that is called online and nothing else; None where that does not say."""
    return True if _ONLINE.fullmatch(fold(place).strip(" []().,")) else None
