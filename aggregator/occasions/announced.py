"""What organisers write into a title when something is off: "CANCELLED: …", "… (rinviato)". Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from aggregator.model import Item, Occasion
from aggregator.spelling import fold

Announced = Literal["cancelled", "postponed", "sold_out"]
_KINDS = ("course", "event", "call")
_OF_TITLE = 300  # characters that are looked at
# At its beginning or its end; folded.
_SAID: tuple[tuple[Announced, str], ...] = (
    ("cancelled", r"cancell?ed|annullat[oa]|annulee?|abgesagt|entfallt|cancelad[oa]|otkazan[oa]?"),
    (
        "postponed",
        r"postponed|rinviat[oa]|rimandat[oa]|reportee?|verschoben|aplazad[oa]|pospuest[oa]|odgoden[oa]?",
    ),
    ("sold_out", r"sold out|fully booked|esaurit[oa]|posti esauriti|complet|ausgebucht|agotad[oa]"),
)
_IN_TITLE = tuple(
    (status, re.compile(rf"^[\W_]*(?:{words})[\W_]*[:\])!*|/–—-]|[\[(*!|/–—-][\W_]*(?:{words})[\W_]*$"))
    for status, words in _SAID
)


def announced(title: str) -> Announced | None:
    """What a title says has become of its event, in English, Italian, French, German, Spanish or Croatian."""
    folded = fold(title[:_OF_TITLE])
    return next((status for status, words in _IN_TITLE if words.search(folded)), None)


def with_announced(item: Item) -> Item:
    """The item with what its title says has become of it, where its source has no field for that."""
    if item.kind not in _KINDS:
        return item
    held = item.occasion or Occasion()
    if held.status:
        return item
    status = announced(item.title)
    return replace(item, occasion=replace(held, status=status)) if status else item
