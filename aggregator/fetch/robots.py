"""robots.txt (RFC 9309): which addresses a host lets programs read, and how far apart. Pure.

Asked for before pages that are made for people; feeds, calendars and interfaces are made for programs.
docs/why/transport.md says what counts as what.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from aggregator.errors import SourceError
from aggregator.fetch.failures import failure, place
from aggregator.model import Answer, Request

if TYPE_CHECKING:
    from protego import Protego

    from aggregator.fetch.guard import Target
    from aggregator.fetch.visit import Visit

TOKEN = "aggregator"  # how we are called in a robots.txt  # noqa: S105 (no secret)
LARGEST = 500 << 10  # bytes that are read (RFC 9309, 2.5); what follows is left out
LONGEST_DELAY = 10.0  # seconds: a longer Crawl-delay would let one host hold up everybody's letters

Origin = tuple[str, str, int]

# What is the matter with the host itself, not with its robots.txt: said as it is.
_OF_THE_HOST = frozenset({"dns", "connection", "tls", "private-address", "forbidden-port"})
# A robots.txt that can't be had although its server answers is none (RFC 9309, 2.3.1.2 and 2.3.1.3).
_NONE = frozenset({"gone", "empty", "too-many-redirects", "redirect-loop"})
_AGENT = re.compile(r"\s*user(?:\s+|-)?agent(?=[\s:])\s*:?\s*([^#]*)", re.I)


@dataclass(frozen=True, slots=True)
class Rules:
    """What one host says to us. `trouble`: why that could not be learnt, and so nothing may be asked for now."""

    said: Protego | None = None
    trouble: SourceError | None = None
    retry_after: timedelta | None = None

    def refusal(self, url: str) -> SourceError | None:
        """Why this address may not be asked; None if it may."""
        try:
            if self.trouble is not None or self.said is None or self.said.can_fetch(url, TOKEN):
                return self.trouble
        except ValueError:  # half a character: what can't be written can't be asked for either
            return failure("bad-address", place(url))
        return failure("robots-disallowed", place(urljoin(url, "/robots.txt")))

    @property
    def delay(self) -> float:
        """Seconds between two requests that the host asks for, within bounds; 0 where it asks for none."""
        asked = self.said.crawl_delay(TOKEN) if self.said is not None else None
        return min(asked or 0.0, LONGEST_DELAY)


def rules_from(answer: Answer) -> Rules:
    """The rules in the answer to a request for robots.txt: none there, none apply; not to be had now (5xx, 429,
    no connection), nothing may be asked now."""
    if answer.outcome == "body":
        return Rules(_parsed(answer.body))
    code = answer.error or answer.outcome
    refused = answer.status is not None and 400 <= answer.status < 500 and answer.status != 429
    if code in _NONE or refused:
        return Rules()
    if code in _OF_THE_HOST:
        return Rules(trouble=SourceError(code, answer.detail))
    return Rules(trouble=failure("robots-unreachable", answer.detail), retry_after=answer.retry_after)


def _parsed(body: bytes) -> Protego:
    from protego import Protego

    text = body[:LARGEST].decode("utf-8-sig", "replace")
    return Protego.parse("\n".join(_for_us(line) for line in text.splitlines()))


def _for_us(line: str) -> str:
    """A line; one that names other programs names but one, for thousands of them would cost minutes to sort."""
    named = _AGENT.match(line)
    name = named[1].strip().strip("*").lower() if named else ""
    return "User-agent: somebody-else" if name and name not in TOKEN else line


@dataclass(slots=True)
class Gate:
    """Whether visits may go on, host by host, for one run: the rules that were learnt, and who waits for them."""

    _rules: dict[Origin, Rules] = field(default_factory=dict)
    _waiting: dict[Origin, list[Visit]] = field(default_factory=dict)

    def rules(self, visit: Visit) -> Rules | None:
        """What holds for a visit where it stands; None if that must be asked for first."""
        return self._rules.get(visit.target.origin) if visit.request.robots else Rules()

    def wait(self, visit: Visit) -> Request | None:
        """Let a visit wait for its host's rules. Returns the request to make, for the first that waits."""
        waiting = self._waiting.setdefault(visit.target.origin, [])
        waiting.append(visit)
        return Request("robots.txt", _address(visit.target)) if len(waiting) == 1 else None

    def learn(self, origin: Origin, answer: Answer) -> list[Visit]:
        """Take what came of the request; the visits that waited for it are handed back."""
        if answer.outcome != "postponed":
            self._rules[origin] = rules_from(answer)
        return self._waiting.pop(origin, [])


def _address(target: Target) -> str:
    return urljoin(target.url, "/robots.txt")
