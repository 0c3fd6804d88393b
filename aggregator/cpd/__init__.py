"""A log of continuing professional development: what a member did, what it counts for in the schemes that it is
kept for, and the forms in which their bodies ask for it. Pure; the rules are data (`schemes/*.toml`)."""

from aggregator.cpd.prefill import Setting, blank, invited, prefill
from aggregator.cpd.record import Activity, Evidence, Membership
from aggregator.cpd.scheme import Scheme
from aggregator.cpd.sheet import Sheet, Wish, make
from aggregator.cpd.totals import tallies

__all__ = [
    "Activity", "Evidence", "Membership", "Scheme", "Setting", "Sheet", "Wish", "blank", "invited", "make",
    "prefill", "tallies",
]  # fmt: skip
