"""A run that several processes take part in leaves what one process alone leaves, whoever of them dies on the way."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from journeys.conftest import MONDAY, Inside
from journeys.press import Press
from journeys.test_read_again_service import HOUR, Blog
from journeys.test_read_again_service import held as all_held

from aggregator import coworkers
from aggregator.collect import Collected, Wish, collect, retag
from aggregator.coworkers import Coworkers
from aggregator.dedupe import FULL
from aggregator.errand import Run
from aggregator.model import Answer, Source, SourceState
from aggregator.tour import Tour

FEEDS = 40
ODD = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Odd</title><item><title>Caf&eacute; of cataloguers</title>
<link>https://odd.example/1</link><description>Cataloguers meet & talk<p>twice</description></item></channel></rss>"""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coworkers, "WORTH_IT", 20)
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "127.0.0.1")


def publish(press: Press, *services: Inside, day: int = 0) -> None:
    """Feeds with entries of their own; one that only feedparser can read, and one that isn't there."""
    for number in range(FEEDS):
        blog = Blog(f"blog{number}", random.Random(number))
        blog.entries = [blog._new(MONDAY - HOUR * n) for n in range(8 + day)]
        for n, entry in enumerate(blog.entries):
            entry["title"] += f", part {n} of {number}"
            entry["text"] += f"<p>Told on the desk of library {number} in room {n} by colleague {number * n}.</p>"
        press[f"/blog{number}"] = blog.printed()
    press["/odd"] = ODD
    for service in services:
        service.feeds(*(f"/blog{number}" for number in range(FEEDS)), "/odd", "/missing")


def held(service: Inside) -> dict[str, list[tuple[Any, ...]]]:
    """What is held, whoever came first: of a mark that many texts have, only the first FULL of them bear it."""
    tables = all_held(service)
    bearers = Counter(mark for mark, _ in tables["item_marks"])
    assert max(bearers.values()) <= FULL
    tables["item_marks"] = [(mark, id if bearers[mark] < FULL else "") for mark, id in tables["item_marks"]]
    tables["item_marks"].sort(key=repr)
    return tables


def collected(service: Inside, processes: int, *, at: int = 0) -> Collected:
    with service.opened() as app:
        return collect(app, MONDAY + at * HOUR, Wish(force=True, processes=processes))


def two(folders: pytest.TempPathFactory, press: Press) -> tuple[Inside, Inside]:
    return Inside(folders.mktemp("one"), press), Inside(folders.mktemp("many"), press)


def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The process of each document that a coworker has stored."""
    stored, done = list[int](), coworkers._Mate._done

    def note(mate: coworkers._Mate, number: int) -> tuple[Tour, Answer]:
        if mate.lives and number not in mate.unread:
            stored.append(mate.process.pid)
        return done(mate, number)

    monkeypatch.setattr(coworkers._Mate, "_done", note)
    return stored


@pytest.mark.parametrize("processes", [2, 3])
def test_several_store_what_one_stores(
    processes: int, tmp_path_factory: pytest.TempPathFactory, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = seen(monkeypatch)
    alone, shared = two(tmp_path_factory, press)
    for day in range(3):
        publish(press, alone, shared, day=day)
        stored.clear()
        one, many = collected(alone, 1, at=24 * day), collected(shared, processes, at=24 * day)
        assert many == one
        assert held(alone) == held(shared)
        assert len(set(stored)) == processes - 1
        assert len(stored) > (FEEDS // 4 if day == 0 else 0)


def test_of_copies_one_is_held_whoever_reads_them(
    press: Press, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(press, inside)
    for number in range(1, FEEDS, 2):  # each second feed says what the one before it said
        press[f"/blog{number}"] = press.pages[f"/blog{number - 1}"]
    stored = seen(monkeypatch)
    figures = collected(inside, 2)
    assert len(stored) > FEEDS // 4
    assert figures.entries["merged"] == 8 * FEEDS // 2
    titles = [row[4] for row in held(inside)["items"]]
    assert len(titles) == len(set(titles)) == 8 * FEEDS // 2 + 1


def test_what_a_coworker_had_that_died_is_done_all_the_same(
    tmp_path_factory: pytest.TempPathFactory, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, shared = two(tmp_path_factory, press)
    publish(press, alone, shared)
    give, killed = coworkers._Mate.give, list[int]()

    def give_and_kill(mate: coworkers._Mate, *job: object) -> None:
        give(mate, *job)  # type: ignore[arg-type]
        if len(mate.has) == 6:
            killed.append(mate.process.pid)
            mate.process.send_signal(signal.SIGKILL)

    monkeypatch.setattr(coworkers._Mate, "give", give_and_kill)
    assert collected(alone, 1).visited == collected(shared, 2).visited == FEEDS + 2
    assert killed
    assert held(alone) == held(shared)


URL = "https://blog.example/"
ANSWER, TOUR = Answer("blog0", URL, "body"), Tour(Source("blog0", URL), SourceState("blog0", URL), [])


class Listener:
    """A coworker that takes all and reads nothing."""

    lives, size = True, 0

    def __init__(self, run: Run) -> None:
        self.unread = set[int]()

    def give(self, number: int, *document: object) -> None:
        self.unread.add(number)


def listening(monkeypatch: pytest.MonkeyPatch, inside: Inside, *, left: int, fresh: int) -> Coworkers:
    monkeypatch.setattr(coworkers, "WORTH_IT", 2_000)
    monkeypatch.setattr(coworkers, "_Mate", Listener)
    inside.feeds("/blog0")
    with inside.opened() as app:
        run = Run(app, ExitStack(), MONDAY, Wish(processes=2))
    return Coworkers(run, Collected(), left=left, fresh=fresh)


@pytest.mark.parametrize(("fresh", "before"), [(200, 5), (100, 134), (0, 134)])
def test_coworkers_are_called_as_soon_as_the_first_sources_foretell_work(
    fresh: int, before: int, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = listening(monkeypatch, inside, left=200, fresh=fresh)
    for _ in range(before - 1):
        some.saw(15, first=fresh > 0)
        assert not some.take(TOUR, ANSWER)
    some.saw(15, first=fresh > 0)
    assert some.take(TOUR, ANSWER)


def test_no_coworker_is_left_with_more_than_its_share(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    some = listening(monkeypatch, inside, left=30, fresh=30)
    for _ in range(10):
        some.saw(200, first=True)
    taken = [some.take(TOUR, ANSWER) for _ in range(20)]
    assert sum(taken) == 7  # the other 13 are for the one that began


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="processes are looked for in /proc")
def test_coworkers_end_with_the_one_that_began(press: Press, tmp_path_factory: pytest.TempPathFactory) -> None:
    alone, shared = two(tmp_path_factory, press)
    publish(press, alone, shared)
    for number in range(FEEDS // 2, FEEDS):
        press.pages[f"/blog{number}"].after = 2.0
    words = ["collect", "--force", "--at", MONDAY.isoformat()]
    script = (
        "from aggregator import coworkers; coworkers.WORTH_IT = 20; coworkers.processors = lambda: 2\n"
        f"from aggregator.cli import main; main({words})"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=shared.folder, env=shared.environment) as run:
        found = until(lambda: at_work(shared.folder))
        run.kill()
    until(lambda: not at_work(shared.folder))
    assert found
    for number in range(FEEDS // 2, FEEDS):
        press.pages[f"/blog{number}"].after = 0.0
    collected(alone, 1)
    collected(shared, 1)
    assert held(alone)["items"] == held(shared)["items"]


def at_work(folder: Path) -> list[int]:
    """The coworkers whose working folder this is."""
    found = []
    for one in Path("/proc").iterdir():
        try:
            if one.name.isdigit() and (one / "cwd").readlink() == folder:
                found += [int(one.name)] * (b"aggregator.coworker" in (one / "cmdline").read_bytes())
        except OSError:  # it ended while we looked
            continue
    return found


def until(look: Callable[[], object]) -> object:
    """What `look` finds once it finds something; within half a minute."""
    for _ in range(600):
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come to pass within half a minute")


def test_held_items_are_looked_through_only_for_other_rules_or_an_earlier_moment(
    press: Press, inside: Inside
) -> None:
    publish(press, inside)
    collected(inside, 1)
    with inside.opened() as app:
        assert retag(app, MONDAY) == 0
        with sqlite3.connect(inside.folder / "aggregator.db") as database:
            [count] = database.execute("SELECT count(*) FROM items").fetchone()
            database.execute("UPDATE items SET rules = 'of old'")
        assert retag(app, MONDAY) == retag(app, MONDAY + HOUR) == 0
        assert retag(app, MONDAY - HOUR) == count
        [corrected] = app.store.items.get([held(inside)["items"][0][0]]).values()
        app.store.items.retag([corrected], "as a curator had it for a while")
        assert retag(app, MONDAY - HOUR) == 1
        app.rules = "others"
        assert retag(app, MONDAY) == count
        assert retag(app, MONDAY) == 0
