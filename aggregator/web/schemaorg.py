"""What pages say to machines, in the words of schema.org (30.0). Only what is known: a month is no day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aggregator.compose.listing import Listed
from aggregator.compose.plain import clean
from aggregator.jsonlines import moment
from aggregator.model import Occasion
from aggregator.web.shown import Row

_TYPES = {"course": "Course", "event": "Event", "post": "BlogPosting", "notes": "BlogPosting",
          "paper": "ScholarlyArticle", "news": "NewsArticle", "podcast": "PodcastEpisode", "video": "VideoObject",
          "thread": "DiscussionForumPosting", "job": "JobPosting"}  # fmt: skip
_STATUS = {
    "cancelled": "EventCancelled", "postponed": "EventPostponed", "moved_online": "EventMovedOnline",
}  # fmt: skip


_MODES = {
    True: "https://schema.org/OnlineEventAttendanceMode",
    False: "https://schema.org/OfflineEventAttendanceMode",
    None: None,
}


def of_run(run: Listed) -> dict[str, Any]:
    """A run of a course, or an event or call; `url` is the source's own page."""
    item, occasion = run.item, run.occasion
    shared = {"name": clean(item.title), "url": item.url, "inLanguage": item.language, "offers": _offers(occasion)}
    if item.kind == "course":
        said = {"@type": "Course", **shared, **_course(occasion, run.source)}
    else:
        status = f"https://schema.org/{_STATUS.get(occasion.status, 'EventScheduled')}"
        said = {"@type": "Event", **shared, **_event(occasion), "eventStatus": status}
    return {"@context": "https://schema.org", **_known(said)}


def of_item(row: Row, address: str) -> dict[str, Any]:
    """Any item: what search engines show. `address`: of our own page for it."""
    item, occasion = row.item, row.held.occasion or Occasion()
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": _TYPES.get(item.kind, "CreativeWork"),
        "@id": address,
        "name": item.title,
        "url": item.url or address,
        "description": item.excerpt,
        "inLanguage": item.language,
        "keywords": [label for _, label in item.topics],
    }
    return _known(said | dict(_by_kind(row, occasion)))


def _by_kind(row: Row, occasion: Occasion) -> Iterator[tuple[str, Any]]:
    item = row.item
    if item.kind == "event":
        yield from _event(occasion).items()
        if occasion.status in _STATUS:
            yield "eventStatus", f"https://schema.org/{_STATUS[occasion.status]}"
    elif item.kind == "course":
        yield from _course(occasion, item.source_title).items()
    else:
        yield "headline", item.title
        yield "datePublished", item.published
        yield "author", {"@type": "Person", "name": item.author} if item.author else None
        yield "publisher", _party(item.source_title)


def _course(occasion: Occasion, source: str) -> dict[str, Any]:
    mode = "online" if occasion.online else None
    instance = _known({"@type": "CourseInstance", **_days(occasion), "courseMode": mode})
    return {"provider": _party(occasion.organiser or source), "hasCourseInstance": instance}


def _event(occasion: Occasion) -> dict[str, Any]:
    return {
        **_days(occasion), "organizer": _party(occasion.organiser),
        "eventAttendanceMode": _MODES.get(occasion.online),
        "location": {"@type": "Place", "name": clean(occasion.place)} if occasion.place else None,
    }  # fmt: skip


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
