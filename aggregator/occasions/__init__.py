"""The dates of courses, events, calls and jobs: what has closed, when the rest will, and what prose says of it."""

from aggregator.occasions.announced import announced, with_announced
from aggregator.occasions.changes import (
    CHANGES,
    URGENT,
    Change,
    changes,
    opening,
    revised,
    told_of,
    with_copy,
)
from aggregator.occasions.prose import deadlines, with_deadlines
from aggregator.occasions.states import (
    ANYWHERE_ON_EARTH,
    OPEN,
    STATES,
    closed,
    closing_at,
    days_until,
    over_at,
    span,
    state,
    zone_of,
)

__all__ = [
    "ANYWHERE_ON_EARTH", "CHANGES", "OPEN", "STATES", "URGENT", "Change", "announced", "changes", "closed",
    "closing_at", "days_until", "deadlines", "opening", "over_at", "revised", "span", "state", "told_of",
    "with_announced", "with_copy", "with_deadlines", "zone_of",
]  # fmt: skip
