"""Corrections of topics by curators: kept for ever, in force until undone, applied whenever topics are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from aggregator.model import Correction
from aggregator.store import rows
from aggregator.store.schema import corrections

_CHUNK = 500


def of_items(connection: sa.Connection, ids: Iterable[str]) -> list[Correction]:
    """The corrections of these items, undone ones too, oldest first."""
    wanted = sorted(set(ids))
    found: list[Correction] = []
    for start in range(0, len(wanted), _CHUNK):
        here = corrections.c.item.in_(wanted[start : start + _CHUNK])
        select = sa.select(corrections).where(here).order_by(corrections.c.n)
        found += [_correction(row) for row in connection.execute(select).mappings()]
    return found


@dataclass(frozen=True, slots=True)
class Corrections:
    engine: sa.Engine

    def add(self, item: str, wanted: Mapping[str, bool], by: str, now: datetime) -> list[Correction]:
        """Keep what a curator said of one item: topic -> whether it belongs to it. It is in force the next time
        the item's topics are written (`Items.retag`)."""
        with self.engine.execution_options(write=True).begin() as connection:
            for topic, yes in wanted.items():
                values = {"item": item, "topic": topic, "wanted": yes, "by": by, "at": rows.seconds(now)}
                connection.execute(corrections.insert(), values)
            return of_items(connection, [item])[-len(wanted) :] if wanted else []

    def undo(self, number: int, by: str, now: datetime) -> Correction | None:
        """Take a correction back, which stays on record; None where there is none of that number in force."""
        here = (corrections.c.n == number, corrections.c.undone_at.is_(None))
        with self.engine.execution_options(write=True).begin() as connection:
            row = connection.execute(sa.select(corrections).where(*here)).mappings().first()
            if row is None:
                return None
            connection.execute(corrections.update().where(*here).values(undone_at=rows.seconds(now), undone_by=by))
            return _correction(row)

    def all(self) -> list[Correction]:
        """Every correction ever made, oldest first."""
        with self.engine.connect() as connection:
            found = connection.execute(sa.select(corrections).order_by(corrections.c.n)).mappings()
            return [_correction(row) for row in found]


def _correction(row: Mapping[Any, Any]) -> Correction:
    return Correction(
        row["n"], row["item"], row["topic"], bool(row["wanted"]), row["by"], rows.known_moment(row["at"]),
        rows.moment(row["undone_at"]), row["undone_by"],
    )  # fmt: skip
