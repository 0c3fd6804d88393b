"""What a reader sees of one item: every fact turned into words, nothing left for templates to decide."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple
from urllib.parse import urlsplit

from aggregator.compose.facts import Fact, facts_of
from aggregator.compose.notices import notice_of
from aggregator.compose.phrases import English
from aggregator.compose.plain import clean, kept_apart, rtl, shorten
from aggregator.compose.rights import library_address, says_correction, says_retraction
from aggregator.model import Item, Told
from aggregator.occasions.ical import is_dated
from aggregator.text import excerpt

TITLE, NAME, CREDIT, REASON = 300, 80, 200, 300  # characters that a letter has room for
EXCERPT = 600  # characters, however long the source's words are
FULL_TEXT = 6_000  # characters, where the source's text may be shown in full
NAMED_SOURCES = 4  # how many other sources are named; the rest is a number
ADDRESS = 2000  # characters; longer than any address that browsers agree on

_WEB = re.compile(
    r"https?://[^\s<>\"\x00-\x20\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+\Z", re.IGNORECASE
)
_LIKE_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|(?:[\w-]+\.)+(?:com|org|net|edu|gov|info)(?:/\S*)?", re.IGNORECASE
)
# What says nothing of where a link leads; with the name of its source it does.
_VAGUE = frozenset("more|read more|learn more|here|click here|link|details|this|leggi|qui|altro|هنا".split("|"))
_WHOLE_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"“”]+", re.IGNORECASE)
# Endings that no domain has.
_LIKE_HOST = re.compile(
    r"(?:[A-Za-z0-9-]+\.)+(?!(?:csv|html|js|json|pdf|txt|xml)\b)[A-Za-z]{2,24}(?![^\s/])(?:/\S*)?", re.ASCII
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*\Z")


class Setting(NamedTuple):
    """All that an item's words depend on besides the item: equal settings give equal fragments. `calendar`: the
    address under which its dates are; `now`: when the letter is made; `told`: what the reader was told before;
    `attribution`, `access`: as in `Rights`; `library`: as `Edition.library_link`."""

    say: English
    zone: tzinfo
    reader_language: str
    source: str
    also_in: tuple[str, ...]
    words: int
    accent: str
    calendar: str = ""
    told: Told | None = None
    now: datetime | None = None
    attribution: str = ""
    access: str = ""
    library: str = ""


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item in words. `language` is set where it is not the letter's, `direction` (ltr, rtl) where it
    is not the letter's."""

    title: str
    url: str
    language: str
    direction: str
    meta: tuple[str, ...]
    facts: tuple[Fact, ...]
    excerpt: str
    also_in: str
    calendar: str = ""
    calendar_words: str = ""
    library: str = ""
    library_words: str = ""


def view(item: Item, setting: Setting) -> ItemView:
    """Turn an item into words for one kind of reader. An item without a usable address has no link."""
    say, url = setting.say, link(item.url)
    title = _title(item, url, setting)
    longest = max(EXCERPT, min(setting.words * 14, FULL_TEXT))
    text = shorten(clean(excerpt(item.text, setting.words)), longest) if setting.words else ""
    more = len(setting.also_in) - NAMED_SOURCES
    names = tuple(_name(name, say) for name in setting.also_in[:NAMED_SOURCES])
    return ItemView(
        title=title,
        url=url,
        language=foreign(item.language, say.code),
        direction=_direction(title, say),
        meta=_meta(item, setting),
        facts=facts(item, setting),
        excerpt="" if text == title else text.removeprefix(f"{title} "),
        also_in=say.also_in(names, max(0, more)) if names else "",
        calendar=f"{setting.calendar}/{item.id}.ics" if setting.calendar and is_dated(item) else "",
        calendar_words=say.calendar_again if setting.told else say.calendar,
        library=link(library_address(item, url, setting.library, _access(item, setting))),
        library_words=say.via_library,
    )


def facts(item: Item, setting: Setting) -> tuple[Fact, ...]:
    """What a reader must know of the item's dates, by that reader's clock; or what has become of them."""
    if setting.told is None or setting.now is None:
        withdrawn = (Fact(setting.say.retraction, strong=True),) if says_retraction(item) else ()
        return withdrawn + facts_of(item, setting.say, setting.zone, setting.now)
    return notice_of(item, setting.told, setting.say, setting.zone, setting.now)


def _access(item: Item, setting: Setting) -> str:
    """Who can read it, as its own record says, else as the curator says of its source."""
    return item.access or setting.access


def link(url: str) -> str:
    """The address as its source gave it if it can be a link in a letter, else nothing."""
    return url if len(url) <= ADDRESS and _WEB.match(url) and _host(url) else ""


def foreign(language: str | None, letter: str) -> str:
    """The language tag to mark text with, or nothing where it is the letter's language or not known."""
    if not language or not _LANGUAGE.match(language):
        return ""
    return "" if base(language) == base(letter) else language


def base(language: str) -> str:
    """`pt-BR` -> `pt`."""
    return language.partition("-")[0].lower()


def _title(item: Item, url: str, setting: Setting) -> str:
    title = shorten(_visible(item.title) or _visible(excerpt(item.text, 12)), TITLE)
    if not title:
        return setting.say.untitled(_name(setting.source, setting.say))
    if title.casefold().strip(" .…") in _VAGUE:
        return f"{title} ({_name(setting.source, setting.say)})"
    return _honest(title, url, setting.say) if url and "." in title else title


def _honest(title: str, url: str, say: English) -> str:
    """A title that looks like one address and leads to another is what fraud looks like: to people, and to
    filters, which take a word like `booking.com` at its beginning for where it leads. Such a word is put in
    quotes; whole addresses are taken out, since the link is there already."""
    host = _host(url)
    if "://" in title or "www." in title.lower():
        kept = _WHOLE_ADDRESS.sub(lambda found: found[0] if _same(_host(found[0]), host) else "", title).strip()
        title = kept if any(c.isalnum() for c in kept) else say.page_at(host)
    if _LIKE_ADDRESS.fullmatch(title) and _host(title) != host:
        return say.page_at(host)
    first = _LIKE_HOST.match(title)
    if first and not _same(first[0].lower().removeprefix("www."), host):
        return f"“{first[0]}”{title[first.end() :]}"
    return title


def _same(one: str, other: str) -> bool:
    """Whether two hosts are one, or one a part of the other."""
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _direction(title: str, say: English) -> str:
    direction = "rtl" if rtl(title) else "ltr"
    return "" if direction == say.direction else direction


def _visible(text: str) -> str:
    """`text` cleaned, or nothing if there is nothing to see in it: a link needs words."""
    text = clean(text)
    return text if any(c.isprintable() and not c.isspace() for c in text) else ""


def _name(text: str, say: English, length: int = NAME) -> str:
    """A name ready for a line of ours."""
    return kept_apart(shorten(clean(text), length), say.direction)


def _host(address: str) -> str:
    try:
        host = urlsplit(address if "://" in address else f"https://{address}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def _meta(item: Item, setting: Setting) -> tuple[str, ...]:
    say = setting.say
    dated = item.occasion is not None and (item.occasion.starts or item.occasion.closes)
    day = say.day(item.published_at.astimezone(UTC).date()) if item.published_at else "" if dated else say.undated
    language = item.language if item.language and _LANGUAGE.match(item.language) else ""
    other = say.in_language(language) if base(language) != base(setting.reader_language) else ""
    later = say.correction if says_correction(item) else say.update if item.follows else ""
    access = {"open": say.open_access, "restricted": say.restricted}.get(_access(item, setting), "")
    credit = _name(setting.attribution, say, CREDIT)
    words = (later, say.kind(item.kind), _name(setting.source, say), day, other, access, credit)
    return tuple(word for word in words if word)
