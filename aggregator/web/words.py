"""A reader's settings in words, for the page that shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aggregator.model import Schedule, Subscriber

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FREQUENCIES = {
    "daily": "Every day",
    "weekdays": "Monday to Friday",
    "weekly": "Every week",
    "fortnightly": "Every two weeks",
    "monthly": "Every month",
}
_STATES = {
    "unconfirmed": "Not confirmed yet: no letters are sent",
    "active": "Active: letters are sent",
    "left": "Left: no letters are sent",
    "suppressed": "Stopped: no letters are sent, because mail to this address came back or was reported",
}

Row = tuple[str, str]


def settings(reader: Subscriber, topics: Mapping[str, str]) -> list[Row]:
    """What the letter is chosen by and when it comes, as (label, value); what was not set is left out.

    `topics` gives the labels of topic ids.
    """
    profile = reader.profile
    rows = [
        ("Status", _status(reader)),
        ("Topics", _weighted(profile.topics, topics)),
        ("Muted topics", _names(profile.mute, topics)),
        ("Followed", ", ".join(profile.follow)),
        ("Learned from your marks", ", ".join(f"{name} {value:+g}" for name, value in profile.learned.items())),
        ("One item from outside my topics", "" if profile.discovery else "No"),
        ("Keywords", ", ".join(profile.keywords)),
        ("Saved searches", "; ".join(profile.searches)),
        ("Kinds", _weighted(profile.kinds, {})),
        ("Languages", ", ".join(profile.languages) or "All"),
        ("Country", profile.country or ""),
        ("Items in a letter", f"At most {reader.max_items}" if reader.max_items else ""),
        *_when(reader.schedule),
    ]
    return [(label, value) for label, value in rows if value]


def _status(reader: Subscriber) -> str:
    if reader.status == "active" and reader.paused_until:
        # the stored moment, not a claim about today: whether it has passed is the reader's clock to say
        return f"Active; paused until {reader.paused_until:%d %B %Y, %H:%M} UTC"
    return _STATES[reader.status]


def _when(schedule: Schedule) -> list[Row]:
    """Frequency, day, hour and zone. A weekday says nothing to somebody who gets a letter every day."""
    weekday = "" if schedule.frequency in ("daily", "weekdays") else _WEEKDAYS[schedule.weekday - 1]
    return [
        ("Frequency", _FREQUENCIES.get(schedule.frequency, schedule.frequency)),
        ("Weekday", weekday),
        ("Hour", f"{schedule.hour:02}:00"),
        ("Time zone", schedule.timezone),
    ]


def _weighted(weights: Mapping[str, float], labels: Mapping[str, str]) -> str:
    """Heaviest first, the weight shown where it is not the usual 1."""
    ordered = sorted(weights.items(), key=lambda pair: (-pair[1], labels.get(pair[0], pair[0])))
    return ", ".join(labels.get(id, id) + (f" (×{weight:g})" if weight != 1 else "") for id, weight in ordered)


def _names(ids: Iterable[str], labels: Mapping[str, str]) -> str:
    return ", ".join(sorted(labels.get(id, id) for id in ids))
