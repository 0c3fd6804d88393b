"""What readers wish for, cell by cell: topics, words, kinds, sources and authors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

from aggregator.config.cells import Cell, Mistake, code, known_name, listed, text_of
from aggregator.config.fields import shortened
from aggregator.model import ITEM_KINDS, KIND_ALIASES, Catalogue

# A kind that is named without a factor is wanted; 1 would change nothing.
WANTED_KIND = 2.0


def words(cell: Cell, _: Catalogue) -> tuple[str, ...]:
    return tuple(listed(cell, "|"))


def searches(cell: Cell, _: Catalogue) -> tuple[str, ...]:
    return tuple(listed(cell, ""))  # a search may hold any sign but ';'


def languages(cell: Cell, _: Catalogue) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code(part) for part in listed(cell, "|,")))


def topics(cell: Cell, catalogue: Catalogue) -> dict[str, float]:
    known = _topic_names(catalogue)
    return _weighed(cell, known, "a topic", (1.0, 3.0), 1.0)


def mute(cell: Cell, catalogue: Catalogue) -> tuple[str, ...]:
    known = _topic_names(catalogue)
    return tuple(
        dict.fromkeys(named(part, catalogue) or known_name(part, known, "a topic") for part in listed(cell, "|,"))
    )


def follow(cell: Cell, catalogue: Catalogue) -> tuple[str, ...]:
    found = []
    for part in listed(cell, "|,"):
        name = named(part, catalogue)
        if not name:
            raise Mistake(
                f"'{shortened(part)}' is no source or author",
                "write source:ID ('aggregator sources list' shows them) or author:NAME",
            )
        found.append(name)
    return tuple(dict.fromkeys(found))


def named(part: str, catalogue: Catalogue) -> str:
    """`source:ID` or `author:NAME` as it is kept, '' if the part names neither. Raises Mistake."""
    what, colon, name = part.partition(":")
    what, name = what.strip().lower(), name.strip()
    if not colon or what not in ("source", "author") or not name:
        return ""
    if what == "author":
        return f"author:{name}"
    return "source:" + known_name(name, _source_names(catalogue), "a source")


def _source_names(catalogue: Catalogue) -> dict[str, str]:
    """Sources by id, and by title in lower case."""
    by_title = {source.title.lower(): id for id, source in catalogue.sources.items() if source.title}
    return by_title | {id: id for id in catalogue.sources}


def discovery(cell: Cell, _: Catalogue) -> bool:
    text = text_of(cell).lower()
    if text in ("", "yes", "y", "true", "1", "on"):
        return True
    if text in ("no", "n", "false", "0", "off"):
        return False
    raise Mistake(f"'{shortened(text)}' is neither yes nor no", "write yes or no")


def kinds(cell: Cell, _: Catalogue) -> dict[str, float]:
    known = {kind: kind for kind in ITEM_KINDS} | dict(KIND_ALIASES)
    return _weighed(cell, known, "a kind of item", (0.0, 10.0), WANTED_KIND)


def _weighed(
    cell: Cell, known: Mapping[str, str], noun: str, between: tuple[float, float], otherwise: float
) -> dict[str, float]:
    """`name:weight;name` as name -> weight."""
    found: dict[str, float] = {}
    for part in listed(cell, "|,"):
        name, colon, written = part.partition(":")
        thing = known_name(name.strip(), known, noun)
        weight = _weight(part, written.strip(), between) if colon else otherwise
        if found.get(thing, weight) != weight:
            raise Mistake(f"'{thing}' is there twice with different weights", "keep one of them")
        found[thing] = weight
    return found


def _weight(part: str, written: str, between: tuple[float, float]) -> float:
    low, high = between
    try:
        weight = float(written)
    except ValueError:
        weight = math.nan
    if not low <= weight <= high:
        raise Mistake(
            f"'{shortened(part)}': the weight must be {low:g} to {high:g}",
            f"write it like {part.partition(':')[0]}:2",
        )
    return weight


@lru_cache(8)
def _names_of(topics: tuple[tuple[str, str], ...]) -> dict[str, str]:
    by_label = {label.lower(): id for id, label in topics if "," not in label}
    return by_label | {id: id for id, _ in topics}


def _topic_names(catalogue: Catalogue) -> Mapping[str, str]:
    """Topics by id, and by label in lower case."""
    return _names_of(tuple((topic.id, topic.label) for topic in catalogue.topics.values()))
