"""The letters that wait to be handed over by this run: looked up in parts, held by nobody until claimed."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.deliver.receivers import Receivers, domain_of
from aggregator.store import Claimed, Store

AHEAD = 40  # letters looked up at once, beyond those that are asked for


@dataclass(slots=True)
class Waiting:
    """Gives out letters in turn, none of them to a domain that has had its share or is at rest, none twice.

    `now`: the moment of the run. `only`: ids of readers, where not all are meant; `urgent`: only what somebody
    waits for. For one thread at a time; times handed in are the real clock's."""

    store: Store
    receivers: Receivers
    now: datetime
    only: Sequence[str] = ()
    urgent: bool = False
    promised: set[str] = field(default_factory=set)  # letters that channels have announced
    _coming: deque[Claimed] = field(default_factory=deque)

    def look_up(self, at: datetime, wanted: int) -> None:
        """Have at least so many at hand, if so many wait."""
        if len(self._coming) >= wanted:
            return
        known = {*self.promised, *(one.letter.digest_id for one in self._coming)}
        avoid = self._avoided(at)
        limit = wanted + AHEAD - len(self._coming)
        found = self.store.digests.coming(at, limit, self.only, sorted(avoid), urgent=self.urgent, besides=known)
        self._coming.extend(found)

    def take(self, at: datetime) -> Claimed | None:
        """The next one, to be claimed."""
        avoid = self._avoided(at)
        while self._coming:
            one = self._coming.popleft()
            domain = domain_of(one.letter.recipient)
            if domain not in avoid:
                self.receivers.took(domain, at.timestamp())
                return one
        return None

    def announce(self, at: datetime) -> Claimed | None:
        """What a channel may announce while it sends a letter, kept for it; nobody holds it yet, so a run that
        dies leaves no doubt about it."""
        one = self.take(at)
        if one is None:
            return None
        stale = one.stale_at is not None and one.stale_at <= self.now
        if stale or self.receivers.in_trouble(domain_of(one.letter.recipient)):
            self._coming.appendleft(one)  # it may not be sent after all
            return None
        self.promised.add(one.letter.digest_id)
        return one

    def _avoided(self, at: datetime) -> Collection[str]:
        moment = at.timestamp()
        return {*self.receivers.full(moment), *self.receivers.at_rest(moment)}
