"""The plain text of a mail to its blocks: rules, headings however they are marked, points of lists, paragraphs."""

from __future__ import annotations

import re

from aggregator.read.mail_blocks import MOST_BLOCKS, Block, Run
from aggregator.read.mail_words import MONTH_NAMES
from aggregator.text import fold

_RULE = re.compile(r"^\s*([-=*_~#+·•—–])(?:\s?\1){2,}\s*$")
_NUMBERED = re.compile(r"^\s{0,4}[\[(]?\d{1,2}[.)\]:]\)?\s+(\S.*)$")
_BULLET = re.compile(r"^\s{0,6}[*•·▪●–>+-]\s+(\S.*)$")
_URL = re.compile(r"<?(https?://[^\s<>\"]+[^\s<>\".,;:!?)\]'])>?", re.I)
_STRONG = re.compile(r"(\*\*|__|\*)(\S[^*\n]{2,150}\S)\1(?![*_\w])")  # as people write who know Markdown
_MONTH = re.compile(rf"(?:{MONTH_NAMES})\b")
_LONGEST_HEADING = 120
_LONG_LINE = 55  # characters after which a line was broken to fit


def blocks_of_text(text: str) -> list[Block]:
    """The blocks of plain text: rules, headings (underlined, in capitals, numbered, alone below a rule), items,
    paragraphs with their broken lines joined."""
    blocks: list[Block] = []
    lines = [line.rstrip() for line in text.expandtabs(4).split("\n")][: MOST_BLOCKS * 4]
    at, below_rule = 0, False
    while at < len(lines) and len(blocks) < MOST_BLOCKS:
        line = lines[at]
        if not line.strip():
            at += 1
        elif _RULE.match(line):
            blocks.append(Block(rule=True))
            below_rule, at = True, at + 1
        elif level := _heading(lines, at, below_rule):
            found = _NUMBERED.match(line)
            title, at = _whole(found[1] if found else line, lines, at)
            blocks.append(_block(title, level))
            at += _is_underline(lines, at, line)
            below_rule = False
        else:
            at = _paragraph(lines, at, blocks)
            below_rule = False
    return blocks


def _heading(lines: list[str], at: int, below_rule: bool) -> int:
    """The level of a heading that stands here, 0 for none."""
    line = lines[at].strip()
    if len(line) > _LONGEST_HEADING or _URL.search(line):
        return 0
    if _is_underline(lines, at + 1, line):
        return 2 if lines[at + 1].strip()[:1] in "=#*" else 3
    if _is_numbered(lines, at):
        return 4
    if not _is_first(lines, at):
        return 0
    if sum(char.isalpha() for char in line) >= 4 and line.upper() == line:
        return 2
    below = lines[at + 1].strip() if at + 1 < len(lines) else ""
    if _URL.fullmatch(below) and not line.endswith((".", ":", ",")) and not _BULLET.match(lines[at]):
        return 5
    alone = not below or _RULE.match(below) is not None
    return 3 if below_rule and alone and not line.endswith((".", ",", ";", ":")) else 0


def _is_first(lines: list[str], at: int) -> bool:
    """Whether a blank line or a rule stands before this line, or nothing."""
    return at == 0 or not lines[at - 1].strip() or _RULE.match(lines[at - 1]) is not None


def _is_numbered(lines: list[str], at: int) -> bool:
    """Whether a line bears the number of a heading. "3. Februar" is a day, and a line in the middle of a paragraph
    is none."""
    found = _NUMBERED.match(lines[at])
    if found is None or found[1].endswith((".", ";", ",")) or _MONTH.match(fold(found[1])):
        return False
    return _is_first(lines, at) or _NUMBERED.match(lines[at - 1]) is not None


def _whole(title: str, lines: list[str], at: int) -> tuple[str, int]:
    """A heading with the line that it may go on in, indented, and where what is below it begins."""
    at += 1
    if at < len(lines) and len(lines[at - 1]) >= _LONG_LINE and re.match(r" {2,}\S", lines[at]):
        more = lines[at].strip()
        if not _URL.search(more) and not _BULLET.match(lines[at]) and not _NUMBERED.match(lines[at]):
            return f"{title.strip()} {more}", at + 1
    return title, at


def _is_underline(lines: list[str], at: int, above: str) -> bool:
    if at >= len(lines) or not (found := _RULE.match(lines[at])):
        return False
    near = abs(len(lines[at].strip()) - len(above.strip())) <= max(4, len(above.strip()) // 3)
    alone = at < 2 or not lines[at - 2].strip() or _RULE.match(lines[at - 2]) is not None
    return near and alone and found[1] in "-=~*#_"


def _paragraph(lines: list[str], at: int, blocks: list[Block]) -> int:
    """Take a paragraph, or an item of a list, from here on. Returns where the next begins."""
    bullet = _BULLET.match(lines[at])
    kept = [bullet[1] if bullet else lines[at].strip()]
    at += 1
    while at < len(lines) and (line := lines[at]).strip() and not _RULE.match(line):
        if _BULLET.match(line) or _is_numbered(lines, at):
            break
        broken = (bullet is not None or len(lines[at - 1]) >= _LONG_LINE) and not _URL.match(line.strip())
        kept.append((" " if broken else "\n") + line.strip())
        at += 1
    blocks.append(_block("".join(kept), listed=bullet is not None))
    return at


def _block(text: str, level: int = 0, *, listed: bool = False) -> Block:
    lead = _STRONG.match(text)
    runs, at = ([Run(lead[2], bold=True)], lead.end()) if lead else ([], 0)
    for url in _URL.finditer(text, at):
        runs += [Run(text[at : url.start()]), Run(url[1], url[1])]
        at = url.end()
    runs.append(Run(text[at:]))
    return Block(tuple(run for run in runs if run.text), level, listed)
