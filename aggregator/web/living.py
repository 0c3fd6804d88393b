"""The living lists: courses ("where's that MOOC list?"), events and calls, narrowed by facets, in every form; and
the page of one course, event or call with its runs and where each date was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from aggregator.compose import listing
from aggregator.compose.facts import Facts
from aggregator.compose.listing import Listed
from aggregator.compose.plain import clean
from aggregator.compose.view import link
from aggregator.issue.feeds import Head
from aggregator.model import Rights
from aggregator.occasions.ical import MEDIA_TYPE
from aggregator.web import facets
from aggregator.web.facets import Asked, Facet
from aggregator.web.forms import Form, page_of
from aggregator.web.months import Month, month_of, months
from aggregator.web.parts import Here, Parts, anybody
from aggregator.web.public import ITEM_ID
from aggregator.web.schemaorg import of_run
from aggregator.web.shelf import Shelf
from aggregator.web.shown import atom, changed_at, feed_answer, in_words
from aggregator.web.words import N_

NAV = [("/courses", N_("Courses")), ("/events", N_("Events and calls"))]
PAGE = 50  # runs on one page
LAST_PAGE = 99_999
FEED = 50  # runs in a feed
KEPT = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class List:
    """One of the lists: where it is, what it holds, how it can be narrowed and what its columns are called."""

    path: str
    kinds: tuple[str, ...]
    facets: tuple[Facet, ...]
    columns: tuple[str, ...]
    title: str
    lead: str


COURSES = List(
    "/courses", ("course",), facets.COURSES, listing.COLUMNS, N_("Courses"),
    N_("Courses by what closes first. Where no deadline is known, ask the provider."),
)  # fmt: skip
EVENTS = List(
    "/events", ("event", "call"), facets.EVENTS, listing.EVENT_COLUMNS, N_("Events and calls"),
    N_("Conferences, webinars and calls for papers: what closes first, and then what comes first."),
)  # fmt: skip
KINDS = {"event": N_("Events"), "call": N_("Calls")}


def routes(parts: Parts) -> list[Route]:
    found: list[Route] = []
    for kind in (COURSES, EVENTS):
        pages = Lists(kind, Shelf(kind.kinds))
        found += [
            anybody(parts, kind.path, pages.page, kept=KEPT),
            *(anybody(parts, f"{kind.path}.{form}", answer, kept=KEPT) for form, answer in pages.forms.items()),
            anybody(parts, f"{kind.path}/{{item}}", pages.one, kept=KEPT),
        ]
        if kind is EVENTS:
            found.insert(1, anybody(parts, f"{kind.path}/month/{{month}}", pages.month, kept=KEPT))
    return found


class Lists:
    """The pages of one list."""

    def __init__(self, kind: List, shelf: Shelf) -> None:
        self._kind, self._shelf = kind, shelf
        self.forms: dict[str, Callable[[Here, Form], Response]] = {
            "json": self._json, "csv": self._csv, "ics": self._ics, "atom": self._atom,
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------------ as a page
    def page(self, here: Here, _: Form) -> Response:
        asked, runs, found = self._asked(here)
        fitting = asked.narrowed(runs, found)
        number = max(1, min(page_of(here.query, LAST_PAGE) or 1, -(-len(fitting) // PAGE)))
        shown = fitting[(number - 1) * PAGE : number * PAGE]
        return here.public(
            "living", fresh=int(KEPT), kind=self._kind, asked=asked, count=len(fitting),
            rows=[row(here, run) for run in shown], facets=self._choices(here, asked, runs, found),
            number=number, last=-(-len(fitting) // PAGE), forms=[*self.forms],
            at=moment_in_words(here), months=months(here.now, here.say) if self._kind is EVENTS else [],
        )  # fmt: skip

    def _asked(self, here: Here) -> tuple[Asked, list[Listed], frozenset[str] | None]:
        asked = Asked.of(here.query, self._kind.facets)
        return asked, self._shelf.runs(here), self._shelf.found(here, asked.words)

    def _choices(
        self, here: Here, asked: Asked, runs: list[Listed], found: frozenset[str] | None
    ) -> list[tuple[str, list[facets.Choice]]]:
        label = labels(here)
        listed = [(facet, asked.choices(facet, runs, found, label[facet.name])) for facet in self._kind.facets]
        return [(here.say.t(FACETS[facet.name]), choices) for facet, choices in listed if choices]

    # ------------------------------------------------------------------------------------------ in other forms
    def _fitting(self, here: Here) -> list[Listed]:
        asked, runs, found = self._asked(here)
        return asked.narrowed(runs, found)

    def _json(self, here: Here, _: Form) -> Response:
        return self._file(here, listing.as_json(self._fitting(here)), "application/json", "json")

    def _csv(self, here: Here, _: Form) -> Response:
        said = listing.as_csv(self._fitting(here), self._kind.columns)
        return self._file(here, said, "text/csv; charset=utf-8; header=present", "csv")

    def _ics(self, here: Here, _: Form) -> Response:
        name = f"{here.parts.title}: {here.say.t(self._kind.title)}"
        return self._file(here, listing.as_calendar(self._fitting(here), here.now, name), MEDIA_TYPE, "ics")

    def _atom(self, here: Here, _: Form) -> Response:
        """What is new or has changed in the list as it is narrowed, newest first."""
        items = [run.item for run in self._fitting(here)]
        newest = sorted(items, key=lambda item: (changed_at(item, here.now), item.id), reverse=True)[:FEED]
        base_url, say = here.parts.base_url, here.say
        updated = max((changed_at(item, here.now) for item in newest), default=here.now)
        title = f"{here.parts.title}: {say.t(self._kind.title)}"
        head = Head(title, f"{base_url}{self._kind.path}", here.parts.title, say.code, updated)
        name = self._kind.path.strip("/")
        return feed_answer(here, "atom", atom(head, in_words(here).rows(newest), base_url), name)

    def _file(self, here: Here, text: str, media_type: str, ending: str) -> Response:
        name = f"{self._kind.path.strip('/')}.{ending}"
        return here.parts.pages.file(here.request, text.encode("utf-8", "replace"), media_type, name)

    # ------------------------------------------------------------------------------------------------ by month
    def month(self, here: Here, _: Form) -> Response:
        month = Month.of(here.path("month"))
        if month is None:
            return here.nothing()
        asked = Asked.of(here.query, self._kind.facets)
        runs = asked.narrowed(self._shelf.runs(here), self._shelf.found(here, asked.words))
        return here.public(
            "month", fresh=int(KEPT), kind=self._kind, asked=asked, month=month,
            weeks=month_of(month, runs, here.say),
            called=here.say.say.month(month.first), months=months(here.now, here.say),
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------------- one item
    def one(self, here: Here, _: Form) -> Response:
        """The page of one course, event or call: all that is known, from where, and its other runs."""
        name = here.path("item")
        item = here.store.items.get([name]).get(name) if ITEM_ID.fullmatch(name) else None
        if item is None or item.kind not in self._kind.kinds or item.source not in here.parts.app.public_sources:
            return here.nothing()
        [run] = listing.listed([item], here.now, here.parts.app.source_titles)
        course = run.occasion.course
        others = [one for one in self._shelf.runs(here) if course and one.occasion.course == course]
        return here.public(
            "dated", fresh=int(KEPT), kind=self._kind, row=row(here, run), dates=list(dates(here, run)),
            others=[row(here, one) for one in others if one.item.id != item.id],
            described=of_run(run),
        )  # fmt: skip


FACETS = {
    "topic": N_("Topic"), "language": N_("Language"), "state": N_("When"), "with": N_("Only"),
    "hours": N_("Effort"), "kind": N_("Kind"), "place": N_("Where"),
}  # fmt: skip
DATES = {
    "opens": N_("Enrolment opens"), "closes": N_("Enrolment closes"), "submissions": N_("Proposals due"),
    "early_bird": N_("Early bird ends"), "starts": N_("Begins"), "ends": N_("Ends"),
    "certificate_by": N_("Certificate to be ordered by"), "access_ends": N_("Access ends"),
    "recordings_until": N_("Recordings until"),
}  # fmt: skip


def labels(here: Here) -> Mapping[str, Callable[[str], str]]:
    """What the values of each facet are called; '' for one that doesn't exist."""
    say, topics = here.say, here.parts.app.topic_labels

    def by(table: Mapping[str, str]) -> Callable[[str], str]:
        return lambda value: say.t(table[value]) if value in table else ""

    return {
        "topic": lambda value: topics.get(value, ""),
        "language": lambda value: say.say.language(value) if value.isalpha() else "",
        "state": by(facets.STATE_LABELS), "with": by(facets.TRAITS), "hours": by(facets.HOURS_LABELS),
        "kind": by(KINDS), "place": by(facets.PLACES),
    }  # fmt: skip


def row(here: Here, run: Listed) -> dict[str, Any]:
    """One run in words, for a template."""
    say, item, topics = here.say, run.item, here.parts.app.topic_labels
    seen = in_words(here).seen(item)
    return {
        "id": item.id, "title": seen.title, "url": seen.url, "source": clean(run.source),
        "state": say.say.state(run.state), "pressing": run.state in facets.STATES["closing"],
        "facts": [fact.text for fact in seen.facts], "excerpt": seen.excerpt,
        "credit": here.parts.app.source_rights.get(item.source, Rights()).attribution,
        "marks": (seen.language, seen.direction),
        "language": say.say.language(item.language or "") if seen.language else "",
        "topics": [(tag.id, topics[tag.id]) for tag in item.topics if tag.id in topics],
        "former": [url for url in map(link, run.former) if url], "calendar": seen.calendar,
    }  # fmt: skip


def dates(here: Here, run: Listed) -> Iterator[tuple[str, str, str]]:
    """Each date of a run: what it is, when, and the sentence or field that it was read from."""
    told = Facts(run.item, here.say.say, UTC, here.now)
    for name, label in DATES.items():
        if getattr(run.occasion, name) is not None:
            where = clean(run.occasion.said.get(name, "")) or here.say.t("a field of the source")
            yield here.say.t(label), told.told(name), where


def moment_in_words(here: Here) -> str:
    return f"{here.say.say.day(here.now.date())}, {here.now:%H:%M} UTC"
