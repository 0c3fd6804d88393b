"""One message of many parts to what it says: who, when, about what, its texts. Never to more than that: what a
message carries besides (pictures, attachments, signatures of machines) is not looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from aggregator.read.encoding import decoded
from aggregator.read.mail_boxes import Raw
from aggregator.read.mail_headers import (
    Headers,
    header,
    id_of,
    ids,
    is_mangled,
    link,
    moment,
    raw_header,
    received_at,
    sender,
)
from aggregator.read.mail_words import MACHINE_SUBJECT
from aggregator.text import clean, fold, title

LONGEST_BODY = 600_000  # characters of one text of one message
_PARTS, _DEEPEST = 200, 20
_CONTAINERS = re.compile(rb"^content-type[ \t]*:[ \t]*(?:multipart/|message/)", re.I | re.M)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.I)
_MACHINES = re.compile(r"^(?:mailer-daemon|postmaster|mailerdaemon|mail-daemon|noreply-dmarc\S*)@?", re.I)
_MACHINE_NAMES = re.compile(r"mail delivery (?:sub)?system|mailer-daemon|postmaster$", re.I)
# What the email package raises for parameters and codings that are broken in ways it does not foresee.
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Mail:
    """One message. `key` is its name for us; `parents` are those of the messages it answers, the first one first.
    `address` and `recipients` are for comparing only and go no further. `enclosed`: the messages of a digest."""

    key: str
    subject: str = ""
    author: str = ""
    address: str = ""
    at: datetime | None = None
    language: str | None = None
    text: str = ""
    html: str = ""
    headers: Headers = field(default_factory=dict)
    parents: tuple[str, ...] = ()
    recipients: frozenset[str] = frozenset()
    mangled: bool = False
    types: frozenset[str] = frozenset()
    enclosed: tuple[Mail, ...] = ()

    @property
    def archived_at(self) -> str:
        """Its own place in an archive on the web (RFC 5064), or where that of Mailman 3 has it."""
        own = link(raw_header(self.headers, "archived-at"))
        archive = link(raw_header(self.headers, "list-archive"))
        if own or not re.search(r"/list/[^/]+@[^/]+/?$", archive):
            return own
        return f"{archive.rstrip('/')}/message/{self.key}/"

    @property
    def list_id(self) -> str:
        """The name of its list as programs know it: `lis-example.lists.example.org` (RFC 2919)."""
        said = header(self.headers, "list-id")
        return (said.rpartition("<")[2].partition(">")[0] or said).strip().lower()


def parsed(raw: Raw) -> Mail | None:
    """The mail in these bytes; None for what is broken beyond reading, or has no header of a mail."""
    octets = raw.octets
    if len(_CONTAINERS.findall(octets)) > _PARTS // 2:  # parts inside parts without end are no letter
        octets = octets.partition(b"\n\n")[0]
    try:
        mail = _mail(message_from_bytes(octets, policy=compat32), raw.received, 0)
    except _BROKEN:
        return None
    return mail if mail.headers.keys() & {"from", "subject", "date", "message-id"} else None


def _mail(message: Message, received: datetime | None, depth: int) -> Mail:
    headers: Headers = {}
    for name, value in message.raw_items():
        headers.setdefault(str(name).lower(), []).append(str(value))
    came = received_at(headers) or received
    bodies = _Bodies()
    bodies.collect(message, depth)
    if (
        bodies.forwarded
        and not "".join((*bodies.texts, *bodies.pages)).strip()
        and "multipart/report" not in bodies.types
    ):
        whole = bodies.forwarded[0]  # sent on as it was, without a word
        return replace(whole, recipients=whole.recipients | frozenset(_recipients(headers)))
    said = _said(headers, came)
    text, html = "\n\n".join(bodies.texts), "\n".join(bodies.pages)
    key = (
        id_of(raw)
        if (raw := raw_header(headers, "message-id"))
        else id_of(f"{said.subject}\n{said.at}\n{text[:500]}")
    )
    enclosed = tuple(replace(one, mangled=one.mangled or said.mangled) for one in bodies.enclosed)
    return replace(said, key=key, text=text, html=html, types=frozenset(bodies.types), enclosed=enclosed)


def from_headers(headers: Headers, text: str, digest: Mail) -> Mail:
    """A message that stands as text in a digest, with the little of a header that it has there."""
    said = _said(headers, digest.at)
    raw = raw_header(headers, "message-id")
    key = id_of(raw) if raw else id_of(f"{said.subject}\n{said.at}\n{text[:500]}")
    return replace(said, key=key, text=text, mangled=said.mangled or digest.mangled)


def _said(headers: Headers, came: datetime | None) -> Mail:
    """What the header says."""
    written = raw_header(headers, "from")
    author, address = sender(written)
    parents = [*ids(raw_header(headers, "references")), *ids(raw_header(headers, "in-reply-to"))]
    language = header(headers, "content-language").partition(",")[0].strip()
    return Mail(
        key="",
        subject=title(header(headers, "subject")),
        author=author,
        address=address,
        at=moment(raw_header(headers, "date"), came),
        language=language if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", language) else None,
        headers=headers,
        parents=tuple(dict.fromkeys(parents)),
        recipients=frozenset(_recipients(headers)),
        mangled=is_mangled(written),
    )


def _recipients(headers: Headers) -> Iterator[str]:
    for name in ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc"):
        for value in headers.get(name, [])[:3]:
            yield from (one.lower() for one in re.findall(r"[\w.+-]{1,64}@[\w.-]{1,100}", value[:2_000]))


# --------------------------------------------------------------------------------------------------- its parts
@dataclass(slots=True)
class _Bodies:
    texts: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    types: set[str] = field(default_factory=set)
    enclosed: list[Mail] = field(default_factory=list)
    forwarded: list[Mail] = field(default_factory=list)
    room: int = _PARTS

    def collect(self, message: Message | str, depth: int, inside: str = "") -> None:
        self.room -= 1
        if isinstance(message, str):  # a part that is none
            return
        kind = message.get_content_type()
        self.types.add(kind)
        if self.room < 0 or depth > _DEEPEST:
            return
        payload = message.get_payload()
        if isinstance(payload, list):
            for part in payload:
                if kind.startswith("message/"):
                    self._enclose(part, depth, inside)
                else:
                    self.collect(part, depth + 1, kind)
        elif kind in ("text/plain", "text/html") and not _is_attached(message):
            (self.texts if kind == "text/plain" else self.pages).append(_text(message))

    def _enclose(self, message: Message | str, depth: int, inside: str) -> None:
        """Messages of a digest are its contents; of another mail that which was sent on with it."""
        if isinstance(message, str):
            return
        if inside == "multipart/digest":
            self.enclosed.append(_mail(message, None, depth + 1))
        elif not self.forwarded:
            self.forwarded.append(_mail(message, None, depth + 1))


def _is_attached(message: Message) -> bool:
    return str(message.get("Content-Disposition", "")).strip().lower().startswith("attachment")


def _text(part: Message) -> str:
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        return ""
    charset = part.get_content_charset() or ""
    if not charset and (said := _CHARSET.search(octets[:2_000])):
        charset = said[1].decode("ascii", "replace")
    text = decoded(octets[: LONGEST_BODY * 2], f"charset={charset}")[:LONGEST_BODY]
    text = clean(text.replace("\r\n", "\n").replace("\r", "\n"))
    is_flowed = str(part.get_param("format", "")).lower() == "flowed"
    return _unflowed(text, str(part.get_param("delsp", "")).lower() == "yes") if is_flowed else text


def _unflowed(text: str, joined: bool) -> str:
    """Soft line ends taken out (RFC 3676); the line of a signature, `-- `, is none."""
    lines: list[str] = []
    soft = False
    for line in text.split("\n"):
        quoted = line.startswith(">")
        line = line[1:] if line.startswith(" ") else line
        if soft and lines and not quoted and line != "-- ":
            lines[-1] = (lines[-1][:-1] if joined else lines[-1]) + line
        else:
            lines.append(line)
        soft = line.endswith(" ") and line != "-- " and not quoted
    return "\n".join(lines)


# ------------------------------------------------------------------------------------------------- what it is
def is_automatic(mail: Mail) -> bool:
    """Whether a machine wrote it about mail itself: an absence, a bounce, a receipt, a matter of subscription."""
    headers = mail.headers
    auto = header(headers, "auto-submitted").lower()
    if auto.startswith(("auto-replied", "auto-notified")) or (auto.startswith("auto-") and not is_bulk(mail)):
        return True
    if mail.types & {"multipart/report", "message/delivery-status", "message/disposition-notification"}:
        return True
    if any(name in headers for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-failed-recipients")):
        return True
    if (
        header(headers, "precedence").lower() == "auto_reply"
        or header(headers, "x-list-administrivia").lower() == "yes"
    ):
        return True
    if _MACHINES.match(mail.address) or _MACHINE_NAMES.match(mail.author):
        return True
    return MACHINE_SUBJECT.match(fold(mail.subject)) is not None


def is_bulk(mail: Mail) -> bool:
    """Whether its header says that many got it."""
    names = (
        "list-unsubscribe",
        "list-id",
        "list-post",
        "feedback-id",
        "x-campaign",
        "x-campaignid",
        "x-mailgun-tag",
    )
    bulk = header(mail.headers, "precedence").lower() in ("bulk", "list")
    return bulk or any(name in mail.headers for name in names)


def is_discussion(mail: Mail) -> bool:
    """Whether it came over a list on which many write, or answers another mail."""
    headers = mail.headers
    post = raw_header(headers, "list-post")
    if post and not post.upper().startswith("NO"):
        return True
    if any(name in headers for name in ("x-beenthere", "mailing-list", "x-mailman-version", "x-google-group-id")):
        return not post
    return mail.mangled or bool(mail.parents) or header(headers, "precedence").lower() == "list"
