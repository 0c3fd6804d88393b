"""Issues through the command line: made by the run, cited, the same a year later, and of nobody in particular."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from journeys.conftest import MONDAY, WEEK, Inside
from journeys.press import rss

from aggregator.store import open_store

HEAD = "email,topics,keywords,frequency,weekday,hour,timezone"
FORMATS = ("html", "text", "json", "atom", "ics", "ris", "bibtex", "csl", "opml")
TUESDAY = MONDAY + timedelta(days=1)


def collected(service: Inside, *titles: str, at: object = MONDAY - timedelta(days=2)) -> None:
    when = MONDAY - timedelta(days=3)
    rows = [(title, f"/{number}", when) for number, title in enumerate(titles)]
    service.press["/feed"] = rss("Ours", rows)
    service("collect", "--force", at=at)  # type: ignore[arg-type]


@pytest.fixture
def world(inside: Inside) -> Inside:
    inside.feeds("/feed")
    inside.readers("ann@example.org,mentoring,xylophone,weekly,monday,8,UTC", head=HEAD)
    return inside


def show(service: Inside, id: str, form: str) -> str:
    return service("issues", "show", id, "--format", form, at=MONDAY).out


def test_a_run_makes_the_editions_issue_once(world: Inside) -> None:
    collected(world, "Mentoring for new librarians", "A mentoring programme in Zagreb")
    report = world("publish", at=MONDAY).report
    assert report["issues"] == ["digest/2026-W48"]
    assert world("publish", at=TUESDAY).report["issues"] == []
    assert "Mentoring for new librarians" in show(world, "digest/2026-W48", "text")
    listed = json.loads(world("issues", "list", "--json", at=MONDAY).out)
    assert [(one["id"], one["items"]) for one in listed] == [("digest/2026-W48", 2)]
    assert "1 issues checked, 0 forms changed" in world("issues", "check", at=MONDAY).out


def test_a_year_later_after_everything_has_changed_the_bytes_are_the_same(world: Inside) -> None:
    collected(world, "Mentoring for new librarians")
    world("publish", at=MONDAY)
    [mine] = json.loads(world("issues", "list", "--only", "ann@example.org", "--json", at=MONDAY).out)
    before = {(id, form): show(world, id, form) for id in ("digest/2026-W48", mine["id"]) for form in FORMATS}
    # The item changes, the source gets another name, the service another address, topics other labels; then all
    # is pruned that can be.
    collected(world, "Mentoring for nobody at all: corrected", at=TUESDAY)
    text = (world.folder / "feeds.yaml").read_text()
    text = text.replace("{url:", "{title: Renamed, url:")
    topics = "topics:\n  mentoring: {label: Something else, words: {en: [mentoring]}}\n"
    editions = "editions:\n  digest: {title: Renamed digest}\n"
    (world.folder / "feeds.yaml").write_text(topics + editions + text)
    world.env["AGGREGATOR_BASE_URL"] = "https://elsewhere.example"
    world("collect", "--force", at=TUESDAY)
    world("prune", "--items", "100d", "--letters", "1d", "--vacuum", at=MONDAY + 60 * WEEK)
    after = {(id, form): show(world, id, form) for id, form in before}
    assert after == before
    assert "0 forms changed" in world("issues", "check", at=MONDAY + 60 * WEEK).out


def test_no_readers_wishes_can_be_read_from_the_editions_issue(world: Inside) -> None:
    """The letter has what only one reader's keyword found; the edition's issue does not even have the item."""
    collected(world, "Mentoring for new librarians", "A xylophone plays at noon", "Nothing for anybody")
    world("publish", at=MONDAY)
    [letter] = [part.as_string() for part in world.letters()]
    assert "xylophone" in letter
    for form in FORMATS:
        said = show(world, "digest/2026-W48", form)
        assert "xylophone" not in said.lower()
        assert "ann@" not in said


def test_without_any_reader_there_is_an_issue_all_the_same(inside: Inside) -> None:
    inside.feeds("/feed")
    collected(inside, "Mentoring for new librarians")
    assert inside("publish", at=MONDAY).report["issues"] == ["digest/2026-W48"]


def test_what_came_by_a_secret_address_is_for_its_readers_only(world: Inside) -> None:
    text = (world.folder / "feeds.yaml").read_text()
    (world.folder / "feeds.yaml").write_text(text.replace("/feed'", "/${FEED}'"))
    world.env["FEED"] = "feed"
    collected(world, "Mentoring for new librarians")
    assert world("publish", at=MONDAY).report["issues"] == []
    assert len(world.letters()) == 1
    opened = (world.folder / "feeds.yaml").read_text().replace("'}", "', access: open}")
    (world.folder / "feeds.yaml").write_text(opened)
    collected(world, "Mentoring for new librarians", "Mentoring for old ones", at=TUESDAY)
    assert world("publish", at=MONDAY + WEEK).report["issues"] == ["digest/2026-W49"]
    assert "127.0.0.1" not in show(world, "digest/2026-W49", "opml")


def test_weeks_in_which_nothing_ran_are_made_up_for(world: Inside) -> None:
    collected(world, "Mentoring for new librarians")
    world("publish", at=MONDAY)
    collected(world, "Mentoring for new librarians", "Mentoring again", at=MONDAY + timedelta(days=3))
    late = world("publish", at=MONDAY + 3 * WEEK).report
    assert late["issues"] == ["digest/2026-W49"]  # the weeks after it brought nothing


def test_a_dry_run_a_run_for_one_reader_and_a_restored_copy_make_none(world: Inside) -> None:
    collected(world, "Mentoring for new librarians")
    assert "issues" not in world("publish", "--dry-run", at=MONDAY).report
    assert "issues" not in world("publish", "--only", "ann@example.org", at=MONDAY).report
    store = open_store(str(world.folder / "aggregator.db"))
    store.set("restored_from_backup", "1")
    store.close()
    assert world("publish", at=MONDAY, code=75).report["issues"] == []


def test_what_is_asked_for_and_not_there_is_said(world: Inside) -> None:
    collected(world, "Mentoring for new librarians")
    assert "no issue has been made yet" in world("issues", "list", at=MONDAY).err
    done = world("issues", "show", "digest/2026-W48", at=MONDAY, code=78)
    assert "there is no issue 'digest/2026-W48'" in done.err
    assert "nobody@example.org" in world("issues", "list", "--only", "nobody@example.org", at=MONDAY, code=78).err
    world("publish", at=MONDAY)
    cited = world("issues", "show", "digest/2026-W48", "--cite", at=MONDAY).out
    assert cited.startswith("Library digest, issue 2026-W48, 23 Nov 2026. http")
    world("issues", "show", "digest/2026-W48", "--format", "ris", "--output", "issue.ris", at=MONDAY)
    assert (world.folder / "issue.ris").read_text().startswith("TY  - ")
