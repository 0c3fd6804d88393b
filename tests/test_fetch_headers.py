"""What answers say about time and versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.headers import conditions, following, max_age, retry_after, validators
from aggregator.model import Validators

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("120", timedelta(seconds=120)),
        ("0", timedelta(0)),
        ("99999999999999999999", timedelta(days=7)),
        ("Mon, 23 Nov 2026 09:30:00 GMT", timedelta(minutes=30)),
        ("Mon, 23 Nov 2026 08:00:00 GMT", timedelta(0)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=7)),
        ("-5", None), ("soon", None), ("", None), ("²", None), ("2, 2", None), ("1.5", None),
    ],
)  # fmt: skip
def test_retry_after(value: str, pause: timedelta | None) -> None:
    assert retry_after({"retry-after": value}, NOW) == pause


@pytest.mark.parametrize(
    ("headers", "age"),
    [
        ({}, None),
        ({"cache-control": "max-age=3600"}, timedelta(hours=1)),
        ({"cache-control": 'public, Max-Age="60" , s-maxage=5'}, timedelta(seconds=60)),
        ({"cache-control": "s-maxage=5"}, None),
        ({"cache-control": "no-cache, max-age=3600"}, None),
        ({"cache-control": "max-age=3600, no-store"}, None),
        ({"cache-control": "max-age=3600", "age": "600"}, timedelta(minutes=50)),
        ({"cache-control": "max-age=60", "age": "600"}, timedelta(0)),
        ({"cache-control": "max-age=" + "9" * 30}, timedelta(days=365)),
        ({"cache-control": "max-age=-1"}, None),
        ({"expires": "Mon, 23 Nov 2026 10:00:00 GMT"}, timedelta(hours=1)),
        ({"expires": "Mon, 23 Nov 2026 10:00:00 GMT", "date": "Mon, 23 Nov 2026 09:50:00 GMT"}, timedelta(minutes=10)),
        ({"expires": "0"}, None),
        ({"cache-control": "max-age=5", "expires": "Mon, 23 Nov 2026 10:00:00 GMT"}, timedelta(seconds=5)),
    ],
)  # fmt: skip
def test_max_age(headers: dict[str, str], age: timedelta | None) -> None:
    assert max_age(headers, NOW) == age


@given(st.text(), st.text(), st.text(), st.text(), st.text())
def test_no_header_is_too_strange(cache: str, expires: str, date: str, age: str, retry: str) -> None:
    headers = {"cache-control": cache, "expires": expires, "date": date, "age": age, "retry-after": retry}
    for said in (max_age(headers, NOW), retry_after(headers, NOW)):
        assert said is None or timedelta(0) <= said <= timedelta(days=365)


def test_validators_are_kept_as_sent_and_sent_as_kept() -> None:
    held = validators({"etag": 'W/"a b"', "last-modified": "Mon, 23 Nov 2026 08:00:00 GMT"})
    assert held == Validators('W/"a b"', "Mon, 23 Nov 2026 08:00:00 GMT")
    assert conditions(held) == {"If-None-Match": held.etag, "If-Modified-Since": held.last_modified}


@pytest.mark.parametrize("bad", ["", "a\r\nX: y", "é", "x" * 1001, " a", "a\0"])
def test_what_can_not_be_sent_back_is_not_kept(bad: str) -> None:
    assert validators({"etag": bad}) == Validators()
    assert conditions(Validators(etag=bad)) == {}


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ('<https://a.example/list?page=2>; rel="next"', "https://a.example/list?page=2"),
        ('</list?page=1>; rel="prev", </list?page=3>; rel="next"; title="a, b"', "https://a.example/list?page=3"),
        ("<?page=bookmark:WzFd>; rel=next", "https://a.example/list?page=bookmark:WzFd"),
        ('<2>; title="x"; rel="last next"', "https://a.example/2"),
        ('<https://a.example/>; rel="https://api.w.org/"', ""),
        ('<https://a.example/x>; title="rel=next"', ""),
        ("<http://[>; rel=next", ""),
        ("rel=next", ""),
        ("", ""),
        ("<" * 9_000, ""),
    ],
)
def test_the_next_page_in_a_link_header(link: str, found: str) -> None:
    assert following({"link": link}, "https://a.example/list") == found


@given(st.text('<>;,="rel next/?', max_size=80), st.text(max_size=10))
def test_no_link_header_breaks_it(link: str, url: str) -> None:
    assert isinstance(following({"link": link}, url), str)
