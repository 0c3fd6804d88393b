"""A mail server that speaks as much IMAP4rev1 as reading a folder takes, and can be told to misbehave.

    with ImapServer({"INBOX": [message]}) as server:
        ...
    server.lines                          every command that came, without the password
    server.on("FETCH", DROP)              say it another way: a line, DROP (hang up), HANG (say nothing), DRIP

It keeps flags as a real one does: whatever is fetched without PEEK, or from a folder opened by SELECT, is \\Seen.
"""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

DROP, HANG, DRIP = "<hang up>", "<say nothing>", "<one byte at a time>"


@dataclass
class Stored:
    raw: bytes
    uid: int
    date: str = "17-Nov-2026 09:00:12 +0000"
    flags: set[str] = field(default_factory=set)


class ImapServer:
    def __init__(
        self,
        folders: Mapping[str, Sequence[bytes]],
        *,
        capabilities: str = "AUTH=PLAIN SASL-IR",
        certificate: Path | None = None,
        implicit_tls: bool = False,
        delimiter: str = "/",
    ) -> None:
        self.folders = {name: [Stored(m, n) for n, m in enumerate(kept, 1)] for name, kept in folders.items()}
        self.user, self.password, self.capabilities, self.delimiter = "reader", "secret", capabilities, delimiter
        self.certificate, self.implicit_tls = certificate, implicit_tls
        self.lines: list[str] = []
        self.logins: list[tuple[str, str]] = []
        self._script: dict[str, str] = {}
        self._done = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def url(self, folder: str = "INBOX", user: str = "reader", password: str = "secret") -> str:
        scheme = "imaps" if self.implicit_tls else "imap"
        return f"{scheme}://{user}:{password}@127.0.0.1:{self.port}/{folder}"

    def on(self, command: str, says: str) -> None:
        self._script[command] = says

    def add(self, folder: str, raw: bytes) -> None:
        self.folders[folder].append(Stored(raw, len(self.folders[folder]) + 1))

    def __enter__(self) -> ImapServer:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while not self._done.is_set():
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(line,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError):
            _Talk(self, line).hold()
        with suppress(OSError):
            line.close()

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(self.certificate))
        return context


class _Talk:
    """One connection."""

    def __init__(self, server: ImapServer, line: socket.socket) -> None:
        self.server, self.encrypted = server, server.implicit_tls
        self.line = server.context().wrap_socket(line, server_side=True) if server.implicit_tls else line
        self.file = self.line.makefile("rb")
        self.folder: list[Stored] = []
        self.read_only = True

    def say(self, text: str) -> None:
        self.line.sendall(text.encode("utf-8") + b"\r\n")

    def hold(self) -> None:
        if not self.scripted("GREETING", "*"):
            self.say("* OK ready")
        while written := self.file.readline():
            tag, _, rest = written.decode("utf-8").strip().partition(" ")
            name, _, words = rest.partition(" ")
            name = name.upper()
            if name == "UID":
                name, _, words = words.partition(" ")
            self.server.lines.append(f"{name} {'…' if name in ('LOGIN', 'AUTHENTICATE') else words}")
            if self.scripted(name, tag):
                continue
            getattr(self, f"do_{name.lower()}", self.do_other)(tag, words)
            if name == "LOGOUT":
                return

    def scripted(self, name: str, tag: str) -> bool:
        says = self.server._script.get(name)
        if says is None:
            return False
        if says == HANG:
            self.server._done.wait(30)
        if says == DRIP:
            with suppress(OSError):
                while not self.server._done.wait(0.05):
                    self.line.sendall(b"x")
        if says in (DROP, HANG, DRIP):
            self.line.close()
            raise OSError("as the script says")
        self.say(says.replace("TAG", tag))
        return True

    def do_other(self, tag: str, words: str) -> None:
        self.say(f"{tag} BAD unknown {words[:20]}")

    def do_capability(self, tag: str, _: str) -> None:
        more = " STARTTLS" if self.server.certificate and not self.encrypted else ""
        self.say(f"* CAPABILITY IMAP4rev1 {self.server.capabilities}{more}\r\n{tag} OK done")

    def do_starttls(self, tag: str, _: str) -> None:
        self.say(f"{tag} OK go on")
        self.line = self.server.context().wrap_socket(self.line, server_side=True)
        self.file, self.encrypted = self.line.makefile("rb"), True

    def do_authenticate(self, tag: str, words: str) -> None:
        answer = words.partition(" ")[2]
        if not answer:
            self.say("+ ")
            answer = self.file.readline().decode("ascii").strip()
        _, user, password = base64.b64decode(answer).decode("utf-8").split("\0")
        self.log_in(tag, user, password)

    def do_login(self, tag: str, words: str) -> None:
        user, _, password = words.partition(" ")
        self.log_in(tag, user.strip('"'), re.sub(r"\\(.)", r"\1", password.strip('"')))

    def log_in(self, tag: str, user: str, password: str) -> None:
        self.server.logins.append((user, password))
        right = (user, password) == (self.server.user, self.server.password)
        self.say(f"{tag} OK in" if right else f"{tag} NO [AUTHENTICATIONFAILED] wrong login for {user}")

    def do_examine(self, tag: str, words: str, read_only: bool = True) -> None:
        name = words.strip('"')
        if name not in self.server.folders:
            self.say(f"{tag} NO [NONEXISTENT] no such mailbox")
            return
        self.folder, self.read_only = self.server.folders[name], read_only
        self.say(f"* {len(self.folder)} EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 7]")
        self.say(f"* OK [UIDNEXT {len(self.folder) + 1}]\r\n{tag} OK [READ-ONLY] looked at")

    def do_select(self, tag: str, words: str) -> None:
        self.do_examine(tag, words, read_only=False)

    def do_list(self, tag: str, _: str) -> None:
        self.say(f'* LIST (\\Noselect) "{self.server.delimiter}" ""\r\n{tag} OK done')

    def do_search(self, tag: str, _: str) -> None:
        self.say(f"* SEARCH {' '.join(str(one.uid) for one in self.folder)}\r\n{tag} OK done")

    def do_fetch(self, tag: str, words: str) -> None:
        numbers, _, what = words.partition(" ")
        wanted = {int(one) for one in numbers.split(",")}
        partial = re.search(r"<0\.(\d+)>", what)
        for place, one in enumerate(self.folder, 1):
            if one.uid not in wanted:
                continue
            if "PEEK" not in what and not self.read_only:
                one.flags.add("\\Seen")
            raw = one.raw[: int(partial[1])] if partial else one.raw
            head = f'* {place} FETCH (UID {one.uid} INTERNALDATE "{one.date}" BODY[]<0> {{{len(raw)}}}\r\n'
            self.line.sendall(head.encode("ascii") + raw + b")\r\n")
        self.say(f"{tag} OK done")

    def do_logout(self, tag: str, _: str) -> None:
        self.say(f"* BYE\r\n{tag} OK done")
