"""One SMTP session: greeted, secured and logged in, then as many letters as the relay takes."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from aggregator.deliver.envelope import Envelope, discreet
from aggregator.deliver.relay import Relay
from aggregator.deliver.wire import Lost, Reply, Unheard, Wire
from aggregator.errors import OutboxDown, Refused

_TLS_REMEDY = (
    "the certificate must be valid for the host as written in the address; ca=FILE trusts a private one; "
    "starttls=none is for a relay on this machine"
)


class Rejected(Exception):
    """The server said no; `stage` is the command it said it to."""

    def __init__(self, stage: str, reply: Reply) -> None:
        self.stage, self.reply = stage, reply
        super().__init__(stage, reply.code)


class Session:
    """A connection that is ready for letters. `turns` counts those begun; after `Lost` it is of no more use."""

    def __init__(
        self, wire: Wire, features: Mapping[str, str], greeting: str = "", final_timeout: float = 600.0
    ) -> None:
        self._wire, self._features, self._final_timeout = wire, dict(features), final_timeout
        self.greeting = greeting
        self.turns = 0
        self.announced: Envelope | None = None  # its commands are on their way, the replies not yet heard

    @property
    def tls(self) -> str:
        """The version of TLS, or empty."""
        return self._wire.tls

    def go_step_by_step(self) -> None:
        """Pipeline no more on this connection, offered or not."""
        self._features.pop("PIPELINING", None)

    def check(self, envelope: Envelope) -> None:
        """Raise `Refused` for a letter that this server is known not to take, before anything is sent."""
        limit = self._features.get("SIZE", "")
        if limit.isascii() and limit.isdigit() and 0 < int(limit) < envelope.size:
            raise Refused(f"the letter has {envelope.size} bytes, the relay takes {limit}", permanent=True)
        if envelope.utf8 and not {"SMTPUTF8", "8BITMIME"} <= self._features.keys():
            raise Refused("the address is not ASCII and the relay does not offer SMTPUTF8", permanent=True)

    def deliver(self, envelope: Envelope, following: Envelope | None = None) -> Reply:
        """Hand one letter over and return the answer that accepts it.

        Where commands may be pipelined, those for the `following` letter go out behind the content of this one
        (RFC 2920, 3.1), so that a letter takes one round trip. That letter must be the next one, or this session
        closed.

        Raises `Rejected` when the server said no, `Lost` when the connection ended before the letter was complete
        and `Unheard` when it ended after that, so that nobody knows.
        """
        self.turns += 1
        if self.announced is None:
            self._announce(envelope)
        elif self.announced == envelope:
            self._hear(self._steps(envelope))
        else:
            raise Lost("another letter was announced")
        self._wire.be_in_step()  # a yes that came before the letter is none
        self.announced = following if "PIPELINING" in self._features else None
        self._push(envelope.data + (self._commands(self.announced) if self.announced else b""))
        try:
            # A relay may scan and store the whole letter before it answers; giving up early makes copies.
            reply = self._wire.reply(self._final_timeout)
        except Lost as lost:
            raise Unheard(str(lost)) from lost
        if reply.kind in (4, 5):
            raise Rejected("the end of the letter", reply)
        if reply.kind != 2:
            raise Unheard("what it answered makes no sense")
        return reply

    def reset(self) -> None:
        """Give up the transaction that was begun (RSET), so that the next letter starts afresh."""
        if self._wire.ask("RSET").kind != 2:
            raise Lost("it did not take RSET")

    def quit(self) -> None:
        """Take leave; of a server that waits for the content of a letter, without a word."""
        if self.announced is None:
            self._wire.bid_farewell()
        else:
            self._wire.close()

    def close(self) -> None:
        self._wire.close()

    def _announce(self, envelope: Envelope) -> None:
        """MAIL, RCPT, DATA: in one go where the server offers it (RFC 2920), else one after the other."""
        steps = self._steps(envelope)
        if "PIPELINING" in self._features:
            self._wire.push(self._commands(envelope))
            self._hear(steps)
        else:
            for stage, line in steps:
                _expect(stage, self._wire.ask(line))

    def _commands(self, envelope: Envelope) -> bytes:
        return "".join(f"{line}\r\n" for _, line in self._steps(envelope)).encode()

    def _hear(self, steps: Sequence[tuple[str, str]]) -> None:
        """The replies to commands that were sent together."""
        self.announced = None
        replies = [self._wire.reply() for _ in steps]
        if replies[-1].code == 354 and any(reply.kind != 2 for reply in replies[:-1]):
            # it waits for a letter that nobody is to get: send none (RFC 2920, 3.1)
            self._wire.ask(".")
        for (stage, _), reply in zip(steps, replies, strict=True):
            _expect(stage, reply)

    def _steps(self, envelope: Envelope) -> Sequence[tuple[str, str]]:
        size = f" SIZE={envelope.size}" if "SIZE" in self._features else ""
        utf8 = " SMTPUTF8" if envelope.utf8 else ""
        return (
            ("MAIL", f"MAIL FROM:<{envelope.sender}>{size}{utf8}"),
            ("RCPT", f"RCPT TO:<{envelope.recipient}>"),
            ("DATA", "DATA"),
        )

    def _push(self, data: bytes) -> None:
        try:
            self._wire.push(data)
        except Lost:
            # A server that hangs up in the middle has often said why.
            with suppress(Lost):
                reply = self._wire.reply()
                if reply.kind in (4, 5):
                    raise Rejected("the letter", reply) from None
            raise


def _expect(stage: str, reply: Reply) -> None:
    if reply.kind in (4, 5):
        raise Rejected(stage, reply)
    if reply.kind != (3 if stage == "DATA" else 2):
        raise Lost(f"its answer to {stage} makes no sense")


# ------------------------------------------------------------------------------------------------ making one
def open_session(relay: Relay, context: Callable[[], ssl.SSLContext], name: str) -> Session:
    """Connect, greet, switch to TLS and log in as `relay` says; raises `OutboxDown` with the next step."""
    wire = _dial(relay, context)
    try:
        greeting = wire.reply()
        features = _introduce(wire, relay, context, (name, greeting))
        return Session(wire, features, " ".join(greeting.lines), relay.final_timeout)
    except Lost as lost:
        wire.close()
        raise _down(relay, str(lost), "see whether the relay is well, and whether it expects TLS here") from lost
    except OutboxDown:
        wire.close()
        raise


def _dial(relay: Relay, context: Callable[[], ssl.SSLContext]) -> Wire:
    try:
        sock = socket.create_connection((relay.host, relay.port), relay.timeout)
    except (OSError, UnicodeError) as error:
        said = getattr(error, "strerror", None) or "no answer in time"
        raise _down(relay, f"can't be reached: {said}", "check host and port, and that the relay runs") from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire = Wire(sock, relay.timeout)
    if relay.tls:
        try:
            _secure(wire, relay, context)
        except OutboxDown:
            wire.close()
            raise
    return wire


def _introduce(
    wire: Wire, relay: Relay, context: Callable[[], ssl.SSLContext], words: tuple[str, Reply]
) -> dict[str, str]:
    """From the greetings (our name, the server's reply) to the login; returns what the server offers."""
    _demand(relay, "turned us away", words[1], "the relay may allow fewer connections, or not this machine")
    name = words[0] or wire.local_address
    features = _greet(wire, relay, name)
    if relay.starttls != "none" and not relay.tls:
        features = _starttls(wire, relay, context, name) if "STARTTLS" in features else _plain(relay, features)
    if relay.user:
        _login(wire, relay, features)
    return features


def _greet(wire: Wire, relay: Relay, name: str) -> dict[str, str]:
    """EHLO, or HELO for a server that won't have it; what is offered, as keyword -> parameters."""
    reply = wire.ask(f"EHLO {name}")
    if reply.kind == 5:
        _demand(relay, "refused HELO", wire.ask(f"HELO {name}"), "set ehlo= to this machine's full name")
        return {}
    _demand(relay, "refused EHLO", reply, "set ehlo= to this machine's full name")
    offers = (line.replace("=", " ", 1).partition(" ") for line in reply.lines[1:])
    features: dict[str, str] = {}
    for keyword, _, parameters in offers:
        # AUTH may come twice: as the standard has it, and as old servers wrote it (AUTH=LOGIN)
        known = features.get(keyword.upper(), "")
        features[keyword.upper()] = f"{known} {parameters}".strip()
    return features


def _starttls(wire: Wire, relay: Relay, context: Callable[[], ssl.SSLContext], name: str) -> dict[str, str]:
    """Switch to TLS; what was offered before it is forgotten (RFC 3207, 4.2)."""
    _demand(relay, "refused STARTTLS", wire.ask("STARTTLS"), "ask the relay's operator")
    _secure(wire, relay, context)
    return _greet(wire, relay, name)


def _plain(relay: Relay, features: dict[str, str]) -> dict[str, str]:
    """Go on without TLS, where that is allowed."""
    if relay.starttls == "required" or relay.user:
        raise _down(
            relay,
            "offers no STARTTLS, and nothing is sent in the clear",
            "use smtps:// or another port; starttls=none is for a relay on this machine",
        )
    return features


def _secure(wire: Wire, relay: Relay, context: Callable[[], ssl.SSLContext]) -> None:
    try:
        wire.secure(context(), relay.host)
    except ssl.SSLCertVerificationError as error:
        raise _down(relay, f"has a certificate that fails: {error.verify_message}", _TLS_REMEDY) from error
    except OSError as error:
        said = getattr(error, "reason", None) or error.strerror or "no answer in time"
        raise _down(relay, f"could not agree on TLS: {said}", "check the port: smtps:// is 465") from error


def _login(wire: Wire, relay: Relay, features: Mapping[str, str]) -> None:
    """AUTH PLAIN (RFC 4616) or LOGIN."""
    offered = features.get("AUTH", "").upper().split()
    if "PLAIN" in offered:
        identity = f"\0{relay.user}\0{relay.password}"
        reply = wire.ask(f"AUTH PLAIN {_base64(identity)}")
    elif "LOGIN" in offered:
        reply = wire.ask("AUTH LOGIN")
        for secret in (relay.user, relay.password):
            if reply.code == 334:
                reply = wire.ask(_base64(secret))
    else:
        raise _down(relay, "offers no login that we know (PLAIN, LOGIN)", "use another port, or no user name")
    if reply.kind != 2:
        # without its words: a server may quote what it was given
        remedy = "check user name and password" if reply.kind == 5 else "try again later"
        raise _down(relay, f"refused the login ({reply.code})", remedy)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()


def _demand(relay: Relay, what: str, reply: Reply, remedy: str) -> None:
    if reply.kind != 2:
        raise _down(relay, f"{what}: {discreet(reply.text)}", remedy)


def _down(relay: Relay, what: str, remedy: str) -> OutboxDown:
    return OutboxDown(f"the relay {relay.place} {what} → {remedy}")
