"""The domains that letters go to: how many each gets in a minute, and which are left alone for a while.

A relay may take everything and still be throttled by one large receiver behind it, so ceilings and back-off are
kept for each domain and the others go on. Times are seconds since the epoch, handed in.
"""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MINUTE = 60.0
PATIENCE = 5  # letters refused for now, one after the other, until a domain gets a rest
FIRST_REST, LONGEST_REST = 600.0, 6 * 3600.0
# Greylisting refuses each letter's first try on purpose: the letter's own back-off is enough.
_GREY = re.compile(r"gr[ae]y.?list", re.IGNORECASE)


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


@dataclass(slots=True)
class Receivers:
    """At most `per_minute` letters to one domain in any 60 seconds (0: no ceiling), and domains at rest.

    `resting` is what an earlier run learnt, as `remembered` gave it: domain -> (until when, how often in a row).
    """

    per_minute: int = 0
    resting: dict[str, tuple[float, int]] = field(default_factory=dict)
    jitter: Callable[[float, float], float] = random.uniform
    _turns: dict[str, deque[float]] = field(default_factory=dict)
    _refused: dict[str, int] = field(default_factory=dict)

    def full(self, now: float) -> dict[str, float]:
        """Domains that have had their share of this minute -> when each gets its next letter."""
        return {
            domain: turns[0] + MINUTE
            for domain, turns in self._turns.items()
            if len(turns) == self.per_minute and turns[0] + MINUTE > now
        }

    def at_rest(self, now: float) -> list[str]:
        """Domains that refused too much lately."""
        return [domain for domain, (until, _) in self.resting.items() if until > now]

    def in_trouble(self, domain: str) -> bool:
        """Whether the last letter to this domain was refused for now."""
        return self._refused.get(domain, 0) > 0

    def took(self, domain: str, now: float) -> None:
        """A letter to this domain is on its way."""
        if self.per_minute:
            self._turns.setdefault(domain, deque(maxlen=self.per_minute)).append(now)

    def heard(self, domain: str, state: str, reason: str, now: float) -> None:
        """What became of it. Five refusals for now in a row earn a rest: ten minutes, twice as long each time."""
        if state == "sent":
            self._refused.pop(domain, None)
            self.resting.pop(domain, None)
        elif state == "deferred" and not _GREY.search(reason):
            self._refused[domain] = self._refused.get(domain, 0) + 1
            if self._refused[domain] >= PATIENCE:
                _, times = self.resting.get(domain, (0.0, 0))
                rest = min(FIRST_REST * 2 ** min(times, 10), LONGEST_REST) * self.jitter(0.8, 1.2)
                self.resting[domain] = (now + rest, times + 1)
                self._refused[domain] = 0

    def remembered(self, now: float) -> Mapping[str, tuple[float, int]]:
        """What the next run should know: a rest that ended a day ago is forgotten."""
        return {domain: rest for domain, rest in self.resting.items() if rest[0] > now - 86400}
