"""Collecting by what documents left to be known again stores what collecting whole documents stores."""

from __future__ import annotations

import random
import sqlite3
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from journeys.conftest import MONDAY, Inside
from journeys.press import Press

HOUR = timedelta(hours=1)
SUBJECTS = (
    "mentoring cataloguing preservation reading funding copyright training lending teaching indexing".split()
)
PLACES = "Zagreb Dublin Lagos Quito Oslo Porto Hanoi Malmö Graz Turku".split()
TABLES = {
    "items": "id, source, guid, url, title, text, html, author, tags, published_at, first_seen_at, language, kind, fresh,"
    " occasion, content_hash, search, follows, revision, news_at",
    "item_keys": "key, item",
    "item_marks": "mark, (SELECT id FROM items WHERE n = item)",
    "item_topics": "item, topic, position, why",
    "sightings": "item, source, url, seen_at",
    "sources": "id, url, status, title, next_at, last_visit_at, last_ok_at, last_new_at, newest_at, rhythm, failures,"
    " body_hash, reader, redirect_url, visits",
}  # fmt: skip


EQUAL = ("fetched", "new", "updated", "refused")


class Blog:
    """A source whose feed changes as feeds do, at random from a seed."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self._name, self._chance = name, chance
        self._language, self._written = "en", 0
        self.entries: list[dict[str, Any]] = []

    def go_on(self, at: datetime, others: list[Blog]) -> None:
        """One thing happens, or a few."""
        for _ in range(self._chance.randint(1, 3)):
            what = self._chance.choice(
                "new new new edit same-title same-guid same-page copy revert language drop nothing".split()
            )
            self._happens(what, at, others)
        self.entries = self.entries[-9:]

    def _happens(self, what: str, at: datetime, others: list[Blog]) -> None:
        known = self._chance.choice(self.entries) if self.entries else None
        if what == "language":
            self._language = self._chance.choice(("en", "hr"))
        elif what == "drop" and known:
            self.entries.remove(known)
        elif what == "edit" and known:
            known["was"], known["text"] = known["text"], known["text"] + " Now with an address."
        elif what == "revert" and known and "was" in known:
            known["text"] = known["was"]
        elif what == "copy" and any(other.entries for other in others):
            self.entries.append(dict(self._chance.choice([one for other in others for one in other.entries])))
        elif what in ("new", "same-title", "same-guid", "same-page"):
            self.entries.append(self._new(at))
            kept = {"same-title": "title", "same-guid": "guid", "same-page": "url"}.get(what)
            if known and kept:
                self.entries[-1][kept] = known[kept]

    def _new(self, at: datetime) -> dict[str, Any]:
        self._written += 1
        pick = self._chance.choice
        words = " ".join(f"{pick(SUBJECTS)} in {pick(PLACES)}" for _ in range(14))
        url = f"https://{self._name}.example/{self._written}"
        title = f"{pick(SUBJECTS)} and {pick(SUBJECTS)} in {pick(PLACES)}: {pick(SUBJECTS)}".capitalize()
        day = at if self._chance.random() < 0.8 else at + timedelta(days=3)
        return {"guid": url, "url": url, "title": title, "text": f"<p>{words}.</p>", "at": day}

    def printed(self) -> bytes:
        rows = "".join(
            f"<item><title>{one['title']}</title><link>{one['url']}</link><guid>{one['guid']}</guid>"
            f"<pubDate>{format_datetime(one['at'])}</pubDate><description><![CDATA[{one['text']}]]></description></item>\n"
            for one in reversed(self.entries)
        )
        head = f"<title>{self._name}</title><link>https://{self._name}.example/</link><language>{self._language}</language>"
        return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{rows}</channel></rss>'.encode()


def held(service: Inside) -> dict[str, list[tuple[Any, ...]]]:
    with sqlite3.connect(service.folder / "aggregator.db") as database:
        return {
            name: sorted(database.execute(f"SELECT {columns} FROM {name}").fetchall(), key=repr)
            for name, columns in TABLES.items()
        }


def forget(service: Inside) -> None:
    with sqlite3.connect(service.folder / "aggregator.db") as database:
        database.execute("DELETE FROM traces")


def traces(service: Inside) -> int:
    with sqlite3.connect(service.folder / "aggregator.db") as database:
        return int(database.execute("SELECT count(*) FROM traces WHERE length(entries) > 0").fetchone()[0])


@pytest.mark.parametrize("seed", range(3))
def test_both_ways_store_the_same(seed: int, tmp_path_factory: pytest.TempPathFactory, press: Press) -> None:
    chance = random.Random(seed)
    by_traces, whole = (Inside(tmp_path_factory.mktemp(name), press) for name in ("traces", "whole"))
    blogs = {name: Blog(name, chance) for name in ("one", "two", "three")}
    for service in (by_traces, whole):
        service.feeds(*(f"/{name}" for name in blogs))
    for step in range(12):
        at = MONDAY + step * 6 * HOUR
        for name, blog in blogs.items():
            blog.go_on(at, [other for other in blogs.values() if other is not blog])
            press[f"/{name}"] = blog.printed()
        if step:
            forget(whole)
        if step == 7:
            for service in (by_traces, whole):
                service("prune", at=at)
        for name in blogs:  # one after the other: of a copy and its source, the first to answer has the item
            one, other = (service("collect", name, at=at).report["entries"] for service in (by_traces, whole))
            assert {key: one[key] for key in EQUAL} == {key: other[key] for key in EQUAL}, (step, name)
        assert held(by_traces) == held(whole), step
    assert traces(by_traces) == 3


def test_an_entry_that_changes_and_changes_back_is_held_as_it_is(inside: Inside) -> None:
    blog = Blog("one", random.Random(5))
    blog.entries = [blog._new(MONDAY - HOUR) for _ in range(4)]
    inside.feeds("/one")
    first = blog.printed()
    for step, body in enumerate((first, first.replace(b"Zagreb", b"Split"), first)):
        inside.press["/one"] = body
        done = inside("collect", "--force", at=MONDAY + step * HOUR)
        assert done.report["entries"]["updated"] == (0 if step == 0 else sum(b"Zagreb" in e["text"].encode() or b"Zagreb" in e["title"].encode() for e in blog.entries))  # fmt: skip
    texts = " ".join(str(row) for row in held(inside)["items"])
    assert "Zagreb" in texts
    assert "Split" not in texts
