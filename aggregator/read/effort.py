"""How much work a course asks for, from what its provider wrote: "3-4 hours per week", "18 heures", `PT15H`.

Only hours in all are given as hours: those of a week need the number of weeks, which is never guessed from a
course's first and last day.
"""

from __future__ import annotations

import re

from aggregator.text import fold

Hours = tuple[float, float]

_NUMBER = r"\d{1,4}(?:[.,]\d{1,2})?"
_TO = r"(?:-|–|—|to|bis|a|e|al|do|tot|hasta|or|oder|ou|und)"
_RANGE = rf"(?<![\d.,:])(?P<low>{_NUMBER})(?:\s?{_TO}\s?(?P<high>{_NUMBER}))?\s?"
_HOURS = re.compile(
    _RANGE + r"(?P<unit>hours?|hrs?|h|heures?|or[ae]|stunden?|std|horas?|hores|sat[ia]?|uur|uren|timmar|timer"
    r"|godzin[ay]?|minut(?:es?|i|en|os?|a)|mins?)\b"
)  # fmt: skip
_WEEKS = re.compile(
    _RANGE + r"(?:weeks?|wks?|semaines?|settiman[ae]|wochen?|semanas?|setmanes|tjed(?:na|ana|an)|weken|veckor|uker"
    r"|tygodni\w*)\b"
)  # fmt: skip
_WEEKLY = re.compile(
    r"(?:per|an?|each|every|par|pro|je|alla|a la|por|na|i|/)\s?"
    r"(?:week|wk|semaine|sem|settimana|woche|semana|tjedan|tydzien|veckan?)\b"
    r"|/\s?(?:week|wk|w)\b|\bweekly\b|wochentlich|hebdomadaire|settimanal|semanal|\btjedno\b|tygodniowo|wekelijks"
)
_DAILY = re.compile(
    r"(?:per|a|each|every|par|pro|al|por|na|/)\s?(?:day|jour|tag|giorno|dia|dan)\b|\bdaily\b|taglich"
)
_ISO = re.compile(r"PT(?:(?P<hours>\d{1,4}(?:\.\d{1,2})?)H)?(?:(?P<minutes>\d{1,5})M)?(?:\d+S)?", re.I)
_ISO_WEEKS = re.compile(r"P(?:(?P<weeks>\d{1,3})W|(?P<days>\d{1,4})D)", re.I)
_CLOCK = re.compile(r"(?P<hours>\d{1,3}):(?P<minutes>[0-5]\d)(?::[0-5]\d)?")
_LONGEST = 300


def hours_of(text: str, weeks: float | None = None) -> Hours | None:
    """Hours in all, from and to, or None. Hours of a week count where the weeks are known, from the text or from
    `weeks`; several amounts that differ, hours of a day and mere numbers are nothing."""
    if iso := _ISO.fullmatch(text.strip()):
        total = float(iso["hours"] or 0) + float(iso["minutes"] or 0) / 60
        return (total, total) if total else None
    folded = fold(text[:_LONGEST])
    amounts = {_amount(found) for found in _HOURS.finditer(folded)}
    if len(amounts) != 1 or _DAILY.search(folded):
        return None
    low, high = amounts.pop()
    if low > high or not high:
        return None
    if not _WEEKLY.search(folded):
        return low, high
    return times(low, high, weeks_of(text) or weeks)


def times(low: float | None, high: float | None, weeks: float | None) -> Hours | None:
    """Hours in all from hours of a week, one of them missing or both, and weeks."""
    first = low if low is not None else high
    last = high if high is not None else low
    if not weeks or not first or not last or first > last:
        return None
    return round(first * weeks, 2), round(last * weeks, 2)


def weeks_of(text: str) -> float | None:
    """How many weeks: "6 semaines", `P6W`, `P42D`. A range of weeks is nothing."""
    if iso := _ISO_WEEKS.fullmatch(text.strip()):
        return float(iso["weeks"]) if iso["weeks"] else round(int(iso["days"]) / 7, 2)
    amounts = {_amount(weeks) for weeks in _WEEKS.finditer(fold(text[:_LONGEST]))}
    if len(amounts) != 1:
        return None
    low, high = amounts.pop()
    return low if low == high and low else None


def clock(text: str) -> float | None:
    """The hours of a week that Open edX writes as a clock: "05:00" is five, "02:30" two and a half."""
    found = _CLOCK.fullmatch(text.strip())
    return int(found["hours"]) + int(found["minutes"]) / 60 if found else None


def weekly(low: float | None, high: float | None) -> str:
    """Hours of a week in words: "3-4 hours per week"; nothing for nothing."""
    known = list(dict.fromkeys(amount for amount in (low, high) if amount))
    if not known:
        return ""
    return f"{'-'.join(f'{amount:g}' for amount in known)} {'hour' if known == [1] else 'hours'} per week"


def _amount(found: re.Match[str]) -> Hours:
    low = float(found["low"].replace(",", "."))
    high = float(found["high"].replace(",", ".")) if found["high"] else low
    minutes = found.groupdict().get("unit", "").startswith("min")
    return (round(low / 60, 2), round(high / 60, 2)) if minutes else (low, high)
