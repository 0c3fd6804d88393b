"""Issues as both engines keep them: for good, shared, gone with their reader, and only of what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from drafts import COURSE, EVENT, NOW, draft, pick

from aggregator.compose import Composer
from aggregator.issue import Freezer, Frozen, Imprint, sums
from aggregator.model import Item, Subscriber
from aggregator.store import Posted, Store, Written
from aggregator.store.schema import issue_texts

DAY = timedelta(days=1)
COMPOSER = Composer()
FREEZER = Freezer(Imprint({}, {}, {}))


def frozen(*items: Item, id: str = "", at: timedelta = DAY * 0, **fields: object) -> Frozen:
    due = replace(draft().due, until=NOW + at)
    made = draft(*(pick(one) for one in items), due=due, **fields)
    return FREEZER.freeze(made, COMPOSER.write(made).laid, COMPOSER.say("en"), id)


def add(store: Store, number: int = 1) -> Subscriber:
    [saved] = store.subscribers.save([Subscriber("", f"reader{number}@example.org")], NOW)
    return saved


def send(store: Store, reader: Subscriber, *items: Item, period: str = "2026-W48", at: timedelta = DAY * 0) -> str:
    """A letter that was written and sent; its id."""
    id = f"{period}-{reader.id}"
    due = replace(draft().due, subscriber=reader, period=period, until=NOW + at)
    made = draft(*(pick(one) for one in items), digest_id=id, due=due)
    done = COMPOSER.write(made)
    issue = FREEZER.freeze(made, done.laid, COMPOSER.say("en"))
    one = Written(id, due, "waiting", due.until, "", done.letter, made.selection, issue=issue)
    store.digests.write([one], NOW)
    store.digests.settle([Posted(id, "sent", NOW)])
    return id


def texts(store: Store) -> int:
    with store.engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(issue_texts)) or 0


def ids(found: Sequence[object]) -> list[str]:
    return [one.id for one in found]  # type: ignore[attr-defined]


def test_an_editions_issue_is_made_once_and_never_again(store: Store) -> None:
    assert store.issues.publish(frozen(COURSE, id="digest/2026-W48"))
    assert not store.issues.publish(frozen(EVENT, id="digest/2026-W48"))
    issue = store.issues.get("digest/2026-W48")
    assert issue is not None
    assert [one.title for one in issue.items] == [COURSE.title]
    [kept] = store.issues.listed()
    assert kept.sums == sums(issue)
    assert (kept.edition, kept.period, kept.count, kept.made_at) == ("digest", "2026-W48", 1, NOW)


def test_a_readers_issue_is_there_when_its_letter_was_sent_and_only_for_that_reader(store: Store) -> None:
    ann, ben = add(store, 1), add(store, 2)
    sent = send(store, ann, COURSE)
    waiting = f"2026-W49-{ann.id}"
    due = replace(draft().due, subscriber=ann, period="2026-W49")
    letter = COMPOSER.write(draft(digest_id=waiting, due=due)).letter
    one = Written(waiting, due, "waiting", NOW, "", letter, issue=replace(frozen(EVENT), id=waiting))
    store.digests.write([one], NOW)
    assert ids(store.issues.listed(ann.id)) == [sent]
    assert store.issues.count(ann.id) == 1
    assert store.issues.get(waiting, ann.id) is None
    assert store.issues.get(sent, ben.id) is None
    assert store.issues.get(sent) is None
    found = store.issues.get(sent, ann.id)
    assert found is not None
    assert found.personal
    assert store.issues.find(sent) == store.issues.listed(ann.id)[0]
    assert store.issues.listed() == []


def test_a_letter_that_came_to_nothing_is_no_issue_and_its_next_writing_replaces_it(store: Store) -> None:
    ann = add(store)
    id = send(store, ann, COURSE)
    store.digests.settle([Posted(id, "failed", NOW)])
    assert store.issues.get(id, ann.id) is None
    send(store, ann, EVENT)
    issue = store.issues.get(id, ann.id)
    assert issue is not None
    assert [one.title for one in issue.items] == [EVENT.title]


def test_the_same_words_are_kept_once(store: Store) -> None:
    send(store, add(store, 1), COURSE, EVENT)
    before = texts(store)
    send(store, add(store, 2), COURSE, EVENT)
    assert texts(store) == before == 3  # two items, and what the issues of the edition share


def test_erasing_a_reader_takes_the_issues(store: Store) -> None:
    ann, ben = add(store, 1), add(store, 2)
    ours, theirs = send(store, ann, COURSE), send(store, ben, COURSE)
    store.subscribers.erase(ann.id, NOW)
    assert store.issues.find(ours) is None
    assert store.issues.find(theirs) is not None


def test_pruning_forgets_readers_old_issues_and_keeps_what_others_need(store: Store) -> None:
    ann = add(store)
    old = send(store, ann, COURSE, EVENT)
    store.issues.publish(frozen(EVENT, id="digest/2026-W48"))
    new = send(store, ann, COURSE, period="2026-W50", at=14 * DAY)
    assert store.issues.prune(NOW + DAY) == 1
    assert ids(store.issues.listed(ann.id)) == [new]
    assert store.issues.find(old) is None
    for id, whose in ((new, ann.id), ("digest/2026-W48", "")):
        issue = store.issues.get(id, whose)
        assert issue is not None
        assert len(issue.items) == 1
    assert store.issues.prune(NOW + 30 * DAY) == 1
    assert store.issues.get("digest/2026-W48") is not None


def test_text_that_was_a_readers_is_for_good_once_an_edition_needs_it(store: Store) -> None:
    send(store, add(store), EVENT)
    store.issues.publish(frozen(EVENT, id="digest/2026-W48"))
    store.issues.prune(NOW + 400 * DAY)
    assert store.issues.get("digest/2026-W48") is not None


@pytest.mark.parametrize("offset", [0, 2])
def test_the_archive_is_read_in_pages_newest_first(store: Store, offset: int) -> None:
    for week in (45, 46, 47):
        store.issues.publish(
            replace(frozen(COURSE, id=f"digest/2026-W{week}", at=(week - 45) * 7 * DAY), period=f"2026-W{week}")
        )
    store.issues.publish(replace(frozen(COURSE, id="other/2026-W47"), edition="other"))
    found = store.issues.listed(edition="digest", limit=2, offset=offset)
    assert [one.period for one in found] == [["2026-W47", "2026-W46"], ["2026-W45"]][offset // 2]
    assert store.issues.count(edition="digest") == 3
    assert store.issues.count() == 4
