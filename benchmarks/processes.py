"""Programs measured from outside: wall and CPU seconds with all their children, memory of the whole tree."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds; `pss`: peak of the proportional set sizes of all processes in MB, 0 where nobody asked."""

    wall: float
    cpu: float
    pss: float = 0.0


def timed(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None, memory: bool = False
) -> Cost:
    """What a command and its children took. Raises CalledProcessError, with what it said on standard error."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    # What users have: compiled modules are kept.
    whole_env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(env or {})}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=whole_env, cwd=cwd
    ) as one:
        watch = _Watch(one.pid) if memory else None
        said = one.communicate()[1]
    peak = watch.stop() if watch else 0.0
    if one.returncode:
        raise subprocess.CalledProcessError(one.returncode, command, stderr=said)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak)


class _Watch:
    """Looks at the memory of a process and its descendants five times a second."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._done = pid, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        self._done.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._done.wait(0.2):
            self._peak = max(self._peak, sum(map(_pss, _tree(self._pid))) / 1024)


def _tree(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += map(int, task.read_text().split())
            except OSError:  # it has ended
                continue
    return found


def _pss(pid: int) -> int:
    """kB; 0 for a process that has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
