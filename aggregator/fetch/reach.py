"""What every way to a host shares: how names are looked up, which certificates are believed, what is asked for."""

from __future__ import annotations

import functools
import os
import socket
import ssl
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


@functools.cache
def tls() -> ssl.SSLContext:
    """One context for everything: each costs 55 ms. SSL_CERT_FILE and SSL_CERT_DIR name other authorities than
    certifi's, as they do for httpx."""
    if named := os.environ.get("SSL_CERT_FILE"):
        return ssl.create_default_context(cafile=named)
    if named := os.environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=named)
    import certifi

    return ssl.create_default_context(cafile=certifi.where())


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
