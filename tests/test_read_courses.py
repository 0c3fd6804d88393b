"""Catalogues of courses in every format: what a run is, when it can be joined, what it costs, and what is unknown."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import SourceError
from aggregator.jsonlines import to_json
from aggregator.model import Document, Entry, Occasion, Reading, Source, Wanted
from aggregator.read import courses

SAMPLES = Path(__file__).parent / "data" / "courses"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ITALIAN = {
    "title": "Corso",
    "starts": "Inizio",
    "closes": "Iscrizioni entro",
    "price": "Quota",
    "hours": "Ore",
    "place": "Sede",
    "url": "Scheda",
}
FIELDS = {"hours": "ore", "price": "quota", "closes": "chiusura"}
ENGLISH = {"title": "Course", "starts": "Date", "price": "Fee"}
WHERE: dict[str, tuple[str, dict[str, Any]]] = {
    "openedx.json": ("https://learn.library.example/api/courses/v1/courses/?page_size=100", {}),
    "discovery.json": ("https://catalogue.library.example/api/v1/courses/", {}),
    "richie.json": ("https://mooc.example.fr/api/v1.0/courses/?limit=21&offset=0", {}),
    "moochub.json": ("https://kurse.example/bridges/moochub/courses?page=1", {}),
    "moodle.json": ("https://corsi.example/webservice/rest/server.php?page=0&perpage=2", {"fields": FIELDS, "zone": "Europe/Rome"}),
    "moodle-error.json": ("https://corsi.example/webservice/rest/server.php", {}),
    "moodle.html": ("https://corsi.example/course/index.php?categoryid=3", {}),
    "coursera.json": ("https://api.coursera.org/api/courses.v1?start=0&limit=100", {}),
    "futurelearn.json": ("https://www.futurelearn.com/feeds/courses", {}),
    "canvas.json": ("https://canvas.example/api/v1/search/all_courses?page=1&per_page=3", {"organiser": "Canvas College"}),
    "table.csv": ("https://corsi.example/2027.csv", {"columns": ITALIAN, "organiser": "Scuola"}),
    "table.html": ("https://corsi.example/list", {"columns": ENGLISH, "zone": "Europe/London", "currency": "gbp"}),
    "challenge.html": ("https://www.futurelearn.com/feeds/courses", {}),
}  # fmt: skip


def source(url: str, language: str | None = None, **options: Any) -> Source:
    return Source("sample", url, "courses", language=language, options=options)


def of(body: bytes, url: str = "https://site.example/list", **options: Any) -> Reading:
    return courses.read(Document(body, url), source(url, **options))


def read_json(data: Any, url: str = "https://site.example/list", **options: Any) -> Reading:
    return of(json.dumps(data).encode(), url, **options)


def refusal(body: bytes, url: str = "https://site.example/list", **options: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        of(body, url, **options)
    return caught.value


def occasion(entry: Entry) -> Occasion:
    assert entry.occasion is not None
    return entry.occasion


# --------------------------------------------------------------------------------------------- whole samples
@pytest.mark.parametrize("name", sorted(WHERE))
def test_samples_are_read_as_reviewed(name: str) -> None:
    """Each golden was read by a person against its sample; keys without a value are left out of it."""
    golden = json.loads((SAMPLES / f"{name}.golden.json").read_text("utf-8"))
    assert what_is_said(name) == golden


def what_is_said(name: str) -> dict[str, Any]:
    url, options = WHERE[name]
    language = "it" if name == "table.csv" else "en" if name == "table.html" else None
    try:
        reading = courses.read(Document((SAMPLES / name).read_bytes(), url), source(url, language, **options))
    except SourceError as error:
        return {"error": str(error)}
    return {
        "language": reading.language,
        "home": reading.home,
        "more": [wanted.url for wanted in reading.more],
        "entries": [
            {k: v for k, v in to_json(entry).items() if v not in (None, "", [])} for entry in reading.entries
        ],
    }


@pytest.mark.parametrize("name", sorted(set(WHERE) - {"moodle-error.json", "challenge.html"}))
def test_a_second_reading_says_the_same_with_guids_of_its_own_for_each_run(name: str) -> None:
    first, second = (what_is_said(name) for _ in range(2))
    assert first == second
    guids = [entry["guid"] for entry in first["entries"]]
    assert guids
    assert len(guids) == len(set(guids))


# ----------------------------------------------------------------------------------------------- their traps
def edx(**facts: Any) -> Occasion:
    row = {"id": "course-v1:A+B+C", "name": "N", "blocks_url": "x", **facts}
    return occasion(read_json({"results": [row], "pagination": {}}).entries[0])


@pytest.mark.parametrize(
    ("facts", "starts"),
    [
        ({"start_type": "timestamp", "start": "2027-02-01T08:00:00Z"}, datetime(2027, 2, 1, 8, tzinfo=UTC)),
        ({"start_type": "timestamp", "start": "2027-02-01T08:00:00+02:00"}, datetime(2027, 2, 1, 6, tzinfo=UTC)),
        ({"start_type": "empty", "start": "2027-02-01T08:00:00Z"}, None),
        ({"start_type": "string", "start": "2029-02-01T08:00:00Z", "start_display": "Soon"}, None),
        ({"start": "2030-01-01T00:00:00Z"}, None),
        ({"start_type": "timestamp", "start": 2027}, None),
        ({}, None),
    ],
)
def test_a_filler_is_no_first_day(facts: dict[str, Any], starts: datetime | None) -> None:
    assert edx(**facts).starts == starts


def test_what_people_read_for_a_first_day_is_shown() -> None:
    assert (
        edx(start_type="string", start="2030-01-01T00:00:00Z", start_display="Spring 2027").evidence
        == "Spring 2027"
    )


def test_runs_of_a_course_share_its_key_across_both_interfaces() -> None:
    listed = of((SAMPLES / "openedx.json").read_bytes(), WHERE["openedx.json"][0]).entries[:2]
    assert {occasion(entry).course for entry in listed} == {"readorg+ref2"}
    found = of((SAMPLES / "discovery.json").read_bytes(), WHERE["discovery.json"][0]).entries
    assert {occasion(entry).course for entry in found} == {"readorg+oda"}


def test_effort_of_a_week_is_no_effort_in_all() -> None:
    assert (edx(effort="05:00").effort, edx(effort="05:00").hours) == ("5 hours per week", None)
    assert edx(effort="3-5 hours per week").hours is None
    assert edx(effort="12 hours").hours == (12, 12)


@pytest.mark.parametrize(
    ("state", "known"),
    [
        ({"priority": 0, "text": "closing on"}, "closes"),
        ({"priority": 0, "text": "Einschreibung möglich bis: Einschreibeschluss"}, "closes"),
        ({"priority": 0, "text": "cierre de inscripciones el"}, "closes"),
        ({"priority": 0, "text": "iscrizioni fino al"}, "closes"),
        ({"priority": 0, "text": "なにか"}, "closes"),
        ({"priority": 0, "text": "fin du cours le"}, "ends"),
        ({"priority": 1, "text": "starting on"}, "starts"),
        ({"priority": 3, "text": "début des inscriptions le"}, "opens"),
        ({"priority": 6, "text": "archived"}, "ends"),
        ({"priority": 4, "text": "enrollment closed"}, "closes"),
        ({"priority": 7, "text": "to be scheduled"}, ""),
        ({"priority": None, "text": None}, ""),
    ],
)
def test_a_moment_of_richie_belongs_to_its_words(state: dict[str, Any], known: str) -> None:
    state = {**state, "datetime": "2027-02-28T22:00:00Z"}
    found = occasion(read_json({"objects": [{"id": 1, "title": "T", "state": state}], "meta": {}}).entries[0])
    days = {name for name in ("starts", "ends", "closes", "opens") if getattr(found, name)}
    assert days == ({known} if known else set())


@pytest.mark.parametrize("text", ["archivé", "archived", "inscriptions closes", "enrollment closed"])
def test_a_course_that_is_over_without_a_date_is_not_offered(text: str) -> None:
    row = {"id": 1, "title": "T", "state": {"priority": 6, "text": text, "datetime": None}}
    assert read_json({"objects": [row], "meta": {}}).entries == ()


def test_richie_pages_end_at_the_total() -> None:
    url = "https://m.example/api/v1.0/courses/?limit=2&offset=2"
    page = {"objects": [{"id": 1, "title": "T"}, {"id": 2, "title": "U"}], "meta": {"offset": 2, "total_count": 5}}
    assert [wanted.url for wanted in read_json(page, url).more] == [
        "https://m.example/api/v1.0/courses/?limit=2&offset=4"
    ]
    page["meta"] = {"offset": 2, "total_count": 4}
    assert read_json(page, url).more == ()
    assert read_json({"objects": [], "meta": {"offset": 2, "total_count": 99}}, url).more == ()


def hub(**facts: Any) -> list[Entry]:
    return list(read_json({"data": [{"type": "Course", "id": "k", "attributes": {"name": "N", **facts}}]}).entries)


def test_a_price_that_may_be_in_cents_is_not_shown_until_somebody_says() -> None:
    facts = {"offers": [{"price": 1000, "price_currency": "EUR"}]}
    assert [price.amount for price in occasion(hub(**facts)[0]).prices] == [None]
    row = {"data": [{"type": "Course", "id": "k", "attributes": {"name": "N", **facts}}]}
    for unit, amount in (("minor", 10.0), ("major", 1000.0)):
        assert [p.amount for p in occasion(read_json(row, price_unit=unit).entries[0]).prices] == [amount]
    assert refusal(json.dumps(row).encode(), price_unit="pennies").code == "bad-option"


def test_free_and_unknown_differ() -> None:
    assert [p.amount for p in occasion(hub(access=["free"])[0]).prices] == [0.0]
    assert [p.amount for p in occasion(hub(access=["paid"])[0]).prices] == [None]
    assert occasion(hub()[0]).prices == ()
    assert occasion(hub(offers=[{"price": 0}])[0]).price == "free"


def test_the_length_of_a_run_is_no_effort() -> None:
    assert occasion(hub(duration="P6W", startDate=["2027-03-02"], endDate=["2027-04-13"])[0]).hours is None


def test_several_beginnings_are_several_runs_of_one_course() -> None:
    runs = hub(startDate=["2027-01-10", "2027-09-10"], endDate=[])
    assert [run.guid for run in runs] == ["k", "k#2027-09-10"]
    assert [occasion(run).starts for run in runs] == [date(2027, 1, 10), date(2027, 9, 10)]
    assert len({occasion(run).course for run in runs}) == 1


def test_a_run_without_a_first_day_is_neither_dated_nor_called_self_paced() -> None:
    found = of((SAMPLES / "futurelearn.json").read_bytes(), WHERE["futurelearn.json"][0]).entries[1]
    assert (occasion(found).starts, occasion(found).pacing, occasion(found).hours) == (None, "", (12, 12))


def test_canvas_asks_for_the_page_after_a_full_one_only() -> None:
    row = {"course": {"id": 1, "name": "N"}}
    url = "https://c.example/api/v1/search/all_courses?per_page=2&page=3"
    assert [w.url for w in read_json([row, row], url).more] == [
        "https://c.example/api/v1/search/all_courses?per_page=2&page=4"
    ]
    assert read_json([row], url).more == ()
    assert read_json([], url) == Reading(home="https://c.example")


def test_a_page_that_speaks_schema_org_gives_a_run_each() -> None:
    found = of((SAMPLES / "schema.html").read_bytes(), "https://academy.example/lists").entries
    assert [occasion(entry).starts for entry in found] == [date(2027, 2, 1), date(2027, 9, 1)]
    assert len({occasion(entry).course for entry in found}) == 1
    assert {(occasion(entry).price, occasion(entry).organiser) for entry in found} == {
        ("80 EUR", "Academy of Lists")
    }


# -------------------------------------------------------------------------------------- tables of one's own
def table(text: str, language: str | None = None, **options: Any) -> Occasion:
    body = f"Title,Day\nT,{text}\n".encode()
    columns = {"title": "Title", "starts": "Day"}
    found = courses.read(Document(body, ""), source("https://s.example/t", language, columns=columns, **options))
    return occasion(found.entries[0])


@pytest.mark.parametrize(
    ("text", "language", "starts"),
    [
        ("2027-03-01", None, date(2027, 3, 1)),
        ("2027-03-01T10:00:00+01:00", None, datetime(2027, 3, 1, 9, tzinfo=UTC)),
        ("2027-03-01 10:00", None, date(2027, 3, 1)),
        ("05/10/2027", "en", None),
        ("05/10/2027", None, None),
        ("05/10/2027", "it", date(2027, 10, 5)),
        ("25/10/2027", "en", date(2027, 10, 25)),
        ("10/25/2027", "en", date(2027, 10, 25)),
        ("10/25/2027", "it", None),
        ("7.6.2027", "de", date(2027, 6, 7)),
        ("31.2.2027", "de", None),
        ("3 May 2027", "en", date(2027, 5, 3)),
        ("3 May 2027 at 18:30", "en", date(2027, 5, 3)),
        ('"May 3, 2027"', "en", date(2027, 5, 3)),
        ("28 febbraio 2027", "it", date(2027, 2, 28)),
        ("1-5 March 2027", "en", None),
        ("to be announced", "en", None),
        ("29 February 2027", "en", None),
        ("0001-01-01", None, None),
    ],
)
def test_a_date_that_can_be_read_in_two_ways_is_not_read(text: str, language: str | None, starts: object) -> None:
    assert table(text, language).starts == starts


def test_a_month_is_known_to_the_month() -> None:
    found = table("March 2027", "en")
    assert (found.starts, found.precision) == (date(2027, 3, 1), {"starts": "month"})
    assert table("2027-03").precision == {"starts": "month"}


def test_the_curator_says_how_dates_are_written_and_where() -> None:
    assert table("10/05/2027", date_format="%m/%d/%Y").starts == date(2027, 10, 5)
    found = table("10/05/2027 18:00", date_format="%d/%m/%Y %H:%M", zone="Europe/Rome")
    assert (found.starts, found.zone) == (datetime(2027, 5, 10, 16, tzinfo=UTC), "Europe/Rome")
    assert table("2027-05-10 18:00", zone="Europe/Rome").starts == datetime(2027, 5, 10, 16, tzinfo=UTC)


def test_each_row_keeps_its_own_link_under_the_same_words() -> None:
    rows = "".join(f"<tr><td>C{n}</td><td><a href='/c/{n}'>Details</a></td></tr>" for n in (1, 2))
    page = f"<table><tr><th>Course</th><th>More</th></tr>{rows}</table>".encode()
    found = of(page, "https://s.example/t", columns={"title": "Course", "url": "More"}).entries
    assert [entry.url for entry in found] == ["https://s.example/c/1", "https://s.example/c/2"]


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({"columns": {"title": "Name"}}, "missing-column", "Name"),
        ({"columns": {"title": "Course", "closes": "Until"}}, "missing-column", "Course, Date, Fee"),
        ({"columns": {"starts": "Date"}}, "bad-option", "title"),
        ({"columns": {"title": "Course", "begin": "Date"}}, "bad-option", "begin"),
        ({"columns": ["Course"]}, "bad-option", "map"),
        ({"columns": ENGLISH, "selector": "table[["}, "bad-option", "selector"),
        ({"columns": ENGLISH, "selector": "table.none"}, "selector-empty", "table.none"),
        ({"columns": ENGLISH, "zone": "Mars/Olympus"}, "bad-option", "zone"),
        ({"columns": ENGLISH, "currency": "shells"}, "bad-option", "currency"),
        ({"columns": ENGLISH, "date_format": "%H"}, "bad-option", "date_format"),
        ({"format": "nonsense"}, "bad-option", "openedx"),
        ({"format": "moodle_html", "selectors": {"thing": "x"}}, "bad-option", "selectors"),
        ({"format": "moodle_html", "selectors": {"item": "]"}}, "bad-option", "CSS"),
        ({"format": "moodle_html"}, "selector-empty", "coursebox"),
    ],
)
def test_options_are_checked_and_named(options: dict[str, Any], code: str, words: str) -> None:
    error = refusal((SAMPLES / "table.html").read_bytes(), **options)
    assert error.code == code
    assert words in error.detail


# --------------------------------------------------------------------------------------- what is no listing
@pytest.mark.parametrize(
    ("body", "options", "code"),
    [
        (b"", {}, "empty"),
        (b" \n", {}, "empty"),
        (b"{", {}, "unreadable"),
        (b"[" * 100_000, {}, "unreadable"),
        (b"{}", {}, "not-a-courses"),
        (b"[1, 2]", {}, "not-a-courses"),
        (b'{"courses": {}}', {}, "not-a-courses"),
        (b"just words", {}, "not-a-courses"),
        (b"<html><p>Hello</p></html>", {}, "not-a-courses"),
        (b"<html><p>Hello</p></html>", {"format": "openedx"}, "not-a-courses"),
        (b'{"objects": []}', {"format": "openedx"}, "not-a-courses"),
        (b'[{"a": 1}]', {"format": "futurelearn"}, "not-a-courses"),
        (b'{"exception": "e", "errorcode": "accessexception", "message": "m"}', {"format": "moodle"}, "error-answer"),
        (b'{"developer_message": "Not found"}', {"format": "openedx"}, "error-answer"),
        (b'{"detail": "Authentication credentials were not provided."}', {"format": "discovery"}, "error-answer"),
        (b'{"errors": [{"title": "Not acceptable", "status": "406"}]}', {"format": "moochub"}, "error-answer"),
        (b'{"title": "unsupported version", "status": 406}', {"format": "moochub"}, "error-answer"),
        (b'{"errorCode": "Not Authorized"}', {"format": "coursera"}, "error-answer"),
    ],
)  # fmt: skip
def test_what_is_no_listing_is_refused_by_name(body: bytes, options: dict[str, Any], code: str) -> None:
    assert refusal(body, **options).code == code


def test_a_login_page_is_reported_as_one() -> None:
    page = b"<html><body id='page-login-index'><form><input type='password' name='password'></form></body></html>"
    assert refusal(page, "https://m.example/login/index.php").code == "login-required"


def test_an_empty_listing_is_no_error() -> None:
    assert read_json({"results": [], "pagination": {"next": None}}).entries == ()
    assert read_json({"data": [], "links": {}}).entries == ()
    assert read_json({"courses": [], "warnings": []}, format="moodle").entries == ()


def test_nobody_is_given_away() -> None:
    for name in ("openedx.json", "moodle.json", "moodle.html", "moochub.json"):
        text = json.dumps(what_is_said(name))
        assert "@library" not in text
        assert "@corsi" not in text
        assert "@kurse" not in text
        assert "5550" not in text
        assert "SECRET" not in text


# ---------------------------------------------------------------------------------------------------- asking
def asked(url: str, **options: Any) -> Wanted:
    return courses.ask(source(url, **options), None, NOW)


@pytest.mark.parametrize(
    ("url", "options", "wanted"),
    [
        ("https://l.example/api/courses/v1/courses/", {}, "https://l.example/api/courses/v1/courses/?page_size=100"),
        ("https://l.example/api/courses/v1/courses/?org=A&page_size=10", {}, "https://l.example/api/courses/v1/courses/?org=A&page_size=10"),
        ("https://l.example/", {"format": "openedx"}, "https://l.example/api/courses/v1/courses/?page_size=100"),
        ("https://f.example/api/v1.0/courses/", {}, "https://f.example/api/v1.0/courses/?limit=21&offset=0"),
        ("https://c.example/api/v1/search/all_courses", {}, "https://c.example/api/v1/search/all_courses?public_only=true&page=1&per_page=50"),
        ("https://m.example/course/index.php?categoryid=19", {}, "https://m.example/course/index.php?categoryid=19"),
        ("https://s.example/somewhere", {}, "https://s.example/somewhere"),
    ],
)  # fmt: skip
def test_what_is_asked_for(url: str, options: dict[str, Any], wanted: str) -> None:
    assert asked(url, **options).url == wanted


def test_moochub_is_asked_for_in_a_version_and_so_are_its_further_pages() -> None:
    first = asked("https://kurse.example/bridges/moochub/courses")
    assert first.headers == {"Accept": "application/vnd.api+json; moochub-version=3.0"}
    reading = of((SAMPLES / "moochub.json").read_bytes(), WHERE["moochub.json"][0])
    assert [wanted.headers for wanted in reading.more] == [first.headers]


def test_pages_of_a_search_have_one_address_and_end() -> None:
    url, courses_of = "https://m.example/webservice/rest/server.php", [{"id": 1, "fullname": "A"}]
    options = {"format": "moodle", "token": "t", "search": "x"}
    document = Document(json.dumps({"total": 120, "courses": courses_of}).encode(), url)
    seen = []
    while True:
        more = courses.read(document, source("https://m.example", **options)).more
        if not more:
            break
        seen += [(one.url, one.role, one.form["page"], one.form["wstoken"]) for one in more]
        document = Document(document.body, more[0].url, role=more[0].role)
    assert seen == [(url, "page:1", "1", "t"), (url, "page:2", "2", "t")]


def test_secrets_stand_in_forms_and_headers_only() -> None:
    wanted = asked("https://m.example", format="moodle", token="t0ken", search="dati & libri")
    assert wanted.url == "https://m.example/webservice/rest/server.php"
    assert wanted.form | {} == {
        "wstoken": "t0ken", "wsfunction": "core_course_search_courses", "criterianame": "search",
        "criteriavalue": "dati & libri", "moodlewsrestformat": "json", "page": "0", "perpage": "50",
    }  # fmt: skip
    written = asked("https://m.example/webservice/rest/server.php?wstoken=t0ken&field=category&value=3")
    assert (written.url, written.form["wstoken"], written.form["field"]) == (wanted.url, "t0ken", "category")
    wanted = asked("https://d.example/api/v1/course_runs/", authorization="JWT s3cret")
    assert wanted.headers["Authorization"] == "JWT s3cret"
    body = (SAMPLES / "discovery.json").read_bytes()
    reading = of(body, "https://d.example/api/v1/course_runs/", authorization="JWT s3cret")
    assert "s3cret" not in str([asdict(entry) for entry in reading.entries])


@pytest.mark.parametrize(
    ("named", "wanted"),
    [
        ("https://site.example/list?page=2", ["https://site.example/list?page=2"]),
        ("?page=2", ["https://site.example/list?page=2"]),
        ("http://site.example/list?page=2", ["https://site.example/list?page=2"]),
        ("https://site.example/list", []),
        ("https://evil.example/api?page=2", []),
        ("file:///etc/passwd", []),
        ("javascript:x", []),
        ({"href": "x"}, []),
        (None, []),
    ],
)
def test_a_next_page_lies_on_the_same_site(named: object, wanted: list[str]) -> None:
    page = {"results": [], "pagination": {"next": named}}
    assert [one.url for one in read_json(page).more] == wanted


def test_pages_that_name_each_other_come_to_an_end_for_who_remembers_them() -> None:
    """The collector refuses addresses it has seen; a page never names itself in another writing."""
    url, seen = "https://site.example/list", set()
    while url not in seen and len(seen) < 50:
        seen.add(url)
        following = "https://site.example/list?page=2" if url.endswith("list") else "https://site.example/list"
        more = read_json({"results": [], "pagination": {"next": following}}, url).more
        url = more[0].url if more else url
    assert len(seen) == 2


# ------------------------------------------------------------------------------------------------ any shape
KEYS = sorted(
    {
        key
        for path in SAMPLES.glob("*.json")
        if "golden" not in path.name
        for key in re.findall(r'"(\w+)":', path.read_text())
    }
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(
    ["2027-02-01T08:00:00Z", "2027-02-30", "PT5H", "05:00", "https://a.example/x", "//[", "\ud800", "course-v1:A+B+C", "€ 3", "free"]
)  # fmt: skip
SHAPES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
    max_leaves=25,
)
ROWS = st.lists(st.dictionaries(st.sampled_from(KEYS), SHAPES, max_size=14), max_size=3)


@given(SHAPES, st.sampled_from(["", *courses._JSON]))
def test_no_json_crashes_it(shape: Any, format: str) -> None:
    tried(json.dumps(shape).encode(), {"format": format, "fields": FIELDS})


@given(ROWS, st.sampled_from(["results", "objects", "data", "courses", "elements", ""]), SHAPES)
def test_no_row_of_any_listing_crashes_it(rows: list[Any], key: str, other: Any) -> None:
    if key == "data":
        rows = [{"id": 1, "attributes": row | {"name": "N"}} for row in rows]
    data = {key: rows, "pagination": other, "meta": other, "links": other, "paging": other} if key else rows
    tried(json.dumps(data).encode(), {"fields": FIELDS})


@given(
    st.text(max_size=300),
    st.sampled_from(["", "<", "<table>", "Course,Date,Fee\n", '<div class="coursebox" data-courseid="1">']),
)
def test_no_text_crashes_it(text: str, before: str) -> None:
    body = (before + text).encode("utf-8", "replace")
    tried(body, {})
    tried(body, {"columns": ENGLISH})
    tried(body, {"format": "moodle_html"})


def tried(body: bytes, options: dict[str, Any]) -> None:
    try:
        reading = of(body, "https://site.example/api/v1.0/courses/?offset=x&limit=-1&per_page=0", **options)
    except SourceError:
        return
    for entry in reading.entries:
        json.dumps(to_json(entry), allow_nan=False).encode()
        assert entry.guid
        assert entry.url == "" or entry.url.startswith("http")
        assert replace(entry) == entry
    assert all(wanted.url.startswith("https://site.example/") for wanted in reading.more)


def test_a_huge_listing_is_cut_and_a_deep_page_refused() -> None:
    many = [{"id": f"course-v1:A+B+{n}", "name": "N", "blocks_url": "x"} for n in range(6_000)]
    assert len(read_json({"results": many, "pagination": {}}).entries) == 5_000
    deep = b"<html><body class='coursebox'>" + b"<div>" * 20_000
    assert refusal(deep).code == "too-deep"
