"""DKIM (RFC 6376, RFC 8301): a letter signed with our own key, for relays that don't sign.

Our own 60 lines and not a library's: a letter is a form of ours already (CRLF, 7-bit, each field once), so relaxed
canonicalisation is two substitutions, and `cryptography` comes ready-made and signs several times faster than what
is written in Python. dkimpy is the reference that the tests verify with.
"""

from __future__ import annotations

import base64
import hashlib
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.deliver.envelope import ascii_domain
from aggregator.errors import ConfigError, Problem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# Each is named once more than it occurs: one that is added on the way breaks the signature (RFC 6376, 8.15).
SIGNED = (
    "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Reply-To", "List-Id",
    "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID", "Auto-Submitted",
)  # fmt: skip
LEAST_BITS = 1024  # receivers take no shorter key (RFC 8301, 3.2)
_MAKE_ONE = "make one: openssl genrsa -out dkim.pem 2048; chmod 600 dkim.pem"


@dataclass(frozen=True, slots=True)
class DkimKey:
    """Where our key is and under which name its other half stands in the DNS: `selector._domainkey.domain`."""

    path: Path
    selector: str
    domain: str

    @property
    def record(self) -> str:
        """The name in the DNS at which receivers look for the public key."""
        return f"{self.selector}._domainkey.{self.domain}"


def key_of(path: Path | None, selector: str, domain: str) -> DkimKey | None:
    """The key as settings name it, the domain in ASCII; None where none is set. Nothing is read yet."""
    return DkimKey(path, selector, ascii_domain(domain)) if path else None


def signer(key: DkimKey) -> Callable[[bytes], bytes]:
    """A function that puts a DKIM-Signature before a letter: rsa-sha256, relaxed/relaxed, the whole body.

    Letters have CRLF throughout. Equal letters get equal signatures: there is no time in them (t= and x= are
    optional). Raises ConfigError for a key that can't be used, and where the extra `dkim` is not installed.
    """
    private = _private(key.path)

    def sign(letter: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        head, _, body = letter.partition(b"\r\n\r\n")
        fields = _fields(head)
        field = _unsigned(key, fields, base64.b64encode(hashlib.sha256(_body(body)).digest()).decode())
        text = b"".join([*_chosen(fields), _relaxed(field).removesuffix(b"\r\n")])
        return field + _folded(base64.b64encode(private.sign(text, PKCS1v15(), SHA256()))) + b"\r\n" + letter

    return sign


def public_key(path: Path) -> str:
    """The public half, as `p=` in the DNS has it (base64 of a SubjectPublicKeyInfo). Raises ConfigError."""
    private = _private(path)  # says what is lacking before the import below can
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def bits(path: Path) -> int:
    """The length of the key. Raises ConfigError."""
    return _private(path).key_size


# ---------------------------------------------------------------------------------------------------- the key
def _private(path: Path) -> RSAPrivateKey:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ModuleNotFoundError:
        remedy = "pip install 'aggregator[dkim]', or unset AGGREGATOR_DKIM_KEY and let the relay sign"
        raise _mistake("signing letters needs the extra 'dkim', which is not installed", remedy) from None
    try:
        found = load_pem_private_key(_read(path), None)
    except TypeError:
        remedy = "remove it: openssl rsa -in KEY -out dkim.pem"
        raise _mistake(f"{path} is locked with a passphrase, which nobody is there to type", remedy) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _mistake(f"{path} holds no private key in PEM form", _MAKE_ONE) from None
    if not isinstance(found, RSAPrivateKey):
        raise _mistake(f"the key in {path} is not RSA, which is what every receiver knows", _MAKE_ONE)
    if found.key_size < LEAST_BITS:
        raise _mistake(f"the key in {path} has {found.key_size} bits; receivers want 1024, better 2048", _MAKE_ONE)
    return found


def _read(path: Path) -> bytes:
    """The file's bytes, if it is a secret still: others may not read it, nor its group write it."""
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXO | stat.S_IWGRP):
            what = f"{path} can be read or changed by others (mode {stat.S_IMODE(mode):o})"
            raise _mistake(what, f"chmod 600 {path}, as the user that sends letters")
        return path.read_bytes()
    except OSError as error:
        raise _mistake(f"{path} can't be read: {error.strerror}", "name the file of the private key") from None


def _mistake(what: str, remedy: str) -> ConfigError:
    return ConfigError([Problem("settings", None, f"AGGREGATOR_DKIM_KEY: {what}", remedy)])


# ---------------------------------------------------------------------------------------------- the signed bytes
def _fields(head: bytes) -> dict[str, list[bytes]]:
    """Lower-case name -> its fields, topmost first, each whole and without its last CRLF."""
    found: dict[str, list[bytes]] = {}
    for field in re.split(rb"\r\n(?![ \t])", head):
        found.setdefault(field.partition(b":")[0].strip().decode().lower(), []).append(field)
    return found


def _chosen(fields: dict[str, list[bytes]]) -> Iterator[bytes]:
    """The signed fields in the order of `h=`, the lowest of a name first (RFC 6376, 5.4.2)."""
    for name in SIGNED:
        yield from (_relaxed(field) for field in reversed(fields.get(name.lower(), [])))


def _relaxed(field: bytes) -> bytes:
    """RFC 6376, 3.4.2: lower-case name, one line, single blanks, none at either end of the value."""
    name, _, value = field.partition(b":")
    return b"%b:%b\r\n" % (name.strip().lower(), b" ".join(value.split()))


def _body(body: bytes) -> bytes:
    """RFC 6376, 3.4.4: blanks single and none at the end of a line, no empty lines at the end."""
    lines = re.sub(rb"[ \t]+(?=\r\n|\Z)", b"", re.sub(rb"[ \t]+", b" ", body)).rstrip(b"\r\n")
    return lines + b"\r\n" if lines else b""


def _unsigned(key: DkimKey, fields: dict[str, list[bytes]], digest: str) -> bytes:
    """The signature's field up to the value of `b=`, folded where it may be."""
    names = [name for name in SIGNED for _ in range(len(fields.get(name.lower(), [])) + 1)]
    lines = [f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; s={key.selector};", f" d={key.domain};", ""]
    for number, name in enumerate(names):
        word = name + (":" if number < len(names) - 1 else ";")
        word = word if number else f" h={word}"
        lines = [*lines[:-1], lines[-1] + word] if len(lines[-1] + word) < 78 else [*lines, f"  {word}"]
    return "\r\n".join([*lines, f" bh={digest};", " b="]).encode("ascii")


def _folded(signature: bytes) -> bytes:
    return b"\r\n  ".join(signature[at : at + 72] for at in range(0, len(signature), 72))
