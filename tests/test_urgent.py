"""Short letters in the ledger: first in the queue, one of a kind a day, and nothing that the digest would notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from posting import NOW, Clock, letter, posted, put, service
from smtpserver import ScriptedRelay

from aggregator.app import App
from aggregator.compose import opened
from aggregator.model import Subscriber
from aggregator.tokens import returned_letter
from aggregator.urgent import write_down

HELP = ("help", "https://d.example.org/preferences/x", timedelta(days=60))


@pytest.fixture
def relay() -> Iterator[ScriptedRelay]:
    with ScriptedRelay() as server:
        yield server


def ada(app: App) -> Subscriber:
    return app.store.subscribers.save([Subscriber("", "ada@lib.example", language="it")], NOW)[0]


def test_it_goes_before_all_digests_and_is_recorded_as_sent(tmp_path: Path, relay: ScriptedRelay) -> None:
    with service(tmp_path, f"smtp://127.0.0.1:{relay.port}?starttls=none&connections=1") as app:
        put(app, [letter(n, f"r{n}@lib.example") for n in range(3)])
        assert write_down(app, ada(app), NOW, HELP, "<q@lib.example>")
        figures, _ = posted(app, Clock())
        assert figures.sent == 4
    first = opened(relay.letters[0][2])
    assert relay.letters[0][1] == "ada@lib.example"
    assert "Ha chiesto aiuto" in (first.text or "")
    assert ("In-Reply-To", "<q@lib.example>") in first.fields


def test_one_of_a_kind_a_day_however_often_it_is_asked_for(tmp_path: Path, relay: ScriptedRelay) -> None:
    with service(tmp_path, f"smtp://127.0.0.1:{relay.port}?starttls=none") as app:
        reader = ada(app)
        assert [write_down(app, reader, NOW + timedelta(minutes=n), HELP) for n in range(3)] == [
            True,
            False,
            False,
        ]
        assert write_down(app, reader, NOW, ("link", HELP[1], HELP[2])), "another kind is another letter"
        assert write_down(app, reader, NOW + timedelta(days=1), HELP)
        posted(app, Clock(NOW + timedelta(days=1)))
    assert len(relay.letters) == 3


def test_reports_about_it_find_it_and_it_comes_from_its_own_address(tmp_path: Path, relay: ScriptedRelay) -> None:
    address = f"smtp://127.0.0.1:{relay.port}?starttls=none"
    said = {"bounces": "b+TOKEN@bounce.example.org", "transactional_from": "Help <help@example.org>"}
    with service(tmp_path, address, **said) as app:
        reader = ada(app)
        write_down(app, reader, NOW, HELP)
        posted(app, Clock())
        [(sender, _, content)] = relay.letters
        token = sender.partition("+")[2].partition("@")[0]
        [gone] = app.store.returns.letters([returned_letter(app.signer, token)])
        assert gone.subscriber == reader.id
    assert ("From", "Help <help@example.org>") in opened(content).fields
