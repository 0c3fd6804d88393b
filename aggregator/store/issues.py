"""What was sent, frozen as it was told: the issue of each letter, and that of each edition and period.

An issue is a small frame and texts that others share: an item told in the same words to a thousand readers is kept
once. Nothing here is ever changed; it goes with its reader, or when it is older than what is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from aggregator.issue import Frozen, Issue, sums, thaw
from aggregator.issue.document import needed
from aggregator.store import rows
from aggregator.store.engine import insert
from aggregator.store.items import chunks
from aggregator.store.packing import pack, unpack
from aggregator.store.schema import digest_items, digests, issue_texts, issues

EVERYBODY = ""  # the subscriber of an edition's own issues


@dataclass(frozen=True, slots=True)
class Kept:
    """A line of the archive. `sums`, of an edition's issue: form -> SHA-256 of its bytes when it was made."""

    id: str
    edition: str
    period: str
    made_at: datetime
    count: int
    subscriber: str = EVERYBODY
    sums: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Issues:
    engine: sa.Engine

    def publish(self, frozen: Frozen) -> bool:
        """Keep the issue of an edition and period for good, with the sums of its forms. False if there is one."""
        row = _row(frozen, EVERYBODY) | {"sums": sums(thaw(frozen.frame, frozen.shared))}
        with self.engine.execution_options(write=True).begin() as connection:
            statement = insert(self.engine, issues).on_conflict_do_nothing().returning(issues.c.id)
            if connection.execute(statement, row).first() is None:
                return False
            _keep_texts(self.engine, connection, [frozen], lasting=True)
            return True

    def get(self, id: str, subscriber: str = EVERYBODY) -> Issue | None:
        """An edition's issue, or that of one reader; None if there is none that was sent."""
        where = (issues.c.id == id, issues.c.subscriber == subscriber)
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(issues.c.frame).where(*where, _was_sent())).first()
            if row is None:
                return None
            frame = unpack(row.frame).decode()
            return thaw(frame, _texts(connection, needed(frame)))

    def carried(self, subscriber: str, since: datetime) -> list[str]:
        """The items of the letters that this reader was sent since that moment, newest letter first."""
        select = (
            sa.select(digest_items.c.item)
            .join(digests, digests.c.id == digest_items.c.digest)
            .where(digest_items.c.subscriber == subscriber, digests.c.state == "sent")
            .where(digests.c.made_at > rows.seconds(since))
            .order_by(digests.c.made_at.desc(), digest_items.c.position)
        )
        with self.engine.connect() as connection:
            return list(dict.fromkeys(connection.scalars(select)))

    def find(self, id: str) -> Kept | None:
        """Whose issue that is, if there is one: for operators."""
        found = self._listed(issues.c.id == id, _was_sent(), limit=1)
        return found[0] if found else None

    def listed(
        self, subscriber: str = EVERYBODY, edition: str = "", limit: int = 1000, offset: int = 0
    ) -> list[Kept]:
        """The issues of the editions, or of one reader, newest first."""
        of_edition = [issues.c.edition == edition] if edition else []
        return self._listed(
            issues.c.subscriber == subscriber, *of_edition, _was_sent(), limit=limit, offset=offset
        )

    def count(self, subscriber: str = EVERYBODY, edition: str = "") -> int:
        of_edition = [issues.c.edition == edition] if edition else []
        where = (issues.c.subscriber == subscriber, *of_edition, _was_sent())
        with self.engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(issues).where(*where)) or 0

    def newest(self, edition: str) -> datetime | None:
        """When the newest issue of an edition was made."""
        where = (issues.c.subscriber == EVERYBODY, issues.c.edition == edition)
        with self.engine.connect() as connection:
            return rows.moment(connection.scalar(sa.select(sa.func.max(issues.c.made_at)).where(*where)))

    def prune(self, before: datetime) -> int:
        """Forget readers' issues made before that moment, and texts that no issue needs any more. Editions' issues
        stay: others cite them."""
        at = rows.seconds(before)
        with self.engine.execution_options(write=True).begin() as connection:
            old = issues.delete().where(issues.c.subscriber != EVERYBODY, issues.c.made_at < at)
            gone = connection.execute(old).rowcount
            connection.execute(
                issue_texts.delete().where(issue_texts.c.used_at < at, issue_texts.c.lasting.is_(False))
            )
            return gone

    def _listed(self, *where: sa.ColumnElement[bool], limit: int, offset: int = 0) -> list[Kept]:
        columns = [column for column in issues.columns if column.name != "frame"]
        newest = (issues.c.made_at.desc(), issues.c.id)
        select = sa.select(*columns).where(*where).order_by(*newest).limit(limit).offset(offset)
        with self.engine.connect() as connection:
            return [_kept(row) for row in connection.execute(select).mappings()]


def write(engine: sa.Engine, connection: sa.Connection, letters: Sequence[tuple[Frozen, str]]) -> None:
    """Keep the issues of letters (each with its reader) inside the caller's transaction."""
    if not letters:
        return
    statement = insert(engine, issues)
    update = {c.name: statement.excluded[c.name] for c in issues.columns if not c.primary_key}
    again = statement.on_conflict_do_update(index_elements=["id"], set_=update)
    connection.execute(again, [_row(frozen, subscriber) for frozen, subscriber in letters])
    _keep_texts(engine, connection, [frozen for frozen, _ in letters])


def _keep_texts(
    engine: sa.Engine, connection: sa.Connection, frozen: Iterable[Frozen], *, lasting: bool = False
) -> None:
    """Keep what these issues share with others, as long as the newest of them; `lasting`: for good."""
    used: dict[str, int] = {}
    texts: dict[str, Mapping[str, str]] = {}  # only what is missing is asked for: to make a text takes time
    for one in frozen:
        at = rows.seconds(one.made_at) or 0
        for hash in one.shared:
            used[hash] = max(at, used.get(hash, 0))
            texts.setdefault(hash, one.shared)
    for at in sorted(set(used.values())):
        for chunk in chunks(sorted(hash for hash, last in used.items() if last == at)):
            theirs = issue_texts.c.hash.in_(chunk)
            connection.execute(issue_texts.update().where(theirs, issue_texts.c.used_at < at).values(used_at=at))
            if lasting:
                connection.execute(issue_texts.update().where(theirs).values(lasting=True))
    missing = sorted(texts.keys() - _known(connection, texts))
    values = [
        {"hash": hash, "text": pack(texts[hash][hash].encode("utf-8", "replace")), "used_at": used[hash],
         "lasting": lasting} for hash in missing
    ]  # fmt: skip
    if values:
        connection.execute(insert(engine, issue_texts).on_conflict_do_nothing(), values)


def _known(connection: sa.Connection, hashes: Iterable[str]) -> set[str]:
    known: set[str] = set()
    for chunk in chunks(sorted(hashes)):
        known.update(connection.scalars(sa.select(issue_texts.c.hash).where(issue_texts.c.hash.in_(chunk))))
    return known


def _texts(connection: sa.Connection, hashes: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in chunks(sorted(hashes)):
        select = sa.select(issue_texts.c.hash, issue_texts.c.text).where(issue_texts.c.hash.in_(chunk))
        found |= {row.hash: unpack(row.text).decode() for row in connection.execute(select)}
    return found


def _was_sent() -> sa.ColumnElement[bool]:
    """A letter that never left, or was refused, is no issue. (An edition's issue is none of a letter.)"""
    sent = sa.select(digests.c.id).where(digests.c.id == issues.c.id, digests.c.state == "sent")
    return sa.or_(issues.c.subscriber == EVERYBODY, sent.exists())


def _row(frozen: Frozen, subscriber: str) -> dict[str, Any]:
    return {
        "id": frozen.id, "subscriber": subscriber, "edition": frozen.edition, "period": frozen.period,
        "made_at": rows.seconds(frozen.made_at), "count": frozen.count, "form": frozen.form,
        "frame": pack(frozen.frame.encode("utf-8", "replace")), "sums": None,
    }  # fmt: skip


def _kept(row: rows.Row) -> Kept:
    names = ("id", "edition", "period", "count", "subscriber", "sums")
    return Kept(**{name: row[name] for name in names}, made_at=rows.known_moment(row["made_at"]))
