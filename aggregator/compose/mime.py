"""A letter's bytes, by hand: CRLF, 7-bit, every line within its limit.

The standard library's `EmailMessage` costs ten times as much and folds a long List-Unsubscribe address into
encoded-words, which kills one-click; so the few forms a letter needs are written here. `email` is the reference
that the tests compare with. Rules: RFC 5322 (fields), RFC 2045 (bodies), RFC 2047 (words outside ASCII).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote

import idna

CRLF = b"\r\n"
LINE = 78  # what a header line should not exceed (RFC 5322, 2.1.1)
SMALL = 30_000  # bytes of an encoded part that need not be made smaller
QP_LINE = 76  # what a line of quoted-printable must not exceed (RFC 2045, 6.7)
WORD = 75  # what an encoded-word must not exceed (RFC 2047, 2)

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf'(?:{_ATEXT}(?:\.{_ATEXT})*|"(?:[ !#-\[\]-~]|\\[ -~])*")\Z')
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z"
)
_PHRASE = re.compile(rf"{_ATEXT}(?: {_ATEXT})*\Z")
_Q_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")  # RFC 2047, 5 (3)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNFOLD = re.compile(r"\r\n(?=[ \t])")


# ------------------------------------------------------------------------------------------------- header fields
def one_line(text: str) -> str:
    """`text` without control characters and with single blanks: nothing in it can start a new header line."""
    return " ".join(_CONTROL.sub(" ", text).split())


def unstructured(name: str, text: str) -> bytes:
    """A field of free text (Subject), folded; encoded-words as soon as one character is not ASCII."""
    return _field(name, _words(name, one_line(text)))


def mailbox(name: str, phrase: str, address: str) -> bytes:
    """A field with one mailbox and its display name: `From: Library digest <digest@example.org>`."""
    return _field(name, _with_phrase(name, phrase, address))


def list_id(phrase: str, identifier: str) -> bytes:
    """List-Id (RFC 2919): a name for people, then the stable identifier."""
    return _field("List-Id", _with_phrase("List-Id", phrase, identifier))


def uris(name: str, addresses: Sequence[str]) -> bytes:
    """A field of addresses in angle brackets (RFC 2369). It is folded between addresses, never inside one, nor
    before the first: not every mail program looks for it on the second line."""
    return _field(name, [",\r\n ".join(f"<{quote(uri, safe=_URI_SAFE)}>" for uri in addresses)])


def plain(name: str, value: str) -> bytes:
    """A field whose value is ASCII already, folded at blanks."""
    return _field(name, _fold(name, value))


def date(name: str, moment: datetime) -> bytes:
    """A date-time with a numeric zone (RFC 5322, 3.3)."""
    return _field(name, [format_datetime(moment)])


_URI_SAFE = "".join(chr(n) for n in range(33, 127) if chr(n) not in '<>"')


def _field(name: str, lines: Sequence[str]) -> bytes:
    return f"{name}: {''.join(lines)}".encode("ascii") + CRLF


def _with_phrase(name: str, phrase: str, inner: str) -> list[str]:
    phrase = one_line(phrase)
    if not phrase:
        return [inner] if "@" in inner else [f"<{inner}>"]
    if not phrase.isascii() or "=?" in phrase:
        words = _words(name, phrase)
        last = words[-1].rpartition("\n")[2]
        fits = len(name) + len(last) + len(inner) + 5 <= WORD
        return [*words, " " if fits else "\r\n ", f"<{inner}>"]
    if not _PHRASE.match(phrase):
        phrase = '"' + phrase.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _fold(name, f"{phrase} <{inner}>")


def _fold(name: str, value: str) -> list[str]:
    """`value` with a line break before each blank at which the line would grow too long."""
    lines, room = [""], LINE - len(name) - 2
    for number, word in enumerate(value.split(" ")):
        if number and len(lines[-1]) + 1 + len(word) > room:
            lines, room = [*lines, word], LINE - 1
        else:
            lines[-1] += f" {word}" if number else word
    return ["\r\n ".join(lines)]


def _words(name: str, text: str) -> list[str]:
    if text.isascii() and "=?" not in text:
        return _fold(name, text)
    q_form = [_q(character) for character in text]
    b_length = 4 * (len(text.encode()) // 3 + 1)
    packed = _pack_q(q_form, name) if sum(map(len, q_form)) <= b_length else _pack_b(text, name)
    return ["\r\n ".join(packed)]


@lru_cache(maxsize=4096)
def _q(character: str) -> str:
    if character in _Q_SAFE:
        return character
    return "_" if character == " " else "".join(f"={byte:02X}" for byte in character.encode())


def _pack_q(characters: Sequence[str], name: str) -> list[str]:
    """Encoded-words of whole characters, the first short enough to stand behind the field's name."""
    words, room = [""], min(WORD, 76 - len(name) - 2) - 12
    for character in characters:
        if len(words[-1]) + len(character) > room:
            words, room = [*words, ""], WORD - 12
        words[-1] += character
    return [f"=?utf-8?q?{word}?=" for word in words if word]


def _pack_b(text: str, name: str) -> list[str]:
    words, room = [b""], (min(WORD, 76 - len(name) - 2) - 12) // 4 * 3
    for character in text:
        encoded = character.encode()
        if len(words[-1]) + len(encoded) > room:
            words, room = [*words, b""], (WORD - 12) // 4 * 3
        words[-1] += encoded
    return [f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in words if word]


def ascii_address(address: str) -> str:
    """The address as it stands in ASCII headers: the domain in punycode (IDNA 2008).

    Raises ValueError, without naming the address, where there is no such form: bad syntax, or a local part
    outside ASCII, which would need SMTPUTF8 (RFC 6531) all the way to the reader.
    """
    local, at, domain = address.strip().rpartition("@")
    if not at:
        raise ValueError("the address has no @")
    if not local.isascii():
        raise ValueError("the part before the @ is not ASCII, which needs SMTPUTF8")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError:
            raise ValueError("the domain is no valid name") from None
    if not _LOCAL.match(local) or len(local) > 64:
        raise ValueError("the part before the @ is not valid")
    if not _DOMAIN.match(domain) or len(local) + len(domain) > 253:
        raise ValueError("the domain is not valid")
    return f"{local}@{domain.lower()}"


# ------------------------------------------------------------------------------------------------------- bodies
# Where a piece has this, `filled` puts in what belongs to one reader; quoted-printable itself never contains it.
SLOT = b"\x00"
_SOFT = b"=\r\n"  # a line break that is none of the text (RFC 2045, 6.7)


def chunk(text: str) -> bytes:
    """`text` as whole lines of quoted-printable (any line breaks; one is added at the end if missing). Lone
    surrogates become `?`. Chunks may be kept and joined in any order."""
    return _printable(text if text.endswith("\n") or not text else f"{text}\n")


def piece(text: str) -> bytes:
    """`text` as `chunk` gives it, but where it ends within a line, what is joined to it goes on in that line. Each
    NUL in it becomes a `SLOT`."""
    *before, last = text.split("\0")
    return SLOT.join([*map(_open, before), _open(last)])


def filled(body: bytes, text: str) -> bytes:
    """The body with `text`, which has no line breaks, in each of its slots."""
    return body.replace(SLOT, _open(text))


def _open(text: str) -> bytes:
    """The text, so that more may follow in its last line."""
    lines = _printable(text)
    if not text or text.endswith(("\n", "\r")):
        return lines
    start = lines.rfind(b"\n") + 1
    if len(lines) - start >= QP_LINE:  # no room for the soft break
        middle = start + QP_LINE // 2
        while b"=" in lines[middle - 2 : middle]:
            middle -= 1  # no escape is torn
        lines = lines[:middle] + _SOFT + lines[middle:]
    return lines + _SOFT


def _printable(text: str) -> bytes:
    data = text.encode("utf-8", "replace").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return binascii.b2a_qp(data).replace(b"\n", CRLF)


def part(subtype: str, body: bytes) -> bytes:
    """One text part with its headers, of a quoted-printable body, which becomes base64 where that is far smaller
    (RFC 2045, 6).

    Small parts stay quoted-printable: people can read in them, and filters take base64 for a disguise."""
    encoding = b"quoted-printable"
    # Each `=` has made the text longer by three bytes at most, so few of them can't have made it far larger.
    if len(body) > SMALL and 15 * body.count(b"=") > 2 * len(body):
        raw = binascii.a2b_qp(body)
        if 3 * len(body) > 5 * len(raw):
            body, encoding = base64.encodebytes(raw).replace(b"\n", CRLF), b"base64"
    head = b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: %b\r\n\r\n"
    return head % (subtype.encode(), encoding) + body


def alternative(fields: Iterable[bytes], boundary: str, parts: Sequence[bytes]) -> bytes:
    """The whole message: multipart/alternative, plainest part first (RFC 2046, 5.1.4).

    `boundary` starts with `=_`, which neither quoted-printable nor base64 can contain.
    """
    head = (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="=_%b"\r\n\r\n'
        % boundary.encode()
    )
    line = b"--=_%b" % boundary.encode()
    body = b"".join(line + CRLF + piece + CRLF for piece in parts)
    return b"".join(fields) + head + body + line + b"--" + CRLF


# -------------------------------------------------------------------------------------------------- read it back
@dataclass(frozen=True, slots=True)
class Opened:
    """A letter of ours, taken apart: fields in order and unfolded, both texts; None where a part is missing."""

    fields: tuple[tuple[str, str], ...]
    text: str | None
    html: str | None


def opened(content: bytes) -> Opened:
    """Take a letter made by `alternative` apart. Undecodable bytes become U+FFFD; nothing is raised."""
    head, _, body = content.partition(b"\r\n\r\n")
    found: dict[str, str] = {}
    for piece in _pieces(head, body):
        # The line break before a boundary belongs to the boundary (RFC 2046, 5.1.1).
        part_head, _, payload = piece.removesuffix(CRLF).partition(b"\r\n\r\n")
        kind = re.search(rb"text/(plain|html)", part_head)
        if kind:
            found[kind[1].decode()] = _decoded(part_head, payload)
    return Opened(_fields(head), found.get("plain"), found.get("html"))


def lines_of(printable: bytes) -> str:
    """What a piece of a body says."""
    return binascii.a2b_qp(printable).decode("utf-8", "replace").replace("\r\n", "\n")


def _fields(head: bytes) -> tuple[tuple[str, str], ...]:
    lines = _UNFOLD.sub("", head.decode("ascii", "replace")).split("\r\n")
    return tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))


def _pieces(head: bytes, body: bytes) -> list[bytes]:
    boundary = re.search(rb'boundary="([^"]+)"', head)
    return body.split(b"--" + boundary[1])[1:-1] if boundary else []


def _decoded(head: bytes, payload: bytes) -> str:
    if b"base64" not in head:
        return lines_of(payload)
    try:
        return base64.b64decode(payload).decode("utf-8", "replace").replace("\r\n", "\n")
    except binascii.Error:
        return ""
