"""A service whose letters are written already, for tests of how they are posted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from smtpserver import a_letter

from aggregator.app import App, open_app
from aggregator.config import Settings
from aggregator.errors import OutboxDown
from aggregator.figures import Published
from aggregator.model import Due, Letter, Profile, Schedule, Subscriber
from aggregator.post import Order, post
from aggregator.store import Written

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


class Clock:
    """A clock that goes on only when somebody waits."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@contextmanager
def service(folder: Path, outbox: str, **more: str) -> Iterator[App]:
    feeds = folder / "feeds.yaml"
    feeds.write_text("sources:\n  a: https://blog.example/feed\n")
    said = {
        "database": str(folder / "a.db"),
        "sender_from": "digest@example.org",
        "base_url": "https://d.example.org",
        "secret": "s" * 32,
    } | more
    settings = Settings.load(feeds=feeds, outbox=outbox, **said)
    with open_app(settings) as app:
        yield app


def letter(number: int, recipient: str) -> Letter:
    content = a_letter(number).content.replace(b"ada.lovelace@example.net", recipient.encode())
    return a_letter(number, recipient=recipient, content=content)


def put(app: App, letters: Sequence[Letter], at: datetime = NOW, *, urgent: bool = False) -> None:
    """Write letters down, each of a reader of its own."""
    schedule, written = Schedule(), []
    for one in letters:
        reader = Subscriber(one.digest_id, one.recipient, profile=Profile(), schedule=schedule)
        due = Due(reader, "2026-W48", at, at - timedelta(days=7), at)
        written.append(Written(one.digest_id, due, "waiting", at, letter=one, urgent=urgent))
    app.store.digests.write(written, at)


def posted(app: App, clock: Clock) -> tuple[Published, OutboxDown | None]:
    """One run: its figures, and what stopped it."""
    figures = Published()
    try:
        post(app, clock(), Order(clock=clock, pause=clock.pause), figures)
    except OutboxDown as down:
        return figures, down
    return figures, None
