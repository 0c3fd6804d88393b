"""A reader's own pages: the first one, the next letter, an item with its buttons, the profile. No GET writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from browsing import NOW, Browser, browsing, heading, soup
from bs4 import Tag
from test_web_preferences import TREE, form_on, refused_after, send, with_

from aggregator.cli.filters import read_profile
from aggregator.dedupe import Changes
from aggregator.feedback import MORE, mark
from aggregator.figures import Published
from aggregator.model import Item, Occasion, Profile, Schedule, SourceState, Subscriber
from aggregator.model import Tag as Given
from aggregator.post import Order
from aggregator.publish import publish
from aggregator.web import app as web_app

DAY = timedelta(days=1)
ADA = Subscriber(
    id="r1", email="ada.lovelace@example.net", name="Ada",
    profile=Profile(topics={"mentoring": 3.0, "cpd": 1.0}, keywords=("RDA",), languages=("en",)),
    schedule=Schedule("weekly", 2, 8, "Europe/Rome"), signed_up_at=NOW - 30 * DAY,
    token="a-token-that-nobody-can-guess-01",
)  # fmt: skip
EVIL = '<img src=x onerror="alert(1)">'
ITEMS = (
    Item("i1", "shelf", title=f"A mentor {EVIL}", url="https://shelf.example.org/1?a=1&b=2", author=f"Eve {EVIL}",
         text=f"About {EVIL} a mentor.", first_seen_at=NOW - DAY, published_at=NOW - DAY, language="en",
         topics=(Given("mentoring", "“mentor” in the title"),)),
    Item("i2", "courses", title="Course for professionals", text="CPD", first_seen_at=NOW - 2 * DAY, language="en",
         kind="course", occasion=Occasion(starts=date(2027, 3, 3), closes=date(2026, 12, 3)), topics=(Given("cpd"),)),
    Item("i3", "shelf", title="About vacancies", url="javascript:alert(1)", text="x", first_seen_at=NOW - DAY,
         topics=(Given("jobs"),)),
)  # fmt: skip


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path, TREE) as browser:
        browser.save(ADA)
        state = SourceState("shelf", "https://shelf.example.org/feed", last_visit_at=NOW)
        browser.app.store.sources.record([state], Changes(new=ITEMS), NOW - DAY, "rules")
        yield browser


def held(browser: Browser) -> Subscriber:
    reader = browser.reader("r1")
    assert reader
    return reader


def press(browser: Browser, path: str, do: str, **more: str) -> httpx.Response:
    return browser.post(browser.my(ADA, path), data={"do": do, **more})


def marks(browser: Browser) -> dict[str, int]:
    return {one.item: one.value for one in browser.app.store.feedback.of("r1")}


# -------------------------------------------------------------------------------------------------- no GET writes
def test_opening_any_of_these_pages_changes_nothing(browser: Browser) -> None:
    press(browser, "/items/i1", "more")
    before, at = held(browser), marks(browser)
    for path in ("", "/items/i1", "/items/i2", "/profile", "/profile.json", "/preview", "/preview/letter"):
        for method in ("GET", "HEAD"):
            for query in ("", "?do=less", "?do=reset&item=i1"):
                assert browser.ask(method, browser.my(ADA, path) + query).status_code == 200
        assert browser.ask("DELETE", browser.my(ADA, path)).status_code == 405
    assert (held(browser), marks(browser)) == (before, at)
    assert browser.app.store.digests.of("r1") == []


def test_every_link_and_form_of_these_pages_leads_somewhere(browser: Browser) -> None:
    press(browser, "/items/i1", "more")
    for path in ("", "/items/i1", "/profile", "/preview", "/preferences"):
        page = soup(
            browser.get(browser.my(ADA, path, private=True))
        )  # with a letter's key, some ask for a fresh one
        ours = {str(a["href"]) for a in page.find_all("a", href=True) if str(a["href"]).startswith("/")}
        assert ours
        for address in ours:
            assert browser.get(address).status_code == 200, address
        for form in page.find_all("form"):
            action = str(form.get("action") or browser.my(ADA, path))
            assert browser.ask("OPTIONS", action).status_code == 405
            assert "POST" in browser.ask("OPTIONS", action).headers["allow"]


# ---------------------------------------------------------------------------------------------------------- items
def test_an_item_says_why_it_came_and_what_others_wrote_runs_nowhere(browser: Browser) -> None:
    publish(browser.app, NOW + 2 * DAY, Order(), Published())
    browser.now = NOW + 3 * DAY
    response = browser.get(browser.my(ADA, "/items/i1"))
    page = soup(response)
    assert heading(response) == f"A mentor {EVIL}"
    assert not page.find_all("img")
    rows = {row.dt.get_text(): row.dd.get_text() for row in page.select("dl div") if row.dt and row.dd}
    assert rows["In my letter of"] == "25 Nov 2026"
    assert rows["Why it is for me"] == "Topic: Mentoring — “mentor” in the title"
    assert rows["Topics"] == "Mentoring"
    link = page.find("a", href="https://shelf.example.org/1?a=1&b=2")
    assert isinstance(link, Tag)
    assert "noreferrer" in str(link["rel"])
    other = browser.get(browser.my(ADA, "/items/i3"))
    assert "javascript:" not in other.text
    assert "By what is set today it would not be chosen." in other.text
    dated = browser.get(browser.my(ADA, "/items/i2")).text
    assert "3 Dec 2026" in dated
    assert "/dates/i2.ics" in dated


def test_more_less_and_back_are_one_press_each_and_the_last_word_counts(browser: Browser) -> None:
    assert "Noted: more like this" in press(browser, "/items/i1", "more").text
    assert marks(browser) == {"i1": 1}
    assert held(browser).profile.learned["topic:mentoring"] == 0.33
    page = soup(press(browser, "/items/i1", "less"))
    assert marks(browser) == {"i1": -1}
    assert held(browser).profile.learned["topic:mentoring"] == -0.33
    assert [b["value"] for b in page.select("button[aria-pressed=true]")] == ["less"]
    response = press(browser, "/items/i1", "back")
    assert "Taken back" in response.text
    assert (marks(browser), held(browser).profile) == ({}, ADA.profile)


def test_sources_and_authors_are_followed_shut_out_and_forgotten(browser: Browser) -> None:
    eve = f"author:Eve {EVIL}"
    for do, follow, mute in [
        ("follow-source", ("source:shelf",), ()),
        ("mute-source", (), ("source:shelf",)),
        ("mute-author", (), ("source:shelf", eve)),
        ("follow-author", (eve,), ("source:shelf",)),
        ("follow-author", (eve,), ("source:shelf",)),
        ("forget-source", (eve,), ()),
        ("forget-author", (), ()),
    ]:
        response = press(browser, "/items/i1", do)
        assert response.status_code == 200
        assert soup(response).select(".notice")
        assert not soup(response).find_all("img")
        assert (held(browser).profile.follow, held(browser).profile.mute) == (follow, mute), do
    assert replace(held(browser), profile=ADA.profile) == ADA


@pytest.mark.parametrize("do", ["", "delete", "MORE", "more-source", "mute-", "mute-topic", "follow-author2"])
def test_what_no_button_says_is_refused(browser: Browser, do: str) -> None:
    assert press(browser, "/items/i1", do).status_code in (400, 415)
    assert press(browser, "/items/i2", "mute-author").status_code == 400, "it has no author"
    assert (held(browser), marks(browser)) == (ADA, {})


@pytest.mark.parametrize("item", ["nobody", "...", "a%00b", "x" * 90, "i1%2F..", "%3Cscript%3E", "é"])
def test_an_item_that_is_not_held_is_no_page(browser: Browser, item: str) -> None:
    path = browser.my(ADA, f"/items/{item}")
    assert browser.get(path).status_code == 404
    assert browser.post(path, data={"do": "more"}).status_code == 404
    assert marks(browser) == {}


@pytest.mark.parametrize("path", ["/items/i1", "/profile"])
def test_no_other_site_presses_a_button_and_nobody_presses_without_end(browser: Browser, path: str) -> None:
    press(browser, "/items/i1", "more")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        response = browser.post(browser.my(ADA, path), data={"do": "reset"}, headers=headers)
        assert response.status_code == 403
    assert marks(browser) == {"i1": 1}
    assert refused_after(lambda: press(browser, path, "back", item="i1")) >= 119


def test_a_mark_is_its_readers_own(browser: Browser) -> None:
    browser.save(replace(ADA, id="r2", email="bob@example.net", token="another-token-entirely-000000002"))
    press(browser, "/items/i1", "less")
    bob = replace(ADA, id="r2")
    assert "You have asked" not in browser.get(browser.my(bob, "/items/i1")).text
    assert browser.post(browser.my(bob, "/profile"), data={"do": "reset"}).status_code == 200
    assert marks(browser) == {"i1": -1}


def test_another_group_of_pages_can_offer_more_for_an_item(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Log:
        ITEM_NAV = (("/elsewhere?item={item}", "Do something else"),)

        @staticmethod
        def routes(_parts: object) -> list[object]:
            return []

    monkeypatch.setattr(web_app, "GROUPS", (*web_app.GROUPS, Log))
    page = soup(Browser(browser.app, browser.clock).get(browser.my(ADA, "/items/i1")))
    link = page.find("a", string="Do something else")
    assert isinstance(link, Tag)
    assert link["href"] == browser.my(ADA, "/elsewhere?item=i1")


# -------------------------------------------------------------------------------------------------------- profile
def test_the_profile_says_all_that_is_known_in_words(browser: Browser) -> None:
    browser.save(replace(ADA, profile=replace(ADA.profile, mute=("jobs", "source:courses"), kinds={"job": 0.0}, country="IT",
                         follow=("author:Doe, Jane",)), paused_until=NOW))  # fmt: skip
    press(browser, "/items/i1", "more")
    page = soup(browser.get(browser.my(ADA, "/profile")))
    rows = {row.dt.get_text(): row.dd.get_text() for row in page.select("dl div") if row.dt and row.dd}
    assert rows == {
        "Status": "Active; paused until 23 Nov 2026, 08:00 UTC", "Topics": "Mentoring (×3), CPD <b>", "Keywords": "RDA",
        "Followed": "Doe, Jane", "Never wanted": "Jobs, Open Courses", "Kinds": "Jobs (never)", "Languages": "English",
        "Country": "Italy", "Frequency": "Every week", "Weekday": "Tuesday", "Hour": "08:00", "Time zone": "Europe/Rome",
    }  # fmt: skip
    learned = [" ".join(li.get_text(" ").split()) for li in page.select(".learned li")]
    assert "More of Mentoring topic, +0.33" in learned
    assert "More of Shelf, Notes & <i>more</i> source, +0.33" in learned
    assert "More of Blog posts kind, +0.33" in learned
    assert not page.find_all(["img", "b", "i"])


@pytest.mark.parametrize(
    ("reader", "told"),
    [
        (replace(ADA, status="left"), "Left: no letters are sent"),
        (replace(ADA, status="suppressed"), "came back or was reported"),
        (replace(ADA, status="unconfirmed"), "Not confirmed yet"),
        (replace(ADA, profile=Profile(), schedule=Schedule("daily", 1, 7, "UTC")), "Every day"),
    ],
)
def test_every_state_is_told(browser: Browser, reader: Subscriber, told: str) -> None:
    browser.save(reader)
    profile = browser.get(browser.my(ADA, "/profile")).text
    assert told in profile
    assert ("Weekday" in profile) == (reader.schedule.frequency != "daily")
    overview = browser.get(browser.my(ADA))
    assert overview.status_code == 200
    assert ("Your next letter" in overview.text) == (reader.status == "active")
    assert (f"/unsubscribe/{ADA.token}" in overview.text) == (reader.status != "left")


def test_each_mark_is_taken_back_by_itself_also_when_its_item_is_gone_and_all_at_once(browser: Browser) -> None:
    from aggregator.store import Marked

    press(browser, "/items/i1", "more")
    press(browser, "/items/i2", "less")
    browser.app.store.feedback.mark("r1", Marked("gone1", 1, ("topic:jobs",), NOW))
    page = soup(browser.get(browser.my(ADA, "/profile")))
    assert len(page.select(".mark")) == 3
    assert "no longer held" in page.get_text()
    assert "is forgotten" in press(browser, "/profile", "back", item="gone1").text
    assert marks(browser) == {"i1": 1, "i2": -1}
    for bad in ("", "../i1", "x" * 90):
        assert press(browser, "/profile", "back", item=bad).status_code == 400
    assert press(browser, "/profile", "everything").status_code == 400
    assert "All marks are forgotten" in press(browser, "/profile", "reset").text
    assert (marks(browser), held(browser)) == ({}, ADA)


def test_the_profile_can_be_taken_along_as_ranking_reads_it(browser: Browser, tmp_path: Path) -> None:
    press(browser, "/items/i1", "more")
    response = browser.get(browser.my(ADA, "/profile.json"))
    assert response.headers["content-type"] == "application/json"
    assert "attachment" in response.headers["content-disposition"]
    path = tmp_path / "profile.json"
    path.write_bytes(response.content)
    assert read_profile(str(path)) == held(browser).profile
    assert ADA.email not in json.dumps(response.json())


# ----------------------------------------------------------------------------------------------- the next letter
def test_the_next_letter_is_shown_as_it_would_be_and_nothing_is_written_down(browser: Browser) -> None:
    page = soup(browser.get(browser.my(ADA, "/preview")))
    assert [link.get_text() for link in page.select(".title a")] == [
        "Course for professionals",
        f"A mentor {EVIL}",
    ]
    assert "Why: Topic: Mentoring — “mentor” in the title" in page.get_text()
    assert "Tue 24 Nov 2026, 08:00, Rome time" in page.get_text()
    assert not page.find_all("img")
    letter = browser.get(browser.my(ADA, "/preview/letter"))
    policy = letter.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script" not in policy.replace("default-src 'none'", "")
    assert soup(letter).find("a", href=re.compile("/items/i1$"))
    assert browser.app.store.digests.of("r1") == []


def test_what_was_just_typed_can_be_tried_and_then_kept_or_changed(browser: Browser) -> None:
    fields = with_(form_on(browser), topic__mentoring="never", topic__jobs="3")
    response = send(browser, fields, "/preview")
    page = soup(response)
    assert [link.get_text() for link in page.select(".title a")] == ["Course for professionals", "About vacancies"]
    assert held(browser) == ADA
    kept = [(str(f["name"]), str(f["value"])) for f in page.select("input[type=hidden]")]
    assert [pair for pair in kept if pair[1]] == [pair for pair in fields if pair[1]]
    again = send(browser, [*kept, ("do", "edit")])
    assert (heading(again), held(browser)) == ("What I get", ADA)
    assert dict(topic for topic in kept)["topic.jobs"] == "3"
    assert "Saved." in send(browser, [*kept, ("do", "save")]).text
    assert held(browser).profile.topics == {"cpd": 1.0, "jobs": 3.0}
    piece = soup(send(browser, fields, "/preview/list"))
    assert not piece.find("html")
    assert "2 items" in piece.get_text()
    wrong = with_(fields, max_items="none")
    assert "needs a correction" in send(browser, wrong, "/preview/list").text
    assert send(browser, wrong, "/preview").status_code == 422


def test_nothing_new_is_told_and_looks_are_counted(browser: Browser) -> None:
    browser.save(replace(ADA, profile=Profile(topics={"webinars": 1.0}, discovery=False)))
    for path in ("/preview", "/preview/letter"):
        assert "Nothing: nothing new since 16 Nov 2026" in browser.get(browser.my(ADA, path)).text
    assert "none would be sent" in browser.get(browser.my(ADA)).text
    assert refused_after(lambda: browser.get(browser.my(ADA, "/preview/letter"))) >= 55


# ------------------------------------------------------------------------------------------------------- overview
def test_the_first_page_says_when_the_next_letter_comes_and_what_the_last_ones_were(browser: Browser) -> None:
    first = browser.get(browser.my(ADA))
    assert "As of now it would hold 2 items." in first.text
    assert "None so far." in first.text
    publish(browser.app, NOW + 2 * DAY, Order(), Published())
    browser.now = NOW + 2 * DAY
    page = soup(browser.get(browser.my(ADA)))
    [row] = [[cell.get_text() for cell in tr.find_all("td")] for tr in page.select("tbody tr")]
    assert (row[0], row[2]) == ("25 Nov 2026", "2")
    assert "Tue 1 Dec 2026" in page.get_text()
    [letter] = page.select("tbody a")
    assert browser.get(str(letter["href"])).status_code == 200
    links = {str(a["href"]) for a in page.select(".ways a")}
    assert {browser.my(ADA, "/preferences"), browser.my(ADA, "/profile"), browser.my(ADA, "/preview")} <= links


def test_a_pause_is_counted_in(browser: Browser) -> None:
    browser.save(replace(ADA, paused_until=NOW + 20 * DAY))
    assert "Tue 15 Dec 2026" in browser.get(browser.my(ADA)).text


def test_an_old_key_opens_none_of_these_pages(browser: Browser) -> None:
    paths = [
        browser.my(ADA, path)
        for path in ("", "/preview", "/profile", "/profile.json", "/items/i1", "/preferences")
    ]
    browser.save(replace(ADA, links=1))
    assert {browser.get(path).status_code for path in paths} == {404}
    assert {browser.post(path, data={"do": "more", "whole": "1"}).status_code for path in paths} <= {404, 405}
    assert marks(browser) == {}


def test_a_mark_made_while_its_reader_is_erased_leaves_nothing(browser: Browser) -> None:
    reader = held(browser)
    browser.app.store.subscribers.erase("r1", NOW)
    mark(browser.app.store, reader, ITEMS[0], MORE, NOW)
    assert marks(browser) == {}
    assert browser.reader("r1") is None
