"""`aggregator demo`: the whole service in a few seconds, on invented sources and readers, without network."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Common, common, write_report
from aggregator.errors import ConfigError, Exit, Problem

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.config import Settings
    from aggregator.errand import Collected
    from aggregator.figures import Published
    from aggregator.model import Subscriber

FOLDER = Path("demo")
_LANGUAGES = {"en": "English", "it": "Italian"}
# What an earlier tour has left, and nothing else that may lie there.
_OURS = ("aggregator.db*", "outbox/*.eml", "letters/*.html", "letters/*.txt")


@click.command()
@common
def demo(options: Common) -> int:
    """A tour without network: sample sources in, personal letters out.

    Writes everything into the folder demo/ below this one, and needs no settings. Run it as often as you like: it
    begins anew each time. With --at it shows another day.
    """
    from aggregator.app import open_app
    from aggregator.sample import catalogue, documents, printing

    _say("A tour of aggregator. Nothing leaves this machine: sources, readers and letters are invented.")
    with _writing(), printing(documents(options.moment)) as base:
        _begin_anew(FOLDER)
        (FOLDER / "feeds.yaml").write_text(catalogue(base), encoding="utf-8")
        with open_app(_settings()) as app:
            collected = _collect(app, options)
            readers = _subscribe(app, options)
            published = _publish(app, options)
            letters = _open_letters(readers)
    _show(readers, letters)
    report = {"command": "demo", "moment": options.moment.isoformat(), **collected.report(), **published.report()}
    write_report(options.report, report)
    return Exit.DONE if len(letters) == len(readers) else Exit.LETTERS_FAILED


# --------------------------------------------------------------------------------------------------- preparation
@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"{error.filename or FOLDER}: {error.strerror or type(error).__name__}"
        remedy = "run it in a folder where you may write, and where nothing else is called demo"
        raise ConfigError([Problem("demo", None, what, remedy)]) from error


def _begin_anew(folder: Path) -> None:
    for part in ("outbox", "letters"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for pattern in _OURS:
        for path in folder.glob(pattern):
            path.unlink()


def _settings() -> Settings:
    """Settings of the tour's own: not from the environment, for a tour must not write to anybody's real relay."""
    from aggregator.config import Settings
    from aggregator.sample.press import HOST

    return Settings(
        feeds=FOLDER / "feeds.yaml",
        database=str(FOLDER / "aggregator.db"),
        outbox=str(FOLDER / "outbox"),
        sender_from="Sample library <digest@example.org>",
        allow_private=(HOST,),  # the sample sources are served there; real ones never are
    )


# -------------------------------------------------------------------------------------------------- the four steps
def _collect(app: App, options: Common) -> Collected:
    from aggregator.collect import collect

    _step(1, "Sources", f"{len(app.catalogue.sources)} are listed in {FOLDER / 'feeds.yaml'}.")
    _real("write your own feeds.yaml, then 'aggregator check'")
    figures = collect(app, options.moment)
    entries = figures.entries
    twice = f"{entries['merged']} ran in two sources and is held once"
    _step(2, "Collect", f"{figures.visited} visited; {entries['new']} items are new, {twice}.")
    for state in app.store.sources.states().values():
        if state.failures:
            _more(f"{state.id} failed, as it was meant to: {state.error} ({state.detail}).")
    _real("'aggregator collect'")
    return figures


def _subscribe(app: App, options: Common) -> Sequence[Subscriber]:
    from aggregator.config.roster import Context, parse
    from aggregator.sample import SIGNED_UP, roster

    path = FOLDER / "readers.csv"
    path.write_text(roster(options.moment), encoding="utf-8")
    found = parse(path.read_text(encoding="utf-8"), Context(app.catalogue, file=str(path)))
    signed_up = [replace(reader, signed_up_at=options.moment - SIGNED_UP) for reader in found.readers]
    saved = app.store.subscribers.save(signed_up, options.moment)
    _step(3, "Readers", f"{len(saved)} from {path}; for each it is now the hour they asked for.")
    for reader in saved:
        _more(f"{reader.name}: {_wishes(app, reader)}.")
    _real("'aggregator subscribers add', or 'aggregator subscribers import readers.csv'")
    return saved


def _wishes(app: App, reader: Subscriber) -> str:
    profile = reader.profile
    topics = ", ".join(app.topic_labels.get(topic, topic) for topic in profile.topics)
    words = "".join(f", “{word}”" for word in profile.keywords)
    languages = " and ".join(_LANGUAGES.get(code, code) for code in profile.languages) or "any language"
    return f"{topics}{words}; {languages}; {reader.schedule.frequency}"


def _publish(app: App, options: Common) -> Published:
    from aggregator.figures import Published
    from aggregator.post import Order
    from aggregator.publish import publish

    figures = Published()
    publish(app, options.moment, Order(), figures)
    _step(4, "Publish", f"{figures.sent} letters were due and lie in {FOLDER / 'outbox'}, ready to be mailed.")
    _real("'aggregator publish', or 'aggregator run' for both halves")
    return figures


# ----------------------------------------------------------------------------------------------------- the letters
def _open_letters(readers: Sequence[Subscriber]) -> Mapping[str, Sequence[Path]]:
    """Put the two parts of each letter beside the outbox; gives reader's id -> (HTML, plain text)."""
    by_address = {reader.email: reader for reader in readers}
    opened = {}
    for path in sorted((FOLDER / "outbox").glob("*.eml")):
        letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        reader = by_address[letter["To"].addresses[0].addr_spec]
        stem = FOLDER / "letters" / reader.name.lower().replace(" ", "-")
        pages = {"html": stem.with_suffix(".html"), "plain": stem.with_suffix(".txt")}
        for kind, page in pages.items():
            part = letter.get_body((kind,))
            text = str(part.get_content()) if part else ""
            page.write_text(text.replace("\r\n", "\n"), encoding="utf-8")
        opened[reader.id] = tuple(pages.values())
    return opened


def _show(readers: Sequence[Subscriber], letters: Mapping[str, Sequence[Path]]) -> None:
    _say("\nRead the letters: open these in a browser. The same as plain text lies beside them (.txt).")
    for reader in readers:
        page = letters[reader.id][0] if reader.id in letters else "no letter: this is a fault, please report it"
        _say(f"  {reader.name:<12} {page}")
    _say("\nFrom here: 'aggregator --help'; the README shows the few minutes to a service of your own.")


def _step(number: int, name: str, text: str) -> None:
    _say(f"\n{number}. {name}: {text}")


def _more(text: str) -> None:
    _say(f"   {text}")


def _real(text: str) -> None:
    _say(f"   In real life: {text}.")


def _say(text: str) -> None:
    click.echo(text)
