"""Every fault of the shared feed server ends in its own named outcome, in time."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.fetch import Policy, fetch
from aggregator.model import Request

OPEN = Policy(allow_private=("127.0.0.1",))
# What is not named here is a body: what is wrong with it is for readers to find.
EXPECTED = {
    "loop": "redirect-loop", "redirect-private": "private-address", "redirect-file": "bad-scheme",
    "401": "http-401", "403": "http-403", "404": "http-404", "gone": "gone", "500": "http-500", "503": "http-503",
    "429": "http-429", "429-date": "http-429", "429-always": "http-429", "flaky": "http-503",
    "stall": "timeout", "mute": "timeout", "close": "connection", "reset": "connection",
    "truncated": "truncated", "truncated-gzip": "truncated", "bad-chunk": "protocol", "long-header": "protocol",
    "empty": "empty", "204": "empty", "endless": "too-large", "gzip-bomb": "too-large",
}  # fmt: skip
# Two that depend on more than us: the server packs with gzip where it has no brotli; and bytes after the end of a
# message are noticed only if they come in the same piece.
EITHER = {"brotli-bomb": {"too-large", "bad-encoding"}, "length-short": {"body", "protocol"}}


@pytest.fixture(scope="module")
def server(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    ready = tmp_path_factory.mktemp("feedserver") / "ready"
    options = ["--port=0", "--slow=0.2", "--bomb=64", "--invent=5", "--retry-after=60"]
    command = [sys.executable, str(shared / "tools" / "feedserver.py"), *options, "--ready-file", str(ready)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while not (ready.exists() and ready.read_text().endswith("}")) and time.monotonic() < until:
            assert process.poll() is None
            time.sleep(0.02)
        yield f"http://127.0.0.1:{json.loads(ready.read_text())['port']}"
    finally:
        process.terminate()
        process.wait()


def test_every_fault_has_its_outcome(server: str) -> None:
    with urllib.request.urlopen(f"{server}/__faults") as answer:
        faults = list(json.load(answer))
    # One run each, as the refusals of many would speak for their common host.
    found = {}
    for number, name in enumerate(faults):
        (given,) = fetch([Request(name, f"{server}/fault/{name}/{number:06d}", budget=0.8)], OPEN)
        found[name] = given.error or given.outcome
    for name, outcomes in EITHER.items():
        assert found.pop(name) in outcomes
    assert found == {name: EXPECTED.get(name, "body") for name in faults if name not in EITHER}


def test_bad_sources_cost_only_their_own_time(server: str) -> None:
    bad = ["mute", "stall", "reset", "truncated", "bad-chunk", "long-header", "loop", "404", "close"]
    requests = [Request(f"bad{n}", f"{server}/fault/{bad[n % 9]}/{n:06d}", budget=0.4) for n in range(45)]
    requests += [Request(f"good{n}", f"{server}/fault/ok/{n:06d}", budget=5) for n in range(180)]
    answers = list(fetch(requests, OPEN))
    assert len(answers) == 225
    assert {a.outcome for a in answers if a.key.startswith("good")} == {"body"}
    assert {a.outcome for a in answers if a.key.startswith("bad")} == {"failed"}
