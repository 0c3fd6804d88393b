"""Consents, asks and changes of address, on both engines."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from aggregator.model import Profile, Subscriber
from aggregator.store import Ask, Consent, Move, Store
from aggregator.store.schema import metadata

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ANN = Subscriber(
    "r1", "ann@lib.example", profile=Profile(topics={"cpd": 1}), status="unconfirmed", signed_up_at=NOW
)
GIVEN = Consent("r1", "letters", "given", NOW, "/confirm", "abc", "it")


def asked(store: Store, reader: Subscriber = ANN) -> int:
    store.subscribers.save([reader], NOW)
    [place] = store.consents.note(replace(GIVEN, act="asked", wish={"topics": ["cpd"]}))
    return place


def test_acts_are_kept_in_their_order_with_all_they_say(store: Store) -> None:
    places = store.consents.note(replace(GIVEN, act="asked", wish={"topics": ["cpd"]}), GIVEN)
    assert places == sorted(places)
    first, second = store.consents.of("r1")
    assert first == replace(GIVEN, act="asked", wish={"topics": ["cpd"]}, n=places[0])
    assert second == replace(GIVEN, n=places[1])
    assert store.consents.of("r2") == []


def test_the_last_word_counts(store: Store) -> None:
    assert not store.consents.holds("r1", "statistics")
    store.consents.note(GIVEN, replace(GIVEN, purpose="statistics"))
    assert store.consents.holds("r1", "statistics")
    store.consents.note(replace(GIVEN, purpose="statistics", act="withdrawn"))
    assert not store.consents.holds("r1", "statistics")
    assert store.consents.holds("r1", "letters")


def test_words_are_kept_once_by_their_name(store: Store) -> None:
    store.consents.keep_words("abc", "I agree. \N{GREEK SMALL LETTER ALPHA}")
    store.consents.keep_words("abc", "something else")
    assert store.consents.words("abc") == "I agree. \N{GREEK SMALL LETTER ALPHA}"
    assert store.consents.words("xyz") is None


def test_confirming_lets_in_once_with_the_proof(store: Store) -> None:
    place = asked(store)
    begun = replace(ANN, status="active", token="t" * 32)
    assert store.consents.confirm(begun, place, GIVEN)
    assert not store.consents.confirm(begun, place, GIVEN)
    assert store.subscribers.get("r1") == begun
    assert [one.act for one in store.consents.of("r1")] == ["asked", "given"]


def test_confirming_lifts_a_leaving_but_no_bounce_or_complaint(store: Store) -> None:
    place = asked(store)
    held = store.subscribers.get("r1")
    assert held
    store.subscribers.unsubscribe(held.token, NOW)
    begun = replace(held, status="active")
    assert not store.consents.confirm(begun, place, GIVEN), "asked for before it was left"
    [again] = store.consents.note(replace(GIVEN, act="asked"))
    assert store.consents.confirm(begun, again, GIVEN)
    assert store.subscribers.suppressed(["ann@lib.example"]) == {}
    for reason in ("bounce", "complaint"):
        store.subscribers.suppress("r1", reason, NOW)
        [again] = store.consents.note(replace(GIVEN, act="asked"))
        assert not store.consents.confirm(begun, again, GIVEN)
        assert store.subscribers.suppressed(["ann@lib.example"]) == {"ann@lib.example": reason}
        store.subscribers.lift("ann@lib.example")


def test_of_many_who_press_at_once_one_lets_in(store: Store) -> None:
    place = asked(store)
    done: list[bool] = []

    def press() -> None:
        done.append(store.consents.confirm(replace(ANN, status="active", token="t" * 32), place, GIVEN))

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False] * 5 + [True]


def test_wishes_that_nobody_confirmed_are_forgotten_and_proofs_are_not(store: Store) -> None:
    store.consents.note(replace(GIVEN, act="asked"), GIVEN)
    store.consents.note(replace(GIVEN, subscriber="r2", act="asked"))
    store.consents.note(replace(GIVEN, subscriber="r3", act="asked", at=NOW + timedelta(days=3)))
    assert store.consents.forget_wishes(NOW + timedelta(days=1)) == 1
    assert [len(store.consents.of(who)) for who in ("r1", "r2", "r3")] == [2, 0, 1]


def test_leaving_is_noted(store: Store) -> None:
    [reader] = store.subscribers.save([replace(ANN, status="active")], NOW)
    assert store.subscribers.unsubscribe(reader.token, NOW) == "left"
    assert store.subscribers.unsubscribe(reader.token, NOW) == "already"
    assert [(one.act, one.at) for one in store.consents.of("r1")] == [("withdrawn", NOW)]


def test_asks_wait_in_their_order_until_they_are_done(store: Store) -> None:
    first, second = (
        Ask("join", "a@lib.example", NOW, "it", "/sign-up", "abc", {"topics": ["cpd"]}),
        Ask("link", "b@lib.example", NOW),
    )
    for one in (first, second):
        store.asked.write(one)
    found = store.asked.all()
    assert [replace(one, n=0) for one in found] == [first, second]
    store.asked.done(found[0])
    assert [one.email for one in store.asked.all()] == ["b@lib.example"]
    assert store.asked.forget(NOW) == 0
    assert store.asked.forget(NOW + timedelta(seconds=1)) == 1


# ---------------------------------------------------------------------------------------------------------- moving
def move(store: Store, email: str = "new@lib.example") -> None:
    store.subscribers.save([replace(ANN, status="active", token="t" * 32)], NOW)
    store.moves.begin(Move("r1", email, "m1", NOW))


def test_a_change_needs_both_sides(store: Store) -> None:
    move(store)
    assert store.moves.of("r1") == Move("r1", "new@lib.example", "m1", NOW)
    assert store.moves.agree("r1", "other", "new", NOW) == "unknown"
    assert store.moves.agree("r1", "m1", "new", NOW) == "waits"
    assert store.moves.agree("r1", "m1", "new", NOW) == "waits"
    assert store.moves.agree("r1", "m1", "old", NOW) == "done"
    assert store.moves.agree("r1", "m1", "old", NOW) == "unknown"
    reader = store.subscribers.find("new@lib.example")
    assert reader
    assert (reader.id, reader.links) == ("r1", 1)
    assert store.subscribers.find("ann@lib.example") is None


@pytest.mark.parametrize("when", ["before", "between"])
def test_an_address_that_is_another_readers_is_not_taken(store: Store, when: str) -> None:
    move(store)
    other = Subscriber("r2", "NEW@lib.example", token="u" * 32, signed_up_at=NOW)
    if when == "before":
        store.subscribers.save([other], NOW)
        assert store.moves.agree("r1", "m1", "new", NOW) == "taken"
        assert store.moves.agree("r1", "m1", "old", NOW) == "waits"
    else:
        assert store.moves.agree("r1", "m1", "new", NOW) == "waits"
        store.subscribers.save([other], NOW)
        assert store.moves.agree("r1", "m1", "old", NOW) == "taken"
    assert store.subscribers.find("ann@lib.example")


def test_both_sides_at_once_change_it_once(store: Store) -> None:
    move(store)
    done: list[str] = []
    threads = [
        threading.Thread(target=lambda side=side: done.append(store.moves.agree("r1", "m1", side, NOW)))
        for side in ("old", "new", "old", "new")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done.count("done") == 1
    reader = store.subscribers.get("r1")
    assert reader
    assert (reader.email, reader.links) == ("new@lib.example", 1)


def test_changes_are_stopped_replaced_and_forgotten(store: Store) -> None:
    move(store)
    store.moves.begin(Move("r1", "newer@lib.example", "m2", NOW))
    assert not store.moves.stop("r1", "m1")
    assert store.moves.stop("r1", "m2")
    store.moves.begin(Move("r1", "newer@lib.example", "m3", NOW))
    assert store.moves.forget(NOW) == 0
    assert store.moves.forget(NOW + timedelta(seconds=1)) == 1
    assert store.moves.of("r1") is None


# --------------------------------------------------------------------------------------------------------- erasing
def test_erasing_leaves_a_hash_and_nothing_else(store: Store) -> None:
    move(store)
    store.consents.note(GIVEN)
    store.asked.write(Ask("link", "Ann@LIB.example", NOW))
    store.subscribers.erase("r1", NOW)
    with store.engine.connect() as connection:
        for name in ("consents", "asked", "moves", "subscribers", "digests"):
            count = connection.scalar(sa.select(sa.func.count()).select_from(metadata.tables[name]))
            assert count == 0, name
    assert store.subscribers.suppressed(["ann@lib.example"]) == {"ann@lib.example": "erased"}


def test_a_change_touches_what_differs_and_never_revives_who_has_left(store: Store) -> None:
    [before] = store.subscribers.save([replace(ANN, status="active")], NOW)
    other = replace(before, language="it")
    assert store.subscribers.change(before, other, NOW)
    assert store.subscribers.change(before, replace(before, max_items=5), NOW)
    found = store.subscribers.get("r1")
    assert found
    assert (found.language, found.max_items) == ("it", 5), "two pages at once lose nothing"
    store.subscribers.unsubscribe(before.token, NOW)
    assert not store.subscribers.change(before, other, NOW)
    found = store.subscribers.get("r1")
    assert found
    assert found.status == "left"
