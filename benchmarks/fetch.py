"""What one conditional request costs in CPU time: fetch(), and httpx on its own transport and on ours.

    python benchmarks/fetch.py [requests] [rounds]

A server in a process of its own answers 304 at once on loopback; every way keeps 16 connections alive. CPU time of
the client only, all threads, in ms a request; the median of the rounds, ways in turn. Connecting is included.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection

import httpx

from aggregator.fetch import Policy, fetch
from aggregator.fetch.client import open_clients
from aggregator.fetch.guard import Guard
from aggregator.model import Request, Validators

AT_ONCE = 16
ETAG = '"v1"'
POLICY = Policy(allow_private=("127.0.0.1",), open_per_host=AT_ONCE)


class NotModified(asyncio.Protocol):
    """Answers everything with 304."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.out, self.waiting = transport, b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        requests = self.waiting.count(b"\r\n\r\n")
        self.waiting = self.waiting.rpartition(b"\r\n\r\n")[2]
        self.out.write(f"HTTP/1.1 304 Not Modified\r\nETag: {ETAG}\r\n\r\n".encode() * requests)  # type: ignore[attr-defined]


def serve(ready: Connection) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(NotModified, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def whole(urls: list[str]) -> int:
    requests = (Request(url, url, Validators(ETAG)) for url in urls)
    return sum(answer.outcome == "unchanged" for answer in fetch(requests, POLICY))


async def many(client: httpx.AsyncClient, urls: list[str]) -> int:
    coming = iter(urls)
    unchanged = 0

    async def worker() -> None:
        nonlocal unchanged
        for url in coming:
            response = await client.get(url, headers={"If-None-Match": ETAG})
            unchanged += response.status_code == 304

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return unchanged


@asynccontextmanager
async def own_transport() -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:
        yield client


@asynccontextmanager
async def our_transport() -> AsyncIterator[httpx.AsyncClient]:
    async with open_clients(POLICY, Guard(POLICY.allow_private)) as clients:
        yield clients.opened


def bare(opener: Callable[..., object]) -> Callable[[list[str]], int]:
    async def run(urls: list[str]) -> int:
        async with opener() as client:  # type: ignore[attr-defined]
            return await many(client, urls)

    return lambda urls: asyncio.run(run(urls))


WAYS = {
    "fetch()": whole,
    "httpx on our transport": bare(our_transport),
    "httpx on its own transport": bare(own_transport),
}


def main(requests: int = 1000, rounds: int = 5) -> None:
    ready, other = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(other,), daemon=True)
    server.start()
    port = ready.recv()
    urls = [f"http://127.0.0.1:{port}/feed/{n:06d}" for n in range(requests)]
    taken: dict[str, list[float]] = {name: [] for name in WAYS}
    for way in WAYS.values():
        way(urls[:50])  # imports and the TLS context are made once
    for _ in range(rounds):
        for name, way in WAYS.items():
            before = time.process_time()
            assert way(urls) == requests
            taken[name].append((time.process_time() - before) * 1000 / requests)
    for name, figures in taken.items():
        print(f"{name:28} {statistics.median(figures):.3f} ms CPU a request")
    server.terminate()


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
