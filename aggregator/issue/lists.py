"""The dates of an issue as a calendar (RFC 5545, 7986), and its sources as an outline (OPML 2.0)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from xml.sax.saxutils import quoteattr

from aggregator.issue.document import Issue
from aggregator.issue.feeds import sound
from aggregator.occasions.ical import bound


def ics(issue: Issue) -> str:
    """Events keep the ids that they have in the calendar links of letters, so that nothing comes twice."""
    changed = f"{issue.made_at:%Y%m%dT%H%M%SZ}"
    named = [
        ("UID", f"{issue.id.replace('/', '-')}@aggregator"), ("NAME", issue.citation),
        ("X-WR-CALNAME", issue.citation), ("LAST-MODIFIED", changed), ("URL", issue.address),
    ]  # fmt: skip
    return bound(named, [line for item in issue.items for line in item.events])


def opml(issue: Issue) -> str:
    feeds = {item.feed: item.source_title for item in issue.items if item.feed}
    return outline(issue.citation, feeds, f"{issue.made_at:%a, %d %b %Y %H:%M:%S} GMT")


def outline(title: str, feeds: Mapping[str, str], made: str = "") -> str:
    """Feeds (address -> title) by their titles. `made`: RFC 822."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>', '<opml version="2.0">', "<head>",
        f"<title>{_text(title)}</title>", *([f"<dateCreated>{made}</dateCreated>"] if made else []), "</head>",
        "<body>", *_outlines(sorted(feeds.items(), key=lambda feed: (feed[1].casefold(), feed[0]))), "</body>",
        "</opml>",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _outlines(feeds: Iterable[tuple[str, str]]) -> Iterator[str]:
    for url, title in feeds:
        name = quoteattr(sound(title))
        yield f'<outline type="rss" text={name} title={name} xmlUrl={quoteattr(sound(url))}/>'


def _text(text: str) -> str:
    return quoteattr(sound(text))[1:-1]
