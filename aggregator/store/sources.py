"""What is remembered of sources, and one batch of visits in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from aggregator.dedupe import Changes
from aggregator.model import SourceState
from aggregator.store import rows
from aggregator.store.engine import insert
from aggregator.store.items import Items
from aggregator.store.schema import sources


@dataclass(frozen=True, slots=True)
class Sources:
    engine: sa.Engine
    items: Items

    def states(self) -> dict[str, SourceState]:
        """Every source we remember, by id; about 1 kB each."""
        with self.engine.connect() as connection:
            return {row["id"]: rows.state_of(row) for row in connection.execute(sa.select(sources)).mappings()}

    def record(self, states: Sequence[SourceState], changes: Changes, now: datetime, rules: str) -> None:
        """A batch of visits with everything they brought, in one transaction: all of it or nothing."""
        with self.engine.execution_options(write=True).begin() as connection:
            if states:
                statement = insert(self.engine, sources)
                update = {c.name: statement.excluded[c.name] for c in sources.columns if not c.primary_key}
                upsert = statement.on_conflict_do_update(index_elements=["id"], set_=update)
                connection.execute(upsert, [rows.state_row(state) for state in states])
            self.items.write(connection, changes, now, rules)
