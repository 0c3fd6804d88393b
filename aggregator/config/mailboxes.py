"""Mailboxes in feeds.yaml: addresses of the kind `mail`, and the options that go with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from aggregator.config import addresses, fields
from aggregator.config.addresses import Fault
from aggregator.urls import mailbox_scheme

OPTIONS = ("split", "senders", "list", "days", "item_kind")
SPLIT = ("auto", "yes", "no")
LONGEST_WINDOW = 366  # days

_FORMS = "write maildir:/path, mbox:/path, imaps://user:${NAME}@host/Folder, or the https:// address of an archive"
_SENDER = re.compile(r"@?[^\s@,;<>]+(@[^\s@,;<>]+)?")


def fault(url: str, written: str) -> Fault | None:
    """What is wrong with the address of a source of kind `mail`; as `addresses.fault` for one of the web."""
    scheme = mailbox_scheme(url)
    if not scheme:
        web = url.lower().startswith(("http:", "https:"))
        return addresses.fault(url, written) if web else ("the address is not that of a mailbox", _FORMS)
    if any(ord(char) < 32 or ord(char) == 127 for char in url):
        return "the address has a line break or control character in it", "write it on one line"
    if len(url) > addresses.MAX_LENGTH:
        return f"the address is longer than {addresses.MAX_LENGTH} characters", "look for a shorter one"
    return _server_fault(url, scheme) if scheme in ("imap", "imaps") else _path_fault(url)


def _server_fault(url: str, scheme: str) -> Fault | None:
    example = f"write it like {scheme}://user:${{NAME}}@mail.example.org/INBOX"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "the host or port of the address is not valid", example
    if wrong := addresses.fault(f"https://{f'[{host}]' if ':' in (host or '') else host or ''}/", ""):
        return wrong[0], example
    if not parts.username or not parts.password:
        return "the address lacks the name or the password of the mailbox", example
    return None


def _path_fault(url: str) -> Fault | None:
    parts = urlsplit(url)
    if parts.netloc:
        return "the address of a local mailbox has a host in it", "write maildir:/path or mbox:/path"
    if not (url if url.startswith("/") else parts.path).startswith("/"):
        return (
            "the path of the mailbox does not begin with '/'",
            "write the whole path, like maildir:/srv/mail/list",
        )
    return None


def option_faults(options: Mapping[str, Any]) -> Iterator[tuple[str, Fault]]:
    """(option, what is wrong with it) for a source of kind `mail`."""
    for name, value in options.items():
        if name not in OPTIONS:
            remedy = fields.meant(str(name), OPTIONS) or f"one of: {', '.join(OPTIONS)}"
            yield name, (f"'{fields.shortened(str(name))}' is not an option of kind mail", remedy)
        elif name == "split" and not isinstance(value, bool) and str(value).lower() not in SPLIT:
            yield name, (f"split: '{fields.shortened(str(value))}' is not understood", "write auto, yes or no")
        elif name == "days" and (
            isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LONGEST_WINDOW
        ):
            yield (
                name,
                (f"days: '{fields.shortened(str(value))}' is no number of days", f"write 1 to {LONGEST_WINDOW}"),
            )
        elif name in ("senders", "list"):
            yield from ((name, wrong) for wrong in _name_faults(name, value))


def _name_faults(name: str, value: Any) -> Iterator[Fault]:
    said = value if isinstance(value, list) and name == "senders" else [value]
    for one in said:
        if not isinstance(one, str) or not one.strip():
            yield f"{name}: a text is expected", "put it in quotes"
        elif name == "senders" and not _SENDER.fullmatch(one.strip()):
            remedy = "write news@example.org, or example.org for all of a domain; several in brackets"
            yield f"senders: '{fields.shortened(one)}' is no mail address and no domain", remedy
