"""`aggregator check`: feeds.yaml validated as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from aggregator.cli.options import Common, common
from aggregator.config import environment, json_schema, load
from aggregator.config.settings import unknown_settings
from aggregator.errors import Exit, Problem
from aggregator.model import Catalogue


@click.command()
@common
@click.option("--schema", is_flag=True, help="Print the JSON Schema of feeds.yaml, for editors.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
def check(said: Common, schema: bool, paths: tuple[str, ...]) -> int:
    """Validate feeds.yaml, or the files at PATH: every mistake with file, line, what is wrong and what to do.

    Exit code 0 when nothing is wrong (warnings aside), 78 when something is. Fit for a pull request.
    """
    if schema:
        click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
        return Exit.DONE
    environ = environment()
    files = paths or (said.feeds or environ.get("AGGREGATOR_FEEDS") or "feeds.yaml",)
    results = [(file, *load(file, environ)) for file in files]
    general = unknown_settings(environ)
    every = [*general, *(problem for _, _, problems in results for problem in problems)]
    if said.json:
        click.echo(json.dumps(_as_json(results, every), indent=2, ensure_ascii=False))
    else:
        for problem in every:
            click.echo(_line(problem), err=True)
        for file, catalogue, problems in results:
            click.echo(_summary(file, catalogue, problems))
    return Exit.CONFIG if any(problem.level == "error" for problem in every) else Exit.DONE


def _line(problem: Problem) -> str:
    if problem.level == "error":
        return str(problem)
    return str(Problem(problem.file, problem.line, f"warning: {problem.what}", problem.remedy))


def _summary(file: str, catalogue: Catalogue, problems: Iterable[Problem]) -> str:
    errors = sum(problem.level == "error" for problem in problems)
    warnings = sum(problem.level == "warning" for problem in problems)
    counted = ", ".join(
        (
            _count(len(catalogue.topics), "topic"),
            _count(len(catalogue.sources), "source"),
            _count(len(catalogue.editions), "edition"),
        )
    )
    if errors:
        return f"{file}: {_count(errors, 'error')}, {_count(warnings, 'warning')}; sound: {counted}"
    return f"{file}: {counted}: " + (f"good, {_count(warnings, 'warning')}" if warnings else "all good")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _as_json(results: list[tuple[str, Catalogue, list[Problem]]], problems: list[Problem]) -> dict[str, object]:
    return {
        "files": [
            {
                "file": file,
                "topics": len(catalogue.topics),
                "sources": len(catalogue.sources),
                "editions": len(catalogue.editions),
            }
            for file, catalogue, _ in results
        ],
        "errors": sum(problem.level == "error" for problem in problems),
        "warnings": sum(problem.level == "warning" for problem in problems),
        "problems": [
            {"file": p.file, "line": p.line, "level": p.level, "what": p.what, "remedy": p.remedy}
            for p in problems
        ],
    }
