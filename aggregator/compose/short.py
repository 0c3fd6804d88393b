"""A short letter that somebody waits for: to confirm an address, a link that was asked for, help.

It belongs to no list. So it has no List-Unsubscribe and no Precedence, and says with Auto-Submitted that a machine
wrote it: on somebody's act, or as an answer to a mail (RFC 3834)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from aggregator.compose import mime, pages
from aggregator.compose.envelope import NAME, own_address, recipient
from aggregator.compose.languages import phrases
from aggregator.compose.phrases import English
from aggregator.compose.plain import clean, lines, shorten
from aggregator.compose.subject import SUBJECT
from aggregator.model import Edition, Letter, Sender

# confirm: an address that was signed up; already: one that has letters; confirm_address: a reader's new one; move:
# the old one; link: to what a reader gets; private: to all that is held; help: for whoever asked how this works.
Kind = Literal["confirm", "already", "confirm_address", "move", "link", "private", "help"]


@dataclass(frozen=True, slots=True)
class ShortLetter:
    """What a short letter says. `id` names it in the ledger and makes its Message-ID; `at` is its Date.

    `link`: the one page that it is about. `leave`: where its reader may leave, for `help`. `good_for`: how long
    the link opens that page. `answers`: the Message-ID of the mail that it answers, or '' where it answers none.
    `return_path`: where reports about it come back to; the sender's address if empty."""

    id: str
    kind: Kind
    recipient: str
    language: str
    edition: Edition
    sender: Sender
    at: datetime
    link: str
    good_for: timedelta
    leave: str = ""
    answers: str = ""
    return_path: str = ""


def short_letter(
    asked: ShortLetter, templates: Sequence[Path] = (), sign: Callable[[bytes], bytes] = bytes
) -> Letter:
    """Write it. Equal values give equal bytes. `templates`, `sign`: as for `Composer`.

    Raises Refused (permanent) for an address that can't be written to, ConfigError for a From address, a template
    or a catalogue that can't be used."""
    folders = tuple(templates)
    to = recipient(asked.recipient)
    said = _said(asked, phrases(asked.language, folders))
    made = _pages(folders)
    text, html = made.render("text", said), made.render("html", {**said, **pages.accents(asked.edition.accent)})
    seed = hashlib.sha256(b"short\0" + asked.id.encode()).hexdigest()
    sender = own_address(asked.sender.address)
    message_id = f"<{seed[:32]}@{sender.rpartition('@')[2]}>"
    parts = [mime.part("plain", mime.chunk(text)), mime.part("html", mime.chunk(html))]
    content = mime.alternative(_fields(asked, to, said["subject"], message_id), seed[32:56], parts)
    path = mime.ascii_address(asked.return_path) if asked.return_path else sender
    return Letter(asked.id, path, to, message_id, said["subject"], sign(content))


@lru_cache(maxsize=4)
def _pages(folders: tuple[Path, ...]) -> pages.ShortPages:
    return pages.load_short(folders)


def _said(asked: ShortLetter, say: English) -> dict[str, Any]:
    title = shorten(clean(asked.edition.title), NAME) or clean(asked.sender.name) or asked.edition.name
    return {
        "say": say,
        "title": title,
        "subject": shorten(say.short(asked.kind, "subject", title), SUBJECT),
        "before": say.short(asked.kind, "before", title),
        "button": say.short(asked.kind, "button", title),
        "link": asked.link,
        "good_for": say.good_for(asked.good_for),
        "after": say.short(asked.kind, "after", title),
        "leave": asked.leave,
        "address": lines(asked.edition.postal_address),
    }


def _fields(asked: ShortLetter, to: str, subject: str, message_id: str) -> list[bytes]:
    sender = own_address(asked.sender.address)
    name = shorten(clean(asked.sender.name) or clean(asked.edition.title), NAME)
    found = [mime.mailbox("From", name, sender)]
    if asked.sender.reply_to:
        found.append(mime.mailbox("Reply-To", "", own_address(asked.sender.reply_to)))
    found += [
        mime.mailbox("To", "", to),
        mime.unstructured("Subject", subject),
        mime.date("Date", asked.at),
        mime.plain("Message-ID", message_id),
    ]
    if answered := mime.one_line(asked.answers):
        found += [mime.plain("In-Reply-To", answered), mime.plain("References", answered)]
    automatic = "auto-replied" if asked.answers else "auto-generated"
    return [*found, mime.plain("Auto-Submitted", automatic), _NO_ANSWERS]


_NO_ANSWERS = mime.plain("X-Auto-Response-Suppress", "OOF, AutoReply")
