"""Mail: newsletters and mailing lists.

A newsletter is taken apart into its items, a list into its conversations, a digest into its messages first; what
a machine wrote about mail itself is no news. Nobody's address or telephone number is kept, and no link that
belongs to whoever got the mail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from aggregator.errors import SourceError
from aggregator.jsonlines import moment_from
from aggregator.model import Document, Entry, Reading, Source, Wanted
from aggregator.read import mail_boxes
from aggregator.read.choice import days_of, text_option
from aggregator.read.mail_blocks import Block, html_of, text_of
from aggregator.read.mail_chrome import is_own, without_chrome
from aggregator.read.mail_digests import messages_of
from aggregator.read.mail_headers import header, link, raw_header
from aggregator.read.mail_items import Part, are_stories, parts_of
from aggregator.read.mail_letters import base_subject, without_closing, without_ends
from aggregator.read.mail_links import PUBLIC, Links, links_of
from aggregator.read.mail_markup import blocks_of_html
from aggregator.read.mail_message import Mail, is_automatic, is_bulk, is_discussion, parsed
from aggregator.read.mail_plain import blocks_of_text
from aggregator.read.mail_privacy import scrubbed
from aggregator.read.mail_threads import entry_of, list_prefix, threads
from aggregator.read.mail_words import LEAVING, SHOWING
from aggregator.text import fold, sanitise, title_key
from aggregator.urls import mailbox_scheme

DAYS = 60  # how far back a mailbox is read; what is older is too old for letters
LONGEST_WINDOW = 366
MOST_HTML = 5_000_000  # characters in the mails of one document
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def ask(source: Source, since: datetime | None, now: datetime) -> Wanted:  # noqa: ARG001  the window always holds
    """The mailbox with the day from which mail is wanted; of an archive on the web the file of the month, where
    its address says `{year}`, `{month}` or `{Month}`. Raises SourceError `bad-option`."""
    days = days_of(source, "days", DAYS, LONGEST_WINDOW)
    if mailbox_scheme(source.url):
        return Wanted(source.url, {"Since": (now - timedelta(days=days)).date().isoformat()})
    day = now - timedelta(days=1)  # the last day of a month is read on the first of the next
    names = {"{year}": f"{day.year}", "{month}": f"{day.month:02}", "{Month}": _MONTHS[day.month - 1]}
    url = source.url
    for name, value in names.items():
        url = url.replace(name, value)
    return Wanted(url)


def read(document: Document, source: Source) -> Reading:
    """The items of every newsletter and the conversations of every list in a document, in its order.

    Raises SourceError: `bad-option`, `empty`, `not-a-mail`, `unreadable`, `too-large`.
    """
    wish = _Wish(source)
    raws = mail_boxes.messages(document)
    mails = [mail for raw in raws if (mail := parsed(raw)) is not None]
    if raws and not mails:
        raise SourceError("unreadable", "none of its messages can be read")
    opened = _newest(list(_opened(mails, wish)))
    entries = [*_entries(opened, wish)]
    lists = {mail.list_id: mail for mail in opened if mail.list_id}
    [only] = lists.values() if len(lists) == 1 else [None]
    return Reading(
        title=_name(opened, only),
        home=link(raw_header(only.headers, "list-archive")) if only else "",
        entries=tuple(entries),
    )


class _Wish:
    """The options of a source. Raises SourceError `bad-option`."""

    def __init__(self, source: Source) -> None:
        said = source.options.get("split", "auto")
        self.split = ("yes" if said else "no") if isinstance(said, bool) else str(said).lower()
        if self.split not in ("auto", "yes", "no"):
            raise SourceError("bad-option", f"split: {self.split[:40]!r} is none of auto, yes, no")
        senders = source.options.get("senders") or ()
        named = [senders] if isinstance(senders, str) else senders
        if not isinstance(named, list | tuple) or not all(isinstance(one, str) for one in named):
            raise SourceError("bad-option", "senders: a list of addresses or domains is expected")
        self.senders = tuple(one.strip().lower().removeprefix("@") for one in named)
        self.list = text_option(source, "list").lower()
        days = days_of(source, "days", DAYS, LONGEST_WINDOW)
        now = moment_from(source.options.get("_now"))
        self.since = now - timedelta(days=days) if now else None

    def wants(self, mail: Mail) -> bool:
        """Whether a mail is from one of the senders, of the list, and recent enough."""
        if self.since and mail.at and mail.at < self.since:
            return False
        if self.list and not any(self.list in place for place in (mail.list_id, *mail.recipients, _prefix(mail))):
            return False
        if not self.senders:
            return True
        domain = mail.address.rpartition("@")[2]
        return any(
            one == mail.address or (("@" not in one) and (domain == one or domain.endswith(f".{one}")))
            for one in self.senders
        )


def _prefix(mail: Mail) -> str:
    return mail.subject.lower().partition("]")[0] if "[" in mail.subject else ""


def _opened(mails: Iterable[Mail], wish: _Wish) -> Iterator[Mail]:
    """The mails that are wanted, digests taken apart; each message once, however many copies there are."""
    seen: set[str] = set()
    for mail in mails:
        if not wish.wants(mail) or mail.key in seen:
            continue
        seen.add(mail.key)
        inside = messages_of(mail)
        for one in inside or [mail]:
            if one is mail or one.key not in seen:
                seen.add(one.key)
                if not is_automatic(one):
                    yield one


def _newest(mails: Sequence[Mail]) -> list[Mail]:
    """As many of the last ones as can be taken apart in a reader's time."""
    room = MOST_HTML
    for at in range(len(mails) - 1, -1, -1):
        room -= len(mails[at].html)
        if room < 0:
            return list(mails[at + 1 :]) or list(mails[-1:])
    return list(mails)


def _entries(mails: Sequence[Mail], wish: _Wish) -> Iterator[Entry]:
    talked, told = [], []
    answered = {parent for mail in mails for parent in mail.parents}  # some lists say nothing of themselves
    for mail in mails:
        parts = _parts(mail, wish)
        if parts:
            told.append((mail, _items(mail, *parts)))
        elif is_discussion(mail) or wish.list or mail.key in answered:
            talked.append(mail)
        else:
            told.append((mail, [_whole(mail)]))
    prefix = list_prefix(
        talked, next((mail.list_id.partition(".")[0] for mail in talked if mail.list_id), wish.list)
    )
    found = [
        (thread.mails[0].key, entry_of(thread, prefix, _links(thread.mails[0])))
        for thread in threads(talked, prefix, wish.since)
    ]
    by_mail = {**{mail.key: entries for mail, entries in told}, **{key: [one] for key, one in found if one}}
    for mail in mails:
        yield from by_mail.get(mail.key, ())


# ------------------------------------------------------------------------------------------------- newsletters
def _parts(mail: Mail, wish: _Wish) -> tuple[list[Part], Links] | None:
    """The items of a newsletter; None for a mail that is none, or is to stay whole."""
    if wish.split == "no" or (wish.split == "auto" and (is_discussion(mail) or not _is_newsletter(mail))):
        return None
    links = _links(mail)
    for blocks in _views(mail):
        parts = parts_of(blocks, links, mail.subject)
        if parts and (wish.split == "yes" or are_stories(parts, links)):
            return parts, links
    return None


def _views(mail: Mail) -> Iterator[list[Block]]:
    if mail.html.strip():
        yield blocks_of_html(mail.html)
    if mail.text.strip():
        yield blocks_of_text(mail.text)


def _is_newsletter(mail: Mail) -> bool:
    if is_bulk(mail):
        return True
    said = fold(f"{mail.text[-6_000:]} {mail.html[:4_000]} {mail.html[-20_000:]}")
    return LEAVING.search(said) is not None or SHOWING.search(said) is not None


def _links(mail: Mail) -> Links:
    return links_of(mail.recipients, raw_header(mail.headers, "list-unsubscribe"))


def _items(mail: Mail, parts: Sequence[Part], links: Links) -> list[Entry]:
    return [
        Entry(
            guid=f"mail:{mail.key}:{_part_name(part)}",
            url=part.url,
            title=scrubbed(part.title),
            html=sanitise(html_of(part.blocks, links)),
            text=text_of(part.blocks, links),
            author=mail.author,
            tags=(part.section,) if part.section and part.section == scrubbed(part.section) else (),
            published_at=mail.at,
            language=mail.language,
        )
        for part in parts
    ]


def _part_name(part: Part) -> str:
    """What tells the items of one mail apart, also when a later version of ours finds more of them."""
    return hashlib.blake2b(title_key(part.title).encode("utf-8", "replace"), digest_size=4).hexdigest()


def _whole(mail: Mail) -> Entry:
    """A mail that is one item."""
    links = _links(mail)
    blocks = next(iter(_views(mail)), [])
    if not mail.html.strip():
        blocks = blocks_of_text(without_ends(mail.text))
    told = without_closing([block for block in without_chrome(blocks, links) if not block.rule])
    return Entry(
        guid=f"mail:{mail.key}",
        url=mail.archived_at or _subject_of(mail, blocks, told, links),
        title=scrubbed(base_subject(mail.subject)[0]),
        html=sanitise(html_of(told, links)),
        text=text_of(told, links),
        author=mail.author,
        published_at=mail.at,
        language=mail.language,
    )


def _subject_of(mail: Mail, blocks: Sequence[Block], told: Sequence[Block], links: Links) -> str:
    """What a mail that is one item links to: under its own subject, as the only thing, or itself on the web."""
    own = [(words, links.kept(href)) for one in told for words, href in one.links if is_own(words, href, links)]
    subject = title_key(base_subject(mail.subject)[0])
    named = [url for words, url in own if title_key(words) == subject]
    named += [
        links.kept(href)
        for one in told[:3]
        if one.level
        for words, href in one.links
        if is_own(words, href, links)
    ]
    if named or len({url for _, url in own}) == 1:
        return named[0] if named else own[0][1]
    public = (links.kept(href) for block in blocks for _, href in block.links if PUBLIC.match(href))
    return next((url for url in public if url), "")


def _name(mails: Sequence[Mail], only: Mail | None) -> str:
    """What the source calls itself: the name of its one list, else of its one sender."""
    if only is not None and is_discussion(only):
        said = header(only.headers, "list-id").rpartition("<")[0].strip(' "')
        return scrubbed(said) or only.list_id.partition(".")[0]
    senders = {mail.author for mail in mails}
    told = all(_is_newsletter(mail) and not is_discussion(mail) for mail in mails)
    return senders.pop() if len(senders) == 1 and told else ""
