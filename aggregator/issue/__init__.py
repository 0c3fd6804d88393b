"""A citable issue: what was sent, frozen as it was told, and its forms (pages, feeds, calendars, references).

`Freezer.freeze` makes of a letter a `Frozen` for the store; `thaw` makes an `Issue` of it again; `written` gives
one of its `forms` as bytes. The forms follow from the issue alone, so a year later they are the same. Pure.
"""

from __future__ import annotations

from aggregator.issue.document import Carried, Frozen, Issue, Part, Shown, thaw
from aggregator.issue.forms import CURRENT, FORMS, Form, forms, sums, written
from aggregator.issue.freeze import Freezer, Imprint, as_told

__all__ = [
    "CURRENT",
    "FORMS",
    "Carried",
    "Form",
    "Freezer",
    "Frozen",
    "Imprint",
    "Issue",
    "Part",
    "Shown",
    "as_told",
    "forms",
    "sums",
    "thaw",
    "written",
]
