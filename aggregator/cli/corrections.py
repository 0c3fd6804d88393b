"""`aggregator topics correct`, `corrections` and `undo`: what a curator says of one item."""

from __future__ import annotations

import difflib
import getpass
import json
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Common, common, settings_of
from aggregator.errors import Exit

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.model import Correction, Item

_MINUS = re.compile(r"[-−–]([a-z0-9][\w.-]+)")
_REMOVE = "remove:"
_who = click.option("--by", metavar="NAME", help="Who says so [the name you are logged in with].")


class _Signed(click.Command):
    """A command whose operands may begin with a minus: `-moocs` is a topic to take away, no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(
            ctx, [_MINUS.sub(rf"{_REMOVE}\1", arg) if _MINUS.fullmatch(arg) else arg for arg in args]
        )


@click.command(cls=_Signed)
@click.argument("item")
@click.argument("changes", nargs=-1, required=True, metavar="+TOPIC|-TOPIC...")
@_who
@common
def correct(options: Common, item: str, changes: Sequence[str], by: str | None) -> int:
    """Say that topics belong to an item (+mentoring) or don't (-moocs).

    ITEM is its id, its address, or a part of its title that no other one has. It is changed at once, stays so
    whatever the rules say, and the tagger learns from it. `topics undo` takes it back.
    """
    with opened(options) as app:
        wanted = _wanted(app, changes)
        held = _item(app, item)
        if options.dry_run:
            click.echo(f"would correct {held.id}: {_shown(wanted)}")
            return Exit.DONE
        made = app.store.corrections.add(held.id, wanted, by or _whoever(), options.moment)
        after = _again(app, held)
    if options.json:
        numbers = {one.topic: one.n for one in made}
        click.echo(json.dumps({"item": after.id, "corrections": numbers, "topics": [t.id for t in after.topics]}))
        return Exit.DONE
    click.echo(f"{after.title or after.id}: {', '.join(tag.id for tag in after.topics) or 'no topic'}")
    click.echo("undo with: " + ", ".join(f"aggregator topics undo {one.n}" for one in made))
    return Exit.DONE


@click.command()
@click.option("--all", "every", is_flag=True, help="Also those that were undone.")
@common
def corrections(options: Common, every: bool) -> None:
    """List the corrections, newest first: number, topic, item, who and when."""
    with opened(options) as app:
        listed = [one for one in app.store.corrections.all() if every or one.undone_at is None][::-1]
        titles = {id: item.title for id, item in app.store.items.get(one.item for one in listed).items()}
    if options.json:
        click.echo(json.dumps([_facts(one, titles) for one in listed], indent=2, ensure_ascii=False))
        return
    for one in listed:
        sign = "+" if one.wanted else "-"
        undone = f"  (undone {one.undone_at:%Y-%m-%d} by {one.undone_by})" if one.undone_at else ""
        title = titles.get(one.item) or one.item
        click.echo(f"{one.n:>5}  {sign}{one.topic}  {title}  {one.by}, {one.at:%Y-%m-%d}{undone}")
    if not listed:
        click.echo("there are no corrections")


@click.command()
@click.argument("number", type=int)
@_who
@common
def undo(options: Common, number: int, by: str | None) -> int:
    """Take correction NUMBER back: the item gets the topics again that rules and words give it."""
    with opened(options) as app:
        if options.dry_run:
            return Exit.DONE
        undone = app.store.corrections.undo(number, by or _whoever(), options.moment)
        if undone is None:
            raise click.UsageError(
                f"there is no correction {number} to undo → 'aggregator topics corrections' lists them"
            )
        held = app.store.items.get([undone.item]).get(undone.item)
        after = _again(app, held) if held else None
    if after:
        click.echo(f"{after.title or after.id}: {', '.join(tag.id for tag in after.topics) or 'no topic'}")
    return Exit.DONE


@click.command()
@common
def learned(options: Common) -> None:
    """Show what the corrections in force taught: per source and topic the factor of the topic's evidence there."""
    with opened(options) as app:
        leans = app.learned.leans
    if options.json:
        click.echo(json.dumps(leans, indent=2, ensure_ascii=False))
        return
    for source, factors in leans.items():
        for topic, factor in factors.items():
            click.echo(f"{source}: {topic} counts {factor:g} times")
    if not leans:
        click.echo("nothing was learned yet")


def _wanted(app: App, changes: Sequence[str]) -> dict[str, bool]:
    """Topic -> whether it belongs to the item."""
    wanted: dict[str, bool] = {}
    for change in changes:
        if not change.startswith(("+", _REMOVE)):
            raise click.UsageError(f"'{change}' has no sign → write +{change} or -{change}")
        topic = known_topic(app, change.removeprefix("+").removeprefix(_REMOVE))
        if wanted.get(topic, change[0] == "+") is not (change[0] == "+"):
            raise click.UsageError(f"'{topic}' is both added and taken away → say one of them")
        wanted[topic] = change[0] == "+"
    return wanted


def known_topic(app: App, id: str) -> str:
    """The id of a topic. Raises UsageError with the nearest one."""
    if id in app.catalogue.topics:
        return id
    near = difflib.get_close_matches(id, app.catalogue.topics, 1)
    hint = f"did you mean '{near[0]}'?" if near else "'aggregator topics list' shows them all"
    raise click.UsageError(f"there is no topic '{id}' → {hint}")


def _item(app: App, named: str) -> Item:
    found = app.store.items.named(named)
    if not found:
        raise click.UsageError(f"no item is called '{named}' → give its id, its address, or words of its title")
    if len(found) > 1:
        listed = "\n".join(f"  {item.id}  {item.title}" for item in found)
        raise click.UsageError(f"several items are called so → give one of these ids\n{listed}")
    return found[0]


def _again(app: App, item: Item) -> Item:
    """The item, its topics written anew: by the rules of today and the corrections in force."""
    from aggregator.collect import tag

    again = tag(app, replace(item, topics=()), app.catalogue.sources.get(item.source))
    app.store.items.retag([again], app.rules)
    return app.store.items.get([item.id])[item.id]


def _whoever() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user on this machine
        return "curator"


def _shown(wanted: dict[str, bool]) -> str:
    return " ".join(f"{'+' if yes else '-'}{topic}" for topic, yes in wanted.items())


def _facts(one: Correction, titles: dict[str, str]) -> dict[str, Any]:
    from aggregator.jsonlines import moment

    return {
        "number": one.n, "item": one.item, "title": titles.get(one.item, ""), "topic": one.topic,
        "wanted": one.wanted, "by": one.by, "at": moment(one.at), "undone_at": moment(one.undone_at),
        "undone_by": one.undone_by,
    }  # fmt: skip


def opened(options: Common) -> AbstractContextManager[App]:
    """The parts, on a database that is there already: looking must not make one."""
    from aggregator.app import open_app
    from aggregator.cli.status import must_exist

    settings = settings_of(options)
    must_exist(settings)
    return open_app(settings)
