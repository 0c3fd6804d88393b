"""Items in words, for pages and feeds that anybody may read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from starlette.responses import Response

from aggregator.compose.phrases import English
from aggregator.compose.view import ItemView, Setting, base, view
from aggregator.issue import Carried, Imprint, Shown, as_told
from aggregator.issue.feeds import Head, atom_document, atom_entry, json_document, json_item
from aggregator.model import Item, Rights
from aggregator.occasions.ical import calendar_folder
from aggregator.web.parts import Here, Parts

MEDIA_TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",
    "ics": "text/calendar; charset=utf-8",
    "opml": "text/x-opml; charset=utf-8",
}
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # when a feed changed that never had anything in it
_CAUTIOUS = Rights()


class Row(NamedTuple):
    """One item of a list, with the address of its dates for a calendar, if it has any."""

    item: Carried
    calendar: str
    held: Item


@dataclass(frozen=True, slots=True)
class InWords:
    """What items are put into words by: the language of the page, the rights of sources, their names."""

    parts: Parts
    say: English
    now: datetime

    @property
    def imprint(self) -> Imprint:
        app = self.parts.app
        return Imprint(app.source_titles, app.topic_labels, app.public_feeds)

    def rows(self, items: Iterable[Item]) -> list[Row]:
        return [self.row(item) for item in items]

    def row(self, item: Item) -> Row:
        seen = self.seen(item)
        return Row(as_told(item, seen, self.imprint, self.now), seen.calendar, item)

    def seen(self, item: Item) -> ItemView:
        app, say = self.parts.app, self.say
        rights, titles = app.source_rights.get(item.source, _CAUTIOUS), app.source_titles
        others = tuple(
            titles.get(name, name) for name in item.also_in if name != item.source and name in app.public_sources
        )
        setting = Setting(
            say, UTC, base(say.code), titles.get(item.source, item.source), others, rights.words, "",
            calendar_folder(self.parts.base_url), now=self.now, attribution=rights.attribution,
            access=rights.access,
        )  # fmt: skip
        return view(item, setting)


def in_words(here: Here) -> InWords:
    """For the page that is asked for, in its language."""
    return InWords(here.parts, here.say.say, here.now)


# ----------------------------------------------------------------------------------------------------------- feeds
def atom(head: Head, rows: Iterable[Row], base_url: str) -> bytes:
    """An Atom feed of these items; each was updated when its source changed it, or when we first saw it."""
    dated = [(row, changed_at(row.held, head.updated)) for row in rows]
    lines = [line for row, at in dated for line in atom_entry(Shown(row.item), base_url, at)]
    return atom_document(head, lines).encode("utf-8", "replace")


def json_feed(head: Head, rows: Iterable[Row], base_url: str) -> bytes:
    items = [json_item(Shown(row.item), base_url, changed_at(row.held, head.updated)) for row in rows]
    return json_document(head, items, {}).encode("utf-8", "replace")


def changed_at(item: Item, otherwise: datetime) -> datetime:
    """When it last changed, as far as we know."""
    known = [at for at in (item.first_seen_at, item.updated_at, item.dates_changed_at) if at]
    return max(known, default=otherwise)


def feed_answer(here: Here, form: str, content: bytes, name: str) -> Response:
    """A feed, for feed readers to hold for a quarter of an hour, and to ask for again by its ETag."""
    response = here.parts.pages.public(here.request, content, MEDIA_TYPES[form], fresh=900)
    response.headers["Content-Disposition"] = f'inline; filename="{name}.{form}"'
    response.headers["Access-Control-Allow-Origin"] = "*"  # anybody's page may show what anybody may read
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
