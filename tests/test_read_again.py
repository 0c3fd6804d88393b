"""A feed read again by what it left: equal to reading it as a whole, whatever has become of it."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.model import Document, Reading, Source, Traces
from aggregator.read import again, feed
from aggregator.store import rows

URL = "https://blog.example/feed"
SOURCE = Source("a-blog", URL)
SHARED = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "feeds"
FEEDPARSER = Path(os.environ.get("AGGREGATOR_TEST_FEEDPARSER", "/nowhere")) / "tests" / "wellformed"
HEAD = '<rss version="2.0"><channel><title>A blog</title><link>https://blog.example/</link>'


def item(n: int, more: str = "", title: str = "") -> str:
    return (
        f"<item{more}><title>{title or f'Entry {n}'}</title><link>https://blog.example/{n}</link>"
        f"<guid>g{n}</guid><pubDate>Mon, {n + 1:02} Nov 2026 08:00:00 GMT</pubDate>"
        f"<description>What is said in {n} of &lt;b&gt;libraries&lt;/b&gt;</description></item>\n"
    )


def rss(*items: str, head: str = HEAD) -> str:
    return f"{head}{''.join(items)}</channel></rss>"


def read(text: str, traces: Traces | None = None, source: Source = SOURCE, url: str = URL) -> Reading:
    found = feed.at_once(Document(text.encode(), url, "application/rss+xml", traces=traces), source)
    assert found is not None
    return found


def left_by(text: str) -> Traces:
    traces = read(text).traces
    assert traces is not None
    return traces


# ------------------------------------------------------------------------------------------------ what is left
def test_only_what_is_new_is_read() -> None:
    before = left_by(rss(item(1), item(2), item(3)))
    after = read(rss(item(4), item(1), item(2), item(3)), before)
    assert [entry.guid for entry in after.entries] == ["g4"]
    assert after.as_before == tuple(datetime(2026, 11, n + 1, 8, tzinfo=UTC) for n in (1, 2, 3))
    assert after.traces is not None
    assert len(after.traces.entries) == 4


def test_what_is_gone_from_the_document_leaves_no_trace() -> None:
    after = read(rss(item(2), item(3)), left_by(rss(item(1), item(2))))
    assert after.traces == left_by(rss(item(2), item(3)))


def test_an_edited_entry_is_read() -> None:
    before = left_by(rss(item(1), item(2), item(3)))
    edited = item(2).replace("What is said", "What is meant")
    assert [entry.guid for entry in read(rss(item(1), edited, item(3)), before).entries] == ["g2"]


def test_nothing_new_is_nothing_read() -> None:
    text = rss(item(1), item(2))
    after = read(text.replace("<title>A blog", "<lastBuildDate>Tue</lastBuildDate><title>The blog"), left_by(text))
    assert after.entries == ()
    assert len(after.as_before) == 2
    assert after.title == "The blog"


@pytest.mark.parametrize(
    "head",
    [
        HEAD + "<language>it</language>",
        HEAD.replace("https://blog.example/", "https://other.example/"),
        HEAD.replace("<channel>", '<channel xml:base="https://x.example/">'),
        HEAD.replace('version="2.0"', 'version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'),
    ],
    ids=["language", "address", "base", "namespaces"],
)
def test_a_head_that_gives_entries_another_meaning_has_all_read(head: str) -> None:
    before = left_by(rss(item(1), item(2)))
    assert len(read(rss(item(1), item(2), head=head), before).entries) == 2


def test_so_does_what_the_curator_says_and_where_the_feed_is() -> None:
    text = rss(item(1), item(2))
    before = left_by(text)
    assert len(read(text, before, replace(SOURCE, language="hr")).entries) == 2
    assert len(read(text, before, replace(SOURCE, options={"item_kind": "job"})).entries) == 2
    assert len(read(text, before, url="https://blog.example/new/feed").entries) == 2
    assert read(text, before, replace(SOURCE, options={"_now": "later"})).entries == ()


def test_an_author_of_the_feed_that_changed_has_all_entries_of_atom_read() -> None:
    def atom(author: str) -> str:
        entries = "".join(
            f"<entry><title>T{n}</title><id>urn:{n}</id><updated>2026-11-01T08:00:00Z</updated></entry>"
            for n in "ab"
        )
        head = f"<title>F</title><id>urn:f</id><author><name>{author}</name></author>"
        return f'<feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>'

    before = left_by(atom("Ann"))
    assert [entry.author for entry in read(atom("Ben"), before).entries] == ["Ben", "Ben"]
    assert read(atom("Ann"), before).entries == ()


def test_an_entry_whose_base_reaches_further_has_all_read() -> None:
    before = left_by(rss(item(1), item(2)))
    reaching = item(3, ' xml:base="https://cdn.example/"')
    assert len(read(rss(item(1), reaching, item(2)), before).entries) == 3


def test_entries_that_are_apart_leave_no_traces() -> None:
    assert read(rss(item(1), "<ttl>60</ttl>", item(2))).traces is None
    assert read(rss(item(1), "<![CDATA[", item(2), "]]>")).traces is None
    assert again.row_of(rss()) is None
    assert again.row_of("<rss><channel><items/><item>x</channel></rss>") is None


def test_traces_come_back_from_a_row_as_they_went() -> None:
    dated = Traces("c", {b"12345678": datetime(1970, 1, 1, tzinfo=UTC), b"abcdefgh": None,
                         b"ABCDEFGH": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
                         b"00000000": datetime(1, 1, 1, tzinfo=UTC)})  # fmt: skip
    assert rows.traces_of(rows.traces_row("s", dated)) == dated


# ----------------------------------------------------------------------------------- held against the whole reading
def documents() -> Iterator[Path]:
    for folder in (Path(__file__).parent / "data", SHARED, FEEDPARSER):
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def text_of(document: Document | str) -> str:
    if isinstance(document, str):
        document = Document(document.encode("utf-8", "surrogatepass"), URL)
    return feed._apart(feed._text(document))


def versions(text: str, chance: random.Random) -> Iterator[str]:
    """The document as it may come next: entries gone, moved, edited, another one before or between them."""
    row = again.row_of(text)
    if row is None:
        return
    for _ in range(4):
        entries = [one for one in row.entries if chance.random() < 0.8]
        if entries and chance.random() < 0.5:
            at = chance.randrange(len(entries))
            entries[at] = entries[at].replace("e", "a", 2) if chance.random() < 0.5 else entries[at].upper()
        if chance.random() < 0.5:
            chance.shuffle(entries)
        if row.entries and chance.random() < 0.7:
            entries.insert(chance.randint(0, len(entries)), chance.choice(row.entries).replace("a", "o", 3))
        yield "".join((row.head, *entries, row.tail))


def test_reading_again_gives_what_reading_the_whole_gives() -> None:
    again_read = left_out = 0
    for path in documents():
        chance = random.Random(path.name)
        document = Document(path.read_bytes(), URL)
        first = feed.at_once(document, SOURCE)
        if first is None or first.traces is None:
            continue
        for version in versions(text_of(document), chance):
            fresh = Document(version.encode("utf-8", "surrogatepass"), URL)
            whole = feed.at_once(fresh, SOURCE)
            part = feed.at_once(replace(fresh, traces=first.traces), SOURCE)
            if whole is None:
                assert part is None or not part.as_before or part.entries == (), path
                continue
            assert part is not None, path
            if not part.as_before:
                assert part == whole, path
                continue
            row = again.row_of(text_of(version))
            assert row is not None
            new = [again._hash(one) not in first.traces.entries for one in row.entries]
            expected = tuple(one for one, is_new in zip(whole.entries, new, strict=True) if is_new)
            assert replace(part, as_before=(), traces=None) == replace(whole, entries=expected, traces=None), path
            guids = [entry.guid for entry in whole.entries if entry.guid]
            if len(set(guids)) == len(
                guids
            ):  # else the store finds that what is new is held, and the whole is read
                assert part.traces == whole.traces, path
            again_read += 1
            left_out += len(part.as_before)
    print(f"{again_read} documents read again, {left_out} entries left out")
    assert again_read > 20
