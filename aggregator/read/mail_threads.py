"""Mails of a list to the conversations they are: by what they answer (References), then by their subjects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aggregator.model import Entry
from aggregator.read.mail_letters import base_subject, text_of
from aggregator.read.mail_links import Links
from aggregator.read.mail_message import Mail
from aggregator.read.mail_privacy import READ, scrubbed
from aggregator.read.mail_words import MONTH_NAMES
from aggregator.text import excerpt, fold, sanitise, title_key

QUOTATION = 60  # words of the first message: lists ask not to be copied
_DATED_SENTENCES, _LONGEST_SENTENCE = 3, 240
_SENTENCE = re.compile(r"(?<=[^\d\s][.!?])\s+(?=\W?[A-ZÀ-Ž\d])|\n(?=[A-ZÀ-Ž][^\n]{0,40}:)")  # "15. März" goes on
_DAY = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th|er|º|°|\.)? ?(?:of |de |di )?(?:{MONTH_NAMES})\b"
    rf"|\b(?:{MONTH_NAMES})\.? \d{{1,2}}\b"
    r"|\b\d{1,2}[./]\d{1,2}[./](?:20)?\d\d\b|\b20\d\d-\d\d-\d\d\b"
)
_GRACE = timedelta(days=20)
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Thread:
    """Mails that belong together, and the name of the one they began with, which may not be among them."""

    root: str
    mails: list[Mail] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return any(mail.key == self.root for mail in self.mails)


def threads(mails: Sequence[Mail], prefix: str = "", since: datetime | None = None) -> list[Thread]:
    """The conversations in these mails, by their first message. `prefix`: as of `list_prefix`. `since`: what is
    older was not brought; then a conversation that lost its beginning so is left alone, because it is known
    already and only shrinks."""
    ordered = sorted(mails, key=lambda mail: mail.at or _NEVER)
    known = {mail.key: mail for mail in mails}
    found: dict[str, Thread] = {}
    subjects: dict[str, str] = {}
    for mail in ordered:
        root = _root(mail, known)
        subject, answers = _named(mail.subject, prefix)
        name = title_key(subject)
        if root == mail.key and answers and name in subjects:
            root = subjects[name]
        found.setdefault(root, Thread(root)).mails.append(mail)
        if name:
            subjects[name] = root
    late = since + _GRACE if since else None
    return [
        one for one in found.values()
        if late is None or one.is_whole or (one.mails[0].at or _NEVER) >= late
    ]  # fmt: skip


def _root(mail: Mail, known: dict[str, Mail]) -> str:
    """What a mail's conversation began with: up from mail to mail, never in a circle."""
    seen = {mail.key}
    while mail.parents:
        first = mail.parents[0]
        above = known.get(first) or next((known[one] for one in reversed(mail.parents) if one in known), None)
        if above is None:
            return first
        if above.key in seen:
            return min(seen)
        seen.add(above.key)
        mail = above
    return mail.key


def list_prefix(mails: Iterable[Mail], name: str = "") -> str:
    """What a list puts before its subjects (`[Example-L]`), folded; empty where there is nothing."""
    brackets = Counter[str]()
    count = 0
    for mail in mails:
        count += 1
        if found := re.match(r"\s*\[([^\]]{1,60})\]", base_subject(mail.subject)[0]):
            brackets[fold(found[1])] += 1
    for bracket, times in brackets.most_common(1):
        label = re.sub(r"\W", "", bracket)
        if (times >= 2 and times * 2 >= count) or (label and label == re.sub(r"\W", "", fold(name))):
            return bracket
    return ""


def entry_of(thread: Thread, prefix: str, links: Links) -> Entry | None:
    """One entry for a conversation: its subject, first date, a short quotation, how many wrote, and where it
    can be read on. None where nothing is left to say."""
    first = thread.mails[0]
    subject = scrubbed(_named(first.subject, prefix)[0])
    full = scrubbed(links.cleaned(text_of(first)[:READ]))
    if not subject and not full:
        return None
    dates = [mail.at for mail in thread.mails if mail.at]
    text = _quotation(full)
    count = len(thread.mails)
    text = f"{text}\n\n{count} messages" if count > 1 else text
    return Entry(
        guid=f"mail:{thread.root}",
        url=next((mail.archived_at for mail in thread.mails if mail.archived_at), ""),
        title=subject,
        html=sanitise("".join(f"<p>{_escaped(part)}</p>" for part in text.split("\n\n") if part)),
        text=text,
        author=first.author,
        published_at=min(dates, default=None),
        updated_at=max(dates) if count > 1 and dates else None,
        language=first.language,
        kind="thread",
    )


def _named(subject: str, prefix: str) -> tuple[str, bool]:
    """The subject without what answers and the list put before it, and whether it is one of an answer."""
    subject, answers = base_subject(subject)
    if prefix and (found := re.match(r"\s*\[([^\]]{1,60})\]\s*", subject)) and fold(found[1]) == prefix:
        subject, again = base_subject(subject[found.end() :])
        answers = answers or again
    return subject, answers


def _quotation(full: str) -> str:
    """The beginning of a message, and from the rest the sentences with a day in them: until when something is
    open is what readers must not miss, and what the next stage reads."""
    begin = excerpt(full, QUOTATION)
    dated = (
        " ".join(one.split())
        for part in full.split("\n\n")
        for one in _SENTENCE.split(part)
        if _DAY.search(fold(one))
    )
    more = [one for one in dict.fromkeys(dated) if one not in begin and len(one) <= _LONGEST_SENTENCE]
    return "\n\n".join(part for part in (begin, " ".join(more[:_DATED_SENTENCES])) if part)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
