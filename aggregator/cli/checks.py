"""What `doctor` looks at, one thing after the other. A check that can't be made is a finding, never the end."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from aggregator.cli.options import Common, settings_of
from aggregator.errors import AggregatorError, ConfigError

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.config import Settings
    from aggregator.deliver.dkim import DkimKey
    from aggregator.store import Store

LITTLE_SPACE, NO_SPACE = 500_000_000, 50_000_000  # bytes free where the database lies
SHORT_SECRET = 16
OVERDUE, STOPPED = timedelta(hours=1), timedelta(hours=24)
FAST_CLOCK = timedelta(minutes=5)
PLACEHOLDER = "example.org"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: how it is, in words, and the next step where it is not good."""

    mark: Literal["good", "warning", "bad"]
    what: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def every(options: Common) -> Iterator[Check]:
    """All checks, in the order in which people set things up."""
    yield from _python()
    try:
        settings = settings_of(options)
    except ConfigError as error:
        yield from (Check("bad", problem.what, problem.remedy) for problem in error.problems)
        return
    yield from _settings(settings)
    yield from _feeds(settings)
    yield from _schemes(settings, options.moment)
    yield from _outbox(settings)
    yield from _database(settings, options)


def _python() -> Iterator[Check]:
    from zoneinfo import available_timezones

    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("good", f"Python {version}")
    if len(available_timezones()) < 300:
        yield Check("bad", "the time zone database is missing", "install the package tzdata")


# -------------------------------------------------------------------------------------------------------- settings
def _settings(settings: Settings) -> Iterator[Check]:
    from aggregator.config import environment
    from aggregator.config.settings import unknown_settings

    unknown = unknown_settings(environment())
    yield from (Check("warning", problem.what, problem.remedy) for problem in unknown)
    if not unknown:
        yield Check("good", "the settings can be read")
    yield _secret(settings)
    real: Literal["warning", "bad"] = "bad" if settings.by_smtp else "warning"
    host = urlsplit(settings.base_url).hostname or ""
    if _is_placeholder(settings.sender.address.rpartition("@")[2]):
        yield Check(
            real, f"letters come from {settings.sender.address}", "set AGGREGATOR_FROM to an address of yours"
        )
    else:
        yield Check("good", f"letters come from {settings.sender.address}")
    if _is_placeholder(host):
        yield Check(
            real, f"links in letters lead to {settings.base_url}", "set AGGREGATOR_BASE_URL to your own pages"
        )
    elif not settings.base_url.startswith("https:"):
        remedy = "one-click unsubscribing needs https (RFC 8058): put a web server with a certificate before it"
        yield Check(real, f"links in letters lead to {settings.base_url}, without TLS", remedy)
    else:
        yield Check("good", f"links in letters lead to {settings.base_url}")
    yield from _returns(settings)
    if not settings.contact:
        yield Check("warning", "publishers can't reach you", "set AGGREGATOR_CONTACT to an e-mail or web address")
    if not settings.controller:
        what = "the privacy notice does not say who answers for the readers' data"
        yield Check("warning", what, "set AGGREGATOR_CONTROLLER to 'Name; street; town'")


def _returns(settings: Settings) -> Iterator[Check]:
    """Where reports come back to, and whether anybody reads them."""
    if not settings.by_smtp:
        return
    if not settings.bounces:
        remedy = "set AGGREGATOR_BOUNCES to an address like b+TOKEN@bounce.your.domain (docs/operator.md)"
        yield Check("warning", f"reports of failed delivery come back to {settings.sender.address}", remedy)
        return
    ours, theirs = (address.rpartition("@")[2].lower() for address in (settings.sender.address, settings.bounces))
    related = theirs == ours or theirs.endswith(f".{ours}") or ours.endswith(f".{theirs}")
    if not related and ours.split(".")[-2:] != theirs.split(".")[-2:]:
        remedy = "let both be below one domain, or sign with DKIM: receivers compare them (DMARC)"
        yield Check("warning", f"reports come back to {theirs}, but letters come from {ours}", remedy)
    elif settings.mailbox:
        yield Check("good", f"reports come back to {settings.bounces} and are read by 'aggregator bounces'")
    else:
        remedy = "set AGGREGATOR_MAILBOX to the mailbox they arrive in, and let cron run 'aggregator bounces'"
        yield Check("warning", f"reports come back to {settings.bounces}; who reads them is not said", remedy)


def _is_placeholder(host: str) -> bool:
    return host == PLACEHOLDER or host.endswith(f".{PLACEHOLDER}")


def _secret(settings: Settings) -> Check:
    if not settings.secrets:
        what = "the secret that signs links is kept in the database"
        return Check(
            "warning", what, "set AGGREGATOR_SECRET (openssl rand -hex 32), so that backups don't hold it"
        )
    if len(settings.secrets[0]) < SHORT_SECRET:
        return Check(
            "warning", "AGGREGATOR_SECRET is short", "make a new one: openssl rand -hex 32; keep 'new,old'"
        )
    return Check("good", "the secret that signs links is set")


# ------------------------------------------------------------------------------------------------ feeds and outbox
def _feeds(settings: Settings) -> Iterator[Check]:
    from aggregator.config import environment, load

    catalogue, problems = load(settings.feeds, environment())
    errors = sum(problem.level == "error" for problem in problems)
    enabled = sum(source.enabled for source in catalogue.sources.values())
    if errors:
        yield Check("bad", f"{settings.feeds}: {errors} mistakes", "'aggregator check' names each with its line")
    elif not enabled:
        yield Check("bad", f"{settings.feeds}: no source is visited", "'aggregator sources add URL' adds one")
    else:
        yield Check("good", f"{settings.feeds}: {enabled} sources, {len(catalogue.topics)} topics")
    yield from _templates(settings)


def _templates(settings: Settings) -> Iterator[Check]:
    from aggregator.compose import Composer
    from aggregator.compose.languages import known, phrases

    if settings.templates is None:
        return
    try:
        mail = settings.templates / "mail"
        Composer([mail])
        for language in known([mail]):
            phrases(language, (mail,))
    except AggregatorError as error:
        yield Check("bad", f"the templates can't be used: {error}", "mend them, or unset AGGREGATOR_TEMPLATES")
    else:
        yield Check("good", f"the templates in {settings.templates} can be used")


def _schemes(settings: Settings, now: datetime) -> Iterator[Check]:
    """The rules of professional bodies: mistakes in own files, and what nobody has looked at for a year."""
    from aggregator.config.schemes import load_schemes

    schemes, problems = load_schemes(settings.cpd_schemes)
    yield from (Check("bad", str(problem).partition(" → ")[0], problem.remedy) for problem in problems)
    old = [one.label for one in schemes.values() if one.stale(now.date())]
    if old:
        remedy = "compare them with the bodies' own pages: see The CPD log in docs/operator.md"
        yield Check("warning", f"rules of CPD schemes last looked at over a year ago: {', '.join(old)}", remedy)


def _outbox(settings: Settings) -> Iterator[Check]:
    """Where letters go and, where they leave this machine, what receivers make of them."""
    from aggregator.cli.checks_reach import outside

    key = yield from _key(settings)
    if settings.by_smtp:
        yield from outside(settings, key)
    else:
        yield _folder(Path(settings.outbox).expanduser())


def _key(settings: Settings) -> Generator[Check, None, DkimKey | None]:
    """The key that signs letters, where it can be used."""
    from aggregator.deliver.dkim import bits, key_of

    key = key_of(settings.dkim_key, settings.dkim_selector, settings.signing_domain)
    if key is None:
        return None
    try:
        yield Check("good", f"letters are signed by {key.domain} ({bits(key.path)} bits)")
    except ConfigError as error:
        yield from (Check("bad", problem.what, problem.remedy) for problem in error.problems)
        return None
    return key


def _folder(path: Path) -> Check:
    """Looked at only: the first run makes the folder."""
    there = next(one for one in (path, *path.absolute().parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Check("bad", f"letters can't be written into {path}", "give this user the right to write there")
    remedy = "to send them, set AGGREGATOR_OUTBOX to smtp://user:password@host:587"
    return Check("warning", f"letters are written into the folder {path} and not sent", remedy)


# -------------------------------------------------------------------------------------------------------- database
def _database(settings: Settings, options: Common) -> Iterator[Check]:
    from aggregator.app import open_app
    from aggregator.cli.status import must_exist
    from aggregator.store import open_store

    try:
        must_exist(settings)
    except AggregatorError as error:
        yield Check("warning", str(error))
        return
    with ExitStack() as stack:
        try:
            store = open_store(settings.database)
            stack.callback(store.close)
            yield from _writable(store)
            yield from _records(store)
            app = stack.enter_context(open_app(settings))
        except AggregatorError as error:
            yield Check("bad", f"{error}")
            return
        yield from _alarms(app, options)


def _writable(store: Store) -> Iterator[Check]:
    from aggregator.store.upgrade import revision

    with store.engine.execution_options(write=True).begin():
        pass  # taking the lock is the proof
    yield Check(
        "good", f"the database can be written ({store.engine.dialect.name}, schema {revision(store.engine)})"
    )
    if store.engine.dialect.name != "sqlite":
        return
    with store.engine.connect() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    if mode != "wal":
        yield Check(
            "warning", f"the database works in mode '{mode}'", "keep it on a local disk, not on a network share"
        )
    free = shutil.disk_usage(Path(store.engine.url.database or ".").absolute().parent).free
    if free < LITTLE_SPACE:
        mark: Literal["warning", "bad"] = "bad" if free < NO_SPACE else "warning"
        yield Check(
            mark, f"only {free / 1e6:.0f} MB are free where the database lies", "make room; see 'aggregator prune'"
        )


def _records(store: Store) -> Iterator[Check]:
    """What the database tells of the past: a backup's mark, readers, runs and the clock."""
    from aggregator.store import MARK

    if store.setting(MARK):
        yield Check("bad", "this database is a restored backup: it sends nothing",
                    "if it is the live one now: 'aggregator doctor --resume'")  # fmt: skip
    active = store.subscribers.counts().get("active", 0)
    if active:
        yield Check("good", f"{active} active readers")
    else:
        yield Check(
            "warning", "there are no active readers", "'aggregator subscribers add EMAIL --confirmed' adds one"
        )
    yield _last_run(store.last_runs(), datetime.now(UTC))


def _last_run(runs: dict[str, dict[str, Any]], now: datetime) -> Check:
    """Whether somebody calls us, by the real clock: a replayed moment says nothing of cron."""
    started = max((row["started_at"] for row in runs.values()), default=None)
    if started is None:
        return Check("warning", "nothing has run yet", "put the line of 'aggregator schedule' into cron")
    at = datetime.fromtimestamp(started, UTC)
    if at > now + FAST_CLOCK:
        return Check("bad", f"the last run was at {at:%Y-%m-%d %H:%M} UTC, and now it is {now:%Y-%m-%d %H:%M}",
                     "the clock of this machine is wrong, or was: set it, and keep it right with NTP")  # fmt: skip
    said = f"the last run was at {at:%Y-%m-%d %H:%M} UTC"
    if now - at > OVERDUE:
        mark: Literal["warning", "bad"] = "bad" if now - at > STOPPED else "warning"
        return Check(mark, said, "cron does not seem to call it: 'aggregator schedule' prints the line")
    return Check("good", said)


def _alarms(app: App, options: Common) -> Iterator[Check]:
    from aggregator import trust
    from aggregator.cli.status import gathered

    if complaints := trust.warning(app.store, options.moment):
        yield Check("warning", complaints, "find out who was signed up without asking, and what they did not want")
    report = gathered(app, options.moment)
    failing = report["sources"]["failing"]
    if failing:
        yield Check("warning", f"{failing} sources fail", "'aggregator sources health' says why")
    # The mark and the last run have had their lines.
    told = ("this database is", "nothing has run", "no letter has ever")
    yield from (Check("bad", alarm) for alarm in report["alarm"] if not alarm.startswith(told))
