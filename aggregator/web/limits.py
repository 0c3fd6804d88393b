"""How often one network, or one address, may ask for something: a bucket each that fills again (token bucket)."""

from __future__ import annotations

import hashlib
import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

_MOST = 50_000  # buckets held; the ones not used for longest are forgotten first


@dataclass(slots=True)
class Limits:
    """Buckets by name. Kept in this process only: a restart is forgiving. Holds hashes, never addresses.

    `clock` gives seconds that never go back."""

    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[bytes, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, what: str, who: str, most: int, per: float) -> float:
        """Take one of `most` in `per` seconds. 0: it was there; else the seconds until there is one again."""
        key = hashlib.blake2b(f"{what}\0{who}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
        at, rate = self.clock(), most / per
        with self._lock:
            held, since = self._buckets.pop(key, (float(most), at))
            held = min(float(most), held + (at - since) * rate)
            missing = 0.0 if held >= 1 else (1 - held) / rate
            self._buckets[key] = (held if missing else held - 1, at)
            while len(self._buckets) > _MOST:
                self._buckets.popitem(last=False)
        return missing


def network_of(host: str | None) -> str:
    """The network that a client asks from: /24 (IPv4) or /48 (IPv6), as one household or office holds."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))
