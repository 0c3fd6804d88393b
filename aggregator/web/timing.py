"""What readers choose from: how often, on which day, at which hour and in which time zone letters come."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from zoneinfo import available_timezones

from aggregator.web.words import N_, Words

WEEKDAYS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip
FREQUENCIES = {
    "daily": N_("Every day"),
    "weekdays": N_("Monday to Friday"),
    "weekly": N_("Every week"),
    "fortnightly": N_("Every two weeks"),
    "monthly": N_("Every month"),
}
_REGIONS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
)  # fmt: skip


Option = tuple[str, str]


def often(say: Words) -> list[Option]:
    return [(code, say.t(name)) for code, name in FREQUENCIES.items()]


def weekdays(say: Words) -> list[Option]:
    return [(str(number), say.t(name)) for number, name in enumerate(WEEKDAYS, 1)]


def hours() -> list[Option]:
    return [(str(hour), f"{hour:02}:00") for hour in range(24)]


@lru_cache(1)
def zone_names() -> frozenset[str]:
    """Every IANA name that this machine knows; looked up once."""
    return frozenset(available_timezones())


@lru_cache(1)
def zones() -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
    """(region, [(IANA name, what is read of it)]) in the order of the alphabet; UTC stands for itself."""
    known = sorted(zone_names())
    return [
        (
            region,
            [(name, name.partition("/")[2].replace("_", " ")) for name in known if name.startswith(region + "/")],
        )
        for region in _REGIONS
    ]
