"""An issue as a value, and as the texts in which it is kept: shared ones by their hash, and a frame of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

from aggregator.jsonlines import moment, moment_from


@dataclass(frozen=True, slots=True)
class Carried:
    """One item as it was told. `meta`, `facts` (with whether a reader must not miss it), `excerpt` and `also_in`
    are in the words of the letter; the rest is for programs. `topics`: id and label. `published` and the dates in
    `occasion` are ISO 8601. `feed`: the public address of its source's feed. `events`: lines of a calendar."""

    id: str
    title: str
    url: str = ""
    kind: str = "post"
    language: str = ""
    marks: tuple[str, str] = ("", "")  # lang and dir, where they are not those of the issue
    source: str = ""
    source_title: str = ""
    feed: str = ""
    author: str = ""
    published: str = ""
    topics: tuple[tuple[str, str], ...] = ()
    meta: tuple[str, ...] = ()
    facts: tuple[tuple[str, bool], ...] = ()
    excerpt: str = ""
    also_in: str = ""
    library: str = ""
    occasion: Mapping[str, Any] | None = field(default=None, hash=False)
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """An item in its place, with the reason why it is there and a heading of its own (`block`), if any."""

    item: Carried
    why: str = ""
    block: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One section."""

    title: str
    items: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """What was sent for one period: to everybody who reads the edition (`personal` is false), or to one reader.

    `id` never changes: edition and period, or the id of the letter. `words`: what the forms say of their own
    accord, in `language`. `form`: the version of the forms it was made with, and is always written with."""

    id: str
    edition: str
    period: str
    made_at: datetime
    title: str = ""
    base_url: str = ""
    publisher: str = ""
    language: str = "en"
    direction: str = "ltr"
    accent: str = ""
    introduction: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    citation: str = ""
    personal: bool = False
    form: int = 1
    parts: tuple[Part, ...] = ()

    @property
    def address(self) -> str:
        """Where it is found, for good."""
        where = f"my/issues/{quote(self.id)}" if self.personal else f"issues/{quote(self.id, safe='/+')}"
        return f"{self.base_url}/{where}"

    @property
    def cited(self) -> str:
        """The line by which it is cited."""
        return f"{self.citation}. {self.address}"

    @property
    def shown(self) -> tuple[Shown, ...]:
        return tuple(one for part in self.parts for one in part.items)

    @property
    def items(self) -> tuple[Carried, ...]:
        """Each item once, in order."""
        return tuple({one.item.id: one.item for one in reversed(self.shown)}.values())[::-1]


@dataclass(frozen=True, slots=True)
class Frozen:
    """An issue as it is kept. `shared`: texts by their hash, which other issues have too; `frame`: the rest."""

    id: str
    edition: str
    period: str
    made_at: datetime
    form: int
    count: int
    frame: str
    shared: Mapping[str, str]


_HEAD = ("title", "base_url", "publisher", "language", "direction", "accent", "introduction", "words")


_FIELDS = tuple(one.name for one in fields(Carried))
_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def text_of(value: Mapping[str, Any]) -> str:
    """One JSON text for one value, whatever order its names were put in."""
    return _JSON.encode(value)


def hash_of(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def head_of(issue: Issue) -> str:
    """What the issues of one edition and language share."""
    return text_of({name: getattr(issue, name) for name in _HEAD})


def item_text(item: Carried) -> str:
    """An item as it is kept; what is empty is left out."""
    return text_of({name: value for name in _FIELDS if (value := getattr(item, name))})


FramedPart = tuple[str, Sequence[tuple[str, str, str]]]  # a title; of each item the hash, the reason, the heading


def frame_of(issue: Issue, head: str, parts: Sequence[FramedPart]) -> str:
    """What is the issue's own. `head`: the hash of what it shares; `parts`: what is in the place of its own."""
    return text_of({
        "id": issue.id, "edition": issue.edition, "period": issue.period, "made_at": moment(issue.made_at),
        "citation": issue.citation, "personal": issue.personal, "form": issue.form, "head": head, "parts": parts,
    })  # fmt: skip


def thaw(frame: str, shared: Mapping[str, str]) -> Issue:
    """The issue that was frozen. Raises KeyError for a text that is not among `shared`."""
    own = json.loads(frame)
    head = json.loads(shared[own["head"]])
    made_at = moment_from(own["made_at"])
    if made_at is None:
        raise ValueError("an issue without its moment")
    parts = tuple(
        Part(title, tuple(Shown(_carried(shared[hash]), why, block) for hash, why, block in items))
        for title, items in own["parts"]
    )
    said = {name: own[name] for name in ("id", "edition", "period", "citation", "personal", "form")}
    return Issue(**said, **head | {"introduction": tuple(head["introduction"])}, made_at=made_at, parts=parts)


def needed(frame: str) -> set[str]:
    """The hashes of all that a frame shares with others."""
    own = json.loads(frame)
    return {own["head"], *(one[0] for _, items in own["parts"] for one in items)}


def _carried(text: str) -> Carried:
    data = json.loads(text)
    for name in ("marks", "meta", "events"):
        data[name] = tuple(data.get(name, ()))
    data["marks"] = data["marks"] or ("", "")
    for name in ("topics", "facts"):
        data[name] = tuple(map(tuple, data.get(name, ())))
    return Carried(**data)
