"""Readers in processes of their own: what kills one document costs nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from aggregator.errors import SourceError
from aggregator.model import Document, Reading, Source
from aggregator.read import AS_WRITTEN
from aggregator.read.feed import AT_ONCE
from aggregator.read.pool import Pool

ROOT = Path(__file__).resolve().parent.parent
SOURCE = Source("s", "https://e.org/feed", options=MappingProxyType({"item_kind": "post"}))
WELL_FORMED = Document(
    b'<rss version="2.0"><channel><title>Good</title><item><title>t</title></item></channel></rss>'
)
GOOD = Document(WELL_FORMED.body.removesuffix(b"</rss>"))  # has to be read by a worker
PAGE = Document(b"<html><body>no</body></html>")
# Long enough to be at work for several seconds on any machine, and small enough to be made at once.
SLOW = Document(b"<rss version='2.0'><channel>" + b"<item><title>x</title><category>y</category></item>" * 150_000)


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(workers=1) as pool:
        yield pool


def worker_of(pool: Pool) -> int:
    (worker,) = pool._running
    return worker.process.pid


def test_what_a_reader_finds_or_refuses_comes_back(pool: Pool) -> None:
    assert pool.submit(GOOD, SOURCE).result(60).title == "Good"
    with pytest.raises(SourceError, match="not-a-feed: an HTML page"):
        pool.submit(PAGE, SOURCE).result(60)
    assert pool.submit(GOOD, SOURCE).result(60).title == "Good"


def test_a_well_formed_feed_is_read_on_the_spot() -> None:
    with Pool() as pool:
        assert pool.submit(WELL_FORMED, SOURCE).result(0).title == "Good"
        assert not pool._running


def test_what_is_large_or_shown_to_a_person_goes_to_a_worker(pool: Pool) -> None:
    large = Document(WELL_FORMED.body + b" " * AT_ONCE)
    for document in (large, replace(WELL_FORMED, role=AS_WRITTEN)):
        assert pool.submit(document, SOURCE).result(60).title == "Good"
        assert pool._running


def test_no_process_before_it_is_needed() -> None:
    with Pool() as pool:
        assert not pool._running


def test_a_document_that_takes_too_long_costs_itself_only() -> None:
    with Pool(workers=1, seconds=0.5) as pool:
        outcomes = list(pool.in_order([(GOOD, SOURCE), (SLOW, SOURCE), (GOOD, SOURCE)]))
    assert [type(outcome) for outcome in outcomes] == [Reading, SourceError, Reading]
    assert isinstance(outcomes[1], SourceError)
    assert outcomes[1].code == "reader-timeout"


def test_a_worker_that_dies_is_replaced(pool: Pool) -> None:
    assert pool.submit(GOOD, SOURCE).result(60)
    (worker,) = pool._running
    slow = pool.submit(SLOW, SOURCE)
    waiting = pool.submit(GOOD, SOURCE)
    while worker.asked < 2:  # killed before, it would be replaced without a word
        time.sleep(0.001)
    os.kill(worker.process.pid, signal.SIGKILL)
    with pytest.raises(SourceError, match="reader-crashed"):
        slow.result(60)
    assert waiting.result(60).title == "Good"


def test_a_worker_that_died_idle_costs_nothing(pool: Pool) -> None:
    assert pool.submit(GOOD, SOURCE).result(60)
    (worker,) = pool._running
    worker.process.kill()
    worker.process.wait()
    assert pool.submit(GOOD, SOURCE).result(60).title == "Good"


def test_memory_is_bounded() -> None:
    with Pool(workers=1, memory=100 << 20) as pool:
        fat = Document(b"<rss version='2.0'><channel><title>" + b"x" * (60 << 20))
        with pytest.raises(SourceError, match="reader-crashed"):
            pool.submit(fat, SOURCE).result(60)
        assert pool.submit(GOOD, SOURCE).result(60).title == "Good"


def test_outcomes_come_in_the_order_of_the_documents() -> None:
    documents = [(GOOD if n % 3 else PAGE, SOURCE) for n in range(30)]
    with Pool(workers=2) as pool:
        kinds = [isinstance(outcome, Reading) for outcome in pool.in_order(documents)]
    assert kinds == [bool(n % 3) for n in range(30)]


def test_closing_ends_what_is_under_way() -> None:
    pool = Pool(workers=1)
    futures = [pool.submit(SLOW, SOURCE) for _ in range(3)]
    pool.close()
    for future in futures:
        with pytest.raises((SourceError, CancelledError)):
            future.result(60)
    assert not pool._running
    with pytest.raises(RuntimeError):
        pool.submit(GOOD, SOURCE)


def test_workers_do_not_see_the_secrets_of_the_service(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATOR_SECRET", "unsaid")
    assert pool.submit(GOOD, SOURCE).result(60)
    environ = Path(f"/proc/{worker_of(pool)}/environ")
    if environ.exists():
        assert b"unsaid" not in environ.read_bytes()


def test_workers_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent("""
        import sys
        from aggregator.model import Document, Source
        from aggregator.read.pool import Pool
        pool = Pool(workers=1)
        pool.submit(Document(b"<rss><channel><title>t</title></channel>"), Source("s", "")).result()
        print(*[w.process.pid for w in pool._running], flush=True)
        sys.stdin.read()
        """)
    )
    with subprocess.Popen(
        [sys.executable, script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
    # The pipe of a process that nobody waits for: it can be opened until the process has gone.
    gone = os.pidfd_open(worker) if _alive(worker) else None
    if gone is not None:
        import select

        assert select.select([gone], [], [], 30)[0], "the worker outlived its parent"
        os.close(gone)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
