"""Lists of feeds as documents: what is in them, twice or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import SourceError
from aggregator.model import Document, Reading, Source
from aggregator.read.opml_list import facts, read

LIST = """<?xml version="1.0"?><opml version="2.0"><head><title>My &amp; yours</title></head><body>
<outline text="Libraries"><outline text="One &amp;amp; only" title="Other" type="rss" xmlUrl="https://a.example.org/feed"/>
<outline text="Two" xmlUrl="feed://b.example.org/rss" category="/cpd/mentoring"/></outline>
<outline title="One again" xmlUrl="https://a.example.org/feed"/><outline text="All" type="vfolder" xmlUrl="vfolder"/>
</body></opml>"""


def of(body: str) -> Reading:
    return read(Document(body.encode(), "https://x.example.org/list.opml"), Source("s", "https://x.example.org/"))


def test_facts_count_what_is_written() -> None:
    assert facts(Document(LIST.encode())) == {
        "feeds": 4,
        "distinct_urls": 3,
        "first_text": "One & only",
        "first_url": "https://a.example.org/feed",
    }
    empty = facts(Document(b"<opml><body/></opml>"))
    assert empty == {"feeds": 0, "distinct_urls": 0, "first_text": None, "first_url": None}


def test_each_feed_is_an_entry_once() -> None:
    reading = of(LIST)
    assert reading.title == "My & yours"
    assert [(entry.title, entry.url, entry.tags) for entry in reading.entries] == [
        ("One & only", "https://a.example.org/feed", ("Libraries",)),
        ("Two", "", ("Libraries", "cpd", "mentoring")),
    ]


def test_what_breaks_costs_itself() -> None:
    broken = LIST.replace('text="Two"', 'text="T<wo"')
    assert facts(Document(broken.encode()))["feeds"] == 3
    assert facts(Document(LIST[:-14].encode()))["feeds"] == 4
    assert facts(Document(LIST.encode("utf-16")))["feeds"] == 4


@pytest.mark.parametrize(
    ("body", "code"),
    [("", "empty"), ("<html><p>x</p></html>", "not-an-opml"), ("<rss/>", "not-an-opml"), ("words", "not-an-opml"),
     ('<!DOCTYPE opml [<!ENTITY a "b">]><opml/>', "not-an-opml")],
)  # fmt: skip
def test_what_is_no_list_is_refused(body: str, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        of(body)
    assert caught.value.code == code


@given(st.text(alphabet="<>/=outlinexmUr\"' &;!", max_size=150))
def test_no_text_does_harm(text: str) -> None:
    of(f"<opml><body>{text}")
