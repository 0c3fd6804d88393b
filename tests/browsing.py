"""The pages over a real store, asked over ASGI as the service is mounted in the world."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from bs4 import BeautifulSoup

from aggregator.app import App, open_app
from aggregator.compose import opened
from aggregator.config import Settings
from aggregator.joining import attend
from aggregator.model import Subscriber
from aggregator.store import open_store, schema
from aggregator.tokens import Signer, reader_key
from aggregator.web import create_app

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
BASE = "https://digest.example.org"
FEEDS = """\
topics:
  mentoring: {label: Mentoring, words: {en: [mentor*, mentee*]}}
  cpd: {label: CPD, words: {en: ["professional development"]}}
  jobs: {label: Jobs, words: {en: [vacancy]}}
sources:
  shelf: {url: "https://shelf.example.org/feed", title: Shelf Notes}
  courses: {url: "https://courses.example.org/feed", title: Open Courses}
"""


class Clock:
    """Seconds since 1970, as links are signed with."""

    def __init__(self) -> None:
        self.now = NOW.timestamp()

    def __call__(self) -> float:
        return self.now


@dataclass
class Browser:
    """Asks the pages of one App. `clock` moves the age of links, `now` what the pages take for the present."""

    app: App
    clock: Clock = field(default_factory=Clock)
    now: datetime = NOW
    later: bool = False  # what follows an answer waits

    def __post_init__(self) -> None:
        self.app.__dict__["signer"] = Signer(["s"], self.clock)  # links of these tests follow their clock
        # What follows an answer is done before it is seen here; letters stay in the ledger.
        self._pages = create_app(self.app, lambda: self.now, lambda: None if self.later else self._attend())

    def _attend(self) -> None:
        attend(self.app, self.now)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self._pages, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
                return await client.request(method, path, **more)

        return asyncio.run(asked())

    @property
    def routes(self) -> list[Any]:
        return self._pages.routes

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("POST", path, **more)

    # ------------------------------------------------------------------------------------------------- readers
    def save(self, reader: Subscriber) -> Subscriber:
        [saved] = self.app.store.subscribers.save([reader], NOW)
        return saved

    def reader(self, who: str) -> Subscriber | None:
        return self.app.store.subscribers.find(who)

    def mailed(self) -> list[tuple[str, str, str]]:
        """(recipient, kind, link) of every short letter in the ledger, as they were written."""
        table = schema.digests
        select = sa.select(table).where(table.c.lane == 1, table.c.content.is_not(None)).order_by(table.c.period)
        with self.app.store.engine.connect() as connection:
            rows = connection.execute(select).mappings().all()
        return [
            (row["recipient"], row["period"].partition(" ")[0], _link(zlib.decompress(row["content"])))
            for row in rows
        ]

    def link(self, kind: str, to: str = "") -> str:
        """The path that the newest letter of this kind leads to."""
        found = [link for recipient, what, link in self.mailed() if what == kind and to in ("", recipient)]
        assert found, f"no {kind} in {self.mailed()}"
        return found[-1].removeprefix(BASE)

    def dump(self) -> str:
        """The whole database as text."""
        with closing(sqlite3.connect(self.app.settings.database)) as connection:
            return "\n".join(connection.iterdump())

    def key(self, reader: Subscriber, *, private: bool = False) -> str:
        return reader_key(self.app.signer, reader.id, reader.links, private=private)

    def my(self, reader: Subscriber, path: str = "", *, private: bool = False) -> str:
        """The address of one of this reader's own pages."""
        return f"/my/{self.key(reader, private=private)}{path}"


def _link(content: bytes) -> str:
    found = re.search(r"https?://\S+", opened(content).text or "")
    assert found
    return found[0]


@contextmanager
def browsing(folder: Path, feeds: str = FEEDS, **settings: Any) -> Iterator[Browser]:
    """The pages over a new database in this folder."""
    (folder / "feeds.yaml").write_text(feeds, encoding="utf-8")
    database = folder / "pages.db"
    if not database.exists():
        shutil.copyfile(_empty(folder), database)
    said = {
        "feeds": folder / "feeds.yaml", "database": str(database), "outbox": str(folder / "outbox"),
        "base_url": BASE, "contact": "help@example.org",
    }  # fmt: skip
    with open_app(Settings.load(**(said | settings))) as app:
        yield Browser(app)


def _empty(folder: Path) -> Path:
    """A database without rows, made once for all tests of a process."""
    path = folder.parent / "empty-pages.db"
    if not path.exists():
        open_store(str(path)).close()
    return path


def soup(response: httpx.Response) -> BeautifulSoup:
    return BeautifulSoup(response.text, "html.parser")


def heading(response: httpx.Response) -> str:
    found = soup(response).h1
    assert found
    return found.get_text(" ", strip=True)


def with_store(browser: Browser, **parts: Any) -> Browser:
    """The same pages over a store of which some parts are doubles."""
    store = replace(browser.app.store)
    vars(store).update(parts)  # as the parts that have been asked for once
    return Browser(replace(browser.app, store=store), browser.clock, browser.now)
