"""What readers agreed to: when, on which words, in which way. Rows are added and never changed; they go with the
reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from aggregator.model import Subscriber
from aggregator.store import rows
from aggregator.store.engine import insert
from aggregator.store.schema import consents, settings, subscribers, suppressions
from aggregator.store.subscribers import reader_row

Purpose = Literal["letters", "statistics", "address"]
Act = Literal["asked", "given", "withdrawn"]
FOR_GOOD = ("bounce", "complaint", "suppressed")  # suppressions that asking on a page does not lift


@dataclass(frozen=True, slots=True)
class Consent:
    """One act of a reader. `way`: the page or command; `wording`: the name of the words that were shown, which
    `Consents.words` gives back; `wish`: what was asked for with it. `n` is its place, given by the store."""

    subscriber: str
    purpose: Purpose
    act: Act
    at: datetime
    way: str = ""
    wording: str = ""
    language: str = ""
    wish: Mapping[str, Any] | None = None
    n: int = 0


@dataclass(frozen=True, slots=True)
class Consents:
    engine: sa.Engine

    def of(self, subscriber_id: str) -> Sequence[Consent]:
        """All of a reader's, oldest first."""
        select = sa.select(consents).where(consents.c.subscriber == subscriber_id).order_by(consents.c.n)
        with self.engine.connect() as connection:
            return [_consent(row) for row in connection.execute(select).mappings()]

    def holds(self, subscriber_id: str, purpose: Purpose) -> bool:
        """Whether the last word of this reader on this purpose is yes."""
        said = [one.act for one in self.of(subscriber_id) if one.purpose == purpose]
        return bool(said) and said[-1] == "given"

    def note(self, *noted: Consent) -> list[int]:
        """Keep these acts; their places."""
        with self.engine.execution_options(write=True).begin() as connection:
            return [_insert(connection, one) for one in noted]

    def confirm(self, reader: Subscriber, asked: int, given: Consent) -> bool:
        """Let a reader in who had asked for letters (the act at place `asked`): the reader's row, the proof, and
        the end of what had barred the address, in one transaction. False where that is not to be: the letters have
        begun or were ended since, or mail to the address came back or was reported."""
        with self.engine.execution_options(write=True).begin() as connection:
            where = subscribers.c.id == reader.id
            status = connection.scalar(sa.select(subscribers.c.status).where(where).with_for_update())
            hashed = rows.hashed(rows.email_key(reader.email))
            barred = sa.select(suppressions.c.reason).where(suppressions.c.email_hash == hashed)
            if status not in ("unconfirmed", "left") or connection.scalar(barred) in FOR_GOOD:
                return False
            later = sa.select(consents.c.n).where(
                consents.c.subscriber == reader.id, consents.c.purpose == "letters", consents.c.n > asked,
                consents.c.act != "asked",
            )  # fmt: skip
            if connection.execute(later).first() is not None:
                return False
            connection.execute(subscribers.update().where(where).values(reader_row(reader, given.at)))
            connection.execute(suppressions.delete().where(suppressions.c.email_hash == hashed))
            _insert(connection, given)
            return True

    def forget_wishes(self, before: datetime) -> int:
        """Drop what was asked for before that moment and is not in force: an ask that was never confirmed."""
        last = sa.select(sa.func.max(consents.c.n)).where(consents.c.purpose == "letters")
        open_ = (
            consents.c.act == "asked", consents.c.at < rows.seconds(before),
            consents.c.n.in_(last.group_by(consents.c.subscriber)),
        )  # fmt: skip
        with self.engine.execution_options(write=True).begin() as connection:
            return connection.execute(consents.delete().where(*open_)).rowcount

    # ------------------------------------------------------------------------------------------------- the words
    def keep_words(self, wording: str, text: str) -> None:
        """Keep the words that go by this name, once and for good."""
        if self.words(wording) is None:
            values = {"key": f"wording {wording}", "value": text}
            with self.engine.execution_options(write=True).begin() as connection:
                connection.execute(insert(self.engine, settings).on_conflict_do_nothing(), values)

    def words(self, wording: str) -> str | None:
        """The words that go by this name, as they were shown."""
        with self.engine.connect() as connection:
            return connection.scalar(sa.select(settings.c.value).where(settings.c.key == f"wording {wording}"))


def _insert(connection: sa.Connection, one: Consent) -> int:
    values = {
        "subscriber": one.subscriber, "purpose": one.purpose, "act": one.act, "at": rows.seconds(one.at),
        "way": one.way, "wording": one.wording, "language": one.language,
        "wish": None if one.wish is None else dict(one.wish),
    }  # fmt: skip
    return int(connection.execute(consents.insert().values(values).returning(consents.c.n)).scalar_one())


def _consent(row: rows.Row) -> Consent:
    names = ("subscriber", "purpose", "act", "way", "wording", "language", "wish", "n")
    return Consent(**{name: row[name] for name in names}, at=rows.known_moment(row["at"]))
