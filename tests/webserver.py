"""A small web server on loopback for tests, which can misbehave in any way that bytes on a socket can.

    with WebServer() as web:
        web.on("/feed", reply(200, b"<rss/>", ETag='"1"'))
        web.on("/mute", hang)
        ... web.url("/feed") ...
        assert web.paths == ["/feed"]

A handler is `async def handler(seen, out)`: it writes raw bytes to `out` (asyncio.StreamWriter) and returns; the
connection is kept for the next request unless the handler closed `out`. `seen` is what was asked. Requests are
recorded in order in `web.seen`; `web.wait_for(n)` waits until n of them have come.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

REASONS = {200: "OK", 301: "Moved Permanently", 304: "Not Modified", 404: "Not Found"}


@dataclass(frozen=True)
class Seen:
    """One request as it came: header names in lower case, `at` in seconds of the server's steady clock."""

    method: str
    path: str
    headers: dict[str, str]
    at: float
    body: bytes = b""


Handler = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]


def head(status: int, **headers: str | int) -> bytes:
    """A status line and headers; `Content_Type` stands for Content-Type."""
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Whatever')}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def reply(status: int, body: bytes = b"", **headers: str | int) -> Handler:
    """A handler that sends this whole answer, framed properly unless the headers say otherwise."""
    if status not in (204, 304) and "Transfer_Encoding" not in headers:
        headers.setdefault("Content_Length", len(body))
    return raw(head(status, **headers) + body, close=False)


def raw(data: bytes, *, close: bool = True) -> Handler:
    """A handler that sends exactly these bytes, and then closes the connection."""

    async def handler(seen: Seen, out: asyncio.StreamWriter) -> None:
        out.write(data)
        if close:
            out.close()

    return handler


def redirect(status: int, location: str) -> Handler:
    return reply(status, Location=location)


def conditional(body: bytes, etag: str) -> Handler:
    """A well-behaved feed: 304 to whoever holds this version."""

    async def handler(seen: Seen, out: asyncio.StreamWriter) -> None:
        fresh = seen.headers.get("if-none-match") == etag
        await (reply(304, ETag=etag) if fresh else reply(200, body, ETag=etag))(seen, out)

    return handler


async def hang(seen: Seen, out: asyncio.StreamWriter) -> None:
    """Takes the request and never answers."""
    await asyncio.Event().wait()


def together(number: int, then: Handler) -> Handler:
    """Answers only when `number` requests are inside at once; fewer wait until they are cut off."""
    inside = 0
    met = asyncio.Event()

    async def handler(seen: Seen, out: asyncio.StreamWriter) -> None:
        nonlocal inside
        inside += 1
        if inside >= number:
            met.set()
        await met.wait()
        await then(seen, out)

    return handler


@dataclass
class WebServer:
    """Serves in a thread between `__enter__` and `__exit__`. `address` must be loopback."""

    address: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    port: int = 0
    seen: list[Seen] = field(default_factory=list, repr=False)
    connections: int = 0
    cut_off: int = 0  # handlers whose client went away before they were done
    inside: int = 0
    most_inside: int = 0

    def __post_init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        self._news = threading.Condition()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="test-web", daemon=True)

    def on(self, path: str, handler: Handler) -> str:
        """Answer this path so; `*` is for all others. Returns the path's address."""
        self._handlers[path] = handler
        return self.url(path)

    def url(self, path: str, host: str | None = None) -> str:
        return f"{'https' if self.tls else 'http'}://{host or self.address}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]

    def wait_for(self, requests: int, timeout: float = 5.0) -> bool:
        """Wait until so many requests have come in all; False if they don't come."""
        return self.wait_until(lambda: len(self.seen) >= requests, timeout)

    def wait_until(self, true: Callable[[], bool], timeout: float = 5.0) -> bool:
        with self._news:
            return self._news.wait_for(true, timeout)

    def __enter__(self) -> WebServer:
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accept, self.address, self.port, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.ensure_future(self._talk(reader, out))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        try:
            while not out.is_closing():
                start = await reader.readexactly(1)
                if start == b"\x16":  # a TLS greeting at a plain port
                    out.write(head(400))
                    return
                lines = (start + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                length = next((line[15:] for line in lines if line.lower().startswith("content-length:")), "0")
                body = await reader.readexactly(int(length))
                await self._one(self._record(lines, body), reader, out)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            out.close()

    def _record(self, lines: list[str], body: bytes) -> Seen:
        method, path, _ = lines[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:-2])}
        seen = Seen(method, path, headers, self._loop.time(), body)
        self.seen.append(seen)
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self._tell()
        return seen

    async def _one(self, seen: Seen, reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        """Let the handler answer, but no longer than the client stays."""
        handler = self._handlers.get(seen.path) or self._handlers.get("*") or reply(404, b"nothing here")
        work = asyncio.ensure_future(handler(seen, out))
        gone = asyncio.ensure_future(_closed(reader))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self.cut_off += 1
                out.close()
        finally:
            self.inside -= 1
            for task in (work, gone):
                task.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)
            self._tell()

    def _tell(self) -> None:
        with self._news:
            self._news.notify_all()


async def _closed(reader: asyncio.StreamReader) -> None:
    """Returns when the other side has gone. Nothing is read: the next request stays where it is."""
    while not reader.at_eof() and reader.exception() is None:
        await asyncio.sleep(0.005)
