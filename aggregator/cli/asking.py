"""Readers who were taken in without their word: asked for it by mail, and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Common
from aggregator.model import Subscriber

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.cli.enrol import Enrolled


def _unconfirmed(found: Enrolled) -> list[Subscriber]:
    return [one for one in (*found.new, *found.changed, *found.unchanged) if one.status == "unconfirmed"]


def ask_back(app: App, options: Common, found: Enrolled) -> bool:
    """Write each of them a letter with a link to confirm; the next run posts it."""
    from aggregator.joining import invite
    from aggregator.store import Consent

    for one in () if options.dry_run else _unconfirmed(found):
        asked = Consent(one.id, "letters", "asked", options.moment, "asked by the operator", "", one.language)
        invite(app, one, options.moment, asked)
    return True


def tell_unconfirmed(found: Enrolled, asked: bool) -> None:
    count = len(_unconfirmed(found))
    if count:
        next_step = (
            "the next run mails each a link to confirm"
            if asked
            else "repeat this with --ask to mail each a link, or with --confirmed if consent was given"
        )
        click.echo(
            f"{count} of them {'is' if count == 1 else 'are'} unconfirmed and will get no letters: {next_step}. "
            "Addresses that nobody confirmed within 7 days are erased.",
            err=True,
        )
