"""Discovery: from any address the best source behind it, with the reasons. Pure: what is to be asked is named
here, and whoever may touch the network asks it.

    search = Search(address, now)
    while leads := search.next_round():
        for lead in leads:
            search.take(lead, answer, read)
    search.candidates()            # best first

Asked first: the address itself; then what it names, and what its program is known to have; then usual places; a
sitemap last. Once something good is found nothing further is asked; never more than twelve documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from aggregator.errors import SourceError
from aggregator.model import Answer, Document, Reading, Source
from aggregator.read import answers, structured
from aggregator.read.discover_judge import kinds_of, points, reads_as_page, text_of
from aggregator.read.discover_links import (
    ASIDE,
    GUESS,
    ITSELF,
    LAST,
    LOOK,
    NAMED,
    Lead,
    Page,
    each_once,
    links,
    page_of,
    web_address,
)
from aggregator.read.discover_list import FEWEST, selectors
from aggregator.read.discover_platforms import BESIDE, by_address, by_page, in_json, sent_on, usual_places
from aggregator.text import title
from aggregator.urls import absolute, address_key, host, is_web

REQUESTS = 12  # documents that one search may take
AT_ONCE = 4  # leads followed in one round
LISTED, DESCRIBED = (
    70,
    38,
)  # worth of a page that describes several events or courses, and of one that describes one
CLOSED = frozenset({"facebook.com", "instagram.com", "linkedin.com", "x.com", "twitter.com", "tiktok.com"})
_TELLING = 10  # characters of a title
_GOOD = -10  # points from which a reading is no reason to look further: less is empty, stopped, or comments
_TIERS = (ITSELF, BESIDE + 1, LOOK + 1, GUESS + 1, LAST + 1, LAST)
_OPML = re.compile(r"<opml[\s>]", re.I)
_NO_ANSWER = frozenset({"dns", "connection", "tls", "protocol", "timeout"})
# What makes further questions to that host pointless or unkind.
_OVER = _NO_ANSWER | {"private-address", "forbidden-port", "bad-address", "bad-scheme", "host-busy", "http-429"}

Read = Callable[[Document, Source], Reading]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that could be added: how it would stand in feeds.yaml (`source`), what was read of it, why it is
    here, and its rank. `guessed`: a proposal that a person must look at first."""

    source: Source
    reading: Reading
    why: tuple[str, ...]
    score: float
    is_good: bool = True
    guessed: bool = False


@dataclass
class Search:
    """One address looked into. `troubles`: (address, code, detail) of what could not be read, in order. `page`:
    what the address led to, where that is a page. `over`: its host is not to be asked any more."""

    address: str
    now: datetime
    leads: list[Lead] = field(default_factory=list)
    found: list[Candidate] = field(default_factory=list)
    troubles: list[tuple[str, str, str]] = field(default_factory=list)
    page: Page | None = None
    document: Document | None = None
    over: bool = False
    _compared: bool = False
    _asked: set[tuple[str, str]] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _widened: bool = False

    def __post_init__(self) -> None:
        self.address = web_address(self.address)
        self.leads = [Lead(self.address, "it is the address itself", ITSELF)]
        if is_web(self.address):
            self.leads += by_address(self.address)

    # ------------------------------------------------------------------------------------------- what to ask next
    @property
    def asked(self) -> int:
        """How many documents were asked for."""
        return len(self._asked)

    @property
    def is_good(self) -> bool:
        """Whether something was found that one need not look further for."""
        return any(one.is_good for one in self.found)

    def next_round(self) -> list[Lead]:
        """The leads to follow now, at most AT_ONCE of like worth; none when the search is over."""
        waiting = self._waiting()
        if not waiting and not self.is_good and not self._widened:
            self._widened = True
            self.leads += self._usual()
            waiting = self._waiting()
        if not waiting or self.asked >= REQUESTS or self._is_settled(waiting[0]):
            return []
        tier = _tier(waiting[0])
        most = min(AT_ONCE if tier > 0 else 1, REQUESTS - self.asked)
        coming = [lead for lead in waiting if _tier(lead) == tier][:most]
        self._asked.update((lead.url, lead.kind) for lead in coming)
        self._compared = self._compared or tier == 1
        return coming

    def _waiting(self) -> list[Lead]:
        own = urlsplit(self.address).netloc if is_web(self.address) else ""
        return [
            lead
            for lead in each_once(self.leads)
            if (lead.url, lead.kind) not in self._asked and lead.worth > ASIDE and is_web(lead.url)
            and not (self.over and urlsplit(lead.url).netloc == own)
        ]  # fmt: skip

    def _is_settled(self, coming: Lead) -> bool:
        """Whether what was found makes what would come next superfluous: what is named is compared once."""
        itself = any(one.is_good and one.score >= ITSELF - 10 for one in self.found)
        return itself or (self.is_good and (_tier(coming) > 1 or self._compared))

    def _usual(self) -> list[Lead]:
        """Where to look when nothing that was named is any good: the front page, usual places, the site's map."""
        if not is_web(self.address) or self.over or host(self.address).removeprefix("www.") in CLOSED:
            return []
        start = self.page.url if self.page else self.address
        front = absolute(start, "/")
        sitemap = Lead(absolute(start, "/sitemap.xml"), "the site's map for search engines", LAST, "sitemap")
        beginning = [] if self.page else [Lead(front, "the front page of the site", LOOK)]
        return [*beginning, *usual_places(start), sitemap]

    # ------------------------------------------------------------------------------------------- what came of it
    def take(self, lead: Lead, answer: Answer, read: Read) -> None:
        """Judge what came of a lead. `read` is `aggregator.read.read`, or does the same elsewhere."""
        if answer.outcome != "body":
            self._failed(lead, answer)
            return
        key = address_key(answer.url)
        if key in self._seen and lead.worth < ITSELF:
            return  # it led to what is known already
        self._seen.add(key)
        document = Document(answer.body, answer.url, answer.content_type)
        text = text_of(document)
        as_page = reads_as_page(text) and not lead.kind
        if as_page and lead.worth <= GUESS:
            return  # a page for people where a feed might have been
        kinds = (lead.kind,) if lead.kind else kinds_of(text)
        errors: list[SourceError] = []
        for kind in kinds:
            source = Source("new", lead.url, kind, options=dict(lead.options))
            if self._tried(lead, document, source, read, errors) and not as_page:
                return
        self._note(lead, errors, as_page)
        if not lead.kind:
            self._look(lead, document, text, answer.links)

    def _failed(self, lead: Lead, answer: Answer) -> None:
        code = answer.error or answer.outcome
        self.troubles.append((lead.url, code, answer.detail))
        if lead.worth < ITSELF:
            return
        parts = urlsplit(lead.url)
        if parts.scheme == "https" and code in _NO_ANSWER and code != "dns":
            self.leads.append(replace(lead, url=urlunsplit(parts._replace(scheme="http"))))
        elif code == "dns" and not host(lead.url).startswith("www."):
            self.over = True
            self.leads.append(replace(lead, url=urlunsplit(parts._replace(netloc=f"www.{parts.netloc}"))))
        elif code in _OVER:
            self.over = True

    def _tried(
        self, lead: Lead, document: Document, source: Source, read: Read, errors: list[SourceError]
    ) -> bool:
        """Read a document as one kind of source; it is a candidate where that works."""
        asked = replace(source, options={**source.options, "_now": self.now.isoformat()})
        try:
            reading = read(document, asked)
        except SourceError as error:
            errors.append(error)
            return False
        certain = lead.kind or source.kind in ("feed", "calendar")
        if not (reading.entries or reading.more or certain):
            return False  # an empty list in JSON may be anything
        self._keep(lead, document, source, reading)
        return True

    def _keep(self, lead: Lead, document: Document, source: Source, reading: Reading) -> None:
        more, said = points(reading, self.now)
        worth, why, guessed = lead.worth, lead.why, False
        if reads_as_page(text_of(document)) and not lead.kind:
            number = len(reading.entries)
            worth = (LISTED if number > 1 else DESCRIBED) - (0 if worth >= NAMED else LOOK)
            named = source.kind if number > 1 else source.kind.removesuffix("s")
            why = f"the page describes {number} {named} for programs (schema.org)"
        elif source.kind == "sitemap":
            guessed, more, said = True, 0, ["every page of the site, news or not"]
        known = title(reading.title or lead.title)
        kept = replace(source, title=known)
        is_good = more > _GOOD and not guessed
        self.found.append(Candidate(kept, reading, (why, *said), worth + more, is_good, guessed))

    def _title(self) -> str:
        heading = self.page.tree.css_first("title") if self.page else None
        return heading.text(deep=True) if heading else ""

    def _note(self, lead: Lead, errors: list[SourceError], as_page: bool) -> None:
        """Keep the error that tells most. That a page is neither courses nor events is no trouble."""
        telling = [one for one in errors if not one.code.startswith("not-a")]
        refusals = sorted(errors, key=lambda one: one.code != "not-a-feed")  # which says what it is instead
        kept = telling[:1] or ([] if as_page else refusals[:1])
        self.troubles += [(lead.url, one.code, one.detail) for one in kept]

    def _look(self, lead: Lead, document: Document, text: str, header: str) -> None:
        """Take the leads of a document that is no source itself: a page, or the index of an interface."""
        if text[:1] in ("{", "["):
            self.leads += in_json(text, document.url)
            return
        if _OPML.search(text[:2_000]):
            self.troubles.append((lead.url, "not-a-feed", "a list of feeds (OPML)"))
        if not (text.startswith("<") or reads_as_page(text)):
            return
        try:
            page = page_of(structured.parsed(text), text, document.url)
        except SourceError as error:
            self.troubles.append((lead.url, error.code, error.detail))
            return
        if answers.seen_as(text) == "a page that checks for robots" and len(text) < 60_000:
            self.troubles.append((lead.url, "not-a-page", "a page that checks for robots"))
        named = [*links(page, header), *by_page(page, header), *by_address(page.url)]
        if lead.worth >= LISTED:  # the page that was meant
            self.page, self.document = page, document
            self.leads += [*named, *sent_on(page)]
        else:
            # Of a page that was only looked into, what it names counts, not where it leads to in turn.
            self.leads += [replace(one, worth=one.worth - 3) for one in named if one.worth > LOOK]

    # ------------------------------------------------------------------------------------------------ the result
    def candidates(self) -> list[Candidate]:
        """What could be added, best first; what is the same under two addresses once."""
        once: dict[object, Candidate] = {}
        for one in sorted(self.found, key=lambda one: (one.guessed, -one.score)):
            named = replace(one.source, title=one.source.title or title(self._title()))
            once.setdefault(_identity(one), replace(one, source=named))
        return list(once.values())

    def guess(self, read: Read) -> Candidate | None:
        """A proposal of selectors for the list on the page that was looked at, or None where none can be seen."""
        options = selectors(self.page.tree, self.page.base) if self.page else None
        if not options or self.page is None or self.document is None:
            return None
        source = Source("new", self.page.url, "page", title=title(self._title()), options=options)
        try:
            reading = read(self.document, source)
        except SourceError:
            return None
        telling = [entry for entry in reading.entries if len(entry.title) >= _TELLING]
        if len(telling) < FEWEST or len(telling) * 2 < len(reading.entries):
            return None
        why = ("a list without a feed: where its parts stand is guessed", f"{len(reading.entries)} entries")
        return Candidate(source, reading, why, LOOK, is_good=False, guessed=True)

    def untried(self) -> list[Lead]:
        """What was named and not asked: comments, parts of the site, and what came after something good."""
        left = [
            lead for lead in each_once(self.leads) if (lead.url, lead.kind) not in self._asked and is_web(lead.url)
        ]
        return [lead for lead in left if lead.worth == ASIDE or lead.worth > BESIDE]


def _tier(lead: Lead) -> int:
    """0 for the address itself, 1 for what is named, 2 beside it, 3 to look into, 4 guesses, 5 the last."""
    return next((n for n, least in enumerate(_TIERS) if lead.worth >= least), len(_TIERS))


def _identity(one: Candidate) -> object:
    """The first entries' addresses: RSS and Atom of one blog are one source."""
    entries: Mapping[str, None] = dict.fromkeys(entry.url or entry.guid for entry in one.reading.entries[:5])
    return (one.source.kind == "calendar", tuple(sorted(entries))) if any(entries) else one.source.url
