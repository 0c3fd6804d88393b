"""`aggregator status`: the health of the service, for programs that watch it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator import __version__
from aggregator.cli.options import Common, common, settings_of
from aggregator.errors import Exit, StoreError

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.config import Settings

LATE = timedelta(hours=2)  # beyond its due time a waiting letter is late
SILENT = timedelta(hours=24)  # without a run
RETURNS = timedelta(days=7)  # of mail that came back
FEW_BLOCKED, SHARE_BLOCKED = 3, 0.01  # letters refused through no fault of their readers, of all active ones
SENDING = ("run", "publish")  # the commands that send letters


@click.command()
@click.option("--check", is_flag=True, help="Exit code 1 when there is an alarm.")
@common
def status(options: Common, check: bool) -> int:
    """Print the state of the service as one JSON object.

    "alarm" lists sentences, and only when people are not getting their mail: letters that are late, letters that
    could not be written, no run for a day, a database that sends nothing. A quiet week is no alarm.

    \b
    Example, for a monitor:
      aggregator status --check > /dev/null || echo "no mail is going out"
    """
    from aggregator.app import open_app

    settings = settings_of(options)
    must_exist(settings)
    with open_app(settings) as app:
        report = gathered(app, options.moment)
    click.echo(json.dumps(report, indent=2, ensure_ascii=False))
    return Exit.LETTERS_FAILED if check and report["alarm"] else Exit.DONE


def must_exist(settings: Settings) -> None:
    """Raise StoreError where there is no SQLite file yet: looking must not make one."""
    from aggregator.store.engine import address

    url = address(settings.database)
    if url.drivername == "sqlite" and not Path(url.database or "").exists():
        raise StoreError(f"there is no database at {url.database}; 'aggregator run' makes one")


def gathered(app: App, now: datetime) -> dict[str, Any]:
    """Everything `status` says, at this moment."""
    from aggregator.cli.source_health import health, report
    from aggregator.jsonlines import moment
    from aggregator.store.upgrade import revision

    found = health(app.catalogue.sources.values(), app.store.sources.states(), now)
    quiet = report(found, now)
    readers, digests = app.store.subscribers.counts(), app.store.digests.counts()
    oldest, runs = app.store.digests.oldest_waiting(), app.store.last_runs()
    return {
        "version": __version__,
        "database": {"kind": app.store.engine.dialect.name, "schema": revision(app.store.engine)},
        "feeds": {
            "errors": sum(problem.level == "error" for problem in app.problems),
            "last_valid_in_force": app.stands_in,
        },
        "sources": {name: count for name, count in found.counts().items() if name != "disabled"},
        "quiet": {name: [_quiet(row) for row in quiet[name]] for name in ("silent", "frozen")},
        "subscribers": readers,
        "digests": digests,
        "returns": app.store.returns.counts(now - RETURNS),
        "oldest_waiting": moment(oldest),
        "runs": {name: _run(row) for name, row in sorted(runs.items())},
        "alarm": alarms(app, readers, oldest, runs, now),
    }


def _quiet(row: Mapping[str, Any]) -> dict[str, Any]:
    """A source that answers but brings nothing: worth a look, and no alarm."""
    return {name: row[name] for name in ("id", "since", "what", "next")}


def _run(row: Mapping[str, Any]) -> dict[str, Any]:
    from aggregator.jsonlines import moment

    at = {name: moment(datetime.fromtimestamp(row[name], UTC)) for name in ("moment", "started_at")}
    return {**at, "seconds": row["seconds"], "exit_code": row["exit_code"]}


def alarms(
    app: App,
    readers: Mapping[str, int],
    oldest: datetime | None,
    runs: Mapping[str, Mapping[str, Any]],
    now: datetime,
) -> list[str]:
    """What keeps people from getting their mail, as sentences; nothing else is worth waking somebody."""
    from aggregator import trust
    from aggregator.store import MARK

    found = trust.alarms(app.store, now)
    sending = [runs[name] for name in SENDING if name in runs]
    last = max(sending, key=lambda row: row["moment"], default=None)
    if readers.get("active"):
        if app.store.setting(MARK):
            found.append("this database is a restored backup and sends nothing: 'aggregator doctor --resume'")
        if last is None:
            found.append("no letter has ever been looked for: put the line of 'aggregator schedule' into cron")
        elif now - datetime.fromtimestamp(last["moment"], UTC) > SILENT:
            at = datetime.fromtimestamp(last["moment"], UTC)
            found.append(f"nothing has run since {at:%Y-%m-%d %H:%M} UTC: see whether cron works")
    if oldest is not None and now - oldest > LATE:
        found.append(
            f"letters wait that were due at {oldest:%Y-%m-%d %H:%M} UTC: see what the last run says of the relay"
        )
    blocked = app.store.returns.counts(now - RETURNS).get("alert_operator", 0)
    if blocked >= max(FEW_BLOCKED, SHARE_BLOCKED * readers.get("active", 0)):
        found.append(f"{blocked} letters of {RETURNS.days} days were refused through no fault of their readers: "
                     "see what 'aggregator bounces' said, and 'aggregator doctor'")  # fmt: skip
    failed = (last["report"].get("digests") or {}).get("failed", 0) if last else 0
    if failed:
        found.append(f"{failed} letters could not be written in the last run: see its messages")
    if last and last["exit_code"] == Exit.BUG:
        found.append("the last run ended with an error of the program: see its messages")
    return found
