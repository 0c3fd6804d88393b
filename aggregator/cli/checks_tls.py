"""What `doctor` says of TLS on the way to us: MTA-STS (RFC 8461) and TLS reports (RFC 8460) of the domain that
letters come back to. Both are good to have and nobody must; what is there must be right, or mail to us is lost."""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from aggregator.cli.checks import Check

if TYPE_CHECKING:
    from aggregator.cli.checks_dns import Domains
    from aggregator.deliver.dns import Names

SECONDS = 10.0
LARGEST = 65_536  # bytes of a policy
LONGEST_AGE = 31_557_600  # seconds that a policy may hold (RFC 8461, 3.2)
_MODES = ("enforce", "testing", "none")


class NoPolicy(Exception):
    """The policy can't be fetched; says why."""


def fetched(domain: str) -> str:
    """The policy as senders fetch it: over HTTPS with a certificate for that name, without following anything.
    Raises `NoPolicy`."""
    host = f"mta-sts.{domain}"
    asking = http.client.HTTPSConnection(host, timeout=SECONDS, context=ssl.create_default_context())
    try:
        asking.request("GET", "/.well-known/mta-sts.txt", headers={"User-Agent": "aggregator doctor"})
        answer = asking.getresponse()
        body = answer.read(LARGEST)
    except ssl.SSLCertVerificationError as error:
        raise NoPolicy(f"the certificate of {host} fails: {error.verify_message}") from error
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise NoPolicy(f"{host}: {getattr(error, 'strerror', None) or type(error).__name__}") from error
    finally:
        asking.close()
    if answer.status != 200:
        raise NoPolicy(f"{host} answers with {answer.status}")
    return body.decode("utf-8", "replace")


def sts_check(names: Names, domains: Domains, fetch: Callable[[str], str] = fetched) -> Iterator[Check]:
    """MTA-STS: the record, the policy behind it, and whether that names the hosts that the MX records name."""
    domain = domains.bounces
    found = [text for text in names.texts(f"_mta-sts.{domain}") if re.match(r"v=STSv1\s*(;|$)", text)]
    if not found:
        what = f"MTA-STS: {domain} has none, so senders may hand bounces over without TLS"
        yield Check("good", what, "to change that, publish a policy (RFC 8461)")
        return
    if len(found) > 1 or not re.search(r";\s*id=[A-Za-z0-9]{1,32}\s*(;|$)", found[0]):
        wrong = f"{len(found)} records" if len(found) > 1 else "no id"
        yield Check("warning", f"MTA-STS: _mta-sts.{domain} has {wrong}, so none counts", '"v=STSv1; id=20260101"')
        return
    try:
        policy = fetch(domain)
    except NoPolicy as why:
        remedy = f"serve https://mta-sts.{domain}/.well-known/mta-sts.txt, or take the record out"
        yield Check("warning", f"MTA-STS: the policy can't be had ({why})", remedy)
        return
    wrong = _faults(policy, names.mail_hosts(domain))
    if wrong:
        yield Check(
            "bad" if "enforce" in policy else "warning", f"MTA-STS of {domain}: {wrong}", "mend the policy"
        )
    else:
        yield Check("good", f"MTA-STS: {domain} asks senders for TLS ({_fields(policy)['mode'][0]})")


def _fields(policy: str) -> dict[str, list[str]]:
    """`key: value` lines (RFC 8461, 3.2); `mx` may come often."""
    found: dict[str, list[str]] = {}
    for line in policy.splitlines():
        key, colon, value = line.partition(":")
        if colon:
            found.setdefault(key.strip().lower(), []).append(value.strip())
    return found


def _faults(policy: str, hosts: list[str]) -> str:
    """What is wrong with a policy, or ''."""
    fields = _fields(policy)
    mode, age = fields.get("mode", [""])[0], fields.get("max_age", [""])[0]
    if fields.get("version", [""])[0] != "STSv1" or mode not in _MODES:
        return "the policy has no version STSv1 or no known mode"
    if not age.isdigit() or int(age) > LONGEST_AGE:
        return "max_age must be seconds, a year at most"
    left_out = [host for host in hosts if not any(_covers(one, host) for one in fields.get("mx", []))]
    if left_out and mode != "none":
        return f"the policy does not name {', '.join(left_out)}, so mail to it is not delivered"
    return ""


def _covers(pattern: str, host: str) -> bool:
    """Whether a name of the policy stands for a host; `*.` for exactly one label (RFC 8461, 4.1)."""
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:]
    return pattern == host


def tls_report_check(names: Names, domains: Domains) -> Iterator[Check]:
    """TLS reports: where senders say that they could not use TLS (RFC 8460)."""
    domain = domains.bounces
    found = [text for text in names.texts(f"_smtp._tls.{domain}") if re.match(r"v=TLSRPTv1\s*(;|$)", text)]
    usable = [text for text in found if re.search(r";\s*rua=(mailto:|https://)\S+", text)]
    if not found:
        remedy = f'to have them, publish TXT _smtp._tls.{domain} "v=TLSRPTv1; rua=mailto:you@{domain}"'
        yield Check("good", f"TLS reports: {domain} asks for none", remedy)
    elif len(found) > 1 or not usable:
        wrong = f"{len(found)} records" if len(found) > 1 else "no rua"
        yield Check(
            "warning", f"TLS reports: _smtp._tls.{domain} has {wrong}, so none counts", "leave one, with rua="
        )
    else:
        yield Check("good", f"TLS reports of {domain} go where its record says")
