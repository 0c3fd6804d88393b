"""What newsletters are made of: blocks of text in the order in which they are read, whatever tables hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape

from aggregator.read.mail_links import Links
from aggregator.read.mail_privacy import READ, scrubbed

MOST_BLOCKS = 4_000  # of one mail
# Blanks without width, with which mails fill what is shown beside their subject, and soft hyphens.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u034f\u200b\u200c\u200d\ufeff"))


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text in one manner; `href` is the address it links to, as it was sent."""

    text: str
    href: str = ""
    bold: bool = False
    size: float = 16.0


@dataclass(frozen=True)  # without slots: what is asked for again and again is remembered
class Block:
    """A paragraph, a heading, an item of a list, a cell. `level`: 1 to 6 for a heading as the mail marks it;
    `rule`: a line drawn across."""

    runs: tuple[Run, ...] = ()
    level: int = 0
    listed: bool = False
    rule: bool = False

    @cached_property
    def text(self) -> str:
        return _joined(run.text for run in self.runs)

    @cached_property
    def links(self) -> list[tuple[str, str]]:
        """(words, address) of its links; neighbouring pieces of one link are one."""
        found: list[tuple[str, str]] = []
        for run in self.runs:
            if run.href and found and found[-1][1] == run.href:
                found[-1] = (found[-1][0] + run.text, run.href)
            elif run.href:
                found.append((run.text, run.href))
        return [(" ".join(words.split()), href) for words, href in found]

    @cached_property
    def is_bold(self) -> bool:
        return bool(self.runs) and all(run.bold or not run.text.strip() for run in self.runs)

    @cached_property
    def size(self) -> float:
        return max((run.size for run in self.runs if run.text.strip()), default=16.0)


def _joined(texts: Iterable[str]) -> str:
    text = "".join(texts)
    if not text.isascii():
        text = text.translate(_UNSEEN)
    if "\n" not in text:
        return " ".join(text.split())
    return "\n".join(line for one in text.split("\n") if (line := " ".join(one.split())))


def text_of(blocks: Sequence[Block], links: Links) -> str:
    """The text of blocks, without addresses and numbers of people, and without web addresses that belong to
    whoever got the mail."""
    texts = (_joined(_shown(run, links) for run in block.runs) for block in blocks)
    return scrubbed("\n\n".join(text for text in texts if text)[:READ])


def _shown(run: Run, links: Links) -> str:
    return links.kept(run.href) if run.href and run.text.strip().startswith(("http://", "https://")) else run.text


def html_of(blocks: Sequence[Block], links: Links) -> str:
    """The blocks as HTML made anew: paragraphs, items, and the links that may be kept. No picture is kept: in
    mails they count who looks."""
    made: list[str] = []
    room = READ
    for block in blocks:
        room -= len(block.text)
        if room < 0:
            break
        inner = "".join(_run_html(run, links) for run in block.runs).strip()
        if inner and block.text:
            tag = "li" if block.listed else "p"
            made.append(f"<{tag}>{inner}</{tag}>")
    html = "".join(made)
    return re.sub(r"((?:<li>(?:(?!</?li>).)*</li>)+)", r"<ul>\1</ul>", html, flags=re.S)


def _run_html(run: Run, links: Links) -> str:
    text = escape(scrubbed(_shown(run, links).translate(_UNSEEN)), quote=False).replace("\n", "<br>")
    url = "" if not run.href or links.is_chrome(run.text, run.href) else links.kept(run.href)
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{text}</a>' if url and text.strip() else text
