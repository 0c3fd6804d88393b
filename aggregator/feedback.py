"""A reader's "more" or "less like this" on one item, taken: kept as a mark, and felt from the next letter on.

The learned part of a profile is always counted anew from all marks, so that it can be read, taken back and reset,
and a run that dies in between is set right by the next mark."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from aggregator.model import Item, Subscriber
from aggregator.rank.affinity import Mark, learned, traits
from aggregator.store import Marked, Store

MORE, LESS = 1, -1


def mark(store: Store, reader: Subscriber, item: Item, value: int, now: datetime) -> Subscriber:
    """Keep MORE or LESS like this item; an earlier word on the same item gives way."""
    store.feedback.mark(reader.id, Marked(item.id, value, traits(item), now))
    return _counted(store, reader, now)


def take_back(store: Store, reader: Subscriber, item_id: str | None, now: datetime) -> Subscriber:
    """Forget the mark on one item, or with None every mark: what stays is what the reader set by hand."""
    store.feedback.forget(reader.id, item_id)
    return _counted(store, reader, now)


def _counted(store: Store, reader: Subscriber, now: datetime) -> Subscriber:
    marks = (Mark(one.traits, one.value) for one in store.feedback.of(reader.id))
    changed = replace(reader, profile=replace(reader.profile, learned=learned(marks)))
    stored = store.subscribers.choose(changed, now)
    if stored is None:  # erased in the same moment: then no mark may stay either
        store.feedback.forget(reader.id)
    return stored or changed
