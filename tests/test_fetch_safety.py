"""Fetching keeps to the open internet, and to certificates that somebody vouches for."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fetching import FEED, OPEN, ask, names, outcome
from webserver import Seen, WebServer, redirect, reply

from aggregator.fetch import Policy, fetch
from aggregator.fetch import client as client_room
from aggregator.model import Request


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


# ------------------------------------------------------------------------------------------------------- the guard
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://LOCALHOST.:{port}/", "http://x.localhost:{port}/",
        "http://[::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://2130706433:{port}/", "http://0:{port}/",
        "http://named.example:{port}/", "http://mapped.example:{port}/", "http://both.example:{port}/",
    ],
)  # fmt: skip
def test_no_connection_is_made_to_a_private_address(web: WebServer, url: str) -> None:
    web.on("*", reply(200, FEED))
    private = names(named="127.0.0.1", mapped="::ffff:127.0.0.1", both="10.0.0.1 127.0.0.1 ::1")

    def lookup(host: str) -> Sequence[str]:
        return private(host) if host.endswith(".example") else client_room.system_lookup(host)

    answer = ask(url.format(port=web.port), Policy(), lookup)
    assert outcome(answer) == ("failed", None, "private-address")
    assert web.connections == 0


def test_a_name_that_changes_its_address_gains_nothing() -> None:
    """DNS rebinding: harmless when first looked up, private when it matters."""
    with WebServer("127.0.0.2") as harmless, WebServer("127.0.0.1", port=harmless.port) as secret:
        harmless.on("/feed", reply(200, FEED))
        answers = iter(["127.0.0.2", "127.0.0.1", "127.0.0.1 127.0.0.2"])
        policy = Policy(allow_private=("127.0.0.2",))
        url = harmless.url("/feed", "changing.example")
        found = [ask(url, policy, lambda host: next(answers).split()) for _ in range(3)]
        assert [a.error for a in found] == [None, "private-address", None]
        assert secret.connections == 0


@pytest.mark.parametrize("hops", [1, 2, 3])
def test_every_hop_is_judged(web: WebServer, hops: int) -> None:
    with WebServer("127.0.0.2") as secret:
        for n in range(hops):
            web.on(f"/{n}", redirect(301, f"/{n + 1}"))
        for target in (secret.url("/"), "http://169.254.169.254/latest/", "http://inside.example/"):
            web.on(f"/{hops}", redirect(302, target))
            answer = ask(web.url("/0"), lookup=names(inside="10.0.0.7"))
            assert outcome(answer) == ("failed", None, "private-address")
        assert secret.connections == 0


def test_a_host_is_opened_by_its_name_alone(web: WebServer) -> None:
    web.on("/feed", reply(200, FEED))
    policy, lookup = Policy(allow_private=("intranet.example",)), names(intranet="127.0.0.1", other="127.0.0.1")
    assert ask(web.url("/feed", "intranet.example"), policy, lookup).outcome == "body"
    assert ask(web.url("/feed", "other.example"), policy, lookup).error == "private-address"
    web.on("/to", redirect(302, web.url("/feed")))
    assert ask(web.url("/to", "intranet.example"), policy, lookup).error == "private-address"


# ------------------------------------------------------------------------------------------------------------- TLS
@pytest.fixture
def certificate(tmp_path: Path, needs: Callable[[str, bool, str], None]) -> Path:
    """A certificate for localhost and 127.0.0.1 that nobody trusts, with its key in the same file."""
    path = tmp_path / "certificate.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
        f"-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout {path}.key -out {path}"
    )
    try:
        done = subprocess.run(command.split(), capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        done = False
    needs("openssl", done, "the openssl command makes the certificate of this test")
    path.write_text(path.read_text() + Path(f"{path}.key").read_text())
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[WebServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with WebServer(tls=context) as server:
        yield server


def test_a_certificate_that_nobody_signed_is_not_believed(secure: WebServer) -> None:
    secure.on("/feed", reply(200, FEED))
    answer = ask(secure.url("/feed"))
    assert answer.error == "tls"
    assert "self-signed" in answer.detail or "self signed" in answer.detail
    assert secure.seen == []


def test_no_tls_where_it_was_promised(web: WebServer) -> None:
    assert ask(web.url("/").replace("http:", "https:")).error == "tls"


@pytest.fixture
def believed(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The certificate's authority is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    client_room.tls.cache_clear()
    yield
    client_room.tls.cache_clear()


@pytest.mark.usefixtures("believed")
def test_a_host_shows_its_certificate_once_in_a_run(secure: WebServer) -> None:
    resumed = list[bool]()

    async def note(seen: Seen, out: asyncio.StreamWriter) -> None:
        resumed.append(out.get_extra_info("ssl_object").session_reused)
        await reply(200, FEED, Connection="close")(seen, out)
        out.close()

    policy = replace(OPEN, open_per_host=1)
    for number in range(3):
        secure.on(f"/{number}", note)
    answers = list(fetch([Request(str(number), secure.url(f"/{number}")) for number in range(3)], policy))
    assert [answer.outcome for answer in answers] == ["body"] * 3
    assert resumed == [False, True, True]


@pytest.mark.usefixtures("believed")
def test_a_session_of_one_host_is_not_for_another(secure: WebServer) -> None:
    secure.on("/", reply(200, FEED, Connection="close"))
    assert ask(secure.url("/")).outcome == "body"
    assert ask(secure.url("/", "other.localhost")).error == "tls"


@pytest.mark.usefixtures("believed")
def test_leaving_https_is_followed_and_never_adopted(secure: WebServer, web: WebServer) -> None:
    secure.on("/feed", redirect(301, web.on("/feed", reply(200, FEED))))
    web.on("/up", redirect(301, secure.on("/up", reply(200, FEED))))
    down, up = ask(secure.url("/feed")), ask(web.url("/up"))
    assert (down.outcome, down.moved_to) == ("body", None)
    assert (up.outcome, up.moved_to) == ("body", secure.url("/up"))
