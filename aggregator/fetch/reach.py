"""What every way to a host shares: how names are looked up, which certificates are believed, what is asked for."""

from __future__ import annotations

import functools
import os
import socket
import ssl
import sys
import time
from collections.abc import Callable, Sequence

Lookup = Callable[[str], Sequence[str]]  # host name -> IP addresses; runs in a thread; raises OSError

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/calendar;q=0.9, application/json;q=0.8, text/xml;q=0.8, "
    "text/html;q=0.5, */*;q=0.1"
)
LOOKUPS = 32  # names looked up at once; one that hangs holds a thread
REMEMBERED = (
    60.0  # seconds that what a name stands for is believed; each address is judged when it is connected to
)
KEEP_ALIVE = 3.0  # seconds: longer than the spacing, short enough not to run out of sockets over 10,000 hosts


class Resuming(ssl.SSLContext):
    """A client's context that takes up the sessions of its hosts again (RFC 8446, 2.2): each host shows its
    certificate once in a run, however often it is connected to."""

    def __init__(self, *_: object) -> None:
        self._sessions: dict[str | bytes | None, ssl.SSLSession] = {}
        if sys.version_info >= (3, 13):  # as ssl.create_default_context has it there
            self.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT

    def wrap_bio(  # the way of asyncio
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        session = session or self._sessions.get(server_hostname)
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)

    def remember(self, talk: ssl.SSLObject) -> None:
        """The session of a connection over which something has come in; its ticket comes no sooner."""
        if talk.session is not None:
            self._sessions[talk.server_hostname] = talk.session


@functools.cache
def tls() -> Resuming:
    """One context for everything: each costs 55 ms. SSL_CERT_FILE and SSL_CERT_DIR name other authorities than
    certifi's, as they do for httpx."""
    context = Resuming(ssl.PROTOCOL_TLS_CLIENT)
    if named := os.environ.get("SSL_CERT_FILE"):
        context.load_verify_locations(cafile=named)
    elif named := os.environ.get("SSL_CERT_DIR"):
        context.load_verify_locations(capath=named)
    else:
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    return context


def system_lookup(host: str) -> Sequence[str]:
    """What this machine's resolver says; names below localhost are loopback without asking (RFC 6761, 6.3)."""
    if host.endswith(".localhost"):
        return ["127.0.0.1"]
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def remembering(lookup: Lookup) -> Lookup:
    """The same, asked once in a while for each name, so that whoever asks next for a host hears the same."""
    known: dict[str, tuple[float, Sequence[str] | OSError]] = {}

    def look(host: str) -> Sequence[str]:
        until, found = known.get(host, (0.0, ()))
        if time.monotonic() >= until:
            try:
                found = lookup(host)
            except OSError as error:
                found = error
            known[host] = time.monotonic() + REMEMBERED, found
        if isinstance(found, OSError):
            raise found
        return found

    return look
