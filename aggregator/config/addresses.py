"""Addresses and secrets in feeds.yaml.

A `${NAME}` stands for a value of the environment. The value goes into the catalogue and nowhere else: nothing in
this module puts a value, or a password found in clear, into a message.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from aggregator.urls import MAILBOXES

SCHEMES = ("https", "http")
MAX_LENGTH = 2_000

_PLACE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_BROKEN_PLACE = re.compile(r"\$\{(?![A-Za-z_][A-Za-z0-9_]*\})")
_USERINFO = re.compile(r"^([a-z][a-z0-9+.\-]*://)([^/?#]*)@", re.IGNORECASE)
_SCHEME = re.compile(r"^([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
_HOST = re.compile(r"[^\s/?#@:\[\]<>\"'`{}|\\^%]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}

Fault = tuple[str, str]


class MissingVariable(ValueError):
    """A `${NAME}` that the environment does not know, or that is not written to its end."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(what)


class AsWritten(dict[str, str]):
    """An environment in which every `${NAME}` stands for itself: for showing a file without its secrets."""

    def get(self, name: str, default: object = None) -> str:  # noqa: ARG002 (as every mapping has it)
        """The place itself."""
        return f"${{{name}}}"

    def __missing__(self, name: str) -> str:
        return f"${{{name}}}"


def expand(text: str, environ: Mapping[str, str]) -> str:
    """The text with every `${NAME}` replaced. Raises MissingVariable.

    In the user and password of an address the value is percent-encoded, so that a password with an '@' or '/'
    in it cannot turn into part of the host (RFC 3986, 3.2.1).
    """
    if "${" not in text:
        return text
    if _BROKEN_PLACE.search(text):
        raise MissingVariable("'${' without a name and a closing '}'", "write ${NAME}: letters, digits and _")
    for name in _PLACE.findall(text):
        if not environ.get(name):
            raise MissingVariable(f"${{{name}}} is not set", f"set {name} in the environment or in .env")
    userinfo = _USERINFO.match(text)
    inside = userinfo.end() if userinfo else 0

    def value(match: re.Match[str]) -> str:
        found = environ[match[1]]
        return quote(found, safe="") if match.start() < inside else found

    return _PLACE.sub(value, text)


def expand_all(value: Any, environ: Mapping[str, str]) -> Any:
    """`expand` on every text inside mappings and lists. Raises MissingVariable."""
    if isinstance(value, str):
        return expand(value, environ)
    if isinstance(value, dict):
        return {name: expand_all(item, environ) for name, item in value.items()}
    return [expand_all(item, environ) for item in value] if isinstance(value, list) else value


def password_in_clear(text: str) -> Fault | None:
    """A user or password written out in an address, as opposed to `${NAME}`."""
    match = _USERINFO.match(text.strip())
    if not match or not _PLACE.sub("", match[2]).strip(":"):
        return None
    if ":" not in match[2] and "${" not in match[2]:
        return (
            "a user name is written in the address",
            f"set it in the environment and write {match[1]}${{NAME}}@…",
        )
    if re.fullmatch(r"[^:$]*:\$\{\w+\}", match[2]):
        return None  # the name of the account in clear, its password from the environment
    return (
        "a password is written in the address for everybody to read",
        f"set it in the environment or in .env and write {match[1]}user:${{NAME}}@…",
    )


def fault(url: str, written: str) -> Fault | None:
    """What is wrong with an address. `written` is how the file has it: only that is ever quoted back."""
    shown = written if url == written else ""
    if any(ord(char) < 32 or ord(char) == 127 for char in url):
        return "the address has a line break or control character in it", "write it on one line"
    if " " in url:
        return "the address has a space in it", "remove the space, or write it as %20; one address per source"
    if len(url) > MAX_LENGTH:
        return f"the address is longer than {MAX_LENGTH} characters", "look for a shorter one"
    wrong_scheme = _scheme_fault(url, shown)
    if wrong_scheme:
        return wrong_scheme
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "the host or port of the address is not valid", "write it like https://example.org/feed"
    if not host or "\\" in url or (not _HOST.fullmatch(host) and ":" not in host):
        return "the address has no valid host", "write it like https://example.org/feed"
    if any(len(label) > 63 or not label for label in host.rstrip(".").split(".")):
        return "the host in the address is not valid", "write it like https://example.org/feed"
    return None


def _scheme_fault(url: str, shown: str) -> Fault | None:
    scheme = _SCHEME.match(url)
    name = scheme[1].lower() if scheme else ""
    rest = url[len(name) + 1 :].lstrip("/") if scheme else url
    if name in SCHEMES:
        if url[len(name) + 1 :].startswith("//"):
            return None
        return "the address lacks '//' after the colon", _suggest(shown, f"{name}://{rest}")
    if not scheme or re.match(r"^\d+(/|$)", rest) or "." in name:
        return "the address has no http:// or https:// in front", _suggest(shown, f"https://{url.lstrip('/')}")
    if name == "feed":
        target = rest if rest.startswith(("http:", "https:")) else f"https://{rest}"
        return "'feed:' addresses can't be visited", _suggest(shown, target)
    if name in MAILBOXES and name != "file":
        return f"'{name}:' is the address of a mailbox", "write it into feeds.yaml and add kind: mail"
    near = difflib.get_close_matches(name, SCHEMES, 1, 0.7)
    if near:
        return f"'{name}:' is not a web address", _suggest(shown, f"{near[0]}://{rest}")
    return f"'{name}:' addresses can't be visited", "only http:// and https:// can"


def _suggest(shown: str, address: str) -> str:
    usable = shown and "@" not in shown and len(address) <= 200
    return f"did you mean '{address}'?" if usable else "write it like https://example.org/feed"


def same_place(url: str) -> str:
    """A key that is equal for addresses that differ only in spelling (RFC 3986, 6.2.2 and 6.2.3): case of scheme
    and host, default port, trailing slash, fragment."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    scheme = parts.scheme.lower()
    port = f":{parts.port}" if parts.port and parts.port != _DEFAULT_PORTS.get(scheme) else ""
    user = f"{parts.username or ''}:{parts.password or ''}@" if parts.username or parts.password else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{user}{host}{port}{parts.path.rstrip('/')}{query}"
