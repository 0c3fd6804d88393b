"""The pages behind the links in letters."""

from __future__ import annotations

import re
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import FEEDS, NOW, Browser, browsing, heading, soup, with_store
from starlette.requests import Request

from aggregator.dedupe import Changes
from aggregator.errors import StoreError
from aggregator.model import Item, Occasion, Profile, Schedule, SourceState, Subscriber
from aggregator.store import Subscribers
from aggregator.tokens import PREFERENCES, PREFERENCES_LAST, PRIVATE_LAST
from aggregator.web.app import contact_url
from aggregator.web.forms import NotAForm, fields_of, is_ours
from aggregator.web.limits import Limits, network_of

ADA = Subscriber(
    id="r1",
    email="ada.lovelace@example.net",
    name="Ada Lovelace",
    profile=Profile(
        topics={"mentoring": 3, "cpd": 1}, keywords=("<b>RDA</b>",), languages=("en", "it"), mute=("jobs",)
    ),
    schedule=Schedule("weekly", 2, 8, "Europe/Rome"),
    token="a-token-that-nobody-can-guess-01",
    signed_up_at=NOW,
)
ITEMS = (
    Item("meeting1", "shelf", title="Meeting", first_seen_at=NOW, occasion=Occasion(starts=date(2027, 3, 3))),
    Item("post1", "shelf", title="A post", first_seen_at=NOW),
)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class Locked(Subscribers):
    """Readers of a store that can't be used now."""

    def find_by_token(self, token: str) -> Subscriber | None:
        raise StoreError("the database is locked")

    def unsubscribe(self, token: str, at: object) -> Any:
        raise StoreError("the database is locked")


class Broken(Subscribers):
    """Readers of a store with a bug."""

    def find_by_token(self, token: str) -> Subscriber | None:
        raise KeyError(token)

    def unsubscribe(self, token: str, at: object) -> Any:
        raise KeyError(token)


@dataclass(frozen=True)
class Watched(Subscribers):
    """Readers that remember from which threads they were asked."""

    threads: set[int] | None = None

    def find_by_token(self, token: str) -> Subscriber | None:
        assert self.threads is not None
        self.threads.add(threading.get_ident())
        return super().find_by_token(token)


def hold(browser: Browser, *items: Item) -> None:
    state = SourceState("shelf", "https://shelf.example.org/feed", last_visit_at=NOW)
    browser.app.store.sources.record([state], Changes(new=items), NOW, "rules")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path) as browser:
        browser.save(ADA)
        yield browser


LEAVE = f"/unsubscribe/{ADA.token}"


def status(browser: Browser) -> str:
    reader = browser.reader("r1")
    assert reader
    return reader.status


# ---------------------------------------------------------------------------------------------------- leaving
@pytest.mark.parametrize(
    "body",
    [
        {"data": ONE_CLICK},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
        {"content": b"something else", "headers": {"Content-Type": "text/plain"}},
    ],
)
def test_one_click_leaves_at_once_without_cookie_login_or_redirect(browser: Browser, body: dict[str, Any]) -> None:
    response = browser.post(LEAVE, **body)
    assert response.status_code == 200
    assert heading(response) == "You have left"
    assert status(browser) == "left"
    assert browser.app.store.subscribers.suppressed([ADA.email]) == {ADA.email: "left"}
    assert "set-cookie" not in response.headers


def test_once_more_changes_nothing_and_says_so(browser: Browser) -> None:
    browser.post(LEAVE, data=ONE_CLICK)
    response = browser.post(LEAVE, data=ONE_CLICK)
    assert response.status_code == 200
    assert heading(response) == "You had already left"
    assert "Nothing was changed" in response.text


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND"])
def test_whoever_opens_the_link_changes_nothing(browser: Browser, method: str) -> None:
    response = browser.ask(method, LEAVE)
    assert response.status_code == (200 if method in ("GET", "HEAD") else 405)
    assert set(response.headers.get("allow", "GET, HEAD, POST").split(", ")) == {"GET", "HEAD", "POST"}
    assert browser.reader("r1") == ADA


def test_the_page_has_one_button_that_posts_where_it_is(browser: Browser) -> None:
    page = soup(browser.get(LEAVE))
    (form, *others) = page.find_all("form")
    assert [other["action"] for other in others] == [f"{LEAVE}/less?lang=en"]
    assert form["method"] == "post"
    assert not form.has_attr("action")
    assert len(form.find_all("button")) == 1
    assert {field["name"]: field["value"] for field in form.find_all("input")} == ONE_CLICK


def test_the_page_of_somebody_who_left_says_so_and_leads_back(browser: Browser) -> None:
    browser.post(LEAVE)
    response = browser.get(LEAVE)
    assert heading(response) == "You had already left"
    assert [form["action"] for form in soup(response).find_all("form")] == [f"{LEAVE}/back?lang=en"]


@pytest.mark.parametrize(
    "token", ["wrong", ADA.token.upper(), ADA.token[:-1], "a%00b", "%ED%A0%80", "é", "x" * 5000]
)
def test_a_wrong_token_is_told_the_truth(browser: Browser, token: str) -> None:
    for response in (browser.get(f"/unsubscribe/{token}"), browser.post(f"/unsubscribe/{token}", data=ONE_CLICK)):
        assert response.status_code == 404
        assert "Nothing was changed" in response.text
        assert "have left" not in response.text
    assert browser.reader("r1") == ADA


def test_no_page_ever_redirects(browser: Browser) -> None:
    for path in (f"{LEAVE}/", "/unsubscribe", "/unsubscribe/", "/health/"):
        assert browser.post(path, data=ONE_CLICK).status_code == 404
    assert browser.reader("r1") == ADA


@pytest.mark.parametrize("honest", [True, False])
def test_a_body_that_is_too_large_changes_nothing(browser: Browser, honest: bool) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 10_000

    response = browser.post(LEAVE, content=b"x" * 200_000 if honest else drip())
    assert response.status_code == 413
    assert browser.reader("r1") == ADA


def test_a_database_that_is_locked_is_a_503_on_which_senders_try_again(browser: Browser) -> None:
    for method in ("GET", "POST"):
        response = with_store(browser, subscribers=Locked(browser.app.store.engine)).ask(method, LEAVE)
        assert response.status_code == 503
        assert response.headers["retry-after"]
        assert "left" not in heading(response)


def test_a_bug_is_a_500_and_tells_nothing(browser: Browser) -> None:
    response = with_store(browser, subscribers=Broken(browser.app.store.engine)).post(LEAVE)
    assert response.status_code == 500
    assert ADA.token not in response.text
    assert "KeyError" not in response.text


def test_the_store_is_asked_in_a_thread_of_its_own(browser: Browser) -> None:
    threads: set[int] = set()
    watched = with_store(browser, subscribers=Watched(browser.app.store.engine, threads))
    watched.get(LEAVE)
    assert threads
    assert threading.get_ident() not in threads


# -------------------------------------------------------------------------------------------------------- keys
def test_an_expired_link_says_so_and_how_to_get_another(browser: Browser) -> None:
    signed = browser.key(ADA)
    browser.clock.now += PREFERENCES_LAST.total_seconds() + 1
    response = browser.get(f"/preferences/{signed}")
    assert response.status_code == 410
    assert "next letter" in response.text
    assert "Mentoring" not in response.text


def test_forged_foreign_and_erased_look_the_same(browser: Browser) -> None:
    signer = browser.app.signer
    tokens = ["forged", signer.sign("confirm", "r1"), signer.sign(PREFERENCES, "erased"), "a%00b", "é", "x" * 5000]
    responses = [browser.get(f"/preferences/{token}") for token in tokens]
    assert {response.status_code for response in responses} == {404}
    assert len({response.text.replace(token, "") for token, response in zip(tokens, responses, strict=True)}) == 1


def test_a_reader_can_make_every_earlier_link_void(browser: Browser) -> None:
    old = browser.my(ADA, "/preferences")
    browser.save(replace(ADA, links=1))
    assert browser.get(old).status_code == 404
    assert browser.get(browser.my(replace(ADA, links=1), "/preferences")).status_code == 200
    assert heading(browser.get(LEAVE)) == "Leave this list?", "leaving never ends"


def test_a_mailed_key_opens_all_of_ones_pages_and_not_for_long(browser: Browser) -> None:
    path = browser.my(ADA, "/preferences", private=True)
    assert browser.get(path).status_code == 200
    browser.clock.now += PRIVATE_LAST.total_seconds() + 1
    assert browser.get(path).status_code == 410


# ---------------------------------------------------------------------------------------------- all pages alike
def everything(browser: Browser) -> list[httpx.Response]:
    """One answer of every kind."""
    mine = browser.my(ADA, "/preferences")
    responses = [browser.get(path) for path in ("/", "/health", "/nothing", LEAVE, mine, mine + "?lang=it")]
    responses += [browser.ask("PUT", LEAVE), browser.post("/unsubscribe/unknown")]
    responses += [browser.post(LEAVE, content=b"x" * 200_000), browser.post(LEAVE), browser.post(LEAVE)]
    engine = browser.app.store.engine
    browser.clock.now += PREFERENCES_LAST.total_seconds() + 1
    return [
        *responses,
        browser.get(mine),
        with_store(browser, subscribers=Locked(engine)).get(LEAVE),
        with_store(browser, subscribers=Broken(engine)).get(LEAVE),
    ]


def test_every_answer_is_guarded(browser: Browser) -> None:
    for response in everything(browser):
        headers = response.headers
        policy = headers["content-security-policy"].split("; ")
        assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "script-src 'self'"} <= set(
            policy
        )
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "max-age=" in headers["strict-transport-security"]
        assert "set-cookie" not in headers
        assert ADA.email not in response.text
        public = response.url.path == "/"
        assert headers["cache-control"] == ("public, max-age=300" if public else "no-store")
        assert ("x-robots-tag" in headers) != public


def test_every_page_is_whole_and_asks_nobody_else_for_anything(browser: Browser) -> None:
    for response in everything(browser):
        if not response.headers["content-type"].startswith("text/html"):
            continue
        page = soup(response)
        assert response.text.startswith("<!doctype html>")
        assert page.html
        assert page.html["lang"] == ("it" if response.url.query else "en")
        assert page.find("meta", {"name": "viewport"})
        assert page.title
        assert len(page.find_all("h1")) == 1
        assert not page.find_all(["img", "iframe"])
        assert not page.find_all(style=True)  # the policy would drop it
        scripts = [one for one in page.find_all("script") if one.get("type") != "application/ld+json"]  # no script
        assert not [script for script in scripts if not script.get("src")]
        addresses = [str(a["href"]) for a in page.find_all(href=True) if a.get("rel") != ["canonical"]] + [
            str(s["src"]) for s in page.find_all(src=True)
        ]
        assert all(
            re.match(r"/(?!/)|[?#]|mailto:|https://digest\.example\.org/", address) for address in addresses
        ), addresses
        assert "{{" not in response.text


def test_style_has_an_address_that_changes_with_it_and_may_be_kept(browser: Browser) -> None:
    [link] = soup(browser.get("/")).find_all("link", rel="stylesheet")
    response = browser.get(str(link["href"]))
    assert response.headers["content-type"].startswith("text/css")
    assert "max-age=31536000" in response.headers["cache-control"]
    for name in ("nothing.css", "..%2Fbase.html", "%2e%2e", "base.html"):
        assert browser.get(f"/static/{name}").status_code == 404


# ------------------------------------------------------------------------------------------------------ language
@pytest.mark.parametrize(
    ("header", "expected"),
    [("it", "it"), ("it-CH, de;q=0.9", "it"), ("de, it;q=0.4, en;q=0.2", "it"), ("de", "en"), ("*", "en"), ("", "en"),
     ("it;q=0, en", "en"), ("en;q=0.5, it;q=0.8", "it"), (";;;,,q=", "en")],
)  # fmt: skip
def test_the_browser_says_in_which_language(browser: Browser, header: str, expected: str) -> None:
    response = browser.get("/", headers={"Accept-Language": header})
    assert soup(response).html["lang"] == expected  # type: ignore[index]
    assert response.headers["vary"] == "Accept-Language"


def test_an_address_can_say_it_and_a_readers_pages_are_in_the_readers(browser: Browser) -> None:
    assert heading(browser.get(LEAVE + "?lang=it")) == "Lasciare questa lista?"
    untranslated = soup(browser.get(LEAVE + "?lang=ar")).html
    assert untranslated
    assert (untranslated["lang"], untranslated["dir"]) == ("en", "ltr"), "Arabic knows the letter only"
    browser.save(replace(ADA, language="it"))
    page = browser.get(browser.my(ADA, "/preferences"), headers={"Accept-Language": "en"})
    assert heading(page) == "Che cosa ricevo"


# --------------------------------------------------------------------------------------- forms from our pages only
@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://digest.example.org"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "https://digest.example.org.evil.example"}, False),
        ({"Origin": "null"}, False),
    ],
)
def test_a_form_of_another_site_is_not_taken(browser: Browser, headers: dict[str, str], taken: bool) -> None:
    request = Request({"type": "http", "method": "POST", "path": "/", "scheme": "https", "server": ("digest.example.org", 443),
                       "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()]})  # fmt: skip
    assert is_ours(request, "https://digest.example.org") is taken


def test_fields_are_text_without_control_characters() -> None:
    form = fields_of("a=1&a=2&b=%00x%1b%0d%0ay%20&c=")
    assert form.all("a") == ("1", "2")
    assert (form.get("b"), form.get("c", "z"), form.get("d", "z"), "c" in form) == ("x\ny", "", "z", True)
    with pytest.raises(NotAForm):
        fields_of("&".join(f"f{n}=" for n in range(2000)))


def test_a_bucket_fills_again() -> None:
    at = [0.0]
    limits = Limits(lambda: at[0])
    assert [limits.wait("mail", "a", 2, 60) for _ in range(3)] == [0, 0, 30]
    assert limits.wait("mail", "b", 2, 60) == 0
    at[0] = 30
    assert limits.wait("mail", "a", 2, 60) == 0


@pytest.mark.parametrize(
    ("host", "network"),
    [("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("::ffff:192.0.2.7", "192.0.2.0/24"),
     ("fe80::1%eth0", "fe80::/48"), ("testclient", ""), (None, "")],
)  # fmt: skip
def test_clients_are_counted_by_network(host: str | None, network: str) -> None:
    assert network_of(host) == network


def test_health(browser: Browser) -> None:
    response = browser.get("/health")
    assert (response.status_code, response.text.strip()) == (200, "ok")


@pytest.mark.parametrize(
    ("contact", "href"),
    [
        ("help@example.org", "mailto:help@example.org"),
        ("mailto:help@example.org", "mailto:help@example.org"),
        ("https://example.org/contact", "https://example.org/contact"),
        ("The enquiry desk", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_the_contact_is_a_link_where_it_can_be_one(tmp_path: Path, contact: str, href: str | None) -> None:
    assert contact_url(contact) == (href or "")
    title = "editions: {digest: {title: 'A <b>title</b>'}}"
    with browsing(tmp_path, f"{FEEDS}{title}\n", contact=contact) as browser:
        page = soup(browser.get("/"))
        assert [a["href"] for a in page.select("footer p a")] == ([href] if href else [])
        assert not page.find_all("b")


def test_an_operators_own_template_wins(tmp_path: Path) -> None:
    (tmp_path / "own" / "web").mkdir(parents=True)
    (tmp_path / "own" / "web" / "home.html").write_text("<!doctype html>our own page")
    with browsing(tmp_path, templates=tmp_path / "own") as browser:
        browser.save(ADA)
        assert "our own page" in browser.get("/").text
        assert heading(browser.get(LEAVE)) == "Leave this list?"


# ---------------------------------------------------------------------------------------------------- calendars
def test_the_dates_of_an_item_are_a_calendar_for_whoever_has_the_address(browser: Browser) -> None:
    hold(browser, *ITEMS)
    response = browser.get("/dates/meeting1.ics")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "UID:meeting1@aggregator\r\n" in response.text
    assert "set-cookie" not in response.headers
    again = browser.ask("GET", "/dates/meeting1.ics", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert browser.ask("HEAD", "/dates/meeting1.ics").status_code == 200


def test_a_cancelled_meeting_stays_and_says_so(browser: Browser) -> None:
    gone = Occasion(starts=date(2027, 3, 3), status="cancelled")
    hold(browser, replace(ITEMS[0], occasion=gone, revision=1))
    text = browser.get("/dates/meeting1.ics").text
    assert "STATUS:CANCELLED" in text


@pytest.mark.parametrize("path", ["post1", "nobody", "..", "a%00b", "x" * 90, "meeting1%2F"])
def test_what_has_no_dates_has_no_calendar(browser: Browser, path: str) -> None:
    hold(browser, *ITEMS)
    assert browser.get(f"/dates/{path}.ics").status_code == 404
