"""Fetching: requests in, one answer each out, whatever the other side does. The only room that knows httpx.

    for answer in fetch([Request("a-blog", "https://example.org/feed")], Policy(user_agent("me@example.org"))):
        ...

What can go wrong, and who acts, is one table: `CODES`. What is promised to publishers is `Policy`. Why the
transport is as it is: docs/why/transport.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from aggregator.fetch.failures import CODES
from aggregator.fetch.policy import Policy, user_agent
from aggregator.model import Answer, Request

__all__ = ["CODES", "Policy", "fetch", "user_agent"]

LOOK_AHEAD = 4096  # requests known at once: enough for hosts to take turns, little enough to be no memory


def fetch(
    requests: Iterable[Request], policy: Policy, lookup: Callable[[str], Sequence[str]] | None = None
) -> Iterator[Answer]:
    """Ask for every request; yield exactly one `Answer` each, in the order they come in.

    Never raises for what a publisher or the network does: that is in the answer (`CODES`). `requests` is read in
    the caller's thread, some thousands ahead. The caller may be slow: then fewer are started, and none times out
    for it. Closing the iterator early ends all that is under way. `lookup` turns a host name into IP addresses
    (default: this machine's resolver); it is called in a thread and raises OSError for a name it doesn't know.
    """
    coming = iter(requests)
    batch = list(islice(coming, LOOK_AHEAD))
    if not batch:
        return
    # Imported here: httpx and aiohttp cost 0.2 s, which a run with nothing due need not pay.
    from aggregator.fetch.crossing import Crossing

    with Crossing(policy, lookup) as crossing:
        outstanding = 0
        while batch or outstanding:
            if batch:
                crossing.add(batch)
                outstanding += len(batch)
                batch = []
            yield crossing.take()
            outstanding -= 1
            if outstanding <= LOOK_AHEAD // 2:
                batch = list(islice(coming, LOOK_AHEAD // 2))
