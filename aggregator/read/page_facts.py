"""What a page says of itself to programs: its types, its main thing, its feeds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from aggregator.read.structured import json_things, parsed
from aggregator.read.terms import name_of, text_of

_FEED_TYPES = re.compile(r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)|text/xml", re.I)
_MAIN = re.compile(r"(?:Event|Course|CourseInstance|Article|Posting|LearningResource)$")
_ASIDE = frozenset(
    """WebSite WebPage CollectionPage SearchResultsPage ItemPage AboutPage ContactPage ProfilePage FAQPage
    Organization Corporation LocalBusiness EducationalOrganization CollegeOrUniversity Library NGO
    NewsMediaOrganization GovernmentOrganization Person BreadcrumbList ListItem ItemList ImageObject VideoObject
    Blog MusicGroup SoftwareApplication SiteNavigationElement SearchAction WPHeader WPFooter WPSideBar Product
    Offer AggregateRating Review Place PostalAddress""".split()
)


def facts(text: str) -> dict[str, Any]:
    """What a page says: `jsonld_types`, how many `events` and `courses` its JSON-LD has,
    its `main` thing (`type`, `name`, `start` as written), and its `linked_feeds` as written."""
    tree = parsed(text)
    found = json_things(tree)
    return {
        "jsonld_types": sorted({kind for thing in found for kind in thing["@type"]}),
        "events": sum(any(kind.endswith("Event") for kind in thing["@type"]) for thing in found),
        "courses": sum("Course" in thing["@type"] for thing in found),
        "main": _main(found),
        "linked_feeds": list(feeds_in(tree)),
    }


def _main(found: list[dict[str, Any]]) -> dict[str, str | None] | None:
    """What a page is about: its first event, course or text, else the first thing that is not its furniture."""
    named = [(kind, thing) for thing in found for kind in thing["@type"] if kind not in _ASIDE]
    strong = [(kind, thing) for kind, thing in named if _MAIN.search(kind)]
    if not named:
        return None
    kind, thing = (strong or named)[0]
    return {
        "type": kind,
        "name": name_of(thing),
        "start": text_of(thing.get("startDate")) or None,
    }


def feeds_in(tree: LexborHTMLParser) -> Iterator[str]:
    """The feeds that a page links to (`rel=alternate`), as written, each once."""
    seen: set[str] = set()
    for link in tree.css("link[rel][href]"):
        said = link.attributes
        if "alternate" not in (said.get("rel") or "").lower().split():
            continue
        if not _FEED_TYPES.fullmatch((said.get("type") or "").strip().partition(";")[0].strip()):
            continue
        href = (said.get("href") or "").strip()
        if href and href not in seen:
            seen.add(href)
            yield href
