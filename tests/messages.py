"""Every text that a catalogue has to translate, found in the code and the templates."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from babel.messages.extract import extract_from_file
from jinja2.ext import babel_extract

from aggregator.compose import pages, phrases
from aggregator.compose.languages import plain_words
from aggregator.compose.tables import EVIDENCE, REASONS, TABLES
from aggregator.web.log_words import MESSAGES

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
    return _python(WEB.rglob("*.py")) | _jinja((TEMPLATES / "web").rglob("*.html")) | MESSAGES


def _python(paths: Iterable[Path]) -> set[Message]:
    """By the syntax tree, so that calls within f-strings are seen too."""
    calls = (
        node for path in paths for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
    )
    return {message for call in calls if (message := _message(call)) is not None}


def _message(call: ast.Call) -> Message | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if name in ("t", "N_") and texts:
        return texts[0]
    return (texts[0], texts[1]) if name == "n" and len(texts) == 2 else None


def _jinja(paths: Iterable[Path]) -> set[Message]:
    keywords = {"_": None, "ngettext": (1, 2)}
    return {call[1] for path in paths for call in extract_from_file(babel_extract, path, keywords=keywords)}
