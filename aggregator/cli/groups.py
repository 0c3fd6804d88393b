"""Commands that hold commands (`subscribers`, `sources`): the common options may stand before or after the inner
name, so that one line of options serves a whole crontab."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import click

from aggregator.cli.options import common

_NAMES = ("feeds", "database", "outbox", "now", "report", "only", "dry_run", "json")


class Inner(click.Group):
    """A group that hands its options down as defaults and knows what a mistyped name meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            near = difflib.get_close_matches(args[0], self.commands, 1)
            hint = f" Did you mean '{near[0]}'?" if near else f" See '{ctx.command_path} --help'."
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        said = {name: value for name in _NAMES if (value := ctx.params.get(name))}
        ctx.default_map = dict.fromkeys(self.commands, said)
        return super().invoke(ctx)


def group(function: Callable[..., Any]) -> Inner:
    """A command that holds commands and takes the common options itself, too."""
    made = click.group(cls=Inner)(common(function))
    return made
