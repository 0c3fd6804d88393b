"""A newsletter's blocks to its items: what is headed, what the heading links to, and what belongs to neither.

Newsletters mark their items in one of three ways: headings, lines that only look like headings (bold, larger), or
links that lead a paragraph. The first of these that finds two items or more is believed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, takewhile

from aggregator.read.mail_blocks import Block, Run
from aggregator.read.mail_chrome import is_own, without_chrome
from aggregator.read.mail_links import Links
from aggregator.read.mail_words import CONTENTS, GREETING, MORE, SPONSOR
from aggregator.text import first_sentence, fold, title_key

LONGEST_TITLE = 200  # characters of what may be a heading
_CAPITALS = 0.25  # how much higher a heading in capitals ranks than its like
SHORTEST_TEXT = 60  # characters that make an item of what has no link
LONGEST_NOTE = 800  # characters that one may still call a note with a link


@dataclass(slots=True)
class Part:
    """An item of a newsletter: its heading, its blocks, the heading of the section it stands in."""

    heading: Block
    rank: float = 0.0
    blocks: list[Block] = field(default_factory=list)
    section: str = ""
    url: str = ""
    led: bool = False  # its link is a button's

    @property
    def title(self) -> str:
        return " ".join(self.heading.text.split())


def parts_of(blocks: Sequence[Block], links: Links, subject: str) -> list[Part]:
    """The items in these blocks, in their order; fewer than two where it is no newsletter of items."""
    body = without_chrome(blocks, links)
    for found in _ways(body, links):
        parts = _finished(found, links, subject)
        if len(parts) >= 2:
            return parts
    return []


def _ways(body: Sequence[Block], links: Links) -> Iterator[list[Part]]:
    """The parts as each of the ways finds them, one after the other."""
    yield _segments(body, _by_tag)
    yield _segments(body, _by_manner(body))
    yield _led(body, _by_link(links), links)
    yield _led(body, _by_point(links), links)


def are_stories(parts: Sequence[Part], links: Links) -> bool:
    """Whether these are things of their own rather than the chapters of one long text: most of them are short and
    link somewhere, or their headings or buttons do."""
    return 2 * sum(_stands_alone(part, links) for part in parts) >= len(parts)


def _stands_alone(part: Part, links: Links) -> bool:
    said = sum(len(block.text) for block in part.blocks)
    return bool(part.url) and (part.led or said <= LONGEST_NOTE or bool(_own_links(part.heading, links)))


# ----------------------------------------------------------------------------------------------- what is a heading
Rank = Callable[[Block], float]  # 0 for no heading; the greater, the higher up


def _by_tag(block: Block) -> float:
    return float(10 - block.level) if block.level and len(block.text) <= LONGEST_TITLE else 0.0


def _by_manner(blocks: Sequence[Block]) -> Rank:
    """Lines that are all bold, or larger than most of the text. Of several manners the one counts that heads most
    blocks; larger ones are headings above it."""
    sizes = Counter[float]()
    for block in blocks:
        for run in block.runs:
            sizes[round(run.size)] += len(run.text)
    usual = max(sizes, key=lambda size: sizes[size], default=16.0)

    def manner(block: Block) -> float:
        text = block.text
        if block.listed or len(text) > LONGEST_TITLE or text.endswith((":", ",")) or text.count("\n") > 1:
            return 0.0
        larger = block.size >= usual * 1.15
        return block.size + (0.5 if block.is_bold else 0.0) if larger or block.is_bold else 0.0

    heads = Counter[float]()
    for block, after in pairwise(blocks):
        if (one := manner(block)) and not manner(after) and not after.rule:
            heads[one] += 1
    if not heads:
        return lambda _: 0.0
    least = max(heads, key=lambda one: (heads[one], one))
    return lambda block: found if (found := manner(block)) >= least else 0.0


def _by_link(links: Links) -> Rank:
    """Paragraphs that begin with a link of several words."""

    def rank(block: Block) -> float:
        found = block.links
        if not found or not block.runs or not _first(block).href:
            return 0.0
        words, href = found[0]
        telling = len(words.split()) >= 3 or len(words) >= 15
        plain = not words.lower().startswith(("http:", "https:", "www."))
        return (
            1.0 if telling and plain and not MORE.match(fold(words)) and not links.is_chrome(words, href) else 0.0
        )

    return rank


def _by_point(links: Links) -> Rank:
    """Points of a list that each have a link, and paragraphs that begin with some words in bold and have one."""

    def rank(block: Block) -> float:
        lead = _first(block) if block.runs else None
        pointed = block.listed or (lead is not None and lead.bold and len(lead.text.split()) >= 2)
        return 1.0 if pointed and _own_links(block, links) and len(block.text) >= 12 else 0.0

    return rank


def _first(block: Block) -> Run:
    return next((run for run in block.runs if run.text.strip()), block.runs[0])


# -------------------------------------------------------------------------------------------------------- segments
def _segments(blocks: Sequence[Block], rank: Rank) -> list[Part]:
    """From each heading to the next. What stands before the first one (a greeting, a date) belongs to none."""
    parts: list[Part] = []
    for block in blocks:
        if not block.rule and (height := rank(block)):
            parts.append(Part(block, height))
        elif parts:
            parts[-1].blocks.append(block)
    return parts


def _finished(parts: list[Part], links: Links, subject: str) -> list[Part]:
    highest = max((part.rank for part in parts), default=0.0)
    top = [part for part in parts if part.rank == highest]
    found: list[Part] = []
    section, section_rank, paid, next_is_paid = "", 0.0, False, False
    for at, part in enumerate(parts):
        label = fold(part.title)
        below = parts[at + 1].rank if at + 1 < len(parts) else 0.0
        if part.rank >= section_rank:
            section, section_rank, paid = "", 0.0, False
        skipped, next_is_paid = next_is_paid or paid or _is_paid(part), _ends_paid(part)
        content = [block for block in part.blocks if not block.rule]
        if SPONSOR.match(label):
            paid, section_rank = below < part.rank, part.rank
            next_is_paid = not content and not paid
            continue
        greets = GREETING.match(label) and not _own_links(part.heading, links)
        if CONTENTS.match(label) or greets or skipped:
            continue
        masthead = at == 0 and len(top) == 1 and len(parts) > 2 and part.rank == highest
        if _is_section(part, content, below, links):
            section, section_rank = ("" if masthead else part.title), part.rank + _CAPITALS * (below >= part.rank)
            continue
        if masthead and not _has_own_link(part, links):
            continue
        part.section = section
        found += _inner(part, links)
    return _each_once([part for part in found if _is_item(part, links, subject)])


def _is_section(part: Part, content: Sequence[Block], below: float, links: Links) -> bool:
    """A heading over headings, perhaps with a word of introduction; or one in capitals with nothing below it."""
    if below >= part.rank and not content and part.title.isupper():
        return True
    if not below or below >= part.rank:
        return False
    return not any(_own_links(block, links) for block in [part.heading, *content]) and (
        sum(len(block.text) for block in content) < 2 * SHORTEST_TEXT
    )


def _is_paid(part: Part) -> bool:
    first = next((block for block in part.blocks if not block.rule), None)
    return first is not None and SPONSOR.match(fold(first.text)) is not None


def _ends_paid(part: Part) -> bool:
    """Whether the label "Sponsored" stands at the end: it belongs to what comes next, and is taken away."""
    content = [block for block in part.blocks if not block.rule]
    if len(content) < 2 or not SPONSOR.match(fold(content[-1].text)):
        return False
    part.blocks.remove(content[-1])
    return True


def _inner(part: Part, links: Links) -> list[Part]:
    """The part itself, or, where it is a list of links or points under one heading, each of them."""
    content = [block for block in part.blocks if not block.rule]
    for rank in (_by_link(links), _by_point(links)):
        led = sum(rank(block) > 0 for block in content)
        if led >= 2 and led * 2 >= len(content) and not _own_links(part.heading, links):
            inner = _led(content, rank, links)
            for one in inner:
                one.section = part.title
            return inner
    return [part]


def _led(blocks: Sequence[Block], rank: Rank, links: Links) -> list[Part]:
    """Parts that begin with a paragraph which is heading and text at once."""
    parts = _segments(blocks, rank)
    for part in parts:
        part.blocks.insert(0, part.heading)
        _title(part, links)
    return parts


def _title(part: Part, links: Links) -> None:
    """Take the title out of a paragraph: the words of the link that leads it, what is bold, its first sentence."""
    block = part.heading
    lead = _first(block)
    if lead.href and (found := block.links) and not links.is_chrome(*found[0]):
        part.heading = Block(tuple(run for run in block.runs if run.href == found[0][1]))
    elif lead.bold:
        part.heading = Block(tuple(takewhile(lambda run: run.bold or not run.text.strip(), block.runs)))
    else:
        said = Block(tuple(run for run in block.runs if not run.text.startswith(("http:", "https:"))))
        part.heading = Block((Run(first_sentence(said.text.strip(" :-–\n"), LONGEST_TITLE)),))


def _own_links(block: Block, links: Links) -> list[str]:
    """The links of a block that may be kept, in its order."""
    return [links.kept(href) for words, href in block.links if is_own(words, href, links)]


def _has_own_link(part: Part, links: Links) -> bool:
    return any(_own_links(block, links) for block in [part.heading, *part.blocks])


def _is_item(part: Part, links: Links, subject: str) -> bool:
    part.url = _url(part, links)
    told = (
        _without_call(block, part.url, links) for block in part.blocks if not block.rule and not _is_call(block)
    )
    part.blocks = [block for block in told if block.text]
    said = sum(len(block.text) for block in part.blocks)
    if len(part.title) < 3 or MORE.match(fold(part.title)):
        return False
    if not part.url:
        return said >= SHORTEST_TEXT and title_key(part.title) != title_key(subject)
    return True


def _url(part: Part, links: Links) -> str:
    """What the heading links to, else the button ("Read more"), else the first link in the text."""
    if own := _own_links(part.heading, links):
        return own[0]
    for block in part.blocks:
        for words, href in block.links:
            if MORE.match(fold(words)) and (url := links.kept(href)):
                part.led = True
                return url
    return next((own[0] for block in part.blocks if (own := _own_links(block, links))), "")


def _is_call(block: Block) -> bool:
    """A line that only says "Read more", "Register"."""
    found = block.links
    calls = bool(found) and all(MORE.match(fold(words)) for words, _ in found)
    return calls and len(block.text) - sum(len(words) for words, _ in found) < 8 * len(found)


def _without_call(block: Block, url: str, links: Links) -> Block:
    """The block without "Read more" at its end, and without the bare address of the item on a line of its own."""
    runs = list(block.runs)
    while runs and (not runs[-1].text.strip() or (runs[-1].href and MORE.match(fold(runs[-1].text.strip())))):
        runs.pop()
    for at in range(len(runs) - 1, -1, -1):
        run = runs[at]
        alone = (at == 0 or runs[at - 1].text.endswith("\n")) and (
            at + 1 == len(runs) or runs[at + 1].text.startswith("\n")
        )
        if alone and run.text.startswith(("http://", "https://")) and links.kept(run.href) == url:
            del runs[at]
    while runs and not runs[-1].text.strip():
        runs.pop()
    runs[-1:] = [replace(run, text=run.text.rstrip()) for run in runs[-1:]]
    return replace(block, runs=tuple(runs))


def _each_once(parts: list[Part]) -> list[Part]:
    """Without the lines of a table of contents: of two parts with one title the fuller one."""
    best: dict[str, Part] = {}
    for part in parts:
        key = title_key(part.title)
        held = best.get(key)
        if held is None or sum(len(b.text) for b in part.blocks) > sum(len(b.text) for b in held.blocks):
            best[key] = part
    return [part for part in parts if best[title_key(part.title)] is part]
