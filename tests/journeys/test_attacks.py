"""What strangers may put into feeds, lists and files: no crash, no hang, no letter that harms or is lost."""

from __future__ import annotations

import csv
import json
import re
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from journeys.conftest import MONDAY, WEEK, Inside
from journeys.press import Page, rss
from journeys.test_promises import ANN, DAY, HOUR, piece, sent, text


def feed(*entries: dict[str, Any], title: str = "Feed") -> bytes:
    """An RSS feed of entries as they are given, element by element."""
    said = "".join(
        "<item>"
        + "".join(
            f"<{name}>{format_datetime(value) if isinstance(value, datetime) else escape(value)}</{name}>"
            for name, value in entry.items()
        )
        + "</item>"
        for entry in entries
    )
    return f'<rss version="2.0"><channel><title>{escape(title)}</title><link>https://blog.example/</link>{said}</channel></rss>'.encode()


def json_feed(*entries: dict[str, Any], **more: Any) -> bytes:
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": entries, **more}
    ).encode()


def test_entries_that_all_point_home_and_have_no_name_are_told_apart_on_every_visit(inside: Inside) -> None:
    """A board that shows one notice at a time: same address, no guid, another notice each day."""
    inside.feeds("/board")
    inside.readers(ANN)
    for day in range(4):
        notice = {
            "title": f"Mentoring notice {'abcd'[day]}",
            "link": "https://blog.example/",
            "description": f"mentoring {day} " * 9,
        }
        inside.press["/board"] = feed(notice)
        assert inside("collect", "--force", at=MONDAY - (5 - day) * DAY).report["entries"]["new"] == 1
    inside("publish", at=MONDAY)
    assert [letter.count("Mentoring notice") for letter in map(text, inside.letters())] == [4]


def test_one_page_may_list_many_things(inside: Inside) -> None:
    """Vacancies whose links all lead to one list: each is news, and the letter goes out."""
    jobs = ["Mentoring officer in Zagreb", "Head of music, with mentoring", "Archivist for a mentoring project"]
    page = "https://jobs.example/list"
    inside.press["/jobs"] = feed(
        *({"title": job, "link": page, "guid": f"job-{n}", "pubDate": MONDAY - DAY} for n, job in enumerate(jobs))
    )
    inside.feeds("/jobs")
    inside.readers(ANN)
    inside("run", at=MONDAY)
    [letter] = map(text, inside.letters())
    assert [letter.count(f"\r\n{job}\r\n") for job in jobs] == [1, 1, 1]


HOSTILE = [
    {"id": "half", "url": "https://a.org/\ud800x", "title": "Half a character in the address", "content_text": "x"},
    {"id": "1", "url": "https://a.example/1", "title": "Mentoring one\r\nBcc: victim@example.org\r\n\r\nboo", "content_text": "x"},
    {"id": "2", "url": "javascript:alert(1)", "title": "Mentoring <script>alert(2)</script> two", "content_html": "<p onclick=x>a"},
    {"id": "3", "url": "https://a.example/3", "title": "", "content_text": "mentoring without a title"},
    {"id": "4", "url": "https://a.example/" + "y" * 5000, "title": "Mentoring " + "T" * 100_000, "content_text": "mentoring " * 50_000},
    {"id": "5", "url": "https://a.example/5", "title": "Mentoring \u202egpj.exe \u0000\ud800 \ufeff", "content_text": "\ud83d mentoring"},
    {"id": "\ud800\u0000" * 9, "url": "https://a.example/6", "title": "{{ mentoring }} {% if x %} <!--% y %-->", "tags": ["\ud800"]},
    {"id": "7", "url": "https://a.example/?to=ann%40example.org", "title": "Mentoring seven", "content_text": "see https://a.example/u/ann@example.org"},
    {"id": "8", "url": "HTTPS://A.EXAMPLE/Eight?a=1&b=2&c=\"'<>", "title": "Mentoring e\u0301\U0001f4da eight", "date_published": "9999-12-31T23:59:59Z"},
    {"id": 9, "url": "https://a.example/9", "title": "https://bank.example/login mentoring", "author": {"name": "\udfff"}},
    {"id": "10", "title": "=?utf-8?q?mentoring?= ten", "content_text": "\n.\nFrom mentoring\n..", "date_published": "1970-01-01T00:00:00Z"},
]  # fmt: skip


@pytest.mark.parametrize("number", [*range(len(HOSTILE)), None])
def test_no_entry_stops_a_letter_or_speaks_in_its_name(inside: Inside, number: int | None) -> None:
    inside.press["/j"] = json_feed(*(HOSTILE if number is None else [HOSTILE[number]]), language="\ud800")
    inside.press["/b"] = rss("\u202eBlog\r\nX-Evil: 1", [piece(77)])
    inside.feeds("/j", "/b")
    inside.readers(f"{ANN},50", head="email,topics,weekday,hour,timezone,max_items")
    assert inside("run", at=MONDAY).report["digests"]["sent"] == 1
    [letter] = inside.letters()
    assert (letter["Bcc"], letter["X-Evil"], str(letter["To"])) == (None, None, "ann@example.org")
    assert len(letter.as_bytes()) < 102_400
    html = str(letter.get_body(("html",)).get_content())  # type: ignore[union-attr]
    links = re.findall(r'href="([^"]*)"', html)
    assert all(re.match("https?://", link, re.IGNORECASE) for link in links)
    assert not [link for link in links if "ann" in link and "example.org" in link.partition("ann")[2]]
    assert "<script" not in html
    assert "\u202e" not in html + text(letter) + str(letter["Subject"])


def test_headers_that_are_no_headers(inside: Inside) -> None:
    odd = {
        "ETag": '"\xff\xfe"',
        "Last-Modified": "x" * 20_000,
        "Content-Type": "text/\x80; charset=no-such",
        "Cache-Control": "max-age=" + "9" * 400,
    }
    inside.press["/a"] = Page(rss("A", [piece(1)]), headers=odd)
    inside.press["/b"] = Page(b"", 301, {"Location": "http://127.0.0.1:99999/\x80"})
    inside.press["/c"] = Page(b"", 503, {"Retry-After": "9" * 400})
    inside.press["/d"] = Page(b"", 200, {"Retry-After": "-1", "Cache-Control": "max-age=-5"})
    inside.feeds("/a", "/b", "/c", "/d")
    inside.readers(ANN)
    for hour in range(3):
        inside("collect", "--force", at=MONDAY - DAY + hour * HOUR)
    inside("run", at=MONDAY)
    assert sent(inside) == [{1}]


def test_readers_with_odd_names_words_and_addresses(inside: Inside) -> None:
    inside.feeds("/a")
    titles = [
        "C++ and [a-z]+ for librarians (x|y)",
        'Preprints “quoted” and "straight"',
        "ספריות ומשאבים לספרנים",
        "Books 📚 and .* stars",
    ]
    inside.press["/a"] = rss("A", [(title, f"/{n}", MONDAY - DAY) for n, title in enumerate(titles)])
    words = {
        "a.b+c_d@example.org": "C++;[a-z]+;.*;(;%s;{{x}}",
        "o'brien@example.org": '"quoted";\'; DROP TABLE items;--;preprints',
        "ann@bücher.example": "ספריות;📚;🏳️‍🌈",
        "many@example.org": ";".join([f"word{n}" for n in range(499)] + ["librarians"]),
        "x@example.org": "x" * 200,
    }
    with (inside.folder / "odd.csv").open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["Email", "name", "keywords", "searches", "weekday", "hour"])
        for address, keywords in words.items():
            writer.writerow(
                [address, '=cmd|"calc"!A1 שלום', keywords, 'books AND (stars;"straight', "Monday", "08:00"]
            )
    inside("subscribers", "import", "odd.csv", "--confirmed", at=MONDAY - WEEK)
    done = inside("run", at=MONDAY)
    assert done.report["digests"]["failed"] == 0
    got = {str(letter["To"]): text(letter) for letter in inside.letters()}
    assert "C++" in got["a.b+c_d@example.org"]
    assert "Preprints" in got["o'brien@example.org"]
    assert "ספריות" in got["ann@xn--bcher-kva.example"]
    assert "librarians" in got["many@example.org"]


def test_bad_entries_never_stop_good_ones(inside: Inside) -> None:
    """C1: in force is what is right; what is wrong is named with its line, once."""
    inside.press["/blog"] = rss("Blog", [piece(1)])
    (inside.folder / "feeds.yaml").write_text(
        "sources:\n"
        f"  blog: {{url: '{inside.press.url}/blog'}}\n"
        "  bad: {url: 'not an address'}\n"
        f"  again: {{url: '{inside.press.url}/blog'}}\n"
        f"  odd: {{url: '{inside.press.url}/odd', topics: [no-such-topic]}}\n",
        encoding="utf-8",
    )
    inside.readers(ANN)
    done = inside("run", at=MONDAY)
    assert sent(inside) == [{1}]
    assert all(f"feeds.yaml:{line}" in done.err for line in (3, 4, 5))
    assert inside("run", at=MONDAY + HOUR).err == ""
    assert inside("check", code=78).code == 78


def test_a_roster_with_mistakes_takes_the_good_rows_and_names_the_others(inside: Inside) -> None:
    inside.feeds("/blog")
    inside.press["/blog"] = rss("Blog", [piece(1)])
    rows = [
        "email,topics,weekday,hour,timezone",
        "ann@example.org,mentoring,monday,8,UTC",
        "not an address,mentoring,monday,8,UTC",
        "bob@example.org,mentorng,monday,8,UTC",
        "eve@example.org,mentoring,someday,25,Mars/Olympus",
        "ANN@example.org,mentoring,monday,8,UTC",
        "zoe+news@example.org,mentoring,1,08:00,UTC",
    ]
    (inside.folder / "readers.csv").write_text("\n".join(rows))
    done = inside("subscribers", "import", "readers.csv", "--confirmed", at=MONDAY - WEEK, code=78)
    assert all(f"readers.csv:{line}" in done.err for line in (3, 4, 5, 6))
    inside("run", at=MONDAY)
    assert sorted(str(letter["To"]) for letter in inside.letters()) == ["ann@example.org", "zoe+news@example.org"]


def test_a_catalogue_of_thousands(inside: Inside) -> None:
    rows = "".join(f"  s{n}: {{url: 'http://127.0.0.1:1/{n}', title: 'Source {n}'}}\n" for n in range(2_000))
    (inside.folder / "feeds.yaml").write_text(f"sources:\n{rows}", encoding="utf-8")
    done = inside("collect", at=MONDAY)
    assert done.report["sources"] == {
        "due": 2000,
        "visited": 2000,
        "unchanged": 0,
        "failed": 2000,
        "not_reached": 0,
    }
    assert done.err == ""


def test_real_feeds_become_letters(inside: Inside, shared: Path) -> None:
    """Sixty saved feeds, visited twice; readers of many tastes; every letter passes the last look."""
    paths = sorted((shared / "corpus" / "feeds").iterdir())[::9][:60]
    for n, path in enumerate(paths):
        inside.press[f"/{n}"] = path.read_bytes()
    inside.feeds(*(f"/{n}" for n in range(len(paths))))
    head = "email,keywords,weekday,hour,timezone,max_items"
    tastes = [
        "library;librarians",
        "a;the;of",
        "books;data;AI",
        "bibliothèque;biblioteca;Bibliothek",
        "http;www;{{",
    ]
    inside.readers(
        *(f"r{n}@example.org,{taste},monday,8,UTC,{200 if n % 2 else ''}" for n, taste in enumerate(tastes)),
        head=head,
    )
    first = inside("collect", "--force", at=MONDAY)
    second = inside("collect", "--force", at=MONDAY + HOUR)
    assert second.report["entries"]["new"] == 0
    assert first.report["sources"]["visited"] == second.report["sources"]["visited"] == len(paths)
    done = inside("publish", at=MONDAY + 2 * HOUR)
    assert done.report["digests"]["sent"] >= 3
    assert (done.report["digests"]["failed"], done.report["digests"]["refused"]) == (0, 0)
