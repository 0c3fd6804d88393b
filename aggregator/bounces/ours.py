"""Which letter a report is about: found by a token that only that letter carried, or by its Message-ID; never by an
address alone, because anybody can name an address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aggregator.bounces.message import Parts, addresses, message_ids

TOKEN = "TOKEN"  # noqa: S105 - the place of a token in an address
_TOKEN = r"([A-Za-z0-9_-]{6,128})"


@dataclass(frozen=True, slots=True)
class Sent:
    """One letter that went out, as far as reports name it."""

    token: str
    recipient: str
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Ours:
    """Our own addresses, with TOKEN where the token stands ('' where there is none)."""

    from_address: str
    bounce_address: str = ""
    leave_address: str = ""
    one_click: str = ""
    reply_to: str = ""


# Looks letters up: (tokens, message ids) -> those that went out, by either.
Look = Callable[[Sequence[str], Sequence[str]], Mapping[str, Sent]]


def tokens_in(text: str, ours: Ours) -> list[str]:
    """Tokens in the order they stand in the text, each once."""
    found = (match[1] for pattern in _patterns(ours) for match in pattern.finditer(text))
    return list(dict.fromkeys(found))


def leaving(parts: Parts, ours: Ours) -> str:
    """The token of the address for leaving that the mail was sent to, or ''."""
    if not ours.leave_address:
        return ""
    pattern = _pattern(ours.leave_address)
    return next((match[1] for value in _receivers(parts) for match in pattern.finditer(value)), "")


def letter_of(parts: Parts, ours: Ours, look: Look) -> tuple[Sent | None, str]:
    """(the letter, the token it was found by or that it has). Where the report came to says most, then the returned
    letter's head, then anything else in the mail."""
    places = ["\n".join(_receivers(parts)), "\n".join(parts.returned.values()), parts.raw]
    tokens = list(dict.fromkeys(token for place in places for token in tokens_in(place, ours)))
    ids = list(dict.fromkeys(_named_ids(parts)))
    known = look(tokens, ids)
    for key in (*tokens, *ids):
        if key in known:
            return known[key], known[key].token
    return None, ""


def named_us(parts: Parts, ours: Ours) -> list[str]:
    """Addresses that the report names, in lower case."""
    return addresses("\n".join(_receivers(parts)))


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


def _patterns(ours: Ours) -> list[re.Pattern[str]]:
    return [_pattern(one) for one in (ours.bounce_address, ours.one_click, ours.leave_address) if TOKEN in one]


def _pattern(template: str) -> re.Pattern[str]:
    before, _, after = template.partition(TOKEN)
    # A relay may have written the address anew with "=" for "@" (SRS, BATV and their kin).
    ends = re.escape(after).replace("@", "[@=]")
    return re.compile(re.escape(before) + _TOKEN + (ends or r"(?![\w-])"), re.IGNORECASE)
