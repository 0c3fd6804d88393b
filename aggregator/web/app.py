"""The public pages: leaving, what a letter is chosen by, the dates of an item, and whether the service is up.

No cookie, no script, no login and no request to anybody else: the link is the key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.errors import StoreError
from aggregator.model import Item, Subscriber
from aggregator.occasions.ical import MEDIA_TYPE, calendar, is_dated
from aggregator.tokens import PREFERENCES, PREFERENCES_LAST, BadToken, Signer
from aggregator.web.pages import Pages
from aggregator.web.words import settings

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")  # an item's; anything else needn't trouble the database
_BODY = 64 * 1024  # octets; a one-click POST has 26


class People(Protocol):
    """The readers, as far as the pages need them. Called from several threads."""

    def find_by_token(self, token: str) -> Subscriber | None:
        """Who holds this unsubscribe token."""
        ...

    def unsubscribe(self, token: str, at: datetime) -> Literal["left", "already", "unknown"]:
        """End the letters of whoever holds the token, for good; says what really happened."""
        ...

    def get(self, subscriber_id: str) -> Subscriber | None: ...


class Dated(Protocol):
    """The items whose dates are served. Called from several threads."""

    def get(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """Items by id; unknown ids are left out."""
        ...


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages say of the service. `templates`: folders, an operator's own first, each with `web/` in it.
    `topics`: the labels of topic ids. `contact`: an address or URL for people, empty when there is none."""

    templates: tuple[Path, ...]
    title: str = "Library digest"
    contact: str = ""
    topics: Mapping[str, str] = field(default_factory=dict)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def create_app(
    people: People, signer: Signer, site: Site, clock: Callable[[], datetime] = now, items: Dated | None = None
) -> Starlette:
    """The pages as an ASGI application; `clock` says when somebody left, `items` are those with dates."""
    public = Public(people, signer, site, clock, items)
    app = Starlette(
        routes=[
            Route("/", public.home),
            Route("/health", public.health),
            Route("/unsubscribe/{token}", public.unsubscribe, methods=["GET", "POST"]),
            Route("/preferences/{signed}", public.preferences),
            Route("/dates/{item}.ics", public.dates),
        ],
        exception_handlers={
            HTTPException: public.no_page,
            StoreError: public.not_now,
            ClientDisconnect: public.no_page,
            Exception: public.our_fault,
        },
    )
    app.router.redirect_slashes = False  # a one-click POST must never meet a redirect (RFC 8058, 3.1)
    return app


class Public:
    """The pages. Whatever asks the store runs in a thread."""

    def __init__(
        self, people: People, signer: Signer, site: Site, clock: Callable[[], datetime], items: Dated | None
    ) -> None:
        self._people, self._signer, self._clock, self._items = people, signer, clock, items
        self._topics = site.topics
        self._pages = Pages(
            site.templates,
            {"title": site.title, "contact": site.contact, "contact_url": contact_url(site.contact)},
        )

    async def home(self, _: Request) -> Response:
        return self._pages.page("home")

    async def health(self, _: Request) -> Response:
        return self._pages.text("ok\n")

    async def unsubscribe(self, request: Request) -> Response:
        """A GET asks, a POST does."""
        if request.method == "POST":
            return await self._leave(request)
        return await run_in_threadpool(self._ask_to_leave, request)

    def _ask_to_leave(self, request: Request) -> Response:
        """A page with one button. Changes nothing, whoever opens it: scanners follow links."""
        token = _token(request)
        reader = self._people.find_by_token(token) if token else None
        if reader is None:
            return self._pages.page("nobody", 404)
        if reader.status == "left":
            return self._pages.page("left", already=True)
        return self._pages.page("leave")

    async def _leave(self, request: Request) -> Response:
        """One click (RFC 8058) and the page's own button alike: done when it answers, and as often as it is asked.

        The body is read and not judged. A POST to an unguessable address is a wish to leave, in whatever form a
        mail client puts it.
        """
        if not await _swallow(request):
            return self._pages.page("wrong", 413, reason="too-large")
        token = _token(request)
        outcome = await run_in_threadpool(self._people.unsubscribe, token, self._clock()) if token else "unknown"
        if outcome == "unknown":
            return self._pages.page("nobody", 404)
        return self._pages.page("left", already=outcome == "already")

    def preferences(self, request: Request) -> Response:
        """What one reader's letter is chosen by, to read."""
        try:
            subject = self._signer.verify(PREFERENCES, request.path_params["signed"], PREFERENCES_LAST)
        except BadToken as bad:
            return self._pages.page("expired", 410) if bad.fault == "expired" else self._pages.page("nobody", 404)
        reader = self._people.get(subject)
        if reader is None:
            return self._pages.page("nobody", 404)
        leave = f"../unsubscribe/{reader.token}" if reader.token and reader.status != "left" else ""
        return self._pages.page("preferences", rows=settings(reader, self._topics), leave=leave)

    def dates(self, request: Request) -> Response:
        """The dates of one item as a calendar. The address is the same for all readers, so it tells nothing."""
        name = str(request.path_params["item"])
        found = self._items.get([name]) if self._items and _ID.fullmatch(name) else {}
        item = found.get(name)
        if item is None or not is_dated(item):
            return self._pages.page("wrong", 404, reason="no-page")
        written = calendar([item], self._clock(), item.title).encode("utf-8", "replace")
        response = self._pages.file(written, MEDIA_TYPE, f"{name}.ics")
        return Response(None, 304, _kept(response)) if _is_held(request, response) else response

    async def no_page(self, _: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        response = self._pages.page("wrong", status, reason="method" if status == 405 else "no-page")
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    async def not_now(self, _request: Request, _error: Exception) -> Response:
        """The database can't be used: say so with a 503, on which mail clients and people try again."""
        response = self._pages.page("wrong", 503, reason="not-now")
        response.headers["Retry-After"] = "60"
        return response

    async def our_fault(self, _request: Request, _error: Exception) -> Response:
        return self._pages.page("wrong", 500, reason="our-fault")


def _is_held(request: Request, response: Response) -> bool:
    """Whether the client holds these very bytes (RFC 9110, 13.1.2)."""
    held = request.headers.get("if-none-match", "")
    return response.headers["etag"] in [tag.strip().removeprefix("W/") for tag in held.split(",")]


def _kept(response: Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name != "content-length"}


def _token(request: Request) -> str:
    """The token in the address, or nothing when it can't be one of ours: a database needn't see a NUL."""
    token = str(request.path_params["token"])
    return token if token.isascii() and token.isprintable() and len(token) <= 200 else ""


async def _swallow(request: Request) -> bool:
    """Read the body to its end; false when it is too large, and then no more of it is read."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _BODY:
            return False
    return True


def contact_url(contact: str) -> str:
    """Where the contact leads: a mailto or web address, empty when it is neither."""
    if contact.lower().startswith(("https://", "http://", "mailto:")):
        return contact
    return f"mailto:{contact}" if "@" in contact else ""
