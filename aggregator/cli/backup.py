"""`aggregator backup`: a safe copy of the database while the service runs."""

from __future__ import annotations

import os
import shlex
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

import click

from aggregator.cli.options import Common, common, settings_of
from aggregator.errors import AggregatorError, Exit, StoreError


@click.command()
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@common
def backup(options: Common, file: str, force: bool) -> int:
    """Copy the database to FILE while the service goes on, readable by you alone.

    The copy carries a mark: put in the place of the database it sends nothing until 'aggregator doctor --resume',
    so that no letter goes out twice. A copy made with other tools has no mark. For PostgreSQL this prints the
    commands to use, and leaves with 78, because nothing was copied.

    \b
    Example:
      aggregator backup /srv/backup/aggregator.db --force
    """
    from aggregator.store.engine import address

    url = address(settings_of(options).database)
    if url.drivername != "sqlite":
        for line in _by_pg_dump(url.set(drivername="postgresql")._replace(password=None).render_as_string(), file):
            click.echo(line)
        return Exit.CONFIG
    source, target = Path(url.database or ""), Path(file)
    _refuse(source, target, force)
    if options.dry_run:
        click.echo(f"{source} would be copied to {target}")
        return Exit.DONE
    _copy(source, target)
    click.echo(f"{target}: {target.stat().st_size / 1e6:.1f} MB; marked as a backup, it sends nothing")
    return Exit.DONE


def _refuse(source: Path, target: Path, force: bool) -> None:
    if not source.exists():
        raise StoreError(f"there is no database at {source}; 'aggregator run' makes one")
    if not target.parent.is_dir():
        raise click.BadParameter(f"the folder {target.parent} does not exist; create it", param_hint="FILE")
    if not target.exists():
        return
    if target.samefile(source):
        raise click.BadParameter("this is the database itself; name another file", param_hint="FILE")
    if not force:
        raise click.BadParameter(f"{target} is there already; --force replaces it", param_hint="FILE")


def _copy(source: Path, target: Path) -> None:
    """Copy to another name, mark, check, then rename: FILE is a whole copy or what it was."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-", suffix=".part")  # 0600
    os.close(handle)
    try:
        with closing(sqlite3.connect(source, timeout=30)) as live, closing(sqlite3.connect(name)) as copy:
            live.backup(copy)
            _mark(copy)
        _flush(Path(name))
        Path(name).replace(target)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"{source} can't be copied to {target}: {error}; is there room and permission?"
        ) from error
    finally:
        for leftover in (name, f"{name}-wal", f"{name}-shm", f"{name}-journal"):
            with suppress(FileNotFoundError):
                Path(leftover).unlink()


def _mark(copy: sqlite3.Connection) -> None:
    """Make it one file that sends nothing, and make sure that it can be read."""
    from aggregator.store import MARK

    copy.execute("PRAGMA journal_mode=DELETE")
    with copy:
        copy.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?, '1')", (MARK,))
    found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _Damaged(f"the database is damaged ({found}); restore an older copy, or see 'sqlite3 FILE .recover'")


class _Damaged(AggregatorError):
    """The operator acts: what would be copied is broken."""

    exit_code = Exit.TEMPORARY


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _by_pg_dump(url: str, file: str) -> list[str]:
    from aggregator.store import MARK

    # A statement to be read by a person, made of a constant of ours.
    mark = f"INSERT INTO settings (key, value) VALUES ('{MARK}', '1') ON CONFLICT (key) DO NOTHING"  # noqa: S608
    return [
        "# Nothing was copied: PostgreSQL has its own tool. The password comes from ~/.pgpass or PGPASSWORD.",
        f"umask 077; pg_dump --format=custom --file={shlex.quote(file)} {shlex.quote(url)}",
        "# To restore, and to keep the restored copy from sending before 'aggregator doctor --resume':",
        f"pg_restore --clean --if-exists --dbname={shlex.quote(url)} {shlex.quote(file)}",
        f"psql {shlex.quote(url)} --command={shlex.quote(mark)}",
    ]
