"""Edits of feeds.yaml that leave everything else as it was, to the byte.

New entries are written by ruamel.yaml and put in as lines; no other line is read into values and written again,
so comments, order, quotes and layout stay what the curator made them.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node

from aggregator.config import document
from aggregator.config.catalogue import parse
from aggregator.errors import ConfigError, Problem
from aggregator.text import fold, one_line

_LONGEST_ID = 60
_SAID_BY_ALL = frozenset(
    "news home homepage home-page blog feed rss rss-feed atom index events calendar notizie aktuelles actualites "
    "noticias novosti latest-topics untitled welcome startseite".split()
)
_SECTION = re.compile(r"^sources[ \t]*:[ \t]*(?P<empty>(?:\{[ \t]*\}|null|~)?)(?P<rest>[ \t]*(?:#.*)?)$")


def add_sources(
    path: str | Path,
    entries: Mapping[str, Mapping[str, Any] | str],
    environ: Mapping[str, str],
    notes: Mapping[str, str] | None = None,
) -> None:
    """Add sources (id -> keys as in feeds.yaml, or just the address) at the end of the section `sources:`. `notes`
    by id become comments above the entries.

    The file is replaced at one stroke, or not at all: raises ConfigError with the problems when the result would
    hold a mistake that was not there before (a doubled id or address, an unknown topic), when the file is not
    readable YAML, and when it can't be written. A file that does not exist is begun.
    """
    target = Path(path).resolve()
    before = _text(target)
    known = {(problem.what, problem.remedy) for problem in _errors(before, str(path), environ)}
    after = with_sources(before, entries, str(path), notes)
    fresh = [p for p in _errors(after, str(path), environ) if (p.what, p.remedy) not in known]
    if fresh:
        raise ConfigError(fresh)
    _replace(target, after)


def with_sources(
    text: str,
    entries: Mapping[str, Mapping[str, Any] | str],
    file: str = "feeds.yaml",
    notes: Mapping[str, str] | None = None,
) -> str:
    """`add_sources` on a text. Raises ConfigError when there is no place to put them."""
    if not entries:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    write = partial(_written, entries, notes or {}, newline)
    section = _section(text, file)
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += newline
    if section is None:
        gap = [newline] if lines and lines[-1].strip() else []
        return "".join([*lines, *gap, "sources:" + newline, *write(2)])
    key, value = section
    if isinstance(value, MappingNode) and value.value and not value.flow_style:
        indent: int = value.value[0][0].start_mark.column
        end = _end(value, lines)
        return "".join([*lines[:end], *write(indent), *lines[end:]])
    line = document.line_of(key) - 1
    match = _SECTION.match(lines[line].rstrip("\r\n"))
    if match is None:
        raise ConfigError(
            [
                Problem(
                    file,
                    line + 1,
                    "'sources:' is not written as indented lines",
                    "write each source on lines of its own below 'sources:'",
                )
            ]
        )
    if match["empty"]:
        lines[line] = "sources:" + match["rest"] + newline
    return "".join([*lines[: line + 1], *write(2), *lines[line + 1 :]])


def new_id(title: str, url: str, taken: Collection[str]) -> str:
    """A free id for a source: its title, or the host and path of its address, as a slug. Titles that many sites
    share ("News", "Home") say nothing and are left out."""
    plain = _slug(title)
    if len(plain) < 3 or plain in _SAID_BY_ALL:
        plain = _slug(re.sub(r"^[a-z]+://(www\.)?|[?#].*$|/(?:feed|rss|atom)(?:\.xml)?/?$", "", url.lower()))
    plain = (
        plain if len(plain) <= _LONGEST_ID else plain[: _LONGEST_ID + 1].rpartition("-")[0] or plain[:_LONGEST_ID]
    )
    plain = plain.strip("-") or "source"
    number, free = 1, plain
    while free in taken:
        number += 1
        free = f"{plain}-{number}"
    return free


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")


def _text(target: Path) -> str:
    try:
        return target.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            [Problem(str(target), None, f"the file can't be read: {error}", "save it as UTF-8")]
        ) from error


def _errors(text: str, file: str, environ: Mapping[str, str]) -> list[Problem]:
    if not text:
        return []
    return [problem for problem in parse(text, file, environ)[1] if problem.level == "error"]


def _section(text: str, file: str) -> tuple[Node, Node] | None:
    """The key and value of `sources:`, or None where the file has no such section."""
    try:
        root = document.compose(text.removeprefix("\ufeff"))
    except YAMLError as error:
        raise ConfigError(
            _errors(text, file, {}) or [Problem(file, None, f"this is not YAML: {error}")]
        ) from error
    found = [(key, value) for name, key, value in document.pairs(root) if name == "sources"] if root else []
    if root is not None and not isinstance(root, MappingNode):
        raise ConfigError(_errors(text, file, {}))
    return found[0] if found else None


def _end(value: MappingNode, lines: list[str]) -> int:
    """The number of lines up to and with the last line that belongs to a block mapping."""
    mark = _last(value).end_mark
    end = int(mark.line) + (1 if mark.column else 0)
    column = value.value[0][0].start_mark.column
    # The last text may end in blank lines and in comments that stand further out: those stay below.
    while end > document.line_of(value) and _outside(lines[end - 1], column):
        end -= 1
    return end


def _outside(line: str, column: int) -> bool:
    body = line.lstrip()
    return not body or (body.startswith("#") and len(line) - len(body) < column)


def _last(node: Node) -> Node:
    """The piece of text written last below a node; brackets end where they close."""
    while isinstance(node, CollectionNode) and node.value and not node.flow_style:
        node = node.value[-1][1] if isinstance(node, MappingNode) else node.value[-1]
    return node


def _written(
    entries: Mapping[str, Mapping[str, Any] | str], notes: Mapping[str, str], newline: str, indent: int
) -> list[str]:
    """The entries as lines of block YAML, short lists in brackets, each below the note on it."""
    yaml = YAML()
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    lines: list[str] = []
    for name, entry in entries.items():
        stream = io.StringIO()
        yaml.dump({name: _laid_out(entry)}, stream)
        lines += [f"# {one_line(notes[name])}"] if notes.get(name) else []
        lines += stream.getvalue().splitlines()
    return [" " * indent + line + newline if line else newline for line in lines]


def _laid_out(entry: Mapping[str, Any] | str) -> Any:
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if isinstance(entry, str):
        return entry
    laid_out = CommentedMap()
    for key, value in entry.items():
        if isinstance(value, (list, tuple)):
            value = CommentedSeq(value)
            value.fa.set_flow_style()
        laid_out[key] = value
    return laid_out


def _replace(target: Path, text: str) -> None:
    """Write beside the file and rename over it, keeping its permissions."""
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(text.encode("utf-8"))
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
            Path(name).replace(target)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise ConfigError(
            [
                Problem(
                    str(target),
                    None,
                    f"the file can't be written: {error.strerror}",
                    "check the folder's permissions and free space",
                )
            ]
        ) from error
