"""How to behave towards publishers: limits, spacing, and which private places may be visited."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aggregator import __version__


def user_agent(contact: str = "") -> str:
    """An honest name, with a way to reach whoever runs this: `aggregator/0.1.0 (+https://example.org/about)`.

    `contact` is an address of a page or an e-mail address; what can't stand in a header line is left out.
    """
    contact = re.sub(r"[^\x21-\x7e]|[()]", "", contact)
    if not contact:
        return f"aggregator/{__version__}"
    if "@" in contact and ":" not in contact:
        contact = f"mailto:{contact}"
    return f"aggregator/{__version__} (+{contact})"


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for every request of one run. Times in seconds, sizes in bytes.

    allow_private: host names (exactly that host; `localhost` stands for all names below it too, RFC 6761) and
    addresses or networks in CIDR form that may be visited although they are private.
    concurrency: exchanges under way at once, over all hosts.
    per_host, spacing: exchanges at once with one host, and the time between their starts.
    open_per_host: the same for a host that `allow_private` opens; no spacing there.
    max_bytes: of a body, as sent and as decoded.
    max_redirects: followed before giving up.
    patience: how long one host may keep its requests waiting in a run by asking for pauses (`Turns.complain`).
    deadline: a reading of time.monotonic() after which nothing is started any more.
    """

    user_agent: str = user_agent()
    allow_private: tuple[str, ...] = ()
    concurrency: int = 64
    per_host: int = 2
    spacing: float = 1.0
    open_per_host: int = 16
    max_bytes: int = 8 << 20
    max_redirects: int = 5
    patience: float = 20.0
    deadline: float | None = None
