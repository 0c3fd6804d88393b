"""Handing letters over: a folder of `.eml` files, or an SMTP relay."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from aggregator.deliver.ports import CeilingReached, Channel, Outbox
from aggregator.errors import ConfigError, Problem

__all__ = ["CeilingReached", "Channel", "Outbox", "outbox"]


def outbox(address: str, *, host: str = "", environ: Mapping[str, str] | None = None) -> Outbox:
    """The outbox at an address: a folder's path, or `smtp://` or `smtps://[user:password@]host[:port][?options]`.

    Options: `connections` (4), `per_minute`, `per_run` and `per_domain` (0: no ceiling), `starttls` (required with
    a login, else auto; none), `timeout` (30, seconds for one answer), `final_timeout` (20 times that, for the
    answer to a whole letter), `per_connection` (100 letters), `ca` (file of certificates), `ehlo` (name to greet
    with). `host`: the domain to greet with when this machine has no full name. `environ`: where
    AGGREGATOR_SMTP_USER and _PASSWORD are looked up, by default the process's.

    Touches nothing yet. Raises `ConfigError` naming every mistake, and no secret.
    """
    scheme, separator, _ = address.partition("://")
    if not separator and address.strip():
        from aggregator.deliver.folder import FolderOutbox

        return FolderOutbox(Path(address).expanduser())
    if separator and scheme.lower() in ("smtp", "smtps"):
        from aggregator.deliver.relay import relay
        from aggregator.deliver.smtp import SmtpOutbox

        return SmtpOutbox(relay(address, os.environ if environ is None else environ), host=host)
    what = f"no outbox is known under {scheme[:30]}://" if separator else "the outbox is empty"
    raise ConfigError([Problem("outbox", None, what, "name a folder, or smtp://host, or smtps://host")])
