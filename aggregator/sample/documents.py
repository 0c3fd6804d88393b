"""The sample sources as bytes, each date counted from a moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from aggregator.model import Document

# file in feeds/ -> the path it is served under and the content type it is served with
_SERVED = {
    "stacks-and-stories.xml": ("/stacks-and-stories.xml", "application/rss+xml; charset=utf-8"),
    "biblioteche-in-cammino.xml": ("/biblioteche-in-cammino.xml", "application/atom+xml; charset=utf-8"),
    "open-shelf-notes.json": ("/open-shelf-notes.json", "application/feed+json"),
    "course-list.xml": ("/course-list.xml", "application/rss+xml; charset=utf-8"),
    "metadata-desk.rdf": ("/metadata-desk.rdf", "application/rdf+xml"),
    "noticeboard.xml": ("/noticeboard.xml", "text/xml; charset=utf-8"),
    "bookmobile-news.html": ("/bookmobile-news.xml", "text/html; charset=utf-8"),
}


def documents(now: datetime) -> Mapping[str, Document]:
    """Path -> what the sample sources serve there at `now` (aware): posts of the last days, courses of the next
    weeks, one post of years ago, one course that has closed, one page that is no feed."""
    words = _words(now.astimezone(UTC))
    served = {}
    for name, (path, content_type) in _SERVED.items():
        text = _filled(f"feeds/{name}", words)
        served[path] = Document(text.encode(), content_type=content_type)
    return served


def catalogue(base: str) -> str:
    """The text of a feeds.yaml that watches the sample sources at the address `base` (no slash at its end)."""
    return _filled("feeds.yaml", {"base": base})


def _words(now: datetime) -> dict[str, object]:
    """What the samples call: `rss(2.5)` and `iso(2.5)` are moments so many days ago, `day(3)` a day to come."""

    def ago(days: float) -> datetime:
        return (now - timedelta(days=days)).replace(microsecond=0)

    return {
        "rss": lambda days: format_datetime(ago(days)),
        "iso": lambda days: ago(days).isoformat(),
        "day": lambda days: (now + timedelta(days=days)).date().isoformat(),
    }


def _filled(name: str, words: Mapping[str, object]) -> str:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(text).render(words)
