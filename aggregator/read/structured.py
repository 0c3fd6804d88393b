"""Structured data in pages: what schema.org says of events and courses (https://schema.org/Event, .../Course).

JSON-LD first, then what microdata says besides. Unknown stays unknown: no date, price or place is made up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from aggregator.errors import SourceError
from aggregator.language import base as language_base
from aggregator.model import Entry, Occasion
from aggregator.nesting import depth
from aggregator.read import fields, jsonld, microdata, offers
from aggregator.read.isodates import hours, wall_clock, when
from aggregator.read.places import mode_of, place_of
from aggregator.read.terms import as_list, last_part, name_of, names_of, text_of, without_mail
from aggregator.urls import absolute, is_web

LARGEST = 5_000_000  # characters of a page
_DEEPEST = 1_000
_RUNS = 500  # of one course
_NESTED = 6  # levels at which lists hold events and courses
_HOLDERS = ("itemListElement", "item", "mainEntity", "event", "events", "itemOffered", "hasOfferCatalog")
_OCCASIONS = frozenset({"Festival", "Hackathon", "EventSeries"})
_NO_OCCASIONS = frozenset({"PublicationEvent", "BroadcastEvent", "OnDemandEvent", "DeliveryEvent", "SaleEvent"})
_STATUS = {
    "eventscheduled": "confirmed", "eventrescheduled": "confirmed", "eventcancelled": "cancelled",
    "eventcanceled": "cancelled", "eventpostponed": "postponed", "eventmovedonline": "moved_online",
}  # fmt: skip
_SELF_PACED = re.compile(r"self[ _-]?paced|on[ _-]?demand", re.I)
_COHORT = re.compile(r"instructor[ _-]?(?:led|paced)|cohort", re.I)
Thing = dict[str, Any]


# ------------------------------------------------------------------------------------------------ what is there
def things(html_text: str, base: str) -> list[Thing]:
    """Every schema.org object of a page found at `base`, in document order.

    `@type` is a list of names without prefix, nested objects stay nested. Microdata is left out where JSON-LD
    names a thing of that type and name. Raises SourceError `too-deep` or `too-large` for no real page.
    """
    return things_in(parsed(html_text), base)


def things_in(tree: LexborHTMLParser, base: str) -> list[Thing]:
    """The same for a page that is parsed already."""
    found = json_things(tree)
    known = {_identity(thing) for thing in found}
    return found + [thing for thing in microdata.objects(tree, base) if _identity(thing) not in known]


def json_things(tree: LexborHTMLParser) -> list[Thing]:
    """The objects that the JSON-LD of a page has, without those that lie within others."""
    scripts = (node for node in tree.css("script[type]") if _is_json_ld(node.attributes.get("type")))
    return jsonld.objects(node.text(deep=True) for node in scripts)


def parsed(html_text: str) -> LexborHTMLParser:
    """The tree of a page. Raises SourceError `too-large` or `too-deep`: parsers take quadratic time on nesting."""
    if len(html_text) > LARGEST:
        raise SourceError("too-large", f"the page has more than {LARGEST:,} characters")
    if html_text.count("<") > _DEEPEST and depth(html_text) > _DEEPEST:
        raise SourceError("too-deep", f"elements are nested more than {_DEEPEST} deep")
    return LexborHTMLParser(html_text)


def is_event(thing: Mapping[str, Any]) -> bool:
    """Whether a thing is something to go to: Event or a kind of it, but no run of a course."""
    kinds = thing.get("@type") or ()
    return any(
        (kind.endswith("Event") or kind in _OCCASIONS) and kind not in _NO_OCCASIONS for kind in kinds
    ) and not is_course(thing)


def is_course(thing: Mapping[str, Any]) -> bool:
    """Whether a thing is a course, or a run of one that stands alone."""
    return not {"Course", "CourseInstance"}.isdisjoint(thing.get("@type") or ())


def _is_json_ld(kind: str | None) -> bool:
    return (kind or "").strip().lower().partition(";")[0].rstrip() == "application/ld+json"


def _identity(thing: Thing) -> tuple[tuple[str, ...], str, str]:
    return tuple(thing.get("@type") or ()), name_of(thing), text_of(thing.get("startDate"))


def _all(found: Iterable[Thing]) -> Iterator[Thing]:
    """The things, and those that lists and pages hold, in order, each object once."""
    waiting = [(thing, 0) for thing in reversed(list(found))]
    seen: set[int] = set()
    while waiting:
        thing, level = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        yield thing
        holders = (*_HOLDERS, "subEvent") if "EventSeries" in (thing.get("@type") or ()) else _HOLDERS
        inner = [one for key in holders for one in as_list(thing.get(key)) if isinstance(one, dict)]
        if level < _NESTED:
            waiting.extend((one, level + 1) for one in reversed(inner))


# ---------------------------------------------------------------------------------------------------- events
def events(found: Iterable[Thing], base: str = "", zone: str = "") -> tuple[Entry, ...]:
    """An entry for each event among `found` (from `things`), `kind` event, each once.

    `base` is the page's address, `zone` the IANA zone of times without an offset; without a zone only their day
    is known.
    """
    held = [thing for thing in _all(found) if is_event(thing) and not thing.get("subEvent")]
    named = [thing for thing in held if name_of(thing)]
    made = [_entry(thing, base, "event", _event(thing, zone)) for thing in named]
    return _told_apart(made)


def _event(event: Thing, zone: str) -> Occasion:
    status = _STATUS.get(last_part(event.get("eventStatus")).lower(), "")
    if status in ("", "confirmed") and offers.sold_out(event):
        status = "sold_out"
    dated = replace(_dated(event, zone), status=status)  # type: ignore[arg-type]
    return replace(dated, organiser=names_of(event.get("organizer")), series=names_of(event.get("superEvent")))


def _dated(thing: Thing, zone: str) -> Occasion:
    """The dates, place and prices that events and runs of courses share."""
    (starts, sharp), (ends, blunt) = when(thing.get("startDate"), zone), when(thing.get("endDate"), zone)
    if wall_clock(thing.get("startDate")) == "00:00" and wall_clock(thing.get("endDate")) in ("23:59", ""):
        starts, ends = when(text_of(thing["startDate"])[:10])[0], when(text_of(thing.get("endDate"))[:10])[0]
    opens, closes, early = offers.window(thing, zone)
    place, online = place_of(thing)
    dates: dict[str, Any] = {"starts": starts, "ends": ends, "opens": opens, "closes": closes, "early_bird": early}
    fields_said = {"starts": "startDate", "ends": "endDate", "opens": "offers.validFrom",
                   "closes": "offers.availabilityEnds", "early_bird": "offers.availabilityEnds"}  # fmt: skip
    return Occasion(
        **dates,
        place=place,
        online=online,
        zone=zone,
        prices=offers.prices(thing),
        precision={name: known for name, known in (("starts", sharp), ("ends", blunt)) if known},
        said={name: fields_said[name] for name, value in dates.items() if value},
    )


# --------------------------------------------------------------------------------------------------- courses
def courses(found: Iterable[Thing], base: str = "", zone: str = "") -> tuple[Entry, ...]:
    """An entry for each run of each course among `found`, `kind` course; a course without runs is one entry.

    The runs of a course share `occasion.course`. `base` and `zone` as for `events`.
    """
    made: list[Entry] = []
    for course in _all(found):
        if is_course(course) and name_of(course):
            runs = [one for one in as_list(course.get("hasCourseInstance")) if isinstance(one, dict)]
            made += [_run(course, run, base, zone) for run in runs[:_RUNS]] or [_run(course, course, base, zone)]
    return _told_apart(made)


def _run(course: Thing, run: Thing, base: str, zone: str) -> Entry:
    dated = _dated(run, zone)
    if run is not course:
        dated = _with_course(dated, _dated(course, zone), alone=len(as_list(course.get("hasCourseInstance"))) == 1)
    provider = names_of(course.get("provider")) or names_of(run.get("organizer"))
    effort = text_of(run.get("courseWorkload")) or text_of(course.get("timeRequired"))
    mode = " ".join(text_of(one) for one in (*as_list(run.get("courseMode")), *as_list(course.get("courseMode"))))
    key = (
        text_of(course.get("@id"))
        or _address(course, base)
        or ": ".join(part for part in (provider, name_of(course)) if part)
    )
    occasion = replace(
        dated,
        online=dated.online if dated.online is not None else mode_of(mode),
        effort=effort[:200],
        hours=_hours(run, effort),
        pacing="self_paced" if _SELF_PACED.search(mode) else "cohort" if _COHORT.search(mode) else "",
        certificate=names_of(course.get("educationalCredentialAwarded")),
        organiser=provider,
        course=key,
    )
    if run is course:
        return _entry(course, base, "course", occasion)
    own = {name: run[name] for name in ("@id", "url") if text_of(run.get(name))}
    entry = _entry({**course, **own}, base, "course", occasion)
    # A run without a name of its own is known by its month: a small move keeps it, next year's is another.
    month = _beginning(entry)[:7]
    return entry if own or not month else _marked(entry, month)


def _with_course(run: Occasion, course: Occasion, *, alone: bool) -> Occasion:
    """What the course says where its run says nothing; its dates only where it has no other run."""
    names = ("starts", "ends", "opens", "closes", "early_bird") if alone else ()
    missing = {
        name: getattr(course, name) for name in names if getattr(run, name) is None and getattr(course, name)
    }
    said = {name: course.said[name] for name in missing if name in course.said}
    covered = {price.covers for price in run.prices}
    return replace(
        run,
        **missing,
        said={**run.said, **said},
        prices=(*run.prices, *(price for price in course.prices if price.covers not in covered)),
        place=run.place or course.place,
        online=run.online if run.online is not None else course.online,
    )


def _hours(run: Thing, effort: str) -> tuple[float, float] | None:
    known = hours(effort)
    schedule = next((one for one in as_list(run.get("courseSchedule")) if isinstance(one, dict)), {})
    each, times = hours(text_of(schedule.get("duration"))), offers.amount_of(schedule.get("repeatCount"))
    if known is None and each and times:
        known = each * times
    return (known, known) if known else None


# ------------------------------------------------------------------------------------------------ their entries
def _entry(thing: Thing, base: str, kind: str, occasion: Occasion) -> Entry:
    own = _address(thing, base)
    address = own or (base if is_web(base) else "")
    html, text = fields.body_of_text(without_mail(text_of(thing.get("description"))), address)
    languages = [names_of(one) for one in as_list(thing.get("inLanguage"))]
    keywords = [word for one in as_list(thing.get("keywords")) for word in text_of(one).split(",")]
    published: datetime | date | None = when(thing.get("datePublished"))[0]
    return Entry(
        guid=text_of(thing.get("@id")) or (own if own != base else "") or f"{base}#{name_of(thing)}",
        url=address,
        title=name_of(thing),
        html=html,
        text=text,
        tags=fields.tags(keywords),
        published_at=published if isinstance(published, datetime) else None,
        language=language_base(languages[0]) if languages else None,
        kind=kind,
        occasion=occasion,
    )


def _told_apart(made: Iterable[Entry]) -> tuple[Entry, ...]:
    """Each entry once, with a guid of its own: where several share one, their titles are added, and if that is not
    enough, their beginnings."""
    once = list({(entry.guid, entry.title, _beginning(entry)): entry for entry in made}.values())
    shared = _repeated(once)
    once = [_marked(entry, entry.title) if entry.guid in shared else entry for entry in once]
    shared = _repeated(once)
    once = [_marked(entry, _beginning(entry)) if entry.guid in shared else entry for entry in once]
    return each_once(once)


def each_once(entries: Iterable[Entry | None]) -> tuple[Entry, ...]:
    """The first entry of each guid, in order; None is passed over."""
    once: dict[str, Entry] = {}
    for entry in entries:
        if entry is not None:
            once.setdefault(entry.guid, entry)
    return tuple(once.values())


def _repeated(entries: Iterable[Entry]) -> set[str]:
    return {guid for guid, times in Counter(entry.guid for entry in entries).items() if times > 1}


def _marked(entry: Entry, mark: str) -> Entry:
    return replace(entry, guid=f"{entry.guid}#{mark}")


def _beginning(entry: Entry) -> str:
    return entry.occasion.starts.isoformat() if entry.occasion and entry.occasion.starts else ""


def _address(thing: Mapping[str, Any], base: str) -> str:
    """Its page: its url, or an @id that is the address of a page."""
    name = text_of(thing.get("@id"))
    written = text_of(thing.get("url")) or (name if is_web(name) and "#" not in name else "")
    address = absolute(base, written) if written else ""
    return address if is_web(address) else ""
