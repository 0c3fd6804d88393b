"""What `doctor` says of SPF: whether the record can be used at all, and whether it covers the relay."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aggregator.cli.checks import Check
from aggregator.cli.spf import MOST_LOOKUPS, Spf, Unusable, is_spf

if TYPE_CHECKING:
    from aggregator.cli.checks_dns import Domains
    from aggregator.deliver.dns import Names


@dataclass(slots=True)
class _Walk:
    """An SPF record and what it includes: how many look-ups that takes, and what is wrong on the way."""

    names: Names
    lookups: int = 0
    seen: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def follow(self, domain: str) -> str:
        """The record of a domain, or an empty text where there is not exactly one."""
        records = [one for one in self.names.texts(domain) if is_spf(one)]
        if len(records) != 1:
            self.faults += [f"{domain} has {len(records)} SPF records"]
            return ""
        self.seen.add(domain)
        for term in records[0].lower().split()[1:]:
            named = re.fullmatch(r"[+?~-]?(include|a|mx|ptr|exists|redirect)(?:[:=/](.*))?", term)
            if named and self.lookups <= MOST_LOOKUPS:
                self.lookups += 1
                onward = (named[2] or "") if named[1] in ("include", "redirect") else ""
                if onward and "%" not in onward and onward not in self.seen:
                    self.follow(onward)
        return records[0]


def spf_checks(names: Names, domains: Domains) -> Iterator[Check]:
    """Of the envelope's domain, which is the one that SPF is about (RFC 7208, 2.4)."""
    domain, walk = domains.bounces, _Walk(names)
    record = walk.follow(domain)
    terms = record.lower().split()
    if not record and walk.faults == [f"{domain} has 0 SPF records"]:
        remedy = f'publish TXT {domain} "v=spf1 mx -all", with what your relay\'s operator says instead of mx'
        yield Check("bad", f"{domain} has no SPF record", remedy)
    elif walk.faults:
        yield Check("bad", f"SPF fails: {', '.join(walk.faults)}", "there must be exactly one; join or mend them")
    elif walk.lookups > MOST_LOOKUPS:
        remedy = "take out includes that are not needed, or write addresses (ip4:, ip6:) in their place"
        yield Check("bad", f"SPF of {domain} asks for more than {MOST_LOOKUPS} look-ups, so it fails", remedy)
    elif "+all" in terms or "all" in terms:
        yield Check("bad", f"SPF of {domain} lets everybody send (+all)", "end it with -all or ~all")
    else:
        yield Check("good", f"SPF: {domain} says who may send ({record})")
        yield from _of_relay(names, domains)


def _of_relay(names: Names, domains: Domains) -> Iterator[Check]:
    """Whether the record covers the relay. Where that is somebody else's, only they know from which address
    letters go on: a record that does not name it may be right."""
    if "." not in domains.relay:
        return
    for address in names.addresses(domains.relay):
        try:
            found = Spf(names, ipaddress.ip_address(address)).check(domains.bounces)
        except Unusable as why:
            yield Check("bad", f"SPF of {domains.bounces} fails for the relay {address}: {why}", "mend the record")
            continue
        if found == "pass":
            yield Check("good", f"SPF of {domains.bounces} covers the relay {domains.relay} ({address})")
        elif domains.near:
            kind = "ip6" if ":" in address else "ip4"
            remedy = f"put {kind}:{address} into it, unless letters go on from another address"
            yield Check("warning", f"SPF of {domains.bounces} says {found} to the relay {address}", remedy)
        else:
            what = f"SPF of {domains.bounces} does not name {domains.relay} ({address}) itself"
            yield Check("good", what, "see that it has what the relay's operator asks for (an include:)")
