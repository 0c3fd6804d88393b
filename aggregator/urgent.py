"""Short letters that somebody waits for (a confirmation, a link, help), written down in the ledger's lane of those
that go first. They are posted as all letters are: tried again, never twice, matched when they come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from aggregator.app import App
from aggregator.compose.short import Kind, ShortLetter, short_letter
from aggregator.model import Due, Subscriber
from aggregator.store import Written
from aggregator.store.subscribers import elsewhere
from aggregator.tokens import PREFERENCES_LAST, PRIVATE_LAST, my_url, reader_key

# How many of a kind one reader is sent on one day (UTC), however often somebody asks.
A_DAY: Mapping[Kind, int] = MappingProxyType(
    {"confirm": 3, "already": 1, "confirm_address": 3, "move": 3, "link": 3, "private": 5, "help": 1}
)


def write_down(
    app: App, reader: Subscriber, now: datetime, what: tuple[Kind, str, timedelta], answers: str = ""
) -> bool:
    """Write a short letter to a reader's own address; `what`: its kind, its link, and how long that is good for.

    At most `A_DAY` of a kind for a reader, so that nobody can have a mailbox filled by asking again and again;
    False where all of today's were written before. `answers`: the Message-ID of the mail that it answers. Raises
    Refused for an address that can't be written to, ConfigError for settings or templates that can't be used."""
    kind = what[0]
    for number in range(1, A_DAY[kind] + 1):
        period = f"{kind} {now:%Y-%m-%d}" + (f" {number}" if number > 1 else "")
        written = _written(app, reader, now, what, (period, answers))
        if app.store.digests.write([written], now):
            return True
    return False


def write_elsewhere(
    app: App, reader: Subscriber, email: str, now: datetime, what: tuple[Kind, str, timedelta]
) -> bool:
    """As `write_down`, to an address that may not be the reader's: what comes back is no news of the reader."""
    return write_down(app, replace(reader, id=elsewhere(reader.id), email=email), now, what)


def _written(
    app: App, reader: Subscriber, now: datetime, what: tuple[Kind, str, timedelta], more: tuple[str, str]
) -> Written:
    (kind, link, good_for), (period, answers) = what, more
    name = app.digest_id(reader.id, period)
    asked = ShortLetter(
        id=name, kind=kind, recipient=reader.email, language=reader.language, edition=app.edition(reader.edition),
        sender=app.transactional, at=now, link=link, good_for=good_for,
        leave=app.unsubscribe_url(reader) if kind == "help" else "", answers=answers,
        return_path=app.address_of(app.settings.bounces, name),
    )  # fmt: skip
    letter = short_letter(asked, [folder / "mail" for folder in app.template_folders], app.sign)
    due = Due(reader, period, due_at=now, since=now, until=now)
    return Written(name, due, "waiting", now, letter=letter, urgent=True)


def write_link(app: App, reader: Subscriber, now: datetime, path: str = "/preferences", *, private: bool) -> bool:
    """Mail a reader the link to one of their own pages; a private one opens everything, and not for long."""
    key = reader_key(app.signer, reader.id, reader.links, private=private)
    kind: Kind = "private" if private else "link"
    good_for = PRIVATE_LAST if private else PREFERENCES_LAST
    return write_down(app, reader, now, (kind, my_url(app.settings.base_url, key, path), good_for))
