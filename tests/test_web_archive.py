"""The archive as people and programs find it: items, topics, search, issues, feeds; nothing that is not for all."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import feedparser
import icalendar
import pytest
import rispy
from browsing import BASE, NOW, Browser, browsing, heading, soup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.archive import make_issues
from aggregator.dedupe import Changes
from aggregator.figures import Published
from aggregator.model import Item, Occasion, Profile, Schedule, SourceState, Subscriber, Tag
from aggregator.post import Order
from aggregator.publish import publish
from aggregator.read.outlines import outlines
from aggregator.store.schema import sightings

DAY = timedelta(days=1)
FEEDS = """\
topics:
  mentoring: {label: Mentoring, scope: Learning from each other., words: {en: [mentor*, mentee*]}}
  reverse: {label: Reverse mentoring, broader: mentoring, words: {en: [reverse mentoring]}}
  jobs: {label: Jobs, words: {en: [vacancy]}}
sources:
  shelf: {url: "https://shelf.example.org/feed", title: Shelf Notes}
  courses: {url: "https://courses.example.org/feed", title: Open Courses, about: [mentoring]}
  closed: {url: "https://closed.example.org/${SECRET}/feed", title: Members Only}
"""
ADA = Subscriber(
    "", "ada@example.org", "Ada", Profile({"mentoring": 1.0}), Schedule("weekly", 1, 8, "UTC"),
    signed_up_at=NOW - 30 * DAY,
)  # fmt: skip


def item(number: int, title: str = "", **more: Any) -> Item:
    at = NOW - DAY - timedelta(minutes=number)
    plain = Item(
        f"i{number}", "shelf", f"g{number}", f"https://shelf.example.org/{number}",
        title or f"Mentoring, part {number}", f"What number{number} taught us. " + "More words than may be shown. " * 40,
        author="Bea Rossi", published_at=at, first_seen_at=at, language="en", topics=(Tag("mentoring", "“mentoring” in the title"),),
    )  # fmt: skip
    return replace(plain, **more)


EVENT = item(
    50, "A mentoring day <in> Zagreb", kind="event", topics=(Tag("mentoring"), Tag("reverse")),
    occasion=Occasion(starts=date(2026, 12, 10), closes=date(2026, 12, 1), place="Zagreb", online=False),
)  # fmt: skip
PAST = item(51, "A mentoring day gone by", occasion=Occasion(starts=date(2026, 1, 10)))
COPIED = item(0, "Mentoring twice told", also_in=("closed",))
HIDDEN = item(52, "Mentoring for members", source="closed")
HIDDEN_DAY = item(55, "A day for members", source="closed", kind="event", occasion=EVENT.occasion)
ITALIAN = item(53, "Il mentoring in biblioteca", language="it", url="")


def hold(browser: Browser, *items: Item) -> None:
    states = [SourceState(name, f"https://{name}.example.org/feed") for name in ("shelf", "courses", "closed")]
    browser.app.store.sources.record(states, Changes(new=items), NOW, "rules")


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    monkeypatch.setenv("SECRET", "hush")
    with browsing(tmp_path, FEEDS) as made:
        yield made


@pytest.fixture
def filled(browser: Browser) -> Browser:
    hold(browser, *(item(n) for n in range(1, 41)), EVENT, PAST, HIDDEN, HIDDEN_DAY, ITALIAN)
    hold(browser, COPIED)
    sighting = {"item": COPIED.id, "source": "closed", "url": "", "seen_at": 1}
    with browser.app.store.engine.execution_options(write=True).begin() as connection:
        connection.execute(sightings.insert(), sighting)  # a closed source had it, too
    return browser


@pytest.fixture
def sent(filled: Browser) -> Browser:
    """Ada has had a letter, and the edition has an issue."""
    filled.save(ADA)
    publish(filled.app, NOW, Order(), Published())
    assert make_issues(filled.app, NOW) == ["digest/2026-W48"]
    return filled


def ada(browser: Browser) -> Subscriber:
    found = browser.reader(ADA.email)
    assert found
    return found


def titles(page: Any) -> list[str]:
    return [h.get_text(strip=True) for h in soup(page).select(".list h2, .list h3")]


# ----------------------------------------------------------------------------------------------------------- items
def test_items_come_newest_first_in_pages(filled: Browser) -> None:
    first, second = filled.get("/items"), filled.get("/items?page=2")
    assert titles(first)[:2] == ["Mentoring twice told", "Mentoring, part 1"]
    assert len(titles(first)) == 30
    assert set(titles(first)).isdisjoint(titles(second))
    assert len(titles(second)) == 14
    assert "page=2" in str(soup(first).find("a", rel="next"))
    assert soup(second).find("a", rel="next") is None
    for page in ("0", "-1", "x", "101", "9999999", "３"):
        assert filled.get(f"/items?page={page}").status_code == 404
    assert filled.get("/items?page=4").status_code == 404


def test_a_page_says_who_can_read_an_item_as_its_own_record_tells(browser: Browser) -> None:
    browser.save(ADA)
    hold(browser, item(60, "A free paper on mentoring", kind="paper", access="open"), item(61))
    for page in ("/items/i60", "/items", browser.my(ada(browser), "/items/i60")):
        assert "Open access" in browser.get(page).text
    assert "Open access" not in browser.get("/items/i61").text


def test_a_month_is_no_day_for_programs_either(browser: Browser) -> None:
    some_time = Occasion(starts=date(2026, 12, 1), precision={"starts": "month"})
    hold(browser, item(62, "Some time in December", kind="event", occasion=some_time))
    [script] = soup(browser.get("/items/i62")).find_all("script", type="application/ld+json")
    assert "startDate" not in json.loads(script.text)


def test_an_item_has_a_page_for_good_with_all_that_may_be_shown(filled: Browser) -> None:
    response = filled.get("/items/i50")
    assert heading(response) == "A mentoring day <in> Zagreb"
    assert "Zagreb" in response.text
    assert f"{BASE}/items/i50" in response.text
    assert f"{BASE}/dates/i50.ics" in response.text
    assert response.text.count("More words than may be shown") < 40  # on the page, and twice for programs
    [data] = [json.loads(script.text) for script in soup(response).find_all("script", type="application/ld+json")]
    assert data["@type"] == "Event"
    assert data["startDate"] == "2026-12-10"
    assert data["location"] == {"@type": "Place", "name": "Zagreb"}
    assert "<in>" not in str(soup(response).find("script"))  # nothing in it can end the block
    assert soup(response).find("meta", property="og:title")["content"] == "A mentoring day <in> Zagreb"  # type: ignore[index]
    assert filled.get("/items/nothing").status_code == 404
    assert filled.get("/items/..%2f").status_code == 404


def test_an_item_in_another_language_says_so(filled: Browser) -> None:
    found = soup(filled.get("/items/i53")).h1
    assert found
    assert found.span["lang"] == "it"  # type: ignore[index]
    listed = soup(filled.get("/items?page=2")).find("a", string="Il mentoring in biblioteca")
    assert listed
    assert listed["href"] == "/items/i53"  # it has no address of its own


def test_what_is_not_for_everybody_is_nowhere(sent: Browser) -> None:
    addresses = (
        "/", "/items", "/items?page=2", "/search?q=members", "/items.atom", "/items.json", "/items.ics", "/items.opml",
        "/topics/mentoring", "/topics/mentoring?page=2", "/topics/mentoring.atom", "/topics/mentoring.json",
        "/topics/mentoring.opml", "/issues/digest/2026-W48", "/issues/digest/2026-W48.json", "/issues.atom", "/sitemap.xml",
        "/events", "/events.ics", "/events.json", "/events/month/2026-12", "/courses",
    )  # fmt: skip
    for address in addresses:
        said = sent.get(address)
        assert said.status_code == 200, address
        assert "for members" not in said.text, address
        assert "Members Only" not in said.text, address
        assert "hush" not in said.text, address
        assert "ada" not in said.text.lower().replace("metadata", ""), address
    for address in ("/items/i52", "/items/i55", "/events/i55"):
        assert sent.get(address).status_code == 404
    assert "twice told" in sent.get("/issues/digest/2026-W48").text  # though a closed source had it, too


# ---------------------------------------------------------------------------------------------------------- search
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("zagreb", ["A mentoring day <in> Zagreb"]),
        ("ZAGREB day", ["A mentoring day <in> Zagreb"]),
        ("day NOT zagreb", ["A mentoring day gone by"]),
        ('"mentoring day" gone', ["A mentoring day gone by"]),
        ("title:biblioteca", ["Il mentoring in biblioteca"]),
        ("nobodywroteofthis", []),
        ("members", []),
    ],
)
def test_search_by_words_and_rules(filled: Browser, question: str, expected: list[str]) -> None:
    response = filled.get("/search", params={"q": question})
    assert titles(response) == expected
    assert response.headers["cache-control"] == "no-store"
    box = soup(response).find("input", id="q")
    assert box
    assert box["value"] == question
    assert ("Nothing was found" in response.text) == (not expected)


def test_a_search_that_cannot_be_understood_is_read_as_words_and_says_so(filled: Browser) -> None:
    response = filled.get("/search", params={"q": "(zagreb"})
    assert "Read as plain words" in response.text
    assert titles(response) == ["A mentoring day <in> Zagreb"]
    assert "no word in it" in filled.get("/search", params={"q": "***"}).text
    assert filled.get("/search", params={"q": "x" * 5000}).status_code == 200
    assert filled.get("/search?q=%00%ff").status_code == 200


def test_what_was_asked_for_stays_when_the_language_is_changed(filled: Browser) -> None:
    page = soup(filled.get("/search", params={"q": "zagreb & day", "lang": "en"}))
    [link] = page.select(".languages a")
    italian = filled.get("/search" + str(link["href"]))
    assert soup(italian).html["lang"] == "it"  # type: ignore[index]
    assert titles(italian) == ["A mentoring day <in> Zagreb"]


def test_search_has_pages_and_a_bound(filled: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregator.web.items.SEARCHES", 3)  # in a minute; it fills again by one in 20 seconds
    first = filled.get("/search", params={"q": "part"})
    assert len(titles(first)) == 30
    following = soup(first).find("a", rel="next")
    assert following
    assert len(titles(filled.get(str(following["href"])))) == 10
    for _ in range(5):
        last = filled.get("/search", params={"q": "part"})
    assert last.status_code == 429
    assert int(last.headers["retry-after"]) > 0


# ----------------------------------------------------------------------------------------------------------- feeds
def test_each_topic_and_the_whole_in_every_form(filled: Browser) -> None:
    for path in ("/items", "/topics/mentoring", "/topics/reverse", "/topics/jobs"):
        atom = filled.get(f"{path}.atom")
        feed = feedparser.parse(atom.content)
        assert not feed.bozo
        assert feed.feed.id == f"{BASE}{path}"
        assert [one.href for one in feed.feed.links if one.rel == "self"] == [f"{BASE}{path}.atom"]
        data = filled.get(f"{path}.json").json()
        assert [one["id"] for one in data["items"]] == [entry.id for entry in feed.entries]
        calendar = icalendar.Calendar.from_ical(filled.get(f"{path}.ics").content)
        found = {str(event["UID"]) for event in calendar.walk("VEVENT")}
        assert found == (set() if path == "/topics/jobs" else {"i50@aggregator", "i50-closes@aggregator"})
        listed = outlines(filled.get(f"{path}.opml").content, "x.opml")
        assert not [p for p in listed.problems if "no feeds" not in p.what]
        assert filled.get(f"{path}.pdf").status_code == 404
    sources = {one.url for one in outlines(filled.get("/topics/mentoring.opml").content, "x").outlines}
    assert sources == {"https://shelf.example.org/feed", "https://courses.example.org/feed"}


def test_a_feed_is_asked_for_again_by_its_etag(filled: Browser) -> None:
    for path in ("/items.atom", "/topics/mentoring.json", "/topics/mentoring.ics", "/items", "/topics/mentoring"):
        first = filled.get(path)
        assert first.headers["cache-control"].startswith("public, max-age=")
        again = filled.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304
        assert not again.content


def test_topics_stand_below_broader_ones(filled: Browser) -> None:
    page = soup(filled.get("/topics"))
    nested = page.select(".tree .tree a[href='/topics/reverse']")
    assert nested
    assert "Narrower topics" in filled.get("/topics/mentoring").text
    assert filled.get("/topics/nothing").status_code == 404
    assert filled.get("/topics/mentoring.").status_code == 404


# ---------------------------------------------------------------------------------------------------------- issues
def test_an_issue_has_a_page_and_every_form_for_good(sent: Browser) -> None:
    page = sent.get("/issues/digest/2026-W48")
    assert heading(page) == "Library digest, issue 2026-W48, 23 Nov 2026"
    links = {str(a["href"]) for a in soup(page).select(".chips a")}
    assert len(links) == 9
    for link in links:
        response = sent.get(link)
        assert response.status_code == 200, link
        assert response.headers["cache-control"] == "public, max-age=86400"
    references = rispy.load(io.StringIO(sent.get("/issues/digest/2026-W48.ris").text))
    assert {"Mentoring, part 1"} <= {entry["title"] for entry in references}
    html = sent.get("/issues/digest/2026-W48.html")
    assert "style-src 'sha256-" in html.headers["content-security-policy"]
    assert "unsafe" not in html.headers["content-security-policy"]
    for wrong in ("2026-W47", "2026-W48.exe", "2026-W48.", "%2e%2e", "%00"):
        assert sent.get(f"/issues/digest/{wrong}").status_code == 404, wrong
    assert sent.get("/issues/other").status_code == 404


def test_the_bytes_of_an_issue_stay_when_the_item_changes(sent: Browser) -> None:
    names = ("html", "txt", "json", "atom", "ics", "ris", "bib", "csl.json", "opml")
    before = {name: sent.get(f"/issues/digest/2026-W48.{name}").content for name in names}
    changed = replace(EVENT, title="Cancelled", occasion=None)
    sent.app.store.sources.record([], Changes(updated=((EVENT.id, changed),)), NOW, "rules")
    fresh = Browser(sent.app)
    assert {name: fresh.get(f"/issues/digest/2026-W48.{name}").content for name in names} == before


def test_past_issues_are_listed_and_fed(sent: Browser) -> None:
    for address in ("/issues", "/issues/digest"):
        assert titles(sent.get(address)) == ["Library digest, 2026-W48"]
    feed = feedparser.parse(sent.get("/issues.atom").content)
    assert [entry.id for entry in feed.entries] == [f"{BASE}/issues/digest/2026-W48"]
    assert [one["id"] for one in sent.get("/issues.json").json()["items"]] == [f"{BASE}/issues/digest/2026-W48"]
    assert sent.get("/issues.ics").status_code == 404


def test_my_letters_are_mine(sent: Browser) -> None:
    reader = ada(sent)
    page = sent.get(sent.my(reader, "/issues"))
    [link] = soup(page).select(".list a")
    mine = sent.get(str(link["href"]))
    assert "personal selection" in heading(mine)
    assert "Why: Topic: Mentoring" in mine.text
    id = str(link["href"]).rpartition("/")[2]
    for form in ("html", "json", "ris"):
        response = sent.get(f"{link['href']}.{form}")
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-robots-tag"] == "noindex, nofollow"
    # By its permanent address it says the same of every letter, and another reader does not have it.
    assert sent.get(f"/my/issues/{id}").status_code == sent.get("/my/issues/other").status_code == 403
    assert sent.get(f"/my/issues/{id}").text == sent.get("/my/issues/other").text.replace("other", id)
    ben = sent.save(Subscriber("", "ben@example.org"))
    assert sent.get(sent.my(ben, f"/issues/{id}")).status_code == 404
    assert "No letter has been sent to you yet" in sent.get(sent.my(ben, "/issues")).text
    assert sent.get(f"/issues/digest/{id}").status_code == 404


# ------------------------------------------------------------------------------------------------------------ home
def test_the_first_page_says_what_this_is_and_where_to_begin(sent: Browser) -> None:
    page = soup(sent.get("/"))
    form = page.find("form", method="post")
    assert form
    assert str(form["action"]).startswith("/sign-up")
    assert [one["name"] for one in form.find_all("input") if one["type"] != "hidden"] == ["email"]
    assert "Mentoring, part 1" in titles(sent.get("/"))
    assert page.select("a[href='/topics/mentoring']")
    assert page.select("a[href='/issues/digest/2026-W48']")
    assert "2 sources" in page.get_text()
    later = Browser(sent.app, now=NOW + 60 * DAY)
    assert "From the newest issue" not in later.get("/").text


def test_programs_are_told_what_to_find_and_what_to_leave(sent: Browser) -> None:
    robots = sent.get("/robots.txt").text
    for path in ("/my/", "/feeds/", "/search", "/unsubscribe/", "/preferences/"):
        assert f"Disallow: {path}\n" in robots
    assert f"Sitemap: {BASE}/sitemap.xml" in robots
    tree = ElementTree.fromstring(sent.get("/sitemap.xml").content)
    found = [str(loc.text) for loc in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert f"{BASE}/issues/digest/2026-W48" in found
    for address in found:
        assert sent.get(address.removeprefix(BASE)).status_code == 200, address


def test_an_empty_service_has_pages_that_say_so(browser: Browser) -> None:
    for path, words in (("/items", "Nothing has been found here yet"), ("/issues", "There is no issue yet"),
                        ("/topics/jobs", "Nothing has been found here yet"), ("/", "Your e-mail address")):  # fmt: skip
        response = browser.get(path)
        assert response.status_code == 200
        assert words in response.text
    for path in ("/items.atom", "/items.json", "/items.ics", "/items.opml", "/issues.atom", "/topics/jobs.atom"):
        assert browser.get(path).status_code == 200
    assert not feedparser.parse(browser.get("/items.atom").content).bozo


def test_every_page_is_there_in_italian(sent: Browser) -> None:
    for path in (
        "/",
        "/items",
        "/topics",
        "/issues",
        "/items/i50",
        "/issues/digest/2026-W48",
        "/topics/mentoring",
    ):
        page = sent.get(f"{path}?lang=it")
        assert page.status_code == 200
        assert soup(page).html["lang"] == "it"  # type: ignore[index]
        assert not re.search(r"Take it with you|Cite and keep|Permanent|All items|Past issues", page.text)


# ------------------------------------------------------------------------------------------------------- my feeds
def addresses(response: Any) -> dict[str, str]:
    found = [str(a["href"]) for a in soup(response).select("dl a")]
    return {address.rpartition(".")[2]: re.sub(r"^\w+://[^/]+", "", address) for address in found}


def test_my_feeds_have_a_secret_address_that_can_be_replaced_and_ended(sent: Browser) -> None:
    page = sent.my(ada(sent), "/feeds", private=True)
    assert "There is no address yet" in sent.get(page).text
    first = addresses(sent.post(page, data={"do": "new"}))
    assert set(first) == {"atom", "json", "ics"}
    assert addresses(sent.get(page)) == first  # a GET shows it again and changes nothing
    feed = feedparser.parse(sent.get(first["atom"]).content)
    assert not feed.bozo
    assert "Mentoring, part 1" in [entry.title for entry in feed.entries]
    assert len(sent.get(first["json"]).json()["items"]) == len(feed.entries)
    calendar = icalendar.Calendar.from_ical(sent.get(first["ics"]).content)
    assert "i50@aggregator" in {str(event["UID"]) for event in calendar.walk("VEVENT")}
    second = addresses(sent.post(page, data={"do": "new"}))
    assert second != first
    assert sent.get(first["atom"]).status_code == 404
    assert sent.get(second["atom"]).status_code == 200
    assert "have ended" in sent.post(page, data={"do": "end"}).text
    assert sent.get(second["atom"]).status_code == 404
    assert sent.post(page, data={"do": "what"}).status_code == 200
    assert sent.get(second["atom"]).status_code == 404


def test_the_address_is_nothing_that_a_forwarded_letter_opens(sent: Browser) -> None:
    assert sent.get(sent.my(ada(sent), "/feeds")).status_code == 403
    assert sent.post(sent.my(ada(sent), "/feeds"), data={"do": "new"}).status_code == 403
    assert sent.app.store.feed_keys.of(ada(sent).id) is None
    foreign = {"Sec-Fetch-Site": "cross-site"}
    page = sent.my(ada(sent), "/feeds", private=True)
    assert sent.post(page, data={"do": "new"}, headers=foreign).status_code == 403


def test_my_feed_is_asked_for_again_and_is_kept_by_nobody_between(sent: Browser) -> None:
    mine = addresses(sent.post(sent.my(ada(sent), "/feeds", private=True), data={"do": "new"}))
    for form, address in mine.items():
        first = sent.get(address)
        assert first.headers["cache-control"] == "private, max-age=900", form
        assert first.headers["x-robots-tag"] == "noindex, nofollow"
        assert ADA.email not in first.text
        assert "Ada" not in first.text
        again = sent.get(address, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304
    for wrong in ("/feeds/short.atom", f"/feeds/{'x' * 32}.atom", mine["atom"].replace(".atom", ".pdf")):
        assert sent.get(wrong).status_code == 404


def test_a_date_that_has_moved_moves_in_my_calendar(sent: Browser) -> None:
    mine = addresses(sent.post(sent.my(ada(sent), "/feeds", private=True), data={"do": "new"}))
    moved = replace(EVENT, occasion=replace(EVENT.occasion, starts=date(2026, 12, 17)))  # type: ignore[type-var]
    sent.app.store.sources.record([], Changes(updated=((EVENT.id, moved),)), NOW + DAY, "rules")
    events = icalendar.Calendar.from_ical(sent.get(mine["ics"]).content).walk("VEVENT")
    [event] = [one for one in events if one["UID"] == "i50@aggregator"]
    assert event.decoded("DTSTART") == date(2026, 12, 17)
    assert event.decoded("SEQUENCE") == 1


def test_who_has_left_or_was_erased_has_no_feeds(sent: Browser) -> None:
    reader = ada(sent)
    mine = addresses(sent.post(sent.my(reader, "/feeds", private=True), data={"do": "new"}))
    sent.app.store.subscribers.unsubscribe(reader.token, NOW)
    assert sent.get(mine["atom"]).status_code == 404
    sent.app.store.subscribers.erase(reader.id, NOW)
    assert sent.app.store.feed_keys.of(reader.id) is None


def test_two_windows_at_once_leave_one_address(sent: Browser) -> None:
    keys, id = sent.app.store.feed_keys, ada(sent).id
    assert keys.replace(id, 1, "a" * 32, NOW)
    assert not keys.replace(id, 1, "b" * 32, NOW)
    assert keys.owner("a" * 32) == id
    assert keys.owner("b" * 32) is None


# ----------------------------------------------------------------------------------------------------- any request
def test_a_fortnightly_issue_is_found_by_its_name(filled: Browser) -> None:
    edition = next(iter(filled.app.catalogue.editions.values()))
    filled.app.catalogue.editions[edition.name] = replace(edition, cadence="fortnightly")  # type: ignore[index]
    [id] = make_issues(filled.app, NOW)
    assert re.fullmatch(r"digest/2026-W4[78]\+2", id)
    for address in (id, id.replace("+", "%2B")):
        assert filled.get(f"/issues/{address}").status_code == 200
        assert filled.get(f"/issues/{address}.ris").status_code == 200
    assert f"{BASE}/issues/{id}" in filled.get("/sitemap.xml").text


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    start=st.sampled_from(
        ["/items", "/topics/", "/issues/", "/issues/digest/", "/items/", "/feeds/", "/search", "/my/issues/", "/"]
    ),
    rest=st.text(st.characters(blacklist_categories=["Cs"]), max_size=40),
    query=st.text(max_size=30),
    name=st.sampled_from(["q", "page", "lang", "x"]),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE"]),
)
def test_whatever_is_asked_for_nothing_breaks_and_nothing_is_written(
    sent: Browser, start: str, rest: str, query: str, name: str, method: str
) -> None:
    with sent.app.store.engine.connect() as connection:
        before = connection.exec_driver_sql("PRAGMA data_version").scalar()
        path = start + quote(rest, safe="") if rest else start
        response = sent.ask(method, path, params={name: query.encode("utf-8", "replace")})
        assert response.status_code < 500
        assert response.headers["x-content-type-options"] == "nosniff"
        assert connection.exec_driver_sql("PRAGMA data_version").scalar() == before
