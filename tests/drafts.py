"""Drafts of letters that tests write from: a small invented week in a librarian's life."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from aggregator.model import (
    Draft,
    Due,
    Edition,
    Item,
    Occasion,
    Pick,
    Schedule,
    Section,
    Selection,
    Sender,
    Subscriber,
    Tag,
)

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
TEXT = (
    "The working group met twice this autumn and agreed on practical steps: a common form for describing reading "
    "groups, one shared calendar, and a small fund for travel. The minutes are public. A second meeting follows."
)
SOURCES = {
    "room": "The Book Room",
    "north": "Northern Libraries",
    "quiet": "The Quiet Desk",
    "rete": "Biblioteche in rete",
}
UNSUBSCRIBE = "https://digest.example.org/unsubscribe/8hJd0-kLmN_2pQrStUvWxYz1"
PREFERENCES = "https://digest.example.org/preferences/InIxIg.aSQxMg.q0Zz-x_1"
ITEM_PAGES = "https://digest.example.org/my/WyJwcmVmZXJlbmNlcyIsInIxIl0.bV9dXg.a-signature/items"


def item(number: int, title: str = "", **fields: object) -> Item:
    """An item of The Quiet Desk; any field can be given."""
    plain = Item(
        id=f"i{number}",
        source="quiet",
        url=f"https://quiet.example/2026/{number}?a=1&b=2",
        title=title or f"What reading group {number} learned",
        text=TEXT,
        published_at=NOW - timedelta(days=3),
        language="en",
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


COURSE = item(
    1,
    "Describing rare books: a course for generalists",
    source="room",
    kind="course",
    also_in=("north",),
    topics=(Tag("rare-books", "“rare books” in the title"),),
    occasion=Occasion(
        starts=date(2026, 12, 1), ends=date(2027, 1, 15), closes=date(2026, 11, 27), place="Online", price="€40"
    ),
)
EVENT = item(
    2,
    "Webinar: clean data without tears",
    source="north",
    kind="event",
    occasion=Occasion(
        starts=datetime(2026, 11, 26, 14, tzinfo=UTC), ends=datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
    ),
)
ITALIAN = item(
    3,
    "Linee guida per la catalogazione condivisa",
    source="rete",
    language="it",
    text="Il gruppo di lavoro ha pubblicato le nuove linee guida.",
)
UNDATED = item(4, "Who reads the readers? Privacy & loans <after> the cloud", published_at=None)


def pick(one: Item, why: str = "Topic: Mentoring", score: float = 1.0) -> Pick:
    return Pick(one, score, why)


SELECTION = Selection(
    (
        Section("closing", (pick(COURSE, "Topic: Rare books"),)),
        Section("events", (pick(EVENT, "Keyword: “data”", 0.9),)),
        Section("reading", (pick(ITALIAN, score=0.8), pick(UNDATED, score=0.7))),
    )
)
READER = Subscriber(
    "r1",
    "anna@library.example",
    "Anna Rossi",
    schedule=Schedule(timezone="Europe/Rome"),
    token="8hJd0-kLmN_2pQrStUvWxYz1",
)


def draft(*picks: Pick, reader: Subscriber = READER, edition: Edition | None = None, **fields: object) -> Draft:
    """The week above, or just these picks under Reading."""
    plain = Draft(
        digest_id="2026-w48-r1",
        due=Due(reader, "2026-W48", NOW, NOW - timedelta(days=7), NOW),
        edition=edition or Edition(introduction="Two things close this week.\n\nBoth are free."),
        selection=Selection((Section("reading", picks),)) if picks else SELECTION,
        sender=Sender(),
        unsubscribe_url=UNSUBSCRIBE,
        preferences_url=PREFERENCES,
        item_pages=ITEM_PAGES,
        sources=SOURCES,
        topics={"rare-books": "Rare books"},
    )
    return replace(plain, **fields)  # type: ignore[arg-type]
