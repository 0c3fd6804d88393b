"""Letters that several processes prepare together: the same as by one, and each once, whoever is killed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from posting import service

from aggregator import publish
from aggregator.app import App
from aggregator.compose import Composed, Composer
from aggregator.dedupe import Changes
from aggregator.model import Draft, Item, Profile, Schedule, Subscriber, Tag
from aggregator.post import Order, Published
from aggregator.publish import prepare
from aggregator.store import Store
from aggregator.store.schema import digest_items, digests, issue_texts, issues, subscribers
from aggregator.tokens import Signer

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEEK = timedelta(days=7)
READERS = 90
ZONES = ("Europe/Zagreb", "UTC", "Pacific/Auckland")
WORDS = ("moss", "fern", "kelp", "shelf")


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some dozens of readers are many here."""
    for name, value in (("TOGETHER", 20), ("FIRST", 10), ("FEWEST", 4), ("READERS", 20), ("LETTERS", 3)):
        monkeypatch.setattr(publish, name, value)


@contextmanager
def filled(folder: Path, database: str) -> Iterator[App]:
    chance = random.Random(7)
    with service(folder, "outbox", database=database) as app:
        app.signer = Signer(["s" * 32], clock=NOW.timestamp)  # the moment stands in links
        items = [
            Item(
                f"i{n:03}", "a", f"g{n}", f"https://a.example/{n}", f"{chance.choice(WORDS).title()} {n} in a library",
                " ".join(chance.choices(WORDS, k=30)), first_seen_at=NOW - timedelta(hours=1 + n),
                topics=(Tag(chance.choice(WORDS), "in the title"),),
            )
            for n in range(40)
        ]  # fmt: skip
        with app.store.engine.execution_options(write=True).begin() as connection:
            app.store.items.write(connection, Changes(new=tuple(items)), NOW, "")
        app.store.subscribers.save([reader(n, chance) for n in range(READERS)], NOW - 2 * WEEK)
        yield app


def reader(number: int, chance: random.Random) -> Subscriber:
    topics = {topic: float(chance.randint(1, 3)) for topic in chance.sample(WORDS, 2)}
    profile = Profile(
        topics=topics if number % 9 else {}, keywords=(chance.choice(WORDS),) if number % 9 else ("no",)
    )
    return Subscriber(
        f"r{number}", f"r{number}@d{number % 5}.example", profile=profile, signed_up_at=NOW - timedelta(days=5),
        schedule=Schedule("weekly", 1, 8, chance.choice(ZONES)), language=chance.choice(("en", "it")),
        token=f"{number:032}",
    )  # fmt: skip


def everything(store: Store) -> dict[str, list[Any]]:
    """Every row that preparing writes."""
    select = {
        table.name: sa.select(table).order_by(*table.primary_key)
        for table in (digests, digest_items, issues, issue_texts)
    }
    select["plan"] = sa.select(subscribers.c.id, subscribers.c.next_due_at).order_by(subscribers.c.id)
    with store.engine.connect() as connection:
        return {name: [tuple(row) for row in connection.execute(one)] for name, one in select.items()}


def order(hands: int) -> Order:
    return Order(clock=lambda: NOW, hands=hands)


def forgotten(store: Store) -> None:
    """As it was before anything was prepared."""
    with store.engine.execution_options(write=True).begin() as connection:
        for table in (digests, digest_items, issues, issue_texts):
            connection.execute(table.delete())
        connection.execute(subscribers.update().values(next_due_at=None))


def of_readers(store: Store) -> Counter[str]:
    with store.engine.connect() as connection:
        return Counter(connection.scalars(sa.select(digests.c.subscriber)))


EACH_ONE = Counter(f"r{number}" for number in range(READERS))


def test_several_processes_write_what_one_writes(database: str, tmp_path: Path) -> None:
    found = []
    with filled(tmp_path, database) as app:
        for hands in (1, 2, 3):
            figures = Published()
            prepare(app, NOW, order(hands), figures)
            found.append((everything(app.store), figures.skipped, figures.failed))
            forgotten(app.store)
    written, skipped, _ = found[0]
    assert len(written["digests"]) == READERS
    assert 0 < skipped < READERS / 2
    assert found[1] == found[0]
    assert found[2] == found[0]


@dataclass
class Deadly:
    """A composer that kills its own process at the third letter, unless that is the one that began."""

    composer: Composer
    first: int = field(default_factory=os.getpid)
    letters: int = 0

    def write(self, draft: Draft) -> Composed:
        self.letters += os.getpid() != self.first
        if self.letters == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.composer.write(draft)

    def say(self, language: str) -> Any:
        return self.composer.say(language)


def test_what_a_process_that_died_had_is_prepared_by_the_others(database: str, tmp_path: Path) -> None:
    with filled(tmp_path, database) as app:
        prepare(app, NOW, order(1), Published())
        one = everything(app.store)
        forgotten(app.store)
        app.composer = Deadly(app.composer)  # type: ignore[assignment]
        prepare(app, NOW, order(3), Published())
        assert everything(app.store) == one
        prepare(app, NOW, order(3), Published())  # and nothing is left to be done
        assert everything(app.store) == one


def test_a_mistake_of_ours_in_a_process_is_ours_to_tell(database: str, tmp_path: Path) -> None:
    with filled(tmp_path, database) as app:
        with app.store.engine.execution_options(write=True).begin() as connection:
            connection.execute(
                subscribers.update().where(subscribers.c.id == "r77").values(profile=["no profile"])
            )
        with pytest.raises(AttributeError):
            prepare(app, NOW, order(2), Published())
        assert max(of_readers(app.store).values(), default=1) == 1


@pytest.mark.parametrize("letters", [12, 40])
def test_a_run_that_is_killed_takes_its_processes_along_and_the_next_one_goes_on(
    database: str, tmp_path: Path, letters: int
) -> None:
    with filled(tmp_path, database):
        pass
    run = os.fork()
    if run == 0:
        with service(tmp_path, "outbox", database=database) as app, app.store.lock("run"):
            prepare(app, NOW, order(3), Published())
            signal.pause()
    with service(tmp_path, "outbox", database=database) as app:
        until(lambda: of_readers(app.store).total() >= letters)
        theirs = [int(pid) for pid in Path(f"/proc/{run}/task/{run}/children").read_text().split()]
        os.kill(run, signal.SIGKILL)
        os.waitpid(run, 0)
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in theirs))
        with app.store.lock("run") as held:
            assert held
            prepare(app, NOW, order(2), Published())
        assert of_readers(app.store) == EACH_ONE
        counted = everything(app.store)["digest_items"]
        assert len(counted) == len({(row[0], row[1]) for row in counted})


def until(true: Callable[[], bool]) -> None:
    """Wait for that; who waits in vain fails."""
    for _ in range(3000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it has not come to that")
