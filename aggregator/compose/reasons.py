"""Why an item is there, in the reader's language. Ranking and tagging give their reasons in English, and stored
tags keep them so: here their forms are known again. What has no known form stays as it is."""

from __future__ import annotations

import re
from functools import lru_cache

from aggregator.compose.phrases import English
from aggregator.compose.tables import EVIDENCE, REASONS

# One reason after the other; a topic's name may have a semicolon of its own.
_PARTS = re.compile(r"; (?=Topic: |Like what you marked: |Search: “|Keyword: “|You follow |Outside your topics: )")


@lru_cache(maxsize=8192)  # readers of one topic share their reasons
def in_words_of(say: English, reason: str) -> str:
    """A reason as ranking gives it, in the words of the letter."""
    if say.code == "en":
        return reason
    return "; ".join(_part(say, part) for part in _PARTS.split(reason))


def _part(say: English, part: str) -> str:
    said, dash, evidence = part.partition(" — ")
    for form, shape in _REASONS:
        if found := shape.fullmatch(said):
            said = say.filled(form, **found.groupdict())
            break
    return f"{said} — {_evidence(say, evidence)}" if dash else said


def _evidence(say: English, evidence: str) -> str:
    for form, shape in _WHOLE:
        if found := shape.fullmatch(evidence):
            return say.filled(form, **found.groupdict())
    for form, shape in _QUOTED:
        evidence = shape.sub(lambda found, form=form: say.filled(form, **found.groupdict()), evidence)  # type: ignore[misc]
    return evidence


def _shape(form: str) -> re.Pattern[str]:
    """The pattern of what a form can be filled in to."""
    pattern = re.escape(form).replace(r"\{words\}", r"(?P<words>[^“”]*)").replace(r"\{count\}", r"(?P<count>\d+)")
    return re.compile(re.sub(r"\\\{(name|other)\\\}", r"(?P<\1>.+)", pattern), re.DOTALL)


_REASONS = [(form, _shape(form)) for form in REASONS]
_WHOLE = [(form, _shape(form)) for form in EVIDENCE if "{words}" not in form]
_QUOTED = [(form, _shape(form)) for form in EVIDENCE if "{words}" in form]
