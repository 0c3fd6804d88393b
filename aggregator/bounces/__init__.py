"""Reports and replies: what came back, about which letter, and what follows from it.

Pure: bytes in, a `Report` out. Whoever calls looks letters up and does what `action` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from aggregator.bounces.kinds import Kind, kind_of
from aggregator.bounces.message import Fields, Parts, addresses, first_of, take_apart
from aggregator.bounces.ours import Look, Ours, Sent, leaving, letter_of
from aggregator.bounces.requests import wants_to_leave
from aggregator.bounces.verdicts import Verdict, judge, status_of

__all__ = ["Action", "Kind", "Look", "Ours", "Recipient", "Report", "Sent", "Verdict", "read_report"]

Action = Literal["suppress", "count_soft", "alert_operator", "unsubscribe", "review", "none"]

_ACTIONS: dict[str, Verdict] = {
    "delayed": "delayed",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
}
_OF_VERDICT: dict[str, Action] = {"hard": "suppress", "soft": "count_soft", "blocked": "alert_operator"}
_MILDEST = ("delivered", "delayed", "blocked", "soft", "hard")


@dataclass(frozen=True, slots=True)
class Recipient:
    """What became of one address. `status`: the enhanced code as reported or as it stands in the words, or ''."""

    address: str
    verdict: Verdict
    status: str = ""
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One mail that came back. `letter`: ours, or None where it is about none of ours."""

    kind: Kind
    action: Action
    letter: Sent | None = None
    recipients: tuple[Recipient, ...] = ()


def read_report(content: bytes, ours: Ours, look: Look) -> Report:
    """What came back, and what follows. Never raises for what a mail may hold."""
    parts = take_apart(content)
    letter, _ = letter_of(parts, ours, look)
    kind = kind_of(parts)
    if kind in ("human", "auto-reply") and _asks_to_leave(parts, kind, ours):
        return Report("unsubscribe", "unsubscribe" if letter else "review", letter)
    if kind in ("human", "auto-reply", "challenge", "feedback-other"):
        return Report(kind, "review" if kind == "human" else "none", letter)
    recipients = tuple(_recipients(parts, kind, letter))
    if letter is None:
        return Report("foreign", "none", None, recipients)
    if kind == "complaint":
        return Report(kind, "suppress", letter, recipients)
    if kind == "bounce":
        return Report(kind, _action(recipients, letter), letter, recipients)
    return Report(kind, "none", letter, recipients)


def _asks_to_leave(parts: Parts, kind: Kind, ours: Ours) -> bool:
    """A mail to the address for leaving needs no words; anything else must say so."""
    if kind == "auto-reply":
        return False
    return bool(leaving(parts, ours)) or wants_to_leave(parts)


def _action(recipients: tuple[Recipient, ...], letter: Sent) -> Action:
    """By the reader's own address where it is named; else the mildest, for an address may stand for several."""
    own = [one for one in recipients if one.address == letter.recipient.lower()] or list(recipients)
    verdicts = {one.verdict for one in own}
    mildest = next((name for name in _MILDEST if name in verdicts), "soft")
    return _OF_VERDICT.get(mildest, "none")


def _recipients(parts: Parts, kind: Kind, letter: Sent | None) -> Iterator[Recipient]:
    if kind == "complaint":
        fields = parts.feedback or {}
        named = addresses(first_of(fields, ("original-rcpt-to", "removal-recipient")))
        yield from (Recipient(address, "complaint") for address in named or ([letter.recipient] if letter else []))
        return
    told = [fields for fields in parts.status if "final-recipient" in fields or "action" in fields]
    if told:
        yield from (_reported(fields, parts, letter) for fields in told)
        return
    for address, words in _in_prose(parts, letter):
        if kind == "bounce":
            judged = judge(words)
            yield Recipient(
                address, judged.verdict, status_of(words), judged.reason, " ".join(words.split())[:300]
            )
        else:
            yield Recipient(address, "delayed" if kind == "delay" else "delivered", status_of(words))


def _reported(fields: Fields, parts: Parts, letter: Sent | None) -> Recipient:
    """One recipient of a delivery report. The original address is the one that we wrote to, if it is named."""
    final = addresses(first_of(fields, ("final-recipient",)).partition(";")[2])
    original = addresses(first_of(fields, ("original-recipient",)).partition(";")[2])
    ours = letter.recipient.lower() if letter else ""
    address = ours if ours in (*final, *original) else next(iter((*final, *original)), ours)
    action = (first_of(fields, ("action",)).split() or ["failed"])[0].lower()
    status = status_of(first_of(fields, ("status",)))
    if action in _ACTIONS:
        return Recipient(address, _ACTIONS[action], status)
    words = first_of(fields, ("diagnostic-code", "x-display-name", "x-supplementary-info"))
    said = words.partition(";")[2] or words
    if len(said.split()) < 3:  # the number alone: what the report says to people tells more
        said = f"{said} {_about(address, parts.text)}"
    judged = judge(said, status)
    return Recipient(address, judged.verdict, status, judged.reason, _short(said))


def _in_prose(parts: Parts, letter: Sent | None) -> Iterator[tuple[str, str]]:
    """(address, the words about it) in a report without structure."""
    failed = addresses(parts.head.get("x-failed-recipients", ""))
    ours = letter.recipient.lower() if letter else ""
    named = (
        failed or [one for one in dict.fromkeys(addresses(parts.text)) if one == ours] or ([ours] if ours else [])
    )
    for address in dict.fromkeys(named):
        yield address, _about(address, parts.text)


def _short(words: str) -> str:
    return " ".join(words.split())[:300]


def _about(address: str, text: str) -> str:
    """The words about an address: its own paragraph and the next, else all there are."""
    paragraphs = [one for one in re.split(r"\n[ \t]*\n", text) if one.strip()]
    for number, paragraph in enumerate(paragraphs):
        if address and address in paragraph.lower():
            after = paragraphs[number + 1] if number + 1 < len(paragraphs) else ""
            return f"{paragraph[paragraph.lower().find(address) :]}\n{after}"
    return text
