"""A new link by mail, for one that has expired and for pages that a letter's link does not open."""

from __future__ import annotations

import re

from starlette.responses import Response
from starlette.routing import Route

from aggregator.model import Subscriber
from aggregator.tokens import BadToken, open_key
from aggregator.urgent import write_link
from aggregator.web.forms import Form
from aggregator.web.parts import Here, Parts, anybody

# What stands behind the key in the address of one of a reader's pages: never another host, never upwards.
_BELOW = re.compile(r"/my/[^/]+((?:/[0-9A-Za-z_-]{1,64}){0,4})")
_DAY = 86_400.0


def routes(parts: Parts) -> list[Route]:
    return [anybody(parts, "/my/{key}/fresh", _fresh, "POST")]


def _fresh(here: Here, form: Form) -> Response:
    """Mail whom the key belongs to a new one: also an expired key tells that, and it opens nothing."""
    signer = here.parts.app.signer
    try:
        opened = open_key(signer, here.path("key"), late=True)
        open_key(signer, here.path("key"))
        expired = False
    except BadToken as bad:
        if bad.fault != "expired":
            return here.page("nobody", 404)
        expired = True
    reader = here.store.subscribers.get(opened.subscriber_id)
    if reader is None or reader.links != opened.links:
        return here.page("nobody", 404)
    if reader.status == "suppressed":
        return _told(here, reader, "never", 409)
    if refused := here.too_often("fresh", 10, _DAY, reader.id):
        return refused
    # Who has an expired link of a letter gets such a link again; all others asked for what that doesn't open.
    private = opened.private or not expired
    done = write_link(here.parts.app, reader, here.now, _back(here, form), private=private)
    here.parts.errands()
    return _told(here, reader, "done" if done else "enough")


def _told(here: Here, reader: Subscriber, done: str, status: int = 200) -> Response:
    """In the reader's own language, as the page was that was asked from."""
    shown = {"my": "", "here": "", "me": None, "done": done}
    return here.parts.pages.page("mailed", here.parts.pages.words(reader.language), status, **shown)


def _back(here: Here, form: Form) -> str:
    """The page to come back to, below the key; what the letter leads to if none of ours is named."""
    found = _BELOW.fullmatch(form.get("back").removeprefix(here.parts.pages.root))
    return found[1] if found and found[1] else "/preferences"
