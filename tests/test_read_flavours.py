"""What platforms do differently in their feeds is undone, and nobody else's feed is touched."""

from __future__ import annotations

import pytest

from aggregator.model import Entry, Reading
from aggregator.read.fields import minutes
from aggregator.read.flavours import as_meant

POST = "at://did:plc:abc/app.bsky.feed.post/3kxyz"


def meant(entry: Entry) -> Entry:
    [found] = as_meant(Reading(entries=(entry,))).entries
    return found


def test_a_post_called_after_its_author_is_called_after_its_text() -> None:
    assert meant(Entry(POST, title="@libassoc.example post", text="New date.")).title == ""
    for other in (
        Entry(POST, title="New date for the webinar", text="New date."),  # a later version gives titles
        Entry(POST, title="@libassoc.example post"),  # a picture only: better than nothing
        Entry("https://blog.example/1", title="@libassoc.example post", text="About a post."),
    ):
        assert meant(other) == other


@pytest.mark.parametrize(
    ("guid", "known"),
    [
        ("https://ojs.example/index.php/lib/article/view/40", "https://ojs.example/index.php/lib/article/view/40"),
        (
            "https://ojs.example/index.php/lib/article/view/40/77",
            "https://ojs.example/index.php/lib/article/view/40",
        ),
        ("https://ojs.example/lib/article/view/open-data/pdf/", "https://ojs.example/lib/article/view/open-data"),
        ("https://ojs.example/lib/article/view/40/77/5", "https://ojs.example/lib/article/view/40/77/5"),
        ("https://ojs.example/lib/issue/view/40/77", "https://ojs.example/lib/issue/view/40/77"),
        ("urn:article/view/40/77", "urn:article/view/40/77"),
    ],
)
def test_an_article_is_the_same_with_its_galley(guid: str, known: str) -> None:
    assert meant(Entry(guid)).guid == known


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("00:32:45", "33 min"), ("1:02:00", "62 min"), ("45:10", "45 min"), ("1965", "33 min"), ("12", "1 min"),
        ("90.5", "2 min"), (" 600 ", "10 min"), ("0", ""), ("00:00", ""), ("", ""), ("an hour", ""), ("-5", ""),
        ("99:99:99:99", ""), ("999:00:00", ""), ("٣:٠٠", ""),
    ],
)  # fmt: skip
def test_how_long_a_recording_is(written: str, told: str) -> None:
    assert minutes(written) == told
