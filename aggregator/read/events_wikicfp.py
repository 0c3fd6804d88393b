"""WikiCFP: calls for papers as RSS ("ACRO 2027 : Full name", "Full name [Place] [Nov 3, 2027 - Nov 5, 2027]").

The feed says where and when the conference is; the deadline is only in it where its author wrote it there.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Occasion, Reading, Source
from aggregator.read import feed
from aggregator.read.dates import moment_of
from aggregator.read.event_words import online_of, status_of

_WHERE_AND_WHEN = re.compile(r"\[([^\[\]]{0,200})\]\s*\[([^\[\]]{0,100})\]\s*$")
_DEADLINE = re.compile(
    r"(?:submissions?|abstracts?|papers?|proposals?)?\s*(?:deadline|due)\b[^\d\n]{0,40}?"
    r"((?:[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4})|(?:\d{1,2} [A-Z][a-z]{2,8}\.? \d{4})|(?:\d{4}-\d\d-\d\d))",
    re.I,
)
_SERIES = re.compile(r"^(?P<series>\S.{0,80}?)\s+(?P<year>(?:19|20)\d\d)\b")
_SAYS_SO = re.compile(r"https?://(?:www\.)?wikicfp\.com/", re.I)
_RSS = re.compile(r"<rss\b", re.I)


def looks_so(text: str) -> bool:
    """Whether a document is a feed of WikiCFP."""
    return _RSS.search(text[:2_000]) is not None and _SAYS_SO.search(text[:5_000]) is not None


def read(document: Document, source: Source) -> Reading:
    """The calls of a feed. Raises SourceError as `feed.read` does, `not-a-events` for what is no feed."""
    try:
        reading = feed.read(document, source)
    except SourceError as error:
        code = "not-a-events" if error.code == "not-a-feed" else error.code
        raise SourceError(code, error.detail) from error
    return replace(reading, entries=tuple(_call(entry) for entry in reading.entries))


def _call(entry: Entry) -> Entry:
    return replace(entry, kind="call", occasion=_occasion(entry))


def _occasion(entry: Entry) -> Occasion | None:
    found = _WHERE_AND_WHEN.search(entry.text)
    place, days = (found[1].strip(), found[2].strip()) if found else ("", "")
    place = "" if place.upper() in ("N/A", "TBD", "TBA", "") else place
    starts, ends = _span(days)
    due = _DEADLINE.search(entry.text)
    submissions = _day(due[1]) if due else None
    series = _SERIES.match(entry.title)
    if not (place or starts or submissions):
        return None
    stated = {"starts": starts, "ends": ends, "submissions": submissions}
    written = {"starts": "description", "ends": "description", "submissions": due[0].strip() if due else ""}
    return Occasion(
        starts=starts,
        ends=ends,
        submissions=submissions,
        place=place,
        online=online_of(place),
        series=series["series"] if series else "",
        status=status_of(entry.title),
        said={key: written[key] for key, value in stated.items() if value},
    )


def _span(text: str) -> tuple[date | None, date | None]:
    """The days in "Nov 3, 2027 - Nov 5, 2027"; an end before the beginning is none."""
    first, _, second = text.partition(" - ")
    starts, ends = _day(first), _day(second)
    return starts, ends if starts and ends and ends >= starts else None


def _day(text: str) -> date | None:
    text = text.strip()
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None
    moment = moment_of(text)
    return moment.date() if moment else None
