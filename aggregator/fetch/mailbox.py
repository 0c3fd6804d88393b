"""Mailboxes as sources: a Maildir, a folder of saved messages, an mbox, a folder on a mail server. Each answers
like any address, with one document of messages. Nothing in a mailbox is ever changed: no flag, no name, no place.

These addresses are only ever a curator's own: no redirect and no document can lead to one, because everything that
publishers name goes through `Guard.target`, which knows the web's schemes alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from aggregator.errors import SourceError
from aggregator.fetch import bundle, imap
from aggregator.fetch.failures import failure
from aggregator.fetch.guard import Guard, Target
from aggregator.fetch.policy import Policy
from aggregator.fetch.reach import Lookup, system_lookup
from aggregator.model import Answer, Request, Validators
from aggregator.urls import mailbox_scheme

_SHARE = 0.9  # of a visit's time; with the rest what has come is handed over
_MOST_READ = 4 << 20  # bytes of one file: behind a large picture there may be text
_MINUTE = 60.0
_GZIP = b"\x1f\x8b"


def target(url: str, guard: Guard) -> Target:
    """A mailbox's address, checked as `Guard.target` checks one of the web. Raises SourceError."""
    scheme = mailbox_scheme(url)
    if scheme in imap.PORTS:
        return imap.target(url, guard)
    path = _path(url)
    if not path.startswith("/") or "\0" in path:
        raise failure("bad-address", "the path of a mailbox begins with /")
    return Target(f"{scheme}:{path}", scheme, "", 0, opened=True)


def newer(url: str, after: str, policy: Policy, lookup: Lookup | None = None) -> Iterator[tuple[str, bytes]]:
    """(mark, message) for the messages of a folder on a mail server that came after the mark, the oldest first,
    until the policy's deadline. Raises SourceError where none can be brought; what came before stays good."""
    guard = Guard(policy.allow_private)
    place = target(url, guard)
    if place.scheme not in imap.PORTS:
        raise failure("bad-scheme", place.scheme)
    ask = imap.Ask(url, place, None, policy.deadline or time.monotonic() + _MINUTE)
    brought = False
    try:
        for one in imap.newer(ask, after, guard, lookup or system_lookup):
            brought = True
            yield one
    except OSError as error:
        if not brought:
            raise _explained(error) from error


def _path(url: str) -> str:
    return url.strip() if url.strip().startswith("/") else unquote(urlsplit(url.strip()).path)


class Mailboxes:
    """Reads mailboxes in threads of its own, one for each visit, so that none waits for another."""

    def __init__(self, policy: Policy, guard: Guard, lookup: Lookup) -> None:
        self._policy, self._guard, self._lookup = policy, guard, lookup
        self._threads = ThreadPoolExecutor(policy.concurrency, "aggregator-mailbox")

    async def ask(self, request: Request, place: Target, seconds: float) -> Answer:
        """The mailbox's answer within so many seconds. Raises SourceError."""
        ask = imap.Ask(request.url, place, _since(request), time.monotonic() + seconds * _SHARE)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._answer, request, ask)

    def close(self) -> None:
        """Let the threads end by themselves: each is bounded by its visit's time."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _answer(self, request: Request, ask: imap.Ask) -> Answer:
        try:
            if ask.place.scheme in imap.PORTS:
                found = imap.visit(ask, request.validators, self._guard, self._lookup)
            else:
                found = _local(_path(request.url), ask, request.validators, self._policy.max_bytes)
        except OSError as error:
            raise _explained(error) from error
        if found is None:
            return Answer(request.key, ask.place.url, "unchanged", validators=request.validators)
        body, mark, kind = found
        return Answer(
            request.key,
            ask.place.url,
            "body",
            body=body,
            content_type=kind,
            validators=Validators(etag=mark or None),
        )


def _since(request: Request) -> datetime | None:
    """The day from which mail is wanted, where the reader asked for one."""
    said = request.headers.get("Since")
    return datetime.fromisoformat(said).replace(tzinfo=UTC) if said else None


def _explained(error: OSError) -> SourceError:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return failure("no-mailbox")
        case PermissionError():
            return failure("mailbox-closed")
        case _:
            from aggregator.fetch.client import explain

            return explain(error)


# ------------------------------------------------------------------------------------------- on this machine
@dataclass(frozen=True, slots=True)
class _File:
    """A message in a file of its own."""

    path: Path
    name: str  # without the flags that a Maildir puts behind it
    size: int
    received: float


def _local(path: str, ask: imap.Ask, held: Validators, most: int) -> imap.Found | None:
    found = Path(path).stat()
    if stat.S_ISDIR(found.st_mode):
        return _folder(Path(path), ask, held, most)
    if not stat.S_ISREG(found.st_mode):
        raise failure("no-mailbox", "neither a file nor a folder")
    if ask.place.scheme == "maildir":
        raise failure("no-mailbox", "a file; mbox: reads one")
    mark = f"file:{found.st_size}:{found.st_mtime_ns}"
    return None if mark == held.etag else (_end_of(path, most), mark, "")


def _end_of(path: str, most: int) -> bytes:
    """The last bytes of a file of messages, from the beginning of one: what is new is written at the end."""
    with Path(path).open("rb") as file:
        if file.read(2) == _GZIP:
            if file.seek(0, os.SEEK_END) > most:
                raise failure("too-large", f"over {most} bytes")
            file.seek(0)
            return file.read(most)
        begin = max(0, file.seek(0, os.SEEK_END) - most)
        file.seek(begin)
        body = file.read(most)
    return body if not begin else body[max(0, body.find(b"\n\nFrom ")) :].lstrip(b"\n")


def _folder(path: Path, ask: imap.Ask, held: Validators, most: int) -> imap.Found | None:
    if not (path / "cur").is_dir() and not (path / "new").is_dir():
        if ask.place.scheme == "maildir":
            raise failure("no-mailbox", "a folder without cur and new is no Maildir")
        places = [path]
    else:
        places = [path / name for name in ("new", "cur") if (path / name).is_dir()]
    earliest = ask.since.timestamp() if ask.since else 0.0
    files = [one for place in places for one in _files(place, len(places) == 1 and place == path)]
    newest = sorted((f for f in files if f.received >= earliest), key=lambda f: (f.received, f.name))
    chosen = newest[-bundle.MOST_MESSAGES :]
    names = "\n".join(f"{one.name} {one.size}" for one in chosen)
    mark = "folder:" + hashlib.blake2b(names.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    return None if mark == held.etag else (_messages(chosen, ask, most), mark, bundle.TYPE)


def _files(place: Path, saved: bool) -> Iterator[_File]:
    """The messages of a folder. `saved`: one of .eml files, not a Maildir; drafts and what is to be deleted go."""
    with os.scandir(place) as entries:
        for entry in entries:
            name, _, flags = entry.name.partition(":2,")
            wanted = entry.name.lower().endswith(".eml") if saved else not name.startswith(".")
            if wanted and entry.is_file(follow_symlinks=False) and not set(flags) & {"T", "D"}:
                about = entry.stat(follow_symlinks=False)
                yield _File(Path(entry.path), name, about.st_size, about.st_mtime)


def _messages(files: list[_File], ask: imap.Ask, most: int) -> bytes:
    """As many of the newest as there is room and time for, the oldest first."""
    kept: list[bundle.Kept] = []
    room = min(most, bundle.MOST_BYTES)
    for one in reversed(files):
        if time.monotonic() > ask.deadline:
            raise failure("timeout")
        try:
            with one.path.open("rb") as file:
                message = bundle.kept(file.read(_MOST_READ), one.received)
        except FileNotFoundError:  # a mail program has just moved it; the next visit finds it again
            continue
        room -= len(message.raw)
        if room < 0 and kept:
            break
        kept.append(message)
    return bundle.bundle(reversed(kept))
