"""One event of a calendar as an entry: its page, its text, its occasion; nothing personal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from aggregator.language import base
from aggregator.model import Entry, Occasion, Price
from aggregator.occasions import announced
from aggregator.read import fields
from aggregator.read.calendar_lines import Component
from aggregator.read.calendar_times import Clock, Span
from aggregator.text import fold, one_line, title
from aggregator.urls import absolute, is_web

Status = Literal["", "confirmed", "tentative", "cancelled", "postponed", "moved_online", "sold_out"]

_MAIL = re.compile(r"(?:mailto:)?[\w.+'-]{1,64}(?:@|\(at\)|\[at\])[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}", re.I)
_TELEPHONE = re.compile(r"(?<![\w/=&?+.-])(?:tel:)?\+\d[\d \t().\-/\xa0]{6,24}\d(?:,*\d+#)*")
_ADDRESS = re.compile(r"https?://[^\s<>\"'\\]+", re.I)
# Where one joins a meeting rather than reads about it.
_JOIN = re.compile(
    r"https?://(?:[\w-]+\.)*(?:zoom\.(?:us|com)/(?:j|my|w|s)/|teams\.(?:microsoft|live)\.com/|meet\.google\.com/"
    r"|webex\.com/|bluejeans\.com/|whereby\.com/|jit\.si/|meet\.|bbb\.|join\.skype\.com/|gotomeet|global\.gotomeeting"
    r"|aka\.ms/jointeams|support\.google\.com/|tel\.meet/)",
    re.I,
)
_ONLINE = re.compile(
    r"\b(?:on-?line|virtual(?:ly|e|ne)?|virtuel(?:le)?|virtuell|webinar|zoom|(?:ms|microsoft) teams"
    r"|teams meeting|google meet|webex|en ligne|in linea|en linea|mrezno|hybrid|ibrido|hibrido|a distanza)\b"
)
_ONLINE_WORDS = frozenset(
    {"on", "line", "online", "virtual", "virtuell", "virtuel", "webinar", "zoom", "ms", "microsoft", "teams",
     "google", "meet", "webex", "en", "ligne", "in", "linea", "event", "meeting", "only", "via", "mrezno"}
)  # fmt: skip
_WORD = re.compile(r"\w+")
_STATUSES: dict[str, Status] = {
    "CONFIRMED": "confirmed", "TENTATIVE": "tentative", "CANCELLED": "cancelled", "CANCELED": "cancelled",
}  # fmt: skip
# "CFP closes": an event of its own that is the deadline of another (listings: iCalendar).
_PROPOSALS = (
    r"(?:cfp|call for (?:papers|proposals|posters|abstracts|participation)|proposals?|abstracts?|submissions?)"
)
_CLOSES = r"(?:clos(?:es|ing)|deadline|due|ends?)"
_CALL = re.compile(rf"\b{_PROPOSALS}\b.{{0,40}}\b{_CLOSES}\b|\bdeadline\b.{{0,30}}\b{_PROPOSALS}\b")


_OF_TITLE = 300  # characters that are looked at


@dataclass(frozen=True, slots=True)
class Frame:
    """What holds for all events of one calendar: how to read their times, where it was found, the zone that it
    is kept in, whether it withdraws what it lists (METHOD:CANCEL)."""

    clock: Clock
    url: str = ""
    zone: str = ""
    cancelled: bool = False

    def span(self, event: Component) -> Span | None:
        """When an event is, as it says itself."""
        try:
            return self.clock.span(event)
        except OverflowError:
            return None


def entry_of(event: Component, span: Span | None, guid: str, frame: Frame) -> Entry:
    """The entry for an event that is known by `guid` and happens at `span` (None: nobody knows when)."""
    name = title(_impersonal(event.text("SUMMARY")))
    url = _page(event, frame.url)
    html, text = _body(event, url or frame.url)
    occasion = _occasion(event, span, frame, name)
    return Entry(
        guid=fields.identifier(guid),
        url=url,
        title=name,
        html=html,
        text=text,
        tags=fields.tags(_impersonal(tag) for one in event.all("CATEGORIES") for tag in one.texts),
        updated_at=_changed(event, frame.clock),
        language=_language(event),
        kind="call" if occasion is not None and occasion.submissions else "event",
        occasion=occasion,
    )


def _impersonal(text: str) -> str:
    """Text without addresses of mail and telephone numbers."""
    if "@" in text or "(at)" in text or "[at]" in text:
        text = _MAIL.sub("…", text)
    return _TELEPHONE.sub("…", text) if "+" in text else text


def _body(event: Component, url: str) -> tuple[str, str]:
    rich = event.first("X-ALT-DESC")
    if rich is not None and "html" in rich.params.get("FMTTYPE", "").lower():
        html, text = fields.body(_impersonal(rich.text), url)
        if text:
            return html, text
    return fields.body_of_text(_impersonal(event.text("DESCRIPTION")), url)


def _language(event: Component) -> str | None:
    said = (one.params.get("LANGUAGE") for name in ("DESCRIPTION", "SUMMARY") for one in event.all(name))
    return base(next((one for one in said if one), None))


def _changed(event: Component, clock: Clock) -> datetime | None:
    found = clock.of(event.first("LAST-MODIFIED"))
    if found is None or not isinstance(found[0], datetime):
        return None
    return found[1].instant(found[0]) if found[1] else found[0].replace(tzinfo=UTC)


# -------------------------------------------------------------------------------------------- page and place
def _page(event: Component, found_at: str) -> str:
    """The public page: URL, else an address given as place or UID, else the first one in the text; never where
    one joins the meeting."""
    own = event.text("URL").strip()
    if own and not own.lower().startswith("mailto:"):
        own = absolute(found_at, own if "://" in own or not own.startswith("www.") else f"https://{own}")
        if is_web(own):
            return own
    for text in (event.text("LOCATION"), event.text("UID"), event.text("DESCRIPTION")):
        for found in _ADDRESS.findall(text[:20_000]):
            address: str = found.rstrip(".,;:!?)]}»")
            if is_web(address) and not _JOIN.match(address):
                return address
    return ""


def _place(event: Component) -> tuple[str, bool | None]:
    """(place, whether one can take part online). An address to join at is no place, and is not kept."""
    written = _impersonal(event.text("LOCATION"))
    where = title(_ADDRESS.sub(" ", written)).strip(" ,;:|/-–()")
    linked = bool(_ADDRESS.search(written))
    conference = any(
        event.first(name) for name in ("CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL")
    )
    folded = fold(where)
    online = True if linked or _ONLINE.search(folded) or (conference and not where) else None
    nowhere = online and _ONLINE_WORDS.issuperset(_WORD.findall(folded))
    return ("" if nowhere else where), online


# -------------------------------------------------------------------------------------------------- occasion
def _occasion(event: Component, span: Span | None, frame: Frame, name: str) -> Occasion:
    place, online = _place(event)
    starts, ends, doubt = _when(span)
    call = bool(starts and _CALL.search(fold(name[:_OF_TITLE])))
    cost = one_line(event.text("X-COST"))[:100]
    said = dict(span.said) if span else {}
    return Occasion(
        starts=None if call else starts,
        ends=None if call else ends,
        submissions=(ends or starts) if call else None,
        place=place,
        price=cost,
        prices=(Price(amount=0),) if event.text("X-COST-TYPE").strip().lower() == "free" else (),
        evidence=doubt,
        zone=_zone_name(span, frame),
        online=online,
        organiser=_organiser(event),
        status=_status(event, frame, name),
        sequence=event.number("SEQUENCE"),
        said={"submissions": "DTSTART"} if call else said,
    )


def _when(span: Span | None) -> tuple[datetime | date | None, datetime | date | None, str]:
    """(starts, ends, why not more exactly): moments in UTC, or whole days, the last of which is included.

    A time that nobody gives a zone for is kept as its day: the hour would be wrong for most readers.
    """
    if span is None:
        return None, None, ""
    if not isinstance(span.starts, datetime):
        days = max(1, span.length.days)
        return span.starts, span.starts + timedelta(days=days - 1), ""
    if span.zone is None:
        ends = (span.starts + span.length).date() if span.ends else None
        return span.starts.date(), ends, f"{span.starts:%Y-%m-%d %H:%M}, without a time zone"
    try:
        starts = span.zone.instant(span.starts)
        return starts, span.zone.instant(span.starts + span.length) if span.ends else None, ""
    except OverflowError:
        return None, None, ""


def _zone_name(span: Span | None, frame: Frame) -> str:
    own = span.zone.name if span and span.zone else ""
    return own if own and own != "UTC" else frame.zone or own


def _organiser(event: Component) -> str:
    found = event.first("ORGANIZER")
    return fields.author([_impersonal(found.params.get("CN", "")).replace("…", "")])[:200] if found else ""


def _status(event: Component, frame: Frame, name: str) -> Status:
    own = _STATUSES.get(event.text("STATUS").strip().upper(), "")
    if frame.cancelled:
        return "cancelled"
    if own != "cancelled":
        return announced(name) or own
    return own
