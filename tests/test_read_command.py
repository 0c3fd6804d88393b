"""`aggregator read`: the lines that others build on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = Path(__file__).parent / "data" / "feeds"


def run(*arguments: str, stdin: bytes = b"") -> tuple[int, list[dict[str, Any]], str]:
    done = subprocess.run(
        [sys.executable, "-m", "aggregator", "read", *arguments],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def test_one_line_for_the_document_then_one_for_each_entry() -> None:
    path = str(SAMPLES / "lis-blog.rss.xml")
    code, lines, errors = run(path, "--kind", "feed", "--at", "2026-11-23T08:00:00Z")
    assert (code, errors) == (0, "")
    assert lines[0] == {
        "document": path,
        "kind": "feed",
        "title": "The Reference Desk – notes from a small library",
        "language": "en-GB",
        "entries": 3,
        "error": None,
    }
    assert len(lines) == 4
    assert all("document" not in line for line in lines[1:])
    assert lines[1]["published_at"] == "2026-10-20T07:30:00Z"
    assert lines[1]["url"].endswith("?utm_source=rss&utm_medium=feed")
    assert len({line["id"] for line in lines[1:]}) == 3


def test_what_is_refused_says_why_and_the_others_go_on() -> None:
    names = ["page.html", "links.json", "no-such-file", "events.rdf.xml"]
    code, lines, _ = run(*(str(SAMPLES / name) for name in names))
    heads = [line for line in lines if "document" in line]
    assert code == 1
    assert [Path(head["document"]).name for head in heads] == names
    assert [head["entries"] for head in heads] == [0, 2, 0, 1]
    assert heads[0]["error"] == "not-a-feed: an HTML page"
    assert heads[2]["error"].startswith("unreadable: No such file")
    assert heads[1]["error"] is heads[3]["error"] is None


def test_standard_input_and_an_address_for_relative_links() -> None:
    body = b"<rss><channel><title>t</title><item><link>a</link></item></channel></rss>"
    code, lines, _ = run("-", "--url", "https://e.org/feed", stdin=body)
    assert (code, lines[0]["document"], lines[1]["url"]) == (0, "-", "https://e.org/a")


@pytest.mark.parametrize(("kind", "hint"), [("fed", "did you mean 'feed'?"), ("zzzz", "there are: ")])
def test_an_unknown_kind_is_a_usage_error(kind: str, hint: str) -> None:
    code, lines, errors = run("x", "--kind", kind)
    assert (code, lines) == (2, [])
    assert hint in errors


def test_notes_on_an_event_are_called_so() -> None:
    feed = (
        b"<rss version='2.0'><channel><title>T</title>"
        b"<item><title>Notes from the Harbour Libraries Conference</title><guid>1</guid></item>"
        b"<item><title>The Harbour Libraries Conference moves to spring</title><guid>2</guid></item></channel></rss>"
    )
    _, lines, _ = run("-", "--kind", "feed", stdin=feed)
    assert [line["kind"] for line in lines[1:]] == ["notes", None]
