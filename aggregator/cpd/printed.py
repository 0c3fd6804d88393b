"""A sheet as a page to print or to save as PDF, from `templates/web/cpd/print.html`. It asks nobody for anything:
its style is in it, and it has no script."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.cpd.columns import Cell
from aggregator.cpd.sheet import Sheet

if TYPE_CHECKING:
    from jinja2 import Environment

WIDEST = 7  # columns: more of them are set one below the other


def page(sheet: Sheet, templates: Sequence[Path]) -> str:
    """The page; `templates` are folders that hold `web/`, the operator's own first."""
    made = _environment(templates).get_template("web/cpd/print.html").render(
        sheet=sheet, scheme=sheet.scheme, say=sheet.words.say, wide=len(sheet.headings) > WIDEST,
        name_of=sheet.words.name, cell=lambda value: _shown(value, sheet),
    )  # fmt: skip
    return made + "\n"


def _environment(templates: Sequence[Path]) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader([str(folder) for folder in templates]), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _shown(cell: Cell, sheet: Sheet) -> str:
    if cell is None:
        return ""
    return sheet.words.number(cell) if isinstance(cell, Decimal) else str(cell)
