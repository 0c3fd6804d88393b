"""The header of a letter: what relays, mailboxes and unsubscribe buttons read (why: docs/why/letter.md)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from aggregator.compose import mime
from aggregator.compose.plain import clean, shorten
from aggregator.errors import ConfigError, Problem, Refused
from aggregator.model import Draft, Sender

NAME = 120  # characters of a display name


@dataclass(frozen=True, slots=True)
class Head:
    """The finished fields, and what the letter is known by. `sender`: of the envelope."""

    sender: str
    message_id: str
    lines: tuple[bytes, ...]


def fields(draft: Draft, to: str, subject: str, opaque: str) -> Head:
    """All fields but those of MIME, each once. `opaque` becomes the left side of the Message-ID.

    The Date is the moment the draft was made for, so that a letter made again is the same letter.
    """
    edition, due = draft.edition, draft.due
    same = _of_all(
        draft.sender, edition.name, edition.title, due.until, due.period, due.subscriber.schedule.frequency
    )
    message_id = f"<{opaque}@{same.sender.rpartition('@')[2]}>"
    leave, help_ = [draft.unsubscribe_url], []
    if draft.leave_address:
        # Leaving by mail, for programs that can't do the one-click POST (RFC 2369): the https address comes first.
        # The same address, which knows the reader, gives help with another word.
        address = mime.ascii_address(draft.leave_address)
        leave.append(f"mailto:{address}?subject=unsubscribe")
        help_.append(mime.uris("List-Help", [f"mailto:{address}?subject=help"]))
    lines = [
        *same.origin,
        mime.mailbox("To", "", to),
        mime.unstructured("Subject", subject),
        same.date,
        mime.plain("Message-ID", message_id),
        same.list_id,
        mime.uris("List-Unsubscribe", leave),
        *help_,
        *_AUTOMATIC,
        same.feedback,
    ]
    path = mime.ascii_address(draft.return_path) if draft.return_path else same.sender
    return Head(path, message_id, tuple(lines))


class _OfAll(NamedTuple):
    """The fields that all letters of an edition and period have in common, and the address they come from."""

    sender: str
    origin: tuple[bytes, ...]
    date: bytes
    list_id: bytes
    feedback: bytes


@lru_cache(maxsize=256)
def _of_all(sender: Sender, edition: str, title: str, until: datetime, period: str, frequency: str) -> _OfAll:
    address = own_address(sender.address)
    domain, title = address.rpartition("@")[2], clean(title) or edition
    origin = [mime.mailbox("From", shorten(clean(sender.name) or title, NAME), address)]
    if sender.reply_to:
        origin.append(mime.mailbox("Reply-To", "", own_address(sender.reply_to)))
    list_id = mime.list_id(shorten(title, NAME), _list(edition, domain))
    feedback = mime.plain("Feedback-ID", _feedback((edition, period, frequency), domain))
    return _OfAll(address, tuple(origin), mime.date("Date", until), list_id, feedback)


# One-click (RFC 8058); sent by a machine, on a schedule, to many (RFC 3834): nobody's holiday notice need answer.
_AUTOMATIC = (
    mime.plain("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    mime.plain("Auto-Submitted", "auto-generated"),
    mime.plain("Precedence", "bulk"),
    mime.plain("X-Auto-Response-Suppress", "OOF, AutoReply"),
)


def recipient(email: str) -> str:
    """The reader's address as headers and the envelope carry it. Raises Refused (permanent) if it can't be."""
    try:
        return mime.ascii_address(email)
    except ValueError as error:
        raise Refused(f"the reader's address can't be written to: {error}", permanent=True) from None


@lru_cache(maxsize=16)
def own_address(address: str) -> str:
    """The address that letters come from, as headers carry it. Raises ConfigError where it can't be that."""
    try:
        found = mime.ascii_address(address)
    except ValueError as error:
        found, why = "", str(error)
    else:
        why = "its domain is not a full name"
    if "." not in found.rpartition("@")[2]:
        remedy = "set AGGREGATOR_FROM to an address like digest@example.org"
        raise ConfigError([Problem("settings", None, f"letters can't come from {address!r}: {why}", remedy)])
    return found


def _list(edition: str, domain: str) -> str:
    """The list's identifier (RFC 2919): `digest.example.org`, at most 255 characters and stable over time."""
    label = re.sub(r"[^a-z0-9-]+", "-", edition.lower()).strip("-")[:63] or "digest"
    return f"{label}.{domain}"[:255]


def _feedback(words: Sequence[str], domain: str) -> str:
    """`edition:period:frequency:sender`: statistics by letter, never by reader; no value stands twice."""
    parts: list[str] = []
    for word in words:
        part = re.sub(r"[^A-Za-z0-9-]+", "-", word).strip("-")[:40]
        parts.append("" if part in parts else part)
    return ":".join([*parts, _sender_id(domain)])


def _sender_id(domain: str) -> str:
    """5 to 15 characters that stay the same for one domain."""
    digest = hashlib.sha256(domain.encode()).hexdigest()
    return (re.sub(r"[^a-z0-9]+", "", domain.lower())[:9] + digest)[:15]
