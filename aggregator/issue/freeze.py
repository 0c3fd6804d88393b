"""From a letter, as it was laid out, to an issue that does not change any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from aggregator.compose import Laid, Placed
from aggregator.compose.phrases import English
from aggregator.compose.plain import clean, paragraphs, shorten
from aggregator.compose.view import ItemView
from aggregator.compose.zones import zone_named
from aggregator.issue.document import Carried, Frozen, Issue, Part, Shown, frame_of, hash_of, head_of, item_text
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


class Freezer:
    """Freezes the issues of one run; what letters share is put into words once."""

    def __init__(self, imprint: Imprint) -> None:
        self._imprint = imprint
        self._known: dict[tuple[str, int, ItemView], tuple[Carried, str, str]] = {}
        self._heads: dict[str, str] = {}

    def freeze(self, draft: Draft, laid: Sequence[Laid], say: English, id: str = "") -> Frozen:
        """The issue of a letter; with an `id`, that of the edition, with nothing of any reader in it."""
        hashes: dict[str, str] = {}
        shared: dict[str, str] = {}
        parts = []
        for section in laid:
            shown = []
            for placed in section.items:
                carried, text, hash = self._carried(placed, draft)
                hashes[carried.id], shared[hash] = hash, text
                shown.append(Shown(carried, placed.why, placed.block))
            parts.append(Part(section.title, tuple(shown)))
        issue = _issue(draft, say, tuple(parts), id)
        head = head_of(issue)
        hash = self._heads.setdefault(head, hash_of(head))
        frame, count = frame_of(issue, hash, hashes), len(issue.shown)
        return Frozen(
            issue.id, issue.edition, issue.period, issue.made_at, CURRENT, count, frame, shared | {hash: head}
        )

    def _carried(self, placed: Placed, draft: Draft) -> tuple[Carried, str, str]:
        # What an item says is the same wherever it is told in the same words; the reason is the reader's own.
        item = placed.pick.item
        key = (item.id, item.revision, placed.view)
        if key not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            carried = as_told(placed.pick.item, placed.view, self._imprint, draft.due.until)
            text = item_text(carried)
            self._known[key] = carried, text, hash_of(text)
        return self._known[key]


def _issue(draft: Draft, say: English, parts: tuple[Part, ...], id: str) -> Issue:
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
        parts=parts,
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
