"""What the DNS says of the domains that letters come from. For `doctor` only: sending asks the relay."""

from __future__ import annotations

from typing import Any

from aggregator.errors import AggregatorError, Exit

SECONDS = 5.0  # for one question, all servers and tries together


class NoAnswer(AggregatorError):
    """The DNS could not be asked: no resolver, no network, or a server in trouble. Says nothing of the name."""

    exit_code = Exit.TEMPORARY


class Names:
    """Questions to the resolver of this machine, or to one server given as `192.0.2.1` or `192.0.2.1:53`.

    A name or record that does not exist is an empty list; `NoAnswer` is raised where nobody could say.
    """

    def __init__(self, server: str = "") -> None:
        import dns.exception
        import dns.resolver

        try:
            self._resolver = dns.resolver.Resolver(configure=not server)
        except dns.exception.DNSException as error:
            raise NoAnswer(f"this machine has no resolver ({type(error).__name__})") from error
        if server:
            host, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "53")
            self._resolver.nameservers = [host]
            self._resolver.port = int(port)

    def texts(self, name: str) -> list[str]:
        """TXT records, each joined to one text."""
        return [b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT")]

    def mail_hosts(self, name: str) -> list[str]:
        """Hosts that take mail for a domain, preferred first; `.` stands for "no mail here" (RFC 7505)."""
        found = sorted((record.preference, str(record.exchange)) for record in self._ask(name, "MX"))
        return [host if host == "." else host.rstrip(".") for _, host in found]

    def addresses(self, name: str) -> list[str]:
        """IPv4 and IPv6 addresses."""
        return [record.address for kind in ("A", "AAAA") for record in self._ask(name, kind)]

    def names_of(self, address: str) -> list[str]:
        """The names under which an address is entered (PTR)."""
        import dns.reversename

        return [str(r.target).rstrip(".") for r in self._ask(str(dns.reversename.from_address(address)), "PTR")]

    def _ask(self, name: str, kind: str) -> list[Any]:
        import dns.exception
        import dns.name
        import dns.resolver

        try:
            return list(self._resolver.resolve(f"{name.rstrip('.')}.", kind, lifetime=SECONDS))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise NoAnswer(f"{kind} of {name}: {type(error).__name__}") from error
