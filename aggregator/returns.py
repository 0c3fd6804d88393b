"""What comes back is dealt with: hard bounces and complaints end the letters at once, whoever asked to leave
leaves, soft bounces are counted, and what is our own fault is told to the operator. Each mail once, however often
it is read."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator.app import App
from aggregator.bounces import Action, Ours, Report, Sent, read_report
from aggregator.compose.envelope import recipient
from aggregator.model import Subscriber
from aggregator.store import Gone, Noted
from aggregator.tokens import return_token, returned_letter, unsubscribe_url

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
    reasons: Counter[str] = field(default_factory=Counter)

    def report(self) -> dict[str, object]:
        by_action = {str(action): self.actions[action] for action in ACTIONS}
        counted = {"read": self.read, "known": self.known} | by_action
        kinds, reasons = dict(sorted(self.kinds.items())), dict(sorted(self.reasons.items()))
        return {"bounces": counted, "given_up": self.given_up, "kinds": kinds, "reasons": reasons}


def ours_of(app: App) -> Ours:
    """Our addresses, as reports name them."""
    settings = app.settings
    one_click = unsubscribe_url(settings.base_url, "TOKEN")
    return Ours(settings.sender.address, settings.bounces, settings.leave, one_click, settings.reply_to)


def take_back(
    app: App, content: bytes, now: datetime, figures: Returned, *, dry_run: bool = False
) -> Report | None:
    """Read one mail that came back and do what follows from it; None for one that was dealt with before."""
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
    ends = _ends(app, report)
    figures.given_up += ends and report.action == "count_soft"
    if not dry_run:
        # First the deed, which may be done twice, then the note, which says that it needn't.
        if ends:
            _end(app, report, now)
        letter = report.letter or Sent("", "")
        app.store.returns.note(
            Noted(hashed, now, report.kind, report.action, letter.letter, letter.reader, reason)
        )
    return report


def fingerprint(content: bytes) -> str:
    """What a mail is known by: the same through whatever mailbox it comes, which may change the ends of lines."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n").strip(b"\n")).hexdigest()


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
