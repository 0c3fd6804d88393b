"""The CPD log on its pages: logging an item, changing, evidence, schemes, exports, meetings, and attacks on all of it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import cpdlog
import drafts
import httpx
import openpyxl
import pytest
from browsing import BASE, NOW, Browser, browsing, heading, soup
from hypothesis import given
from hypothesis import strategies as st

from aggregator.compose import Composer
from aggregator.compose.mime import opened
from aggregator.cpd import Activity, Membership
from aggregator.cpd.record import Competency, Credit, Evidence
from aggregator.dedupe import Changes
from aggregator.issue import Freezer, Imprint
from aggregator.model import Item, Occasion, Schedule, SourceState, Subscriber, Tag
from aggregator.store import Posted, Written
from aggregator.web.forms import NotAForm, multipart_of
from aggregator.web.log_fields import day_of, read, shown

ADA = Subscriber(
    id="r1", email="ada@example.net", name="Ada", schedule=Schedule("weekly", 2, 8, "Pacific/Auckland"),
    token="a-token-that-nobody-can-guess-01", signed_up_at=NOW,
)  # fmt: skip
BEN = replace(ADA, id="r2", email="ben@example.net", name="Ben", token="a-token-that-nobody-can-guess-02")
COURSE = Item(
    "course1", "courses", url="https://courses.example.org/1", title="Linked data & <b>RDA</b>", kind="course",
    first_seen_at=NOW, topics=(Tag("cpd", "x"),),
    occasion=Occasion(starts=date(2026, 11, 2), ends=date(2026, 11, 20), hours=(6.5, 9.0), organiser="Biblioteca"),
)  # fmt: skip
NOTE = Item("note1", "shelf", url="https://shelf.example.org/1", title="A note", kind="notes", first_seen_at=NOW)
COMPOSER = Composer()
PDF = b"%PDF-1.7 a certificate\r\n--not-the-boundary\r\n\0\xff"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path) as browser:
        for reader in (ADA, BEN):
            browser.save(reader)
        state = SourceState("courses", "https://courses.example.org/feed", last_visit_at=NOW)
        browser.app.store.sources.record([state], Changes(new=(COURSE, NOTE)), NOW, "rules")
        yield browser


def filled(response: httpx.Response) -> dict[str, Any]:
    """The fields of the first form on a page, as a browser without scripts would send them."""
    form = soup(response).select_one("form.log")
    assert form is not None
    sent: dict[str, Any] = {}
    for one in form.select("input, textarea"):
        name, kind = str(one.get("name")), one.get("type")
        if kind == "checkbox":
            if one.has_attr("checked"):
                sent.setdefault(name, []).append(one["value"])
        else:
            sent[name] = one.get_text() if one.name == "textarea" else one.get("value", "")
    for one in form.select("select"):
        chosen = one.select_one("option[selected]") or one.select_one("option")
        assert chosen is not None
        sent[str(one["name"])] = chosen["value"]
    return sent


def log(browser: Browser, **more: Any) -> Activity:
    """An activity of Ada's."""
    made = replace(cpdlog.activity(1, id="", subscriber="r1"), **more)
    return browser.app.store.cpd.save(made, NOW)


def join(browser: Browser, *schemes: str, **more: Any) -> None:
    for name in schemes:
        browser.app.store.cpd.join(Membership("r1", name, **more), NOW)


def only(browser: Browser, reader: str = "r1") -> Activity:
    [found] = browser.app.store.cpd.of(reader)
    return found


def entry(browser: Browser, activity: Activity, *path: str, reader: Subscriber = ADA) -> str:
    return browser.my(reader, "/".join(("/log/entry", activity.id, *path)), private=True)


# -------------------------------------------------------------------------------------------------- log an item
def test_the_form_of_an_item_is_filled_in_and_opening_it_writes_nothing(browser: Browser) -> None:
    join(browser, "cilip", "lianza")
    page = browser.get(browser.my(ADA, "/log/item/course1"))
    assert page.status_code == 200
    assert heading(page) == "Log as CPD"
    sent = filled(page)
    assert {name: sent[name] for name in ("title", "kind", "provider", "start", "end", "hours", "minutes", "topics")} == {
        "title": "Linked data & <b>RDA</b>", "kind": "course", "provider": "Biblioteca", "start": "2026-11-02",
        "end": "2026-11-20", "hours": "6", "minutes": "30", "topics": "CPD",
    }  # fmt: skip
    assert sent["scheme"] == ["cilip", "lianza"]
    assert sent["map:lianza.domain"] == "knowing"
    assert "The source speaks of 6 h 30 min" in page.text
    assert browser.app.store.cpd.of("r1") == []


def test_what_is_sent_is_kept_and_survives_the_item(browser: Browser) -> None:
    join(browser, "cilip")
    address = browser.my(ADA, "/log/item/course1")
    sent = filled(browser.get(address)) | {
        "what": "I learned.\r\nA lot.",
        "map:cilip.criterion": ["1", "3"],
        "map:pksb": "1.4, 7.2",
    }
    done = browser.post(address, data=sent)
    assert done.status_code == 200
    assert heading(done) == "It is in your log"
    kept = only(browser)
    assert (kept.title, kept.minutes, kept.suggested_minutes) == ("Linked data & <b>RDA</b>", 390, 390)
    assert kept.reflection.what == "I learned.\nA lot."
    assert kept.codes("cilip.criterion") == ("1", "3")
    assert kept.codes("pksb") == ("1.4", "7.2")
    assert kept.source is not None
    assert kept.source.url == "https://courses.example.org/1"
    assert kept.topics == ("CPD",)


def test_sent_twice_it_is_kept_once_as_it_was_sent_last(browser: Browser) -> None:
    address = browser.my(ADA, "/log/item/course1")
    sent = filled(browser.get(address))
    browser.post(address, data=sent)
    browser.post(address, data=sent | {"hours": "2", "minutes": ""})
    assert only(browser).minutes == 120


def test_a_note_is_reading_for_its_reader_and_writing_for_its_author(browser: Browser) -> None:
    reader = filled(browser.get(browser.my(ADA, "/log/item/note1")))
    author = filled(browser.get(browser.my(ADA, "/log/item/note1?as=author")))
    assert (reader["kind"], reader["role"], reader["hours"], reader["minutes"]) == (
        "reading",
        "participant",
        "",
        "",
    )
    assert (author["kind"], author["role"]) == ("writing", "author")
    assert reader["start"] == "2026-11-23"  # 8:00 UTC is still the 23rd in Auckland
    browser.now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert filled(browser.get(browser.my(ADA, "/log/item/note1")))["start"] == "2026-11-24"


def test_something_that_was_no_item(browser: Browser) -> None:
    address = browser.my(ADA, "/log/new")
    sent = filled(browser.get(address)) | {"title": "A visit to the new library", "kind": "visit", "hours": "1,5"}
    assert browser.post(address, data=sent).status_code == 200
    assert (only(browser).minutes, only(browser).kind) == (90, "visit")


@pytest.mark.parametrize(("wrong", "said"), [
    ({"title": "  "}, "Give the activity a title."),
    ({"start": ""}, "This is no day between 1950 and 2100."),
    ({"start": "31.2.2026"}, "This is no day between 1950 and 2100."),
    ({"end": "2026-11-01"}, "It ends before it begins."),
    ({"hours": "many"}, "The time must be more than nothing, and less than a year."),
    ({"hours": "-1"}, "The time must be more than nothing, and less than a year."),
    ({"hours": "0", "minutes": "0"}, "The time must be more than nothing, and less than a year."),
    ({"kind": "sleeping"}, "Choose one of the kinds."),
    ({"credit:AHIP": "1e9"}, "Credits must be a number from 0 to 10,000."),
    ({"what": "x" * 10_001}, "This text is too long: at most 10,000 characters."),
])  # fmt: skip
def test_a_mistake_is_said_at_its_field_and_nothing_that_was_typed_is_lost(
    browser: Browser, wrong: dict[str, str], said: str
) -> None:
    join(browser, "ahip")
    address = browser.my(ADA, "/log/item/course1")
    sent = filled(browser.get(address)) | {"so_what": "Typed with care & love"} | wrong
    page = browser.post(address, data=sent)
    assert page.status_code == 400
    assert said in page.text
    again = filled(page)
    assert again["so_what"] == "Typed with care & love"
    assert {name: again[name] for name in wrong if name != "kind"} == {
        n: v.strip() for n, v in wrong.items() if n != "kind"
    }
    assert len(soup(page).select("[aria-invalid=true]")) == 1
    assert browser.app.store.cpd.of("r1") == []
    assert (
        browser.post(
            address, data=again | filled(browser.get(address)) | {"so_what": again["so_what"]}
        ).status_code
        == 200
    )
    assert only(browser).reflection.so_what == "Typed with care & love"


def test_hints_stop_nothing(browser: Browser) -> None:
    join(browser, "lianza")
    address = browser.my(ADA, "/log/new")
    sent = filled(browser.get(address)) | {"title": "Long", "description": "word " * 101, "start": "2026-12-31"}
    page = browser.post(address, data=sent)
    assert heading(page) == "It is in your log"
    for hint in ("101 words; the limit is 100", "It has not ended yet", "No time is entered"):
        assert hint in page.text


def test_long_reflections_in_any_script_fit(browser: Browser) -> None:
    address = browser.my(ADA, "/log/new")
    texts = dict.fromkeys(("what", "so_what", "now_what", "description"), "Ж" * 10_000)
    sent = filled(browser.get(address)) | {"title": "Т"} | texts
    assert browser.post(address, data=sent).status_code == 200
    assert len(only(browser).reflection.what) == 10_000


# ------------------------------------------------------------------------------------------------------- private
def test_what_is_in_the_log_opens_only_with_a_fresh_key(browser: Browser) -> None:
    kept = log(browser, title="Secret thoughts")
    proof = browser.app.store.cpd.attach("r1", kept.id, Evidence("", url="https://x.example"), None, NOW)
    assert proof is not None
    for path in ("", "/schemes", f"/entry/{kept.id}", f"/entry/{kept.id}/delete", "/export/generic.csv",
                 f"/entry/{kept.id}/files/{proof.id}"):  # fmt: skip
        closed = browser.get(browser.my(ADA, f"/log{path}"))
        assert closed.status_code == 403
        assert "Secret thoughts" not in closed.text
    for path in (f"/entry/{kept.id}/delete", f"/entry/{kept.id}", "/schemes", f"/entry/{kept.id}/invite",
                 f"/entry/{kept.id}/files", f"/entry/{kept.id}/files/{proof.id}"):  # fmt: skip
        sent = {"title": "Mine now", "scheme": "cilip", "keep": "yes", "start": "2026-01-01"}
        assert browser.post(browser.my(ADA, f"/log{path}"), data=sent).status_code == 403
    assert only(browser) == browser.app.store.cpd.get("r1", kept.id)
    assert only(browser).title == "Secret thoughts"
    assert only(browser).meeting == ""
    assert browser.app.store.cpd.memberships("r1") == []


def test_nobody_opens_changes_or_deletes_what_is_anothers(browser: Browser) -> None:
    kept = log(browser, title="Secret thoughts")
    proof = browser.app.store.cpd.attach("r1", kept.id, Evidence("", url="https://x.example"), None, NOW)
    assert proof is not None
    for path in ("", "/delete", f"/files/{proof.id}"):
        found = browser.get(entry(browser, kept, *path.split("/")[1:], reader=BEN))
        assert found.status_code == 404
        assert "Secret thoughts" not in found.text
    for path in ("", "/delete", "/invite", "/files", f"/files/{proof.id}"):
        browser.post(
            entry(browser, kept, *path.split("/")[1:], reader=BEN),
            data={"title": "Taken", "start": "2026-01-01", "url": "https://y.example"},
        )
    assert only(browser) == replace(kept, evidence=(proof,))


def test_an_id_of_anothers_activity_in_a_form_overwrites_nothing(browser: Browser) -> None:
    kept = log(browser, title="Ada's")
    address = browser.my(BEN, "/log/new")
    sent = filled(browser.get(address)) | {"title": "Ben's", "new": kept.id}
    assert browser.post(address, data=sent).status_code == 200
    assert only(browser).title == "Ada's"
    assert only(browser, "r2").title == "Ben's"
    assert only(browser, "r2").id != kept.id


@pytest.mark.parametrize("path", ["/log/item/course1", "/log/new", "/log/schemes", "/log/entry/x/delete"])
def test_forms_of_other_sites_are_refused(browser: Browser, path: str) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    sent = {"title": "x", "start": "2026-01-01", "scheme": "cilip", "keep": "yes"}
    assert browser.post(browser.my(ADA, path, private=True), data=sent, headers=headers).status_code == 403
    assert browser.app.store.cpd.of("r1") == []
    assert browser.app.store.cpd.memberships("r1") == []


@pytest.mark.parametrize("name", ["nothing", "%00", "..%2f..%2fx", "x" * 300, "%ed%a0%80", "'%20OR%201=1--"])
def test_what_is_not_there_is_said_so(browser: Browser, name: str) -> None:
    for path in (f"/log/item/{name}", f"/log/entry/{name}", f"/log/entry/{name}/delete", f"/log/entry/{name}/files/{name}",
                 f"/log/export/{name}.csv", f"/log/export/cilip.{name}", f"/log/meeting?code={name}"):  # fmt: skip
        assert browser.get(browser.my(ADA, path, private=True)).status_code == 404, path
    assert browser.get(f"/log/meeting/{name}").status_code == 404


def test_what_readers_and_feeds_write_is_shown_as_text(browser: Browser) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
    kept = log(browser, title=evil, provider=evil, place=evil, description=evil, topics=(evil,),
               reflection=replace(cpdlog.FULL.reflection, what=evil), competencies=(Competency("pksb", evil),),
               schemes=tuple(cpdlog.SCHEMES), role="mentor")  # fmt: skip
    join(browser, *cpdlog.SCHEMES, statement=evil)
    browser.app.store.cpd.attach(
        "r1", kept.id, Evidence("", "other", evil, url="https://x.example/", note=evil), None, NOW
    )
    pages = [browser.get(browser.my(ADA, path, private=True)) for path in (
        "/log", "/log/schemes", f"/log/entry/{kept.id}", f"/log/entry/{kept.id}/delete", "/log/export/aib.html",
    )]  # fmt: skip
    pages.append(browser.get(f"/log/meeting/{browser.app.store.cpd.share('r1', kept.id)}"))
    for page in pages:
        assert page.status_code == 200
        assert [
            one.get("src") for one in soup(page).select("script") if "/static/words.js" not in str(one.get("src"))
        ] == []
        assert soup(page).select("[onerror], img, [style]") == []


# ------------------------------------------------------------------------------------------------------ changing
def test_every_field_of_an_activity_goes_through_its_form_unchanged(browser: Browser) -> None:
    join(browser, "cilip", "aib", "alia", "ahip", "lianza")
    full = replace(
        cpdlog.FULL,
        id="",
        title="Linked data",
        evidence=(),
        reflection=replace(cpdlog.FULL.reflection, now_what="Go on"),
    )
    kept = browser.app.store.cpd.save(full, NOW)
    page = browser.post(entry(browser, kept), data=filled(browser.get(entry(browser, kept))))
    assert heading(page) == "Your changes are kept"
    found = only(browser)
    assert sorted(found.competencies, key=str) == sorted(kept.competencies, key=str)
    assert sorted(found.credits, key=str) == sorted(kept.credits, key=str)
    assert sorted(found.schemes) == sorted(kept.schemes)
    same = {"competencies": (), "credits": (), "schemes": (), "changed_at": None}
    assert replace(found, **same) == replace(kept, **same)  # type: ignore[arg-type]


def test_what_is_logged_for_schemes_that_are_not_shown_stays() -> None:
    held = cpdlog.activity(
        1, schemes=("gone", "cilip"), competencies=(Competency("gone.x", "1"), Competency("pksb", "2")),
        credits=(Credit("XYZ", Decimal(3)),),
    )  # fmt: skip
    made, wrong = read(shown(held), held, {"cilip": cpdlog.SCHEMES["cilip"]})
    assert wrong == {}
    assert made == held


def test_days_as_people_type_them() -> None:
    assert day_of("2026-11-02") == day_of("2.11.2026") == day_of("02/11/2026") == date(2026, 11, 2)
    assert day_of("") is None
    with pytest.raises(ValueError):
        day_of("yesterday")


def test_deleting_asks_first_and_says_what_it_did(browser: Browser) -> None:
    kept = log(browser)
    asked = browser.get(entry(browser, kept, "delete"))
    assert heading(asked) == "Delete this activity?"
    assert only(browser)
    assert heading(browser.post(entry(browser, kept, "delete"))) == "The activity is deleted"
    assert browser.app.store.cpd.of("r1") == []
    again = browser.post(entry(browser, kept, "delete"))
    assert (again.status_code, heading(again)) == (404, "This activity is not in your log")
    edited = browser.post(entry(browser, kept), data={"title": "x", "start": "2026-01-01"})
    assert edited.status_code == 404


# ------------------------------------------------------------------------------------------------------ evidence
def attach(browser: Browser, kept: Activity, content: bytes, name: str, **more: str) -> httpx.Response:
    return browser.post(entry(browser, kept, "files"), data=more, files={"file": (name, content)})


def test_a_file_is_kept_and_given_back_as_a_download(browser: Browser) -> None:
    kept = log(browser)
    page = attach(browser, kept, PDF, "../Università “1”.pdf", kind="certificate", note="the <b>first</b>")
    assert "Università “1”.pdf is kept with this activity." in page.text
    [proof] = only(browser).evidence
    assert (proof.kind, proof.size, proof.note) == ("certificate", len(PDF), "the <b>first</b>")
    given = browser.get(entry(browser, kept, "files", proof.id))
    assert given.content == PDF
    assert given.headers["content-type"] == "application/pdf"
    assert given.headers["x-content-type-options"] == "nosniff"
    assert given.headers["cache-control"] == "no-store"
    assert "sandbox" in given.headers["content-security-policy"]
    assert given.headers["content-disposition"] == (
        "attachment; filename=\"Universit_ _1_.pdf\"; filename*=UTF-8''Universit%C3%A0%20%E2%80%9C1%E2%80%9D.pdf"
    )
    assert "no longer kept" in browser.post(entry(browser, kept, "files", proof.id)).text
    assert browser.get(entry(browser, kept, "files", proof.id)).status_code == 404


@pytest.mark.parametrize(("content", "said"), [
    (b"MZ\x90\0 a program", "Only PDF"),
    (b"", "The file is empty."),
    (b"%PDF-" + b"x" * 5_000_000, "The file is too large"),
])  # fmt: skip
def test_other_files_are_refused_with_a_reason(browser: Browser, content: bytes, said: str) -> None:
    kept = log(browser)
    page = attach(browser, kept, content, "certificate.pdf")
    assert said in page.text
    assert only(browser).evidence == ()


def test_a_body_beyond_all_bounds_is_not_read(browser: Browser) -> None:
    kept = log(browser)
    assert attach(browser, kept, b"%PDF-" + b"x" * 6_000_000, "c.pdf").status_code == 413
    assert only(browser).evidence == ()


def test_html_in_a_text_file_runs_nowhere(browser: Browser) -> None:
    kept = log(browser)
    attach(browser, kept, b"<script>alert(1)</script>", "x.html")
    [proof] = only(browser).evidence
    given = browser.get(entry(browser, kept, "files", proof.id))
    assert given.headers["content-type"].startswith("text/plain")
    assert given.headers["content-disposition"].startswith('attachment; filename="x.html.txt"')


def test_an_address_is_kept_if_it_is_one_of_the_web(browser: Browser) -> None:
    kept = log(browser)
    for wrong in ("javascript:alert(1)", "file:///etc/passwd", "https://", "", "data:text/html,x", "https://[x"):
        assert "begins with https://" in browser.post(entry(browser, kept, "files"), data={"url": wrong}).text
    browser.post(entry(browser, kept, "files"), data={"url": "https://badges.example/1", "kind": "certificate"})
    assert [one.url for one in only(browser).evidence] == ["https://badges.example/1"]


def multipart(*parts: bytes, mark: bytes = b"xyz") -> bytes:
    return b"".join(b"--" + mark + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + mark + b"--\r\n"


def test_multipart_is_read_to_the_byte_and_refused_when_broken() -> None:
    file = b'Content-Disposition: form-data; name="file"; filename="a%22b.pdf"\r\nContent-Type: x/y\r\n\r\n' + PDF
    field = 'Content-Disposition: form-data; name="note"\r\n\r\n\u017d\r\nx\0'.encode()
    none = b'Content-Disposition: form-data; name="other"; filename=""\r\n\r\n'
    form = multipart_of(multipart(file, field, none), 'multipart/form-data; boundary="xyz"')
    assert form.files == {"file": ('a"b.pdf', PDF)}
    assert form.get("note") == "\u017d\nx"
    for content, header in (
        (b"", "multipart/form-data; boundary=xyz"),
        (b"junk", "multipart/form-data; boundary=xyz"),
        (multipart(field), "multipart/form-data"),
        (multipart(field)[:-6], "multipart/form-data; boundary=xyz"),
        (multipart(b"no head"), "multipart/form-data; boundary=xyz"),
        (multipart(b'Content-Disposition: attachment; name="x"\r\n\r\nx'), "multipart/form-data; boundary=xyz"),
    ):
        with pytest.raises(NotAForm):
            multipart_of(content, header)


@given(content=st.binary(max_size=2000), name=st.text(min_size=1, max_size=40), note=st.text(max_size=40))
def test_whatever_is_sent_by_a_client_of_others_is_read_to_the_byte(content: bytes, name: str, note: str) -> None:
    named = name.encode("utf-8", "replace").decode()
    request = httpx.Request(
        "POST", BASE, files={"file": (named, content)}, data={"note": note.encode("utf-8", "replace").decode()}
    )
    form = multipart_of(request.read(), request.headers["content-type"])
    assert form.files["file"][1] == content
    assert form.get("note") == form.get("note").strip()


@given(st.binary(max_size=300))
def test_no_body_is_our_fault(content: bytes) -> None:
    for body in (
        content,
        b"--x\r\n" + content + b"\r\n--x--\r\n",
        b"--x\r\nContent-Disposition: form-data; " + content + b"\r\n\r\n\r\n--x--",
    ):
        with suppress(NotAForm):
            multipart_of(body, "multipart/form-data; boundary=x")


# ------------------------------------------------------------------------------------------------------- schemes
def test_schemes_are_chosen_with_term_level_and_statement(browser: Browser) -> None:
    address = browser.my(ADA, "/log/schemes", private=True)
    browser.post(address, data={"scheme": "ahip", "keep": "yes", "started": "2024-02-29", "level": "senior"})
    page = browser.post(address, data={"scheme": "cilip", "keep": "yes", "statement": "word " * 251})
    assert "Kept: CILIP revalidation" in page.text
    assert "251 words; the limit is 250" in page.text
    held = {one.scheme: one for one in browser.app.store.cpd.memberships("r1")}
    assert (held["ahip"].started, held["ahip"].level) == (date(2024, 2, 29), "senior")
    wrong = browser.post(address, data={"scheme": "ahip", "keep": "yes", "started": "30.2.2024"})
    assert (wrong.status_code, "This is no day" in wrong.text) == (400, True)
    browser.post(address, data={"scheme": "ahip"})
    browser.post(address, data={"scheme": "nothing", "keep": "yes"})
    assert [one.scheme for one in browser.app.store.cpd.memberships("r1")] == ["cilip"]


def test_the_log_shows_totals_gaps_and_where_the_rules_are_from(browser: Browser) -> None:
    join(browser, "cilip", "lianza", "aib")
    log(
        browser,
        minutes=1080,
        schemes=("cilip", "lianza"),
        competencies=cpdlog.mapped(lianza_cluster="2", lianza_domain="doing"),
    )
    page = browser.get(browser.my(ADA, "/log", private=True))
    said = soup(page).get_text(" ", strip=True)
    for text in (
        "18 of 20 hours logged, by your own figures, rules as of 2016", "2 hours to go", "Cluster 6: 0 of 2",
        "No number is stated here as required; ask AIB.", "Not verified: the rules in force today",
        "The first day of your own term is not known here",
    ):  # fmt: skip
        assert text in said, text
    cells = [[td.get_text() for td in row.select("td")] for row in soup(page).select("table tbody tr")]
    assert cells[1] == ["0", "1", "0", "0"]
    assert not re.search(r"compl(y|ies|iant)", said)


def test_a_whole_log_in_italian(browser: Browser) -> None:
    browser.save(replace(ADA, language="it"))
    join(browser, "cilip")
    log(browser, minutes=90, schemes=("cilip",))
    page = browser.get(browser.my(ADA, "/log", private=True))
    assert heading(page) == "La mia formazione"
    assert "1,5 di 20 ore registrate, secondo i Suoi dati, regole al 2016" in page.text
    assert "ancora 18,5 ore" in page.text
    assert "2 nov 2026" in page.text
    assert heading(browser.get(browser.my(ADA, "/log/item/course1"))) == "Registra come formazione"


def test_many_activities_are_shown_page_by_page(browser: Browser) -> None:
    for number in range(51):
        log(browser, title=f"Number {number:02}", start=date(2026, 1, 1))
    first = browser.get(browser.my(ADA, "/log", private=True))
    last = browser.get(browser.my(ADA, "/log?page=2", private=True))
    assert [len(soup(page).select("ol.list > li")) for page in (first, last)] == [50, 1]
    for odd in ("0", "-1", "99", "x", "1" * 50, "²"):
        assert browser.get(browser.my(ADA, f"/log?page={odd}", private=True)).status_code == 200


# ------------------------------------------------------------------------------------------------------- exports
def test_exports_are_downloads_in_every_form(browser: Browser) -> None:
    join(browser, "lianza", started=date(2025, 1, 1))
    log(browser, title="=1+1", description="A visit", schemes=("lianza",), reflection=cpdlog.FULL.reflection)
    given = {
        form: browser.get(browser.my(ADA, f"/log/export/lianza.{form}", private=True))
        for form in ("csv", "json", "xlsx", "md", "html")
    }
    for form, response in given.items():
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        how = "inline" if form == "html" else "attachment"
        assert response.headers["content-disposition"].startswith(how)
    [row] = csv.DictReader(io.StringIO(given["csv"].content.decode("utf-8-sig"), newline=""))
    assert row["Activity"] == "'=1+1"
    assert openpyxl.load_workbook(io.BytesIO(given["xlsx"].content)).worksheets[0]["F2"].value == "=1+1"
    assert given["json"].json()["totals"][0]["value"] == 1
    assert (
        given["csv"].headers["content-disposition"].startswith('attachment; filename="cpd-lianza-2026-11-23.csv"')
    )


def test_the_page_to_print_may_use_its_own_style_and_nothing_else(browser: Browser) -> None:
    page = browser.get(browser.my(ADA, "/log/export/generic.html?all=1", private=True))
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_an_employer_sees_no_reflection_and_another_period_can_be_had(browser: Browser) -> None:
    join(browser, "cilip", statement="My own thoughts")
    log(browser, start=date(2024, 5, 5), schemes=("cilip",), reflection=cpdlog.FULL.reflection)
    for query, told in (
        ("?on=2024-12-01&for=employer", False),
        ("?on=2024-12-01", True),
        ("?on=nonsense&all=1", True),
    ):
        text = browser.get(browser.my(ADA, f"/log/export/cilip.html{query}", private=True)).text
        assert "Activity 1" in text
        assert ("What I learned." in text, "My own thoughts" in text) == (told, told)
    for odd in ("0001-01-01", "9999-12-31"):
        assert browser.get(browser.my(ADA, f"/log/export/alia.csv?on={odd}", private=True)).status_code == 200


# ------------------------------------------------------------------------------------------------------ meetings
def test_a_mentor_and_a_mentee_log_the_same_meeting_each_for_themselves(browser: Browser) -> None:
    kept = log(
        browser, title="First talk", kind="mentoring", role="mentor", minutes=50, reflection=cpdlog.FULL.reflection
    )
    page = browser.post(entry(browser, kept, "invite"))
    address = soup(page).select_one("code.address")
    assert address is not None
    secret = address.get_text().rpartition("/")[2]
    invitation = browser.get(f"/log/meeting/{secret}")
    assert "First talk" in invitation.text
    assert "Ada" not in invitation.text
    assert "What I learned" not in invitation.text
    for code in (secret, address.get_text()):
        form = browser.get(browser.my(BEN, f"/log/meeting?code={code}"))
        assert form.status_code == 200
    sent = filled(form)
    assert (sent["title"], sent["kind"], sent["role"], sent["minutes"]) == (
        "First talk",
        "mentored",
        "mentee",
        "50",
    )
    assert sent["what"] == ""
    assert browser.post(browser.my(BEN, "/log/meeting"), data=sent | {"what": "Mine"}).status_code == 200
    his = only(browser, "r2")
    assert (his.meeting, his.role, his.reflection.what) == (secret, "mentee", "Mine")
    assert only(browser).reflection == cpdlog.FULL.reflection
    own = browser.get(browser.my(ADA, f"/log/meeting?code={secret}"))
    assert (own.status_code, "in your own log already" in own.text) == (404, True)


def test_secrets_can_not_be_guessed_at_leisure(browser: Browser) -> None:
    answers = [browser.get(f"/log/meeting/{'x' * 32}").status_code for _ in range(31)]
    assert answers[:30] == [404] * 30
    assert answers[30] == 429


def test_writing_has_a_bound(browser: Browser) -> None:
    address = browser.my(ADA, "/log/new")
    sent = filled(browser.get(address)) | {"title": "Again"}
    answers = [browser.post(address, data=sent).status_code for _ in range(121)]
    assert answers == [200] * 120 + [429]
    assert len(browser.app.store.cpd.of("r1")) == 1


def test_there_is_an_icon_for_browsers_that_ask(browser: Browser) -> None:
    found = browser.get("/favicon.ico")
    assert (found.status_code, found.headers["content-type"]) == (200, "image/svg+xml")
    link = soup(browser.get(browser.my(ADA, "/log/new"))).select_one("link[rel=icon]")
    assert link is not None
    assert browser.get(str(link["href"])).content == found.content


@pytest.mark.parametrize("address", [
    "https://digest.example.org/items/course1", "https://digest.example.org/courses/course1?lang=it",
    "https://shelf.example.org/1", "http://www.shelf.example.org/1/?utm_source=letter",
])  # fmt: skip
def test_an_item_is_found_by_its_address_here_or_at_its_source(browser: Browser, address: str) -> None:
    found = browser.get(browser.my(ADA, "/log/find"), params={"address": address})
    assert found.status_code == 303
    form = browser.get(found.headers["location"])
    assert filled(form)["title"] in (COURSE.title, NOTE.title)


@pytest.mark.parametrize(
    "address", ["https://nowhere.example/", "javascript:alert(1)", "x", "", "https://[", "\0"]
)
def test_an_address_of_nothing_gives_an_empty_form_that_works(browser: Browser, address: str) -> None:
    page = browser.get(browser.my(ADA, "/log/find"), params={"address": address})
    assert page.status_code == 200
    assert "the form is empty" in page.text
    to = soup(page).select_one("form.log")
    assert to is not None
    assert browser.post(str(to["action"]), data=filled(page) | {"title": "Found elsewhere"}).status_code == 200
    assert only(browser).title == "Found elsewhere"


def test_a_letter_leads_to_its_own_page_where_each_item_can_be_logged(browser: Browser) -> None:
    made = drafts.draft(reader=replace(ADA, language="en"))
    url = f"{BASE}/preferences/{browser.key(ADA)}"
    written = COMPOSER.write(replace(made, preferences_url=url, digest_id="d1"))
    seen = opened(written.letter.content)
    link = f"{BASE}/my/{browser.key(ADA)}/issues/d1"
    assert link in (seen.text or "")
    assert link in (seen.html or "")
    assert COMPOSER.write(replace(made, preferences_url="")).letter.content.count(b"/issues/") == 0
    due = replace(made.due, subscriber=ADA)
    issue = Freezer(Imprint(made.sources, made.topics, {})).freeze(written.draft, written.laid, COMPOSER.say("en"))
    browser.app.store.digests.write([Written("d1", due, "waiting", NOW, "", written.letter, issue=issue)], NOW)
    browser.app.store.digests.settle([Posted("d1", "sent", NOW)])
    page = browser.get(link.removeprefix(BASE))
    assert page.status_code == 200
    links = [str(one["href"]) for one in soup(page).select("a[aria-label^='Log as CPD']")]
    assert [one.rpartition("/")[2] for one in links] == [pick.item.id for pick in made.selection.picks]
