"""Who goes next, who is left alone, and when nothing more is sent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from posting import NOW, Clock, letter, posted, put, service
from smtpserver import DROP, ScriptedRelay

from aggregator import trust
from aggregator.deliver.receivers import LONGEST_REST, PATIENCE, Receivers
from aggregator.errors import OutboxDown
from aggregator.figures import reported
from aggregator.model import Due, Subscriber
from aggregator.store import Posted, Written, open_store


def at(server: ScriptedRelay, options: str = "") -> str:
    return f"smtp://127.0.0.1:{server.port}?starttls=none&connections=1&timeout=5{options}"


def domains(server: ScriptedRelay) -> list[str]:
    return [recipient.rpartition("@")[2] for _, recipient, _ in server.letters]


# ------------------------------------------------------------------------------------------------- one domain each
def test_a_domain_gets_its_share_of_a_minute_and_the_others_go_on(tmp_path: Path) -> None:
    letters = [letter(n, f"r{n}@big.example") for n in range(6)]
    letters += [letter(n, f"r{n}@small.example") for n in range(6, 9)]
    with ScriptedRelay() as server, service(tmp_path, at(server, "&per_domain=2")) as app:
        put(app, letters)
        clock = Clock()
        figures, down = posted(app, clock)
    assert (figures.sent, figures.deferred, down) == (9, 0, None)
    assert sorted(domains(server)[:4]) == ["big.example"] * 2 + ["small.example"] * 2
    assert timedelta(minutes=2) <= clock.now - NOW <= timedelta(minutes=3)


def test_a_run_stays_for_a_full_domain_only_so_long(tmp_path: Path) -> None:
    with ScriptedRelay() as server, service(tmp_path, at(server, "&per_domain=1")) as app:
        put(app, [letter(n, f"r{n}@big.example") for n in range(30)])
        figures, down = posted(app, Clock())
    assert down is None
    assert figures.sent + figures.deferred == 30
    assert 8 <= figures.sent <= 10


@pytest.mark.parametrize("domain", ["b_g.example", "b%g.example", "b!g.example"])
def test_no_sign_in_a_domain_stands_for_others(tmp_path: Path, domain: str) -> None:
    with service(tmp_path, "outbox") as app:
        put(app, [letter(1, "r@big.example"), letter(2, f"r@{domain}")])
        claimed = app.store.digests.claim(NOW, 60, limit=9, avoid=[domain])
    assert [one.letter.recipient for one in claimed] == ["r@big.example"]


def test_a_domain_that_refuses_everything_for_now_gets_a_rest(tmp_path: Path) -> None:
    letters = [letter(n, f"r{n}@big.example") for n in range(20)]
    with (
        ScriptedRelay({"RCPT": ["450 4.7.0 slow down"] * PATIENCE}) as server,
        service(tmp_path, at(server)) as app,
    ):
        put(app, letters)
        clock = Clock()
        first, _ = posted(app, clock)
        clock.pause(120)
        second, _ = posted(app, clock)  # another run knows of it
        tries = server.verbs().count("RCPT")
        clock.pause(3600)
        third, _ = posted(app, clock)
    assert (first.sent, first.deferred, tries) == (0, 20, PATIENCE)
    assert (second.sent, second.deferred) == (0, 15)
    assert third.sent == 20


def test_greylisting_is_no_reason_for_a_rest(tmp_path: Path) -> None:
    with (
        ScriptedRelay({"RCPT": ["451 4.7.1 Greylisted"] * 8}) as server,
        service(tmp_path, at(server)) as app,
    ):
        put(app, [letter(n, f"r{n}@big.example") for n in range(10)])
        clock = Clock()
        first, _ = posted(app, clock)
        clock.pause(1800)
        second, _ = posted(app, clock)
    assert (first.sent, first.deferred, second.sent) == (2, 8, 8)


@given(st.lists(st.sampled_from(["deferred", "sent", "refused"]), max_size=200))
def test_rests_grow_and_end(states: list[str]) -> None:
    receivers, now = Receivers(jitter=lambda low, high: high), 0.0
    for state in states:
        receivers.heard("a.example", state, "450 later", now)
        for until, times in receivers.resting.values():
            assert now < until <= now + LONGEST_REST * 1.2
            assert times >= 1
        if state == "sent":
            assert not receivers.at_rest(now)
    assert not receivers.remembered(now + 10 * 86400)


# ---------------------------------------------------------------------------------------------------- who goes first
def test_what_somebody_waits_for_overtakes(tmp_path: Path) -> None:
    with ScriptedRelay() as server, service(tmp_path, at(server)) as app:
        put(app, [letter(n, f"r{n}@a.example") for n in range(5)])
        put(app, [letter(9, "new@a.example")], urgent=True)
        figures, _ = posted(app, Clock())
    assert figures.sent == 6
    assert server.letters[0][1] == "new@a.example"


def test_one_that_comes_while_a_run_is_at_work_goes_next(tmp_path: Path) -> None:
    with ScriptedRelay() as server, service(tmp_path, at(server)) as app:
        put(app, [letter(n, f"r{n}@a.example") for n in range(5)])
        first = app.store.digests.claim(NOW, 60)
        put(app, [letter(9, "new@a.example")], urgent=True)
        then = app.store.digests.claim(NOW, 60, limit=2)
    assert first[0].letter.recipient.startswith("r")
    assert then[0].letter.recipient == "new@a.example"
    assert len(then) == 2


# ------------------------------------------------------------------------------------------------- what is reported
def test_the_run_that_may_make_a_copy_names_it_whatever_became_of_the_run_before(tmp_path: Path) -> None:
    """The run that never heard the reply may be killed before it can report: the one that posts again tells."""
    with ScriptedRelay({"END": [DROP]}) as server, service(tmp_path, at(server)) as app:
        put(app, [letter(1, "r@a.example")])
        clock = Clock()
        first, _ = posted(app, clock)
        clock.pause(3600)
        second, _ = posted(app, clock)
    assert (first.deferred, second.sent) == (1, 1)
    assert [one["message_id"] for one in first.ambiguous] == ["<d1@example.org>"]
    assert [one["message_id"] for one in second.ambiguous] == ["<d1@example.org>"]
    assert server.unanswered == [content for _, _, content in server.letters]


@pytest.mark.parametrize("then", ["451 4.3.0 later", "421 going down"])
def test_the_doubt_that_a_dead_run_left_stays_until_the_letter_is_sent(tmp_path: Path, then: str) -> None:
    script = {"RCPT": [then], "CONNECT": ["220 hi"] + ["421 no"] * (then.startswith("421"))}
    with ScriptedRelay(script) as server, service(tmp_path, at(server)) as app:
        put(app, [letter(1, "r@a.example")])
        clock = Clock()
        app.store.digests.claim(clock(), 60)  # and dies
        clock.pause(3600)
        posted(app, clock)
        clock.pause(3600)
        last, _ = posted(app, clock)
    assert last.sent == 1
    assert [one["message_id"] for one in last.ambiguous] == ["<d1@example.org>"]


def test_a_run_that_dies_after_posting_and_before_its_report_is_told_of_by_the_next(tmp_path: Path) -> None:
    with ScriptedRelay({"END": [DROP]}) as server, service(tmp_path, at(server)) as app:
        put(app, [letter(1, "r@a.example")])
        clock = Clock()
        posted(app, clock)
        clock.pause(3600)
        posted(app, clock)  # the copy goes out, and this run dies before it can say so
        clock.pause(3600)
        after, _ = posted(app, clock)
        reported(app)
        clock.pause(3600)
        later, _ = posted(app, clock)
    assert [one["message_id"] for one in after.ambiguous] == ["<d1@example.org>"]
    assert later.ambiguous == []


# -------------------------------------------------------------------------------------------------------- who stops
LISTED = "554 Service unavailable; client host blocked using a blocklist"
POLICY = "550 5.7.515 Access denied, sending domain does not meet the required authentication level"


@pytest.mark.parametrize(("said", "word"), [(POLICY, "5.7.515"), (LISTED, "blocklist")])
def test_refusals_for_policy_stop_the_run_before_everybody_is_refused(
    tmp_path: Path, said: str, word: str
) -> None:
    with ScriptedRelay({"END": [said] * 50}) as server, service(tmp_path, at(server)) as app:
        put(app, [letter(n, f"r{n}@a{n}.example") for n in range(40)])
        clock = Clock()
        figures, down = posted(app, clock)
        assert (figures.refused, figures.deferred, figures.sent) == (trust.MOST, 30, 0)
        assert down is not None
        assert down.exit_code == 75
        assert word in str(down)
        assert "doctor" in str(down)
        idle, again = posted(app, clock)  # the next run by cron burns nothing
        assert (idle.refused, idle.deferred) == (0, 30)
        assert str(again).startswith("sending has stopped")
        assert server.verbs().count("DATA") == trust.MOST
        assert trust.alarms(app.store, clock())
        trust.resume(app.store, clock())
        assert not trust.alarms(app.store, clock())
        third, _ = posted(app, clock)
        assert third.refused == trust.MOST


def test_after_some_hours_a_few_are_tried_again(tmp_path: Path) -> None:
    with ScriptedRelay({"END": [POLICY] * trust.MOST}) as server, service(tmp_path, at(server)) as app:
        put(app, [letter(n, f"r{n}@a{n}.example") for n in range(20)])
        clock = Clock()
        posted(app, clock)
        clock.pause(trust.PAUSE.total_seconds())
        figures, down = posted(app, clock)
    assert (figures.sent, down) == (10, None)


def test_single_refusals_and_dead_addresses_stop_nothing(tmp_path: Path) -> None:
    script = {"END": [POLICY] * (trust.MOST - 1), "RCPT": ["250 ok"] * 20 + ["550 5.1.1 no such user"] * 20}
    with ScriptedRelay(script) as server, service(tmp_path, at(server)) as app:
        put(app, [letter(n, f"r{n}@a{n}.example") for n in range(50)])
        figures, down = posted(app, Clock())
    assert (figures.refused, figures.sent, down) == (29, 21, None)


@pytest.mark.parametrize(
    ("complained", "sent", "stops", "warns"),
    [
        (2, 10, False, False),
        (3, 1000, True, False),
        (3, 1001, False, True),
        (3, 3000, False, True),
        (3, 3001, False, False),
    ],
)
def test_complaints_stop_the_sending(tmp_path: Path, complained: int, sent: int, stops: bool, warns: bool) -> None:
    with ScriptedRelay() as server, service(tmp_path, at(server)) as app:
        put(app, [letter(n, f"r{n}@a.example") for n in range(sent)])
        claimed = app.store.digests.claim(NOW, 60, limit=sent)
        app.store.digests.settle([Posted(one.letter.digest_id, "sent", NOW) for one in claimed])
        clock = Clock()
        for number in range(complained):
            reader = Subscriber(f"s{number}", f"s{number}@a.example")
            app.store.subscribers.save([reader], NOW)
            app.store.subscribers.suppress(reader.id, "complaint", NOW)
        put(app, [letter(5000, "last@a.example")])
        assert bool(trust.warning(app.store, clock())) == warns
        assert bool(trust.alarms(app.store, clock())) == stops
        figures, down = posted(app, clock)
        assert (down is not None, figures.sent) == (stops, 0 if stops else 1)
        assert bool(figures.warnings) == warns, "the run's report says it"
        if stops:
            assert "complaints" in str(down)
            trust.resume(app.store, clock() + timedelta(seconds=1))
            assert posted(app, clock)[0].sent == 1
    assert domains(server) == ["a.example"]


def test_a_warning_of_complaints_is_news_once_and_again_with_the_next_complaint(tmp_path: Path) -> None:
    with service(tmp_path, str(tmp_path / "out")) as app:
        put(app, [letter(n, f"r{n}@a.example") for n in range(1500)])
        claimed = app.store.digests.claim(NOW, 60, limit=1500)
        app.store.digests.settle([Posted(one.letter.digest_id, "sent", NOW) for one in claimed])
        told = []
        for number in range(5):
            app.store.subscribers.save([Subscriber(f"s{number}", f"s{number}@a.example")], NOW)
            app.store.subscribers.suppress(f"s{number}", "complaint", NOW)
            told.append([bool(trust.news(app.store, NOW)) for _ in range(2)])
    assert told == [[False, False], [False, False], [True, False], [True, False], [False, False]]


def test_a_relay_that_refuses_our_own_address_stops_the_run_whatever_it_says(tmp_path: Path) -> None:
    script = {"MAIL": ["552 5.3.4 too big", *["553 go away"] * 50]}
    with ScriptedRelay(script) as server, service(tmp_path, at(server)) as app:
        put(app, [letter(n, f"r{n}@a{n}.example") for n in range(40)])
        figures, down = posted(app, Clock())
    assert figures.refused == trust.MOST + 1
    assert down is not None
    assert "553" in str(down)


def test_a_connection_that_is_not_renewed_costs_only_that_connection(tmp_path: Path) -> None:
    script = {"CONNECT": ["220 hello", "220 hello", "421 4.7.0 one is enough"]}
    relay = ScriptedRelay(script, per_connection=3)
    with relay as server, service(tmp_path, at(server, "&connections=2")) as app:
        put(app, [letter(n, f"r{n}@a{n}.example") for n in range(20)])
        figures, down = posted(app, Clock())
    assert (figures.sent, figures.deferred, down) == (20, 0, None)


def test_letters_left_by_a_relay_that_went_away_are_told(tmp_path: Path) -> None:
    script = {"CONNECT": ["220 hello", *["421 4.3.2 going down"] * 9]}
    relay = ScriptedRelay(script, per_connection=3)
    with relay as server, service(tmp_path, at(server, "&connections=2")) as app:
        put(app, [letter(n, f"r{n}@a{n}.example") for n in range(20)])
        figures, down = posted(app, Clock())
    assert (figures.sent, figures.deferred) == (3, 17)
    assert down is not None


@pytest.mark.parametrize(
    ("said", "issues", "apart", "ends"),
    [
        ("552 5.2.2 mailbox full", 5, 4, True), ("552 5.2.2 mailbox full", 4, 7, False),
        ("552 5.2.2 mailbox full", 5, 1, False), ("452 4.2.2 over quota", 5, 7, True),
        ("451 4.3.0 trouble of our own", 5, 7, False), ("550 5.7.1 blocked for spam", 5, 7, False),
    ],
)  # fmt: skip
def test_a_mailbox_that_stays_full_ends_the_letters_as_if_they_had_come_back(
    tmp_path: Path, said: str, issues: int, apart: int, ends: bool
) -> None:
    with ScriptedRelay({"RCPT": [said] * 999}) as server, service(tmp_path, at(server)) as app:
        [reader] = app.store.subscribers.save([Subscriber("", "ada@a.example")], NOW)
        clock = Clock()
        for number in range(issues):
            made, one = NOW + number * timedelta(days=apart), letter(number, reader.email)
            due = Due(reader, f"week {number}", made, made, made)
            app.store.digests.write([Written(one.digest_id, due, "waiting", made, letter=one)], made)
            clock.now = max(clock.now, made)
            posted(app, clock)
        clock.now += timedelta(days=4)
        posted(app, clock)
        found = app.store.subscribers.get(reader.id)
    assert found is not None
    assert (found.status == "suppressed") == ends


def test_the_stop_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "a.db"))
    refusals = trust.Refusals()
    for _ in range(trust.MOST):
        refusals.heard("refused", POLICY)
    with pytest.raises(OutboxDown, match="→"):
        raise trust.stop(store, refusals, NOW)
    store.close()
