"""A reader shown in lines for people. Never with the token: it opens a link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from aggregator.jsonlines import moment
from aggregator.model import Profile, Schedule, Subscriber

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


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
