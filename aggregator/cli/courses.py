"""`aggregator courses`: the courses we hold and their dates: what is open, what closes first."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Common, common, settings_of

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.compose.listing import Listed
    from aggregator.compose.phrases import English


@click.command()
@click.option("--topic", "topics", multiple=True, metavar="T", help="Only this topic; repeatable.")
@click.option("--language", "languages", multiple=True, metavar="L", help="Only in this language; repeatable.")
@click.option("--open", "only_open", is_flag=True, help="Only what can be joined now, by a date that is known.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv", "ics", "html"]), default="table",
    show_default=True, help="How to print them.",
)  # fmt: skip
@click.option(
    "--page-language", metavar="L", default="en", help="The language of the page (html) around the courses."
)
@common
def courses(
    options: Common,
    topics: tuple[str, ...],
    languages: tuple[str, ...],
    only_open: bool,
    form: str,
    page_language: str,
) -> None:
    """List the courses we hold by what closes first, with the state of each and where its dates were read.

    States: closing_soon (within 7 days), open, opens_soon, announced, always_open, unknown (ask the provider),
    closed_but_running, closed, ended, withdrawn. Without a known deadline nothing is called open. A past run of a
    course is not shown beside a newer one.

    \b
    Examples:
      aggregator courses --open
      aggregator courses --topic information-literacy --format html --page-language it > corsi.html
    """
    from aggregator.app import open_app
    from aggregator.cli.status import must_exist

    settings = settings_of(options)
    must_exist(settings)
    with open_app(settings) as app:
        found = _listed(app, options.moment, topics, languages)
        if only_open:
            from aggregator.occasions import OPEN

            found = [one for one in found if one.state in OPEN]
        if form == "html" and not options.json:
            printed = _as_page(app, found, options.moment, page_language)
        else:
            printed = _printed(found, options.moment, "json" if options.json else form)
    # Bytes, so that neither the terminal's encoding nor its line ends matter.
    sys.stdout.buffer.write(printed.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _listed(app: App, now: datetime, topics: Sequence[str], languages: Sequence[str]) -> list[Listed]:
    from aggregator.compose.listing import LOOK_BACK, listed
    from aggregator.language import base

    _known(app, topics)
    wanted = {base(one) or one.lower() for one in languages}
    held = app.store.items.of_kind("course", now - LOOK_BACK)
    held = [item for item in held if not topics or {tag.id for tag in item.topics} & set(topics)]
    held = [item for item in held if not wanted or base(item.language) in wanted]
    return listed(held, now, app.source_titles)


def _known(app: App, topics: Iterable[str]) -> None:
    import difflib

    for topic in topics:
        if topic not in app.catalogue.topics:
            near = difflib.get_close_matches(topic, app.catalogue.topics, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(sorted(app.catalogue.topics))}"
            raise click.UsageError(f"--topic: there is no topic '{topic}' → {hint}")


# ------------------------------------------------------------------------------------------------------- forms
def _printed(runs: Sequence[Listed], now: datetime, form: str) -> str:
    from aggregator.compose import listing

    match form:
        case "ics":
            return listing.as_calendar(runs, now, "Courses")
        case "csv":
            return listing.as_csv(runs)
        case "json":
            return listing.as_json(runs)
        case _:
            return _as_table(runs, now)


def _words(run: Listed, now: datetime, say: English) -> list[str]:
    """The facts of a run in words, without characters that a terminal would obey."""
    from aggregator.compose.facts import facts_of

    return [fact.text for fact in facts_of(run.item, say, UTC, now)]


def _read_from(run: Listed) -> list[str]:
    from aggregator.compose.listing import facts
    from aggregator.compose.plain import clean

    return [clean(f"{name}: {words}") for name, words in facts(run)["read_from"].items()]


def _as_table(runs: Sequence[Listed], now: datetime) -> str:
    from aggregator.compose.phrases import ENGLISH
    from aggregator.compose.plain import clean

    if not runs:
        return "no courses are held that match\n"
    lines = []
    for run in runs:
        state = run.state.replace("_", " ")
        lines.append(f"{state:<20}{clean(run.item.title) or run.item.id}")
        told = [" · ".join([*_words(run, now, ENGLISH), clean(run.source)]), clean(run.item.url)]
        told += [f"read from {where}" for where in _read_from(run)]
        lines += [f"{'':<20}{line}" for line in told if line]
    return "\n".join(lines) + "\n"


def _as_page(app: App, runs: Sequence[Listed], now: datetime, language: str) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from aggregator.compose.languages import phrases
    from aggregator.compose.plain import clean
    from aggregator.compose.view import foreign, link

    folders = app.template_folders
    templates = Environment(
        loader=FileSystemLoader([str(folder) for folder in folders]), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    say = phrases(language, tuple(folder / "mail" for folder in folders))
    rows = [
        {
            "title": clean(run.item.title) or run.item.id, "url": link(run.item.url),
            "facts": _words(run, now, say),
            "state": say.state(run.state), "source": clean(run.source), "read_from": _read_from(run),
            "language": foreign(run.item.language, say.code),
            "former": [url for url in map(link, run.former) if url],
        }
        for run in runs
    ]  # fmt: skip
    page = templates.get_template("web/courses.html")
    return page.render(courses=rows, at=f"{now:%Y-%m-%d %H:%M} UTC", say=say) + "\n"
