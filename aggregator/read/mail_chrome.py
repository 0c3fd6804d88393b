"""What stands around the contents of a newsletter: links to leave, to show it elsewhere, to share; its footer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aggregator.read.mail_blocks import Block
from aggregator.read.mail_links import Links
from aggregator.read.mail_words import FOOTER, LEAVING, SHOWING
from aggregator.text import fold

_SHORT = 120  # characters of a block that may be no more than a line of chrome
_TELLING = 12  # characters of the words of a link that leads to something
_HOME = re.compile(r"https?://[^/?#]+/?")  # of the sender or whom else: footers are full of them
_URL = re.compile(r"https?://\S+")
_NO_WEB = ("mailto:", "tel:")


def without_chrome(blocks: Sequence[Block], links: Links) -> list[Block]:
    """The blocks of a mail that tell something, and the rules between them."""
    kept: list[Block] = []
    told = [at for at, block in enumerate(blocks) if _tells(block, links)]
    last = told[-1] if told else 0
    headed = [at for at, block in enumerate(blocks) if block.level]
    for at, block in enumerate(blocks):
        # From the first line of the footer on all is footer: postal address, imprint, who sends it for whom.
        if kept and at > last and sum(one > at for one in headed[-3:]) < 2 and _is_footer(block):
            break
        if not _is_chrome(block, links):
            kept.append(block)
    return kept


def _tells(block: Block, links: Links) -> bool:
    """Whether a block has a link that leads to something told."""
    said = fold(_URL.sub("", block.text))
    if len(said) < _SHORT and (LEAVING.search(said) or SHOWING.search(said)) and _URL.search(block.text):
        return False  # "To unsubscribe: https://..." says itself what its address is for
    return any(
        len(words) >= _TELLING and not _HOME.fullmatch(href) and is_own(words, href, links)
        for words, href in block.links
    )


def is_own(words: str, href: str, links: Links) -> bool:
    """Whether a link leads to something told, and may be kept."""
    return not links.is_chrome(words, href) and bool(links.kept(href))


def _is_footer(block: Block) -> bool:
    said = fold(block.text)
    if block.level:
        return False
    leaves = any(LEAVING.search(fold(words)) for words, _ in block.links)
    return bool(FOOTER.search(said)) or leaves or (LEAVING.search(said) is not None and len(said) < 2 * _SHORT)


def _is_chrome(block: Block, links: Links) -> bool:
    if block.rule:
        return False
    text = block.text
    said = fold(" ".join(text.split()))
    if not any(char.isalnum() for char in said):
        return True
    if (
        len(said) < _SHORT
        and not block.level
        and not _tells(block, links)
        and (SHOWING.search(said) or FOOTER.search(said) or LEAVING.search(said))
    ):
        return True
    found = block.links
    linked = sum(len(words) for words, _ in found)
    if found and all(links.is_chrome(words, href) or href.startswith(_NO_WEB) for words, href in found):
        return len(said) - linked < 40
    # A table of contents leads to places in the same mail.
    return bool(found) and all(href.startswith("#") for _, href in found) and linked * 2 >= len(said)
