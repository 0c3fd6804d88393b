"""The CPD log in a real browser: every page of it, at two sizes, light and dark, and its journeys without JavaScript."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import cpdlog
import pytest
from browsing import FEEDS
from chromium import PROGRAM, SIZES, Visitor, chromium, serving
from playwright.sync_api import Browser

from aggregator.cpd import Membership
from aggregator.cpd.evidence import described
from aggregator.dedupe import Changes
from aggregator.model import Item, Occasion, Schedule, SourceState, Subscriber, Tag
from aggregator.store import Store, open_store
from aggregator.tokens import Signer, reader_key

NOW = datetime.now(UTC).replace(microsecond=0)  # links are signed by the machine's clock
PDF = b"%PDF-1.7 a certificate"
COURSE = Item(
    "course1", "courses", url="https://courses.example.org/1", title="Linked data, step by step", kind="course",
    first_seen_at=NOW, topics=(Tag("cpd", "x"),), occasion=Occasion(
        starts=NOW.date() - timedelta(days=20), ends=NOW.date() - timedelta(days=2), hours=(6.5, 9.0),
        organiser="Open Courses", online=True,
    ),
)  # fmt: skip


@dataclass
class Place:
    """A service with two readers and a log, served."""

    base: str
    store: Store

    def my(self, path: str = "", who: str = "ann", *, private: bool = True) -> str:
        return f"/my/{reader_key(Signer([self.store.secret()]), who, 0, private=private)}/log{path}"


@pytest.fixture(scope="module")
def chrome(needs: Callable[[str, bool, str], None]) -> Iterator[Browser]:
    needs("chromium", bool(PROGRAM), "no Chromium on this machine")
    with chromium() as browser:
        yield browser


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
    store = open_store(str(tmp_path / "aggregator.db"))
    state = SourceState("courses", "https://courses.example.org/feed", last_visit_at=NOW)
    store.sources.record([state], Changes(new=(COURSE,)), NOW, "rules")
    for who in ("ann", "ben", "ida"):
        language = "it" if who == "ida" else "en"
        store.subscribers.save([Subscriber(
            who, f"{who}@example.net", name=who.title(), schedule=Schedule("weekly", 2, 8, "Europe/Rome"),
            token=f"a-token-that-nobody-can-guess-{who}", signed_up_at=NOW, language=language,
        )], NOW)  # fmt: skip
    fill(store)
    with serving(tmp_path, NOW, AGGREGATOR_BASE_URL="http://127.0.0.1") as base:
        yield Place(base, store)
    store.close()


def fill(store: Store) -> None:
    """Ann's log: some of everything, for every body."""
    for scheme in cpdlog.SCHEMES:
        level = "distinguished" if scheme == "ahip" else ""
        store.cpd.join(
            Membership("ann", scheme, date(2025, 9, 1), level, "I learned to ask better questions."), NOW
        )
    full = replace(
        cpdlog.FULL, id="full", subscriber="ann", title="Linked data, step by step", role="mentor",
        reflection=replace(cpdlog.FULL.reflection, now_what="Teach it to two colleagues."), evidence=(),
    )  # fmt: skip
    store.cpd.add(full, NOW)
    store.cpd.attach("ann", "full", described(PDF, "attestato.pdf", "certificate"), PDF, NOW)
    for number in range(1, 8):
        codes = cpdlog.mapped(
            lianza_cluster=str(number % 5 + 1), lianza_domain="doing" if number % 2 else "sharing"
        )
        day = NOW.date() - timedelta(days=9 * number)
        store.cpd.add(cpdlog.activity(
            number, id=f"a{number}", subscriber="ann", title=f"Reading group, evening {number}", start=day, minutes=95,
            kind="discussion", provider="Town library", schemes=("cilip", "alia", "lianza"), competencies=codes,
        ), NOW)  # fmt: skip


PAGES = (
    "", "/schemes", "/new", "/item/course1", "/item/nothing", "/entry/full", "/entry/full/delete", "/entry/gone",
    "/meeting?code=x", "/export/lianza.html", "/export/aib.html", "/export/ahip.html?for=employer",
)  # fmt: skip


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_no_page_of_the_log_has_a_barrier_or_is_too_wide(
    chrome: Browser, place: Place, size: str, dark: bool
) -> None:
    found: dict[str, object] = {}
    invitation = f"/log/meeting/{place.store.cpd.share('ann', 'full')}"
    paths = [*map(place.my, PAGES), place.my("/schemes", "ida"), place.my("/item/course1", "ida"), invitation]
    with Visitor(chrome, place.base, size, dark=dark) as visitor:
        for path in paths:
            status = visitor.open(path)
            faults = [one for one in visitor.faults if status < 400 or str(status) not in one]
            told = [*visitor.barriers(), *(["too wide"] if visitor.is_too_wide() else []), *faults]
            if told:
                found[path.partition("/log")[2] or path] = told
            visitor.faults.clear()
    assert found == {}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_from_an_item_to_the_export(chrome: Browser, place: Place, size: str, scripts: bool) -> None:
    with Visitor(chrome, place.base, size, scripts) as visitor:
        page = visitor.page
        visitor.open(place.my("/schemes", "ben"))
        section = page.get_by_role("region", name="CILIP revalidation")
        section.get_by_label("I keep my log for CILIP").check()
        section.get_by_role("button", name="Keep this").click()
        assert "Kept: CILIP revalidation" in page.inner_text("main")
        visitor.open(place.my("/item/course1", "ben"))
        assert page.get_by_label("Title").input_value() == "Linked data, step by step"
        page.get_by_label("What did I learn?").fill("One two three")
        if scripts:
            assert "Words: 3" in page.inner_text("main")
        page.get_by_label("2: organisational context").check()
        visitor.press("Keep in my log")
        assert visitor.heading == "It is in your log"
        visitor.follow("Change it or add evidence")
        page.get_by_label("File", exact=True).set_input_files(
            {"name": "attestato.pdf", "mimeType": "application/pdf", "buffer": PDF}
        )
        visitor.press("Add evidence")
        assert "attestato.pdf is kept with this activity." in page.inner_text("main")
        with page.expect_download() as file:
            page.get_by_role("link", name="attestato.pdf").click(no_wait_after=True)
        assert file.value.path().read_bytes() == PDF
        visitor.follow("My CPD log")
        assert "6.5 of 20 hours logged, by your own figures, rules as of 2016" in page.inner_text("main")
        with page.expect_download() as table:
            page.get_by_role("link", name="Table (CSV)").first.click(no_wait_after=True)
        [row] = csv.DictReader(io.StringIO(table.value.path().read_text("utf-8-sig"), newline=""))
        assert (row["Activity"], row["Hours"], row["What I learned"]) == (
            "Linked data, step by step",
            "6.5",
            "One two three",
        )
        assert visitor.faults == []


def test_a_mentor_invites_and_the_mentee_logs_it(chrome: Browser, place: Place) -> None:
    with Visitor(chrome, place.base, "phone", scripts=False) as visitor:
        visitor.open(place.my("/entry/full"))
        visitor.press("Make an invitation")
        address = visitor.page.inner_text("code.address")
        visitor.open(place.my("", "ben"))
        visitor.page.get_by_label("Address or code of the invitation").fill(address)
        visitor.press("Open the form")
        assert visitor.page.get_by_label("I was", exact=True).input_value() == "mentee"
        visitor.press("Keep in my log")
        assert visitor.heading == "It is in your log"
    assert [one.role for one in place.store.cpd.of("ben")] == ["mentee"]
