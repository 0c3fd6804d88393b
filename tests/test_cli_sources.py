"""`aggregator sources`: list, health, add, import and export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commandline import AT, DAY, FEEDS, NOW, Run, hold, runner
from webserver import WebServer, redirect, reply

from aggregator.cli.source_health import health, in_words, report
from aggregator.config.opml import parse as parse_opml
from aggregator.fetch import CODES
from aggregator.jsonlines import moment
from aggregator.model import Source, SourceState

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Mentor news</title><link>https://m.example/</link>
<item><title>A mentoring programme</title><link>https://m.example/1</link><guid>1</guid>
<pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate><description>How to mentor new librarians.</description></item>
<item><title>Undated</title><link>https://m.example/2</link><guid>2</guid></item></channel></rss>"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(capsys, monkeypatch)


# --------------------------------------------------------------------------------------------------------- sources
def test_sources_are_listed_without_their_secrets(run: Run) -> None:
    code, out, _ = run("sources", "list")
    assert code == 0
    assert out.splitlines() == [
        "ours  feed  https://example.org/feed  Ours  mentoring",
        "private  feed  https://private.example/${KEY}/feed",
        "off  feed  https://off.example/feed  (not visited)",
    ]
    listed = json.loads(run("sources", "list", "--json")[1])
    assert [one["url"] for one in listed][1] == "https://private.example/${KEY}/feed"


def state(source: str, url: str, **more: Any) -> SourceState:
    return SourceState(source, url, visits=3, last_ok_at=NOW, last_new_at=NOW, **more)


def test_health_says_what_is_the_matter_since_when_and_what_to_do(run: Run) -> None:
    hold(
        states=[
            state("ours", "https://example.org/feed", failures=2, failing_since=NOW - 3 * DAY, error="http-404"),
            state("private", "https://private.example/${KEY}/feed", adopted_url="https://new.example/hush"),
        ]
    )
    code, out, _ = run("sources", "health", "--at", AT)
    assert code == 0
    assert out.splitlines()[0].startswith(
        "2 enabled, 1 healthy, 1 disabled, 1 failing, 0 retired, 0 never visited"
    )
    assert "  ours since 2026-11-20: nothing is at this address → look for its new address" in out
    assert "private: it has moved for good and is read from another address" in out
    assert "hush" not in out + run("sources", "health", "--json")[1]
    said = json.loads(run("sources", "health", "--json")[1])
    assert said["counts"]["failing"] == 1
    assert [(one["id"], one["error"], one["failures"]) for one in said["failing"]] == [("ours", "http-404", 2)]


def test_every_source_has_its_place() -> None:
    names = [
        "fine",
        "new",
        "changed",
        "failing",
        "retired",
        "moved",
        "quiet",
        "slow",
        "first",
        "frozen",
        "yearly",
        "off",
        "shut",
        "cut",
    ]
    sources = [Source(name, f"https://{name}.example/", enabled=name != "off") for name in names]

    def seen(name: str, **more: Any) -> SourceState:
        return SourceState(name, **({"url": f"https://{name}.example/", "visits": 3, "last_new_at": NOW} | more))

    states = [
        seen("fine"),
        seen("changed", url="https://another.example/", failures=5),
        seen("failing", failures=1),
        seen("retired", status="retired"),
        seen("moved", adopted_url="https://elsewhere.example/"),
        seen("quiet", last_new_at=NOW - 31 * DAY, rhythm=DAY),
        seen("slow", last_new_at=NOW - 80 * DAY, rhythm=30 * DAY),
        seen("first", last_new_at=NOW - 89 * DAY),
        seen("shut", failures=4, error="robots-disallowed"),
        seen("cut", detail="more than 20 documents; the rest was left"),
        # Old when we first saw it: what counts is the date of its newest item, beside its own rhythm.
        seen("frozen", newest_at=NOW - 900 * DAY, rhythm=7 * DAY),
        seen("yearly", newest_at=NOW - 500 * DAY, rhythm=365 * DAY),
    ]
    found = health(sources, {one.id: one for one in states}, NOW)
    assert found.counts() == {
        "enabled": 13, "healthy": 8, "disabled": 1, "failing": 1, "retired": 1, "never_visited": 2, "silent": 1,
        "frozen": 1, "moved": 1, "closed": 1, "partial": 1,
    }  # fmt: skip
    assert [one.id for one in found.frozen] == ["frozen"]
    [row] = report(found, NOW)["frozen"]
    assert (row["since"], "newest item" in row["what"], "change url" in row["next"]) == (
        moment(NOW - 900 * DAY), True, True,
    )  # fmt: skip
    assert [one.id for one in found.silent] == ["quiet"]
    assert [one.id for one in found.never_visited] == ["new", "changed"]
    ailing = report(found, NOW)
    assert "robots.txt" in ailing["closed"][0]["what"]  # not broken: its publisher wishes it so
    assert "pages: 100" in ailing["partial"][0]["next"]


def test_every_code_has_words_and_a_next_step() -> None:
    for code in [*CODES, "http-418", "not-a-feed", "reader-timeout", "never-heard-of", ""]:
        says, step = in_words(SourceState("a", "https://a.example/", error=code))
        assert says
        assert step


def test_import_opml_keeps_the_file_and_names_what_it_leaves_out(run: Run) -> None:
    Path("f.opml").write_text(
        "<opml><body><outline text='Mentoring'>\n<outline text='New &amp; good' xmlUrl='https://new.example/feed'/>\n"
        "<outline text='Known' xmlUrl='https://EXAMPLE.org/feed/'/>\n<outline text='Bad' xmlUrl='nowhere'/>\n"
        "</outline></body></opml>"
    )
    assert run("sources", "import", "f.opml", "--dry-run")[0] == 78
    assert Path("feeds.yaml").read_text() == FEEDS
    code, out, err = run("sources", "import", "f.opml")
    assert code == 78
    assert (
        out
        == "https://EXAMPLE.org/feed/: there already, as ours\n1 sources added, 1 there already, 1 refused (see above)\n"
    )
    assert err.startswith("f.opml:4: 'Bad': ")
    assert Path("feeds.yaml").read_text() == (
        FEEDS + "  new-good:\n    url: https://new.example/feed\n    title: New & good\n    about: [mentoring]\n"
    )


def test_export_is_opml_without_secrets(run: Run) -> None:
    code, out, err = run("sources", "export")
    assert code == 0
    found, problems = parse_opml(out.encode(), "f.opml")
    assert problems == []
    assert [(one.url, one.title, one.folders) for one in found] == [
        ("https://example.org/feed", "Ours", ("Mentoring",))
    ]
    assert err == "left out, because a secret is in the address or options: private\n"


def test_what_is_exported_can_be_imported_elsewhere(run: Run) -> None:
    Path("feeds.yaml").write_text(
        FEEDS + "  talks:\n    url: https://t.example/e.ics\n    kind: calendar\n    about: [cpd, mentoring]\n"
        "    language: it\n    options: {zone: Europe/Rome}\n"
        "  keyed: {url: https://k.example/, kind: courses, options: {token: '${KEY}'}}\n"
    )
    code, out, err = run("sources", "export")
    assert (code, "keyed" in err, "hush" in out) == (0, True, False)
    Path("all.opml").write_text(out)
    code, out, _ = run("sources", "import", "all.opml", "--feeds", "other.yaml")
    assert (code, out) == (0, "2 sources added, 0 there already\n")
    assert (
        "  talks:\n    url: https://t.example/e.ics\n    kind: calendar\n    title: talks\n"
        "    about: [cpd, mentoring]\n    language: it\n    options:\n      zone: Europe/Rome\n"
    ) in Path("other.yaml").read_text()


def test_folders_that_are_no_topics_stay_as_comments_and_doubles_are_told(run: Run) -> None:
    Path("f.opml").write_text(
        "<opml><body><outline text='My friends'><outline text='A' xmlUrl='https://a.example/feed'/>"
        "<outline text='A' xmlUrl='https://a.example/feed'/></outline></body></opml>"
    )
    code, out, _ = run("sources", "import", "f.opml")
    assert (code, out) == (0, "1 sources added, 0 there already, 1 named more than once\n")
    assert Path("feeds.yaml").read_text() == (
        FEEDS + "  # in the folder My friends\n  a-example:\n    url: https://a.example/feed\n    title: A\n"
    )


# ----------------------------------------------------------------------------------------------------- sources add
@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "127.0.0.1")
    with WebServer() as server:
        server.on("/feed", reply(200, RSS, Content_Type="application/rss+xml"))
        server.on("/page", reply(200, b"<!DOCTYPE html><html><body>Hello</body></html>", Content_Type="text/html"))
        server.on("/old", redirect(301, "/feed"))
        yield server


def test_a_feed_is_tried_and_added(run: Run, web: WebServer) -> None:
    code, out, _ = run("sources", "add", web.url("/feed"), "--about", "mentoring", "--dry-run", "--at", AT)
    assert code == 0
    assert "Mentor news (feed" in out
    assert "2 entries, 1 with a date, 2026-11-20 to 2026-11-20" in out
    assert "2026-11-20  post: A mentoring programme\n              mentoring" in out
    assert Path("feeds.yaml").read_text() == FEEDS
    code, out, _ = run("sources", "add", web.url("/feed"), "--about", "mentoring", "--at", AT, "--json")
    assert json.loads(out)["entries"] == 2
    added = f"  mentor-news:\n    url: {web.url('/feed')}\n    title: Mentor news\n    about: [mentoring]\n"
    assert Path("feeds.yaml").read_text() == FEEDS + added
    code, _, err = run("sources", "add", web.url("/feed"))
    assert code == 78
    assert "there already, as mentor-news" in err


def test_what_has_moved_for_good_is_added_where_it_is(run: Run, web: WebServer) -> None:
    assert run("sources", "add", web.url("/old"), "--id", "moved")[0] == 0
    assert f"  moved:\n    url: {web.url('/feed')}\n" in Path("feeds.yaml").read_text()


@pytest.mark.parametrize(
    ("path", "part"), [("/page", "no feed, calendar or list"), ("/nothing", "nothing is at this address")]
)
def test_what_is_no_feed_is_not_added(run: Run, web: WebServer, path: str, part: str) -> None:
    code, out, err = run("sources", "add", web.url(path))
    assert (code, out) == (1, "")
    assert err.startswith("not added: ")
    assert part in err
    assert Path("feeds.yaml").read_text() == FEEDS


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("ftp://example.org/feed",), "'ftp:' addresses can't be visited"),
        (("https://u:p@x.example/feed",), "password is written"),
        (("https://x.example/${MISSING}",), "MISSING} is not set"),
        (("https://x.example/", "--about", "mentorin"), "did you mean 'mentoring'?"),
        (("https://x.example/", "--id", "ours"), "is taken"),
        (("https://x.example/", "--id", "No good"), "write 'no-good'"),
    ],
)
def test_wrong_wishes_are_named_before_anything_is_fetched(
    run: Run, arguments: tuple[str, ...], part: str
) -> None:
    code, _, err = run("sources", "add", *arguments)
    assert code == 78
    assert part in err


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("https://x.example/", "https://y.example/", "--id", "one"), "one address at a time"),
        (("https://x.example/", "--kind", "rss"), "is none of feed"),
    ],
)
def test_wishes_that_mean_nothing_are_named(run: Run, arguments: tuple[str, ...], part: str) -> None:
    code, _, err = run("sources", "add", *arguments)
    assert code == 2
    assert part in err


@pytest.mark.parametrize(
    ("code", "detail", "says", "step"),
    [
        ("bad-option", "options.item: 'li >> a' is no CSS selector", "(options.item: 'li >> a'", "correct it under options:"),
        ("selector-empty", "options.item: 'li.x' found nothing", "not the same as no news (options.item", "write the selector anew"),
        ("not-a-calendar", "an HTML page", "is not a calendar (an HTML page)", "change url"),
        ("http-404", "https://a.example/?key=s3cret", "nothing is at this address", "change url"),
    ],
)  # fmt: skip
def test_why_a_source_fails_names_the_option_and_what_to_do_about_it(
    code: str, detail: str, says: str, step: str
) -> None:
    found = in_words(SourceState("a", "https://a.example/", error=code, detail=detail))
    assert says in found[0]
    assert step in found[1]
    assert "s3cret" not in found[0]
