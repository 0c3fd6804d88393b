"""Forums and networks in JSON: what is public and new, and no shape of answer breaks the reader."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import ANYTHING, damaged

from aggregator.errors import SourceError
from aggregator.jsonlines import to_json
from aggregator.model import Document, Reading, Source
from aggregator.read import feed

FORUM = "https://forum.example/board/c/mooc/5.json"
TAG = "https://social.example/api/v1/timelines/tag/libcon"
TOPIC = {
    "id": 812, "title": "Who pays &amp; how?", "slug": "who-pays", "created_at": "2026-11-17T12:00:00.000Z",
    "tags": [{"name": "mooc"}], "excerpt": "Mail ann@example.org", "archetype": "regular",
}  # fmt: skip
POST = {
    "id": "1156", "created_at": "2026-11-20T10:00:00.000Z", "url": "https://social.example/@lib/1156", "card": None,
    "visibility": "public", "spoiler_text": "", "content": "<p>CFP closes Friday</p>", "tags": [{"name": "libcon"}],
    "account": {"acct": "lib", "display_name": "Lib"},
}  # fmt: skip


def of(data: Any, url: str, **options: Any) -> Reading:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return feed.read(Document(body, url), Source("s", url, options=options))


def forum(*topics: Any, **more: Any) -> Any:
    return {"topic_list": {"topics": list(topics), **more}}


def test_a_topic_is_known_as_in_the_forums_feed() -> None:
    [entry] = of(forum(TOPIC), FORUM).entries
    assert (entry.guid, entry.url) == ("forum.example-topic-812", "https://forum.example/board/t/who-pays/812")
    assert (entry.title, entry.tags, entry.kind) == ("Who pays & how?", ("mooc",), "thread")
    assert "@" not in entry.text
    assert entry.updated_at is None  # an answer makes no topic new


def test_further_pages_are_asked_for_only_on_wish() -> None:
    answer = forum(TOPIC, more_topics_url="/board/c/mooc/5?page=1")
    assert of(answer, FORUM).more == ()
    assert [one.url for one in of(answer, FORUM, pages=3).more] == [
        "https://forum.example/board/c/mooc/5.json?page=1"
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        {"visibility": "unlisted"},
        {"visibility": "private"},
        {"reblog": {"id": "1"}},
        {"account": {"noindex": True}},
    ],
)
def test_only_public_posts_of_people_who_want_to_be_found(hidden: dict[str, Any]) -> None:
    assert [entry.guid for entry in of([{**POST, **hidden}, POST], TAG).entries] == [POST["url"]]


def test_an_empty_timeline_is_no_failure_but_any_other_empty_list_is_no_feed() -> None:
    assert of([], TAG).entries == ()
    for other in ([], [{"id": 1}], {"topic_list": {}}, {"errors": ["You need to be logged in"]}):
        with pytest.raises(SourceError, match="not-a-feed"):
            of(other, FORUM)


@given(
    damaged([forum(TOPIC, more_topics_url="/latest?page=1"), [POST]]) | ANYTHING, st.sampled_from([FORUM, TAG, ""])
)
def test_no_shape_of_answer_breaks_it(data: Any, url: str) -> None:
    with suppress(SourceError):
        json.dumps([to_json(entry) for entry in of(data, url, pages=2).entries])
