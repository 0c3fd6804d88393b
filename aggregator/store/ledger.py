"""What is written down of one letter, what is taken to be posted, what became of it: values, and their rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from aggregator.issue import Frozen
from aggregator.jsonlines import occasion_to_json
from aggregator.model import Due, Letter, Pick, Selection
from aggregator.occasions import told_of
from aggregator.store import rows
from aggregator.store.packing import pack, unpack


@dataclass(frozen=True, slots=True)
class Written:
    """What `prepare` made of one period: a letter to post, or the reason why there is none.

    `stale_at`: from then on the letter would advertise something that is over. `urgent`: somebody waits for it now
    (a confirmation), so it overtakes all that are not. `issue`: the letter as it was told, to be read again."""

    digest_id: str
    due: Due
    state: Literal["waiting", "skipped", "failed"]
    made_at: datetime
    reason: str = ""
    letter: Letter | None = None
    selection: Selection = field(default_factory=Selection)
    stale_at: datetime | None = None
    urgent: bool = False
    issue: Frozen | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that this process may post now. `resumed`: an earlier try died without an answer. `ambiguous`: an
    earlier try may have arrived."""

    letter: Letter
    attempts: int
    resumed: bool
    stored_at: datetime
    stale_at: datetime | None
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one try."""

    digest_id: str
    state: Literal["sent", "deferred", "refused", "expired", "failed"]
    at: datetime
    reason: str = ""
    next_try_at: datetime | None = None
    ambiguous: bool = False


def known(value: int) -> datetime:
    moment = rows.moment(value)
    if moment is None:
        raise TypeError("a moment that is never null was null")
    return moment


def row_of(one: Written, clock: datetime) -> dict[str, Any]:
    letter = one.letter
    # A missed period offered nothing: what was new then is still new, so its window does not count as seen.
    until = 0 if one.due.missed or one.state == "failed" else rows.seconds(one.due.until)
    return {
        "id": one.digest_id, "subscriber": one.due.subscriber.id, "period": one.due.period, "state": one.state,
        "reason": one.reason, "due_at": rows.seconds(one.due.due_at), "made_at": rows.seconds(one.made_at),
        "until": until, "sender": letter and letter.sender, "recipient": letter and letter.recipient,
        "message_id": letter and letter.message_id, "subject": letter and letter.subject,
        "content": pack(letter.content) if letter else None,
        "held_back": [pick.item.id for pick in one.selection.held_back if not pick.told] if letter else None,
        "attempts": 0, "ambiguous": 0, "stored_at": rows.seconds(clock), "stale_at": rows.seconds(one.stale_at),
        "lane": int(one.urgent), "next_try_at": None, "lease_owner": None, "lease_until": None, "posted_at": None,
    }  # fmt: skip


def told_row(pick: Pick) -> dict[str, Any] | None:
    return occasion_to_json(told_of(pick.item.occasion)) if pick.item.occasion else None


def claimed_of(row: rows.Row) -> Claimed:
    names = ("sender", "recipient", "message_id", "subject")
    letter = Letter(row["id"], **{name: row[name] for name in names}, content=unpack(row["content"]))
    return Claimed(
        letter,
        row["attempts"] + 1,
        row["lease_owner"] is not None,
        known(row["stored_at"]),
        rows.moment(row["stale_at"]),
        row["ambiguous"] > 0,
    )
