"""Arrivals against what is held: what is new, changed, known, or another source's copy.

Pure. Whoever calls looks the arrivals' `keys` up in the store first, and the `marks` of those that are strangers,
and hands over what it found, so the cost does not grow with what is held.

Two entries are one thing when their source says so (its identifier, its address), and when sources agree on the
address, on a telling title or the opening words at about the same time, or on their text. Identifiers are not
believed blindly: a feed that gives all its entries the same identifier, link or title says nothing by it, so
within one reading a key shared by entries that differ otherwise is left out of account for that source.
"""

from aggregator.dedupe.alike import REPEATED, SAME_STORY
from aggregator.dedupe.decide import (
    CANDIDATES,
    FULL,
    Changes,
    Near,
    candidates,
    dedupe,
    marks_of,
    marks_of_all,
    strangers,
    without_updates,
)
from aggregator.dedupe.keys import Held, content_hash, day_of, held_from, keys
from aggregator.dedupe.texts import READ
from aggregator.dedupe.titles import telling_title

__all__ = [
    "CANDIDATES", "FULL", "READ", "REPEATED", "SAME_STORY", "Changes", "Held", "Near", "candidates",
    "content_hash", "day_of", "dedupe", "held_from", "keys", "marks_of", "marks_of_all", "strangers",
    "telling_title", "without_updates",
]  # fmt: skip
