"""What `doctor` says of the DNS: whether receivers can tell that our letters are ours (docs/why/sending.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aggregator.cli.checks import Check

if TYPE_CHECKING:
    from aggregator.deliver.dkim import DkimKey
    from aggregator.deliver.dns import Names

MOST_LOOKUPS = 10  # of one SPF record with all that it includes (RFC 7208, 4.6.4)
GOOD_BITS = 2048
TREE = 8  # labels of a domain at which a DMARC policy is looked for (RFC 9989)


@dataclass(frozen=True, slots=True)
class Domains:
    """What is looked up: the domain of From, that of the envelope, the key, and the name the relay greets with."""

    sender: str
    bounces: str
    key: DkimKey | None = None
    relay: str = ""


def dns_checks(names: Names, domains: Domains) -> Iterator[Check]:
    """Every finding; each question that nobody answers is one of its own, and the others go on."""
    from aggregator.deliver.dns import NoAnswer

    looks: tuple[Callable[[Names, Domains], Iterator[Check]], ...] = (_spf, _dkim, _dmarc, _mx, _ptr)
    for look in looks:
        try:
            yield from look(names, domains)
        except NoAnswer as silence:
            remedy = "look again later, or name a server that answers with AGGREGATOR_NAME_SERVER"
            yield Check("warning", f"the DNS gave no answer ({silence})", remedy)


# ---------------------------------------------------------------------------------------------------------- SPF
@dataclass(slots=True)
class _Walk:
    """An SPF record and what it includes: how many look-ups that takes, and what is wrong on the way."""

    names: Names
    lookups: int = 0
    seen: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def follow(self, domain: str) -> str:
        """The record of a domain, or an empty text where there is not exactly one."""
        records = [one for one in self.names.texts(domain) if re.match(r"v=spf1(\s|$)", one, re.IGNORECASE)]
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


def _spf(names: Names, domains: Domains) -> Iterator[Check]:
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


# --------------------------------------------------------------------------------------------------------- DKIM
def _dkim(names: Names, domains: Domains) -> Iterator[Check]:
    from aggregator.deliver.dkim import bits, public_key

    key = domains.key
    if key is None:
        remedy = "send one letter to yourself and look for dkim=pass; or sign here: AGGREGATOR_DKIM_KEY"
        yield Check("warning", "letters are not signed here, and whether the relay signs can't be seen", remedy)
        return
    ours = public_key(key.path)
    if bits(key.path) < GOOD_BITS:
        remedy = "make one of 2048, under a new selector"
        yield Check("warning", f"the DKIM key has {bits(key.path)} bits", remedy)
    published = [_tags(text) for text in names.texts(key.record)]
    keys = [tags for tags in published if "p" in tags and tags.get("v", "DKIM1") == "DKIM1"]
    remedy = f'publish TXT {key.record} "v=DKIM1; k=rsa; p={ours}"'
    if not keys:
        yield Check("bad", f"DKIM: there is no key at {key.record}", remedy)
    elif len(keys) > 1:
        yield Check("bad", f"DKIM: {key.record} has {len(keys)} keys, and receivers may take any", remedy)
    elif _bare(keys[0]["p"]) != _bare(ours):
        what = "has been withdrawn (p= is empty)" if not keys[0]["p"] else "is not ours"
        yield Check("bad", f"DKIM: the key at {key.record} {what}", f"{remedy}, or set the key that is there")
    elif "y" in keys[0].get("t", "").split(":"):
        yield Check("warning", f"DKIM: {key.record} says that it is a test (t=y)", "take t=y out of the record")
    else:
        yield Check("good", f"DKIM: the key at {key.record} is ours")


def _tags(record: str) -> dict[str, str]:
    """`v=DKIM1; p=…` as tag -> value, blanks taken out (RFC 6376, 3.2)."""
    pairs = (part.partition("=") for part in record.split(";") if "=" in part)
    return {name.strip().lower(): re.sub(r"\s", "", value) for name, _, value in pairs}


def _bare(key: str) -> str:
    return key.rstrip("=")


# -------------------------------------------------------------------------------------------------------- DMARC
def _dmarc(names: Names, domains: Domains) -> Iterator[Check]:
    labels = domains.sender.split(".")
    above = [".".join(labels[at:]) for at in range(len(labels) - 1)]
    for domain in [above[0], *above[1:][-(TREE - 1) :]] if above else []:
        found = [_tags(text) for text in names.texts(f"_dmarc.{domain}")]
        policies = [tags for tags in found if tags.get("v") == "DMARC1"]
        if len(policies) > 1:
            what = f"DMARC: _dmarc.{domain} has {len(policies)} policies, so none counts"
            yield Check("bad", what, "leave one")
            return
        if policies:
            yield Check("good", f"DMARC: _dmarc.{domain} asks for p={policies[0].get('p', 'none')}")
            return
    remedy = f'publish TXT _dmarc.{domains.sender} "v=DMARC1; p=none"; the large providers want it of bulk senders'
    yield Check("warning", f"DMARC: {domains.sender} has no policy", remedy)


# --------------------------------------------------------------------------------------------- where bounces go
def _mx(names: Names, domains: Domains) -> Iterator[Check]:
    domain = domains.bounces
    hosts = names.mail_hosts(domain)
    if hosts == ["."]:
        remedy = "bounces are lost and receivers refuse such senders: publish an MX record for it"
        yield Check("bad", f"{domain} takes no mail (null MX)", remedy)
        return
    for host in hosts or [domain]:
        if names.addresses(host):
            yield Check("good", f"bounces go to {host}" + ("" if hosts else ", which has no MX record"))
            return
    what = f"{domain} has no mail server with an address ({', '.join(hosts) or 'no MX record'})"
    yield Check("bad", what, "bounces are lost and receivers refuse such senders: publish an MX record")


def _ptr(names: Names, domains: Domains) -> Iterator[Check]:
    """Of the name that the relay greets with, which is most often the one it has towards receivers, too."""
    relay = domains.relay
    if "." not in relay:
        return
    remedy = "receivers turn away hosts without it: ask whoever gives the relay its address"
    addresses = names.addresses(relay)
    if not addresses:
        yield Check(
            "warning", f"the relay calls itself {relay}, which has no address", "set its name (myhostname)"
        )
    for address in addresses:
        back = names.names_of(address)
        if not back:
            yield Check("warning", f"{address} ({relay}) has no name in reverse (PTR)", remedy)
        elif not any(address in names.addresses(name) for name in back):
            what = f"{address} is called {back[0]} in reverse, which does not lead back to it"
            yield Check("warning", what, remedy)
        else:
            yield Check("good", f"{address} is called {back[0]} in both directions")
