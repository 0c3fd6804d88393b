"""`aggregator preview`: the letter a reader would get now."""

from __future__ import annotations

import os
import sys
import tempfile
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Common, common, settings_of
from aggregator.errors import ConfigError, Exit, Problem
from aggregator.model import Subscriber

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.model import Draft


@click.command()
@click.argument("who", required=False, metavar="[WHO]")
@click.option(
    "--topics", multiple=True, metavar="LIST", help="Somebody who wants these topics: 'mentoring:3;cpd'."
)
@click.option("--text", is_flag=True, help="Print the plain-text part.")
@click.option("--output", metavar="FILE", help="Write the HTML here ('-': standard output) and open nothing.")
@click.option("--send-to", "me", metavar="ADDRESS", help="Send a copy, marked as a test, to this address alone.")
@common
def preview(
    options: Common, who: str | None, topics: tuple[str, ...], text: bool, output: str | None, me: str | None
) -> int:
    """Show one reader's next letter: as HTML in the browser, or the path of the page where there is none.

    WHO is an address, an id, or a JSON file with a profile. No letter is written down or sent, but for a copy that
    is asked for with --send-to: it goes through the outbox to that address, is marked as a test, opens nobody's
    preferences, and is not recorded.

    \b
    Examples:
      aggregator preview ann@example.org
      aggregator preview --topics "mentoring:3;cpd" --text
      aggregator preview profile.json --output letter.html
      aggregator preview ann@example.org --send-to me@example.org
    """
    from aggregator.app import open_app
    from aggregator.compose import opened
    from aggregator.publish import preview

    if bool(who) == bool(topics):
        raise click.UsageError("Say WHO or --topics.")
    with open_app(settings_of(options)) as app:
        draft = preview(app, _reader(app, who, topics), options.moment)
        if not draft.selection.picks:
            click.echo(_nothing(draft), err=True)
            return Exit.DONE
        if me:
            return _sent(app, draft, me)
        letter = opened(app.composer.compose(draft).content)
    if text:
        _print(letter.text or "")
    else:
        _show(letter.html or "", output)
    return Exit.DONE


def _sent(app: App, draft: Draft, me: str) -> int:
    """Send a test copy, unless mail to that address is known to do harm."""
    from aggregator.publish import send_copy, test_copy

    if app.store.subscribers.suppressed([me]):
        raise click.UsageError(f"--send-to: mail to {me} came back for good, or was complained about")
    problems = send_copy(app, test_copy(app, draft, me))
    for problem in problems:
        click.echo(f"not sent: {problem}", err=True)
    if problems:
        return Exit.LETTERS_FAILED
    click.echo(f"a test copy went to {me}")
    return Exit.DONE


def _nothing(draft: Draft) -> str:
    since = f"{draft.due.since:%Y-%m-%d %H:%M} UTC"
    return f"nothing new for this profile since {since}: there would be no letter"


def _reader(app: App, who: str | None, topics: tuple[str, ...]) -> Subscriber:
    """Whom the letter is for. Made-up readers have an address and a link that lead nowhere."""
    nobody = Subscriber("preview", "preview@example.org", token="preview")  # noqa: S106 - opens nothing
    if who is None:
        return _wanting(app, nobody, topics)
    found = app.store.subscribers.find(who)
    if found is not None:
        return found
    if Path(who).is_file():
        from aggregator.cli.filters import read_profile

        return replace(nobody, profile=read_profile(who))
    what = f"no reader and no file is known as {who}"
    raise ConfigError([Problem("preview", None, what, "'aggregator subscribers list' shows all readers")])


def _wanting(app: App, nobody: Subscriber, topics: tuple[str, ...]) -> Subscriber:
    from aggregator.config.columns import read_row

    reader, mistakes = read_row({"topics": list(topics)}, nobody, app.catalogue)
    if reader is None:
        raise click.UsageError("\n".join(f"--topics: {one.what} → {one.remedy}" for _, one in mistakes))
    return reader


def _show(html: str, output: str | None) -> None:
    if output == "-":
        _print(html)
        return
    if output:
        path = Path(output)
        path.write_text(html, encoding="utf-8")
    else:
        handle, name = tempfile.mkstemp(prefix="letter-", suffix=".html")  # 0600: it says what somebody reads
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(html)
        path = Path(name)
    if not output and _has_display() and webbrowser.open(path.as_uri()):
        return
    click.echo(str(path))


def _has_display() -> bool:
    """Whether somebody sits before a screen: a text browser in a terminal would be a surprise."""
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform in ("darwin", "win32")
    return bool(screen) and sys.stdout.isatty()


def _print(text: str) -> None:
    # Bytes, so that the terminal's encoding does not matter.
    sys.stdout.buffer.write(text.encode("utf-8"))
    if not text.endswith("\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()
