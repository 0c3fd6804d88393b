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
from email.parser import BytesHeaderParser

from aggregator.text import plain

LARGEST = 2_000_000  # bytes that are looked at
MOST_PARTS = 200
LONGEST_VALUE = 20_000  # characters of one field
LONGEST_PROSE = 60_000  # characters of what is read as prose
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_READ_TYPES = ("message/disposition-notification", "message/global-disposition-notification")
_RETURNED_TYPES = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/global-headers",
    "message/partial",
)
# How reports without structure say that the returned letter begins (qmail, Exim, Exchange, old sendmail, others).
_BELOW = re.compile(
    r"^[>* \t]{0,4}(?:[-_=*]{2,80} ?)(?:below this line is a copy|this is a copy of|the body of the message"
    r"|original message|undelivered|returned (?:message|mail)|unsent message|message header|included is a copy"
    r"|headers? follow|urspr[uü]ngliche nachricht|message d.origine|messaggio originale|"
    r"mensaje original).{0,200}$"
    r"|^[ \t]{0,8}(?:message headers? follows?:?|your (?:original )?message(?: follows| was):?"
    r"|original message (?:headers|follows):?|the headers? of the original.{0,80}:)[ \t]{0,8}$",
    re.IGNORECASE | re.MULTILINE,
)

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parts:
    """A mail in pieces. Field names are in lower case; a field that stands twice keeps its first value.

    `status`: blocks of a delivery report, the first about the message, each other about one recipient (RFC
    3464). `feedback`: the fields of a complaint (RFC 5965), None without one. `returned`: the head of the letter
    that came back. `text`: what a person reads, without the returned letter. `raw`: every header and text,
    decoded, to look for tokens in. `report_type`: of a multipart/report (RFC 6522), or ''. `read_receipt`: it says
    that somebody opened or deleted a mail (RFC 8098).
    """

    head: Fields
    text: str
    status: tuple[Fields, ...] = ()
    feedback: Fields | None = None
    returned: Fields = field(default_factory=dict)
    raw: str = ""
    report_type: str = ""
    read_receipt: bool = False


def take_apart(content: bytes) -> Parts:
    """The pieces of a mail."""
    mail = _parsed(content[:LARGEST])
    gathered = _Gathered()
    for part in _top_parts(mail):
        gathered.take(part)
    prose = gathered.prose()
    returned = gathered.returned
    if below := _BELOW.search(prose):
        returned = returned or _fields(prose[below.end() :].lstrip("\n"))
        prose = prose[: below.start()]
    report_type = mail.get_param("report-type") if mail.get_content_maintype() == "multipart" else ""
    report_type = report_type.lower() if isinstance(report_type, str) else ""
    feedback = gathered.feedback
    if feedback is None and report_type == "feedback-report":
        feedback = _feedback_in(prose)
    raw = _searchable(mail, content)
    return Parts(
        _fields_of(mail),
        prose,
        tuple(gathered.status),
        feedback,
        returned,
        raw,
        report_type,
        gathered.read_receipt,
    )


@dataclass(slots=True)
class _Gathered:
    """What the parts of a report hold, as they come by."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    status: list[Fields] = field(default_factory=list)
    feedback: Fields | None = None
    returned: Fields = field(default_factory=dict)
    read_receipt: bool = False

    def take(self, part: Message) -> None:
        kind = part.get_content_type()
        if kind in _STATUS_TYPES:
            self.status += _blocks(_inside(part))
        elif kind == "message/feedback-report":
            self.feedback = _fields(_inside(part))
        elif kind in _RETURNED_TYPES:
            self.returned = self.returned or _fields(_inside(part))
        elif kind in _READ_TYPES:
            self.read_receipt = True
        elif kind == "text/html":
            self.html.append(_decoded(part))
        elif kind.startswith("text/"):
            self.plain.append(_decoded(part))

    def prose(self) -> str:
        """The plain text; HTML only where there is no other, for mostly it says the same again."""
        texts = [_newlines(text) for text in self.plain]
        if not any(text.strip() for text in texts):
            texts = [plain(_QUOTED_HTML.sub(_BEGIN_OF_QUOTE, text[:LONGEST_PROSE])) for text in self.html]
        return "\n".join(texts)[:LONGEST_PROSE]


_QUOTED_HTML = re.compile(
    r"""<blockquote\b|<div (?=[^<>]{0,80}(?:gmail_quote|divRplyFwdMsg|yahoo_quoted))""", re.IGNORECASE
)
_BEGIN_OF_QUOTE = "<p>-----Original Message-----</p><div "


def _parsed(content: bytes) -> Message:
    """The mail; only its head where its parts are nested deeper than any mail program would."""
    try:
        return message_from_bytes(content, policy=policy.compat32)
    except RecursionError:
        return BytesHeaderParser(policy=policy.compat32).parsebytes(content)


def _feedback_in(prose: str) -> Fields:
    """A complaint whose machine-readable part lost its type on the way; no fields when it is not there."""
    begin = re.search(r"^feedback-type:", prose, re.IGNORECASE | re.MULTILINE)
    return _fields(prose[begin.start() :]) if begin else {}


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def addresses(value: str) -> list[str]:
    """The addresses in a field, in lower case."""
    return [found.lower().rstrip(".") for found in _ADDRESS.findall(value)]


_ADDRESS = re.compile(r"(?<![^\s<>;:,\"'()\[\]])[^\s<>;:,\"'()\[\]@]{1,128}@[^\s<>;:,\"'()\[\]@]{1,255}")


def message_ids(value: str) -> list[str]:
    """What stands in angle brackets like a Message-ID."""
    return re.findall(r"<[^<>\s@]{1,250}@[^<>\s@]{1,250}>", value)


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


def _flat(inner: object) -> str:
    if not isinstance(inner, Message):
        return str(inner)
    try:
        return _text_of(inner.as_bytes(), "utf-8")
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


def _blocks(text: str) -> list[Fields]:
    """The blocks of fields in a delivery report, empty ones left out."""
    return [fields for block in re.split(r"\n[ \t]*\n", _newlines(text)) if (fields := _fields(block))]


def _fields(text: str) -> Fields:
    """The header fields at the beginning of a text, unfolded and decoded."""
    text = _newlines(text).lstrip("\n")
    head = text.partition("\n\n")[0]
    found: dict[str, str] = {}
    for line in re.sub(r"\n[ \t]+", " ", head).split("\n"):
        name, colon, value = line.partition(":")
        if colon and re.fullmatch(r"[\x21-\x7e]+", name):
            found.setdefault(name.lower(), _words(value.strip()[:LONGEST_VALUE]))
    return found


def _fields_of(mail: Message) -> Fields:
    found: dict[str, str] = {}
    for name, value in mail.raw_items():
        found.setdefault(name.lower(), _words(re.sub(r"\r?\n[ \t]+", " ", str(value)).strip()[:LONGEST_VALUE]))
    return found


def _words(value: str) -> str:
    """A field with its encoded words (RFC 2047) as people read them."""
    if "=?" not in value:
        return _unescaped(value)
    try:
        pieces = decode_header(value)
    except (MessageError, ValueError):
        return value
    return "".join(
        piece if isinstance(piece, str) else _text_of(piece, charset or "ascii") for piece, charset in pieces
    )


def _unescaped(value: str) -> str:
    """Eight-bit headers, which are no standard but common, and the escapes of RFC 6533, 3."""
    if "\udc80" <= max(value, default="") <= "\udcff":
        value = _text_of(value.encode("utf-8", "surrogateescape"), "utf-8")
    return re.sub(r"\\x\{([0-9A-Fa-f]{2,6})\}", _character, value) if "\\x{" in value else value


def _character(escape: re.Match[str]) -> str:
    number = int(escape[1], 16)
    return chr(number) if number < 0xD800 or 0xE000 <= number < 0x110000 else escape[0]


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
