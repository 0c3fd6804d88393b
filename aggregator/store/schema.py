"""The tables: one schema on SQLite and PostgreSQL.

Moments are epoch seconds (BIGINT, UTC), bodies of letters are zlib bytes, JSON holds payloads only; what is
looked up has a column or a table of its own. `items.search` is text analysed by us (folded, stemmed), so that
both engines index the same words (`fulltext.py`). Migrations make the tables; conditions of indexes, which are the
same on PostgreSQL, are named for SQLite only, since naming them twice imports both dialects into every run.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)  # fmt: skip
from sqlalchemy import text as sa_text

from aggregator.store.engine import Json

metadata = MetaData()
Serial = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts rows only in an INTEGER PRIMARY KEY


def text(name: str, **more: object) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="", **more)  # type: ignore[arg-type]


sources = Table(
    "sources",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    text("status"),
    Column("adopted_url", Text),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", Text),
    Column("reader", Text),
    text("title"),
    Column("next_at", BigInteger, index=True),
    Column("last_visit_at", BigInteger),
    Column("last_ok_at", BigInteger),
    Column("last_new_at", BigInteger),
    Column("newest_at", BigInteger),
    Column("rhythm", BigInteger),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", BigInteger),
    Column("error", Text),
    text("detail"),
    Column("redirect_url", Text),
    Column("redirect_seen", Integer, nullable=False, server_default="0"),
    Column("visits", Integer, nullable=False, server_default="0"),
    Column("unreadable", Text),
)

# What is remembered of a source's document: `model.Traces`, 16 bytes an entry (`rows.traces_row`).
traces = Table(
    "traces",
    metadata,
    Column("source", Text, primary_key=True),
    Column("context", Text, nullable=False),
    Column("entries", LargeBinary, nullable=False),
)

_DATED = sa_text("occasion IS NOT NULL")  # few items have dates, and pages ask for those alone
items = Table(
    "items",
    metadata,
    Column("n", Serial, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("source", Text, nullable=False, index=True),
    text("guid"),
    text("url"),
    text("title"),
    text("text"),
    text("html"),
    text("author"),
    Column("tags", Json(), nullable=False),
    Column("published_at", BigInteger),
    Column("updated_at", BigInteger),
    Column("first_seen_at", BigInteger, nullable=False, index=True),
    Column("language", Text, index=True),
    Column("kind", Text, nullable=False),
    Column("occasion", Json()),
    Column("fresh", Boolean, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),  # of its dates; only ever rises
    Column("dates_changed_at", BigInteger, index=True),
    Column("news_at", BigInteger, index=True),  # where that is later than first_seen_at
    Column("content_hash", Text, nullable=False),
    Column("rules", Text, nullable=False),
    text("search"),
    text("follows"),
    text("access"),
    Index("ix_items_dated", "first_seen_at", sqlite_where=_DATED),
)

item_keys = Table(
    "item_keys",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("item", String(32), nullable=False, index=True),
)

# What an item is found by among texts that are alike: see dedupe/marks.py. Narrow rows, because there are many;
# the table is its own index where the engine can do that. `item` is items.n.
item_marks = Table(
    "item_marks",
    metadata,
    Column("mark", Integer, primary_key=True, autoincrement=False),
    Column("item", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

item_topics = Table(
    "item_topics",
    metadata,
    Column("item", String(32), primary_key=True),
    Column("topic", Text, primary_key=True, index=True),
    Column("position", SmallInteger, nullable=False),
    text("why"),
)

# What curators said of single items. `wanted`: the topic belongs to the item, or does not. The newest that is not
# undone decides; none is ever deleted.
corrections = Table(
    "corrections",
    metadata,
    Column("n", Serial, primary_key=True),
    Column("item", String(32), nullable=False, index=True),
    Column("topic", Text, nullable=False),
    Column("wanted", Boolean, nullable=False),
    text("by"),
    Column("at", BigInteger, nullable=False),
    Column("undone_at", BigInteger),
    text("undone_by"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("item", String(32), primary_key=True),
    Column("source", Text, primary_key=True),
    text("url"),
    Column("seen_at", BigInteger, nullable=False),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, unique=True),
    text("name"),
    Column("profile", Json(), nullable=False),
    Column("frequency", Text, nullable=False),
    Column("weekday", SmallInteger, nullable=False),
    Column("hour", SmallInteger, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("signed_up_at", BigInteger, nullable=False),
    Column("paused_until", BigInteger),
    Column("language", Text, nullable=False),
    Column("max_items", Integer),
    Column("edition", Text, nullable=False),
    Column("token", Text, nullable=False, unique=True),
    Column("links", Integer, nullable=False, server_default="0"),
    Column("next_due_at", BigInteger, index=True),
    Column("changed_at", BigInteger, nullable=False),
)

# Outlives its subscriber: a hash only, so that erasing a person keeps the promise never to write again.
suppressions = Table(
    "suppressions",
    metadata,
    Column("email_hash", String(64), primary_key=True),
    Column("token_hash", String(64), index=True),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

digests = Table(
    "digests",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("subscriber", String(32), nullable=False),
    Column("period", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("due_at", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("stored_at", BigInteger, nullable=False),
    Column("stale_at", BigInteger),
    Column("sender", Text),
    Column("recipient", Text),
    Column("message_id", Text, index=True),
    Column("subject", Text),
    Column("content", LargeBinary),
    Column("held_back", Json()),  # ids of items that had no room; only in the newest letter of a reader
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("ambiguous", Integer, nullable=False, server_default="0"),
    Column("next_try_at", BigInteger),
    Column("lease_owner", Text, index=True),
    Column("lease_until", BigInteger),
    Column("posted_at", BigInteger),
    Column("lane", SmallInteger, nullable=False, server_default="0"),  # 1: somebody waits for it, it goes first
    UniqueConstraint("subscriber", "period", name="uq_digests_subscriber_period"),
    Index("ix_digests_state_next_try_at", "state", "next_try_at"),
    Index("ix_digests_lane", "state", "lane", sqlite_where=sa_text("lane > 0")),
)

# What a reader had. It is never shorter than the items' own life, so nothing comes back.
digest_items = Table(
    "digest_items",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("item", String(32), primary_key=True),
    Column("subscriber", String(32), nullable=False),
    Column("position", Integer, nullable=False),
    Column("told", Json()),  # the dates of the item as this letter told them
    Index("ix_digest_items_subscriber_item", "subscriber", "item"),
)

# Issues as they were told (store/issues.py). `subscriber` is empty for those of an edition, else the id is that of
# the letter. `frame` is zlib bytes; what issues share is in `issue_texts`, kept while an issue made at `used_at`
# is, and for ever where it is `lasting`.
issues = Table(
    "issues",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subscriber", String(32), nullable=False),
    Column("edition", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("form", SmallInteger, nullable=False),
    Column("frame", LargeBinary, nullable=False),
    Column("sums", Json()),
    Index("ix_issues_subscriber_made_at", "subscriber", "made_at"),
)

issue_texts = Table(
    "issue_texts",
    metadata,
    Column("hash", String(32), primary_key=True),
    Column("text", LargeBinary, nullable=False),
    Column("used_at", BigInteger, nullable=False, index=True),
    Column("lasting", Boolean, nullable=False),
)

# The secret addresses of readers' own feeds, hashed: whoever reads the database can't open them. `serial` rises
# with each new one; without a hash it was ended.
feed_keys = Table(
    "feed_keys",
    metadata,
    Column("subscriber", String(32), primary_key=True),
    Column("serial", Integer, nullable=False),
    Column("hash", String(64), unique=True),
    Column("made_at", BigInteger, nullable=False),
)

# A reader's own "more" (1) and "less like this" (-1), with what it was about: an item may be pruned, its mark not.
feedback = Table(
    "feedback",
    metadata,
    Column("subscriber", String(32), primary_key=True),
    Column("item", String(32), primary_key=True),
    Column("value", SmallInteger, nullable=False),
    Column("traits", Json(), nullable=False),
    Column("at", BigInteger, nullable=False),
)

# Mails that came back and were dealt with, by the hash of their bytes. Of people it holds ids only.
returns = Table(
    "returns",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("digest", String(64)),
    Column("subscriber", String(32), index=True),
    text("reason"),
)

# What members logged of their own professional development. The record is JSON as `cpd/jsonform.py` writes it;
# days are ISO 8601, which sorts. `meeting` is the secret that the entries of a mentor and a mentee share.
cpd_activities = Table(
    "cpd_activities",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("subscriber", String(32), nullable=False),
    Column("last_day", String(10), nullable=False),
    Column("meeting", String(43), index=True),
    Column("record", Json(), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Index("ix_cpd_activities_subscriber", "subscriber", "last_day"),
)

cpd_evidence = Table(
    "cpd_evidence",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("activity", String(32), nullable=False, index=True),
    Column("subscriber", String(32), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    text("name"),
    text("media_type"),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    text("url"),
    text("note"),
    Column("content", LargeBinary),
    Column("added_at", BigInteger, nullable=False),
)

cpd_memberships = Table(
    "cpd_memberships",
    metadata,
    Column("subscriber", String(32), primary_key=True),
    Column("scheme", String(64), primary_key=True),
    Column("started", String(10)),
    text("level"),
    text("statement"),
    Column("changed_at", BigInteger, nullable=False),
)

# What a reader agreed to, when, on which words (`wording` names them), in which way. Rows are added, not changed.
# `act`: asked, given, withdrawn. `wish`: what was asked for with it, until that is in force.
consents = Table(
    "consents",
    metadata,
    Column("n", Serial, primary_key=True),
    Column("subscriber", String(32), nullable=False, index=True),
    Column("purpose", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    text("way"),
    text("wording"),
    text("language"),
    Column("wish", Json()),
)

# What somebody asked for at an address, not looked into yet: a page answers before, so it can't tell who is known.
asked = Table(
    "asked",
    metadata,
    Column("n", Serial, primary_key=True),
    Column("what", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    text("way"),
    text("wording"),
    text("language"),
    Column("wish", Json()),
)

# Addresses that are to change: confirmed by the old one and by the new one, then done. `mark` is in the links.
moves = Table(
    "moves",
    metadata,
    Column("subscriber", String(32), primary_key=True),
    Column("email", Text, nullable=False),
    Column("mark", String(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("old_at", BigInteger),
    Column("new_at", BigInteger),
)

RETAGGED = "retagged"  # the setting that names the rules by which all items held since a moment are tagged
settings = Table(
    "settings", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False)
)

runs = Table(
    "runs",
    metadata,
    Column("n", Serial, primary_key=True),
    Column("command", Text, nullable=False),
    Column("moment", BigInteger, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("exit_code", Integer, nullable=False),
    Column("report", Json(), nullable=False),
)
