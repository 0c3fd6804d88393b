"""Headers of mails to text: encoded words whose charset lies, names without addresses, dates that can be.

Not `email.headerregistry`: it fails on headers that real mails have, and takes quadratic time on some.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import quopri
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aggregator.read.dates import moment_of
from aggregator.read.encoding import decoded
from aggregator.read.mail_privacy import name_only
from aggregator.text import clean, one_line

_LONGEST = 4_000  # characters of a header
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\n]{0,2000})\?=")
_BETWEEN = re.compile(r"(\?=)\s+(?==\?)")
_ID = re.compile(r"<([^<>\s]{3,400})>")
_ADDRESS = re.compile(r"[^\s<>()\",;:@]+(?:@|\s+at\s+)[\w.-]+")
_LINK = re.compile(r"<\s*(https?://[^<>\s]+)\s*>|^\s*(https?://\S+)", re.I)
_SKEW = timedelta(days=2)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

Headers = dict[str, list[str]]  # names in lower case


def header(headers: Headers, name: str) -> str:
    """The first value of a header as plain text on one line; empty where there is none."""
    values = headers.get(name)
    return text_of(values[0]) if values else ""


def raw_header(headers: Headers, name: str) -> str:
    """The first value as it stands, unfolded."""
    values = headers.get(name)
    return " ".join(values[0][: _LONGEST * 4].split()) if values else ""


def text_of(value: str) -> str:
    """A header's text: raw bytes decoded, encoded words undone (RFC 2047), blanks made one."""
    value = value[:_LONGEST]
    if not value.isascii():
        value = decoded(value.encode("utf-8", "surrogateescape"))
    value = _BETWEEN.sub(r"\1", " ".join(value.split()))
    pieces: list[str] = []
    pending, charset, at = b"", "", 0
    for word in _WORD.finditer(value):
        label = word[1].partition("*")[0].lower()
        if pending and (word.start() != at or label != charset):
            pieces.append(decoded(pending, f"charset={charset}"))
            pending = b""
        pieces.append(value[at : word.start()])
        # Encoders cut characters of several bytes in two: neighbours are put together first.
        pending, charset, at = pending + _octets(word[2], word[3]), label, word.end()
    pieces += [decoded(pending, f"charset={charset}") if pending else "", value[at:]]
    return one_line("".join(pieces))


def _octets(coding: str, body: str) -> bytes:
    if coding in "qQ":
        return quopri.decodestring(body.encode("utf-8", "replace"), header=True)
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return body.encode("utf-8", "replace")


def sender(value: str) -> tuple[str, str]:
    """(name, address) of a From line, also of `name at host (Jane Doe)`. The address is for comparing only."""
    value = " ".join(value[:_LONGEST].split())
    angle, comment = value.rpartition("<"), value.rpartition("(")
    if angle[1]:
        name, address = angle[0], angle[2].partition(">")[0]
    elif comment[1] and value.endswith(")"):
        name, address = comment[2][:-1], comment[0]
    else:
        name, address = ("", value) if _ADDRESS.search(value) else (value, "")
    shown = name_only(text_of(name).strip(" \"'").replace("\\", ""))
    return shown, re.sub(r"\s+at\s+", "@", address.strip()).lower()


def is_mangled(value: str) -> bool:
    """Whether an archive has written the address as `name at host`."""
    return "@" not in value and re.search(r"\S\s+at\s+[\w-]+\.[\w.-]+", value) is not None


def id_of(value: str) -> str:
    """A message's name for us: the hash of its Message-ID, base 32. Archives of Mailman 3 use the same in their
    addresses; and a Message-ID often holds the name of whoever wrote it."""
    digest = hashlib.sha1(value.strip().strip("<>").encode("utf-8", "surrogateescape"), usedforsecurity=False)
    return base64.b32encode(digest.digest()).decode("ascii")


def ids(value: str) -> list[str]:
    """The messages that a References or In-Reply-To header names, in its order."""
    return [id_of(found) for found in _ID.findall(value[: _LONGEST * 4])]


def link(value: str) -> str:
    """The web address in a header such as List-Archive or Archived-At. Bytes that are no ASCII are no address."""
    found = _LINK.search("".join(value.split()) if value.count("<") == 1 else value)
    address = (found[1] or found[2]) if found else ""
    return address if clean(address) == address else ""


def moment(written: str, received: datetime | None) -> datetime | None:
    """When a mail was written. A clock that was wrong (1970, the day after it came) gives way to when it came."""
    said = _moment(written)
    if said is None or said < _EARLIEST:
        return received
    return received if received is not None and said > received + _SKEW else said


def received_at(headers: Headers) -> datetime | None:
    """When the last machine on the way got it."""
    for line in headers.get("received", [])[:1]:
        return _moment(line.rpartition(";")[2])
    return None


def _moment(written: str) -> datetime | None:
    written = " ".join(written[:200].split())
    try:
        found = parsedate_to_datetime(written)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return moment_of(written)
