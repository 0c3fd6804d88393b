"""An issue as plain text: 78 columns, every address on a line of its own."""

from __future__ import annotations

from collections.abc import Iterator

from aggregator.compose.plain import wrap
from aggregator.issue.document import Carried, Issue, Shown


def text(issue: Issue) -> str:
    return "\n".join(_lines(issue)) + "\n"


def _lines(issue: Issue) -> Iterator[str]:
    yield wrap(issue.citation)
    for paragraph in issue.introduction:
        yield from ("", wrap(paragraph))
    if not issue.parts:
        yield from ("", wrap(issue.words["nothing"]))
    for part in issue.parts:
        yield from ("", "", part.title, "-" * len(part.title))
        for shown in part.items:
            if shown.block:
                yield from ("", wrap(f"== {shown.block}"))
            yield ""
            yield from _item(shown, issue)
    yield from ("", "", f"{issue.words['cite']}:", wrap(f"{issue.citation}."), issue.address)


def _item(shown: Shown, issue: Issue) -> Iterator[str]:
    item = shown.item
    yield wrap(item.title)
    if item.url:
        yield f"  {item.url}"
    for line in (" · ".join(item.meta), _facts(item), item.excerpt, item.also_in):
        if line:
            yield wrap(line, "  ")
    if item.library:
        yield from (f"  {issue.words['library']}:", f"  {item.library}")
    if shown.why:
        yield wrap(f"{issue.words['why']}: {shown.why}", "  ")


def _facts(item: Carried) -> str:
    return " · ".join(words for words, _ in item.facts)
