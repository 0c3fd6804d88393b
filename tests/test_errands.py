"""What follows an answer: letters that somebody waits for leave at once, beside cron, and never twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from posting import NOW, letter, put, service
from smtpserver import ScriptedRelay

from aggregator.app import App
from aggregator.errors import OutboxDown
from aggregator.joining import attend
from aggregator.model import Subscriber
from aggregator.post import post_urgent
from aggregator.store import MARK, Ask
from aggregator.trust import STOPPED
from aggregator.web import Errands

ASK = Ask("join", "ada@lib.example", NOW, "en", "/sign-up", "", {"topics": []})


@pytest.fixture
def relay() -> Iterator[ScriptedRelay]:
    with ScriptedRelay() as server:
        yield server


def outbox(relay: ScriptedRelay) -> str:
    return f"smtp://127.0.0.1:{relay.port}?starttls=none"


def sent(relay: ScriptedRelay) -> list[str]:
    return [to for _, to, _ in relay.letters]


def done(errands: Errands) -> None:
    """Everything that was called for."""
    thread = errands._thread
    if thread is not None:
        thread.join(30)


def test_what_was_asked_for_is_looked_into_and_posted_without_a_run(tmp_path: Path, relay: ScriptedRelay) -> None:
    with service(tmp_path, outbox(relay)) as app:
        put(app, [letter(1, "digest@lib.example")])
        app.store.asked.write(ASK)
        errands = Errands(app, lambda: NOW)
        errands()
        done(errands)
        assert sent(relay) == ["ada@lib.example"], "what is no urgent letter waits for the run"
        assert app.store.asked.all() == []


def test_it_answers_at_once_and_what_comes_meanwhile_is_not_forgotten(
    tmp_path: Path, relay: ScriptedRelay
) -> None:
    with service(tmp_path, outbox(relay)) as app:
        errands = Errands(app, lambda: NOW)
        asks = [Ask("join", f"n{n}@lib.example", NOW, wish={"topics": []}) for n in range(20)]

        def ask(some: list[Ask]) -> None:
            for one in some:
                app.store.asked.write(one)
                errands()

        threads = [threading.Thread(target=ask, args=(asks[n::4],)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        errands.close()
        attend(app, NOW)
        post_urgent(app)
        assert sorted(sent(relay)) == sorted(one.email for one in asks), "each once"


def test_a_relay_that_is_down_costs_nothing_but_time(tmp_path: Path, relay: ScriptedRelay) -> None:
    with service(tmp_path, "smtp://127.0.0.1:9?starttls=none") as app:
        app.store.asked.write(ASK)
        errands = Errands(app, lambda: NOW)
        errands()
        done(errands)
        assert app.store.digests.ready(datetime.now(UTC), urgent=True) == 1
    with service(tmp_path, outbox(relay)) as app:
        post_urgent(app, lambda: datetime.now(UTC) + timedelta(days=1))
        assert sent(relay) == ["ada@lib.example"]


def test_a_restored_backup_posts_nothing(tmp_path: Path, relay: ScriptedRelay) -> None:
    with service(tmp_path, outbox(relay)) as app:
        app.store.set(MARK, "1")
        app.store.asked.write(ASK)
        errands = Errands(app, lambda: NOW)
        errands()
        done(errands)
        with pytest.raises(OutboxDown, match="restored"):
            post_urgent(app)
        assert sent(relay) == []


def test_where_sending_has_stopped_nothing_goes(tmp_path: Path, relay: ScriptedRelay) -> None:
    with service(tmp_path, outbox(relay)) as app:
        app.store.asked.write(ASK)
        attend(app, NOW)
        app.store.set(STOPPED, f'{{"at": "{datetime.now(UTC).isoformat()}", "why": "policy"}}')
        with pytest.raises(OutboxDown, match="stopped"):
            post_urgent(app)
        assert sent(relay) == []


def test_beside_each_other_each_letter_goes_once(tmp_path: Path, relay: ScriptedRelay) -> None:
    with service(tmp_path, outbox(relay)) as app:
        for n in range(12):
            app.store.asked.write(Ask("join", f"n{n}@lib.example", NOW, wish={"topics": []}))
        attend(app, NOW)
        threads = [threading.Thread(target=post_urgent, args=(app,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(sent(relay)) == sorted(f"n{n}@lib.example" for n in range(12))


def test_who_asks_for_what_can_not_be_written_to_stops_nobody(tmp_path: Path, relay: ScriptedRelay) -> None:
    def held(app: App) -> list[str]:
        return [one.email for one in app.store.subscribers.all()]

    with service(tmp_path, outbox(relay)) as app:
        app.store.subscribers.save([Subscriber("r1", "änn@lib.example", status="unconfirmed")], NOW)
        app.store.asked.write(Ask("join", "änn@lib.example", NOW, wish={"topics": []}))
        app.store.asked.write(ASK)
        assert attend(app, NOW)
        assert app.store.asked.all() == []
        assert "ada@lib.example" in held(app)


def test_a_fault_with_one_ask_keeps_no_other_waiting(tmp_path: Path, relay: ScriptedRelay) -> None:
    with service(tmp_path, outbox(relay)) as app:
        app.store.asked.write(Ask("no such thing", "odd@lib.example", NOW))  # type: ignore[arg-type]
        app.store.asked.write(ASK)
        assert attend(app, NOW)
        assert [one.email for one in app.store.asked.all()] == ["odd@lib.example"]
        assert app.store.subscribers.find("ada@lib.example")


def test_closed_it_begins_nothing_new(tmp_path: Path, relay: ScriptedRelay) -> None:
    with service(tmp_path, outbox(relay)) as app:
        errands = Errands(app, lambda: NOW)
        errands.close()
        app.store.asked.write(ASK)
        errands()
        assert len(app.store.asked.all()) == 1
