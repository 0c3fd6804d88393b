"""`aggregator prune`: what is older than the stated periods goes."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Common, common, settings_of

if TYPE_CHECKING:
    from aggregator.store import Store

# No letter looks back further than 62 days; an item that lost its text before that would be missing from one.
SHORTEST_FOR_ITEMS = timedelta(days=100)
_DAYS = {"d": 1, "day": 1, "days": 1, "w": 7, "week": 7, "weeks": 7, "y": 365, "year": 365, "years": 365}


class Age(click.ParamType[timedelta]):
    """`400d`, `13 weeks`, `2y`."""

    name = "AGE"

    def __init__(self, shortest: timedelta = timedelta(days=1)) -> None:
        self.shortest = shortest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"(\d{1,5})\s*([a-z]+)", value.strip().lower())
        if match is None or match[2] not in _DAYS:
            self.fail(f"'{value}' is not an age; write it like 400d, 60w or 2y", param, ctx)
        age = timedelta(days=int(match[1]) * _DAYS[match[2]])
        if age < self.shortest:
            remedy = f"write {self.shortest.days}d or more"
            why = "letters still look back that far" if self.shortest.days > 1 else "that would be everything"
            self.fail(f"'{value}' is too short: {why}; {remedy}", param, ctx)
        return age


@click.command()
@click.option("--items", type=Age(SHORTEST_FOR_ITEMS), default="400d", show_default=True,
              help="Texts of items first seen longer ago; 100d or more.")  # fmt: skip
@click.option(
    "--letters", type=Age(), default="90d", show_default=True, help="Bytes of letters settled longer ago."
)
@click.option("--issues", type=Age(), default="3y", show_default=True, help="Readers' own issues older than that.")
@click.option("--runs", type=Age(), default="90d", show_default=True, help="Reports of runs longer ago.")
@click.option("--cpd", type=Age(), default="6y", show_default=True,
              help="Logged activities that ended longer ago, untouched since, with their files.")  # fmt: skip
@click.option(
    "--vacuum", is_flag=True, help="Give the space back to the disk (SQLite; the file is locked meanwhile)."
)
@common
def prune(options: Common, vacuum: bool, **ages: timedelta) -> None:
    """Remove what is older than these periods, and addresses that nobody confirmed within 7 days.

    What stays: that an item was seen, that a letter was sent and what it carried (so that nothing comes twice),
    the list of addresses that are never written to, and the editions' own issues, because others cite them.

    \b
    Examples:
      aggregator prune --dry-run
      aggregator prune --items 400d --letters 90d --runs 90d --vacuum
    """
    from aggregator.cli.status import must_exist
    from aggregator.joining import unconfirmed
    from aggregator.store import open_store

    settings = settings_of(options)
    must_exist(settings)
    now = options.moment
    before = {name: now - age for name, age in ages.items()}
    store = open_store(settings.database)
    try:
        if options.dry_run:
            _tell_before(options, before, len(unconfirmed(store, now)))
            return
        gone = _pruned(store, before, now)
        if vacuum:
            _vacuum(store)
    finally:
        store.close()
    if options.json:
        click.echo(json.dumps(gone))
    else:
        click.echo(
            f"{gone['items']} items lost their text, {gone['letters']} letters their bytes; "
            f"{gone['issues']} readers' issues, {gone['runs']} reports of runs, {gone['cpd']} logged activities "
            f"and {gone['unconfirmed']} unconfirmed addresses are gone"
        )


def _pruned(store: Store, before: dict[str, datetime], now: datetime) -> dict[str, int]:
    from aggregator.joining import forget_unconfirmed

    return {
        "items": store.items.prune(before["items"]),
        "letters": store.digests.prune(before["letters"]),
        "issues": store.issues.prune(before["issues"]),
        "runs": store.prune_runs(before["runs"]),
        "cpd": store.cpd.prune(before["cpd"]),
        "unconfirmed": forget_unconfirmed(store, now),
    }


def _tell_before(options: Common, before: dict[str, datetime], late: int) -> None:
    from aggregator.jsonlines import moment

    if options.json:
        said = {name: moment(at) for name, at in before.items()}
        click.echo(json.dumps({"dry_run": True, "before": said, "unconfirmed": late}))
        return
    for name, at in before.items():
        click.echo(f"would prune {name} before {at:%Y-%m-%d}")
    click.echo(f"would erase {late} unconfirmed addresses")


def _vacuum(store: Store) -> None:
    """Rewrite the SQLite file without its empty pages; PostgreSQL looks after itself."""
    if store.engine.dialect.name != "sqlite":
        return
    raw = store.engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM")
    finally:
        raw.close()
