"""Newsletters in the many shapes in which they are laid out: what is an item, what is not, and what it links to."""

from __future__ import annotations

from typing import Any

import pytest

from aggregator.model import Document, Entry, Source
from aggregator.read import mail
from aggregator.read.mail_privacy import name_only, scrubbed

HEAD = "From: News <news@example.org>\nSubject: News\nMessage-ID: <1@example.org>\nPrecedence: bulk\n"
LONG = "Many words about a matter that takes its time. " * 25


def items(body: str, html: bool = True, **options: Any) -> tuple[Entry, ...]:
    kind = "html" if html else "plain"
    raw = f"{HEAD}Content-Type: text/{kind}; charset=utf-8\n\n{body}".encode()
    return mail.read(Document(raw), Source("s", "mbox:/x", kind="mail", options=options)).entries


def told(entries: tuple[Entry, ...]) -> list[tuple[str, str]]:
    return [(entry.title, entry.url.removeprefix("https://x.example/")) for entry in entries]


def test_sections_are_tags_and_no_items() -> None:
    found = items("""<h1>Weekly digest</h1><h2>Policy</h2>
      <h3><a href="https://x.example/1">Copyright reform passes</a></h3><p>Text.</p><h2>Jobs</h2><ul>
      <li><a href="https://x.example/2">Systems librarian, Town</a></li>
      <li><a href="https://x.example/3">Music librarian, City</a> (apply by 5 December)</li></ul>
      <h2>Sponsor</h2><h3><a href="https://s.example/">Buy this</a></h3><p>Cheap</p>""")
    assert [(e.title, e.tags) for e in found] == [
        ("Copyright reform passes", ("Policy",)), ("Systems librarian, Town", ("Jobs",)),
        ("Music librarian, City", ("Jobs",)),
    ]  # fmt: skip
    assert "apply by 5 December" in found[2].text


def test_chapters_of_one_long_text_are_no_items() -> None:
    page = f"""<h1><a href="https://x.example/essay">On cataloguing</a></h1><p>{LONG}</p><h3>What a record is</h3>
      <p>{LONG}<a href="https://x.example/other">a link</a></p><h3>What next</h3><p>{LONG}</p>"""
    assert told(items(page)) == [("News", "essay")]
    assert len(items(page, split=True)) > 1  # unless a curator says so


def test_an_invitation_with_its_programme_is_one_item() -> None:
    page = """<h1>Webinar: Mentoring</h1><p>Join us on 3 December.</p><h2>Speakers</h2><p>Ann Archer, Ben Bookman</p>
      <h2>Agenda</h2><p>Welcome, a talk, questions and answers, and then some more of it all.</p>
      <p><a href="https://x.example/reg">Register now</a></p>"""
    assert told(items(page)) == [("News", "reg")]


def test_a_story_about_leaving_is_no_link_to_leave() -> None:
    page = "".join(
        f"<h2><a href='https://x.example/{n}'>{title}</a></h2><p>A study.</p>"
        for n, title in enumerate(("Why libraries unsubscribe from big deals", "How to opt out of AI training",
                                   "Open access in your browser", "Share of e-books rises"))
    )  # fmt: skip
    assert len(items(page)) == 4


def test_a_picture_beside_and_a_bold_line_above() -> None:
    row = """<tr><td><a href="https://x.example/{0}"><img src="https://x.example/{0}.jpg"></a></td><td><strong>
      <a href="https://x.example/{0}">Story about thing {0}</a></strong><br>Some text about it.
      <a href="https://x.example/{0}">Read more</a></td></tr>"""
    found = items("<table>" + row.format(1) + row.format(2) + "</table>")
    assert told(found) == [("Story about thing 1", "1"), ("Story about thing 2", "2")]
    assert [entry.text for entry in found] == ["Some text about it."] * 2


def test_headings_in_capitals_over_headings_in_bold() -> None:
    found = items("""<p><b>BANDI</b></p><p><b>Borse di studio per catalogatori</b><br>Scadenza: 15 gennaio 2027.<br>
      <a href="https://x.example/1">Leggi il bando</a></p><p><b>EVENTI</b></p><p><b>Giornata sulla conservazione</b><br>
      Roma, 3 febbraio 2027.<br><a href="https://x.example/2">Programma</a></p><p><b>Corso di legatura</b><br>
      Dal 4 marzo, 12 ore.<br><a href="https://x.example/3">Iscriviti</a></p>""")
    assert [(e.title, e.tags, e.url[-1]) for e in found] == [
        ("Borse di studio per catalogatori", ("BANDI",), "1"), ("Giornata sulla conservazione", ("EVENTI",), "2"),
        ("Corso di legatura", ("EVENTI",), "3"),
    ]  # fmt: skip


def test_points_under_headings_in_plain_text() -> None:
    found = items("""LIBRARY BULLETIN
Issue 12

NEWS

* Federation publishes guidelines on makerspaces
  https://x.example/1

* A report on reading habits is out, with data from
  twelve countries
  https://x.example/2

JOBS

- Librarian, Town Library: https://x.example/3
- Archivist, County Archive: <https://x.example/4>

To unsubscribe: https://x.example/out/abc
""", html=False)  # fmt: skip
    assert [(e.title, e.tags) for e in found] == [
        ("Federation publishes guidelines on makerspaces", ("NEWS",)),
        ("A report on reading habits is out, with data from twelve countries", ("NEWS",)),
        ("Librarian, Town Library", ("JOBS",)), ("Archivist, County Archive", ("JOBS",)),
    ]  # fmt: skip
    assert "abc" not in str(found)


@pytest.mark.parametrize(
    "text",
    [
        "Hello,\n\nOne thing\nhttps://x.example/1\nText of it.\n\nOther thing\nhttps://x.example/2\nText.\n",
        "---\n\n**One thing** - and text.\nhttps://x.example/1\n\n---\n\n**Other thing** - text.\nhttps://x.example/2\n",
    ],
)
def test_titles_over_their_addresses_and_words_in_bold(text: str) -> None:
    found = items(f"{text}\n\nUnsubscribe: https://x.example/u/abc\n", html=False)
    assert told(found) == [("One thing", "1"), ("Other thing", "2")]
    assert "abc" not in str(found)


def test_what_is_hidden_is_not_read() -> None:
    page = """<div style="display:none">Preview words</div><div style="max-height:0px;overflow:hidden">More of them</div>
      <p>Shown. <span style="font-size:0">Not shown.</span></p>"""
    assert items(page)[0].text == "Shown."


@pytest.mark.parametrize(
    "text",
    ["jane@example.org", "Jane <jane.doe@lib.example.ac.uk>", "jane (at) example (dot) org", "jane[at]example.org",
     "jane at example.org", "jane.doe AT example DOT org", "jane chiocciola example.it", "jane @ example.org",
     "jane(ät)example.de", "mailto:jane@example.org", "jane{at}example.org", "jane arroba example punto es",
     "+44 20 7946 0958", "+39 (0)2 1234567", "0049 30 1234567", "Tel. 030 / 123 45 67", "Telefon: 01/2345-678",
     "(555) 014-2233", "555-014-2233", "cell. 333 123 4567", "020 7946 0958", "fax 12 34 56 78", "Mob: 091 234 5678"],
)  # fmt: skip
def test_addresses_and_numbers_of_people_go(text: str) -> None:
    said = scrubbed(f"Ask Jane, {text}, by 5 May 2027.")
    assert said.startswith("Ask Jane, ")
    assert said.endswith(", by 5 May 2027.")
    assert not any(sign in said for sign in ("@", "example", "44", "555", "123", "234", "34", "79"))


@pytest.mark.parametrize(
    "text",
    ["More at example.org, register at www.example.org", "2026-11-27 to 2026-12-01", "27/11/2026, 27.11.2026",
     "ISSN 0022-0418, ISBN 978-3-16-148410-0", "doi 10.1234/0123-4567-890", "ORCID 0000-0002-1825-0097",
     "from 09:30 to 10:15, room 3.14", "1.000.000 euro, 2026/2027", "https://mastodon.social/@jane and @jane@m.example",
     "https://x.example/0123-456789/a", "meet at 9.30 at St. Mary's", "a library at the river", "Zoom 823 4567 8901"],
)  # fmt: skip
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert scrubbed(text) == text


@pytest.mark.parametrize(
    ("written", "kept"),
    [("Jane Doe via LIS-Example", "Jane Doe"), ("jane@example.org", ""), ("Doe, Jane", "Doe, Jane"),
     ("Jane [Example]", "Jane"), ("+44 20 7946 0958", "")],
)  # fmt: skip
def test_of_an_author_the_name_is_kept(written: str, kept: str) -> None:
    assert name_only(written) == kept


def test_a_day_at_the_beginning_of_a_line_is_no_heading() -> None:
    found = items("""1. Tagung zur Provenienzforschung in den Bibliotheken des Landes und
   der Nachbarländer

Die Tagung findet mit vielen Gästen aus dem In- und Ausland statt am
3. Februar 2027 in Musterstadt.
https://x.example/1

2. Umfrage

Bis 5. Januar.
https://x.example/2
""", html=False)  # fmt: skip
    assert told(found) == [
        ("Tagung zur Provenienzforschung in den Bibliotheken des Landes und der Nachbarländer", "1"),
        ("Umfrage", "2"),
    ]
    assert "am 3. Februar 2027 in Musterstadt." in found[0].text
