"""The header of a letter: what relays, mailboxes and unsubscribe buttons read (why: docs/why/letter.md)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from aggregator.compose import mime
from aggregator.compose.plain import clean, shorten
from aggregator.errors import ConfigError, Problem, Refused
from aggregator.model import Draft

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
    sender = own_address(draft.sender.address)
    domain = sender.rpartition("@")[2]
    title = clean(draft.edition.title) or draft.edition.name
    name = shorten(clean(draft.sender.name) or title, NAME)
    message_id = f"<{opaque}@{domain}>"
    lines = [mime.mailbox("From", name, sender)]
    if draft.sender.reply_to:
        lines.append(mime.mailbox("Reply-To", "", own_address(draft.sender.reply_to)))
    lines += [
        mime.mailbox("To", "", to),
        mime.unstructured("Subject", subject),
        mime.date("Date", draft.due.until),
        mime.plain("Message-ID", message_id),
        mime.list_id(shorten(title, NAME), _list(draft.edition.name, domain)),
        mime.uris("List-Unsubscribe", [draft.unsubscribe_url, *_by_mail(draft.leave_address)]),
        *_help(draft.leave_address),
        *_AUTOMATIC,
        mime.plain("Feedback-ID", _feedback(draft, domain)),
    ]
    return Head(mime.ascii_address(draft.return_path) if draft.return_path else sender, message_id, tuple(lines))


def _by_mail(address: str) -> list[str]:
    """Leaving by mail, for programs that can't do the one-click POST (RFC 2369); the https address comes first."""
    return [f"mailto:{mime.ascii_address(address)}?subject=unsubscribe"] if address else []


def _help(address: str) -> list[bytes]:
    """Where help is to be had by mail (RFC 2369): the same address, which knows the reader, with another word."""
    return [mime.uris("List-Help", [f"mailto:{mime.ascii_address(address)}?subject=help"])] if address else []


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


def _feedback(draft: Draft, domain: str) -> str:
    """`edition:period:frequency:sender`: statistics by letter, never by reader; no value stands twice."""
    words = (draft.edition.name, draft.due.period, draft.due.subscriber.schedule.frequency)
    parts: list[str] = []
    for word in words:
        part = re.sub(r"[^A-Za-z0-9-]+", "-", word).strip("-")[:40]
        parts.append("" if part in parts else part)
    return ":".join([*parts, _sender_id(domain)])


def _sender_id(domain: str) -> str:
    """5 to 15 characters that stay the same for one domain."""
    digest = hashlib.sha256(domain.encode()).hexdigest()
    return (re.sub(r"[^a-z0-9]+", "", domain.lower())[:9] + digest)[:15]
