"""Plain GET requests over HTTP/1.1 without a client in between: a fraction of its CPU (docs/why/transport.md).

Only what is beyond doubt is done here (RFC 9112). `Lean.get` gives None, and reading a body raises `Doubt`, where
anything is out of the ordinary: then the full client asks, as if nothing had been asked before. So whatever goes
wrong has one way to be told. What is connected to is an address that the guard has admitted, never a name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from aggregator.fetch.decode import OFFERED
from aggregator.fetch.guard import Guard, Target
from aggregator.fetch.policy import Policy
from aggregator.fetch.reach import ACCEPT, KEEP_ALIVE, LOOKUPS, Lookup, tls

LONGEST_HEAD = 32 << 10  # bytes
CONNECTING = 3.0  # seconds; then the full client tries all addresses of the host
_AHEAD = 1 << 20  # bytes of a body that wait to be taken; then no more are read
_PLAIN_URL = re.compile(r"https?://[^/?#]+((?:[A-Za-z0-9\-._~!$&()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)")
_STATUS = re.compile(rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: [\x20-\x7e]*)?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\t]*?)[ \t]*")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[\x20-\x7e\t]*)?")
_MANY = frozenset({"set-cookie", "link", "cache-control", "vary", "via", "server-timing", "alt-svc", "report-to"})
_Key = tuple[str, str, int]


class Doubt(Exception):
    """Not plain enough to be taken here."""


class Lean:
    """Connections of one run, kept alive between requests. Known to the guard as `Target`s."""

    def __init__(self, policy: Policy, guard: Guard, lookup: Lookup) -> None:
        self._guard, self._lookup = guard, lookup
        self._threads = ThreadPoolExecutor(LOOKUPS, "aggregator-lean-lookup")
        self._idle: dict[_Key, list[_Line]] = {}
        self._every: set[_Line] = set()
        self._said = (
            f"Accept: {ACCEPT}\r\nAccept-Encoding: {OFFERED}\r\n"
            f"Connection: keep-alive\r\nUser-Agent: {policy.user_agent}\r\n"
        )

    async def get(self, target: Target, headers: Mapping[str, str]) -> Response | None:
        """The answer to a GET, its body not read yet; to be closed. None for anything but a plain one."""
        plain = _PLAIN_URL.fullmatch(target.url)
        if plain is None or "/." in plain[1]:
            return None
        request = self._request(target, plain[1], headers)
        if request is None:
            return None
        line = None
        try:
            line = self._kept(target) or await self._connected(target)
            line.transport.write(request)
            return Response(self, target.origin, line, *_head(await line.until(b"\r\n\r\n", LONGEST_HEAD)))
        except (Doubt, OSError):
            if line is not None:
                line.close()
            return None
        except asyncio.CancelledError:
            if line is not None:
                line.close()
            raise

    def close(self) -> None:
        for line in list(self._every):
            line.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def keep(self, origin: _Key, line: _Line) -> None:
        """A connection whose answer was taken to its end."""
        line.idle_since = line.loop.time()
        self._idle.setdefault(origin, []).append(line)

    def _request(self, target: Target, path: str, headers: Mapping[str, str]) -> bytes | None:
        if {"accept", "user-agent", "connection"} & {name.lower() for name in headers}:
            return None
        host = target.url.split("/", 3)[2].partition("?")[0]
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        try:
            return f"GET {path or '/'} HTTP/1.1\r\nHost: {host}\r\n{self._said}{more}\r\n".encode("ascii")
        except UnicodeEncodeError:
            return None

    def _kept(self, target: Target) -> _Line | None:
        """A connection that is still good. One that was made where no address is judged serves that host alone,
        as its target does."""
        idle = self._idle.get(target.origin, [])
        while idle:
            line = idle.pop()
            if not line.ended and not line.buffer and line.loop.time() - line.idle_since < KEEP_ALIVE:
                return line
            line.close()
        return None

    async def _connected(self, target: Target) -> _Line:
        address = await self._address(target)
        loop = asyncio.get_running_loop()
        secure = target.scheme == "https"
        async with asyncio.timeout(CONNECTING):
            _, line = await loop.create_connection(
                lambda: _Line(loop, self._every),
                address,
                target.port,
                ssl=tls() if secure else None,
                server_hostname=target.host if secure else None,
            )
        return line

    async def _address(self, target: Target) -> str:
        """An address that may be connected to; Doubt where a single one of the host's may not."""
        try:
            found = [str(ipaddress.ip_address(target.host))]
        except ValueError:
            loop = asyncio.get_running_loop()
            found = list(await loop.run_in_executor(self._threads, self._lookup, target.host))
        if not found or not (target.opened or all(map(self._guard.admits, found))):
            raise Doubt
        return next((one for one in found if ":" not in one), found[0])


class _Line(asyncio.Protocol):
    """One connection: what has come in and was not taken yet."""

    def __init__(self, loop: asyncio.AbstractEventLoop, every: set[_Line]) -> None:
        self.loop, self.buffer = loop, bytearray()
        self.ended = self.broken = False
        self.idle_since = 0.0
        self._remembered = False
        self._every, self._waiter, self._paused = every, loop.create_future(), False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._every.add(self)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if len(self.buffer) > _AHEAD and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self.ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self.ended = True
        self.broken = self.broken or error is not None
        self._every.discard(self)
        self._wake()

    def close(self) -> None:
        self.ended = True
        self.transport.abort()

    def remember(self) -> None:
        """Let the next connection to this host take up the session of this one."""
        if not self._remembered and (talk := self.transport.get_extra_info("ssl_object")) is not None:
            tls().remember(talk)
        self._remembered = True

    def _wake(self) -> None:
        if not self._waiter.done():
            self._waiter.set_result(None)

    async def more(self) -> None:
        """Wait for something to come in. Doubt where nothing can."""
        if self.ended:
            raise Doubt
        if self._paused:
            self._paused = False
            self.transport.resume_reading()
        self._waiter = self.loop.create_future()
        await self._waiter

    async def until(self, mark: bytes, most: int) -> bytes:
        """What comes before the mark, which is taken as well."""
        start = 0
        while (end := self.buffer.find(mark, start)) < 0:
            if len(self.buffer) > most:
                raise Doubt
            start = max(0, len(self.buffer) - len(mark))
            await self.more()
        found = bytes(self.buffer[:end])
        del self.buffer[: end + len(mark)]
        return found

    def take(self, most: int) -> bytes:
        """What has come in, at most so many bytes."""
        found = bytes(self.buffer[:most])
        del self.buffer[:most]
        return found


def _head(head: bytes) -> tuple[int, dict[str, str]]:
    """Status and fields, by names in lower case. Doubt for what is not written as RFC 9112 has it."""
    first, *rest = head.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if status is None or len(head) > LONGEST_HEAD:
        raise Doubt
    fields: dict[str, str] = {}
    for one in rest:
        field = _FIELD.fullmatch(one)
        if field is None:
            raise Doubt
        name, value = field[1].decode("ascii").lower(), field[2].decode("ascii")
        if name in fields and name not in _MANY:
            raise Doubt
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return int(status[1]), fields


class Response:
    """What came back. Its body is read once, piece by piece, coded as it was sent."""

    def __init__(self, lean: Lean, origin: _Key, line: _Line, status: int, headers: Mapping[str, str]) -> None:
        self.status_code, self.headers = status, headers
        self._lean, self._origin, self._line = lean, origin, line
        self._kept = self._read = False
        coding, self._length = headers.get("transfer-encoding"), headers.get("content-length")
        self._chunked = coding is not None and coding.lower() == "chunked"
        odd = self._length is not None and not (self._length.isdigit() and len(self._length) < 16)
        if odd or (coding is not None and (not self._chunked or self._length is not None)):
            raise Doubt
        self._read = status in (204, 304)  # neither has a body
        if len(line.buffer) > (0 if self._read else int(self._length or 1 << 50)):
            raise Doubt

    async def aiter_raw(self) -> AsyncIterator[bytes]:
        if self._chunked:
            pieces = self._chunks()
        else:
            pieces = self._to_the_end() if self._length is None else self._counted(int(self._length))
        async for piece in pieces:
            yield piece
        if self._line.buffer:  # more than was promised
            raise Doubt
        self._read = True

    async def _counted(self, left: int) -> AsyncIterator[bytes]:
        while left:
            if not self._line.buffer:
                await self._line.more()
            piece = self._line.take(left)
            left -= len(piece)
            if piece:
                yield piece

    async def _chunks(self) -> AsyncIterator[bytes]:
        while True:
            size = _CHUNK.fullmatch(await self._line.until(b"\r\n", 1024))
            if size is None:
                raise Doubt
            if not int(size[1], 16):
                break
            async for piece in self._counted(int(size[1], 16)):
                yield piece
            if await self._line.until(b"\r\n", 2):
                raise Doubt
        if await self._line.until(b"\r\n", 1024):  # trailers
            raise Doubt

    async def _to_the_end(self) -> AsyncIterator[bytes]:
        while not self._line.ended or self._line.buffer:
            if self._line.buffer:
                yield self._line.take(1 << 18)
            elif not self._line.ended:
                await self._line.more()
        if self._line.broken:
            raise Doubt

    async def aclose(self) -> None:
        """Give the connection back, or end it where something may still be on its way."""
        if self._kept:
            return
        self._kept = True
        whole = self._read and (self._chunked or self._length is not None or self.status_code in (204, 304))
        lasting = "close" not in self.headers.get("connection", "").lower()
        if self._read:
            self._line.remember()
        if whole and lasting and not self._line.ended and not self._line.buffer:
            self._lean.keep(self._origin, self._line)
        else:
            self._line.close()
