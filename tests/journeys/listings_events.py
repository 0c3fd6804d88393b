"""Events and publications, served as their programs serve them (formats 11 to 19, 31 and 32)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from journeys.conftest import MONDAY
from journeys.listings import Fault, Listing, always, only, page
from journeys.listings_courses import LOGIN, here, number, part
from journeys.press import Asked, Page

_THEMES = ("archives", "bookmobiles", "catalogues", "donations", "e-books", "festivals")


# ------------------------------------------------------------------------------------------- 11, 14, 31: iCalendar
def calendar(*events: list[str], zone: str = "") -> Page:
    """A calendar of these events, each a list of lines; folded where they are long."""
    head = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Example//EN",
        *([f"X-WR-TIMEZONE:{zone}"] if zone else []),
    ]
    lines = [
        *head,
        *(line for event in events for line in ("BEGIN:VEVENT", *event, "END:VEVENT")),
        "END:VCALENDAR",
    ]
    folded = ["\r\n ".join(line[at : at + 60] for at in range(0, max(1, len(line)), 60)) for line in lines]
    return Page(("\r\n".join(folded) + "\r\n").encode(), headers={"Content-Type": "text/calendar; charset=utf-8"})


def _stamp(visit: int) -> str:
    """When the file was made: on every visit another time, which is no sign of change."""
    return f"DTSTAMP:{MONDAY + timedelta(days=visit):%Y%m%dT%H%M%SZ}"


def ics(asked: Asked, visit: int) -> Page:
    return calendar(
        ["UID:1@a.example", _stamp(visit), "SEQUENCE:2", "DTSTART;TZID=Europe/London:20270318T133000",
         "DTEND;TZID=Europe/London:20270318T163000", "SUMMARY:TeachMeet on archives\\, hybrid", "STATUS:CONFIRMED",
         "DESCRIPTION:Proposals by 15 January. Booking closes 10 March 2027.\\nFree for members.",
         "URL:https://events.example.org/teachmeet"],
        ["UID:2@a.example", _stamp(visit), "DTSTART;VALUE=DATE:20270601", "DTEND;VALUE=DATE:20270603",
         "SUMMARY:Summer school of regional bookmobiles", "URL:https://events.example.org/summer"],
        ["UID:3@a.example", _stamp(visit), "DTSTART:20270211T143000Z", "DURATION:PT1H",
         "SUMMARY:Clinic about donations of photographs", "URL:https://events.example.org/clinic"],
    )  # fmt: skip


def _ics_holds(rows: list[dict[str, Any]]) -> None:
    days = {row["title"]: row["occasion"] for row in rows}
    summer = days["Summer school of regional bookmobiles"]
    assert (summer["starts"], summer["ends"]) == ("2027-06-01", "2027-06-02")  # the end is exclusive
    assert days["TeachMeet on archives, hybrid"]["starts"] == "2027-03-18T13:30:00Z"


def sched(asked: Asked, visit: int) -> Page:
    sessions = (
        [f"UID:7d1c{n}", f"DTSTART:2027050{n + 4}T080000Z", f"DTEND:2027050{n + 4}T083000Z", "CATEGORIES:SHORT TALKS",
         f"SUMMARY:Lightning talks {n} about {_THEMES[n]}", "LOCATION:Hall B\\, Example Centre",
         f"URL:http://libcon27.example.org/event/7d1c{n}"]
        for n in range(3)
    )  # fmt: skip
    return calendar(*sessions, zone="UTC")


def _sched_holds(rows: list[dict[str, Any]]) -> None:
    assert {row["occasion"]["zone"] for row in rows} == {"America/New_York"}  # not in the file: a setting
    assert rows[0]["occasion"]["starts"] == "2027-05-04T08:00:00Z"


def carpentries_ics(asked: Asked, visit: int) -> Page:
    workshops = (
        [f"UID:2027-0{n + 1}-01-town{n}@carpentries.org", _stamp(visit), f"DTSTART;VALUE=DATE:20270{n + 1}01",
         f"DTEND;VALUE=DATE:20270{n + 1}03", f"SUMMARY:Town {n} Library of {_THEMES[n]}", f"LOCATION:Town {n} Library",
         f"URL:https://town{n}.example.org/2027"]
        for n in range(2)
    )  # fmt: skip
    return calendar(*workshops)


def carpentries_json(asked: Asked, visit: int) -> Page:
    return page([
        {"slug": f"2027-04-0{n + 1}-city{n}", "url": f"https://city{n}.example.org/w", "venue": f"City {n} {_THEMES[n]}",
         "start_date": f"2027-04-0{n + 1}", "end_date": f"2027-04-0{n + 2}" if n else None, "latitude": 45.8,
         "longitude": 15.9, "tag_name": "LC", "country": "HR"}
        for n in range(3)
    ])  # fmt: skip


# ------------------------------------------------------------------------------- 12, 13, 15, 32: sites of conferences
def indico(asked: Asked, visit: int) -> Page:
    offset, size = number(asked, "offset", 0), min(number(asked, "limit", 100), 2)  # it gives fewer than asked for

    def day(text: str) -> dict[str, str]:
        return {"date": text, "time": "09:00:00", "tz": "Europe/Zurich"}

    rows = [
        {"_type": "Conference", "id": str(200 + n), "title": f"Indico workshop {n} on open {_THEMES[n]}",
         "startDate": day(f"2027-06-1{n}"), "endDate": day(f"2027-06-1{n}"), "timezone": "Europe/Zurich",
         "location": "Geneva", "description": "<p>Three days.</p>", "keywords": [], "category": "Libraries",
         "chairs": [{"fullName": "Q. Person", "email": "q@example.org"}],
         "url": f"https://indico.example.org/event/{200 + n}/"}
        for n in range(5)
    ]  # fmt: skip
    done = offset + size >= len(rows)
    found = part(rows, offset, size)
    return page({"count": len(found), "_type": "HTTPAPIResult", "complete": done, "ts": visit, "results": found})


def _no_persons(rows: list[dict[str, Any]]) -> None:
    assert "Person" not in str(rows)
    assert "@example.org" not in str(rows)


def pretalx(asked: Asked, visit: int) -> Page:
    talks = [
        {"guid": f"5b1e-{n}", "code": f"ABC{n}", "id": n, "date": f"2027-05-04T1{n}:00:00+02:00", "start": f"1{n}:00",
         "duration": "00:30", "title": f"Talk {n}: moving {_THEMES[n]} after the migration", "track": "Metadata",
         "type": "Talk", "language": "en", "abstract": "How we did it.", "persons": [{"name": "D. Speaker"}],
         "links": [], "url": f"https://talks.example.org/libcon27/talk/ABC{n}/"}
        for n in range(3)
    ]  # fmt: skip
    days = [{"index": 1, "date": "2027-05-04", "rooms": {"Hall A": talks[:2], "Hall B": talks[2:]}}]
    about = {"acronym": "libcon27", "title": "LibCon 2027", "start": "2027-05-04", "end": "2027-05-05",
             "time_zone_name": "Europe/Berlin", "days": days}  # fmt: skip
    return page({"schedule": {"version": f"0.{visit}", "conference": about}})


def tec(asked: Asked, visit: int) -> Page:
    at, size = number(asked, "page", 1), 2
    rows = [
        {"id": 5120 + n, "url": f"https://assoc.example.org/event/clinic-{n}/", "all_day": False,
         "title": f"Copyright &#8211; clinic {n} about {_THEMES[n]}", "start_date": f"2027-02-1{n} 14:30:00",
         "end_date": f"2027-02-1{n} 16:00:00", "utc_start_date": f"2027-02-1{n} 14:30:00",
         "timezone": "Europe/London", "cost": "Free", "cost_details": {"currency_code": "GBP", "values": ["0"]},
         "venue": [], "categories": [{"name": "CPD"}], "tags": [], "modified_utc": "2026-11-20 09:00:00",
         "organizer": [{"organizer": "Assoc", "phone": "+44 20 7946 0000", "email": "o@example.org"}]}
        for n in range(4)
    ]  # fmt: skip
    found = part(rows, (at - 1) * size, size)
    if not found:
        return page({"code": "event-archive-page-not-found", "message": "no", "data": {"status": 404}}, 404)
    following = f"{here(asked)}?per_page={size}&page={at + 1}"  # it names one page too many
    return page(
        {"events": found, "rest_url": here(asked), "next_rest_url": following, "total": 4, "total_pages": 3}
    )


_WORDPRESS_SAYS_NO = page({"code": "rest_no_route", "message": "No route was found", "data": {"status": 404}})


def _rss(rows: str, link: str = "https://x.example/") -> Page:
    head = f"<title>A list</title><link>{link}</link>"
    text = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{head}{rows}</channel></rss>'
    return Page(text.encode(), headers={"Content-Type": "application/rss+xml"})


def wikicfp(asked: Asked, visit: int) -> Page:
    rows = "".join(
        f"<item><title>LIBX{n} 2027 : Conference on {_THEMES[n]} in context</title>"
        f"<link>http://www.wikicfp.com/cfp/servlet/event.showcfp?eventid={900 + n}</link>"
        f"<guid>http://www.wikicfp.com/cfp/servlet/event.showcfp?eventid={900 + n}</guid>"
        f"<description>Conference on {_THEMES[n]} in context [Zagreb, Croatia] [Nov {n + 3}, 2027 - Nov {n + 5}, 2027]"
        "</description></item>"
        for n in range(3)
    )
    return _rss(rows, "http://www.wikicfp.com/")


def _wikicfp_holds(rows: list[dict[str, Any]]) -> None:
    assert {row["kind"] for row in rows} == {"call"}
    assert rows[0]["occasion"]["starts"] == "2027-11-03"
    assert rows[0]["occasion"]["place"] == "Zagreb, Croatia"
    assert rows[0]["occasion"].get("submissions") is None  # stands on the page only


# -------------------------------------------------------------------------------------------- 16 to 19: publications
def wordpress(asked: Asked, visit: int) -> Page:
    at, size = number(asked, "page", 1), number(asked, "per_page", 10)
    rows = [
        {"id": 880 + n, "date_gmt": f"2026-11-1{n}T08:05:00", "modified_gmt": f"2026-11-1{n}T09:00:00",
         "link": f"https://blog.example.org/2026/11/1{n}/notes/", "categories": [4], "tags": [],
         "title": {"rendered": f"Notes {n} from the satellite meeting on {_THEMES[n]}"},
         "excerpt": {"rendered": "<p>Two days&hellip;</p>"}}
        for n in range(4)
    ]  # fmt: skip
    found = part(rows, (at - 1) * size, size)
    if not found and at > 1:
        return page({"code": "rest_post_invalid_page_number", "message": "no", "data": {"status": 400}}, 400)
    return page(found)


def _oai(body: str) -> Page:
    head = '<?xml version="1.0" encoding="UTF-8"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    return Page(f"{head}<responseDate>2026-11-23T08:00:00Z</responseDate>{body}</OAI-PMH>".encode())


def oai(asked: Asked, visit: int) -> Page:
    token = asked.query.get("resumptionToken")
    if token and set(asked.query) != {"verb", "resumptionToken"}:
        return _oai('<error code="badArgument">the token stands alone</error>')
    at, size = int(token or 0), 2
    records = [
        f"<record><header status='{'deleted' if n == 4 else ''}'>"
        f"<identifier>oai:eprints.example.org:{n}</identifier><datestamp>2026-11-1{n}T10:02:11Z</datestamp></header>"
        '<metadata><oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>Deposito {n}: {_THEMES[n]} e formazione continua</dc:title><dc:creator>Rossi, A.</dc:creator>"
        f"<dc:date>2026</dc:date><dc:identifier>http://eprints.example.org/{n}/</dc:identifier></oai_dc:dc></metadata>"
        "</record>"
        for n in range(5)
    ]
    following = str(at + size) if at + size < len(records) else ""
    token_row = f"<resumptionToken cursor='{at}' completeListSize='5'>{following}</resumptionToken>"
    return _oai(f"<ListRecords>{''.join(part(records, at, size))}{token_row}</ListRecords>")


def crossref(asked: Asked, visit: int) -> Page:
    """Its cursor stays the same from page to page, as it often does; an empty page ends the list."""
    first = asked.query.get("cursor") == "*"
    crossref.turned = 0 if first else crossref.turned + 1  # type: ignore[attr-defined]
    rows = [
        {"DOI": f"10.5555/ex.{n}", "type": "journal-issue" if n == 2 else "journal-article",
         "title": [f"Mentoring {n} and {_THEMES[n]} in small libraries"], "author": [{"given": "E.", "family": "Writer"}],
         "issued": {"date-parts": [[2026, 11]] if n else [[None]]}, "created": {"date-time": "2026-11-05T07:31:12Z"},
         "indexed": {"date-time": "2026-11-20T07:31:12Z"}, "container-title": ["Journal of Examples"],
         "URL": f"https://doi.org/10.5555/ex.{n}"}
        for n in range(5)
    ]  # fmt: skip
    found = part(rows, 2 * crossref.turned, 2)  # type: ignore[attr-defined]
    message = {"total-results": 5, "next-cursor": "DnF1ZXJ5", "items": found}
    return page({"status": "ok", "message-type": "work-list", "message": message})


def doaj(asked: Asked, visit: int) -> Page:
    at, size = number(asked, "page", 1), 2
    rows = [
        {"id": f"c0ffee{n}", "created_date": f"2026-11-1{9 - n}T08:00:00Z", "bibjson": {
            "title": f"Reading promotion {n} with {_THEMES[n]} after hours", "year": "2026", "month": "10",
            "journal": {"title": "Example Library Review", "language": ["EN"]},
            "identifier": [{"type": "doi", "id": f"10.5555/elr.{n}"}],
            "link": [{"type": "fulltext", "url": f"https://elr.example.org/{n}"}]}}
        for n in range(5)
    ]  # fmt: skip
    following = {"next": f"{here(asked)}?page={at + 1}&pageSize=2&sort=created_date:desc"} if at < 3 else {}
    found = part(rows, (at - 1) * size, size)
    return page(
        {"total": 5, "page": at, "pageSize": size, "query": "issn:1234-5678", "results": found, **following}
    )


def _flow(serve: Callable[[Asked, int], Page]) -> Callable[[Asked, int], Page]:
    """Every page says "come back at once" before it is given."""
    told: set[str] = set()

    def answer(asked: Asked, visit: int) -> Page:
        if asked.path in told:
            return serve(asked, visit)
        told.add(asked.path)
        return page("", 503, **{"Retry-After": "0"})

    return answer


_NO_EVENTS = {"count": 0, "_type": "HTTPAPIResult", "complete": True, "results": []}
_NO_TALKS = {"schedule": {"version": "0.1", "conference": {"title": "LibCon", "days": []}}}
_NO_WORKS = {"status": "ok", "message-type": "work-list", "message": {"total-results": 0, "items": []}}
_EXPIRED = _oai('<error code="badResumptionToken">expired</error>')
LISTINGS = (
    Listing("calendar", "calendar", "/events.ics", ics, 3, calendar(), LOGIN, holds=_ics_holds),
    Listing("sched", "calendar", "/all.ics", sched, 3, calendar(), LOGIN,
            options={"zone": "America/New_York"}, holds=_sched_holds),
    Listing("carpentries", "calendar", "/lc_workshops.ics", carpentries_ics, 2, calendar(), LOGIN),
    Listing("carpentries-json", "events", "/lc_upcoming_workshops.json", carpentries_json, 3, page([]), LOGIN),
    Listing(
        "indico", "events", "/category/77/", indico, 5, page(_NO_EVENTS), LOGIN, options={"format": "indico"},
        holds=_no_persons,
        faults={"says with 200 what is wrong": Fault(
            always(page({"_type": "HTTPAPIError", "message": "Category not found"})), "refused")},
    ),
    Listing(
        "pretalx", "events", "/libcon27/schedule.json", pretalx, 3, page(_NO_TALKS), LOGIN,
        faults={"takes its schedule back": Fault(always(page("", 404)), "http-404")},
    ),
    Listing(
        "events-calendar", "events", "/wp-json/tribe/events/v1/events", tec, 4,
        page({"events": [], "rest_url": "x", "total": 0, "total_pages": 0}), LOGIN, holds=_no_persons,
        faults={"is switched off": Fault(always(_WORDPRESS_SAYS_NO), "refused"),
                "is closed": Fault(always(page({"code": "rest_forbidden", "message": "no"}, 401)), "http-401")},
    ),
    Listing(
        "wikicfp", "events", "/cfp/rss?cat=library", wikicfp, 3, _rss("", "http://www.wikicfp.com/"), LOGIN,
        options={"format": "wikicfp"}, holds=_wikicfp_holds,
        faults={
            "closes it to programs": Fault(always(page("User-agent: *\nDisallow: /cfp")), "robots-disallowed",
                                           robots=True),
            "can't say what is closed": Fault(always(page("", 500)), "robots-unreachable", robots=True),
        },
    ),
    Listing("wordpress", "page", "/wp-json/wp/v2/posts?per_page=2", wordpress, 4, page([]), LOGIN,
            options={"pages": 5},
            faults={"is closed": Fault(always(page({"code": "rest_forbidden", "message": "no"}, 401)), "http-401")}),
    Listing(
        "oai", "works", "/oai", oai, 4, _oai('<error code="noRecordsMatch"/>'), LOGIN,
        faults={
            "forgets where it was": Fault(only(lambda a: "resumptionToken" in a.query, _EXPIRED),
                                          partial="bad-resumption-token"),
            "controls the flow": Fault(_flow(oai)),
            "does not know the format": Fault(
                always(_oai('<error code="cannotDisseminateFormat"/>')), "oai-cannotDisseminateFormat"),
        },
    ),
    Listing(
        "crossref", "works", "/journals/1234-5679/works", crossref, 4, page(_NO_WORKS), LOGIN,
        faults={"refuses what it is asked": Fault(
            always(page({"status": "failed", "message-type": "validation-failure",
                         "message": [{"message": "Filter unknown"}]})), "refused")},
    ),
    Listing("doaj", "works", "/api/search/articles/issn:1234-5678", doaj, 5,
            page({"total": 0, "page": 1, "pageSize": 2, "query": "x", "results": []}), LOGIN,
            faults={"says with 200 what is wrong": Fault(always(page({"status": "error", "error": "no"})), "refused")}),
)  # fmt: skip
