"""The forms of an issue, by version.

An issue names the version that it was made with and is always written with it. Whoever changes what a form writes
adds a version here and leaves the old one as it was: tests/data/issues holds the bytes of each for good.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

from aggregator.issue import feeds, lists, page, prose, references
from aggregator.issue.document import Issue

CURRENT = 1


class Form(NamedTuple):
    """One form: its media type, the ending of its files, and what writes it."""

    media_type: str
    ending: str
    write: Callable[[Issue], str]


_FIRST = MappingProxyType({
    "html": Form("text/html; charset=utf-8", "html", page.html),
    "text": Form("text/plain; charset=utf-8", "txt", prose.text),
    "json": Form("application/feed+json", "json", feeds.json_feed),
    "atom": Form("application/atom+xml; charset=utf-8", "atom", feeds.atom),
    "ics": Form("text/calendar; charset=utf-8", "ics", lists.ics),
    "ris": Form("application/x-research-info-systems; charset=utf-8", "ris", references.ris),
    "bibtex": Form("application/x-bibtex; charset=utf-8", "bib", references.bibtex),
    "csl": Form("application/vnd.citationstyles.csl+json; charset=utf-8", "csl.json", references.csl_json),
    "opml": Form("text/x-opml; charset=utf-8", "opml", lists.opml),
})  # fmt: skip
FORMS: Mapping[int, Mapping[str, Form]] = MappingProxyType({1: _FIRST})


def forms(issue: Issue) -> Mapping[str, Form]:
    """The forms that this issue has, by name. Raises KeyError for one made by a newer program."""
    return FORMS[issue.form]


def written(issue: Issue, form: str) -> bytes:
    """The issue in one form: equal issues give equal bytes, whatever has happened since."""
    return forms(issue)[form].write(issue).encode("utf-8", "replace")


def sums(issue: Issue) -> dict[str, str]:
    """Form -> SHA-256 of its bytes, by which anybody can tell that they are still the same."""
    return {name: sha256(written(issue, name)).hexdigest() for name in forms(issue)}
