"""`aggregator sources`: what is watched, how it is, and lists of it in and out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.groups import group
from aggregator.cli.options import Common, common, settings_of
from aggregator.errors import Exit
from aggregator.model import Catalogue, Source

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.config.opml import Outline

SHOWN = 50  # ailing sources of one sort that people are shown


@group
def sources(options: Common) -> None:
    """Sources: list, health, add, import and export OPML.

    \b
    Examples:
      aggregator sources list
      aggregator sources health --json
      aggregator sources add library.example.org --about mentoring --dry-run
      aggregator sources import subscriptions.opml
      aggregator sources export > sources.opml
    """


# --------------------------------------------------------------------------------------------------------- looking
@sources.command("list")
@common
def list_(options: Common) -> None:
    """List the sources of feeds.yaml: id, address, title, topics."""
    with _app(options) as app:
        found = list(app.catalogue.sources.values())
        errors = sum(problem.level == "error" for problem in app.problems)
    if options.json:
        listed = [
            {"id": s.id, "kind": s.kind, "title": s.title, "url": s.shown, "topics": list(s.topics),
             "about": list(s.about), "language": s.language, "enabled": s.enabled}
            for s in found
        ]  # fmt: skip
        click.echo(json.dumps(listed, indent=2, ensure_ascii=False))
    for s in () if options.json else found:
        topics = ", ".join(dict.fromkeys((*s.topics, *s.about)))
        parts = (s.id, s.kind, s.shown, s.title, topics, "" if s.enabled else "(not visited)")
        click.echo("  ".join(part for part in parts if part))
    if errors:
        click.echo(f"{errors} mistakes in feeds.yaml; 'aggregator check' names them", err=True)


@sources.command()
@common
def health(options: Common) -> None:
    """Show which sources fail (since when and why), are silent, frozen, retired, moved or were never visited.

    Silent: nothing new for four times the source's usual gap, 30 days at least. Frozen: the same, and its newest
    item is more than a year old.
    """
    from aggregator.cli.source_health import health, report

    with _app(options) as app:
        found = health(app.catalogue.sources.values(), app.store.sources.states(), options.moment)
    ailing = report(found, options.moment)
    if options.json:
        click.echo(json.dumps({"counts": found.counts(), **ailing}, indent=2, ensure_ascii=False))
        return
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in found.counts().items())
    click.echo(counts)
    for name, listed in ailing.items():
        if listed:
            click.echo(f"\n{name.replace('_', ' ').capitalize()}:")
        for one in listed[:SHOWN]:
            since = f" since {one['since'][:10]}" if one.get("since") else ""
            click.echo(f"  {one['id']}{since}: {one['what']} → {one['next']}")
        if len(listed) > SHOWN:
            click.echo(f"  and {len(listed) - SHOWN} more; --json lists them all")


# ------------------------------------------------------------------------------------------------------ in and out
@sources.command("import")
@click.argument("file", metavar="OPML_FILE", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@common
def import_(options: Common, file: str) -> int:
    """Add the feeds of an OPML file to feeds.yaml, whose comments and layout stay as they are.

    A folder that names a topic (by id, label or one of its words) becomes `about`; other folders are kept as
    comments. Addresses that are there already are skipped; what can't be used is named with its line (exit code
    78), the rest goes in.
    """
    from aggregator.config import opml

    settings = settings_of(options)
    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    outlines, problems = opml.parse(content, "standard input" if file == "-" else file)
    catalogue = _catalogue(settings.feeds)
    entries, notes, known = _entries(outlines, catalogue)
    if entries and not options.dry_run:
        from aggregator.config import add_sources, environment

        add_sources(settings.feeds, entries, environment(), notes)
    for problem in problems:
        click.echo(str(problem), err=True)
    twice = [outline.url for outline in outlines if outline.times > 1]
    if options.json:
        said = {"added": list(entries), "known": known, "twice": twice, "problems": [str(one) for one in problems]}
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        for line in (f"{url}: there already, as {id}" for url, id in known.items()):
            click.echo(line)
        verb = "would be added" if options.dry_run else "added"
        refused = f", {len(problems)} refused (see above)" if problems else ""
        double = f", {len(twice)} named more than once" if twice else ""
        click.echo(f"{len(entries)} sources {verb}, {len(known)} there already{double}{refused}")
    return Exit.CONFIG if problems else Exit.DONE


def _catalogue(feeds: Path) -> Catalogue:
    """The catalogue to add to; without a file one with the shipped topics and nothing else."""
    from aggregator.config import environment, load, parse

    return load(feeds, environment())[0] if feeds.exists() else parse("sources:\n", str(feeds), {})[0]


def _entries(
    outlines: Iterable[Outline], catalogue: Catalogue
) -> tuple[dict[str, dict[str, Any] | str], dict[str, str], dict[str, str]]:
    """(id -> entry) to add, (id -> note) on folders that are no topics, and (address -> id) of what is there."""
    from aggregator.cli.adding import entry
    from aggregator.config import new_id, opml
    from aggregator.config.addresses import same_place

    there = {same_place(source.url): source.id for source in catalogue.sources.values()}
    named = opml.names(catalogue.topics.values())
    entries: dict[str, dict[str, Any] | str] = {}
    notes, known, taken = {}, {}, set(catalogue.sources)
    for outline in outlines:
        if same_place(outline.url) in there:
            known[outline.url] = there[same_place(outline.url)]
            continue
        name = new_id(outline.title, outline.url, taken)
        taken.add(name)
        about, others = opml.filed(outline, named)
        source = Source(
            name, outline.url, outline.kind or "feed", outline.title, about=about,
            language=outline.language or None, options=opml.options_of(outline),
        )  # fmt: skip
        entries[name] = entry(source)
        if others:
            notes[name] = f"in the folder {' / '.join(others)}"
    return entries, notes, known


@sources.command()
@common
def export(options: Common) -> None:
    """Print the sources that are visited as OPML 2.0, in one folder for each topic.

    Sources that are no feeds are written as links with their kind and options, which this program reads back and
    others pass over. Sources with a secret (${NAME}) in address or options, and mailboxes, are left out and named.
    """
    from aggregator.config import load, opml
    from aggregator.config.addresses import AsWritten
    from aggregator.urls import mailbox_scheme

    with _app(options) as app:
        written = load(app.settings.feeds, AsWritten())[0].sources
        enabled = [source for source in app.catalogue.sources.values() if source.enabled]
        secret = [s.id for s in enabled if s.written or "${" in str(written.get(s.id, s).options)]
        boxes = [s.id for s in enabled if s.id not in secret and mailbox_scheme(s.url)]
        wanted = [s for s in enabled if s.id not in secret + boxes]
        text = opml.write(wanted, app.catalogue.topics, app.source_titles)
    click.echo(text, nl=False)
    if secret:
        click.echo(f"left out, because a secret is in the address or options: {', '.join(secret)}", err=True)
    if boxes:
        click.echo(f"left out, because they are mailboxes of yours: {', '.join(boxes)}", err=True)


# ---------------------------------------------------------------------------------------------------------- adding
@sources.command()
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--id", "name", default="", metavar="ID", help="Its name in feeds.yaml [made from its title].")
@click.option("--title", default="", metavar="TEXT", help="What readers see [the source's own title].")
@click.option("--about", multiple=True, metavar="TOPIC", help="What it mostly writes about: a hint; repeatable.")
@click.option("--kind", default="", metavar="KIND", help="Take what is of this kind: feed, page, calendar, ...")
@click.option("--pick", default=0, type=click.IntRange(0), metavar="N", help="Take number N of what was found.")
@click.option("--anyway", is_flag=True, help="Add it although it can't be read now, or seems to be here already.")
@common
def add(options: Common, urls: tuple[str, ...], **wishes: Any) -> int:
    """Find the best source behind an address, try it, and add it to feeds.yaml. With --dry-run it is only tried.

    Any address will do: a home page, a blog, a journal, a course list, a profile, a calendar, a bare host. Says
    what was found and why, what is in it, the topics that its items would get, and what we have of it already.
    Exit code 1 when nothing can be read there: nothing is added.

    \b
    Examples:
      aggregator sources add library.example.org --dry-run
      aggregator sources add https://journal.example.org/index.php/lis --about open-access
      aggregator sources add https://library.example.org/news --pick 1
    """
    from aggregator.cli import adding, trial_view
    from aggregator.config.schema import KINDS
    from aggregator.trial import Desk

    wish = adding.Wish(**wishes, dry_run=options.dry_run)
    if wish.kind and wish.kind not in KINDS:
        raise click.BadParameter(f"'{wish.kind}' is none of {', '.join(KINDS)}", param_hint="--kind")
    if len(urls) > 1 and (wish.name or wish.title or wish.pick):
        raise click.UsageError("--id, --title and --pick are for one address at a time")
    found = []
    with _app(options, begin=True) as app, Desk(app, options.moment, len(urls)) as desk:
        for one in adding.Adder(app, desk, wish).add_all(urls):
            found.append(one)
            if not options.json:
                feeds, several = str(app.settings.feeds), len(urls) > 1
                trial_view.show(one, options.moment, dry_run=wish.dry_run, feeds=feeds, several=several)
    if options.json:
        trial_view.print_json(found, options.moment)
    return max(one.code for one in found)


def _app(options: Common, *, begin: bool = False) -> AbstractContextManager[App]:
    from aggregator.app import open_app

    return open_app(settings_of(options), keep=not options.dry_run, begin=begin)
