"""What a reader's own "more like this" and "less like this" teach: a small profile that anybody can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aggregator.model import Item
from aggregator.rank.wishes import AUTHOR, SOURCE, folded

# How many marks it takes to be half sure: one click moves little, and nothing ever moves by more than 1.
DOUBT = 2.0
MOST_TRAITS = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """One gesture: 1 for more, -1 for less like an item that had these traits."""

    traits: tuple[str, ...]
    value: int


def traits(item: Item) -> tuple[str, ...]:
    """What of an item a mark is about: its topics, source, author and kind, as keys of `Profile.learned`."""
    author = folded(item.author)
    return (
        *(f"topic:{tag.id}" for tag in item.topics),
        *((SOURCE + item.source,) if item.source else ()),
        *((AUTHOR + author,) if author else ()),
        f"kind:{item.kind}",
    )


def learned(marks: Iterable[Mark]) -> Mapping[str, float]:
    """Trait -> affinity from -1 to 1, strongest first: (more - less) / (more + less + 2).

    A trait that was marked both ways as often says nothing and is left out. The same marks always give the same
    profile, in whatever order they come, so taking one back is forgetting it and counting again."""
    sums: dict[str, list[int]] = {}
    for mark in marks:
        for trait in mark.traits:
            both = sums.setdefault(trait, [0, 0])
            both[0] += mark.value
            both[1] += abs(mark.value)
    values = {trait: round(total / (count + DOUBT), 2) for trait, (total, count) in sums.items() if total}
    strongest = sorted(values.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    return dict(strongest[:MOST_TRAITS])
