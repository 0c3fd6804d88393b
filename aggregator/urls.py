"""Addresses: absolute, clean enough to mail, and comparable.

Two forms. `canonical` is for people: the address its source gave, without what only counts clicks; the order and
writing of everything else stay as they were, since some servers are particular. `address_key` is for machines:
addresses that lead to the same page have the same key; it is never shown or fetched.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, unquote_plus, urljoin, urlsplit, urlunsplit

# Query parameters that say where a click came from and never what is shown. Exact names, then prefixes.
# Not here, since they choose content somewhere: id, p, source, ref, campaign, partner, feature, session, via.
_TRACKING = """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ymclid twclid ttclid li_fat_id rdt_cid epik
    igshid igsh mc_cid mc_eid mkt_tok _hsenc _hsmi hsctatracking vero_id vero_conv oly_enc_id oly_anon_id
    _openstat wickedid ref_src ref_url s_cid ncid sc_cid cmpid xtor trkcampaign fb_action_ids fb_action_types
    fb_ref fb_source action_object_map action_type_map __twitter_impression guccounter guce_referrer
    guce_referrer_sig ml_subscriber ml_subscriber_hash rb_clickid _branch_match_id _ga _gl ck_subscriber_id
    sfmc_id sfmc_activityid dm_i emci emdi ceid wt_mc elqtrackid elqtrack cvid rss_source
"""
TRACKING = frozenset(_TRACKING.split())
TRACKING_PREFIXES = (
    "utm_",
    "pk_",
    "mtm_",
    "piwik_",
    "matomo_",
    "hsa_",
    "at_recipient",
    "at_campaign",
    "at_medium",
)
# Fragments that point at the top of the text, its "read on" mark or its comments, or that count clicks.
_EMPTY_FRAGMENT = re.compile(r"(more-\d+|comments|respond|rss|rssowlmlink|xtor=.*|ref=.*|.*\butm_\w+=.*)?", re.I)
_INDEX_PAGE = re.compile(r"/(index|default)\.(html?|php|aspx?|jsp|shtml)$", re.I)
_AMP = re.compile(r"/amp/?$|\.amp(?=\.html$|$)", re.I)
_VARIANT = re.compile(
    r"^(?:www\d?\.)?(?:amp\.|m\.|mobile\.)?(?=[^.]+\.)"
)  # hosts that show the same page otherwise
_DEFAULT_PORT = {"http": "80", "https": "443"}
MAILBOXES = ("maildir", "mbox", "file", "imap", "imaps")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_HALVES = re.compile(r"[\ud800-\udfff]+")  # halves of surrogate pairs: no text, and nothing can encode them
_ESCAPED = re.compile(r"&(?:amp;)+")  # an address that was escaped once too often
_LONGEST = 2048
# Most addresses are made of these alone. The long way would give them back as they are.
_ORDINARY = re.compile(
    r"(?P<scheme>https?://)(?P<host>(?:[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?\.)+[a-z]{2,24})"
    r"(?P<path>(?:/[\w~-][\w.~+-]*)*/?)(?:\?(?P<query>[\w=&.~-]*))?",
    re.ASCII,
)


def is_web(url: str) -> bool:
    """True for an absolute http or https address with a host, of a length that programs accept."""
    if len(url) <= _LONGEST and is_plain(url):
        return True
    parts = _split(url)
    return parts is not None and parts.scheme in _DEFAULT_PORT and bool(parts.hostname) and len(url) <= _LONGEST


def is_plain(url: str) -> bool:
    """True for an absolute http or https address of ordinary characters: it is the same seen from anywhere."""
    plain = _ORDINARY.fullmatch(url)
    return plain is not None and plain["query"] != ""


def mailbox_scheme(url: str) -> str:
    """How the address of a mailbox begins: one of MAILBOXES; `file` for a bare path; empty for all else."""
    url = url.strip()
    name = url.partition(":")[0].lower()
    return "file" if url.startswith("/") else name if name in MAILBOXES and ":" in url else ""


def is_understood(url: str) -> bool:
    """False for what no program can take apart as an address, such as `http://[`."""
    return _split(url) is not None


def host(url: str) -> str:
    """The host in lower case, without port; empty where there is none."""
    parts = _split(url)
    return (parts.hostname or "") if parts else ""


def absolute(base: str, url: str) -> str:
    """`url` as seen from `base` (RFC 3986, 5); `url` itself where one of them cannot be understood."""
    if is_plain(url):
        return url
    url = _CONTROL.sub("", url.strip())
    if not base or _split(base) is None:
        return url
    try:
        return urljoin(base, url)
    except ValueError:
        return url


@lru_cache(maxsize=20_000)
def canonical(url: str) -> str:
    """The address for readers: http(s) only, everything else comes back stripped but unchanged.

    Scheme and host in lower case, no default port, unsafe characters percent-encoded, parameters of TRACKING
    and empty fragments gone. Idempotent.
    """
    url = url.strip()
    if len(url) <= _LONGEST and (plain := _ORDINARY.fullmatch(url)):
        query = _without_tracking(plain["query"]) if plain["query"] else ""
        return plain["scheme"] + plain["host"] + (plain["path"] or "/") + (f"?{query}" if query else "")
    return _made_canonical(url)


def _made_canonical(url: str) -> str:
    """The long way, for any address."""
    url = _HALVES.sub("", url)
    if not is_web(url):
        return url
    from w3lib.url import safe_url_string

    try:
        parts = urlsplit(safe_url_string(url))
        netloc = _netloc(parts)
    except ValueError:
        return url
    fragment, _, tail = parts.fragment.partition("?")
    if not tail or _without_tracking(tail) == tail:
        fragment = parts.fragment
    if _EMPTY_FRAGMENT.fullmatch(fragment):
        fragment = ""
    return urlunsplit((parts.scheme, netloc, parts.path or "/", _without_tracking(parts.query), fragment))


@lru_cache(maxsize=20_000)
def address_key(url: str) -> str:
    """A key that the addresses of one page share: with or without https, www., m., AMP, index page, closing slash,
    fragment (but `#!` and `#/`, which are pages) and whatever the order of parameters. Empty for no address."""
    clean = canonical(url)
    plain = _ORDINARY.fullmatch(clean)
    if plain and not plain["query"] and len(clean) <= _LONGEST:
        return _page(plain["host"], plain["path"])
    return _key_of(clean)


def _key_of(clean: str) -> str:
    """The long way, for any canonical address."""
    if not is_web(clean):
        return clean
    from w3lib.url import canonicalize_url

    parts = urlsplit(clean)
    keep = parts.fragment.startswith(("!", "/"))
    try:
        parts = urlsplit(canonicalize_url(clean, keep_fragments=keep))
    except ValueError:  # what no rule foresees is a key as it stands
        return clean
    query = "&".join(
        pair for pair in parts.query.split("&") if pair.lower() not in ("amp=1", "amp=", "outputtype=amp")
    )
    page = _page(parts.netloc.rpartition("@")[2], parts.path)
    return page + (f"?{query}" if query else "") + (f"#{parts.fragment}" if keep else "")


def _page(host: str, path: str) -> str:
    name = _VARIANT.sub("", host)
    return name + _AMP.sub("", _INDEX_PAGE.sub("/", path)).rstrip("/")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # raises for what is no port
    except ValueError:
        return None
    return parts


def _netloc(parts: SplitResult) -> str:
    user, at, rest = parts.netloc.rpartition("@")
    return user + at + rest.lower().removesuffix(":" + _DEFAULT_PORT[parts.scheme]).removesuffix(":")


def _without_tracking(query: str) -> str:
    return "&".join(pair for pair in _ESCAPED.sub("&", query).split("&") if not _counts_clicks(pair))


def _counts_clicks(pair: str) -> bool:
    name = unquote_plus(pair.partition("=")[0]).lower()
    return name in TRACKING or name.startswith(TRACKING_PREFIXES)
