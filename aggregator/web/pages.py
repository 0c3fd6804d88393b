"""Pages as responses: templates in the reader's language, and the headers that every answer carries."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from aggregator.web.kept import is_held
from aggregator.web.words import Words, languages, words

_STATIC = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
DAY = 86_400  # seconds

# No frame, no other host, and no address passed on: in a reader's page the address is the key. Scripts and styles
# come from our own files only, never from within a page. Data blocks (JSON-LD) are no scripts and run nowhere.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_SECURE = {"Strict-Transport-Security": f"max-age={365 * DAY}"}
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


def conditional(request: Request, content: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """An answer with an ETag of its content, without a body for who has that already (RFC 9110, 13.1.2)."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    headers = headers | {"ETag": etag}
    if is_held(request, etag):
        return Response(None, 304, headers)
    return Response(content, 200, headers, media_type)


class Pages:
    """Renders `web/*.html` from the first of the folders that has it; a missing value is an error, not a gap.

    `shown`: values that all templates know. `base_url`: where the pages are reached; what of its path stands
    before ours is `root`."""

    def __init__(self, folders: Sequence[Path], shown: dict[str, Any], base_url: str) -> None:
        self.folders = tuple(folders)
        self.languages = languages(folders)
        self.root = urlsplit(base_url).path.rstrip("/")
        self._shown = {"stays": ()} | shown | {"root": self.root, "base_url": base_url.rstrip("/")}
        self._environments: dict[str, Environment] = {}
        self._static: dict[str, tuple[bytes, str]] = {}
        self.headers = HEADERS | (_SECURE if base_url.startswith("https://") else {})

    def words(self, language: str) -> Words:
        return words(language, self.folders)

    def own_name(self, code: str) -> str:
        """What a language calls itself, with a capital letter because it stands alone."""
        name = self.words(code).say.language(code) or code
        return name[:1].upper() + name[1:]

    # --------------------------------------------------------------------------------------------------- answers
    def page(self, name: str, say: Words, status: int = 200, **values: Any) -> Response:
        """A page that nobody keeps: a reader's own, or one that says what has just happened."""
        return HTMLResponse(self.html(name, say, **values), status, self.headers | PRIVATE)

    def public(self, request: Request, content: bytes, media_type: str, *, fresh: int = 300) -> Response:
        """What is the same for everybody: it may be kept for `fresh` seconds, and asked for again by its ETag
        (RFC 9110, 13.1.2)."""
        kept = {"Cache-Control": f"public, max-age={fresh}", "Vary": "Accept-Language"}
        return conditional(request, content, media_type, self.headers | kept)

    def text(self, content: str) -> Response:
        return PlainTextResponse(content, 200, self.headers | PRIVATE)

    def see_other(self, path: str) -> Response:
        """On to another of our pages, to be fetched by GET (RFC 9110, 15.4.4)."""
        return RedirectResponse(path, 303, self.headers | PRIVATE)

    def file(self, request: Request, content: bytes, media_type: str, name: str) -> Response:
        """Something to keep, which a browser shows if it can: for an hour, and asked for again by its ETag."""
        response = self.public(request, content, media_type, fresh=3600)
        response.headers["Content-Disposition"] = f'inline; filename="{name}"'
        return response

    def html(self, name: str, say: Words, **values: Any) -> str:
        return self._environment(say).get_template(f"web/{name}.html").render(**values)

    # ---------------------------------------------------------------------------------------------------- static
    def static(self, name: str) -> tuple[bytes, str] | None:
        """A file of `web/static/` and its media type, or None. Read once."""
        if name not in self._static:
            if not _STATIC.fullmatch(name):
                return None
            paths = (folder / "web" / "static" / name for folder in self.folders)
            path = next((path for path in paths if path.is_file()), None)
            if path is None:
                return None
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            self._static[name] = path.read_bytes(), kind
        return self._static[name]

    def asset(self, name: str) -> str:
        """The address of a file of `web/static/`, which changes with its content."""
        found = self.static(name)
        if found is None:
            raise FileNotFoundError(f"web/static/{name}")
        return f"{self.root}/static/{name}?v={hashlib.sha256(found[0]).hexdigest()[:12]}"

    def _environment(self, say: Words) -> Environment:
        """Templates compiled for one language, which knows its words."""
        if say.code not in self._environments:
            environment = Environment(
                loader=FileSystemLoader([str(folder) for folder in self.folders]), autoescape=True,
                undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
            )  # fmt: skip
            environment.globals.update(
                self._shown, _=say.html, ngettext=say.html_n, say=say.say, words=say, asset=self.asset,
                languages=self.languages, own_name=self.own_name,
            )  # fmt: skip
            self._environments[say.code] = environment
        return self._environments[say.code]
