"""Catalogues of courses, served as their platforms serve them (formats 1 to 9)."""

from __future__ import annotations

import json
from typing import Any

from journeys.listings import Fault, Listing, always, only, page
from journeys.press import Asked, Page


def number(asked: Asked, name: str, default: int) -> int:
    return int(asked.query.get(name) or default)


def here(asked: Asked) -> str:
    return f"http://{asked.headers['host']}{asked.place}"


def part(rows: list[Any], first: int, size: int) -> list[Any]:
    return rows[first : first + size]


# ------------------------------------------------------------------------------------------------- 1, 2: Open edX
_SUBJECTS = ("headings", "copyright", "mentoring", "open data", "storytelling", "preservation", "reference work")


def _edx_run(at: int) -> dict[str, Any]:
    key = f"course-v1:LibAssoc+SUB{at}+2027_1"
    return {
        "id": key, "course_id": key, "name": f"Open edX seminar on {_SUBJECTS[at]} for branch libraries",
        "number": f"SUB{at}", "org": "LibAssoc", "short_description": "Six weeks with a tutor.",
        "start": "2030-01-01T00:00:00Z" if at == 1 else "2027-02-01T08:00:00Z", "end": "2027-03-15T22:59:00Z",
        "enrollment_start": None, "enrollment_end": f"2027-02-{at + 1:02}T22:59:00Z",
        "start_display": "Spring 2027" if at == 1 else None, "start_type": "string" if at == 1 else "timestamp",
        "pacing": "instructor", "effort": "3-4 hours per week", "hidden": at == 5, "invitation_only": at == 6,
        "blocks_url": "https://x.example/blocks", "mobile_available": True, "a_new_field": {"is": "ignored"},
    }  # fmt: skip


def edx(asked: Asked, visit: int) -> Page:
    at, size = number(asked, "page", 1), 3
    rows = [_edx_run(n) for n in range(7)]
    following = f"{here(asked)}?page={at + 1}" if at * size < len(rows) else None
    paging = {"next": following, "previous": None, "count": len(rows), "num_pages": 3}
    return page({"pagination": paging, "results": part(rows, (at - 1) * size, size)})


def _edx_holds(rows: list[dict[str, Any]]) -> None:
    first, second = rows[0]["occasion"], rows[1]["occasion"]
    assert first["closes"] == "2027-02-01T22:59:00Z"
    assert second.get("starts") is None  # a filler is no beginning


_KEY = "JWT abc.def"


def discovery(asked: Asked, visit: int) -> Page:
    if asked.headers.get("authorization") != _KEY:
        return page({"detail": "Authentication credentials were not provided."}, 401)
    at = number(asked, "page", 1)
    runs = [
        {"key": f"course-v1:LibAssoc+DIS{n}+2027", "title": f"Discovery catalogue: {_SUBJECTS[n]} by evening study",
         "start": "2027-02-01T08:00:00Z", "end": None, "enrollment_end": None, "weeks_to_complete": 6,
         "min_effort": 3, "max_effort": 4, "pacing_type": "instructor_paced", "content_language": "en-us",
         "marketing_url": f"https://www.example.org/course/dis{n}", "status": "published",
         "seats": [{"type": "audit", "price": "0.00", "currency": "EUR", "upgrade_deadline": None},
                   {"type": "verified", "price": "49.00", "currency": "EUR",
                    "upgrade_deadline": "2027-03-01T22:59:00Z"}]}
        for n in range(4)
    ]  # fmt: skip
    following = f"{here(asked)}?page=2&page_size=2" if at == 1 else None
    return page({"count": 4, "next": following, "previous": None, "results": part(runs, 2 * at - 2, 2)})


def _discovery_holds(rows: list[dict[str, Any]]) -> None:
    assert rows[0]["occasion"]["certificate_by"] == "2027-03-01T22:59:00Z"
    assert {price["amount"] for price in rows[0]["occasion"]["prices"]} == {0, 49}


# ----------------------------------------------------------------------------------------- 3, 4: the big platforms
def coursera(asked: Asked, visit: int) -> Page:
    start, size = number(asked, "start", 0), 2
    rows = [
        {"id": f"co{n}", "slug": f"libraries-{n}", "name": f"Coursera path through {_SUBJECTS[n]} at your desk",
         "courseType": "v2.ondemand", "workload": "4 weeks, 2-3 hours/week", "primaryLanguages": ["en"],
         "partnerIds": ["77"], "description": "On demand."}
        for n in range(5)
    ]  # fmt: skip
    paging = {"total": len(rows)} | ({"next": str(start + size)} if start + size < len(rows) else {})
    linked = {"partners.v1": [{"id": "77", "name": "Example University", "shortName": "exu"}]}
    return page({"elements": part(rows, start, size), "paging": paging, "linked": linked})


def futurelearn(asked: Asked, visit: int) -> Page:
    runs = [{"uuid": "run-1", "start_date": "2027-01-18", "duration_in_weeks": 4},
            {"uuid": "run-2", "start_date": None, "duration_in_weeks": 4}]  # fmt: skip
    courses = [
        {"uuid": f"c-{n}", "name": f"FutureLearn week of {_SUBJECTS[n]} with colleagues", "language": "en",
         "url": f"https://www.futurelearn.com/courses/lib-{n}", "introduction": "Plan with your readers.",
         "hours_per_week": 3, "has_certificates": True, "categories": ["Creative Arts"], "educator": "A. Tutor",
         "organisation": {"uuid": "o", "name": "Example College"},
         "runs": [{**run, "uuid": f"{run['uuid']}-{n}"} for run in runs[: n + 1]]}
        for n in range(2)
    ]  # fmt: skip
    return page(courses)


def _futurelearn_holds(rows: list[dict[str, Any]]) -> None:
    assert [row["occasion"].get("starts") for row in rows] == ["2027-01-18", "2027-01-18", None]
    assert rows[0]["occasion"]["hours"] == [12, 12]


# ------------------------------------------------------------------------------------------------------- 5: Moodle
def _moodle_error(code: str) -> Page:
    return page({"exception": "core\\exception", "errorcode": code, "message": "no"})


def moodle(asked: Asked, visit: int) -> Page:
    form = asked.form
    if asked.method != "POST" or asked.query or form.get("wstoken") != "t0ken":
        return _moodle_error("invalidtoken")
    rows = [
        {"id": 40 + n, "fullname": f"Moodle, laboratorio {n}: {_SUBJECTS[n]} in biblioteca", "shortname": f"L{n}",
         "categoryname": "MOOC", "summary": "<p>Iscrizioni fino al 28 febbraio 2027. 20 ore.</p>",
         "contacts": [{"id": 9, "fullname": "Tutor Uno"}], "enrollmentmethods": ["self"], "customfields": []}
        for n in range(5)
    ]  # fmt: skip
    at, size = int(form["page"]), int(form["perpage"])
    return page({"total": len(rows), "courses": part(rows, at * size, size), "warnings": []})


def moodle_guest(asked: Asked, visit: int) -> Page:
    at, size = number(asked, "page", 0), 2
    boxes = "".join(
        f'<div class="coursebox clearfix" data-courseid="{n}"><h3 class="coursename"><a href="/course/view.php?id={n}">'
        f"Corso aperto {n}: {_SUBJECTS[n]} per volontari</a></h3><div class='summary'><p>Dal 1 marzo 2027.</p></div>"
        "<ul class='teachers'><li><a href='#'>Tutor Due</a></li></ul></div>"
        for n in part([1, 2, 3, 4, 5], at * size, size)
    )
    links = "".join(f'<a href="?categoryid=3&amp;page={n}">{n + 1}</a>' for n in range(3))
    body = f"<div class='pagination'>{links}</div>{boxes}"
    return Page(f"<!doctype html><html lang='it'><body id='page-course-index'>{body}</body></html>".encode())


_LOGIN_MOVE = Page(b"", 303, {"Location": "/login/index.php"})


def _sent_to_log_in(asked: Asked, visit: int) -> Page:
    if asked.place != "/login/index.php":
        return _LOGIN_MOVE
    return Page(b"<html><body id='page-login-index'><input type='password'></body></html>")


# -------------------------------------------------------------------------------------- 6 to 9: further catalogues
def canvas(asked: Asked, visit: int) -> Page:
    """Fewer to a page than were asked for, and pages that only the Link header names."""
    at = int(asked.query["page"].removeprefix("bookmark:W"))
    rows = [
        {"course": {"id": n, "name": f"Canvas lesson {n} on {_SUBJECTS[n % 7]} for reading rooms", "course_code": f"C{n}",
                    "start_at": "2027-01-11T05:00:00Z", "end_at": None, "public_description": "Open to all."}}
        for n in range(1, 24)
    ]  # fmt: skip
    links = [f'<{here(asked)}?page=1&per_page=10>; rel="first"']
    links += [f'<{here(asked)}?page=bookmark:W{at + 1}&per_page=10>; rel="next"'] if at < 3 else []
    return page(part(rows, 10 * (at - 1), 10), Link=", ".join(links))


def richie(asked: Asked, visit: int) -> Page:
    offset, size = number(asked, "offset", 0), 21
    rows = [
        {"id": str(n), "code": f"990{n:02}", "title": f"Cours Richie {n} : {_SUBJECTS[n % 7]} pour médiathèques",
         "absolute_url": f"/fr/cours/c{n}/", "duration": "6 semaines", "effort": "18 heures", "offer": "free",
         "organization_highlighted": "Université Exemple",
         "state": {"priority": 6, "text": "archivé", "datetime": None} if n == 3 else
                  {"priority": 0, "text": "fin des inscriptions le", "datetime": "2027-02-28T22:00:00Z"}}
        for n in range(23)
    ]  # fmt: skip
    meta = {"count": size, "offset": offset, "total_count": len(rows)}
    return page({"meta": meta, "objects": part(rows, offset, size), "filters": {}})


def moochub(asked: Asked, visit: int) -> Page:
    if "moochub-version=3.0" not in asked.headers["accept"]:
        return page({"errors": [{"title": "unsupported version"}]}, 406)
    at = number(asked, "page", 1)
    rows = [
        {"type": "Course", "id": f"mh-{n}", "attributes": {
            "name": f"MOOCHub Kurs {n}: {_SUBJECTS[n]} in Gemeindebibliotheken", "inLanguage": ["de"],
            "courseMode": ["MOOC"], "startDate": ["2027-03-02T08:00:00Z"], "endDate": ["2027-04-13T21:59:00Z"],
            "access": ["free"], "offers": [], "moocProvider": {"name": "Beispielplattform"},
            "license": [{"identifier": "CC-BY-4.0"}], "url": f"https://mooc.example.de/courses/{n}"}}
        for n in range(5)
    ]  # fmt: skip
    links = {"self": f"{here(asked)}?page={at}"} | ({"next": f"{here(asked)}?page={at + 1}"} if at < 3 else {})
    return page({"links": links, "data": part(rows, 2 * at - 2, 2)})


def schema(asked: Asked, visit: int) -> Page:
    run = {"@type": "CourseInstance", "courseMode": "online", "courseWorkload": "PT15H"}
    course = {
        "@context": "https://schema.org", "@type": "Course", "name": "Schema markup for cataloguers in a hurry",
        "@id": "https://academy.example.org/ld", "provider": {"@type": "Organization", "name": "Example Academy"},
        "offers": [{"@type": "Offer", "category": "Paid", "price": "175.00", "priceCurrency": "USD",
                    "availabilityEnds": "2027-01-29"}],
        "hasCourseInstance": [{**run, "startDate": "2027-02-01", "endDate": "2027-02-26"},
                              {**run, "startDate": "2027-09-01", "endDate": "2027-09-26"}],
    }  # fmt: skip
    broken = '<script type="application/ld+json">{"@type": "Course", "name": </script>'
    body = f'{broken}<script type="application/ld+json">{json.dumps(course)}</script>'
    return Page(f"<!doctype html><html><head>{body}</head><body><p>Courses</p></body></html>".encode())


def _schema_holds(rows: list[dict[str, Any]]) -> None:
    assert [row["occasion"]["starts"] for row in rows] == ["2027-02-01", "2027-09-01"]
    assert rows[0]["occasion"]["prices"][0]["amount"] == 175
    assert len({row["occasion"]["course"] for row in rows}) == 1


def table(asked: Asked, visit: int) -> Page:
    lines = [f"Tabellenkurs {n}: {_SUBJECTS[n]} am Abend;0{n + 1}.03.2027;30 EUR" for n in range(3)]
    return Page("\n".join(["Titel;Beginn;Preis", *lines]).encode(), headers={"Content-Type": "text/csv"})


def _page(number_: int) -> Any:
    return lambda asked: asked.query.get("page") == str(number_)


_RESULTS = {"count": 0, "next": None, "previous": None, "results": []}
CODE = "not-a-courses"
LOGIN = "login-required"
LISTINGS = (
    Listing(
        "open-edx", "courses", "/api/courses/v1/courses/", edx, 5,
        page({"pagination": {"next": None}, "results": []}), LOGIN, holds=_edx_holds,
        faults={
            "loses its second page": Fault(only(_page(2), page("oops", 502)), partial="http-502"),
            "says with 200 what is wrong": Fault(always(page({"developer_message": "bad"})), "error-answer"),
            "ends earlier than it said": Fault(only(_page(3), page({"detail": "Invalid page."}, 404))),
        },
    ),
    Listing(
        "discovery", "courses", "/api/v1/course_runs/", discovery, 4, page(_RESULTS), LOGIN, "",
        {"authorization": _KEY, "format": "discovery"}, holds=_discovery_holds,
        faults={"knows our key no more": Fault(always(page({"detail": "no"}, 401)), "http-401")},
    ),
    Listing(
        "coursera", "courses", "/api/courses.v1", coursera, 5, page({"elements": [], "paging": {}}), LOGIN,
        faults={"is no longer offered": Fault(always(page("", 404)), "http-404")},
    ),
    Listing("futurelearn", "courses", "/feeds/courses", futurelearn, 3, page([]), LOGIN, holds=_futurelearn_holds),
    Listing(
        "moodle", "courses", "/webservice/rest/server.php?perpage=2", moodle, 5, page({"total": 0, "courses": [], "warnings": []}), LOGIN,
        options={"format": "moodle", "token": "t0ken", "search": "biblioteca"},
        faults={
            "says with 200 that the token is wrong": Fault(always(_moodle_error("invalidtoken")), "error-answer"),
            "sends the key elsewhere": Fault(
                always(Page(b"", 307, {"Location": "http://open-edx.localhost/x"})), "redirect-form"
            ),
        },
    ),
    Listing(
        "moodle-guest", "courses", "/course/index.php?categoryid=3", moodle_guest, 5,
        Page(b"<html><body id='page-course-index'><p>Nessun corso</p></body></html>"), LOGIN,
        "selector-empty",
        faults={
            "sends guests to log in": Fault(_sent_to_log_in, LOGIN),
            "has another theme": Fault(
                always(Page(b"<html><body id='page-course-index'><div class='card'>x</div></body></html>")),
                "selector-empty",
            ),
            "closes it to programs": Fault(
                always(page("User-agent: *\nDisallow: /course/")), "robots-disallowed", robots=True
            ),
        },
    ),
    Listing("canvas", "courses", "/api/v1/search/all_courses", canvas, 23, page([]), LOGIN),
    Listing(
        "richie", "courses", "/api/v1.0/courses/", richie, 22,
        page({"meta": {"count": 0, "offset": 0, "total_count": 0}, "objects": []}), LOGIN,
        faults={"loses its second page": Fault(only(lambda a: a.query.get("offset") == "21", page("", 503)),
                                               partial="http-503")},
    ),
    Listing(
        "moochub", "courses", "/bridges/moochub/courses", moochub, 5, page({"links": {}, "data": []}), LOGIN,
        faults={"knows our version no more": Fault(always(page({"title": "unsupported"}, 406)), "http-406")},
    ),
    Listing(
        "schema", "courses", "/courses", schema, 2, Page(b"<!doctype html><html><body>none</body></html>"), LOGIN,
        CODE, holds=_schema_holds,
    ),
    Listing(
        "table", "courses", "/2027.csv", table, 3, Page(b"Titel;Beginn;Preis\n"), LOGIN, "",
        {"columns": {"title": "Titel", "starts": "Beginn", "price": "Preis"}},
        faults={"renames a column": Fault(always(Page(b"Name;Beginn;Preis\nx;y;z\n")), "missing-column")},
    ),
)  # fmt: skip
