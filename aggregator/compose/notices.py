"""What a letter says to a reader who was told other dates before: what has changed, and from what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, tzinfo

from aggregator.compose.facts import Fact, Facts, on_one_line
from aggregator.compose.phrases import English
from aggregator.model import Item, Occasion, Told
from aggregator.occasions import Change, changes, over_at, span

_DEADLINES = ("closes", "submissions")


def notice_of(item: Item, told: Told, say: English, zone: tzinfo, now: datetime) -> tuple[Fact, ...]:
    """What has become of the dates, each with what it was, and then what still holds: where, when, until when.
    What is cancelled or over gets nothing more than that; what is past is said to be."""
    notice = _Notice(item, told, say, zone, now)
    facts = (*(Fact(words, strong=True) for words in notice.changes()), *notice.rest())
    return tuple(Fact(on_one_line(fact.text, say), fact.strong) for fact in facts if fact.text)


class _Notice:
    """One item as it was told and as it is."""

    def __init__(self, item: Item, told: Told, say: English, zone: tzinfo, now: datetime) -> None:
        self._say, self._zone, self._now = say, zone, now
        self._held = item.occasion or Occasion()
        self._is, self._was = Facts(item, say, zone), Facts(replace(item, occasion=told.occasion), say, zone)
        self._found = changes(told.occasion, item.occasion, now, zone, item.kind)
        self._fields = {change.field for change in self._found if change.field}

    def changes(self) -> Iterator[str]:
        postponed = Change("postponed") in self._found
        for what, field in self._found:
            if what == "moved" and postponed:
                continue  # said with the postponement
            if what == "postponed" and "starts" in self._fields:
                yield self._say.was_now(what, "", self._was.when(), self._dated("starts"))
            elif field == "starts":
                yield self._say.was_now(what, "", self._was.when(), self._dated(field))
            elif field:
                yield self._say.was_now(what, field, self._was.told(field), self._dated(field))
            elif what == "moved_online":
                yield self._say.was(what, self._was.place())
            elif what in ("cancelled", "postponed"):
                yield self._say.was(what, self._was.when() or self._was.closing())
            else:
                yield self._say.stands(what, self._is.when() if what == "restored" else "")

    def _dated(self, field: str) -> str:
        words = self._is.when() if field == "starts" else self._is.told(field)
        return self._say.past(words) if self._is_past(field) else words

    def _is_past(self, field: str) -> bool:
        dates = span(self._held, field, self._zone)
        return dates is not None and dates.last < self._now

    def rest(self) -> Iterator[Fact]:
        status = self._held.status
        over = over_at(self._held, self._zone)
        if status == "cancelled" or (over is not None and over < self._now):
            return
        for field, words in zip(_DEADLINES, (self._say.closes, self._say.closes_proposals), strict=True):
            if field not in self._fields and getattr(self._held, field) and not self._is_past(field):
                yield Fact(f"{words} {self._is.told(field)}")
        if "starts" not in self._fields and status != "postponed" and not self._says_when():
            yield Fact(self._is.when())
        yield Fact(self._is.place())

    def _says_when(self) -> bool:
        return any(change.what == "restored" for change in self._found)
