"""How the sources are, from what visits left behind: failing, silent, retired, moved, closed to programs, read in
part, never visited. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aggregator.fetch import CODES
from aggregator.jsonlines import moment
from aggregator.model import Source, SourceState

# A source is silent beyond its own rhythm when nothing new came for four times its usual gap, a month at least.
GAPS = 4
SHORTEST_SILENCE = timedelta(days=30)
SILENCE_WITHOUT_RHYTHM = timedelta(days=90)
# It is frozen when, beyond that, its newest item is older than a year: it has stopped, or goes on elsewhere.
FROZEN = timedelta(days=365)

_READING = {
    "not-a-feed": ("what is there is not a feed", "curator"),
    "unreadable": ("the feed is damaged beyond reading", "publisher"),
    "bad-resumption-token": ("it forgot, between two pages, where it was", "publisher"),
    "too-deep": ("the feed is damaged: elements without end inside each other", "publisher"),
    "entity-bomb": ("the feed would grow without measure when read", "publisher"),
    "reader-timeout": ("reading the feed took too long", "publisher"),
    "reader-crashed": ("the feed could not be read at all", "operator"),
    "unknown-kind": ("its kind can't be read by this version", "curator"),
    "not-a-page": ("what is there is not a web page", "curator"),
    "not-a-calendar": ("what is there is not a calendar", "curator"),
    "not-a-courses": ("what is there is no list of courses that we can read", "curator"),
    "not-a-events": ("what is there is no list of events that we can read", "curator"),
    "not-a-works": ("what is there is no list of publications that we can read", "curator"),
    "not-a-mail": ("what is there is no mail and no archive of mails", "curator"),
    "not-an-opml": ("what is there is no list of feeds (OPML)", "curator"),
    "not-a-sitemap": ("what is there is not a sitemap", "curator"),
    "bad-option": ("one of its options is wrong", "curator"),
    "no-selectors": ("its options don't say where the items stand in the page", "curator"),
    "selector-empty": (
        "its selector found nothing: the page may have changed, which is not the same as no news",
        "curator",
    ),
    "missing-column": ("a column that its options name is not in the table", "curator"),
    "login-required": ("one must log in to see it", "publisher"),
    "error-answer": ("its server answered with an error of its own", "publisher"),
    "refused": ("its server refused to answer", "publisher"),
}
_NEXT = {
    "curator": "look for its new address and change url in feeds.yaml, or set enabled: false",
    "publisher": "it is tried again by itself; if it lasts, write to the publisher or set enabled: false",
    "operator": "see what the machine lacks, then run 'aggregator collect' with its id",
    "nobody": "nothing to do: it is asked less often",
}
_NEXT_BY_CODE = {
    "http-401": "ask the publisher for access, and put the key into the environment: ${NAME} in its url",
    "http-403": "ask the publisher whether our visits are refused on purpose; set AGGREGATOR_CONTACT",
    "private-address": "if it is one of yours, name its host in AGGREGATOR_ALLOW_PRIVATE",
    "redirect-form": "see where it leads; if that host may have the key, write that address as url",
    "robots-disallowed": "ask the publisher for leave or a feed, or set enabled: false; we keep away until then",
    "robots-unreachable": "nothing to do: its pages are asked again when its robots.txt can be read",
    "dns": "see whether the host is spelt rightly; look for its new address, or set enabled: false",
    "no-mailbox": "see whether path or folder are spelt as they are there, and change url in feeds.yaml",
    "mailbox-closed": "let the user that the service runs as read it (chmod, chgrp)",
    "login-refused": "see whether the name and the ${NAME} of its password are right; some want an app password",
    "no-encryption": "write imaps://; or, for a server of your own, name its host in AGGREGATOR_ALLOW_PRIVATE",
    "imap-unavailable": "it is tried again by itself; if it lasts, ask whoever runs the mail server",
    "not-a-feed": "open it in a browser: look for the feed's new address and change url in feeds.yaml",
    "bad-option": "correct it under options: in feeds.yaml",
    "no-selectors": "'aggregator sources add' with its address proposes some; write them under options:",
    "selector-empty": "look at the page, and write the selector anew under options: in feeds.yaml",
    "missing-column": "look how the columns are called there now, and correct options: in feeds.yaml",
    "unknown-kind": "correct its kind in feeds.yaml, or bring the program up to date",
    "login-required": "see whether guests may open it; else look for an open list, or set enabled: false",
}
# Where what the reader found, or which option it means, helps more than the code.
_TELLING = frozenset({"bad-option", "no-selectors", "selector-empty", "missing-column"})
_LONGEST_DETAIL = 200  # characters

_RETIRED = "its publisher says that it is gone for good (410)", "remove it, or change its url in feeds.yaml"
_SILENT = "it answers, but brings nothing new", "see on its site whether it goes on elsewhere"
_CLOSED = frozenset({"robots-disallowed"})  # nothing is broken: its publisher wishes no visits of programs
_MORE_PAGES = "give it more pages (options: {pages: 100}), or an address that lists less"
_FROZEN = (
    "it answers as ever, but its newest item is very old: it has stopped, or goes on at another address",
    "look on its site for a newer feed and change url in feeds.yaml, or set enabled: false",
)
_NEVER_VISITED = "it has not been visited yet", "'aggregator collect' visits what is due"


@dataclass
class Health:
    """Sources by what is the matter; a source may be silent (or frozen) and moved at once. `states` by id."""

    states: Mapping[str, SourceState]
    enabled: int = 0
    disabled: int = 0
    healthy: int = 0
    failing: list[Source] = field(default_factory=list)
    retired: list[Source] = field(default_factory=list)
    never_visited: list[Source] = field(default_factory=list)
    silent: list[Source] = field(default_factory=list)
    frozen: list[Source] = field(default_factory=list)
    moved: list[Source] = field(default_factory=list)
    closed: list[Source] = field(default_factory=list)
    partial: list[Source] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """`enabled` is the sum of healthy, failing, closed, retired and never_visited."""
        lists = ("failing", "retired", "never_visited", "silent", "frozen", "moved", "closed", "partial")
        return {
            "enabled": self.enabled, "healthy": self.healthy, "disabled": self.disabled,
            **{name: len(getattr(self, name)) for name in lists},
        }  # fmt: skip


def health(sources: Collection[Source], states: Mapping[str, SourceState], now: datetime) -> Health:
    """Judge every enabled source by its state. What is remembered of an address that the curator has changed
    since counts for nothing."""
    # What is remembered of another address says nothing of this one.
    own = {s.id: state for s in sources if (state := states.get(s.id)) is not None and state.url == s.shown}
    found = Health(own)
    for source in sources:
        if not source.enabled:
            found.disabled += 1
            continue
        found.enabled += 1
        state = own.get(source.id)
        if state is None or not state.visits:
            found.never_visited.append(source)
        elif state.status == "retired":
            found.retired.append(source)
        elif state.failures:
            (found.closed if state.error in _CLOSED else found.failing).append(source)
        else:
            found.healthy += 1
            if (since := silent_since(state, now)) is not None:
                (found.frozen if now - since > FROZEN else found.silent).append(source)
            if state.detail:
                found.partial.append(source)
            if state.adopted_url and state.adopted_url != source.url:
                found.moved.append(source)
    return found


def silent_since(state: SourceState, now: datetime) -> datetime | None:
    """Since when a source that answers has brought nothing, where that is longer than it usually is: since its
    newest item, where its items have dates, else since we last found anything new."""
    patience = max(GAPS * state.rhythm, SHORTEST_SILENCE) if state.rhythm else SILENCE_WITHOUT_RHYTHM
    last = state.newest_at or state.last_new_at
    return last if last is not None and now - last > patience else None


def in_words(state: SourceState) -> tuple[str, str]:
    """Why a source fails, and the next step."""
    code = state.error or ""
    says, who = (
        CODES.get(code) or _READING.get(code) or (f"it failed: {code or 'no reason was kept'}", "publisher")
    )
    if code.startswith("http-") and code not in CODES:
        says = f"the publisher's server answered {code.removeprefix('http-')}"
    if state.detail and (code in _TELLING or code.startswith("not-a")):
        says = f"{says} ({state.detail[:_LONGEST_DETAIL]})"
    return says, _NEXT_BY_CODE.get(code) or _NEXT[who]


def trouble_in_words(code: str, detail: str = "") -> tuple[str, str]:
    """Why an address that is tried can't be read, and the next step: it has no entry in feeds.yaml yet."""
    says, step = in_words(SourceState("", "", error=code))
    if "feeds.yaml" in step or "'aggregator" in step or "by itself" in step:
        step = "see whether the address is right: does a browser show it? If it does, try again later"
    if detail.startswith(says):
        return detail, step
    return f"{says} ({detail})" if detail else says, step


Row = dict[str, Any]


def report(found: Health, now: datetime) -> dict[str, list[Row]]:
    """Each ailing source, by what is the matter, with the next step. Where an address holds a secret, its new
    address is not told either."""

    def row(source: Source, since: datetime | None, words: tuple[str, str]) -> Row:
        says, step = words
        return {
            "id": source.id,
            "title": source.title,
            "url": source.shown,
            "since": moment(since),
            "what": says,
            "next": step,
        }

    states = found.states
    return {
        "failing": [
            row(s, states[s.id].failing_since, in_words(states[s.id])) | _times(states[s.id])
            for s in found.failing
        ],
        "closed": [
            row(s, states[s.id].failing_since, in_words(states[s.id])) | _times(states[s.id]) for s in found.closed
        ],
        "partial": [row(s, states[s.id].last_ok_at, _partial(states[s.id])) for s in found.partial],
        "retired": [row(s, states[s.id].failing_since, _RETIRED) for s in found.retired],
        "silent": [row(s, silent_since(states[s.id], now), _SILENT) for s in found.silent],
        "frozen": [row(s, silent_since(states[s.id], now), _FROZEN) for s in found.frozen],
        "moved": [row(s, None, _moved(states[s.id], bool(s.written))) for s in found.moved],
        "never_visited": [row(s, None, _NEVER_VISITED) for s in found.never_visited],
    }


def _partial(state: SourceState) -> tuple[str, str]:
    """What could not be read beside the rest, and the next step."""
    return state.detail, _MORE_PAGES if state.detail.startswith("more than") else _NEXT["publisher"]


def _times(state: SourceState) -> Row:
    return {
        "error": state.error,
        "failures": state.failures,
        "last_ok_at": moment(state.last_ok_at),
        "next_visit_at": moment(state.next_at),
    }


def _moved(state: SourceState, secret: bool) -> tuple[str, str]:
    where = "another address" if secret else state.adopted_url
    return f"it has moved for good and is read from {where}", f"write url: {where} in feeds.yaml"
