"""Recurrence rules (RFC 5545, 3.3.10), checked before anything expands them.

The library that expands them never comes back from a rule that recurs by the second or whose INTERVAL is 0, and
takes minutes over one that never comes true. What passes here takes milliseconds.
"""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from aggregator.read.calendar_times import Clock, Time, as_datetime, as_day
from aggregator.read.calendar_zones import Zone

_FREQUENCIES = {"DAILY": timedelta(days=1), "WEEKLY": timedelta(days=7), "MONTHLY": None, "YEARLY": None}
_SUB_DAILY = frozenset({"HOURLY", "MINUTELY", "SECONDLY"})
_RANGES = {
    "BYMONTH": (1, 12), "BYMONTHDAY": (-31, 31), "BYYEARDAY": (-366, 366), "BYWEEKNO": (-53, 53),
    "BYSETPOS": (-366, 366), "BYHOUR": (0, 23), "BYMINUTE": (0, 59), "BYSECOND": (0, 59),
}  # fmt: skip
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_FOR_EVER = re.compile(r"2[3-9]\d\d|[3-9]\d{3}")  # a year, as some write it for "without end"
_TIMES_A_DAY = 24
_MOST_VALUES = 400
_CYCLE = 400  # years after which the days of the week fall on the same dates
_LATE = range(9_901, 9_929)  # 28 years that begin on each day of the week, leap or not


class Unusable(ValueError):
    """A rule that is not followed; says why."""


def tame(text: str, starts: Time, zone: Zone | None, clock: Clock, begins: datetime) -> tuple[str, Time]:
    """(the rule in a form that is safe to expand, the start to expand it from), in the local time of `starts`.

    `begins` is the earliest local time that anybody asks for: a rule without COUNT need not be followed from its
    beginning. Raises Unusable for rules that recur within a day, are mistaken, never come true, or are over.
    """
    parts = dict(part.split("=", 1) for part in re.sub(r"\s", "", text).upper().split(";") if "=" in part)
    kept = _kept(parts)
    until = _until(parts.get("UNTIL", ""), starts, zone, clock)
    if until is not None and as_datetime(until) < begins:
        raise Unusable("it ended before what is asked for")
    kept = {name: value for name, value in kept.items() if value}
    if not _happens(";".join(f"{name}={value}" for name, value in kept.items() if name != "COUNT"), starts):
        raise Unusable("it never comes true")
    if until is not None:
        kept.pop("COUNT", None)
        form = "%Y%m%dT%H%M%S" if isinstance(until, datetime) else "%Y%m%d"
        kept["UNTIL"] = until.strftime(form).zfill(15 if isinstance(until, datetime) else 8)
    return ";".join(f"{name}={value}" for name, value in kept.items()), _later(kept, starts, begins)


def _kept(parts: Mapping[str, str]) -> dict[str, str]:
    frequency = parts.get("FREQ", "")
    if frequency in _SUB_DAILY:
        raise Unusable(f"it recurs {frequency.lower()}: more than once a day")
    if frequency not in _FREQUENCIES:
        raise Unusable(f"FREQ={frequency[:20]} is none")
    if "BYEASTER" in parts or parts.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise Unusable("it follows another calendar")
    kept = {"FREQ": frequency, "INTERVAL": _count(parts.get("INTERVAL", "1"), 1, 1000)}
    if "COUNT" in parts and not parts["COUNT"].startswith("-"):
        kept["COUNT"] = _count(parts["COUNT"], 1, 100_000)
    if "WKST" in parts and _DAY.fullmatch(parts["WKST"]):
        kept["WKST"] = parts["WKST"][-2:]
    for name, (least, most) in _RANGES.items():
        if parts.get(name):
            kept[name] = ",".join(_count(one, least, most) for one in parts[name].split(",") if one)
    kept["BYDAY"] = _days(parts.get("BYDAY", ""), numbered=frequency in ("MONTHLY", "YEARLY"))
    if frequency != "YEARLY":
        kept.pop("BYWEEKNO", None)
    _refuse_too_many(kept)
    return kept


def _refuse_too_many(kept: Mapping[str, str]) -> None:
    if any(value.count(",") >= _MOST_VALUES for value in kept.values()):
        raise Unusable("it names too many values")
    times = 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= 1 + kept.get(name, "").count(",")
    if times > _TIMES_A_DAY:
        raise Unusable("it recurs too often within a day")
    if "BYSETPOS" in kept and not any(name in kept for name in (*_RANGES, "BYDAY") if name != "BYSETPOS"):
        raise Unusable("BYSETPOS needs another BY")


def _count(text: str, least: int, most: int) -> str:
    if not re.fullmatch(r"[+-]?\d{1,6}", text) or not least <= int(text) <= most:
        raise Unusable(f"{text[:20]!r} is not between {least} and {most}")
    if least < 0 and int(text) == 0:
        raise Unusable("0 is no position")
    return str(int(text))


def _days(text: str, *, numbered: bool) -> str:
    found = [_DAY.fullmatch(one) for one in text.split(",") if one]
    if any(one is None or abs(int(one[1] or 1)) not in range(1, 54) for one in found):
        raise Unusable(f"BYDAY={text[:20]} names no days")
    return ",".join((one[1] or "" if numbered else "") + one[2] for one in found if one)


def _until(text: str, starts: Time, zone: Zone | None, clock: Clock) -> Time | None:
    """The last moment in the time and kind of the start: a day includes what begins on it."""
    if _FOR_EVER.match(text):
        return None
    found = clock.read(text) if text else None
    if found is None:
        if text:
            raise Unusable(f"UNTIL={text[:20]} is no time")
        return None
    until = clock.local(found, zone)
    if not isinstance(starts, datetime):
        return as_day(until)
    return until if isinstance(until, datetime) else as_datetime(until) + timedelta(days=1, seconds=-1)


def _happens(rule: str, starts: Time) -> bool:
    """Whether a rule comes true at all. dateutil searches to the year 9999, so it is let start not long before:
    the calendar of 400 years later is the same. Of days and weeks, the last 70 years are enough."""
    from dateutil.rrule import rrulestr

    start = as_datetime(starts)
    first = 9_999 - 2 * _CYCLE + 1
    year = first + (start.year - first) % _CYCLE
    if "FREQ=DAILY" in rule or "FREQ=WEEKLY" in rule:
        year = next(one for one in _LATE if _alike(one, year))
    return next(iter(rrulestr(rule, dtstart=start.replace(year=year))), None) is not None


def _alike(one: int, other: int) -> bool:
    """Whether two years have the same calendar."""
    return isleap(one) == isleap(other) and date(one, 1, 1).weekday() == date(other, 1, 1).weekday()


def _later(kept: Mapping[str, str], starts: Time, begins: datetime) -> Time:
    """A later start from which a rule by days or weeks falls on the same dates."""
    period = _FREQUENCIES[kept["FREQ"]]
    if period is None or "COUNT" in kept:
        return starts
    step = period * int(kept["INTERVAL"])
    passed = (begins - as_datetime(starts)) // step - 1
    return starts + step * passed if passed > 0 else starts
