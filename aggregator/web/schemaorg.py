"""What a page says to machines of one dated item, in the words of schema.org (30.0): Course and CourseInstance, or
Event."""

from __future__ import annotations

from typing import Any

from aggregator.compose.listing import Listed
from aggregator.compose.plain import clean
from aggregator.jsonlines import moment
from aggregator.model import Occasion

_STATUS = {
    "cancelled": "EventCancelled", "postponed": "EventPostponed", "moved_online": "EventMovedOnline",
}  # fmt: skip


def described(run: Listed) -> dict[str, Any]:
    """Only what is known; `url` is the source's own page."""
    item, occasion = run.item, run.occasion
    shared = {"name": clean(item.title), "url": item.url, "inLanguage": item.language, "offers": _offers(occasion)}
    if item.kind == "course":
        instance = {
            "@type": "CourseInstance", **_days(occasion),
            "courseMode": "online" if occasion.online else None, "courseWorkload": None,
        }  # fmt: skip
        said = {"@type": "Course", **shared, "provider": _party(occasion.organiser or run.source),
                "hasCourseInstance": _known(instance)}  # fmt: skip
    else:
        said = {
            "@type": "Event", **shared, **_days(occasion), "organizer": _party(occasion.organiser),
            "eventStatus": f"https://schema.org/{_STATUS.get(occasion.status, 'EventScheduled')}",
            "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode" if occasion.online else None,
            "location": {"@type": "Place", "name": occasion.place} if occasion.place else None,
        }  # fmt: skip
    return {"@context": "https://schema.org", **_known(said)}


def _days(occasion: Occasion) -> dict[str, str | None]:
    exact = {name for name in ("starts", "ends") if not occasion.precision.get(name)}
    return {
        "startDate": moment(occasion.starts) if "starts" in exact else None,
        "endDate": moment(occasion.ends) if "ends" in exact else None,
    }


def _offers(occasion: Occasion) -> list[dict[str, Any]]:
    closes = moment(occasion.closes) if not occasion.precision.get("closes") else None
    return [
        _known({"@type": "Offer", "name": price.label, "price": price.amount, "priceCurrency": price.currency,
                "validThrough": closes})
        for price in occasion.prices if price.amount is not None
    ]  # fmt: skip


def _party(name: str) -> dict[str, str] | None:
    return {"@type": "Organization", "name": clean(name)} if clean(name) else None


def _known(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value not in (None, "", [])}
