"""What is asked without a client in between has the same answer as from the full client, whatever comes back."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fetching import FEED, OPEN, ask, names
from hypothesis import given, settings
from hypothesis import strategies as st
from webserver import Seen, WebServer, raw, reply

from aggregator.fetch import Policy, fetch
from aggregator.fetch.lean import Lean, Response
from aggregator.model import Answer, Request, Validators

HELD = Validators('"1"', "Mon, 02 Nov 2026 08:00:00 GMT")
OK = b"HTTP/1.1 200 OK\r\n"
NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\n"
PACKED = gzip.compress(FEED)
COUNTED = b"Content-Length: %d\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"

# What servers send, and whether it is plain enough to be taken without the full client.
SENT: dict[str, tuple[bytes, bool]] = {
    "unchanged": (NOT_MODIFIED + b'ETag: "2"\r\nCache-Control: max-age=60\r\nCache-Control: private\r\n\r\n', True),
    "unchanged-with-length": (NOT_MODIFIED + COUNTED % 99 + b"\r\n", True),
    "unchanged-closing": (NOT_MODIFIED + b"Connection: close\r\n\r\n", True),
    "unchanged-old": (NOT_MODIFIED.replace(b"1.1", b"1.0") + b"\r\n", False),
    "counted": (OK + COUNTED % len(FEED) + b"Content-Type: text/xml\r\n\r\n" + FEED, True),
    "counted-more": (OK + COUNTED % len(FEED) + b"\r\n" + FEED + b"GARBAGE", False),
    "counted-less": (OK + COUNTED % (len(FEED) + 9) + b"\r\n" + FEED, False),
    "counted-twice": (OK + COUNTED % 3 + COUNTED % len(FEED) + b"\r\n" + FEED, False),
    "counted-badly": (OK + b"Content-Length: +7\r\n\r\n" + FEED, False),
    "counted-and-chunked": (OK + COUNTED % 5 + CHUNKED + b"\r\n0\r\n\r\n", False),
    "chunked": (OK + CHUNKED + b"\r\n3\r\n<rs\r\n3;x=y\r\ns/>\r\n0\r\n\r\n", True),
    "chunked-with-trailer": (OK + CHUNKED + b"\r\n6\r\n<rss/>\r\n0\r\nX: y\r\n\r\n", False),
    "chunked-badly": (OK + CHUNKED + b"\r\nzz\r\n<rss/>\r\n0\r\n\r\n", False),
    "chunked-short": (OK + CHUNKED + b"\r\n6\r\n<rs", False),
    "chunked-long": (OK + CHUNKED + b"\r\n2\r\n<rss/>\r\n0\r\n\r\n", False),
    "to-the-end": (OK + b"Connection: close\r\n\r\n" + FEED, True),
    "empty": (OK + COUNTED % 0 + b"\r\n", True),
    "none": (b"HTTP/1.1 204 No Content\r\n\r\n", True),
    "gzip": (OK + b"Content-Encoding: gzip\r\n" + COUNTED % len(PACKED) + b"\r\n" + PACKED, True),
    "gzip-cut": (OK + b"Content-Encoding: gzip\r\n" + COUNTED % 20 + b"\r\n" + PACKED[:20], True),
    "gzip-bomb": (OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(9 << 20)), True),
    "deflate": (OK + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(FEED), True),
    "brotli": (OK + b"Content-Encoding: br\r\n" + COUNTED % 3 + b"\r\nabc", True),
    "too-large": (OK + COUNTED % (9 << 20) + b"\r\n", True),
    "gone": (b"HTTP/1.1 410 Gone\r\n" + COUNTED % 4 + b"\r\ngone", True),
    "busy": (b"HTTP/1.1 429 \r\nRetry-After: 7\r\n" + COUNTED % 0 + b"\r\n", True),
    "links": (OK + b"Link: </a>; rel=prev\r\nlink: </b>; rel=next\r\n" + COUNTED % 6 + b"\r\n<rss/>", True),
    "folded": (OK + b"X: a\r\n b\r\n" + COUNTED % 6 + b"\r\n<rss/>", False),
    "bare-lines": ((OK + COUNTED % 6 + b"\r\n").replace(b"\r\n", b"\n") + b"<rss/>", False),
    "space-before-colon": (OK + b"ETag : x\r\n" + COUNTED % 6 + b"\r\n<rss/>", False),
    "latin": (OK + b"X: caf\xe9\r\nETag: \"\xe9\"\r\n" + COUNTED % 6 + b"\r\n<rss/>", False),
    "long-field": (OK + b"X: " + b"x" * 40_000 + b"\r\n\r\n", False),
    "hint": (b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK + COUNTED % 6 + b"\r\n<rss/>", False),
    "nothing": (b"", False),
    "no-http": (b"220 smtp.example.org ESMTP\r\n\r\n", False),
}  # fmt: skip


@pytest.fixture(scope="module")
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


async def fully(self: Lean, target: object, headers: object) -> Response | None:
    return None


def both(url: str, policy: Policy = OPEN) -> tuple[Answer, Answer]:
    """The answer as it comes, and that of the full client."""
    first = ask(url, policy, validators=HELD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lean, "get", fully)
        second = ask(url, policy, validators=HELD)
    return replace(first, seconds=0.0), replace(second, seconds=0.0)


@pytest.mark.parametrize("name", SENT)
def test_the_answer_is_that_of_the_full_client(web: WebServer, name: str) -> None:
    sent, is_plain = SENT[name]
    before = len(web.seen)
    first, second = both(web.on(f"/{name}", raw(sent)))
    assert first == second
    assert (len(web.seen) - before == 2) is is_plain


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.1 304 Not Modified", b"HTTP/1.1 301 Moved", b"HTTP/1.1 999 x"]),
    st.lists(
        st.sampled_from([
            b"Content-Length: 6", b"content-length:6 ", b"Transfer-Encoding: chunked", b"Content-Encoding: gzip",
            b"Connection: close", b"Location: /elsewhere", b"ETag: W/\"5\"", b"Age: 7", b"X-Odd: \x01", b"no colon",
            b"Cache-Control: max-age=9", b"Cache-Control: no-cache", b": empty", b"Transfer-Encoding: gzip",
        ]),
        max_size=4,
    ),
    st.sampled_from([b"<rss/>", b"6\r\n<rss/>\r\n0\r\n\r\n", b"", b"<rss/>more"]),
)  # fmt: skip
def test_any_head_has_one_answer(web: WebServer, status: bytes, fields: list[bytes], body: bytes) -> None:
    web.seen.clear()
    web.on("/elsewhere", reply(404))
    first, second = both(web.on("/any", raw(b"\r\n".join([status, *fields, b"", body]))))
    if b"301" in status:  # its body is none of our business, and may be broken
        assert first.outcome == second.outcome == "failed"
    else:
        assert first == second


def test_both_say_the_same(web: WebServer) -> None:
    path = "/a/b;c?q=%2C~!$&()*+,;=:@/?"
    web.on(path, reply(304))
    before = len(web.seen)
    both(web.url(path))
    one, other = web.seen[before:]
    assert one.path == other.path == path
    assert one.headers == other.headers


def test_connections_are_used_again(web: WebServer) -> None:
    for number in range(5):
        web.on(f"/again/{number}", reply(304))
    before = web.connections
    policy = replace(OPEN, open_per_host=1)
    requests = [Request(str(number), web.url(f"/again/{number}"), HELD) for number in range(5)]
    assert {answer.outcome for answer in fetch(requests, policy)} == {"unchanged"}
    assert web.connections == before + 1


def test_no_private_address_is_connected_to_by_its_name(web: WebServer) -> None:
    before = web.connections
    lookup = names(inside="127.0.0.1", mixed="93.184.216.34 10.0.0.1 127.0.0.1")
    for host in ("inside", "mixed"):
        url = web.url("/", f"{host}.example")
        answer = next(iter(fetch([Request("k", url, budget=1.0)], Policy(), lookup)))
        assert answer.outcome == "failed"
    assert web.connections == before


def test_a_plain_run_needs_no_client(web: WebServer, tmp_path: Path) -> None:
    web.on("/plain", reply(304))
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "from aggregator.fetch import Policy, fetch\n"
        "from aggregator.model import Request, Validators\n"
        "request = Request('k', sys.argv[1], Validators('x'))\n"
        "print([a.outcome for a in fetch([request], Policy(allow_private=('127.0.0.1',)))])\n"
        "print(sorted({'httpx', 'aiohttp', 'sqlalchemy', 'pydantic'} & set(sys.modules)))\n"
    )
    command = [sys.executable, str(script), web.url("/plain")]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == ["['unchanged']", "[]"]


def test_whoever_answers_slowly_is_cut_off_in_time(web: WebServer) -> None:
    async def half(seen: Seen, out: object) -> None:
        import asyncio

        assert isinstance(out, asyncio.StreamWriter)
        out.write(OK + COUNTED % 100 + b"\r\n<rss>")
        await asyncio.sleep(60)

    answer = ask(web.on("/half", half), budget=0.3)
    assert (answer.outcome, answer.error) == ("failed", "timeout")
