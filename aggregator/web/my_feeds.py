"""A reader's own feeds and calendar, at a secret address that can be replaced: feed readers know no links that
expire."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import accumulate
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.routing import Route

from aggregator.issue import Issue, Shown
from aggregator.issue.feeds import Head, atom_document, atom_entry, json_document, json_item
from aggregator.model import Subscriber
from aggregator.store import Kept
from aggregator.tokens import feed_token
from aggregator.web.forms import Form
from aggregator.web.items import dates
from aggregator.web.kept import is_held
from aggregator.web.pages import PRIVATE, conditional
from aggregator.web.parts import Here, Me, Parts, anybody, mine
from aggregator.web.shown import MEDIA_TYPES
from aggregator.web.words import N_

MY_NAV = [("/feeds", N_("My feeds"))]

FORMS = ("atom", "json", "ics")
ITEMS = 100  # in a feed
LETTERS = 60  # newest letters looked at for a feed
DATED = timedelta(days=400)  # letters whose dates are in the calendar
_FRESH = 900  # seconds for which a feed reader may keep it
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


def routes(parts: Parts) -> list[Route]:
    return [
        anybody(parts, "/feeds/{token}.{form}", _feed),
        mine(parts, "/feeds", _page, "GET", "POST", private=True),
    ]


# ------------------------------------------------------------------------------------------------------- the page
def _page(me: Me, form: Form) -> Response:
    """The addresses; a POST makes new ones or ends them. Both leave the former ones dead."""
    done = _changed(me, form) if me.here.request.method == "POST" else ""
    key = me.store.feed_keys.of(me.reader.id)
    made_at = key.made_at if key and key.hash else None
    token = feed_token(me.parts.app.signer, me.reader.id, key.serial) if key and key.hash else ""
    # After a change of the secret the address still opens the feeds, but can't be shown any more.
    known = bool(token) and me.store.feed_keys.owner(token) == me.reader.id
    addresses = _addresses(me.parts, token) if known else []
    return me.page("my_feeds", addresses=addresses, made_at=made_at, done=done, action=me.url("feeds"))


def _changed(me: Me, form: Form) -> str:
    wish = form.get("do")
    if wish not in ("new", "end"):
        return ""
    key = me.store.feed_keys.of(me.reader.id)
    serial = key.serial + 1 if key else 1
    token = feed_token(me.parts.app.signer, me.reader.id, serial) if wish == "new" else ""
    return wish if me.store.feed_keys.replace(me.reader.id, serial, token, me.now) else "late"


def _addresses(parts: Parts, token: str) -> list[tuple[str, str]]:
    """(form, address). A calendar is subscribed to by webcal:, which programs for calendars listen to."""
    start = f"{parts.base_url}/feeds/{token}"
    where = urlsplit(start)
    return [
        ("atom", f"{start}.atom"),
        ("json", f"{start}.json"),
        ("ics", f"webcal://{where.netloc}{where.path}.ics"),
    ]


# ------------------------------------------------------------------------------------------------------ the feeds
def _feed(here: Here, _: Form) -> Response:
    """What this reader's letters carried, newest first. Asked again, it is answered from the names of the letters
    alone."""
    token, form = here.path("token"), here.path("form")
    reader = _owner(here, token) if form in FORMS and _TOKEN.fullmatch(token) else None
    if reader is None:
        return here.nothing()
    if form == "ics":
        return _calendar(here, reader)
    letters = here.store.issues.listed(reader.id, limit=LETTERS)
    etag = f'"{hashlib.sha256("|".join([form, token, *(one.id for one in letters)]).encode()).hexdigest()[:20]}"'
    headers = _headers(here) | {"ETag": etag}
    if is_held(here.request, etag):
        return Response(None, 304, headers)
    wanted = [one.id for one in letters[: _enough(letters)]]
    issues = [issue for id in wanted if (issue := here.store.issues.get(id, reader.id))]
    return Response(_written(here, form, token, issues, reader), 200, headers, MEDIA_TYPES[form])


def _enough(letters: Sequence[Kept]) -> int:
    """How many of the newest letters fill a feed."""
    counts = accumulate(one.count for one in letters)
    return next((place for place, count in enumerate(counts, 1) if count >= ITEMS), len(letters))


def _owner(here: Here, token: str) -> Subscriber | None:
    owner = here.store.feed_keys.owner(token)
    reader = here.store.subscribers.get(owner) if owner else None
    return reader if reader and reader.status == "active" else None


def _headers(here: Here) -> dict[str, str]:
    """Kept by the reader's own program, by nobody between."""
    return here.parts.pages.headers | {
        "Cache-Control": f"private, max-age={_FRESH}",
        "X-Robots-Tag": PRIVATE["X-Robots-Tag"],
    }


def _written(here: Here, form: str, token: str, issues: list[Issue], reader: Subscriber) -> bytes:
    base_url, app = here.parts.base_url, here.parts.app
    named = here.parts.pages.words(reader.language).t("my selection")
    title = f"{app.edition(reader.edition).title}: {named}"
    updated = max((issue.made_at for issue in issues), default=reader.signed_up_at or here.now)
    author = app.sender.name or app.edition(reader.edition).title
    head = Head(title, f"{base_url}/feeds/{token}", author, reader.language, updated)
    shown = _once(issues)
    if form == "atom":
        lines = [line for one, issue in shown for line in atom_entry(one, base_url, issue.made_at)]
        return atom_document(head, lines).encode("utf-8", "replace")
    return json_document(head, [json_item(one, base_url, i.made_at) for one, i in shown], {}).encode(
        "utf-8", "replace"
    )


def _once(issues: Iterable[Issue]) -> list[tuple[Shown, Issue]]:
    """Each item once, as it was told last."""
    found: dict[str, tuple[Shown, Issue]] = {}
    for issue in issues:
        for one in issue.shown:
            found.setdefault(one.item.id, (one, issue))
    return list(found.values())[:ITEMS]


def _calendar(here: Here, reader: Subscriber) -> Response:
    """The dates of what letters carried, as they are now: one that has moved since has moved here, too."""
    since = here.now - DATED
    ids = here.store.issues.carried(reader.id, since)
    held = here.store.items.get(ids)
    dated = [held[id] for id in ids if id in held and held[id].occasion]
    named = here.parts.pages.words(reader.language).t("my dates")
    title = f"{here.parts.app.edition(reader.edition).title}: {named}"
    return conditional(here.request, dates(dated, here.now, title), MEDIA_TYPES["ics"], _headers(here))
