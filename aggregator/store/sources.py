"""What is remembered of sources, and one batch of visits in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from aggregator.model import SourceState, Traces
from aggregator.store import rows
from aggregator.store.engine import insert
from aggregator.store.schema import sources, traces

if TYPE_CHECKING:
    from aggregator.dedupe import Changes


@dataclass(frozen=True, slots=True)
class Sources:
    engine: sa.Engine

    def states(self) -> dict[str, SourceState]:
        """Every source we remember, by id; about 1 kB each."""
        with self.engine.connect() as connection:
            return {row["id"]: rows.state_of(row) for row in connection.execute(sa.select(sources)).mappings()}

    def record(self, states: Sequence[SourceState], changes: Changes | None, now: datetime, rules: str) -> None:
        """A batch of visits with everything they brought, in one transaction: all of it or nothing.

        `changes`: None where no document was read."""
        with self.engine.execution_options(write=True).begin() as connection:
            self._upsert(connection, sources, [rows.state_row(state) for state in states])
            left = [rows.traces_row(state.id, state.traces) for state in states if state.traces is not None]
            self._upsert(connection, traces, left)
            if changes is not None:
                from aggregator.store.items import Items

                Items(self.engine).write(connection, changes, now, rules)

    def traces(self, source_id: str) -> Traces | None:
        """What the last reading of a source left to know its entries again by."""
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(traces).where(traces.c.source == source_id)).mappings().first()
            return rows.traces_of(row) if row else None

    def _upsert(self, connection: sa.Connection, table: sa.Table, values: list[dict[str, Any]]) -> None:
        if not values:
            return
        statement = insert(self.engine, table)
        key = [column.name for column in table.primary_key]
        update = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=update), values)
