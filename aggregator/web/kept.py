"""Answers that are the same for everybody, kept in memory for a moment, so that many readers at once cost one."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

MOST = 64 * 2**20  # octets of all bodies that are kept
_ONE = 4 * 2**20  # a body larger than this is not kept

Key = tuple[str, ...]
Made = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class _Held:
    response: Response
    until: float


@dataclass(slots=True)
class Kept:
    """Whole answers by what was asked for. While one is made anew, the former one is given to whoever else asks;
    where there is none, the others wait for it. Only for one event loop: it needs no lock."""

    clock: Callable[[], float] = time.monotonic
    _held: OrderedDict[Key, _Held] = field(default_factory=OrderedDict)
    _making: dict[Key, asyncio.Future[Response]] = field(default_factory=dict)
    _size: int = 0

    async def answer(self, key: Key, request: Request, make: Made, seconds: float) -> Response:
        """The answer to this GET or HEAD, at most `seconds` old, or 304 where the client has it already."""
        held = self._held.get(key)
        if held is not None and (self.clock() < held.until or key in self._making):
            self._held.move_to_end(key)
            return _for(request, held.response)
        if key in self._making:
            return _for(request, await asyncio.shield(self._making[key]))
        return _for(request, await self._made(key, request, make, seconds))

    async def _made(self, key: Key, request: Request, make: Made, seconds: float) -> Response:
        making: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._making[key] = making
        try:
            response = await make(_whole(request))
        except BaseException as error:
            making.set_exception(error)
            making.exception()  # seen: whoever waits gets it, and if nobody does, that is no warning
            raise
        else:
            making.set_result(response)
            self._keep(key, response, seconds)
            return response
        finally:
            del self._making[key]

    def _keep(self, key: Key, response: Response, seconds: float) -> None:
        size = len(response.body)
        if former := self._held.pop(key, None):
            self._size -= len(former.response.body)
        if response.status_code != 200 or "etag" not in response.headers or size > _ONE:
            return
        self._held[key] = _Held(response, self.clock() + seconds)
        self._size += size
        while self._size > MOST:
            _, oldest = self._held.popitem(last=False)
            self._size -= len(oldest.response.body)


def _whole(request: Request) -> Request:
    """The same request without a condition, so that what is kept has a body."""
    plain = [pair for pair in request.scope["headers"] if pair[0] != b"if-none-match"]
    return Request({**request.scope, "headers": plain}, request.receive)


def _for(request: Request, response: Response) -> Response:
    """The answer as this client needs it (RFC 9110, 13.1.2)."""
    if response.status_code != 200 or not is_held(request, response.headers.get("etag", "")):
        return response
    kept = {
        name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")
    }
    return Response(None, 304, kept)


def is_held(request: Request, etag: str) -> bool:
    """Whether the client holds these very bytes (RFC 9110, 13.1.2)."""
    held = request.headers.get("if-none-match", "")
    return bool(etag) and (
        held.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in held.split(",")]
    )
