"""Everything that is held on one reader, as it is given to them: for the command line and the page alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from aggregator.jsonlines import moment
from aggregator.model import Subscriber
from aggregator.store import Store

_PAGE = 500  # issues asked for at once


def everything(store: Store, reader: Subscriber) -> dict[str, Any]:
    """All of it as JSON. The secret parts of links are left out: whoever reads the file could use them."""
    return as_json(reader) | {name: collect(store, reader) for name, collect in COLLECTED.items()}


def as_json(reader: Subscriber) -> dict[str, Any]:
    """Everything in a reader's own row, but the token."""
    profile, schedule = reader.profile, reader.schedule
    return {
        "id": reader.id,
        "email": reader.email,
        "name": reader.name,
        "status": reader.status,
        "signed_up_at": moment(reader.signed_up_at),
        "paused_until": moment(reader.paused_until),
        "profile": {
            "topics": dict(profile.topics),
            "keywords": list(profile.keywords),
            "searches": list(profile.searches),
            "kinds": dict(profile.kinds),
            "languages": list(profile.languages),
            "mute": list(profile.mute),
            "country": profile.country,
            "follow": list(profile.follow),
            "learned": dict(profile.learned),
            "discovery": profile.discovery,
        },
        "schedule": {
            "frequency": schedule.frequency,
            "weekday": schedule.weekday,
            "hour": schedule.hour,
            "timezone": schedule.timezone,
        },
        "language": reader.language,
        "max_items": reader.max_items,
        "edition": reader.edition,
    }


def _returns(store: Store, reader: Subscriber) -> Any:
    """What reports on this reader's letters said; the mails themselves aren't kept."""
    found = store.returns.of(reader.id)
    return [{"at": moment(r.at), "kind": r.kind, "action": r.action, "digest": r.digest} for r in found]


def _digests(store: Store, reader: Subscriber) -> Any:
    return [
        {"id": d.id, "period": d.period, "state": d.state, "made_at": moment(d.made_at), "reason": d.reason}
        for d in store.digests.of(reader.id)
    ]


def _items(store: Store, reader: Subscriber) -> Any:
    """What letters carried, and what waits for the next."""
    had = store.digests.had([reader.id]).get(reader.id, set())
    waiting = store.digests.waiting_items([reader.id]).get(reader.id, set()) - had
    beginning = datetime.min.replace(tzinfo=UTC)
    items = sorted(store.items.get([*had, *waiting]).values(), key=lambda i: (i.first_seen_at or beginning, i.id))
    return [{"id": i.id, "title": i.title, "url": i.url, "source": i.source, "sent": i.id in had} for i in items]


def _feedback(store: Store, reader: Subscriber) -> Any:
    marks = store.feedback.of(reader.id)
    return [{"item": m.item, "value": m.value, "about": m.traits, "at": moment(m.at)} for m in marks]


def _consents(store: Store, reader: Subscriber) -> Any:
    """Each act with the words that were shown, as far as there were any."""
    return [
        {
            "purpose": one.purpose, "act": one.act, "at": moment(one.at), "way": one.way, "language": one.language,
            "wording": one.wording, "words": store.consents.words(one.wording) if one.wording else None,
            "wish": one.wish,
        }
        for one in store.consents.of(reader.id)
    ]  # fmt: skip


def _cpd(store: Store, reader: Subscriber) -> Any:
    """What the reader logged of professional development, and for which schemes."""
    from aggregator.cpd.jsonform import membership_json, to_json

    return {
        "schemes": [membership_json(one) for one in store.cpd.memberships(reader.id)],
        "activities": [to_json(one) for one in store.cpd.of(reader.id)],
    }


def _issue_ids(store: Store, reader: Subscriber) -> list[str]:
    ids: list[str] = []
    while more := [kept.id for kept in store.issues.listed(reader.id, limit=_PAGE, offset=len(ids))]:
        ids += more
    return ids


def _issues(store: Store, reader: Subscriber) -> Any:
    """What this reader's letters said of the items they carried: the reasons, item by item."""
    found = [issue for id in _issue_ids(store, reader) if (issue := store.issues.get(id, reader.id))]
    return [{"id": one.id, "reasons": {s.item.id: s.why for s in one.shown}} for one in found]


def _feed(store: Store, reader: Subscriber) -> Any:
    """When the secret address of the reader's own feeds was made; the address itself is not kept."""
    key = store.feed_keys.of(reader.id)
    return {"made_at": moment(key.made_at), "ended": not key.hash} if key else None


def _move(store: Store, reader: Subscriber) -> Any:
    move = store.moves.of(reader.id)
    if move is None:
        return None
    confirmed = {"old_confirmed_at": moment(move.old_at), "new_confirmed_at": moment(move.new_at)}
    return {"email": move.email, "asked_at": moment(move.at)} | confirmed


# A new table with something on readers gets a line here, and one in `Subscribers.erase`.
COLLECTED: Mapping[str, Callable[[Store, Subscriber], Any]] = MappingProxyType(
    {
        "digests": _digests, "items": _items, "issues": _issues, "cpd": _cpd, "feed": _feed, "feedback": _feedback,
        "consents": _consents, "returns": _returns, "change_of_address": _move,
    }
)  # fmt: skip


# Where all of it would be much to read for its number alone.
_COUNTED: Mapping[str, Callable[[Store, Subscriber], int]] = MappingProxyType(
    {
        "issues": lambda store, reader: len(_issue_ids(store, reader)),
        "cpd": lambda store, reader: len(store.cpd.of(reader.id)),
    }
)


def counts(store: Store, reader: Subscriber) -> Iterator[tuple[str, int]]:
    """How much of each there is, where there is any."""
    for name, collect in COLLECTED.items():
        if name in _COUNTED:
            count = _COUNTED[name](store, reader)
        else:
            found = collect(store, reader)
            count = len(found) if isinstance(found, list) else int(found is not None)
        if count:
            yield name, count
