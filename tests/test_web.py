"""The pages behind the links in letters."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import threading
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from bs4 import BeautifulSoup

from aggregator.errors import StoreError
from aggregator.model import Item, Occasion, Profile, Schedule, Subscriber
from aggregator.tokens import PREFERENCES, PREFERENCES_LAST, Signer
from aggregator.web import Site, create_app

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
ADA = Subscriber(
    id="r1",
    email="ada.lovelace@example.net",
    name="Ada Lovelace",
    profile=Profile(
        topics={"mentoring": 3, "cpd": 1}, keywords=("<b>RDA</b>",), languages=("en", "it"), mute=("jobs",)
    ),
    schedule=Schedule("weekly", 2, 8, "Europe/Rome"),
    token="a-token-that-nobody-can-guess-01",
)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@dataclass
class People:
    """Readers in memory."""

    readers: dict[str, Subscriber] = field(default_factory=lambda: {"r1": ADA})
    left_at: list[datetime] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    def find_by_token(self, token: str) -> Subscriber | None:
        self.threads.add(threading.get_ident())
        return next((reader for reader in self.readers.values() if reader.token == token), None)

    def get(self, subscriber_id: str) -> Subscriber | None:
        return self.readers.get(subscriber_id)

    def unsubscribe(self, token: str, at: datetime) -> Literal["left", "already", "unknown"]:
        reader = self.find_by_token(token)
        if reader is None:
            return "unknown"
        if reader.status == "left":
            return "already"
        self.readers[reader.id] = replace(reader, status="left")
        self.left_at.append(at)
        return "left"


class Locked(People):
    """A store that can't be used now."""

    def find_by_token(self, token: str) -> Subscriber | None:
        raise StoreError("the database is locked")


class Broken(People):
    """A store with a bug."""

    def find_by_token(self, token: str) -> Subscriber | None:
        raise KeyError(token)


@dataclass
class Items:
    """Items in memory: a meeting, and a post without dates."""

    held: dict[str, Item] = field(
        default_factory=lambda: {
            "meeting1": Item("meeting1", "s", title="Meeting", occasion=Occasion(starts=date(2027, 3, 3))),
            "post1": Item("post1", "s", title="A post"),
        }
    )
    asked: list[str] = field(default_factory=list)

    def get(self, ids: Iterable[str]) -> dict[str, Item]:
        wanted = list(ids)
        self.asked += wanted
        return {id: self.held[id] for id in wanted if id in self.held}


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Browser:
    """Asks the pages over ASGI, as the service is mounted in the world."""

    people: People = field(default_factory=People)
    site: Site = field(
        default_factory=lambda: Site(
            (TEMPLATES,),
            "Library digest",
            "help@example.org",
            {"mentoring": "Mentoring", "cpd": "CPD", "jobs": "Jobs"},
        )
    )
    clock: Clock = field(default_factory=Clock)
    items: Items = field(default_factory=lambda: Items())

    def __post_init__(self) -> None:
        self.signer = Signer(["s"], self.clock)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            app = create_app(self.people, self.signer, self.site, lambda: NOW, self.items)
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="https://digest.example.org") as client:
                return await client.request(method, path, **more)

        return asyncio.run(asked())

    def get(self, path: str) -> httpx.Response:
        return self.ask("GET", path)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("POST", path, **more)


@pytest.fixture
def browser() -> Browser:
    return Browser()


LEAVE = f"/unsubscribe/{ADA.token}"


def heading(response: httpx.Response) -> str:
    found = BeautifulSoup(response.text, "html.parser").h1
    assert found
    return found.get_text()


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
    assert browser.people.readers["r1"].status == "left"
    assert browser.people.left_at == [NOW]
    assert "set-cookie" not in response.headers


def test_once_more_changes_nothing_and_says_so(browser: Browser) -> None:
    browser.post(LEAVE, data=ONE_CLICK)
    response = browser.post(LEAVE, data=ONE_CLICK)
    assert response.status_code == 200
    assert heading(response) == "You had already left"
    assert "Nothing was changed" in response.text
    assert len(browser.people.left_at) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND"])
def test_whoever_opens_the_link_changes_nothing(browser: Browser, method: str) -> None:
    response = browser.ask(method, LEAVE)
    assert response.status_code == (200 if method in ("GET", "HEAD") else 405)
    assert set(response.headers.get("allow", "GET, HEAD, POST").split(", ")) == {"GET", "HEAD", "POST"}
    assert browser.people.readers["r1"] == ADA


def test_the_page_has_one_button_that_posts_where_it_is(browser: Browser) -> None:
    page = BeautifulSoup(browser.get(LEAVE).text, "html.parser")
    (form,) = page.find_all("form")
    assert form["method"] == "post"
    assert not form.has_attr("action")
    assert len(form.find_all("button")) == 1
    assert {field["name"]: field["value"] for field in form.find_all("input")} == ONE_CLICK


def test_the_page_of_somebody_who_left_says_so_and_has_no_button(browser: Browser) -> None:
    browser.post(LEAVE)
    response = browser.get(LEAVE)
    assert heading(response) == "You had already left"
    assert "<form" not in response.text


@pytest.mark.parametrize(
    "token", ["wrong", ADA.token.upper(), ADA.token[:-1], "a%00b", "%ED%A0%80", "é", "x" * 5000]
)
def test_a_wrong_token_is_told_the_truth(browser: Browser, token: str) -> None:
    for response in (browser.get(f"/unsubscribe/{token}"), browser.post(f"/unsubscribe/{token}", data=ONE_CLICK)):
        assert response.status_code == 404
        assert "Nothing was changed" in response.text
        assert "have left" not in response.text
    assert browser.people.readers["r1"] == ADA


def test_no_page_ever_redirects(browser: Browser) -> None:
    for path in (f"{LEAVE}/", "/unsubscribe", "/unsubscribe/", "/health/"):
        assert browser.post(path, data=ONE_CLICK).status_code == 404
    assert browser.people.readers["r1"] == ADA


@pytest.mark.parametrize("honest", [True, False])
def test_a_body_that_is_too_large_changes_nothing(browser: Browser, honest: bool) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 10_000

    response = browser.post(LEAVE, content=b"x" * 200_000 if honest else drip())
    assert response.status_code == 413
    assert browser.people.readers["r1"] == ADA


def test_a_database_that_is_locked_is_a_503_on_which_senders_try_again() -> None:
    for method in ("GET", "POST"):
        response = Browser(Locked()).ask(method, LEAVE)
        assert response.status_code == 503
        assert response.headers["retry-after"]
        assert "left" not in heading(response)


def test_a_bug_is_a_500_and_tells_nothing() -> None:
    response = Browser(Broken()).post(LEAVE)
    assert response.status_code == 500
    assert ADA.token not in response.text
    assert "KeyError" not in response.text


def test_the_store_is_asked_in_a_thread_of_its_own(browser: Browser) -> None:
    browser.get(LEAVE)
    browser.post(LEAVE)
    assert threading.get_ident() not in browser.people.threads


# ------------------------------------------------------------------------------------------------- preferences
def test_the_settings_are_shown_as_they_are(browser: Browser) -> None:
    response = browser.get(f"/preferences/{browser.signer.sign(PREFERENCES, 'r1')}")
    page = BeautifulSoup(response.text, "html.parser")
    rows = {row.dt.get_text(): row.dd.get_text() for row in page.select("dl div") if row.dt and row.dd}
    assert rows == {
        "Status": "Active: letters are sent",
        "Topics": "Mentoring (×3), CPD",
        "Muted topics": "Jobs",
        "Keywords": "<b>RDA</b>",
        "Languages": "en, it",
        "Frequency": "Every week",
        "Weekday": "Tuesday",
        "Hour": "08:00",
        "Time zone": "Europe/Rome",
    }
    assert "can't be changed here" in page.get_text()
    assert page.select_one('main a[href="mailto:help@example.org"]')
    (form,) = page.find_all("form")
    assert (form["method"], form["action"]) == ("post", f"../unsubscribe/{ADA.token}")


def test_the_button_of_the_settings_page_leads_out(browser: Browser) -> None:
    page = browser.get(f"/preferences/{browser.signer.sign(PREFERENCES, 'r1')}")
    action = BeautifulSoup(page.text, "html.parser").form["action"]  # type: ignore[index]
    assert heading(browser.post(str(page.url.join(str(action))), data=ONE_CLICK)) == "You have left"


@pytest.mark.parametrize(
    ("reader", "told"),
    [
        (replace(ADA, status="left"), "Left: no letters are sent"),
        (replace(ADA, status="suppressed"), "came back or was reported"),
        (replace(ADA, status="unconfirmed"), "Not confirmed yet"),
        (replace(ADA, paused_until=NOW), "paused until 23 November 2026"),
        (replace(ADA, profile=Profile(), schedule=Schedule("daily", 1, 7, "UTC")), "Every day"),
        (replace(ADA, token=""), "Active"),
    ],
)
def test_every_state_is_told(browser: Browser, reader: Subscriber, told: str) -> None:
    browser.people.readers["r1"] = reader
    response = browser.get(f"/preferences/{browser.signer.sign(PREFERENCES, 'r1')}")
    assert told in response.text
    assert ("<form" in response.text) == (reader.status != "left" and bool(reader.token))
    assert ("Weekday" in response.text) == (reader.schedule.frequency != "daily")


def test_an_expired_link_says_so_and_how_to_get_another(browser: Browser) -> None:
    signed = browser.signer.sign(PREFERENCES, "r1")
    browser.clock.now += PREFERENCES_LAST.total_seconds() + 1
    response = browser.get(f"/preferences/{signed}")
    assert response.status_code == 410
    assert "next letter" in response.text
    assert "Mentoring" not in response.text


def test_forged_foreign_and_erased_look_the_same(browser: Browser) -> None:
    tokens = ["forged", browser.signer.sign("confirm", "r1"), browser.signer.sign(PREFERENCES, "erased")]
    responses = [browser.get(f"/preferences/{token}") for token in tokens]
    assert {response.status_code for response in responses} == {404}
    assert len({response.text for response in responses}) == 1


# ---------------------------------------------------------------------------------------------- all pages alike
def everything(browser: Browser) -> list[httpx.Response]:
    """One answer of every kind."""
    signed = browser.signer.sign(PREFERENCES, "r1")
    responses = [browser.get(path) for path in ("/", "/health", "/nothing", LEAVE, f"/preferences/{signed}")]
    responses += [browser.ask("PUT", LEAVE), browser.post("/unsubscribe/unknown")]
    responses += [browser.post(LEAVE, content=b"x" * 200_000), browser.post(LEAVE), browser.post(LEAVE)]
    browser.clock.now += PREFERENCES_LAST.total_seconds() + 1
    responses += [
        browser.get(f"/preferences/{signed}"),
        Browser(Locked()).get(LEAVE),
        Browser(Broken()).get(LEAVE),
    ]
    return responses


def test_every_answer_is_guarded(browser: Browser) -> None:
    for response in everything(browser):
        headers = response.headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert "set-cookie" not in headers
        assert ADA.email not in response.text


def test_every_page_is_whole_and_asks_nobody_else_for_anything(browser: Browser) -> None:
    for response in everything(browser):
        if not response.headers["content-type"].startswith("text/html"):
            continue
        page = BeautifulSoup(response.text, "html.parser")
        assert response.text.startswith("<!doctype html>")
        assert page.html
        assert page.html["lang"] == "en"
        assert page.find("meta", {"name": "viewport"})
        assert page.title
        assert len(page.find_all("h1")) == 1
        assert not page.find_all(["script", "link", "img", "iframe"])
        assert not page.find_all(src=True)
        assert not page.find_all(style=True)  # the policy would drop it
        assert all(str(a["href"]).startswith("mailto:") for a in page.find_all("a"))
        assert "{{" not in response.text


def test_the_policy_admits_the_style_that_is_there(browser: Browser) -> None:
    response = browser.get("/")
    found = re.search(r"<style>(.*?)</style>", response.text, re.DOTALL)
    assert found
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in response.headers["content-security-policy"]


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
def test_the_contact_is_a_link_where_it_can_be_one(contact: str, href: str | None) -> None:
    browser = Browser(site=Site((TEMPLATES,), "A <b>title</b>", contact))
    page = BeautifulSoup(browser.get("/").text, "html.parser")
    assert [a["href"] for a in page.find_all("a")] == ([href] if href else [])
    assert not page.find_all("b")


def test_an_operators_own_template_wins(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "home.html").write_text("<!doctype html>our own page")
    browser = Browser(site=Site((tmp_path, TEMPLATES)))
    assert "our own page" in browser.get("/").text
    assert heading(browser.get(LEAVE)) == "Leave this list?"


# ---------------------------------------------------------------------------------------------------- calendars
def test_the_dates_of_an_item_are_a_calendar_for_whoever_has_the_address(browser: Browser) -> None:
    response = browser.get("/dates/meeting1.ics")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "UID:meeting1@aggregator\r\n" in response.text
    assert "set-cookie" not in response.headers
    again = browser.ask("GET", "/dates/meeting1.ics", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert browser.ask("HEAD", "/dates/meeting1.ics").status_code == 200


def test_a_cancelled_meeting_stays_and_says_so(browser: Browser) -> None:
    held = browser.items.held
    gone = Occasion(starts=date(2027, 3, 3), status="cancelled")
    held["meeting1"] = replace(held["meeting1"], occasion=gone, revision=1)
    text = browser.get("/dates/meeting1.ics").text
    assert ("STATUS:CANCELLED" in text, "SEQUENCE:1" in text) == (True, True)


@pytest.mark.parametrize("path", ["post1", "nobody", "..", "a%00b", "x" * 90, "meeting1%2F"])
def test_what_has_no_dates_has_no_calendar(browser: Browser, path: str) -> None:
    assert browser.get(f"/dates/{path}.ics").status_code == 404
    assert all(name in ("post1", "nobody") for name in browser.items.asked)
