"""How the items of a letter stand under headings, and why each is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from aggregator.compose.phrases import ENGLISH, English
from aggregator.compose.plain import clean, shorten
from aggregator.compose.reasons import in_words_of
from aggregator.compose.view import NAME, REASON, ItemView
from aggregator.compose.zones import zone_named
from aggregator.model import Draft, Pick, Section


class Placed(NamedTuple):
    """An item as it stands in a letter: in words, with the reason, and under a heading of its own where `block` is
    not empty."""

    pick: Pick
    view: ItemView
    why: str
    block: str


class Laid(NamedTuple):
    """A section of a letter with what stands in it."""

    title: str
    items: tuple[Placed, ...]


BY_TOPIC = "reading"  # the section that is parted by topic where it is long
BY_TOPIC_FROM = 8  # items
TOGETHER = 2  # items that make a group


def grouped(draft: Draft) -> Draft:
    """A long section of reading in groups by topic, the reader's own topics first where an item has several. The
    group with the best item comes first, what stands alone comes last; within a group the order stays."""
    sections = []
    for section in draft.selection.sections:
        groups = _groups(section, draft)
        sections.append(replace(section, picks=_by_topic(section, groups)) if groups else section)
    return replace(draft, selection=replace(draft.selection, sections=tuple(sections)))


def told_apart(titles: Sequence[str], sources: Sequence[str]) -> list[str]:
    """Titles of which no two are the same, since no two links may sound alike and lead apart: those that are get
    their sources' names, and what is still the same a number."""
    counts = Counter(title.casefold() for title in titles)
    named = [
        f"{shorten(title, 200)} ({shorten(clean(source), NAME)})"
        if counts[title.casefold()] > 1 and source
        else title
        for title, source in zip(titles, sources, strict=True)
    ]
    seen: Counter[str] = Counter()
    found = []
    for title in named:
        seen[title.casefold()] += 1
        number = seen[title.casefold()]
        found.append(title if number == 1 else f"{title} {number}")
    return found


def headed(
    draft: Draft, say: English, views: Iterable[ItemView], whys: Iterable[str] | None = None
) -> Iterator[Laid]:
    """The sections of a grouped draft with what stands in them. `views`: of its items, in their order; `whys`:
    their reasons, where they are known already."""
    if whys is None:
        whys = (why(pick, draft, say) for pick in draft.selection.picks)
    following = zip(views, whys, strict=True)
    for section in draft.selection.sections:
        placed, above = [], ""
        for pick, heading in zip(section.picks, _headings(section, draft, say), strict=True):
            placed.append(Placed(pick, *next(following), "" if heading == above else heading))
            above = heading
        if placed:
            yield Laid(say.section(section.name), tuple(placed))


def _headings(section: Section, draft: Draft, say: English) -> list[str]:
    """What each pick stands under, besides its section: reading on one topic, several notes on one event, and then
    what follows after them."""
    if groups := _groups(section, draft):
        labels = [groups[pick.item.id] for pick in section.picks]
        return [shorten(clean(draft.topics.get(id) or id), NAME) if id else say.other_topics for id in labels]
    notes = Counter(pick.item.event for pick in section.picks if pick.item.event)
    if not notes:
        return [""] * len(section.picks)
    events = [pick.item.event if notes[pick.item.event] > 1 else "" for pick in section.picks]
    first = next((place for place, event in enumerate(events) if event), len(events))
    return [
        "" if place < first else say.notes_on(shorten(clean(event), 120)) for place, event in enumerate(events)
    ]


def _groups(section: Section, draft: Draft) -> dict[str, str]:
    """Item id -> the topic it is grouped under, or nothing for what stands alone; empty where a section is not
    parted."""
    if section.name != BY_TOPIC or len(section.picks) < BY_TOPIC_FROM:
        return {}
    weights = draft.due.subscriber.profile.topics
    main: dict[str, str] = {}
    for pick in section.picks:
        ids = [tag.id for tag in pick.item.topics]
        main[pick.item.id] = max(ids, key=lambda id: weights.get(id, 0.0), default="") if ids[1:] else "".join(ids)
    sizes = Counter(main.values())
    groups = {item: topic if sizes[topic] >= TOGETHER else "" for item, topic in main.items()}
    return groups if len(set(groups.values()) - {""}) > 1 else {}


def _by_topic(section: Section, groups: Mapping[str, str]) -> tuple[Pick, ...]:
    order = [topic for topic in dict.fromkeys(groups[p.item.id] for p in section.picks) if topic] + [""]
    return tuple(sorted(section.picks, key=lambda pick: order.index(groups[pick.item.id])))


def why(pick: Pick, draft: Draft, say: English) -> str:
    """The true reason: a topic by the name readers know, with the words that spoke for it where its tag tells; of
    a change, the letter that told otherwise."""
    if pick.told:
        zone = zone_named(draft.due.subscriber.schedule.timezone)
        return say.told_before(say.day(pick.told.at.astimezone(zone).date()))
    reason = clean(pick.why)
    for tag in pick.item.topics:
        known, named = ENGLISH.by_topic(tag.id), ENGLISH.by_topic(draft.topics.get(tag.id) or tag.id)
        if reason in (known, named) and tag.why:
            reason = f"{named} — {clean(tag.why)}"
        elif reason.startswith((f"{known} — ", f"{known};")) or reason == known:
            reason = named + reason.removeprefix(known)
    source = draft.sources.get(pick.item.source) or pick.item.source
    return shorten(in_words_of(say, clean(reason)) or say.by_source(clean(source)), REASON)
