"""One story once: a copy from elsewhere never comes again, and later news comes labelled."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from click.testing import CliRunner
from journeys.conftest import MONDAY, WEEK, Inside

from aggregator.cli import cli

DAY = timedelta(days=1)
TITLE = "Mentoring by lamplight: a pilot for new librarians"
TEXT = """Three county libraries have begun to pair every new librarian with a colleague who is about to retire.
They meet on the first Thursday of the month, in the evening, when the reading room is empty and the lamps are on.
The pairs choose what they talk about. So far that was shelving, difficult readers, the budget, and how to say no.
The pilot was thought up by two cataloguers who had shared a desk for thirty years. Mentoring, they say, is what they
had been doing all along, and it should not depend on where somebody happens to sit. A report is due in the spring.
Other libraries may copy the idea; a folder with all the forms lies ready, and the two will answer the telephone."""


def feed(host: str, *entries: tuple[str, str, datetime]) -> bytes:
    """A feed of (title, text, published)."""
    rows = "".join(
        f"<item><title>{title}</title><link>https://{host}/{number}</link><guid>https://{host}/{number}</guid>"
        f"<pubDate>{format_datetime(at)}</pubDate><description>{text}</description></item>"
        for number, (title, text, at) in enumerate(entries)
    )
    head = f"<title>{host}</title><link>https://{host}/</link><language>en</language>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{rows}</channel></rss>'.encode()


def newest(service: Inside) -> str:
    return str(service.letters()[-1].get_body(("plain",)).get_content())  # type: ignore[union-attr]


def test_a_copy_from_elsewhere_does_not_come_again_and_the_update_does(inside: Inside) -> None:
    inside.press["/lamp"] = feed("lamp.example", (TITLE, TEXT, MONDAY - DAY))
    inside.press["/relay"] = feed("relay.example")
    inside.feeds("/lamp", "/relay")
    inside.readers("ann@example.org,mentoring,monday,8,UTC")
    inside("run", at=MONDAY)
    assert "Mentoring by lamplight" in newest(inside)
    # A relay retitles it, cuts it, and puts a line before it.
    cut = "From lamp.example: " + " ".join(TEXT.split()[20:75]) + " […]"
    retitled = "Mentoring pilot: new librarians by lamplight"
    inside.press["/relay"] = feed("relay.example", (retitled, cut, MONDAY + DAY))
    copied = inside("run", at=MONDAY + WEEK)
    assert (copied.report["entries"]["merged"], copied.report["entries"]["new"]) == (1, 0)
    assert copied.report["digests"]["skipped"] == 1
    # Later news is new, and says what it is.
    news = "A fourth library has joined the mentoring pilot, and the first pairs have been to sea together."
    inside.press["/lamp"] = feed(
        "lamp.example", (TITLE, TEXT, MONDAY - DAY), (f"Update: {TITLE}", news, MONDAY + WEEK)
    )
    inside("run", at=MONDAY + 2 * WEEK)
    assert len(inside.letters()) == 2
    assert f"Update: {TITLE}" in newest(inside)
    assert "Update ·" in newest(inside)


def test_a_story_from_two_sources_names_both(inside: Inside) -> None:
    inside.press["/lamp"] = feed("lamp.example", (TITLE, TEXT, MONDAY - DAY))
    inside.press["/relay"] = feed("relay.example", ("Lamps and mentors", TEXT[:500], MONDAY))
    inside.feeds("/lamp", "/relay")
    inside.readers("ann@example.org,mentoring,monday,8,UTC")
    inside("run", at=MONDAY)
    text = newest(inside)
    assert text.count("Also in: ") == 1
    assert ("Mentoring by lamplight" in text) != ("Lamps and mentors" in text)


def test_collect_and_the_filter_find_the_same_groups(inside: Inside) -> None:
    """The same entries: one source after the other into a database, and all at once through the filter."""
    words = TEXT.split()
    told = [
        (TITLE, TEXT), ("Lamps and mentors", TEXT), (TITLE, " ".join(words[:40])), (f"{TITLE} | The Relay", TEXT[80:]),
        ("Weekly mentoring notes #12", "Notes of the week. " * 12), ("Weekly mentoring notes #13", "Notes of the week. " * 12),
        (f"Update: {TITLE}", "A fourth library has joined the mentoring pilot."),
    ]  # fmt: skip
    lines = []
    for n, (title, text) in enumerate(told):
        inside.press[f"/s{n}"] = feed(f"s{n}.example", (title, text, MONDAY - DAY))
        lines.append({"id": f"{n}", "source": f"s{n}", "title": title, "text": text, "language": "en",
                      "url": f"https://s{n}.example/0", "published_at": (MONDAY - DAY).isoformat()})  # fmt: skip
    inside.feeds(*(f"/s{n}" for n in range(len(told))))
    Path(inside.folder / "items.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    printed = CliRunner().invoke(cli, ["dedupe", str(inside.folder / "items.jsonl")]).stdout
    groups = [json.loads(line)["group"] for line in printed.splitlines()]
    assert groups == ["0", "0", "0", "0", "4", "5", "0"]
    figures = [inside("collect", f"s{n}", at=MONDAY).report["entries"] for n in range(len(told))]
    assert [one["merged"] for one in figures] == [0, 1, 1, 1, 0, 0, 0]
    assert [one["new"] for one in figures] == [1, 0, 0, 0, 1, 1, 1]
