"""Three invented readers whose letters fall due in the very hour of the tour, by the ordinary rules."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

# Less than the shortest period, so that exactly one period has fallen due since.
SIGNED_UP = timedelta(hours=12)

_READERS: tuple[Mapping[str, str], ...] = (
    {
        "email": "ann.archer@example.org", "name": "Ann Archer", "topics": "mentoring:3;cpd:2", "languages": "en",
        "frequency": "weekly", "timezone": "Europe/London",
    },
    {
        "email": "giulia.neri@example.org", "name": "Giulia Neri", "topics": "moocs:3;public-libraries:2",
        "languages": "it", "frequency": "weekly", "timezone": "Europe/Rome", "language": "it",
    },
    {
        "email": "sam.okafor@example.org", "name": "Sam Okafor", "topics": "cataloguing-metadata:3;linked-data:2",
        "keywords": "Wikibase", "mute": "careers", "frequency": "daily", "timezone": "Africa/Lagos",
        "max_items": "6",
    },
)  # fmt: skip
_COLUMNS = (
    "email", "name", "topics", "keywords", "mute", "languages", "frequency", "weekday", "hour", "timezone",
    "language", "max_items",
)  # fmt: skip


def roster(now: datetime) -> str:
    """A readers.csv: Ann (mentoring, English, weekly), Giulia (MOOCs, Italian, weekly), Sam (metadata, any
    language, daily).

    Each asks for letters on the day and at the hour that it is at `now` on their own clock, so that who signed up
    `SIGNED_UP` ago has exactly one period that fell due, within the last hour.
    """
    text = io.StringIO()
    table = csv.DictWriter(text, _COLUMNS, restval="", lineterminator="\n")
    table.writeheader()
    for reader in _READERS:
        local = now.astimezone(ZoneInfo(reader["timezone"]))
        table.writerow({**reader, "weekday": str(local.isoweekday()), "hour": str(local.hour)})
    return text.getvalue()
