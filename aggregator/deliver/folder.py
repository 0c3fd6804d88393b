"""The default outbox: a folder with one `.eml` file for each letter."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from aggregator.errors import OutboxDown
from aggregator.model import Letter

# .<digest>.<process>-<thread>.part: hidden, and never taken for a letter
_PART = re.compile(r"\..+\.(\d+)-\d+\.part")
_ABANDONED = 3600.0


class FolderOutbox:
    """Letters as `<digest-id>.eml`, each there whole or not at all, readable by their owner only.

    A letter is written under another name, flushed to the disk and renamed (POSIX rename is atomic), so a reader
    of the folder never sees half a letter, and a crash loses none that was reported as sent. The same digest
    lands in the same file, so sending twice leaves one.
    """

    idempotent = True
    channels = 1
    per_domain = 0

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"FolderOutbox({str(self.path)!r})"

    @contextmanager
    def open(self) -> Iterator[FolderChannel]:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            _sweep(self.path)
        except OSError as error:
            raise _down(self.path, error) from error
        yield FolderChannel(self.path)


class FolderChannel:
    """Writes letters into one folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, letter: Letter, following: Letter | None = None) -> str:  # noqa: ARG002 - nothing to announce
        """Write the letter; the receipt is the file's name. Raises `OutboxDown` when the folder can't take it."""
        name = _file_name(letter.digest_id)
        part = self._path / f".{name[:-4]}.{os.getpid()}-{threading.get_ident()}.part"
        try:
            _write(part, letter.content)
            part.replace(self._path / name)
            _flush_folder(self._path)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise _down(self._path, error) from error
        return name


def _file_name(digest_id: str) -> str:
    """A file name from which the digest's id can be read back; it can't leave the folder nor be hidden."""
    name = quote(digest_id, safe=":+=,@")
    return (f"%2E{name[1:]}" if name.startswith(".") else name) + ".eml"


def _write(path: Path, content: bytes) -> None:
    """Write to the disk itself: when this returns, the bytes survive a power cut."""
    # 0600: a letter says what somebody reads
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    """Make a rename survive a power cut."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sweep(path: Path) -> None:
    """Remove what killed runs left half written; the part of a living process stays."""
    for part in path.glob(".*.part"):
        found = _PART.fullmatch(part.name)
        if found and (not _alive(int(found[1])) or _old(part)):
            part.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > _ABANDONED
    except FileNotFoundError:
        return False


def _down(path: Path, error: OSError) -> OutboxDown:
    reason = error.strerror or type(error).__name__
    remedy = "make room, or give this user the right to write there, or name another folder with --outbox"
    return OutboxDown(f"outbox {path}: {reason} → {remedy}")
