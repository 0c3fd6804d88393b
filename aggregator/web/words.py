"""The words of the pages in the reader's language: the same catalogues as the letters (compose/languages.py).

A text in `say.t`, `say.n` or `N_` in this room, or in `_` and `ngettext` of a template, is a message of
`templates/languages/CODE.po`; what stands in {braces} is filled in and stays as it is in a translation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from aggregator.compose.languages import known, phrases
from aggregator.compose.phrases import ENGLISH, English

_RANGE = re.compile(r"\s*([A-Za-z*-]{1,35})\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?\Z")
_ASKED = 20  # ranges of one header looked at
_FIRST = "Skip to the content"  # stands first on every page: who has translated it, has translated pages


def N_(text: str) -> str:
    """Mark a text of a table as a message; `say.t` translates it when it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Words:
    """What pages say in one language. `say` also knows dates, numbers and names of languages by locale."""

    say: English

    @property
    def code(self) -> str:
        return self.say.code

    @property
    def direction(self) -> str:
        return self.say.direction

    def t(self, text: str, **values: object) -> str:
        """The text in this language, with its blanks filled."""
        return self.say.told(text).format(**values)

    def n(self, one: str, many: str, count: int, **values: object) -> str:
        """The form for so many; `{count}` is filled in, written as the language writes numbers."""
        return self.say.told_of(one, many, count).format(count=self.say.number(count), **values)

    def html(self, text: str, **values: object) -> Markup:
        """As `t` for templates: the catalogue's text is ours and may hold markup, the values are escaped."""
        return Markup(self.say.told(text)).format(**values)  # noqa: S704 - catalogues are the operator's own files

    def html_n(self, one: str, many: str, count: int, **values: object) -> Markup:
        text = self.say.told_of(one, many, count)
        return Markup(text).format(count=self.say.number(count), **values)  # noqa: S704 - as above


def words(language: str, folders: Sequence[Path]) -> Words:
    """The pages' words in `language` (BCP 47), English where nobody has translated them. `folders`: those that
    hold `mail/` and `web/`."""
    found = phrases(language, tuple(folder / "mail" for folder in folders))
    return Words(found if found.told(_FIRST) != _FIRST else ENGLISH)


def languages(folders: Sequence[Path]) -> tuple[str, ...]:
    """The codes of the languages of the pages, English first. A catalogue may know the letter only."""
    codes = known(tuple(folder / "mail" for folder in folders))
    return tuple(code for code in codes if code == "en" or words(code, folders).code != "en")


def preferred(header: str, offered: Sequence[str]) -> str:
    """The offered language that a header Accept-Language asks for most (RFC 4647, lookup; RFC 9110, 12.5.4), or
    the first one."""
    asked = [found for part in header.split(",")[:_ASKED] if (found := _RANGE.match(part))]
    for found in sorted(asked, key=lambda found: -float(found[2] or 1)):
        code = found[1].lower().replace("-", "_")
        if float(found[2] or 1) > 0:
            for name in (code, code.partition("_")[0]):
                if name in offered:
                    return name
    return offered[0]
