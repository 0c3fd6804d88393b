"""What one reader's letter is chosen by."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from aggregator.web.forms import Form
from aggregator.web.parts import Me, Parts, mine
from aggregator.web.settings import settings
from aggregator.web.words import N_

MY_NAV = [("/preferences", N_("What I get"))]


def routes(parts: Parts) -> list[Route]:
    # The first is the address in letters.
    return [mine(parts, "/preferences/{key}", _show), mine(parts, "/preferences", _show)]


def _show(me: Me, _: Form) -> Response:
    leave = (
        f"{me.parts.pages.root}/unsubscribe/{me.reader.token}"
        if me.reader.token and me.reader.status != "left"
        else ""
    )
    return me.page("preferences", rows=settings(me.reader, me.parts.app.topic_labels, me.say), leave=leave)
