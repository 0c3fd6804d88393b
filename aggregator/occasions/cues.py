"""The words around dates: which of them say what a date is for. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from aggregator.occasions.mentions import Token
from aggregator.occasions.words import CUES

SUBJECTS, HAPPENINGS = frozenset("RrSsECVN"), frozenset("DvdOoTtZ!")
_NEAR_NEGATION = 2  # words that may stand between "no" and what there is not


class Cue(NamedTuple):
    """A phrase in tokens `start` up to `end`, with its roles (see `words.CUES`)."""

    start: int
    end: int
    roles: str


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The phrases of a language by their first word, longest first, and by the stem of it."""

    exact: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    longest_stem: int


@cache
def _phrases(code: str) -> _Phrases:
    by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for roles, phrases in CUES[code].items():
        for phrase in phrases.split(","):
            words = tuple(phrase.split())
            by_first.setdefault(words[0], []).append((words, roles))
    exact = {first: tuple(sorted(found, key=lambda one: -len(one[0]))) for first, found in by_first.items()}
    return _Phrases(exact, max(len(first) for first in exact))


def cues_in(tokens: Sequence[Token], code: str) -> list[Cue]:
    """Every cue, first to last; the longest phrase wins, and what is denied ("no deadline") is left out."""
    found: list[Cue] = []
    place, denied_until = 0, -1
    while place < len(tokens):
        cue = _cue_at(tokens, place, code)
        if cue is None:
            place += 1
            continue
        if cue.roles == "-":
            denied_until = cue.end + _NEAR_NEGATION
        elif place <= denied_until and cue.roles != "F":
            # Nothing closes, so what follows is no closing date, unless another word says what it is.
            found.append(cue._replace(roles="!"))
            denied_until = cue.end
        else:
            found.append(cue)
        place = cue.end
    return found


def _cue_at(tokens: Sequence[Token], place: int, code: str) -> Cue | None:
    phrases, word = _phrases(code), tokens[place].text
    best: Cue | None = None
    for words, roles in phrases.exact.get(word, ()):
        if (best is None or place + len(words) > best.end) and _fits(tokens, place, words):
            best = _joined(best, Cue(place, place + len(words), roles))
    for length in range(min(len(word), phrases.longest_stem), 2, -1):
        for words, roles in phrases.exact.get(word[:length] + "*", ()):
            if best is None and len(words) == 1:
                best = Cue(place, place + 1, roles)
    return best


def _joined(best: Cue | None, other: Cue) -> Cue:
    return other if best is None or other.end > best.end else best


def _fits(tokens: Sequence[Token], place: int, words: Sequence[str]) -> bool:
    if place + len(words) > len(tokens):
        return False
    *whole, last = words
    if any(tokens[place + n].text != word for n, word in enumerate(whole)):
        return False
    text = tokens[place + len(whole)].text
    return text.startswith(last[:-1]) if last.endswith("*") else text == last
