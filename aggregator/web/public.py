"""What is the same for everybody: style, the dates of an item, and whether the service is up."""

from __future__ import annotations

import re

from starlette.responses import Response
from starlette.routing import Route

from aggregator.occasions.ical import MEDIA_TYPE, calendar, is_dated
from aggregator.web.forms import Form
from aggregator.web.pages import DAY
from aggregator.web.parts import Here, Parts, anybody

ITEM_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")  # anything else needn't trouble the database


def routes(parts: Parts) -> list[Route]:
    return [
        anybody(parts, "/health", _health),
        anybody(parts, "/static/{name}", _static),
        anybody(parts, "/favicon.ico", _icon),
        anybody(parts, "/dates/{item}.ics", _dates),
    ]


def _health(here: Here, _: Form) -> Response:
    return here.parts.pages.text("ok\n")


def _static(here: Here, _: Form) -> Response:
    """Style and script: their address changes with their content, so they may be kept."""
    found = here.parts.pages.static(here.path("name"))
    if found is None:
        return here.nothing()
    return here.parts.pages.public(here.request, *found, fresh=365 * DAY if here.query.get("v") else 300)


def _icon(here: Here, _: Form) -> Response:
    """For pages that can't name it: those that stand alone, files, and what browsers ask of their own accord."""
    found = here.parts.pages.static("icon.svg")
    return here.parts.pages.public(here.request, *found, fresh=DAY) if found else here.nothing()


def _dates(here: Here, _: Form) -> Response:
    """The dates of one item as a calendar. The address is the same for all readers, so it tells nothing."""
    name = here.path("item")
    item = here.store.items.get([name]).get(name) if ITEM_ID.fullmatch(name) else None
    if item is None or not is_dated(item):
        return here.nothing()
    written = calendar([item], here.now, item.title).encode("utf-8", "replace")
    return here.parts.pages.file(here.request, written, MEDIA_TYPE, f"{name}.ics")
