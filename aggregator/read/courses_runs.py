"""What every listing of courses shares: the key that the runs of a course have in common, and their languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from aggregator.language import base
from aggregator.text import fold, title_key

Moments = Mapping[str, datetime | date | None]
_YEAR = re.compile(r"\b(?:19|20)\d\d(?: ?[-/] ?(?:20)?\d\d)?\b")
_OPEN_EDX = re.compile(r"(?:course-v1:)?([^+/:\s]+)[+/]([^+/\s]+)(?:[+/][^+/\s]+)?")


def edx_course(key: str) -> str:
    """The course of an Open edX run: `org+code` of `course-v1:Org+Code+Run` and of the older `Org/Code/Run`."""
    found = _OPEN_EDX.fullmatch(key.strip())
    return fold(f"{found[1]}+{found[2]}") if found else fold(key)


def course_of(provider: str, title: str) -> str:
    """A key for a course that has no id of its own: who gives it and what it is called, years left out, since
    they tell its runs apart and not the course."""
    name = title_key(_YEAR.sub(" ", title)) or title_key(title)
    return f"{title_key(provider)}/{name}" if name else ""


def language(*stated: str) -> str | None:
    """The first language that is one: `en-us` and `English` are `en`; not known stays not known."""
    return next((code for text in stated if (code := base(text))), None)


def dated(found: Moments, names: Mapping[str, str]) -> tuple[dict[str, datetime | date], dict[str, str]]:
    """(the dates that are known, for each of them the field of the source in `names` that says so)."""
    known = {name: moment for name, moment in found.items() if moment is not None}
    return known, {name: names[name] for name in known}
