"""Every text that a catalogue has to translate, found in the code and the templates."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from babel.messages.extract import extract_from_file
from jinja2.ext import babel_extract

from aggregator.compose import pages, phrases
from aggregator.compose.languages import plain_words
from aggregator.compose.tables import EVIDENCE, REASONS, TABLES

Message = str | tuple[str, ...]
TEMPLATES = pages.shipped().parent
WEB = Path(str(phrases.__file__)).resolve().parent.parent / "web"


def of_letters() -> set[Message]:
    """Every text of phrases.py."""
    source = Path(str(phrases.__file__))
    calls = extract_from_file("python", source, keywords={"_t": None, "_n": (1, 2)})
    found: set[Message] = {call[1] for call in calls}
    found |= {text for table in TABLES for text in table.values()}
    return found | set(plain_words().values()) | set(REASONS) | set(EVIDENCE)


def of_pages() -> set[Message]:
    """Every text of web/ and of its templates."""
    return _python(WEB.rglob("*.py")) | _jinja((TEMPLATES / "web").rglob("*.html"))


def _python(paths: Iterable[Path]) -> set[Message]:
    keywords = {"t": None, "N_": None, "n": (1, 2)}
    return {call[1] for path in paths for call in extract_from_file("python", path, keywords=keywords)}


def _jinja(paths: Iterable[Path]) -> set[Message]:
    keywords = {"_": None, "ngettext": (1, 2)}
    return {call[1] for path in paths for call in extract_from_file(babel_extract, path, keywords=keywords)}
