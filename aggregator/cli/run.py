"""`collect`, `publish` and `run`: what cron calls. Silent when all is well."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click

from aggregator.cli.options import Common, check_report, common, settings_of, write_report
from aggregator.errors import AggregatorError, Exit

Step = Callable[[Any, dict[str, Any]], Exit]


@click.command()
@click.argument("source", nargs=-1)
@click.option("--force", is_flag=True, help="Visit every source now, due or not (with cache conditions as usual).")
@click.option("--budget", default=480, show_default=True, metavar="SECONDS", help="Stop visiting after so long.")
@common
def collect(options: Common, source: tuple[str, ...], force: bool, budget: int) -> int:
    """Visit the sources that are due (or the named ones, due or not), and store what is new.

    \b
    Examples:
      aggregator collect                    what is due
      aggregator collect infodocket         one source, now
      aggregator collect --force --dry-run  everything, without storing it
    """
    return _under_lock(
        options, "collect", [lambda app, report: _collect(app, options, report, (source, force, budget))]
    )


@click.command()
@common
def publish(options: Common) -> int:
    """Write the letters that are due and send all that wait.

    \b
    Examples:
      aggregator publish --dry-run                      how many letters would be written
      aggregator publish --only ann@example.org         one reader
      aggregator publish --at 2026-11-23T08:00:00+01:00 replay a moment
    """
    steps: list[Step] = [
        lambda app, _: _welcome(app, options),
        lambda app, report: _publish(app, options, report),
        lambda app, report: _make_issues(app, options, report),
    ]
    return _under_lock(options, "publish", steps)


@click.command()
@click.option("--budget", default=480, show_default=True, metavar="SECONDS", help="Stop visiting after so long.")
@common
def run(options: Common, budget: int) -> int:
    """Collect, then publish. Put this into cron every ten minutes ('aggregator schedule' prints the line).

    Safe at any time and as often as you like: what is done is recorded and not done twice, and a second copy
    leaves at once. Exit codes: 0 done, 1 some letters could not be sent, 75 try again later (relay down, database
    locked), 78 the configuration needs a person.
    """
    steps: list[Step] = [
        lambda app, report: _collect(app, options, report, ((), False, budget)),
        lambda app, _: _welcome(app, options),
        lambda app, report: _publish(app, options, report),
        lambda app, report: _make_issues(app, options, report),
    ]
    return _under_lock(options, "run", steps)


# ------------------------------------------------------------------------------------------------------- halves
def _collect(app: Any, options: Common, report: dict[str, Any], wish: tuple[tuple[str, ...], bool, int]) -> Exit:
    from aggregator.collect import Wish, collect, retag

    named, force, budget = wish
    sources = tuple(app.source(one).id for one in named)
    if not options.dry_run:
        retag(app, options.moment)
    with progress("sources") as moved:
        figures = collect(app, options.moment, Wish(sources, force, options.dry_run, budget, moved))
    report |= figures.report()
    if figures.offline:
        click.echo("no name can be looked up: is this machine offline? No source was counted as failing", err=True)
        return Exit.TEMPORARY
    return Exit.DONE


def _welcome(app: Any, options: Common) -> Exit:
    """What was asked for on pages and not looked into yet, and addresses that nobody confirmed in time."""
    from aggregator.joining import attend, forget_unconfirmed

    if not options.dry_run and not options.only:
        attend(app, options.moment)
        forget_unconfirmed(app.store, options.moment)
    return Exit.DONE


def _publish(app: Any, options: Common, report: dict[str, Any]) -> Exit:
    from aggregator import trust
    from aggregator.errors import ConfigError, Problem
    from aggregator.figures import Published
    from aggregator.post import Order
    from aggregator.publish import publish

    if unknown := [who for who in options.only if app.store.subscribers.find(who) is None]:
        what = f"no reader is known as {', '.join(unknown)}"
        raise ConfigError([Problem("--only", None, what, "'aggregator subscribers list' shows them all")])
    figures = Published()
    try:
        with progress("letters") as moved:
            publish(app, options.moment, Order(options.only, options.dry_run, progress=moved), figures)
    finally:
        report |= figures.report()
    if not options.dry_run and (said := trust.news(app.store, options.moment)):
        click.echo(said, err=True)
    return Exit.LETTERS_FAILED if figures.refused or figures.failed else Exit.DONE


def _make_issues(app: Any, options: Common, report: dict[str, Any]) -> Exit:
    """The editions' own issues, whatever became of the letters; not when a run is about single readers."""
    from aggregator.archive import make_issues

    if not options.dry_run and not options.only:
        report["issues"] = make_issues(app, options.moment)
    return Exit.DONE


# ------------------------------------------------------------------------------------------------------ the run
def _under_lock(options: Common, command: str, steps: list[Step]) -> int:
    """Run the steps as the only one on this database; report, whatever happens; the worst exit code counts."""
    from aggregator.app import open_app, rarely_swept
    from aggregator.errand import Collected
    from aggregator.figures import Published, reported

    check_report(options.report)
    started = datetime.now(UTC)
    report: dict[str, Any] = {**Collected().report(), **Published().report()}
    with (
        open_app(settings_of(options), keep=not options.dry_run) as app,
        app.store.lock("run") as alone,
        rarely_swept(),
    ):
        if not alone:
            click.echo("another run is in progress on this database; nothing to do", err=True)
            write_report(options.report, report)
            return Exit.DONE
        code, failure = _run_steps(app, report, steps)
        code = max(code, _tell_problems(app, options.dry_run))
        report |= {"command": command, "moment": options.moment.isoformat(), "exit_code": int(code)}
        if not options.dry_run:
            app.store.note_run(command, options.moment, started, code, report)
        write_report(options.report, report)
        if not options.dry_run:
            reported(app)
    if failure is not None:
        raise failure
    _say(options, report)
    return code


def _run_steps(app: Any, report: dict[str, Any], steps: list[Step]) -> tuple[Exit, Exception | None]:
    """Every step, also after one that failed: readers don't pay for a bug in collecting. The error that is most
    ours is carried out, to be raised when the run has been recorded; the others are said here."""
    code, errors = Exit.DONE, list[Exception]()
    for step in steps:
        try:
            code = max(code, step(app, report))
        except Exception as error:
            errors.append(error)
            code = max(code, error.exit_code if isinstance(error, AggregatorError) else Exit.BUG)
    errors.sort(key=lambda error: isinstance(error, AggregatorError))
    for other in errors[1:]:
        click.echo(str(other) if isinstance(other, AggregatorError) else repr(other), err=True)
    return code, errors[0] if errors else None


def _tell_problems(app: Any, dry_run: bool) -> Exit:
    """Say what is wrong with feeds.yaml once, not every ten minutes; a broken file is an exit code every time."""
    errors = [problem for problem in app.problems if problem.level == "error"]
    seen = hashlib.sha256("\n".join(map(str, errors)).encode()).hexdigest() if errors else None
    if seen != app.store.setting("problems"):
        if not dry_run:
            app.store.set("problems", seen)
        for problem in errors:
            click.echo(str(problem), err=True)
    return Exit.CONFIG if app.stands_in else Exit.DONE


def _say(options: Common, report: dict[str, Any]) -> None:
    """The figures, for a person or a program that asked; cron hears nothing."""
    import json

    if options.json and options.report != "-":
        click.echo(json.dumps(report, ensure_ascii=False))
    elif sys.stdout.isatty():
        for name in ("sources", "entries", "digests"):
            if name in report:
                click.echo(f"{name}: " + ", ".join(f"{count} {what}" for what, count in report[name].items()))


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on a terminal; None elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
