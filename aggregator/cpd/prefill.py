"""An activity as a form shows it before the member has said anything: the facts of an item, copied.

What is filled in is a proposal. The time goes into `suggested_minutes` only, because nothing counts that the
member did not enter; opening or reading an item is never logged by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from types import MappingProxyType

from aggregator.cpd.record import Activity, Competency, Membership, Mode, SourceItem
from aggregator.cpd.scheme import Scheme
from aggregator.model import Item, Occasion
from aggregator.occasions import zone_of

_KINDS: Mapping[str, str] = MappingProxyType({
    "course": "course", "event": "conference", "thread": "discussion", "podcast": "media", "video": "media",
})  # fmt: skip
_ATTENDED = frozenset({"course", "event"})
_MOOC = re.compile(r"\bmooc\b", re.I)
_MOOC_PLATFORMS = re.compile(r"coursera|edx|futurelearn|openhpi|canvas network|federica|miriadax?|\bfun\b", re.I)
_WEBINAR = re.compile(r"webin\w*|online seminar|seminario online", re.I)
_WORKSHOP = re.compile(r"workshop|laboratori|radionic|atelier|taller\b", re.I)
_VISIT = re.compile(r"\b(study tour|library tour|visit|visita|posjet)\b", re.I)
_MINUTES = re.compile(r"(\d{1,4})\s*min\b")
_LONGEST_SITTING = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Setting:
    """Who logs it and when: the reader's id, day and zone, what sources and topics are called, in which letter the
    item was, the schemes the reader keeps a log for. `as_author`: the reader wrote the item."""

    subscriber: str
    today: date
    zone: tzinfo = UTC
    sources: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    seen_in: str = ""
    memberships: Sequence[Membership] = ()
    as_author: bool = False


def prefill(item: Item, setting: Setting, schemes: Mapping[str, Scheme]) -> Activity:
    """The form for an item. What one reads was read today; what one attends has the days of the item. A note on a
    conference is reading to its reader and writing to its author."""
    occasion = item.occasion or Occasion()
    kind = "writing" if setting.as_author else kind_of(item)
    attended = item.kind in _ATTENDED and not setting.as_author
    first, last = _days(occasion, setting) if attended else (setting.today, None)
    activity = Activity(
        id="",
        subscriber=setting.subscriber,
        title=item.title,
        start=first,
        end=last,
        kind=kind,
        mode=_mode(item, occasion, attended),
        role="author" if setting.as_author else "participant",
        provider=occasion.organiser or setting.sources.get(item.source, item.source),
        place=_place(occasion) if attended else "",
        suggested_minutes=None if setting.as_author else suggested_minutes(occasion, attended),
        source=SourceItem(item.id, item.url, item.title, item.kind, _source(item, setting), setting.seen_in),
        topics=tuple(setting.topics.get(tag.id, tag.id) for tag in item.topics),
        schemes=tuple(one.scheme for one in setting.memberships if one.scheme in schemes),
    )
    return replace(activity, competencies=proposed(activity, schemes))


def blank(setting: Setting, schemes: Mapping[str, Scheme]) -> Activity:
    """The form for something that was no item."""
    kept = tuple(one.scheme for one in setting.memberships if one.scheme in schemes)
    return Activity("", setting.subscriber, "", setting.today, kind="course", mode="non_formal", schemes=kept)


def invited(meeting: Activity, setting: Setting, schemes: Mapping[str, Scheme]) -> Activity:
    """The other side's entry about the same meeting, to be filled in: its facts and its secret, nothing that was
    written or claimed. The time is a suggestion until the other side enters one."""
    mentored = meeting.role != "mentee"
    return replace(
        blank(setting, schemes),
        title=meeting.title, start=meeting.start, end=meeting.end, provider=meeting.provider, place=meeting.place,
        kind="mentored" if mentored else "mentoring",
        role="mentee" if mentored else "mentor",
        mode=meeting.mode, suggested_minutes=meeting.minutes, topics=meeting.topics, meeting=meeting.meeting,
    )  # fmt: skip


def proposed(activity: Activity, schemes: Mapping[str, Scheme]) -> tuple[Competency, ...]:
    """The codes that schemes propose for this kind of activity, where they propose one and no other."""
    found = []
    for name in activity.schemes:
        for framework in schemes[name].frameworks:
            fitting = [code.id for code in framework.codes if activity.kind in code.kinds]
            if len(fitting) == 1:
                found.append(Competency(framework.id, fitting[0], framework.version))
    return tuple(dict.fromkeys(found))


def kind_of(item: Item) -> str:
    """The kind of activity that taking part in an item, or reading it, most likely is."""
    occasion, title = item.occasion or Occasion(), item.title
    kind = _KINDS.get(item.kind, "reading")
    if kind == "course" and (_MOOC.search(title) or _MOOC_PLATFORMS.search(occasion.platform)):
        return "mooc"
    if item.kind in _ATTENDED and _WEBINAR.search(title):
        return "webinar"
    if item.kind != "event":
        return kind
    if _WORKSHOP.search(title):
        return "workshop"
    return "visit" if _VISIT.search(title) else "webinar" if _one_sitting(occasion) else kind


def _one_sitting(occasion: Occasion) -> bool:
    length = _length(occasion)
    return bool(occasion.online) and length is not None and length <= timedelta(hours=3)


def _mode(item: Item, occasion: Occasion, attended: bool) -> Mode:
    if not attended:
        return "informal"
    return "formal" if "credit" in occasion.certificate.casefold() and item.kind == "course" else "non_formal"


def suggested_minutes(occasion: Occasion, attended: bool) -> int | None:
    """How long it takes, where the item says so: the lower end of the hours of a course, the length of a recording
    or of one sitting. Never from the run of a course, nor from the days of a conference."""
    if occasion.hours is not None and occasion.hours[0] > 0:
        return max(1, round(occasion.hours[0] * 60))
    if found := _MINUTES.fullmatch(occasion.effort.strip()):
        return int(found[1]) or None
    length = _length(occasion) if attended else None
    return round(length.total_seconds() / 60) if length else None


def _length(occasion: Occasion) -> timedelta | None:
    starts, ends = occasion.starts, occasion.ends
    if not isinstance(starts, datetime) or not isinstance(ends, datetime) or occasion.precision:
        return None
    return ends - starts if timedelta() < ends - starts <= _LONGEST_SITTING else None


def _days(occasion: Occasion, setting: Setting) -> tuple[date, date | None]:
    """First and last day on the calendar of the place, or of the reader where one can take part from anywhere."""
    zone = setting.zone if occasion.online else zone_of(occasion.zone) or setting.zone

    def day(name: str) -> date | None:
        value: datetime | date | None = getattr(occasion, name)
        if value is None or occasion.precision.get(name):
            return None
        return value.astimezone(zone).date() if isinstance(value, datetime) else value

    first, last = day("starts"), day("ends")
    first = first or min(last or setting.today, setting.today)
    return first, last if last is not None and last > first else None


def _place(occasion: Occasion) -> str:
    return occasion.place or ("online" if occasion.online else "")


def _source(item: Item, setting: Setting) -> str:
    return setting.sources.get(item.source, item.source)
