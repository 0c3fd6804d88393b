"""Newsletters and mailing lists from mailbox to letter: twice the same adds nothing, what breaks loses nothing, and
no password and no address comes out anywhere."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from imapserver import DROP, ImapServer
from journeys.conftest import MONDAY, Inside, Service
from journeys.test_service import bodies

DAY = timedelta(days=1)
SAMPLES = Path(__file__).resolve().parent.parent / "data" / "mail"


def feeds(service: Service, **sources: str) -> None:
    rows = "".join(f"  {name}: {{url: '{url}', kind: mail}}\n" for name, url in sources.items())
    (service.folder / "feeds.yaml").write_text(f"sources:\n{rows}", encoding="utf-8")


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


@pytest.fixture
def maildir(inside: Inside) -> Path:
    place = inside.folder / "Maildir"
    (place / "cur").mkdir(parents=True)
    (place / "new").mkdir()
    for number, name in enumerate(("newsletter-en.eml", "newsletter-de.eml", "digest-mailman.eml")):
        (place / "new" / f"{number}.host").write_bytes(sample(name))
    return place


def test_a_maildir_twice_then_broken_then_mended(inside: Inside, maildir: Path) -> None:
    feeds(inside, letters=f"maildir:{maildir}", list=f"mbox:{inside.folder}/list.mbox")
    (inside.folder / "list.mbox").write_bytes(sample("list-thread.mbox"))
    first = inside("collect", at=MONDAY).report
    assert first["entries"] | {"new": 11} == {
        "fetched": 11, "new": 11, "updated": 0, "known": 0, "merged": 0, "refused": 0,
    }  # fmt: skip
    again = inside("collect", "--force", at=MONDAY + DAY).report
    assert (again["sources"]["unchanged"], again["entries"]["fetched"]) == (2, 0)

    (maildir / "new" / "3.host").write_bytes(sample("newsletter-it.eml"))
    (maildir / "new" / "4.host").write_bytes(b"\x00\xff" * 500)  # costs itself only
    (inside.folder / "list.mbox").write_bytes(b"<html>not a mail</html>")
    broken = inside("collect", "--force", at=MONDAY + 2 * DAY)
    assert (broken.report["entries"]["new"], broken.report["sources"]["failed"]) == (4, 1)
    assert "no mail and no archive" in inside("sources", "health", at=MONDAY + 2 * DAY).out

    (inside.folder / "list.mbox").write_bytes(sample("list-thread.mbox"))
    mended = inside("collect", "--force", at=MONDAY + 3 * DAY).report
    assert (mended["entries"]["new"], mended["sources"]["failed"]) == (0, 0)


def test_a_changed_option_reads_the_same_mails_again(inside: Inside, maildir: Path) -> None:
    feeds(inside, letters=f"maildir:{maildir}")
    inside("collect", at=MONDAY)
    text = f"sources:\n  letters: {{url: 'maildir:{maildir}', kind: mail, options: {{split: 'no'}}}}\n"
    (inside.folder / "feeds.yaml").write_text(text, encoding="utf-8")
    assert inside("collect", "--force", at=MONDAY + DAY).report["entries"]["fetched"] == 4


def test_a_letter_tells_what_newsletters_and_lists_told(inside: Inside, maildir: Path) -> None:
    feeds(inside, letters=f"maildir:{maildir}", list=f"mbox:{inside.folder}/list.mbox")
    (inside.folder / "list.mbox").write_bytes(sample("list-thread.mbox"))
    inside.readers("ann@example.org,mentoring;cpd;linked-data,monday,8,UTC")
    inside("run", at=MONDAY)
    text = bodies(inside)
    assert "CPD after chartership" in text
    assert "https://lists.example.org/archives/list/lis-example@lists.example.org/message/" in text
    assert "Werkstatt Mentoring" in text
    for secret in ("univ.example.ac.uk", "4f2a91", "7946", "mailer.example.net/unsub", "open.gif"):
        assert secret not in text


def test_a_mail_server_day_by_day(inside: Inside) -> None:
    inside.env["LIST_PASSWORD"] = "hunter2"
    with ImapServer({"INBOX": [sample("newsletter-en.eml"), sample("digest-mime.eml")]}) as server:
        server.password = "hunter2"
        feeds(inside, box=server.url(password="${LIST_PASSWORD}"))
        said = [inside("check"), inside("collect", at=MONDAY)]
        assert said[1].report["entries"]["new"] == 5
        said.append(inside("collect", "--force", at=MONDAY + DAY))
        assert said[2].report["sources"]["unchanged"] == 1

        server.on("FETCH", DROP)
        server.add("INBOX", sample("newsletter-it.eml"))
        said.append(inside("collect", "--force", at=MONDAY + 2 * DAY))
        assert said[3].report["sources"]["failed"] == 1
        server.password = "changed"
        said.append(inside("collect", "--force", at=MONDAY + 3 * DAY))
        said += [
            inside("sources", "health"),
            inside("sources", "list"),
            inside("sources", "export"),
            inside("status", code=None),
        ]
        assert "refused the name or the password" in said[5].out

        server.password = "hunter2"
        server.on("FETCH", "TAG OK nothing today")
        inside("collect", "--force", at=MONDAY + 4 * DAY)
        del server._script["FETCH"]
        server.add("INBOX", sample("notice.eml"))
        assert inside("collect", "--force", at=MONDAY + 5 * DAY).report["entries"]["new"] == 5
        assert all(not one.flags for one in server.folders["INBOX"])
    told = "".join(one.out + one.err + str(one.report) for one in said)
    kept = b"".join(path.read_bytes() for path in inside.folder.glob("*.db*"))
    assert "hunter2" not in told
    assert b"hunter2" not in kept
    assert b"jane.doe@" not in kept
