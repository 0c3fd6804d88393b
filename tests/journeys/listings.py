"""What a listing on loopback is, and a service that visits many of them, day after day, while they break.

Each `Listing` is a site of its own (`KEY.localhost`) that answers in the documented shape, with paging. `shown` visits
all of them at once: twice whole, then once for each way to break, and keeps what was held and said on each day.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from journeys.conftest import MONDAY, Service
from journeys.press import Asked, Page

Answer = Callable[[Asked, int], Page | None]  # (what is asked, on which visit); None: as if nothing were broken
Row = dict[str, Any]
LOGIN = b"<!doctype html><html><body><form action='/login'><input type='password' name='p'></form></body></html>"


@dataclass(frozen=True)
class Fault:
    """One way to break, and what the service must say of it: a code, or `partial` for what was read in part; neither,
    where the visit is as good as whole. `robots`: it is robots.txt that breaks."""

    answer: Answer
    code: str = ""
    partial: str = ""
    robots: bool = False


@dataclass(frozen=True)
class Listing:
    """One format: where it is, how it is asked for, how it answers, and what its answers come to.

    `empty` is a sound answer that lists nothing; `login` and `none` are the codes for a page that asks for a password
    and for `empty`. `holds` looks at what is held after the first visit, and raises where that is wrong."""

    key: str
    kind: str
    path: str
    serve: Callable[[Asked, int], Page]
    count: int
    empty: Page
    login: str
    none: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, Fault] = field(default_factory=dict)
    holds: Callable[[list[Row]], object] = lambda rows: None


@dataclass
class Day:
    """One visit to all of them: how each broke, what was held of each after it, what was said of each."""

    fault: str
    report: dict[str, Any]
    rows: dict[str, list[Row]]
    codes: dict[str, str]
    partial: dict[str, str]
    asked: dict[str, list[Asked]]


def page(data: object, status: int = 200, **headers: str) -> Page:
    """An answer in JSON, or in text as it is."""
    if isinstance(data, str | bytes):
        return Page(data.encode() if isinstance(data, str) else data, status, headers)
    return Page(json.dumps(data).encode(), status, {"Content-Type": "application/json", **headers})


def always(answer: Page) -> Answer:
    return lambda asked, visit: answer


def only(place: Callable[[Asked], bool], answer: Page) -> Answer:
    """Broken in one place, whole elsewhere."""
    return lambda asked, visit: answer if place(asked) else None


def _cut(whole: Page) -> Page:
    """The first half of an answer that promised more."""
    half = whole.body[: max(1, len(whole.body) // 2)]
    return Page(half, 200, {**whole.headers, "Content-Length": str(len(whole.body) + 9), "Connection": "close"})


def everyday(listing: Listing) -> dict[str, Fault]:
    """The ways in which every listing can break."""
    return {
        "fails": Fault(always(page("oops", 500)), "http-500"),
        "forbids": Fault(always(page("no", 403)), "http-403"),
        "wants to be left alone": Fault(always(page("slowly", 429, **{"Retry-After": "3600"})), "http-429"),
        "is cut off": Fault(lambda asked, visit: _cut(listing.serve(asked, visit)), "truncated"),
        "asks for a password": Fault(
            always(Page(LOGIN, 200, {"Content-Type": "text/html; charset=utf-8"})), listing.login
        ),
        "lists nothing": Fault(always(listing.empty), listing.none),
    }


def shown(listings: Sequence[Listing], service: Service) -> list[Day]:
    """Visit all listings whole, whole again, and broken in each way that any of them has."""
    port = urlsplit(service.press.url).port
    entries = {
        one.key: {"url": f"http://{one.key}.localhost:{port}{one.path}", "kind": one.kind, "options": one.options}
        for one in listings
    }
    (service.folder / "feeds.yaml").write_text(json.dumps({"sources": entries}), encoding="utf-8")
    most = max(len({**everyday(one), **one.faults}) for one in listings)
    return [_day(listings, service, number) for number in range(most + 2)]


def faults_of(listing: Listing) -> list[tuple[str, Fault]]:
    """How a listing breaks, in order, from the third day on."""
    return list({**everyday(listing), **listing.faults}.items())


def _day(listings: Sequence[Listing], service: Service, number: int) -> Day:
    names = {}
    for one in listings:
        ways = faults_of(one)
        name, fault = ways[number - 2] if 2 <= number < len(ways) + 2 else ("", None)
        names[one.key] = name
        service.press.hosts[f"{one.key}.localhost"] = _site(one, number + 1, fault)
    service.press.asked.clear()
    at = MONDAY + timedelta(days=number)
    done = service("collect", "--force", at=at)
    said = json.loads(service("sources", "health", "--json", at=at).out)
    codes = {row["id"]: row["error"] for row in said["failing"]} | {
        row["id"]: "robots-disallowed" for row in said["closed"]
    }
    asked: dict[str, list[Asked]] = {}
    for one in service.press.asked:
        asked.setdefault(one.headers["host"].partition(".")[0], []).append(one)
    partial = {row["id"]: row["what"] for row in said["partial"]}
    return Day(json.dumps(names), done.report, held(service), codes, partial, asked)


def _site(listing: Listing, visit: int, fault: Fault | None) -> Callable[[Asked], Page]:
    def answer(asked: Asked) -> Page:
        for_robots = asked.place == "/robots.txt"
        broken = fault.answer(asked, visit) if fault and fault.robots == for_robots else None
        return broken or (page("", 404) if for_robots else listing.serve(asked, visit))

    return answer


def held(service: Service) -> dict[str, list[Row]]:
    """All items, by source."""
    with sqlite3.connect(service.folder / "aggregator.db") as database:
        database.row_factory = sqlite3.Row
        rows = [dict(row) for row in database.execute("SELECT * FROM items ORDER BY n")]
    database.close()
    found: dict[str, list[Row]] = {}
    for row in rows:
        row["occasion"] = json.loads(row["occasion"]) if row["occasion"] else {}
        found.setdefault(row["source"], []).append(row)
    return found
