"""A run of many requests: politeness towards hosts, patience with the caller, and a clean end."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fetching import FEED, OPEN, names, outcome
from webserver import WebServer, conditional, hang, redirect, reply, together

from aggregator.fetch import Fetching, Policy, engine, fetch
from aggregator.fetch import client as client_room
from aggregator.fetch.failures import POSTPONED
from aggregator.model import Request, Validators


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


# ------------------------------------------------------------------------------------------------------ politeness
def test_a_host_that_is_open_takes_sixteen_at_once(web: WebServer) -> None:
    web.on("*", together(16, reply(200, FEED)))
    answers = list(fetch([Request(str(n), web.url(f"/{n}")) for n in range(48)], OPEN))
    assert {a.outcome for a in answers} == {"body"}
    assert web.most_inside == 16


def test_any_other_host_takes_two_at_once_and_time_between(web: WebServer) -> None:
    web.on("*", together(2, reply(200, FEED)))
    # Opened by its network: the guard lets it pass, politeness holds as for any name.
    policy = Policy(allow_private=("127.0.0.0/8",), spacing=0.03)
    requests = [Request(str(n), web.url(f"/{n}", "slow.example")) for n in range(6)]
    assert {a.outcome for a in fetch(requests, policy, names(slow="127.0.0.1"))} == {"body"}
    assert web.most_inside == 2
    assert web.seen[-1].at - web.seen[0].at >= 4 * policy.spacing


def test_the_time_between_holds_from_one_round_to_the_next(web: WebServer) -> None:
    web.on("*", reply(200, FEED))
    policy = Policy(allow_private=("127.0.0.0/8",), spacing=0.1)
    with Fetching(policy, names(slow="127.0.0.1")) as fetching:
        for page in range(4):
            [answer] = fetching.ask([Request("a", web.url(f"/{page}", "slow.example"))])
            assert answer.outcome == "body"
    at = [one.at for one in web.seen]
    assert at[-1] - at[0] >= 3 * policy.spacing - 0.02


def test_connections_are_used_again(web: WebServer) -> None:
    web.on("*", reply(200, FEED))
    policy = Policy(allow_private=("127.0.0.1",), open_per_host=1)
    assert len(list(fetch([Request(str(n), web.url(f"/{n}")) for n in range(20)], policy))) == 20
    assert web.connections == 1


def test_waiting_for_a_turn_does_not_count(web: WebServer) -> None:
    web.on("*", reply(200, FEED))
    policy = Policy(allow_private=("127.0.0.0/8",), per_host=1, spacing=0.05)
    requests = [Request(str(n), web.url(f"/{n}", "slow.example"), budget=0.15) for n in range(6)]
    assert {a.outcome for a in fetch(requests, policy, names(slow="127.0.0.1"))} == {"body"}


def test_a_redirect_to_another_host_waits_for_its_turn_there(web: WebServer) -> None:
    """Six sources, each on a host of its own, that all moved to one place."""
    lookup = names(**{f"h{n}": "127.0.0.1" for n in range(6)}, hub="127.0.0.1")
    web.on("*", redirect(301, web.url("/hub", "hub.example")))
    inside: list[int] = []

    async def hub(seen: Any, out: Any) -> None:
        inside.append(web.inside)
        await reply(200, FEED)(seen, out)

    web.on("/hub", hub)
    policy = Policy(allow_private=("127.0.0.0/8",), spacing=0.03)
    requests = [Request(str(n), web.url(f"/{n}", f"h{n}.example")) for n in range(6)]
    assert {a.moved_to for a in fetch(requests, policy, lookup)} == {web.url("/hub", "hub.example")}
    at = [seen.at for seen in web.seen if seen.path == "/hub"]
    assert at[-1] - at[0] >= 4 * policy.spacing


def test_three_addresses_speak_for_their_host(web: WebServer) -> None:
    web.on("*", reply(429, Retry_After="3600"))
    policy = Policy(allow_private=("127.0.0.1",), open_per_host=1)
    answers = list(fetch([Request(str(n), web.url(f"/{n}")) for n in range(9)], policy))
    assert [outcome(a) for a in answers[:3]] == [("failed", 429, "http-429")] * 3
    assert [outcome(a) for a in answers[3:]] == [("postponed", None, "host-busy")] * 6
    assert {a.retry_after for a in answers} == {timedelta(hours=1)}
    assert len(web.seen) == 3


def test_two_do_not(web: WebServer) -> None:
    web.on("*", reply(200, FEED))
    for path, handler in (("/0", reply(429)), ("/1", reply(503, Retry_After="9999")), ("/2", reply(503))):
        web.on(path, handler)
    answers = list(fetch([Request(str(n), web.url(f"/{n}")) for n in range(9)], OPEN))
    assert sorted(a.outcome for a in answers) == ["body"] * 6 + ["failed"] * 3


def test_a_short_pause_of_a_host_is_waited_out(web: WebServer) -> None:
    web.on("*", reply(200, FEED))
    for n in range(3):
        web.on(f"/{n}", reply(429, Retry_After="0"))
    policy = Policy(allow_private=("127.0.0.1",), open_per_host=1)
    answers = list(fetch([Request(str(n), web.url(f"/{n}")) for n in range(6)], policy))
    assert sorted(a.outcome for a in answers) == ["body"] * 3 + ["failed"] * 3


def test_after_the_deadline_nothing_is_started(web: WebServer) -> None:
    requests = [Request(str(n), web.url(f"/{n}")) for n in range(5)]
    policy = Policy(allow_private=("127.0.0.1",), deadline=time.monotonic())
    assert [outcome(a) for a in fetch(requests, policy)] == [("postponed", None, "deadline")] * 5
    assert web.seen == []


def test_the_deadline_comes_while_others_wait(web: WebServer) -> None:
    web.on("/0", hang)
    policy = Policy(allow_private=("127.0.0.1",), open_per_host=1, deadline=time.monotonic() + 0.1)
    requests = [Request(str(n), web.url(f"/{n}"), budget=0.4) for n in range(4)]
    found = {a.key: a.error for a in fetch(requests, policy)}
    assert found == {"0": "timeout", "1": "deadline", "2": "deadline", "3": "deadline"}
    assert web.paths == ["/0"]


# ----------------------------------------------------------------------------------------------- caller and thread
def test_every_request_has_one_answer_however_many(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregator.fetch.LOOK_AHEAD", 20)
    web.on("*", conditional(FEED, '"v1"'))
    read = 0

    def requests() -> Iterator[Request]:
        nonlocal read
        for n in range(300):
            read += 1
            yield Request(str(n), web.url(f"/{n % 7}") if n % 3 else "ftp://example.org/", Validators('"v1"'))

    keys, ahead = [], []
    for answer in fetch(requests(), OPEN):
        keys.append(int(answer.key))
        ahead.append(read - len(keys))
    assert sorted(keys) == list(range(300))
    assert max(ahead) <= 20


def test_no_requests_cost_nothing() -> None:
    code = (
        "import sys; from aggregator.fetch import *; list(fetch([], Policy()));"
        "sys.exit(bool({'httpx', 'aiohttp', 'asyncio'} & set(sys.modules)))"
    )
    root = Path(__file__).parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("aggregator-fetch")]


def test_leaving_early_ends_everything(web: WebServer) -> None:
    web.on("*", hang)
    web.on("/0", reply(200, FEED))
    answers = fetch([Request(str(n), web.url(f"/{n}"), budget=60) for n in range(40)], OPEN)
    assert next(iter(answers)).key == "0"
    assert web.wait_for(17)
    assert threads()
    answers.close()  # type: ignore[attr-defined]
    assert threads() == []
    assert web.wait_until(lambda: web.inside == 0)


def test_a_slow_caller_holds_back_new_requests_only(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BACKLOG", 3)
    web.on("*", reply(200, FEED))
    policy = Policy(allow_private=("127.0.0.1",), concurrency=2)
    answers = fetch([Request(str(n), web.url(f"/{n}")) for n in range(30)], policy)
    first = next(iter(answers))
    assert web.wait_for(3)
    assert not web.wait_for(1 + 3 + 2 + 1, timeout=0.2)  # taken, waiting, under way, and one too many
    assert len([first, *answers]) == 30


def test_a_mistake_of_ours_reaches_the_caller(web: WebServer) -> None:
    def lookup(host: str) -> Sequence[str]:
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        list(fetch([Request("1", "http://example.example/")], Policy(), lookup))
    assert threads() == []


def test_requests_that_break_off_leave_nothing_behind(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregator.fetch.LOOK_AHEAD", 2)

    def requests() -> Iterator[Request]:
        for n in range(3):
            yield Request(str(n), web.url("/"))
        raise LookupError("the list is broken")

    with pytest.raises(LookupError, match="broken"):
        list(fetch(requests(), OPEN))
    assert threads() == []


def test_a_machine_without_sockets_left_blames_no_source() -> None:
    assert client_room.explain(OSError(errno.EMFILE, "too many")).code == "resources"
    assert "resources" in POSTPONED
