"""What came back and was dealt with: one row for each mail, known by the hash of its bytes, so that the same mail
twice counts once. It holds no address and none of its words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from aggregator.store import rows
from aggregator.store.digests import LISTED
from aggregator.store.engine import insert
from aggregator.store.items import chunks
from aggregator.store.schema import digests, returns, subscribers


@dataclass(frozen=True, slots=True)
class Gone:
    """A letter that went out, as far as its return needs it."""

    id: str
    subscriber: str
    recipient: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Noted:
    """One mail that came back, dealt with. `digest` and `subscriber` are empty where it was about none of ours."""

    hash: str
    at: datetime
    kind: str
    action: str
    digest: str = ""
    subscriber: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Returns:
    engine: sa.Engine

    def known(self, hashes: Collection[str]) -> set[str]:
        """Which of these have been dealt with."""
        found: set[str] = set()
        with self.engine.connect() as connection:
            for chunk in chunks(sorted(hashes)):
                found.update(connection.scalars(sa.select(returns.c.hash).where(returns.c.hash.in_(chunk))))
        return found

    def note(self, noted: Noted) -> None:
        """Remember that a mail was dealt with; of two runs that do so at once, the first one's word stays."""
        values = {
            "hash": noted.hash, "at": rows.seconds(noted.at), "kind": noted.kind, "action": noted.action,
            "digest": noted.digest or None, "subscriber": noted.subscriber or None, "reason": noted.reason,
        }  # fmt: skip
        with self.engine.execution_options(write=True).begin() as connection:
            connection.execute(insert(self.engine, returns).on_conflict_do_nothing(), values)

    def letters(self, ids: Sequence[str], message_ids: Sequence[str] = ()) -> list[Gone]:
        """The letters with these ids or Message-IDs whose readers we still know."""
        found: list[Gone] = []
        for column, wanted in ((digests.c.id, ids), (digests.c.message_id, message_ids)):
            for chunk in chunks(list(wanted)):
                found += self._gone(column.in_(chunk))
        return found

    def newest_of(self, tokens: Sequence[str]) -> dict[str, Gone]:
        """Unsubscribe token -> the newest letter that was handed over to its reader."""
        with self.engine.connect() as connection:
            select = sa.select(subscribers.c.token, subscribers.c.id).where(subscribers.c.token.in_(list(tokens)))
            readers = {row.id: row.token for row in connection.execute(select)}
        newest: dict[str, Gone] = {}
        for reader, token in readers.items():
            for gone in self._gone(digests.c.subscriber == reader, digests.c.state == "sent", LISTED):
                newest[token] = gone
        return newest

    def _gone(self, *where: sa.ColumnElement[bool]) -> list[Gone]:
        columns = (
            digests.c.id,
            digests.c.subscriber,
            digests.c.recipient,
            digests.c.message_id,
            subscribers.c.email,
        )
        joined = digests.join(subscribers, subscribers.c.id == digests.c.subscriber)
        select = sa.select(*columns).select_from(joined).where(*where, digests.c.message_id.is_not(None))
        with self.engine.connect() as connection:
            found = connection.execute(select.order_by(digests.c.due_at)).all()
        return [Gone(row.id, row.subscriber, row.recipient or row.email, row.message_id) for row in found]

    def soft_row(self, subscriber: str, digest: str) -> list[datetime]:
        """The moments at which the letters up to this one were due, newest first, as far back as each of them came
        back with a soft bounce; this one counts as one that did."""
        soft = sa.select(returns.c.digest).where(
            returns.c.subscriber == subscriber, returns.c.action == "count_soft", returns.c.digest.is_not(None)
        )
        with self.engine.connect() as connection:
            came_back = {*connection.scalars(soft), digest}
            # What was refused for another reason, or never tried, says nothing of the mailbox.
            tells = sa.or_(digests.c.state == "sent", digests.c.id.in_(came_back))
            sent = sa.select(digests.c.id, digests.c.due_at).where(
                digests.c.subscriber == subscriber, tells, LISTED
            )
            letters = connection.execute(sent.order_by(digests.c.due_at.desc())).all()
        row: list[datetime] = []
        for letter in letters:
            if letter.id in came_back and (due := rows.moment(letter.due_at)) is not None:
                row.append(due)
            elif row:
                break
        return row

    def counts(self, since: datetime) -> dict[str, int]:
        """How many mails of each action came back since that moment."""
        select = sa.select(returns.c.action, sa.func.count()).where(returns.c.at >= rows.seconds(since))
        with self.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(select.group_by(returns.c.action))}

    def of(self, subscriber: str) -> list[Noted]:
        """What came back from one reader, oldest first."""
        select = sa.select(returns).where(returns.c.subscriber == subscriber).order_by(returns.c.at)
        with self.engine.connect() as connection:
            return [
                Noted(r["hash"], at, r["kind"], r["action"], r["digest"] or "", r["subscriber"], r["reason"])
                for r in connection.execute(select).mappings()
                if (at := rows.moment(r["at"])) is not None
            ]
