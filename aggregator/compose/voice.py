"""What letters in one language and colour say around their items, rendered and encoded once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar
from urllib.parse import quote

from markupsafe import Markup

from aggregator.compose import mime, pages
from aggregator.compose.arrange import why
from aggregator.compose.phrases import English
from aggregator.model import Draft, Item, Pick

KEPT = 5_000  # reasons, of about 0.6 kB each
HEADINGS = 2000

K = TypeVar("K")
V = TypeVar("V")
_HERE = Markup("\1")  # where the link to the reader's own page goes, while what stands around it is rendered


class Both(NamedTuple):
    """The same in both parts of a letter, encoded (see `mime.piece`)."""

    html: bytes
    text: bytes


class Below(NamedTuple):
    """What stands below an item: the reason, before and after the link to the reader's own page of it; `marked`:
    whether there is one."""

    why: str
    marked: bool
    before: Both
    after: Both


class Voice:
    """One for each language and colour of letters."""

    def __init__(self, templates: pages.Pages, say: English, accent: str) -> None:
        self.say, values = say, {"say": say, **pages.accents(accent)}
        self._html, self._text = templates.parts("parts_html", values), templates.parts("parts_text", values)
        self._headings: dict[tuple[str, str], Both] = {}
        self._said: dict[tuple[str, bool], Below] = {}
        self._reasons: dict[tuple[str, str, bool], tuple[Item, Below]] = {}

    def heading(self, title: str) -> Both:
        """The heading of a section."""
        return self._heading("heading", title)

    def block(self, words: str) -> Both:
        """What stands above items that belong together."""
        return self._heading("block", words)

    def below(self, pick: Pick, draft: Draft) -> Below:
        """What stands below the item; without a place for the link where the reader has no page of it."""
        marked = bool(draft.item_pages)
        if pick.told:
            return self._below(why(pick, draft, self.say), marked)
        key = (pick.item.id, pick.why, marked)
        known = self._reasons.get(key)
        if known and known[0] is pick.item:
            return known[1]
        found = self._below(why(pick, draft, self.say), marked)
        keep(self._reasons, key, (pick.item, found), KEPT)
        return found

    def marking(self, item: str, title: str) -> Both:
        """The link to the reader's own page of the item, below an address that is still to be filled in. It tells
        what it is about: no two links may sound alike and lead apart."""
        page = f"\0/{quote(item, safe='')}"
        return _both(self._html("marking", page, title), self._text("marking", page, title))

    def _heading(self, macro: str, words: str) -> Both:
        key = macro, words
        if key not in self._headings:
            if len(self._headings) >= HEADINGS:
                self._headings.clear()
            self._headings[key] = _both(self._html(macro, words), self._text(macro, words))
        return self._headings[key]

    def _below(self, words: str, marked: bool) -> Below:
        found = self._said.get((words, marked))
        if found is None:
            html, text = (_apart(render, words, marked) for render in (self._html, self._text))
            found = Below(words, marked, _both(html[0], text[0]), _both(html[1], text[1]))
            keep(self._said, (words, marked), found, KEPT)
        return found


def _apart(render: Callable[..., str], words: str, marked: bool) -> tuple[str, str]:
    before, _, after = render("below", words, _HERE if marked else "").partition(_HERE)
    return before, after


def _both(html: str, text: str) -> Both:
    return Both(mime.piece(html), mime.piece(text))


def keep(shelf: dict[K, V], key: K, value: V, most: int) -> None:
    """Put it on the shelf, as its newest; where there are so many already, what has been there longest goes."""
    shelf.pop(key, None)
    if len(shelf) >= most:
        del shelf[next(iter(shelf))]
    shelf[key] = value
