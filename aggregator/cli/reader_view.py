"""A reader shown: as JSON for programs and as lines for people. Never with the token: it opens a link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aggregator.jsonlines import moment
from aggregator.model import Profile, Schedule, Subscriber

if TYPE_CHECKING:
    from aggregator.store import Store

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def as_json(reader: Subscriber) -> dict[str, Any]:
    """Everything we hold in a reader's row, but the token."""
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


def rhythm(schedule: Schedule) -> str:
    """`weekly, Tuesday 08:00 Europe/Zagreb`."""
    day = "" if schedule.frequency in ("daily", "weekdays") else f", {_DAYS[schedule.weekday - 1]}"
    return f"{schedule.frequency}{day} {schedule.hour:02}:00 {schedule.timezone}"


def paused(reader: Subscriber, now: datetime) -> str:
    """`paused until 2026-12-01 00:00` in the reader's zone, or nothing."""
    until = reader.paused_until
    if until is None or until <= now:
        return ""
    return f"paused until {until.astimezone(ZoneInfo(reader.schedule.timezone)):%Y-%m-%d %H:%M}"


def line(reader: Subscriber, now: datetime) -> str:
    """One reader in one line, for lists."""
    status = ", ".join(part for part in (reader.status, paused(reader, now)) if part)
    return f"{reader.id}  {reader.email}  {status}  {rhythm(reader.schedule)}"


def lines(reader: Subscriber, now: datetime) -> Iterator[str]:
    """One reader in full."""
    profile = reader.profile
    shown = {
        "id": reader.id,
        "name": reader.name,
        "status": ", ".join(part for part in (reader.status, paused(reader, now)) if part),
        "signed up": moment(reader.signed_up_at) or "",
        "letters": rhythm(reader.schedule),
        "topics": _weights(profile.topics),
        "keywords": "; ".join(profile.keywords),
        "searches": "; ".join(profile.searches),
        "muted": "; ".join(profile.mute),
        "followed": "; ".join(profile.follow),
        "learned": learned(profile),
        "discovery": "" if profile.discovery else "no",
        "kinds": _weights(profile.kinds),
        "languages": "; ".join(profile.languages) or "all",
        "country": profile.country or "",
        "letter in": reader.language,
        "at most": f"{reader.max_items} items" if reader.max_items else "",
        "edition": reader.edition,
    }
    yield reader.email
    for name, value in shown.items():
        if value:
            yield f"  {name:10} {value}"


def learned(profile: Profile) -> str:
    """What a reader's marks have taught, strongest first."""
    return "; ".join(f"{name} {value:+g}" for name, value in profile.learned.items())


def _weights(weights: Mapping[str, float]) -> str:
    return "; ".join(f"{name}:{weight:g}" for name, weight in weights.items())


def came_back(store: Store, subscriber_id: str) -> dict[str, Any]:
    """What reports on this reader's letters said; the mails themselves aren't kept."""
    found = store.returns.of(subscriber_id)
    return {
        "returns": [{"at": moment(r.at), "kind": r.kind, "action": r.action, "digest": r.digest} for r in found]
    }


def besides(store: Store, subscriber_id: str) -> dict[str, Any]:
    """What else is held on a reader: what came back, the issues, and the log of professional development."""
    back = came_back(store, subscriber_id) | issues_of(store, subscriber_id)
    return back | {"cpd": logged(store, subscriber_id)}


def logged(store: Store, subscriber_id: str) -> dict[str, Any]:
    """What the reader logged of professional development, and for which schemes."""
    from aggregator.cpd.jsonform import membership_json, to_json

    return {
        "schemes": [membership_json(one) for one in store.cpd.memberships(subscriber_id)],
        "activities": [to_json(one) for one in store.cpd.of(subscriber_id)],
    }


def issues_of(store: Store, subscriber_id: str) -> dict[str, Any]:
    """What this reader's letters said of the items they carried: the reasons, item by item."""
    ids = [kept.id for kept in store.issues.listed(subscriber_id)]
    found = [issue for id in ids if (issue := store.issues.get(id, subscriber_id))]
    return {"issues": [{"id": one.id, "reasons": {s.item.id: s.why for s in one.shown}} for one in found]}
