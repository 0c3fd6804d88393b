"""Leaving the list: a GET asks, a POST does, once and for good (RFC 8058)."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.web.forms import TooLarge, body_of
from aggregator.web.parts import Here, Parts


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

    return [Route("/unsubscribe/{token}", unsubscribe, methods=["GET", "POST"])]


def _ask(here: Here) -> Response:
    """A page with one button. Changes nothing, whoever opens it: scanners follow links."""
    token = here.path("token")
    reader = here.store.subscribers.find_by_token(token) if token else None
    if reader is None:
        return here.page("nobody", 404)
    if reader.status == "left":
        return here.page("left", already=True)
    return here.page("leave")


def _leave(here: Here) -> Response:
    """Done when it answers, and as often as it is asked."""
    token = here.path("token")
    outcome = here.store.subscribers.unsubscribe(token, here.now) if token else "unknown"
    if outcome == "unknown":
        return here.page("nobody", 404)
    return here.page("left", already=outcome == "already")
