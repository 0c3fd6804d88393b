"""SPF evaluated as receivers do (RFC 7208): may this address send for that domain? For `doctor`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from aggregator.deliver.dns import Names

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Result = Literal["pass", "fail", "softfail", "neutral", "none"]

MOST_LOOKUPS, MOST_VOID = 10, 2  # of one evaluation (RFC 7208, 4.6.4)
MOST_HOSTS = 10  # addresses behind one `mx` or `ptr`
_TERM = re.compile(r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?::([^/]*))?((?:/\d+)?(?://\d+)?)")
_IP = re.compile(r"([+?~-]?)(ip4|ip6):(\S+)")
_MACRO = re.compile(r"%(?:\{([slodiphv])(\d*)(r?)([.\-+,/_=]*)\}|([%_-]))", re.IGNORECASE)
_RESULTS: dict[str, Result] = {"": "pass", "+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


class Unusable(Exception):
    """The record can't be evaluated (permerror); says why."""


def is_spf(record: str) -> bool:
    return bool(re.match(r"v=spf1(\s|$)", record, re.IGNORECASE))


@dataclass(slots=True)
class Spf:
    """One evaluation. Counts what it asks; raises `Unusable`, and `NoAnswer` where nobody could say."""

    names: Names
    address: Address
    lookups: int = 0
    void: int = 0

    def check(self, domain: str) -> Result:
        """What receivers make of the address for this domain; `none` where it has no record."""
        records = [one for one in self.names.texts(domain) if is_spf(one)]
        if not records:
            return "none"
        if len(records) > 1:
            raise Unusable(f"{domain} has {len(records)} SPF records")
        onward = ""
        for term in records[0].split()[1:]:
            name, equals, value = term.partition("=")
            if equals and re.fullmatch(r"[A-Za-z][\w.-]*", name):
                onward = value if name.lower() == "redirect" else onward
                continue
            qualifier, matched = self._matches(term, domain)
            if matched:
                return _RESULTS[qualifier]
        return self._redirected(onward, domain) if onward else "neutral"

    def _redirected(self, onward: str, domain: str) -> Result:
        self._count()
        found = self.check(self._expanded(onward, domain))
        if found == "none":
            raise Unusable(f"redirect={onward} leads to no SPF record")
        return found

    def _matches(self, term: str, domain: str) -> tuple[str, bool]:
        """(qualifier, whether the mechanism covers the address)"""
        if network := _IP.fullmatch(term.lower()):
            return network[1], self._within(network[3])
        found = _TERM.fullmatch(term.lower())
        if not found or (found[2] in ("include", "exists") and not found[3]):
            raise Unusable(f"{domain} says {term}, which is no mechanism of SPF")
        qualifier, mechanism, target, length = found.groups()
        if mechanism == "all":
            return qualifier, True
        self._count()
        target = self._expanded(target or domain, domain)
        if mechanism == "include":
            return qualifier, self._included(target)
        if mechanism == "ptr":
            return qualifier, any(one == target or one.endswith(f".{target}") for one in self._own_names())
        if mechanism == "exists":
            return qualifier, bool(self._asked(target))
        hosts = self.names.mail_hosts(target)[:MOST_HOSTS] if mechanism == "mx" else [target]
        held = [address for host in hosts for address in self._asked(host)]
        return qualifier, any(self._within(f"{one}{_prefix(one, length)}") for one in held)

    def _included(self, target: str) -> bool:
        found = self.check(target)
        if found == "none":
            raise Unusable(f"include:{target} leads to no SPF record")
        return found == "pass"

    def _within(self, network: str) -> bool:
        try:
            return self.address in ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise Unusable(f"{network} is no network") from None

    def _own_names(self) -> Iterator[str]:
        """Names of the address that lead back to it."""
        for name in self.names.names_of(str(self.address))[:MOST_HOSTS]:
            if str(self.address) in self.names.addresses(name):
                yield name.lower()

    def _asked(self, host: str) -> list[str]:
        found = self.names.addresses(host)
        self.void += not found
        if self.void > MOST_VOID:
            raise Unusable(f"more than {MOST_VOID} names in it lead nowhere (the last: {host})")
        return found

    def _count(self) -> None:
        self.lookups += 1
        if self.lookups > MOST_LOOKUPS:
            raise Unusable(f"it asks for more than {MOST_LOOKUPS} look-ups")

    def _expanded(self, text: str, domain: str) -> str:
        """Macros filled in (RFC 7208, 7), for a sender whose local part nobody cares about."""
        if "%" not in text:
            return text
        version = "in-addr" if self.address.version == 4 else "ip6"
        dotted = ".".join(self.address.exploded.replace(":", "")) if version == "ip6" else str(self.address)
        values = {
            **dict.fromkeys("odh", domain), "s": f"postmaster@{domain}", "l": "postmaster", "i": dotted,
            "p": "unknown", "v": version,
        }  # fmt: skip

        def filled(macro: re.Match[str]) -> str:
            if macro[5]:
                return {"%": "%", "_": " ", "-": "%20"}[macro[5]]
            parts = re.split(f"[{re.escape(macro[4] or '.')}]", values[macro[1].lower()])
            parts = parts[::-1] if macro[3] else parts
            return ".".join(parts[-int(macro[2]) :] if macro[2] else parts)

        return _MACRO.sub(filled, text)


def _prefix(address: str, length: str) -> str:
    """The length that `/24//64` gives for this address, as `/24`, or ''."""
    four, _, six = length.partition("//")
    return (f"/{six}" if six else "") if ":" in address else four
