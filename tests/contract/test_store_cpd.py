"""The log of professional development on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import cpdlog
import pytest
import sqlalchemy as sa
from cpdlog import activity

from aggregator.cpd import Membership
from aggregator.cpd.evidence import described
from aggregator.cpd.record import Evidence, Reflection
from aggregator.model import Subscriber
from aggregator.store import Store
from aggregator.store.schema import cpd_activities, cpd_evidence, cpd_memberships

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
PDF = b"%PDF-1.7 a certificate"


def reader(store: Store, name: str = "ann") -> str:
    return store.subscribers.save([Subscriber("", f"{name}@example.org")], NOW)[0].id


def test_an_activity_comes_back_as_it_was_and_can_be_changed(store: Store) -> None:
    ann = reader(store)
    new = replace(cpdlog.FULL, id="", subscriber=ann, evidence=())
    kept = store.cpd.save(new, NOW)
    assert kept.id
    assert store.cpd.get(ann, kept.id) == kept == replace(new, id=kept.id, created_at=NOW, changed_at=NOW)
    later = NOW + timedelta(hours=1)
    store.cpd.save(replace(kept, title="Another title", minutes=None), later)
    found = store.cpd.get(ann, kept.id)
    assert found is not None
    assert (found.title, found.minutes, found.created_at, found.changed_at) == ("Another title", None, NOW, later)
    assert len(store.cpd.of(ann)) == 1


def test_the_latest_comes_first(store: Store) -> None:
    ann = reader(store)
    for number, day in enumerate((2, 9, 5)):
        store.cpd.save(activity(number, id="", subscriber=ann, start=date(2026, 11, day)), NOW)
    assert [one.start.day for one in store.cpd.of(ann)] == [9, 5, 2]


def test_what_a_database_refuses_in_text_costs_only_that(store: Store) -> None:
    ann = reader(store)
    odd = activity(
        1, id="", subscriber=ann, title="nul\0 and \ud800", reflection=Reflection("a\0b"), topics=("x\0",)
    )
    found = store.cpd.get(ann, store.cpd.save(odd, NOW).id)
    assert found is not None
    assert (found.title, found.reflection.what, found.topics) == ("nul and ?", "ab", ("x",))
    store.cpd.join(Membership(ann, "cilip", statement="a\0b"), NOW)
    assert store.cpd.memberships(ann)[0].statement == "ab"


def test_nobody_reaches_the_log_of_another(store: Store) -> None:
    ann, ben = reader(store), reader(store, "ben")
    hers = store.cpd.save(activity(1, id="", subscriber=ann), NOW)
    proof = store.cpd.attach(ann, hers.id, described(PDF, "c.pdf"), PDF, NOW)
    assert proof is not None
    assert store.cpd.get(ben, hers.id) is None
    assert store.cpd.file(ben, proof.id) is None
    assert store.cpd.attach(ben, hers.id, described(PDF, "c.pdf"), PDF, NOW) is None
    assert store.cpd.share(ben, hers.id) == ""
    assert not store.cpd.delete(ben, hers.id)
    assert not store.cpd.detach(ben, proof.id)
    with pytest.raises(KeyError):
        store.cpd.save(replace(hers, subscriber=ben, title="taken over"), NOW)
    found = store.cpd.get(ann, hers.id)
    assert found is not None
    assert (found.title, [one.id for one in found.evidence]) == ("Activity 1", [proof.id])


def test_files_are_kept_by_their_bytes_and_renamed_not_doubled(store: Store) -> None:
    ann = reader(store)
    kept = store.cpd.save(activity(1, id="", subscriber=ann), NOW)
    first = store.cpd.attach(ann, kept.id, described(PDF, "scan.pdf"), PDF, NOW)
    again = store.cpd.attach(ann, kept.id, described(PDF, "attestato 17.pdf", "certificate"), PDF, NOW)
    link = store.cpd.attach(ann, kept.id, Evidence("", url="https://badges.example/1"), None, NOW)
    assert first is not None
    assert again is not None
    assert link is not None
    assert first.id == again.id
    found = store.cpd.get(ann, kept.id)
    assert found is not None
    assert [(one.name, one.kind) for one in found.evidence if one.sha256] == [("attestato 17.pdf", "certificate")]
    held = store.cpd.file(ann, first.id)
    assert held is not None
    assert held[1] == PDF
    assert store.cpd.file(ann, link.id) is None
    assert store.cpd.bytes_of(ann) == len(PDF)
    assert store.cpd.detach(ann, first.id)
    assert store.cpd.bytes_of(ann) == 0


def test_deleting_an_activity_deletes_its_files(store: Store) -> None:
    ann = reader(store)
    kept = store.cpd.save(activity(1, id="", subscriber=ann), NOW)
    store.cpd.attach(ann, kept.id, described(PDF, "c.pdf"), PDF, NOW)
    assert store.cpd.delete(ann, kept.id)
    assert not store.cpd.delete(ann, kept.id)
    assert rows_in(store) == (0, 0, 0)
    with pytest.raises(KeyError):
        store.cpd.save(kept, NOW)  # edited in another window


def test_two_sides_of_a_meeting_share_a_secret_and_nothing_else(store: Store) -> None:
    ann, ben = reader(store), reader(store, "ben")
    hers = store.cpd.save(activity(1, id="", subscriber=ann, kind="mentoring", role="mentor"), NOW)
    secret = store.cpd.share(ann, hers.id)
    assert len(secret) >= 32
    assert store.cpd.share(ann, hers.id) == secret
    his = activity(2, id="", subscriber=ben, role="mentee", meeting=secret, start=date(2026, 11, 1))
    store.cpd.save(his, NOW + timedelta(hours=1))
    assert [(one.subscriber, one.role) for one in store.cpd.of_meeting(secret)] == [
        (ann, "mentor"),
        (ben, "mentee"),
    ]
    assert [len(store.cpd.of(who)) for who in (ann, ben)] == [1, 1]
    assert store.cpd.delete(ann, hers.id)
    assert [one.role for one in store.cpd.of(ben)] == ["mentee"]
    assert store.cpd.of_meeting("") == []
    assert store.cpd.of_meeting("guess") == []


def test_schemes_are_joined_changed_and_left(store: Store) -> None:
    ann = reader(store)
    store.cpd.join(Membership(ann, "lianza", date(2024, 2, 29)), NOW)
    store.cpd.join(Membership(ann, "ahip", level="senior"), NOW)
    store.cpd.join(Membership(ann, "lianza", None, statement="I learned."), NOW)
    assert store.cpd.memberships(ann) == [
        Membership(ann, "ahip", None, "senior", "", NOW), Membership(ann, "lianza", None, "", "I learned.", NOW),
    ]  # fmt: skip
    assert store.cpd.leave(ann, "ahip")
    assert not store.cpd.leave(ann, "ahip")
    assert [one.scheme for one in store.cpd.memberships(ann)] == ["lianza"]


def test_six_years_are_counted_from_the_end_and_from_the_last_touch(store: Store) -> None:
    ann = reader(store)
    limit = datetime(2020, 11, 23, tzinfo=UTC)
    old = store.cpd.save(activity(1, id="", subscriber=ann, start=date(2020, 11, 22)), limit - timedelta(days=1))
    store.cpd.attach(ann, old.id, described(PDF, "c.pdf"), PDF, limit)
    store.cpd.save(activity(2, id="", subscriber=ann, start=date(2020, 11, 22), end=date(2020, 11, 23)), limit)
    store.cpd.save(activity(3, id="", subscriber=ann, start=date(2010, 1, 1)), NOW)  # entered late
    assert store.cpd.older_than(limit) == 1
    assert store.cpd.prune(limit) == 1
    assert sorted(one.title for one in store.cpd.of(ann)) == ["Activity 2", "Activity 3"]
    assert rows_in(store) == (2, 0, 0)


def test_erasing_a_reader_erases_the_log_and_nobody_elses(store: Store) -> None:
    for name in ("ann", "ben"):
        who = reader(store, name)
        kept = store.cpd.save(activity(1, id="", subscriber=who), NOW)
        store.cpd.attach(who, kept.id, described(PDF, "c.pdf"), PDF, NOW)
        store.cpd.join(Membership(who, "cilip"), NOW)
    assert rows_in(store) == (2, 2, 2)
    assert store.subscribers.erase(who, NOW)
    assert rows_in(store) == (1, 1, 1)
    assert store.cpd.of(who) == []


def rows_in(store: Store) -> tuple[int, ...]:
    with store.engine.connect() as connection:
        return tuple(
            connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (cpd_activities, cpd_evidence, cpd_memberships)
        )
