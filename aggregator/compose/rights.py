"""What readers must know of a paper before they cite it, and how their library leads them to it."""

from __future__ import annotations

import re
from urllib.parse import quote

from aggregator.model import Item

# Said at the head of a title, in brackets at its end, or by the register that the item comes from, as a tag.
_RETRACTION = (
    r"retract(?:ion|ed)(?:\s+(?:notice|note|article))?|withdrawn|withdrawal|expression\s+of\s+concern|ritrattazione|"
    r"ritrattato|rétractation|article\s+rétracté|retractación|retractado|zurückgezogen|zurückziehung|povlačenje|povučeno"
)
_CORRECTION = (
    r"correct(?:ion|ed)(?:\s+to)?|corrigend(?:um|a)|errat(?:um|a)(?:\s+corrige)?|rettifica|correzione|rectificatif|"
    r"corrección|fe\s+de\s+erratas|berichtigung|korrektur|ispravak"
)


def says_retraction(item: Item) -> bool:
    """Whether the item says itself that a paper has been withdrawn, or that its journal has grave doubts."""
    return _says(_RETRACTED, item)


def says_correction(item: Item) -> bool:
    """Whether the item says itself that it corrects an earlier one."""
    return _says(_CORRECTED, item)


def library_address(item: Item, url: str, by_way_of: str, access: str) -> str:
    """Where the reader's library leads to a paper that is not known to be free; nothing for all else.

    `by_way_of` is a resolver's address, in which `{url}` becomes the encoded address, or the prefix of a proxy,
    after which the address stands as it is (EZproxy, `login?url=`)."""
    if not (by_way_of and url) or access == "open" or (item.kind != "paper" and access != "restricted"):
        return ""
    return by_way_of.replace("{url}", quote(url, safe="")) if "{url}" in by_way_of else by_way_of + url


def _shapes(words: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    head = rf"^\s*[\[(]?\s*(?:{words})\s*(?:[\])]|[:–—]|\s-\s|(?:to|of|for)\s*[:“‘\"'«])"
    return re.compile(rf"{head}|[\[(]\s*(?:{words})\s*[\])]\s*$", re.IGNORECASE), re.compile(
        rf"(?:{words})", re.IGNORECASE
    )


_RETRACTED, _CORRECTED = _shapes(_RETRACTION), _shapes(_CORRECTION)


def _says(shapes: tuple[re.Pattern[str], re.Pattern[str]], item: Item) -> bool:
    in_title, as_tag = shapes
    return bool(in_title.search(item.title)) or any(as_tag.fullmatch(tag.strip()) for tag in item.tags)
