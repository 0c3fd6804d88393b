"""What comes back is dealt with: hard bounces and complaints end the letters at once, whoever asked to leave
leaves, soft bounces are counted, and what is our own fault is told to the operator. Each mail once, however often
it is read."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aggregator.app import App
from aggregator.bounces import Action, Ours, Report, Sent, read_report
from aggregator.compose.envelope import recipient
from aggregator.compose.short import Kind
from aggregator.model import Subscriber
from aggregator.store import Gone, Noted
from aggregator.tokens import PREFERENCES_LAST, return_token, returned_letter, unsubscribe_url
from aggregator.urgent import write_down

SOFT_ISSUES = 5  # in a row that came back, before a reader's letters end
SOFT_DAYS = timedelta(days=14)  # that they must lie apart: five days of a full mailbox are a holiday
ACTIONS: tuple[Action, ...] = ("suppress", "count_soft", "alert_operator", "unsubscribe", "review", "none")


@dataclass(slots=True)
class Returned:
    """The figures of one run; `read` is the sum of `known` and of all actions.

    `given_up`: of those counted, how many ended a reader's letters. `reasons`: why letters were refused through
    no fault of their readers."""

    read: int = 0
    known: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    given_up: int = 0
    answered: int = 0  # of those to review: who asked for help and gets it by mail
    reasons: Counter[str] = field(default_factory=Counter)

    def report(self) -> dict[str, object]:
        by_action = {str(action): self.actions[action] for action in ACTIONS}
        counted = {"read": self.read, "known": self.known} | by_action
        kinds, reasons = dict(sorted(self.kinds.items())), dict(sorted(self.reasons.items()))
        told = {"given_up": self.given_up, "answered": self.answered}
        return {"bounces": counted, **told, "kinds": kinds, "reasons": reasons}


def ours_of(app: App) -> Ours:
    """Our addresses, as reports name them."""
    settings = app.settings
    one_click = unsubscribe_url(settings.base_url, "TOKEN")
    return Ours(settings.sender.address, settings.bounces, settings.leave, one_click, settings.reply_to)


def take_back(
    app: App, content: bytes, now: datetime, figures: Returned, *, dry_run: bool = False
) -> Report | None:
    """Read one mail that came back and do what follows from it; None for one that was dealt with before. `help` of
    the report stays true where the answer is on its way."""
    figures.read += 1
    hashed = fingerprint(content)
    if app.store.returns.known([hashed]):
        figures.known += 1
        return None
    report = read_report(content, ours_of(app), lambda tokens, ids: _looked_up(app, tokens, ids))
    figures.actions[report.action] += 1
    figures.kinds[report.kind] += 1
    reason = next((one.reason for one in report.recipients if one.reason), report.kind)
    if report.action == "alert_operator":
        figures.reasons[reason] += 1
    report = replace(report, help=report.help and _may_be_answered(app, report))
    ends = _ends(app, report)
    figures.given_up += ends and report.action == "count_soft"
    if not dry_run:
        # First the deed, which may be done twice, then the note, which says that it needn't.
        if ends:
            _end(app, report, now)
        if report.help:
            figures.answered += _answer(app, report, now)
        letter = report.letter or Sent("", "")
        app.store.returns.note(
            Noted(hashed, now, report.kind, report.action, letter.letter, letter.reader, reason)
        )
    return report


def fingerprint(content: bytes) -> str:
    """What a mail is known by: the same through whatever mailbox it comes, which may change the ends of lines."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n").strip(b"\n")).hexdigest()


def refused_softly(app: App, letter: str, reason: str, now: datetime) -> bool:
    """Count a letter that a relay would not take for its reader's mailbox as one that came back; whether it was
    the one too many, so that the reader's letters end. Counting twice is counting once."""
    found = app.store.returns.letters([letter])
    if not found:
        return False
    gone = found[0]
    report = Report("bounce", "count_soft", _sent(app, gone))
    ends = _ends(app, report)
    if ends:
        _end(app, report, now)
    hashed = fingerprint(f"refused while it was sent: {letter}".encode())
    app.store.returns.note(Noted(hashed, now, report.kind, report.action, gone.id, gone.subscriber, reason))
    return ends


def _looked_up(app: App, tokens: Sequence[str], ids: Sequence[str]) -> Mapping[str, Sent]:
    """The letters that were sent, by their tokens, by the tokens of their readers' links and by Message-ID."""
    named = {token: returned_letter(app.signer, token) for token in tokens}
    gone = app.store.returns.letters([digest for digest in named.values() if digest], ids)
    by_id = {one.id: one for one in gone}
    found = {one.message_id: one for one in gone}
    found |= {token: by_id[digest] for token, digest in named.items() if digest in by_id}
    if others := [token for token, digest in named.items() if not digest]:
        found |= app.store.returns.newest_of(others)
    return {key: _sent(app, one) for key, one in found.items()}


def _sent(app: App, gone: Gone) -> Sent:
    return Sent(return_token(app.signer, gone.id), gone.recipient, gone.message_id, gone.id, gone.subscriber)


def _ends(app: App, report: Report) -> bool:
    """Whether a reader's letters end with this."""
    if report.letter is None:
        return False
    if report.action != "count_soft":
        return report.action in ("suppress", "unsubscribe")
    row = app.store.returns.soft_row(report.letter.reader, report.letter.letter)
    return len(row) >= SOFT_ISSUES and row[0] - row[-1] >= SOFT_DAYS


def _may_be_answered(app: App, report: Report) -> bool:
    """Only a reader of ours is answered: nobody else must get mail because somebody used their name (RFC 3834)."""
    reader = app.store.subscribers.get(report.letter.reader) if report.letter else None
    return reader is not None and reader.status == "active"


def _answer(app: App, report: Report, now: datetime) -> bool:
    """Write the answer down: to the address we hold, whatever the mail says, and one a day. It goes with the next
    run. False where today's is on its way already."""
    reader = app.store.subscribers.get(report.letter.reader) if report.letter else None
    if reader is None:
        return False
    what: tuple[Kind, str, timedelta] = ("help", app.preferences_url(reader), PREFERENCES_LAST)
    return write_down(app, reader, now, what, report.asked_in)


def _has_moved(reader: Subscriber, letter: Sent) -> bool:
    """Whether the letter went to an address that is not the reader's any more."""
    return bool(letter.recipient) and letter.recipient.casefold() != recipient(reader.email).casefold()


def _end(app: App, report: Report, now: datetime) -> None:
    assert report.letter is not None
    people, reader = app.store.subscribers, app.store.subscribers.get(report.letter.reader)
    if reader is None or reader.status == "suppressed":
        return
    if report.action != "unsubscribe" and _has_moved(reader, report.letter):
        return  # what was said of the address that letters went to before is no news of the one they go to now
    if report.action == "unsubscribe":
        people.unsubscribe(reader.token, now)
    else:
        people.suppress(reader.id, "complaint" if report.kind == "complaint" else "bounce", now)
