"""Every page in a real browser: at the size of a phone and of a desk, light and dark, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from browsing import FEEDS
from chromium import PROGRAM, SIZES, Visitor, chromium, serving
from drafts import draft
from playwright.sync_api import Browser

from aggregator.compose import Composer
from aggregator.dedupe import Changes
from aggregator.issue import Freezer, Imprint
from aggregator.model import Item, Occasion, Profile, Schedule, SourceState, Subscriber, Tag
from aggregator.store import Store, open_store
from aggregator.tokens import Signer, reader_key

NOW = datetime.now(UTC).replace(microsecond=0)  # links are signed by the machine's clock
ANN = Subscriber(
    id="ann", email="ann@example.net", name="Ann", profile=Profile(topics={"mentoring": 3, "cpd": 1}),
    schedule=Schedule("weekly", 2, 8, "Europe/Zagreb"), token="a-token-that-nobody-can-guess-02", signed_up_at=NOW,
)  # fmt: skip


def items() -> list[Item]:
    """A few of every kind, in two languages, some with dates."""
    today = NOW.date()
    courses = [
        Item(f"course{n}", "courses", url=f"https://courses.example.org/{n}", title=f"Metadata for librarians, part {n}",
             text="How to describe what you keep.", first_seen_at=NOW - timedelta(days=1), language="it" if n % 2 else "en",
             kind="course", occasion=Occasion(closes=today + timedelta(days=3 * n), starts=today + timedelta(days=30)),
             topics=(Tag("cpd", "“describe” in the text"),))
        for n in range(1, 5)
    ]  # fmt: skip
    meeting = Occasion(starts=date(today.year + 1, 3, 3), place="Zagreb", submissions=today + timedelta(days=20))
    posts = [
        Item(f"post{n}", "shelf", url=f"https://shelf.example.org/{n}", title=f"Mentors we met, {n}",
             text="A mentor and a mentee talk. " * 20, first_seen_at=NOW - timedelta(hours=n), published_at=NOW - timedelta(hours=n),
             language="en", topics=(Tag("mentoring", "“mentor” in the text"),))
        for n in range(1, 8)
    ]  # fmt: skip
    event = Item("meeting1", "shelf", url="https://shelf.example.org/meeting", title="A meeting in Zagreb", kind="event",
                 first_seen_at=NOW, occasion=meeting, topics=(Tag("mentoring", "x"),))  # fmt: skip
    return [*courses, event, *posts]


@dataclass
class Place:
    """A service with a reader and some items, served."""

    base: str
    folder: Path
    store: Store

    def my(self, path: str, *, private: bool = False, reader: Subscriber = ANN) -> str:
        return f"/my/{reader_key(Signer([self.store.secret()]), reader.id, reader.links, private=private)}{path}"


# Not for the whole session: while Playwright runs, no other test of this process can run an event loop.
@pytest.fixture(scope="module")
def browser(needs: Callable[[str, bool, str], None]) -> Iterator[Browser]:
    needs("chromium", bool(PROGRAM), "no Chromium on this machine")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("pages")
    (folder / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
    store = open_store(str(folder / "aggregator.db"))
    state = SourceState("shelf", "https://shelf.example.org/feed", last_visit_at=NOW)
    store.sources.record([state], Changes(new=tuple(items())), NOW, "rules")
    store.subscribers.save([ANN], NOW)
    letter, composer = draft(), Composer()
    freezer = Freezer(Imprint(letter.sources, letter.topics, {}))
    store.issues.publish(freezer.freeze(letter, composer.lay(letter), composer.say("en"), "digest/2026-W48"))
    with serving(
        folder, NOW, AGGREGATOR_BASE_URL="http://127.0.0.1", AGGREGATOR_CONTACT="help@example.org"
    ) as base:
        yield Place(base, folder, store)
    store.close()


PUBLIC = (
    "/", "/courses", "/courses?topic=cpd&lang=it", "/courses/course1", "/events", f"/events/month/{NOW:%Y-%m}",
    "/events/meeting1", "/topics", "/topics/mentoring", "/items", "/items?lang=it", "/items/post1", "/search?q=mentor",
    "/search?q=%28mentor", "/search?q=nothingofthis", "/issues", "/issues/digest/2026-W48?lang=it",
    "/issues/digest/2026-W48.html", "/my/issues/somebody", "/nothing-here", f"/unsubscribe/{ANN.token}",
)  # fmt: skip
OURS = ("/sign-up", "/sign-up?lang=it", "/link", "/privacy", "/imprint")
MINE = (
    "", "/preferences", "/preferences?lang=it", "/preview", "/profile", "/items/post1", "/issues", "/pause", "/log/new",
    "/log/item/course1", "/data",
)  # fmt: skip
PRIVATE = ("/log", "/log/schemes", "/feeds", "/data", "/address")


def paths(place: Place) -> list[str]:
    return [*PUBLIC, *OURS, *map(place.my, MINE), *(place.my(path, private=True) for path in PRIVATE)]


@pytest.mark.parametrize(("size", "dark"), [("phone", True), ("desktop", False)])
def test_no_page_has_a_barrier_or_is_too_wide(browser: Browser, place: Place, size: str, dark: bool) -> None:
    found: dict[str, object] = {}
    with Visitor(browser, place.base, size, dark=dark) as visitor:
        for path in paths(place):
            status = visitor.open(path)
            faults = [one for one in visitor.faults if status < 400 or str(status) not in one]
            told = [*visitor.barriers(), *(["too wide"] if visitor.is_too_wide() else []), *faults]
            if told:
                found[path] = told
            visitor.faults.clear()
    assert found == {}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_from_the_list_of_courses_to_one_and_into_the_calendar(
    browser: Browser, place: Place, size: str, scripts: bool
) -> None:
    with Visitor(browser, place.base, size, scripts) as visitor:
        visitor.open("/")
        visitor.follow("Courses")
        visitor.page.get_by_label("Words").fill("metadata")
        visitor.press("Search")
        visitor.follow("Italian")
        assert "language=it" in visitor.page.url
        assert "2 entries" in visitor.page.inner_text("main")
        visitor.follow("Metadata for librarians, part 1")
        assert visitor.heading == "Metadata for librarians, part 1"
        assert "Dates, and where they were read" in visitor.page.inner_text("main")
        with visitor.page.expect_download() as calendar:
            visitor.page.get_by_role("link", name="Add to calendar").first.click(no_wait_after=True)
        assert calendar.value.path().read_text().startswith("BEGIN:VCALENDAR")
        assert visitor.faults == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_from_a_search_to_an_item_and_from_an_issue_to_its_references(
    browser: Browser, place: Place, size: str, scripts: bool
) -> None:
    with Visitor(browser, place.base, size, scripts) as visitor:
        visitor.open("/items")
        visitor.page.get_by_label("Search all items").fill("mentors met 3")
        visitor.press("Search")
        assert "Mentors we met, 3" in visitor.page.inner_text("main")
        visitor.follow("Permanent page of “Mentors we met, 3”")
        assert visitor.heading == "Mentors we met, 3"
        visitor.follow("Mentoring")
        visitor.follow("Past issues")
        visitor.follow("Library digest, 2026-W48")
        assert "Cite and keep" in visitor.page.inner_text("main")
        with visitor.page.expect_download() as references:
            visitor.page.get_by_role("link", name="RIS").click(no_wait_after=True)
        assert references.value.path().read_text().startswith("TY  - ")
        assert visitor.faults == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_a_secret_address_is_made_replaced_and_ended(
    browser: Browser, place: Place, size: str, scripts: bool
) -> None:
    with Visitor(browser, place.base, size, scripts) as visitor:
        visitor.open(place.my("/feeds", private=True))
        visitor.press("Make an address")
        made = visitor.page.inner_text("dl")
        assert "webcal://" in made
        visitor.press("Replace the address")
        assert visitor.page.inner_text("dl") != made
        visitor.press("End the feeds")
        assert "have ended" in visitor.page.inner_text("main")
        assert visitor.page.locator("dl").count() == 0
        assert visitor.faults == []
