"""What has become of dates that somebody was told: moved, extended, cancelled. Pure.

The law: what counts is the difference between what a reader was told last and what is so now, however many steps
lie between. A date that is new, or that a source no longer states, is no change; nor is a more exact date that
lies within what was told. What can't matter any more at `now`, by neither date, is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

from aggregator.model import Item, Occasion
from aggregator.occasions.states import Span, closing_at, over_at, span, zone_of

# What follows from a date's new place, and from a status. The first named is the most pressing.
CHANGES = (
    "cancelled", "postponed", "moved", "earlier", "extended", "opening_moved", "moved_online", "sold_out",
    "restored", "available",
)  # fmt: skip
URGENT = frozenset({"cancelled", "postponed"})  # what reaches a reader whatever the limits of a letter
FIELDS = ("starts", "closes", "submissions", "early_bird", "opens")
_DEADLINES = ("closes", "submissions", "early_bird")
_A_MOMENT = timedelta(minutes=5)  # sources round: 23:59 and 23:59:59 are one deadline
_A_DAY = timedelta(days=1)
_HIGHEST = 2**31 - 2  # a SEQUENCE is a 32-bit number (RFC 5545, 3.8.7.4 and 3.3.8)
_ANY_ZONE = timedelta(hours=14)  # how far a day without a zone may reach


class Change(NamedTuple):
    """One thing that is otherwise than it was told: one of `CHANGES`, and the field of the date if it is one."""

    what: str
    field: str = ""


def told_of(occasion: Occasion) -> Occasion:
    """What of an occasion is kept of having told it: all that a later change is measured by, and no more."""
    return Occasion(
        starts=occasion.starts, ends=occasion.ends, opens=occasion.opens, closes=occasion.closes,
        submissions=occasion.submissions, early_bird=occasion.early_bird, zone=occasion.zone,
        place=occasion.place, online=occasion.online, status=occasion.status, pacing=occasion.pacing,
        precision={name: words for name, words in occasion.precision.items() if name in (*FIELDS, "ends")},
    )  # fmt: skip


def changes(
    told: Occasion, held: Occasion | None, now: datetime, zone: str | tzinfo = "UTC", kind: str = ""
) -> tuple[Change, ...]:
    """What a reader in `zone` who was told `told` must know of it at `now`, the most pressing first.

    A `course` begins otherwise when its start moved by more than a day, anything else when it has another day or
    time. Whatever else holds, what is cancelled is only that.
    """
    if held is None:
        return ()
    both = _Both(told, held, now, zone, kind)
    found = [*both.of_status(), *both.of_dates()]
    if any(change.what == "cancelled" for change in found):
        return (Change("cancelled"),)
    return tuple(sorted(found, key=lambda change: CHANGES.index(change.what)))


class _Both:
    """What was told and what is held, side by side."""

    def __init__(self, told: Occasion, held: Occasion, now: datetime, zone: str | tzinfo, kind: str) -> None:
        self.told, self.held, self.now, self.zone, self.kind = told, held, now, zone, kind

    def of_status(self) -> Iterator[Change]:
        told, held = self.told.status, self.held.status
        if self._is_past():
            return
        if held in ("cancelled", "postponed") and told != held:
            yield Change(held)
        elif told in ("cancelled", "postponed") and held != told and not self._moved("starts"):
            yield Change("restored")
        if held == "sold_out" and told != held:
            yield Change("sold_out")
        elif told == "sold_out" and held in ("", "confirmed"):
            yield Change("available")
        if self._went_online() and held not in ("cancelled", "postponed"):
            yield Change("moved_online")

    def _went_online(self) -> bool:
        if self.held.status == "moved_online" != self.told.status:
            return True
        left = bool(self.told.place and not self.told.online and not self.held.place)
        return left and self.held.online is True

    def _is_past(self) -> bool:
        """Whether there is nothing left to take part in, by what was told and by what is so."""
        ends = [end for one in (self.told, self.held) for end in (over_at(one, self.zone),) if end]
        if not ends:
            ends = [end for one in (self.told, self.held) for end in (closing_at(one, self.zone),) if end]
        return bool(ends) and max(ends) < self.now

    def of_dates(self) -> Iterator[Change]:
        if self.held.status == "cancelled":
            return
        for name in FIELDS:
            if not self._moved(name) or not self._matters(name):
                continue
            if name == "submissions" and self._closes_alike():
                continue
            if name in _DEADLINES:
                yield Change("extended" if self._later(name) else "earlier", name)
            else:
                yield Change("moved" if name == "starts" else "opening_moved", name)

    def _closes_alike(self) -> bool:
        """Whether proposals are what closes: one date under two names."""
        return all(one.submissions == one.closes for one in (self.told, self.held))

    def _spans(self, name: str) -> tuple[Span, Span] | None:
        was, is_ = span(self.told, name, self.zone), span(self.held, name, self.zone)
        return (was, is_) if was and is_ else None

    def _matters(self, name: str) -> bool:
        both = self._spans(name)
        return both is not None and max(both[0].last, both[1].last) >= self.now

    def _later(self, name: str) -> bool:
        both = self._spans(name)
        return both is not None and both[1].last > both[0].last

    def _moved(self, name: str) -> bool:
        was: datetime | date | None = getattr(self.told, name)
        is_: datetime | date | None = getattr(self.held, name)
        both = self._spans(name)
        if was is None or is_ is None or both is None:
            return False
        if name == "starts" and self.kind == "course":
            return _apart(*both, _A_DAY)
        exact = not self.told.precision.get(name) and not self.held.precision.get(name)
        if isinstance(was, datetime) and isinstance(is_, datetime) and exact:
            return abs(was - is_) >= _A_MOMENT
        if exact and not isinstance(was, datetime) and not isinstance(is_, datetime):
            return was != is_
        known = zone_of(self.held.zone) or zone_of(self.told.zone)
        return _apart(*both, timedelta(0) if known else _ANY_ZONE)


def _apart(one: Span, other: Span, slack: timedelta) -> bool:
    """Whether the two lie apart, by more than `slack`."""
    return other.first - one.last > slack or one.first - other.last > slack


# ---------------------------------------------------------------------------------------------------- revisions
COPY = "copy"  # in `said`: the source whose copy of the item is believed about its dates


def revised(held: Item, arrival: Item, now: datetime) -> Item:
    """What its own source says of an item now, as the next revision of what is held. The revision rises, by at
    least one, when anything changes that a calendar shows; what a later copy told is not taken back (see
    `believed`)."""
    occasion = arrival.occasion
    later_copy = held.occasion is not None and COPY in held.occasion.said
    if later_copy and held.occasion and occasion and occasion.sequence < held.occasion.sequence:
        occasion = held.occasion
    return _numbered(held, replace(arrival, occasion=occasion), now)


def with_copy(held: Item, copy: Item, now: datetime) -> Item:
    """What is held, with the dates of another source's copy where that one is believed."""
    occasion = copy.occasion
    if occasion is None or not believed(held, copy):
        return held
    marked = replace(occasion, said=dict(occasion.said) | {COPY: copy.source})
    return _numbered(held, replace(held, occasion=marked), now)


def believed(held: Item, copy: Item) -> bool:
    """Whether another source's copy is believed about an item's dates: only when it has the very same identifier
    and a higher SEQUENCE, which is how calendars say that theirs is the later revision (RFC 5545, 3.8.7.4).
    Else the source that readers were sent to is: they can see there that it is so."""
    if held.occasion is None or copy.occasion is None or not held.guid or held.guid != copy.guid:
        return False
    return copy.occasion.sequence > held.occasion.sequence


def opening(item: Item) -> datetime | None:
    """The moment at which one can enrol in a course that was seen before; None where it was open, or nobody says.
    A month is no moment."""
    occasion, seen = item.occasion, item.first_seen_at
    if item.kind != "course" or occasion is None or occasion.precision.get("opens") or seen is None:
        return None
    opens = span(occasion, "opens")
    return opens.first if opens and opens.first > seen else None


def _numbered(held: Item, item: Item, now: datetime) -> Item:
    if _shown(held.occasion) == _shown(item.occasion):
        return replace(item, revision=held.revision, dates_changed_at=held.dates_changed_at)
    revision = max(held.revision + 1, min(item.occasion.sequence, _HIGHEST) if item.occasion else 0)
    return replace(item, revision=revision, dates_changed_at=now)


def _shown(occasion: Occasion | None) -> Occasion:
    """What of an occasion a calendar shows."""
    return told_of(occasion) if occasion else Occasion()
