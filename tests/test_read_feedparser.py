"""feedparser's own test documents, among them those of its sanitiser, through our reader.

They are not in this project: unpack the source distribution somewhere and name it (CONTRIBUTING.md says how). Run
with `-s` to see the counts.
"""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from aggregator.errors import SourceError
from aggregator.model import Document, Source
from aggregator.read import feed, read, strict
from aggregator.safe import TAGS

FEED = Source("suite", "https://suite.example.org/feed")
SCHEME = re.compile(r"[\s\x00-\x20]*([a-zA-Z][a-zA-Z0-9+.-]*):")
HARMLESS = {"href", "title", "rel", "src", "alt", "width", "height", "start", "colspan", "rowspan", "scope"}


class Acting(HTMLParser):
    """Collects what acts in HTML, as a parser of another make sees it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            scheme = SCHEME.match(value or "") if name in ("href", "src") else None
            if name not in HARMLESS or (scheme and scheme[1].lower() not in ("http", "https", "mailto")):
                self.found.append(f"<{tag} {name}={value!r}>")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.found.append(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        self.found.append(f"<![{data}]>")


@pytest.mark.parametrize(
    "html",
    ["<script>x</script>", "<p onclick='x'>a</p>", "<a href=' java&#115;cript:x'>a</a>", "<p style='x'>a</p>",
     "<iframe></iframe>", "<form></form>", "<svg></svg>", "<math></math>", "<img src='data:x'>", "<!-- x -->"],
)  # fmt: skip
def test_the_check_itself_finds_what_acts(html: str) -> None:
    assert Acting(html).found


def test_nothing_crashes_and_nothing_acts(feedparser_tests: Path) -> None:
    """Every document is read or refused, and no HTML that comes of them acts."""
    counts: Counter[str] = Counter()
    acting = []
    for path in sorted(feedparser_tests.rglob("*")):
        if not path.is_file() or path.suffix == ".py":
            continue
        counts["documents"] += 1
        try:
            reading = read(Document(path.read_bytes(), FEED.url), FEED)
        except SourceError as error:
            counts[f"refused as {error.code}"] += 1
            continue
        counts["read"] += 1
        counts["by the strict reader"] += is_sure(path)
        for entry in reading.entries:
            counts["entries"] += 1
            counts["with HTML"] += "<" in entry.html
            acting += [f"{path.name}: {found}" for found in Acting(entry.html).found]
    print("\n" + ", ".join(f"{name} {count}" for name, count in counts.items()))
    assert not acting
    assert counts["read"] > 2_000


def is_sure(path: Path) -> bool:
    try:
        strict.parsed(feed._from_root(feed._text(Document(path.read_bytes()))))
    except strict.Doubt:
        return False
    return True
