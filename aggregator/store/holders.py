"""Which process holds a lease, and whether it still lives."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path


def holder() -> str:
    """This process, named so that another process on this machine can tell whether it still lives."""
    return _named(os.getpid())


@cache  # it stands in every claim; a child has a pid of its own
def _named(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def is_dead(owner: str) -> bool:
    """True only for a process of this machine that has ended; of other machines nobody here can say."""
    host, pid, started = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    return _started(int(pid)) != started


def _started(pid: int) -> str:
    """When a process started (clock ticks since boot, proc(5) field 22), so that a reused pid is not mistaken."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "" if Path("/proc/self").exists() else _alive(pid)
    return stat.rpartition(")")[2].split()[19]


def _alive(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "alive"
