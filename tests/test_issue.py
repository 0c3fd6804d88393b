"""A citable issue: frozen as it was told, the same bytes for good, and read again by programs that are not ours."""

from __future__ import annotations

import io
import json
import os
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import bibtexparser
import feedparser
import icalendar
import pytest
import rispy
from drafts import COURSE, EVENT, NOW, draft, item, pick

from aggregator.compose import Composer
from aggregator.issue import CURRENT, FORMS, Freezer, Imprint, Issue, forms, sums, thaw, written
from aggregator.issue.document import hash_of
from aggregator.issue.references import people
from aggregator.model import Draft, Occasion, Section, Selection, Tag
from aggregator.read.outlines import outlines

DATA = Path(__file__).parent / "data" / "issues"
COMPOSER = Composer()
NASTY = item(
    7,
    "100% of {readers} & \\writers\\ <b>agree</b> ]]> “so” they_say #1 \x0b",
    author="Rossi, Anna; O'Neil & Sons, Ben de Vries and Li Wei",
    text="First line.\n\nTY  - JOUR in a text. @article{x, and BEGIN:VEVENT too; more, yes. ＠全角 emoji 🎓",
    kind="paper",
    url="https://doi.org/10.1234/abc_(1)",
    topics=(Tag("rare-books", "“rare books” in the title"), Tag("cpd")),
)


def frozen(made: Draft | None = None, id: str = "", language: str = "en") -> Any:
    made = made or draft()
    feeds = {"quiet": "https://quiet.example/feed?a=1&b=2", "room": "https://room.example/feed"}
    return Freezer(Imprint(made.sources, made.topics, feeds)).freeze(
        made, COMPOSER.write(made).laid, COMPOSER.say(language), id
    )


def issue(made: Draft | None = None, id: str = "", language: str = "en") -> Issue:
    one = frozen(made, id, language)
    return thaw(one.frame, one.shared)


def with_everything() -> Draft:
    calendar = item(
        8, "Webinar in another zone", kind="event", author="",
        occasion=Occasion(
            starts=datetime(2026, 12, 3, 14, tzinfo=UTC), ends=datetime(2026, 12, 3, 15, tzinfo=UTC),
            zone="Europe/Rome", online=True, closes=date(2026, 12, 1), evidence="in the source's own words",
        ),
    )  # fmt: skip
    sections = (
        Section("closing", (pick(COURSE, "Topic: Rare books"),)),
        Section("events", (pick(EVENT, "Keyword: “data”", 0.9), pick(calendar))),
        Section("reading", (pick(NASTY), pick(item(9, "", url="", text="", published_at=None)))),
    )
    return draft(selection=Selection(sections))


def parsed(made: Issue, form: str) -> str:
    return written(made, form).decode()


# ------------------------------------------------------------------------------------------------------- for good
@pytest.mark.parametrize("form", FORMS[1])
def test_the_bytes_of_the_first_version_never_change(form: str) -> None:
    """Golden bytes. Where a form must be written otherwise, add a version to FORMS and keep this one:
    AGGREGATOR_TEST_GOLDEN=1 writes files that are not there yet, and only those."""
    made = _kept()
    path = DATA / f"v1.{forms(made)[form].ending}"
    if os.environ.get("AGGREGATOR_TEST_GOLDEN") and not path.exists():
        path.write_bytes(written(made, form))
    assert written(made, form) == path.read_bytes()


def _kept() -> Issue:
    """An issue as a database of the first version holds it."""
    path = DATA / "v1.frozen.json"
    if os.environ.get("AGGREGATOR_TEST_GOLDEN") and not path.exists():
        one = frozen(with_everything(), "digest/2026-W48")
        path.write_text(json.dumps({"frame": one.frame, "shared": dict(one.shared)}, indent=1, ensure_ascii=False))
    kept = json.loads(path.read_text())
    return thaw(kept["frame"], kept["shared"])


def test_new_issues_are_made_with_the_newest_version_and_freezing_twice_is_the_same() -> None:
    one, two = frozen(with_everything()), frozen(with_everything())
    assert one == two
    assert thaw(one.frame, one.shared).form == CURRENT == max(FORMS)


def test_two_readers_share_the_words_and_not_the_reasons() -> None:
    freezer = Freezer(Imprint({}, {}, {}))
    made = []
    for name, why in (("one", "Keyword: “secret”"), ("two", "Topic: Rare books")):
        sent = draft(pick(COURSE, why), digest_id=name)
        made.append(freezer.freeze(sent, COMPOSER.write(sent).laid, COMPOSER.say("en")))
    assert made[0].shared.keys() == made[1].shared.keys()
    assert "secret" not in "".join(made[0].shared.values())
    assert "secret" in made[0].frame
    assert "secret" not in made[1].frame


def test_a_text_that_was_told_before_is_made_again_to_the_letter() -> None:
    freezer = Freezer(Imprint({}, {}, {}))
    sent, made = with_everything(), []
    for hours in (0, 0, 1):
        later = replace(sent, due=replace(sent.due, until=sent.due.until + timedelta(hours=hours)))
        made.append(freezer.freeze(later, COMPOSER.write(later).laid, COMPOSER.say("en")))
    assert made[0].shared == made[1].shared
    assert all(hash_of(text) == hash for one in made for hash, text in one.shared.items())


def test_nothing_of_the_reader_is_in_an_issue() -> None:
    for made in (issue(), issue(id="digest/2026-W48")):
        for form in forms(made):
            said = parsed(made, form)
            assert not re.search(r"anna|Rossi|library\.example|8hJd0|unsubscribe|preferences", said, re.I), form


def test_what_has_changed_since_changes_nothing() -> None:
    one = frozen(with_everything())
    before = sums(thaw(one.frame, one.shared))
    later = replace(COURSE, title="Cancelled", text="", occasion=None)
    frozen(draft(pick(later)))
    assert sums(thaw(one.frame, one.shared)) == before


# -------------------------------------------------------------------------------------------------------- read again
def test_the_text_and_the_page_say_what_the_letter_said() -> None:
    made = issue()
    text, html = parsed(made, "text"), parsed(made, "html")
    for words in ("Describing rare books: a course for generalists", "Why: Topic: Rare books", "Closing soon",
                  "Linee guida per la catalogazione condivisa", "Two things close this week."):  # fmt: skip
        assert words in text
        assert words.replace("“", "“") in html
    assert made.cited in " ".join(text.split())
    assert "<b>agree" not in parsed(issue(with_everything()), "html")
    assert max(map(len, text.splitlines())) <= 78


def test_it_is_cited_by_edition_period_day_and_address() -> None:
    assert issue(id="digest/2026-W48").cited == (
        "Library digest, issue 2026-W48, 23 Nov 2026. https://digest.example.org/issues/digest/2026-W48"
    )
    assert issue().cited == (
        "Library digest, issue 2026-W48, 23 Nov 2026 (a personal selection). "
        "https://digest.example.org/my/issues/2026-w48-r1"
    )
    reader = replace(draft().due.subscriber, language="it")
    italian = issue(draft(due=replace(draft().due, subscriber=reader)), "digest/2026-W48", "it")
    assert italian.cited.startswith("Library digest, numero 2026-W48, 23 nov 2026. ")
    assert 'lang="it"' in parsed(italian, "html")


def test_feedparser_reads_the_atom_feed() -> None:
    made = issue(with_everything(), "digest/2026-W48")
    feed = feedparser.parse(written(made, "atom"))
    assert not feed.bozo
    assert feed.version == "atom10"
    assert feed.feed.id == made.address
    assert len(feed.entries) == 5
    assert len({entry.id for entry in feed.entries}) == 5
    nasty = next(entry for entry in feed.entries if "100%" in entry.title)
    assert "{readers} & \\writers\\" in nasty.title_detail.value.replace("&amp;", "&")
    assert nasty.link == "https://doi.org/10.1234/abc_(1)"
    assert [tag.label for tag in nasty.tags] == ["Rare books", "cpd"]
    assert all(entry.updated_parsed for entry in feed.entries)


def test_feedparser_and_json_read_the_json_feed() -> None:
    made = issue(with_everything(), "digest/2026-W48")
    feed = json.loads(written(made, "json"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://digest.example.org/issues/digest/2026-W48.json"
    for one in feed["items"]:
        assert {"id", "url", "content_text", "title"} <= one.keys()
    assert feed["items"][0]["_aggregator"]["occasion"]["closes"] == "2026-11-27"
    assert "own words" not in json.dumps(feed)
    assert len({one["id"] for one in feed["items"]}) == len(feed["items"])


def test_icalendar_reads_the_dates_and_their_ids_are_those_of_calendar_links() -> None:
    made = issue(with_everything(), "digest/2026-W48")
    found = icalendar.Calendar.from_ical(written(made, "ics"))
    events = {str(event["UID"]): event for event in found.walk("VEVENT")}
    assert {"i2@aggregator", "i8@aggregator", "i1-closes@aggregator", "i8-closes@aggregator"} <= events.keys()
    assert events["i8@aggregator"].decoded("DTSTART") == datetime(2026, 12, 3, 14, tzinfo=UTC)
    assert not found.walk("VTIMEZONE")
    assert str(found["NAME"]).replace("\\,", ",").startswith("Library digest, issue 2026-W48")
    assert all(len(line) <= 75 for line in written(made, "ics").split(b"\r\n"))


def test_rispy_reads_the_references() -> None:
    made = issue(with_everything(), "digest/2026-W48")
    entries = rispy.load(io.StringIO(parsed(made, "ris")))
    assert len(entries) == 5
    nasty = next(entry for entry in entries if "100%" in entry["title"])
    assert nasty["type_of_reference"] == "JOUR"
    assert nasty["authors"] == ["Rossi, Anna", "O'Neil", "Sons, Ben de Vries", "Li Wei"]
    assert nasty["doi"] == "10.1234/abc_(1)"
    assert nasty["urls"] == ["https://doi.org/10.1234/abc_(1)"]
    assert nasty["keywords"] == ["Rare books", "cpd"]
    assert made.cited in nasty["notes"][0]
    assert parsed(made, "ris").count("\r\nER  - \r\n") == 5


def test_bibtexparser_reads_the_references() -> None:
    made = issue(with_everything(), "digest/2026-W48")
    library = bibtexparser.parse_string(parsed(made, "bibtex"))
    assert not library.failed_blocks
    entries = {entry.key: entry for entry in library.entries}
    assert set(entries) == {"i1", "i2", "i7", "i8", "i9"}
    nasty = entries["i7"]
    assert nasty.entry_type == "article"
    assert nasty["doi"] == "10.1234/abc_(1)"
    assert r"\{readers\} \& \textbackslash{}writers" in nasty["title"]
    assert nasty["author"].count(" and ") == 3


def test_csl_json_has_a_type_and_dates_for_each() -> None:
    found = {one["id"]: one for one in json.loads(written(issue(with_everything()), "csl"))}
    assert found["i7"]["type"] == "article-journal"
    assert found["i7"]["issued"] == {"date-parts": [[2026, 11, 20]]}
    assert "issued" not in found["i9"]


def test_the_outline_names_public_feeds_once() -> None:
    found = outlines(written(issue(with_everything()), "opml"), "issue.opml")
    assert not found.problems
    assert [(one.title, one.url) for one in found.outlines] == [
        ("The Book Room", "https://room.example/feed"),
        ("The Quiet Desk", "https://quiet.example/feed?a=1&b=2"),
    ]


def test_an_issue_of_which_nothing_remains_is_still_a_document_in_every_form() -> None:
    empty = replace(issue(), parts=())
    for form in forms(empty):
        assert written(empty, form) or form in ("ris", "bibtex")  # lists of nothing
    assert feedparser.parse(written(empty, "atom")).bozo is False
    assert "This issue has no items." in parsed(empty, "html")


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("Anna Rossi", ["Anna Rossi"]),
        ("Rossi, Anna", ["Rossi, Anna"]),
        ("Anna Rossi, Ben Ito", ["Anna Rossi", "Ben Ito"]),
        ("Rossi, Anna; Ito, Ben", ["Rossi, Anna", "Ito, Ben"]),
        ("Anna and Ben", ["Anna", "Ben"]),
        ("", []),
        (" , ;", []),
    ],
)
def test_people_are_told_apart(author: str, expected: list[str]) -> None:
    assert people(author) == expected


def test_the_moment_of_an_issue_is_that_of_the_letter() -> None:
    assert issue().made_at == NOW
