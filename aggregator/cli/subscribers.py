"""`aggregator subscribers`: readers, from the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.asking import ask_back, tell_unconfirmed
from aggregator.cli.groups import group
from aggregator.cli.options import Common, common, settings_of
from aggregator.errors import ConfigError, Exit, Problem
from aggregator.model import Subscriber

if TYPE_CHECKING:
    from aggregator.cli.enrol import Enrolled
    from aggregator.store import Store

_who = click.argument("who", metavar="WHO")


@group
def subscribers(options: Common) -> None:
    """Readers: add, import, list, show, pause, export, leave, erase. WHO is an address or an id.

    \b
    Examples:
      aggregator subscribers add ann@example.org --topics "mentoring:3;cpd" --timezone Europe/Zagreb --confirmed
      aggregator subscribers import readers.csv --confirmed
      aggregator subscribers pause ann@example.org --until 2026-12-01
    """


# ------------------------------------------------------------------------------------------------------- taking in
_COLUMN_OPTIONS = (
    click.option("--name", metavar="TEXT", help="Name, for your own lists."),
    click.option("--topics", multiple=True, metavar="LIST", help="Topics with weights 1 to 3: 'mentoring:3;cpd'."),
    click.option(
        "--keywords", multiple=True, metavar="LIST", help="Words wanted wherever they occur: 'AI;preprints'."
    ),
    click.option("--searches", multiple=True, metavar="LIST", help="Saved searches, separated by ';'."),
    click.option("--mute", multiple=True, metavar="LIST", help="Never: topics, 'source:ID', 'author:NAME'."),
    click.option("--follow", multiple=True, metavar="LIST", help="Always wanted: 'source:ID;author:NAME'."),
    click.option("--languages", multiple=True, metavar="LIST", help="Languages read: 'en;it' [all]."),
    click.option("--kinds", multiple=True, metavar="LIST", help="Kinds with factors 0 to 10: 'course:2;job:0'."),
    click.option("--country", metavar="XX", help="Two letters: IT, HR, GB."),
    click.option("--discovery", metavar="YES|NO", help="One labelled item from outside the profile [yes]."),
    click.option("--frequency", metavar="WORD", help="daily, weekdays, weekly, fortnightly or monthly [weekly]."),
    click.option("--weekday", metavar="DAY", help="A name, or 1 (Monday) to 7 [Monday]."),
    click.option("--hour", metavar="HOUR", help="0 to 23 by the reader's own clock [8]."),
    click.option("--timezone", metavar="ZONE", help="IANA name: Europe/Zagreb [UTC]."),
    click.option("--language", metavar="CODE", help="Language of the letter [en]."),
    click.option("--max-items", metavar="N", help="At most so many items in one letter."),
    click.option("--edition", metavar="NAME", help="An edition of feeds.yaml [digest]."),
)


def _columns(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_COLUMN_OPTIONS):
        function = option(function)
    return function


_confirmed = click.option("--confirmed", is_flag=True, help="Consent was given elsewhere: letters may begin.")
_ask = click.option("--ask", is_flag=True, help="Mail each unconfirmed reader a link to confirm.")


@subscribers.command()
@click.argument("email")
@_columns
@_confirmed
@_ask
@click.option("--again", is_flag=True, help="Take back somebody who left or was erased, and now asks for letters.")
@common
def add(options: Common, email: str, confirmed: bool, ask: bool, again: bool, **columns: Any) -> int:
    """Add one reader, or change one: what is not said stays as it is.

    \b
    Examples:
      aggregator subscribers add ann@example.org --topics "mentoring:3;cpd" --confirmed
      aggregator subscribers add ann@example.org --weekday Friday --hour 7 --timezone Europe/Rome
    """
    from aggregator.app import open_app
    from aggregator.cli.enrol import Consent, enrol
    from aggregator.config.columns import read_row

    said = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in columns.items()
        if value not in (None, ())
    }
    with open_app(settings_of(options)) as app:
        base = app.store.subscribers.find(email) or Subscriber("", "")
        reader, mistakes = read_row({"email": email, **said}, base, app.catalogue)
        if reader is None:
            raise click.UsageError(
                "\n".join(f"{_flag(name)}: {one.what} → {one.remedy}" for name, one in mistakes)
            )
        consent = Consent(confirmed, again)
        found = enrol(app.store, [reader], consent, options.moment, dry_run=options.dry_run)
        asked = ask and ask_back(app, options, found)
    _tell_barred(found)
    _print_enrolled(options, found, refused=0)
    tell_unconfirmed(found, asked)
    return Exit.CONFIG if found.barred else Exit.DONE


def _flag(column: str) -> str:
    return "EMAIL" if column == "email" else "--" + column.replace("_", "-")


@subscribers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@_confirmed
@_ask
@common
def import_(options: Common, file: str, confirmed: bool, ask: bool) -> int:
    """Add or change readers from a CSV or YAML FILE ('-': standard input), in one transaction.

    The first line names the columns: email, name, topics, keywords, searches, mute, languages, kinds, country,
    frequency, weekday, hour, timezone, language, max_items, edition. Only email must be there; a column that is
    missing takes its default, or stays as it is for a reader we know. Lists are separated by ';', a weight
    follows a colon. A line with a mistake is left out and named (exit code 78), the others come in.

    \b
    Examples:
      aggregator subscribers import readers.csv --confirmed
      aggregator subscribers import readers.csv --dry-run      what would happen
    """
    from aggregator.app import open_app
    from aggregator.cli.enrol import Consent, enrol
    from aggregator.config import roster

    name = "standard input" if file == "-" else file
    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    text = roster.decoded(content, name)
    with open_app(settings_of(options)) as app:
        held = {roster.same_mailbox(one.email): one for one in app.store.subscribers.all()}
        read = roster.parse(text, roster.Context(app.catalogue, held, name))
        consent = Consent(confirmed)
        found = enrol(app.store, read.readers, consent, options.moment, dry_run=options.dry_run)
        asked = ask and ask_back(app, options, found)
    for problem in read.problems:
        click.echo(str(problem) if problem.level == "error" else f"warning: {problem}", err=True)
    _tell_barred(found)
    _print_enrolled(options, found, read.refused + len(found.barred))
    tell_unconfirmed(found, asked)
    wrong = found.barred or any(problem.level == "error" for problem in read.problems)
    return Exit.CONFIG if wrong else Exit.DONE


def _tell_barred(found: Enrolled) -> None:
    for email, why in found.barred.items():
        remedy = f"if they ask for letters again: aggregator subscribers add {email} --again"
        click.echo(f"{email} is not taken in: this address {why} → {remedy}", err=True)


def _print_enrolled(options: Common, found: Enrolled, refused: int) -> None:
    if options.json:
        counts = {"readers": found.total, "new": len(found.new), "changed": len(found.changed),
                  "unchanged": len(found.unchanged), "refused": refused or len(found.barred)}  # fmt: skip
        ids = [one.id for one in (*found.new, *found.changed, *found.unchanged)]
        click.echo(json.dumps(counts | {"ids": ids, "dry_run": options.dry_run}))
        return
    rows = f"; {refused} row{'' if refused == 1 else 's'} refused (see above)" if refused else ""
    would = "nothing is stored (--dry-run); it would be " if options.dry_run else ""
    if found.total or refused:
        click.echo(f"{would}{found.summary()}{rows}")


# --------------------------------------------------------------------------------------------------------- looking
@subscribers.command("list")
@click.option("--status", type=click.Choice(["unconfirmed", "active", "left", "suppressed"]), help="Only these.")
@common
def list_(options: Common, status: str | None) -> None:
    """List readers, one a line: id, address, status, when letters come."""
    from aggregator.cli.reader_view import line
    from aggregator.held import as_json

    with _store(options) as store:
        found = [one for one in store.subscribers.all(status) if not options.only or _meant(one, options.only)]
    if options.json:
        click.echo(json.dumps([as_json(one) for one in found], indent=2, ensure_ascii=False))
    for one in () if options.json else found:
        click.echo(line(one, options.moment))
    if not found and not options.json:
        click.echo("no readers; 'aggregator subscribers add EMAIL' adds one", err=True)


def _meant(reader: Subscriber, who: Sequence[str]) -> bool:
    return reader.id in who or reader.email.casefold() in {one.strip().casefold() for one in who}


@subscribers.command()
@_who
@common
def show(options: Common, who: str) -> None:
    """Show one reader: profile, schedule, status, and the latest letters."""
    from aggregator.cli.reader_view import lines
    from aggregator.held import as_json

    with _store(options) as store:
        reader = _find(store, who)
        digests = store.digests.of(reader.id)[-5:]
    if options.json:
        click.echo(json.dumps(as_json(reader), indent=2, ensure_ascii=False))
        return
    for text in lines(reader, options.moment):
        click.echo(text)
    for digest in digests:
        click.echo(f"  {digest.period:10} {digest.state}{': ' + digest.reason if digest.reason else ''}")


@subscribers.command()
@_who
@common
def export(options: Common, who: str) -> None:
    """Print everything held on one reader as JSON: profile, schedule, letters and what they carried, consents, and
    the log of professional development. Files kept with that are named with their sums; 'cpd files' writes them.

    The secret part of the unsubscribe link is left out: whoever reads the file could use it.
    """
    from aggregator.held import everything

    with _store(options) as store:
        found = everything(store, _find(store, who))
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))


@subscribers.command()
@common
def gone(options: Common) -> None:
    """Print who must never be written to, as hashes: a list that outlives the database.

    Keep it beside your backups, newer than they are. 'aggregator doctor --resume --gone FILE' then lets a restored
    backup know who has left, bounced or been erased since it was made.

    \b
    Example:
      aggregator subscribers gone > /srv/backup/gone.csv
    """
    from aggregator.cli.gone import lines

    with _store(options) as store:
        for line in lines(store):
            click.echo(line)


# -------------------------------------------------------------------------------------------------------- changing
@subscribers.command()
@_who
@click.option("--until", metavar="DATE|TIME", help="A day (from its midnight where the reader is) or a moment.")
@click.option("--resume", is_flag=True, help="End the pause now.")
@common
def pause(options: Common, who: str, until: str | None, resume: bool) -> None:
    """Send nothing to a reader until a date, or end the pause.

    \b
    Examples:
      aggregator subscribers pause ann@example.org --until 2026-12-01
      aggregator subscribers pause ann@example.org --resume
    """
    from aggregator.cli.enrol import honour
    from aggregator.cli.reader_view import paused

    if resume == (until is not None):
        raise click.UsageError("Say either --until DATE or --resume.")
    with _store(options) as store:
        reader = _find(store, who)
        if reader.status not in ("active", "unconfirmed"):
            raise _wrong(f"{reader.email} gets no letters ({reader.status}), so there is nothing to pause")
        # A pause that ends now is kept as such: the periods that went by in it are not taken for missed ones.
        end = options.moment if until is None else _moment(until, reader, options.moment)
        after = replace(reader, paused_until=end if until or reader.paused_until else None)
        if not options.dry_run:
            honour(store, store.subscribers.save([after], options.moment), options.moment)
    click.echo(f"{reader.email}: {paused(after, options.moment) or 'letters go on'}")


def _moment(written: str, reader: Subscriber, now: datetime) -> datetime:
    """A day's midnight, or a moment without offset, by the reader's own clock."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(reader.schedule.timezone)
    try:
        end = datetime.combine(date.fromisoformat(written), time(0), zone)
    except ValueError:
        try:
            end = datetime.fromisoformat(written)
        except ValueError:
            raise click.BadParameter(
                f"'{written}' is no date; write it like 2026-12-01 or 2026-12-01T08:00", param_hint="--until"
            ) from None
    end = (end if end.tzinfo else end.replace(tzinfo=zone)).astimezone(UTC)
    if end <= now:
        raise click.BadParameter(f"'{written}' is past; --resume ends a pause", param_hint="--until")
    return end


@subscribers.command()
@_who
@click.argument("item", required=False)
@click.option("--more", "value", flag_value=1, type=int, help="More like this item.")
@click.option("--less", "value", flag_value=-1, type=int, help="Less like this item.")
@click.option("--back", is_flag=True, help="Take the mark on ITEM back; without ITEM, all marks.")
@common
def mark(options: Common, who: str, item: str | None, value: int | None, back: bool) -> None:
    """Say for a reader: more or less like this ITEM (its id). What is learned is shown, and can be taken back.

    \b
    Examples:
      aggregator subscribers mark ann@example.org 3f2a9c --more
      aggregator subscribers mark ann@example.org 3f2a9c --back
      aggregator subscribers mark ann@example.org --back
    """
    from aggregator import feedback
    from aggregator.cli.reader_view import learned

    if back == (value is not None) or (value is not None and item is None):
        raise click.UsageError("Say ITEM with --more or --less, or --back.")
    with _store(options) as store:
        reader = _find(store, who)
        if value is not None and item is not None:
            found = store.items.get([item]).get(item)
            if found is None:
                raise _wrong(f"no item has the id {item}")
            if not options.dry_run:
                reader = feedback.mark(store, reader, found, value, options.moment)
        elif not options.dry_run:
            reader = feedback.take_back(store, reader, item, options.moment)
    click.echo(f"{reader.email}: {learned(reader.profile) or 'nothing learned'}")


@subscribers.command()
@_who
@common
def leave(options: Common, who: str) -> None:
    """End a reader's letters for good, for somebody who asked by other means than the link."""
    with _store(options) as store:
        reader = _find(store, who)
        gone = reader.status in ("left", "suppressed")
        if not gone and not options.dry_run:
            store.subscribers.unsubscribe(reader.token, options.moment)
    said = f"was {reader.status} already" if gone else "gets no more letters; what waited was withdrawn"
    click.echo(f"{reader.email} {said}")


@subscribers.command()
@_who
@click.option("--yes", is_flag=True, help="Don't ask.")
@common
def erase(options: Common, who: str, yes: bool) -> None:
    """Erase everything held on a reader, for good. Asks first on a terminal.

    What stays is a hash of the address, so that no import brings it back by mistake. Files in an outbox folder
    and backups made before are not touched.
    """
    with _store(options) as store:
        reader = _find(store, who)
        if not (yes or options.dry_run) and sys.stdin.isatty():
            click.confirm(f"Erase everything held on {reader.email}?", abort=True)
        if not options.dry_run:
            store.subscribers.erase(reader.id, options.moment)
    click.echo(f"{reader.email} {'would be' if options.dry_run else 'is'} erased")


# --------------------------------------------------------------------------------------------------------- finding
@contextmanager
def _store(options: Common) -> Iterator[Store]:
    """The store alone: looking after readers needs no feeds.yaml."""
    from aggregator.store import open_store

    store = open_store(settings_of(options).database)
    try:
        yield store
    finally:
        store.close()


def _find(store: Store, who: str) -> Subscriber:
    found = store.subscribers.find(who)
    if found is None:
        raise _wrong(f"no reader is known as {who}")
    return found


def _wrong(what: str) -> ConfigError:
    return ConfigError([Problem("subscribers", None, what, "'aggregator subscribers list' shows them all")])
