"""A mail relay that does as it is told, for tests: every reply can be scripted, also no reply at all.

    with ScriptedRelay({"RCPT": ["450 later"], "END": [DROP]}) as relay:
        ...
    relay.letters, relay.lines, relay.connections

A script names for each stage what happens the first, second ... time over the relay's whole life; after that it
behaves. An action is what it says (lines parted by \n), or DROP, HANG, or begins with a mark: SLOWLY (one octet after
the other), LATE (after a while), THEN_DROP (says it and hangs up), RAW (these octets as Latin-1 and no line end, then
it hangs up). Stages: CONNECT, EHLO, HELO, STARTTLS, AUTH, MAIL, RCPT, DATA, BODY (the letter is coming), END (the final
dot has come), RSET, QUIT.
"""

from __future__ import annotations

import random
import re
import socket
import ssl
import subprocess
import threading
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from aggregator.model import Letter

DROP = "<hang up>"
HANG = "<say nothing>"
SLOWLY, LATE, THEN_DROP, RAW = "<slowly>", "<late>", "<then hang up>", "<raw>"
PAUSE = 0.15  # seconds that a late answer takes

_USUAL = {
    "CONNECT": "220 relay.example ESMTP",
    "HELO": "250 relay.example",
    "STARTTLS": "220 go on",
    "AUTH": "235 2.7.0 welcome",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    "END": "250 2.0.0 ok: queued as 4XyZ",
    "RSET": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
}


def a_letter(number: int = 1, **changed: str | bytes) -> Letter:
    """A small finished letter, different for each number."""
    content = (
        "From: Digest <digest@example.org>\r\nTo: ada.lovelace@example.net\r\n"
        f"Subject: Letter {number}\r\nMessage-ID: <d{number}@example.org>\r\n\r\n"
        "Good morning.\r\n.\r\n..two dots\r\n.one dot\r\n\r\nThe end.\r\n"
    )
    values: dict[str, str | bytes] = {
        "digest_id": f"d{number}",
        "sender": "digest@example.org",
        "recipient": "ada.lovelace@example.net",
        "message_id": f"<d{number}@example.org>",
        "subject": f"Letter {number}",
        "content": content.encode("ascii"),
    }
    return Letter(**(values | changed))  # type: ignore[arg-type]


def make_certificate(folder: Path, name: str = "localhost") -> Path:
    """A self-made certificate with its key in one PEM file, for `name` and 127.0.0.1."""
    made, key = folder / f"{name}.pem", folder / f"{name}.key"
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command = ["openssl", "req", "-x509", *curve, "-days", "2", *subject, "-keyout", str(key), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    made.write_bytes(made.read_bytes() + key.read_bytes())
    return made


def make_expired_certificate(folder: Path) -> Path:
    """A certificate with its key, for 127.0.0.1, that was good until yesterday."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=9)).not_valid_after(now - timedelta(days=1))
    signed = made.add_extension(names, critical=False).sign(key, SHA256())
    path = folder / "expired.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(signed.public_bytes(Encoding.PEM) + private)
    return path


@dataclass
class ScriptedRelay:
    """One relay on loopback. `letters`: (sender, recipient, content) of all it took, dots unstuffed; `unanswered`:
    those that came whole but got no yes, `turned_away`: those of them that got a no. `lines`: every command line. `per_connection`: letters, then 421."""

    script: Mapping[str, Sequence[str]] = field(default_factory=dict)
    features: Sequence[str] = ("SIZE 10240000", "8BITMIME")
    features_in_tls: Sequence[str] | None = None
    certificate: Path | None = None
    implicit_tls: bool = False
    per_connection: int = 0
    letters: list[tuple[str, str, bytes]] = field(default_factory=list)
    unanswered: list[bytes] = field(default_factory=list)
    turned_away: list[bytes] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> ScriptedRelay:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.05)
        self.port: int = self._listening.getsockname()[1]
        self._left = {stage: list(actions) for stage, actions in self.script.items()}
        self._lock = threading.Lock()
        self.closing = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        for thread in self._threads:
            thread.join()
        self._listening.close()

    def act_on(self, stage: str, line: str) -> str:
        """What to do at this stage now; `line` is the command that came, where it matters."""
        return self.act(stage)

    def act(self, stage: str) -> str:
        """What to do at this stage now."""
        with self._lock:
            left = self._left.get(stage)
            return left.pop(0) if left else _USUAL.get(stage, "250 ok")

    def verbs(self) -> list[str]:
        return [line.split()[0].upper() for line in self.lines]

    def _accept(self) -> None:
        while not self.closing.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listening.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, _Over):
            Conversation(self, connection).hold()
        connection.close()


class StumblingRelay(ScriptedRelay):
    """Hangs up when a command comes before the last one was answered, whatever it offers."""


@dataclass
class ChaoticRelay(ScriptedRelay):
    """A relay on a bad day: everything that goes wrong in the field goes wrong here, by a seeded die.

    `share`: how often, of each step. `gone`: recipients that do not exist; every fourth other one is greylisted once.
    """

    seed: int = 1
    share: float = 0.05
    gone: Sequence[str] = ()
    happened: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._met: set[str] = set()

    def act_on(self, stage: str, line: str) -> str:
        usual = self.act(stage)
        with self._lock:
            said = self._refusal(line[9 : line.index(">")]) if stage == "RCPT" else ""
            if not said and stage in _BAD_DAY and self._dice.random() < self.share:
                said = self._dice.choice(_BAD_DAY[stage])
            if said:
                self.happened[f"{stage} {said[:10]}"] = self.happened.get(f"{stage} {said[:10]}", 0) + 1
        return said or usual

    def _refusal(self, recipient: str) -> str:
        if recipient in self.gone:
            return "550 5.1.1 no such user"
        new = recipient not in self._met
        self._met.add(recipient)
        return "451 4.7.1 greylisted, try again" if new and zlib.crc32(recipient.encode()) % 4 == 0 else ""


_BAD_DAY = {
    "CONNECT": ["421 4.7.0 too many connections", DROP],
    "EHLO": [DROP],
    "MAIL": ["421 4.3.2 going down", "452 4.3.1 disk full", "451 4.3.0 trouble", DROP],
    "RCPT": ["450 4.2.1 later", "452 4.2.2 mailbox full", "421 4.7.0 slow down", DROP, "999 what"],
    "DATA": ["451 4.3.0 later", DROP],
    "BODY": [DROP, "451 4.3.0 not now"],
    "END": ["452 4.3.1 disk full", "451 4.7.0 later", DROP, HANG, "what?"],
    "RSET": [DROP, "500 what"],
}


class _Over(Exception):
    """The connection has ended."""


class Conversation:
    """One connection of the relay."""

    def __init__(self, relay: ScriptedRelay, connection: socket.socket) -> None:
        self.relay, self.connection = relay, connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.heard = b""
        self.sender = self.recipient = ""
        self.taken = 0
        self.secure = self.last = False

    def hold(self) -> None:
        if self.relay.implicit_tls:
            self._wrap()
        if self._do("CONNECT").startswith("2"):
            while not self.last:
                self._answer(self._line())

    def _answer(self, line: str) -> None:
        if isinstance(self.relay, StumblingRelay) and self.heard:
            raise _Over
        verb = line.split(" ")[0].upper()
        with self.relay._lock:
            self.relay.lines.append(line)
        if verb == "EHLO":
            self._ehlo()
        elif verb == "STARTTLS":
            if self._do("STARTTLS").startswith("2"):
                self._wrap()
        elif verb == "AUTH":
            self._auth(line)
        elif verb == "MAIL" and self.relay.per_connection and self.taken >= self.relay.per_connection:
            self._say("421 4.7.0 too many messages on this connection")
            raise _Over
        elif verb == "MAIL":
            if self._do(verb).startswith("2"):
                self.sender = line[11 : line.index(">")]
        elif verb == "RCPT":
            if self._do(verb, line).startswith("2"):
                self.recipient = line[9 : line.index(">")]
        elif verb == "DATA":
            self._data()
        else:
            self._do(verb)
            if verb == "QUIT":
                raise _Over

    def _ehlo(self) -> None:
        features = self.relay.features_in_tls if self.secure else self.relay.features
        lines = ["relay.example", *(self.relay.features if features is None else features)]
        usual = "\n".join(f"250{' ' if n == len(lines) - 1 else '-'}{line}" for n, line in enumerate(lines))
        said = self.relay.act_on("EHLO", "")
        self._carry_out(usual if said == "250 ok" else said)

    def _auth(self, line: str) -> None:
        if line.upper() == "AUTH LOGIN":
            for prompt in ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"):
                self._say(prompt)
                self.relay.lines.append(self._line())
        self._do("AUTH")

    def _data(self) -> None:
        if not self._do("DATA").startswith("3"):
            return
        said = self.relay.act_on("BODY", "")
        if said != "250 ok":
            self._more()
            self._carry_out(said)
            raise _Over
        while b"\r\n.\r\n" not in b"\r\n" + self.heard[-70_000:]:
            self._more()
        whole, self.heard = (b"\r\n" + self.heard).split(b"\r\n.\r\n", 1)
        content = (whole + b"\r\n")[2:]
        content = b"\r\n".join(line.removeprefix(b".") for line in content.split(b"\r\n"))
        self.relay.unanswered.append(content)
        lines = self._do("END").split("\n")
        said = next((line for line in lines if line[3:4] != "-"), lines[-1])
        if said[0] in "45":
            self.relay.turned_away.append(content)
        if said.split(" ")[0] in ("250", "200"):
            self.relay.unanswered.remove(content)
            self.relay.letters.append((self.sender, self.recipient, content))
        self.taken += 1

    def _do(self, stage: str, line: str = "") -> str:
        return self._carry_out(self.relay.act_on(stage, line))

    def _carry_out(self, action: str) -> str:
        if action == DROP:
            raise _Over
        if action == HANG:
            self.relay.closing.wait()
            raise _Over
        if action.startswith(RAW):
            self.connection.sendall(action.removeprefix(RAW).encode("latin-1"))
            raise _Over
        if action.startswith(LATE):
            self.relay.closing.wait(PAUSE)
        said = re.sub(r"^<[a-z ]+>", "", action)
        self.last = action.startswith(THEN_DROP) or said.startswith("421")
        self._say(said, one_by_one=action.startswith(SLOWLY))
        return said

    def _say(self, text: str, *, one_by_one: bool = False) -> None:
        octets = (text.replace("\n", "\r\n") + "\r\n").encode("utf-8", "surrogateescape")
        for piece in [octets[n : n + 1] for n in range(len(octets))] if one_by_one else [octets]:
            self.connection.sendall(piece)
            if one_by_one:
                self.relay.closing.wait(0.002)

    def _line(self) -> str:
        while b"\r\n" not in self.heard:
            self._more()
        line, self.heard = self.heard.split(b"\r\n", 1)
        return line.decode()

    def _more(self) -> None:
        self.connection.settimeout(0.05)
        while True:
            try:
                got = self.connection.recv(65536)
                break
            except TimeoutError:
                if self.relay.closing.is_set():
                    raise _Over from None
        if not got:
            raise _Over
        self.heard += got

    def _wrap(self) -> None:
        assert self.relay.certificate
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.relay.certificate)
        self.connection.settimeout(5)
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.secure = True
