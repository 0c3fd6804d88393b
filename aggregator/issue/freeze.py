"""From a letter, as it was laid out, to an issue that does not change any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from aggregator.compose import Laid, Placed
from aggregator.compose.phrases import English
from aggregator.compose.plain import clean, paragraphs, shorten
from aggregator.compose.view import ItemView
from aggregator.compose.voice import keep
from aggregator.compose.zones import zone_named
from aggregator.issue.document import Carried, FramedPart, Frozen, Issue, frame_of, hash_of, head_of, item_text
from aggregator.issue.forms import CURRENT
from aggregator.jsonlines import moment, occasion_to_json
from aggregator.model import Draft, Item
from aggregator.occasions.ical import entries

AUTHOR, TITLE = 200, 120  # characters
_KEPT = 20_000  # items in words that are remembered while letters are written


@dataclass(frozen=True, slots=True)
class Imprint:
    """What readers call sources and topics, and the public addresses of feeds, each by id."""

    sources: Mapping[str, str]
    topics: Mapping[str, str]
    feeds: Mapping[str, str]


class _Told(NamedTuple):
    """An item as it was told first, and the hash of that text, which is made again where it is needed."""

    view: ItemView
    item: Item
    now: datetime
    hash: str


class _Texts(Mapping[str, str]):
    """Hash -> text, made when it is asked for. Most are never: the store holds them since an earlier letter."""

    def __init__(self, imprint: Imprint, of: Mapping[str, str | _Told]) -> None:
        self._imprint, self._of = imprint, of

    def __getitem__(self, hash: str) -> str:
        found = self._of[hash]
        return found if isinstance(found, str) else _text(found.item, found.view, self._imprint, found.now)

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)


class Freezer:
    """Freezes the issues of one run; what letters share is put into words once."""

    def __init__(self, imprint: Imprint) -> None:
        self._imprint = imprint
        self._known: dict[int, _Told] = {}  # by the id of the view, which is kept, so that nothing else gets it
        self._heads: dict[tuple[object, ...], tuple[str, str]] = {}

    def freeze(self, draft: Draft, laid: Sequence[Laid], say: English, id: str = "") -> Frozen:
        """The issue of a letter; with an `id`, that of the edition, with nothing of any reader in it."""
        shared: dict[str, str | _Told] = {}
        parts: list[FramedPart] = []
        for section in laid:
            shown = []
            for placed in section.items:
                hash, told = self._told(placed, draft)
                shared.setdefault(hash, told)
                shown.append((hash, placed.why, placed.block))
            parts.append((section.title, shown))
        issue = _issue(draft, say, id)
        head, hash = self._head(issue)
        shared[hash] = head
        frame, count = frame_of(issue, hash, parts), sum(len(shown) for _, shown in parts)
        texts = _Texts(self._imprint, shared)
        return Frozen(issue.id, issue.edition, issue.period, issue.made_at, CURRENT, count, frame, texts)

    def _head(self, issue: Issue) -> tuple[str, str]:
        """What the issue shares with all of its edition and language, and its hash."""
        own = (issue.title, issue.base_url, issue.publisher, issue.language, issue.accent, issue.introduction)
        key = (*own, *issue.words.values())
        if key not in self._heads:
            head = head_of(issue)
            self._heads[key] = head, hash_of(head)
        return self._heads[key]

    def _told(self, placed: Placed, draft: Draft) -> tuple[str, str | _Told]:
        """The hash of an item as it is told, and the text where it is new, else what it can be made of again."""
        # What an item says is the same wherever it is told in the same words; the reason is the reader's own.
        # Letters that share a fragment have the very same view, which is found without going over its words.
        item, view = placed.pick.item, placed.view
        known = self._known.get(id(view))
        if known is not None and known.item is item:
            return known.hash, known
        text = _text(item, view, self._imprint, draft.due.until)
        known = _Told(view, item, draft.due.until, hash_of(text))
        keep(self._known, id(view), known, _KEPT)
        return known.hash, text


def _text(item: Item, view: ItemView, imprint: Imprint, now: datetime) -> str:
    return item_text(as_told(item, view, imprint, now))


def _issue(draft: Draft, say: English, id: str) -> Issue:
    """The issue without its parts."""
    edition, made_at = draft.edition, draft.due.until
    title = shorten(clean(edition.title), TITLE) or clean(draft.sender.name) or edition.name
    zone = zone_named(draft.due.subscriber.schedule.timezone)
    day = say.day(made_at.astimezone(zone).date())
    return Issue(
        id=id or draft.digest_id,
        edition=edition.name,
        period=draft.due.period,
        made_at=made_at,
        title=title,
        base_url=draft.sender.base_url.rstrip("/"),
        publisher=clean(draft.sender.name),
        language=say.code,
        direction=say.direction,
        accent=edition.accent,
        introduction=paragraphs(edition.introduction),
        words={
            "why": say.why, "library": say.via_library, "cite": say.cite, "contents": say.contents,
            "nothing": say.nothing_carried,
        },
        citation=say.citation(title, draft.due.period, day, personal=not id),
        personal=not id,
        form=CURRENT,
    )  # fmt: skip


def as_told(item: Item, view: ItemView, imprint: Imprint, now: datetime) -> Carried:
    """An item in the words of this view, at `now`."""
    day = item.published_at
    return Carried(
        id=item.id,
        title=view.title,
        url=view.url,
        kind=item.kind,
        language=item.language or "",
        marks=(view.language, view.direction),
        source=item.source,
        source_title=shorten(clean(imprint.sources.get(item.source) or item.source), AUTHOR),
        feed=imprint.feeds.get(item.source, ""),
        author=shorten(clean(item.author), AUTHOR),
        published=moment(day.astimezone(UTC)) or "" if day else "",
        topics=tuple((tag.id, clean(imprint.topics.get(tag.id) or tag.id)) for tag in item.topics),
        meta=view.meta,
        facts=tuple((fact.text, fact.strong) for fact in view.facts),
        excerpt=view.excerpt,
        also_in=view.also_in,
        library=view.library,
        occasion=_dates(item),
        events=entries(replace(item, title=view.title, url=view.url), now),
    )


def _dates(item: Item) -> Mapping[str, object] | None:
    """The dated side as it was told, without the evidence for it, which is the source's own words at length."""
    return occasion_to_json(replace(item.occasion, evidence="", said={})) if item.occasion else None
