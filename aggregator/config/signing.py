"""The settings of DKIM: each by itself, and whether they agree with each other and with the From address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from aggregator.config.fields import wrong
from aggregator.errors import Problem

_LABELS = re.compile(r"(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))*")


def selector(value: Any) -> Any:
    """A name below `_domainkey` (RFC 6376, 3.1)."""
    text = value.strip() if isinstance(value, str) else value
    if text and not (_LABELS.fullmatch(text) and text.isascii()):
        raise wrong("it is not a name in the DNS", "use letters, digits and -, for example: digest2026")
    return text


def domain(value: Any) -> Any:
    text = value.strip().rstrip(".").lower() if isinstance(value, str) else value
    if text and not (_LABELS.fullmatch(text) and "." in text):
        raise wrong("it is not a domain", "write it like library.example, without @ and without _domainkey")
    return text


def contradictions(key: Path | None, selected: str, signing: str, sender: str) -> list[Problem]:
    """What each setting allows and all together do not. Signing for a domain that is not From's own or above it
    is worth nothing to DMARC (RFC 9989, alignment)."""
    problems = []
    own = sender.rpartition("@")[2].strip(" >").lower()
    if key and not selected:
        what = "AGGREGATOR_DKIM_KEY is set and AGGREGATOR_DKIM_SELECTOR is not"
        problems.append((what, "set it to the name under which the public key stands in the DNS"))
    if (selected or signing) and not key:
        what = "AGGREGATOR_DKIM_SELECTOR or _DOMAIN is set and AGGREGATOR_DKIM_KEY is not"
        problems.append((what, "name the file of the private key, or unset them and let the relay sign"))
    if signing and own != signing and not own.endswith(f".{signing}"):
        what = f"AGGREGATOR_DKIM_DOMAIN is {signing}, and letters come from {own}"
        problems.append((what, "sign for the domain of AGGREGATOR_FROM, or for one above it"))
    return [Problem("settings", None, what, remedy) for what, remedy in problems]
