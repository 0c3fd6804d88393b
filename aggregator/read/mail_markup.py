"""The HTML of a mail to its blocks. Mails are laid out with tables and styles of their own: what is a heading
shows in size and weight as often as in a tag."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from html import unescape

from selectolax.lexbor import LexborHTMLParser

from aggregator.nesting import depth
from aggregator.read.mail_blocks import MOST_BLOCKS, Block, Run
from aggregator.text import clean, plain

_LONGEST_LEAD = 160
_DEEPEST = 400
_TOKEN = re.compile(
    r"<(/?)([a-zA-Z][\w:-]*)((?:\s+[^\s=>]+(?:=\"[^\"]*\")?)*)\s*/?>|<!--.*?-->|<![^>]*>|[^<]+|<", re.S
)
_ATTRIBUTE = re.compile(r"([^\s=]+)=\"([^\"]*)\"")
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_BREAKING = frozenset(
    """
    address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header
    hr li main nav ol p pre section table tbody td tfoot th thead tr ul
    """.split()
)
_DROPPED = ["script", "style", "head", "title", "template", "svg", "noscript", "object", "select", "textarea"]
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|max-height\s*:\s*0|font-size\s*:\s*0|mso-hide\s*:\s*all|opacity\s*:\s*0(?![.\d])",
    re.I,
)
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.I)
_NORMAL = re.compile(r"font-weight\s*:\s*(?:normal|[1-4]00)", re.I)
_SIZE = re.compile(r"font-size\s*:\s*([\d.]{1,6})\s*(px|pt|em|rem|%)", re.I)
_FONT = {"1": 10.0, "2": 13.0, "3": 16.0, "4": 18.0, "5": 24.0, "6": 32.0, "7": 48.0, "+1": 18.0, "+2": 24.0}


def blocks_of_html(html: str) -> list[Block]:
    """The blocks of a page. What is not shown (a preheader, a style) is not read; linear in the page."""
    if html.count("<") > _DEEPEST and depth(html) > _DEEPEST:
        return [Block((Run(part),)) for part in plain(html).split("\n\n")[:MOST_BLOCKS] if part.strip()]
    tree = LexborHTMLParser(clean(html))
    tree.strip_tags(_DROPPED)
    builder = _Builder()
    for token in _TOKEN.finditer(tree.html or ""):
        if token[2]:
            builder.tag(token[2].lower(), bool(token[1]), token[3] or "")
        elif not token[0].startswith("<!"):
            builder.words(token[0])
        if len(builder.blocks) >= MOST_BLOCKS:
            break
    builder.end_block()
    return builder.blocks


def _lead_apart(block: Block) -> list[Block]:
    """A first line that is all bold, and what follows it in the same paragraph, as two blocks."""
    end = next((n for n, run in enumerate(block.runs) if run.text.endswith("\n")), len(block.runs))
    lead, rest = Block(block.runs[:end]), Block(block.runs[end + 1 :])
    split = not block.level and lead.text and rest.text and lead.is_bold and not rest.is_bold
    return [lead, rest] if split and len(lead.text) <= _LONGEST_LEAD else [block]


@dataclass(frozen=True, slots=True)
class _Manner:
    tag: str = ""
    href: str = ""
    bold: bool = False
    size: float = 16.0
    level: int = 0
    listed: bool = False
    unseen: bool = False


@dataclass(slots=True)
class _Builder:
    blocks: list[Block] = field(default_factory=list)
    open: list[_Manner] = field(default_factory=lambda: [_Manner()])
    runs: list[Run] = field(default_factory=list)
    level: int = 0
    listed: bool = False

    def tag(self, name: str, closing: bool, attributes: str) -> None:
        if name == "br" and not closing:
            self._break()
            return
        if name in _BREAKING:
            self.end_block()
        if name == "hr" and not closing:
            self.blocks.append(Block(rule=True))
        if closing:
            self._close(name)
        elif name not in _VOID:
            self.open.append(_within(self.open[-1], name, dict(_ATTRIBUTE.findall(attributes))))

    def words(self, escaped: str) -> None:
        manner = self.open[-1]
        if manner.unseen:
            return
        text = re.sub(r"\s+", " ", _unescaped(escaped))
        if not self.runs:
            text = text.lstrip()
            self.level, self.listed = manner.level, manner.listed
        if text:
            self.runs.append(Run(text, manner.href, manner.bold, manner.size))

    def end_block(self) -> None:
        if Block(tuple(self.runs)).text:
            self.blocks += _lead_apart(Block(tuple(self.runs), self.level, self.listed))
        self.runs = []

    def _break(self) -> None:
        """A line's end; two together are a paragraph's."""
        if self.runs and self.runs[-1].text.endswith("\n"):
            level = self.level
            self.end_block()
            self.level = level
        elif self.runs:
            self.runs.append(replace(self.runs[-1], text="\n", href=""))

    def _close(self, name: str) -> None:
        for at in range(len(self.open) - 1, 0, -1):
            if self.open[at].tag == name:
                del self.open[at:]
                return


def _within(outer: _Manner, name: str, attributes: dict[str, str]) -> _Manner:
    style = attributes.get("style", "")
    bold = outer.bold or name in ("b", "strong", "th") or bool(_BOLD.search(style))
    level = int(name[1]) if re.fullmatch(r"h[1-6]", name) else outer.level
    return _Manner(
        tag=name,
        href=_unescaped(attributes.get("href", "")).strip() if name == "a" else outer.href,
        bold=bold and not _NORMAL.search(style),
        size=_FONT.get(attributes.get("size", ""), outer.size) if name == "font" else _sized(style, outer.size),
        level=level,
        listed=name == "li" or (outer.listed and name not in ("td", "table")),
        unseen=outer.unseen or bool(_UNSEEN.search(style)) or "hidden" in attributes,
    )


def _sized(style: str, outer: float) -> float:
    if not (found := _SIZE.search(style)):
        return outer
    try:
        value = float(found[1])
    except ValueError:
        return outer
    scale = {"px": 1.0, "pt": 4 / 3, "em": outer, "rem": 16.0, "%": outer / 100}[found[2].lower()]
    return value * scale


def _unescaped(text: str) -> str:
    return unescape(text) if "&" in text else text
