"""Another address: asked for here, confirmed by the old one and the new one."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from aggregator import moving
from aggregator.store import Ask
from aggregator.tokens import BadToken
from aggregator.web.forms import Form, address_of
from aggregator.web.parts import Here, Me, Parts, anybody, mine

_DAY = 86_400.0


def routes(parts: Parts) -> list[Route]:
    return [
        mine(parts, "/address", _address, "GET", "POST", private=True),
        anybody(parts, "/move/{key}", _move, "GET", "POST"),
    ]


def _address(me: Me, form: Form) -> Response:
    waits = me.store.moves.of(me.reader.id)
    if me.here.request.method != "POST":
        return me.page("address", email="", wrong="", waits=waits.email if waits else "")
    email, wrong = address_of(form.get("email"), me.parts.app.catalogue)
    if not wrong and email.casefold() == me.reader.email.casefold():
        wrong = "same"
    if wrong:
        return me.page("address", 422, email=form.get("email"), wrong=wrong, waits=waits.email if waits else "")
    if refused := me.here.too_often("address", 5, _DAY, me.reader.id):
        return refused
    # Looked into later, as on the page to sign up: so it can't be told whether that address is known here.
    me.store.asked.write(Ask("move", email, me.now, me.say.code, "/address", "", {"reader": me.reader.id}))
    me.parts.errands()
    return me.page("address_asked", email=email)


def _move(here: Here, form: Form) -> Response:
    """A GET shows what is asked, a POST answers it, yes or no."""
    app, key = here.parts.app, here.path("key")
    try:
        found = moving.waiting(app, key)
    except BadToken as bad:
        return here.page("move_over", 410) if bad.fault == "expired" else here.page("nobody", 404)
    if found is None:
        return here.page("move_over", 410)
    _, move, side = found
    if here.request.method != "POST":
        given = (move.old_at if side == "old" else move.new_at) is not None
        return here.page("move", side=side, email=move.email, given=given)
    answer = form.get("answer")
    if answer not in ("yes", "no"):
        return here.page("move", 422, side=side, email=move.email, given=False)
    outcome = moving.decide(app, key, here.now, "yes" if answer == "yes" else "no", ("/move", here.say.code))
    here.parts.errands()
    status = {"taken": 409, "unknown": 410}.get(outcome, 200)
    return here.page("moved", status, outcome=outcome, side=side, email=move.email)
