"""Where something takes place, as schema.org says it: Place, VirtualLocation, text, or several of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aggregator.read.terms import as_list, last_part, name_of, names_of, text_of
from aggregator.text import title

_ADDRESS = ("streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry")
_ONLINE = re.compile(r"online|on-line|virtual|remote|zoom|webinar|en ligne|en línea|distance|teams\b", re.I)
_ONSITE = re.compile(r"on-?site|in[ -]person|offline|face[ -]to[ -]face|classroom|in presenza|en présentiel", re.I)
_BLENDED = re.compile(r"blended|hybrid|mixed|misto|mista|hybride", re.I)


def place_of(thing: Mapping[str, Any]) -> tuple[str, bool | None]:
    """(place, online): what can be shown of the place, and whether one can take part from anywhere.

    Online is what the source says: its mode of attendance, a virtual location, or a place that is called so.
    Hybrid is online with a place. An address by itself does not say that one can't take part online: None.
    """
    known = [_one(location) for location in as_list(thing.get("location"))[:20]]
    place = "; ".join(dict.fromkeys(name for name, _ in known if name))[:300]
    said = mode_of(last_part(thing.get("eventAttendanceMode")))
    if said is None and any(virtual for _, virtual in known):
        said = True
    return place, said


def mode_of(text: str) -> bool | None:
    """Whether words such as `OnlineEventAttendanceMode`, `blended`, `onsite` allow to take part online; None
    where they don't say."""
    if _BLENDED.search(text):
        return True
    if _ONSITE.search(text):
        return bool(_ONLINE.search(_ONSITE.sub("", text)))
    return True if _ONLINE.search(text) else None


def _one(location: Any) -> tuple[str, bool]:
    if not isinstance(location, Mapping):
        text = names_of(location)
        return text[:300], bool(_ONLINE.search(text) or text_of(location).startswith(("http://", "https://")))
    name = name_of(location)
    if "VirtualLocation" in (location.get("@type") or ()):
        return "", True  # its address is often personal
    parts = [name, *_address(location.get("address"))]
    kept = [part for at, part in enumerate(parts) if part and not any(part in other for other in parts[:at])]
    return ", ".join(kept)[:300], bool(_ONLINE.search(name))


def _address(address: Any) -> list[str]:
    found: list[str] = []
    for one in as_list(address):
        if isinstance(one, Mapping):
            found += [_country(one.get(key)) for key in _ADDRESS]
        else:
            found.append(title(text_of(one)))
    return found


def _country(value: Any) -> str:
    return name_of(value) if isinstance(value, Mapping) else title(text_of(value))
