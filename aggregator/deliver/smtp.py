"""The SMTP outbox: letters to one relay, over several connections that are used again."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aggregator.deliver.ceiling import Ceiling
from aggregator.deliver.envelope import Envelope, discreet, envelope
from aggregator.deliver.relay import Relay
from aggregator.deliver.session import Rejected, Session, open_session
from aggregator.deliver.wire import Lost, Unheard
from aggregator.errors import OutboxDown, Refused
from aggregator.model import Letter

# RFC 4954: "log in first", "that login won't do". About us, so about every letter.
_ABOUT_US = (530, 534, 535, 538)
_PATIENCE = 3


class Ended(Lost):
    """The relay has said that this connection has carried its share: another one may go on."""


class SmtpOutbox:
    """Hands letters to a relay, one recipient a message, one connection a channel.

    `host` is the domain that we greet with when neither the address nor this machine has a full name.
    """

    idempotent = False

    def __init__(self, relay: Relay, *, host: str = "", ceiling: Ceiling | None = None) -> None:
        self._relay, self._host = relay, host if host.isascii() else ""
        self._ceiling = ceiling or Ceiling(relay.per_minute, relay.per_run)
        self._context: ssl.SSLContext | None = None
        self._name = ""
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"SmtpOutbox({self._relay.place!r})"

    @property
    def channels(self) -> int:
        return self._relay.connections

    @property
    def per_domain(self) -> int:
        return self._relay.per_domain

    @contextmanager
    def open(self) -> Iterator[SmtpChannel]:
        channel = SmtpChannel(self)
        channel.connect()
        try:
            yield channel
        finally:
            channel.close()

    def session(self) -> Session:
        """A new connection, ready for letters; raises `OutboxDown`."""
        with self._lock:
            self._name = self._name or self._relay.ehlo or _full_name() or self._host
        return open_session(self._relay, self._tls, self._name)

    def admit(self) -> None:
        """Wait for a letter's turn; raises `CeilingReached`."""
        self._ceiling.take()

    @property
    def has_ceiling(self) -> bool:
        """Whether a letter may have to wait for its turn."""
        return bool(self._relay.per_minute or self._relay.per_run)

    @property
    def loopback(self) -> bool:
        return self._relay.loopback

    @property
    def letters_per_connection(self) -> int:
        return self._relay.per_connection

    def _tls(self) -> ssl.SSLContext:
        """One context for all connections: making one costs some 50 ms."""
        with self._lock:
            if self._context is None:
                self._context = _context(self._relay)
            return self._context


class SmtpChannel:
    """One connection to the relay, made anew when it ends."""

    def __init__(self, outbox: SmtpOutbox) -> None:
        self._outbox = outbox
        self._session: Session | None = None
        self._lost = 0
        self._step_by_step = False
        self._next: tuple[Letter, Envelope] | None = None  # what was announced

    def send(self, letter: Letter, following: Letter | None = None) -> str:
        """Hand one letter over; the receipt is what the relay said.

        A connection that ends before the letter is complete is made anew and the letter tried once more. After
        three letters in a row whose connection was lost, `OutboxDown`: it isn't the letters.
        """
        wrapped = self._wrapped(letter)
        if self._lost >= _PATIENCE:
            raise OutboxDown(f"the relay dropped {self._lost} letters in a row → see its log, then run again")
        self._forget_all_but(wrapped)
        self._ready().check(wrapped)
        self._outbox.admit()
        receipt = self._twice(wrapped, self._to_announce(following))
        self._lost = 0
        return receipt

    def _wrapped(self, letter: Letter) -> Envelope:
        """The letter's envelope; it has been made where the letter was announced."""
        made, self._next = self._next, None
        return made[1] if made and made[0] == letter else envelope(letter)

    def _forget_all_but(self, wrapped: Envelope) -> None:
        """Leave a relay that waits for another letter: there is no way to take an announcement back."""
        if self._session and self._session.announced not in (None, wrapped):
            self._drop()

    def _to_announce(self, following: Letter | None) -> Envelope | None:
        """The letter after this one, if it may be announced: it must not wait for a turn of its own, nor be one
        that this connection would not carry or the relay not take."""
        session = self._session
        if following is None or session is None or self._outbox.has_ceiling:
            return None
        if session.turns + 2 > self._outbox.letters_per_connection:
            return None
        with suppress(Refused, OutboxDown):
            wrapped = envelope(following)
            session.check(wrapped)
            self._next = following, wrapped
            return wrapped
        return None

    def connect(self) -> None:
        self._ready()

    @property
    def met(self) -> tuple[str, str]:
        """What the relay greeted with, and the version of TLS; empty without TLS. For `doctor`."""
        session = self._ready()
        return session.greeting, session.tls

    @property
    def on_this_machine(self) -> bool:
        """Whether nothing crosses a wire."""
        return self._outbox.loopback

    def close(self) -> None:
        if self._session:
            self._session.quit()
        self._session = None

    def _ready(self) -> Session:
        """The session, a new one when there is none or when this one has carried its share."""
        full = self._session and self._session.turns >= self._outbox.letters_per_connection
        if self._session and full and self._session.announced is None:
            self.close()
        if self._session is None:
            self._session = self._outbox.session()
            if self._step_by_step:
                self._session.go_step_by_step()
        return self._session

    def _twice(self, wrapped: Envelope, following: Envelope | None) -> str:
        """Try; where the connection was at fault and not the letter, try once more on a new one, and from then on
        without pipelining: some servers offer it and stumble over it."""
        try:
            return self._once(wrapped, following)
        except Ended:
            self._drop()
        except Lost:
            self._drop()
            self._step_by_step = True
        self._ready().check(wrapped)
        try:
            return self._once(wrapped)
        except Lost as lost:
            raise self._give_up(f"the connection was lost twice: {lost}") from lost

    def _once(self, wrapped: Envelope, following: Envelope | None = None) -> str:
        """One try; raises `Lost` when another connection can help."""
        session = self._ready()
        try:
            return discreet(session.deliver(wrapped, following).text, wrapped.names)
        except Unheard as unheard:
            raise self._give_up(f"no answer after the whole letter: {unheard}", ambiguous=True) from unheard
        except Rejected as rejected:
            said = discreet(rejected.reply.text, wrapped.names)
            if _of_the_connection(rejected, session.turns):
                raise Ended(said) from rejected
            self._lost = 0
            self._clear(session, rejected.stage)
            raise _verdict(rejected, said) from rejected

    def _clear(self, session: Session, stage: str) -> None:
        """Leave the session ready for the next letter, or leave the session."""
        if stage == "the letter":
            self._drop()
        elif stage in ("RCPT", "DATA"):
            try:
                session.reset()
            except Lost:
                self._drop()

    def _give_up(self, reason: str, *, ambiguous: bool = False) -> Refused:
        self._drop()
        self._lost += 1
        return Refused(reason, ambiguous=ambiguous)

    def _drop(self) -> None:
        if self._session:
            self._session.close()
        self._session = None


def _of_the_connection(rejected: Rejected, turns: int) -> bool:
    """Whether a new connection may do: it is closing (421), or has carried as many letters as it may (452).

    452 with 4.2.x is about one mailbox, and on a fresh connection it is about the relay's disk.
    """
    code, words = rejected.reply.code, rejected.reply.lines[0]
    return code == 421 or (code == 452 and turns > 1 and not words.startswith("4.2."))


def _verdict(rejected: Rejected, said: str) -> Refused | OutboxDown:
    reason = f"{said} (to {rejected.stage})"
    if rejected.reply.code in _ABOUT_US:
        return OutboxDown(f"the relay wants another login: {reason} → check user, password and starttls")
    permanent = rejected.reply.kind == 5
    return Refused(reason, permanent=permanent, of_reader=rejected.stage == "RCPT")


def _full_name() -> str:
    """This machine's full name, or nothing when it has none worth saying (RFC 5321, 4.1.4)."""
    name = socket.getfqdn().lower()
    known = re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*", name)
    return name if known and not name.startswith("localhost.") and not name.endswith(".arpa") else ""


def _context(relay: Relay) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if relay.ca:
        try:
            context.load_verify_locations(relay.ca)
        except OSError as error:
            said = error.strerror or "no certificate in it"
            raise OutboxDown(f"ca={relay.ca}: {said} → name a file of certificates in PEM form") from error
    return context
