"""How deep markup is nested, and markup made harmless to the parsers of HTML, which some nesting makes slow.

The time that `bounded` and `shallow` leave a parser is in proportion to the length of what it is given.
"""

from __future__ import annotations

import re

_DEEPEST = 400  # HTML parsers take quadratic time on nesting; no text needs more
_OPEN_OR_CLOSE = re.compile(r"<(/?)(?!br|hr|img|input|meta|link|area|wbr|source|p[ >]|li[ >])[a-zA-Z]")
_FORMAT = "a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u"
_FORMATTING = re.compile(rf"<(?:{_FORMAT})[\s/>]", re.I)
# Formatting with nothing but text in it, or a tag that never holds any; attributes only as every parser sees them.
_CLOSED = re.compile(
    rf"""<({_FORMAT})((?:\s+[\w:-]+(?:=(?:"[^"<>]*"|'[^'<>]*'))?)*)\s*>[^<>]*</\1\s*>"""
    r"""|<(?:img|br|span|/span|wbr)((?:\s+[\w:-]+(?:=(?:"[^"<>]*"|'[^'<>]*'))?)*)\s*/?>""",
    re.I,
)
_FEW = 32  # tags that can't do harm
_ROUNDS = 10  # formatting within formatting, from the inside out


def depth(markup: str) -> int:
    """How deep elements are nested, about: tags that are usually left open don't count."""
    deepest = level = 0
    for tag in _OPEN_OR_CLOSE.finditer(markup):
        level = max(0, level - 1) if tag[1] else level + 1
        deepest = max(deepest, level)
    return deepest


def shallow(html: str) -> str:
    """HTML, or its text alone where it is nested deeper than any text needs."""
    if html.count("<") > _DEEPEST and depth(html) > _DEEPEST:
        return re.sub(r"<[^<>]*>", " ", html)
    return html


def bounded(html: str) -> str:
    """HTML of which a parser makes a small multiple.

    A paragraph after formatting that nothing closes begins with all of it again (HTML, 13.2.4.3), so 100 kB can
    become gigabytes: where more than two elements for each character could come of it, the text alone is left.
    """
    tags = html.count("<")
    if tags > _FEW:
        left = html
        for _ in range(_ROUNDS):
            if len(_FORMATTING.findall(left)) * tags <= 2 * len(html):
                break
            left = _CLOSED.sub(" ", left)
        else:
            return re.sub(r"<[^<>]*>", " ", html)
    return shallow(html)
