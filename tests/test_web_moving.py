"""Another address: nothing changes before both mailboxes have said yes, and nobody learns who else is here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from browsing import NOW, Browser, browsing, heading

from aggregator.model import Due, Letter, Profile, Subscriber
from aggregator.returns import Returned, take_back
from aggregator.store import Written
from aggregator.store.subscribers import elsewhere
from aggregator.tokens import MOVE_LAST, move_key, return_token

OLD, NEW = "ann@old.example", "ann@new.example"
READER = Subscriber("r1", OLD, profile=Profile(topics={"cpd": 1}), token="t" * 32, signed_up_at=NOW)
OTHER = Subscriber("r2", NEW, token="u" * 32, signed_up_at=NOW)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path) as browser:
        browser.save(READER)
        yield browser


def ask(browser: Browser, email: str = NEW) -> httpx.Response:
    return browser.post(browser.my(READER, "/address", private=True), data={"email": email})


def links(browser: Browser) -> tuple[str, str]:
    """What the old and the new address were sent."""
    return browser.link("move", OLD), browser.link("confirm_address", NEW)


def address(browser: Browser) -> str:
    reader = browser.reader("r1")
    assert reader
    return reader.email


@pytest.mark.parametrize("first", [0, 1])
def test_the_address_changes_with_the_second_yes_whichever_comes_first(browser: Browser, first: int) -> None:
    assert heading(ask(browser)) == "Please look into both mailboxes"
    both = links(browser)
    for link in both:
        assert browser.get(link).status_code == 200
    assert heading(browser.post(both[first], data={"answer": "yes"})) == "One yes is here"
    assert heading(browser.post(both[first], data={"answer": "yes"})) == "One yes is here", "pressed twice is one"
    assert address(browser) == OLD
    assert heading(browser.post(both[1 - first], data={"answer": "yes"})) == "The address is changed"
    assert address(browser) == NEW
    said = [(one.act, one.way) for one in browser.app.store.consents.of("r1")]
    assert ("given", "/move, old address") in said
    assert ("given", "/move, new address") in said


def test_all_earlier_links_are_void_then_and_a_new_one_goes_to_the_new_address(browser: Browser) -> None:
    keys = [browser.my(READER, "/preferences"), browser.my(READER, "/data", private=True)]
    ask(browser)
    for link in links(browser):
        browser.post(link, data={"answer": "yes"})
    assert [browser.get(key).status_code for key in keys] == [404, 404]
    assert browser.get(browser.link("link", NEW)).status_code == 200
    assert heading(browser.get(f"/unsubscribe/{READER.token}")) == "Leave this list?", "leaving never ends"
    again = browser.post(browser.link("confirm_address"), data={"answer": "yes"})
    assert (again.status_code, address(browser)) == (410, NEW)


def test_what_waits_for_the_old_address_is_written_anew(browser: Browser) -> None:
    due = Due(READER, "2026-W48", NOW, NOW - timedelta(days=7), NOW)
    letter = Letter("d1", "us@lib.example", OLD, "<d1@lib.example>", "S", b"bytes")
    browser.app.store.digests.write([Written("d1", due, "waiting", NOW, letter=letter)], NOW)
    ask(browser)
    for link in links(browser):
        browser.post(link, data={"answer": "yes"})
    states = {d.period: d.state for d in browser.app.store.digests.of("r1")}
    assert states["2026-W48"] == "failed", "so the next run makes it for the new address"
    assert [to for to, _, _ in browser.mailed() if to == OLD] == []


@pytest.mark.parametrize("side", [0, 1])
def test_either_side_can_stop_it(browser: Browser, side: int) -> None:
    ask(browser)
    both = links(browser)
    browser.post(both[1 - side], data={"answer": "yes"})
    assert heading(browser.post(both[side], data={"answer": "no"})) == "Nothing is changed"
    assert browser.post(both[1 - side], data={"answer": "yes"}).status_code == 410
    assert address(browser) == OLD
    assert browser.app.store.moves.of("r1") is None


def test_a_later_wish_makes_the_links_of_the_earlier_one_void(browser: Browser) -> None:
    ask(browser, "typo@new.example")
    [wrong] = [link for to, _, link in browser.mailed() if to == "typo@new.example"]
    ask(browser)
    assert browser.post(wrong, data={"answer": "yes"}).status_code == 410
    assert browser.post(browser.link("confirm_address", NEW), data={"answer": "yes"}).status_code == 200


def test_links_expire_and_are_bound_to_their_side_and_reader(browser: Browser) -> None:
    ask(browser)
    old, new = links(browser)
    move = browser.app.store.moves.of("r1")
    assert move
    signer = browser.app.signer
    for forged in (
        move_key(signer, "r2", move.mark, "new"),
        move_key(signer, "r1", "0" * 16, "new"),
        signer.sign("confirm", f"r1.{move.mark}.new"),
        signer.sign("move", "r1"),
        signer.sign("move", f"r1.{move.mark}.both"),
        browser.key(READER),
        new.removeprefix("/move/")[:-2],
    ):
        assert browser.post(f"/move/{forged}", data={"answer": "yes"}).status_code in (404, 410)
    browser.clock.now += MOVE_LAST.total_seconds() + 1
    assert browser.post(old, data={"answer": "yes"}).status_code == 410
    assert browser.app.store.moves.of("r1") == move


@pytest.mark.parametrize("known", ["nobody", "reader", "left", "erased", "bounce", "complaint"])
def test_the_one_who_asks_is_told_the_same_whoever_has_the_address(tmp_path: Path, known: str) -> None:
    with browsing(tmp_path) as browser:
        browser.save(READER)
        people = browser.app.store.subscribers
        if known != "nobody":
            browser.save(OTHER)
        if known == "left":
            people.unsubscribe(OTHER.token, NOW)
        elif known == "erased":
            people.erase("r2", NOW)
        elif known in ("bounce", "complaint"):
            people.suppress("r2", known, NOW)
        answer = ask(browser)
        assert (answer.status_code, heading(answer)) == (200, "Please look into both mailboxes")
        old = browser.post(browser.link("move", OLD), data={"answer": "yes"})
        assert heading(old) == "One yes is here"
        sent = [to for to, kind, _ in browser.mailed() if kind == "confirm_address"]
        assert sent == ([] if known in ("bounce", "complaint") else [NEW])
        if sent:
            told = browser.post(browser.link("confirm_address"), data={"answer": "yes"})
            free = known in ("nobody", "erased")
            assert heading(told) == ("The address is changed" if free else "That can’t be done")
            assert address(browser) == (NEW if free else OLD)


@pytest.mark.parametrize(
    "email", ["", "ann", OLD.upper(), f"{NEW}\r\nBcc: eve@x.example", "<script>alert(1)</script>@x"]
)
def test_what_is_no_other_address_is_said(browser: Browser, email: str) -> None:
    answer = ask(browser, email)
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert not browser.mailed()


def test_it_needs_a_link_that_was_mailed_for_it(browser: Browser) -> None:
    for method in ("GET", "POST"):
        assert browser.ask(method, browser.my(READER, "/address"), data={"email": NEW}).status_code == 403
    assert not browser.mailed()


def test_a_wrong_new_address_that_comes_back_does_not_end_the_letters(browser: Browser) -> None:
    ask(browser)
    [(digest,)] = [
        (d.id,) for d in browser.app.store.digests.of(elsewhere("r1")) if d.period.startswith("confirm_address")
    ]
    [gone] = browser.app.store.returns.letters([digest]) or [None]
    assert gone is None or gone.subscriber != "r1"
    assert browser.app.store.subscribers.suppress(elsewhere("r1"), "bounce", NOW) is False
    assert address(browser) == OLD


def test_what_comes_back_from_the_old_address_later_holds_nothing_against_the_new(browser: Browser) -> None:
    due = Due(READER, "2026-W47", NOW, NOW - timedelta(days=7), NOW)
    letter = Letter("d1", "us@lib.example", OLD, "<d1@lib.example>", "S", b"bytes")
    browser.app.store.digests.write([Written("d1", due, "waiting", NOW, letter=letter)], NOW)
    report = bounce(return_token(browser.app.signer, "d1"))
    browser.save(replace(READER, email=NEW))
    figures = Returned()
    found = take_back(browser.app, report, NOW, figures)
    assert found
    assert (found.kind, found.letter and found.letter.reader) == ("bounce", "r1")
    reader = browser.reader("r1")
    assert reader
    assert reader.status == "active"
    browser.save(READER)
    take_back(browser.app, report + b"\n again", NOW, figures)
    reader = browser.reader("r1")
    assert reader
    assert reader.status == "suppressed", "the same of the address in use does"


def bounce(token: str) -> bytes:
    return (
        b"From: MAILER-DAEMON@mx.example\nTo: b+" + token.encode() + b"@bounce.example\nSubject: Undeliverable\n"
        b"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\n\n"
        b"--x\nContent-Type: text/plain\n\nNo such user.\n\n--x\nContent-Type: message/delivery-status\n\n"
        b"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; " + OLD.encode() + b"\nAction: failed\n"
        b"Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n\n--x\nContent-Type: message/rfc822\n\n"
        b"Message-ID: <d1@lib.example>\nTo: " + OLD.encode() + b"\nSubject: S\n\nbody\n\n--x--\n"
    )


def test_erasing_takes_a_waiting_change_with_it(browser: Browser) -> None:
    ask(browser)
    browser.app.store.subscribers.erase("r1", NOW)
    assert NEW not in browser.dump()
    assert OLD not in browser.dump()
