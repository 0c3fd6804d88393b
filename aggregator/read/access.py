"""Who can read an item, as its own record tells: `open`, `restricted`, or nothing where it does not say so.

Known are Creative Commons licences by address or name, the words of info:eu-repo (OpenAIRE guidelines), the terms
of COAR's vocabulary of access rights, and plain "open access", "embargoed" and the like. "All rights reserved" is
a matter of copying, and no answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

from aggregator.read.terms import last_part, truth

Access = Literal["", "open", "restricted"]

_OPEN = re.compile(
    r"creativecommons\.org/(?:licen[cs]es|publicdomain)/|info:eu-repo/semantics/openaccess\b|access_right/c_abf2\b"
    r"|\bopen[\s-]?access\b|\bcc[\s-](?:by|0)\b|\bcc0\b|\bcreative commons\b|\bfree access\b|\baccesso aperto\b"
    r"|\bacc[eè]s (?:libre|ouvert)\b|\bacceso abierto\b|\bacesso aberto\b"
)
_RESTRICTED = re.compile(
    r"info:eu-repo/semantics/(?:embargoed|restricted|closed)access\b|access_right/c_(?:f1cf|16ec|14cb)\b"
    r"|\b(?:embargo(?:ed)?|restricted|closed|subscription|metadata[\s-]only)[\s-]access\b|\bunder embargo\b"
)
_NEGATED = re.compile(r"\b(?:not?|non|without|pas)\b[^.;]{0,20}$")
_LONGEST = 2000  # characters of a statement that are looked at


def stated(statements: Iterable[str]) -> Access:
    """What statements of rights say; the first that says something counts, but for one that says "restricted": a
    licence for what will be free is no way in today."""
    said = {_one(statement[:_LONGEST].lower()) for statement in statements}
    return "restricted" if "restricted" in said else "open" if "open" in said else ""


def _one(statement: str) -> Access:
    if _RESTRICTED.search(statement):
        return "restricted"
    found = _OPEN.search(statement)
    return "open" if found and not _NEGATED.search(statement[: found.start()]) else ""


def of_thing(thing: dict[str, Any]) -> Access:
    """What a thing of schema.org says: `isAccessibleForFree` (with or without its parts), else its licence."""
    free = thing.get("isAccessibleForFree")
    if truth(free):
        return "open"
    if free is False or last_part(free).lower() in ("false", "no"):
        return "restricted"
    return stated(one for one in (thing.get("license"), thing.get("conditionsOfAccess")) if isinstance(one, str))
