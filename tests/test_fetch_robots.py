"""robots.txt is asked before pages, through the same guard and turns; and a form goes to its own host only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fetching import OPEN, ask, names, outcome
from hypothesis import example, given
from hypothesis import strategies as st
from webserver import Handler, Seen, WebServer, hang, raw, redirect, reply

from aggregator.fetch import CODES, Policy, fetch
from aggregator.fetch.robots import LARGEST, LONGEST_DELAY, rules_from
from aggregator.fetch.turns import Pace, Turns
from aggregator.model import Answer, Request

PAGE = b"<html><body>news</body></html>"
CLOSED = b"User-agent: *\nDisallow: /closed\n"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        server.on("*", reply(200, PAGE))
        yield server


def rules(text: bytes | str) -> Answer:
    body = text.encode() if isinstance(text, str) else text
    return Answer("robots.txt", "https://x.example/robots.txt", "body", 200, body)


def allows(text: bytes | str, path: str = "/closed/1") -> bool:
    return rules_from(rules(text)).refusal(f"https://x.example{path}") is None


# ------------------------------------------------------------------------------------------------------ over HTTP
def test_a_page_that_is_closed_to_programs_is_not_asked(web: WebServer) -> None:
    web.on("/robots.txt", reply(200, CLOSED))
    answer = ask(web.url("/closed/1"), robots=True)
    assert outcome(answer) == ("failed", None, "robots-disallowed")
    assert "/robots.txt" in answer.detail
    assert web.paths == ["/robots.txt"]
    assert "robots-disallowed" in CODES


def test_feeds_are_asked_without_it(web: WebServer) -> None:
    web.on("/robots.txt", reply(200, CLOSED))
    assert ask(web.url("/closed/feed")).outcome == "body"
    assert web.paths == ["/closed/feed"]


def test_it_is_asked_once_for_all_pages_of_a_host(web: WebServer) -> None:
    web.on("/robots.txt", reply(200, CLOSED))
    pages = ["/1", "/2", "/closed/3", "/4"]
    answers = list(fetch([Request(path, web.url(path), robots=True) for path in pages], OPEN))
    assert {a.key: a.error for a in answers} == {
        "/1": None,
        "/2": None,
        "/closed/3": "robots-disallowed",
        "/4": None,
    }
    assert web.paths[0] == "/robots.txt"
    assert sorted(web.paths) == ["/1", "/2", "/4", "/robots.txt"]


@pytest.mark.parametrize(
    ("robots", "error"),
    [
        (reply(404), None),
        (reply(401), None),
        (reply(403), None),
        (reply(410), None),
        (reply(204), None),
        (reply(200), None),
        (reply(200, b"<html>not found, says a friendly page</html>"), None),
        (redirect(302, "/robots.txt"), None),  # in a circle: not to be had, although its server answers
        (reply(429, Retry_After="60"), "robots-unreachable"),
        (reply(500), "robots-unreachable"),
        (reply(503), "robots-unreachable"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nUser-"), "robots-unreachable"),
        (raw(b"hello"), "robots-unreachable"),
    ],
)
def test_none_there_is_leave_and_not_to_be_had_is_none(web: WebServer, robots: Handler, error: str | None) -> None:
    web.on("/robots.txt", robots)
    answer = ask(web.url("/page"), robots=True)
    assert answer.error == error
    assert ("/page" in web.paths) == (error is None)


def test_how_long_to_stay_away_is_passed_on(web: WebServer) -> None:
    web.on("/robots.txt", reply(503, Retry_After="3600"))
    assert ask(web.url("/page"), robots=True).retry_after == timedelta(hours=1)


def test_a_host_that_is_not_there_is_said_so() -> None:
    assert ask("http://nobody.example/page", lookup=names(), robots=True).error == "dns"
    assert ask("http://inner.example/page", lookup=names(inner="10.0.0.1"), robots=True).error == "private-address"


def test_one_that_never_answers_costs_its_own_time_only(web: WebServer) -> None:
    web.on("/robots.txt", hang)
    policy = Policy(allow_private=("127.0.0.1",))
    requests = [Request("page", web.url("/page"), robots=True), Request("feed", web.url("/feed"))]
    answers = fetch(requests, policy)
    assert next(answers).key == "feed"
    answers.close()  # type: ignore[attr-defined]


def test_redirects_of_it_are_followed(web: WebServer) -> None:
    web.on("/robots.txt", redirect(301, "/one"))
    web.on("/one", redirect(302, "/two"))
    web.on("/two", reply(200, CLOSED))
    assert ask(web.url("/closed"), robots=True).error == "robots-disallowed"


def test_what_a_page_redirects_to_is_judged_too(web: WebServer) -> None:
    web.on("/robots.txt", reply(200, CLOSED))
    web.on("/open", redirect(302, "/closed/there"))
    assert ask(web.url("/open"), robots=True).error == "robots-disallowed"
    assert web.paths == ["/robots.txt", "/open"]


def test_an_address_that_cannot_be_written_ends_no_run(web: WebServer) -> None:
    web.on("/robots.txt", reply(200, CLOSED))
    broken, sound = Request("1", web.url("/\ud800"), robots=True), Request("2", web.url("/open"), robots=True)
    answers = {one.key: one.error for one in fetch([broken, sound], OPEN)}
    assert answers == {"1": "bad-address", "2": None}


def test_another_host_on_the_way_has_its_own(web: WebServer) -> None:
    with WebServer() as other:
        other.on("/robots.txt", reply(200, CLOSED))
        other.on("*", reply(200, PAGE))
        web.on("/robots.txt", reply(404))
        web.on("/moved", redirect(301, other.url("/closed")))
        assert ask(web.url("/moved"), robots=True).error == "robots-disallowed"
        assert other.paths == ["/robots.txt"]


def test_who_asks_for_pauses_is_asked_one_at_a_time(web: WebServer) -> None:
    async def slowly(seen: Seen, out: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)  # long enough for others to come in, if they may
        await reply(200, PAGE)(seen, out)

    web.on("/robots.txt", reply(200, b"User-agent: *\nCrawl-delay: 0.01"))
    web.on("*", slowly)
    answers = list(fetch([Request(str(n), web.url(f"/{n}"), robots=True) for n in range(4)], OPEN))
    assert {one.outcome for one in answers} == {"body"}
    assert web.most_inside == 1


# ---------------------------------------------------------------------------------------------------- what it says
@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", True),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow: /", False),
        ("\ufeffUser-agent: *\r\nDisallow: /closed\r\n", False),
        ("user-agent: AGGREGATOR\ndisallow: /closed", False),
        ("User-agent: aggregator\nAllow: /\nUser-agent: *\nDisallow: /", True),  # our own group wins
        ("User-agent: feed-aggregator-pro\nDisallow: /", True),
        ("User-agent: somebody\nUser-agent: *\nDisallow: /", False),
        ("User-agent: *\nUser-agent: somebody\nDisallow: /", False),
        ("User-agent: a\nDisallow: /x\n\nUser-agent: b\nDisallow: /", True),
        ("User-agent: *\nDisallow: /\nAllow: /closed/1", True),  # the longer rule
        ("User-agent: *\nDisallow: /*/1$", False),
        ("User-agent: *\nDisallow: /clos%65d", False),
        ("nonsense\n\x00\nUser-agent: *\nDisallow: /closed # a comment", False),
    ],
)
def test_what_rules_say(text: str, allowed: bool) -> None:
    assert allows(text) is allowed


def test_only_the_beginning_of_a_huge_one_counts() -> None:
    assert allows(b"#" * LARGEST + b"\nUser-agent: *\nDisallow: /")
    assert not allows(b"User-agent: *\nDisallow: /\n" + b"#" * LARGEST)


def test_thousands_of_names_in_one_group_are_one() -> None:
    """Each name would get each rule: minutes for one file within the size that must be read."""
    many = "".join(f"User-agent: robot{n}\n" for n in range(12_000)) + "Disallow: /closed\n" * 12_000
    found = rules_from(rules(many + "User-agent: *\nDisallow: /closed"))
    assert len(found.said._user_agents) == 2  # type: ignore[union-attr]
    assert found.refusal("https://x.example/closed") is not None


@given(st.binary(max_size=300), st.text(max_size=30))
@example(b"/", "\ud800")
@example(b"/", "//[")
def test_no_file_and_no_address_breaks_it(body: bytes, path: str) -> None:
    found = rules_from(rules(b"User-agent: *\nDisallow: " + body))
    refusal = found.refusal(f"https://x.example/{path}")
    assert refusal is None or refusal.code in ("robots-disallowed", "bad-address")
    assert 0 <= found.delay <= LONGEST_DELAY


@pytest.mark.parametrize(
    ("said", "delay"),
    [("3", 3.0), ("0.5", 0.5), ("86400", LONGEST_DELAY), ("-1", 0.0), ("soon", 0.0), ("nan", 0.0)],
)
def test_the_pause_that_is_asked_for_is_bounded(said: str, delay: float) -> None:
    assert rules_from(rules(f"User-agent: *\nCrawl-delay: {said}")).delay == delay


def test_a_slower_pace_holds_from_the_last_start_on() -> None:
    turns: Turns[str] = Turns(64, 20.0)
    fast = Pace(2, 1.0)
    turns.add("robots", "a", fast)
    assert turns.take(0.0) == "robots"
    for job in ("1", "2"):
        turns.add(job, "a", fast.slowed(5.0))
    turns.done("a", 0.5)
    assert [turns.take(1.0), turns.take(4.9), turns.take(5.0)] == [None, None, "1"]
    turns.add("feed", "a", fast)  # everything of that host keeps to it
    turns.done("a", 6.0)
    assert [turns.take(9.9), turns.take(10.0)] == [None, "2"]
    assert fast.slowed(0.0) is fast


def test_after_the_deadline_neither_is_asked(web: WebServer) -> None:
    policy = Policy(allow_private=("127.0.0.1",), deadline=0.0)
    answers = list(fetch([Request(str(n), web.url("/page"), robots=True) for n in range(3)], policy))
    assert {(one.outcome, one.error) for one in answers} == {("postponed", "deadline")}
    assert web.seen == []


# ------------------------------------------------------------------------------------------------------- patience
def in_turn(*handlers: Handler) -> Handler:
    """The handlers one after the other, the last for good."""
    left = list(handlers)

    async def handler(seen: Seen, out: asyncio.StreamWriter) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(seen, out)

    return handler


@pytest.mark.parametrize("status", [429, 503])
def test_who_is_patient_comes_back_when_told(web: WebServer, status: int) -> None:
    web.on("/list", in_turn(reply(status, Retry_After="0"), reply(status, Retry_After="0"), reply(200, PAGE)))
    assert outcome(ask(web.url("/list"), patient=True)) == ("body", 200, None)
    assert web.paths == ["/list"] * 3


def test_nobody_is_waited_for_without_end(web: WebServer) -> None:
    url = web.on("/list", reply(503, Retry_After="0"))
    answer = ask(url, Policy(allow_private=("127.0.0.1",), patience=3.0), patient=True)
    assert outcome(answer) == ("failed", 503, "http-503")
    assert len(web.seen) == 4
    for slow in ({"Retry_After": "3600"}, {}):
        web.on("/slow", reply(503, **slow))
        assert ask(web.url("/slow"), patient=True).error == "http-503"
    assert ask(url).error == "http-503"  # others have their answer at once
    assert len(web.seen) == 7


# ---------------------------------------------------------------------------------------------------------- forms
FORM = {"wstoken": "secret", "criteriavalue": "a b&c"}


def test_a_form_is_posted_and_its_key_is_in_no_address(web: WebServer) -> None:
    answer = ask(web.url("/server.php"), form=FORM)
    assert answer.outcome == "body"
    [seen] = web.seen
    assert (seen.method, seen.path) == ("POST", "/server.php")
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.body == b"wstoken=secret&criteriavalue=a+b%26c"
    assert "secret" not in answer.url + answer.detail


@pytest.mark.parametrize(("status", "method", "body"), [(307, "POST", True), (308, "POST", True), (303, "GET", False),
                                                        (301, "GET", False), (302, "GET", False)])  # fmt: skip
def test_within_its_host_a_form_is_sent_again_only_where_http_says_so(
    web: WebServer, status: int, method: str, body: bool
) -> None:
    web.on("/old", redirect(status, "/new"))
    assert ask(web.url("/old"), form=FORM).outcome == "body"
    assert (web.seen[1].method, bool(web.seen[1].body)) == (method, body)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_carries_a_form_to_another_host(web: WebServer, status: int) -> None:
    with WebServer() as other:
        web.on("/server.php", redirect(status, other.url("/server.php")))
        answer = ask(web.url("/server.php"), form=FORM)
        assert outcome(answer) == ("failed", None, "redirect-form")
        assert answer.moved_to is None
        assert other.seen == []
