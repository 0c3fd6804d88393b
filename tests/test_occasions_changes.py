"""What has become of dates that were told, and how one letter tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import drafts
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.choose import choose, with_notices
from aggregator.compose import Composer, opened, preflight
from aggregator.jsonlines import occasion_from_json, occasion_to_json
from aggregator.model import Edition, Item, Limits, Occasion, Pick, Selection, Told
from aggregator.occasions import changes, closed, revised, told_of, with_announced, with_copy

NOW = datetime(2027, 2, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
MARCH = date(2027, 3, 3)
AT_TWO = datetime(2027, 3, 3, 13, tzinfo=UTC)
ZONES = ("UTC", "Pacific/Auckland", "America/Los_Angeles", "Europe/Zagreb", "Etc/GMT+12")


def became(told: Occasion, held: Occasion | None, kind: str = "event", now: datetime = NOW) -> list[str]:
    return [f"{one.what} {one.field}".strip() for one in changes(told, held, now, "Europe/Zagreb", kind)]


@pytest.mark.parametrize(
    ("told", "held", "kind", "expected"),
    [
        (Occasion(starts=MARCH), Occasion(starts=MARCH + DAY), "event", ["moved starts"]),
        (Occasion(starts=MARCH), Occasion(starts=MARCH + DAY), "course", []),
        (Occasion(starts=MARCH), Occasion(starts=MARCH + 2 * DAY), "course", ["moved starts"]),
        (Occasion(starts=AT_TWO), Occasion(starts=AT_TWO + timedelta(hours=1)), "event", ["moved starts"]),
        (Occasion(starts=AT_TWO), Occasion(starts=AT_TWO + timedelta(minutes=1)), "event", []),
        (Occasion(starts=MARCH), Occasion(starts=AT_TWO, zone="Europe/Zagreb"), "event", []),  # only more exact
        (Occasion(starts=AT_TWO), Occasion(starts=MARCH), "event", []),
        (Occasion(starts=MARCH), Occasion(starts=AT_TWO + DAY, zone="Europe/Zagreb"), "event", ["moved starts"]),
        (Occasion(starts=date(2027, 3, 1), precision={"starts": "month"}), Occasion(starts=MARCH), "event", []),
        (Occasion(starts=date(2027, 3, 1), precision={"starts": "month"}), Occasion(starts=date(2027, 4, 2)), "event",
         ["moved starts"]),
        (Occasion(closes=MARCH), Occasion(closes=MARCH + DAY), "course", ["extended closes"]),
        (Occasion(closes=MARCH), Occasion(closes=MARCH - DAY), "course", ["earlier closes"]),
        (Occasion(submissions=MARCH), Occasion(submissions=MARCH + DAY), "call", ["extended submissions"]),
        (Occasion(submissions=MARCH, closes=MARCH), Occasion(submissions=MARCH + DAY, closes=MARCH + DAY), "call",
         ["extended closes"]),
        (Occasion(early_bird=MARCH), Occasion(early_bird=MARCH + DAY), "event", ["extended early_bird"]),
        (Occasion(opens=MARCH), Occasion(opens=MARCH + DAY), "course", ["opening_moved opens"]),
        (Occasion(starts=MARCH), Occasion(starts=MARCH, status="cancelled"), "event", ["cancelled"]),
        (Occasion(starts=MARCH), Occasion(starts=MARCH + DAY, status="cancelled"), "event", ["cancelled"]),
        (Occasion(starts=MARCH), Occasion(starts=MARCH, status="postponed"), "event", ["postponed"]),
        (Occasion(starts=MARCH), Occasion(starts=MARCH + DAY, status="postponed"), "event",
         ["postponed", "moved starts"]),
        (Occasion(starts=MARCH, status="postponed"), Occasion(starts=MARCH + DAY), "event", ["moved starts"]),
        (Occasion(starts=MARCH, status="cancelled"), Occasion(starts=MARCH), "event", ["restored"]),
        (Occasion(starts=MARCH), Occasion(starts=MARCH, status="moved_online"), "event", ["moved_online"]),
        (Occasion(starts=MARCH, place="Zagreb"), Occasion(starts=MARCH, online=True), "event", ["moved_online"]),
        (Occasion(starts=MARCH, place="Zagreb"), Occasion(starts=MARCH, online=True, place="Zagreb"), "event", []),
        (Occasion(starts=MARCH), Occasion(starts=MARCH, status="sold_out"), "event", ["sold_out"]),
        (Occasion(starts=MARCH, status="sold_out"), Occasion(starts=MARCH), "event", ["available"]),
        (Occasion(starts=MARCH, status="tentative"), Occasion(starts=MARCH, status="confirmed"), "event", []),
        (Occasion(), Occasion(closes=MARCH), "course", []),  # known at last: no change of what was told
        (Occasion(closes=MARCH), Occasion(), "course", []),  # a source that says less takes nothing back
        (Occasion(closes=MARCH), None, "course", []),
        (Occasion(starts=date(2027, 1, 3)), Occasion(starts=date(2027, 1, 10)), "event", []),  # past by both
        (Occasion(starts=date(2027, 1, 3)), Occasion(starts=date(2027, 1, 3), status="cancelled"), "event", []),
        (Occasion(closes=date(2027, 1, 3)), Occasion(closes=MARCH), "course", ["extended closes"]),
        (Occasion(starts=MARCH), Occasion(starts=date(2027, 1, 10)), "event", ["moved starts"]),
    ],
)  # fmt: skip
def test_what_became_of_it(told: Occasion, held: Occasion | None, kind: str, expected: list[str]) -> None:
    assert became(told, held, kind) == expected


@pytest.mark.parametrize(
    ("title", "kind", "status"),
    [
        ("CANCELLED: Webinar on mentoring", "event", "cancelled"),
        ("Convegno sulle biblioteche di mare (rinviato)", "event", "postponed"),
        ("[AUSGEBUCHT] Workshop", "course", "sold_out"),
        ("Cancelled journals, and what to do about them", "event", ""),
        ("CANCELLED: Webinar on mentoring", "post", ""),
    ],
)
def test_a_title_may_say_what_its_source_has_no_field_for(title: str, kind: str, status: str) -> None:
    one = with_announced(Item("i", title=title, kind=kind, occasion=Occasion(starts=MARCH)))
    assert one.occasion == Occasion(starts=MARCH, status=status)  # type: ignore[arg-type]
    stated = replace(one, occasion=Occasion(status="confirmed"))
    assert with_announced(stated) == stated


# -------------------------------------------------------------------------------------------------------- laws
DAYS = st.dates(date(2027, 1, 20), date(2027, 3, 1))
MOMENTS = st.datetimes(datetime(2027, 1, 20), datetime(2027, 3, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)
WHEN = st.none() | DAYS | MOMENTS
OCCASIONS = st.builds(
    Occasion, starts=WHEN, closes=WHEN, submissions=WHEN, early_bird=WHEN, opens=WHEN,
    status=st.sampled_from(["", "confirmed", "cancelled", "postponed", "moved_online", "sold_out"]),
    zone=st.sampled_from(["", "Europe/Zagreb", "Etc/GMT+12", "Pacific/Auckland"]),
    place=st.sampled_from(["", "Zagreb"]), online=st.sampled_from([None, True, False]),
    precision=st.sampled_from([{}, {"starts": "month"}, {"closes": "month"}]),
)  # fmt: skip


@given(OCCASIONS, st.sampled_from(ZONES), st.sampled_from(["course", "event"]))
def test_what_is_as_it_was_told_is_no_change_also_after_it_was_stored(one: Occasion, zone: str, kind: str) -> None:
    assert changes(told_of(one), one, NOW, zone, kind) == ()
    stored = occasion_from_json(occasion_to_json(told_of(one)))
    assert stored is not None
    assert changes(stored, one, NOW, zone, kind) == ()


@given(OCCASIONS, OCCASIONS, st.sampled_from(ZONES))
def test_that_a_date_moved_does_not_depend_on_the_direction(one: Occasion, other: Occasion, zone: str) -> None:
    plain, back = replace(one, status=""), replace(other, status="")
    there = {change.field for change in changes(told_of(plain), back, NOW, zone, "event") if change.field}
    again = {change.field for change in changes(told_of(back), plain, NOW, zone, "event") if change.field}
    closes_alike = {"submissions"}  # told under one of its two names only
    assert there - closes_alike == again - closes_alike


ANY_DAY = st.none() | st.dates() | st.datetimes(timezones=st.just(UTC))
ANY = st.builds(
    Occasion,
    starts=ANY_DAY,
    ends=ANY_DAY,
    closes=ANY_DAY,
    zone=st.sampled_from(["", "Pacific/Auckland", "No/Where"]),
)


@given(ANY, ANY, st.sampled_from(ZONES))
def test_no_date_is_too_strange(one: Occasion, other: Occasion, zone: str) -> None:
    assert isinstance(changes(told_of(one), other, NOW, zone, "event"), tuple)
    chosen = with_notices(Selection(), [notice(1, told_of(one), other)], Edition(), drafts.NOW, zone)
    if chosen.picks:
        assert COMPOSER.write(drafts.draft(selection=chosen)).letter.subject


@given(st.lists(st.tuples(OCCASIONS, st.booleans()), min_size=1, max_size=8), st.sampled_from(ZONES))
def test_a_reader_is_told_once_and_only_of_the_net_change(steps: list[tuple[Occasion, bool]], zone: str) -> None:
    told = told_of(steps[0][0])
    for held, letter in steps:
        if not letter:
            continue
        found = changes(told, held, NOW, zone, "event")
        if found:
            told = told_of(held)
        assert changes(told, held, NOW, zone, "event") == ()


@given(st.lists(OCCASIONS, max_size=6), st.sampled_from(ZONES), MOMENTS)
def test_nothing_that_can_not_be_joined_is_advertised_in_any_zone(
    occasions: list[Occasion], zone: str, now: datetime
) -> None:
    picks = [drafts.pick(drafts.item(n, kind="event", occasion=one)) for n, one in enumerate(occasions)]
    shown = choose(picks, Edition(limits=Limits(99, 99, 99)), None, now, zone=zone).picks
    assert all(not closed(pick.item.occasion, now, zone) for pick in shown)
    assert {pick.item.id for pick in shown} == {
        pick.item.id
        for pick in picks
        if not closed(pick.item.occasion, now, zone)
        and pick.item.occasion
        and pick.item.occasion.status not in ("cancelled", "sold_out")
    }


# --------------------------------------------------------------------------------------------------- revisions
def held(**more: Any) -> Item:
    return Item("i1", "ours", "uid-1", title="T", kind="event", occasion=Occasion(starts=MARCH), **more)


def test_a_revision_rises_with_each_change_of_dates_and_with_nothing_else() -> None:
    first = held(revision=3)
    same = revised(first, replace(first, title="Another title", revision=0), NOW)
    assert (same.revision, same.dates_changed_at) == (3, None)
    moved = revised(first, replace(first, occasion=Occasion(starts=MARCH + DAY), revision=0), NOW)
    assert (moved.revision, moved.dates_changed_at) == (4, NOW)
    numbered = revised(first, replace(first, occasion=Occasion(starts=MARCH, place="Split", sequence=9)), NOW)
    assert numbered.revision == 9


def test_another_sources_copy_is_believed_only_as_a_later_revision_of_the_same() -> None:
    ours = held()
    copy = replace(ours, source="theirs", occasion=Occasion(starts=MARCH + DAY))
    assert with_copy(ours, copy, NOW) is ours
    later = replace(copy, occasion=Occasion(starts=MARCH + DAY, sequence=1))
    assert with_copy(ours, replace(later, guid="another"), NOW) is ours
    after = with_copy(ours, later, NOW)
    assert after.occasion is not None
    assert (after.source, after.occasion.starts, after.revision) == ("ours", MARCH + DAY, 1)
    again = revised(after, ours, NOW + DAY)  # our own source has not heard of it yet
    assert again.occasion == after.occasion
    newer = revised(after, replace(ours, occasion=Occasion(starts=MARCH + 2 * DAY, sequence=1)), NOW + DAY)
    assert newer.occasion == Occasion(starts=MARCH + 2 * DAY, sequence=1)


# --------------------------------------------------------------------------------------------------- the letter
def notice(number: int, told: Occasion, now: Occasion, **more: Any) -> Pick:
    title = f"Meeting number {number} of the mentors"
    item = drafts.item(number, title, kind="event", source="north", occasion=now, **more)
    return Pick(item, 1.0, "", Told(told, drafts.NOW - 7 * DAY))


COMPOSER = Composer()
SOON = datetime(2026, 12, 3, 13, tzinfo=UTC)


def written(*picks: Pick, others: Selection | None = None) -> tuple[str, str]:
    """(subject, plain text with long lines made whole) of a letter with these notices, after preflight."""
    chosen = with_notices(others or Selection(), picks, Edition(), drafts.NOW, "Europe/Rome")
    done = COMPOSER.write(drafts.draft(selection=chosen))
    assert preflight(done.letter, done.draft) == []
    return done.letter.subject, " ".join((opened(done.letter.content).text or "").split())


@pytest.mark.parametrize(
    ("told", "now", "line", "subject"),
    [
        (Occasion(starts=SOON), Occasion(starts=SOON + 7 * DAY),
         "Moved: was Thu 3 Dec 2026, 14:00 Rome time, now Thu 10 Dec 2026, 14:00 Rome time", "Moved: "),
        (Occasion(starts=date(2026, 12, 3), ends=date(2026, 12, 4)),
         Occasion(starts=date(2026, 12, 10), ends=date(2026, 12, 11)),
         "Moved: was 3–4 Dec 2026, now 10–11 Dec 2026", "Moved: "),
        (Occasion(closes=date(2026, 12, 3)), Occasion(closes=date(2026, 12, 10)),
         "Extended: closing date was Thu 3 Dec 2026, now Thu 10 Dec 2026", "Extended: "),
        (Occasion(starts=SOON), Occasion(starts=SOON, status="cancelled"),
         "Cancelled: was Thu 3 Dec 2026, 14:00 Rome time", "Cancelled: "),
        (Occasion(starts=SOON), Occasion(starts=SOON, status="postponed"),
         "Postponed: was Thu 3 Dec 2026, 14:00 Rome time, no new date yet", "Postponed: "),
        (Occasion(starts=SOON), Occasion(starts=SOON + DAY, status="postponed"),
         "Postponed: was Thu 3 Dec 2026, 14:00 Rome time, now Fri 4 Dec 2026, 14:00 Rome time", "Postponed: "),
        (Occasion(starts=SOON, place="Zagreb"), Occasion(starts=SOON, online=True),
         "Moved online: was Zagreb · Thu 3 Dec 2026, 14:00 Rome time · online", "Moved online: "),
        (Occasion(starts=SOON), Occasion(starts=SOON, status="sold_out"),
         "Sold out · Thu 3 Dec 2026, 14:00 Rome time", "Sold out: "),
        (Occasion(starts=SOON, status="cancelled"), Occasion(starts=SOON),
         "Takes place after all: Thu 3 Dec 2026, 14:00 Rome time", "Takes place after all: "),
        (Occasion(starts=SOON), Occasion(starts=datetime(2026, 11, 20, 13, tzinfo=UTC)),
         "Moved: was Thu 3 Dec 2026, 14:00 Rome time, now Fri 20 Nov 2026, 14:00 Rome time (past)", "Moved: "),
    ],
)  # fmt: skip
def test_a_notice_says_what_was_and_what_is(told: Occasion, now: Occasion, line: str, subject: str) -> None:
    title, text = written(notice(1, told, now))
    assert title.startswith(subject)
    assert line in text
    assert "It was in your letter of 16 Nov 2026, with other dates" in text


def test_a_cancelled_event_is_not_advertised_by_its_notice() -> None:
    told = Occasion(starts=SOON, closes=date(2026, 12, 1), place="Zagreb")
    _, text = written(notice(1, told, replace(told, status="cancelled")))
    assert "Closes" not in text
    assert drafts.TEXT[:40] not in text


def test_notices_stand_first_the_most_pressing_on_top_and_the_subject_counts_them() -> None:
    moved = notice(1, Occasion(starts=SOON), Occasion(starts=SOON + DAY))
    gone = notice(2, Occasion(starts=SOON + DAY), Occasion(starts=SOON + DAY, status="cancelled"))
    chosen = with_notices(drafts.SELECTION, [moved, gone], Edition(), drafts.NOW)
    assert [section.name for section in chosen.sections] == ["changed", "closing", "events", "reading"]
    assert [pick.item.id for pick in chosen.sections[0].picks] == ["i2", "i1"]
    subject, text = written(moved, gone, others=Selection((drafts.SELECTION.sections[2],)))
    assert subject.startswith("2 changed dates, Linee guida")
    assert text.index("Changed dates") < text.index("Reading")


def test_an_edition_may_say_where_notices_stand_but_not_that_there_are_none() -> None:
    moved = notice(1, Occasion(starts=SOON), Occasion(starts=SOON + DAY))
    named = Edition(sections=("closing", "changed", "events"))
    assert [s.name for s in with_notices(drafts.SELECTION, [moved], named, drafts.NOW).sections] == [
        "closing", "changed", "events", "reading",
    ]  # fmt: skip
    unnamed = with_notices(Selection(), [moved], Edition(sections=("reading",)), drafts.NOW)
    assert [section.name for section in unnamed.sections] == ["changed"]


def test_two_meetings_of_a_series_may_move_at_once() -> None:
    series = {"url": "https://north.example/hours", "title": "Mentoring hour"}
    picks = [notice(n, Occasion(starts=SOON + n * DAY), Occasion(starts=SOON + (n + 7) * DAY)) for n in (1, 2)]
    _, text = written(*(replace(pick, item=replace(pick.item, **series)) for pick in picks))
    assert text.count("Moved: was") == 2


def test_a_notice_of_nothing_is_none() -> None:
    same = notice(1, Occasion(starts=SOON), Occasion(starts=SOON, price="10 EUR"))
    assert with_notices(Selection(), [same], Edition(), drafts.NOW) == Selection()
