"""The page on which a reader chooses: what is kept, what is refused, and what was typed is never lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import FEEDS, NOW, Browser, browsing, heading, soup
from bs4 import BeautifulSoup, Tag
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import parse
from aggregator.config.cells import Mistake
from aggregator.dedupe import Changes
from aggregator.model import ITEM_KINDS, Catalogue, Item, Profile, Schedule, SourceState, Subscriber
from aggregator.model import Tag as Given
from aggregator.topics.rules import RuleError, compile_rule
from aggregator.web.choices import chosen, form_of
from aggregator.web.mistakes import slip
from aggregator.web.offered import tree
from aggregator.web.words import words

TREE = """\
groups: {work: Work, things: Things}
topics:
  mentoring: {label: Mentoring, broader: work, words: {en: [mentor*, mentee*]}}
  cpd: {label: "CPD <b>", broader: work, words: {en: ["professional development"]}}
  webinars: {label: Webinars, broader: cpd, scope: Not <i>recordings</i>., words: {en: [webinar]}}
  jobs: {label: Jobs, words: {en: [vacancy]}}
sources:
  shelf: {url: "https://shelf.example.org/feed", title: 'Shelf, Notes & <i>more</i>'}
  courses: {url: "https://courses.example.org/feed", title: Open Courses}
editions:
  digest: {title: Weekly letter}
  monthly: {title: Monthly review}
"""
ADA = Subscriber(
    id="r1",
    email="ada.lovelace@example.net",
    name="Ada",
    profile=Profile(
        topics={"mentoring": 3.0, "cpd": 1.0, "gone": 2.0},
        keywords=("<b>RDA</b>", "linked data"),
        searches=("mentor* NOT apprentice",),
        languages=("en", "it"),
        mute=("jobs", "ended", "source:courses", "author:Bob <script>"),
        follow=("source:shelf", "source:closed", "author:Doe, Jane"),
        kinds={"job": 0.0, "course": 2.0},
        learned={"topic:cpd": 0.5},
        country="IT",
    ),
    schedule=Schedule("weekly", 2, 8, "Europe/Rome"),
    signed_up_at=NOW - timedelta(days=30),
    token="a-token-that-nobody-can-guess-01",
    max_items=7,
)


def items(*more: Item) -> tuple[Item, ...]:
    day = timedelta(days=1)
    return (
        Item("i1", "shelf", title="A mentor for <script>alert(1)</script>", url="https://shelf.example.org/1",
             text="About a mentor.", first_seen_at=NOW - day, language="en", topics=(Given("mentoring", "“mentor” in the title"),)),
        Item("i2", "shelf", title="RDA in practice", text="RDA", first_seen_at=NOW - 2 * day, language="en"),
        Item("i3", "courses", title="RDA in italiano", text="RDA", first_seen_at=NOW - 2 * day, language="it"),
        Item("i4", "shelf", title="RDA of old", text="RDA", first_seen_at=NOW - 40 * day, language="en"),
        *more,
    )  # fmt: skip


def hold(browser: Browser, *held: Item) -> None:
    state = SourceState("shelf", "https://shelf.example.org/feed", last_visit_at=NOW)
    browser.app.store.sources.record([state], Changes(new=held), NOW, "rules")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path, TREE) as browser:
        browser.save(ADA)
        hold(browser, *items())
        yield browser


def typed(page: BeautifulSoup) -> list[tuple[str, str]]:
    """What a browser would send of the page's form, without a button."""
    form = page.find("form", id="choices")
    assert isinstance(form, Tag)
    found = []
    for field in form.find_all(["input", "select", "textarea"]):
        if field.name == "select":
            options = field.find_all("option")
            picked = [option for option in options if option.has_attr("selected")] or options[:1]
            assert len(picked) == 1, field
            found.append((str(field["name"]), str(picked[0]["value"])))
        elif field.name == "textarea":
            found.append((str(field["name"]), field.get_text()))
        elif field.get("type") != "checkbox" or field.has_attr("checked"):
            found.append((str(field["name"]), str(field.get("value", ""))))
    return found


def form_on(browser: Browser) -> list[tuple[str, str]]:
    return typed(soup(browser.get(browser.my(ADA, "/preferences"))))


def send(
    browser: Browser, fields: list[tuple[str, str]], path: str = "/preferences", **more: Any
) -> httpx.Response:
    body = str(httpx.QueryParams(fields))
    headers = {"Content-Type": "application/x-www-form-urlencoded", **more.pop("headers", {})}
    return browser.post(browser.my(ADA, path), content=body, headers=headers, **more)


def with_(fields: list[tuple[str, str]], **changes: str) -> list[tuple[str, str]]:
    """The form with some fields typed otherwise; `__` in a name is a dot."""
    wanted = {name.replace("__", "."): value for name, value in changes.items()}
    kept = [(name, wanted.pop(name, value)) for name, value in fields]
    return [*kept, *wanted.items()]


def refused_after(ask: Callable[[], httpx.Response]) -> int:
    """How many requests were answered before the first that came too often."""
    for count in range(200):
        status = ask().status_code
        if status == 429:
            return count
        assert status == 200
    pytest.fail("never refused")


def held(browser: Browser) -> Subscriber:
    reader = browser.reader("r1")
    assert reader
    return reader


# ------------------------------------------------------------------------------------------------------ unchanged
def test_saving_an_untouched_page_changes_nothing_not_even_what_the_catalogue_no_longer_has(
    browser: Browser,
) -> None:
    for address in (browser.my(ADA, "/preferences"), f"/preferences/{browser.key(ADA)}"):
        response = send(browser, typed(soup(browser.get(address))))
        assert response.status_code == 200
        assert "Saved." in response.text
        now = held(browser)
        assert replace(now, profile=ADA.profile) == ADA
        was = ADA.profile
        assert set(now.profile.mute) == set(was.mute)
        assert replace(now.profile, mute=was.mute) == was


def test_opening_it_changes_nothing(browser: Browser) -> None:
    before = held(browser)
    for method in ("GET", "HEAD"):
        assert browser.ask(method, browser.my(ADA, "/preferences?do=save&whole=1&topic.cpd=3")).status_code == 200
    for method in ("PUT", "DELETE", "PATCH"):
        assert browser.ask(method, browser.my(ADA, "/preferences")).status_code == 405
    assert browser.get(browser.my(ADA, "/preferences/caught")).status_code == 405
    assert held(browser) == before


names = st.text("abcXYZ äß-", min_size=1, max_size=20).map(lambda text: " ".join(text.split())).filter(bool)
profiles = st.builds(
    Profile,
    topics=st.dictionaries(st.sampled_from(["mentoring", "cpd", "webinars"]), st.sampled_from([1.0, 1.5, 2.0, 3.0])),
    keywords=st.lists(names, max_size=5, unique=True).map(tuple),
    searches=st.lists(st.sampled_from(["a AND b", "mentor*", '"two words"']), unique=True).map(tuple),
    kinds=st.dictionaries(st.sampled_from(ITEM_KINDS), st.sampled_from([0.0, 0.5, 2.0, 3.25, 10.0])),
    languages=st.lists(st.sampled_from(["en", "it", "hr", "sv"]), unique=True).map(tuple),
    mute=st.sampled_from([(), ("jobs",), ("jobs", "source:courses"), ("source:gone", "author:x y")]),
    country=st.sampled_from([None, "IT", "GB"]),
    follow=st.sampled_from([(), ("source:shelf",), ("source:shelf", "author:Doe, Jane")]),
    discovery=st.booleans(),
)  # fmt: skip
readers = st.builds(
    Subscriber, st.just("r1"), st.just("a@example.org"), names, profiles,
    st.builds(Schedule, st.sampled_from(["daily", "weekly", "monthly"]), st.integers(1, 7), st.integers(0, 23),
              st.sampled_from(["UTC", "Europe/Rome", "Asia/Kolkata"])),
    max_items=st.one_of(st.none(), st.integers(1, 200)), edition=st.sampled_from(["digest", "monthly"]),
    language=st.sampled_from(["en", "it", "ar"]),
)  # fmt: skip
CATALOGUE: Catalogue = parse(TREE, "feeds.yaml", {})[0]
TITLES = {id: source.title for id, source in CATALOGUE.sources.items()}


@given(readers)
def test_a_reader_written_as_a_form_and_read_back_is_the_same(reader: Subscriber) -> None:
    said = chosen(
        form_of(reader, TITLES), Subscriber("r1", "a@example.org", profile=reader.profile), CATALOGUE, TITLES
    )
    assert said.mistakes == {}
    assert said.reader == reader


# -------------------------------------------------------------------------------------------------------- kept
def test_everything_that_can_be_chosen_is_kept(browser: Browser) -> None:
    fields = [(name, value) for name, value in form_on(browser) if name not in ("search", "reads", "discovery")]
    changed = with_(
        fields, topic__mentoring="", topic__webinars="2", topic__jobs="1", topic__cpd="never",
        keywords="One phrase\n\none phrase\n  makerspace  ", kind__job="", kind__paper="0.5", kind__course="0",
        reads_more="pt-BR, sv", country="HR", frequency="fortnightly", weekday="5", hour="21",
        timezone="Europe/Zagreb", max_items="30", language="it", edition="monthly", name="  Ada   Lovelace ",
        source__2="open courses", source__2__is="follow", author__5="New Name", author__5__is="never",
    )  # fmt: skip
    changed += [("search", "wiki* AND library"), ("search", '"open data"'), ("search", ""), ("reads", "hr")]
    response = send(browser, changed)
    assert response.status_code == 200, soup(response).get_text(" ", strip=True)
    now = held(browser)
    assert now.profile == Profile(
        topics={"webinars": 2.0, "jobs": 1.0, "gone": 2.0}, keywords=("One phrase", "one phrase", "makerspace"),
        searches=("wiki* AND library", '"open data"'), kinds={"course": 0.0, "paper": 0.5}, languages=("hr", "pt", "sv"),
        mute=("cpd", "ended", "author:Bob <script>", "author:New Name"), country="HR",
        follow=("source:shelf", "source:closed", "source:courses", "author:Doe, Jane"), learned={"topic:cpd": 0.5},
        discovery=False,
    )  # fmt: skip
    assert now.schedule == Schedule("fortnightly", 5, 21, "Europe/Zagreb")
    assert (now.max_items, now.language, now.edition, now.name) == (30, "it", "monthly", "Ada Lovelace")
    assert heading(response) == "Che cosa ricevo", "the answer speaks the new language at once"
    assert (now.email, now.token, now.status, now.links, now.signed_up_at) == (
        ADA.email, ADA.token, ADA.status, ADA.links, ADA.signed_up_at,
    )  # fmt: skip


def test_who_leaves_in_the_same_moment_has_left(browser: Browser) -> None:
    fields = form_on(browser)
    browser.post(f"/unsubscribe/{ADA.token}")
    assert send(browser, with_(fields, topic__webinars="3")).status_code == 200
    assert held(browser).status == "left"
    reader = replace(ADA, profile=replace(ADA.profile, keywords=("late",)))  # as it was read before leaving
    assert browser.app.store.subscribers.choose(reader, NOW)
    assert (held(browser).status, held(browser).profile.keywords) == ("left", ("late",))


def test_a_form_that_came_in_part_takes_nothing_away(browser: Browser) -> None:
    before = held(browser)
    for fields in ([], [("topic.cpd", "3")], [f for f in form_on(browser) if f[0] != "whole"]):
        assert send(browser, fields).status_code == 400
    assert held(browser) == before


# ------------------------------------------------------------------------------------------------------- mistakes
@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("search", "librar* AND (mentor", "At character 13: this bracket is never closed → add a ) where its group ends"),
        ("search", "NOT spam", "NOT stands alone"),
        ("source.77", "Open Course", "did you mean 'Open Courses'?"),
        ("source.77", "Nobody & Sons", "choose one of the list"),
        ("author.77", "x" * 300, "the name is too long"),
        ("keywords", "y" * 201, "at most 200 characters"),
        ("keywords", "\n".join(map(str, range(501))), "the list is too long"),
        ("max_items", "-3", "write 1 to 200"),
        ("max_items", "201", "write 1 to 200"),
        ("reads_more", "klingonish", "is not a language"),
        ("topic.webinars", "-1", "the weight must be 1 to 3"),
        ("topic.webinars", "NaN", "the weight must be 1 to 3"),
        ("topic.webinars", "4", "the weight must be 1 to 3"),
        ("kind.paper", "-2", "the weight must be 0 to 10"),
        ("timezone", "Europe/Romee", "did you mean 'Europe/Rome'?"),
        ("frequency", "hourly", "is not a frequency"),
        ("weekday", "8", "is not a weekday"),
        ("hour", "24", "midnight is 0"),
        ("country", "ITA", "is not a country"),
        ("language", "../it", "is not a language"),
        ("edition", "secret", "is not an edition"),
        ("name", "n" * 201, "the name is too long"),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_at_its_field_and_nothing_is_saved_or_lost(
    browser: Browser, field: str, value: str, told: str
) -> None:
    before = held(browser)
    fields = [f for f in form_on(browser) if f[0] != field]
    changed = [*(fields if field == "keywords" else with_(fields, keywords="something new")), (field, value)]
    response = send(browser, changed)
    page = soup(response)
    assert response.status_code == 422
    [error] = page.select("p.error")
    assert told in error.get_text(" ", strip=True)
    group = error.find_parent("details", class_="group")
    assert group is not None
    assert group.has_attr("open"), "the group with the mistake stands open"
    [link] = page.select(".notice.bad a")
    assert link["href"] == f"#{error['id']}"
    assert held(browser) == before
    again = [pair for pair in typed(page) if pair[1]]
    lost = {pair for pair in changed if pair[1]} - set(again)
    renumbered = {(re.sub(r"\d+", "N", name), value) for name, value in again}
    assert {(re.sub(r"\d+", "N", name), value) for name, value in lost} <= renumbered, "nothing typed is lost"


def test_what_cannot_be_shown_in_a_select_is_there_too(browser: Browser) -> None:
    """A weight that somebody set by other means is neither lost nor hidden."""
    browser.save(replace(ADA, profile=Profile(topics={"cpd": 1.5}, kinds={"paper": 3.25})))
    fields = dict(form_on(browser))
    assert (fields["topic.cpd"], fields["kind.paper"]) == ("1.5", "3.25")
    send(browser, list(fields.items()))
    assert held(browser).profile.topics == {"cpd": 1.5}


def test_too_many_searches_are_named(browser: Browser) -> None:
    response = send(browser, [*form_on(browser), *(("search", f"word{n}") for n in range(60))])
    assert response.status_code == 422
    assert "the list is too long" in response.text


def test_a_search_that_was_kept_before_the_rules_were_so_is_no_obstacle(browser: Browser) -> None:
    old = replace(ADA, profile=replace(ADA.profile, searches=("C++ (",)))
    browser.save(old)
    assert send(browser, form_on(browser)).status_code == 200
    assert held(browser).profile.searches == ("C++ (",)


@pytest.mark.parametrize(
    "rule",
    ["", "x" * 4001, ")", "(", '"a', "a AND", "AND a", "a & b", "a | b", "+a", "-a", "a$", "a#", "a !b", "title:", "a / b",
     "*a", "ab*c", "ab*", "a?", "near/3", "a?c-d", "NOT a", "(" * 21 + "a" + ")" * 21, "(a AND b) NEAR c", "a NEAR/201 b",
     "=a*", '"..."', "w" * 61, "titel:a", "foo:a", "kind:(a b)", "title:(text:a)", "source:*", "kind:po*", "language:xx",
     "kind:postt", "kind:zzzz", "list:none", "a = b", "title:kind:post"],
)  # fmt: skip
def test_every_mistake_in_a_search_is_told_in_italian(rule: str) -> None:
    with pytest.raises(RuleError) as wrong:
        compile_rule(rule)
    english, italian = (slip(words(code, (FOLDER,)), wrong.value) for code in ("en", "it"))
    assert (english.what, english.remedy) == (wrong.value.what, wrong.value.remedy)
    assert italian.what != english.what
    assert italian.remedy != english.remedy
    assert italian.where == f"Al carattere {wrong.value.offset + 1}"


FOLDER = Path(__file__).resolve().parent.parent / "templates"


def test_other_mistakes_too_and_what_is_not_known_stays() -> None:
    italian = words("it", (FOLDER,))
    assert slip(italian, Mistake("'Romee' is not a time zone", "did you mean 'Europe/Rome'?")) == slip(
        italian, Mistake("«Romee» non è un fuso orario", "intende «Europe/Rome»?")
    )
    assert slip(italian, Mistake("something new", "do that")).what == "something new"


# ------------------------------------------------------------------------------------------------- what is shown
def test_topics_are_a_tree_with_what_each_brought(browser: Browser) -> None:
    [work, *_] = [b for b in tree(CATALOGUE, {"mentoring": 4}, {"mentoring": 2}) if b.label == "Work"]
    assert [(b.id, b.items, b.reached, [c.id for c in b.below]) for b in work.below] == [
        ("mentoring", 4, 2, []), ("cpd", 0, 0, ["webinars"]),
    ]  # fmt: skip
    assert work.ids == ("mentoring", "cpd", "webinars")
    assert [b.label for b in tree(CATALOGUE, {}, {})] == ["Jobs", "Work"], "an empty heading is none"
    page = soup(browser.get(browser.my(ADA, "/preferences")))
    label = page.find("label", attrs={"for": "topic.mentoring"})
    assert label
    assert "1 item last month" in label.get_text(" ", strip=True)
    assert "CPD <b>" in page.get_text()
    assert [dd.get_text() for dd in page.select(".scopes dd")] == ["Not <i>recordings</i>."]


def test_what_others_wrote_is_shown_as_they_wrote_it_and_runs_nowhere(browser: Browser) -> None:
    response = browser.get(browser.my(ADA, "/preferences"))
    page = soup(response)
    assert not page.find_all(["b", "i"])
    assert [str(script.get("src", ""))[:19] for script in page.find_all("script")] == ["/static/choices.js?"]
    assert page.find("textarea", id="keywords").get_text() == "<b>RDA</b>\nlinked data"  # type: ignore[union-attr]
    assert page.find("input", value="Bob <script>")
    found = send(browser, with_(form_on(browser), keywords="mentor", do="try"))
    assert "A mentor for <script>alert(1)</script>" in soup(found).get_text()
    assert len(soup(found).find_all("script")) == 1


def test_the_page_works_without_script_and_every_field_has_a_label(browser: Browser) -> None:
    page = soup(browser.get(browser.my(ADA, "/preferences")))
    labelled = {str(label["for"]) for label in page.find_all("label", attrs={"for": True})}
    for field in page.select("#choices input:not([type=hidden]), #choices select, #choices textarea"):
        assert field.get("id") in labelled or field.find_parent("label"), field
    ids = [str(tag["id"]) for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert not page.find_all(onclick=True)
    assert {str(b.get("value")) for b in page.select("#choices button[name=do]")} == {"save", "try"}


def test_settings_are_there_for_who_has_left_and_the_way_out_is_not(browser: Browser) -> None:
    browser.save(replace(ADA, status="left"))
    response = browser.get(browser.my(ADA, "/preferences"))
    assert "No letters are sent to you now" in response.text
    assert "/unsubscribe/" not in response.text


# -------------------------------------------------------------------------------------------------- live preview
def test_words_show_what_they_would_have_caught_last_month_in_the_languages_that_are_read(
    browser: Browser,
) -> None:
    fields = [f for f in form_on(browser) if f[0] != "search"] + [
        ("search", "title:mentor*"),
        ("search", "a AND ("),
    ]
    before = held(browser)
    for read, count in (("en", 1), ("it", 1), ("hr", 0), ("", 2)):
        form = [f for f in with_(fields, keywords="RDA\nnothing at all") if f[0] != "reads"] + [("reads", read)]
        piece = soup(send(browser, form, "/preferences/caught"))
        told = [p.get_text(" ", strip=True) for p in piece.select("li > p")]
        assert told[0] == f"RDA {count} item{'' if count == 1 else 's'} in the last 30 days"
        assert told[1] == "nothing at all 0 items in the last 30 days"
        assert told[2].startswith("title:mentor* ")
        assert told[3].startswith("a AND ( At character 7: this bracket is never closed")
    assert heading(send(browser, [*fields, ("do", "try")])) == "What I get"
    assert held(browser) == before, "trying saves nothing"


def test_trials_are_bounded(browser: Browser) -> None:
    fields = form_on(browser)
    many = with_(fields, keywords="\n".join(f"word{n}" for n in range(400)))
    assert len(soup(send(browser, many, "/preferences/caught")).select(".caught > li")) <= 31
    assert refused_after(lambda: send(browser, fields, "/preferences/caught")) >= 59
    assert refused_after(lambda: send(browser, fields)) >= 30


# -------------------------------------------------------------------------------------------------------- attacks
@pytest.mark.parametrize("path", ["/preferences", "/preview", "/preferences/caught", "/preview/list"])
def test_forms_of_other_sites_and_of_other_shapes_are_refused(browser: Browser, path: str) -> None:
    before, fields = held(browser), with_(form_on(browser), topic__webinars="3")
    assert send(browser, fields, path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert send(browser, fields, path, headers={"Origin": "https://evil.example"}).status_code == 403
    assert send(browser, fields, path, headers={"Content-Type": "application/json"}).status_code == 415
    assert send(browser, [*fields, ("keywords", "x" * 70_000)], path).status_code == 413
    assert send(browser, [*fields, *((f"f{n}", "") for n in range(1500))], path).status_code == 415
    assert held(browser) == before


def test_fields_that_are_none_of_ours_are_left_alone(browser: Browser) -> None:
    odd = [
        "source.²",
        "source." + "9" * 5000,
        "author.-1",
        "source.x",
        "source.0.is.is",
        "topic.nosuch",
        "kind.none",
        "id",
    ]
    response = send(browser, [*form_on(browser), *((name, "Open Courses") for name in odd)])
    assert response.status_code == 200
    assert set(held(browser).profile.follow) == set(ADA.profile.follow)


def test_a_key_opens_its_own_readers_settings_only(browser: Browser) -> None:
    other = browser.save(replace(ADA, id="r2", email="bob@example.net", token="another-token-entirely-000000002"))
    fields = with_(form_on(browser), topic__webinars="3")
    response = send(browser, [*fields, ("id", "r2"), ("email", "bob@example.net"), ("status", "left")])
    assert response.status_code == 200
    assert browser.reader("r2") == other
    assert held(browser).email == ADA.email
    assert browser.post(f"/my/{browser.key(ADA)[:-2]}xx/preferences", data={"whole": "1"}).status_code == 404


def test_without_a_catalogue_of_topics_with_headings_it_is_a_plain_list(tmp_path: Path) -> None:
    with browsing(tmp_path, FEEDS) as browser:
        browser.save(Subscriber("r1", "a@example.org", token="t" * 32, signed_up_at=NOW))
        page = soup(browser.get(browser.my(ADA, "/preferences")))
        assert len(page.select(".tree select")) == 3
        assert not page.select("details.heading")
        assert not page.find(id="edition"), "one edition is no choice"
