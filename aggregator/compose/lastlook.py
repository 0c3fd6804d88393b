"""The last look at the letters of a run: as `preflight` looks, but at what letters share only once.

A letter is cleared when its bytes are, one after the other, its own frame and pieces that have passed, and the
frame passes as a letter without sections. Where that is not so, `preflight` looks at the whole letter and decides;
so it does with the first letters of each shape, and with some of all the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote

from markupsafe import escape

from aggregator.compose import mime
from aggregator.compose.letter import Composed
from aggregator.compose.plan import Plan
from aggregator.compose.preflight import (
    SIZE,
    Seen,
    bytewise,
    header,
    items,
    links,
    marks,
    parts,
    preflight,
    privacy,
    public,
)
from aggregator.compose.voice import Both
from aggregator.model import Draft, Item
from aggregator.occasions import closed

FIRST = 3  # letters of each shape that are looked at as a whole
ONE_IN = 100  # of the others too
KEPT = 50_000  # pieces that have passed

_END_OF_HEAD = b"\r\n\r\n"
_ANY_PAGES = "https://pages.example/of/a/reader"  # in the slots of a piece while it is looked at


class _Passed(NamedTuple):
    """What must be known of a piece that has passed: its links, and all its addresses as `privacy` reads them."""

    links: tuple[str, ...]
    public: str


_NOTHING = _Passed((), "")  # reasons and headings, which are most pieces: one for all of them


class LastLook:
    """Keep one for a whole run: it knows what has passed."""

    def __init__(self) -> None:
        self._passed: dict[Both, _Passed] = {}
        self._shapes: Counter[tuple[object, ...]] = Counter()
        self._count = 0
        self._closed: dict[tuple[str, str], tuple[Item, datetime, bool]] = {}

    def at(self, written: Composed, now: datetime | None = None) -> list[str]:
        """Everything that is wrong with a letter: what `preflight` says, and what only its plan tells."""
        letter, draft, plan = written.letter, written.draft, written.plan
        now = now or draft.due.until
        if plan is None:
            return preflight(letter, draft, now)
        frame, passed = _frame(letter.content, plan), self._of(plan.pairs)
        if frame is None:
            known = b"\r\nContent-Transfer-Encoding: base64\r\n" in letter.content
            return preflight(letter, draft, now) + (
                [] if known else ["The letter is not what it was joined from."]
            )
        lost = _lost(written, passed)
        tried = self._is_tried(draft) or bool(lost) or None in passed
        if not tried and not any(self._faults(written, frame, passed, now)):
            return []
        return preflight(letter, draft, now) + lost

    def _is_tried(self, draft: Draft) -> bool:
        """Whether this letter is one of those that are looked at as a whole, whatever is known."""
        shape = _shape(draft)
        self._shapes[shape] += 1
        self._count += 1
        return self._shapes[shape] <= FIRST or self._count % ONE_IN == 0

    def _faults(
        self, written: Composed, frame: bytes, passed: Sequence[_Passed | None], now: datetime
    ) -> Iterator[str]:
        """What is wrong with the frame, as a letter without sections; with the items of its draft; with the
        addresses in its pieces, for this reader."""
        letter, draft, seen = written.letter, written.draft, Seen(mime.opened(frame))
        if len(letter.content) > SIZE:
            yield "It is too large."
        also = "\n".join(
            [unquote(draft.item_pages).lower(), *(one.public for one in passed if one and one.public)]
        )
        yield from bytewise(frame)
        yield from header(seen.fields, letter, draft)
        yield from parts(seen, draft)
        yield from items(draft, now, self._is_closed)
        yield from links(seen)
        yield from privacy(seen, letter, also)
        yield from marks(seen)

    def _of(self, pairs: Sequence[Both]) -> list[_Passed | None]:
        known = self._passed.get
        return [known(pair) or self._look_at(pair) for pair in pairs]

    def _look_at(self, pair: Both) -> _Passed | None:
        found = _passed(pair)
        if found:
            if len(self._passed) >= KEPT:
                self._passed.clear()
            self._passed[pair] = found
        return found

    def _is_closed(self, item: Item, now: datetime, zone: str) -> bool:
        known = self._closed.get((item.id, zone))
        if known is None or known[0] is not item or known[1] != now:
            if len(self._closed) >= KEPT:
                self._closed.clear()
            known = item, now, item.occasion is not None and closed(item.occasion, now, zone)
            self._closed[item.id, zone] = known
        return known[2]


def _shape(draft: Draft) -> tuple[object, ...]:
    """What makes a letter be put together in another way."""
    own = (draft.item_pages, draft.return_path, draft.leave_address, draft.test, draft.selection.held_back)
    sections = tuple(section.name for section in draft.selection.sections if section.picks)
    return (draft.edition.name, draft.due.subscriber.language, sections, *map(bool, own))


def _frame(content: bytes, plan: Plan) -> bytes | None:
    """The letter without its sections, if its bytes are what the plan says, in both parts."""
    text = mime.filled(b"".join([pair.text for pair in plan.pairs]), plan.pages)
    html = mime.filled(b"".join([pair.html for pair in plan.pairs]), escape(plan.pages))
    at, begun, left = content.find(_END_OF_HEAD), 0, []
    for kind, before, sections, after in (
        (b"text/plain;", plan.before.text, text, plan.after.text),
        (b"text/html;", plan.before.html, html, plan.after.html),
    ):
        start = content.find(_END_OF_HEAD, at + 1) + len(_END_OF_HEAD)  # of this part's body
        if kind not in content[at:start] or not content.startswith(before + sections + after, start):
            return None
        left.append(content[begun : start + len(before)])
        begun = start + len(before) + len(sections)
        at = begun + len(after) - 1  # the last byte of the line before the boundary
    return b"".join([*left, content[begun:]])


def _lost(written: Composed, passed: Sequence[_Passed | None]) -> list[str]:
    """Items whose address is in none of the pieces. Of pieces that have not passed nothing can be said."""
    if None in passed:
        return []
    there = {link for one in passed if one for link in one.links}
    shown = (placed for part in written.laid for placed in part.items)
    return [
        f"The item {one.pick.item.id} is not in the letter."
        for one in shown if one.view.url and one.view.url not in there
    ]  # fmt: skip


def _passed(pair: Both) -> _Passed | None:
    """What is to be known of a piece, if nothing is wrong with it, whatever letter it is put into."""
    html, text = (mime.filled(part, _ANY_PAGES) for part in pair)
    if not (_is_whole(html) and _is_whole(text)):
        return None
    seen = Seen(mime.Opened((), mime.lines_of(text), mime.lines_of(html)))
    if any(links(seen)) or marks(seen):
        return None
    found = _Passed(tuple({address for address, _ in seen.links}), public(seen))
    return _NOTHING if found == _NOTHING else found


def _is_whole(part: bytes) -> bool:
    """Whether it is lines of quoted-printable, so that what is before and after it can't change what it says."""
    return (not part or part.endswith(mime.CRLF)) and not any(bytewise(part))
