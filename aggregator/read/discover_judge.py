"""What a document is, and how good a source it would be: kinds to try, and points with reasons for a reading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from aggregator.model import Document, Entry, Reading
from aggregator.read.encoding import decoded
from aggregator.read.markup import is_page
from aggregator.text import fold, plain

RECENT = timedelta(days=90)
FROZEN = timedelta(days=730)
_LONG = 600  # characters of a text that is more than a beginning
_COMMENT = re.compile(r"#(?:comment|respond|c\d|idcomment|div-comment)", re.I)
_COMMENTS_ON = re.compile(
    r"^(?:comments (?:on|for)|kommentare (?:zu|fur)|commenti (?:a|su|per)|commentaires (?:sur|pour)|"
    r"comentarios (?:en|para)|comentarios de|komentari (?:na|za))\b"
)
_CUT = re.compile(r"(?:\[(?:…|\.\.\.|&hellip;)\]|…|\.\.\.)\s*(?:$|[\w ]{0,40}$)")
_FIRST_TAG = re.compile(r"<(!doctype(?=\s+html)|[a-z][\w:.-]*)", re.I)
_HTML = frozenset(
    """!doctype html head body frameset div p a table title meta script style link base center main section article
    nav header ul ol form span font noscript br b h1 h2 h3 img""".split()
)
_FEED_MARKS = re.compile(r"<(?:[\w.-]+:)?(?:rss|feed|rdf|channel)(?=[\s>/])", re.I)


def text_of(document: Document) -> str:
    """The document as text, without what stands before its first character."""
    return decoded(document.body, document.content_type).lstrip("\ufeff \t\r\n\x00")


def kinds_of(text: str) -> tuple[str, ...]:
    """The kinds of source that a document may be, the likeliest first; for a page those that need no selectors."""
    if text.startswith("BEGIN:VCALENDAR"):
        return ("calendar",)
    if text[:1] in ("{", "["):
        return ("feed", "courses", "events", "works", "page")
    if reads_as_page(text):
        return ("courses", "events")
    if not text.startswith("<"):
        return ("feed",)  # whose reader says what it is instead
    feed_like = _FEED_MARKS.search(text[:5_000]) is not None
    return ("feed", "works", "events", "sitemap") if feed_like else ("works", "events", "sitemap", "feed")


def reads_as_page(text: str) -> bool:
    """Whether a document is a page for people, also one that begins amidst or after a program's complaint."""
    if is_page(text):
        return True
    first = _FIRST_TAG.search(text[:3_000])
    return first is not None and (
        first[1].lower() in _HTML or (not text.startswith("<") and is_page(text[first.start() :]))
    )


def points(reading: Reading, now: datetime) -> tuple[float, list[str]]:
    """(points, what is to be said) for what a source holds: entries, recent or not, full texts or beginnings."""
    entries = reading.entries
    if not entries:
        return -40, ["nothing is in it now"]
    if of_comments(reading):
        return -100, ["it holds comments, not posts"]
    number = f"{len(entries)} entr{'y' if len(entries) == 1 else 'ies'}"
    fresh, age = _freshness(entries, now)
    full, length = _fullness(entries)
    said = [number, *([age] if age else []), *([length] if length else [])]
    return min(len(entries), 10) / 2 + fresh + full, said


def of_comments(reading: Reading) -> bool:
    """Whether a feed carries the comments of readers: most of its addresses lead to one."""
    to_comments = sum(1 for entry in reading.entries if _COMMENT.search(entry.url) or _COMMENT.search(entry.guid))
    return to_comments * 2 > len(reading.entries) or bool(_COMMENTS_ON.match(fold(reading.title)))


def ahead(entry: Entry, now: datetime) -> bool:
    """Whether an entry is about something that is still to come."""
    dated = entry.occasion
    told = (dated.closes or dated.starts or dated.ends) if dated else None
    return told is not None and _moment(told) >= now - timedelta(days=1)


def _freshness(entries: Sequence[Entry], now: datetime) -> tuple[float, str]:
    if coming := sum(ahead(entry, now) for entry in entries):
        return 10, f"{coming} still to come"
    known = [
        d for d in (entry.published_at or entry.updated_at for entry in entries) if d is not None and d <= now
    ]
    if not known:
        return -3, "without dates" if not any(entry.occasion for entry in entries) else ""
    age = now - max(known)
    said = f"the newest of {max(known):%Y-%m-%d}"
    return (
        (10, said) if age <= RECENT else (-20, f"{said}: it seems to have stopped") if age > FROZEN else (0, said)
    )


def _fullness(entries: Sequence[Entry]) -> tuple[float, str]:
    """Points for full texts. Occasions are facts, and their length says nothing."""
    sample = [entry for entry in entries[:20] if entry.occasion is None]
    texts = [(entry.text or plain(entry.html)).strip() for entry in sample]
    told = [text for text in texts if text]
    if not told:
        return 0, ""
    full = sum(len(text) >= _LONG and not _CUT.search(text[-60:]) for text in told)
    return (8, "full texts") if full * 2 >= len(told) else (0, "beginnings of texts only")


def _moment(told: datetime | date) -> datetime:
    return told if isinstance(told, datetime) else datetime(told.year, told.month, told.day, tzinfo=UTC)
