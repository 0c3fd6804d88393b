"""Every route of the pages, asked in every odd way: no fault of ours (5xx), no write by GET, nothing of others' text
that would run. New pages are found by themselves: by their routes, and by the forms that stand on them."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from browsing import NOW, Browser, browsing, soup
from bs4 import BeautifulSoup, Tag
from hypothesis import HealthCheck, example, given, seed, settings
from hypothesis import strategies as st
from starlette.routing import Route

from aggregator.dedupe import Changes
from aggregator.model import Item, Occasion, Profile, Schedule, SourceState, Subscriber
from aggregator.model import Tag as Topic

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
ANN = Subscriber(
    id="ann", email="ann@example.net", name=EVIL, token="a-token-that-nobody-can-guess-03", signed_up_at=NOW,
    profile=Profile(topics={"mentoring": 3}, keywords=(EVIL,), follow=("source:shelf", f"author:{EVIL}")),
    schedule=Schedule("weekly", 1, 8, "Europe/Rome"),
)  # fmt: skip
ITEMS = tuple(
    Item(f"item{n}", "shelf", url=f"https://shelf.example.org/{n}", title=f"{EVIL} {n}", text=f"{EVIL} a mentor speaks", author=EVIL,
         tags=(EVIL,), first_seen_at=NOW - timedelta(days=1), published_at=NOW - timedelta(days=1), language="en", kind=kind,
         topics=(Topic("mentoring", EVIL),),
         occasion=Occasion(starts=(NOW + timedelta(days=9)).date(), closes=(NOW + timedelta(days=5)).date(), place=EVIL, said={"closes": EVIL}))
    for n, kind in enumerate(("post", "course", "event", "call", "paper"))
)  # fmt: skip
NASTY = (
    "", "0", "-1", "999999999999999999999", "NaN", "null", "true", "a" * 5000, EVIL, "' OR 1=1 --", "../../etc/passwd",
    "\r\nSet-Cookie: a=b", "\x00", "ة‮evil", "{{7*7}}", "%s%s%n", "{title}", "{0.__class__}", "2026-02-30", "9999-12-31",
    "ann@example.net", "a@b@c", "Mars/Phobos", "(((", '"', "NEAR/99999", "a AND", "*", "https://evil.example/", "//evil.example", "🙂" * 50,
)  # fmt: skip


@dataclass
class Yard:
    """The pages with a reader and items whose every text would like to be a script."""

    browser: Browser
    database: Path
    forms: list[tuple[str, Tag]] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        """What could stand for this part of a path and be right."""
        own, private = (self.browser.key(ANN, private=mailed) for mailed in (False, True))
        known = {
            "key": [own, private], "signed": [own], "token": [ANN.token], "form": ["json", "csv", "ics", "atom", "ris", "opml"],
            "month": ["2026-12"], "edition": ["digest"], "period": ["2026-W48"], "name": ["mentoring", "style.css"],
        }  # fmt: skip
        return known.get(name, [item.id for item in ITEMS])

    def dump(self) -> list[str]:
        with sqlite3.connect(self.database) as connection:
            return list(connection.iterdump())


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    folder = tmp_path_factory.mktemp("yard")
    with browsing(folder) as browser:
        state = SourceState("shelf", "https://shelf.example.org/feed", title=EVIL, last_visit_at=NOW)
        browser.app.store.sources.record([state], Changes(new=ITEMS), NOW, "rules")
        browser.save(ANN)
        yield Yard(browser, folder / "pages.db")


def routes(browser: Browser) -> list[Route]:
    return [route for route in browser.routes if isinstance(route, Route)]


def addressed(yard: Yard, route: Route, choose: random.Random, *, odd: float) -> str:
    """An address of the route: its parts are right ones, or with this chance odd ones."""

    def part(found: re.Match[str]) -> str:
        right = yard.values(found[1].partition(":")[0])
        return quote(choose.choice(NASTY)[:900] if choose.random() < odd else choose.choice(right), safe="")

    return re.sub(r"\{([^}]+)\}", part, route.path)


def sound(response_text: str) -> None:
    page = BeautifulSoup(response_text, "html.parser")
    assert not [
        script
        for script in page.find_all("script")
        if not script.get("src") and script.get("type") != "application/ld+json"
    ]
    assert not page.find_all("img", src="x")
    assert not [tag for tag in page.find_all(True) if any(name.startswith("on") for name in tag.attrs)]
    assert not [
        a
        for a in page.find_all(href=True)
        if str(a["href"]).strip().lower().startswith(("javascript:", "data:", "//"))
    ]


@seed(20261127)
@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(
    number=st.integers(0, 10_000),
    query=st.lists(st.tuples(st.sampled_from(["lang", "q", "page", "topic", "past", "item", "v", "state", "back"]), st.sampled_from(NASTY) | st.text(max_size=30)), max_size=4),
    header=st.sampled_from(["", "it", "*", "x" * 3000, "de;q=nonsense", "\xff"]),
)  # fmt: skip
@example(number=1, query=[("page", "9" * 400)], header="")
def test_asking_changes_nothing_and_is_never_our_fault(
    yard: Yard, number: int, query: list[tuple[str, str]], header: str
) -> None:
    choose = random.Random(number)
    before = yard.dump()
    for route in choose.sample(routes(yard.browser), 20):
        path = addressed(yard, route, choose, odd=0.3)
        address = f"{path}?{urlencode(query, errors='surrogatepass')}" if query else path
        headers = {"Accept-Language": header.encode("latin-1")}
        response = yard.browser.ask(choose.choice(("GET", "GET", "HEAD")), address, headers=headers)
        assert response.status_code < 500, (address, response.text[:500])
        assert "set-cookie" not in response.headers
        assert not response.headers.get("location", "/").startswith(("http", "//"))
        if response.headers.get("content-type", "").startswith("text/html"):
            sound(response.text)
    assert yard.dump() == before


def forms_on(yard: Yard) -> list[tuple[str, Tag]]:
    """The address and form of every form that POSTs, on every page with right parts; looked for once."""
    if yard.forms:
        return yard.forms
    yard.browser.save(ANN)
    found = {}
    for route in routes(yard.browser):
        for value in (0, 1):
            path = addressed(yard, route, random.Random(value), odd=0)
            response = yard.browser.get(path)
            if response.headers.get("content-type", "").startswith("text/html"):
                for form in soup(response).find_all("form", method="post"):
                    found[str(form.get("action") or path), form.get_text()] = (
                        str(form.get("action") or path),
                        form,
                    )
    yard.forms = list(found.values())
    return yard.forms


def filled(form: Tag, choose: random.Random, odd: float) -> list[tuple[str, str]]:
    fields = []
    for entry in form.find_all(["input", "select", "textarea", "button"]):
        name = str(entry.get("name") or "")
        if name:
            options = [str(one.get("value") or one.get_text()) for one in entry.find_all("option")]
            right = choose.choice(options) if options else str(entry.get("value") or entry.get_text())
            fields.append((name, choose.choice(NASTY) if choose.random() < odd else right))
    return fields


def test_there_are_forms(yard: Yard) -> None:
    assert len(forms_on(yard)) >= 1


@seed(20261127)
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(number=st.integers(0, 10_000))
def test_whatever_is_sent_is_never_our_fault(yard: Yard, number: int) -> None:
    choose = random.Random(number)
    yard.browser.save(ANN)  # whoever has left or been erased is back for the next round
    forms = forms_on(yard)
    for address, form in choose.sample(forms, min(20, len(forms))):
        fields = filled(form, choose, choose.choice((0.1, 0.5, 1.0)))
        response = yard.browser.post(address, content=urlencode(fields, errors="surrogatepass"),
                                     headers={"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
        assert response.status_code < 500, (address, fields, response.text[:500])
        assert not response.headers.get("location", "/").startswith(("http", "//"))
        if response.headers.get("content-type", "").startswith("text/html"):
            sound(response.text)
    yard.browser.save(replace(ANN))


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded; charset=utf-16",
        "",
    ],
)
def test_other_kinds_of_bodies_are_refused_and_not_our_fault(yard: Yard, kind: str) -> None:
    for address in sorted({address for address, _ in forms_on(yard)})[:60]:
        for body in (b"", b"\xff\xfe", b"{}", b"a=%zz&b", b"--x\r\n\r\n--x--"):
            response = yard.browser.post(address, content=body, headers={"Content-Type": kind})
            assert response.status_code < 500, (address, kind, body)


def test_a_form_from_another_site_is_refused_everywhere_but_where_mail_programs_leave(yard: Yard) -> None:
    yard.browser.save(ANN)
    before = yard.dump()
    for address, _ in forms_on(yard):
        if not address.startswith("/unsubscribe/"):
            for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
                assert yard.browser.post(address, data={"a": "b"}, headers=headers).status_code == 403, address
    assert yard.dump() == before
