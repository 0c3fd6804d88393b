"""Fetching, against a real server on loopback: what is asked, and what every answer comes to."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fetching import FEED, OPEN, ask, names, outcome
from webserver import WebServer, conditional, hang, head, raw, redirect, reply

from aggregator.fetch import CODES, Policy, fetch, user_agent
from aggregator.model import Request, Validators


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


# --------------------------------------------------------------------------------------------- what a feed answers
def test_a_body_comes_with_all_that_is_known_of_it(web: WebServer) -> None:
    headers = {"ETag": '"v1"', "Last_Modified": "Mon, 23 Nov 2026 08:00:00 GMT", "Cache_Control": "max-age=600"}
    url = web.on("/feed?x=1", reply(200, FEED, Content_Type="application/rss+xml", **headers))
    answer = ask(url + "#part")
    assert outcome(answer) == ("body", 200, None)
    assert (answer.body, answer.content_type, answer.url) == (FEED, "application/rss+xml", url)
    assert answer.validators == Validators('"v1"', "Mon, 23 Nov 2026 08:00:00 GMT")
    assert answer.max_age == timedelta(minutes=10)
    assert answer.moved_to is None
    assert 0 < answer.seconds < 3


def test_what_is_sent_says_who_we_are_and_nothing_else(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1/")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1/")
    url = web.on("/feed", reply(200, FEED, Set_Cookie="who=you"))
    policy = Policy(user_agent("curator@example.org"), allow_private=("127.0.0.1",))
    assert [a.outcome for a in fetch([Request("1", url), Request("2", url)], policy)] == ["body", "body"]
    for seen in web.seen:
        assert seen.headers["user-agent"].endswith(" (+mailto:curator@example.org)")
        assert seen.headers["accept-encoding"] == "gzip, deflate"
        assert set(seen.headers) <= {"host", "accept", "accept-encoding", "user-agent", "connection"}


@pytest.mark.parametrize(
    ("contact", "name"),
    [
        ("", "aggregator/0.1.0"),
        ("https://example.org/bot", "aggregator/0.1.0 (+https://example.org/bot)"),
        ("me@example.org", "aggregator/0.1.0 (+mailto:me@example.org)"),
        ("a\r\nX: (b) é", "aggregator/0.1.0 (+aX:b)"),
    ],
)
def test_the_name_is_one_header_line(contact: str, name: str) -> None:
    assert user_agent(contact) == name


def test_unchanged_keeps_the_validators_it_was_asked_with(web: WebServer) -> None:
    url = web.on("/feed", conditional(FEED, '"v1"'))
    held = Validators('"v1"', "Mon, 23 Nov 2026 08:00:00 GMT")
    answer = ask(url, validators=held)
    assert outcome(answer) == ("unchanged", 304, None)
    assert answer.validators == held
    assert web.seen[0].headers["if-modified-since"] == held.last_modified
    assert outcome(ask(url, validators=Validators('"v0"'))) == ("body", 200, None)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (204, {}, ("failed", "empty", None)),
        (304, {}, ("failed", "http-304", None)),
        (400, {}, ("failed", "http-400", None)),
        (401, {}, ("failed", "http-401", None)),
        (404, {}, ("failed", "http-404", None)),
        (410, {}, ("gone", "gone", None)),
        (429, {"Retry_After": "90"}, ("failed", "http-429", timedelta(seconds=90))),
        (429, {"Retry_After": "never"}, ("failed", "http-429", None)),
        (500, {}, ("failed", "http-500", None)),
        (503, {"Retry_After": "99999999"}, ("failed", "http-503", timedelta(days=7))),
        (300, {"Location": "/feed"}, ("failed", "http-300", None)),
        (206, {}, ("failed", "http-206", None)),
        (599, {}, ("failed", "http-599", None)),
    ],
)
def test_other_statuses(web: WebServer, status: int, headers: dict[str, str], expected: tuple[Any, ...]) -> None:
    answer = ask(web.on("/x", reply(status, b"" if status in (204, 304) else b"no", **headers)))
    assert (answer.outcome, answer.error, answer.retry_after) == expected
    assert answer.status == status
    assert answer.detail


# ---------------------------------------------------------------------------------------------------------- faults
CHUNKED = head(200, Transfer_Encoding="chunked")
FAULTS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "connection"),
    "no HTTP": (b"220 mail.example.org ESMTP\r\n", "protocol"),
    "binary": (bytes(range(256)), "protocol"),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-Le", "connection"),
    "no length": (head(200) + FEED, "ok"),
    "short": (head(200, Content_Length=len(FEED) + 9) + FEED, "truncated"),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n" + FEED, "protocol"),
    "a length that is none": (head(200, Content_Length="-5") + FEED, "protocol"),
    "bad chunk": (CHUNKED + b"5\r\nhello\r\nzz\r\n", "protocol"),
    "last chunk missing": (CHUNKED + b"5\r\nhello\r\n", "truncated"),
    "half a chunk": (CHUNKED + b"50\r\nhello", "truncated"),
    "long header": (head(200, X_Padding="x" * 100_000) + FEED, "protocol"),
    "long security policy": (head(200, Content_Security_Policy="x" * 20_000) + FEED, "ok"),
    "many headers": (head(200, **{f"X-{n}": "x" for n in range(5000)}) + FEED, "protocol"),
    "control character in a header": (b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n" + FEED, "protocol"),
    "odd characters in a header": ("HTTP/1.1 200 OK\r\nETag: \"ü\"\r\nX: ü\r\n\r\n".encode() + FEED, "ok"),
    "empty": (head(200, Content_Length=0), "empty"),
    "empty gzip": (head(200, Content_Encoding="gzip") + gzip.compress(b""), "empty"),
    "half a gzip": (head(200, Content_Encoding="gzip") + gzip.compress(FEED)[:-9], "truncated"),
    "broken gzip": (head(200, Content_Encoding="gzip") + b"\x1f\x8b\x08\x00garbage, garbage", "bad-encoding"),
    "plain under the name of gzip": (head(200, Content_Encoding="gzip") + FEED, "ok"),
    "brotli": (head(200, Content_Encoding="br") + b"\x0b\x02\x80", "bad-encoding"),
    "bomb": (head(200, Content_Encoding="gzip") + gzip.compress(bytes(99 << 20)), "too-large"),
    "announced too large": (head(200, Content_Length=9 << 20), "too-large"),
    "redirect to nowhere": (head(302, Content_Length=0), "bad-redirect"),
    "redirect to a file": (head(302, Location="file:///etc/passwd"), "bad-scheme"),
    "redirect with a login": (head(302, Location="http://a:b@example.org/"), "redirect-credentials"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_own_code(web: WebServer, name: str) -> None:
    data, expected = FAULTS[name]
    answer = ask(web.on("/x", raw(data)))
    assert (answer.error or "ok") == expected
    assert answer.outcome == ("body" if expected == "ok" else "failed")
    if expected == "ok":
        assert answer.body == FEED
    else:
        assert expected in CODES
        assert answer.detail.startswith(CODES[expected][0])


@pytest.mark.parametrize(
    "name", [name for name, (_, code) in FAULTS.items() if code in ("ok", "protocol", "truncated")]
)
def test_it_is_the_same_when_it_comes_in_pieces(web: WebServer, name: str) -> None:
    """A broken chunk that comes after the head is where aiohttp forgets to tell whoever reads the body."""
    data, expected = FAULTS[name]
    cut = data.find(b"\r\n\r\n") + 4

    async def pieces(seen: Any, out: Any) -> None:
        for piece in (data[:cut], data[cut : cut + 9], data[cut + 9 :]):
            out.write(piece)
            await out.drain()
            await asyncio.sleep(0.01)
        out.close()

    assert (ask(web.on("/x", pieces)).error or "ok") == expected


def test_a_body_without_end_is_cut_at_the_limit(web: WebServer) -> None:
    async def endless(seen: Any, out: Any) -> None:
        out.write(CHUNKED)
        while True:
            out.write(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
            await out.drain()

    url = web.on("/x", endless)
    assert ask(url, Policy(allow_private=("127.0.0.1",), max_bytes=100_000)).error == "too-large"
    assert web.wait_until(lambda: web.inside == 0)


def test_the_budget_bounds_what_never_ends(web: WebServer) -> None:
    async def stall(seen: Any, out: Any) -> None:
        out.write(head(200, Content_Length=100) + b"<rss>")
        await hang(seen, out)

    urls = [web.on("/mute", hang), web.on("/stall", stall)]
    answers = list(fetch([Request(url, url, budget=0.2) for url in urls], OPEN))
    assert [outcome(a) for a in answers] == [("failed", None, "timeout")] * 2
    assert web.wait_until(lambda: web.cut_off == 2)


def test_nobody_listens_and_nobody_knows(web: WebServer) -> None:
    with WebServer() as closed:
        url = closed.url("/")
    assert ask(url).error == "connection"
    assert ask("http://nowhere.example/", lookup=names()).error == "dns"
    assert ask("http://nowhere.example/", lookup=names(nowhere="")).error == "dns"


@pytest.mark.parametrize(
    "headers", [{"X\n": "a"}, {"X": "a\r\nY: b"}, {"Host": "example.org"}, {"X": "é"}, {"": "a"}]
)
def test_headers_that_can_not_be_sent_are_named(headers: dict[str, str]) -> None:
    assert ask("http://127.0.0.1:1/", headers=headers).error == "bad-header"


# ------------------------------------------------------------------------------------------------------- redirects
def test_only_permanent_hops_move_a_source(web: WebServer) -> None:
    feed = web.on("/feed", reply(200, FEED))
    web.on("/1", redirect(301, "/2#part"))
    web.on("/2", redirect(308, feed))
    web.on("/3", redirect(301, "/4"))
    web.on("/4", redirect(302, "/feed"))
    answer = ask(web.url("/1"))
    assert (answer.outcome, answer.moved_to, answer.url) == ("body", feed, feed)
    answer = ask(web.url("/3"))
    assert (answer.outcome, answer.moved_to, answer.url) == ("body", None, feed)


def test_conditions_go_along_with_every_hop(web: WebServer) -> None:
    web.on("/old", redirect(301, "/feed"))
    web.on("/feed", conditional(FEED, '"v1"'))
    answer = ask(web.url("/old"), validators=Validators('"v1"'))
    assert (answer.outcome, answer.moved_to) == ("unchanged", web.url("/feed"))


def test_loops_and_long_chains_end(web: WebServer) -> None:
    web.on("/a", redirect(302, "/b"))
    web.on("/b", redirect(302, "/a"))
    assert ask(web.url("/a")).error == "redirect-loop"
    for n in range(9):
        web.on(f"/{n}", redirect(302, f"/{n + 1}"))
    web.on("/9", reply(200, FEED))
    assert ask(web.url("/4")).outcome == "body"
    assert ask(web.url("/3")).error == "too-many-redirects"


def test_410_behind_a_temporary_redirect_retires_nothing(web: WebServer) -> None:
    gone = web.on("/gone", reply(410))
    assert outcome(ask(web.on("/302", redirect(302, gone)))) == ("failed", 410, "http-410")
    assert outcome(ask(web.on("/301", redirect(301, gone)))) == ("gone", 410, "gone")


def test_secrets_stay_with_their_own_host(web: WebServer) -> None:
    lookup = names(one="127.0.0.1", two="127.0.0.1")
    policy = Policy(allow_private=("one.example", "two.example"))
    one, two = (web.url("/hop", f"{host}.example") for host in ("one", "two"))
    web.on("/feed", redirect(301, "/same"))
    web.on("/same", redirect(301, two))
    web.on("/hop", reply(200, FEED))
    login = one.replace("//", "//user:secret@").replace("/hop", "/feed")
    answer = ask(login, policy, lookup, headers={"X-Key": "secret"}, validators=Validators('"v"'))
    assert answer.outcome == "body"
    sent = {seen.path: (seen.headers.get("authorization"), seen.headers.get("x-key")) for seen in web.seen}
    assert sent["/feed"] == sent["/same"] == ("Basic dXNlcjpzZWNyZXQ=", "secret")
    assert sent["/hop"] == (None, None)
    # Adopting the new address would hand the secrets over in the next run.
    assert answer.moved_to is None
    assert "secret" not in repr(answer)


def test_secrets_stay_although_only_the_port_differs(web: WebServer) -> None:
    with WebServer() as other:
        web.on("/feed", redirect(307, other.on("/feed", reply(200, FEED))))
        assert ask(web.url("/feed"), headers={"X-Key": "secret"}).outcome == "body"
        assert "x-key" not in other.seen[0].headers
