"""What a browser sends: read within bounds, and only from our own pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from aggregator.config.columns import read_row
from aggregator.model import Catalogue, Subscriber

BODY = 64 * 1024  # octets of a form without files; the largest of ours has some thousand
_FIELDS = 1000
_BOUNDARY = re.compile(r'boundary=(?:"([^"\r\n]{1,70})"|([^\s;",]{1,70}))', re.I)
_NAME = re.compile(r'^content-disposition:\s*form-data;(?:.*;)?\s*name="([^"\r\n]*)"', re.I | re.M)
_FILE_NAME = re.compile(r'^content-disposition:.*;\s*filename="([^"\r\n]*)"', re.I | re.M)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form or a query, in their order: text without control characters but line breaks, blanks
    around it taken away."""

    fields: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """The first value of a field."""
        return next((value for key, value in self.fields if key == name), default)

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a field that may come several times, empty ones left out."""
        return tuple(value for key, value in self.fields if key == name and value)

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)


def page_of(query: Form, last: int) -> int | None:
    """Which page of a list `?page=` asks for, from 1 to `last`: the first where it says nothing, None where there
    can be no such page."""
    said = query.get("page", "1")
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 0
    return number if 1 <= number <= last else None


class TooLarge(Exception):
    """The body is larger than this page takes; no more of it was read."""


class NotAForm(Exception):
    """The body is none that our pages send."""


def fields_of(encoded: str) -> Form:
    """The fields of an `application/x-www-form-urlencoded` text. Raises NotAForm."""
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError as error:
        raise NotAForm from error
    return Form(tuple((name, _clean(value)) for name, value in pairs))


def _clean(value: str) -> str:
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in lines if char in "\n\t" or char.isprintable()).strip()


async def body_of(request: Request, most: int = BODY) -> bytes:
    """The body, read to its end. Raises TooLarge."""
    parts: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise TooLarge
        parts.append(chunk)
    return b"".join(parts)


async def form_of(request: Request, most: int = BODY) -> Form:
    """The form that was sent, with its files; `most` octets in all. Raises TooLarge, NotAForm."""
    header = request.headers.get("content-type", "")
    kind = header.partition(";")[0].strip().lower()
    content = await body_of(request, most)
    if kind == "multipart/form-data" and most > BODY:  # a page that takes files
        return multipart_of(content, header)
    if kind not in ("application/x-www-form-urlencoded", "") or (content and not kind):
        raise NotAForm
    try:
        return fields_of(content.decode("ascii"))
    except UnicodeDecodeError as error:
        raise NotAForm from error


def multipart_of(content: bytes, header: str) -> Form:
    """The fields and files of a `multipart/form-data` body (RFC 7578); `header` is its Content-Type. Raises
    NotAForm.

    Of a field that came with a file name, the name as the browser gave it and the bytes as they are; one without
    a file chosen is left out."""
    found = _BOUNDARY.search(header)
    if not found:
        raise NotAForm
    mark = b"--" + (found[1] or found[2]).encode("latin-1")
    start, *parts = (b"\r\n" + content).split(b"\r\n" + mark)
    if start.strip() or not parts or not parts.pop().startswith(b"--") or len(parts) > _FIELDS:
        raise NotAForm
    fields: list[tuple[str, str]] = []
    files: dict[str, tuple[str, bytes]] = {}
    for part in parts:
        _take(part, fields, files)
    return Form(tuple(fields), files)


def _take(part: bytes, fields: list[tuple[str, str]], files: dict[str, tuple[str, bytes]]) -> None:
    head, blank, value = part.partition(b"\r\n\r\n")
    said = head.decode("utf-8", "replace")
    name = _NAME.search(said)
    if not blank or not name:
        raise NotAForm
    if (file := _FILE_NAME.search(said)) is None:
        fields.append((_unquoted(name[1]), _clean(value.decode("utf-8", "replace"))))
    elif file[1] or value:
        files[_unquoted(name[1])] = _unquoted(file[1]), value


def _unquoted(name: str) -> str:
    """Browsers write these three so (HTML, 4.10.21.8)."""
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def address_of(text: str, catalogue: Catalogue) -> tuple[str, str]:
    """(address as it is kept, '') of what somebody wrote, or ('', what is wrong): `address`, or `ascii` for one
    that our letters can't carry."""
    reader = read_row({"email": text}, Subscriber("", ""), catalogue).reader
    if reader is not None:
        return reader.email, ""
    return "", "ascii" if "@" in text and not text.rpartition("@")[0].isascii() else "address"


def is_ours(request: Request, base_url: str) -> bool:
    """Whether a form was sent from one of our own pages, by what the browser says of it: `Sec-Fetch-Site` (W3C
    Fetch Metadata), else `Origin` (RFC 6454). Programs that are no browsers say neither, and nobody can be made to
    use one against their will.

    Pages with `Referrer-Policy: no-referrer` make browsers send `Origin: null`. Over https that comes with
    `Sec-Fetch-Site`; over plain http, where browsers leave the latter out, it has to be believed.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return True
    ours = urlsplit(base_url)
    if origin == "null":
        return ours.scheme == "http"
    return origin in (
        f"{ours.scheme}://{ours.netloc}",
        f"{request.url.scheme}://{request.headers.get('host', '')}",
    )
