"""Clients of httpx and aiohttp, behind the guard; and what goes wrong in them, turned into our codes."""

from __future__ import annotations

import asyncio
import errno
import functools
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult

from aggregator.errors import SourceError
from aggregator.fetch.decode import OFFERED
from aggregator.fetch.failures import failure
from aggregator.fetch.guard import Guard, Target
from aggregator.fetch.policy import Policy
from aggregator.fetch.reach import ACCEPT, KEEP_ALIVE, LOOKUPS, Lookup, system_lookup, tls
from aggregator.fetch.transport import Transport

LONGEST_LINE = 32 << 10  # of a header; some publishers' security policies exceed the usual 8 KiB

# What httpx, aiohttp and the sockets below raise for what the other side does.
TROUBLE = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError)


class PrivateAddress(OSError):
    """A connection to an address that the guard does not admit was about to be made."""


@dataclass(frozen=True, slots=True)
class Clients:
    """One client for the open internet, behind the guard, and one for hosts that `allow_private` names."""

    guarded: httpx.AsyncClient
    opened: httpx.AsyncClient

    def serving(self, target: Target) -> httpx.AsyncClient:
        return self.opened if target.opened else self.guarded


@asynccontextmanager
async def open_clients(policy: Policy, guard: Guard, lookup: Lookup | None = None) -> AsyncIterator[Clients]:
    """Clients that share one TLS context, know no cookies and no proxies, and follow no redirects."""
    resolver = _Resolver(lookup or system_lookup)
    try:
        async with (
            _client(policy, resolver, functools.partial(_guarded_socket, guard)) as guarded,
            _client(policy, resolver, None) as opened,
        ):
            yield Clients(guarded, opened)
    finally:
        await resolver.close()


def _client(
    policy: Policy, resolver: AbstractResolver, sockets: Callable[[aiohttp.AddrInfoType], socket.socket] | None
) -> httpx.AsyncClient:
    connector = aiohttp.TCPConnector(
        ssl=tls(),
        resolver=resolver,
        limit=0,
        keepalive_timeout=KEEP_ALIVE,
        ttl_dns_cache=60,
        socket_factory=sockets,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        trust_env=False,
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
    )
    return httpx.AsyncClient(
        transport=Transport(session),
        headers={"User-Agent": policy.user_agent, "Accept": ACCEPT, "Accept-Encoding": OFFERED},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        trust_env=False,
        follow_redirects=False,
        timeout=None,  # noqa: S113  the whole visit has its budget
    )


def _guarded_socket(guard: Guard, info: aiohttp.AddrInfoType) -> socket.socket:
    """The socket for one address that is about to be connected to; this address, not a name, is judged."""
    family, kind, protocol, _, address = info
    if not guard.admits(str(address[0])):
        raise PrivateAddress(errno.EACCES, "private address")
    return socket.socket(family, kind, protocol)


class _Resolver(AbstractResolver):
    """Names are looked up in threads of our own, so that one that hangs can't hold up the end of a run."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(LOOKUPS, "aggregator-lookup")

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  both families are always tried
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        addresses = await loop.run_in_executor(self._threads, self._lookup, host)
        if not addresses:
            raise OSError("the name has no address")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def explain(error: Exception) -> SourceError:
    """Our error for one of TROUBLE."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return failure("dns", error.host)
        case aiohttp.ClientConnectorCertificateError():
            return failure("tls", getattr(error.certificate_error, "verify_message", ""))
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return failure("tls", getattr(error, "reason", None) or "")
        case aiohttp.ClientConnectorError(os_error=PrivateAddress()):
            return failure("private-address", error.host)
        case aiohttp.ClientPayloadError():
            return _explain_payload(error)
        case aiohttp.ClientResponseError():
            return failure("protocol")
        case OSError() | aiohttp.ClientConnectionError():
            return _explain_socket(error)
        case _:
            return failure("bad-address" if isinstance(error, ValueError | httpx.InvalidURL) else "protocol")


def _explain_payload(error: aiohttp.ClientPayloadError) -> SourceError:
    below = error.__cause__
    if isinstance(below, OSError):
        return _explain_socket(below)
    if "ConnectionResetError" in str(error):  # aiohttp keeps the socket's error in its text only
        return failure("connection", "ECONNRESET")
    # "Not enough data": the connection was closed before the length, or the last chunk, that was promised.
    return failure("truncated" if "Not enough data" in str(below) else "protocol")


def _explain_socket(error: BaseException) -> SourceError:
    number = getattr(error, "errno", None)
    if number in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
        return failure("resources")
    if isinstance(error, TimeoutError) or number == errno.ETIMEDOUT:
        return failure("timeout")
    return failure("connection", errno.errorcode.get(number, "") if number else "")
