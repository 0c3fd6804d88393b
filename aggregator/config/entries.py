"""One entry of feeds.yaml: checked against its model, every mistake put into words with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from aggregator.config import document, fields
from aggregator.config.schema import Entry, ExamplesEntry, LimitsEntry
from aggregator.errors import Problem

# Names people write from memory or from other programs -> ours.
_OTHER_NAMES = {
    "feed": "url", "link": "url", "href": "url", "address": "url", "uri": "url", "xmlurl": "url", "name": "title",
    "label": "title", "terms": "words", "keywords": "words", "group": "broader", "parent": "broader",
    "scope_note": "scope", "description": "scope", "lang": "language", "tags": "topics", "topic": "topics",
    "interval": "every", "refresh": "every", "frequency": "cadence", "active": "enabled", "type": "kind",
    "format": "kind", "intro": "introduction", "colour": "accent", "color": "accent",
    "max": "items", "max_items": "items",
}  # fmt: skip
_LOST_VALUE = re.compile(r":\s+#\S")

_INNER: dict[str, type[Entry]] = {"limits": LimitsEntry, "examples": ExamplesEntry}

E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class Place:
    """An entry as written: its noun and name for people, its key and value in the tree."""

    noun: str
    name: str
    key: Node
    node: Node

    def __str__(self) -> str:
        return f"{self.noun} '{fields.shortened(self.name)}'"


@dataclass
class Findings:
    """The problems of one file, gathered while it is read. `lines` are its text, for hints."""

    file: str
    lines: list[str]
    problems: list[Problem] = field(default_factory=list)
    errors: int = 0

    def error(self, node: Node, what: str, remedy: str = "", line: int | None = None) -> None:
        """Name a mistake: in the line in which the node begins, where no other one is said."""
        self.errors += 1
        self.problems.append(Problem(self.file, line or document.line_of(node), what, remedy))

    def warning(self, node: Node, what: str, remedy: str = "") -> None:
        self.problems.append(Problem(self.file, document.line_of(node), what, remedy, "warning"))

    def sound(self, place: Place) -> bool:
        """Name what no model sees: doubled keys, oddities of YAML, values lost behind a '#'."""
        before = self.errors
        for name, first, second in document.doubled(place.node):
            self.error(
                second,
                f"{place}: '{name}' is written twice, in lines {document.line_of(first)} and "
                f"{document.line_of(second)}",
                "keep one of them",
            )
        for node, what, remedy in document.oddities(place.node):
            self.error(node, f"{place}: {what}", remedy)
        for name, key, value in document.pairs(place.node):
            if document.is_null(value) and _LOST_VALUE.search(self._line(key)):
                self.error(
                    key,
                    f"{place}: '{name}' is empty, because what follows a '#' is a comment",
                    "put the value in quotes",
                )
        return self.errors == before

    def entry(self, place: Place, model: type[E], data: Mapping[str, Any]) -> E | None:
        """The entry as its model, or None with every mistake named. Empty values count as not said."""
        sound = self.sound(place)
        entry = self._validate(place, model, data)  # in any case: everything that is wrong is said at once
        return entry if sound else None

    def mapping(self, place: Place) -> dict[str, Any]:
        """The values of an entry that is a mapping; an empty entry has none."""
        if isinstance(place.node, MappingNode):
            values: dict[str, Any] = document.plain(place.node)
            return values
        if not document.is_null(place.node):
            self.error(place.node, f"{place} should be a mapping", "write name: value lines below it, indented")
        return {}

    def words(self, place: Place) -> dict[str, tuple[str, ...]] | None:
        """An entry that is nothing but words per language, or None with the mistake named."""
        try:
            return fields.words_by_language(document.plain(place.node)) if self.sound(place) else None
        except PydanticCustomError as error:
            said = error.context or {}
            self.error(place.node, f"{place}: {said.get('what', '')}", str(said.get("remedy", "")))
            return None

    def _validate(self, place: Place, model: type[E], data: Mapping[str, Any]) -> E | None:
        said = {
            name: {inner: item for inner, item in value.items() if item is not None}
            if name == "limits" and isinstance(value, dict)
            else value
            for name, value in data.items()
            if value is not None
        }
        try:
            return model.model_validate(said)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=True):
                self._explain(place, model, detail)
            return None

    def _explain(self, place: Place, model: type[Entry], detail: ErrorDetails) -> None:
        path = detail["loc"]
        if detail["type"] == "extra_forbidden":
            name = str(path[-1])
            within = _INNER.get(str(path[0]), model) if len(path) > 1 else model
            known = [field.alias or key for key, field in within.model_fields.items()]
            self.error(
                document.key_at(place.node, path),
                f"{place} has an unknown key '{fields.shortened(name)}'",
                _known_key(name, known),
            )
        elif detail["type"] == "missing":
            self.error(place.key, f"{place} has no {path[-1]}", f"add {path[-1]}: https://…")
        else:
            what, remedy = _reason(detail)
            where = document.key_at(place.node, path) if path else place.key
            named = ".".join(str(step) for step in path)
            self.error(where, f"{place}, {named}: {what}" if named else f"{place}: {what}", remedy)

    def _line(self, node: Node) -> str:
        number = document.line_of(node) - 1
        return self.lines[number] if number < len(self.lines) else ""


def is_text(node: Node) -> bool:
    """Whether a value is one written text, as opposed to nothing, a list or a mapping."""
    return isinstance(node, ScalarNode) and not document.is_null(node)


def _known_key(name: str, known: list[str]) -> str:
    other = _OTHER_NAMES.get(name.lower().replace("-", "_"))
    if other in known:
        return f"did you mean '{other}'?"
    near = fields.meant(name.replace("_", "-"), [key.replace("_", "-") for key in known])
    return near.replace("-", "_") if near else f"known keys: {', '.join(known)}"


def _reason(detail: ErrorDetails) -> tuple[str, str]:
    """A pydantic error in plain words. The value itself is quoted only by our own parsers."""
    context = detail.get("ctx", {})
    match detail["type"]:
        case "plain":
            return context["what"], context["remedy"]
        case "bool_parsing" | "bool_type":
            return "this should be true or false", "write true or false"
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return "this should be a whole number", "write a number such as 20"
        case "greater_than_equal":
            return "this number is too small", f"write {context['ge']} or more"
        case "less_than_equal":
            return "this number is too large", f"write {context['le']} or less"
        case "string_too_long":
            return "this text is too long", f"at most {context['max_length']} characters"
        case "dict_type" | "model_type" | "model_attributes_type":
            return "this should be a mapping", "write name: value lines below it, indented"
        case _:
            return (
                f"this can't be read ({detail['msg'].lower()})",
                "see the example entries in the shipped feeds.yaml",
            )
