"""The line of facts under a title: what closes when, where and when it is, what it costs and takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

from aggregator.compose.phrases import English
from aggregator.compose.plain import clean, kept_apart, shorten
from aggregator.model import Item, Occasion, Price
from aggregator.occasions import ANYWHERE_ON_EARTH, span, zone_of

FACT = 240  # characters that one fact has room for: two dates, each by two clocks
PRICES = 3  # ways to take part that are told
# Kinds that are worth nothing without their closing date: its absence is said aloud.
_CLOSING_KINDS = ("course", "call")
_DEADLINES = ("closes", "submissions")
_LAST = time(23, 59)
_NO_OFFSET = UTC.utcoffset(None)


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of the line under a title; `strong` where a reader must not miss it."""

    text: str
    strong: bool = False


def facts_of(item: Item, say: English, zone: tzinfo, now: datetime | None = None) -> tuple[Fact, ...]:
    """What a reader in that zone must know of a dated item at `now` (not given: when it was first seen), the most
    pressing first; nothing unknown is told but that a course or call has no known deadline."""
    if item.occasion is None and item.kind not in _CLOSING_KINDS:
        return ()
    facts = Facts(item, say, zone, now)
    found = (*facts.strong(), *map(Fact, facts.plain()))
    shown = (Fact(on_one_line(fact.text, say), fact.strong) for fact in found)
    return tuple(fact for fact in shown if fact.text)


def on_one_line(text: str, say: English) -> str:
    """A fact with room for no more than a fact."""
    return kept_apart(shorten(clean(text), FACT), say.direction)


class Facts:
    """The facts of one item in the words of one letter."""

    def __init__(self, item: Item, say: English, zone: tzinfo, now: datetime | None = None) -> None:
        self._item, self._say, self._zone = item, say, zone
        self._now = now or item.first_seen_at
        self._occasion = item.occasion or Occasion()

    def strong(self) -> Iterator[Fact]:
        """What became of it, and when it closes."""
        occasion, say = self._occasion, self._say
        if words := say.status(occasion.status):
            yield Fact(words, strong=occasion.status != "tentative")
        if occasion.status == "sold_out":
            yield Fact(say.sold_out, strong=True)
        if occasion.closes:
            yield Fact(self.closing(), strong=True)
        elif self._item.kind in _CLOSING_KINDS and not self._without_deadline():
            yield Fact(say.closing_unknown)
        if occasion.submissions and occasion.submissions != occasion.closes:
            yield Fact(f"{say.closes_proposals} {self.told('submissions')}", strong=not occasion.closes)

    def closing(self) -> str:
        """When it closes, or closed, where that is known."""
        if not self._occasion.closes:
            return ""
        words = self._say.closes if self._is_news("closes") else self._say.closed
        return f"{words} {self.told('closes')}"

    def _without_deadline(self) -> bool:
        """Whether there is no deadline to know: self-paced, or named by that of its papers."""
        return self._occasion.pacing == "self_paced" or self._occasion.submissions is not None

    def plain(self) -> Iterator[str]:
        """The rest, in the order in which people decide."""
        occasion, say = self._occasion, self._say
        if self._is_news("opens"):
            yield f"{say.opens} {self.told('opens')}"
        if self._is_news("early_bird"):
            yield f"{say.early_bird} {self.told('early_bird')}"
        yield say.date_so_far(when) if (when := self.when()) and occasion.status == "postponed" else when
        yield self.place()
        yield say.prices(_told(occasion.prices, say)) or occasion.price
        yield say.hours(*occasion.hours) if occasion.hours else occasion.effort
        yield say.self_paced if occasion.pacing == "self_paced" else ""
        if occasion.certificate and not any(price.covers == "certificate" for price in occasion.prices):
            yield say.certificate(occasion.certificate)
        if self._is_news("certificate_by"):
            yield f"{say.certificate_by} {self.told('certificate_by')}"
        yield say.tutor if occasion.tutor else ""
        yield say.forum if occasion.forum else ""
        if self._is_news("recordings_until"):
            yield f"{say.recordings} {self.told('recordings_until')}"

    def _is_news(self, name: str) -> bool:
        """Whether the date lies ahead: what has opened long ago is no news."""
        dates = span(self._occasion, name, self._zone)
        return dates is not None and (self._now is None or dates.last > self._now)

    def place(self) -> str:
        """Where it is, online too."""
        place, online = self._occasion.place, self._say.online
        if not self._occasion.online or online in place.lower() or English.online in place.lower():
            return place
        return f"{place}{self._say.comma}{online}" if place.strip() else online

    # ---------------------------------------------------------------------------------------------------- dates
    def told(self, name: str) -> str:
        """One date as exactly as it is known."""
        value: datetime | date = getattr(self._occasion, name)
        precision = self._occasion.precision.get(name)
        if precision in ("month", "year"):
            day = self._day(value)
            return self._say.month(day) if precision == "month" else str(day.year)
        if name in _DEADLINES and not isinstance(value, datetime):
            return self._moment(value) + self._whose_day(value)
        return self._moment(value)

    def _whose_day(self, day: date) -> str:
        """Where the last day of a deadline ends, if that is not when it ends for the reader."""
        there, zone = zone_of(self._occasion.zone), self._occasion.zone
        if there is None:
            return ""
        ends = datetime.combine(day, _LAST, there)
        here = ends.astimezone(self._zone)
        if ends.utcoffset() == here.utcoffset():
            return ""
        where = (
            self._say.everywhere
            if zone == ANYWHERE_ON_EARTH
            else f"{ends:%H:%M} {self._say.clock(_zone_name(ends))}"
        )
        beside = f"{self._say.weekday(here.date())}, " if here.date() != day else ""
        return f", {where} ({beside}{self._hours(here, None)})"

    def when(self) -> str:
        """When it takes place, as a day, days, or a time of day."""
        occasion, say = self._occasion, self._say
        starts, ends = occasion.starts or occasion.ends, occasion.ends or occasion.starts
        if starts is None or ends is None:
            return ""
        if occasion.starts is None:
            return say.until(self.told("ends"))
        if occasion.precision.get("starts"):
            return self.told("starts")
        first, last = self._day(starts), self._day(ends)
        if last < first or occasion.precision.get("ends"):
            return self._moment(starts)  # a source's slip, or no day: the start is what people plan by
        if first != last:
            return say.days(first, last)
        if isinstance(starts, datetime) and isinstance(ends, datetime) and ends > starts:
            return self._moment(starts, ends)
        return self._moment(starts)

    def _moment(self, moment: datetime | date, until: datetime | None = None) -> str:
        """A day, or a moment by a clock that is named: the reader's where one can take part from anywhere, with
        that of the place beside it; where it happens, else."""
        if not isinstance(moment, datetime):
            return self._say.weekday(moment)
        local = self._local(moment)
        told = f"{self._say.weekday(local.date())}, {self._hours(local, until)}"
        there = zone_of(self._occasion.zone)
        if self._occasion.online and there and moment.astimezone(there).utcoffset() != local.utcoffset():
            beside = moment.astimezone(there)
            day = f"{self._say.weekday(beside.date())}, " if beside.date() != local.date() else ""
            told += f" ({day}{self._hours(beside, None)})"
        return told

    def _hours(self, local: datetime, until: datetime | None) -> str:
        end = f"–{until.astimezone(local.tzinfo):%H:%M}" if until else ""
        return f"{local:%H:%M}{end} {self._say.clock(_zone_name(local))}"

    def _local(self, moment: datetime) -> datetime:
        # UTC stands for "the zone was not kept": that of the occasion, else the reader's clock serves best.
        if moment.utcoffset() not in (None, _NO_OFFSET):
            return moment
        there = None if self._occasion.online else zone_of(self._occasion.zone)
        return moment.astimezone(there or self._zone)

    def _day(self, moment: datetime | date) -> date:
        return self._local(moment).date() if isinstance(moment, datetime) else moment


def _told(prices: tuple[Price, ...], say: English) -> list[tuple[str, str, str]]:
    """What it covers, for whom, how much: of the first few whose amount is known. 0 is free."""
    known = [(price, price.amount) for price in prices if price.amount is not None][:PRICES]
    return [(p.covers, p.who, say.money(amount, p.currency) if amount else say.free) for p, amount in known]


def _zone_name(moment: datetime) -> str:
    return getattr(moment.tzinfo, "key", None) or str(moment.tzinfo)
