"""Which letter a report is about: found by a token that only that letter carried, or by its Message-ID; never by
an address alone, because anybody can name an address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from aggregator.bounces.message import Parts, addresses, message_ids

TOKEN = "TOKEN"  # noqa: S105 - the place of a token in an address
_ANY = r"([A-Za-z0-9_-]{6,128})"


@dataclass(frozen=True, slots=True)
class Sent:
    """One letter that went out, as far as reports name it. `letter` and `reader` are for whoever looked it up."""

    token: str
    recipient: str
    message_id: str = ""
    letter: str = ""
    reader: str = ""


@dataclass(frozen=True, slots=True)
class Ours:
    """Our own addresses, with TOKEN where the token stands ('' where there is none)."""

    from_address: str
    bounce_address: str = ""
    leave_address: str = ""
    one_click: str = ""
    reply_to: str = ""


MOST_NAMES = 200  # tokens and ids that one mail may make us look up
# Looks letters up: (tokens, message ids) -> those that went out, by either.
Look = Callable[[Sequence[str], Sequence[str]], Mapping[str, Sent]]


def leaving(parts: Parts, ours: Ours) -> str:
    """The token of the address for leaving that the mail was sent to, or ''."""
    if not ours.leave_address:
        return ""
    return next(iter(_tokens("\n".join(_receivers(parts)), [ours.leave_address])), "")


def letter_of(parts: Parts, ours: Ours, look: Look, *, by_person: bool) -> Sent | None:
    """The letter that a mail is about. Where it came to says most, then the returned letter's head, then anything
    else in it.

    `by_person`: whether somebody wrote it. A machine's report that came to the address for leaving was not sent
    there by a mail server that had our letter: what that address says does not count then."""
    templates = [ours.bounce_address, ours.leave_address] if by_person else [ours.bounce_address]
    tokens = [
        *_tokens("\n".join(_receivers(parts)), templates),
        *_tokens("\n".join(parts.returned.values()), _all(ours)),
        *_tokens(parts.raw, _all(ours) if by_person else [ours.bounce_address, ours.one_click]),
    ]
    tokens = list(dict.fromkeys(way for token in tokens for way in (token, token.lower())))[:MOST_NAMES]
    ids = list(dict.fromkeys(_named_ids(parts)))[:MOST_NAMES]
    known = look(tokens, ids)
    return next((known[key] for key in (*tokens, *ids) if key in known), None)


def answers(parts: Parts, letter: Sent) -> bool:
    """Whether a mail answers this very letter, as mail programs say it."""
    return bool(letter.message_id) and letter.message_id in message_ids(parts.head.get("in-reply-to", ""))


def is_from(parts: Parts, letter: Sent) -> bool:
    """Whether a mail says that it comes from the letter's reader."""
    said = addresses("\n".join(parts.head.get(name, "") for name in ("from", "reply-to", "sender")))
    return letter.recipient.lower() in said


def is_of_a_list(parts: Parts) -> bool:
    """Whether a mail came through a list, to which nothing may be answered (RFC 3834, 2)."""
    lists = any(name.startswith("list-") for name in parts.head)
    return lists or parts.head.get("precedence", "").strip().lower() in ("list", "bulk", "junk")


def _named_ids(parts: Parts) -> Iterator[str]:
    for fields in (parts.returned, *parts.status, parts.feedback or {}, parts.head):
        for name in ("message-id", "x-original-message-id", "original-message-id", "in-reply-to", "references"):
            if fields is parts.head and name == "message-id":
                continue  # the report's own
            yield from message_ids(fields.get(name, ""))
    yield from message_ids(parts.raw)


def _receivers(parts: Parts) -> list[str]:
    names = ("x-original-to", "delivered-to", "envelope-to", "x-envelope-to", "to", "original-recipient", "cc")
    return [parts.head[name] for name in names if parts.head.get(name)]


def _all(ours: Ours) -> list[str]:
    return [ours.bounce_address, ours.one_click, ours.leave_address]


def _tokens(text: str, templates: Sequence[str]) -> list[str]:
    """Tokens in the order of the templates and the text."""
    return [
        next(group for group in match.groups() if group)
        for template in templates
        if TOKEN in template
        for match in _pattern(template).finditer(text)
    ]


@lru_cache(maxsize=64)
def _pattern(template: str) -> re.Pattern[str]:
    before, _, after = template.partition(TOKEN)
    whole = re.escape(before) + _ANY + (re.escape(after).replace("@", "[@=]") or r"(?![\w-])")
    local, at, domain = after.partition("@")
    if at:
        # A forwarder may have written the address anew, domain first (SRS): SRS0=xx=yy=domain=local@forwarder.
        whole += "|=" + re.escape(domain) + "=" + re.escape(before) + _ANY + re.escape(local) + "@"
    return re.compile(whole, re.IGNORECASE)
