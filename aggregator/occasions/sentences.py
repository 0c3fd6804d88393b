"""Sentences and clauses of a text that was cut into words, with the dates and cues in each. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aggregator.occasions.cues import Cue
from aggregator.occasions.mentions import Mention, Token, Tongue

EVIDENCE = 240  # characters
_STOPS = frozenset(".!?…")
_PARTINGS = frozenset(";•·|*")
_WRAPPED = 60  # characters of a line after which it may have been broken to fit
_SHORT = frozenset("dr prof st no nr ca bzw etc eg ie ul br tel h ore sig dott ssa vs ing mr mrs ms art".split())


@dataclass(frozen=True, slots=True)
class Clause:
    """Tokens `start` up to `end`."""

    start: int
    end: int
    mentions: tuple[Mention, ...]
    cues: tuple[Cue, ...]

    def cues_between(self, start: int, end: int) -> list[Cue]:
        low = bisect_left(self.cues, start, key=lambda cue: cue.start)
        high = bisect_left(self.cues, end, key=lambda cue: cue.start)
        return [cue for cue in self.cues[low:high] if cue.end <= end]


@dataclass(frozen=True, slots=True)
class Sentence:
    start: int
    end: int
    clauses: tuple[Clause, ...]


def sentences(
    tokens: Sequence[Token], speech: Tongue, mentions: Sequence[Mention], cues: Sequence[Cue]
) -> Iterator[Sentence]:
    """The sentences that have dates in them, first to last."""
    inside = {place for mention in mentions for place in range(mention.start + 1, mention.end)}
    start = 0
    for end in _ends(tokens, speech, inside):
        if end > start and (dated := _between(mentions, start, end)):
            yield Sentence(start, end, tuple(_clauses(tokens, (start, end), dated, cues, inside)))
        start = end


def evidence(text: str, tokens: Sequence[Token], sentence: Sentence) -> str:
    """The sentence on one line; of a very long one what stands around its first date."""
    first, last = tokens[sentence.start].start, tokens[sentence.end - 1].end
    if last - first > EVIDENCE:
        dates = [mention for clause in sentence.clauses for mention in clause.mentions]
        middle = tokens[dates[0].start].start
        first, last = max(first, middle - EVIDENCE * 2 // 3), min(last, middle + EVIDENCE // 3)
    return " ".join(text[first:last].split())


def _ends(tokens: Sequence[Token], speech: Tongue, inside: set[int]) -> Iterator[int]:
    """Where sentences end: the number of the token after each."""
    line = 0
    for place, token in enumerate(tokens):
        if token.text.startswith("\n"):  # a mark without its letter has no text at all
            wrapped = len(token.text) == 1 and token.start - line >= _WRAPPED
            line = token.end
            if not wrapped and place not in inside:
                yield place + 1
        elif token.text in _STOPS and place not in inside and _stops(tokens, place, speech):
            yield place + 1
    yield len(tokens)


def _stops(tokens: Sequence[Token], place: int, speech: Tongue) -> bool:
    """Whether a full stop ends a sentence, and is not that of `3. März`, `Dr.` or `a.m.`"""
    token = tokens[place]
    if place + 1 == len(tokens):
        return True
    after = tokens[place + 1]
    if token.text != ".":
        return True
    if after.start == token.end or not (after.capital or after.text.isdigit() or not after.text.isalnum()):
        return False
    before = tokens[place - 1].text if place else ""
    if before.isdigit() and len(before) <= 2:
        return not (after.text in speech.months or after.text.isdigit() or speech.code in ("de", "hr"))
    return len(before) > 1 and before not in _SHORT and not (before in speech.months and after.text.isdigit())


def _clauses(
    tokens: Sequence[Token],
    whole: tuple[int, int],
    mentions: Sequence[Mention],
    cues: Sequence[Cue],
    inside: set[int],
) -> Iterator[Clause]:
    start, end = whole
    parts = [place for place in range(start, end) if tokens[place].text in _PARTINGS and place not in inside]
    for first, last in zip([start, *parts], [*parts, end], strict=True):
        dated = _between(mentions, first, last)
        if dated:
            said = bisect_left(cues, first, key=lambda cue: cue.start)
            until = bisect_left(cues, last, key=lambda cue: cue.start)
            yield Clause(first, last, tuple(dated), tuple(cues[said:until]))


def _between(mentions: Sequence[Mention], start: int, end: int) -> Sequence[Mention]:
    low = bisect_left(mentions, start, key=lambda mention: mention.start)
    return mentions[low : bisect_left(mentions, end, key=lambda mention: mention.start)]
