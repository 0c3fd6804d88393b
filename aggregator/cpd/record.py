"""The record of one activity of continuing professional development, kept by the member it belongs to.

What is suggested stands apart from what the member entered: nothing counts that was not confirmed. An activity
copies what it needs of the item it came from, so that it outlives that item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

# Each of these is a message that pages translate; schemes may call them by names of their own.
KINDS: Mapping[str, str] = MappingProxyType({
    "course": "Course",
    "mooc": "Open online course (MOOC)",
    "webinar": "Webinar",
    "conference": "Conference",
    "workshop": "Workshop",
    "visit": "Visit",
    "reading": "Reading",
    "media": "Podcast or video",
    "discussion": "Discussion",
    "writing": "Writing or blogging",
    "presenting": "Presenting",
    "teaching": "Teaching",
    "mentoring": "Mentoring",
    "mentored": "Being mentored",
    "committee": "Committee work",
    "research": "Research",
    "shadowing": "Job shadowing",
    "study": "Study",
})  # fmt: skip
MODES: Mapping[str, str] = MappingProxyType(
    {"formal": "Formal", "non_formal": "Non-formal", "informal": "Informal"}
)
ROLES: Mapping[str, str] = MappingProxyType({
    "participant": "Participant",
    "presenter": "Presenter",
    "author": "Author",
    "mentor": "Mentor",
    "mentee": "Mentee",
    "organiser": "Organiser",
    "tutor": "Teacher or tutor",
})  # fmt: skip
EVIDENCE_KINDS: Mapping[str, str] = MappingProxyType(
    {"certificate": "Certificate", "programme": "Programme", "notes": "Notes", "other": "Other"}
)

Mode = Literal["formal", "non_formal", "informal"]


@dataclass(frozen=True, slots=True)
class Credit:
    """Credits as the member claims them. `claimed_by` names who granted them, where somebody did."""

    system: str
    number: Decimal
    claimed_by: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    number: str = ""
    issued_by: str = ""
    issued_on: date | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """How learning was tested: `type` in the member's words, `passed` None where there is no result yet."""

    type: str = ""
    passed: bool | None = None


@dataclass(frozen=True, slots=True)
class SourceItem:
    """The item an activity came from, copied. `seen_in`: the period of the letter that carried it, or empty."""

    id: str
    url: str = ""
    title: str = ""
    kind: str = ""
    source: str = ""
    seen_in: str = ""


@dataclass(frozen=True, slots=True)
class Reflection:
    """What happened, what it means for the member's practice, and what follows."""

    what: str = ""
    so_what: str = ""
    now_what: str = ""

    @property
    def text(self) -> str:
        """All three as one text, a paragraph each."""
        return "\n\n".join(part.strip() for part in (self.what, self.so_what, self.now_what) if part.strip())


@dataclass(frozen=True, slots=True)
class Competency:
    """One code of a framework of a scheme: a criterion, a cluster, a specialisation, a competency."""

    framework: str
    code: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Verifier:
    name: str = ""
    role: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that is kept with an activity, or an address. A file is known by the SHA-256 of its bytes, whatever
    it is called; `size` is in bytes."""

    id: str
    kind: str = "other"
    name: str = ""
    media_type: str = ""
    size: int = 0
    sha256: str = ""
    url: str = ""
    note: str = ""
    added_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity. `start` and `end` are days where the member was; `end` is the day that counts, `start` where
    there is none.

    `minutes` are entered by the member; `suggested_minutes` come from the item and count nowhere. `schemes` are
    those it is logged for, each of which counts it by itself. `meeting` is a secret that the entries of a mentor
    and a mentee about one meeting share.
    """

    id: str
    subscriber: str
    title: str
    start: date
    end: date | None = None
    description: str = ""
    kind: str = "reading"
    mode: Mode = "informal"
    role: str = "participant"
    provider: str = ""
    validator: str = ""
    place: str = ""
    minutes: int | None = None
    suggested_minutes: int | None = None
    credits: tuple[Credit, ...] = ()
    certificate: Certificate | None = None
    assessment: Assessment | None = None
    source: SourceItem | None = None
    topics: tuple[str, ...] = ()
    reflection: Reflection = Reflection()
    competencies: tuple[Competency, ...] = ()
    pre_approved: bool | None = None
    verifier: Verifier | None = None
    evidence: tuple[Evidence, ...] = ()
    schemes: tuple[str, ...] = ()
    meeting: str = ""
    created_at: datetime | None = None
    changed_at: datetime | None = None

    @property
    def last_day(self) -> date:
        return self.end or self.start

    def codes(self, framework: str) -> tuple[str, ...]:
        """The codes of one framework that the member has given to this activity."""
        return tuple(one.code for one in self.competencies if one.framework == framework)


@dataclass(frozen=True, slots=True)
class Membership:
    """A scheme that a reader keeps the log for. `started` is the first day of the member's own term, where the
    scheme has one; `statement` is the text that covers the whole period."""

    subscriber: str
    scheme: str
    started: date | None = None
    level: str = ""
    statement: str = ""
    changed_at: datetime | None = None
