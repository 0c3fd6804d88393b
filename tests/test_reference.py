"""The documents are true: the reference is what the code says, and no page names what is not there."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from aggregator.cli import COMMANDS, cli
from aggregator.config import json_schema
from aggregator.config.settings import described
from aggregator.errand import Collected
from aggregator.errors import Exit
from aggregator.fetch import CODES
from aggregator.figures import Published

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])
SHELL = re.compile(r"^(?:    )?(?:\.venv/bin/)?(aggregator .*)$", re.MULTILINE)
INLINE = re.compile(r"`(aggregator [^`]+)`")


@cache
def reference() -> str:
    return (DOCS / "reference.md").read_text(encoding="utf-8")


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by its full name, inner ones too."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", found) for inner, found in command.commands.items())


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# ---------------------------------------------------------------------------------------------------- the reference
def test_the_reference_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    import reference_maker

    assert reference_maker.page() == reference(), "run: python docs/reference_maker.py"


def test_every_command_and_option_is_in_it() -> None:
    for name, command in commands():
        assert re.search(rf"^##+ aggregator {name}$", reference(), re.MULTILINE), name
        for parameter in command.params:
            for option in parameter.opts if isinstance(parameter, click.Option) else ():
                assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", reference()), f"{name} {option}"


def test_every_setting_is_in_it_with_its_meaning() -> None:
    for variable, _, meaning in described():
        assert re.search(rf"\| `{variable}` \| .* \| {re.escape(meaning)} \|", reference()), variable


def test_every_key_of_feeds_yaml_is_in_it_with_its_meaning() -> None:
    schema = json_schema()
    for shape in (schema, *schema["$defs"].values()):
        for key in shape["properties"]:
            assert re.search(rf"\| `{key}` \|.* \w.* \|", reference()), key


def test_every_exit_code_and_figure_of_the_report_is_in_it() -> None:
    for code in Exit:
        assert re.search(rf"^\| {int(code)} \| \w", reference(), re.MULTILINE), code.name
    report = Collected().report() | Published().report()
    for part in report.values():
        for figure in part if isinstance(part, dict) else ():
            assert f"| `{figure}` | " in reference(), figure


def test_every_code_that_a_source_can_fail_with_is_in_it() -> None:
    raised = {code for path in (ROOT / "aggregator").rglob("*.py") for code in _codes(path)}
    assert raised >= {"not-a-feed", "reader-timeout", "private-address"}  # the search finds what is there
    for code in raised | set(CODES):
        assert f"| `{code}` | " in reference(), code
        assert f"| `{code}` | it failed" not in reference(), f"{code} has no words in cli/source_health.py"


def _codes(path: Path) -> Iterator[str]:
    """The codes written out in calls of SourceError and failure."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args
        if called and node.func.id in ("SourceError", "failure"):
            first = node.args[0]
            choices = (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,)
            for choice in choices:
                if isinstance(choice, ast.Constant) and isinstance(choice.value, str):
                    yield choice.value


# --------------------------------------------------------------------------------------------------- all documents
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{target} is not there"
        if anchor:
            assert anchor in _anchors(found), f"{target}: no such heading"


def _anchors(page: Path) -> set[str]:
    """The names that headings get: lower case, spaces as hyphens, other signs left out."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_that_are_named_exist_with_their_options(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    known = dict(commands())
    for line in [*SHELL.findall(text), *INLINE.findall(" ".join(text.split()))]:
        words = _words(line)
        if not words or words[0] not in known:
            assert not words or not words[0].islower() or line.startswith("aggregator --"), line
            continue
        name = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
        inner = words[1:2] if isinstance(known[name], click.Group) else []
        assert not inner or inner[0].startswith(("-", "[")), f"{line}: {name} has no {inner[0]}"
        options = {option for parameter in known[name].params for option in parameter.opts} | {"--help", "-h"}
        for word in words:
            is_topic = words[:2] == ["topics", "correct"] and re.fullmatch("-[a-z]{2,}", word)
            if word.startswith("-") and word != "-" and not is_topic:
                assert word.partition("=")[0] in options, f"{line}: {name} has no {word}"


def _words(line: str) -> list[str]:
    """The words of one command, without a note, a pipe or a second command behind it."""
    first = re.split(r"\s#\s|\s[|>]|\s\|\||\s&&|…|\s{3,}", line)[0]
    return [word for word in shlex.split(first)[1:] if word.isprintable()]


def test_tests_that_promises_point_at_exist() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", (DOCS / "acceptance.md").read_text(encoding="utf-8"))
    assert len(named) > 40
    for file, test in named:
        path = ROOT / "tests" / file
        assert path.exists(), file
        assert re.search(rf"^(async )?def {test}\(", path.read_text(encoding="utf-8"), re.MULTILINE), (
            f"{file}::{test}"
        )
