"""Living lists of what is dated, by what closes first: courses, events, calls; for commands and pages alike.

One entry stands for one run; the past runs of a course that has a newer one are named beside it, not listed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.jsonlines import moment, occasion_to_json
from aggregator.model import Item, Occasion
from aggregator.occasions import STATES, span, state
from aggregator.occasions.ical import calendar

LOOK_BACK = timedelta(days=400)  # as long as `prune` keeps the texts of items
PAST = frozenset({"closed_but_running", "closed", "ended", "withdrawn"})
COLUMNS = (
    "state", "closes", "opens", "starts", "ends", "title", "url", "source", "language", "price", "effort",
    "pacing", "certificate", "read_from",
)  # fmt: skip
EVENT_COLUMNS = (
    "state", "kind", "starts", "ends", "closes", "submissions", "early_bird", "title", "url", "source", "language",
    "place", "online", "price", "read_from",
)  # fmt: skip
_DATES = ("opens", "closes", "starts", "ends", "early_bird", "certificate_by", "access_ends", "submissions")
_NOT_SAID = "a field of the source"
_NEVER = datetime.max.replace(tzinfo=UTC)
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listed:
    """One run of a course, or an event or call, with its state at the moment, the name of its source, and the
    addresses of the past runs that it stands for."""

    item: Item
    state: str
    source: str = ""
    former: tuple[str, ...] = ()

    @property
    def occasion(self) -> Occasion:
        return self.item.occasion or Occasion()


def listed(items: Iterable[Item], now: datetime, sources: Mapping[str, str]) -> list[Listed]:
    """Without the past runs of courses that have a newer one; what closes first first, what is over last.
    `sources`: the names of source ids."""
    runs = (
        Listed(item, state(item.occasion, now, kind=item.kind), sources.get(item.source, item.source))
        for item in items
    )
    by_course: dict[str, list[Listed]] = {}
    for run in runs:
        by_course.setdefault(run.occasion.course or run.item.id, []).append(run)
    shown: list[Listed] = []
    for same in by_course.values():
        newest = max(same, key=begins)
        current = [run for run in same if run.state not in PAST] or [newest]
        former = tuple(run.item.url for run in same if run not in current and run.item.url)
        shown += [replace(run, former=former) for run in current]
    return sorted(shown, key=_urgency)


def begins(run: Listed) -> datetime:
    """The first moment that is known of it, for order only."""
    dates = [span(run.occasion, name) for name in ("starts", "closes", "ends")]
    return next((one.first for one in dates if one), _EVER)


def _urgency(run: Listed) -> tuple[int, datetime, datetime, str, str]:
    dates = span(run.occasion, "closes")
    rank = STATES.index(run.state)
    return rank, dates.last if dates else _NEVER, begins(run), run.item.title.casefold(), run.item.id


# ------------------------------------------------------------------------------------------------------- forms
def facts(run: Listed) -> dict[str, Any]:
    """What is known of a run, dates as ISO 8601 or null, and where each date was read."""
    item, occasion = run.item, run.occasion
    dates = {name: moment(getattr(occasion, name)) for name in _DATES}
    return {
        "id": item.id, "title": item.title, "url": item.url, "source": run.source, "language": item.language,
        "kind": item.kind, "state": run.state, **dates,
        "read_from": {name: occasion.said.get(name) or _NOT_SAID for name, day in dates.items() if day},
        "topics": [tag.id for tag in item.topics], "former_runs": list(run.former),
        "occasion": occasion_to_json(occasion),
    }  # fmt: skip


def as_json(runs: Iterable[Listed]) -> str:
    return json.dumps([facts(run) for run in runs], indent=2, ensure_ascii=False) + "\n"


def as_csv(runs: Iterable[Listed], columns: Sequence[str] = COLUMNS) -> str:
    """Comma-separated values (RFC 4180) under a row of names; no cell is one that a spreadsheet would compute."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(columns)
    for run in runs:
        told = facts(run)
        told |= {name: (told["occasion"] or {}).get(name, "") for name in columns if name not in told}
        told["read_from"] = "; ".join(f"{name}: {words}" for name, words in told["read_from"].items())
        rows.writerow([_cell(told[name]) for name in columns])
    return out.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def as_calendar(runs: Iterable[Listed], now: datetime, name: str) -> str:
    return calendar((run.item for run in runs), now, name)
