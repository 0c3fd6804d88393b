"""The settings of DKIM and the DNS: each by itself, and whether they agree with each other and with From."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from aggregator.errors import BadValue, Problem

if TYPE_CHECKING:
    from aggregator.config.settings import Settings

_LABELS = re.compile(r"(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))*")


def selector(value: Any) -> Any:
    """A name below `_domainkey` (RFC 6376, 3.1)."""
    text = value.strip() if isinstance(value, str) else value
    if text and not (_LABELS.fullmatch(text) and text.isascii()):
        raise BadValue("it is not a name in the DNS", "use letters, digits and -, for example: digest2026")
    return text


def domain(value: Any) -> Any:
    text = value.strip().rstrip(".").lower() if isinstance(value, str) else value
    if text and not (_LABELS.fullmatch(text) and "." in text):
        raise BadValue("it is not a domain", "write it like library.example, without @ and without _domainkey")
    return text


def name_server(value: Any) -> Any:
    """`192.0.2.1`, `192.0.2.1:5353` or `2001:db8::1`."""
    text = value.strip() if isinstance(value, str) else value
    if not text:
        return text
    host, _, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "53")
    try:
        ipaddress.ip_address(host)
        sound = 0 < int(port) < 65536
    except ValueError:
        sound = False
    if not sound:
        raise BadValue("it is not the address of a name server", "write it like 192.0.2.1 or 192.0.2.1:5353")
    return text


def _covers(signing: str, domain: str) -> bool:
    return domain == signing or domain.endswith(f".{signing}")


def contradictions(settings: Settings) -> list[Problem]:
    """What each setting allows and all together do not. Signing for a domain that is not From's own or above it
    is worth nothing to DMARC (RFC 9989, alignment)."""
    problems = []
    key, selected, signing = settings.dkim_key, settings.dkim_selector, settings.dkim_domain
    own = settings.sender_from.rpartition("@")[2].strip(" >").lower()
    if key and not selected:
        what = "AGGREGATOR_DKIM_KEY is set and AGGREGATOR_DKIM_SELECTOR is not"
        problems.append((what, "set it to the name under which the public key stands in the DNS"))
    if (selected or signing) and not key:
        what = "AGGREGATOR_DKIM_SELECTOR or _DOMAIN is set and AGGREGATOR_DKIM_KEY is not"
        problems.append((what, "name the file of the private key, or unset them and let the relay sign"))
    if signing and not _covers(signing, own):
        what = f"AGGREGATOR_DKIM_DOMAIN is {signing}, and letters come from {own}"
        problems.append((what, "sign for the domain of AGGREGATOR_FROM, or for one above it"))
    other = settings.transactional_from.rpartition("@")[2].strip(" >").lower()
    if key and other and not _covers(signing or own, other):
        what = (
            f"short letters come from {other} (AGGREGATOR_TRANSACTIONAL_FROM) and are signed for {signing or own}"
        )
        problems.append((what, "give both the same domain, or set AGGREGATOR_DKIM_DOMAIN to one above both"))
    return [Problem("settings", None, what, remedy) for what, remedy in problems]
