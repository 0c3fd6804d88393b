"""A reader's settings in words, for the page that shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aggregator.model import Schedule, Subscriber
from aggregator.web.choices import FREQUENCIES, WEEKDAYS
from aggregator.web.words import N_, Words

_STATES = {
    "unconfirmed": N_("Not confirmed yet: no letters are sent"),
    "active": N_("Active: letters are sent"),
    "left": N_("Left: no letters are sent"),
    "suppressed": N_("Stopped: no letters are sent, because mail to this address came back or was reported"),
}

Row = tuple[str, str]


def settings(reader: Subscriber, topics: Mapping[str, str], say: Words) -> list[Row]:
    """What the letter is chosen by and when it comes, as (label, value); what was not set is left out.

    `topics` gives the labels of topic ids.
    """
    profile = reader.profile
    learned = ", ".join(f"{name} {value:+g}" for name, value in profile.learned.items())
    most = say.t("At most {count}", count=reader.max_items) if reader.max_items else ""
    rows = [
        (say.t("Status"), _status(reader, say)),
        (say.t("Topics"), _weighted(profile.topics, topics)),
        (say.t("Muted topics"), _names(profile.mute, topics)),
        (say.t("Followed"), ", ".join(profile.follow)),
        (say.t("Learned from your marks"), learned),
        (say.t("One item from outside my topics"), "" if profile.discovery else say.t("No")),
        (say.t("Keywords"), ", ".join(profile.keywords)),
        (say.t("Saved searches"), "; ".join(profile.searches)),
        (say.t("Kinds"), _weighted(profile.kinds, {})),
        (say.t("Languages"), ", ".join(profile.languages) or say.t("All")),
        (say.t("Country"), profile.country or ""),
        (say.t("Items in a letter"), most),
        *_when(reader.schedule, say),
    ]
    return [(label, value) for label, value in rows if value]


def _status(reader: Subscriber, say: Words) -> str:
    if reader.status == "active" and reader.paused_until:
        # the stored moment, not a claim about today: whether it has passed is the reader's clock to say
        moment = f"{say.say.day(reader.paused_until.date())}, {reader.paused_until:%H:%M} UTC"
        return say.t("Active; paused until {moment}", moment=moment)
    return say.t(_STATES[reader.status])


def _when(schedule: Schedule, say: Words) -> list[Row]:
    """Frequency, day, hour and zone. A weekday says nothing to somebody who gets a letter every day."""
    daily = schedule.frequency in ("daily", "weekdays")
    return [
        (say.t("Frequency"), say.t(FREQUENCIES.get(schedule.frequency, schedule.frequency))),
        (say.t("Weekday"), "" if daily else say.t(WEEKDAYS[schedule.weekday - 1])),
        (say.t("Hour"), f"{schedule.hour:02}:00"),
        (say.t("Time zone"), schedule.timezone),
    ]


def _weighted(weights: Mapping[str, float], labels: Mapping[str, str]) -> str:
    """Heaviest first, the weight shown where it is not the usual 1."""
    ordered = sorted(weights.items(), key=lambda pair: (-pair[1], labels.get(pair[0], pair[0])))
    return ", ".join(labels.get(id, id) + (f" (×{weight:g})" if weight != 1 else "") for id, weight in ordered)


def _names(ids: Iterable[str], labels: Mapping[str, str]) -> str:
    return ", ".join(sorted(labels.get(id, id) for id in ids))
