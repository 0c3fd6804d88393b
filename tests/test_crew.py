"""Work that is shared out among processes: each part once, and nobody outlives the one who began."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.crew import TICKETS, hands, parts, share_out


def nothing() -> None:
    pass


@given(st.integers(0, 3_000_000), st.integers(1, 16), st.integers(1, 1000), st.integers(1, 100))
def test_parts_make_the_whole_and_there_is_a_ticket_for_each(
    count: int, hands: int, most: int, least: int
) -> None:
    sizes = list(parts(count, hands, most, least))
    assert sum(sizes) == count
    assert all(size > 0 for size in sizes)
    assert len(sizes) <= TICKETS
    assert sizes[:-1] == sorted(sizes[:-1], reverse=True)


def test_each_part_is_done_once() -> None:
    for several in (1, 2, 3):
        outcome = share_out(50, lambda number: [number, os.getpid()], several, nothing)
        assert sorted(number for number, _ in outcome.returned) == list(range(50))
        assert outcome.whole
        assert os.getpid() in {pid for _, pid in outcome.returned} or several > 1


def test_everybody_takes_part() -> None:
    def slow(number: int) -> int:
        time.sleep(0.02)
        return os.getpid()

    assert len(set(share_out(20, slow, 3, nothing).returned)) == 3


def test_a_part_of_who_died_is_missing_and_that_is_told(caplog: pytest.LogCaptureFixture) -> None:
    first = os.getpid()

    def work(number: int) -> int:
        if os.getpid() != first:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.01)
        return number

    outcome = share_out(30, work, 3, nothing)
    assert not outcome.whole
    assert len(outcome.returned) == 28
    assert len(set(outcome.returned)) == 28


def test_what_goes_wrong_in_a_child_is_told_and_here_it_is_raised() -> None:
    first = os.getpid()

    def fails_there(number: int) -> int:
        time.sleep(0.01)
        return number if os.getpid() == first else 1 // 0

    assert not share_out(9, fails_there, 2, nothing).whole
    with pytest.raises(ZeroDivisionError):
        share_out(9, lambda number: 1 // 0 if os.getpid() == first else time.sleep(60), 2, nothing)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)  # nobody is left


def test_one_process_where_other_threads_are() -> None:
    import threading

    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    assert hands() == 1
    done.set()
    thread.join()


def test_children_end_with_their_parent_and_hold_no_lock_of_its(tmp_path: Path) -> None:
    code = """if True:
        import os, sys, time
        from aggregator.crew import share_out
        from aggregator.store.engine import connect, run_lock
        first = os.getpid()
        def work(number):
            if os.getpid() != first:
                os.write(1, b"%d\\n" % os.getpid())
            time.sleep(60)
        with run_lock(connect(sys.argv[1]), "run"):
            share_out(4, work, 3, lambda: None)
    """
    database = str(tmp_path / "a.db")
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout
        children = [int(process.stdout.readline()) for _ in range(2)]
        lock = (tmp_path / "a.db.run.lock").stat().st_ino
        for child in children:
            held = [file.stat().st_ino for file in Path(f"/proc/{child}/fd").iterdir() if file.exists()]
            assert lock not in held
        process.kill()
    for _ in range(500):
        if not any(Path(f"/proc/{child}").exists() for child in children):
            return
        time.sleep(0.01)
    raise AssertionError("they live on")
