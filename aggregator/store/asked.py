"""What was asked for on pages at some address, waiting to be looked into. Writing it down takes the same steps
whoever the address belongs to, so a page can't tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from aggregator.store import rows
from aggregator.store.schema import asked

What = Literal["join", "link", "move"]


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody asked for letters (`join`, with a `wish`), for the link to their pages (`link`),
    or, as a reader, for letters to come to that address from now on (`move`)."""

    what: What
    email: str
    at: datetime
    language: str = "en"
    way: str = ""
    wording: str = ""
    wish: Mapping[str, Any] = field(default_factory=dict)
    n: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    engine: sa.Engine

    def write(self, ask: Ask) -> None:
        """Write it down."""
        values = {
            "what": ask.what, "email": ask.email, "at": rows.seconds(ask.at), "language": ask.language,
            "way": ask.way, "wording": ask.wording, "wish": dict(ask.wish),
        }  # fmt: skip
        with self.engine.execution_options(write=True).begin() as connection:
            connection.execute(asked.insert(), values)

    def all(self) -> Sequence[Ask]:
        """What waits, oldest first."""
        with self.engine.connect() as connection:
            found = connection.execute(sa.select(asked).order_by(asked.c.n)).mappings().all()
        names = ("what", "email", "language", "way", "wording", "n")
        return [
            Ask(**{name: row[name] for name in names}, at=rows.known_moment(row["at"]), wish=row["wish"] or {})
            for row in found
        ]

    def forget(self, before: datetime) -> int:
        """Drop what was asked for before that moment and could not be looked into."""
        with self.engine.execution_options(write=True).begin() as connection:
            return connection.execute(asked.delete().where(asked.c.at < rows.seconds(before))).rowcount

    def done(self, ask: Ask) -> None:
        """It was looked into."""
        with self.engine.execution_options(write=True).begin() as connection:
            connection.execute(asked.delete().where(asked.c.n == ask.n))
