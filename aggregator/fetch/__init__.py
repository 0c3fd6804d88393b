"""Fetching: requests in, one answer each out, whatever the other side does. The only room that knows httpx.

    for answer in fetch([Request("a-blog", "https://example.org/feed")], Policy(user_agent("me@example.org"))):
        ...

What can go wrong, and who acts, is one table: `CODES`. What is promised to publishers is `Policy`. Why the
transport is as it is: docs/why/transport.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING

from aggregator.fetch.failures import CODES
from aggregator.fetch.policy import Policy, user_agent
from aggregator.model import Answer, Request

if TYPE_CHECKING:
    from aggregator.fetch.crossing import Crossing

__all__ = ["CODES", "Fetching", "Policy", "fetch", "user_agent"]

LOOK_AHEAD = 4096  # requests known at once: enough for hosts to take turns, little enough to be no memory


def fetch(
    requests: Iterable[Request], policy: Policy, lookup: Callable[[str], Sequence[str]] | None = None
) -> Iterator[Answer]:
    """Ask for every request; yield exactly one `Answer` each, in the order they come in (see `Fetching.ask`).

    Closing the iterator early ends all that is under way. `lookup` turns a host name into IP addresses (default:
    this machine's resolver); it is called in a thread and raises OSError for a name it doesn't know.
    """
    with Fetching(policy, lookup) as fetching:
        yield from fetching.ask(requests)


class Fetching:
    """Several rounds of requests under one policy: what hosts were promised (turns, spacing, pauses) holds from
    one round to the next, and so do connections. A context manager; nothing is opened before the first request."""

    def __init__(self, policy: Policy, lookup: Callable[[str], Sequence[str]] | None = None) -> None:
        self._policy, self._lookup = policy, lookup
        self._crossing: Crossing | None = None
        self._open = ExitStack()

    def __enter__(self) -> Fetching:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def ask(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """One `Answer` for each request, in the order they come in; to be taken to its end before the next round.

        Never raises for what a publisher or the network does: that is in the answer (`CODES`). `requests` is read
        in the caller's thread, some thousands ahead. The caller may be slow: then fewer are started, and none
        times out for it.
        """
        coming = iter(requests)
        batch = list(islice(coming, LOOK_AHEAD))
        outstanding = 0
        while batch or outstanding:
            crossing = self._crossing or self._cross()
            if batch:
                crossing.add(batch)
                outstanding += len(batch)
                batch = []
            yield crossing.take()
            outstanding -= 1
            if outstanding <= LOOK_AHEAD // 2:
                batch = list(islice(coming, LOOK_AHEAD // 2))

    def _cross(self) -> Crossing:
        # Imported here: a run with nothing due needs no event loop.
        from aggregator.fetch.crossing import Crossing

        self._crossing = self._open.enter_context(Crossing(self._policy, self._lookup))
        return self._crossing
