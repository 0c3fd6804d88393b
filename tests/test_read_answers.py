"""Values from JSON that nobody has checked: what they clearly are, or nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Document, Source
from aggregator.read import answers
from aggregator.read.courses_runs import course_of, edx_course, language

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2027-02-01T08:00:00Z", datetime(2027, 2, 1, 8, tzinfo=UTC)),
        ("2027-02-01T08:00:00.123+02:00", datetime(2027, 2, 1, 6, tzinfo=UTC)),
        ("2027-02-01", date(2027, 2, 1)),
        ("2028-02-29", date(2028, 2, 29)),
        ("2027-02-29", None),
        ("2027-02", None),
        ("2027-W03", None),
        ("20270201", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31", None),
        (20270201, None),
        (None, None),
        (["2027-02-01"], date(2027, 2, 1)),
    ],
)
def test_moments(value: object, found: object) -> None:
    assert answers.when(value) == found


def test_moments_since_1970() -> None:
    assert answers.epoch(1803769200) == datetime(2027, 2, 27, 23, tzinfo=UTC)
    assert answers.epoch(1803769200000, 1000) == datetime(2027, 2, 27, 23, tzinfo=UTC)
    assert [answers.epoch(value) for value in (0, "0", None, True, -1, 10**40, "soon", float("nan"))] == [None] * 8


def test_numbers_and_yes_and_no() -> None:
    assert [answers.number(value) for value in ("49.00", 0, -1, True, "nan", 10**400, None, [])] == [
        49, 0, None, None, None, None, None, None,
    ]  # fmt: skip
    assert [answers.whether(value) for value in (True, 0, "yes", "False", 2, None, {})] == [
        True, False, True, False, None, None, None,
    ]  # fmt: skip


def test_a_description_gives_nobody_away() -> None:
    html, text = answers.body(
        "<p>Write to <a href='mailto:jo@people.example'>Jo</a> or jo@people.example, Tel. +385 1 616 4111 "
        "by 2027-03-01.</p><script>x</script>",
        "https://a.example/",
    )
    assert text == "Write to Jo or , by 2027-03-01."
    assert "<a" not in html


def test_plain_text_is_no_html() -> None:
    assert answers.paragraphs("1 < 2 & 3", "", "<p>x</p>") == "<p>1 &lt; 2 &amp; 3</p><p>x</p>"


def test_only_missing_parameters_are_added() -> None:
    source = Source("s", "https://a.example/list?limit=5&q=b%C3%BCcher")
    assert (
        answers.asked(source, {"limit": "21", "offset": "0"}).url
        == "https://a.example/list?limit=5&q=b%C3%BCcher&offset=0"
    )
    assert answers.asked(source, {"limit": "21"}).url == source.url


@given(ANYTHING)
def test_no_value_crashes_them(value: object) -> None:
    for ask in (answers.said, answers.heading, answers.rows, answers.inside, answers.names, answers.number,
                answers.whether, answers.when, answers.epoch, answers.prose):  # fmt: skip
        ask(value)
    assert answers.address("https://a.example/", value).partition(":")[0] in ("", "http", "https")
    assert all(
        w.url.startswith("https://a.example/")
        for w in answers.next_page(Document(b"", "https://a.example/x"), value)
    )


def test_runs_of_one_course_have_one_key() -> None:
    assert (
        edx_course("course-v1:Org+C1+2027")
        == edx_course("course-v1:ORG+c1+2028")
        == edx_course("Org/C1/2026")
        == "org+c1"
    )
    assert course_of("AIB", "MOOC Dati 2026") == course_of("aib", "MOOC: Dati (2027)") == "aib/mooc dati"
    assert course_of("", "") == ""
    assert course_of("x", "2027") == "x/2027"


def test_an_unknown_language_stays_unknown() -> None:
    assert [language("en-us"), language("English"), language("", "it_IT"), language("xx"), language()] == [
        "en", "en", "it", None, None,
    ]  # fmt: skip
