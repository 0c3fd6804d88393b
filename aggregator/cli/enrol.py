"""Taking readers in: who is new, who is changed, and who must not be written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from aggregator.model import Subscriber
from aggregator.store import Consent as Proof
from aggregator.store import Store

GONE = ("left", "suppressed")

# Why an address is on the list of those that are never written to, in words.
_REASONS = {
    "left": "unsubscribed",
    "erased": "asked to be erased",
    "suppressed": "is not to be written to",
}


@dataclass(frozen=True, slots=True)
class Consent:
    """What is known of a reader's wish: `confirmed` elsewhere, or asked for `again` after leaving."""

    confirmed: bool = False
    again: bool = False


@dataclass
class Enrolled:
    """What became of a list of readers. `barred`: address -> why it is not taken in."""

    new: list[Subscriber] = field(default_factory=list)
    changed: list[Subscriber] = field(default_factory=list)
    unchanged: list[Subscriber] = field(default_factory=list)
    barred: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return len(self.new) + len(self.changed) + len(self.unchanged)

    def summary(self) -> str:
        """`200 readers: 198 new, 2 changed`."""
        parts = [(self.new, "new"), (self.changed, "changed"), (self.unchanged, "as before")]
        said = ", ".join(f"{len(some)} {what}" for some, what in parts if some or what == "new")
        return f"{self.total} reader{'' if self.total == 1 else 's'}: {said}"


def sort_out(
    readers: Sequence[Subscriber],
    held: Mapping[str, Subscriber],
    suppressed: Mapping[str, str],
    consent: Consent,
    now: datetime,
) -> Enrolled:
    """Decide for each reader. `held`: those we have, by id; `suppressed`: address -> reason. Pure.

    Who is known keeps id, token, sign-up and status; `confirmed` makes the unconfirmed active from `now` on. Who
    has left or bounced is barred, unless the letters were asked for again.
    """
    found = Enrolled()
    for reader in readers:
        before = held.get(reader.id) if reader.id else None
        gone = suppressed.get(reader.email) or (before.status if before and before.status in GONE else None)
        if gone and not consent.again:
            found.barred[reader.email] = in_words(gone)
            continue
        after = _admitted(reader, before, consent, now, returning=gone is not None)
        if before is None:
            found.new.append(after)
        else:
            (found.unchanged if after == before else found.changed).append(after)
    return found


def _admitted(
    reader: Subscriber, before: Subscriber | None, consent: Consent, now: datetime, *, returning: bool
) -> Subscriber:
    if before is None or returning:
        begun = replace(reader, signed_up_at=now, paused_until=None)
        return replace(begun, status="active") if consent.confirmed else replace(begun, status="unconfirmed")
    if before.status == "unconfirmed" and consent.confirmed:
        return replace(reader, status="active", signed_up_at=now)
    return reader


def enrol(
    store: Store, readers: Sequence[Subscriber], consent: Consent, now: datetime, *, dry_run: bool = False
) -> Enrolled:
    """Take readers in, in one transaction; returns them as they are stored."""
    held = {one.id: one for one in store.subscribers.all()}
    suppressed = store.subscribers.suppressed([reader.email for reader in readers])
    found = sort_out(readers, held, suppressed, consent, now)
    if not dry_run:
        for email in suppressed if consent.again else ():
            store.subscribers.lift(email)
        stored = store.subscribers.save([*found.new, *found.changed], now)
        store.consents.note(*_proofs(stored, held, now))
        honour(store, stored, now)
        found.new, found.changed = stored[: len(found.new)], stored[len(found.new) :]
    return found


def _proofs(stored: Sequence[Subscriber], held: Mapping[str, Subscriber], now: datetime) -> list[Proof]:
    """That consent was given elsewhere, for those who have letters from now on."""
    begun = [
        one for one in stored if one.status == "active" and (one.id not in held or held[one.id].status != "active")
    ]
    return [Proof(one.id, "letters", "given", now, way="elsewhere, said the operator") for one in begun]


def honour(store: Store, saved: Sequence[Subscriber], now: datetime) -> None:
    """Whoever left, bounced or was erased while these readers were being saved has done so after all."""
    gone = store.subscribers.suppressed([reader.email for reader in saved])
    for reader in saved:
        reason = gone.get(reader.email)
        if reason == "erased":
            store.subscribers.erase(reader.id, now)
        elif reason == "left":
            store.subscribers.unsubscribe(reader.token, now)
        elif reason is not None:
            store.subscribers.suppress(reader.id, reason, now)


def in_words(reason: str) -> str:
    """Why nobody writes to an address, for people."""
    return _REASONS.get(reason, f"is barred: {reason}")
