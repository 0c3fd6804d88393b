"""What one cell of a roster may hold, whatever its column: a text, a list, a name that is known."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aggregator.config.fields import meant, shortened
from aggregator.config.languages import base_language

Cell = str | list[str]

LONGEST = 200
MOST_IN_A_LIST = 500


class Mistake(ValueError):
    """What is wrong with one cell, and what to write instead."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(what)


def text_of(cell: Cell) -> str:
    if isinstance(cell, list):
        if len(cell) > 1:
            raise Mistake("this should be one value, not a list", "write one value")
        return text_of(cell[0]) if cell else ""
    return " ".join(cell.split())


def code(text: str) -> str:
    try:
        base = base_language(text)
    except ValueError as error:
        raise Mistake(f"'{shortened(text)}' is not a language", str(error)) from None
    if base is None:
        raise Mistake(f"'{shortened(text)}' names no single language", "write a code such as en, it or pt-BR")
    return base


def listed(cell: Cell, separators: str) -> list[str]:
    """The parts of a cell: separated by ';', a line break, and these further signs; repeats count once."""
    texts = [cell] if isinstance(cell, str) else cell
    parts = [" ".join(part.split()) for text in texts for part in re.split(f"[;\n{separators}]", text)]
    if isinstance(cell, str) and re.fullmatch(r"\[[^\]]*\]", cell.strip()):
        raise Mistake("brackets are not needed in a list", "write one;two")
    found = list(dict.fromkeys(part for part in parts if part))
    if len(found) > MOST_IN_A_LIST:
        raise Mistake("the list is too long", f"at most {MOST_IN_A_LIST} entries")
    for part in found:
        if len(part) > LONGEST:
            raise Mistake(f"'{shortened(part)}' is too long", f"at most {LONGEST} characters; is a ';' missing?")
    return found


def known_name(text: str, known: Mapping[str, str], noun: str) -> str:
    found = known.get(text) or known.get(text.lower())
    if found is None:
        few = f"one of: {', '.join(known)}" if len(known) <= 20 else "feeds.yaml says which there are"
        raise Mistake(f"'{shortened(text)}' is not {noun}", meant(text, known) or few)
    return found


def whole(text: str) -> int | None:
    """A whole number, also as spreadsheets write it (8.0)."""
    return int(re.sub(r"\.0+$", "", text)) if re.fullmatch(r"\d{1,6}(\.0+)?", text) else None
