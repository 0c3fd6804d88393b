"""From signing up to being erased, as people live it: pages served by `aggregator serve`, letters read from the
outbox, everything else done by cron's `run`."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import httpx
from journeys.conftest import Service

LINK = re.compile(r"http://\S+")


@contextmanager
def served(service: Service) -> Iterator[httpx.Client]:
    """The pages, on a port that the system chose; letters name it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    service.env["AGGREGATOR_BASE_URL"] = base = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        service.command("serve", "--port", str(port)), cwd=service.folder, env=service.environment, text=True,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stderr
        assert "pages are at" in process.stderr.readline()
        with httpx.Client(base_url=base, trust_env=False) as client:
            yield client
    finally:
        process.terminate()
        said = process.communicate(timeout=60)[1]
        assert "Traceback" not in said
        assert "@" not in said, "no address in a log"


def arrived(service: Service, subject: str, known: set[str]) -> EmailMessage:
    """The letter with this subject that was not there before; it comes without any run."""
    for _ in range(600):
        for letter in service.letters():
            if subject in letter["Subject"] and letter["Message-ID"] not in known:
                known.add(letter["Message-ID"])
                return letter
        time.sleep(0.1)  # another process writes it
    raise AssertionError(f"no letter {subject!r}")


def link_of(letter: EmailMessage) -> str:
    found = LINK.search(str(letter.get_body(("plain",)).get_content()))  # type: ignore[union-attr]
    assert found
    return found[0]


def test_a_reader_comes_moves_and_goes_without_anybody_elses_help(service: Service) -> None:
    service.feeds(more="topics:\n  mentoring: {label: Mentoring, words: {en: [mentor]}}\n")
    known: set[str] = set()
    with served(service) as web:
        assert web.post("/sign-up", data={"email": "ann@old.example", "topics": "mentoring"}).status_code == 200
        confirm = link_of(arrived(service, "Please confirm", known))
        assert "Shall the letters begin?" in web.get(confirm).text
        page = web.post(confirm)
        assert "Thank you, letters begin" in page.text
        mine = re.search(r'class="button" href="([^"]+)/preferences"', page.text)
        assert mine

        assert "No letters come until" in web.post(f"{mine[1]}/pause", data={"until": "2027-05-01"}).text
        shut = web.get(f"{mine[1]}/data")
        assert shut.status_code == 403
        web.post(f"{mine[1]}/fresh", data={"back": f"{mine[1]}/data"})
        data = link_of(arrived(service, "fresh link", known))
        held = json.loads(web.get(f"{data}/download").text)
        assert (held["email"], [one["act"] for one in held["consents"]]) == ("ann@old.example", ["asked", "given"])

        web.post(data.replace("/data", "/address"), data={"email": "ann@new.example"})
        yes = {"answer": "yes"}
        old, new = arrived(service, "another address", known), arrived(service, "your new address", known)
        assert [old["To"], new["To"]] == ["ann@old.example", "ann@new.example"]
        web.post(link_of(old), data=yes)
        assert "The address is changed" in web.post(link_of(new), data=yes).text
        assert web.get(data).status_code == 404, "earlier links are void"
        fresh = arrived(service, "Your link to", known)
        assert fresh["To"] == "ann@new.example"

        ours = link_of(fresh).removesuffix("/preferences")
        web.post(f"{ours}/fresh", data={"back": f"{ours}/data/erase".removeprefix(str(web.base_url).rstrip("/"))})
        erase = link_of(arrived(service, "fresh link", known))
        assert erase.endswith("/data/erase")
        assert "Everything is erased" in web.post(erase, data={"sure": "yes"}).text
        assert web.get(ours + "/preferences").status_code == 404
    service("run")
    assert json.loads(service("subscribers", "list", "--json").out) == []
    assert ",erased," in service("subscribers", "gone").out
