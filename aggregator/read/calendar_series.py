"""Events that recur, written out within a window: overrides, exceptions and additions included.

recurring-ical-events does the reckoning, in local time without zones: a meeting at nine stays at nine when the
clocks change, and no mistaken zone can stop it. It is handed nothing but dates that were read and safe rules.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from aggregator.read.calendar_lines import Component
from aggregator.read.calendar_rules import Unusable, tame
from aggregator.read.calendar_times import Clock, Span, Time, as_datetime, as_day, duration

if TYPE_CHECKING:
    from icalendar import Event

MOST_OF_ONE = 200  # occurrences of one series
_MOST_OF_ALL = 20_000  # written out for one document: where there are many series, less of each
_SOON = timedelta(days=62)
_MOST_DATES = 2_000  # of RDATE and EXDATE each
_MOST_RULES = 3
_MARK = "X-POSITION"  # which VEVENT of the series an occurrence comes from
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Happening:
    """One event at one time. `guid` stays the same when it is moved."""

    event: Component
    span: Span
    guid: str


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked for: whatever is not over before `begins` and does not start after `ends` (UTC moments)."""

    begins: datetime
    ends: datetime

    def is_over(self, span: Span) -> bool:
        """Whether a span has ended before the window."""
        try:
            return span.moment(span.starts) + span.length < self.begins
        except OverflowError:
            return True

    def meets(self, span: Span) -> bool:
        """Whether something of a span lies in the window."""
        return not self.is_over(span) and span.moment(span.starts) <= self.ends


def happenings(events: Sequence[Component], clock: Clock, window: Window) -> list[Happening]:
    """All that happens in the window, in the order of the file, each series by time. Single events are not held
    back because they are far ahead. An event whose dates can't be read is left out."""
    families: dict[str, list[tuple[int, Component, Span]]] = defaultdict(list)
    for at, event in enumerate(events):
        span = _span(event, clock)
        if span is not None:
            families[uid_of(event) or f"\n{at}"].append((at, event, span))
    found: list[tuple[int, Happening]] = []
    recurring = {uid for uid, family in families.items() if any(_recurs(event) for _, event, _ in family)}
    most = max(20, min(MOST_OF_ONE, _MOST_OF_ALL // max(1, len(recurring))))
    for uid, family in families.items():
        made: Iterable[Happening]
        if uid in recurring:
            made = islice(_series(family, clock, window, most), most)
        else:
            made = _singles([(event, span) for _, event, span in family], window)
        found += [(family[0][0], one) for one in made]
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def uid_of(event: Component) -> str:
    """The UID on one line, or an empty text."""
    return " ".join(event.text("UID").split())


def _span(event: Component, clock: Clock) -> Span | None:
    try:
        return clock.span(event)
    except OverflowError:  # a time that no calendar reaches, once its zone is reckoned in
        return None


def _recurs(event: Component) -> bool:
    return any(event.first(name) for name in ("RRULE", "RDATE", "RECURRENCE-ID"))


# --------------------------------------------------------------------------------------------------- singles
def _singles(family: Sequence[tuple[Component, Span]], window: Window) -> Iterator[Happening]:
    """Events of one UID that do not recur: versions of one event, of which the last counts, or, where nothing says
    which that is, several events whose software knows no better."""
    newest = max(event.number("SEQUENCE") for event, _ in family)
    latest = {span.starts: (event, span) for event, span in family if event.number("SEQUENCE") == newest}
    for event, span in latest.values():
        own = uid_of(event)
        guid = own if own and len(latest) == 1 else f"{own}#{stamp(span)}" if own else _named(event, span)
        if not window.is_over(span):
            yield Happening(event, span, guid)


def _named(event: Component, span: Span) -> str:
    """What an event without UID is known by."""
    return f"{stamp(span)} {' '.join(event.text('SUMMARY').split())}"[:300]


def stamp(span: Span) -> str:
    """The start of a span as one word: in UTC where the zone is known."""
    if not isinstance(span.starts, datetime):
        return span.starts.strftime("%Y%m%d")
    try:
        moment = span.moment(span.starts)
    except OverflowError:
        moment = span.starts
    return moment.strftime("%Y%m%dT%H%M%S") + ("Z" if span.zone else "")


# ---------------------------------------------------------------------------------------------------- series
def _series(
    family: Sequence[tuple[int, Component, Span]], clock: Clock, window: Window, most: int
) -> Iterator[Happening]:
    """What happens of one series in the window, by time: all of it, or at least the first `most`."""
    import recurring_ical_events
    from icalendar import Calendar

    base = next((span for _, event, span in family if not event.first("RECURRENCE-ID")), family[0][2])
    begins, ends = _local_window(window, base)
    calendar = Calendar()
    spans = [_like(span, base, clock) for _, _, span in family]
    try:
        for position, (_, event, _) in enumerate(family):
            calendar.add_component(_rewritten(event, spans[position], position, clock, begins))
        query = recurring_ical_events.of(calendar)
        occurrences = query.between(begins, min(ends, begins + base.length + _SOON))
        if len(occurrences) < most + 20:  # some of them may lie just outside
            occurrences = query.between(begins, ends)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
        _log.info("a series that can't be written out: %s: %s", type(error).__name__, error)
        yield from _singles([(event, span) for _, event, span in family], window)
        return
    found = (_happening(one, family, base) for one in occurrences)
    inside = (one for one in found if window.meets(one.span))
    yield from sorted(inside, key=lambda one: as_datetime(one.span.starts))


def _local_window(window: Window, span: Span) -> tuple[datetime, datetime]:
    """The window with room for every zone and for what is going on as it begins, as local times."""
    begins, ends = (moment.astimezone(UTC).replace(tzinfo=None) for moment in (window.begins, window.ends))
    return begins - timedelta(days=2) - span.length, ends + timedelta(days=2)


def _like(span: Span, base: Span, clock: Clock) -> Span:
    """A span in the zone of its series, so that all of them can be compared."""
    if isinstance(span.starts, datetime) and isinstance(base.starts, datetime) and span.zone != base.zone:
        starts = clock.local((span.starts, span.zone), base.zone)
        ends = clock.local((span.ends, span.zone), base.zone) if span.ends else None
        return replace(span, starts=starts, ends=ends, zone=base.zone)
    return span


def _rewritten(event: Component, span: Span, position: int, clock: Clock, begins: datetime) -> Event:
    """A VEVENT with nothing but what makes it recur, in the local time of its series."""
    from icalendar import Event

    made: Any = Event()
    starts: Time = span.starts
    rules: list[Any] = []
    if recurrence := clock.of(event.first("RECURRENCE-ID")):
        made.add("RECURRENCE-ID", _fitted(clock.local(recurrence, span.zone), span))
        if _and_future(event):
            made["RECURRENCE-ID"].params["RANGE"] = "THISANDFUTURE"
    else:
        starts, rules = _rules(event, span, clock, begins)
    for rule in rules:
        made.add("RRULE", rule)
    made.add("UID", "series")
    made.add("DTSTART", starts)
    made.add("DTEND", starts + span.length)
    made.add("SEQUENCE", event.number("SEQUENCE"))
    made.add(_MARK, str(position))
    for name in ("RDATE", "EXDATE"):
        if dates := list(_dates(event, name, span, clock)):
            made.add(name, dates)
    return made  # type: ignore[no-any-return]


def _rules(event: Component, span: Span, clock: Clock, begins: datetime) -> tuple[Time, list[Any]]:
    """(the start to expand from, the rules that can be followed)."""
    from icalendar.prop import vRecur

    tamed = []
    for written in event.all("RRULE")[:_MOST_RULES]:
        try:
            tamed.append(tame(written.value, span.starts, span.zone, clock, begins))
        except Unusable as error:
            _log.info("a recurrence rule that is not followed: %s", error)
    start = tamed[0][1] if len(tamed) == 1 else span.starts
    return start, [vRecur.from_ical(rule) for rule, _ in tamed]


def _fitted(when: Time, span: Span) -> Time:
    """A day as the time of its series on that day, a time as its day where the series is of days."""
    if not isinstance(span.starts, datetime):
        return as_day(when)
    return when if isinstance(when, datetime) else datetime.combine(when, span.starts.time())


def _dates(event: Component, name: str, span: Span, clock: Clock) -> Iterator[Any]:
    texts = ((one, text) for one in event.all(name) for text in one.value.split(","))
    for _, (one, text) in zip(range(_MOST_DATES), texts, strict=False):
        first, _, rest = text.partition("/")
        found = clock.read(first, one.params.get("TZID", ""))
        if found is None:
            continue
        when = _fitted(clock.local(found, span.zone), span)
        yield _period(when, rest, span, clock, one.params.get("TZID", "")) if rest and name == "RDATE" else when


def _period(when: Time, rest: str, span: Span, clock: Clock, tzid: str) -> Any:
    """An RDATE with a length of its own, or only its start where that can't be read."""
    if (length := duration(rest)) is not None and length >= timedelta():
        return when, length
    ends = clock.read(rest, tzid)
    if ends is None or not isinstance(when, datetime):
        return when
    last = as_datetime(clock.local(ends, span.zone))
    return (when, last) if last >= when else when


def _happening(found: Any, family: Sequence[tuple[int, Component, Span]], base: Span) -> Happening:
    _, event, written = family[int(str(found[_MARK]))]
    starts, ends, recurrence = (found[name].dt for name in ("DTSTART", "DTEND", "RECURRENCE-ID"))
    zone = base.zone if isinstance(base.starts, datetime) else written.zone
    if not isinstance(written.starts, datetime):
        starts, ends, zone = as_day(starts), as_day(ends), written.zone
    if _and_future(event):  # all that follow carry the id of the first; theirs is when they start
        recurrence = starts
    span = replace(written, starts=starts, ends=ends if written.ends is not None else None, zone=zone)
    known_by = stamp(replace(span, starts=recurrence, zone=base.zone))
    own = uid_of(event)
    return Happening(event, span, f"{own}#{known_by}" if own else _named(event, span))


def _and_future(event: Component) -> bool:
    recurrence = event.first("RECURRENCE-ID")
    return recurrence is not None and recurrence.params.get("RANGE", "").upper() == "THISANDFUTURE"


def soonest(found: Iterable[Happening], most: int, now: datetime) -> list[Happening]:
    """All, in their order, or of too many the ones closest ahead; what is over goes first."""
    kept = list(found)
    if len(kept) <= most:
        return kept

    def distance(at: int) -> tuple[bool, float]:
        away = (kept[at].span.moment(kept[at].span.starts) - now).total_seconds()
        return away < 0, abs(away)

    chosen = sorted(range(len(kept)), key=distance)[:most]
    return [kept[at] for at in sorted(chosen)]
