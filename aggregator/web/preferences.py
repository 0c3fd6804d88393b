"""What one reader's letter is chosen by: one form for all of it. A GET shows what is kept, a POST keeps what was
typed, or says what is wrong with it and keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from aggregator.config.cells import Mistake
from aggregator.topics.rules import RuleError
from aggregator.web import offered
from aggregator.web.caught import Caught, caught
from aggregator.web.choices import WHOLE, chosen, form_of, rows
from aggregator.web.forms import Form
from aggregator.web.mistakes import Slip, slip
from aggregator.web.parts import Me, Parts, mine
from aggregator.web.settings import in_short, when
from aggregator.web.timing import hours, often, weekdays
from aggregator.web.words import N_

MY_NAV = [("/preferences", N_("What I get"))]
SPARE = 2  # empty rows for further searches, sources and authors
MOST, SECONDS = 60, 300  # trials of words by one reader: each word asks the index
SAVES = 30  # in as many seconds


def routes(parts: Parts) -> list[Route]:
    return [
        mine(parts, "/preferences/{key}", _page, "GET", "POST"),  # the address in letters
        mine(parts, "/preferences", _page, "GET", "POST"),
        mine(parts, "/preferences/caught", _caught, "POST"),
    ]


def _page(me: Me, form: Form) -> Response:
    if me.here.request.method != "POST":
        return shown(me, form_of(me.reader, me.parts.app.source_titles))
    if WHOLE not in form:  # what is missing was not taken away: it did not come
        return me.parts.refuse(me.here.request, "no-form", 400)
    if form.get("do") == "try":
        return _too_often(me) or shown(me, form, found=_found(me, form))
    if form.get("do") == "edit":
        return shown(me, form)
    return _save(me, form)


def _save(me: Me, form: Form) -> Response:
    if busy := me.here.too_often("save", SAVES, SECONDS, who=me.reader.id):
        return busy
    app = me.parts.app
    said = chosen(form, me.reader, app.catalogue, app.source_titles)
    if said.reader is None:
        return shown(me, form, status=422, mistakes=said.mistakes)
    kept = me.store.subscribers.choose(said.reader, me.now)
    if kept is None:
        return me.here.page("nobody", 404)
    now = Me(me.here, kept, me.key, me.private)
    return shown(now, form_of(kept, app.source_titles), saved=True)


def _caught(me: Me, form: Form) -> Response:
    """What the typed words would have caught, as a piece of a page for its script."""
    return _too_often(me) or me.page("caught", caught=_found(me, form), slip=slip)


def _found(me: Me, form: Form) -> list[Caught]:
    languages = (*form.all("reads"), *form.get("reads_more").replace(",", " ").split())
    lines = form.get("keywords").replace(";", "\n").replace("|", "\n").split("\n")
    searches = [part for search in form.all("search") for part in search.replace("\n", ";").split(";")]
    return caught(me, lines, searches, languages)


def _too_often(me: Me) -> Response | None:
    return me.here.too_often("caught", MOST, SECONDS, who=me.reader.id)


# ------------------------------------------------------------------------------------------------------ the page
def shown(
    me: Me,
    form: Form,
    status: int = 200,
    *,
    mistakes: Mapping[str, Mistake | RuleError] | None = None,
    found: list[Caught] | None = None,
    saved: bool = False,
) -> Response:
    """The page with what this form says. Without `mistakes` a form that can't be read says its own."""
    app = me.parts.app
    if mistakes is None and status != 200:
        mistakes = chosen(form, me.reader, app.catalogue, app.source_titles).mistakes
    as_typed = chosen(form, me.reader, app.catalogue, app.source_titles).reader or me.reader
    slips = {field: slip(me.say, mistake) for field, mistake in (mistakes or {}).items()}
    return me.page(
        "preferences", status, form=form, slips=slips, open=opened(slips, form), found=found, saved=saved,
        dirty=not saved and me.here.request.method == "POST", when=when(me.say, me.reader, me.now), slip=slip,
        short=in_short(as_typed, app.topic_labels, app.source_titles, me.say), **_offered(me, form),
    )  # fmt: skip


def _offered(me: Me, form: Form) -> dict[str, Any]:
    searches = form.all("search")
    return {
        "tree": offered.topics(me),
        "weights": offered.WEIGHTS, "factors": offered.FACTORS,
        "searches": [*searches, *[""] * SPARE],
        "rows": {what: _rows(form, what) for what in ("source", "author")},
        "sources": offered.sources(me),
        "kinds": offered.kinds(me.say),
        "reads": offered.languages_read(me, form),
        "places": offered.places(me.say),
        "frequencies": often(me.say),
        "weekdays": weekdays(me.say),
        "hours": hours(),
        "times": offered.times(me.say, form.get("timezone")),
        "letter_languages": offered.letter_languages(me.parts, me.reader.language),
        "editions": offered.editions(me),
        "most": me.parts.app.edition(me.reader.edition).limits.items,
        "leave": me.leave_url,
    }  # fmt: skip


def _rows(form: Form, what: str) -> list[tuple[str, str, str]]:
    """(field, name, what it is) of each row, and some that are empty."""
    filled = [(row, name, form.get(f"{row}.is")) for row, name in rows(form, what)]
    numbers = [int(row.rpartition(".")[2]) for row, _, _ in filled]
    first = max(numbers, default=-1) + 1
    return [*filled, *((f"{what}.{first + n}", "", "follow") for n in range(SPARE))]


# Which fields stand in which group of the page.
_GROUPS = {
    "words": ("keywords", "search"), "names": ("source", "author"),
    "kinds": ("kinds", "reads", "reads_more", "country", "discovery"),
    "times": ("frequency", "weekday", "hour", "timezone", "max_items"),
    "language": ("language", "edition", "name"), "topics": ("topics",),
}  # fmt: skip


def opened(slips: Mapping[str, Slip], form: Form) -> frozenset[str]:
    """The groups of the page that stand open: those with a mistake, or else the first; and the one that was asked
    about."""
    wrong = {field.partition(".")[0] for field in slips}
    found = {group for group, fields in _GROUPS.items() if wrong & set(fields)}
    return frozenset(found | ({"words"} if form.get("do") == "try" else set()) or {"topics"})
