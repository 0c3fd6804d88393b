"""Writes docs/reference.md from the code: `python docs/reference_maker.py`. With --check it only says whether the
page is up to date. What a command, setting or limit is called and worth is read from the program itself; the words
that are missing there are in `reference_words.py`; the program must be installed, or on PYTHONPATH."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click
import reference_limits
import reference_words as words

from aggregator import read
from aggregator.cli import COMMANDS, cli
from aggregator.cli.options import Common, common
from aggregator.cli.source_health import in_words
from aggregator.config import json_schema
from aggregator.config.columns import COLUMNS
from aggregator.config.settings import described
from aggregator.deliver import relay
from aggregator.errand import Collected
from aggregator.errors import Exit
from aggregator.fetch import CODES
from aggregator.fetch.failures import POSTPONED
from aggregator.figures import Published
from aggregator.jsonlines import occasion_to_json, to_json
from aggregator.model import (
    FREQUENCIES,
    ITEM_KINDS,
    KIND_ALIASES,
    SECTIONS,
    Digest,
    Item,
    Occasion,
    Profile,
    SourceState,
    Subscriber,
)
from aggregator.returns import Returned

PAGE = Path(__file__).resolve().parent / "reference.md"
_INTRODUCTION = """\
# Reference

Every command, setting, key, code and limit. This page is made from the code by `python docs/reference_maker.py`;
a test fails when it is out of date. The guides explain: [curators](curator.md), [operators](operator.md).
"""


def page() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, *_commands(), *_configuration(), *_data(), *_codes(), *_limits()]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


# ----------------------------------------------------------------------------------------------- building blocks
def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars inside cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _code(text: object) -> str:
    return f"`{text}`"


def _said(title: str, names: Iterable[str], meanings: Mapping[str, str]) -> list[tuple[str, str]]:
    """(name, meaning) of every name. Raises KeyError when the two differ: the page would lie or be silent."""
    listed = list(names)
    if set(listed) != meanings.keys():
        raise KeyError(f"{title}: reference_words.py must have exactly {sorted(listed)}, has {sorted(meanings)}")
    return [(_code(name), meanings[name]) for name in listed]


# ------------------------------------------------------------------------------------------------------ commands
def _commands() -> Iterator[str]:
    yield "## Commands"
    yield (
        "`aggregator COMMAND --help` (or `-h`) says the same. These options go with every command, before or\n"
        "after its operands, and do nothing where they have no meaning: one line of options serves a crontab."
    )
    yield _options(_common_parameters())
    context = click.Context(cli, info_name="aggregator")
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if command is None:
            raise KeyError(f"command {name} has gone")
        yield from _command(command, f"aggregator {name}")


def _command(command: click.Command, path: str) -> Iterator[str]:
    # `aggregator sources add` is shown below `aggregator sources`.
    yield f"##{'#' * len(path.split()[1:])} {path}"
    # As the program itself makes it: click keeps the first help option that a command is asked for.
    context = click.Context(command, info_name=path, help_option_names=["-h", "--help"])
    yield f"```\n{' '.join([path, *command.collect_usage_pieces(context)])}\n```\n"
    yield _help(command.help or "")
    own = [p for p in command.params if isinstance(p, click.Option) and p.name not in _common_names()]
    if own:
        yield _options(own)
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _command(inner, f"{path} {name}")


def _help(text: str) -> str:
    """click's help as Markdown: paragraphs, and what stands after \\b as it is written."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        f"```\n{paragraph[2:].lstrip()}\n```" if paragraph.startswith("\b") else _escaped(paragraph)
        for paragraph in paragraphs
    )


def _escaped(text: str) -> str:
    return re.sub(r"(\*|<)", r"\\\1", text)


def _options(options: Iterable[click.Parameter]) -> str:
    context = click.Context(click.Command("any"))
    records = (option.get_help_record(context) for option in options)
    return _table(("option", ""), [(_code(flags), _escaped(text)) for flags, text in filter(None, records)])


def _common_parameters() -> list[click.Parameter]:
    @click.command()
    @common
    def any_command(_: Common) -> None: ...

    return any_command.params


def _common_names() -> set[str]:
    return {parameter.name or "" for parameter in _common_parameters()}


# ------------------------------------------------------------------------------------------------- configuration
def _configuration() -> Iterator[str]:
    yield "## Settings"
    yield "Options win over the environment, and the environment over a file `.env` in the current folder."
    yield _table(("variable", "default", ""), _settings())
    yield "Read besides:"
    yield _table(("variable", ""), [(_code(name), text) for name, text in words.OTHER_VARIABLES.items()])
    yield "### The address of a relay"
    yield (
        "`smtp://` or `smtps://[user:password@]host[:port][?option=value&…]`. In name and password write `%` as\n"
        "`%25`, `@` as `%40`, `/` as `%2F`, `:` as `%3A`. The port is 25, with a login 587, with `smtps://` 465."
    )
    yield _table(("option", "default", "may be", ""), _relay_options())
    yield "## feeds.yaml"
    yield "`aggregator check --schema` prints the same as JSON Schema, for editors that complete while you type."
    schema = json_schema()
    yield _table(("section", ""), _said("sections", schema["properties"], words.SECTIONS))
    for title, name in (("topic", "TopicEntry"), ("source", "SourceEntry"), ("edition", "EditionEntry")):
        yield f"### A{'n' if title == 'edition' else ''} {title}"
        yield _keys(schema, name)
        if title == "source":
            yield "`options` of the kind `feed`: `item_kind`, the kind of items that say none themselves."
            yield (
                "`options` of the kind `mail`: `split` (`auto`, `yes`, `no`), `senders` (addresses or domains),\n"
                "`list` (part of its List-Id or address), `days` (how far back), `item_kind`. Its `url` may be\n"
                "`maildir:`, `mbox:` or `file:` with a path, `imap://`, `imaps://`, or an archive on the web."
            )
    yield "### limits of an edition"
    yield _keys(schema, "LimitsEntry")
    yield "## Readers: columns of a CSV or YAML list"
    yield _table(("column", ""), _said("columns", COLUMNS, words.COLUMNS))


def _settings() -> Iterator[tuple[str, str, str]]:
    for variable, default, meaning in described():
        shown = str(default) if default is not None else ""
        yield _code(variable), _code(shown) if default not in ("", (), None) and shown else "", meaning


def _relay_options() -> Iterator[tuple[str, str, str, str]]:
    defaults = {field.name: field.default for field in dataclasses.fields(relay.Relay)}
    for name, text in _said("relay options", relay._OPTIONS, words.RELAY):
        key = name.strip("`")
        default = defaults[key]
        shown = f"{default:g}" if isinstance(default, float) else str(default)
        yield name, _code(shown) if shown else "", relay._OPTIONS[key][1], text


def _keys(schema: Mapping[str, Any], name: str) -> str:
    entry = schema["$defs"][name]
    rows = []
    for key, field in entry["properties"].items():
        shown = _choices(field)
        default = "must be there" if key in entry.get("required", ()) else _default(field)
        said = field.get("description") or "See below."
        rows.append((_code(key), default, " ".join(part for part in (said, shown) if part)))
    return _table(("key", "default", ""), rows)


def _choices(field: Mapping[str, Any]) -> str:
    listed = field.get("enum") or field.get("items", {}).get("enum")
    if listed:
        return "One of: " + ", ".join(map(_code, listed)) + "."
    low, high = field.get("minimum"), field.get("maximum")
    return f"{low} to {high}." if low is not None and high is not None else ""


def _default(field: Mapping[str, Any]) -> str:
    value = field.get("default")
    if value in (None, "", [], {}) or isinstance(value, dict):
        return ""
    return _code(", ".join(value) if isinstance(value, list) else str(value).lower() if value is True else value)


# ---------------------------------------------------------------------------------------------------------- data
def _data() -> Iterator[str]:
    item = to_json(Item("x", access="open"))
    yield "## JSON lines"
    yield (
        "One object a line, UTF-8. Times are UTC. `tag`, `dedupe` and `rank` need `id`, `title` and `text`,\n"
        "use the rest where it is there, and ignore keys they do not know."
    )
    yield _table(("key of an item", ""), _said("item", item, words.ENTRY))
    yield _table(("key of an occasion", ""), _said("occasion", occasion_to_json(Occasion()) or {}, words.OCCASION))
    yield _table(("command", "prints"), _OUTPUTS)
    yield "### A profile, for `rank --for`"
    yield _table(("key", ""), _said("profile", _names(Profile), words.PROFILE))
    yield "## Words"
    yield _table(("", "one of"), _vocabulary())
    yield "### States of a letter"
    yield _table(("state", ""), _said("states", _literal(Digest, "state"), words.STATES))
    yield "### States of a reader"
    yield _table(("state", ""), _said("statuses", _literal(Subscriber, "status"), words.STATUSES))


_OUTPUTS = [
    (
        "`read`",
        '`{"document", "kind", "title", "language", "entries", "error"}` for each document, then its entries',
    ),
    ("`tag`", '`{"id", "topics", "why", "kind"}`: ids of topics, and the reason for each'),
    ("`dedupe`", '`{"id", "group"}`: the id of the first of its kind'),
    (
        "`bounces`",
        '`{"file", "kind", "action", "subscriber", "token", "recipients"}`, each recipient '
        '`{"address", "verdict", "status", "reason"}`',
    ),
    ("`rank`", '`{"id", "score", "why"}`, best first'),
]


def _names(noun: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(noun)]


def _literal(noun: type, field: str) -> Sequence[str]:
    return get_args(get_type_hints(noun)[field])


def _vocabulary() -> list[tuple[str, str]]:
    aliases = ", ".join(f"{_code(other)} for {_code(kind)}" for other, kind in KIND_ALIASES.items())
    return [
        ("kinds of source", ", ".join(map(_code, read.KINDS))),
        ("kinds of item", ", ".join(map(_code, ITEM_KINDS)) + f" (also {aliases})"),
        ("sections of a letter", ", ".join(map(_code, SECTIONS))),
        ("frequencies", ", ".join(map(_code, FREQUENCIES))),
    ]


# ---------------------------------------------------------------------------------------------- codes and limits
def _codes() -> Iterator[str]:
    yield "## Exit codes"
    exits = _said("exits", [code.name for code in Exit], words.EXITS)
    yield _table(("code", ""), [(str(Exit[name.strip("`")].value), text) for name, text in exits])
    yield "## The report of a run"
    yield "Written by `--report FILE`; the same numbers come with `--json`."
    report = Collected().report() | Published().report()
    for name, meanings in (("sources", words.SOURCES), ("entries", words.ENTRIES), ("digests", words.DIGESTS)):
        part: Any = report.pop(name)
        yield _table((name, ""), _said(name, part, meanings))
    yield _table(("and", ""), _said("run", [*report, "issues", "command", "moment", "exit_code"], words.RUN))
    yield "### The report of `bounces`"
    returned = Returned().report()
    yield _table(("bounces", ""), _said("bounces", returned.pop("bounces"), words.BOUNCES))  # type: ignore[arg-type]
    yield _table(("and", ""), _said("returned", [*returned, "command", "moment"], words.RETURNED))
    yield "## Why a source failed"
    yield "Kept with the source, shown by `aggregator sources health`. `http-NNN` stands for every other status."
    failed = [code for code in source_codes() if code not in POSTPONED]
    yield _table(("code", "", "what to do"), [(_code(code), *_failure(code)) for code in failed])
    yield "These say nothing of the source. It counts as not reached, and the next run asks it:"
    yield _table(("code", ""), [(_code(code), CODES[code][0]) for code in CODES if code in POSTPONED])


def source_codes() -> list[str]:
    """Every code that a visit can end with: those of fetching, and those that readers raise."""
    raised = re.compile(r"SourceError\(\s*\"([a-z-]+)\"")
    files = sorted(Path(read.__file__).parent.glob("*.py"))
    reading = {code for file in files for code in raised.findall(file.read_text(encoding="utf-8"))}
    return [*CODES, *sorted(reading - CODES.keys())]


def _failure(code: str) -> tuple[str, str]:
    says, step = in_words(SourceState("", "", error=code))
    return says, step


def _limits() -> Iterator[str]:
    yield "## Limits and periods"
    for title, rows in reference_limits.limits().items():
        yield f"### {title}"
        yield _table(("", "value"), rows)


def main() -> int:
    text = page()
    if sys.argv[1:] == ["--check"]:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
