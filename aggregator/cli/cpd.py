"""`aggregator cpd`: readers' logs of professional development, and the rules of the bodies that ask for them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from aggregator.cli.groups import group
from aggregator.cli.options import Common, common, settings_of
from aggregator.errors import ConfigError, Exit, Problem, StoreError

if TYPE_CHECKING:
    from aggregator.config import Settings
    from aggregator.cpd import Activity, Membership, Scheme
    from aggregator.model import Subscriber
    from aggregator.store import Store

_who = click.argument("who", metavar="WHO")
FORMS = ("csv", "json", "xlsx", "html", "md")


class Day(click.ParamType[date]):
    """`2026-11-23`."""

    name = "DAY"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"'{value}' is no day; write it like 2026-11-23", param, ctx)


@group
def cpd(options: Common) -> None:
    """Logs of continuing professional development (CPD). WHO is a reader's address or id.

    Readers keep their log on the pages of 'serve'. What is exported here holds their reflections: give it to
    nobody but them. Figures are the reader's own; no export says that anybody complies with anything.

    \b
    Examples:
      aggregator cpd schemes
      aggregator cpd list ann@example.org
      aggregator cpd export ann@example.org --scheme alia --format xlsx --output log.xlsx
    """


# ------------------------------------------------------------------------------------------------------- schemes
@cpd.command()
@click.option("--write", "folder", type=click.Path(file_okay=False), help="Copy the shipped files to this folder.")
@common
def schemes(options: Common, folder: str | None) -> int:
    """List the bodies whose rules are known, when somebody last looked at them, and what nobody verified.

    Own files go into the folder of AGGREGATOR_CPD_SCHEMES: ID.toml, where one of the same name replaces the
    shipped one. A file with a mistake is named (exit code 78) and left out.
    """
    from aggregator.config.schemes import load_schemes, shipped_schemes

    if folder is not None:
        _write_schemes(Path(folder), shipped_schemes(), dry_run=options.dry_run)
        return Exit.DONE
    found, problems = load_schemes(settings_of(options).cpd_schemes)
    for problem in problems:
        click.echo(str(problem), err=True)
    if options.json:
        data = [_scheme_data(one, options.moment.date()) for one in found.values()]
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
    for scheme in () if options.json else found.values():
        _show_scheme(scheme, options.moment.date())
    return Exit.CONFIG if problems else Exit.DONE


def _write_schemes(folder: Path, texts: Mapping[str, str], *, dry_run: bool) -> None:
    """Copies to change; a file that is there already is somebody's work and stays."""
    try:
        for name, text in texts.items():
            target = folder / name
            if target.exists():
                click.echo(f"{target} is there already and stays as it is")
            elif dry_run:
                click.echo(f"would write {target}")
            else:
                folder.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
                click.echo(f"{target} written")
    except OSError as error:
        raise StoreError(f"{folder} can't be written to: {error.strerror}; choose another folder") from error


def _scheme_data(scheme: Scheme, today: date) -> dict[str, object]:
    goals = [
        {"id": one.id, "label": one.label, "months": one.months,
         "least": None if one.least is None else float(one.least)}
        for one in scheme.goals
    ]  # fmt: skip
    return {
        "id": scheme.id, "label": scheme.label, "body": scheme.body, "language": scheme.language,
        "unit": scheme.unit, "goals": goals, "as_of": scheme.as_of, "checked_on": scheme.checked_on.isoformat(),
        "stale": scheme.stale(today), "source": scheme.source, "source_url": scheme.source_url,
        "unchecked": list(scheme.unchecked), "notes": list(scheme.notes), "evidence": scheme.evidence,
    }  # fmt: skip


def _show_scheme(scheme: Scheme, today: date) -> None:
    from aggregator.cpd.totals import rules_notes
    from aggregator.cpd.words import Words

    click.echo(f"{scheme.id:<10}{scheme.label} ({scheme.body}; counts {scheme.unit})")
    for line in rules_notes(scheme, today, Words()):
        click.echo(f"{'':<10}{line}")


# ----------------------------------------------------------------------------------------------------------- logs
@cpd.command("list")
@_who
@common
def list_(options: Common, who: str) -> None:
    """List a reader's activities, the latest first, and the totals of each scheme."""
    with _log(options, who) as log:
        if options.json:
            from aggregator.cpd.jsonform import membership_json, to_json

            data = {"schemes": [membership_json(one) for one in log.memberships.values()],
                    "activities": [to_json(one) for one in log.activities]}  # fmt: skip
            click.echo(json.dumps(data, indent=2, ensure_ascii=False))
            return
        for line in log.lines():
            click.echo(line)


@cpd.command()
@_who
@click.option("--scheme", "scheme_id", default="generic", show_default=True, help="Whose form; see 'cpd schemes'.")
@click.option("--format", "form", type=click.Choice(FORMS), default="csv", show_default=True, help="Which form.")
@click.option("--on", type=Day(), help="A day in the period that is wanted [today].")
@click.option("--everything", is_flag=True, help="Of all periods, not only that one.")
@click.option("--for", "reader_of_it", type=click.Choice(["member", "employer"]), default="member",
              show_default=True, help="An employer gets no reflection, statement or letter.")  # fmt: skip
@click.option("--output", type=click.Path(dir_okay=False), help="Write to this file ['-': standard output].")
@common
def export(options: Common, who: str, scheme_id: str, form: str, output: str | None, **more: object) -> None:
    """Export a reader's log in the form of one body. 'generic' takes in everything that is logged.

    \b
    Examples:
      aggregator cpd export ann@example.org --scheme lianza --format xlsx --output journal.xlsx
      aggregator cpd export ann@example.org --scheme cilip --format html --output log.html
      aggregator cpd export ann@example.org --format csv --everything --for employer
    """
    with _log(options, who) as log:
        content = log.exported(log.scheme(scheme_id), form, more)
    if output in (None, "-"):
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        Path(str(output)).write_bytes(content)
    except OSError as error:
        raise StoreError(f"{output} can't be written: {error.strerror}; choose another --output") from error


@cpd.command()
@_who
@click.argument("folder", type=click.Path(file_okay=False))
@common
def files(options: Common, who: str, folder: str) -> None:
    """Write the files that a reader keeps as evidence into FOLDER, one folder for each activity."""
    with _log(options, who) as log:
        count = 0
        for activity in log.activities:
            for proof in activity.evidence:
                held = log.store.cpd.file(log.reader.id, proof.id)
                if held is not None:
                    target = Path(folder) / activity.id / f"{proof.id}-{proof.name}"
                    count += 1
                    if not options.dry_run:
                        _put(target, held[1])
    click.echo(f"{count} files {'would be ' if options.dry_run else ''}written to {folder}")


def _put(target: Path, content: bytes) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    except OSError as error:
        raise StoreError(f"{target} can't be written: {error.strerror}; choose another folder") from error


class Log:
    """One reader's log, with the rules it is held against."""

    def __init__(self, store: Store, reader: Subscriber, settings: Settings, now: datetime) -> None:
        from aggregator.config.schemes import load_schemes

        self.store, self.reader, self.settings = store, reader, settings
        self.schemes = load_schemes(settings.cpd_schemes)[0]
        self.activities: list[Activity] = list(store.cpd.of(reader.id))
        self.memberships: dict[str, Membership] = {one.scheme: one for one in store.cpd.memberships(reader.id)}
        self.today = now.astimezone(ZoneInfo(reader.schedule.timezone)).date()

    def scheme(self, name: str) -> Scheme:
        import difflib

        if name in self.schemes:
            return self.schemes[name]
        near = difflib.get_close_matches(name, self.schemes, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(self.schemes)}"
        raise click.UsageError(f"--scheme: there is no scheme '{name}' → {hint}")

    def exported(self, scheme: Scheme, form: str, more: Mapping[str, object]) -> bytes:
        from aggregator.config import shipped
        from aggregator.cpd import Wish, make
        from aggregator.cpd.forms import written
        from aggregator.cpd.printed import page
        from aggregator.cpd.sheet import for_generic

        on = more.get("on")
        wish = Wish(
            self.reader.name, self.today, on if isinstance(on, date) else self.today,
            employer=more.get("reader_of_it") == "employer", everything=bool(more.get("everything")),
        )  # fmt: skip
        activities = for_generic(self.activities) if scheme.id == "generic" else self.activities
        sheet = make(scheme, activities, wish, self.memberships.get(scheme.id))
        if form != "html":
            return written(sheet, form)
        own = self.settings.templates
        return page(sheet, [*([own] if own else []), shipped("templates")]).encode("utf-8", "replace")

    def lines(self) -> Iterator[str]:
        from aggregator.compose.plain import clean
        from aggregator.cpd.totals import gaps, headline, tallies
        from aggregator.cpd.words import Words

        words = Words()
        for one in self.activities:
            time = f"{one.minutes} min" if one.minutes is not None else "no time"
            told = (one.last_day.isoformat(), clean(one.title), words.name("kind", one.kind), time,
                    ", ".join(one.schemes) or "no scheme")  # fmt: skip
            yield f"{one.id}  " + " · ".join(told)
        if not self.activities:
            yield "nothing is logged"
        for name, membership in self.memberships.items():
            for tally in (
                tallies(self.schemes[name], self.activities, self.today, membership)
                if name in self.schemes
                else ()
            ):
                yield f"{tally.scheme.label}, {tally.goal.label}: {headline(tally, words)}"
                yield from (f"  {gap}" for gap in gaps(tally, words))


@contextmanager
def _log(options: Common, who: str) -> Iterator[Log]:
    from aggregator.cli.status import must_exist
    from aggregator.store import open_store

    settings = settings_of(options)
    must_exist(settings)
    store = open_store(settings.database)
    try:
        reader = store.subscribers.find(who)
        if reader is None:
            remedy = "'aggregator subscribers list' shows them all"
            raise ConfigError([Problem("cpd", None, f"no reader is known as {who}", remedy)])
        yield Log(store, reader, settings, options.moment)
    finally:
        store.close()
