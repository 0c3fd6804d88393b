"""Works: what journals and repositories publish, by the protocols that their programs speak.

`options.format` says which one (`oai`, `crossref`, `doaj`); without it the address or the document tells. Feeds of
journals (OJS and others) are of kind `feed`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aggregator.errors import SourceError
from aggregator.model import Document, Reading, Source, Wanted
from aggregator.read import works_crossref, works_doaj, works_oai
from aggregator.read.choice import chosen
from aggregator.read.markup import json_of, text_of
from aggregator.read.paging import path_of, query_of

CODE = "not-a-works"
_ASK: dict[str, Callable[[Source, datetime | None, datetime], Wanted]] = {
    "oai": works_oai.ask,
    "crossref": works_crossref.ask,
    "doaj": works_doaj.ask,
}
_NAMES = {"oai_pmh": "oai", "oai-pmh": "oai", "oaipmh": "oai", "oai_dc": "oai"}


def ask(source: Source, since: datetime | None, now: datetime) -> Wanted:
    """What to ask the source for at `now`, when it was last read well at `since`; its own address where the
    protocol is not known beforehand. Raises SourceError `bad-option`."""
    name = chosen(source, _ASK, _NAMES) or _by_address(source.url)
    return _ASK[name](source, since, now) if name else Wanted(source.url)


def read(document: Document, source: Source) -> Reading:
    """The papers in a document, one entry each, in its order.

    Raises SourceError: `bad-option`, `empty`, `not-a-works`, `unreadable`, `entity-bomb`, and what the
    protocols call wrong (`oai-badArgument`, `bad-resumption-token`, `refused`).
    """
    name = chosen(source, _ASK, _NAMES)
    text = text_of(document, CODE)
    if name == "oai" or (name is None and text.startswith("<")):
        return works_oai.read(text, document)
    answer = json_of(text, CODE)
    if name == "crossref" or (name is None and works_crossref.looks_so(answer)):
        return works_crossref.read(answer, document, source)
    if name == "doaj" or works_doaj.looks_so(answer) or _by_address(document.url) == "doaj":
        return works_doaj.read(answer, document)
    raise SourceError(CODE, "data in JSON that is neither Crossref's nor DOAJ's; check the address")


def _by_address(url: str) -> str | None:
    path, query = path_of(url).rstrip("/"), query_of(url)
    if "verb" in query or path.endswith(("/oai", "/oai2", "/oai/request")):
        return "oai"
    if "/api/search/articles/" in path:
        return "doaj"
    if (path.startswith("/journals/") and path.count("/") <= 3) or path.endswith("/works"):
        return "crossref"
    return None
