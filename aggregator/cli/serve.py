"""`aggregator serve`: the pages behind the links in letters."""

from __future__ import annotations

import gc
import socket
import sys
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Common, common, settings_of

if TYPE_CHECKING:
    from starlette.applications import Starlette


@click.command()
@common
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="The port to listen on."
)
def serve(said: Common, host: str, port: int) -> None:
    """Serve the pages: signing up, and what stands behind the links in letters: leaving with one click, what a
    letter is chosen by, pausing, one's data, and the dates of an item for a calendar.

    Letters that somebody waits for (to confirm an address, a link) are posted at once, all others by 'run'.

    Let it run beside cron, behind the web server that answers for AGGREGATOR_BASE_URL with a certificate. It
    keeps no log of requests, because their addresses are the readers' keys.
    """
    from aggregator.app import open_app
    from aggregator.web import Errands, create_app

    with open_app(settings_of(said)) as app:
        errands = Errands(app, lambda: said.moment)
        errands()  # what was asked for while nobody was there
        try:
            _run(create_app(app, lambda: said.moment, errands), _listen(host, port))
        finally:
            errands.close()


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before anything is promised; a port that is taken is a wrong option."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        said = getattr(error, "strerror", None) or "not an address of this machine"
        raise click.UsageError(
            f"can't listen on {host}, port {port}: {said}. Choose another --port or --host."
        ) from error


def _run(pages: Starlette, listening: socket.socket) -> None:
    import uvicorn

    gc.set_threshold(700, 10, 10)  # what `main` has put off: this process lives long
    # A page that is made in one thread must not keep those waiting for long that are only handed out in another.
    sys.setswitchinterval(0.0005)
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"The pages are at http://{shown}:{port}/ (Ctrl-C stops).", err=True)
    # No access log and no server name: addresses are keys, and versions help nobody.
    config = uvicorn.Config(
        pages, access_log=False, log_level="warning", server_header=False, lifespan="off", ws="none",
        limit_concurrency=800, timeout_graceful_shutdown=5,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listening])
