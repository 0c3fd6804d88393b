"""What strangers, other sites, scanners and forged links try: nothing changes, and nothing is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browsing import NOW, Browser, browsing, soup

from aggregator.model import Profile, Subscriber
from aggregator.store import Consent, Move
from aggregator.tokens import confirm_key, move_key
from aggregator.web import create_app

ANN = Subscriber(
    "r1",
    "ann@lib.example",
    "<script>alert(1)</script>",
    Profile(topics={"cpd": 1}),
    token="t" * 32,
    signed_up_at=NOW,
)
EVE = Subscriber("r2", "eve@lib.example", token="u" * 32, signed_up_at=NOW)
NEW = Subscriber("r3", "new@lib.example", status="unconfirmed", token="v" * 32, signed_up_at=NOW)
# Forms of a reader that change something, with what they say.
FORMS = {
    "/pause": {"until": "2026-12-24"},
    "/statistics": {"agree": "yes"},
    "/fresh": {"back": "/my/x/data"},
    "/address": {"email": "new@other.example"},
    "/data/erase": {"sure": "yes"},
    "/data/links": {},
}


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path) as browser:
        for reader in (ANN, EVE, NEW):
            browser.save(reader)
        yield browser


def doors(browser: Browser) -> dict[str, str]:
    """A key that opens it for each page that is not a reader's own: all of them change something by POST."""
    store, signer = browser.app.store, browser.app.signer
    [place] = store.consents.note(Consent("r3", "letters", "asked", NOW, "/sign-up"))
    store.moves.begin(Move("r1", "new@other.example", "m" * 16, NOW))
    return {
        "/confirm/{key}": f"/confirm/{confirm_key(signer, 'r3', place)}",
        "/move/{key}": f"/move/{move_key(signer, 'r1', 'm' * 16, 'new')}",
        "/unsubscribe/{token}": f"/unsubscribe/{ANN.token}",
        "/unsubscribe/{token}/less": f"/unsubscribe/{ANN.token}/less",
        "/unsubscribe/{token}/back": f"/unsubscribe/{ANN.token}/back",
        "/sign-up": "/sign-up?topics=cpd",
        "/link": "/link",
    }


@contextmanager
def unchanged(browser: Browser) -> Iterator[None]:
    before = browser.dump()
    yield
    assert browser.dump() == before


# --------------------------------------------------------------------------------------------------------- scanners
def routes(browser: Browser) -> list[str]:
    return [route.path for route in create_app(browser.app).routes]  # type: ignore[attr-defined]


def test_whoever_opens_every_address_changes_nothing(browser: Browser) -> None:
    """A GET, a HEAD or an OPTIONS of any page there is, with keys that open them, leaves every byte as it was."""
    known = doors(browser)
    fill = {"name": "style.css", "token": ANN.token, "item": "i1"}
    opened = set()
    with unchanged(browser):
        for private in (False, True):
            key = browser.key(ANN, private=private)
            for route in routes(browser):
                path = known.get(route) or re.sub(
                    r"\{(\w+)(?::\w+)?\}", lambda m, key=key: key if m[1] == "key" else fill.get(m[1], "x"), route
                )
                for method in ("GET", "HEAD", "OPTIONS"):
                    response = browser.ask(method, path)
                    assert response.status_code < 500, path
                    if response.status_code == 200:
                        opened.add(route)
    assert {"/confirm/{key}", "/move/{key}", "/my/{key}/data/erase", "/my/{key}/pause", "/sign-up"} <= opened
    assert not browser.app.store.asked.all()


def test_a_scanner_that_follows_every_link_of_a_letter_and_of_its_pages_changes_nothing(browser: Browser) -> None:
    seen: set[str] = set()
    wanted = [
        *doors(browser).values(),
        browser.my(ANN, "/data", private=True),
        browser.my(ANN, "/preferences"),
        "/",
    ]
    with unchanged(browser):
        while wanted:
            path = wanted.pop()
            if path in seen or not path.startswith("/"):
                continue
            seen.add(path)
            found = browser.get(path)
            if found.headers.get("content-type", "").startswith("text/html"):
                wanted += [str(a["href"]) for a in soup(found).find_all("a", href=True)]
                wanted += [str(f["action"]) for f in soup(found).find_all("form", action=True)]
    assert len(seen) > 15


# ------------------------------------------------------------------------------------------------------ other sites
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "https://digest.example.org.evil.example"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_no_other_site_can_send_a_form_for_a_reader(browser: Browser, headers: dict[str, str]) -> None:
    paths = [browser.my(ANN, path, private=True) for path in FORMS]
    others = {route: path for route, path in doors(browser).items() if route != "/unsubscribe/{token}"}
    with unchanged(browser):
        for path in [*paths, *others.values()]:
            said = {
                "sure": "yes",
                "answer": "yes",
                "until": "2026-12-24",
                "often": "monthly",
                "email": "a@b.example",
            }
            assert browser.post(path, data=said, headers=headers).status_code == 403, path


def test_what_is_no_form_is_not_taken(browser: Browser) -> None:
    paths = [*(browser.my(ANN, path, private=True) for path in FORMS), "/sign-up", "/link"]
    with unchanged(browser):
        for path in paths:
            for kind, body in (
                ("application/json", b'{"sure": "yes"}'), ("text/plain", b"sure=yes"), ("", b"sure=yes"),
                ("multipart/form-data; boundary=x", b"--x--"), ("application/x-www-form-urlencoded", b"sure=\xff"),
            ):  # fmt: skip
                headers = {"Content-Type": kind} if kind else {}
                assert browser.post(path, content=body, headers=headers).status_code == 415, (path, kind)
            large = b"sure=yes&x=" + b"x" * 100_000
            kind = "application/x-www-form-urlencoded"
            assert browser.post(path, content=large, headers={"Content-Type": kind}).status_code == 413
            many = b"&".join(b"a=1" for _ in range(5000))
            assert browser.post(path, content=many, headers={"Content-Type": kind}).status_code == 415


# ------------------------------------------------------------------------------------------------------ forged keys
def forged(browser: Browser) -> list[str]:
    signer, genuine = browser.app.signer, browser.key(ANN, private=True)
    other = type(signer)(["another secret"], browser.clock)
    return [
        "x", "a%00b", "é", "x" * 5000, "..", "%2e%2e", genuine[:-1], genuine[:-1] + "%0a", genuine.swapcase(),
        genuine + "x", ".".join(reversed(genuine.split("."))), other.sign("private", "r1"),
        signer.sign("confirm", "r1.1"), signer.sign("move", "r1.m.new"), signer.sign("return", "r1"),
        signer.sign("private", "nobody"), signer.sign("private", "r1.1"), signer.sign("private", ""), ANN.token,
        signer.sign("private", "r1' OR '1'='1"), signer.sign("private", "R1"),
    ]  # fmt: skip


@pytest.mark.parametrize("path", [*FORMS, "/data", "/data/download"])
def test_a_forged_key_opens_nothing_and_tells_nothing(browser: Browser, path: str) -> None:
    told = set()
    with unchanged(browser):
        for key in forged(browser):
            for method in ("GET", "POST"):
                response = browser.ask(
                    method, f"/my/{key}{path}", data=FORMS.get(path) if method == "POST" else None
                )
                assert response.status_code in (404, 405), (key, response.status_code)
                if response.status_code == 404 and key.isalnum() and len(key) < 100:
                    told.add(response.text)
    assert len(told) == 1


@pytest.mark.parametrize("path", ["/confirm/", "/move/"])
def test_a_forged_link_confirms_nothing(browser: Browser, path: str) -> None:
    doors(browser)
    with unchanged(browser):
        for key in [*forged(browser), browser.key(NEW), browser.key(ANN, private=True)]:
            answer = browser.post(path + key, data={"answer": "yes"})
            assert answer.status_code in (404, 405, 410), key


def test_a_key_is_one_readers_and_of_one_purpose(browser: Browser) -> None:
    """Each purpose's key tried where every other is wanted, and one reader's for another's pages."""
    known, keys = doors(browser), {"my": browser.key(ANN), "private": browser.key(ANN, private=True)}
    keys |= {"confirm": known["/confirm/{key}"].split("/")[-1], "move": known["/move/{key}"].split("/")[-1]}
    keys["leave"] = ANN.token
    homes = {"my": "/my/{}/pause", "private": "/my/{}/data", "confirm": "/confirm/{}", "move": "/move/{}",
             "leave": "/unsubscribe/{}"}  # fmt: skip
    for name, key in keys.items():
        for home, path in homes.items():
            fits = name == home or (name, home) == ("private", "my")
            status = browser.get(path.format(key)).status_code
            assert (status == 200) == fits, (name, home, status)
    assert "ann@" not in browser.get(browser.my(EVE, "/data", private=True)).text


def test_of_two_readers_only_the_one_whose_key_it_is_changes(browser: Browser) -> None:
    browser.post(browser.my(EVE, "/data/erase", private=True), data={"sure": "yes", "key": browser.key(ANN)})
    assert browser.reader("r1") == ANN
    assert browser.reader("r2") is None


# -------------------------------------------------------------------------------------------- names, words, headers
def test_what_people_wrote_is_shown_as_text(browser: Browser) -> None:
    page = browser.get(browser.my(ANN, "/data", private=True))
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    odd = '"><script>alert(1)</script>@lib.example'
    for path in ("/sign-up", "/link"):
        shown = browser.post(path, data={"email": odd, "topics": '"><script>'})
        assert "<script>alert" not in shown.text
    back = browser.post(browser.my(ANN, "/preferences"), data={"back": odd})
    assert "<script>alert" not in back.text


@pytest.mark.parametrize(
    "email",
    ["a@b.example\r\nX-Evil: 1", "a@b.example%0d%0aX-Evil:1", "a@b.example\u2028X-Evil: 1", "a\x0b@b.example\x00"],
)
def test_nothing_that_was_typed_becomes_a_header(browser: Browser, email: str) -> None:
    response = browser.post("/sign-up", data={"email": email})
    assert not [name for name in response.headers if "evil" in name.lower()]
    for to, _, _ in browser.mailed():
        assert re.fullmatch(r"[a-z@.]+", to)


def test_no_page_sends_elsewhere(browser: Browser) -> None:
    key = browser.key(ANN, private=True)
    for path in (f"/my/{key}//evil.example", "//evil.example/my", f"/my/{key}/data/..%2f..%2fevil", "/sign-up//evil.example",
                 f"/my/{key}/pause?next=https://evil.example", "/link?back=//evil.example"):  # fmt: skip
        for method in ("GET", "POST"):
            response = browser.ask(method, path)
            assert "location" not in response.headers
            assert "evil.example" not in response.text


def test_no_address_and_no_cookie_is_in_any_link_or_header(browser: Browser) -> None:
    browser.post("/sign-up", data={"email": "bob@lib.example"})
    browser.post(browser.my(ANN, "/fresh"))
    browser.post(browser.my(ANN, "/address", private=True), data={"email": "new@other.example"})
    for _, _, link in browser.mailed():
        assert "@" not in link
        assert "lib.example" not in link
        response = browser.get(link.removeprefix("https://digest.example.org"))
        assert "set-cookie" not in response.headers
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cache-control"] == "no-store"
