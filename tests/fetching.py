"""What the tests of fetching share: a policy that opens loopback, one request at a time, a resolver of our own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from aggregator.fetch import Policy, fetch
from aggregator.model import Answer, Request

OPEN = Policy(allow_private=("127.0.0.1",))
FEED = b"<rss><channel><title>News</title></channel></rss>"


def ask(url: str, policy: Policy = OPEN, lookup: Any = None, **request: Any) -> Answer:
    """The one answer to one request, which has a small budget unless it says otherwise."""
    answers = list(fetch([Request("k", url, **{"budget": 3.0, **request})], policy, lookup))
    assert [answer.key for answer in answers] == ["k"]
    return answers[0]


def outcome(answer: Answer) -> tuple[str, int | None, str | None]:
    return answer.outcome, answer.status, answer.error


def names(**addresses: str) -> Callable[[str], Sequence[str]]:
    """A resolver that knows these hosts under .example, and no others."""

    def lookup(host: str) -> Sequence[str]:
        try:
            return addresses[host.removesuffix(".example")].split()
        except KeyError:
            raise OSError(f"unknown: {host}") from None

    return lookup
