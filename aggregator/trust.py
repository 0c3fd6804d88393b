"""Whether receivers still trust us: complaints, and refusals for policy, stop the sending.

Going on would make it worse: the large receivers judge a sender by its last days, and at 0.3 % of complaints they
begin to turn everything away (docs/why/sending.md).
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator.bounces.verdicts import judge
from aggregator.errors import OutboxDown
from aggregator.store import Store

LAST = 100  # letters that are looked back on
MOST = 10  # of them refused for policy: then nothing more is sent
PAUSE = timedelta(hours=6)  # until a few letters are tried again, unless somebody says so before
WINDOW = timedelta(days=30)  # in which complaints are counted
ALARM, STOP = 0.001, 0.003  # complaints for each letter sent
FEWEST = 3  # complaints that mean anything
# Settings in the database.
STOPPED, SEEN, TOLD = "sending_stopped", "complaints_seen", "complaints_told"

# What a refusal says of us and not of the address, in the words of `bounces.verdicts`.
_ABOUT_US = frozenset({"authentication", "reputation", "content", "rate-limited"})


@dataclass(slots=True)
class Refusals:
    """The last letters of a run, and how many were refused for policy."""

    last: deque[bool] = field(default_factory=lambda: deque(maxlen=LAST))
    said: str = ""

    def heard(self, state: str, reason: str) -> None:
        final = state == "refused" and reason.startswith("5")
        policy = final and (judge(reason).reason in _ABOUT_US or _of_our_address(reason))
        self.last.append(policy)
        if policy:
            self.said = reason

    @property
    def too_many(self) -> bool:
        return sum(self.last) >= MOST


def _of_our_address(reason: str) -> bool:
    """Whether it was our own address that was refused, before any reader's was named; not the letter's size."""
    return reason.endswith("(to MAIL)") and not reason.startswith("552")


def stop(store: Store, refusals: Refusals, now: datetime) -> OutboxDown:
    """Write down that nothing more is sent, and why; the error to raise."""
    why = f"{sum(refusals.last)} of the last {len(refusals.last)} letters were refused for policy: {refusals.said}"
    store.set(STOPPED, json.dumps({"at": now.isoformat(), "why": why}))
    return _stopped(why)


def _stopped(why: str) -> OutboxDown:
    remedy = "'aggregator doctor' looks at SPF, DKIM and DMARC; when it is mended, 'aggregator doctor --resume'"
    return OutboxDown(f"sending has stopped: {why} → {remedy}; the other letters wait")


def admit(store: Store, now: datetime) -> None:
    """Raise OutboxDown where sending has stopped: for refusals in the last hours, or for complaints."""
    held = json.loads(store.setting(STOPPED) or "null")
    if held and now < datetime.fromisoformat(held["at"]) + PAUSE:
        raise _stopped(held["why"])
    count, rate = complaints(store, now)
    if rate >= STOP:
        raise OutboxDown(
            f"sending has stopped: {count} complaints, {rate:.1%} of the letters of the last {WINDOW.days} days → "
            "find out who was signed up without asking; then 'aggregator doctor --resume'; the letters wait"
        )


def complaints(store: Store, now: datetime) -> tuple[int, float]:
    """How many readers complained lately, and the share of the letters sent; 0 while they are too few to tell."""
    seen = store.setting(SEEN)
    since = max(now - WINDOW, datetime.fromisoformat(seen)) if seen else now - WINDOW
    count = store.subscribers.suppressed_since(since, "complaint")
    if count < FEWEST:
        return count, 0.0
    return count, count / max(store.digests.sent_since(now - WINDOW), count)


def alarms(store: Store, now: datetime) -> list[str]:
    """Why nothing is sent, where that is so."""
    try:
        admit(store, now)
    except OutboxDown as stopped:
        return [str(stopped)]
    return []


def warning(store: Store, now: datetime) -> str:
    """What should be known before it comes to that; empty where all is well, and where it has come to that."""
    count, rate = complaints(store, now)
    if not ALARM <= rate < STOP:
        return ""
    return (
        f"{count} readers complained, {rate:.2%} of the letters of {WINDOW.days} days; at {STOP:.1%} nothing "
        "more is sent → find out who was signed up without asking"
    )


def news(store: Store, now: datetime) -> str:
    """The warning, where it has not been told since the last complaint. It is told with this."""
    said = warning(store, now)
    count = str(complaints(store, now)[0]) if said else None
    if store.setting(TOLD) == count:
        return ""
    store.set(TOLD, count)
    return said


def resume(store: Store, now: datetime) -> None:
    """Let letters go again: what stopped them is mended, and complaints until now are not counted any more."""
    store.set(STOPPED, None)
    store.set(SEEN, now.isoformat())
