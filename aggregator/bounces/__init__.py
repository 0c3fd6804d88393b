"""Reports and replies: what came back, about which letter, and what follows from it.

Pure: bytes in, a `Report` out. Whoever calls looks letters up and does what `action` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

from aggregator.bounces.kinds import Kind, feedback_type, kind_of, sounds_automatic, sounds_like_challenge
from aggregator.bounces.message import Fields, Parts, addresses, first_of, message_ids, take_apart
from aggregator.bounces.ours import Look, Ours, Sent, answers, is_from, is_of_a_list, leaving, letter_of
from aggregator.bounces.requests import asks_alone, asks_help, only_asks, wish_of
from aggregator.bounces.verdicts import Verdict, judge, status_of, tells_why

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


@dataclass(frozen=True, slots=True)
class Report:
    """One mail that came back. `letter`: ours, or None where it is about none of ours. `help`: the letter's own
    reader asks for help and nothing else, and may be answered; `asked_in`: the Message-ID of that mail, or ''."""

    kind: Kind
    action: Action
    letter: Sent | None = None
    recipients: tuple[Recipient, ...] = ()
    help: bool = False
    asked_in: str = ""


def read_report(content: bytes, ours: Ours, look: Look) -> Report:
    """What came back, and what follows. Never raises for what a mail may hold."""
    parts = take_apart(content)
    kind = kind_of(parts)
    by_person = kind in ("human", "auto-reply", "challenge")
    letter = letter_of(parts, ours, look, by_person=by_person)
    if by_person:
        return _reply(parts, kind, letter, ours)
    letter = letter or _named_at_leaving(parts, ours, look)
    recipients = tuple(_recipients(parts, kind, letter))
    if letter is None:
        return Report("foreign", "none", None, recipients)
    if kind == "complaint":
        return Report(kind, "suppress", letter, recipients)
    if kind == "feedback-other":
        # A letter of ours that did not pass authentication (RFC 6591) or is said to carry a virus is our fault;
        # one that is no spam is none.
        ours_to_mend = feedback_type(parts) in ("auth-failure", "dmarc", "virus")
        action: Action = "alert_operator" if ours_to_mend else "none"
        return Report(kind, action, letter, recipients)
    if kind == "bounce":
        return _bounce(recipients, letter)
    return Report(kind, "none", letter, recipients)


def _named_at_leaving(parts: Parts, ours: Ours, look: Look) -> Sent | None:
    """The letter of a report that went astray to the address for leaving, where it names the reader as well."""
    letter = letter_of(parts, ours, look, by_person=True)
    told = [address for fields in parts.status for value in fields.values() for address in addresses(value)]
    return letter if letter and letter.recipient.lower() in told else None


def _reply(parts: Parts, kind: Kind, letter: Sent | None, ours: Ours) -> Report:
    """A mail that a person wrote, or a machine for one."""
    if kind == "auto-reply" and _is_button(parts, ours):
        return Report("unsubscribe", "unsubscribe" if letter else "review", letter)
    if kind == "human":
        if asks_help(parts):
            return _wants_help(parts, letter)
        if asked := _asked_to_leave(parts, letter, ours):
            return Report("unsubscribe", asked, letter)
        if sounds_automatic(parts):
            kind = "challenge" if sounds_like_challenge(parts) else "auto-reply"
    return Report(kind, "review" if kind == "human" else "none", letter)


def _wants_help(parts: Parts, letter: Sent | None) -> Report:
    """A person reads it, unless it can be answered: to the reader's own address and to nobody else (RFC 3834)."""
    own = letter is not None and is_from(parts, letter) and not is_of_a_list(parts)
    asked_in = next(iter(message_ids(parts.head.get("message-id", ""))), "")
    return Report("human", "review", letter, help=own, asked_in=asked_in if own else "")


def _is_button(parts: Parts, ours: Ours) -> bool:
    """Whether a mail program wrote it for a reader who pressed its button for leaving (RFC 2369): such mail may
    call itself automatic, but an answer it is not, and somebody sent it."""
    head = parts.head
    answered = head.get("auto-submitted", "").lower().startswith("auto-replied") or "in-reply-to" in head
    return (
        bool(leaving(parts, ours)) and asks_alone(head.get("subject", ""))
        and not answered and head.get("return-path", "").strip() != "<>"
    )  # fmt: skip


def _asked_to_leave(parts: Parts, letter: Sent | None, ours: Ours) -> Action | None:
    """What follows from a person's wish to leave; None where there is no such wish.

    A mail to the address for leaving needs no words: whoever has that address has the letter; but who only asks
    something there is not shown out. Words count only from the reader, or in an answer to the letter itself: who
    was handed a letter on can't end another's."""
    wish = wish_of(parts)
    if leaving(parts, ours) and (wish == "leave" or not (wish or sounds_automatic(parts) or only_asks(parts))):
        return "unsubscribe" if letter else "review"
    if wish != "leave":
        return None
    own = letter is not None and (is_from(parts, letter) or answers(parts, letter))
    return "unsubscribe" if own else "review"


def _bounce(recipients: tuple[Recipient, ...], letter: Sent) -> Report:
    """By the reader's own address where it is named; else by the mildest, for an address may stand for several."""
    own = [one for one in recipients if one.address == letter.recipient.lower()]
    verdicts = {one.verdict for one in own or recipients}
    mildest = next((name for name in _MILDEST if name in verdicts), "soft")
    kind = {"delivered": "success", "delayed": "delay"}.get(mildest, "bounce") if own else "bounce"
    return Report(cast(Kind, kind), _OF_VERDICT.get(mildest, "none"), letter, recipients)


def _recipients(parts: Parts, kind: Kind, letter: Sent | None) -> Iterator[Recipient]:
    if kind == "complaint":
        fields = {**parts.head, **parts.returned, **(parts.feedback or {})}
        named = addresses(first_of(fields, ("original-rcpt-to", "removal-recipient", "x-hmxmroriginalrecipient")))
        yield from (Recipient(address, "complaint") for address in named or ([letter.recipient] if letter else []))
        return
    told = [fields for fields in parts.status if "final-recipient" in fields or "action" in fields]
    if told:
        yield from (_reported(fields, parts, letter) for fields in told)
        return
    for address, words in _in_prose(parts, letter):
        if kind == "bounce":
            judged = judge(words)
            yield Recipient(address, judged.verdict, status_of(words), judged.reason)
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
    return Recipient(address, judged.verdict, status, judged.reason)


def _in_prose(parts: Parts, letter: Sent | None) -> Iterator[tuple[str, str]]:
    """(address, the words about it) in a report without structure."""
    failed = addresses(parts.head.get("x-failed-recipients", ""))
    ours = letter.recipient.lower() if letter else ""
    named = (
        failed or [one for one in dict.fromkeys(addresses(parts.text)) if one == ours] or ([ours] if ours else [])
    )
    for address in dict.fromkeys(named):
        yield address, _about(address, parts.text)


def _about(address: str, text: str) -> str:
    """The words about an address: from where it stands, as far as a cause is told; else all there are."""
    paragraphs = [one for one in re.split(r"\n[ \t]*\n", text) if one.strip()]
    for number, paragraph in enumerate(paragraphs):
        at = paragraph.lower().find(address) if address else -1
        if at < 0:
            continue
        for last in range(number + 2, number + 5):
            words = "\n".join([paragraph[at:], *paragraphs[number + 1 : last]])
            if tells_why(words):
                return words
    return text
