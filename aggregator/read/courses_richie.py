"""Richie: the catalogue of FUN MOOC and other sites (`/api/v1.0/courses/`).

What is listed is the course with the state of its best run. `state.datetime` belongs to `state.text`, which is in
the site's language: it is read by its words, and by `state.priority` only where these are not known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from aggregator.errors import SourceError
from aggregator.model import Document, Entry, Occasion, Price, Reading, Source, Wanted
from aggregator.read import effort
from aggregator.read.answers import (
    address,
    asked,
    body,
    heading,
    inside,
    number,
    paragraphs,
    prose,
    rows,
    said,
    site_of,
    when,
)
from aggregator.read.paging import following, query_of, with_query
from aggregator.read.prices import code, price_line
from aggregator.text import fold

NAME = "Richie"
_LIMIT = 21  # what the catalogue's own pages ask for
# Words of `state.text`, folded, in the order in which they decide.
_WORDS = (
    ("archived", r"archiv|abgeschlossen|finalizad|concluid|concluso|zavrsen"),
    ("opens", r"(?:ouverture|opening|debut|start|inicio|apertura|beginn|pocetak)\w* "
     r"(?:of |des? |delle? |der |las? |do )*"
     r"(?:inscri|enrol|regist|iscri|einschreib|anmeld|upis|prijav)|enrol\w* (?:opens|starts)"),
    ("closes", r"(?:fin|cierre|fine|chiusura|termine) (?:de |des |de la |delle )+(?:inscr|iscr|matric)|clos\w+ on"
     r"|enrol\w* (?:until|ends|clos(?!ed))|regist\w* (?:until|ends|clos(?!ed))"
     r"|cierra|chiud\w+ il|iscri\w+ (?:fino|entro)"
     r"|inscri\w+ (?:jusqu|hasta)|(?:einschreib|anmeld)\w* bis|anmeldeschluss"
     r"|einschreibeschluss|(?:upisi|prijave) do"),
    ("closed", r"inscri\w+ (?:closes|cerrad|encerrad|terminee?s)|(?:enrol\w*|registration) closed"
     r"|iscrizioni chiuse|geschlossen"),
    ("ends", r"fin du cours|ends? on|endet am|termina (?:il|el)|zavrsava"),
    ("starts", r"debut|start|commence|comienz|empieza|inizi|begin|poc(?:inje|etak)|a partir"),
)  # fmt: skip
_OF_PRIORITY = {0: "closes", 1: "starts", 3: "starts", 4: "closed", 5: "closed", 6: "archived"}
_NO_DATE = {"archived": "ends", "closed": "closes"}


def looks(data: Any) -> bool:
    """Whether this is a page of the catalogue."""
    return isinstance(data, dict) and isinstance(data.get("objects"), list)


def ask(source: Source) -> Wanted:
    """The catalogue from its beginning, in the pages that the site itself uses."""
    return asked(source, {"limit": str(_LIMIT), "offset": "0"})


def read(data: Any, document: Document, source: Source) -> Reading:
    """The courses of one page. One that is archived or closed for good, with no date of it, is left out."""
    if not looks(data):
        raise SourceError("not-a-courses", "no Richie catalogue: it has no `objects`")
    base = document.url or source.url
    found = [_entry(row, base) for row in rows(data["objects"]) if said(row.get("id")) and not _is_over(row)]
    return Reading(home=site_of(base), entries=tuple(found), more=_more(data, document))


def _more(data: Mapping[str, Any], document: Document) -> tuple[Wanted, ...]:
    """The page after this one: `offset` and the number of objects are below the total."""
    meta, here = inside(data.get("meta")), query_of(document.url)
    got = len(data["objects"])
    offset = number(meta.get("offset"))
    begin = int(offset if offset is not None else number(here.get("offset")) or 0)
    total = number(meta.get("total_count"))
    if not got or total is None or begin + got >= total:
        return ()
    limit = here.get("limit") or str(_LIMIT)
    return following(document.url, with_query(document.url, {"limit": limit, "offset": str(begin + got)}))


def _entry(row: Mapping[str, Any], base: str) -> Entry:
    url = address(base, row.get("absolute_url"))
    html, text = body(paragraphs(prose(row.get("introduction"))), url)
    return Entry(
        guid=said(row.get("id")),
        url=url,
        title=heading(row.get("title")),
        html=html,
        text=text,
        kind="course",
        occasion=_occasion(row, site_of(base)),
    )


def _occasion(row: Mapping[str, Any], site: str) -> Occasion:
    meaning, moment = _state(row)
    name = _NO_DATE.get(meaning, meaning)
    known = {name: moment} if moment and name else {}
    shown = heading(inside(row.get("state")).get("text"))[:200]
    work = said(row.get("effort"))[:200]
    prices = _prices(row)
    key = said(row.get("code")) or said(row.get("id"))
    return Occasion(
        **known,  # type: ignore[arg-type]
        price=price_line(prices),
        evidence=shown if known else "",
        prices=prices,
        effort=work,
        hours=effort.hours_of(work, effort.weeks_of(said(row.get("duration")))),
        organiser=heading(row.get("organization_highlighted")),
        course=f"{site.partition('://')[2]}/{fold(key)}",
        said=dict.fromkeys(known, f"state.datetime, {shown}" if shown else "state.datetime"),
    )


def _state(row: Mapping[str, Any]) -> tuple[str, datetime | date | None]:
    """(what the moment of the state is, the moment)."""
    state = inside(row.get("state"))
    words = fold(said(state.get("text"))[:200])
    meaning = next((name for name, pattern in _WORDS if re.search(pattern, words)), "")
    priority = number(state.get("priority"))
    if not meaning and priority is not None:
        meaning = _OF_PRIORITY.get(int(priority), "")
    return meaning, when(state.get("datetime"))


def _is_over(row: Mapping[str, Any]) -> bool:
    meaning, moment = _state(row)
    return meaning in _NO_DATE and moment is None


def _prices(row: Mapping[str, Any]) -> tuple[Price, ...]:
    """`offer` says what attending costs, `certificate_offer` what the certificate does; amounts are newer."""
    currency = code(said(row.get("price_currency")))
    found = []
    for covers, offer, amount in (
        ("attend", "offer", "price"),
        ("certificate", "certificate_offer", "certificate_price"),
    ):
        kind = said(row.get(offer)).lower()[:40]
        known = 0.0 if kind == "free" else number(row.get(amount))
        if kind or known is not None:
            found.append(Price(kind, known, currency, covers=covers))
    return tuple(found)
