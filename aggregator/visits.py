"""What a visit leaves behind: the next state of a source, and which of its items are news. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.model import (
    Answer,
    Item,
    Reading,
    Request,
    Source,
    SourceState,
    Traces,
    Validators,
    Visit,
    Wanted,
)
from aggregator.read import is_page
from aggregator.schedule import Hints, next_visit, rhythm_of

ONE_DOCUMENT = frozenset({"feed", "calendar", "mail"})  # kinds whose sources are one document each
READER = "2"  # raise it when a reader or `normalise` makes more of the same words: all is then read afresh
PROOFS = 3  # visits on which a permanent redirect must have led to the same feed before its target is adopted
FIRST_WINDOW = timedelta(days=14)  # how old an item of a new source may be to be mailed
AGE_LIMIT = timedelta(days=60)  # the same for a source we know: what surfaces older than this is held, not mailed
FIRST_UNDATED = 5  # items without a date that a new source may bring into letters


def request(source: Source, state: SourceState, wanted: Wanted, key: str) -> Request:
    """How to ask for a document: with the validators we hold where it is the one they belong to.

    Validators are dropped when the curator changed the address or when our reader has learnt something new. A kind
    whose visits take several documents is asked without: its first page may be the same while others are not.
    """
    usable = state.reader == _reader(source) and source.kind in ONE_DOCUMENT and not wanted.role
    validators = state.validators if usable else Validators()
    return Request(
        key,
        wanted.url,
        validators,
        headers=wanted.headers,
        form=wanted.form,
        robots=is_page(source),
        patient=bool(wanted.role) or source.kind == "works",
    )


def _reader(source: Source) -> str:
    """What a body was read by: our reader as it is now, with the options it was given. When a curator changes
    one of them, the same bytes are read again."""
    if not source.options:
        return READER
    options = repr(sorted(source.options.items())).encode("utf-8", "replace")
    return f"{READER}-{hashlib.blake2b(options, digest_size=6).hexdigest()}"


def for_reader(source: Source, now: datetime) -> Source:
    """The source as its reader gets it: without topics, which are none of its business, and with the moment of the
    visit, because readers have no clock (a calendar is unfolded around it)."""
    return replace(source, topics=(), about=(), options={**source.options, "_now": now.isoformat()})


def incomplete(before: SourceState, after: SourceState, trouble: str, *, broke_off: bool) -> SourceState:
    """The state after a visit that could not bring everything: asked afresh next time, and said by health.

    One that broke off is asked again from where the last whole one was: what it would have brought is not lost.
    One that came to its bound goes on from now, else it would never get beyond what it has read already.
    """
    whole_at = before.last_ok_at if broke_off else after.last_ok_at
    return replace(after, validators=Validators(), body_hash=None, detail=trouble, last_ok_at=whole_at)


def known(source: Source, state: SourceState | None) -> SourceState:
    """The state to go on from: a fresh one for a new source or a changed address (its title is kept)."""
    if state is None or state.url != source.shown:
        return SourceState(source.id, source.shown, title=state.title if state else "")
    return state


def body_hash(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def is_same_body(source: Source, state: SourceState, answer: Answer) -> bool:
    """Whether these are the very bytes of last time, and all there was to read."""
    return (
        source.kind in ONE_DOCUMENT
        and state.reader == _reader(source)
        and state.body_hash == body_hash(answer.body)
    )


def are_traces_good(source: Source, state: SourceState) -> bool:
    """Whether what the last reading of a source left to be known again may be used: it was ours, as it is now."""
    return source.kind == "feed" and state.reader == _reader(source)


def with_traces(after: SourceState, before: Traces | None, reading: Reading, refused: int) -> SourceState:
    """The state with the traces to store. Old ones don't outlive a reading that left none: an entry may have
    changed with it, and change back. Where entries were refused, all are looked at again, to count them."""
    left = reading.traces if reading.traces and not refused else Traces()
    return after if left == (before or Traces()) else replace(after, traces=left)


# ------------------------------------------------------------------------------------------------ four outcomes
def failed(source: Source, state: SourceState, answer: Answer, now: datetime) -> Visit:
    """Nothing could be read: back off, remember why and since when. What we hold is untouched.

    A body that arrived whole keeps its validators even so: the same unreadable bytes need not be sent again.
    """
    whole = answer.outcome == "body"
    after = replace(
        state,
        visits=state.visits + 1,
        last_visit_at=now,
        failures=state.failures + 1,
        failing_since=state.failing_since or now,
        error=answer.error,
        detail=answer.detail,
        redirect_url=None,
        redirect_seen=0,
        validators=answer.validators if whole else state.validators,
        body_hash=body_hash(answer.body) if whole else state.body_hash,
        reader=_reader(source) if whole else state.reader,
        unreadable=answer.error if whole else state.unreadable,
    )
    return Visit(replace(after, next_at=next_visit(source, after, now, _hints(answer))), "failed")


def retired(state: SourceState, answer: Answer, now: datetime) -> Visit:
    """410 Gone: the publisher asks not to be visited any more (RFC 9110, 15.5.11)."""
    after = replace(
        state, status="retired", visits=state.visits + 1, last_visit_at=now, next_at=None, error="gone",
        detail=answer.detail, failing_since=state.failing_since or now,
    )  # fmt: skip
    return Visit(after, "retired")


def unchanged(source: Source, state: SourceState, answer: Answer, now: datetime) -> Visit:
    """304, or the very bytes of last time. If those bytes could not be read, they still can't."""
    if state.unreadable:
        again = replace(answer, outcome="failed", error=state.unreadable, detail=state.detail)
        return failed(source, replace(state, validators=answer.validators), again, now)
    after = _healthy(state, answer, now)
    return Visit(replace(after, next_at=next_visit(source, after, now, _hints(answer))), "unchanged")


def read(source: Source, state: SourceState, answer: Answer, reading: Reading, now: datetime) -> SourceState:
    """The state after a document was read; its items are handled by the caller."""
    stated = (*(e.published_at or e.updated_at for e in reading.entries), *reading.as_before)
    dates = [d for d in stated if d is not None and d <= now]
    after = replace(
        _healthy(state, answer, now),
        validators=answer.validators,
        body_hash=body_hash(answer.body),
        reader=_reader(source),
        unreadable=None,
        title=source.title or reading.title or state.title,
        rhythm=rhythm_of(dates) or state.rhythm,
        newest_at=max(dates, default=state.newest_at),
    )
    return replace(after, next_at=next_visit(source, after, now, replace(_hints(answer), ttl=reading.ttl)))


def _healthy(state: SourceState, answer: Answer, now: datetime) -> SourceState:
    return replace(
        state, status="active", visits=state.visits + 1, last_visit_at=now, last_ok_at=now, failures=0,
        failing_since=None, error=None, detail="", validators=answer.validators,
    )  # fmt: skip


def _hints(answer: Answer) -> Hints:
    return Hints(max_age=answer.max_age, retry_after=answer.retry_after)


# ---------------------------------------------------------------------------------------------------- redirects
def redirected(before: SourceState, after: SourceState, answer: Answer, *, same_feed: bool) -> SourceState:
    """Count what a permanent redirect has proved, and adopt its target once it proved itself often enough.

    `same_feed`: the target parsed and carries the feed's title or items that we know from it. A temporary
    redirect (302, 303, 307) anywhere on the way leaves `answer.moved_to` empty and proves nothing.
    """
    if answer.moved_to is None or not same_feed:
        return replace(after, redirect_url=None, redirect_seen=0) if after.redirect_seen else after
    seen = before.redirect_seen + 1 if before.redirect_url == answer.moved_to else 1
    if seen >= PROOFS:
        return replace(after, adopted_url=answer.moved_to, redirect_url=None, redirect_seen=0)
    return replace(after, redirect_url=answer.moved_to, redirect_seen=seen)


# --------------------------------------------------------------------------------------------------------- news
def with_freshness(items: Sequence[Item], *, first: bool, now: datetime) -> tuple[Item, ...]:
    """Mark which items are news. Old ones are held and searchable but never mailed, so that neither a new source
    nor one that renumbered its archive floods anybody.

    `first`: this is the first time the source was read. Items without a date count as news when they appear in a
    source we know; of a new source only the first few in document order do. A dated occasion still to come is
    news whenever it was published.
    """
    limit, undated = (FIRST_WINDOW if first else AGE_LIMIT), 0
    marked = []
    for item in items:
        if item.published_at is not None:
            fresh = item.published_at >= now - limit
        else:
            undated += 1
            fresh = not first or undated <= FIRST_UNDATED
        marked.append(replace(item, fresh=fresh or _still_to_come(item, now), first_seen_at=now))
    return tuple(marked)


def _still_to_come(item: Item, now: datetime) -> bool:
    from aggregator.occasions import closed

    dated = item.occasion and (item.occasion.closes or item.occasion.starts)
    return dated is not None and not closed(item.occasion, now)
