"""The nouns: frozen values that every room passes to the next. Imports nothing of ours.

Six words carry the product: Source, Item, Topic, Subscriber, Edition, Digest. What a source said is an
`Entry`; what we hold is an `Item`. Every moment is an aware `datetime` in UTC unless a field says otherwise;
`None` means "not known" and is never guessed from the moment of discovery.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain
from types import MappingProxyType
from typing import Any, Literal

ITEM_KINDS = (
    "post", "notes", "course", "event", "call", "job", "paper", "thread", "podcast", "video", "news", "release",
    "other",
)  # fmt: skip
KIND_ALIASES = MappingProxyType({"blog-post": "post", "conference-note": "notes"})
SECTIONS = ("changed", "closing", "courses", "events", "notes", "reading", "discussions", "jobs")
FREQUENCIES = ("daily", "weekdays", "weekly", "fortnightly", "monthly")


# ---------------------------------------------------------------------------------------- what curators keep
@dataclass(frozen=True, slots=True)
class Topic:
    """What an item can be about. `words` maps a language code to the words and phrases that speak for it.

    `rule` is a search strategy that gives the topic; with `only_rule` its words alone don't. `lists` are the lists
    of words that the rule names. `match` and `not_match` are examples for which the rule must and must not hold.
    """

    id: str
    label: str
    broader: str | None = None
    scope: str = ""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rule: str = ""
    only_rule: bool = False
    lists: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    match: tuple[Item, ...] = ()
    not_match: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Rights:
    """What letters may show of a source's items: at most so many words of text (0: the title alone), the credit it
    asks for, and whether everybody can read them (`open`), not everybody (`restricted`), or nobody knows."""

    words: int = 45
    attribution: str = ""
    access: Literal["", "open", "restricted"] = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A place that is visited. `topics` are a curator's decision for every item; `about` is only a prior."""

    id: str
    url: str
    kind: str = "feed"
    title: str = ""
    topics: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    language: str | None = None
    every: timedelta = timedelta(days=1)
    enabled: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    written: str = ""
    rights: Rights = Rights()

    @property
    def is_public(self) -> bool:
        """Whether what it brings may stand on pages for everybody: not if it comes by mail or its address holds a
        secret, unless a curator says that everybody can read it."""
        return self.rights.access == "open" or not (self.written or self.kind == "mail")

    @property
    def shown(self) -> str:
        """The address as the curator wrote it, ${NAME} in place of secrets: for stores, pages and messages."""
        return self.written or self.url


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one letter carries: items in all, from one source, in one section."""

    items: int = 20
    per_source: int = 5
    per_section: int = 10


@dataclass(frozen=True, slots=True)
class Edition:
    """What curators do to one period's pool; without one in feeds.yaml there is `digest`. `library_link`: where
    readers get at papers that are not free: a proxy's prefix, or a resolver's address with `{url}` in it."""

    name: str = "digest"
    title: str = "Library digest"
    cadence: str = "weekly"
    introduction: str = ""
    sections: tuple[str, ...] = SECTIONS
    limits: Limits = Limits()
    accent: str = "#1a5f7a"
    postal_address: str = ""
    library_link: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """feeds.yaml, believed: everything in it was checked. `groups` are headings over topics: id -> label."""

    topics: Mapping[str, Topic]
    sources: Mapping[str, Source]
    editions: Mapping[str, Edition]
    lists: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)


# ------------------------------------------------------------------------------------------ the world, fetched
@dataclass(frozen=True, slots=True)
class Validators:
    """HTTP cache validators, exactly as the server sent them (RFC 9110, 8.8)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One address to ask for. `budget` bounds the whole exchange, redirects included, in seconds. A `form` is sent
    by POST, to no other host than this one. `robots`: only where the host's robots.txt lets programs in.
    `patient`: where the answer is "come back in some seconds" (Retry-After), come back."""

    key: str
    url: str
    validators: Validators = Validators()
    budget: float = 15.0
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    robots: bool = False
    patient: bool = False


Outcome = Literal["body", "unchanged", "gone", "failed", "postponed"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a `Request`.

    outcome: `body` (200 with every byte), `unchanged` (304), `gone` (410), `failed` (see `error`),
    `postponed` (not asked: its host had asked to be left alone, or the run's deadline came).
    `moved_to` is the final address when every redirect on the way was permanent (301, 308).
    `following` is the page that the answer's Link header names as its next one (RFC 8288).
    `error` is a stable code such as `http-404`, `timeout`, `too-large`, `private-address`; `detail` is for people.
    `links` is the header Link as sent (RFC 8288).
    """

    key: str
    url: str
    outcome: Outcome
    status: int | None = None
    body: bytes = b""
    content_type: str | None = None
    validators: Validators = Validators()
    moved_to: str | None = None
    max_age: timedelta | None = None
    retry_after: timedelta | None = None
    error: str | None = None
    detail: str = ""
    seconds: float = 0.0
    following: str = ""
    links: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document to ask a source for. `headers` never leave the source's own host, nor does `form`, which is sent
    by POST; `role` says what the document is to the reader that asked for it (a further page, the details of one
    entry)."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    role: str = ""
    form: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Traces:
    """What is remembered of a document whose entries have been taken in: a hash of each as it stood in the
    document -> the date it states. They hold as long as `context` does: all that gives an entry its meaning and
    isn't in it."""

    context: str = ""
    entries: Mapping[bytes, datetime | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes to be read, with the address and content type they came with. `role`: as in the `Wanted`; `following`:
    as in the `Answer`; `traces`: what the last reading of it left, so that only what is new need be read."""

    body: bytes
    url: str = ""
    content_type: str | None = None
    role: str = ""
    following: str = ""
    traces: Traces | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """One way to take part and what it costs. An `amount` of 0 is free, None is not known: they differ.
    `covers`: attend, certificate, exam."""

    label: str = ""
    amount: float | None = None
    currency: str = ""
    who: str = ""
    covers: str = ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """The dated side of a course, event, call or job.

    A `datetime` is an instant (UTC), a `date` a whole day in `zone` (an IANA name; unknown: where the reader is);
    None is not known and never guessed. `closes` is the last day to enrol, register or apply, `submissions` the
    last day to propose a paper. `precision` names the fields that are only known to the month or year (their date
    is its first day). `said` tells for a field where it was read: the sentence, or the field of the source.
    `course` is what the runs of one course share.
    """

    starts: datetime | date | None = None
    ends: datetime | date | None = None
    closes: datetime | date | None = None
    place: str = ""
    price: str = ""
    evidence: str = ""
    opens: datetime | date | None = None
    submissions: datetime | date | None = None
    early_bird: datetime | date | None = None
    certificate_by: datetime | date | None = None
    access_ends: datetime | date | None = None
    recordings_until: datetime | date | None = None
    zone: str = ""
    online: bool | None = None
    prices: tuple[Price, ...] = ()
    effort: str = ""
    hours: tuple[float, float] | None = None
    pacing: Literal["", "self_paced", "cohort"] = ""
    certificate: str = ""
    tutor: bool | None = None
    forum: bool | None = None
    organiser: str = ""
    platform: str = ""
    series: str = ""
    course: str = ""
    status: Literal["", "confirmed", "tentative", "cancelled", "postponed", "moved_online", "sold_out"] = ""
    sequence: int = 0
    precision: Mapping[str, str] = field(
        default_factory=dict, hash=False
    )  # an Item can be hashed: letters share it
    said: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a source's own words: dates, addresses and text as found; `html` is already sanitised.
    `access`: who can read it, where its own record tells."""

    guid: str = ""
    url: str = ""
    title: str = ""
    html: str = ""
    text: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language: str | None = None
    kind: str | None = None
    occasion: Occasion | None = None
    access: Literal["", "open", "restricted"] = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One document, read: what the source says of itself, and its entries in document order. `more`: further
    documents that belong to it, such as the next page. `unfinished`: guids of entries whose text and dates stand
    in such a document. `facts`: what `aggregator read` shows besides. `traces`: what to remember of its entries,
    None where they can't be known again; `as_before`: the dates of entries that are left out, since the document's
    traces have them."""

    title: str = ""
    language: str | None = None
    home: str = ""
    entries: tuple[Entry, ...] = ()
    ttl: timedelta | None = None
    more: tuple[Wanted, ...] = ()
    unfinished: frozenset[str] = frozenset()
    facts: Mapping[str, Any] = field(default_factory=dict)
    traces: Traces | None = None
    as_before: tuple[datetime | None, ...] = ()


# ------------------------------------------------------------------------------------------------ what we hold
@dataclass(frozen=True, slots=True)
class Tag:
    """A topic given to an item, and why, in words a reader understands."""

    id: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing we hold. `also_in` names the other sources that carried it. `fresh` is false for what was old
    when we first saw it: held and searchable, never mailed. `follows` is the id of the earlier item that this one
    is later news on: an update, a correction, a second call. `news_at` is when it became news where that is later
    than `first_seen_at`: enrolment opened. `revision` rises with each change of its dates, the last of which was
    at `dates_changed_at`. `event` is the name of what it is a note on, found when letters are made. `access`: as
    in the entry; where it is empty, that of the source counts (`Rights`)."""

    id: str
    source: str = ""
    guid: str = ""
    url: str = ""
    title: str = ""
    text: str = ""
    html: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    published_at: datetime | None = None
    updated_at: datetime | None = None
    first_seen_at: datetime | None = None
    language: str | None = None
    kind: str = "post"
    occasion: Occasion | None = None
    topics: tuple[Tag, ...] = ()
    also_in: tuple[str, ...] = ()
    fresh: bool = True
    follows: str = ""
    news_at: datetime | None = None
    revision: int = 0
    dates_changed_at: datetime | None = None
    event: str = ""
    access: Literal["", "open", "restricted"] = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """A curator's word on one item: the topic belongs to it (`wanted`), or does not. In force until undone."""

    n: int
    item: str
    topic: str
    wanted: bool
    by: str
    at: datetime
    undone_at: datetime | None = None
    undone_by: str = ""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What we remember of a source between visits. All times UTC.

    `last_new_at` is when something new was last found, `newest_at` the newest date that its items state.
    `unreadable` is the reason why the body whose validators we hold could not be read, so that a 304 for it is
    not taken for health. `traces` are only there while a document that has changed is on its way."""

    id: str
    url: str
    status: Literal["active", "retired"] = "active"
    adopted_url: str | None = None
    validators: Validators = Validators()
    body_hash: str | None = None
    reader: str | None = None
    title: str = ""
    next_at: datetime | None = None
    last_visit_at: datetime | None = None
    last_ok_at: datetime | None = None
    last_new_at: datetime | None = None
    rhythm: timedelta | None = None
    failures: int = 0
    failing_since: datetime | None = None
    error: str | None = None
    detail: str = ""
    redirect_url: str | None = None
    redirect_seen: int = 0
    visits: int = 0
    unreadable: str | None = None
    newest_at: datetime | None = None
    traces: Traces | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One source, visited once: the state it leaves behind and the items it brought. `unfinished`: ids of items
    of which only the beginning was read, so that they must not overwrite what is held of them. `as_before`: how
    many entries were left unread, being known to the byte."""

    state: SourceState
    outcome: Literal["new", "unchanged", "failed", "retired"]
    items: tuple[Item, ...] = ()
    refused: int = 0
    unfinished: frozenset[str] = frozenset()
    as_before: int = 0


# ------------------------------------------------------------------------------------------------- the readers
@dataclass(frozen=True, slots=True)
class Profile:
    """What one reader wants. Weights run from 1 to 3; empty `languages` means all; muted means never.

    `mute` holds topic ids, `source:ID` and `author:NAME`; `follow` holds the latter two. `learned` is what the
    reader's own "more" and "less like this" say: `topic:ID`, `source:ID`, `author:NAME` or `kind:NAME` -> -1 to 1.
    `discovery`: whether a letter may carry one item from outside, labelled as such.
    """

    topics: Mapping[str, float] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    kinds: Mapping[str, float] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    mute: tuple[str, ...] = ()
    country: str | None = None
    follow: tuple[str, ...] = ()
    learned: Mapping[str, float] = field(default_factory=dict)
    discovery: bool = True


@dataclass(frozen=True, slots=True)
class Schedule:
    """When letters fall due, by the reader's own wall clock. `weekday` is 1 (Monday) to 7 (ISO 8601)."""

    frequency: str = "weekly"
    weekday: int = 1
    hour: int = 8
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One reader. `token` is the stored, unguessable part of the unsubscribe link; it outlives every secret.
    `links` is the revision of the other links: when it rises, those made before open nothing any more."""

    id: str
    email: str
    name: str = ""
    profile: Profile = Profile()
    schedule: Schedule = Schedule()
    status: Literal["unconfirmed", "active", "left", "suppressed"] = "active"
    signed_up_at: datetime | None = None
    paused_until: datetime | None = None
    language: str = "en"
    max_items: int | None = None
    edition: str = "digest"
    token: str = ""
    links: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A period of one reader that has fallen due. Items first seen in (since, until] are new to it."""

    subscriber: Subscriber
    period: str
    due_at: datetime
    since: datetime
    until: datetime
    missed: bool = False


# ------------------------------------------------------------------------------------------------- the letters
@dataclass(frozen=True, slots=True)
class Told:
    """The dates of an item as a letter told them to one reader, and the moment that letter was made for."""

    occasion: Occasion
    at: datetime


@dataclass(frozen=True, slots=True)
class Pick:
    """An item for one reader, with its score and the true reason it is there. `told`: this reader had it, with
    other dates, and it is here to say what has become of them."""

    item: Item
    score: float
    why: str
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    picks: tuple[Pick, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """What one letter carries, and what waits for the next because there was no room."""

    sections: tuple[Section, ...] = ()
    held_back: tuple[Pick, ...] = ()

    @property
    def picks(self) -> tuple[Pick, ...]:
        return tuple(chain.from_iterable([section.picks for section in self.sections]))


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the letters come from: From address, display name, and the public base URL of the pages."""

    address: str = "digest@example.org"
    name: str = ""
    base_url: str = "https://digest.example.org"
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a letter is written from. `sources` maps source ids to the titles readers see, `rights` to what
    may be shown of their items. `test`: a copy for somebody else, which says so. `item_pages`: below which address
    this reader's page of each item is, or empty.

    `return_path`: where reports about it come back to; the sender's address if empty. `leave_address`: where its
    reader may leave by mail, or empty."""

    digest_id: str
    due: Due
    edition: Edition
    selection: Selection
    sender: Sender
    unsubscribe_url: str
    preferences_url: str
    sources: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    return_path: str = ""
    leave_address: str = ""
    rights: Mapping[str, Rights] = field(default_factory=dict)
    test: bool = False
    item_pages: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """Finished bytes (RFC 5322, CRLF, 7-bit), made once and stored before the first try."""

    digest_id: str
    sender: str
    recipient: str
    message_id: str
    subject: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Digest:
    """One letter for one subscriber and one period, with its fate."""

    id: str
    subscriber_id: str
    period: str
    state: Literal["waiting", "sent", "deferred", "refused", "expired", "skipped", "failed"]
    made_at: datetime
    reason: str = ""
    attempts: int = 0
