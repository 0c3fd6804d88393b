"""The error tree, sorted by who must act. Each message says what, where and the next step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the command line (sysexits.h where one fits)."""

    DONE = 0
    LETTERS_FAILED = 1
    USAGE = 2
    BUG = 70
    TEMPORARY = 75
    CONFIG = 78


class AggregatorError(Exception):
    """Anything we raise on purpose. What is not one of these is our bug: exit 70 with a traceback."""

    exit_code: Exit = Exit.BUG


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file that people edit: where it is, what is wrong, and what to do."""

    file: str
    line: int | None
    what: str
    remedy: str = ""
    level: str = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.what}" + (f" → {self.remedy}" if self.remedy else "")


class BadValue(ValueError):
    """A value that can't be used: what is wrong with it, without the value, and what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(f"{what} → {remedy}")


class ConfigError(AggregatorError):
    """The curator acts: every problem at once."""

    exit_code = Exit.CONFIG

    def __init__(self, problems: list[Problem] | str) -> None:
        self.problems = [Problem("settings", None, problems)] if isinstance(problems, str) else problems
        super().__init__("\n".join(str(p) for p in self.problems))


class SourceError(AggregatorError):
    """One source failed: kept in its Visit, shown by health; the run goes on. `code` is stable."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, detail
        super().__init__(f"{code}: {detail}" if detail else code)

    def __reduce__(self) -> tuple[type[SourceError], tuple[str, str]]:
        return type(self), (self.code, self.detail)


class Refused(AggregatorError):
    """One letter was refused. `permanent`: never try again. `ambiguous`: the reply was lost after the last
    byte had gone out, so the letter may have arrived; it is tried again with the same Message-ID. `of_reader`: it
    was the recipient's address that the relay refused."""

    exit_code = Exit.LETTERS_FAILED

    def __init__(
        self, reason: str, *, permanent: bool = False, ambiguous: bool = False, of_reader: bool = False
    ) -> None:
        self.reason, self.permanent, self.ambiguous = reason, permanent, ambiguous
        self.of_reader = of_reader
        super().__init__(reason)


class OutboxDown(AggregatorError):
    """The operator acts: no letter can go out now; all wait."""

    exit_code = Exit.TEMPORARY


class StoreError(AggregatorError):
    """The operator acts: the database can't be used now (locked, gone, too new)."""

    exit_code = Exit.TEMPORARY
