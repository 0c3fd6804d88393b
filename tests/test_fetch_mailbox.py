"""Mailboxes as sources: files, folders and IMAP are read, never changed; what goes wrong has a name; a password goes
to its own server only and is never repeated."""

from __future__ import annotations

import base64
import gzip
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fetching import ask, names, outcome
from imapserver import DRIP, DROP, HANG, ImapServer
from smtpserver import make_certificate
from webserver import WebServer, redirect

from aggregator.fetch import CODES, Policy, bundle
from aggregator.fetch import client as client_room
from aggregator.fetch import mailbox as mailbox_room
from aggregator.fetch.bundle import Kept
from aggregator.model import Answer, Document
from aggregator.read import mail_boxes

LETTER = b"From: News <news@example.org>\r\nSubject: One\r\nMessage-ID: <1@example.org>\r\n\r\nHello.\r\nFrom me to you\r\n"
OTHER = LETTER.replace(b"One", b"Two").replace(b"<1@", b"<2@")


def split(answer: Answer) -> list[bytes]:
    document = Document(answer.body, answer.url, answer.content_type)
    return [raw.octets.strip() for raw in mail_boxes.messages(document)]


def plain(*letters: bytes) -> list[bytes]:
    return [letter.replace(b"\r\n", b"\n").strip() for letter in letters]


# -------------------------------------------------------------------------------------------------- on this machine
@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    place = tmp_path / "Mail dir"
    for name in ("cur", "new", "tmp"):
        (place / name).mkdir(parents=True)
    (place / "cur" / "100.a.host:2,S").write_bytes(LETTER)
    os.utime(place / "cur" / "100.a.host:2,S", (1_700_000_000, 1_700_000_000))
    (place / "new" / "200.b.host").write_bytes(OTHER)
    (place / "tmp" / "300.c.host").write_bytes(OTHER)
    (place / "cur" / "400.d.host:2,T").write_bytes(OTHER)  # to be deleted
    return place


def state(place: Path) -> list[tuple[str, int]]:
    return sorted((str(one), one.stat().st_mtime_ns) for one in place.rglob("*"))


def test_a_maildir_is_read_oldest_first_and_left_as_it_was(maildir: Path) -> None:
    before = state(maildir)
    answer = ask(f"maildir:{maildir}".replace(" ", "%20"))
    assert split(answer) == plain(LETTER, OTHER)
    assert state(maildir) == before


def test_a_maildir_that_is_still_the_same_is_not_read_again(maildir: Path) -> None:
    first = ask(f"maildir:{maildir}")
    again = ask(f"maildir:{maildir}", validators=first.validators)
    assert (again.outcome, again.body) == ("unchanged", b"")
    (maildir / "new" / "200.b.host").rename(maildir / "cur" / "200.b.host:2,S")  # read by somebody: no news
    assert ask(f"maildir:{maildir}", validators=first.validators).outcome == "unchanged"
    (maildir / "new" / "500.e.host").write_bytes(LETTER)
    assert ask(f"maildir:{maildir}", validators=first.validators).outcome == "body"


def test_only_mail_from_the_day_that_was_asked_for(maildir: Path) -> None:
    assert split(ask(f"maildir:{maildir}", headers={"Since": "2026-01-01"})) == plain(OTHER)


def test_no_link_is_followed_out_of_a_maildir(maildir: Path, tmp_path: Path) -> None:
    (tmp_path / "private").write_bytes(b"From: x\nSubject: private\n\nsecret")
    (maildir / "new" / "600.f.host").symlink_to(tmp_path / "private")
    assert b"private" not in ask(f"maildir:{maildir}").body


def test_an_empty_maildir_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "box" / "cur").mkdir(parents=True)
    answer = ask(f"maildir:{tmp_path}/box")
    assert (answer.outcome, split(answer)) == ("body", [])


def test_an_mbox_comes_as_it_is_by_any_way_of_writing_its_path(tmp_path: Path) -> None:
    path = tmp_path / "list.mbox"
    path.write_bytes(bundle.bundle([Kept(LETTER, 1_700_000_000.0)]))
    for url in (f"mbox:{path}", f"file://{path}", f"file:{path}", str(path)):
        answer = ask(url)
        assert split(answer) == plain(LETTER), url
        assert ask(url, validators=answer.validators).outcome == "unchanged"


def test_of_a_large_mbox_the_end_is_read_from_the_beginning_of_a_message(tmp_path: Path) -> None:
    path = tmp_path / "large.mbox"
    path.write_bytes(bundle.bundle([Kept(LETTER + b"x" * 4_000, 0.0)] * 3 + [Kept(OTHER, 0.0)]))
    answer = ask(f"mbox:{path}", Policy(allow_private=(), max_bytes=4_600))
    assert len(split(answer)) == 2
    assert split(answer)[-1] == plain(OTHER)[0]


def test_a_packed_archive_is_handed_over_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "2026-November.txt.gz"
    path.write_bytes(gzip.compress(bundle.bundle([Kept(LETTER, 0.0)])))
    assert split(ask(f"mbox:{path}")) == plain(LETTER)
    assert ask(f"mbox:{path}", Policy(max_bytes=20)).error == "too-large"


def test_a_folder_of_saved_messages(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(LETTER)
    (tmp_path / "notes.txt").write_bytes(b"no mail")
    assert split(ask(f"file:{tmp_path}")) == plain(LETTER)
    assert ask(f"maildir:{tmp_path}").error == "no-mailbox"


@pytest.mark.parametrize("url", ["maildir:/nowhere/at/all", "mbox:/nowhere.mbox", "/nowhere", "mbox:/dev/null"])
def test_no_mailbox_there(url: str) -> None:
    assert outcome(ask(url)) == ("failed", None, "no-mailbox")


def test_a_path_without_a_beginning_is_no_address() -> None:
    assert ask("maildir:box").error == "bad-address"


def test_a_mailbox_that_may_not_be_read(tmp_path: Path) -> None:
    # Root may read everything: then the error of the system is what is to be turned into words.
    assert mailbox_room._explained(PermissionError()).code == "mailbox-closed"
    closed = tmp_path / "closed.mbox"
    closed.write_bytes(LETTER)
    closed.chmod(0)
    if os.geteuid():
        assert ask(f"mbox:{closed}").error == "mailbox-closed"


def test_no_redirect_leads_into_a_mailbox(maildir: Path) -> None:
    with WebServer() as web:
        for scheme in (f"maildir:{maildir}", f"file://{maildir}", "imap://127.0.0.1:1/INBOX"):
            web.on("/feed", redirect(302, scheme))
            assert ask(web.url("/feed")).error == "bad-scheme"


# ------------------------------------------------------------------------------------------------------------- IMAP
@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer({"INBOX": [LETTER, OTHER], "Lists/Example &- more": [OTHER]}) as server:
        yield server


def test_a_folder_is_looked_at_and_nothing_in_it_is_marked(server: ImapServer) -> None:
    answer = ask(server.url(), headers={"Since": "2026-09-28"})
    assert split(answer) == plain(LETTER, OTHER)
    assert all(not one.flags for one in server.folders["INBOX"])
    commands = {line.split()[0] for line in server.lines}
    assert "EXAMINE" in commands
    assert commands.isdisjoint({"SELECT", "STORE", "EXPUNGE", "CLOSE", "APPEND", "COPY"})
    assert "SEARCH SINCE 28-Sep-2026" in server.lines
    assert "secret" not in answer.url


def test_a_folder_that_is_still_the_same_is_not_read_again(server: ImapServer) -> None:
    first = ask(server.url())
    server.lines.clear()
    assert ask(server.url(), validators=first.validators).outcome == "unchanged"
    assert not any(line.startswith("FETCH") for line in server.lines)
    server.add("INBOX", LETTER.replace(b"<1@", b"<3@"))
    assert len(split(ask(server.url(), validators=first.validators))) == 3


def test_folders_inside_folders_whatever_stands_between_their_names(server: ImapServer) -> None:
    assert split(ask(server.url("Lists/Example%20&%20more"))) != []
    with ImapServer({"Lists.B&APw-cher": [LETTER]}, delimiter=".") as dotted:
        assert split(ask(dotted.url("Lists/B%C3%BCcher"))) == plain(LETTER)


def test_a_password_of_any_signs(server: ImapServer) -> None:
    server.password = 'pä"ss\\ @/:%'
    url = server.url(password="p%C3%A4%22ss%5C%20%40%2F%3A%25")
    assert ask(url).outcome == "body"
    server.capabilities = ""
    server.password = 'a"b\\c'
    assert ask(server.url(password="a%22b%5Cc")).outcome == "body"


def test_of_a_large_message_only_the_beginning_is_brought(server: ImapServer) -> None:
    server.add("INBOX", LETTER + b"x" * (bundle.LONGEST_MESSAGE + 10))
    assert len(split(ask(server.url()))[-1]) <= bundle.LONGEST_MESSAGE


@pytest.mark.parametrize(
    ("command", "says", "code"),
    [
        ("GREETING", "* BYE [UNAVAILABLE] come back later", "imap-unavailable"),
        ("GREETING", "220 smtp.example.org ESMTP", "imap-broken"),
        ("GREETING", DROP, "imap-broken"),
        ("CAPABILITY", "TAG BAD what", "imap-broken"),
        ("AUTHENTICATE", "TAG NO [AUTHENTICATIONFAILED] no such user reader@example.org", "login-refused"),
        ("AUTHENTICATE", "TAG NO [UNAVAILABLE] the database of users is away", "imap-unavailable"),
        ("EXAMINE", "TAG NO [NONEXISTENT] no such mailbox", "no-mailbox"),
        ("SEARCH", "* SEARCH one two\r\nTAG OK done", None),
        ("SEARCH", "TAG NO not now", "imap-broken"),
        ("FETCH", "* 1 FETCH (UID 1 BODY[] {99999999999}", "too-large"),
        ("FETCH", "* 1 FETCH (UID 1 BODY[] {50}\r\nshort", "timeout"),
        ("FETCH", DROP, "imap-broken"),
        ("FETCH", "* 1 FETCH (UID 1 BODY[] NIL)\r\nTAG OK done", None),
        ("FETCH", "* BYE [UNAVAILABLE] going down", "imap-unavailable"),
    ],
)  # fmt: skip
def test_what_goes_wrong_has_a_name(server: ImapServer, command: str, says: str, code: str | None) -> None:
    server.on(command, says)
    answer = ask(server.url(), budget=1.0)
    assert answer.error == code
    assert "secret" not in answer.detail
    assert "reader" not in answer.detail
    assert code is None or code in CODES


@pytest.mark.parametrize("says", [HANG, DRIP])
@pytest.mark.parametrize("command", ["GREETING", "EXAMINE", "FETCH"])
def test_no_server_can_hold_a_visit_beyond_its_time(server: ImapServer, command: str, says: str) -> None:
    server.on(command, says)
    assert ask(server.url(), budget=0.5).error == "timeout"


def test_a_server_that_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert ask(f"imap://reader:secret@127.0.0.1:{port}/INBOX").error == "connection"


def test_a_wrong_password_is_said_without_it(server: ImapServer) -> None:
    answer = ask(server.url(password="hunter2"))
    assert outcome(answer) == ("failed", None, "login-refused")
    assert "hunter2" not in repr(answer)


# ------------------------------------------------------------------------------------------ where a password may go
@pytest.fixture
def certificate(tmp_path: Path, needs: Callable[[str, bool, str], None]) -> Path:
    needs("openssl", shutil.which("openssl") is not None, "no openssl to make a certificate with")
    return make_certificate(tmp_path, "localhost")


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    client_room.tls.cache_clear()
    yield certificate
    client_room.tls.cache_clear()


LOCALHOST = Policy(allow_private=("localhost",))


def test_an_encrypted_line_with_a_certificate_that_is_trusted(trusted: Path) -> None:
    with ImapServer({"INBOX": [LETTER]}, certificate=trusted, implicit_tls=True) as server:
        assert split(ask(server.url().replace("127.0.0.1", "localhost"), LOCALHOST)) == plain(LETTER)


def test_starttls_is_used_where_it_is_offered(trusted: Path) -> None:
    with ImapServer({"INBOX": [LETTER]}, certificate=trusted) as server:
        assert split(ask(server.url().replace("127.0.0.1", "localhost"), LOCALHOST)) == plain(LETTER)
        names_of = [line.split()[0] for line in server.lines]
        assert names_of.index("STARTTLS") < names_of.index("AUTHENTICATE")


@pytest.mark.parametrize("implicit", [True, False])
def test_no_password_goes_to_a_server_whose_certificate_nobody_vouches_for(
    certificate: Path, implicit: bool
) -> None:
    with ImapServer({"INBOX": [LETTER]}, certificate=certificate, implicit_tls=implicit) as server:
        assert ask(server.url().replace("127.0.0.1", "localhost"), LOCALHOST).error == "tls"
        assert server.logins == []


def test_no_password_goes_over_an_open_line_unless_the_host_is_opened(server: ImapServer) -> None:
    url = server.url().replace("127.0.0.1", "mail.example")
    # The network may be connected to, but the name is not one that is opened.
    answer = ask(url, Policy(allow_private=("127.0.0.0/8",)), names(mail="127.0.0.1"))
    assert answer.error == "no-encryption"
    assert server.logins == []


def test_the_guard_judges_mail_servers_too(server: ImapServer) -> None:
    assert ask(server.url(), Policy()).error == "private-address"
    url = server.url().replace("127.0.0.1", "mail.example")
    assert ask(url, Policy(), names(mail="127.0.0.1")).error == "private-address"
    assert (
        ask("imap://reader:secret@mail.example:25/INBOX", Policy(), names(mail="192.0.2.1")).error
        == "forbidden-port"
    )
    assert ask("imap://reader:secret@mail.example/INBOX", Policy(), names()).error == "dns"
    assert server.lines == []


# ----------------------------------------------------------------------------------------------------- one document
def test_a_bundle_keeps_every_message_and_is_the_same_for_the_same() -> None:
    letters = [
        LETTER,
        b"Subject: x\n\nFrom here\n>From there\n>>From anywhere\n\nFrom x Mon Nov  2 10:00:00 2026\nTo: y\n",
    ]
    body = bundle.bundle(Kept(letter, 1_700_000_000.0) for letter in letters)
    found = mail_boxes.messages(Document(body, "", bundle.TYPE))
    assert [raw.octets.strip() for raw in found] == plain(*letters)
    assert found[0].received == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert body == bundle.bundle(Kept(letter, 1_700_000_000.0) for letter in letters)


def test_pictures_and_attachments_are_no_part_of_what_is_kept(maildir: Path) -> None:
    picture = b"".join(base64.encodebytes(os.urandom(57)) for _ in range(20_000))
    parts = (
        b"From: x\r\nSubject: pictures\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + picture.replace(b"\n", b"\r\n")
        + b"--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nVGV4dCB0aGF0IHN0YXlzLg==\r\n--b--\r\n"
    )  # fmt: skip
    (maildir / "new" / "700.g.host").write_bytes(parts)
    kept = split(ask(f"maildir:{maildir}"))[-1]
    assert b"VGV4dCB0aGF0IHN0YXlzLg==" in kept
    assert len(kept) < 1_000


def test_of_a_mailbox_that_is_too_much_for_one_visit_the_newest_is_brought(maildir: Path) -> None:
    for number in range(12):
        path = maildir / "new" / f"{800 + number}.h.host"
        path.write_bytes(b"From: x\nSubject: %d\n\n" % number + b"many words \n" * 60_000)
        os.utime(path, (1_800_000_000 + number, 1_800_000_000 + number))
    body = ask(f"maildir:{maildir}").body
    assert len(body) <= bundle.MOST_BYTES + 10_000
    assert b"Subject: 11\n" in body
    assert b"Subject: One\n" not in body
