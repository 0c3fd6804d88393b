"""Where mail that came back lies: files, folders, Maildirs, mbox files, standard input and mail servers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

from aggregator.errors import AggregatorError, Exit, SourceError

SERVER = ("imap://", "imaps://")
SECONDS = 60.0  # for a mail server


class MailboxClosed(AggregatorError):
    """A mailbox can't be read now: nothing in it is lost, the next run reads it."""

    exit_code = Exit.TEMPORARY


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it lay there. `file`: its own file in a Maildir, which is moved when it was dealt with. `mark`:
    where it stands on a mail server."""

    name: str
    content: bytes
    file: Path | None = None
    mark: str = ""

    def dealt_with(self, *, seen: bool) -> None:
        """Move it from `new` to `cur`, as mail programs do; what a person should read stays unread there."""
        if self.file is not None and self.file.parent.name == "new":
            to = self.file.parent.parent / "cur" / (self.file.name.partition(":")[0] + (":2,S" if seen else ":2,"))
            with suppress(FileNotFoundError):  # a mail program was quicker
                self.file.rename(to)


def is_server(place: str) -> bool:
    return place.lower().startswith(SERVER)


def mails(place: str, allow_private: tuple[str, ...] = (), after: str = "") -> Iterator[Mail]:
    """Every mail at a place, in a steady order; on a mail server, those that came after the one with that mark.

    Raises click.BadParameter for a place that there is not, and MailboxClosed for one that can't be read now."""
    if place == "-":
        yield from _in_file("-", sys.stdin.buffer.read())
        return
    if is_server(place):
        yield from _on_server(place, allow_private, after)
        return
    path = Path(place)
    try:
        if not path.exists():
            raise click.BadParameter(f"there is no file, folder or mailbox {place}", param_hint="PATH")
        yield from _in_folder(path) if path.is_dir() else _in_file(path.name, path.read_bytes())
    except OSError as error:
        raise MailboxClosed(f"{place} can't be read: {error.strerror}; nothing is lost") from error


def _in_folder(path: Path) -> Iterator[Mail]:
    maildir = (path / "new").is_dir() and (path / "cur").is_dir()
    folders = [path / "new", path / "cur"] if maildir else [path]
    for folder in folders:
        for file in sorted(folder.iterdir()):
            if not file.is_file() or file.name.startswith("."):
                continue
            try:
                content = file.read_bytes()
            except FileNotFoundError:  # a mail program has just moved it; the next run finds it
                continue
            if maildir:
                yield Mail(file.name, content, file)
            else:
                yield from _in_file(file.name, content)


def _in_file(name: str, content: bytes) -> Iterator[Mail]:
    """The one mail of a file, or those of an mbox (RFC 4155), numbered."""
    if not content.startswith(b"From "):
        yield Mail(name, content)
        return
    inside = list(split(content))
    for number, one in enumerate(inside, 1):
        yield Mail(name if len(inside) == 1 else f"{name}#{number}", one)


def split(content: bytes) -> Iterator[bytes]:
    """The mails of an mbox: each begins after a line `From …` that follows a blank one; `>From` is unquoted."""
    mail: list[bytes] = []
    blank = True
    for line in content.replace(b"\r\n", b"\n").splitlines(keepends=True):
        if blank and line.startswith(b"From "):
            if mail:
                yield b"".join(mail)
            mail = []
        else:
            mail.append(line[1:] if line.startswith(b">") and line.lstrip(b">").startswith(b"From ") else line)
        blank = line == b"\n"
    if mail:
        yield b"".join(mail)


def _on_server(place: str, allow_private: tuple[str, ...], after: str) -> Iterator[Mail]:
    """The mails of a folder on a mail server that came after the mark; it is looked at and left as it was."""
    import time

    from aggregator.fetch import Policy
    from aggregator.fetch.mailbox import newer

    policy = Policy(allow_private=allow_private, deadline=time.monotonic() + SECONDS)
    try:
        for mark, content in newer(place, after, policy):
            yield Mail(f"imap#{mark.rpartition(':')[2]}", content, mark=mark)
    except SourceError as error:
        host = place.partition("://")[2].rpartition("@")[2].partition("/")[0]
        why = f"{error}; nothing is lost, the next run reads it"
        raise MailboxClosed(f"the mailbox at {host} can't be read: {why}") from error
