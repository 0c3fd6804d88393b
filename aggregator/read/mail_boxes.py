"""Bytes to messages: one saved mail, an mbox in any of its dialects, the text archives of Pipermail, the notebooks
of LISTSERV; any of them packed with gzip.

An mbox is not clean: a line of a text that begins with "From " may stand there as it was written. A separator is
taken for one only where it has a time and a year, a blank line before it, and a header after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from aggregator.errors import SourceError
from aggregator.model import Document
from aggregator.read.dates import moment_of
from aggregator.read.encoding import unpacked

CODE = "not-a-mail"
MOST_MESSAGES = 2_000  # the last ones of a document
_UNPACKED = 64 << 20  # bytes
_HEADER = rb"[A-Za-z][A-Za-z0-9-]{1,60}[ \t]*:"
_SEPARATOR = re.compile(
    rb"(?:\A|(?<=\n\n))From [^\n]{0,200}?\b\d{1,2}:\d\d(?::\d\d)?[^\n]{0,30}?\b(?:19|20)\d\d[^\n]{0,12}\n(?=>?"
    + _HEADER
    + rb")"
)
_EXACT = re.compile(rb"^From [^\n]*\n", re.MULTILINE)
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_NOTEBOOK = re.compile(rb"(?:\A|(?<=\n))={60,}\n(?=(?:Date|Received|Reply-To|Sender|From)[ \t]*:)")
_KNOWN = re.compile(rb"^(?:From|Subject|Date|Message-ID|Received|Return-Path|MIME-Version|To)[ \t]*:", re.I | re.M)
_ZONE = re.compile(r"([A-Za-z]{3}) +(\d{1,2}) +(\d{1,2}:\d\d(?::\d\d)?)\D{0,12}?((?:19|20)\d\d)")


@dataclass(frozen=True, slots=True)
class Raw:
    """One message as bytes with line feeds, and when it came, where its separator says so."""

    octets: bytes
    received: datetime | None = None


def messages(document: Document) -> list[Raw]:
    """The messages of a document in its order.

    Raises SourceError: `empty`, `not-a-mail`, `unreadable` (a gzip file that is none), `too-large`.
    """
    body = document.body
    is_bundle = "mboxrd" in (document.content_type or "")
    if not body:
        if is_bundle:  # a mailbox in which nothing has come is no failure
            return []
        raise SourceError("empty", "the file has no content")
    body = unpacked(body, _UNPACKED, "unreadable")
    body = body.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n ")
    if not body:
        raise SourceError("empty", "the file has no content")
    for separator in (_EXACT,) if is_bundle else (_SEPARATOR, _NOTEBOOK):
        if separator.match(body):
            return _split(body, separator)[-MOST_MESSAGES:]
    if not _is_message(body):
        raise SourceError(CODE, "it does not begin like a mail")
    return [Raw(body)]


def _split(body: bytes, separator: re.Pattern[bytes]) -> list[Raw]:
    found = [*separator.finditer(body)]
    ends = [one.start() for one in found[1:]] + [len(body)]
    return [
        Raw(_QUOTED.sub(rb"\1", body[one.end() : end]), _received(one[0]))
        for one, end in zip(found, ends, strict=True)
    ]


def _received(line: bytes) -> datetime | None:
    """The moment that a separator tells: `From name Mon Nov  2 10:12:13 2026`."""
    found = _ZONE.search(line.decode("latin-1"))
    moment = moment_of(f"{found[2]} {found[1]} {found[4]} {found[3]}") if found else None
    return moment if moment and moment >= datetime(1990, 1, 1, tzinfo=UTC) else None


def _is_message(body: bytes) -> bool:
    """Whether the bytes begin with lines of a header, two of them known ones."""
    head = body[: max(0, body.find(b"\n\n")) or len(body)][:20_000]
    lines = [line for line in head.split(b"\n") if line[:1] not in (b" ", b"\t")]
    shaped = sum(re.match(_HEADER, line) is not None for line in lines)
    return shaped * 2 > len(lines) and len(_KNOWN.findall(head)) >= 2
