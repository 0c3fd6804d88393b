"""Between rows and values: the one place that knows how a noun lies in its table."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.jsonlines import occasion_from_json, occasion_to_json
from aggregator.model import Item, Profile, Schedule, SourceState, Subscriber, Tag, Traces, Validators

Row = Mapping[Any, Any]


def seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def moment(value: int | None) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(value, UTC)


def known_moment(value: int) -> datetime:
    return datetime.fromtimestamp(value, UTC)


def _moments(row: Row, names: Iterable[str]) -> dict[str, Any]:
    return {name: moment(row[name]) for name in names}


def key_number(key: str) -> int:
    """A dedupe key as a signed 64-bit number: 100 000 held items make a collision less likely than 1 in 10^9."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def email_key(email: str) -> str:
    """What makes two addresses the same mailbox: case is ignored, as all big providers do."""
    return email.strip().casefold()


def hashed(secret: str) -> str:
    """What a suppression keeps of an address or token: enough to know it again, not to read it."""
    return hashlib.sha256(secret.encode()).hexdigest()


# ------------------------------------------------------------------------------------------------------- sources
def state_row(state: SourceState) -> tuple[Any, ...]:
    """A value for each column of `sources`, in their order: every run writes one for each source it visits."""
    validators, rhythm = state.validators, state.rhythm
    return (
        state.id, state.url, state.status, state.adopted_url, validators.etag, validators.last_modified,
        state.body_hash, state.reader, state.title, seconds(state.next_at), seconds(state.last_visit_at),
        seconds(state.last_ok_at), seconds(state.last_new_at), seconds(state.newest_at),
        None if rhythm is None else int(rhythm.total_seconds()), state.failures, seconds(state.failing_since),
        state.error, state.detail, state.redirect_url, state.redirect_seen, state.visits, state.unreadable,
    )  # fmt: skip


def state_of(row: Sequence[Any]) -> SourceState:
    """The state that `state_row` makes the row of; every run reads all of them."""
    (
        id, url, status, adopted_url, etag, last_modified, body_hash, reader, title, next_at, last_visit_at,
        last_ok_at, last_new_at, newest_at, rhythm, failures, failing_since, error, detail, redirect_url,
        redirect_seen, visits, unreadable,
    ) = row  # fmt: skip
    return SourceState(
        id, url, status, adopted_url, Validators(etag, last_modified), body_hash, reader, title, moment(next_at),
        moment(last_visit_at), moment(last_ok_at), moment(last_new_at),
        None if rhythm is None else timedelta(seconds=rhythm), failures, moment(failing_since), error, detail,
        redirect_url, redirect_seen, visits, unreadable, moment(newest_at),
    )  # fmt: skip


_TRACE = struct.Struct(">8sq")  # a hash, and seconds
_UNDATED = -(2**63)


def traces_row(source: str, traces: Traces) -> tuple[str, str, bytes]:
    packed = (
        _TRACE.pack(key, _UNDATED if at is None else int(at.timestamp())) for key, at in traces.entries.items()
    )
    return source, traces.context, b"".join(packed)


def traces_of(row: Sequence[Any]) -> Traces:
    _, context, entries = row
    pairs = _TRACE.iter_unpack(entries)
    return Traces(context, {key: None if at == _UNDATED else known_moment(at) for key, at in pairs})


# --------------------------------------------------------------------------------------------------------- items
_ITEM_PLAIN = (
    "id", "source", "guid", "url", "title", "text", "html", "author", "language", "kind", "fresh", "follows",
    "revision", "access",
)  # fmt: skip
_ITEM_TIMES = ("published_at", "updated_at", "first_seen_at", "news_at", "dates_changed_at")


def item_row(item: Item) -> dict[str, Any]:
    row = {name: _clean(getattr(item, name)) for name in _ITEM_PLAIN}
    row |= {name: seconds(getattr(item, name)) for name in _ITEM_TIMES}
    row |= {"tags": [_clean(tag) for tag in item.tags], "occasion": occasion_to_json(item.occasion)}
    return row


def item_of(row: Row, topics: tuple[Tag, ...] = (), also_in: tuple[str, ...] = ()) -> Item:
    plain = {name: row[name] for name in _ITEM_PLAIN if name in row}
    times = _moments(row, _ITEM_TIMES)
    occasion = occasion_from_json(row["occasion"])
    return Item(**plain, **times, tags=tuple(row["tags"]), occasion=occasion, topics=topics, also_in=also_in)


def clean(value: Any) -> Any:
    """A text, or a JSON payload with its texts, as both engines can keep it."""
    if isinstance(value, dict):
        return {name: clean(one) for name, one in value.items()}
    return [clean(one) for one in value] if isinstance(value, list) else _clean(value)


def _clean(value: Any) -> Any:
    # PostgreSQL refuses NUL and lone surrogates in text; neither means anything to a reader.
    if isinstance(value, str) and ("\0" in value or not value.isascii()):
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return value


# --------------------------------------------------------------------------------------------------- subscribers
_READER_PLAIN = ("id", "email", "name", "status", "language", "max_items", "edition", "token", "links")
_PROFILE_LISTS = ("keywords", "searches", "languages", "mute", "follow")
_SCHEDULE = ("frequency", "weekday", "hour", "timezone")


def subscriber_row(reader: Subscriber) -> dict[str, Any]:
    row = {name: getattr(reader, name) for name in _READER_PLAIN}
    row |= {name: getattr(reader.schedule, name) for name in _SCHEDULE}
    row |= {"email_key": email_key(reader.email), "profile": profile_json(reader.profile)}
    row |= {"signed_up_at": seconds(reader.signed_up_at), "paused_until": seconds(reader.paused_until)}
    return row


def subscriber_of(row: Row) -> Subscriber:
    return Subscriber(
        **{name: row[name] for name in _READER_PLAIN},
        profile=profile_of(row["profile"]),
        schedule=Schedule(**{name: row[name] for name in _SCHEDULE}),
        signed_up_at=moment(row["signed_up_at"]),
        paused_until=moment(row["paused_until"]),
    )


def profile_json(profile: Profile) -> dict[str, Any]:
    data: dict[str, Any] = {
        "topics": dict(profile.topics),
        "kinds": dict(profile.kinds),
        "country": profile.country,
        "learned": dict(profile.learned),
        "discovery": profile.discovery,
    }
    return data | {name: list(getattr(profile, name)) for name in _PROFILE_LISTS}


def profile_of(data: Mapping[str, Any]) -> Profile:
    lists = {name: tuple(data.get(name) or ()) for name in _PROFILE_LISTS}
    return Profile(
        topics=dict(data.get("topics") or {}),
        kinds=dict(data.get("kinds") or {}),
        country=data.get("country"),
        learned=dict(data.get("learned") or {}),
        discovery=data.get("discovery") is not False,
        **lists,
    )
