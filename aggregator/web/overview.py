"""A reader's first page: whether letters come, when the next one does and what it would hold, and the ways on."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from aggregator.compose.zones import zone_named
from aggregator.publish import preview
from aggregator.web.forms import Form
from aggregator.web.next_letter import too_often
from aggregator.web.parts import Me, Parts, mine
from aggregator.web.settings import status, when
from aggregator.web.words import N_

MY_NAV = [("", N_("Overview"))]
LETTERS = 8


def routes(parts: Parts) -> list[Route]:
    return [mine(parts, "", _overview)]


def _overview(me: Me, _: Form) -> Response:
    if busy := too_often(me):
        return busy
    reader, zone = me.reader, zone_named(me.reader.schedule.timezone)
    coming = preview(me.parts.app, reader, me.now) if reader.status == "active" else None
    kept = {issue.id for issue in me.store.issues.listed(reader.id, limit=LETTERS)}
    letters = [
        (
            me.say.say.day(one.made_at.astimezone(zone).date()),
            me.url("issues", one.digest_id) if one.digest_id in kept else "",
            one.subject,
            one.items,
        )
        for one in me.store.reached.letters(reader.id, LETTERS)
    ]
    return me.page(
        "overview",
        state=status(reader, me.say),
        when=when(me.say, reader, me.now),
        count=len(coming.selection.picks) if coming else 0,
        waiting=len(coming.selection.held_back) if coming else 0,
        letters=letters,
        leave=me.leave_url,
    )
