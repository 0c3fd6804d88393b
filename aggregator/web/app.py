"""The pages as an ASGI application: every group of pages, and what is answered when something is wrong.

No login, no cookie, no request to anybody else: the link is the key, and every page works without script.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from aggregator.app import App
from aggregator.errors import StoreError
from aggregator.web import (
    archive,
    fresh,
    holdings,
    home,
    items,
    leaving,
    living,
    log,
    marking,
    moving,
    my_feeds,
    next_letter,
    notices,
    overview,
    pausing,
    preferences,
    profile,
    public,
    signing_up,
)
from aggregator.web.errands import Errands
from aggregator.web.pages import Pages
from aggregator.web.parts import Here, Parts, now

# In the order in which their pages stand in the navigation. A group may have NAV (pages for everybody), MY_NAV (of
# a reader, below the key) and FOOTER: each a list of (path, label), the label marked with N_; and ITEM_NAV, what a
# reader can do with one item: the path, below the key, holds {item} for its id.
GROUPS = (
    home, living, items, overview, archive, signing_up, preferences, next_letter, profile, log, my_feeds, marking,
    pausing, holdings, moving, fresh, public, leaving, notices,
)  # fmt: skip


def create_app(
    app: App, clock: Callable[[], datetime] = now, errands: Callable[[], None] | None = None
) -> Starlette:
    """The pages over this App, which stays open as long as they are served; `clock` says when a thing is done.
    `errands` is called when something was written down that somebody waits for, and returns at once."""
    item_nav = tuple(entry for group in GROUPS for entry in getattr(group, "ITEM_NAV", ()))
    parts = Parts(app, _pages(app), clock, errands=errands or Errands(app, clock), item_nav=item_nav)
    wrong = Wrong(parts)
    site = Starlette(
        routes=[route for group in GROUPS for route in group.routes(parts)],
        exception_handlers={
            HTTPException: wrong.no_page,
            StoreError: wrong.not_now,
            ClientDisconnect: wrong.no_page,
            Exception: wrong.our_fault,
        },
    )
    site.router.redirect_slashes = False  # a one-click POST must never meet a redirect (RFC 8058, 3.1)
    return site


def _pages(app: App) -> Pages:
    contact = app.settings.contact
    shown = {
        "title": app.edition("").title,
        "contact": contact,
        "contact_url": contact_url(contact),
        "nav": [entry for group in GROUPS for entry in getattr(group, "NAV", ())],
        "my_nav": [entry for group in GROUPS for entry in getattr(group, "MY_NAV", ())],
        "footer": [entry for group in GROUPS for entry in getattr(group, "FOOTER", ())],
    }
    return Pages(app.template_folders, shown, app.settings.base_url)


class Wrong:
    """What is said when a request can't be answered as asked."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def no_page(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        reason = "method" if status == 405 else "no-page"
        response = Here(self._parts, request).page("wrong", status, reason=reason)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    async def not_now(self, request: Request, _error: Exception) -> Response:
        """The database can't be used: say so with a 503, on which mail clients and people try again."""
        response = Here(self._parts, request).page("wrong", 503, reason="not-now")
        response.headers["Retry-After"] = "60"
        return response

    async def our_fault(self, request: Request, _error: Exception) -> Response:
        return Here(self._parts, request).page("wrong", 500, reason="our-fault")


def contact_url(contact: str) -> str:
    """Where the contact leads: a mailto or web address, empty when it is neither."""
    if contact.lower().startswith(("https://", "http://", "mailto:")):
        return contact
    return f"mailto:{contact}" if "@" in contact else ""
