"""The dates of courses, events, calls and jobs: what has closed, when the rest will, and what prose says of it."""

from aggregator.occasions.prose import deadlines, with_deadlines
from aggregator.occasions.states import (
    ANYWHERE_ON_EARTH,
    OPEN,
    STATES,
    closed,
    closing_at,
    over_at,
    span,
    state,
    zone_of,
)

__all__ = [
    "ANYWHERE_ON_EARTH", "OPEN", "STATES", "closed", "closing_at", "deadlines", "over_at", "span", "state",
    "with_deadlines", "zone_of",
]  # fmt: skip
