"""Bytes to text, when what is declared and what is there differ.

The order: a byte order mark, the pattern of UTF-16, UTF-32 or EBCDIC, valid UTF-8 (whatever was declared: bytes
beyond ASCII are valid UTF-8 by chance about never), the document's own declaration, the Content-Type, then
Windows-1252. Single broken bytes in a document that is otherwise UTF-8 cost themselves only. Labels are read as
browsers read them (WHATWG Encoding Standard): Latin-1 means Windows-1252, GB 2312 means GB 18030.
"""

from __future__ import annotations

import codecs
import re
import zlib

from aggregator.errors import SourceError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = {b"\x00\x00\x00<": "utf-32-be", b"<\x00\x00\x00": "utf-32-le"}
_EBCDIC = "<?xm".encode("cp037")  # what mainframes write; the letters of a declaration are alike in all of it
_LABELS = {
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "iso_8859-1": "cp1252",
    "us-ascii": "cp1252", "ascii": "cp1252", "ansi": "cp1252", "windows-1252": "cp1252", "x-cp1252": "cp1252",
    "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030",
    "x-gbk": "gb18030", "gb_2312-80": "gb18030", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932",
    "x-sjis": "cp932", "windows-31j": "cp932", "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "big5": "cp950",
    "x-user-defined": "cp1252", "unicode": "utf-8", "utf8": "utf-8", "utf-16": "utf-8",
}  # fmt: skip
# Names that Python knows as codecs, but that no document is written in (as rot13, zlib and the like).
_NO_ENCODINGS = {
    "idna",
    "punycode",
    "undefined",
    "unicodeescape",
    "rawunicodeescape",
    "utf-7",
    "utf7",
    "mbcs",
    "oem",
}
# A declared UTF-16 that can be read as ASCII is none: hence the last entry of _LABELS.
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:+-]{1,40})["']""", re.I)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:+-]{1,40})""", re.I)
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def decoded(body: bytes, content_type: str | None = None) -> str:
    """The text of a document. Never fails: what cannot be read becomes U+FFFD."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    if four_bytes := _WIDE.get(body[:4]):
        return body.decode(four_bytes, "replace")
    if body.startswith(_EBCDIC):
        declared = _codec(_DECLARED.search(body[:1024].decode("cp037").encode("utf-8")))
        return body.decode(declared or "cp037", "replace")
    if b"\x00" in body[:4]:
        wide = "utf-16-be" if body[:1] == b"\x00" else "utf-16-le"
        return body.decode(wide, "replace")
    said = _codec(_DECLARED.search(body[:1024])) or _codec(_CHARSET.search(content_type or ""))
    if body.isascii():
        return body.decode(said if said and said.startswith("iso2022") else "ascii")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if said in (None, "utf-8"):
        return _mended(body)
    return body.decode(said or "cp1252", "western" if said == "cp1252" else "replace")


def unpacked(body: bytes, most: int, code: str) -> bytes:
    """The bytes of a gzip file, or the very bytes given where they are none. Raises SourceError: `code` for one
    that is broken, `too-large` for one with more than `most` bytes in it."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(body, most)
    except zlib.error as error:
        raise SourceError(code, "a compressed file that is broken") from error
    if unpacker.unconsumed_tail:
        raise SourceError("too-large", f"unpacked it has more than {most:,} bytes")
    return found


def _codec(found: re.Match[bytes] | re.Match[str] | None) -> str | None:
    if found is None:
        return None
    label = found[1].decode("ascii") if isinstance(found[1], bytes) else found[1]
    name = _LABELS.get(label.lower(), label)
    try:
        info = codecs.lookup(name)
    except LookupError:
        return None
    name = info.name.replace("_", "")
    return name if info._is_text_encoding and name not in _NO_ENCODINGS else None


def _mended(body: bytes) -> str:
    """UTF-8 with its broken bytes read as Windows-1252, or Windows-1252 where little of it is UTF-8."""
    high = len(body) - len(body.translate(None, bytes(range(128, 256))))
    in_sequences = sum(len(found[0]) for found in _SEQUENCE.finditer(body))
    if in_sequences * 2 >= high:
        return body.decode("utf-8", "western")
    return body.decode("cp1252", "western")


def _western(error: UnicodeError) -> tuple[str, int]:
    """The bytes at which decoding stopped, each as Windows-1252 has it, or as the C1 control that it is."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    broken = error.object[error.start : error.end]
    return "".join(bytes([one]).decode("cp1252", "ignore") or "\ufffd" for one in broken), error.end


codecs.register_error("western", _western)
