"""What goes around a letter on its way: envelope addresses, the bytes of DATA, and replies without addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aggregator.errors import OutboxDown, Refused
from aggregator.model import Letter

# RFC 5321 4.1.2, and nothing that could end a command early. Non-ASCII characters as in RFC 6531.
_ATOM = r"[^\s\x00-\x1f\x7f\ud800-\udfff<>()\[\]\\,;:\"@.]+"
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f\ud800-\udfff]|\\[\x20-\x7e])*"'
_LOCAL = rf"(?:{_ATOM}(?:\.{_ATOM})*|{_QUOTED})"
_DOMAIN = rf"(?:{_ATOM}(?:\.{_ATOM})*|\[[A-Za-z0-9:.]+\])"
_MAILBOX = re.compile(rf"({_LOCAL})@({_DOMAIN})")

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
# What keeps content from going out as it stands: each begins with one sign, which is found ten times quicker.
_CR_ALONE = re.compile(rb"\r(?!\n)")
_LF_ALONE_OR_DOT = re.compile(rb"\n(?:\.|(?<!\r\n))")
_ADDRESS = re.compile(r"<?[^\s<>,;:()\"']+@[^\s<>,;:()\"']+>?")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One letter, ready for MAIL, RCPT and DATA.

    `sender` and `recipient` are as SMTP wants them, domains in ASCII; `utf8` says that a local part is not ASCII
    (RFC 6531). `data` is the letter dot-stuffed and ended (RFC 5321, 4.5.2); `size` counts the letter itself.
    `names` are spellings of the recipient that replies may not pass on.
    """

    sender: str
    recipient: str
    utf8: bool
    data: bytes
    size: int
    names: tuple[str, ...]


def envelope(letter: Letter) -> Envelope:
    """Make the envelope of a letter.

    Raises `Refused` (permanent) for what SMTP can't carry, and `OutboxDown` when our own address is at fault:
    then no letter can go, and an empty return path would lose every bounce.
    """
    sender, recipient = mailbox(letter.sender), mailbox(letter.recipient)
    if not sender:
        raise OutboxDown("the sender's address can't be used in SMTP → set AGGREGATOR_FROM to a plain address")
    if not recipient:
        raise Refused("the recipient's address can't be used in SMTP", permanent=True)
    if not letter.content.isascii() or b"\0" in letter.content:
        raise Refused("the letter is not 7-bit", permanent=True)
    content = letter.content
    as_it_stands = _may_go_as_it_stands(content)
    if not as_it_stands:
        content = _lines(content)
    return Envelope(
        sender=sender,
        recipient=recipient,
        utf8=not (sender + recipient).isascii(),
        data=(content if as_it_stands else _stuffed(content)) + b".\r\n",
        size=len(content),
        names=(recipient, letter.recipient),
    )


def mailbox(address: str) -> str:
    """An address as the envelope wants it, its domain in ASCII (IDNA 2008); empty when it can't be used."""
    found = _MAILBOX.fullmatch(address)
    if not found or len(address) > 320:
        return ""
    local, domain = found.groups()
    domain = ascii_domain(domain)
    return f"{local}@{domain}" if domain else ""


def ascii_domain(domain: str) -> str:
    """A domain as the DNS and SMTP have it (IDNA 2008); empty when it can't be."""
    if domain.isascii():
        return domain
    from email_validator import EmailNotValidError, validate_email  # costly to import, seldom needed

    try:
        checked = validate_email(f"x@{domain}", check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return ""
    return checked.ascii_domain


def _may_go_as_it_stands(content: bytes) -> bool:
    """Whether every line ends in CRLF, the last one too, and none begins with a dot: so are nearly all letters."""
    ends = content.endswith(b"\r\n") and not content.startswith(b".")
    return ends and not _CR_ALONE.search(content) and not _LF_ALONE_OR_DOT.search(content)


def _lines(content: bytes) -> bytes:
    """CRLF at every line's end, the last one too. A bare CR or LF would let a letter smuggle in commands."""
    content = _BARE.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def _stuffed(content: bytes) -> bytes:
    """A dot before each line that begins with one, so that none of them ends the letter."""
    return (b"." if content.startswith(b".") else b"") + content.replace(b"\r\n.", b"\r\n..")


def discreet(text: str, names: tuple[str, ...] = ()) -> str:
    """What a server said, for reports and logs: one line of at most 200 characters, without any address.

    Servers quote the recipient in many ways; whole addresses and the recipient's local part are replaced.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    said = " ".join(text.split())
    for name in names:
        if _may_hold(said, name):
            said = re.sub(rf"<?{re.escape(name)}>?", "<recipient>", said, flags=re.IGNORECASE)
    said = _ADDRESS.sub("<address>", said) if "@" in said else said
    for name in names:
        local = name.rpartition("@")[0]
        if len(local) > 2 and _may_hold(said, local):
            said = re.sub(rf"(?<![\w.]){re.escape(local)}(?!\w)", "<recipient>", said, flags=re.IGNORECASE)
    return said if len(said) <= 200 else said[:199] + "…"


def _may_hold(said: str, name: str) -> bool:
    """Whether a pattern for this name is worth its making: most replies say "ok"."""
    return not said.isascii() or name.lower() in said.lower()
