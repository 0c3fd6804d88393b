"""`aggregator schedule`: the lines that make a service of it."""

from __future__ import annotations

import os
import shlex
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click

from aggregator.cli.options import Common, common


@click.command()
@click.option("--systemd", is_flag=True, help="Print systemd units instead of crontab lines.")
@common
def schedule(options: Common, systemd: bool) -> None:
    """Print the lines that run the service: letters every ten minutes, a backup and a clean-up once a week, and,
    where AGGREGATOR_MAILBOX is set, what came back every hour.

    --feeds, --database and --outbox are taken over, except where they hold a password: that belongs into
    AGGREGATOR_DATABASE or AGGREGATOR_OUTBOX in a file .env, as every user of the machine can read command lines.

    \b
    Examples:
      aggregator schedule --feeds /srv/feeds.yaml --outbox smtp://localhost | crontab -
      aggregator schedule --systemd
    """
    said, hidden = _said(options)
    for line in _for_dot_env(hidden):
        click.echo(line)
    weekly, hourly = _weekly(options), _hourly()
    for line in _units(said, weekly, hourly) if systemd else _crontab(said, weekly, hourly):
        click.echo(line)


def _said(options: Common) -> tuple[list[str], list[str]]:
    """The options to repeat, and the names of those that hold a password."""
    said, hidden = [], []
    for name in ("feeds", "database", "outbox"):
        value = getattr(options, name)
        if value is None:
            continue
        if "://" in value and urlsplit(value).password:
            hidden.append(name)
        else:
            said += [f"--{name}", value]
    return said, hidden


def _for_dot_env(hidden: list[str]) -> Iterator[str]:
    """What neither cron nor systemd would know."""
    path = Path.cwd() / ".env"
    for name in hidden:
        yield f"# Put the --{name} with its password into {path}, as AGGREGATOR_{name.upper()}=…"
    here = sorted(name for name in os.environ if name.startswith("AGGREGATOR_"))
    if here:
        yield f"# Set in this shell only; put into {path} what the service needs of it: {', '.join(here)}"


def _weekly(options: Common) -> list[list[str]]:
    """The commands of the weekly work. PostgreSQL is copied by its own tool ('aggregator backup' shows how)."""
    from aggregator.config import environment

    database = options.database or environment().get("AGGREGATOR_DATABASE") or ""
    backup = [] if database.startswith("postgres") else [["backup", "aggregator-backup.db", "--force"]]
    return [*backup, ["prune"]]


def _hourly() -> list[list[str]]:
    """Reading what came back, where it is said to which mailbox."""
    from aggregator.config import environment

    return [["bounces"]] if environment().get("AGGREGATOR_MAILBOX") else []


def program() -> list[str]:
    """How to start this very program, with absolute paths: cron knows no PATH and no virtual environment."""
    script = Path(sysconfig.get_path("scripts")) / "aggregator"
    return [str(script)] if script.exists() else [sys.executable, "-m", "aggregator"]


def _crontab(said: list[str], weekly: list[list[str]], hourly: list[list[str]]) -> Iterator[str]:
    folder, run = shlex.quote(str(Path.cwd())), shlex.join([*program(), "run", *said])
    steps = " && ".join(f"{shlex.join([*program(), *step, *said])} >/dev/null" for step in weekly)
    yield "# aggregator: silent when all is well; cron mails what goes wrong to MAILTO."
    yield "# No flock is needed: a second copy leaves at once, and a stopped run is taken up by the next one."
    yield f"*/10 * * * * cd {_for_cron(folder)} && {_for_cron(run)}"
    for step in hourly:
        yield "# What came back: hard bounces and complaints end letters, whoever asked to leave leaves."
        yield f"17 * * * * cd {_for_cron(folder)} && {_for_cron(shlex.join([*program(), *step, *said]))}"
    yield "# Once a week, on Sunday night: a copy that sends nothing by accident, and the clean-up."
    yield f"20 3 * * 0 cd {_for_cron(folder)} && {_for_cron(steps)}"


def _for_cron(text: str) -> str:
    """In a crontab a % ends the command (crontab(5))."""
    return text.replace("%", r"\%")


def _units(said: list[str], weekly: list[list[str]], hourly: list[list[str]]) -> Iterator[str]:
    """One service and timer for the letters, one for the weekly work."""
    yield "# No flock is needed: a second copy leaves at once, and a stopped run is taken up by the next one."
    yield from _unit("aggregator", "personal letters for librarians", [["run"]], said)
    yield from _timer("aggregator", "*:0/10")
    yield from _unit("aggregator-weekly", "backup and clean-up of aggregator", weekly, said)
    yield from _timer("aggregator-weekly", "Sun 03:20")
    if hourly:
        yield from _unit("aggregator-bounces", "what came back to aggregator", hourly, said)
        yield from _timer("aggregator-bounces", "*:17")
    names = ["aggregator", "aggregator-weekly", *(["aggregator-bounces"] if hourly else [])]
    yield "# Then: systemctl enable --now " + " ".join(f"{name}.timer" for name in names)


def _unit(name: str, description: str, commands: list[list[str]], said: list[str]) -> Iterator[str]:
    yield f"# ---- /etc/systemd/system/{name}.service"
    yield "[Unit]"
    yield f"Description={description}"
    yield "Wants=network-online.target"
    yield "After=network-online.target"
    yield ""
    yield "[Service]"
    yield "Type=oneshot"
    yield f"WorkingDirectory={_specifiers(str(Path.cwd()))}"
    for command in commands:
        yield "ExecStart=" + " ".join(_for_systemd(word) for word in [*program(), *command, *said])
    yield "Nice=10"
    yield ""


def _timer(name: str, when: str) -> Iterator[str]:
    yield f"# ---- /etc/systemd/system/{name}.timer"
    yield "[Unit]"
    yield f"Description=when {name}.service runs"
    yield ""
    yield "[Timer]"
    yield f"OnCalendar={when}"
    yield "Persistent=true"
    yield ""
    yield "[Install]"
    yield "WantedBy=timers.target"
    yield ""


def _for_systemd(word: str) -> str:
    """One word of a command line (systemd.service(5): quotes, $ and % have meanings)."""
    escaped = _specifiers(word).replace("$", "$$")
    if word and not any(char in word for char in " \t\"'\\;"):
        return escaped
    return '"' + escaped.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _specifiers(text: str) -> str:
    return text.replace("%", "%%")
