"""One mail that came back, taken apart: its head, what a person reads in it, its machine-readable parts, and the
letter it returns. Tolerant: half a mail, a lying charset or a torn boundary is no reason to know nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header
from email.message import Message

LARGEST = 2_000_000  # bytes that are looked at
MOST_PARTS = 200
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_RETURNED_TYPES = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/global-headers",
    "message/partial",
)
# How reports without structure say that the returned letter begins (qmail, Exim, Exchange, old sendmail, others).
_BELOW = re.compile(
    r"^(?:-{2,} ?)(?:below this line is a copy|this is a copy of|the body of the message|original message|undelivered"
    r"|returned (?:message|mail)|unsent message|message header|included is a copy|headers? follow|forwarded message)"
    r".*$|^\s*(?:message header follows|your (?:original )?message(?: follows| was):?|the header of the original.*:)\s*$",
    re.IGNORECASE | re.MULTILINE,
)

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parts:
    """A mail in pieces. Field names are in lower case; a field that stands twice keeps its first value.

    `status`: blocks of a delivery report, the first about the message, each other about one recipient (RFC 3464).
    `feedback`: the fields of a complaint (RFC 5965), None without one. `returned`: the head of the letter that came
    back. `text`: what a person reads, without the returned letter. `raw`: every header and text, decoded, to look
    for tokens in.
    """

    head: Fields
    content_type: str
    text: str
    status: tuple[Fields, ...] = ()
    feedback: Fields | None = None
    returned: Fields = field(default_factory=dict)
    raw: str = ""


def take_apart(content: bytes) -> Parts:
    """The pieces of a mail."""
    mail = message_from_bytes(content[:LARGEST], policy=policy.compat32)
    texts: list[str] = []
    status: list[Fields] = []
    feedback: Fields | None = None
    returned: Fields = {}
    for part in _top_parts(mail):
        kind = part.get_content_type()
        if kind in _STATUS_TYPES:
            status += _blocks(_inside(part))
        elif kind == "message/feedback-report":
            feedback = _fields(_inside(part))
        elif kind in _RETURNED_TYPES:
            returned = returned or _fields(_inside(part))
        elif kind.startswith("text/"):
            texts.append(_plain(_decoded(part), kind))
    prose = "\n".join(texts)
    if below := _BELOW.search(prose):
        returned = returned or _fields(prose[below.end() :].lstrip("\n"))
        prose = prose[: below.start()]
    return Parts(
        _fields_of(mail),
        mail.get_content_type(),
        prose,
        tuple(status),
        feedback,
        returned,
        _searchable(mail, content),
    )


def addresses(value: str) -> list[str]:
    """The addresses in a field, in lower case."""
    return [found.lower() for found in re.findall(r"[^\s<>;:,\"()]+@[^\s<>;:,\"()]+", value)]


def message_ids(value: str) -> list[str]:
    return re.findall(r"<[^<>\s]+@[^<>\s]+>", value)


def _top_parts(mail: Message) -> Iterator[Message]:
    """The parts of the report itself; what is inside the returned letter is not the report's own word."""
    waiting: list[Message] = [mail]
    seen = 0
    while waiting and seen < MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting = [*inner, *waiting]
        else:
            yield part


def _inside(part: Message) -> str:
    """What stands in a part, decoded, whatever the parser made of it."""
    payload = part.get_payload()
    if isinstance(payload, list):  # message/*: parsed further, but also when it is base64, which must be undone
        encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
        text = "\n".join(_flat(inner) for inner in payload)
        if encoding in ("base64", "quoted-printable") and len(payload) == 1:
            carrier = Message()
            carrier["Content-Transfer-Encoding"] = encoding
            carrier.set_payload(text.strip("\n"))
            return _text_of(carrier.get_payload(decode=True), "utf-8")
        return text
    return _decoded(part)


def _flat(inner: Message) -> str:
    try:
        return inner.as_string()
    except (MessageError, UnicodeError, LookupError, ValueError, KeyError):
        return "\n".join(f"{name}: {value}" for name, value in inner.items()) + "\n"


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    charset = part.get_param("charset")
    return _text_of(payload, charset if isinstance(charset, str) else "utf-8")


def _text_of(payload: object, charset: str) -> str:
    if not isinstance(payload, bytes):
        return ""
    for name in (charset, "utf-8"):
        try:
            return payload.decode(name)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    return payload.decode("latin-1")


def _plain(text: str, kind: str) -> str:
    if kind != "text/html":
        return text.replace("\r\n", "\n")
    text = re.sub(r"(?is)<(script|style|head)\b.*?</\1>", " ", text)
    text = re.sub(r"(?i)<(br|/p|/div|/tr|/li|/h\d)\b[^>]*>", "\n", text)
    from html import unescape

    return unescape(re.sub(r"<[^<>@]*>", " ", text))


def _blocks(text: str) -> list[Fields]:
    """The blocks of fields in a delivery report, empty ones left out."""
    return [fields for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")) if (fields := _fields(block))]


def _fields(text: str) -> Fields:
    """The header fields at the beginning of a text, unfolded and decoded."""
    text = text.replace("\r\n", "\n").lstrip("\n")
    head = text.partition("\n\n")[0]
    found: dict[str, str] = {}
    for line in re.sub(r"\n[ \t]+", " ", head).split("\n"):
        name, colon, value = line.partition(":")
        if colon and re.fullmatch(r"[\x21-\x7e]+", name):
            found.setdefault(name.lower(), _words(value.strip()))
    return found


def _fields_of(mail: Message) -> Fields:
    found: dict[str, str] = {}
    for name, value in mail.items():
        found.setdefault(name.lower(), _words(re.sub(r"\r?\n[ \t]+", " ", str(value)).strip()))
    return found


def _words(value: str) -> str:
    """A field with its encoded words (RFC 2047) as people read them."""
    if "=?" not in value:
        return value
    try:
        pieces = decode_header(value)
    except (MessageError, ValueError):
        return value
    return "".join(
        piece if isinstance(piece, str) else _text_of(piece, charset or "ascii") for piece, charset in pieces
    )


def _searchable(mail: Message, content: bytes) -> str:
    """Everything as it came, unfolded, and what encodings hide."""
    texts = [re.sub(r"\r?\n[ \t]+", "", content[:LARGEST].decode("latin-1"))]
    for number, part in enumerate(mail.walk()):
        if number >= MOST_PARTS:
            break
        if part.get_content_maintype() != "multipart" and part.get("Content-Transfer-Encoding"):
            texts.append(_inside(part))
    return "\n".join(texts)


def first_of(fields: Fields, names: Sequence[str]) -> str:
    """The first of these fields that is there."""
    return next((fields[name] for name in names if fields.get(name)), "")
