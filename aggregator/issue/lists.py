"""The dates of an issue as a calendar (RFC 5545, 7986), and its sources as an outline (OPML 2.0)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import quoteattr

from aggregator.issue.document import Carried, Issue
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
    return outline(issue.citation, f"{issue.made_at:%a, %d %b %Y %H:%M:%S} GMT", issue.items)


def outline(title: str, made: str, items: Iterable[Carried]) -> str:
    """The sources of these items that have a public feed, each once, by name. `made`: RFC 822."""
    feeds = {item.feed: item.source_title for item in items if item.feed}
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>', '<opml version="2.0">', "<head>",
        f"<title>{_text(title)}</title>", f"<dateCreated>{made}</dateCreated>", "</head>", "<body>",
        *_outlines(sorted(feeds.items(), key=lambda feed: (feed[1].casefold(), feed[0]))), "</body>", "</opml>",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _outlines(feeds: Iterable[tuple[str, str]]) -> Iterator[str]:
    for url, title in feeds:
        name = quoteattr(sound(title))
        yield f'<outline type="rss" text={name} title={name} xmlUrl={quoteattr(sound(url))}/>'


def _text(text: str) -> str:
    return quoteattr(sound(text))[1:-1]
