"""`aggregator bounces`: reports, complaints and replies that came back."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Common, check_report, common, settings_of, write_report
from aggregator.cli.returned_mail import Mail, MailboxClosed, is_server, mails
from aggregator.errors import ConfigError, Exit, Problem

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.bounces import Look, Ours, Report
    from aggregator.returns import Returned


@click.command()
@click.argument("path", nargs=-1, metavar="[PATH...]")
@click.option("--sent", metavar="FILE", help="Only explain, by a JSON file that says what was sent; no database.")
@common
def bounces(options: Common, path: tuple[str, ...], sent: str | None) -> int:
    """Read mail that came back and do what follows from it.

    PATH: a file, a folder of files, a Maildir, an mbox, imaps://user:password@host/Folder, or - for standard
    input; what AGGREGATOR_MAILBOX names where none is given. A hard bounce or a complaint ends the reader's
    letters at once; who asks to leave leaves; soft bounces are counted, and end the letters after five in a row
    over two weeks. What is refused for our reputation, for policy or size is said here, and never held against
    the reader. Mail about no letter of ours changes nothing.

    Each mail counts once, however often it is read. In a Maildir, new mail is moved to cur; what a person wrote
    stays unread there. A reader who writes "help" and nothing else is answered with a link to the page of settings
    (by the next run, once a day). Silent when nothing needs a person. Exit code 1 when letters were refused
    through a fault of ours; never for standard input, where a mail server would take it amiss.

    \b
    Examples:
      aggregator bounces Maildir
      aggregator bounces --dry-run --json /var/mail/bounces
      aggregator bounces --sent sent.json --json reports/*.eml
    """
    check_report(options.report)
    if sent is not None:
        if not path:
            raise click.UsageError("Say which mail to explain: PATH, or - for standard input.")
        return _explain(options, path, sent)
    return _act(options, path)


# ------------------------------------------------------------------------------------------- without a database
def _explain(options: Common, paths: Sequence[str], sent: str) -> int:
    from aggregator.bounces import read_report

    ours, look = _said(sent)
    for path in paths:
        for mail in mails(path):
            _print(options, mail, read_report(mail.content, ours, look))
    return Exit.DONE


def _said(path: str) -> tuple[Ours, Look]:
    """What a JSON file says of our addresses (`settings`) and letters (`sent`)."""
    from aggregator.bounces import Ours, Sent

    def fail(what: str, remedy: str) -> ConfigError:
        return ConfigError([Problem(path, None, what, remedy)])

    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - also /dev/stdin
            said = json.load(file)
        settings = said["settings"]
        ours = Ours(*(str(settings.get(name) or "") for name in (
            "from", "bounce_address", "leave_address", "one_click", "reply_to")))  # fmt: skip
        letters = [Sent(one["token"], one["recipient"], one.get("message_id") or "") for one in said["sent"]]
    except OSError as error:
        raise fail(f"it can't be read: {error.strerror}", "name a JSON file with settings and sent") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        remedy = "write {settings: {bounce_address, …}, sent: [{token, recipient, message_id}]}"
        raise fail("it does not say what was sent", remedy) from None
    known = {key: one for one in letters for key in (one.token, one.message_id) if key}

    def look(tokens: Sequence[str], ids: Sequence[str]) -> Mapping[str, Sent]:
        return {key: known[key] for key in (*tokens, *ids) if key in known}

    return ours, look


def _line(mail: Mail, report: Report) -> dict[str, Any]:
    letter = report.letter
    return {
        "file": mail.name, "kind": report.kind, "action": report.action,
        "subscriber": letter.recipient if letter else None, "token": letter.token if letter else None,
        "recipients": [
            {"address": one.address, "verdict": one.verdict, "status": one.status or None,
             "reason": one.reason or None}
            for one in report.recipients
        ],
    }  # fmt: skip


def _print(options: Common, mail: Mail, report: Report) -> None:
    if options.json:
        click.echo(json.dumps(_line(mail, report), ensure_ascii=False))
        return
    why = ", ".join(sorted({" ".join(filter(None, (r.verdict, r.status, r.reason))) for r in report.recipients}))
    about = report.letter.recipient if report.letter else "no letter of ours"
    click.echo(f"{mail.name}: {report.kind}, {report.action} ({about}{'; ' + why if why else ''})")


# ---------------------------------------------------------------------------------------------- with a database
def _act(options: Common, paths: Sequence[str]) -> int:
    from aggregator import trust
    from aggregator.app import open_app
    from aggregator.cli.status import must_exist
    from aggregator.returns import Returned

    settings = settings_of(options)
    paths = paths or [settings.mailbox] if settings.mailbox else paths
    if not paths:
        raise click.UsageError("Say where the mail lies: PATH, or AGGREGATOR_MAILBOX in .env.")
    must_exist(settings)
    piped = "-" in paths
    started, figures = datetime.now(UTC), Returned()
    with open_app(settings, keep=False) as app, app.store.lock("bounces") as alone:
        if not alone:
            click.echo("another run reads what came back; nothing to do", err=True)
            return Exit.TEMPORARY if piped else Exit.DONE  # a mail server keeps what it could not hand over
        told = _take_all(app, options, paths, figures)
        if not (options.dry_run or piped) and (said := trust.news(app.store, options.moment)):
            click.echo(said, err=True)
        # To a mail server any other code would mean that this mail could not be delivered.
        code = Exit.LETTERS_FAILED if figures.reasons and not piped else Exit.DONE
        code = Exit.TEMPORARY if told.closed else code
        report = {**figures.report(), "command": "bounces", "moment": options.moment.isoformat()}
        if not options.dry_run:
            app.store.note_run("bounces", options.moment, started, code, report)
        write_report(options.report, report)
    _tell(options, figures, told.by_people)
    if told.closed:
        raise told.closed[0]
    return code


@dataclass(slots=True)
class _Told:
    """What a person should know after a run: the mails that people wrote, and the mailboxes that were closed."""

    by_people: list[str] = field(default_factory=list)
    closed: list[MailboxClosed] = field(default_factory=list)


def _take_all(app: App, options: Common, paths: Sequence[str], figures: Returned) -> _Told:
    """Deal with every mail. A mailbox that is closed stops none of the others."""
    told = _Told()
    for path in paths:
        key = _place_of(path)
        after = (app.store.setting(key) or "") if key else ""
        mark = after
        try:
            for mail in mails(path, app.settings.allow_private, after):
                if _take(app, options, mail, figures):
                    told.by_people.append(_name(path, mail))
                mark = mail.mark
        except MailboxClosed as closed:
            told.closed.append(closed)
        if mark != after and not options.dry_run:
            app.store.set(key, mark)  # a run that is killed before this reads again what it knows already
    return told


def _take(app: App, options: Common, mail: Mail, figures: Returned) -> bool:
    """Deal with one mail; whether a person should read it."""
    from aggregator.returns import take_back

    report = take_back(app, mail.content, options.moment, figures, dry_run=options.dry_run)
    for_people = report is not None and report.action == "review" and not report.help
    if not options.dry_run:
        mail.dealt_with(seen=not for_people)
    if report is not None and options.json:
        click.echo(json.dumps(_line(mail, report), ensure_ascii=False))
    return for_people


def _place_of(path: str) -> str:
    """The setting that says how far a folder on a mail server was read; empty for what is always read whole."""
    named = re.sub(r"(?<=://)([^:/@]*):[^@/]*@", r"\1@", path)  # the same mailbox under a new password
    return "returns:" + hashlib.sha256(named.encode()).hexdigest()[:16] if is_server(path) else ""


def _name(path: str, mail: Mail) -> str:
    """Where a person finds the mail; never with a password."""
    if _place_of(path):
        return f"{path.rpartition('@')[2]}: {mail.name}"
    return path if mail.name in path else f"{path}: {mail.name}"


def _tell(options: Common, figures: Returned, people: Sequence[str]) -> None:
    """What a person should know; the figures only where somebody sits before a screen."""
    if figures.reasons:
        why = ", ".join(f"{count} for {reason}" for reason, count in sorted(figures.reasons.items()))
        remedy = "see 'aggregator doctor', and docs/operator.md, What comes back"
        click.echo(f"letters were refused through no fault of their readers, {why}: {remedy}", err=True)
    if people:
        click.echo("written by people; please read:", err=True)
        for name in people:
            click.echo(f"  {name}", err=True)
    if sys.stdout.isatty() and not options.json:
        said = figures.report()["bounces"]
        assert isinstance(said, dict)
        click.echo("bounces: " + ", ".join(f"{count} {name}" for name, count in said.items()))
