"""The last look before a letter may leave. What it finds stops that letter, and only that letter.

It reads the finished bytes, not the plans they were made from: a fault in composing must not hide behind itself.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from urllib.parse import unquote

from aggregator.compose.mime import Opened, ascii_address, opened
from aggregator.compose.plain import clean
from aggregator.model import Draft, Item, Letter
from aggregator.occasions import closed

SIZE = 102_400  # bytes; beyond this Gmail hides the end of a letter, and with it the unsubscribe link
LINE = 998  # bytes of a line without CRLF (RFC 5322, 2.1.1)

_ONCE = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "List-Id",
    "List-Unsubscribe",
)
_HREF = re.compile(r"""<a\s[^>]*?href\s*=\s*["']([^"']*)["'][^>]*>(.*?)</a>""", re.IGNORECASE | re.DOTALL)
_EMPTY = re.compile(r"<(h[1-6]|title)\b[^>]*>(?:\s|<[^>]*>)*</\1>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_WEB = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://\S+")
# What templates leave behind where they go wrong, and what letters seldom have of it.
_MARKS = {
    b"{{": b"{", b"}}": b"}", b"{%": b"%", b"%}": b"%", b"<!--%": b"%", b"%-->": b"%", b"data-marks": b"data-m",
    b"Undefined": b"U", b"\x00": b"\x00",
}  # fmt: skip
_DATE = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}\Z")


def preflight(letter: Letter, draft: Draft, now: datetime | None = None) -> list[str]:
    """Everything that is wrong with a finished letter, a sentence each; an empty list lets it go.

    `draft` is what it was written from: `Composed.draft`, where it had to be cut. What has closed by `now` (the
    moment the draft was made for, if not given) may not leave. No sentence names the reader.
    """
    seen = Seen(opened(letter.content))
    return [
        *bytewise(letter.content),
        *header(seen.fields, letter, draft),
        *parts(seen, draft),
        *_told(seen, draft),
        *items(draft, now or draft.due.until),
        *links(seen),
        *privacy(seen, letter),
        *_marks(seen, draft),
    ]


class Seen:
    """A letter taken apart, with what several checks look at worked out once. `page`: the HTML; `read`: the same
    with its entities resolved; `links`: addresses with what stands between the tags."""

    def __init__(self, letter: Opened) -> None:
        self.fields = letter.fields
        self.found = {name.lower(): value for name, value in letter.fields}
        self.text, self.page = letter.text or "", letter.html or ""
        self.read = html.unescape(self.page)
        self.links = [(html.unescape(href), inner) for href, inner in _HREF.findall(self.page)]


def bytewise(content: bytes) -> Iterator[str]:
    if len(content) > SIZE:
        yield f"The letter has {len(content)} bytes; {SIZE} are allowed."
    if not content.isascii():
        yield "The letter has bytes outside ASCII."
    if b"\x00" in content:
        yield "The letter has a NUL byte."
    lines = content.split(b"\r\n")
    if not content.count(b"\r") == content.count(b"\n") == len(lines) - 1:
        yield "The letter has a line that does not end in CRLF."
    if max(map(len, lines)) > LINE:
        yield f"The letter has a line of more than {LINE} bytes."


def header(fields: Sequence[tuple[str, str]], letter: Letter, draft: Draft) -> Iterator[str]:
    names = Counter(name.lower() for name, _ in fields)
    found = {name.lower(): value for name, value in fields}
    for name in _ONCE:
        if names[name.lower()] != 1:
            yield f"The header has {names[name.lower()]} {name} fields instead of one."
    for name in ("Cc", "Bcc", "Return-Path", "Received"):
        if names[name.lower()]:
            yield f"The header has a {name} field."
    if not _is_for(found.get("to", ""), letter, draft):
        yield "To is not exactly the reader's address."
    if not letter.subject.strip() or not found.get("subject"):
        yield "The subject is empty."
    if not re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+>", found.get("message-id", "")):
        yield "The Message-ID is not of the form <left@domain>."
    if not _DATE.match(found.get("date", "")):
        yield "The Date is not valid."
    if not re.fullmatch(r"<https?://[^<>\s]+>(,\s+<mailto:[^<>\s]+>)?", found.get("list-unsubscribe", "")):
        yield "List-Unsubscribe is not exactly one web address, with or without one for mail."
    if found.get("list-unsubscribe-post") != "List-Unsubscribe=One-Click":
        yield "List-Unsubscribe-Post is missing."


def _is_for(to: str, letter: Letter, draft: Draft) -> bool:
    try:
        return to == letter.recipient == ascii_address(draft.due.subscriber.email)
    except ValueError:
        return False


def parts(seen: Seen, draft: Draft) -> Iterator[str]:
    for name, part, body in (("plain text", seen.text, seen.text), ("HTML", seen.page, seen.read)):
        if not part.strip():
            yield f"The letter has no {name}."
            continue
        if draft.unsubscribe_url not in body:
            yield f"The {name} has no unsubscribe link."
        if draft.preferences_url not in body:
            yield f"The {name} has no preferences link."
    if len(seen.page) > SIZE or (not seen.page.isascii() and len(seen.page.encode()) > SIZE):
        yield f"The HTML has more than {SIZE} bytes."


def _told(seen: Seen, draft: Draft) -> Iterator[str]:
    if draft.selection.picks:
        if seen.text.strip() and not _has_an_item(draft, seen.text, ""):
            yield "The plain text has none of the items."
        if seen.page.strip() and not _has_an_item(draft, seen.read, seen.page):
            yield "The HTML has none of the items."


def _has_an_item(draft: Draft, body: str, page: str) -> bool:
    """Whether an item is there by its address or by the beginning of its title; who has neither can't be found.
    `page`: the HTML, if it is one."""
    items = [pick.item for pick in draft.selection.picks]
    if any(item.url and item.url in body for item in items):
        return True
    folded = _squeezed(html.unescape(_TAG.sub("", page)) if page else body)
    titles = (_squeezed(item.title) if any(map(str.isalnum, item.title)) else "" for item in items)
    return any(title[:30] in folded for title in titles)


def _squeezed(text: str) -> str:
    """A text without blanks: long words are broken where a line ends."""
    return clean(text).replace(" ", "")


def _is_closed(item: Item, now: datetime, zone: str) -> bool:
    return item.occasion is not None and closed(item.occasion, now, zone)


def items(
    draft: Draft, now: datetime, is_closed: Callable[[Item, datetime, str], bool] = _is_closed
) -> Iterator[str]:
    picks = draft.selection.picks
    if not picks:
        yield "The letter has no items."
    ids = Counter(p.item.id for p in picks)
    if len(ids) < len(picks):
        yield from (f"The item {id} is in the letter {count} times." for id, count in ids.items() if count > 1)
    # One page may well list many things (jobs, events): only the same address under the same title is a repeat. A
    # series has both in common, and each of its meetings may have moved.
    addresses = [p.item.url for p in picks if p.item.url and not p.told]
    if len(set(addresses)) < len(addresses):
        told = Counter((p.item.url, clean(p.item.title)) for p in picks if p.item.url and not p.told)
        yield from (f"The address {url} is in the letter {n} times." for (url, _), n in told.items() if n > 1)
    zone = draft.due.subscriber.schedule.timezone
    for pick in picks:
        # A notice to somebody who knew other dates may well say that it is over.
        if pick.item.occasion and not pick.told and is_closed(pick.item, now, zone):
            yield f"The item {pick.item.id} has closed."


def links(seen: Seen) -> Iterator[str]:
    if _EMPTY.search(seen.page):
        yield "The HTML has an empty title or heading."
    for address, inner in seen.links:
        if not _WEB.match(address):
            yield f"The link {address!r} is not a web address."
        elif address not in seen.text:
            yield f"The link {address} is not in the plain text."
        if not _TAG.sub("", inner).strip():
            yield f"The link {address} has no words."


def privacy(seen: Seen, letter: Letter, also: str = "") -> Iterator[str]:
    """`also`: more addresses, as `public` gives them."""
    fields = [seen.found.get(name, "") for name in ("list-unsubscribe", "message-id", "list-id", "feedback-id")]
    every = f"{also}\n{public(seen, fields)}"
    if any(form in every for form in _traces(letter.recipient.lower())):
        yield "A link or an identifier contains the reader's address."


def public(seen: Seen, more: Sequence[str] = ()) -> str:
    """All addresses that whoever gets a letter passed on can see, ready to look for a reader's in them."""
    found = [address for address, _ in seen.links]
    found += _ADDRESS.findall(seen.text)
    return unquote("\n".join([*found, *more])).lower()


def _traces(address: str) -> list[str]:
    """The address and what it is commonly disguised as."""
    data = address.encode()
    hashes = [hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")]
    return [address, base64.b64encode(data).decode().rstrip("=").lower(), data.hex(), *hashes]


def _marks(seen: Seen, draft: Draft) -> Iterator[str]:
    left = marks(seen)
    if left:
        # An item may well be about templates: what it says itself is no fault of ours.
        said = _said(draft)
        yield from (f"A mark of the templates is left: {mark!r}." for mark in left if mark not in said)


def marks(seen: Seen) -> list[str]:
    """What templates leave behind, whoever says it."""
    whole = "\n".join([*(value for _, value in seen.fields), seen.text, seen.read]).encode("utf-8", "replace")
    return [mark.decode() for mark, seldom in _MARKS.items() if seldom in whole and _stands(mark, seldom, whole)]


def _stands(mark: bytes, seldom: bytes, whole: bytes) -> bool:
    """Whether the mark is there, looked for by its `seldom` part: five times quicker than by the whole of it."""
    inside = mark.index(seldom)
    at = whole.find(seldom)
    while at >= 0:
        if at >= inside and whole.startswith(mark, at - inside):
            return True
        at = whole.find(seldom, at + 1)
    return False


def _said(draft: Draft) -> str:
    """Every word of a letter that is not ours."""
    said = [draft.edition.title, draft.edition.introduction, draft.edition.postal_address, draft.sender.name]
    said += [draft.due.subscriber.name, *draft.sources.values(), *draft.topics.values()]
    said += [rights.attribution for rights in draft.rights.values()]
    said += [pick.told.occasion.place for pick in draft.selection.picks if pick.told]
    for pick in draft.selection.picks:
        item, place = pick.item, pick.item.occasion
        said += [item.title, item.text, item.url, item.event, pick.why, *(tag.why for tag in item.topics)]
        said += [place.place, place.price, place.effort, place.certificate, place.organiser] if place else []
        said += (
            [word for price in place.prices for word in (price.label, price.who, price.covers, price.currency)]
            if place
            else []
        )
    return "\n".join([*said, *map(clean, said)])
