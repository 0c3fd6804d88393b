"""The text of a letter that somebody wrote: without what it quotes, how it is signed, and what a list adds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser

from aggregator.nesting import depth
from aggregator.read.mail_blocks import Block
from aggregator.read.mail_message import Mail
from aggregator.read.mail_words import (
    BEGINS_QUOTING,
    FORWARDED,
    LIST_FOOTER,
    ORIGINAL,
    PREFIX,
    QUOTED_HEADER,
    SIGNING,
    WROTE,
)
from aggregator.text import fold, plain

_QUOTES = (
    "blockquote, .gmail_quote, .gmail_signature, .gmail_attr, .moz-cite-prefix, .moz-signature, .yahoo_quoted, "
    "#divRplyFwdMsg, #appendonsend, .x_gmail_quote, script, style, head"
)
_FORWARD_IN_HTML = re.compile(
    r"forwarded message|weitergeleitete|messaggio inoltrato|message transf|mensaje reenviado", re.I
)
_DEEPEST = 400
_CLOSING = 15  # lines that the end of a letter, name and office and all, may have
_RULE = re.compile(r"^[_=*#-]{20,}\s*$")


def text_of(mail: Mail) -> str:
    """The plain text of a letter, or its HTML made plain, without quotes, signature and footers of lists."""
    text = mail.text if mail.text.strip() else _plain(mail.html)
    return without_ends(text, forwarded=_is_forward(mail.subject))


def base_subject(subject: str) -> tuple[str, bool]:
    """The subject without Re:, Fwd: and their kin in other languages; and whether it was one of an answer."""
    answers = False
    tag = ""
    for _ in range(12):
        if found := PREFIX.match(subject):
            answers = answers or found["re"] is not None
            subject = subject[found.end() :]
        elif (
            not tag
            and (bracket := re.match(r"\s*(\[[^\]]{1,60}\])\s*(?=\S)", subject))
            and PREFIX.match(subject[bracket.end() :])
        ):  # "[List] Re: subject"
            tag, subject = bracket[1] + " ", subject[bracket.end() :]
        else:
            break
    return f"{tag}{subject.strip()}", answers


def _is_forward(subject: str) -> bool:
    found = PREFIX.match(re.sub(r"^\s*\[[^\]]{1,60}\]\s*", "", subject))
    return found is not None and found["fw"] is not None


def _plain(html: str) -> str:
    if html.count("<") > _DEEPEST and depth(html) > _DEEPEST:
        return plain(html)
    tree = LexborHTMLParser(html)
    if not _FORWARD_IN_HTML.search(html):
        for node in tree.css(_QUOTES):
            node.decompose()
    return plain(tree.html or "")


def without_ends(text: str, forwarded: bool = False) -> str:
    """The text without quoted lines, without what follows `-- `, a list's footer or a closing formula."""
    lines = text.replace("\u00a0", " ").split("\n")
    lines = _without_quotes(_up_to_the_end(lines, forwarded))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_without_closing(lines))).strip()


def _up_to_the_end(lines: list[str], forwarded: bool) -> list[str]:
    """The lines before a signature, an answered letter in full, or a list's footer. Of a forwarded letter the
    header goes and the text stays."""
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        folded = fold(line.strip())
        if line.rstrip("\r") == "-- " or (line.strip() == "--" and len(lines) - at <= _CLOSING):
            break
        if FORWARDED.match(folded) or (forwarded and _is_header(lines, at)):
            at = _after_header(lines, at + (not _is_header(lines, at)))
            continue
        if ORIGINAL.match(folded) or _is_header(lines, at):
            break
        if (at > 0 or _RULE.match(line)) and _ends_here(lines, at):
            break
        kept.append(line)
        at += 1
    return kept


def _is_header(lines: list[str], at: int) -> bool:
    """Whether a header of an older letter stands here: three of its lines together."""
    some = [fold(line.strip(" *>\t")) for line in lines[at : at + 6]]
    return bool(some and QUOTED_HEADER.match(some[0])) and sum(bool(QUOTED_HEADER.match(one)) for one in some) >= 3


def _after_header(lines: list[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    while at < len(lines) and lines[at].strip():
        at += 1
    return at


def _ends_here(lines: list[str], at: int) -> bool:
    """A footer: words that only lists write, or a long rule with such words just below."""
    if LIST_FOOTER.search(fold(lines[at])) and at * 2 >= len(lines):
        return True
    below = " ".join(lines[at + 1 : at + 5])
    return bool(_RULE.match(lines[at])) and LIST_FOOTER.search(fold(below)) is not None


def _without_quotes(lines: list[str]) -> list[str]:
    kept: list[str] = []
    for line in lines:
        if line.lstrip().startswith(">") or re.match(r"\s?[A-Z]{1,3}> ", line):
            while kept and not kept[-1].strip():
                kept.pop()
            _drop_attribution(kept)
        else:
            kept.append(line)
    _drop_attribution(kept)  # the quote itself may have gone with an older letter
    return kept


def _drop_attribution(kept: list[str]) -> None:
    """Take "On Monday Ann wrote:" from the end; it may run over three lines."""
    while kept and not kept[-1].strip():
        kept.pop()
    if not kept or not kept[-1].rstrip().endswith(":"):
        return
    for count in (1, 2, 3):
        some = fold(" ".join(line.strip() for line in kept[-count:]))
        if WROTE.match(some) and BEGINS_QUOTING.match(some):
            del kept[-count:]
            return


def without_closing(blocks: Sequence[Block]) -> list[Block]:
    """The blocks before a signature, or before "Kind regards" where little follows."""
    for at, block in enumerate(blocks):
        first, *more = block.text.split("\n") or [""]
        rest = [line for one in blocks[at + 1 :] for line in one.text.split("\n")] + more
        signs = first.strip() == "--" or SIGNING.match(fold(first.strip())) is not None
        if at and signs and len(rest) <= _CLOSING and all(len(line) < 90 for line in rest):
            return list(blocks[:at])
    return list(blocks)


def _without_closing(lines: list[str]) -> list[str]:
    """The lines before "Kind regards" and a name, where little follows."""
    for at in range(max(1, len(lines) - _CLOSING), len(lines)):
        rest = [line for line in lines[at + 1 :] if line.strip()]
        if SIGNING.match(fold(lines[at].strip())) and all(len(line) < 90 for line in rest):
            return lines[:at]
    return lines
