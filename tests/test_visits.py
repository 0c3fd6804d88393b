"""What a visit leaves behind: redirects that must prove themselves, failures that lose nothing, news that is new."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from aggregator import visits
from aggregator.model import Answer, Entry, Item, Occasion, Reading, Source, SourceState, Validators, Wanted

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SOURCE = Source("blog", "https://blog.example/feed")
MET = SourceState(
    "blog", SOURCE.url, title="The blog", last_ok_at=NOW - timedelta(days=1), validators=Validators('"a"', None),
    body_hash="h", reader=visits.READER,
)  # fmt: skip


def answer(outcome: str = "body", **more: object) -> Answer:
    return Answer("blog", SOURCE.url, outcome, **more)  # type: ignore[arg-type]


def item(number: int, **more: object) -> Item:
    return replace(Item(f"i{number}", "blog", title=f"Item {number}"), **more)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------ requests
def asked_with(source: Source, state: SourceState | None) -> Validators:
    known = visits.known(source, state)
    return visits.request(source, known, Wanted(known.adopted_url or source.url), "key").validators


def test_validators_go_along_unless_the_address_or_the_reader_changed() -> None:
    assert asked_with(SOURCE, MET) == MET.validators
    assert asked_with(SOURCE, replace(MET, reader="0")) == Validators()
    moved = replace(SOURCE, url="https://elsewhere.example/feed")
    assert asked_with(moved, MET) == asked_with(moved, None) == Validators()
    assert visits.known(moved, MET) == SourceState("blog", moved.url, title="The blog")


def test_a_visit_of_several_documents_is_asked_for_without_validators() -> None:
    assert asked_with(replace(SOURCE, kind="courses"), MET) == Validators()
    assert (
        visits.request(SOURCE, MET, Wanted("https://blog.example/1", role="detail:1"), "k").validators
        == Validators()
    )


def test_an_adopted_address_is_forgotten_when_the_curator_names_another() -> None:
    state = replace(MET, adopted_url="https://new.example/feed")
    assert visits.known(SOURCE, state).adopted_url == "https://new.example/feed"
    assert visits.known(replace(SOURCE, url="https://third.example/"), state).adopted_url is None


def test_what_a_visit_could_not_bring_is_asked_for_afresh() -> None:
    after = replace(MET, last_ok_at=NOW)
    before = replace(MET, last_ok_at=NOW - timedelta(days=3))
    state = visits.incomplete(before, after, "page 3: timeout", broke_off=True)
    assert (asked_with(SOURCE, state), state.body_hash, state.detail) == (Validators(), None, "page 3: timeout")
    assert state.last_ok_at == before.last_ok_at  # the next window begins where the last whole visit was
    assert visits.incomplete(before, after, "too many", broke_off=False).last_ok_at == NOW


@pytest.mark.parametrize(
    ("kind", "path", "options", "robots"),
    [
        ("feed", "/feed", {}, False),
        ("calendar", "/events.ics", {}, False),
        ("page", "/news", {"item": "li"}, True),
        ("page", "/wp-json/wp/v2/posts", {}, False),
        ("page", "/?rest_route=/wp/v2/posts", {}, False),
        ("courses", "/catalogue", {}, True),
        ("courses", "/course/index.php?categoryid=3", {}, True),
        ("courses", "/list", {"columns": {"title": "T"}}, True),
        ("courses", "/list.csv", {"columns": {"title": "T"}}, False),
        ("courses", "/api/courses/v1/courses/", {}, False),
        ("courses", "/somewhere", {"format": "richie"}, False),
        ("courses", "/somewhere", {"format": "no such format"}, True),
        ("events", "/whats-on", {}, True),
        ("events", "/whats-on", {"format": "schema"}, True),
        ("events", "/libcon27/schedule.json", {}, False),
        ("events", "/wp-json/tribe/events/v1/events", {}, False),
        ("events", "/category/77/", {"format": "indico"}, False),
        ("events", "/cfp/rss?cat=library", {"format": "wikicfp"}, True),
        ("works", "/oai", {}, False),
        ("sitemap", "/sitemap.xml", {}, True),
    ],
)
def test_robots_txt_is_asked_for_what_is_made_for_people(
    kind: str, path: str, options: dict[str, object], robots: bool
) -> None:
    source = Source("s", f"https://s.example{path}", kind, options=options)
    asked = visits.request(source, SourceState("s", source.url), Wanted(source.url), "k")
    assert asked.robots is robots


def test_a_secret_in_an_address_is_asked_for_but_never_kept() -> None:
    source = replace(
        SOURCE, url="https://blog.example/feed?key=geheim", written="https://blog.example/feed?key=${KEY}"
    )
    state = visits.read(source, visits.known(source, None), answer(body=b"x"), Reading(), NOW)
    assert "geheim" not in repr(state)
    assert visits.known(source, state) == state


# ------------------------------------------------------------------------------------------------------ failures
def test_a_failure_keeps_what_we_know_and_says_since_when() -> None:
    first = visits.failed(SOURCE, MET, answer("failed", error="timeout", detail="no answer"), NOW).state
    later = NOW + timedelta(hours=2)
    second = visits.failed(SOURCE, first, answer("failed", error="http-500"), later).state
    assert (second.failures, second.failing_since, second.error) == (2, NOW, "http-500")
    assert (second.validators, second.body_hash, second.last_ok_at) == (
        MET.validators,
        MET.body_hash,
        MET.last_ok_at,
    )
    assert second.next_at is not None
    assert first.next_at is not None
    assert second.next_at - later > first.next_at - NOW
    healed = visits.unchanged(SOURCE, second, answer("unchanged", validators=MET.validators), later).state
    assert (healed.failures, healed.failing_since, healed.error) == (0, None, None)


def test_an_unreadable_body_is_not_asked_for_again_and_its_304_is_no_health() -> None:
    broken = answer(body=b"<html>", validators=Validators('"b"', None), error="not-a-feed", detail="a web page")
    state = visits.failed(SOURCE, MET, broken, NOW).state
    assert asked_with(SOURCE, state) == Validators('"b"', None)
    again = visits.unchanged(SOURCE, state, answer("unchanged", validators=Validators('"b"', None)), NOW)
    assert (again.outcome, again.state.failures, again.state.error) == ("failed", 2, "not-a-feed")
    mended = visits.read(SOURCE, again.state, answer(body=b"<rss>"), Reading(), NOW)
    assert (mended.failures, mended.unreadable) == (0, None)


def test_a_lost_connection_after_a_good_body_heals_with_a_304() -> None:
    lost = visits.failed(SOURCE, MET, answer("failed", error="connection"), NOW).state
    assert visits.unchanged(SOURCE, lost, answer("unchanged"), NOW).outcome == "unchanged"


def test_410_retires() -> None:
    visit = visits.retired(MET, answer("gone", status=410), NOW)
    assert (visit.outcome, visit.state.status, visit.state.next_at) == ("retired", "retired", None)


def test_the_same_bytes_are_known_again() -> None:
    state = visits.read(SOURCE, MET, answer(body=b"feed"), Reading(), NOW)
    assert visits.is_same_body(SOURCE, state, answer(body=b"feed"))
    assert not visits.is_same_body(SOURCE, state, answer(body=b"feed2"))
    assert not visits.is_same_body(SOURCE, replace(state, reader="0"), answer(body=b"feed"))


def test_reading_notes_title_and_rhythm() -> None:
    entries = tuple(Entry(title=str(d), published_at=NOW - timedelta(days=d)) for d in (0, 2, 4, 6))
    future = Entry(title="x", published_at=NOW + timedelta(days=900))
    state = visits.read(
        SOURCE, SourceState("blog", SOURCE.url), answer(), Reading("Own title", entries=(*entries, future)), NOW
    )
    assert (state.title, state.rhythm) == ("Own title", timedelta(days=2))
    named = visits.read(replace(SOURCE, title="Curator's"), MET, answer(), Reading("Own title"), NOW)
    assert named.title == "Curator's"


# ----------------------------------------------------------------------------------------------------- redirects
def redirect(times: int, *, to: str | None = "https://new.example/feed", same: bool = True) -> SourceState:
    state = MET
    for _ in range(times):
        state = visits.redirected(state, state, answer(moved_to=to), same_feed=same)
    return state


def test_a_permanent_redirect_is_adopted_only_after_it_proved_itself() -> None:
    assert redirect(visits.PROOFS - 1).adopted_url is None
    assert redirect(visits.PROOFS).adopted_url == "https://new.example/feed"


@pytest.mark.parametrize("broken_by", [{"to": None}, {"same": False}])
def test_a_temporary_redirect_or_another_document_proves_nothing(broken_by: dict[str, object]) -> None:
    assert redirect(9, **broken_by).adopted_url is None  # type: ignore[arg-type]
    state = redirect(visits.PROOFS - 1)
    state = visits.redirected(
        state,
        state,
        answer(moved_to=broken_by.get("to", "https://new.example/feed")),
        same_feed="same" not in broken_by,
    )
    assert state.redirect_seen == 0


def test_a_maintenance_page_starts_the_proof_anew() -> None:
    state = redirect(visits.PROOFS - 1)
    page = answer(body=b"<html>", moved_to="https://new.example/feed", error="not-a-feed")
    assert visits.failed(SOURCE, state, page, NOW).state.redirect_seen == 0


def test_another_target_starts_the_proof_anew() -> None:
    state = redirect(visits.PROOFS - 1)
    state = visits.redirected(state, state, answer(moved_to="https://third.example/"), same_feed=True)
    assert (state.adopted_url, state.redirect_seen) == (None, 1)


# ---------------------------------------------------------------------------------------------------------- news
def fresh(items: list[Item], *, first: bool) -> list[bool]:
    return [i.fresh for i in visits.with_freshness(items, first=first, now=NOW)]


def test_a_new_source_brings_two_weeks_into_letters_and_holds_the_rest() -> None:
    ages = (0, 13, 15, 400, 9999)
    assert fresh([item(n, published_at=NOW - timedelta(days=n)) for n in ages], first=True) == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_known_source_brings_nothing_older_than_the_age_limit() -> None:
    ages = (0, 59, 61, 9999)  # a post of 1999 that surfaces today is not news
    assert fresh([item(n, published_at=NOW - timedelta(days=n)) for n in ages], first=False) == [
        True,
        True,
        False,
        False,
    ]


def test_items_without_dates_do_not_flood_on_the_first_day() -> None:
    undated = [item(n) for n in range(30)]
    assert sum(fresh(undated, first=True)) == visits.FIRST_UNDATED
    assert all(fresh(undated, first=False))


def test_what_is_still_to_come_is_news_whenever_it_was_published() -> None:
    old = NOW - timedelta(days=300)
    opens = [
        item(1, published_at=old, occasion=Occasion(closes=date(2026, 11, 23))),
        item(2, published_at=old, occasion=Occasion(closes=NOW - timedelta(seconds=1))),
        item(3, published_at=old, occasion=Occasion(starts=NOW + timedelta(days=30))),
        item(4, published_at=old, occasion=Occasion(place="Zagreb")),
    ]
    assert fresh(opens, first=True) == [True, False, True, False]


def test_discovery_is_recorded_and_is_not_publication() -> None:
    [seen] = visits.with_freshness([item(1)], first=False, now=NOW)
    assert (seen.first_seen_at, seen.published_at) == (NOW, None)


def test_the_newest_date_of_its_items_is_remembered_while_nothing_is_said_anew() -> None:
    entries = tuple(Entry(published_at=NOW - timedelta(days=days)) for days in (900, 800, -3))
    after = visits.read(
        SOURCE, SourceState("s", SOURCE.url), Answer("s", SOURCE.url, "body"), Reading(entries=entries), NOW
    )
    assert after.newest_at == NOW - timedelta(days=800)  # a date to come is no news of today
    again = visits.read(SOURCE, after, Answer("s", SOURCE.url, "body"), Reading(), NOW)
    assert again.newest_at == after.newest_at
