"""httpx on aiohttp's connections: a sixth of the CPU time of httpx's own (docs/why/transport.md)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import httpx
from yarl import URL


class Transport(httpx.AsyncBaseTransport):
    """Sends each request as it is: the address byte by byte, no redirect followed, no content coding undone.

    Exceptions are aiohttp's own, which say more than httpx's. A body is sent whole.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._session.request(
            request.method,
            URL(str(request.url), encoded=True),  # else yarl writes %2C as a comma, and a signed address breaks
            headers=request.headers,
            data=request.content or None,
            allow_redirects=False,
        )
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Body(answer))

    async def aclose(self) -> None:
        await self._session.close()


class _Body(httpx.AsyncByteStream):
    """The body piece by piece, as it comes in."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        closed = self._watch()
        try:
            async for piece in self._answer.content.iter_any():
                yield piece
        finally:
            if closed is not None:  # the connection may serve a thousand answers yet: it must not hold on to this
                closed.remove_done_callback(self._end)

    def _watch(self) -> asyncio.Future[None] | None:
        """aiohttp forgets to tell the reader when what came last was not HTTP: the connection closes, and the
        reader would wait for ever. So the closing is watched."""
        connection = self._answer.connection
        if connection is None or connection.protocol is None:
            return None  # the whole body is here already
        closed = connection.protocol.closed
        if closed is None:
            self._end(None)
            return None
        closed.remove_done_callback(_look)
        closed.add_done_callback(_look)
        closed.add_done_callback(self._end)
        return closed

    def _end(self, _: asyncio.Future[None] | None) -> None:
        content = self._answer.content
        if not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError("the body is not proper HTTP"))

    async def aclose(self) -> None:
        self._answer.release()


def _look(closed: asyncio.Future[None]) -> None:
    """See how a connection ended, so that the loop does not complain that nobody did."""
    if not closed.cancelled():
        closed.exception()
