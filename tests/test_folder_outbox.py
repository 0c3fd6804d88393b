"""Letters in a folder: whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from smtpserver import a_letter

from aggregator.deliver import outbox
from aggregator.errors import OutboxDown


def test_the_file_is_named_after_the_digest_and_is_private(tmp_path: Path) -> None:
    with outbox(str(tmp_path)).open() as channel:
        assert channel.send(a_letter()) == "d1.eml"
    assert [path.name for path in tmp_path.iterdir()] == ["d1.eml"]
    assert stat.S_IMODE((tmp_path / "d1.eml").stat().st_mode) == 0o600


@pytest.mark.parametrize("digest_id", ["../up", "a/b", ".hidden", "..", "a\0b", "a\nb", "weekly:2026-W47", "é"])
def test_no_id_leads_out_of_the_folder_or_out_of_sight(tmp_path: Path, digest_id: str) -> None:
    folder = tmp_path / "in"
    with outbox(str(folder)).open() as channel:
        channel.send(a_letter(digest_id=digest_id))
    (made,) = folder.iterdir()
    assert made.suffix == ".eml"
    assert not made.name.startswith(".")
    assert list(tmp_path.iterdir()) == [folder]


def test_different_ids_never_share_a_file(tmp_path: Path) -> None:
    ids = ["a/b", "a%2Fb", "a%2fb", "a b", ".a", "%2Ea"]
    with outbox(str(tmp_path)).open() as channel:
        names = {channel.send(a_letter(digest_id=one)) for one in ids}
    assert len(names) == len(ids)


def test_a_disk_that_fills_up_leaves_no_half_letter(tmp_path: Path) -> None:
    """A real write that fails half way: the process may make no file larger than 4 KiB."""
    program = """
        import resource, signal, sys
        from aggregator.deliver import outbox
        from aggregator.errors import OutboxDown
        from aggregator.model import Letter
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        with outbox(sys.argv[1]).open() as channel:
            channel.send(Letter("small", "a@b.c", "d@e.f", "<1@b.c>", "s", b"x" * 100))
            try:
                channel.send(Letter("large", "a@b.c", "d@e.f", "<2@b.c>", "s", b"x" * 100_000))
            except OutboxDown as down:
                print(down)
    """
    command = [sys.executable, "-B", "-c", textwrap.dedent(program), str(tmp_path)]
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert "make room" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["small.eml"]


def test_what_a_killed_run_left_half_written_is_swept_away(tmp_path: Path) -> None:
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    left = tmp_path / f".d1.{int(dead.stdout)}-1.part"
    alive = tmp_path / f".d2.{os.getppid()}-1.part"
    other = tmp_path / ".keep"
    for path in (left, alive, other):
        path.write_bytes(b"half")
    os.utime(alive, None)
    with outbox(str(tmp_path)).open():
        pass
    assert not left.exists()
    assert alive.exists()
    assert other.exists()


def test_a_folder_that_goes_away_while_sending(tmp_path: Path) -> None:
    folder = tmp_path / "outbox"
    with outbox(str(folder)).open() as channel:
        folder.rmdir()
        with pytest.raises(OutboxDown, match=r"No such file.*→"):
            channel.send(a_letter())
