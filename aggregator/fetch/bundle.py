"""Messages as one document: an mbox in which every line of a message that looks like a separator is quoted (the
form called mboxrd), so that it can be taken apart without guessing. Equal messages make equal bytes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

TYPE = "application/mbox; format=mboxrd"
MOST_MESSAGES = 300  # the newest of a mailbox
LONGEST_MESSAGE = 512 << 10  # bytes; a newsletter is shorter, and what is cut off are attachments
MOST_BYTES = 4 << 20  # of all messages of one visit, without their attachments
# A part that is no text, with its header (of few lines, so that looking for its end stays cheap).
_ATTACHED = re.compile(
    rb"^(Content-Type:[ \t]*(?:application|image|audio|video|font)/[^\n]*\n(?:[^\n]+\n){0,20})\n"
    rb"(?:[A-Za-z0-9+/=]{20,}\n?)+",
    re.IGNORECASE | re.MULTILINE,
)
_SEPARATOR = re.compile(rb"^(>*From )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Kept:
    """One message as it lay in its mailbox, and when it came there (seconds of Unix time)."""

    raw: bytes
    received: float


def kept(raw: bytes, received: float) -> Kept:
    """A message as it is kept: lines ended by a line feed, pictures and attachments emptied, cut where it is
    longer than letters are."""
    return Kept(_ATTACHED.sub(rb"\1\n", raw.replace(b"\r\n", b"\n"))[:LONGEST_MESSAGE], received)


def bundle(messages: Iterable[Kept]) -> bytes:
    """The messages in this order, lines ended by a line feed."""
    return b"".join(_framed(one) for one in messages)


def _framed(message: Kept) -> bytes:
    raw = message.raw.replace(b"\r\n", b"\n").rstrip(b"\n")
    when = time.asctime(time.gmtime(min(max(message.received, 0), 4e9)))
    return b"From mailbox %s\n%s\n\n" % (when.encode("ascii"), _SEPARATOR.sub(rb">\1", raw))
