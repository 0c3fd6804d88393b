"""`aggregator issues`: what was sent, as it was told: listed, printed in any form, and checked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.groups import group
from aggregator.cli.options import Common, common, settings_of
from aggregator.errors import ConfigError, Exit, Problem, StoreError

if TYPE_CHECKING:
    from aggregator.issue import Issue
    from aggregator.store import Kept, Store

FORMATS = ("html", "text", "json", "atom", "ics", "ris", "bibtex", "csl", "opml")


@group
def issues(options: Common) -> None:
    """Past issues, as they were told: those of the editions, which anybody may cite, and those of single readers.

    \b
    Examples:
      aggregator issues list
      aggregator issues list --only ann@example.org
      aggregator issues show digest/2026-W48 --format ris > issue.ris
      aggregator issues check
    """


@issues.command("list")
@click.option("--edition", default="", metavar="NAME", help="Only issues of this edition.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="At most so many.")
@common
def list_(options: Common, edition: str, limit: int) -> None:
    """List the editions' issues, newest first; with --only WHO those that were sent to these readers."""
    with _store(options) as store:
        found = [kept for whose in _readers(store, options) for kept in store.issues.listed(whose, edition, limit)]
    found = sorted(found, key=lambda kept: (-kept.made_at.timestamp(), kept.id))[:limit]
    if options.json:
        rows = [
            {"id": one.id, "edition": one.edition, "period": one.period, "items": one.count,
             "made_at": f"{one.made_at:%Y-%m-%dT%H:%M:%SZ}"} for one in found
        ]  # fmt: skip
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for one in found:
        items = f"{one.count} item{'s' if one.count != 1 else ''}"
        click.echo(f"{one.id:<24}{one.edition} {one.period}  made {one.made_at:%Y-%m-%d %H:%M} UTC, {items}")
    if not found:
        click.echo("no issue has been made yet; 'aggregator run' makes one when a period is over", err=True)


@issues.command()
@click.argument("issue", metavar="ID")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to print it."
)
@click.option("--cite", is_flag=True, help="Print only the line by which it is cited.")
@click.option("--output", metavar="FILE", help="Write it here instead.")
@common
def show(options: Common, issue: str, form: str, cite: bool, output: str | None) -> None:
    """Print one issue, the same bytes whenever it is asked for. ID is EDITION/PERIOD, or the id of a letter.

    \b
    Examples:
      aggregator issues show digest/2026-W48
      aggregator issues show digest/2026-W48 --cite
      aggregator issues show 3f9c0d5b1e2a47c8b6d0 --format html --output issue.html
    """
    from aggregator.issue import written

    with _store(options) as store:
        found = _found(store, issue)
    content = f"{found.cited}\n".encode() if cite else written(found, form)
    if output:
        _save(Path(output), content)
        return
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


@issues.command()
@common
def check(options: Common) -> int:
    """Write every form of every edition's issue anew and compare it with what it was when the issue was made.

    Leaves with 70 if a single byte differs: then this program writes a form otherwise than the one that made it.
    """
    with _store(options) as store:
        listed = store.issues.listed(limit=1_000_000)
        wrong = [f"{kept.id}: {form}" for kept in listed for form in _changed(store, kept)]
    if options.json:
        click.echo(json.dumps({"checked": len(listed), "changed": wrong}))
    else:
        for one in wrong:
            click.echo(f"{one} is not what it was", err=True)
        click.echo(f"{len(listed)} issues checked, {len(wrong)} forms changed")
    return Exit.BUG if wrong else Exit.DONE


def _changed(store: Store, kept: Kept) -> list[str]:
    from aggregator.issue import sums

    issue = store.issues.get(kept.id)
    now = sums(issue) if issue else {}
    return [form for form, said in (kept.sums or {}).items() if now.get(form) != said]


@contextmanager
def _store(options: Common) -> Iterator[Store]:
    from aggregator.cli.status import must_exist
    from aggregator.store import open_store

    settings = settings_of(options)
    must_exist(settings)
    store = open_store(settings.database)
    try:
        yield store
    finally:
        store.close()


def _readers(store: Store, options: Common) -> list[str]:
    """Whose issues are meant: nobody's, or the named readers'."""
    from aggregator.store.issues import EVERYBODY

    found = {who: store.subscribers.find(who) for who in options.only}
    if unknown := [who for who, reader in found.items() if reader is None]:
        what = f"no reader is known as {', '.join(unknown)}"
        raise ConfigError([Problem("--only", None, what, "'aggregator subscribers list' shows them all")])
    return [reader.id for reader in found.values() if reader] or [EVERYBODY]


def _found(store: Store, id: str) -> Issue:
    kept = store.issues.find(id)
    issue = store.issues.get(kept.id, kept.subscriber) if kept else None
    if issue is None:
        remedy = "'aggregator issues list' shows them; with --only WHO those of a reader"
        raise ConfigError([Problem("issues", None, f"there is no issue '{id}' that was sent", remedy)])
    return issue


def _save(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise StoreError(f"the issue can't be written to {path}: {error.strerror}") from error
