"""What readers said of single items: more or less like this. One mark for a reader and an item; the last one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from aggregator.store import rows
from aggregator.store.engine import insert
from aggregator.store.schema import feedback


@dataclass(frozen=True, slots=True)
class Marked:
    """One mark as it is held. `value`: 1 for more, -1 for less."""

    item: str
    value: int
    traits: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    engine: sa.Engine

    def of(self, subscriber_id: str) -> Sequence[Marked]:
        """A reader's marks, oldest first."""
        wanted = sa.select(feedback).where(feedback.c.subscriber == subscriber_id)
        with self.engine.connect() as connection:
            found = connection.execute(wanted.order_by(feedback.c.at, feedback.c.item)).mappings()
            return [Marked(r["item"], r["value"], tuple(r["traits"]), _at(r["at"])) for r in found]

    def mark(self, subscriber_id: str, marked: Marked) -> None:
        """Keep a mark; an earlier one on the same item gives way."""
        values = {
            "subscriber": subscriber_id, "item": marked.item, "value": marked.value,
            "traits": list(marked.traits), "at": rows.seconds(marked.at),
        }  # fmt: skip
        statement = insert(self.engine, feedback)
        update = {name: statement.excluded[name] for name in ("value", "traits", "at")}
        upsert = statement.on_conflict_do_update(index_elements=["subscriber", "item"], set_=update)
        with self.engine.execution_options(write=True).begin() as connection:
            connection.execute(upsert, values)

    def forget(self, subscriber_id: str, item: str | None = None) -> int:
        """Take one mark back, or all of a reader's. Returns how many there were."""
        where = [feedback.c.subscriber == subscriber_id, *([feedback.c.item == item] if item else [])]
        with self.engine.execution_options(write=True).begin() as connection:
            return connection.execute(feedback.delete().where(*where)).rowcount


def _at(value: int) -> datetime:
    moment = rows.moment(value)
    assert moment is not None
    return moment
