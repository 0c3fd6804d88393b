"""SMTP on the wire: one socket, lines out, replies in, each with a time limit (RFC 5321).

Our own and not smtplib, because it must be known whether a connection broke before or after the last byte of a
letter had gone out, every reply is bounded in time and size, and commands may be pipelined (RFC 2920).
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

_LINE = 1000  # octets of a line that are kept; RFC 5321 4.5.3.1.5 asks for 512, servers in the field say more
_LINES = 200  # lines of a reply that are kept
_REPLY_OCTETS = 1_000_000  # of one reply; what is longer has no end
_REPLY = re.compile(r"([2-5][0-9]{2})(?:([ \t-])(.*))?", re.DOTALL)


class Lost(Exception):
    """The connection is of no more use: closed, timed out, or what came is not SMTP."""


class Unheard(Lost):
    """The connection was lost after the last byte of a letter went out: the letter may have arrived."""


@dataclass(frozen=True)
class Reply:
    """What the server said: a code from 200 to 599 and its lines without the code."""

    code: int
    lines: tuple[str, ...]

    @property
    def kind(self) -> int:
        """2 done, 3 go on, 4 not now, 5 no (RFC 5321, 4.2.1)."""
        return self.code // 100

    @cached_property
    def text(self) -> str:
        return f"{self.code} {' '.join(self.lines)}"


class Wire:
    """A connected socket that speaks in lines. Raises nothing but `Lost`."""

    def __init__(self, sock: socket.socket, timeout: float) -> None:
        self._sock, self._timeout = sock, timeout
        self._heard = bytearray()

    @property
    def local_address(self) -> str:
        """This end as an address literal (RFC 5321, 4.1.3)."""
        host = str(self._sock.getsockname()[0]).partition("%")[0]
        return f"[IPv6:{host}]" if ":" in host else f"[{host}]"

    @property
    def tls(self) -> str:
        """The version of TLS that is spoken, or empty."""
        return (self._sock.version() or "") if isinstance(self._sock, ssl.SSLSocket) else ""

    def say(self, *lines: str) -> None:
        """Send command lines at once."""
        self.be_in_step()
        self.push("".join(f"{line}\r\n" for line in lines).encode())

    def push(self, content: bytes) -> None:
        """Send bytes as they are."""
        try:
            self._sock.settimeout(self._timeout)
            self._sock.sendall(content)
        except TimeoutError as error:
            raise Lost("it stopped listening") from error
        except OSError as error:
            raise Lost(_spoken(error)) from error

    def be_in_step(self) -> None:
        """Raise `Lost` where the server has said more than it was asked for: its next reply would be taken for the
        answer to another command."""
        if self._heard:
            raise Lost("it spoke out of turn")

    def ask(self, line: str) -> Reply:
        self.say(line)
        return self.reply()

    def reply(self, seconds: float = 0.0) -> Reply:
        """The next reply, however many lines, within `seconds`, or within the time limit. The last line's code
        counts; of long lines and of many the beginning is kept."""
        deadline = time.monotonic() + (seconds or self._timeout)
        lines: list[str] = []
        room = _REPLY_OCTETS
        while room > 0:
            line, length = self._line(deadline, room)
            room -= length
            found = _REPLY.fullmatch(line)
            if not found:
                raise Lost("what it answered is not SMTP")
            if len(lines) < _LINES:
                lines.append((found[3] or "").strip())
            if found[2] != "-":
                return Reply(int(found[1]), tuple(lines))
        raise Lost("its answer has no end")

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Switch to TLS and check the certificate; raises ssl.SSLError and OSError for the caller to explain."""
        if self._heard:
            # bytes from before TLS could have been put in by anybody on the way
            raise Lost("it spoke before its turn when TLS began")
        self._sock.settimeout(self._timeout)
        self._sock = context.wrap_socket(self._sock, server_hostname=host)

    def bid_farewell(self) -> None:
        """QUIT and close, without waiting long for a server that is slow to say goodbye."""
        self._timeout = min(self._timeout, 2.0)
        with suppress(Lost):
            self.ask("QUIT")
        self.close()

    def close(self) -> None:
        with suppress(OSError):
            self._sock.close()

    def _line(self, deadline: float, room: int) -> tuple[str, int]:
        """The beginning of the next line, and how many octets the line had."""
        while (end := self._heard.find(b"\n")) < 0:
            if len(self._heard) > room:
                raise Lost("its answer has no end")
            self._heard += self._receive(deadline)
        line = bytes(self._heard[: min(end, _LINE)]).rstrip(b"\r")
        del self._heard[: end + 1]
        return line.decode("utf-8", "replace"), end + 1

    def _receive(self, deadline: float) -> bytes:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Lost("no answer in time")
        try:
            self._sock.settimeout(left)
            got = self._sock.recv(4096)
        except TimeoutError as error:
            raise Lost("no answer in time") from error
        except OSError as error:
            raise Lost(_spoken(error)) from error
        if not got:
            raise Lost("it closed the connection")
        return got


def _spoken(error: OSError) -> str:
    return f"the connection broke ({error.strerror or type(error).__name__})"
