"""Content codings undone piece by piece, so that a small body can't unpack into all of our memory."""

from __future__ import annotations

import zlib
from typing import Literal

from aggregator.fetch.failures import failure

OFFERED = "gzip, deflate"  # br and zstd are not offered: their decoders here can't be bounded

_MEMBERS = 1000  # parts of one gzip body; more is an attack on our time
_PLAIN = frozenset({"", "identity", "none", "binary", "utf-8"})  # names that servers give to no coding at all
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP = b"\x1f\x8b"
_TEXT = (b"<", b"{", b"[", b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe", b"BEGIN:", b" ", b"\t", b"\r", b"\n")

Layer = Literal["unknown", "plain", "gzip", "zlib", "deflate"]
_WINDOW = {"gzip": 31, "zlib": 15, "deflate": -15}


def coding_of(header: str) -> str:
    """The one coding named by Content-Encoding, or "". Raises SourceError bad-encoding for one that we can't
    undo, or for several on top of each other (each would multiply what a bomb unpacks to)."""
    named = [name for name in (part.strip().lower() for part in header.split(",")) if name not in _PLAIN]
    if len(named) > 1 or (named and named[0] not in _PACKED):
        raise failure("bad-encoding", header[:60])
    return named[0] if named else ""


class Decoder:
    """feed() the raw pieces, then finish() for the whole body. Never holds more than `limit` bytes decoded.

    The bytes are believed, not the header: gzip is undone even where no coding is named, and what was sent
    plain under the name of a coding is taken as it is. Several gzip members are joined (RFC 1952, 2.2); what
    follows the last one is ignored. `deflate` is zlib (RFC 9110, 8.4.1.2) or, as some servers have it, raw.
    Raises SourceError: too-large, bad-encoding, truncated.
    """

    def __init__(self, coding: str, limit: int) -> None:
        self._coding, self._limit = coding, limit
        self._layer: Layer = "unknown"
        self._raw = bytearray()  # undecided beginnings; for raw deflate everything, to fall back on
        self._raw_size = 0
        self._pieces: list[bytes] = []
        self._size = 0
        self._inflate = zlib.decompressobj()
        self._members = 1
        self._half_magic = b""

    def feed(self, data: bytes) -> None:
        self._raw_size += len(data)
        if self._raw_size > self._limit:
            raise failure("too-large", f"over {self._limit} bytes")
        if self._layer == "unknown":
            self._raw += data
            if len(self._raw) < 2:
                return
            data = bytes(self._raw)
            self._begin(data)
        elif self._layer == "deflate":
            self._raw += data
        self._take(data)

    def finish(self) -> bytes:
        """The whole body."""
        if self._layer == "unknown":
            return bytes(self._raw)
        if self._layer != "plain" and not self._inflate.eof:
            if self._layer == "deflate" and self._looks_plain():
                return bytes(self._raw)
            raise failure("truncated", "its compressed form is cut off")
        return b"".join(self._pieces)

    def _begin(self, data: bytes) -> None:
        if data.startswith(_GZIP):
            self._layer = "gzip"
        elif self._coding and data[0] & 0x0F == 8 and data[0] >> 4 <= 7 and int.from_bytes(data[:2]) % 31 == 0:
            self._layer = "zlib"
        else:
            self._layer = "deflate" if self._coding == "deflate" else "plain"
        if self._layer != "deflate":
            self._raw.clear()
        if self._layer != "plain":
            self._inflate = zlib.decompressobj(_WINDOW[self._layer])

    def _take(self, data: bytes) -> None:
        if self._layer == "plain":
            self._keep(data)
            return
        try:
            self._unpack(data)
        except zlib.error:
            if self._layer != "deflate" or not self._looks_plain():
                raise failure("bad-encoding", "its compressed form is damaged") from None
            self._layer, self._pieces, self._size = "plain", [], 0
            self._keep(bytes(self._raw))

    def _unpack(self, data: bytes) -> None:
        data, self._half_magic = self._half_magic + data, b""
        while data:
            if self._inflate.eof:
                if data == _GZIP[:1]:
                    self._half_magic = data  # the next member may begin here, cut between two pieces
                    return
                if self._layer != "gzip" or not data.startswith(_GZIP):
                    return  # padding, or a line that somebody printed after the document
                if self._members >= _MEMBERS:
                    raise failure("bad-encoding", f"more than {_MEMBERS} parts")
                self._members += 1
                self._inflate = zlib.decompressobj(_WINDOW["gzip"])
            self._keep(self._inflate.decompress(data, self._limit + 1 - self._size))
            data = self._inflate.unused_data

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            raise failure("too-large", f"over {self._limit} bytes when unpacked")
        self._pieces.append(piece)

    def _looks_plain(self) -> bool:
        return bytes(self._raw[:16]).startswith(_TEXT)
