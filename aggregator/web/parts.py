"""What the pages are made from, and how a request meets the function that answers it.

A group of pages is a module with `routes(parts) -> list[Route]`. Its functions are plain: they get a `Here` (of
anybody) or a `Me` (whose key is in the address) and the form, run in a thread, and give a response.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.app import App
from aggregator.model import Edition, Subscriber
from aggregator.store import Store
from aggregator.tokens import BadToken, open_key
from aggregator.web.forms import BODY, Form, NotAForm, TooLarge, fields_of, form_of, is_ours
from aggregator.web.kept import Kept
from aggregator.web.limits import Limits, network_of
from aggregator.web.pages import Pages
from aggregator.web.words import Words, preferred


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything pages are made from, put together once."""

    app: App
    pages: Pages
    clock: Callable[[], datetime] = now
    limits: Limits = field(default_factory=Limits)
    kept: Kept = field(default_factory=Kept)
    errands: Callable[[], None] = lambda: None  # called when something was written that somebody waits for
    item_nav: tuple[tuple[str, str], ...] = ()  # what one can do with an item: (path below the key, label)

    @property
    def store(self) -> Store:
        return self.app.store

    @property
    def base_url(self) -> str:
        return self.app.settings.base_url

    @property
    def edition(self) -> Edition:
        """The one whose name the service goes by: the first."""
        return self.app.edition("")

    @property
    def title(self) -> str:
        """What the service calls itself."""
        return self.edition.title

    @property
    def publisher(self) -> str:
        """Who stands behind its feeds."""
        return self.app.sender.name or self.title

    def refuse(self, request: Request, reason: str, status: int) -> Response:
        """A page that says why nothing was done; `reason` is one that `web/wrong.html` knows."""
        return Here(self, request).page("wrong", status, reason=reason)


# What base.html knows of the reader and of the place of the page, where there is none.
_NOBODY: dict[str, Any] = {"my": "", "here": "", "me": None}


@dataclass(frozen=True, slots=True)
class Here:
    """A request for a page that anybody may see."""

    parts: Parts
    request: Request

    @property
    def query(self) -> Form:
        """What stands behind the question mark."""
        try:
            return fields_of(self.request.url.query)
        except NotAForm:
            return Form()

    @property
    def say(self) -> Words:
        """In the language asked for by `?lang=`, else by the browser."""
        pages = self.parts.pages
        asked = self.query.get("lang").lower().replace("-", "_")
        header = self.request.headers.get("accept-language", "")
        return pages.words(asked if asked in pages.languages else preferred(header, pages.languages))

    @property
    def now(self) -> datetime:
        return self.parts.clock()

    @property
    def store(self) -> Store:
        return self.parts.store

    def path(self, name: str) -> str:
        """A part of the path that the route names; '' where it can't be one of ours: a database sees no NUL."""
        text = str(self.request.path_params[name])
        return text if text.isascii() and text.isprintable() and len(text) <= 200 else ""

    def page(self, name: str, status: int = 200, **values: Any) -> Response:
        """A page that nobody keeps."""
        return self.parts.pages.page(name, self.say, status, **self._shown(values))

    def public(self, name: str, *, fresh: int = 300, **values: Any) -> Response:
        """A page that is the same for everybody who reads this language: kept `fresh` seconds."""
        html = self.parts.pages.html(name, self.say, **self._shown(values))
        return self.parts.pages.public(
            self.request, html.encode("utf-8", "replace"), "text/html; charset=utf-8", fresh=fresh
        )

    def nothing(self) -> Response:
        return self.page("wrong", 404, reason="no-page")

    def too_often(self, what: str, most: int, per: float, who: str = "") -> Response | None:
        """None while `who` (the client's network, if not said) has asked for `what` at most `most` times in `per`
        seconds; then the page that says to come back later (RFC 6585, 4)."""
        client = self.request.client
        wait = self.parts.limits.wait(what, who or network_of(client.host if client else None), most, per)
        if not wait:
            return None
        response = self.page("wrong", 429, reason="too-often")
        response.headers["Retry-After"] = str(max(1, round(wait)))
        return response

    def _shown(self, values: dict[str, Any]) -> dict[str, Any]:
        # What stays when the language is changed; but no address is carried along.
        stays = [(name, value) for name, value in self.query if name != "lang" and "//" not in value]
        return _NOBODY | {"here": self.request.url.path, "stays": stays} | values


@dataclass(frozen=True, slots=True)
class Me:
    """A request for a page of one reader, who holds the key in its address.

    `private`: the key was mailed on request and is young; it opens what a forwarded letter must not open."""

    here: Here
    reader: Subscriber
    key: str
    private: bool

    @property
    def say(self) -> Words:
        """In the reader's own language, unless `?lang=` asks for another."""
        asked = self.here.query.get("lang")
        return self.here.say if asked else self.here.parts.pages.words(self.reader.language)

    @property
    def parts(self) -> Parts:
        return self.here.parts

    @property
    def store(self) -> Store:
        return self.here.parts.store

    @property
    def now(self) -> datetime:
        return self.here.now

    def url(self, *path: str) -> str:
        """The address of another page of this reader, below the key: `me.url("items", item.id)`."""
        return "/".join((f"{self.parts.pages.root}/my", self.key, *(quote(part, safe="") for part in path)))

    @property
    def leave_url(self) -> str:
        """Where the reader leaves; nothing for who has left."""
        has_left = self.reader.status == "left" or not self.reader.token
        return "" if has_left else f"{self.parts.pages.root}/unsubscribe/{self.reader.token}"

    def page(self, name: str, status: int = 200, **values: Any) -> Response:
        shown = {"my": self.url(), "here": self.here.request.url.path, "me": self.reader}
        return self.parts.pages.page(name, self.say, status, **(shown | values))


Anybody = Callable[[Here, Form], Response]
Reader = Callable[[Me, Form], Response]


def anybody(parts: Parts, path: str, answer: Anybody, *methods: str, kept: float = 0) -> Route:
    """A page for anybody. `methods`: GET unless said otherwise; a form (POST) must come from our own pages.
    `kept`: for so many seconds one answer serves all who ask for the same in the same language."""

    async def made(request: Request) -> Response:
        return await run_in_threadpool(answer, Here(parts, request), Form())

    async def endpoint(request: Request) -> Response:
        if kept and request.method in ("GET", "HEAD"):
            key = (request.url.path, request.url.query, Here(parts, request).say.code)
            return await parts.kept.answer(key, request, made, kept)
        found = await _form(parts, request)
        if isinstance(found, Response):
            return found
        return await run_in_threadpool(answer, Here(parts, request), found)

    return Route(path, endpoint, methods=methods or ("GET",))


def mine(parts: Parts, path: str, answer: Reader, *methods: str, private: bool = False, most: int = BODY) -> Route:
    """A page of one reader, at `/my/{key}` and `path`. `private`: only with a key that was mailed on request;
    who comes with one of a letter is offered to have it mailed. `most`: octets of a form that it takes."""

    async def endpoint(request: Request) -> Response:
        found = await _form(parts, request, most)
        if isinstance(found, Response):
            return found
        return await run_in_threadpool(_answered, parts, request, answer, found, private)

    full = path if "{key}" in path else f"/my/{{key}}{path}"
    return Route(full, endpoint, methods=methods or ("GET",))


def _answered(parts: Parts, request: Request, answer: Reader, form: Form, private: bool) -> Response:
    me = reader_of(parts, request)
    if isinstance(me, Response):
        return me
    if private and not me.private:
        return me.page("fresh", 403, ask=me.url("fresh"), back=request.url.path)
    return answer(me, form)


def reader_of(parts: Parts, request: Request) -> Me | Response:
    """Whose key this is, or the page that says why it opens nothing."""
    here = Here(parts, request)
    try:
        opened = open_key(parts.app.signer, here.path("key"))
    except BadToken as bad:
        return expired(here) if bad.fault == "expired" else here.page("nobody", 404)
    reader = parts.store.subscribers.get(opened.subscriber_id)
    if reader is None or reader.links != opened.links:
        return here.page("nobody", 404)  # erased, or the reader has made all earlier links void
    return Me(here, reader, here.path("key"), opened.private)


def expired(here: Here) -> Response:
    """The page for a key that was genuine: it opens nothing, but a new one can be mailed to whom it belongs."""
    root, key = here.parts.pages.root, here.path("key")
    return here.page("expired", 410, ask=f"{root}/my/{key}/fresh", back=here.request.url.path)


async def _form(parts: Parts, request: Request, most: int = BODY) -> Form | Response:
    """The form of a POST, or the page that says why it isn't taken."""
    if request.method in ("GET", "HEAD"):
        return Form()
    if not is_ours(request, parts.base_url):
        return parts.refuse(request, "foreign", 403)
    try:
        return await form_of(request, most)
    except TooLarge:
        return parts.refuse(request, "too-large", 413)
    except NotAForm:
        return parts.refuse(request, "no-form", 415)
