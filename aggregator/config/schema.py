"""The shape of feeds.yaml: what may be written, in pydantic models that also give editors a JSON Schema."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.json_schema import GenerateJsonSchema

from aggregator.config import fields
from aggregator.model import FREQUENCIES, SECTIONS

# The kinds of source that can be read.
KINDS = ("feed", "page", "calendar", "courses", "events", "works", "sitemap", "mail")

# A number is a fine title or word: it is taken as it is written.
_TEXT = {"type": ["string", "number"]}
_LIST = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}

Text = Annotated[str, BeforeValidator(fields.text), WithJsonSchema(_TEXT)]
Address = Annotated[str, BeforeValidator(fields.text)]
Kind = Annotated[str, BeforeValidator(fields.text), WithJsonSchema({"enum": list(KINDS)})]
TextList = Annotated[tuple[str, ...], BeforeValidator(fields.text_list), WithJsonSchema(_LIST)]
Words = Annotated[
    dict[str, tuple[str, ...]],
    BeforeValidator(fields.words_by_language),
    WithJsonSchema({"type": "object", "propertyNames": {"pattern": "^[A-Za-z]{2,3}([-_].+)?$"},
                    "additionalProperties": _LIST}),
]  # fmt: skip
_EXAMPLE = {"anyOf": [_TEXT, {"type": "object", "properties": {name: {} for name in fields.EXAMPLE_KEYS},
                              "additionalProperties": False}]}  # fmt: skip
Examples = Annotated[
    tuple[dict[str, Any], ...],
    BeforeValidator(fields.examples),
    WithJsonSchema({"anyOf": [_EXAMPLE, {"type": "array", "items": _EXAMPLE}]}),
]
Language = Annotated[
    str | None,
    BeforeValidator(fields.language),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z]{2,3}([-_].+)?$"}),
]
Every = Annotated[
    timedelta,
    BeforeValidator(fields.length_of_time),
    WithJsonSchema({"type": "string", "pattern": "^([0-9.]+ ?[A-Za-z]+ ?)+$|^(hourly|daily|weekly|fortnightly)$"}),
]
Cadence = Annotated[str, BeforeValidator(fields.cadence), WithJsonSchema({"enum": list(FREQUENCIES)})]
Sections = Annotated[
    tuple[str, ...],
    BeforeValidator(fields.sections),
    WithJsonSchema({"type": "array", "items": {"enum": list(SECTIONS)}, "minItems": 1}),
]
Approval = Annotated[str, BeforeValidator(fields.approval), WithJsonSchema({"enum": ["none"]})]
Accent = Annotated[
    str, BeforeValidator(fields.accent), WithJsonSchema({"type": "string", "pattern": "^#([0-9A-Fa-f]{3}){1,2}$"})
]

Excerpt = Annotated[
    int,
    BeforeValidator(fields.excerpt),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0, "maximum": 9999},
                              {"type": "string", "pattern": "^(title|full|[0-9]+ ?words?)$"}]}),
]  # fmt: skip
Access = Annotated[
    Literal["", "open", "restricted"],
    BeforeValidator(fields.access),
    WithJsonSchema({"enum": ["open", "restricted"]}),
]
LibraryLink = Annotated[
    str, BeforeValidator(fields.library_link), WithJsonSchema({"type": "string", "pattern": "^https?://"})
]


class Entry(BaseModel):
    """One thing in feeds.yaml. Nothing is allowed that is not named here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ExamplesEntry(Entry):
    """What a rule must and must not find."""

    match: Examples = Field((), description="Titles or short texts for which the rule must hold.")
    not_match: Examples = Field((), alias="not", description="The same, for which it must not hold.")


class TopicEntry(Entry):
    """What an item can be about."""

    label: Text = Field("", description="The name readers see; the id, spelled out, where nothing is said.")
    broader: Text = Field("", description="The id of a wider topic or of a group.")
    scope: Text = Field("", description="When to use the topic, and when not.")
    words: Words = Field({}, description="Per language the words and phrases that speak for the topic.")
    rule: Text = Field("", description="A search strategy: an item for which it holds gets the topic.")
    only_rule: bool = Field(False, description="true: the words alone don't give the topic, only the rule does.")
    match: Examples = Field(
        (), description="Titles or short texts for which the rule must hold; `check` tries them."
    )
    not_match: Examples = Field((), alias="not", description="The same, for which it must not hold.")
    examples: ExamplesEntry | None = Field(None, description="`match` and `not` may also stand in here.")


class SourceEntry(Entry):
    """A place that is visited."""

    url: Address = Field(description="The address; ${NAME} is read from the environment.")
    kind: Kind = Field("feed", description="How it is read.")
    title: Text = Field("", description="The name readers see; the source's own where nothing is said.")
    topics: TextList = Field((), description="Topics given to every item, whatever its words say.")
    about: TextList = Field((), description="What the source usually writes about: a hint, no more.")
    language: Language = Field(None, description="The language it is written in (BCP 47), where it is only one.")
    every: Every = Field(
        timedelta(days=1),
        description="The longest time between visits: 30m, 6h, 1d, 2 weeks.",
        json_schema_extra={"default": "1d"},
    )
    enabled: bool = Field(True, description="false keeps the entry and stops the visits.")
    excerpt: Excerpt = Field(
        45,
        description="How much of an item's text letters show: title, a number of words, or full.",
        json_schema_extra={"default": "45 words"},
    )
    attribution: Text = Field(
        "", max_length=200, description="The credit that the source asks for, shown with it."
    )
    access: Access = Field("", description="open: free for all to read; restricted: not for everybody.")
    options: Annotated[dict[str, Any], Field(description="Settings of the kind; ${NAME} as in url.")] = {}


class LimitsEntry(Entry):
    """How much one letter carries."""

    items: int = Field(default=20, ge=1, le=200, description="Items in one letter.")
    per_source: int = Field(default=5, ge=1, le=200, description="Items from one source.")
    per_section: int = Field(default=10, ge=1, le=200, description="Items in one section.")


class EditionEntry(Entry):
    """What curators do to one period's letters."""

    title: Text = Field("Library digest", max_length=100, description="The name of the letter.")
    cadence: Cadence = Field("weekly", description="How often its introduction and pins change.")
    approval: Approval = Field("none", description="Who approves before letters go out; only `none` so far.")
    introduction: Text = Field("", max_length=5_000, description="A text above the items.")
    sections: Sections = Field(SECTIONS, description="The sections of the letter, in this order.")
    limits: LimitsEntry = Field(LimitsEntry(), description="How much one letter carries.")
    accent: Accent = Field("#1a5f7a", description="The colour of links and lines; must be readable on white.")
    postal_address: Text = Field("", max_length=500, description="Shown at the foot of the letter.")
    library_link: LibraryLink = Field(
        "",
        description="Where readers get at papers that are not free: a proxy's prefix, or an address with {url}.",
    )


class File(Entry):
    """The whole of feeds.yaml. Nothing but a source's url must be said."""

    groups: dict[str, Text] = Field({}, description="Headings over topics: id -> label.")
    topics: dict[str, TopicEntry | str | None] | None = Field(None, description="id -> topic.")
    lists: dict[str, Words] = Field(
        {}, description="Lists of words that rules may name: name -> words per language."
    )
    sources: dict[str, SourceEntry | str] | None = Field(None, description="id -> source, or just its address.")
    editions: dict[str, EditionEntry | None] | None = Field(None, description="name -> edition.")


class _Plain(GenerateJsonSchema):
    """Without the titles that pydantic makes of the names: editors would show each name twice."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        return False


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of feeds.yaml, for editors that complete and check while one types."""
    schema = File.model_json_schema(schema_generator=_Plain)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "feeds.yaml of aggregator",
    }
