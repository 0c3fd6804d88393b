"""OAI-PMH 2.0 with Dublin Core: repositories (EPrints, DSpace) and journals (OJS, Janeway).

Dates asked for are those of the records, not of the papers, so what comes may be old: see `publication`. A mistake
is answered with status 200 and an <error>; "no records match" is no mistake but a quiet week.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from datetime import datetime, timedelta

from aggregator.errors import SourceError
from aggregator.jsonlines import moment_from
from aggregator.language import base
from aggregator.model import Document, Entry, Reading, Source, Wanted
from aggregator.read import access, fields
from aggregator.read.answers import MOST
from aggregator.read.choice import days_of, text_option
from aggregator.read.markup import local, xml_of
from aggregator.read.paging import PAGE, following, query_of, with_query
from aggregator.read.publication import Stated, published_at, stated_in
from aggregator.text import one_line, title
from aggregator.urls import is_web

FIRST_DAYS = 90  # how far back the first visit looks
_OVERLAP = timedelta(days=1)  # datestamps are in UTC, and some servers only know days
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*|info:doi/)?(10\.\d{4,9}/[^\s<>\"]+)", re.I)
_SPEECH = {"ListRecords", "GetRecord"}
_OAI = ("verb", "metadataPrefix", "from", "until", "set", "resumptionToken")


def ask(source: Source, since: datetime | None, now: datetime) -> Wanted:
    """The records that changed since the last visit (with a day's overlap), or of the last `options.days` (90).
    `options.set` and `options.prefix` stand for `set` and `metadataPrefix` where the address has none."""
    query = query_of(source.url)
    begin = since - _OVERLAP if since else now - timedelta(days=days_of(source, "days", FIRST_DAYS))
    own = query.get("from", "")
    day = max(f"{begin:%Y-%m-%d}", own[:10] if re.match(r"\d{4}-\d\d-\d\d", own) else "")
    wanted = {
        "verb": "ListRecords",
        "metadataPrefix": query.get("metadataPrefix") or text_option(source, "prefix") or "oai_dc",
        "set": query.get("set") or text_option(source, "set") or None,
        "from": day,
        "until": query.get("until") or None,
        "resumptionToken": None,
    }
    return Wanted(with_query(source.url, wanted))


def read(text: str, document: Document) -> Reading:
    """The records of an answer. Deleted ones are left out.

    Raises SourceError `not-a-works`, `bad-resumption-token` (start again from the last visit), `oai-<code>`.
    """
    root = xml_of(text, "not-a-works")
    if local(root) != "OAI-PMH":
        raise SourceError("not-a-works", f"XML that starts with <{local(root)[:40]}>, not an answer in OAI-PMH")
    errors = [one for one in root if local(one) == "error"]
    for error in errors:
        _complain(error)
    speech = next((one for one in root if local(one) in _SPEECH), None)
    if speech is None:
        if errors:
            return Reading()
        raise SourceError("not-a-works", "an answer in OAI-PMH without records; ask with verb=ListRecords")
    records = [one for one in speech if local(one) == "record"][:MOST]
    entries = (_entry(record, document.url) for record in records)
    return Reading(
        entries=tuple(entry for entry in entries if entry is not None),
        more=_more(speech, document.url),
    )


def _complain(error: ElementTree.Element) -> None:
    code, said = error.get("code", ""), one_line(error.text or "")[:200]
    if code == "noRecordsMatch":
        return
    if code == "badResumptionToken":
        raise SourceError("bad-resumption-token", said or "the server no longer knows where this list goes on")
    name = code if re.fullmatch(r"[A-Za-z]{1,40}", code) else "error"
    raise SourceError(f"oai-{name}", said or "the server refused what it was asked; check the address")


def _more(speech: ElementTree.Element, url: str) -> tuple[Wanted, ...]:
    """The next page: only the verb and the token, beside what the server's address itself needs."""
    token = next((one.text or "" for one in speech if local(one) == "resumptionToken"), "").strip()
    if not token or not is_web(url) or token == query_of(url).get("resumptionToken"):
        return ()
    changes: dict[str, str | None] = dict.fromkeys(_OAI)
    changes |= {"verb": "ListRecords", "resumptionToken": token}
    return following(url, with_query(url, changes), PAGE)


# ------------------------------------------------------------------------------------------------------- records
def _entry(record: ElementTree.Element, url: str) -> Entry | None:
    """One record, or None for a deleted one and for one that says nothing."""
    header = record.find("{*}header")
    if header is None or header.get("status") == "deleted":
        return None
    metadata = record.find("{*}metadata")
    fieldset = next(iter(metadata), None) if metadata is not None else None
    if fieldset is None:
        return None
    identifier = one_line(header.findtext("{*}identifier") or "")
    recorded = moment_from(header.findtext("{*}datestamp") or "")
    language = _language(fieldset)
    address = _address(fieldset)
    appeared = _appeared(fieldset)
    html, text = fields.body_of_text(_best(fieldset, "description", language), address or url)
    return Entry(
        guid=fields.identifier(identifier),
        url=address,
        title=title(_best(fieldset, "title", language)),
        html=html,
        text=_with_citation(text, _texts(fieldset, "source"), appeared),
        author="; ".join(name for one in _texts(fieldset, "creator") if (name := fields.author([one]))),
        tags=fields.tags(_texts(fieldset, "subject")),
        published_at=published_at(appeared, recorded),
        updated_at=recorded.replace(microsecond=0) if recorded else None,
        language=language,
        kind="paper",
        access=access.stated(
            [*_texts(fieldset, "rights"), *_texts(fieldset, "accessRights"), *_texts(fieldset, "license")]
        ),
    )


def _language(fieldset: ElementTree.Element) -> str | None:
    named = (base(one) for one in _texts(fieldset, "language"))
    marked = (base(one.get(_LANG)) for one in fieldset if local(one) == "title")
    return next((one for one in (*named, *marked) if one), None)


def _best(fieldset: ElementTree.Element, name: str, language: str | None) -> str:
    """The field in the paper's own language where it is given in several, else the first."""
    found = [one for one in fieldset if local(one) == name and (one.text or "").strip()]
    own = [one for one in found if language and base(one.get(_LANG)) == language]
    return next(((one.text or "").strip() for one in (*own, *found)), "")


def _address(fieldset: ElementTree.Element) -> str:
    """The DOI's address, else the first web address among identifiers and relations."""
    named = [*_texts(fieldset, "identifier"), *_texts(fieldset, "relation")]
    for one in _texts(fieldset, "identifier"):
        if doi := _DOI.fullmatch(one):
            return f"https://doi.org/{doi[1]}"
    return next((one for one in named if is_web(one) and " " not in one), "")


def _appeared(fieldset: ElementTree.Element) -> Stated | None:
    """The earliest date: repositories put the days of deposit and of release beside the year of publication."""
    found = [date for one in _texts(fieldset, "date") if (date := stated_in(one))]
    return min(found, key=lambda date: (date.first, -date.last.toordinal()), default=None)


def _with_citation(text: str, sources: Iterable[str], appeared: Stated | None) -> str:
    """The text with where it appeared as its last line, and with the date where that is no whole day."""
    where = next((title(one) for one in sources if not is_web(one)), "")[:300]
    when = appeared.shown if appeared and appeared.first != appeared.last else ""
    line = ", ".join(part for part in (where, when if when not in where else "") if part)
    return "\n\n".join(part for part in (text, line) if part)


def _texts(fieldset: ElementTree.Element, name: str) -> list[str]:
    return [
        one_line(field.text or "") for field in fieldset if local(field) == name and (field.text or "").strip()
    ]
