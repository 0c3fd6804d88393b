"""Addresses: what readers see, what machines compare."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.urls import TRACKING, absolute, address_key, canonical, host, is_web

words = st.text("abcXYZ019-_.~%é ü+;,/:@!'()*[]", max_size=12)
names = st.sampled_from(
    ["example.org", "WWW.Example.ORG", "biblioteca.example.it:443", "xn--bcher-kva.example", "bücher.example"]
)
queries = st.lists(st.tuples(st.sampled_from(["id", "p", "utm_source", "fbclid", "A", "q"]), words), max_size=4)


@st.composite
def addresses(draw: st.DrawFn) -> str:
    query = "&".join(f"{name}={value}" for name, value in draw(queries))
    scheme = draw(st.sampled_from(["http", "https", "HTTPS"]))
    return (
        f"{scheme}://{draw(names)}/{draw(words)}"
        + (f"?{query}" if query else "")
        + draw(st.sampled_from(["", "#", "#a", "#!x"]))
    )


@settings(deadline=None)
@given(addresses() | st.text(max_size=40))
def test_canonical_twice_is_canonical_once(url: str) -> None:
    assert canonical(canonical(url)) == canonical(url)


@settings(deadline=None)
@given(addresses())
def test_no_click_counter_survives(url: str) -> None:
    assert not any(name in canonical(url) for name in ("utm_source=", "fbclid="))


@settings(deadline=None)
@given(addresses())
def test_canonical_and_original_share_a_key(url: str) -> None:
    assert address_key(canonical(url)) == address_key(url)


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_that_is_written_breaks(base: str, url: str) -> None:
    assert isinstance(absolute(base, url), str)
    assert isinstance(address_key(url), str)
    assert isinstance(host(url), str)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://Library.Example.ORG:443", "https://library.example.org/"),
        ("http://e.org:80/A?b=1", "http://e.org/A?b=1"),
        ("http://e.org:8080/", "http://e.org:8080/"),
        ("https://e.org/x?utm_source=rss&id=7&utm_medium=feed", "https://e.org/x?id=7"),
        ("https://e.org/x?z=1&a=2", "https://e.org/x?z=1&a=2"),
        ("https://e.org/x?UTM_Source=a", "https://e.org/x"),
        ("https://e.org/x?a=1&amp;utm_source=a&amp;amp;b=2", "https://e.org/x?a=1&b=2"),
        ("https://e.org/x?source=1&p=2&ref=3", "https://e.org/x?source=1&p=2&ref=3"),
        ("https://e.org/index.php?2011/09/03/516-title", "https://e.org/index.php?2011/09/03/516-title"),
        ("https://e.org/x#more-123", "https://e.org/x"),
        ("https://e.org/x#more-123?mc_cid=1&mc_eid=2", "https://e.org/x"),
        ("https://e.org/x#xtor=RSS-1", "https://e.org/x"),
        ("https://e.org/courses#autumn", "https://e.org/courses#autumn"),
        ("https://e.org/#!/page", "https://e.org/#!/page"),
        ("https://e.org/a b", "https://e.org/a%20b"),
        ("  https://e.org/x\n", "https://e.org/x"),
        ("mailto:a@e.org", "mailto:a@e.org"),
        ("/relative?utm_source=a", "/relative?utm_source=a"),
        ("http://[broken/", "http://[broken/"),
        ("", ""),
    ],
)
def test_canonical(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a",
        "https://www.example.org/a/",
        "https://example.org/a/index.html",
        "https://example.org/a?utm_source=x",
        "https://example.org/a#comments",
        "https://example.org/a#part-2",
        "https://example.org/a/amp/",
        "https://example.org/a?amp=1",
        "https://amp.example.org/a",
        "http://m.example.org/a",
        "https://www.mobile.example.org/a/",
    ],
)
def test_one_page_has_one_key(url: str) -> None:
    assert address_key(url) == "example.org/a"


def test_keys_tell_pages_apart() -> None:
    urls = [
        "https://e.org/",
        "https://e.org/a",
        "https://e.org/a?p=1",
        "https://e.org/a?p=2",
        "https://e.org/#!a",
        "https://e.org/b",
    ]
    assert len({address_key(url) for url in urls}) == len(urls)
    assert address_key("https://e.org/x?a=1&b=2") == address_key("https://e.org/x?b=2&a=1")
    assert address_key("https://e.org/camp") == "e.org/camp"
    assert address_key("https://m.org/x") == "m.org/x"


@pytest.mark.parametrize(
    ("base", "url", "expected"),
    [
        ("https://e.org/a/b", "c", "https://e.org/a/c"),
        ("https://e.org/a/b", "//cdn.e.org/c", "https://cdn.e.org/c"),
        ("https://e.org/a/b", "", "https://e.org/a/b"),
        ("", "c", "c"),
        ("https://e.org/", "https://o.org/x", "https://o.org/x"),
        ("https://e.org/", "http://[x", "http://[x"),
        ("http://[x", "c", "c"),
        ("https://e.org/", " a\nb c ", "https://e.org/ab c"),
    ],
)
def test_absolute(base: str, url: str, expected: str) -> None:
    assert absolute(base, url) == expected


@pytest.mark.parametrize(
    ("url", "yes"),
    [
        ("https://e.org", True),
        ("http://e.org/x", True),
        ("https:///x", False),
        ("javascript:alert(1)", False),
        ("ftp://e.org/", False),
        ("https://e.org:99999/", False),
        ("https://e.org/" + "x" * 3000, False),
    ],
)
def test_is_web(url: str, yes: bool) -> None:
    assert is_web(url) is yes


def test_the_list_holds_names_as_they_are_compared() -> None:
    assert all(name == name.lower() for name in TRACKING)
    assert host("https://User@Example.ORG:8/x") == "example.org"


ORDINARY = r"http://(www\.|amp\.)?([a-z0-9]{1,3}\.){1,2}[a-z]{2,5}(/[A-Za-z0-9_~-][A-Za-z0-9._~+-]{0,5}){0,4}/?"


@settings(deadline=None)
@given(
    st.from_regex(ORDINARY, fullmatch=True),
    st.sampled_from(["", "/index.html", "/amp/", "/a.amp.html", "/amp"]),
    st.sampled_from(["", "?id=7", "?utm_source=x", "?b=1&a=2&fbclid=3", "?", "?x", "?a=&utm_id"]),
)
def test_ordinary_addresses_take_a_shorter_way_to_the_same(start: str, end: str, query: str) -> None:
    url = start.rstrip("/") + end + query
    longer = "HTTP" + url.removeprefix("http")  # a scheme in capitals, or a fragment, takes the long way
    assert canonical(url) == canonical(longer)
    assert address_key(url) == address_key(f"{url}#top")


@pytest.mark.parametrize(
    "url", ["https://a.org/\ud800x", "https://a.org/%zz\udfff?q=\ud800", "https://\ud800.org/", "http://[::1"]
)
def test_half_characters_break_nothing(url: str) -> None:
    assert "\ud800" not in canonical(url) + address_key(url)
    address_key(url).encode()
