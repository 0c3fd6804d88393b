"""Narrowing a living list: what was asked for, what fits, and how many would fit with one more tick."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from aggregator.compose.listing import PAST, Listed
from aggregator.language import base
from aggregator.occasions import OPEN
from aggregator.web.forms import Form
from aggregator.web.words import N_

STATES = {
    "now": OPEN,
    "closing": frozenset({"closing_soon"}),
    "coming": frozenset({"opens_soon", "announced"}),
}
STATE_LABELS = {"now": N_("Open now"), "closing": N_("Closing within a week"), "coming": N_("Not open yet")}
HOURS = {"5": (0.0, 5.0), "20": (5.0, 20.0), "more": (20.0, 10_000.0)}
HOURS_LABELS = {"5": N_("Up to 5 hours"), "20": N_("5 to 20 hours"), "more": N_("More than 20 hours")}
TRAITS = {"free": N_("Free"), "certificate": N_("With a certificate"), "self_paced": N_("Self-paced")}
PLACES = {"online": N_("Online"), "onsite": N_("On site")}
_FREE = re.compile(r"\b(?:free|gratuit\w*|gratis|kostenlos\w*|kostenfrei\w*|besplat\w*)\b", re.IGNORECASE)
_MOST = 20  # values of one facet that are heeded

Fits = Callable[[Listed], bool]


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet: how many fit with it, whether it is chosen, and the query that changes that."""

    value: str
    label: str
    count: int
    chosen: bool
    query: str


@dataclass(frozen=True, slots=True)
class Facet:
    """`single`: its values exclude each other."""

    name: str
    values: Callable[[Listed], tuple[str, ...]]
    single: bool = False

    def fits(self, chosen: Sequence[str]) -> Fits:
        wanted = frozenset(chosen)
        return lambda run: not wanted.isdisjoint(self.values(run))


def _states(run: Listed) -> tuple[str, ...]:
    return tuple(name for name, states in STATES.items() if run.state in states)


def _traits(run: Listed) -> tuple[str, ...]:
    occasion = run.occasion
    to_attend = [price for price in occasion.prices if price.covers in ("", "attend")]
    free = any(price.amount == 0 for price in to_attend) or (not to_attend and bool(_FREE.search(occasion.price)))
    paper = bool(occasion.certificate) or any(price.covers == "certificate" for price in occasion.prices)
    held = {"free": free, "certificate": paper, "self_paced": occasion.pacing == "self_paced"}
    return tuple(name for name, is_so in held.items() if is_so)


def _hours(run: Listed) -> tuple[str, ...]:
    if run.occasion.hours is None:
        return ()
    most = run.occasion.hours[1]
    return tuple(name for name, (low, high) in HOURS.items() if low < most <= high)


def _places(run: Listed) -> tuple[str, ...]:
    online = run.occasion.online
    return (*(["online"] if online else []), *(["onsite"] if run.occasion.place and not online else []))


def _language(run: Listed) -> tuple[str, ...]:
    found = base(run.item.language)
    return (found,) if found else ()


TOPIC = Facet("topic", lambda run: tuple(tag.id for tag in run.item.topics))
LANGUAGE = Facet("language", _language)
STATE = Facet("state", _states, single=True)
TRAIT = Facet("with", _traits)
HOUR = Facet("hours", _hours)
KIND = Facet("kind", lambda run: (run.item.kind,), single=True)
PLACE = Facet("place", _places, single=True)
COURSES = (STATE, TOPIC, LANGUAGE, TRAIT, HOUR)
EVENTS = (KIND, STATE, TOPIC, LANGUAGE, PLACE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list was narrowed to. Traits must all be there (`with`), of another facet one value is enough.

    `past`: also what can't be joined any more; `words`: searched for in the full text."""

    facets: tuple[Facet, ...]
    chosen: tuple[tuple[str, tuple[str, ...]], ...] = ()
    past: bool = False
    words: str = ""

    @classmethod
    def of(cls, query: Form, facets: tuple[Facet, ...]) -> Asked:
        """What the query of an address asks for. What no facet knows is left out."""
        chosen = []
        for facet in facets:
            values = tuple(dict.fromkeys(query.all(facet.name)))[: 1 if facet.single else _MOST]
            if values:
                chosen.append((facet.name, values))
        return cls(facets, tuple(chosen), query.get("past") == "1", query.get("q")[:200])

    def values(self, name: str) -> tuple[str, ...]:
        return dict(self.chosen).get(name, ())

    def narrowed(self, runs: Iterable[Listed], found: frozenset[str] | None, but: str = "") -> list[Listed]:
        """The runs that fit, in their order. `found`: ids that the words were found in; None: no words were asked
        for. `but`: a facet that is left aside, to count what each of its values would bring."""
        tests = [test for facet in self.facets if facet.name != but for test in self._tests(facet)]
        shown = (run for run in runs if self.past or run.state not in PAST)
        return [
            run for run in shown
            if (found is None or run.item.id in found) and all(test(run) for test in tests)
        ]  # fmt: skip

    def _tests(self, facet: Facet) -> list[Fits]:
        chosen = self.values(facet.name)
        if facet is TRAIT:  # free and with a certificate: both at once
            return [facet.fits([value]) for value in chosen]
        return [facet.fits(chosen)] if chosen else []

    def choices(
        self, facet: Facet, runs: Sequence[Listed], found: frozenset[str] | None, label: Callable[[str], str]
    ) -> list[Choice]:
        """The values of a facet that bring something, or are chosen, the fullest first."""
        but = "" if facet is TRAIT else facet.name
        counted = Counter(value for run in self.narrowed(runs, found, but) for value in facet.values(run))
        chosen = self.values(facet.name)
        names = sorted({*counted, *chosen}, key=lambda value: (-counted[value], label(value)))
        return [
            Choice(value, label(value), counted[value], value in chosen, self.query(self._switched(facet, value)))
            for value in names
            if label(value)
        ]

    def _switched(self, facet: Facet, value: str) -> dict[str, tuple[str, ...]]:
        now = self.values(facet.name)
        if value in now:
            changed = tuple(one for one in now if one != value)
        else:
            changed = (value,) if facet.single else (*now, value)
        return {**dict(self.chosen), facet.name: changed}

    def query(self, chosen: dict[str, tuple[str, ...]] | None = None, **more: str) -> str:
        """The part of an address behind the question mark; always the same for the same wishes."""
        held = dict(self.chosen) if chosen is None else chosen
        pairs = [(facet.name, value) for facet in self.facets for value in held.get(facet.name, ())]
        pairs += [("past", "1")] if self.past else []
        pairs += [("q", self.words)] if self.words else []
        return urlencode([*pairs, *((name, value) for name, value in more.items() if value)])
