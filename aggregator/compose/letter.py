"""One personal letter, told top to bottom: choose the words, render, fit, address, seal."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from aggregator.compose import mime, pages
from aggregator.compose.arrange import Laid, grouped, headed
from aggregator.compose.envelope import fields, recipient
from aggregator.compose.fragments import Fragments
from aggregator.compose.languages import phrases
from aggregator.compose.phrases import English
from aggregator.compose.plain import clean, lines, paragraphs, shorten
from aggregator.compose.plan import BODY, Plan, joined, pairs, place
from aggregator.compose.subject import SUBJECT, preheader, subject
from aggregator.compose.view import Setting, base
from aggregator.compose.voice import Both, keep
from aggregator.compose.zones import zone_named
from aggregator.errors import Refused
from aggregator.model import Draft, Item, Letter, Pick, Section, Selection
from aggregator.occasions import changes
from aggregator.occasions.ical import calendar_folder

SIZE = 100_000  # bytes of a whole letter, and of its HTML; mail programs clip at about 102,400
WORDS = (45, 25, 12, 0)  # lengths of excerpts that are tried, until the letter fits
CONTENTS_FROM = 9  # items from which a letter says at its top what is in it
PAGE_TITLE = 70  # characters
KEPT = 20_000  # items that are known to have no address of anybody in them

_LINK = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter, and the draft as it was carried out: without links that name the reader, and with the items that
    found no room moved to `held_back`. `laid`: what it says, by section; `plan`: what it is joined from."""

    letter: Letter
    draft: Draft
    laid: tuple[Laid, ...] = ()
    plan: Plan | None = field(default=None, compare=False)


class Composer:
    """Writes letters from templates that are read once. Keep one for a whole run: it keeps what letters share."""

    def __init__(self, templates: Sequence[Path] = (), sign: Callable[[bytes], bytes] = bytes) -> None:
        """`templates`: folders with letter templates, the operator's own first; the shipped ones follow.
        `sign`: puts a signature before a finished letter; the same letter gets the same one."""
        self._folders, self._sign = tuple(templates), sign
        self._pages = pages.load(templates)
        self._fragments = Fragments(self._pages, WORDS[0])
        self._impersonal: dict[str, Item] = {}

    def compose(self, draft: Draft) -> Letter:
        """Write one letter. Equal drafts give equal bytes. See `write` for what it raises."""
        return self.write(draft).letter

    def write(self, draft: Draft) -> Composed:
        """Write one letter of at most `SIZE` bytes, and say what it carries.

        Excerpts are shortened first; then the links to a page of each item go, and the excerpts; then the last
        items are held back for the next letter. Raises Refused
        (permanent) for an address that can't be written to or a draft without items, ConfigError for a From
        address or a template that can't be used.
        """
        to = recipient(draft.due.subscriber.email)
        if not draft.selection.picks:
            raise Refused("the letter has no items", permanent=True)
        draft = self._private(draft, to)
        for words in WORDS[:-1]:
            if _fits(written := self._attempt(draft, to, words)):
                return written
        draft = replace(draft, item_pages="")
        for words in WORDS[-2:]:
            if _fits(written := self._attempt(draft, to, words)):
                return written
        while len(draft.selection.picks) > 1:
            draft = _without_last(draft, written)
            if _fits(written := self._attempt(draft, to, WORDS[-1], cut=True)):
                return written
        raise Refused("the letter is too large even with one item", permanent=True)

    def say(self, language: str) -> English:
        """The words for letters in that language."""
        return phrases(language, self._folders)

    def lay(self, draft: Draft) -> tuple[Laid, ...]:
        """What a letter of this draft would say, however long: the items in words, section by section."""
        say = self.say(draft.due.subscriber.language)
        setting, shown = _setting(draft, WORDS[0], say), grouped(draft)
        return tuple(headed(shown, say, [one.shown for one in self._fragments.of(shown, setting)]))

    def _private(self, draft: Draft, to: str) -> Draft:
        """The draft without links that contain the reader's address; most items have no address in them at all,
        which is looked for once."""
        picks = draft.selection.picks
        if all(self._impersonal.get(pick.item.id) is pick.item for pick in picks):
            return draft
        for item in (pick.item for pick in picks):
            if not any("@" in part or "%40" in part for part in (item.url, item.title, item.text)):
                keep(self._impersonal, item.id, item, KEPT)
        return _private(draft, to)

    def _closes_this_week(self, draft: Draft, setting: Setting) -> bool:
        """Whether all that closes soon does so by the Sunday of the reader's week."""
        today = _today(draft, setting)
        sunday = today + timedelta(days=7 - today.isoweekday())
        closing = [pick.item for part in draft.selection.sections if part.name == "closing" for pick in part.picks]
        days = [self._fragments.closing_day(item, setting) for item in closing]
        return all(day is not None and day <= sunday for day in days)

    def _attempt(self, draft: Draft, to: str, words: int, *, cut: bool = False) -> Composed:
        say = self.say(draft.due.subscriber.language)
        setting, shown = _setting(draft, words, say), grouped(draft)
        fragments = self._fragments.of(shown, setting)
        voice = self._fragments.voice(say, setting.accent)
        below = [voice.below(pick, draft) for pick in shown.selection.picks]
        laid = tuple(headed(shown, say, [one.shown for one in fragments], [one.why for one in below]))
        values = _values(shown, setting, laid, this_week=self._closes_this_week(shown, setting))
        if self._pages.loops:
            values["sections"] = _sections(shown, laid)
        if cut:
            values["waiting"] = setting.say.too_long(len(draft.selection.held_back))
        html = self._pages.render("letter_html", {**values, **pages.accents(setting.accent)})
        text = self._pages.render("letter_text", values)
        shared = tuple(pairs(laid, fragments, below, voice))
        bodies, plan = joined(html, text, shared, fragments, draft.item_pages)
        letter = _sealed(draft, to, values["subject"], bodies)
        return Composed(replace(letter, content=self._sign(letter.content)), draft, laid, plan)


# --------------------------------------------------------------------------------------------- before rendering
def _private(draft: Draft, to: str) -> Draft:
    """Take away links that contain the reader's address, from what an item says too: a letter that is passed on
    must not name its reader."""
    forms = {address.strip().lower() for address in (to, draft.due.subscriber.email)}

    def kept(text: str) -> str:
        return _LINK.sub(lambda link: "" if any(f in unquote(link[0]).lower() for f in forms) else link[0], text)

    def safe(pick: Pick) -> Pick:
        item = pick.item
        said = (item.url, item.title, item.text)
        if not any("@" in part or "%40" in part for part in said):
            return pick
        url, title, text = map(kept, said)
        if (url, title, text) == said:
            return pick
        return replace(pick, item=replace(item, url=url, title=title, text=text))

    return _mapped(draft, safe)


def _mapped(draft: Draft, change: Callable[[Pick], Pick]) -> Draft:
    sections = tuple(Section(s.name, tuple(map(change, s.picks))) for s in draft.selection.sections)
    return replace(draft, selection=replace(draft.selection, sections=sections))


def _setting(draft: Draft, words: int, say: English) -> Setting:
    reader = draft.due.subscriber
    zone = zone_named(reader.schedule.timezone)
    calendar = calendar_folder(draft.sender.base_url)
    accent, now = draft.edition.accent, draft.due.until
    library = draft.edition.library_link
    return Setting(say, zone, base(reader.language), "", (), words, accent, calendar, now=now, library=library)


def _source(draft: Draft, name: str) -> str:
    return draft.sources.get(name) or name


# ---------------------------------------------------------------------------------------------------- rendering
def _values(draft: Draft, setting: Setting, laid: Sequence[Laid], *, this_week: bool) -> dict[str, Any]:
    """What both parts of the letter are made from; see docs/why/letter.md for the names."""
    say, edition, selection = setting.say, draft.edition, draft.selection
    title = shorten(clean(edition.title), 120) or clean(draft.sender.name) or edition.name
    titles = {one.pick.item.id: one.view.title for part in laid for one in part.items}
    many = len(selection.picks)
    marked = say.test_copy if draft.test else ""
    line = subject(selection, titles, title, say, _leading_change(draft), this_week=this_week)
    return {
        "say": say,
        "title": title,
        "subject": shorten(f"{marked}: {line}", SUBJECT) if marked else line,
        "page_title": shorten(f"{title} · {say.long_day(_today(draft, setting))}", PAGE_TITLE),
        "preheader": preheader(list(titles.values()), line, say.chosen(many, title), say),
        "when": _when(draft, setting, many),
        "introduction": (*([say.test_note] if marked else []), *paragraphs(edition.introduction)),
        "body": BODY,
        "contents": _contents(selection, say) if many >= CONTENTS_FROM else "",
        "waiting": _waiting(draft, say),
        "reason": say.reason(title, draft.due.subscriber.schedule.frequency),
        "preferences_url": draft.preferences_url,
        "log": _log_url(draft),
        "unsubscribe_url": draft.unsubscribe_url,
        "address": lines(edition.postal_address),
    }


def _sections(draft: Draft, laid: Sequence[Laid]) -> list[dict[str, Any]]:
    """The sections, for a template of an operator that goes through them by itself."""
    number, found, pages = count(), [], draft.item_pages
    for title, items in laid:
        picks = [
            {"fragment": place(next(number)), "why": one.why, "block": one.block, "title": one.view.title,
             "page": f"{pages}/{quote(one.pick.item.id, safe='')}" if pages else ""}
            for one in items
        ]  # fmt: skip
        found.append({"title": title, "picks": picks})
    return found


def _log_url(draft: Draft) -> str:
    """The reader's own page of this letter, where each item can be logged as CPD; empty where there is no key. One
    link for all items, because what an item says is the same for all readers and must stay so."""
    start, _, key = draft.preferences_url.partition("/preferences/")
    return f"{start}/my/{key}/issues/{draft.digest_id}" if key else ""


def _leading_change(draft: Draft) -> str:
    """What has become of the first item whose dates have changed."""
    zone = zone_named(draft.due.subscriber.schedule.timezone)
    for pick in draft.selection.picks:
        told = pick.told.occasion if pick.told else None
        found = changes(told, pick.item.occasion, draft.due.until, zone, pick.item.kind) if told else ()
        if found:
            return found[0].what
    return ""


def _today(draft: Draft, setting: Setting) -> date:
    return draft.due.until.astimezone(setting.zone).date()


def _when(draft: Draft, setting: Setting, count: int) -> str:
    say, name = setting.say, shorten(clean(draft.due.subscriber.name), 60)
    parts = (say.long_day(_today(draft, setting)), say.items(count))
    return " · ".join([*parts, say.reader(name)] if name else parts)


def _contents(selection: Selection, say: English) -> str:
    return " · ".join(say.counted(s.name, len(s.picks)) for s in selection.sections if s.picks)


def _waiting(draft: Draft, say: English) -> str:
    waiting, count = len(draft.selection.held_back), sum(not pick.told for pick in draft.selection.picks)
    if not waiting:
        return ""
    asked = draft.due.subscriber.max_items
    limit = draft.edition.limits.items if asked is None else asked
    return say.full(waiting, limit, asked=asked is not None) if count >= limit else say.shared_out(waiting)


# -------------------------------------------------------------------------------------------------- fit and seal
def _sealed(draft: Draft, to: str, line: str, bodies: Both) -> Letter:
    seed = hashlib.sha256(b"letter\0" + draft.digest_id.encode()).hexdigest()
    head = fields(draft, to, line, seed[:32])
    parts = [mime.part("plain", bodies.text), mime.part("html", bodies.html)]
    content = mime.alternative(head.lines, seed[32:56], parts)
    return Letter(draft.digest_id, head.sender, to, head.message_id, line, content)


def _fits(written: Composed) -> bool:
    return len(written.letter.content) <= SIZE


def _without_last(draft: Draft, written: Composed) -> Draft:
    """Hold back as many of the last items as the letter is too large by; never the first item."""
    picks = draft.selection.picks
    over = len(written.letter.content) / SIZE - 1
    kept = max(1, len(picks) - max(1, int(len(picks) * over / (1 + over))))
    sections, left = [], kept
    for section in draft.selection.sections:
        sections.append(Section(section.name, section.picks[:left]))
        left -= len(sections[-1].picks)
    held_back = (*picks[kept:], *draft.selection.held_back)
    return replace(draft, selection=Selection(tuple(sections), held_back))
