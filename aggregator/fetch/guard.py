"""Which addresses may be visited. Checked twice: the address as written, on every hop, and the IP address at the
moment of connecting, so that a name that resolves differently the second time (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, unquote_to_bytes, urljoin, urlsplit

from aggregator.fetch.failures import failure, place

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

WEB_PORTS = {"http": 80, "https": 443}

# IANA's special-purpose registries (RFC 6890 and later), and one cloud's metadata host with a public address.
_CLOSED_V4 = tuple(
    ipaddress.IPv4Network(n)
    for n in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    )
)  # fmt: skip
# Only 2000::/3 is global unicast; inside it lie Teredo and its kin (2001::/23), 6to4 and documentation.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6 = tuple(ipaddress.IPv6Network(n) for n in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
# Prefixes that carry an IPv4 address in their last 32 bits: mapped (RFC 4291) and translated (RFC 6052).
_CARRIERS = tuple(ipaddress.IPv6Network(n) for n in ("::ffff:0:0/96", "64:ff9b::/96"))
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214: the interface identifier before an IPv4 address

_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, and carries no other one inside."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    carried = _carried(address)
    if any(address in network for network in _CARRIERS):
        return is_public(carried)
    if address not in _GLOBAL_V6 or any(address in network for network in _CLOSED_V6):
        return False
    return (int(address) >> 32) & 0xFFFFFFFF not in _ISATAP or is_public(carried)


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Target:
    """An address that passed the guard, in its one plain form: ASCII host in lower case, no user, no fragment.

    opened: `allow_private` names this host. `login` is the Authorization value of a user name in the address.
    """

    url: str
    scheme: str
    host: str
    port: int
    opened: bool = False
    login: str | None = None

    @property
    def origin(self) -> tuple[str, str, int]:
        """What secrets are bound to (RFC 6454)."""
        return self.scheme, self.host, self.port

    @property
    def publisher(self) -> str:
        """What politeness counts by: the host, whichever of the web's two ports is used."""
        return self.host if self.port in WEB_PORTS.values() else f"{self.host}:{self.port}"


class Guard:
    """Decides by host names and by addresses. `allow` is `Policy.allow_private`."""

    def __init__(self, allow: Iterable[str]) -> None:
        names, networks = set(), []
        for entry in allow:
            try:
                networks.append(ipaddress.ip_network(entry.strip().strip("[]"), strict=False))
            except ValueError:
                names.add(entry.strip().lower().rstrip("."))
        self._names, self._networks = frozenset(names), tuple(networks)

    def admits(self, address: str) -> bool:
        """Whether a connection to this IP address may be made. A scope (`fe80::1%eth0`) does not matter."""
        parsed = ipaddress.ip_address(address.partition("%")[0])
        return is_public(parsed) or self._is_opened(parsed)

    def target(self, url: str) -> Target:
        """Check an address as written. Raises SourceError: bad-address, bad-scheme, private-address,
        forbidden-port. A host name passes here and is judged by `admits` when it is connected to."""
        url = url.strip()
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise failure("bad-address", place(url)) from None
        if parts.scheme not in WEB_PORTS:
            raise failure("bad-scheme", place(url))
        if _FORBIDDEN.search(url) or "\\" in parts.netloc or port == 0:
            raise failure("bad-address", place(url))
        host, is_literal = _host(parts.hostname or "", url)
        if is_literal and not self.admits(host):
            raise failure("private-address", place(url))
        opened = self._opens(host, is_literal)
        port = port or WEB_PORTS[parts.scheme]
        if port < 1024 and port not in WEB_PORTS.values() and not opened:
            raise failure("forbidden-port", place(url))
        shown = f"[{host}]" if ":" in host else host
        authority = shown if port == WEB_PORTS[parts.scheme] else f"{shown}:{port}"
        path = parts.path.replace(" ", "%20") or "/"
        query = f"?{parts.query.replace(' ', '%20')}" if parts.query else ""
        login = _login(parts.username, parts.password)
        return Target(f"{parts.scheme}://{authority}{path}{query}", parts.scheme, host, port, opened, login)

    def redirect(self, at: Target, location: str) -> Target:
        """Where a Location header leads, relative to where we are (RFC 9110, 10.2.2). Raises as `target` does,
        and bad-redirect, redirect-credentials."""
        if not location.strip():
            raise failure("bad-redirect")
        try:
            url = urljoin(at.url, location.strip())
        except ValueError:
            raise failure("bad-redirect", place(location)) from None
        target = self.target(url)
        if target.login is not None:
            raise failure("redirect-credentials", place(url))
        return target

    def _opens(self, host: str, is_literal: bool) -> bool:
        if host in self._names:
            return True
        if is_literal:
            return self._is_opened(ipaddress.ip_address(host))
        if host == "localhost" or host.endswith(".localhost"):
            # Loopback by definition (RFC 6761, 6.3).
            return "localhost" in self._names or self._is_opened(ipaddress.IPv4Address("127.0.0.1"))
        return False

    def _is_opened(self, address: Address) -> bool:
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)


def _host(written: str, url: str) -> tuple[str, bool]:
    """The host in plain form, and whether it is an IP address. Raises bad-address, private-address."""
    host = _ascii(written, url)
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host.partition("%")[0])), True
        except ValueError:
            raise failure("bad-address", place(url)) from None
    if host.endswith("."):
        host = host[:-1]
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _dotted_quad(host, url), True
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise failure("bad-address", place(url))
    return host, False


def _ascii(written: str, url: str) -> str:
    """The host in ASCII. Full-width digits, ideographic dots and the like are folded first, as resolvers do."""
    # urlsplit leaves percent-encoding alone; whoever connects may undo it, so it is undone before judging.
    host = unicodedata.normalize("NFKC", unquote(written)).lower().replace("。", ".")
    if host.isascii():
        return host
    import httpx  # brings IDNA 2008

    try:
        return httpx.URL(f"http://{host}/").raw_host.decode("ascii")
    except httpx.InvalidURL:
        raise failure("bad-address", place(url)) from None


def _dotted_quad(host: str, url: str) -> str:
    """An IPv4 address in its one proper spelling; octal, hexadecimal, short and whole-number ones are refused."""
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        pass
    try:
        meant = ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        raise failure("bad-address", place(url)) from None
    raise failure("bad-address" if is_public(meant) else "private-address", place(url))


def _login(user: str | None, password: str | None) -> str | None:
    """The Authorization value for a user name and password in an address (RFC 7617)."""
    if user is None:
        return None
    pair = unquote_to_bytes(user) + b":" + unquote_to_bytes(password or "")
    return "Basic " + b64encode(pair).decode("ascii")
