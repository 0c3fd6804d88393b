"""One suite for every outbox: a folder, and SMTP to a real relay (aiosmtpd)."""

from __future__ import annotations

import email
import re
import socket
import threading
from collections.abc import Iterator
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from smtpserver import a_letter

from aggregator.deliver import Outbox, outbox
from aggregator.errors import OutboxDown, Refused


class Kept:
    """aiosmtpd handler that keeps what came, by Message-ID."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.contents.append(envelope.content)
        return "250 2.0.0 kept"


class Folder:
    name = "folder"

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "new" / "outbox"
        self.address = str(self.folder)
        self.dead_address = str(folder / "file" / "outbox")
        (folder / "file").write_text("no folder")

    def contents(self) -> list[bytes]:
        return [path.read_bytes() for path in self.folder.glob("*.eml")]

    def close(self) -> None:
        pass


class Smtp:
    name = "smtp"

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.dead_address = f"smtp://127.0.0.1:{taken.getsockname()[1]}"
        self.kept = Kept()
        self.controller = Controller(self.kept, hostname="127.0.0.1", port=port)
        self.controller.start()
        self.address = f"smtp://127.0.0.1:{port}?connections=3"

    def contents(self) -> list[bytes]:
        return self.kept.contents

    def close(self) -> None:
        self.controller.stop()


@pytest.fixture(params=[Folder, Smtp], ids=lambda kind: kind.name)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Folder | Smtp]:
    made = request.param(tmp_path)
    yield made
    made.close()


def test_a_letter_arrives_byte_for_byte_and_earns_a_receipt(place: Folder | Smtp) -> None:
    letter = a_letter()
    with outbox(place.address).open() as channel:
        receipt = channel.send(letter)
    assert place.contents() == [letter.content]
    assert receipt
    assert letter.recipient not in receipt


def test_what_arrives_is_mail(place: Folder | Smtp) -> None:
    with outbox(place.address).open() as channel:
        channel.send(a_letter(7))
    message = email.message_from_bytes(place.contents()[0], policy=SMTP)
    assert message["Message-ID"] == "<d7@example.org>"
    assert not message.defects


def test_one_channel_takes_many_letters_and_can_be_opened_again(place: Folder | Smtp) -> None:
    box = outbox(place.address)
    letters = [a_letter(n) for n in range(12)]
    with box.open() as channel:
        for letter in letters[:8]:
            channel.send(letter)
    with box.open() as channel:
        for letter in letters[8:]:
            channel.send(letter)
    assert sorted(place.contents()) == sorted(letter.content for letter in letters)


def test_as_many_channels_as_it_says_work_side_by_side(place: Folder | Smtp) -> None:
    box = outbox(place.address)
    failures: list[BaseException] = []

    def work(first: int) -> None:
        try:
            with box.open() as channel:
                for number in range(first, first + 10):
                    channel.send(a_letter(number))
        except (OutboxDown, Refused) as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n * 10,)) for n in range(box.channels)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(set(place.contents())) == 10 * box.channels


def test_sending_again_leaves_one_copy_exactly_where_it_promises_that(place: Folder | Smtp) -> None:
    box = outbox(place.address)
    for _ in range(2):
        with box.open() as channel:
            channel.send(a_letter())
    assert len(place.contents()) == (1 if box.idempotent else 2)
    found = re.findall(rb"Message-ID: (.*)\r\n", b"".join(place.contents()))
    assert set(found) == {b"<d1@example.org>"}


def test_nothing_is_opened_where_nothing_can_be_sent(place: Folder | Smtp) -> None:
    with pytest.raises(OutboxDown, match="→"), outbox(place.dead_address).open():
        pytest.fail("it opened")


def test_an_error_in_the_block_passes_through(place: Folder | Smtp) -> None:
    def interrupted() -> None:
        with outbox(place.address).open() as channel:
            channel.send(a_letter())
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert len(place.contents()) == 1


def test_making_an_outbox_touches_nothing(place: Folder | Smtp) -> None:
    box: Outbox = outbox(place.dead_address)
    assert box.channels >= 1
    assert "Outbox(" in repr(box)
