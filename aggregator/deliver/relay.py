"""A relay's address, `smtp://` or `smtps://`, parsed and checked before anything is sent."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from aggregator.errors import ConfigError, Problem

Starttls = Literal["required", "auto", "none"]
USER, PASSWORD = "AGGREGATOR_SMTP_USER", "AGGREGATOR_SMTP_PASSWORD"


@dataclass(frozen=True, slots=True)
class Relay:
    """Where and how letters are handed over.

    `tls`: encrypted from the first byte (smtps). `starttls`: whether the connection must be, may be or is not
    switched to TLS. `timeout`: seconds to wait for one answer; `final_timeout`: for the one to a whole letter.
    `per_minute`, `per_run`: ceilings, 0 = none; `per_domain`: the same, of letters a minute to one receiving
    domain. `per_connection`: letters before a new connection is made. `ca`: file of certificates trusted besides
    the system's. `ehlo`: the name we greet with.
    """

    host: str
    port: int
    tls: bool = False
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    starttls: Starttls = "auto"
    connections: int = 4
    per_minute: int = 0
    per_run: int = 0
    per_domain: int = 0
    per_connection: int = 100
    timeout: float = 30.0
    final_timeout: float = 600.0
    ca: str = ""
    ehlo: str = ""

    @property
    def place(self) -> str:
        """Host and port, for messages."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether the relay is on this machine, so that nothing crosses a wire."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def relay(address: str, environ: Mapping[str, str]) -> Relay:
    """Parse a relay's address; raises `ConfigError` with every mistake at once, and never with a password.

    Name and password come from the address (percent-encoded) or from AGGREGATOR_SMTP_USER and _PASSWORD.
    """
    parts = _split(address)
    user = unquote(parts.username or "") or environ.get(USER, "")
    password = unquote(parts.password or "") or environ.get(PASSWORD, "")
    options, problems = _options(parts.query)
    options.setdefault("starttls", "required" if user else "auto")
    # RFC 5321 (4.5.3.2.6) asks for ten minutes; who wants quick answers elsewhere wants them here too.
    options.setdefault("final_timeout", min(600.0, 20 * options.get("timeout", 30.0)))
    tls = parts.scheme.lower() == "smtps"
    port = parts.port or (465 if tls else 587 if user else 25)
    found = Relay(parts.hostname or "", port, tls=tls, user=user, password=password, **options)
    problems += _contradictions(found, parts.path)
    if problems:
        raise ConfigError([Problem("outbox", None, what, remedy) for what, remedy in problems])
    return found


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port, parts.hostname
    except ValueError:
        # the library's message would quote the address, and with it the password
        raise ConfigError(
            [
                Problem(
                    "outbox",
                    None,
                    "the address of the relay can't be read",
                    "write smtp://user:password@host:port, with : / ? # @ in name and password percent-encoded, "
                    f"or put them into {USER} and {PASSWORD}",
                )
            ]
        ) from None
    return parts


_Mistake = tuple[str, str]


def _contradictions(found: Relay, path: str) -> list[_Mistake]:
    """What each part allows and the whole does not."""
    mistakes = []
    if not found.host:
        mistakes.append(("the address of the relay names no host", "write smtp://host:port"))
    if path not in ("", "/"):
        mistakes.append(
            (
                "the address of the relay goes on after host and port",
                "leave that out; a / in name or password is written %2F",
            )
        )
    if bool(found.user) != bool(found.password):
        lacking = "password" if found.user else "user name"
        mistakes.append((f"the {lacking} for the relay is missing", f"give both, or set {USER} and {PASSWORD}"))
    if found.user and not found.tls and found.starttls == "none" and not found.loopback:
        mistakes.append(
            ("starttls=none would send the password in clear", "leave starttls out, or use smtps://"),
        )
    return mistakes


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise ValueError
        return value

    return parse


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 600:
        raise ValueError
    return value


def _starttls(text: str) -> Starttls:
    if text not in get_args(Starttls):
        raise ValueError
    return cast(Starttls, text)


def _greeting(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,253}|\[[A-Za-z0-9:.]+\]", text):
        raise ValueError
    return text


# option -> (its parser, what it may be)
_OPTIONS: dict[str, tuple[Callable[[str], Any], str]] = {
    "connections": (_whole(1, 50), "a whole number from 1 to 50"),
    "per_minute": (_whole(0, 1_000_000), "a whole number, 0 for no ceiling"),
    "per_run": (_whole(0, 100_000_000), "a whole number, 0 for no ceiling"),
    "per_domain": (_whole(0, 1_000_000), "a whole number, 0 for no ceiling"),
    "per_connection": (_whole(1, 1_000_000), "a whole number from 1"),
    "timeout": (_seconds, "seconds, more than 0 and at most 600"),
    "final_timeout": (_seconds, "seconds, more than 0 and at most 600"),
    "starttls": (_starttls, "required, auto or none"),
    "ca": (str, "a file of certificates (PEM)"),
    "ehlo": (_greeting, "the full name of this machine, or its address in brackets"),
}


def _options(query: str) -> tuple[dict[str, Any], list[_Mistake]]:
    options: dict[str, Any] = {}
    mistakes = []
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name not in _OPTIONS:
            near = difflib.get_close_matches(name, _OPTIONS, 1)
            remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(_OPTIONS)}"
            mistakes.append((f"the relay has no option '{name[:30]}'", remedy))
            continue
        parse, meaning = _OPTIONS[name]
        try:
            options[name] = parse(text)
        except ValueError:
            mistakes.append((f"{name} can't be '{text[:30]}'", f"it is {meaning}"))
    return options, mistakes
