"""The items of an issue as references: RIS, BibTeX and CSL-JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

from aggregator.issue.document import Carried, Issue
from aggregator.jsonlines import moment_from


class Type(NamedTuple):
    """What a kind of item is called in each format."""

    ris: str
    bibtex: str
    csl: str


_PAGE = Type("ELEC", "misc", "webpage")
_TYPES = {
    "paper": Type("JOUR", "article", "article-journal"),
    "post": Type("BLOG", "misc", "post-weblog"),
    "notes": Type("BLOG", "misc", "post-weblog"),
    "news": Type("NEWS", "misc", "article-newspaper"),
    "podcast": Type("SOUND", "misc", "broadcast"),
    "video": Type("VIDEO", "misc", "motion_picture"),
    "thread": Type("ICOMM", "misc", "post"),
    "event": Type("ELEC", "misc", "event"),
}
_DOI = re.compile(r"https?://(?:dx\.)?doi\.org/(10\.\d{4,9}/\S+)", re.IGNORECASE)
_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def people(author: str) -> list[str]:
    """The names in a line of authors. A comma parts two people only where both sides are more than one word: it
    may stand within a name (`Rossi, Anna`)."""
    found: list[str] = []
    for part in re.split(r"\s*;\s*|\s+(?:&|and|e|et|und|y)\s+", author):
        names = [name.strip() for name in part.split(",") if name.strip()]
        found += names if len(names) > 1 and all(" " in name for name in names) else [part.strip(" ,")]
    return [name for name in found if name]


def doi(item: Carried) -> str:
    """The DOI in the item's address, or nothing."""
    match = _DOI.fullmatch(item.url)
    return unquote(match[1]) if match else ""


def _day(item: Carried) -> datetime | None:
    return moment_from(item.published)


# ------------------------------------------------------------------------------------------------------------ RIS
def ris(issue: Issue) -> str:
    """RIS, lines ending in CRLF, one record for each item; N1 tells in which issue it was."""
    return "".join(f"{line}\r\n" for item in issue.items for line in _ris(item, issue))


def _ris(item: Carried, issue: Issue) -> Iterator[str]:
    day = _day(item)
    yield _tag("TY", _TYPES.get(item.kind, _PAGE).ris)
    yield _tag("ID", item.id)
    yield _tag("TI", item.title)
    yield from (_tag("AU", name) for name in people(item.author))
    if day:
        yield _tag("PY", f"{day.year:04}")
        yield _tag("DA", f"{day:%Y/%m/%d}/")
    if item.source_title:
        yield _tag("T2", item.source_title)
    if item.excerpt:
        yield _tag("AB", item.excerpt)
    yield from (_tag("KW", label) for _, label in item.topics)
    if item.language:
        yield _tag("LA", item.language)
    if found := doi(item):
        yield _tag("DO", found)
    if item.url:
        yield _tag("UR", item.url)
    yield _tag("Y2", f"{issue.made_at:%Y/%m/%d}/")
    yield _tag("N1", issue.cited)
    yield "ER  - "


def _tag(name: str, value: str) -> str:
    return f"{name}  - {' '.join(value.split())}"


# --------------------------------------------------------------------------------------------------------- BibTeX
def bibtex(issue: Issue) -> str:
    """BibTeX in UTF-8, as biblatex and modern styles read it; keys are the ids of the items."""
    return "\n".join(_bibtex(item, issue) for item in issue.items)


def _bibtex(item: Carried, issue: Issue) -> str:
    day, kind = _day(item), _TYPES.get(item.kind, _PAGE).bibtex
    said = {
        "title": f"{{{_tex(item.title)}}}",  # twice in braces, or styles change its capitals
        "author": " and ".join(_bib_name(name) for name in people(item.author)),
        "journal" if kind == "article" else "howpublished": _tex(item.source_title),
        "year": f"{day.year:04}" if day else "",
        "date": f"{day:%Y-%m-%d}" if day else "",
        "language": item.language,
        "doi": doi(item),
        "url": _verbatim(item.url),
        "urldate": f"{issue.made_at:%Y-%m-%d}",
        "keywords": ", ".join(_tex(label) for _, label in item.topics),
        "note": _tex(issue.citation),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in said.items() if value]
    if day:
        lines.insert(len(lines) - 1, f"  month = {_MONTHS[day.month - 1]},")
    key = re.sub(r"[^0-9A-Za-z-]", "", item.id) or "item"
    return "\n".join([f"@{kind}{{{key},", *lines, "}"]) + "\n"


def _bib_name(name: str) -> str:
    """One name; that of a body of people stays whole where ' and ' would part it."""
    plain = _tex(name)
    return f"{{{plain}}}" if re.search(r"\sand\s", plain) else plain


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in " ".join(text.split()))


def _verbatim(url: str) -> str:
    """An address as it is: TeX takes it by the letter, but braces must pair."""
    return url.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


# ------------------------------------------------------------------------------------------------------- CSL-JSON
def csl_json(issue: Issue) -> str:
    return json.dumps([_csl(item, issue) for item in issue.items], ensure_ascii=False, indent=1) + "\n"


def _csl(item: Carried, issue: Issue) -> dict[str, Any]:
    day, told = _day(item), issue.made_at
    said: dict[str, Any] = {
        "id": item.id,
        "type": _TYPES.get(item.kind, _PAGE).csl,
        "title": item.title,
        "author": [{"literal": name} for name in people(item.author)],
        "container-title": item.source_title,
        "issued": {"date-parts": [[day.year, day.month, day.day]]} if day else None,
        "accessed": {"date-parts": [[told.year, told.month, told.day]]},
        "abstract": item.excerpt,
        "keyword": ", ".join(label for _, label in item.topics),
        "language": item.language,
        "DOI": doi(item),
        "URL": item.url,
        "note": issue.cited,
    }
    return {name: value for name, value in said.items() if value}
