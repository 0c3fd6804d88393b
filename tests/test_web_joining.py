"""Signing up, confirming, asking for a link: nobody learns who is known, and nothing begins without a button."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from browsing import NOW, Browser, browsing, heading, soup

from aggregator.joining import attend, forget_unconfirmed, unconfirmed
from aggregator.model import Profile, Schedule, Subscriber
from aggregator.tokens import CONFIRM_LAST

ANN = "ann@lib.example"
DAY = timedelta(days=1)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path) as browser:
        yield browser


def sign_up(browser: Browser, email: str = ANN, **more: object) -> httpx.Response:
    return browser.post("/sign-up", data={"email": email, **more})


def known(browser: Browser, email: str = ANN) -> Subscriber:
    reader = browser.reader(email)
    assert reader
    return reader


# ------------------------------------------------------------------------------------------------- the whole way
def test_letters_begin_with_a_button_behind_a_mailed_link_and_the_proof_is_kept(browser: Browser) -> None:
    response = sign_up(
        browser, topics=["cpd", "jobs"], timezone="Europe/Rome", weekday="5", hour="7", language="it"
    )
    assert response.status_code == 200
    assert heading(response) == "Please look into your mailbox"
    reader = known(browser)
    assert (reader.status, reader.language, reader.profile.topics) == ("unconfirmed", "it", {"cpd": 1, "jobs": 1})
    assert reader.schedule == Schedule("weekly", 5, 7, "Europe/Rome")
    assert [(to, kind) for to, kind, _ in browser.mailed()] == [(ANN, "confirm")]
    link = browser.link("confirm")
    page = browser.get(link)
    assert page.status_code == 200
    assert "CPD" in page.text
    assert known(browser).status == "unconfirmed", "a GET changes nothing"
    browser.now += DAY
    done = browser.post(link)
    assert heading(done) == "Grazie, le lettere cominciano"
    reader = known(browser)
    assert (reader.status, reader.signed_up_at) == ("active", browser.now)
    assert browser.get(str(soup(done).select_one("main a.button")["href"])).status_code == 200  # type: ignore[index]
    asked, given = browser.app.store.consents.of(reader.id)
    assert (asked.purpose, asked.act, asked.at, asked.way, asked.language) == (
        "letters",
        "asked",
        NOW,
        "/sign-up",
        "it",
    )
    assert (given.purpose, given.act, given.at, given.way) == ("letters", "given", NOW + DAY, "/confirm")
    shown = browser.app.store.consents.words(given.wording)
    assert shown
    assert "chiedo a" in shown, "the very words, in the language they were read in"


def test_pressed_once_more_it_says_so_and_opens_nothing(browser: Browser) -> None:
    sign_up(browser)
    link = browser.link("confirm")
    browser.post(link)
    before = browser.dump()
    for response in (browser.post(link), browser.get(link)):
        assert heading(response) == "You had already confirmed"
        assert "/my/" not in response.text, "its mailbox may be another's by now"
    assert browser.dump() == before


def test_a_link_of_before_does_not_bring_back_who_has_left_since(browser: Browser) -> None:
    sign_up(browser)
    link = browser.link("confirm")
    browser.post(link)
    browser.post(f"/unsubscribe/{known(browser).token}")
    assert browser.post(link).status_code == 410
    assert known(browser).status == "left"


def test_nothing_ticked_is_a_bit_of_everything(browser: Browser) -> None:
    sign_up(browser)
    assert set(known(browser).profile.topics) == {"mentoring", "cpd", "jobs"}


@pytest.mark.parametrize(
    "email",
    [
        "ann+lists@lib.example",
        "ann@bücher.example",
        "ann@xn--bcher-kva.example",
        "a@b.co",
        f"{'a' * 64}@lib.example",
    ],
)
def test_addresses_of_every_sound_kind_are_taken(browser: Browser, email: str) -> None:
    sign_up(browser, email)
    [(to, kind, _)] = browser.mailed()
    assert (kind, to.isascii()) == ("confirm", True)


@pytest.mark.parametrize(
    "email",
    ["", "ann", "ann@", "@lib.example", "ann@lib", "a b@lib.example", "ann@lib.example,eve@x.example",
     "ann@lib.example\r\nBcc: eve@x.example", "ann@lib.example\nBcc: x", "ann@lib.example%0d%0aBcc:x", "Ann <ann@lib.example>",
     f"{'a' * 65}@lib.example", f"a@{'b' * 250}.example", "a\x00@lib.example\x00", "änn@lib.example", "<script>@x.example"],
)  # fmt: skip
def test_what_is_no_address_is_said_in_the_form_and_nothing_is_kept(browser: Browser, email: str) -> None:
    response = sign_up(browser, email, topics="cpd")
    if email == "a\x00@lib.example\x00":
        assert browser.mailed()[0][0] == "a@lib.example", "control characters never come in"
        return
    assert response.status_code == 422
    page = soup(response)
    [field] = page.select("input[name=email]")
    assert field["aria-invalid"] == "true"
    assert page.find(id=str(field["aria-describedby"]))
    assert page.select_one("input[value=cpd]").has_attr("checked"), "what was said stays"  # type: ignore[union-attr]
    assert not browser.mailed()
    assert not page.select("main script")


@pytest.mark.parametrize(
    "odd", [{"timezone": "Mars/Phobos"}, {"topics": "nothing"}, {"hour": "99"}, {"language": "<b>"}]
)
def test_a_choice_that_is_not_offered_is_refused(browser: Browser, odd: dict[str, str]) -> None:
    assert sign_up(browser, **odd).status_code == 422
    assert browser.reader(ANN) is None


def test_the_short_form_of_the_first_page_is_enough(browser: Browser) -> None:
    page = soup(browser.get("/?lang=it"))
    [form] = [form for form in page.find_all("form") if "/sign-up" in str(form.get("action"))]
    said = {str(field["name"]): str(field.get("value", "")) for field in form.find_all("input")}
    done = browser.post(str(form["action"]), data=said | {"email": ANN, "zone": "Europe/Zagreb"})
    assert heading(done) == "Guardi nella Sua casella di posta"
    reader = known(browser)
    assert (reader.language, reader.schedule.timezone) == ("it", "Europe/Zagreb")


@pytest.mark.parametrize("zone", ["", "Mars/Phobos", "../etc/passwd", "Factory/x"])
def test_a_zone_that_a_script_made_up_does_no_harm(browser: Browser, zone: str) -> None:
    assert sign_up(browser, zone=zone).status_code == 200
    assert known(browser).schedule.timezone == "UTC"


def test_a_field_that_nobody_sees_catches_machines(browser: Browser) -> None:
    assert heading(sign_up(browser, blank="https://spam.example")) == "Please look into your mailbox"
    assert browser.reader(ANN) is None


# ------------------------------------------------------------------------------------------- nobody learns who is
def state(browser: Browser, what: str) -> None:
    """Bring ANN's address into this state."""
    people = browser.app.store.subscribers
    if what == "new":
        return
    status = what if what in ("unconfirmed", "active") else "active"
    reader = browser.save(Subscriber("", ANN, status=status, profile=Profile(topics={"cpd": 1})))  # type: ignore[arg-type]
    if what == "left":
        people.unsubscribe(reader.token, NOW)
    elif what == "erased":
        people.erase(reader.id, NOW)
    elif what in ("bounce", "complaint"):
        people.suppress(reader.id, what, NOW)


STATES = ["new", "unconfirmed", "active", "left", "erased", "bounce", "complaint"]


@pytest.mark.parametrize("path", ["/sign-up", "/link"])
def test_the_answer_is_the_same_for_every_address(tmp_path: Path, path: str) -> None:
    answers, writes = set(), set()
    for what in STATES:
        folder = tmp_path / what
        folder.mkdir()
        with browsing(folder) as browser:
            state(browser, what)
            done: list[str] = []
            # What is done before the answer, statement by statement: it takes the same steps for all.
            sa.event.listen(
                browser.app.store.engine, "before_cursor_execute", lambda *a, done=done: done.append(a[2])
            )
            browser.later = True
            response = browser.post(path, data={"email": ANN, "topics": "jobs"})
            answers.add((response.status_code, response.text, str(sorted(response.headers.items()))))
            writes.add(tuple(done))
    assert len(answers) == 1
    assert len(writes) == 1


@pytest.mark.parametrize(
    ("what", "kinds"),
    [("new", ["confirm"]), ("unconfirmed", ["confirm"]), ("active", ["already"]), ("left", ["confirm"]),
     ("erased", ["confirm"]), ("bounce", []), ("complaint", [])],
)  # fmt: skip
def test_what_is_mailed_depends_on_the_address_alone(browser: Browser, what: str, kinds: list[str]) -> None:
    state(browser, what)
    before = browser.reader(ANN)
    sign_up(browser, topics="jobs")
    assert [kind for _, kind, _ in browser.mailed()] == kinds
    after = browser.reader(ANN)
    if what in ("active", "left", "bounce", "complaint"):
        assert after == before, "nobody changes a reader by knowing the address"
    else:
        assert after
        assert (after.status, after.profile.topics) == ("unconfirmed", {"jobs": 1})


@pytest.mark.parametrize("what", ["left", "erased"])
def test_who_had_gone_comes_back_only_by_confirming(browser: Browser, what: str) -> None:
    state(browser, what)
    sign_up(browser, topics="jobs", frequency="monthly")
    assert browser.app.store.subscribers.suppressed([ANN]) == {ANN: what}
    browser.post(browser.link("confirm"))
    reader = known(browser)
    assert (reader.status, reader.profile.topics, reader.schedule.frequency) == ("active", {"jobs": 1}, "monthly")
    assert browser.app.store.subscribers.suppressed([ANN]) == {}
    assert browser.app.store.subscribers.unsubscribe(reader.token, NOW) == "left", "and goes again"


def test_who_was_erased_and_does_not_confirm_stays_barred(browser: Browser) -> None:
    state(browser, "erased")
    sign_up(browser)
    assert forget_unconfirmed(browser.app.store, NOW + 8 * DAY) == 1
    assert browser.reader(ANN) is None
    assert browser.app.store.subscribers.suppressed([ANN]) == {ANN: "erased"}


def test_an_unconfirmed_address_is_erased_after_seven_days_and_may_sign_up_again(browser: Browser) -> None:
    sign_up(browser)
    reader = known(browser)
    link = browser.link("confirm")
    assert forget_unconfirmed(browser.app.store, NOW + 7 * DAY) == 0
    assert unconfirmed(browser.app.store, NOW + 7 * DAY + timedelta(seconds=1)) == [reader]
    assert forget_unconfirmed(browser.app.store, NOW + 7 * DAY + timedelta(seconds=1)) == 1
    assert ANN not in browser.dump()
    assert browser.post(link).status_code == 410
    assert browser.app.store.subscribers.suppressed([ANN]) == {}


def test_a_wish_of_somebody_who_left_is_forgotten_too(browser: Browser) -> None:
    state(browser, "left")
    sign_up(browser, topics="jobs")
    link = browser.link("confirm")
    forget_unconfirmed(browser.app.store, NOW + 8 * DAY)
    assert [one.act for one in browser.app.store.consents.of(known(browser).id)] == ["withdrawn"]
    assert browser.post(link).status_code == 410


def test_an_expired_link_leads_to_signing_up_again(browser: Browser) -> None:
    sign_up(browser)
    link = browser.link("confirm")
    browser.clock.now += CONFIRM_LAST.total_seconds() + 1
    for response in (browser.get(link), browser.post(link)):
        assert response.status_code == 410
        assert soup(response).select_one('main a[href="/sign-up"]')
    assert known(browser).status == "unconfirmed"


def test_asked_again_the_last_wish_counts_and_every_letter_confirms_it(browser: Browser) -> None:
    sign_up(browser, topics="cpd")
    first = browser.link("confirm")
    sign_up(browser, topics="jobs")
    assert len(browser.mailed()) == 2
    browser.post(first)
    assert known(browser).profile.topics == {"jobs": 1}


def test_a_mailbox_is_not_filled_by_asking_again_and_again(browser: Browser) -> None:
    answers = [sign_up(browser, "ANN@lib.example" if n % 2 else ANN).status_code for n in range(10)]
    assert answers == [200] * 6 + [429] * 4
    assert len(browser.mailed()) == 3
    other = [sign_up(browser, f"n{n}@lib.example").status_code for n in range(70)]
    assert other.count(429) > 5, "one network may not ask for many"


def test_a_letter_that_came_back_ends_it(browser: Browser) -> None:
    sign_up(browser)
    link = browser.link("confirm")
    browser.app.store.subscribers.suppress(known(browser).id, "bounce", NOW)
    assert browser.post(link).status_code == 410
    assert known(browser).status == "suppressed"


def test_asks_that_failed_are_looked_into_by_the_next_run(browser: Browser) -> None:
    browser.later = True
    sign_up(browser)
    assert browser.reader(ANN) is None
    assert attend(browser.app, NOW)
    assert known(browser).status == "unconfirmed"
    assert browser.app.store.asked.all() == []


# ------------------------------------------------------------------------------------------------- asking for a link
@pytest.mark.parametrize(
    ("what", "kinds"),
    [("new", []), ("active", ["link"]), ("left", ["link"]), ("erased", []), ("bounce", []), ("complaint", [])],
)
def test_a_link_is_mailed_to_readers_alone(browser: Browser, what: str, kinds: list[str]) -> None:
    state(browser, what)
    browser.post("/link", data={"email": ANN.upper().replace("LIB.EXAMPLE", "lib.example")})
    assert [kind for _, kind, _ in browser.mailed()] == kinds
    if kinds:
        assert browser.get(browser.link("link")).status_code == 200


def test_who_has_not_confirmed_is_asked_once_more(browser: Browser) -> None:
    sign_up(browser)
    browser.post("/link", data={"email": ANN})
    assert [kind for _, kind, _ in browser.mailed()] == ["confirm", "confirm"]
    assert heading(browser.post(browser.link("confirm"))) == "Thank you, letters begin"


def test_a_wrong_address_is_said_and_none_is_in_an_address(browser: Browser) -> None:
    assert browser.post("/link", data={"email": "ann"}).status_code == 422
    assert ANN not in browser.get(f"/link?email={ANN}").text
    assert ANN not in browser.get(f"/sign-up?email={ANN}").text
    for form in soup(browser.get("/sign-up")).find_all("form"):
        assert form["method"] == "post"


# ------------------------------------------------------------------------------------------------------- fresh links
READER = Subscriber("r1", ANN, profile=Profile(topics={"cpd": 1}), token="t" * 32, signed_up_at=NOW)


def test_a_page_that_a_letters_link_does_not_open_is_opened_by_a_mailed_one(browser: Browser) -> None:
    browser.save(READER)
    shut = browser.get(browser.my(READER, "/data"))
    assert shut.status_code == 403
    form = soup(shut).find("main").form  # type: ignore[union-attr]
    sent = browser.post(form["action"], data={f["name"]: f["value"] for f in form.find_all("input")})  # type: ignore[index,union-attr]
    assert heading(sent) == "Please look into your mailbox"
    link = browser.link("private")
    assert link.endswith("/data")
    assert browser.get(link).status_code == 200
    browser.clock.now += 12 * 3600 + 1
    assert browser.get(link).status_code == 410


@pytest.mark.parametrize("private", [False, True])
def test_an_expired_link_is_renewed_by_mail_and_leads_where_it_led(browser: Browser, private: bool) -> None:
    browser.save(READER)
    path = browser.my(READER, "/data" if private else "/preferences", private=private)
    browser.clock.now += 61 * 86_400
    late = browser.get(path)
    assert late.status_code == 410
    form = soup(late).find("main").form  # type: ignore[union-attr]
    data = {f["name"]: f["value"] for f in form.find_all("input")}  # type: ignore[union-attr]
    assert browser.post(form["action"], data=data).status_code == 200  # type: ignore[index]
    link = browser.link("private" if private else "link")
    assert link.endswith("/data" if private else "/preferences")
    assert browser.get(link).status_code == 200


@pytest.mark.parametrize(
    "back",
    ["https://evil.example/", "//evil.example/my/x/data", "/my/x/../../evil", "/my/x//evil.example", "javascript:alert(1)",
     "/my/x/data?next=https://evil.example", "/my/x/data#x", "\\\\evil", "/my/x/data\r\nBcc: x", "", "/sign-up",
     "https://digest.example.org.evil.example/my/x/data", "/my/x/%2e%2e/%2e%2e"],
)  # fmt: skip
def test_a_mailed_link_leads_to_our_own_pages_only(browser: Browser, back: str) -> None:
    browser.save(READER)
    browser.post(browser.my(READER, "/fresh"), data={"back": back})
    [(to, _, link)] = browser.mailed()
    assert to == ANN
    assert link.startswith("https://digest.example.org/my/")
    assert link.count("/") == 5
    assert link.endswith("/preferences")


def test_who_can_not_be_written_to_is_told_so(browser: Browser) -> None:
    browser.save(READER)
    browser.app.store.subscribers.suppress("r1", "bounce", NOW)
    assert browser.post(browser.my(READER, "/fresh")).status_code == 409
    assert not browser.mailed()


def test_links_that_were_made_void_are_not_renewed(browser: Browser) -> None:
    browser.save(READER)
    old = browser.my(READER, "/fresh")
    browser.save(replace(READER, links=1))
    assert browser.post(old).status_code == 404
    assert not browser.mailed()
