"""A publisher of feeds on loopback, for journeys: pages by path, validators, and a memory of what was asked. Whole
sites that make their answers themselves live under names of their own (`press.hosts`)."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape


@dataclass
class Page:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0  # seconds before it answers


@dataclass
class Asked:
    """One request; `form` is what a POST carried."""

    path: str
    headers: dict[str, str]
    method: str = "GET"
    form: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    @property
    def place(self) -> str:
        return urlsplit(self.path).path


Site = Callable[[Asked], Page]


class Press:
    """`press["/blog"] = Page(...)` publishes; `press.asked` remembers each request; `press.hosts["a.localhost"]` is
    a site that answers every request itself."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.hosts: dict[str, Site] = {}
        self.asked: list[Asked] = []
        self.url = ""

    def __setitem__(self, path: str, page: Page | bytes) -> None:
        self.pages[path] = page if isinstance(page, Page) else Page(page)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        headers = {k.lower(): v for k, v in handler.headers.items()}
        body = handler.rfile.read(int(headers.get("content-length", "0"))).decode()
        asked = Asked(handler.path, headers, handler.command, dict(parse_qsl(body)))
        self.asked.append(asked)
        site = self.hosts.get(headers.get("host", "").partition(":")[0])
        page = site(asked) if site else self.pages.get(handler.path, Page(b"no such page", 404))
        time.sleep(page.after)
        etag = '"' + hashlib.sha256(page.body).hexdigest()[:16] + '"'
        known = page.status == 200 and handler.headers.get("If-None-Match") == etag
        handler.send_response_only(304 if known else page.status)
        body = b"" if known else page.body
        validators = {"ETag": etag} if page.status == 200 else {}
        length = {} if known else {"Content-Length": str(len(body))}
        for name, value in {**validators, **length, **page.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)


class _Server(ThreadingHTTPServer):
    request_queue_size = (
        128  # many sites are visited at once, and a connection that is dropped comes a second later
    )


@contextmanager
def printing() -> Iterator[Press]:
    """A running press, stopped at the end."""
    press = Press()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            press.answer(self)

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    press.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield press
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def rss(title: str, items: Sequence[tuple[str, str, datetime | None]], *, language: str = "en") -> bytes:
    """An RSS 2.0 feed of (title, path, published) items; the title is said again in the description."""
    rows = "".join(
        f"<item><title>{escape(name)}</title><link>https://blog.example{path}</link>"
        f"<guid>https://blog.example{path}</guid>"
        + (f"<pubDate>{format_datetime(when)}</pubDate>" if when else "")
        + f"<description>{escape(name)}. What librarians can learn from it, told in a few words.</description></item>"
        for name, path, when in items
    )
    head = f"<title>{escape(title)}</title><link>https://blog.example/</link><language>{language}</language>"
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{head}{rows}</channel></rss>'.encode()
    )
