"""`aggregator doctor`: is the set-up sound, and what to do where it isn't."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.checks import Check, every
from aggregator.cli.options import Common, common, settings_of
from aggregator.errors import Exit

if TYPE_CHECKING:
    from aggregator.app import App

SIGNS = {"good": "✓", "bad": "✗", "warning": "!"}
PLAIN_SIGNS = {"good": "ok", "bad": "XX", "warning": "!!"}


@click.command()
@click.option(
    "--resume",
    is_flag=True,
    help="Let letters go again: this restored backup is the live one now, or what had stopped them is mended.",
)
@click.option(
    "--gone",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --resume: who has left or was erased since; a list of 'subscribers gone', or the former database.",
)
@common
def doctor(options: Common, resume: bool, gone: Path | None) -> int:
    """Check the set-up and say what to do: ✓ good, ! worth a look, ✗ to be mended (exit code 78).

    Nothing is sent: with an SMTP outbox it connects, switches to TLS and logs in, and leaves again. It then asks
    the DNS whether receivers can tell that the letters are yours (SPF and whether it covers the relay, DKIM,
    DMARC, PTR), where bounces go (MX, MTA-STS, TLS reports), and the pages behind the links whether they answer.

    \b
    Examples:
      aggregator doctor
      aggregator doctor --resume --gone old.db     after a backup was put in the place of the database
    """
    if gone is not None and not resume:
        raise click.UsageError("--gone belongs to --resume.")
    if resume:
        return _resume(options, gone)
    found: list[Check] = []
    for check in every(options):
        found.append(check)
        if not options.json:
            click.echo(_line(check))
    if options.json:
        click.echo(json.dumps([check.as_json() for check in found], indent=2, ensure_ascii=False))
    return Exit.CONFIG if any(check.mark == "bad" for check in found) else Exit.DONE


def _line(check: Check) -> str:
    try:
        "✓✗→".encode(sys.stdout.encoding or "ascii")
        sign, arrow = SIGNS[check.mark], "→"
    except UnicodeEncodeError:
        sign, arrow = PLAIN_SIGNS[check.mark], "->"
    return f"{sign} {check.what}" + (f" {arrow} {check.remedy}" if check.remedy else "")


def _resume(options: Common, gone: Path | None) -> int:
    from aggregator import trust
    from aggregator.app import open_app
    from aggregator.cli.gone import read
    from aggregator.cli.status import must_exist
    from aggregator.store import MARK

    settings = settings_of(options)
    must_exist(settings)
    since = read(gone) if gone else []
    with open_app(settings) as app:
        marked, stopped = app.store.setting(MARK), trust.alarms(app.store, options.moment)
        if not marked and not stopped and not since:
            click.echo("this database is not marked as a restored backup; there is nothing to resume")
            return Exit.DONE
        for line in [*(_meaning(app, gone is not None) if marked else ()), *stopped]:
            click.echo(line)
        if options.dry_run:
            click.echo("nothing is changed (--dry-run)")
            return Exit.DONE
        ended = app.store.subscribers.bar(since, options.moment)
        app.store.set(MARK, None)
        trust.resume(app.store, options.moment)
    if gone:
        said = ", ".join(f"{count} {reason}" for reason, count in sorted(ended.items()))
        click.echo(f"{len(since)} addresses in {gone}; readers that were still here: {said or 'none'}")
    click.echo("The mark is removed: the next run sends." if marked else "The next run sends again.")
    return Exit.DONE


def _meaning(app: App, told: bool) -> Iterator[str]:
    counts = app.store.digests.counts()
    waiting = counts.get("waiting", 0) + counts.get("deferred", 0)
    yield "This database was marked as a backup, so that two copies of it never send side by side."
    yield f"{waiting} letters wait in it; the ones that went out after the backup was made go out once more."
    if not told:
        yield (
            "Readers who left or were erased since then are in it again: call this with --gone FILE, a list of "
            "'subscribers gone' or the former database; else look through what came in by other ways."
        )
