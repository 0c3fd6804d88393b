"""Keys that say nothing: a feed that gives all its entries one identifier, link or title tells nothing by it."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.dedupe.titles import similar
from aggregator.model import Item
from aggregator.text import title_key
from aggregator.urls import address_key


def doubtful(keyed: Sequence[tuple[Item, Sequence[str]]]) -> set[tuple[str, str]]:
    """(source, key) pairs that entries of one reading share although they differ otherwise."""
    first: dict[tuple[str, str], Item] = {}
    shared: dict[tuple[str, str], list[Item]] = {}
    for item, item_keys in keyed:
        for key in item_keys[1:]:  # all but `e:`, which is the whole entry
            pair = (item.source, key)
            if pair in first:
                shared.setdefault(pair, [first[pair]]).append(item)
            else:
                first[pair] = item
    return {pair for pair, items in shared.items() if _differ(pair[1][0], items)}


def _differ(kind: str, items: Sequence[Item]) -> bool:
    """Whether entries that share a key of this kind are told apart by something as sure."""
    titles = {title_key(item.title) for item in items}
    addresses = {address_key(item.url) for item in items if item.url}
    guids = {item.guid for item in items if item.guid}
    if kind == "g":
        return len(titles) > 1 or len(addresses) > 1
    if kind == "u":
        named = sorted(titles)
        alike = all(similar(named[0], title) for title in named[1:])
        return len(titles) > 1 and (len(guids) > 1 or len(titles) > 2 or not alike)
    return len(items) > 2 or (len(guids) > 1 and len(addresses) > 1)
