"""A reader's own data: shown, given away as a file, erased; links made void; and whether figures may be kept."""

from __future__ import annotations

import json
from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from aggregator.held import counts, everything
from aggregator.store import Consent
from aggregator.store.consents import Act
from aggregator.urgent import write_link
from aggregator.web.forms import Form
from aggregator.web.notices import wording
from aggregator.web.parts import Me, Parts, mine
from aggregator.web.words import N_

MY_NAV = [("/data", N_("My data"))]
WHAT = {
    "digests": N_("Letters written to me"),
    "items": N_("Items that letters carried, or that wait for the next"),
    "issues": N_("Issues made of my letters, with the reasons"),
    "cpd": N_("Entries of my log of professional development"),
    "feed": N_("A secret address of my own feeds"),
    "feedback": N_("Marks: more or less like this"),
    "returns": N_("Reports that a letter came back"),
    "consents": N_("What I agreed to, and when"),
    "change_of_address": N_("A change of address that waits"),
}


def routes(parts: Parts) -> list[Route]:
    return [
        mine(parts, "/data", _data, private=True),
        mine(parts, "/data/download", _download, private=True),
        mine(parts, "/data/erase", _erase, "GET", "POST", private=True),
        mine(parts, "/data/links", _links, "GET", "POST", private=True),
        mine(parts, "/statistics", _statistics, "GET", "POST"),
    ]


def _data(me: Me, _: Form) -> Response:
    held = [(me.say.t(WHAT.get(name, name)), count) for name, count in counts(me.store, me.reader)]
    return me.page("data", held=held)


def _download(me: Me, _: Form) -> Response:
    """Everything as one file; a GET, since it changes nothing."""
    written = json.dumps(everything(me.store, me.reader), indent=2, ensure_ascii=False) + "\n"
    response = me.parts.pages.text(written)
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


def _erase(me: Me, form: Form) -> Response:
    if me.here.request.method != "POST":
        return me.page("erase", wrong=False)
    if form.get("sure") != "yes":
        return me.page("erase", 422, wrong=True)
    me.store.subscribers.erase(me.reader.id, me.now)
    return me.here.parts.pages.page("erased", me.say, my="", here=me.here.request.url.path, me=None)


def _links(me: Me, _: Form) -> Response:
    """All links that were sent so far are made void, and a new one is mailed."""
    if me.here.request.method != "POST":
        return me.page("links", done=False)
    after = replace(me.reader, links=me.reader.links + 1)
    me.store.subscribers.change(me.reader, after, me.now)
    write_link(me.parts.app, after, me.now, private=False)
    me.parts.errands()
    return me.here.parts.pages.page("links", me.say, done=True, my="", here=me.here.request.url.path, me=None)


def _statistics(me: Me, form: Form) -> Response:
    """Whether figures of what this reader opens may be kept. None are, unless the reader says so."""
    agreed, done = me.store.consents.holds(me.reader.id, "statistics"), False
    if me.here.request.method == "POST":
        wanted, done = form.get("agree") == "yes", True
        if wanted != agreed:
            me.store.consents.note(_statistics_act(me, wanted))
            agreed = wanted
    return me.page("statistics", agreed=agreed, done=done)


def _statistics_act(me: Me, wanted: bool) -> Consent:
    act: Act = "given" if wanted else "withdrawn"
    words = wording(me.parts, me.say)
    return Consent(me.reader.id, "statistics", act, me.now, "/statistics", words, me.say.code)
