"""What a curator says of one item decides, whatever rules, words and thresholds say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aggregator.model import Correction, Tag

WHY = "given to this item by a curator"


def in_force(corrections: Iterable[Correction]) -> dict[str, dict[str, bool]]:
    """Item -> topic -> wanted or not: for each the newest correction that is not undone."""
    found: dict[str, dict[str, bool]] = {}
    for one in sorted(corrections, key=lambda one: one.n):
        if one.undone_at is None:
            found.setdefault(one.item, {})[one.topic] = one.wanted
    return found


def corrected(tags: Iterable[Tag], wanted: Mapping[str, bool]) -> tuple[Tag, ...]:
    """The tags without what is not wanted, and with what is: that comes first where it was missing. A topic that
    the item has anyway keeps its place and its reason."""
    kept = tuple(tag for tag in tags if wanted.get(tag.id, True))
    known = {tag.id for tag in kept}
    return tuple(Tag(topic, WHY) for topic, yes in wanted.items() if yes and topic not in known) + kept
