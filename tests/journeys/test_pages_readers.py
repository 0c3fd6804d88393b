"""What readers do for themselves, in a real browser: from the first page to being erased, on a phone and at
a desk, with and without JavaScript. Letters are read from the outbox, where the pages themselves have put them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from chromium import PROGRAM, SIZES, Visitor, chromium
from journeys.conftest import Service
from journeys.press import printing, rss
from journeys.test_membership import arrived, link_of, served
from journeys.test_promises import dump, piece
from playwright.sync_api import Browser, Page

from aggregator.model import Profile, Schedule, Subscriber
from aggregator.store import open_store
from aggregator.tokens import Signer, reader_key

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
        refused(ann, 422)
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
        refused(ann, 403)
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


@dataclass
class Town:
    """One served service for several readers, each of whom is a stranger to the others."""

    service: Service
    web: httpx.Client
    known: set[str] = field(default_factory=set)

    @property
    def base(self) -> str:
        return str(self.web.base_url).rstrip("/")

    def reader(self, email: str) -> Subscriber:
        return reader(self.service, email)

    def moved_in(self, who: str) -> tuple[Subscriber, str]:
        """A reader who confirmed before, and the start of the link that was mailed to them just now."""
        store, now = open_store(str(self.service.folder / "aggregator.db")), datetime.now(UTC)
        store.subscribers.save([Subscriber(
            who, f"{who}@town.example", profile=Profile(topics={"mentoring": 2.0}), signed_up_at=now,
            schedule=Schedule("weekly", 2, 8, "Europe/Rome"), token=f"a-token-that-nobody-can-guess-{who}",
        )], now)  # fmt: skip
        key = reader_key(Signer([store.secret()]), who, 0, private=True)
        store.close()
        return self.reader(f"{who}@town.example"), f"/my/{key}"

    def link(self, subject: str, to: str) -> str:
        letter = arrived(self.service, subject, self.known)
        assert letter["To"] == to
        return link_of(letter)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with printing() as press:
        service = Service(tmp_path_factory.mktemp("town"), press)
        hour = datetime.now(UTC) - timedelta(hours=1)
        press["/blog"] = rss("Blog", [piece(1, hour), piece(2, hour)])
        service.feeds("/blog", more=TOPICS)
        service("collect")
        with served(service) as web:
            yield Town(service, web)


def unfold(page: Page, group: str) -> None:
    """Open a part of the form as a hand does."""
    if page.locator(f"#{group}").get_attribute("open") is None:
        page.locator(f"#{group} > summary").click()


def said(visitor: Visitor) -> str:
    return visitor.page.inner_text("main")


def refused(visitor: Visitor, status: int) -> None:
    """Chromium tells the console of the answer that the last step had to get, and of nothing else."""
    assert len(visitor.faults) == 1
    assert f"status of {status} " in visitor.faults.pop()


WAYS = pytest.mark.parametrize(
    ("size", "scripts"), [("phone", False), ("desktop", True)], ids=["phone-without", "desktop-with-scripts"]
)


@WAYS
def test_choices_are_tried_on_the_next_letter_before_they_are_kept(
    chrome: Browser, town: Town, size: str, scripts: bool
) -> None:
    email = f"ben-{size}@town.example"
    with Visitor(chrome, town.base, size, scripts) as ben:
        ben.open("/sign-up")
        ben.page.get_by_label("E-mail address").fill(email)
        ben.page.get_by_label("CPD").check()
        ben.press("Sign up")
        assert ben.heading == "Please look into your mailbox"
        ben.page.goto(town.link("Please confirm", email))
        assert "CPD" in said(ben)
        assert "Mentoring" not in said(ben)
        ben.press("Confirm that I want these letters")
        assert town.reader(email).profile.topics == {"cpd": 1.0}
        ben.follow("Choose more exactly")

        before = town.reader(email)
        unfold(ben.page, "in-topics")
        ben.page.get_by_label("Mentoring").select_option(label="Most")
        unfold(ben.page, "in-words")
        ben.page.get_by_label("Keywords").fill("metadata")
        ben.page.get_by_label("Search 1", exact=True).fill("(mentor AND")
        unfold(ben.page, "in-times")
        ben.page.get_by_label("Weekday").select_option("4")
        ben.page.get_by_label("Hour").select_option("17")
        ben.press("Save")
        assert "One thing needs a correction before anything is saved" in said(ben)
        refused(ben, 422)
        assert ben.page.locator("#in-words").get_attribute("open") is not None, "the mistake is in sight"
        assert town.reader(email) == before

        # All that was typed is still there, and is shown as a letter before any of it is saved.
        ben.page.get_by_label("Search 1", exact=True).fill("mentor* NOT apprentice")
        ben.press("Show my next letter")
        assert ben.heading == "My next letter, as it would be now"
        assert "which is not saved yet" in said(ben)
        assert "Mentoring programme number 1" in said(ben)
        assert town.reader(email) == before
        ben.press("Save")
        assert "Saved." in said(ben)
        kept = town.reader(email)
        assert (kept.profile.topics, kept.profile.keywords) == ({"mentoring": 3.0, "cpd": 1.0}, ("metadata",))
        assert kept.profile.searches == ("mentor* NOT apprentice",)
        assert (kept.schedule.weekday, kept.schedule.hour) == (4, 17)

        # From the letter to an item, to a mark, to what it taught, and back.
        ben.press("Show my next letter")
        ben.follow("Mentoring programme number 1")
        ben.press("More like this")
        assert "You have asked for more like this." in said(ben)
        ben.follow("All my marks")
        assert "More of Mentoring" in said(ben)
        ben.page.get_by_text("1 mark", exact=True).click()
        ben.page.get_by_role("button", name="Take back").click()
        ben.page.wait_for_load_state()
        assert "That mark is forgotten, and what it had taught." in said(ben)
        assert "More of Mentoring" not in said(ben)
        assert town.reader(email).profile == kept.profile
        assert ben.faults == []


@WAYS
def test_less_often_then_away_then_back(chrome: Browser, town: Town, size: str, scripts: bool) -> None:
    before, mine = town.moved_in(f"cem-{size}")
    with Visitor(chrome, town.base, size, scripts) as cem:
        door = f"/unsubscribe/{before.token}"
        cem.open(door)
        assert cem.heading == "Leave this list?"
        assert town.reader(before.email) == before, "opening it changes nothing"
        cem.press("A letter every two weeks")
        assert "You have not left: from now on a letter comes every two weeks." in said(cem)
        less = town.reader(before.email)
        assert (less.status, less.schedule.frequency) == ("active", "fortnightly")
        cem.open(door)
        assert "every two weeks" not in said(cem), "no longer less"
        cem.press("Stop my letters")
        assert cem.heading == "You have left"
        assert town.reader(before.email).status == "left"
        cem.open(door)
        assert cem.heading == "You had already left"
        cem.open(f"{mine}/preferences")
        assert "No letters are sent to you now" in said(cem)
        cem.open(door)
        cem.press("Ask for letters again")
        confirm = town.link("Please confirm", before.email)
        assert town.reader(before.email).status != "active", "asking is not yet coming back"
        cem.page.goto(confirm)
        cem.press("Confirm that I want these letters")
        assert cem.heading == "Thank you, letters begin"
        assert town.reader(before.email).status == "active"
        assert cem.faults == []


@WAYS
def test_an_address_changes_when_both_mailboxes_say_yes(
    chrome: Browser, town: Town, size: str, scripts: bool
) -> None:
    dee, _ = town.moved_in(f"dee-{size}")
    new = f"dee-{size}@new.example"
    with Visitor(chrome, town.base, size, scripts) as visitor:
        visitor.open("/link")
        visitor.page.get_by_label("E-mail address").fill(dee.email)
        visitor.press("Mail me my link")
        assert visitor.heading == "Please look into your mailbox"
        visitor.page.goto(town.link("Your link to", dee.email))
        visitor.follow("My data")
        refused(visitor, 403)  # a link that anybody can ask for is not enough here
        visitor.press("Mail me a fresh link")
        visitor.page.goto(town.link("fresh link", dee.email))
        assert visitor.heading == "My data"
        visitor.follow("Change it")
        mine = visitor.page.url.removeprefix(visitor.base)
        visitor.page.get_by_label("E-mail address").fill(new)
        visitor.press("Ask both mailboxes")
        assert visitor.heading == "Please look into both mailboxes"

        visitor.page.goto(town.link("another address", dee.email))
        assert visitor.heading == "Shall letters go to another address?"
        visitor.press("Yes, change it")
        assert visitor.heading == "One yes is here"
        assert town.reader(dee.email) == dee
        visitor.page.goto(town.link("your new address", new))
        assert town.reader(dee.email) == dee, "opening it is no yes"
        visitor.press("Yes, change it")
        assert visitor.heading == "The address is changed"
        assert town.reader(new).id == dee.id
        assert visitor.faults == []
        assert visitor.open(mine) == 404, "links that went to the old mailbox are void"
        refused(visitor, 404)
        visitor.page.goto(town.link("Your link to", new))
        assert visitor.heading == "What I get"
        assert visitor.faults == []


@WAYS
def test_erased_means_that_nothing_is_left_but_the_hash(
    chrome: Browser, town: Town, size: str, scripts: bool
) -> None:
    eva, mine = town.moved_in(f"eva-{size}")
    with Visitor(chrome, town.base, size, scripts) as visitor:
        visitor.open(f"{mine}/feeds")
        visitor.press("Make an address")
        first = visitor.page.locator("dd a").first.get_attribute("href")
        visitor.press("Replace the address")
        second = visitor.page.locator("dd a").first.get_attribute("href")
        assert first
        assert second
        assert [town.web.get(one).status_code for one in (first, second)] == [404, 200]

        visitor.open(f"{mine}/data/erase")
        visitor.press("Erase everything")
        assert visitor.heading == "Erase everything?", "not without the tick"
        assert town.reader(eva.email) == eva
        assert eva.email in dump(town.service)
        visitor.page.get_by_label("I am sure").check()
        visitor.press("Erase everything")
        assert visitor.heading == "Everything is erased"
        left = dump(town.service)
        assert eva.email not in left
        assert eva.token not in left
        assert town.web.get(second).status_code == 404
        assert town.web.get(f"{mine}/data").status_code == 404
        assert visitor.faults == []
    store = open_store(str(town.service.folder / "aggregator.db"))
    assert store.subscribers.suppressed([eva.email]) == {eva.email: "erased"}
    store.close()
