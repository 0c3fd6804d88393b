"""`aggregator courses`: the courses we hold and their dates: what is open, what closes first."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Common, common, settings_of

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.compose.phrases import English
    from aggregator.model import Item

LOOK_BACK = timedelta(days=400)  # as long as `prune` keeps the texts of items
_DATES = ("opens", "closes", "starts", "ends", "early_bird", "certificate_by", "access_ends")
_PAST = frozenset({"closed_but_running", "closed", "ended", "withdrawn"})
_COLUMNS = (
    "state", "closes", "opens", "starts", "ends", "title", "url", "source", "language", "price", "effort",
    "pacing", "certificate", "read_from",
)  # fmt: skip
_NOT_SAID = "a field of the source"


@dataclass(frozen=True, slots=True)
class Course:
    """One run of a course, with its state at the moment and the addresses of the past runs it stands for."""

    item: Item
    state: str
    source: str = ""
    former: tuple[str, ...] = ()


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


def _listed(app: App, now: datetime, topics: Sequence[str], languages: Sequence[str]) -> list[Course]:
    from aggregator.language import base
    from aggregator.occasions import state

    _known(app, topics)
    wanted = {base(one) or one.lower() for one in languages}
    held = app.store.items.of_kind("course", now - LOOK_BACK)
    held = [item for item in held if not topics or {tag.id for tag in item.topics} & set(topics)]
    held = [item for item in held if not wanted or base(item.language) in wanted]
    titles = app.source_titles
    runs = [
        Course(item, state(item.occasion, now, kind="course"), titles.get(item.source, item.source))
        for item in held
    ]
    return arranged(runs)


def _known(app: App, topics: Iterable[str]) -> None:
    import difflib

    for topic in topics:
        if topic not in app.catalogue.topics:
            near = difflib.get_close_matches(topic, app.catalogue.topics, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(sorted(app.catalogue.topics))}"
            raise click.UsageError(f"--topic: there is no topic '{topic}' → {hint}")


def arranged(runs: Sequence[Course]) -> list[Course]:
    """Without the past runs of courses that have a newer one; what closes first first, what is over last."""
    from dataclasses import replace

    by_course: dict[str, list[Course]] = {}
    for run in runs:
        by_course.setdefault((run.item.occasion.course if run.item.occasion else "") or run.item.id, []).append(
            run
        )
    shown: list[Course] = []
    for same in by_course.values():
        newest = max(same, key=_begins)
        current = [run for run in same if run.state not in _PAST] or [newest]
        former = tuple(run.item.url for run in same if run not in current and run.item.url)
        shown += [replace(run, former=former) for run in current]
    return sorted(shown, key=_urgency)


def _begins(run: Course) -> datetime:
    from aggregator.occasions import span

    dates = [span(run.item.occasion, name) for name in ("starts", "closes", "ends")] if run.item.occasion else []
    return next((one.first for one in dates if one), datetime.min.replace(tzinfo=UTC))


def _urgency(run: Course) -> tuple[int, datetime, datetime, str, str]:
    from aggregator.occasions import STATES, span

    never = datetime.max.replace(tzinfo=UTC)
    dates = span(run.item.occasion, "closes") if run.item.occasion else None
    begins = _begins(run)
    rank = STATES.index(run.state)
    return rank, dates.last if dates else never, begins, run.item.title.casefold(), run.item.id


# ------------------------------------------------------------------------------------------------------- forms
def _printed(runs: Sequence[Course], now: datetime, form: str) -> str:
    match form:
        case "ics":
            return _as_calendar(runs, now)
        case "csv":
            return _as_csv(runs)
        case "json":
            return _as_json(runs)
        case _:
            return _as_table(runs, now)


def _facts(run: Course) -> dict[str, Any]:
    """What is known of a run, dates as ISO 8601 or null, and where each date was read."""
    from aggregator.jsonlines import moment, occasion_to_json
    from aggregator.model import Occasion

    item, occasion = run.item, run.item.occasion or Occasion()
    dates = {name: moment(getattr(occasion, name)) for name in _DATES}
    return {
        "id": item.id, "title": item.title, "url": item.url, "source": run.source, "language": item.language,
        "state": run.state, **dates,
        "read_from": {name: occasion.said.get(name) or _NOT_SAID for name, day in dates.items() if day},
        "topics": [tag.id for tag in item.topics], "former_runs": list(run.former),
        "occasion": occasion_to_json(occasion),
    }  # fmt: skip


def _as_json(runs: Sequence[Course]) -> str:
    return json.dumps([_facts(run) for run in runs], indent=2, ensure_ascii=False) + "\n"


def _as_csv(runs: Sequence[Course]) -> str:
    import csv
    import io

    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(_COLUMNS)
    for run in runs:
        facts = _facts(run)
        facts |= {name: facts["occasion"].get(name, "") for name in ("price", "effort", "pacing", "certificate")}
        facts["read_from"] = "; ".join(f"{name}: {words}" for name, words in facts["read_from"].items())
        rows.writerow([_cell(facts[name]) for name in _COLUMNS])
    return out.getvalue()


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else " ".join(str(value).split())
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _as_calendar(runs: Sequence[Course], now: datetime) -> str:
    from aggregator.occasions.ical import calendar

    return calendar((run.item for run in runs), now, "Courses")


def _words(run: Course, now: datetime, say: English) -> list[str]:
    """The facts of a run in words, without characters that a terminal would obey."""
    from aggregator.compose.facts import facts_of

    return [fact.text for fact in facts_of(run.item, say, UTC, now)]


def _read_from(run: Course) -> list[str]:
    from aggregator.compose.plain import clean

    return [clean(f"{name}: {words}") for name, words in _facts(run)["read_from"].items()]


def _as_table(runs: Sequence[Course], now: datetime) -> str:
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


def _as_page(app: App, runs: Sequence[Course], now: datetime, language: str) -> str:
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
