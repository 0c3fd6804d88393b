"""A folder on a mail server, looked at and left as it was (RFC 3501; RFC 9051): EXAMINE instead of SELECT, PEEK
instead of reading, so that nothing is ever marked as seen. The only room that knows imaplib.

The password goes to no server but the one in the address, and over no line that others can read: without TLS only
where AGGREGATOR_ALLOW_PRIVATE opens the host. What a server writes is never repeated in a message of ours, because
servers repeat names and addresses.
"""

from __future__ import annotations

import base64
import contextlib
import imaplib
import re
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from aggregator.fetch import bundle
from aggregator.fetch.bundle import LONGEST_MESSAGE, Kept
from aggregator.fetch.failures import failure, place
from aggregator.fetch.guard import Guard, Target
from aggregator.fetch.reach import Lookup, tls
from aggregator.model import Validators

PORTS = {"imap": 143, "imaps": 993}
Found = tuple[bytes, str, str]  # a body, what tells that it is still the same, its content type

_LINE = 1 << 20  # bytes of one line; numbers of a hundred thousand messages fit
_MOST_BYTES = 40 << 20  # that a server may say in one visit
_AT_ONCE = 20  # messages asked for together
_UID = re.compile(rb"\bUID (\d{1,10})")
_DATE = re.compile(rb'INTERNALDATE "([^"]{20,30})"')
_REFUSED = re.compile(rb"\[(?:AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|EXPIRED|PRIVACYREQUIRED|CONTACTADMIN)\]")
_PASSING = re.compile(rb"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]")
# What imaplib raises beside its own errors when a server writes what it does not foresee.
_NOT_FORESEEN = (ArithmeticError, ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Ask:
    """One visit to a mailbox: the address with its login, where that is, from which day on, and until when (a
    reading of time.monotonic())."""

    url: str
    place: Target
    since: datetime | None
    deadline: float


def target(url: str, guard: Guard) -> Target:
    """Where an imap: or imaps: address leads. Raises SourceError: bad-address, private-address, forbidden-port."""
    parts = urlsplit(url.strip())
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError:
        raise failure("bad-address", place(url)) from None
    shown = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    # The guard judges the host; that it is asked for as one of the web changes nothing in that.
    web = guard.target(f"https://{shown}/")
    if port < 1024 and port not in PORTS.values() and not web.opened:
        raise failure("forbidden-port", place(url))
    folder = parts.path or "/INBOX"
    return Target(f"{parts.scheme}://{shown}:{port}{folder}", parts.scheme, web.host, port, web.opened)


def visit(ask: Ask, held: Validators, guard: Guard, lookup: Lookup) -> Found | None:
    """The newest messages of the folder as one document, or None where nothing came or went since `held`.

    Raises SourceError, or OSError for what the line does.
    """
    with _entered(ask, guard, lookup) as session:
        return _looked_at(session, ask, held)


def newer(ask: Ask, after: str, guard: Guard, lookup: Lookup) -> Iterator[tuple[str, bytes]]:
    """(mark, message) for the messages of the folder that came after the mark, the oldest first; all of them for
    an empty mark or that of a folder made anew. Ends when a visit has brought enough; the last mark goes on.

    Raises SourceError, or OSError for what the line does.
    """
    with _entered(ask, guard, lookup) as session:
        validity = _examine(session, ask).removeprefix("imap:").partition(":")[0]
        held, _, last = after.rpartition(":")
        begin = int(last) if held == validity and last.isdigit() else 0
        numbers = [uid for uid in _numbers(session, ask) if uid > begin]
        brought = 0
        for at in range(0, len(numbers), _AT_ONCE):
            for uid, kept in sorted(_some(session, numbers[at : at + _AT_ONCE]), key=lambda one: one[0]):
                brought += len(kept.raw)
                yield f"{validity}:{uid}", kept.raw
            if brought > _MOST_BYTES // 2:  # the next few would be more than one visit may bring
                return


@contextlib.contextmanager
def _entered(ask: Ask, guard: Guard, lookup: Lookup) -> Iterator[_Session]:
    """Connected and logged in. What imaplib raises becomes a SourceError."""
    try:
        session = _Session(ask, lambda: _dial(ask, guard, lookup))
        try:
            _secure(session, ask)
            _log_in(session, ask)
            yield session
        finally:
            session.leave()
    except (imaplib.IMAP4.error, *_NOT_FORESEEN) as error:
        if isinstance(error, OSError):  # certificates that are not trusted are ValueErrors too
            raise
        raise failure("imap-unavailable" if _told(error, _PASSING) else "imap-broken") from error


def _looked_at(session: _Session, ask: Ask, held: Validators) -> Found | None:
    mark = _examine(session, ask)
    if mark == held.etag:
        return None
    numbers = _numbers(session, ask)[-bundle.MOST_MESSAGES :]
    kept, whole = _fetched(session, numbers)
    # What could not be brought in time is asked for again, however still the folder is.
    return bundle.bundle(kept), mark if whole else "", bundle.TYPE


# ------------------------------------------------------------------------------------------------- the line
class _Session(imaplib.IMAP4):
    """imaplib on a line that ends when its time is over or more has come than was asked for, however slowly."""

    def __init__(self, ask: Ask, dial: Callable[[], socket.socket]) -> None:
        self._dial, self._deadline = dial, ask.deadline
        self._buffer, self._room = bytearray(), _MOST_BYTES
        super().__init__(ask.place.host, ask.place.port)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:  # noqa: ARG002
        self.host, self.port = host, port
        self.sock = self._dial()

    def read(self, size: int) -> bytes:
        if size > LONGEST_MESSAGE + 1024:
            raise failure("too-large", "the server sends more than was asked for")
        while len(self._buffer) < size:
            if not self._more():
                raise failure("truncated")
        return self._taken(size)

    def readline(self) -> bytes:
        looked = 0
        while (end := self._buffer.find(b"\n", looked)) < 0:
            looked = len(self._buffer)
            if looked > _LINE:
                raise failure("too-large", "a line without end")
            if not self._more():
                return b""
        return self._taken(end + 1)

    def send(self, data: bytes) -> None:  # type: ignore[override]
        self.sock.settimeout(self._left())
        self.sock.sendall(data)

    def shutdown(self) -> None:
        self.sock.close()

    def encrypt(self) -> None:
        """STARTTLS. What came in clear before it was finished is not listened to."""
        self.sock.settimeout(self._left())
        self.starttls(tls())
        if self._buffer:
            raise failure("tls", "the server said more before the line was encrypted")

    def leave(self) -> None:
        """Say goodbye where that costs nothing, and hang up."""
        with contextlib.suppress(imaplib.IMAP4.error, OSError, *_NOT_FORESEEN):
            self.send(b"ZZ LOGOUT\r\n")
        with contextlib.suppress(OSError):
            self.shutdown()

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _more(self) -> bool:
        self.sock.settimeout(self._left())
        piece = self.sock.recv(1 << 16)
        self._room -= len(piece)
        if self._room < 0:
            raise failure("too-large", "the server does not stop")
        self._buffer += piece
        return bool(piece)

    def _taken(self, size: int) -> bytes:
        piece = bytes(self._buffer[:size])
        del self._buffer[:size]
        return piece


def _dial(ask: Ask, guard: Guard, lookup: Lookup) -> socket.socket:
    """A connection to the first address of the host that answers; each is judged before it is connected to."""
    where = ask.place
    try:
        addresses = lookup(where.host)
    except OSError as error:
        raise failure("dns", where.host) from error
    refused: OSError | None = None
    for address in addresses:
        if not where.opened and not guard.admits(address):
            raise failure("private-address", where.host)
        left = ask.deadline - time.monotonic()
        try:
            line = socket.create_connection((address, where.port), timeout=max(left, 0.01))
        except OSError as error:
            refused = error
            continue
        if where.scheme == "imap":
            return line
        try:
            return tls().wrap_socket(line, server_hostname=where.host)
        except OSError:
            line.close()
            raise
    raise refused or failure("dns", where.host)


# -------------------------------------------------------------------------------------------- the conversation
def _secure(session: _Session, ask: Ask) -> None:
    if ask.place.scheme == "imaps":
        return
    if "STARTTLS" in session.capabilities:
        session.encrypt()
    elif not ask.place.opened:
        raise failure("no-encryption")


def _log_in(session: _Session, ask: Ask) -> None:
    parts = urlsplit(ask.url.strip())
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if session.state == "AUTH":  # the server knows us already
        return
    try:
        if "AUTH=PLAIN" in session.capabilities:
            session.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        elif "LOGINDISABLED" in session.capabilities or not (user + password).isascii():
            raise failure("login-refused", "the server offers no way to log in with a name and a password")
        else:
            session.login(user, password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        # From here on nothing of the error is kept: it may repeat the name.
        passing = _told(error, _PASSING) and not _told(error, _REFUSED)
        raise failure("imap-unavailable" if passing else "login-refused") from None


def _examine(session: _Session, ask: Ask) -> str:
    """Open the folder for reading only. Returns what changes when a message comes or goes."""
    folder = unquote(urlsplit(ask.url.strip()).path).strip("/") or "INBOX"
    done, said = session.select(_quoted(folder), readonly=True)
    if done != "OK" and "/" in folder and (part := _parting(session)) not in ("/", ""):
        done, said = session.select(_quoted(folder.replace("/", part)), readonly=True)
    if done != "OK":
        raise failure("no-mailbox")
    told = [session.response(name)[1][-1:] for name in ("UIDVALIDITY", "UIDNEXT")]
    marks = [*told, said[-1:]]
    plain = [one[0].decode("ascii", "replace") if one and isinstance(one[0], bytes) else "" for one in marks]
    return "imap:" + ":".join(plain) if all(plain[:2]) else ""


def _parting(session: _Session) -> str:
    """What the server writes between the names of folders inside each other."""
    _, listed = session.list('""', '""')
    found = re.search(rb'\) "(.)" ', listed[0]) if listed and isinstance(listed[0], bytes) else None
    return found[1].decode("latin-1") if found else ""


def _quoted(folder: str) -> str:
    """The name of a folder in the modified UTF-7 of RFC 3501, 5.1.3, as a quoted string."""

    def shifted(run: re.Match[str]) -> str:
        octets = run[0].encode("utf-16-be", "replace")
        return "&" + base64.b64encode(octets).decode("ascii").rstrip("=").replace("/", ",") + "-"

    name = re.sub(r"[^\x20-\x7e]+", shifted, folder.replace("&", "&-"))
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'


def _numbers(session: _Session, ask: Ask) -> list[int]:
    """The numbers (UID) of the messages that came since the day wanted, the oldest first."""
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    since = ask.since
    words = ["SINCE", f"{since.day}-{months[since.month - 1]}-{since.year}"] if since else ["ALL"]
    done, said = session.uid("SEARCH", *words)
    if done != "OK":
        raise failure("imap-broken")
    return sorted({int(one) for line in said if line for one in line.split() if one.isdigit() and len(one) < 11})


def _fetched(session: _Session, numbers: Sequence[int]) -> tuple[list[Kept], bool]:
    """Messages, the oldest first, and whether there was time for all; the newest are brought first."""
    kept: dict[int, Kept] = {}
    room = bundle.MOST_BYTES
    for end in range(len(numbers), 0, -_AT_ONCE):
        some = numbers[max(0, end - _AT_ONCE) : end]
        try:
            coming = dict(_some(session, some))
        except TimeoutError:
            if not kept:
                raise
            return [kept[uid] for uid in sorted(kept)], False
        for uid in sorted(coming, reverse=True):
            if (room := room - len(coming[uid].raw)) < 0 and kept:
                return [kept[uid] for uid in sorted(kept)], True
            kept[uid] = coming[uid]
    return [kept[uid] for uid in sorted(kept)], True


def _some(session: _Session, numbers: Sequence[int]) -> Iterator[tuple[int, Kept]]:
    wanted = f"(UID INTERNALDATE BODY.PEEK[]<0.{LONGEST_MESSAGE}>)"
    done, said = session.uid("FETCH", ",".join(map(str, numbers)), wanted)
    if done != "OK":
        raise failure("imap-broken")
    for at, part in enumerate(said):
        if not isinstance(part, tuple) or len(part) < 2:
            continue
        # The number stands before the message or behind it.
        after = said[at + 1] if at + 1 < len(said) and isinstance(said[at + 1], bytes) else b""
        head = part[0] + b" " + after
        if uid := _UID.search(head):
            yield int(uid[1]), bundle.kept(part[1], _received(head))


def _received(head: bytes) -> float:
    found = _DATE.search(head)
    moment = imaplib.Internaldate2tuple(b'INTERNALDATE "%s"' % found[1]) if found else None
    return time.mktime(moment) if moment else 0.0


def _told(error: BaseException, code: re.Pattern[bytes]) -> bool:
    return any(code.search(str(said).encode("utf-8", "replace")) is not None for said in error.args)
