"""Links of mails: where they really lead, and which must not be kept because they belong to whoever got the mail.

A link to leave or to change preferences, one with the reader's address in it, or with a key that lets its bearer
in, would let any reader of ours act in the name of the mailbox. Links that only count clicks stay as they were
sent: where they lead is known to their sender alone, unless the target stands in them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from aggregator.read.mail_privacy import has_address
from aggregator.read.mail_words import LEAVING, SHARING, SHOWING
from aggregator.text import fold
from aggregator.urls import is_web

_TARGETS = (
    "url",
    "u",
    "q",
    "target",
    "redirect",
    "redirect_url",
    "dest",
    "destination",
    "link",
    "to",
    "goto",
    "r",
)
_COUNTERS = re.compile(
    r"click|track|redir|/ls/|/l\.php|/ct/|/cl0/|/l0/|/out\b|/go\b|safelinks|urldefense|awstrack|/url\b|linkprotect|/r/|/link",
    re.I,
)
_LOGIN = re.compile(r"/login/?$|ezproxy|/proxy", re.I)  # a library's proxy: the address is meant so
_IN_PATH = re.compile(r"/(?:CL0|L0)/(https?:?(?:%3a|:).+?)(?:/\d/|/\d+/[\w-]{10,}|$)", re.I)
_DEFENSE_3 = re.compile(r"/v3/__(https?:/{1,2}.+?)__;", re.I)
_KEYS = frozenset(
    """
    token access_token auth authtoken auth_token jwt otp magic magic_link login_token session sessionid sid_token
    passwd password apikey api_key invite_token confirmation_token tk subscriber_token unsubscribe unsub
    """.split()
)
_PERSONAL = frozenset(
    """
    email e-mail mail useremail recipient recipient_id subscriber subscriber_id subscriberid contact_id contactid
    user_id userid member_id memberid emailid email_id mc_eid sub_id subid uemail ml_subscriber
    """.split()
)
_ACTS = re.compile(
    r"unsubscri|optout|opt-out|/unsub\b|list-manage\.com/(?:profile|unsubscribe|subscribe)|update[_-]?profile|preference"
    r"|manage[_-]?(?:subscription|email)|abmeld|austrag|abbestell|disiscri|cancella-?iscrizione|desabonn|desinscri"
    r"|/baja\b|forward-to-friend|/profile-?center|subscription[_-]?center|odjava",
    re.I,
)
_SHOWS = re.compile(
    r"campaign-archive\.com|mailchi\.mp/[^/]+/?\?e=|view[_-]?(?:in[_-]?browser|email|online)|webview|/viewonline",
    re.I,
)
_SHARES = re.compile(
    r"(?:facebook\.com/(?:sharer|share)|twitter\.com/(?:intent|share|home\?)|x\.com/intent|linkedin\.com/(?:share|cws)"
    r"|linkedin\.com/feed/\?shareactive|wa\.me/|api\.whatsapp\.com|t\.me/share|bsky\.app/intent|pinterest\.\w+/pin/create"
    r"|reddit\.com/submit|/tellafriend|addtoany\.com)",
    re.I,
)
_IN_TEXT = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]']", re.I)
# Where a mailing is shown to everybody under an address that names nobody.
PUBLIC = re.compile(r"https?://(?:mailchi\.mp/[\w-]+/[\w-]+|[\w-]+\.campaign-archive\.com/\?)", re.I)
_FEW_WORDS = 4  # "Unsubscribe from this list"; "Why libraries unsubscribe from journals" is a story
_PROFILE = re.compile(
    r"^https?://(?:[\w-]+\.)?(?:facebook|twitter|x|instagram|youtube|linkedin|tiktok|pinterest|flickr)\.com/"
    r"(?:@?[\w.-]+|company/[\w.%-]+|school/[\w.%-]+|(?:user|channel|c)/[\w-]+|in/[\w-]+)?/?(?:\?.*)?$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Links:
    """Judges the links of one mail. `marks`: the reader's addresses in every writing, folded; `leaving`: the
    addresses that its List-Unsubscribe header names."""

    marks: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()

    def kept(self, href: str) -> str:
        """The address to keep for a link: its visible target, without parts that name a person; empty for one
        that must not be kept or is none of the web."""
        return _kept(self, href)

    def cleaned(self, text: str) -> str:
        """A text with its web addresses as `kept` has them."""
        return _IN_TEXT.sub(lambda found: self.kept(found[0]), text)

    def is_chrome(self, words: str, href: str) -> bool:
        """Whether a link is part of the mailing: leaving, showing in a browser, sharing, following, imprint."""
        return _is_chrome(words, href)


@lru_cache(maxsize=4096)
def _kept(links: Links, href: str) -> str:
    url = target(href)
    if not is_web(url) or _leaves(url, links.leaving) or _leaves(href, links.leaving):
        return ""
    if _ACTS.search(_bare(url)) or _ACTS.search(_bare(href)) or _SHARES.search(url):
        return ""
    url = _impersonal(url)
    whole = unquote(unquote(url)).lower()
    if has_address(url) or any(mark in whole for mark in links.marks) or "@" in urlsplit(url).netloc:
        return ""
    return url


@lru_cache(maxsize=4096)
def _is_chrome(words: str, href: str) -> bool:
    said = fold(" ".join(words.split()))[:200]
    leaves = LEAVING.search(said) is not None and len(said.split()) <= _FEW_WORDS
    if leaves or SHOWING.search(said) or SHARING.match(said):
        return True
    return bool(_SHOWS.search(href) or _SHARES.search(href) or _ACTS.search(_bare(href)) or _PROFILE.match(href))


def links_of(recipients: Iterable[str], unsubscribe: str) -> Links:
    """The judge for a mail that went to these addresses and says so of leaving."""
    marks: set[str] = set()
    for address in recipients:
        octets = address.encode("utf-8", "replace")
        plain64 = base64.b64encode(octets).decode("ascii").rstrip("=").lower()
        hashes = (hashlib.md5, hashlib.sha1, hashlib.sha256)
        marks |= {
            address,
            plain64,
            octets.hex(),
            *(one(octets, usedforsecurity=False).hexdigest() for one in hashes),
        }
    leaving = {url.lower() for url in re.findall(r"<\s*(https?://[^>\s]+)\s*>", unsubscribe)}
    return Links(frozenset(marks), frozenset(leaving))


def target(href: str) -> str:
    """Where a counting link leads, if that stands in it; else the link itself."""
    for _ in range(3):
        inner = _inside(href)
        if inner == href:
            break
        href = inner
    return href.strip()


def _inside(href: str) -> str:
    try:
        parts = urlsplit(href.strip())
        pairs = parse_qsl(parts.query, max_num_fields=50)
    except ValueError:
        return href
    if found := _DEFENSE_3.search(href):
        return re.sub(r"^(https?:)/(?!/)", r"\1//", found[1])
    if "urldefense" in parts.netloc and "u" in dict(pairs):
        return unquote(dict(pairs)["u"].replace("-", "%").replace("_", "/"))
    if found := _IN_PATH.search(parts.path):
        return re.sub(r"^(https?:)/(?!/)", r"\1//", unquote(found[1]))
    if _LOGIN.search(parts.path) or _LOGIN.search(parts.netloc) or _SHARES.search(href):
        return href
    if not _COUNTERS.search(f"{parts.netloc}{parts.path}"):
        return href
    named = (
        value for name, value in pairs if name.lower() in _TARGETS and value.startswith(("http://", "https://"))
    )
    return next(named, "") or _encoded(parts.path) or href


def _encoded(path: str) -> str:
    """The address in a piece of a path that is JSON or an address in base 64; empty where there is none."""
    for piece in path.split("/"):
        for word in piece.split(".") if 20 <= len(piece) <= 4_000 else ():
            try:
                text = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode("utf-8")
                said = json.loads(text) if text.startswith("{") else {"url": text}
            except (binascii.Error, ValueError, RecursionError):
                continue
            for name in ("e", "u", "url", "href") if isinstance(said, dict) else ():
                if isinstance(value := said.get(name), str) and value.startswith(("http://", "https://")):
                    return value
    return ""


def _bare(url: str) -> str:
    """Host, path and query, for looking for words; of no more than a reasonable length."""
    return unquote(url.partition("://")[2])[:1_000]


def _leaves(url: str, leaving: frozenset[str]) -> bool:
    """Whether a link is one of those; where theirs has no parameters, with whichever this one has. (One page with
    parameters may serve all links of a mailing.)"""
    said = url.lower()
    return said in leaving or said.partition("?")[0].rstrip("/") in {one.rstrip("/") for one in leaving}


def _impersonal(url: str) -> str:
    """The address without parameters that name its reader; empty where one lets its bearer in."""
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return ""
    if any(name.lower() in _KEYS for name, _ in pairs):
        return ""
    dropped = {"e"} if parts.netloc.endswith((".list-manage.com", "mailchi.mp")) else set()
    kept = [pair for pair in pairs if pair[0].lower() not in _PERSONAL | dropped]
    if len(kept) == len(pairs):
        return url
    return urlunsplit(parts._replace(query=urlencode(kept)))
