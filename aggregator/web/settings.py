"""A reader's settings in words, for the pages that show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from aggregator.compose.languages import country_names
from aggregator.compose.zones import zone_named
from aggregator.model import Schedule, Subscriber
from aggregator.rank.wishes import AUTHOR, SOURCE
from aggregator.schedule import next_due
from aggregator.web.timing import FREQUENCIES, WEEKDAYS
from aggregator.web.words import N_, Words

_STATES = {
    "unconfirmed": N_("Not confirmed yet: no letters are sent"),
    "active": N_("Active: letters are sent"),
    "left": N_("Left: no letters are sent"),
    "suppressed": N_("Stopped: no letters are sent, because mail to this address came back or was reported"),
}
# What kinds of things are called where several are meant.
KINDS = {
    "post": N_("Blog posts"), "notes": N_("Notes from conferences"), "course": N_("Courses"),
    "event": N_("Events"), "call": N_("Calls for papers"), "job": N_("Jobs"), "paper": N_("Papers"),
    "thread": N_("Discussions"),
    "podcast": N_("Podcasts"), "video": N_("Videos"), "news": N_("News"), "release": N_("Software releases"),
    "other": N_("Everything else"),
}  # fmt: skip

Row = tuple[str, str]


def settings(reader: Subscriber, topics: Mapping[str, str], sources: Mapping[str, str], say: Words) -> list[Row]:
    """What the letter is chosen by and when it comes, as (label, value); what was not set is left out.

    `topics` gives the labels of topic ids, `sources` the titles of sources.
    """
    profile = reader.profile
    names = Names(topics, sources, say)
    most = say.t("At most {count}", count=reader.max_items) if reader.max_items else ""
    rows = [
        (say.t("Status"), status(reader, say)),
        (say.t("Topics"), _weighted(profile.topics, topics)),
        (say.t("Keywords"), ", ".join(profile.keywords)),
        (say.t("Saved searches"), "; ".join(profile.searches)),
        (say.t("Followed"), names.listed(profile.follow)),
        (say.t("Never wanted"), names.listed(profile.mute)),
        (say.t("Kinds"), names.kinds(profile.kinds)),
        (say.t("Languages"), ", ".join(names.language(code) for code in profile.languages) or say.t("All")),
        (say.t("Country"), names.country(profile.country or "")),
        (say.t("One item from outside my topics"), "" if profile.discovery else say.t("No")),
        (say.t("Items in a letter"), most),
        *_when(reader.schedule, say),
    ]
    return [(label, value) for label, value in rows if value]


def in_short(
    reader: Subscriber, topics: Mapping[str, str], sources: Mapping[str, str], say: Words
) -> dict[str, str]:
    """Each group of the page of choices in a line: what is set in it, or nothing."""
    profile, names = reader.profile, Names(topics, sources, say)
    followed = say.t("Follow: {names}", names=names.listed(profile.follow)) if profile.follow else ""
    by_name = [name for name in profile.mute if name.startswith((SOURCE, AUTHOR))]
    never = say.t("Never: {names}", names=names.listed(by_name)) if by_name else ""
    languages = ", ".join(map(names.language, profile.languages)) or say.t("All languages")
    when = [value for _, value in _when(reader.schedule, say)[:3] if value]
    place = say.say.clock(reader.schedule.timezone)
    return {
        "topics": _weighted(profile.topics, topics),
        "words": ", ".join((*profile.keywords, *profile.searches)),
        "names": "; ".join(filter(None, (followed, never))),
        "kinds": ", ".join(
            filter(None, (names.kinds(profile.kinds), languages, names.country(profile.country or "")))
        ),
        "times": ", ".join([*when, place]),
        "language": ", ".join(filter(None, (names.language(reader.language), reader.name))),
    }


class Names:
    """What is called how in the reader's language."""

    def __init__(self, topics: Mapping[str, str], sources: Mapping[str, str], say: Words) -> None:
        self._topics, self._sources, self._say = topics, sources, say

    def one(self, name: str) -> str:
        """A topic, `source:ID`, `author:NAME` or `kind:NAME` as people call it."""
        mark, _, rest = name.partition(":")
        if name.startswith(SOURCE):
            return self._sources.get(rest) or rest
        if name.startswith(AUTHOR):
            return rest
        if mark == "kind":
            return self._say.t(KINDS[rest]) if rest in KINDS else rest
        id = rest if mark == "topic" else name
        return self._topics.get(id, id)

    def listed(self, names: Iterable[str]) -> str:
        return ", ".join(sorted(map(self.one, names), key=str.casefold))

    def kinds(self, factors: Mapping[str, float]) -> str:
        said = {0.0: self._say.t("never")}
        return ", ".join(
            f"{self.one(f'kind:{kind}')} ({said.get(factor) or f'×{factor:g}'})"
            for kind, factor in factors.items()
        )

    def language(self, code: str) -> str:
        return self._say.say.language(code) or code

    def country(self, code: str) -> str:
        return country_names(self._say.code, (code,))[0][1] if code else ""


def status(reader: Subscriber, say: Words) -> str:
    if reader.status == "active" and reader.paused_until:
        # the stored moment, not a claim about today: whether it has passed is the reader's clock to say
        moment = f"{say.say.day(reader.paused_until.date())}, {reader.paused_until:%H:%M} UTC"
        return say.t("Active; paused until {moment}", moment=moment)
    return say.t(_STATES[reader.status])


def when(say: Words, reader: Subscriber, now: datetime) -> str:
    """When the next letter is due, by the reader's clock; nothing where none comes."""
    if reader.status != "active":
        return ""
    at = next_due(reader, max(now, reader.paused_until or now)).astimezone(zone_named(reader.schedule.timezone))
    clock = say.say.clock(reader.schedule.timezone)
    day, time = say.say.weekday(at.date()), at.strftime("%H:%M")
    return say.t("{day}, {time}, {clock}", day=day, time=time, clock=clock)


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
