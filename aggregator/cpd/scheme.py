"""The rules of one body, as its data file states them: what is counted, over which period, in which form it is
asked for. All of it is data (`schemes/*.toml`), because each of these rules has changed at least once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

Unit = Literal["hours", "points", "credits", "entries"]
Begins = Literal["rolling", "fixed", "term"]
Role = Literal[
    "criterion", "competency", "specialisation", "category", "cluster", "domain", "level", "organisation"
]
STALE_AFTER_DAYS = 365


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a framework. `kinds`: the kinds of activity for which a form proposes it. `approval`: an
    activity under it needs the body's approval or a form of its own."""

    id: str
    label: str
    kinds: tuple[str, ...] = ()
    approval: bool = False


@dataclass(frozen=True, slots=True)
class Framework:
    """What activities are mapped to. Without `codes` members write their own (a code of a book they own)."""

    id: str
    label: str
    role: Role
    codes: tuple[Code, ...] = ()
    version: str = ""
    several: bool = False

    def label_of(self, code: str) -> str:
        return next((one.label for one in self.codes if one.id == code), code)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the goal that must come from some codes: at least so much, for members of these levels."""

    framework: str
    codes: tuple[str, ...]
    least: Decimal
    label: str
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How entries must be spread: at least `each` in every code, or in so many `different` codes."""

    framework: str
    each: int = 0
    different: int = 0


@dataclass(frozen=True, slots=True)
class Goal:
    """What is looked at over one period. `least` and `most` are in the scheme's unit; None where none is stated.

    `rolling`: the months up to the day asked about. `fixed`: from `boundary` (month, day) to the next. `term`:
    from the member's own first day, moved back to the `boundary` where there is one.
    """

    id: str
    label: str
    months: int
    begins: Begins
    boundary: tuple[int, int] | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    shares: tuple[Share, ...] = ()
    coverage: tuple[Coverage, ...] = ()


@dataclass(frozen=True, slots=True)
class WordLimit:
    """How long a text should be, in words. Only ever a warning. `text`: statement, description, reflection, or
    entry (description and reflection together)."""

    text: Literal["statement", "description", "reflection", "entry"]
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the body's own form: its heading, and what stands in it (`columns.VALUES`, or
    `framework:ID`). What is `private` is left out of a summary for an employer."""

    label: str
    value: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """A letter or sheet that goes with the log, as a draft: blanks are {name}, {first}, {last}, {today},
    {entries}, {total}, {statement}, {scheme}, {body}."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Scheme:
    """The rules of one body, and where they were read.

    `as_of` is the day, month or year that the rules were read for, `checked_on` when somebody last looked.
    `systems` are the credits it knows, the first of which counts. `unchecked` says what nobody has verified.
    """

    id: str
    label: str
    body: str
    language: str
    unit: Unit
    goals: tuple[Goal, ...]
    columns: tuple[Column, ...]
    source: str
    source_url: str
    as_of: str
    checked_on: date
    valid_from: date | None = None
    counted_on: Literal["end", "start"] = "end"
    systems: tuple[str, ...] = ()
    levels: Mapping[str, str] = field(default_factory=dict)
    frameworks: tuple[Framework, ...] = ()
    limits: tuple[WordLimit, ...] = ()
    papers: tuple[Paper, ...] = ()
    cv: bool = False
    evidence: str = ""
    forms: tuple[str, ...] = ("csv", "json", "xlsx", "html", "md")
    notes: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)

    def framework(self, id: str) -> Framework | None:
        return next((one for one in self.frameworks if one.id == id), None)

    def stale(self, today: date) -> bool:
        """Whether nobody has looked at the body's rules for more than a year."""
        return (today - self.checked_on).days > STALE_AFTER_DAYS

    @property
    def rules_of(self) -> date | str:
        """`as_of` as a day where it is one, to be written as a language writes days."""
        return date.fromisoformat(self.as_of) if len(self.as_of) == len("2026-11-23") else self.as_of

    def limit(self, text: str) -> WordLimit | None:
        return next((one for one in self.limits if one.text == text), None)
