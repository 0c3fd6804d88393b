"""The two ways to ask: plain requests lean, all others by the full client, which is imported when it is needed."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from functools import cached_property
from typing import TYPE_CHECKING

from aggregator.fetch.guard import Guard, Target
from aggregator.fetch.lean import Lean
from aggregator.fetch.policy import Policy
from aggregator.fetch.reach import Lookup, remembering

if TYPE_CHECKING:
    import httpx

    from aggregator.fetch.client import Clients
    from aggregator.fetch.mailbox import Mailboxes


class Ways:
    """What one run asks with. Closed by `opened`."""

    def __init__(self, policy: Policy, guard: Guard, lookup: Lookup, opened: AsyncExitStack) -> None:
        self._policy, self._guard, self._lookup, self._opened = policy, guard, remembering(lookup), opened
        self._clients: Clients | None = None
        self.lean = Lean(policy, guard, self._lookup)
        opened.callback(self.lean.close)

    @cached_property
    def mailboxes(self) -> Mailboxes:
        """For sources that are no addresses of the web."""
        from aggregator.fetch.mailbox import Mailboxes

        found = Mailboxes(self._policy, self._guard, self._lookup)
        self._opened.callback(found.close)
        return found

    async def full(self, target: Target) -> httpx.AsyncClient:
        """The client for this target: one for the open internet, behind the guard, another for opened hosts."""
        if self._clients is None:
            # httpx and aiohttp cost 0.2 s. httpx would bring a command line of its own along, with all that
            # colours it, where rich is installed: 0.1 s more.
            sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
            from aggregator.fetch.client import open_clients

            opening = open_clients(self._policy, self._guard, self._lookup)
            clients = await self._opened.enter_async_context(opening)
            self._clients = self._clients or clients  # another visit may have been quicker
        return self._clients.serving(target)
