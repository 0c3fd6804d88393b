"""Everything that can go wrong with a visit: one table, read by people and by programs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from aggregator.errors import SourceError

# code -> (what people read, who acts). Codes are stable; `http-NNN` stands for every other status.
CODES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "bad-address": ("not an address that can be fetched", "curator"),
        "bad-scheme": ("only http and https are fetched", "curator"),
        "bad-header": ("a header of this source can't be sent", "curator"),
        "private-address": (
            "leads to a private address; AGGREGATOR_ALLOW_PRIVATE opens one on purpose",
            "curator",
        ),
        "forbidden-port": ("leads to a port that is not the web's", "curator"),
        "redirect-credentials": ("the redirect carries a user name or password", "publisher"),
        "redirect-loop": ("the redirects lead back to where they began", "publisher"),
        "too-many-redirects": ("too many redirects", "publisher"),
        "bad-redirect": ("a redirect without a usable address", "publisher"),
        "dns": ("the host name was not found", "curator"),
        "connection": ("no connection, or it broke", "publisher"),
        "tls": ("no trusted encrypted connection", "publisher"),
        "timeout": ("no whole answer within the time allowed", "publisher"),
        "protocol": ("the answer is not proper HTTP", "publisher"),
        "truncated": ("the answer stopped before its end", "publisher"),
        "bad-encoding": ("the answer's content coding can't be undone", "publisher"),
        "too-large": ("the answer is larger than allowed", "publisher"),
        "empty": ("the answer has no content", "publisher"),
        "redirect-form": ("a redirect would carry its key to another host", "curator"),
        "robots-disallowed": ("its robots.txt asks programs not to read this address", "curator"),
        "robots-unreachable": ("its robots.txt can't be read now, so its pages are left alone", "publisher"),
        "gone": ("the publisher says that this is gone for good", "curator"),
        "http-304": ("'not modified' although nothing was held", "publisher"),
        "http-401": ("a login is needed", "curator"),
        "http-403": ("access is refused", "curator"),
        "http-404": ("nothing is at this address", "curator"),
        "http-429": ("the publisher asks to come less often", "nobody"),
        "http-500": ("the publisher's server failed", "publisher"),
        "http-503": ("the publisher's server is not available now", "publisher"),
        "no-mailbox": ("no mailbox is at this address", "curator"),
        "mailbox-closed": ("the mailbox may not be read by the user that the service runs as", "operator"),
        "login-refused": ("the mail server refused the name or the password", "operator"),
        "no-encryption": ("the mail server offers no encryption, and a password is not sent without", "operator"),
        "imap-unavailable": ("the mail server is not available now", "publisher"),
        "imap-broken": ("the answer is not proper IMAP", "publisher"),
        "deadline": ("the run's time was over before its turn came", "nobody"),
        "host-busy": ("its host asked to be left alone", "nobody"),
        "resources": ("this machine had no socket or memory left", "operator"),
    }
)


# Outcomes that say nothing of the source: it was not asked, and is asked again in the next run.
POSTPONED = frozenset({"deadline", "host-busy", "resources"})


def failure(code: str, more: str = "") -> SourceError:
    """The error for a code of CODES or `http-NNN`, with its text for people and what makes this case plain."""
    says = CODES[code][0] if code in CODES else "the publisher's server answered with an error"
    return SourceError(code, f"{says} ({more})" if more else says)


def place(url: str) -> str:
    """An address for people to read: scheme, host and path. User names, passwords and queries are cut off."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "an unreadable address"
    shown = f"{parts.scheme}://{host}{parts.path}" if host else f"{parts.scheme}:"
    return "".join(c if c.isprintable() else "�" for c in shown)[:200]
