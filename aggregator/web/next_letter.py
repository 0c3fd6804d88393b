"""The letter that a reader would get now: as a list, by what is saved or by what was just typed; and in full."""

from __future__ import annotations

from typing import Any

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from aggregator.compose import opened
from aggregator.compose.zones import zone_named
from aggregator.model import Draft, Subscriber
from aggregator.publish import preview
from aggregator.web.choices import WHOLE, chosen
from aggregator.web.forms import Form
from aggregator.web.pages import PRIVATE
from aggregator.web.parts import Me, Parts, mine
from aggregator.web.preferences import shown
from aggregator.web.seen import parts_of
from aggregator.web.settings import when

MOST, SECONDS = 60, 300  # looks of one reader at what a letter would be: each reads all that is new

# The letter brings its own styles, in attributes too. It may do nothing else: no script, no form, no other host.
_LETTER = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "sandbox"
)


def routes(parts: Parts) -> list[Route]:
    return [
        mine(parts, "/preview", _page, "GET", "POST"),
        mine(parts, "/preview/list", _list, "POST"),
        mine(parts, "/preview/letter", _letter),
    ]


def _page(me: Me, form: Form) -> Response:
    """What the next letter would hold. A POST asks with the form as it was typed, and saves nothing."""
    if busy := too_often(me):
        return busy
    typed = form if WHOLE in form else None
    reader = _reader(me, typed)
    if reader is None:
        return shown(me, form, status=422)
    draft = preview(me.parts.app, reader, me.now)
    return me.page(
        "preview",
        typed=typed,
        when=when(me.say, reader, me.now),
        waiting=len(draft.selection.held_back),
        **_listed(me, draft),
    )


def _list(me: Me, form: Form) -> Response:
    """The same as a piece of a page, for the script of the page of choices."""
    if busy := too_often(me):
        return busy
    reader = _reader(me, form) if WHOLE in form else None
    if reader is None:
        return me.page("preview_list", sections=None, count=0, since="")
    return me.page("preview_list", **_listed(me, preview(me.parts.app, reader, me.now)))


def _letter(me: Me, _: Form) -> Response:
    """The letter itself, by what is saved."""
    if busy := too_often(me):
        return busy
    draft = preview(me.parts.app, me.reader, me.now)
    if not draft.selection.picks:
        when_due = when(me.say, me.reader, me.now)
        return me.page("preview", typed=None, when=when_due, waiting=0, **_listed(me, draft))
    letter = opened(me.parts.app.composer.compose(draft).content)
    headers = me.parts.pages.headers | PRIVATE | {"Content-Security-Policy": _LETTER}
    return HTMLResponse(letter.html or "", 200, headers)


def too_often(me: Me) -> Response | None:
    return me.here.too_often("preview", MOST, SECONDS, who=me.reader.id)


def _reader(me: Me, form: Form | None) -> Subscriber | None:
    if form is None:
        return me.reader
    app = me.parts.app
    return chosen(form, me.reader, app.catalogue, app.source_titles).reader


def _listed(me: Me, draft: Draft) -> dict[str, Any]:
    """What the list of a letter is shown from. `since`: the day from which on the preview looks."""
    first = draft.due.since.astimezone(zone_named(me.reader.schedule.timezone)).date()
    return {
        "sections": list(parts_of(me, draft)),
        "count": len(draft.selection.picks),
        "since": me.say.say.day(first),
    }
