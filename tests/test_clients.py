"""What letters use of HTML and CSS stands in the table of what mail programs understand (docs/clients.md)."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import drafts
import pytest

from aggregator.compose import Composer, opened
from aggregator.model import Edition, Selection, Told

ROOT = Path(__file__).resolve().parent.parent


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("clients_maker", ROOT / "docs" / "clients_maker.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["clients_maker"] = module
    spec.loader.exec_module(module)
    return module


def every_page() -> Iterator[str]:
    """Letters that have each part of the templates, from left to right and from right to left."""
    edition = Edition(
        introduction="Hello.\n\nRead on.", postal_address="1 Road\nTown", library_link="https://p.example/?url="
    )
    told = replace(drafts.pick(drafts.EVENT), told=Told(drafts.COURSE.occasion, drafts.NOW))  # type: ignore[arg-type]
    notes = [drafts.pick(drafts.item(20 + n, kind="notes", event="HLC 2026")) for n in range(2)]
    papers = [drafts.pick(drafts.item(40 + n, kind="paper")) for n in range(9)]
    picks = (told, drafts.pick(drafts.COURSE), *notes, *papers, drafts.pick(drafts.item(60, url="")))
    for language in ("en", "ar"):
        reader = replace(drafts.READER, language=language)
        draft = drafts.draft(*picks, reader=reader, edition=edition)
        held = Selection(draft.selection.sections, (drafts.pick(drafts.item(70)),))
        yield opened(Composer().compose(replace(draft, selection=held)).content).html or ""


@pytest.mark.parametrize("page", list(every_page()), ids=["en", "ar"])
def test_nothing_is_used_that_the_table_does_not_name(page: str) -> None:
    told = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    features = maker().used(page)
    assert len(features) > 50
    assert {feature for feature in features if f"`{feature}`" not in told} == set()


def test_what_is_used_is_seen() -> None:
    css = "<style>@font-face{src:x} .a > b, #c{gap:1vw !important}</style><i style='float:left' onclick=1>"
    assert maker().used(css) >= {
        "@font-face", "selector: >", "selector: #c", "gap", "unit: vw", "!important", "<i>", "float", "onclick=",
    }  # fmt: skip
