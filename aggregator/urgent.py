"""Short letters that somebody waits for (a confirmation, a link, help), written down in the ledger's lane of those
that go first. The next run posts them as all letters: tried again, never twice, matched when they come back."""

from __future__ import annotations

from datetime import datetime, timedelta

from aggregator.app import App
from aggregator.compose.short import Kind, ShortLetter, short_letter
from aggregator.model import Due, Subscriber
from aggregator.store import Written


def write_down(
    app: App, reader: Subscriber, now: datetime, what: tuple[Kind, str, timedelta], answers: str = ""
) -> bool:
    """Write a short letter to a reader's own address; `what`: its kind, its link, and how long that is good for.

    At most one of a kind for a reader and day (UTC), so that nobody can have a mailbox filled by asking again and
    again; False where today's was written before. `answers`: the Message-ID of the mail that it answers. Raises
    Refused for an address that can't be written to, ConfigError for settings or templates that can't be used."""
    kind, link, good_for = what
    period = f"{kind} {now:%Y-%m-%d}"
    name = app.digest_id(reader.id, period)
    asked = ShortLetter(
        id=name, kind=kind, recipient=reader.email, language=reader.language, edition=app.edition(reader.edition),
        sender=app.transactional, at=now, link=link, good_for=good_for,
        leave=app.unsubscribe_url(reader) if kind == "help" else "", answers=answers,
        return_path=app.address_of(app.settings.bounces, name),
    )  # fmt: skip
    letter = short_letter(asked, [folder / "mail" for folder in app.template_folders], app.sign)
    due = Due(reader, period, due_at=now, since=now, until=now)
    written = Written(name, due, "waiting", now, letter=letter, urgent=True)
    return bool(app.store.digests.write([written], now))
