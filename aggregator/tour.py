"""A visit that takes several documents: further pages, details of entries. Bounded, and never in a circle. Pure.

The first document decides what the visit was; what follows adds to it. A follow-up that fails costs what it would
have brought and nothing else: what was read stays, and the next visit begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from aggregator.model import Answer, Entry, Occasion, Reading, Source, SourceState, Wanted
from aggregator.read.paging import DETAIL

DOCUMENTS = 20  # in one visit, unless the source's option `pages` says otherwise
MOST_DOCUMENTS = 200
END_OF_LIST = frozenset({"http-400", "http-404", "http-410", "empty"})  # what servers say past the last page
_SAYS_ITS_END = frozenset({"works"})  # kinds whose protocols name every page: none is asked for on trial


@dataclass(slots=True)
class Tour:
    """One source's visit on its way. `wanted` is what to ask for next; when it is empty the visit is over."""

    source: Source
    before: SourceState
    wanted: list[Wanted]
    answer: Answer | None = None
    reading: Reading | None = None
    trouble: str = ""
    broke_off: bool = False  # a further document failed; else `trouble` is that there were too many
    seen: set[tuple[str, str]] = field(default_factory=set)

    def next_round(self) -> list[Wanted]:
        """What to ask for now; nothing twice in a visit, and no more documents than the source may bring."""
        room = documents_of(self.source) - len(self.seen)
        # A server may name one address for different pages (a cursor that stays): the role tells them apart.
        coming = [one for key, one in {(w.url, w.role): w for w in self.wanted}.items() if key not in self.seen]
        # Of details the first are the newest: leaving the others is no trouble.
        if any(not one.role.startswith(DETAIL) for one in coming[max(0, room) :]):
            self.trouble = self.trouble or f"more than {documents_of(self.source)} documents; the rest was left"
        self.wanted = []
        coming = coming[: max(0, room)]
        self.seen.update((one.url, one.role) for one in coming)
        return coming

    def first(self, answer: Answer, reading: Reading | None) -> None:
        """What the first document was."""
        self.answer, self.reading = answer, reading
        self.wanted += self._own(reading.more if reading else ())

    def further(self, answer: Answer, reading: Reading | None, refusal: str = "") -> None:
        """What came of a follow-up: its entries join the others, or it is the end of the list, or it failed."""
        if reading is None or self.reading is None:
            code = refusal or answer.error or answer.outcome
            if code not in END_OF_LIST or self.source.kind in _SAYS_ITS_END:
                self.trouble = f"a further document could not be read: {code}"
                self.broke_off = True
            return
        told = {entry.guid for entry in reading.entries}
        self.reading = replace(
            self.reading,
            entries=joined(self.reading.entries, reading.entries),
            unfinished=(self.reading.unfinished - told) | reading.unfinished,
        )
        self.wanted += self._own(reading.more)

    def forget(self) -> None:
        """Let go of what the visit brought: the round goes on with other sources, and thousands are no memory."""
        self.answer = self.reading = None

    def _own(self, more: Sequence[Wanted]) -> Iterator[Wanted]:
        # A page may name any address as the next one; only the source's own host is asked on its behalf.
        home = urlsplit(self.answer.url if self.answer else self.source.url)
        return (one for one in more if urlsplit(one.url)[:2] == home[:2])


def documents_of(source: Source) -> int:
    """How many documents one visit may take: the option `pages`, 20 without it, never more than 200."""
    said = source.options.get("pages")
    return min(max(said, 1), MOST_DOCUMENTS) if isinstance(said, int) else DOCUMENTS


def joined(known: Sequence[Entry], more: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries of both. One with the guid of a known one completes it: what it says wins, what it leaves out
    stays as it was."""
    entries = list(known)
    places = {entry.guid: place for place, entry in enumerate(entries) if entry.guid}
    for entry in more:
        place = places.get(entry.guid) if entry.guid else None
        if place is None:
            if entry.guid:
                places[entry.guid] = len(entries)
            entries.append(entry)
        else:
            entries[place] = _completed(entries[place], entry)
    return tuple(entries)


def _completed(known: Entry, more: Entry) -> Entry:
    said = {name: value for name in Entry.__slots__ if (value := getattr(more, name))}
    if known.occasion and more.occasion:
        dated = {
            name: v for name in Occasion.__slots__ if (v := getattr(more.occasion, name)) not in (None, "", (), {})
        }
        said["occasion"] = replace(known.occasion, **dated)
    return replace(known, **said)
