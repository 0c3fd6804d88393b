"""What is wrong with a text that is not YAML, in words for people who are not programmers.

A parser stops at the first slip. Here the entry that holds it is set aside and the rest is read again, so that
one forgotten quote costs one source, and the next slip is named in the same breath.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node

from aggregator.config.document import compose
from aggregator.errors import Problem

ROUNDS = 20

# (fragment of the parser's message, what it means, what to do); the first that fits is taken.
_HINTS = (
    ("'\\t' that cannot start", "a tab is used to indent", "indent with spaces, two for each step"),
    ("that cannot start any token", "text can't begin with this character", "put the text in quotes: 'like this'"),
    ("escape character", "a backslash has a special meaning between double quotes", "use single quotes: '…'"),
    ("escape sequence", "a backslash has a special meaning between double quotes", "use single quotes: '…'"),
    ("quoted scalar", "a quote is opened and not closed", "close it on the same line; write ' inside '…' as ''"),
    ("flow sequence", "a '[' is opened and not closed", "close the list: [one, two]"),
    ("flow mapping", "a '{' is opened and not closed", "close it: {name: value}"),
    ("undefined alias", "text that begins with '*' has a special meaning here", "put the text in quotes"),
    ("an anchor", "text that begins with '&' has a special meaning here", "put the text in quotes"),
    ("an alias", "text that begins with '*' has a special meaning here", "put the text in quotes"),
    ("a block scalar", "after '|' or '>' the text begins on the next line", "move the text down, or quote it"),
    ("tag", "text that begins with '!' has a special meaning here", "put the text in quotes"),
    ("mapping values are not allowed", "a colon too many, or the indentation is wrong",
     "put text with ': ' in it in quotes; line the names up below each other"),
    ("sequence entries are not allowed", "a '-' is not allowed here", "put the text in quotes, or begin the list "
     "on its own line"),
    ("could not find expected ':'", "a name without a colon", "write name: value, with a space after the colon"),
    ("but found '<block mapping start>'", "the indentation is wrong", "line the names up below each other"),
    ("but found '-'", "a list item stands where a name is expected", "write name: value, without '-'"),
    ("but found '<scalar>'", "there is text after the closing quote or bracket",
     "put the whole text in one pair of quotes; write ' inside '…' as ''"),
    ("maximum depth", "too many levels inside each other", "write it flatter"),
    ("but found another document", "a line '---' begins a second document", "remove that line"),
    ("incompatible YAML", "the %YAML line names an unknown version", "remove that line"),
)  # fmt: skip
# Messages whose interesting place is where the thing began, not where the parser gave up.
_BEGINNINGS = ("quoted scalar", "flow sequence", "flow mapping", "simple key", "anchor", "alias", "block scalar")
_BREAK = re.compile(r"(?<=\n)|(?<=\r)(?!\n)|(?<=[\x85\u2028\u2029])")
_OPEN_QUOTE = re.compile(r"""(?:^|[:\-,\[{]\s)\s*(?:"(?:[^"\\]|\\.)*|'(?:[^']|'')*)$""")
_SECTION = re.compile(r"""^["']?[A-Za-z][\w.-]*["']?\s*:""")
_NAME = re.compile(r"[\w.-]+")
_NO_COLON = re.compile(r"^\s*[^\s#'\"\[{\-][^#]*$")


@dataclass(frozen=True, slots=True)
class Slip:
    """One place where the text stops being YAML. `line` counts from 0."""

    line: int
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Tree:
    """What could be read of a text: its tree, a problem per slip, and (section, name) of entries set aside."""

    root: Node | None
    problems: list[Problem]
    aside: frozenset[tuple[str, str]] = frozenset()


def read(text: str, file: str) -> Tree:
    """The tree of everything that can be read. No root: the file is empty, or nothing of it could be saved."""
    lines = [part for part in _BREAK.split(text) if part]
    problems: list[Problem] = []
    aside: set[tuple[str, str]] = set()
    for _ in range(ROUNDS):
        try:
            return Tree(compose("".join(lines)), problems, frozenset(aside))
        except YAMLError as error:
            slip = _slip(error, lines)
        problems.append(Problem(file, slip.line + 1, slip.what, slip.remedy))
        section, entry = _entry(lines, slip.line)
        if not any(lines[index].strip() for index in entry):
            break
        aside.update((section, name) for name in _NAME.findall(lines[entry[0]])[:1])
        for index in entry:
            lines[index] = "\n"
    return Tree(None, problems)


def _slip(error: YAMLError, lines: list[str]) -> Slip:
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return _unreadable(lines)
    message = f"{error.context or ''} {error.problem or ''}"
    line = error.problem_mark.line
    if error.context_mark is not None and any(word in message for word in _BEGINNINGS):
        line = error.context_mark.line
    line = min(line, len(lines) - 1)
    if "but found '<scalar>'" in message and (opened := _open_quote(lines, line)) is not None:
        line, message = opened, "quoted scalar"
    elif "mapping values" in message and _has_no_colon(lines, line - 1):
        line, message = line - 1, "could not find expected ':'"
    what, remedy = _words(message, error.problem or "")
    return Slip(line, what, remedy)


def _words(message: str, problem: str) -> tuple[str, str]:
    for fragment, what, remedy in _HINTS:
        if fragment in message:
            return what, remedy
    return f"this is not YAML: {problem}", "compare with the entries around it"


def _unreadable(lines: list[str]) -> Slip:
    """A control character: ruamel says which, not on which line."""
    found = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
    line = next((number for number, text in enumerate(lines) if found.search(text)), 0)
    return Slip(line, "an invisible control character is in this line", "type the line again")


def _open_quote(lines: list[str], line: int) -> int | None:
    """The last line above, up to this one, that opens a quote and doesn't close it."""
    return next((i for i in range(line, max(-1, line - 200), -1) if _OPEN_QUOTE.search(lines[i].rstrip())), None)


def _has_no_colon(lines: list[str], line: int) -> bool:
    text = lines[line].rstrip() if line >= 0 else ""
    return bool(_NO_COLON.match(text)) and ": " not in text and not text.endswith(":")


def _indent(text: str) -> int | None:
    """Columns before the first character; None for a blank line or a comment."""
    bare = text.expandtabs(8)
    body = bare.lstrip()
    return None if not body or body.startswith("#") else len(bare) - len(body)


def _entry(lines: list[str], line: int) -> tuple[str, range]:
    """The section a line is in, and the lines of the entry (one source, topic or edition) around it.

    No lines where the slip is in no entry: then nothing can be saved.
    """
    header = next((i for i in range(line, -1, -1) if _SECTION.match(lines[i])), line)
    inside = range(header + 1, len(lines))
    step = next((depth for i in inside if (depth := _indent(lines[i])) is not None), 0)
    if header == line or not step:
        return "", range(0)
    edges = [i for i in inside if (depth := _indent(lines[i])) is not None and depth <= step]
    start = max((i for i in edges if i <= line), default=header + 1)
    end = min((i for i in edges if i > start), default=len(lines))
    return _NAME.findall(lines[header])[0], range(start, max(end, line + 1))
