"""Items as JSON, one object a line: the form in which the pure stages talk to the outside.

Moments are written `YYYY-MM-DDTHH:MM:SSZ`, whole days `YYYY-MM-DD`, what is not known `null`. Reading is
tolerant: only `id`, `title` and `text` must be there, and what is not understood is left out, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any, Literal

from aggregator.model import ITEM_KINDS, KIND_ALIASES, Entry, Item, Occasion, Price, Tag

REQUIRED = ("id", "title", "text")
# Names that other collections of items use for the same thing; ours win where both are there.
ALIASES = {"date": "published_at", "lang": "language", "author_tags": "tags"}

_MORE_DAYS = ("opens", "submissions", "early_bird", "certificate_by", "access_ends", "recordings_until")
_FACTS: dict[str, type] = {
    "zone": str, "online": bool, "effort": str, "pacing": str, "certificate": str, "tutor": bool, "forum": bool,
    "organiser": str, "platform": str, "series": str, "course": str, "status": str, "sequence": int,
}  # fmt: skip


def moment(value: datetime | date | None) -> str | None:
    """A moment to the second in UTC, a whole day as a day, None as None."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        return value.isoformat()
    return value.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def moment_from(value: object) -> datetime | None:
    """The aware UTC moment of an ISO 8601 text (no zone means UTC, a day means its midnight), else None."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def to_json(thing: Item | Entry, source: str = "", id: str = "") -> dict[str, Any]:
    """An item, or an entry as its source said it (then with the `source` and `id` given here)."""
    return {
        "id": thing.id if isinstance(thing, Item) else id,
        "source": thing.source if isinstance(thing, Item) else source,
        "guid": thing.guid,
        "url": thing.url,
        "title": thing.title,
        "text": thing.text,
        "html": thing.html,
        "author": thing.author,
        "tags": list(thing.tags),
        "published_at": moment(thing.published_at),
        "updated_at": moment(thing.updated_at),
        "language": thing.language,
        "kind": thing.kind,
        "occasion": occasion_to_json(thing.occasion),
        **({"access": thing.access} if thing.access else {}),
    } | (_held(thing) if isinstance(thing, Item) else {"topics": [], "also_in": []})


def _held(item: Item) -> dict[str, Any]:
    return {
        "topics": [{"id": tag.id, "why": tag.why} for tag in item.topics],
        "also_in": list(item.also_in),
        "first_seen_at": moment(item.first_seen_at),
        "fresh": item.fresh,
        "follows": item.follows,
    }


def occasion_to_json(occasion: Occasion | None) -> dict[str, Any] | None:
    """The dated side of an item, or None. Dates, place, price and evidence always; the rest where it is known."""
    if occasion is None:
        return None
    always = {name: moment(getattr(occasion, name)) for name in ("starts", "ends", "closes")}
    always |= {"place": occasion.place, "price": occasion.price, "evidence": occasion.evidence}
    known: dict[str, Any] = {
        name: getattr(occasion, name) for name in (*_MORE_DAYS, *_FACTS, "hours", "precision", "said")
    }
    known["prices"] = [{k: v for k, v in asdict(one).items() if v not in ("", None)} for one in occasion.prices]
    rest = {name: moment(v) if isinstance(v, date) else v for name, v in known.items() if v not in ("", None)}
    return always | {name: list(v) if isinstance(v, tuple) else v for name, v in rest.items() if v or v is False}


def item_from_json(data: Mapping[str, Any]) -> Item:
    """The item that a JSON object describes.

    Raises ValueError naming what is missing. A kind by its other name is understood, an unknown or missing one
    is `post`; topics may be ids or objects of `id` and `why`; a moment that cannot be read is None.
    """
    missing = [name for name in REQUIRED if name not in data]
    if missing:
        raise ValueError(f"an item needs {', '.join(REQUIRED)}; missing: {', '.join(missing)}")
    data = {ALIASES[name]: data[name] for name in ALIASES if name in data} | dict(data)
    fields: dict[str, Any] = {
        **{
            name: _text(data.get(name))
            for name in ("id", "source", "guid", "url", "title", "text", "html", "author", "follows")
        },
        **{name: moment_from(data.get(name)) for name in ("published_at", "updated_at", "first_seen_at")},
        **{name: tuple(_texts(data.get(name))) for name in ("tags", "also_in")},
    }
    return Item(
        **fields,
        language=_text(data.get("language")) or None,
        kind=kind_from(data.get("kind")) or "post",
        occasion=occasion_from_json(data.get("occasion")),
        topics=tuple(_topics(data.get("topics"))),
        fresh=data.get("fresh") is not False,
        access=access_from(data.get("access")),
    )


def access_from(value: object) -> Literal["", "open", "restricted"]:
    """`open` or `restricted`, else nothing."""
    return "open" if value == "open" else "restricted" if value == "restricted" else ""


def kind_from(value: object) -> str | None:
    """One of ITEM_KINDS for a kind or another name of it, else None."""
    name = KIND_ALIASES.get(value, value) if isinstance(value, str) else None
    return name if name in ITEM_KINDS else None


def occasion_from_json(data: object) -> Occasion | None:
    """The occasion that a JSON object describes; None where there is none. What can't be read is left out."""
    if not isinstance(data, Mapping):
        return None
    days: dict[str, Any] = {
        name: day_or_moment(data.get(name)) for name in ("starts", "ends", "closes", *_MORE_DAYS)
    }
    facts: dict[str, Any] = {
        name: data[name] for name, kind in _FACTS.items() if isinstance(data.get(name), kind) and name in data
    }
    texts: dict[str, Any] = {name: _text(data.get(name)) for name in ("place", "price", "evidence")}
    hours, prices = data.get("hours"), data.get("prices")
    if isinstance(hours, list) and len(hours) == 2 and all(isinstance(one, int | float) for one in hours):
        facts["hours"] = (float(hours[0]), float(hours[1]))
    if isinstance(prices, list):
        facts["prices"] = tuple(_price(one) for one in prices if isinstance(one, Mapping))
    for name in ("precision", "said"):
        if isinstance(data.get(name), Mapping):
            facts[name] = {str(k): str(v) for k, v in data[name].items()}
    return Occasion(**days, **texts, **facts)


def _price(data: Mapping[str, Any]) -> Price:
    amount = data.get("amount")
    known = float(amount) if isinstance(amount, int | float) and not isinstance(amount, bool) else None
    return Price(amount=known, **{name: _text(data.get(name)) for name in ("label", "currency", "who", "covers")})


def day_or_moment(value: object) -> datetime | date | None:
    """A whole day where only a day is written, else the moment in UTC."""
    if isinstance(value, str) and len(value.strip()) <= 10:
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            return None
    return moment_from(value)


def _topics(value: object) -> Iterable[Tag]:
    for topic in value if isinstance(value, list | tuple) else ():
        tag = (
            Tag(_text(topic.get("id")), _text(topic.get("why")))
            if isinstance(topic, Mapping)
            else Tag(_text(topic))
        )
        if tag.id:
            yield tag


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [_text(one) for one in value if one is not None] if isinstance(value, list | tuple) else []


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)
