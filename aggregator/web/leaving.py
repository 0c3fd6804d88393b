"""Leaving the list: a GET asks, a POST does, once and for good (RFC 8058). Beside it, for people: letters less
often, a pause, and a way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.model import Subscriber
from aggregator.store import Ask
from aggregator.web.forms import Form, TooLarge, body_of
from aggregator.web.notices import wording
from aggregator.web.parts import Here, Parts, anybody

_LESS = ("fortnightly", "monthly")
_BREAK = timedelta(weeks=4)


def routes(parts: Parts) -> list[Route]:
    async def unsubscribe(request: Request) -> Response:
        here = Here(parts, request)
        if request.method != "POST":
            return await run_in_threadpool(_ask, here)
        # The body is read and not judged, nor is where it comes from. A POST to an unguessable address is a wish
        # to leave, in whatever form a mail client puts it.
        try:
            await body_of(request)
        except TooLarge:
            return here.page("wrong", 413, reason="too-large")
        return await run_in_threadpool(_leave, here)

    return [
        Route("/unsubscribe/{token}", unsubscribe, methods=["GET", "POST"]),
        anybody(parts, "/unsubscribe/{token}/less", _less, "POST"),
        anybody(parts, "/unsubscribe/{token}/back", _back, "POST"),
    ]


def _reader(here: Here) -> Subscriber | None:
    token = here.path("token")
    return here.store.subscribers.find_by_token(token) if token else None


def _ask(here: Here) -> Response:
    """A page with buttons. Changes nothing, whoever opens it: scanners follow links."""
    reader = _reader(here)
    if reader is None:
        return here.page("nobody", 404)
    if reader.status == "left":
        return here.page("left", already=True, back=_beside(here, "back"))
    often = [one for one in _LESS if _LESS.index(one) > _place(reader)] if reader.status == "active" else []
    return here.page("leave", less=_beside(here, "less"), often=often, may_pause=reader.status == "active")


def _place(reader: Subscriber) -> int:
    """How rare this reader's letters are among what may be chosen here."""
    return _LESS.index(reader.schedule.frequency) if reader.schedule.frequency in _LESS else -1


def _leave(here: Here) -> Response:
    """Done when it answers, and as often as it is asked."""
    token = here.path("token")
    outcome = here.store.subscribers.unsubscribe(token, here.now) if token else "unknown"
    if outcome == "unknown":
        return here.page("nobody", 404)
    # Of somebody who was erased nothing is held that a letter could go to.
    back = _beside(here, "back") if _reader(here) else ""
    return here.page("left", already=outcome == "already", back=back)


def _beside(here: Here, path: str) -> str:
    return f"{here.parts.pages.root}/unsubscribe/{here.path('token')}/{path}"


def _less(here: Here, form: Form) -> Response:
    """One step back: letters less often, or none for a while."""
    reader = _reader(here)
    if reader is None or reader.status != "active":
        return here.page("nobody", 404)
    wanted = form.get("often")
    if wanted == "pause":
        changed = replace(reader, paused_until=here.now + _BREAK)
    elif wanted in _LESS:
        changed = replace(reader, schedule=replace(reader.schedule, frequency=wanted))
    else:
        return here.page("leave", 422, less=_beside(here, "less"), often=list(_LESS), may_pause=True)
    if not here.store.subscribers.change(reader, changed, here.now):
        return here.page("nobody", 404)  # left in this very moment
    until = changed.paused_until if wanted == "pause" else None
    return here.page("less", often=wanted, until=here.say.say.day(until.date()) if until else "")


def _back(here: Here, _: Form) -> Response:
    """Asked for again: a letter asks back, and until that is confirmed nothing is sent."""
    reader = _reader(here)
    if reader is None:
        return here.page("nobody", 404)
    refused = here.too_often("back", 3, 86_400.0, reader.id)
    if refused is not None:
        return refused
    ask = Ask("join", reader.email, here.now, reader.language, "/unsubscribe", wording(here.parts, here.say), {})
    here.store.asked.write(ask)
    here.parts.errands()
    return here.page("asked", email="", what="back")
