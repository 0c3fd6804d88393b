"""What every way of handing letters over promises."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from aggregator.errors import Exit, OutboxDown
from aggregator.model import Letter


class Channel(Protocol):
    """One way out, used by one thread at a time."""

    def send(self, letter: Letter, following: Letter | None = None) -> str:
        """Hand one letter over and return a short receipt.

        `following`: what is likely to be sent next through this channel. It may be announced in the same breath;
        of its content nothing goes out, and it may as well never be sent.

        When it returns, the other side has taken the letter for good. Otherwise it raises `Refused` (this letter,
        temporary, permanent or ambiguous; the next one may go) or `OutboxDown` (no letter can go now). Neither
        names the recipient or a secret.
        """
        ...


class Outbox(Protocol):
    """Where letters go. One `Outbox` serves one run: its ceilings count from when it was made."""

    @property
    def idempotent(self) -> bool:
        """Whether sending the same letter twice leaves one copy."""
        ...

    @property
    def channels(self) -> int:
        """How many channels may be open at once, each in its own thread."""
        ...

    @property
    def per_domain(self) -> int:
        """How many letters one receiving domain gets in a minute; 0 for no ceiling."""
        ...

    def open(self) -> AbstractContextManager[Channel]:
        """Open a channel; raises `OutboxDown` on entering when nothing could be sent through it."""
        ...


class CeilingReached(OutboxDown):
    """The run's own ceiling: nothing is broken, the letters left over wait for the next run."""

    exit_code = Exit.DONE
