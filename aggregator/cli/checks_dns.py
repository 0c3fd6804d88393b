"""What `doctor` says of the DNS: whether receivers can tell that our letters are ours (docs/why/sending.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.cli.checks import Check

if TYPE_CHECKING:
    from aggregator.deliver.dkim import DkimKey
    from aggregator.deliver.dns import Names

GOOD_BITS = 2048
TREE = 8  # labels of a domain at which a DMARC policy is looked for (RFC 9989)


@dataclass(frozen=True, slots=True)
class Domains:
    """What is looked up: the domain of From, that of the envelope, the key, and the name the relay greets with.
    `near`: the relay is on this machine, so its address is the one that receivers see."""

    sender: str
    bounces: str
    key: DkimKey | None = None
    relay: str = ""
    near: bool = False


def dns_checks(names: Names, domains: Domains) -> Iterator[Check]:
    """Every finding; each question that nobody answers is one of its own, and the others go on."""
    from aggregator.cli.checks_spf import spf_checks
    from aggregator.cli.checks_tls import sts_check, tls_report_check
    from aggregator.deliver.dns import NoAnswer

    looks: tuple[Callable[[Names, Domains], Iterator[Check]], ...] = (
        spf_checks, _dkim, _dmarc, _mx, _ptr, sts_check, tls_report_check,
    )  # fmt: skip
    for look in looks:
        try:
            yield from look(names, domains)
        except NoAnswer as silence:
            remedy = "look again later, or name a server that answers with AGGREGATOR_NAME_SERVER"
            yield Check("warning", f"the DNS gave no answer ({silence})", remedy)


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
    """The policy of From's domain, or of the nearest one above it that has one; and whether SPF counts for it."""
    policies: list[tuple[str, dict[str, str]]] = []
    for domain in _tree(domains.sender):
        found = [_tags(text) for text in names.texts(f"_dmarc.{domain}")]
        found = [tags for tags in found if tags.get("v") == "DMARC1"]
        if len(found) > 1:
            yield Check("bad", f"DMARC: _dmarc.{domain} has {len(found)} policies, so none counts", "leave one")
            return
        policies += [(domain, tags) for tags in found]
        if found and found[0].get("psd", "u").lower() in ("n", "y"):
            break  # here the organisation begins, or ends below (RFC 9989, tree walk)
    if not policies:
        remedy = (
            f'publish TXT _dmarc.{domains.sender} "v=DMARC1; p=none"; the large providers want it of bulk senders'
        )
        yield Check("warning", f"DMARC: {domains.sender} has no policy", remedy)
        return
    domain, tags = policies[0]
    asked = tags.get("p", "none") if domain == domains.sender else tags.get("sp") or tags.get("p", "none")
    trial = ", as a trial (t=y)" if tags.get("t", "n").lower() == "y" else ""
    yield Check("good", f"DMARC: _dmarc.{domain} asks for p={asked}{trial}")
    yield from _aligned(domains, [name for name, found in policies if found.get("psd", "u").lower() != "y"], tags)


def _tree(domain: str) -> list[str]:
    """Where a policy is looked for: the domain, then those above it, at most eight in all (RFC 9989)."""
    labels = domain.split(".")
    above = [".".join(labels[at:]) for at in range(1, len(labels))]
    return [domain, *above[-(TREE - 1) :]]


def _aligned(domains: Domains, found: list[str], tags: dict[str, str]) -> Iterator[Check]:
    """SPF counts for DMARC only where the return address is of the same organisation as From."""
    if not found:
        return
    strict = tags.get("aspf", "r").lower() == "s"
    organisation = domains.sender if strict else found[-1]
    inside = domains.bounces == organisation or (not strict and domains.bounces.endswith(f".{organisation}"))
    if inside or (not strict and domains.sender.endswith(f".{domains.bounces}")):
        return
    rule = "be the same as From's (aspf=s)" if strict else f"be {organisation} or below it"
    remedy = "set AGGREGATOR_BOUNCES to an address there; until then only DKIM makes letters pass"
    what = f"DMARC: SPF of {domains.bounces} does not count for {domains.sender}: it would have to {rule}"
    yield Check("warning", what, remedy)


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
