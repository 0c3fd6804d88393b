"""The next letter is announced behind the content of this one: where that is offered, and never a letter too many."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from posting import NOW, Clock, letter, posted, put, service
from smtpserver import DROP, ScriptedRelay, a_letter

from aggregator.deliver import outbox
from aggregator.errors import Refused

ONE, TWO, THREE = a_letter(1), a_letter(2), a_letter(3)


@dataclass
class Stubborn:
    """A relay that answers a letter only when it has heard what stands behind it, or that nothing does."""

    pipelining: bool
    port: int = 0
    behind: list[bytes] = field(default_factory=list)  # what had come behind each letter before its answer

    def serve(self, listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"220 here\r\n")
            held = b""
            while True:
                while b"\r\n" not in held:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    held += piece
                line, _, held = held.partition(b"\r\n")
                verb = line[:4].upper()
                if verb == b"EHLO":
                    connection.sendall(b"250-here\r\n250 PIPELINING\r\n" if self.pipelining else b"250 here\r\n")
                elif verb == b"DATA":
                    connection.sendall(b"354 go on\r\n")
                    held = self.content(connection, held)
                else:
                    connection.sendall(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")

    def content(self, connection: socket.socket, held: bytes) -> bytes:
        while b"\r\n.\r\n" not in held:
            held += connection.recv(65536)
        rest = held.partition(b"\r\n.\r\n")[2]
        connection.settimeout(0.3)
        try:
            while not rest.endswith(b"DATA\r\n"):
                rest += connection.recv(65536)
        except TimeoutError:
            pass  # nothing more comes before the answer
        connection.settimeout(None)
        self.behind.append(rest)
        connection.sendall(b"250 taken\r\n")
        return rest


@contextmanager
def stubborn(*, pipelining: bool) -> Iterator[Stubborn]:
    relay = Stubborn(pipelining)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        relay.port = listening.getsockname()[1]
        thread = threading.Thread(target=relay.serve, args=(listening,))
        thread.start()
        yield relay
        thread.join()


def address(port: int, more: str = "") -> str:
    return f"smtp://127.0.0.1:{port}?starttls=none&connections=1&timeout=5{more}"


@pytest.mark.parametrize(("pipelining", "more", "ahead"), [
    (True, "", [b"MAIL RCPT DATA", b""]),
    (False, "", [b"", b""]),  # never where it is not offered
    (True, "&per_minute=50", [b"", b""]),  # nor where a letter may have to wait for its turn
])  # fmt: skip
def test_what_stands_behind_a_letter(pipelining: bool, more: str, ahead: list[bytes]) -> None:
    with stubborn(pipelining=pipelining) as relay, outbox(address(relay.port, more)).open() as channel:
        channel.send(ONE, TWO)
        channel.send(TWO)
    heard = [b" ".join(line[:4] for line in behind.split(b"\r\n") if line) for behind in relay.behind]
    assert heard == ahead


def test_a_letter_that_was_announced_and_is_not_to_go_does_not_go() -> None:
    with ScriptedRelay(features=("PIPELINING",)) as server, outbox(address(server.port)).open() as channel:
        channel.send(ONE, TWO)
        channel.send(THREE, TWO)
    # The channel hangs up on what it has announced; the relay notes a letter a moment after it has answered.
    assert [content for *_, content in server.letters] == [ONE.content, THREE.content]
    assert server.connections == 2
    assert not server.unanswered


def test_a_refusal_of_what_was_announced_is_that_letters_own() -> None:
    script = {"RCPT": ["250 ok", "550 5.1.1 no such user"], "DATA": ["354 go on", "503 5.5.1 nobody to write to"]}
    with ScriptedRelay(script, features=("PIPELINING",)) as server:
        with outbox(address(server.port)).open() as channel:
            channel.send(ONE, TWO)
            with pytest.raises(Refused) as refused:
                channel.send(TWO, THREE)
            channel.send(THREE)
        assert refused.value.permanent
        assert [content for *_, content in server.letters] == [ONE.content, THREE.content]


@pytest.mark.parametrize("stage", ["MAIL", "END"])
def test_a_connection_that_is_lost_with_a_letter_announced_loses_none(stage: str) -> None:
    with ScriptedRelay({stage: ["250 ok", DROP]}, features=("PIPELINING",)) as server:
        with outbox(address(server.port)).open() as channel:
            channel.send(ONE, TWO)
            if stage == "MAIL":
                channel.send(TWO)
            else:
                with pytest.raises(Refused) as refused:
                    channel.send(TWO, THREE)
                assert refused.value.ambiguous
            channel.send(THREE)
        kept = [ONE.content, TWO.content, THREE.content] if stage == "MAIL" else [ONE.content, THREE.content]
        assert [content for *_, content in server.letters] == kept


def test_a_run_takes_every_letter_once_and_a_reader_who_leaves_meanwhile_gets_none(tmp_path: Path) -> None:
    letters = [letter(n, f"r{n}@d{n % 7}.example") for n in range(30)]
    with ScriptedRelay(features=("PIPELINING",)) as server, service(tmp_path, address(server.port)) as app:
        put(app, letters)
        [first, second, *_] = app.store.digests.coming(NOW, 5)
        assert list(app.store.digests.turn((), [first], NOW, 60)) == [first.letter.digest_id]
        assert app.store.digests.turn((), [first], NOW, 60) == {}  # somebody has it now
        app.store.digests.release([first.letter.digest_id])
        [again] = [one for one in app.store.digests.coming(NOW, 30) if one.letter == first.letter]
        assert not again.resumed  # looked at, given back: no doubt about it
        assert second.letter in letters
        figures, down = posted(app, Clock())
    assert (figures.sent, figures.ambiguous, down) == (30, [], None)
    assert sorted(recipient for _, recipient, _ in server.letters) == sorted(one.recipient for one in letters)
    assert server.connections == 1


@dataclass
class Watchful(ScriptedRelay):
    """Looks into the ledger whenever a whole letter is there and its answer is not out yet."""

    ledger: Path = Path()
    held: list[tuple[int, int]] = field(default_factory=list)  # letters claimed, letters at this relay unanswered
    arrived: int = 0

    def act(self, stage: str) -> str:
        if stage == "END":
            with self._lock:
                self.arrived += 1
                arrived = self.arrived  # before the ledger is looked at: others go on meanwhile
            with closing(sqlite3.connect(self.ledger)) as database:
                select = "SELECT count(*), sum(state = 'sent') FROM digests WHERE lease_owner IS NOT NULL OR state = 'sent'"
                known, sent = database.execute(select).fetchone()
            self.held.append((known - (sent or 0), arrived - (sent or 0)))
        return super().act(stage)


@pytest.mark.parametrize("connections", [1, 4])
def test_each_connection_has_one_letter_at_most_that_is_claimed_and_not_recorded(
    tmp_path: Path, connections: int
) -> None:
    letters = [letter(n, f"r{n}@d{n % 7}.example") for n in range(60)]
    relay = Watchful(features=("PIPELINING",), ledger=tmp_path / "a.db")
    options = f"starttls=none&timeout=5&connections={connections}"
    with relay as server, service(tmp_path, f"smtp://127.0.0.1:{server.port}?{options}") as app:
        put(app, letters)
        figures, down = posted(app, Clock())
    assert (figures.sent, down) == (60, None)
    assert sorted(recipient for _, recipient, _ in server.letters) == sorted(one.recipient for one in letters)
    assert max(claimed for claimed, _ in server.held) <= connections
    assert all(claimed >= 1 for claimed, _ in server.held), "written down before it is sent"
    assert max(unrecorded for _, unrecorded in server.held) <= connections


def test_a_ledger_that_fails_stops_every_connection_and_the_next_run_sends_the_rest(tmp_path: Path) -> None:
    letters = [letter(n, f"r{n}@d{n % 7}.example") for n in range(20)]
    with (
        ScriptedRelay(features=("PIPELINING",)) as server,
        service(tmp_path, f"smtp://127.0.0.1:{server.port}?starttls=none&connections=4&timeout=5") as app,
    ):
        put(app, letters)
        trigger = (
            "CREATE TRIGGER full BEFORE UPDATE ON digests WHEN new.lease_owner IS NOT NULL {} "
            "BEGIN SELECT raise(ABORT, 'disk is full'); END"
        )
        with app.store.engine.begin() as connection:
            connection.exec_driver_sql(trigger.format("AND (SELECT count(*) FROM digests WHERE state='sent') > 5"))
        with pytest.raises(Exception, match="disk is full"):
            posted(app, Clock())
        assert 5 < app.store.digests.counts()["sent"] < 20
        with app.store.engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER full")
        figures, down = posted(app, Clock(NOW + timedelta(hours=2)))  # and no lease is left in its way
    assert (figures.ambiguous, down) == ([], None)
    assert sorted(recipient for _, recipient, _ in server.letters) == sorted(one.recipient for one in letters)


def test_readers_who_leave_while_their_letters_are_announced_get_none_and_the_others_theirs(
    tmp_path: Path,
) -> None:
    letters = [letter(n, f"r{n}@d{n % 7}.example") for n in range(60)]
    relay = Leaving(features=("PIPELINING",), ledger=tmp_path / "a.db")
    options = "starttls=none&timeout=5&connections=4"
    with relay as server, service(tmp_path, f"smtp://127.0.0.1:{server.port}?{options}") as app:
        put(app, letters)
        figures, down = posted(app, Clock())
        counts = app.store.digests.counts()
    assert down is None
    assert counts == {"sent": figures.sent, "expired": 60 - figures.sent}
    assert len(server.left) > 3
    assert not server.left & {recipient for _, recipient, _ in server.letters}
    assert len(server.letters) == figures.sent == len({recipient for _, recipient, _ in server.letters})


@dataclass
class Leaving(ScriptedRelay):
    """While it takes every fifth letter, the readers of two letters that nobody has claimed yet leave."""

    ledger: Path = Path()
    left: set[str] = field(default_factory=set)
    seen: int = 0

    def act(self, stage: str) -> str:
        if stage == "END":
            with self._lock:
                self.seen += 1
                if self.seen % 5 == 0:
                    self.leave()
        return super().act(stage)

    def leave(self) -> None:
        free = "state = 'waiting' AND lease_owner IS NULL"
        some = f"SELECT id FROM digests WHERE {free} LIMIT 2"
        with closing(sqlite3.connect(self.ledger, timeout=10, isolation_level=None)) as database:
            gone = f"UPDATE digests SET state = 'expired' WHERE id IN ({some}) AND {free} RETURNING recipient"
            self.left.update(recipient for (recipient,) in database.execute(gone).fetchall())
