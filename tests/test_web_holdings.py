"""Pausing, one's own data, erasing, void links, less often: done when the page says so, and only then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from browsing import NOW, Browser, browsing, heading, soup

from aggregator.held import COLLECTED, everything
from aggregator.model import Profile, Schedule, Subscriber
from aggregator.schedule import Past, due
from aggregator.store import Consent, Marked, Move, schema

READER = Subscriber(
    "r1", "ann@lib.example", "Ann <i>Lee</i>", Profile(topics={"cpd": 1}), Schedule("weekly", 1, 8, "Europe/Rome"),
    token="t" * 32, signed_up_at=NOW,
)  # fmt: skip
LEAVE = f"/unsubscribe/{READER.token}"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path) as browser:
        browser.save(READER)
        yield browser


def held(browser: Browser) -> Subscriber:
    reader = browser.reader("r1")
    assert reader
    return reader


# ------------------------------------------------------------------------------------------------------------ pause
def test_a_pause_lasts_until_the_midnight_of_a_day_where_the_reader_is(browser: Browser) -> None:
    path = browser.my(READER, "/pause")
    response = browser.post(path, data={"until": "2026-12-24"})
    assert "No letters come until 24 Dec 2026" in response.text
    assert held(browser).paused_until == datetime(2026, 12, 23, 23, tzinfo=UTC)
    assert "paused until 24 Dec 2026" in browser.get(path).text
    assert due(held(browser), Past(), NOW + timedelta(days=20)) == []
    assert "letters come as usual" in browser.post(path, data={"answer": "resume"}).text
    assert held(browser).paused_until == NOW, "what went by in the pause is no missed period"


def test_on_return_one_letter_looks_back_over_the_pause(browser: Browser) -> None:
    browser.post(browser.my(READER, "/pause"), data={"until": "2026-12-24"})
    past = Past(["2026-W48"], until=NOW, last_due_at=NOW)
    [one] = due(held(browser), past, datetime(2026, 12, 28, 9, tzinfo=UTC))
    assert (one.since, one.missed) == (NOW, False)


def test_often_wanted_ends_are_one_press(browser: Browser) -> None:
    path = browser.my(READER, "/pause")
    quick = [button["value"] for button in soup(browser.get(path)).select("button[name=until]")]
    assert quick == ["2026-12-07", "2026-12-23", "2027-09-01"]
    for value in quick:
        assert browser.post(path, data={"until": str(value)}).status_code == 200


@pytest.mark.parametrize(
    "until", ["", "2026-11-23", "2020-01-01", "9999-12-31", "tomorrow", "2026-13-01", "20261224x"]
)
def test_a_day_that_can_not_be_meant_is_said(browser: Browser, until: str) -> None:
    response = browser.post(browser.my(READER, "/pause"), data={"until": until})
    assert response.status_code == 422
    assert soup(response).select_one("[aria-invalid=true]")
    assert held(browser) == READER


@pytest.mark.parametrize("status", ["left", "suppressed", "unconfirmed"])
def test_who_gets_no_letters_has_nothing_to_pause(browser: Browser, status: str) -> None:
    browser.save(replace(READER, status=status))  # type: ignore[arg-type]
    path = browser.my(READER, "/pause")
    assert not soup(browser.get(path)).select("main form")
    assert browser.post(path, data={"until": "2026-12-24"}).status_code == 409
    assert held(browser).paused_until is None


def test_who_leaves_while_the_page_is_open_stays_out(browser: Browser) -> None:
    store = browser.app.store.subscribers
    store.unsubscribe(READER.token, NOW)
    assert not store.change(READER, replace(READER, paused_until=NOW), NOW)
    assert held(browser).status == "left"


# ------------------------------------------------------------------------------------------- instead of leaving, back
@pytest.mark.parametrize(
    ("often", "told"),
    [("monthly", "every month"), ("fortnightly", "every two weeks"), ("pause", "until 21 Dec 2026")],
)
def test_one_step_back_instead_of_leaving(browser: Browser, often: str, told: str) -> None:
    response = browser.post(f"{LEAVE}/less", data={"often": often})
    assert told in response.text
    reader = held(browser)
    assert reader.status == "active"
    if often == "pause":
        assert reader.paused_until == NOW + timedelta(weeks=4)
    else:
        assert reader.schedule == replace(READER.schedule, frequency=often)


def test_only_what_is_less_is_offered(browser: Browser) -> None:
    browser.save(replace(READER, schedule=Schedule("monthly")))
    assert [b["value"] for b in soup(browser.get(LEAVE)).select("button[name=often]")] == ["pause"]
    assert browser.post(f"{LEAVE}/less", data={"often": "hourly"}).status_code == 422
    assert held(browser).schedule.frequency == "monthly"


def test_less_is_nothing_for_who_has_left(browser: Browser) -> None:
    browser.post(LEAVE)
    assert browser.post(f"{LEAVE}/less", data={"often": "monthly"}).status_code == 404
    assert held(browser).schedule == READER.schedule
    assert browser.post("/unsubscribe/unknown/less", data={"often": "monthly"}).status_code == 404
    assert browser.post("/unsubscribe/unknown/back").status_code == 404


def test_the_way_back_asks_by_mail_and_keeps_what_was_chosen(browser: Browser) -> None:
    browser.post(LEAVE)
    assert heading(browser.post(f"{LEAVE}/back")) == "Please look into your mailbox"
    assert held(browser).status == "left"
    browser.post(browser.link("confirm"))
    reader = held(browser)
    assert (reader.status, reader.profile, reader.schedule) == ("active", READER.profile, READER.schedule)


def test_the_page_of_somebody_who_was_erased_offers_to_sign_up(browser: Browser) -> None:
    browser.app.store.subscribers.erase("r1", NOW)
    response = browser.post(LEAVE)
    assert heading(response) == "You had already left"
    assert not soup(response).select("main form")
    assert soup(response).select('main a[href="/sign-up"]')


# ------------------------------------------------------------------------------------------------------------- data
def full(browser: Browser) -> None:
    """Something in every table that holds something on readers."""
    store = browser.app.store
    store.feedback.mark("r1", Marked("i1", 1, ("topic:cpd",), NOW))
    store.moves.begin(Move("r1", "ann@new.example", "m" * 16, NOW))
    store.consents.note(Consent("r1", "letters", "given", NOW, "/confirm", "abc", "en"))
    store.consents.keep_words("abc", "I agree.")
    browser.post("/link", data={"email": READER.email})


def test_everything_is_shown_and_given_as_a_file(browser: Browser) -> None:
    full(browser)
    page = browser.get(browser.my(READER, "/data", private=True))
    assert "ann@lib.example" in page.text
    assert "Ann &lt;i&gt;Lee&lt;/i&gt;" in page.text
    response = browser.get(browser.my(READER, "/data/download", private=True))
    assert response.headers["content-type"].startswith("application/json")
    assert response.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert response.headers["cache-control"] == "no-store"
    data = json.loads(response.text)
    assert data == json.loads(json.dumps(everything(browser.app.store, READER)))
    assert (data["email"], data["profile"]["topics"]) == ("ann@lib.example", {"cpd": 1})
    assert data["consents"][0]["words"] == "I agree."
    assert data["change_of_address"]["email"] == "ann@new.example"
    assert [d["state"] for d in data["digests"]] == ["waiting"]
    assert data["feedback"]
    assert READER.token not in response.text, "whoever reads the file could use it"


def test_every_table_that_names_a_reader_is_in_the_file_and_erased(browser: Browser) -> None:
    """A table that is forgotten here would be forgotten by a reader's right to know, and to be erased."""
    of_readers = {name for name, table in schema.metadata.tables.items() if "subscriber" in table.columns}
    told = {
        "digests": "digests", "digest_items": "items", "feedback": "feedback", "returns": "returns",
        "consents": "consents", "moves": "change_of_address", "issues": "issues", "feed_keys": "feed",
        "cpd_activities": "cpd", "cpd_evidence": "cpd", "cpd_memberships": "cpd",
    }  # fmt: skip
    assert of_readers == told.keys(), "a new table needs a line in held.py and one in Subscribers.erase"
    assert set(told.values()) == COLLECTED.keys()
    full(browser)
    browser.later = True
    browser.post("/link", data={"email": READER.email.upper()})  # waits to be looked into
    browser.app.store.subscribers.erase("r1", NOW)
    assert browser.app.store.asked.all() == []
    rest = browser.dump()
    for trace in ("'r1'", "ann@", "Ann", "m" * 16):
        assert trace not in rest


def test_erasing_asks_once_more_and_is_then_for_good(browser: Browser) -> None:
    full(browser)
    path = browser.my(READER, "/data/erase", private=True)
    assert browser.get(path).status_code == 200
    assert browser.post(path).status_code == 422
    assert held(browser) == READER
    assert heading(browser.post(path, data={"sure": "yes"})) == "Everything is erased"
    assert browser.reader("r1") is None
    assert browser.app.store.subscribers.suppressed([READER.email]) == {READER.email: "erased"}
    assert browser.post(path, data={"sure": "yes"}).status_code == 404


def test_links_are_made_void_and_a_new_one_is_mailed(browser: Browser) -> None:
    old = browser.my(READER, "/preferences")
    path = browser.my(READER, "/data/links", private=True)
    assert browser.get(path).status_code == 200
    assert heading(browser.post(path)) == "All earlier links are void"
    assert [browser.get(one).status_code for one in (old, path)] == [404, 404]
    assert browser.get(browser.link("link")).status_code == 200


@pytest.mark.parametrize("path", ["/data", "/data/download", "/data/erase", "/data/links"])
def test_a_passed_on_letter_opens_none_of_it(browser: Browser, path: str) -> None:
    for method in ("GET", "POST"):
        response = browser.ask(method, browser.my(READER, path), data={"sure": "yes"})
        assert response.status_code in (403, 405)
        assert READER.email not in response.text
    assert held(browser) == READER


def test_statistics_are_off_until_agreed_to_and_ending_that_ends_nothing_else(browser: Browser) -> None:
    path, consents = browser.my(READER, "/statistics"), browser.app.store.consents
    assert not consents.holds("r1", "statistics")
    browser.post(path, data={"agree": "yes"})
    browser.post(path, data={"agree": "yes"})
    assert consents.holds("r1", "statistics")
    assert soup(browser.get(path)).select_one("input[checked]")
    browser.post(path)
    assert not consents.holds("r1", "statistics")
    assert [one.act for one in consents.of("r1")] == ["given", "withdrawn"]
    assert held(browser).status == "active"


# ---------------------------------------------------------------------------------------------------------- notices
def test_the_notice_names_who_answers_and_has_a_version(tmp_path: Path) -> None:
    said = {"controller": "Harbour Library; Quay 1; <b>Harbour</b>", "imprint": "Head: Ada; Register 17"}
    with browsing(tmp_path, **said) as browser:
        privacy, imprint = browser.get("/privacy"), browser.get("/imprint")
        for line in ("Harbour Library", "Quay 1", "&lt;b&gt;Harbour"):
            assert line in privacy.text
            assert line in imprint.text
        assert "Register 17" in imprint.text
        version = privacy.text.partition("Version ")[2].partition(" ")[0]
        browser.post("/sign-up", data={"email": "ann@lib.example"})
        reader = browser.reader("ann@lib.example")
        assert reader
        [asked] = browser.app.store.consents.of(reader.id)
        assert asked.wording == version
        assert browser.get("/privacy?lang=it").text.partition("Versione ")[2].partition(" ")[0] != version


def test_an_operators_own_notice_is_another_version(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "web").mkdir(parents=True)
    (own / "web" / "privacy_text.html").write_text("<p>Our own words.</p>")
    with browsing(tmp_path, templates=own) as browser:
        assert "Our own words." in browser.get("/privacy").text
        browser.post("/sign-up", data={"email": "ann@lib.example"})
        reader = browser.reader("ann@lib.example")
        assert reader
        [asked] = browser.app.store.consents.of(reader.id)
        assert "Our own words." in (browser.app.store.consents.words(asked.wording) or "")


def test_footer_leads_to_both(browser: Browser) -> None:
    assert {a["href"] for a in soup(browser.get("/")).select("footer a")} >= {"/privacy", "/imprint"}
