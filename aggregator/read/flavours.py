"""What single platforms do differently in feeds that are otherwise like all others. Pure.

Looked for in what an entry says of itself, never in the host: these programs run on anybody's server.
"""

from __future__ import annotations

import re
from dataclasses import replace

from aggregator.model import Entry, Reading

_AT_PROTOCOL = re.compile(r"at://did:[a-z]+:[^/\s]+/app\.bsky\.feed\.post/\S+")
_SAYS_NOTHING = re.compile(r"@\S+ post")  # "@handle post", the same for all posts of an account
_OJS_ARTICLE = re.compile(r"(https?://\S+/article/view/[^/\s?#]+)(?:/[^/\s?#]+)?/?")


def as_meant(reading: Reading) -> Reading:
    """The reading with what its platform's habits hide:

    - Bluesky calls every post "@handle post": the title is then made of the text, as where there is none.
    - Journals on OJS change an article's address, and with it its identifier, when a galley (PDF) is added: it
      stays the article's own.
    """
    return replace(reading, entries=tuple(_as_meant(entry) for entry in reading.entries))


def _as_meant(entry: Entry) -> Entry:
    if _AT_PROTOCOL.fullmatch(entry.guid) and _SAYS_NOTHING.fullmatch(entry.title) and entry.text:
        return replace(entry, title="")
    article = _OJS_ARTICLE.fullmatch(entry.guid) if "/article/view/" in entry.guid else None
    return replace(entry, guid=article[1]) if article else entry
