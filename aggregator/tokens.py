"""What makes a link in a letter belong to one reader, and the links themselves.

Two kinds. An unsubscribe token is random and stored with the subscriber: it never expires and survives every
change of secret. All other links are signed, bound to one purpose and good for a while. Neither holds an address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as randomness
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from aggregator.errors import AggregatorError

PREFERENCES = "preferences"  # in every letter: a reader's own pages
PRIVATE = "private"  # mailed on request: also what a forwarded letter must not open
RETURN = "return"
PREFERENCES_LAST = timedelta(days=60)
PRIVATE_LAST = timedelta(hours=12)
CONFIRM = "confirm"  # mailed to whoever asked for letters
CONFIRM_LAST = timedelta(days=7)  # as long as an address that nobody confirmed is kept
MOVE = "move"  # mailed to the old address and to the new one when a reader's is to change
MOVE_LAST = timedelta(days=7)

_LONGEST = 1000
_MARK = 12  # characters of a return token that prove it ours


def unsubscribe_token() -> str:
    """32 characters from 24 random bytes, safe in a path; store it with the subscriber (RFC 8058, 3.1)."""
    return randomness.token_urlsafe(24)


def unsubscribe_url(base_url: str, token: str) -> str:
    """Where a reader leaves: a page for people, and the address of the one-click POST."""
    return f"{base_url.rstrip('/')}/unsubscribe/{token}"


class BadToken(AggregatorError):
    """A signed link that opens nothing.

    `fault`: `expired` (it was ours, for this purpose), `purpose` (ours, for another one), `forged` (anything
    else). Only `expired` may be told apart on a page: whoever sees it held a genuine link.
    """

    def __init__(self, fault: Literal["expired", "purpose", "forged"]) -> None:
        self.fault = fault
        super().__init__(f"the link is no good: {fault}")


class Signer:
    """Signs with the first secret, believes all of them: put a new one in front and the old links go on working.

    `clock` gives seconds since 1970. It is the machine's even when a run replays another moment, because whoever
    opens the link lives now.
    """

    def __init__(self, secrets: Sequence[str], clock: Callable[[], float] = time.time) -> None:
        if isinstance(secrets, str) or not secrets or not all(secret.strip() for secret in secrets):
            raise ValueError("at least one secret is needed, and none may be empty")
        self._secrets = list(reversed(secrets))  # itsdangerous signs with the last
        self._stamp = _stamp_by(clock)
        self._serializers: dict[str, URLSafeTimedSerializer] = {}
        self._keys: dict[str, list[bytes]] = {}

    def __repr__(self) -> str:
        return f"Signer({len(self._secrets)} secrets)"

    def sign(self, purpose: str, subject: str) -> str:
        """A token for `subject` (an id, never an address: the token can be read by anybody) and one purpose."""
        if "@" in subject:
            raise ValueError("a token is no place for an address")
        signed = self._serializer(purpose).dumps([purpose, subject])
        return signed if isinstance(signed, str) else signed.decode("ascii")

    def verify(self, purpose: str, token: str, max_age: timedelta | None) -> str:
        """The subject of a token made for this purpose at most `max_age` ago (None: ever); raises `BadToken`."""
        if not token.isascii() or len(token) > _LONGEST:
            raise BadToken("forged")
        seconds = None if max_age is None else int(max_age.total_seconds())
        try:
            content = self._serializer(purpose).loads(token, max_age=seconds)
        except SignatureExpired as error:
            raise BadToken("expired") from error
        except BadData as error:
            raise BadToken(self._fault(purpose, token)) from error
        match content:
            case [str(bound), str(subject)] if bound == purpose:
                return subject
        raise BadToken("forged")

    def key(self, purpose: str) -> bytes:
        """32 bytes for one purpose, derived from the first secret; they tell nothing of it (HMAC-SHA-256)."""
        return self.keys(purpose)[0]

    def keys(self, purpose: str) -> list[bytes]:
        """`key` for every secret that is believed, the one in force first."""
        if purpose not in self._keys:
            said = f"aggregator.key.{purpose}".encode()
            self._keys[purpose] = [hmac.digest(s.encode(), said, "sha256") for s in reversed(self._secrets)]
        return self._keys[purpose]

    def _fault(self, purpose: str, token: str) -> Literal["purpose", "forged"]:
        """Whether a token that failed is one of ours for something else."""
        try:
            _, content = self._serializer(purpose).loads_unsafe(token)
            named = str(content[0])
            self._made(named).loads(token)  # not kept: it was named by whoever sent the token
        except (BadData, TypeError, IndexError, KeyError):
            return "forged"
        return "purpose"

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        if purpose not in self._serializers:
            self._serializers[purpose] = self._made(purpose)
        return self._serializers[purpose]

    def _made(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._secrets,
            salt=f"aggregator.{purpose}",  # a link for one purpose never opens another
            signer=self._stamp,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )


def _stamp_by(clock: Callable[[], float]) -> type[TimestampSigner]:
    class Stamp(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(clock())

    return Stamp


@dataclass(frozen=True, slots=True)
class Opened:
    """Whom a key in an address belongs to. `links`: the revision of the reader's links that it was made for;
    `private`: it was mailed on request and opens everything."""

    subscriber_id: str
    links: int
    private: bool


def reader_key(signer: Signer, subscriber_id: str, links: int = 0, *, private: bool = False) -> str:
    """What opens a reader's own pages, at `/my/KEY`: for `PREFERENCES_LAST`, a private one for `PRIVATE_LAST`.

    `links` is the reader's (`Subscriber.links`): when that rises, all keys made before are void."""
    subject = f"{subscriber_id}.{links}" if links else subscriber_id
    return signer.sign(PRIVATE if private else PREFERENCES, subject)


def open_key(signer: Signer, key: str, *, late: bool = False) -> Opened:
    """Whom this key belongs to; raises `BadToken`. Whether its revision is still the reader's, the caller sees.

    `late`: also one that has expired. That opens nothing, but a new one may be mailed to its reader."""
    try:
        subject, private = signer.verify(PREFERENCES, key, None if late else PREFERENCES_LAST), False
    except BadToken as bad:
        if bad.fault != "purpose":
            raise
        subject, private = signer.verify(PRIVATE, key, None if late else PRIVATE_LAST), True
    subscriber_id, _, links = subject.partition(".")
    return Opened(subscriber_id, int(links) if links.isdigit() else 0, private)


def feed_token(signer: Signer, subscriber_id: str, serial: int) -> str:
    """The secret part of the address of a reader's own feeds: 32 characters nobody can make up. It follows from
    the secret, the reader and the number of addresses made for that reader, so that it can be shown again, though
    only its hash is kept."""
    subject = f"{subscriber_id}\0{serial}".encode()
    mark = hmac.digest(signer.key("feed"), subject, "sha256")[:24]
    return base64.urlsafe_b64encode(mark).decode()


def my_url(base_url: str, key: str, path: str = "/preferences") -> str:
    """The address of one of a reader's own pages."""
    return f"{base_url.rstrip('/')}/my/{key}{path}"


def confirm_key(signer: Signer, subscriber_id: str, asked: int) -> str:
    """What confirms the wish for letters that is kept at place `asked` of the consents."""
    return signer.sign(CONFIRM, f"{subscriber_id}.{asked}")


def open_confirm(signer: Signer, key: str) -> tuple[str, int]:
    """(subscriber id, place of the wish) of a `confirm_key`; raises `BadToken`."""
    subscriber_id, _, asked = signer.verify(CONFIRM, key, CONFIRM_LAST).rpartition(".")
    if not subscriber_id or not asked.isdigit():
        raise BadToken("forged")
    return subscriber_id, int(asked)


def move_key(signer: Signer, subscriber_id: str, mark: str, side: Literal["old", "new"]) -> str:
    """What confirms, for one side, the change of address that goes by this mark."""
    return signer.sign(MOVE, f"{subscriber_id}.{mark}.{side}")


def open_move(signer: Signer, key: str) -> tuple[str, str, Literal["old", "new"]]:
    """(subscriber id, mark, side) of a `move_key`; raises `BadToken`."""
    match signer.verify(MOVE, key, MOVE_LAST).rsplit(".", 2):
        case [subscriber_id, mark, ("old" | "new") as side] if subscriber_id:
            return subscriber_id, mark, side
    raise BadToken("forged")


def preferences_url(base_url: str, signer: Signer, subscriber_id: str, links: int = 0) -> str:
    """Where a reader sees what the letter is chosen by, for the next `PREFERENCES_LAST`."""
    return f"{base_url.rstrip('/')}/preferences/{reader_key(signer, subscriber_id, links)}"


def my_pages(base_url: str, signer: Signer, subscriber_id: str, links: int = 0) -> str:
    """Where a reader's own pages begin, for the next `PREFERENCES_LAST`."""
    return my_url(base_url, reader_key(signer, subscriber_id, links), "")


def return_token(signer: Signer, digest_id: str) -> str:
    """What names one letter in the addresses that its reports and its reader's request to leave come back to.

    Lower-case letters and digits, because mail servers may change the case; nobody can make one up."""
    return digest_id + _mark(digest_id, signer.key(RETURN))


def returned_letter(signer: Signer, token: str) -> str:
    """The digest id in a token of `return_token`, whatever its case, or '' when it is none of ours."""
    digest_id, mark = token[:-_MARK].lower(), token[-_MARK:].lower()
    if not token.isascii() or not digest_id:
        return ""
    ours = any(hmac.compare_digest(_mark(digest_id, key), mark) for key in signer.keys(RETURN))
    return digest_id if ours else ""


def _mark(digest_id: str, key: bytes) -> str:
    return hashlib.blake2b(digest_id.encode(), key=key, digest_size=_MARK // 2).hexdigest()
