"""What settings may be: each of these reads what somebody has said, or raises BadValue in plain words."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aggregator.errors import BadValue

SMTP = ("smtp://", "smtps://")
_BELOW = ".example.org"
_HOSTNAME = re.compile(r"(?!-)[\w-]{1,63}(\.[\w-]{1,63})*\.?")


def no_control(value: Any) -> Any:
    if isinstance(value, str) and any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise BadValue("it has a line break or control character in it", "write it on one line")
    return value.strip() if isinstance(value, str) else value


def mailbox(value: Any) -> Any:
    """'Name <a@b>' or 'a@b', checked."""
    text = no_control(value)
    if text:
        split_mailbox(text)
    return text


def template(value: Any) -> Any:
    """An address with TOKEN in the part before the @."""
    text = no_control(value)
    if not text:
        return text
    local, _, domain = text.partition("@")
    if local.count("TOKEN") != 1 or "TOKEN" in domain or "<" in text:
        raise BadValue("TOKEN must stand once before the @", "write it like b+TOKEN@bounce.example.org")
    split_mailbox(text)
    if "." not in domain:
        raise BadValue("its domain is not a full name", "write it like b+TOKEN@bounce.example.org")
    if len(local) > 30:
        raise BadValue("the part before the @ is too long", "keep it to 30 characters: TOKEN stands for 32 more")
    return text


def base_url(value: Any) -> Any:
    text = no_control(value)
    if not isinstance(text, str):
        return text
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or " " in text:
        raise BadValue("it is not a web address", "write it like https://digest.example.org")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise BadValue("it may hold no '?', '#' or password", "write it like https://digest.example.org")
    return text.rstrip("/")


def outbox(value: Any) -> Any:
    text = os.fspath(value) if isinstance(value, Path) else no_control(value)
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.\-]*)://", text)
    if scheme is None:
        return text
    name = scheme[1].lower() + "://"
    if name not in SMTP:
        raise BadValue(f"letters can't be handed to '{name}'", "name a folder, smtp://host:port or smtps://host")
    try:
        parts = urlsplit(text)
        sound = bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise BadValue(
            "the mail server's host or port is not valid",
            "write it like smtp://user:password@host:587; in a password write % as %25, @ as %40, / as %2F",
        )
    return name + text[len(name) :]


def hosts(value: Any) -> Any:
    """Comma-separated host names, addresses and networks."""
    listed = value.split(",") if isinstance(value, str) else list(value)
    return tuple(_host(text.strip()) for text in listed if text.strip())


def _host(text: str) -> str:
    bare = text.removeprefix("[").removesuffix("]").lower()
    try:
        return str(ipaddress.ip_network(bare, strict=False)) if "/" in bare else str(ipaddress.ip_address(bare))
    except ValueError:
        numeric = re.fullmatch(r"[\d.:/]+", bare) is not None
        if numeric or not _HOSTNAME.fullmatch(bare):
            raise BadValue(
                f"'{text}' is neither a host name, an address nor a network",
                "write names without port or *, or networks like 10.1.0.0/16",
            ) from None
        return bare.rstrip(".")


def contact(value: Any) -> Any:
    text = no_control(value)
    if isinstance(text, str) and not text.isascii():
        raise BadValue("it must be plain ASCII, as it goes into the User-Agent", "write an e-mail or web address")
    return text


def templates(value: Any) -> Path:
    return _folder(value, "name the folder that holds mail/ and web/, or leave it out")


def schemes(value: Any) -> Path:
    return _folder(value, "name the folder that holds your own ID.toml files, or leave it out")


def _folder(value: Any, remedy: str) -> Path:
    if not Path(value).is_dir():
        raise BadValue("there is no such folder", remedy)
    return Path(value)


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that no message and no log shows by accident."""

    text: str = field(default="", repr=False)

    def __str__(self) -> str:
        return "…" if self.text else ""


def split_mailbox(text: str) -> tuple[str, str]:
    """(display name, address) of 'Name <a@b>' or 'a@b'. Raises BadValue."""
    from email_validator import EmailNotValidError, validate_email  # costly to import, seldom needed

    match = re.fullmatch(r"\s*(.*?)\s*<\s*([^<>\s]+)\s*>\s*", text)
    name, address = (match[1], match[2]) if match else ("", text.strip())
    try:
        # Below a public name, because the validator refuses `localhost` and `.local`, which an intranet may use.
        checked = validate_email(address + _BELOW, check_deliverability=False)
    except EmailNotValidError:
        raise BadValue(
            "it is not an e-mail address", "write it like digest@example.org or Name <digest@example.org>"
        ) from None
    if not checked.ascii_email:
        raise BadValue(
            "the part before the @ must be plain ASCII", "use an address that every mail server accepts"
        )
    if name.startswith('"') and name.endswith('"') and len(name) > 1:
        name = name[1:-1].replace('\\"', '"')
    return name, checked.normalized.removesuffix(_BELOW)
