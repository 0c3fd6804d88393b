"""The words of the log on pages: those of `cpd/words.py` in the reader's language, and days as it writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from aggregator.cpd.evidence import FAULTS as FILE_FAULTS
from aggregator.cpd.record import EVIDENCE_KINDS, KINDS, MODES, ROLES
from aggregator.cpd.remarks import FAULTS, HINTS, Remark, length_said
from aggregator.cpd.words import DECIMAL, SAID, Words
from aggregator.web import words as pages

# Every text of the log that pages show; tests hold the catalogues complete by it.
MESSAGES = frozenset(
    text
    for table in (SAID, KINDS, MODES, ROLES, EVIDENCE_KINDS, FAULTS, HINTS, FILE_FAULTS)
    for text in table.values()
)


class LogWords(Words):
    """The log in the language of a page."""

    def __init__(self, say: pages.Words) -> None:
        super().__init__({DECIMAL: say.say.number(1.5).strip("0123456789") or "."}, say.say.told)
        self._say = say.say

    def shown(self, value: object) -> str:
        return self._say.day(value) if isinstance(value, date) else super().shown(value)

    def told(self, text: str) -> str:
        return self._say.told(text)

    def names(self, table: str, keys: Mapping[str, str]) -> list[tuple[str, str]]:
        """A table as the choices of a list: key and name."""
        return [(key, self.name(table, key)) for key in keys]

    def remark(self, remark: Remark) -> str:
        if remark.limit is not None:
            return length_said(remark.words, remark.limit, self)
        return self.told(FAULTS[remark.key] if remark.level == "fault" else HINTS[remark.key])

    def time(self, minutes: int | None) -> str:
        """`1 h 30 min`; nothing for nothing."""
        if minutes is None:
            return ""
        hours, rest = divmod(minutes, 60)
        return " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part)
