"""What is remembered of sources, and one batch of visits in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from aggregator.model import SourceState, Traces
from aggregator.store import rows
from aggregator.store.many import replace_many
from aggregator.store.schema import sources, traces

if TYPE_CHECKING:
    from aggregator.dedupe import Changes


@dataclass(frozen=True, slots=True)
class Sources:
    engine: sa.Engine

    def states(self) -> dict[str, SourceState]:
        """Every source we remember, by id; about 1 kB each."""
        with self.engine.connect() as connection:
            return {row[0]: rows.state_of(row) for row in connection.execute(sa.select(sources))}

    def record(self, states: Sequence[SourceState], changes: Changes | None, now: datetime, rules: str) -> None:
        """A batch of visits with everything they brought, in one transaction: all of it or nothing.

        `changes`: None where no document was read."""
        last = {state.id: state for state in states}.values()  # who names a source twice has it visited twice
        with self.engine.execution_options(write=True).begin() as connection:
            replace_many(connection, sources, [rows.state_row(state) for state in last])
            left = [rows.traces_row(state.id, state.traces) for state in last if state.traces is not None]
            replace_many(connection, traces, left)
            if changes is not None:
                from aggregator.store.items import Items

                Items(self.engine).write(connection, changes, now, rules)

    def traces(self, source_id: str) -> Traces | None:
        """What the last reading of a source left to know its entries again by."""
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(traces).where(traces.c.source == source_id)).first()
            return rows.traces_of(row) if row else None
