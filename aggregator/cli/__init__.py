"""The command line. Each command lives in a module that is imported only when it runs, so that help is quick."""

from __future__ import annotations

import gc
import importlib
import os
import sys
import traceback

import click

from aggregator import __version__
from aggregator.errors import AggregatorError, Exit

# command -> (module, one line of help). Listed here so that --help imports nothing else.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "A tour without network: sample sources in, personal letters out."),
    "check": ("check", "Validate feeds.yaml: every mistake with file, line and remedy."),
    "sources": ("sources", "List sources, see their health, import and export OPML."),
    "topics": ("topics", "List topics, try a rule on the held items, test, correct an item's topics."),
    "collect": ("run", "First half: visit the sources that are due and store what is new."),
    "publish": ("run", "Second half: write and send the letters that are due."),
    "run": ("run", "Both halves; this is what cron calls."),
    "preview": ("preview", "One reader's next letter as HTML in the browser; nothing is stored."),
    "subscribers": ("subscribers", "Add, import, list, pause, export and erase readers."),
    "courses": ("courses", "List courses and their dates: what is open, what closes first."),
    "cpd": ("cpd", "A reader's log of professional development: list, export; the rules of bodies."),
    "issues": ("issues", "List past issues and print them as page, text, feed, calendar or references."),
    "bounces": ("bounces", "Read reports and complaints that came back, and do what follows."),
    "serve": ("serve", "Serve the pages behind the links in letters."),
    "status": ("status", "Health of the service as JSON."),
    "doctor": ("doctor", "Check the set-up and say what to do."),
    "schedule": ("schedule", "Print ready cron and systemd lines."),
    "backup": ("backup", "A safe copy of the database, marked so that it sends nothing by accident."),
    "prune": ("prune", "Remove what is older than the stated periods."),
    "read": ("read", "One document in, its entries out as JSON lines."),
    "tag": ("filters", "Items in, topics with reasons out (JSON lines)."),
    "dedupe": ("filters", "Items in, groups of the same story out (JSON lines)."),
    "rank": ("filters", "Items in, scores for one profile out (JSON lines)."),
}


class Commands(click.Group):
    """A group whose members are imported on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"aggregator.cli.{COMMANDS[name][0]}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean '{near[0]}'?" if near else " See 'aggregator --help'."
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="First time here? 'aggregator demo' writes letters you can read in under a minute. "
    "To start a service of your own: edit feeds.yaml, 'aggregator check', 'aggregator subscribers add', "
    "then put the line of 'aggregator schedule' into cron.",
)
@click.version_option(__version__, prog_name="aggregator")
def cli() -> None:
    """Current awareness for library and information people: watch the sources, pick what matters to each reader,
    and send everybody one personal letter in time."""


def main(argv: list[str] | None = None) -> None:
    """Run the command line and leave with an exit code of `errors.Exit`."""
    usual = gc.get_threshold()
    gc.set_threshold(50_000, *usual[1:])  # importing makes thousands of objects that stay: no look at them pays
    try:
        _run(argv)
    finally:
        gc.set_threshold(*usual)


def _run(argv: list[str] | None) -> None:
    try:
        code = cli.main(argv, prog_name="aggregator", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:  # `aggregator ... | head`: the reader has left, nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.DONE)
    except AggregatorError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except Exception:
        # Not ours to explain: a bug. The traceback is the message, the code says who acts.
        traceback.print_exc()
        sys.exit(Exit.BUG)
    sys.exit(code if isinstance(code, int) else 0)
