"""What readers do for themselves, in a real browser: from the first page to being erased, on a phone and at
a desk, with and without JavaScript. Letters are read from the outbox, where the pages themselves have put them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from chromium import PROGRAM, SIZES, Visitor, chromium
from journeys.conftest import Service
from journeys.press import rss
from journeys.test_membership import arrived, link_of, served
from journeys.test_promises import piece
from playwright.sync_api import Browser

from aggregator.model import Subscriber
from aggregator.store import open_store

TOPICS = "topics:\n  mentoring: {label: Mentoring, words: {en: [mentor, mentors]}}\n  cpd: {label: CPD, words: {en: [training]}}\n"


@pytest.fixture(scope="module")
def chrome(needs: Callable[[str, bool, str], None]) -> Iterator[Browser]:
    needs("chromium", bool(PROGRAM), "no Chromium on this machine")
    with chromium() as browser:
        yield browser


def reader(service: Service, email: str) -> Subscriber:
    store = open_store(str(service.folder / "aggregator.db"))
    found = store.subscribers.find(email)
    store.close()
    assert found
    return found


def an_item(service: Service) -> str:
    store = open_store(str(service.folder / "aggregator.db"))
    [found, *_] = store.items.search("mentor")
    store.close()
    return found.id


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
@pytest.mark.parametrize("size", SIZES)
def test_from_the_first_page_to_being_erased(chrome: Browser, service: Service, size: str, scripts: bool) -> None:
    service.press["/blog"] = rss("Blog", [piece(1), piece(2)])
    service.feeds("/blog", more=TOPICS)
    service("collect")
    known: set[str] = set()
    with served(service) as web, Visitor(chrome, str(web.base_url).rstrip("/"), size, scripts) as ann:
        # Signing up: the mailed page asks, its button does.
        ann.open("/")
        ann.page.get_by_label("Your e-mail address").fill("ann@old.example")
        ann.press("Get the letter")
        confirm = link_of(arrived(service, "Please confirm", known))
        ann.page.goto(confirm)
        assert ann.heading == "Shall the letters begin?"
        assert reader(service, "ann@old.example").status == "unconfirmed"
        ann.press("Confirm that I want these letters")
        assert ann.heading == "Thank you, letters begin"
        assert reader(service, "ann@old.example").status == "active"

        # What I get: a mistake loses nothing and saves nothing; then all of it is kept.
        ann.page.locator("a.button[href*='/preferences']").first.click()
        ann.page.wait_for_load_state()
        mine = ann.page.url.removeprefix(ann.base).removesuffix("/preferences")
        ann.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        ann.page.locator("#keywords").fill("reading group\nmetadata")
        ann.page.locator("input[name=search]").first.fill("(mentor AND")
        ann.press("Save")
        assert "mentor AND" in ann.page.locator("input[name=search]").first.input_value()
        assert "metadata" in ann.page.locator("#keywords").input_value()
        assert reader(service, "ann@old.example").profile.keywords == ()
        ann.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        ann.page.locator("input[name=search]").first.fill("mentor* NOT apprentice")
        ann.page.locator("#hour").select_option("17")
        ann.press("Save")
        held = reader(service, "ann@old.example")
        assert (held.profile.keywords, held.profile.searches) == (
            ("reading group", "metadata"),
            ("mentor* NOT apprentice",),
        )
        assert held.schedule.hour == 17

        # My next letter, and what one item teaches.
        assert ann.open(f"{mine}/preview") == 200
        ann.open(f"{mine}/items/{an_item(service)}")
        ann.press("More like this")
        assert reader(service, "ann@old.example").profile.learned
        ann.open(f"{mine}/profile")
        ann.press("Forget all my marks")
        if reader(service, "ann@old.example").profile.learned:  # it asks once more
            ann.press("Forget all my marks")
        assert not reader(service, "ann@old.example").profile.learned

        # A pause, and its end.
        ann.open(f"{mine}/pause")
        ann.page.locator("input[name=until]").first.fill("2027-05-01")
        ann.press("Pause until then")
        assert reader(service, "ann@old.example").paused_until
        ann.open(f"{mine}/pause")
        ann.press("End the pause now")
        ended = reader(service, "ann@old.example").paused_until
        assert ended is None or ended <= datetime.now(UTC)

        # What a forwarded letter must not open needs a link that was mailed just now.
        assert ann.open(f"{mine}/data") == 403
        ann.faults.clear()  # Chromium tells of the 403
        ann.press("Mail me a fresh link")
        ann.page.goto(link_of(arrived(service, "fresh link", known)))
        assert ann.heading == "My data"
        private = ann.page.url.removeprefix(ann.base).removesuffix("/data")
        with ann.page.expect_download() as download:
            ann.page.locator("a[href$='/data/download']").first.click(no_wait_after=True)
        assert json.loads(download.value.path().read_text())["email"] == "ann@old.example"
        ann.open(f"{private}/feeds")
        ann.press("Make an address")
        first = ann.page.inner_text("main")
        ann.press("Replace the address")
        assert ann.page.inner_text("main") != first

        # Opening the page of leaving changes nothing; erasing asks once more.
        ann.open(f"/unsubscribe/{reader(service, 'ann@old.example').token}")
        assert reader(service, "ann@old.example").status == "active"
        ann.press("A letter every month")
        assert reader(service, "ann@old.example").schedule.frequency == "monthly"
        ann.open(f"{private}/data/erase")
        ann.page.get_by_label("I am sure").check()
        ann.press("Erase everything")
        assert ann.heading == "Everything is erased"
        assert ann.faults == []
    store = open_store(str(service.folder / "aggregator.db"))
    assert store.subscribers.find("ann@old.example") is None
    assert store.subscribers.suppressed(["ann@old.example"])
    store.close()
