"""Options that every command takes, so that one line of options serves a whole crontab."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.errors import StoreError

if TYPE_CHECKING:
    from aggregator.config import Settings


@dataclass(frozen=True, slots=True)
class Common:
    """What the common options said; None where nothing was said."""

    feeds: str | None = None
    database: str | None = None
    outbox: str | None = None
    now: datetime | None = None
    report: str | None = None
    only: tuple[str, ...] = ()
    dry_run: bool = False
    json: bool = False

    @property
    def moment(self) -> datetime:
        """The moment of this run: --at, or the clock."""
        return self.now or datetime.now(UTC).replace(microsecond=0)


class Moment(click.ParamType[datetime]):
    """ISO 8601 with an offset."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"'{value}' is not a time; write it like 2026-11-23T08:00:00+01:00", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"'{value}' has no offset; write {value}Z or {value}+01:00", param, ctx)
        if not 1990 <= moment.year <= 2100:
            self.fail(f"'{value}' is out of reach; years from 1990 to 2100 are", param, ctx)
        return moment.astimezone(UTC)


_OPTIONS = (
    click.option("--feeds", metavar="PATH", help="The catalogue of sources and topics [feeds.yaml]."),
    click.option("--database", metavar="URL-or-PATH", help="SQLite file or postgresql://... [aggregator.db]."),
    click.option("--outbox", metavar="DIR-or-URL", help="Folder for .eml files, or smtp://, smtps:// [outbox]."),
    click.option("--at", "now", type=Moment(), help="Replay this moment instead of now (ISO 8601 with offset)."),
    click.option("--report", metavar="FILE", help="Write the JSON report here ('-': standard output)."),
    click.option("--only", multiple=True, metavar="WHO", help="Only this reader (address or id); repeatable."),
    click.option("--dry-run", is_flag=True, help="Do everything but store, write or send."),
    click.option("--json", is_flag=True, help="Print data as JSON."),
)


def common(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the common options, as one `Common` in its first argument."""

    @functools.wraps(function)
    def with_common(**arguments: Any) -> Any:
        names = ("feeds", "database", "outbox", "now", "report", "only", "dry_run", "json")
        return function(Common(**{name: arguments.pop(name) for name in names}), **arguments)

    for option in reversed(_OPTIONS):
        with_common = option(with_common)
    return with_common


def settings_of(options: Common) -> Settings:
    """The settings of this run: options, then environment, then `.env`."""
    from aggregator.config import Settings

    return Settings.load(feeds=options.feeds, database=options.database, outbox=options.outbox)


def write_report(path: str | None, report: dict[str, Any]) -> None:
    """Write a report where --report said, or nowhere. Raises StoreError where it can't be written."""
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    if path == "-":
        sys.stdout.write(text)
    elif path:
        try:
            Path(path).write_text(text, encoding="utf-8")
        except OSError as error:
            raise StoreError(f"the report can't be written to {path}: {error.strerror}") from error


def check_report(path: str | None) -> None:
    """Refuse a place for the report that can't be written to, before anything has happened."""
    if path and path != "-" and not os.access(Path(path) if Path(path).exists() else Path(path).parent, os.W_OK):
        raise click.BadParameter(f"{path} can't be written", param_hint="--report")
