"""Pages as responses: templates, and the headers that each answer carries whatever its status."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, PlainTextResponse, Response

_STYLE = "web/style.css"


class Pages:
    """Renders `web/*.html` from the first of the folders that has it; a missing value is an error, not a gap."""

    def __init__(self, folders: Sequence[Path], shown: dict[str, Any]) -> None:
        self._templates = Environment(
            loader=FileSystemLoader([str(folder) for folder in folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        style = self._templates.get_template(_STYLE).render()
        self._templates.globals.update(shown, style=Markup(style))  # noqa: S704 (our own file)
        self._headers = _headers(style)

    def page(self, name: str, status: int = 200, **values: Any) -> Response:
        """A page of its own, with nothing to load besides."""
        html = self._templates.get_template(f"web/{name}.html").render(**values)
        return HTMLResponse(html, status, self._headers)

    def text(self, content: str) -> Response:
        return PlainTextResponse(content, 200, self._headers)

    def file(self, content: bytes, media_type: str, name: str) -> Response:
        """Something to keep: it may be held for an hour, and asked for again by its ETag."""
        etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
        kept = {"Cache-Control": "public, max-age=3600", "ETag": etag}
        said = {"Content-Type": media_type, "Content-Disposition": f'inline; filename="{name}"'}
        return Response(content, 200, self._headers | kept | said)


def _headers(style: str) -> dict[str, str]:
    """No script, no frame, no other host, nothing kept, and no address passed on: the address is the key."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
    }
