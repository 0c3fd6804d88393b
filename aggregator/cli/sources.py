"""`aggregator sources`: what is watched, how it is, and lists of it in and out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.groups import group
from aggregator.cli.options import Common, common, settings_of
from aggregator.errors import ConfigError, Exit, Problem, SourceError
from aggregator.model import Catalogue, Source

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.cli.trial import Trial
    from aggregator.config.opml import Outline

SHOWN = 50  # ailing sources of one sort that people are shown


@group
def sources(options: Common) -> None:
    """Sources: list, health, add, import and export OPML.

    \b
    Examples:
      aggregator sources list
      aggregator sources health --json
      aggregator sources add https://example.org/feed --about mentoring --dry-run
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
    """Show which sources fail (since when and why), are silent, retired, moved or were never visited.

    Silent: nothing new for four times the source's usual gap, 30 days at least.
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

    A folder that is called like a topic (id or label) becomes `about`. Addresses that are there already are
    skipped; what can't be used is named with its line (exit code 78), the rest goes in.
    """
    from aggregator.config import opml

    settings = settings_of(options)
    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    outlines, problems = opml.parse(content, "standard input" if file == "-" else file)
    catalogue = _catalogue(settings.feeds)
    entries, known = _entries(outlines, catalogue)
    if entries and not options.dry_run:
        from aggregator.config import add_sources, environment

        add_sources(settings.feeds, entries, environment())
    for problem in problems:
        click.echo(str(problem), err=True)
    if options.json:
        said = {"added": list(entries), "known": known, "problems": [str(problem) for problem in problems]}
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        for line in (f"{url}: there already, as {id}" for url, id in known.items()):
            click.echo(line)
        verb = "would be added" if options.dry_run else "added"
        refused = f", {len(problems)} refused (see above)" if problems else ""
        click.echo(f"{len(entries)} sources {verb}, {len(known)} there already{refused}")
    return Exit.CONFIG if problems else Exit.DONE


def _catalogue(feeds: Path) -> Catalogue:
    """The catalogue to add to; without a file one with the shipped topics and nothing else."""
    from aggregator.config import environment, load, parse

    return load(feeds, environment())[0] if feeds.exists() else parse("sources:\n", str(feeds), {})[0]


def _entries(
    outlines: Iterable[Outline], catalogue: Catalogue
) -> tuple[dict[str, dict[str, Any] | str], dict[str, str]]:
    """(id -> entry) to add, and (address -> id) of what is there already."""
    from aggregator.config import new_id, opml
    from aggregator.config.addresses import same_place

    there = {same_place(source.url): source.id for source in catalogue.sources.values()}
    entries: dict[str, dict[str, Any] | str] = {}
    known = {}
    for outline in outlines:
        if same_place(outline.url) in there:
            known[outline.url] = there[same_place(outline.url)]
            continue
        name = new_id(outline.title, outline.url, {*catalogue.sources, *entries})
        about = opml.about(outline, catalogue.topics.values())
        entries[name] = _entry(outline.url, outline.title, about)
    return entries, known


def _entry(url: str, title: str, about: Sequence[str]) -> dict[str, Any] | str:
    said: dict[str, Any] = {"title": title, "about": list(about)}
    said = {key: value for key, value in said.items() if value}
    return {"url": url, **said} if said else url


@sources.command()
@common
def export(options: Common) -> None:
    """Print the sources that are visited as OPML 2.0, in one folder for each topic.

    Sources whose address holds a secret (${NAME}) are left out and named.
    """
    from aggregator.config import opml

    with _app(options) as app:
        wanted = [s for s in app.catalogue.sources.values() if s.enabled and not s.written]
        text = opml.write(wanted, app.catalogue.topics, app.source_titles)
        left_out = [s.id for s in app.catalogue.sources.values() if s.enabled and s.written]
    click.echo(text, nl=False)
    if left_out:
        click.echo(f"left out, because a secret is in the address: {', '.join(left_out)}", err=True)


# ---------------------------------------------------------------------------------------------------------- adding
@sources.command()
@click.argument("url")
@click.option("--id", "name", metavar="ID", help="Its name in feeds.yaml [made from its title].")
@click.option("--title", default="", metavar="TEXT", help="What readers see [the source's own title].")
@click.option("--about", multiple=True, metavar="TOPIC", help="What it mostly writes about: a hint; repeatable.")
@common
def add(options: Common, url: str, name: str | None, title: str, about: tuple[str, ...]) -> int:
    """Try a feed and, if it can be read, add it to feeds.yaml. With --dry-run it is only tried.

    Says what is there: entries, dates, the topics that the newest would get, and what we have of it already.
    Exit code 1 when it can't be read: nothing is added.
    """
    from aggregator.cli import trial
    from aggregator.config import add_sources, environment, new_id
    from aggregator.config.addresses import same_place

    with _app(options) as app:
        source = _wished(app, url, name, title, about)
        there = [s.id for s in app.catalogue.sources.values() if same_place(s.url) == same_place(source.url)]
        if there:
            raise _wrong(app, f"this address is there already, as {there[0]}", "change that entry instead")
        try:
            tried = trial.trial(app, source, options.moment)
        except SourceError as error:
            return _not_readable(error)
        target = tried.answer.moved_to
        if target and "${" not in url:
            url = target
        name = name or new_id(title or tried.reading.title, url, set(app.catalogue.sources))
        _print_trial(options, tried, source, name)
        if not options.dry_run:
            add_sources(
                app.settings.feeds, {name: _entry(url, title or tried.reading.title, about)}, environment()
            )
    if not options.json:
        click.echo(f"{'would be added' if options.dry_run else 'added'} to {app.settings.feeds} as {name}: {url}")
    return Exit.DONE


def _wished(app: App, url: str, name: str | None, title: str, about: Sequence[str]) -> Source:
    """The source that the options describe, checked as `check` would."""
    from aggregator.config import addresses, environment, fields

    clear = addresses.password_in_clear(url)
    if clear:
        raise _wrong(app, *clear)
    try:
        expanded = addresses.expand(url.strip(), environment())
    except addresses.MissingVariable as missing:
        raise _wrong(app, missing.what, missing.remedy) from None
    wrong = addresses.fault(expanded, url.strip()) or (fields.slug_fault(name) if name else None)
    if wrong:
        raise _wrong(app, *wrong)
    if name in app.catalogue.sources:
        raise _wrong(app, f"the id '{name}' is taken", "choose another one with --id")
    for topic in about:
        if topic not in app.catalogue.topics:
            remedy = fields.meant(topic, app.catalogue.topics) or "feeds.yaml says which topics there are"
            raise _wrong(app, f"unknown topic '{topic}'", remedy)
    return Source(name or "new", expanded, title=title, about=tuple(about))


def _not_readable(error: SourceError) -> int:
    from aggregator.cli.source_health import in_words
    from aggregator.model import SourceState

    says, step = in_words(SourceState("", "", error=error.code))
    detail = f" ({error.detail})" if error.detail and error.detail != says else ""
    if "feeds.yaml" in step:
        step = "see whether the address is right: does a browser show it?"
    if error.code == "not-a-feed":
        step = "look for the site's feed (often /feed, /rss or /atom.xml); pages are not searched for one yet"
    click.echo(f"not added: {says}{detail} → {step}", err=True)
    return Exit.LETTERS_FAILED


def _print_trial(options: Common, tried: Trial, source: Source, name: str) -> None:
    from dataclasses import replace

    from aggregator.cli import trial

    if options.json:
        said = trial.as_json(tried, replace(source, id=name))
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
        return
    for line in trial.lines(tried, source):
        click.echo(line)


def _wrong(app: App, what: str, remedy: str) -> ConfigError:
    return ConfigError([Problem(str(app.settings.feeds), None, what, remedy)])


def _app(options: Common) -> AbstractContextManager[App]:
    from aggregator.app import open_app

    return open_app(settings_of(options))
