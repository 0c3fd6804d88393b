"""The rules of professional bodies: data files that ship with the program, and the operator's own, which win.

One TOML file each, `ID.toml`; the keys are the fields of `cpd.scheme.Scheme`. A file with a mistake is left out
and every mistake in it is named; a shipped file of the same name stays in force.
"""

from __future__ import annotations

import dataclasses
import re
import string
import tomllib
import types
from collections.abc import Iterator, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from aggregator.cpd.columns import MAPPED, VALUES
from aggregator.cpd.forms import MEDIA_TYPES
from aggregator.cpd.record import KINDS
from aggregator.cpd.scheme import Goal, Scheme
from aggregator.cpd.words import DECIMAL, SAID, TABLES
from aggregator.errors import Problem

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_AS_OF = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_BLANKS = frozenset({"name", "first", "last", "today", "entries", "total", "statement", "scheme", "body"})
_REMEDY = "compare it with the shipped ones: aggregator cpd schemes --write FOLDER"


def load_schemes(folder: Path | None = None) -> tuple[Mapping[str, Scheme], list[Problem]]:
    """Every scheme by its id, in the order of their labels, and the mistakes in the operator's own files."""
    found, problems = {}, []
    for name, text in shipped_schemes().items():
        scheme, wrong = read_scheme(name, text)
        assert scheme is not None, [str(one) for one in wrong]
        found[scheme.id] = scheme
    for path in sorted(folder.glob("*.toml")) if folder else ():
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(Problem(str(path), None, f"can't be read: {error}", "save it as UTF-8"))
            continue
        scheme, wrong = read_scheme(str(path), text)
        problems += wrong
        if scheme is not None:
            found[scheme.id] = scheme
    return dict(sorted(found.items(), key=lambda pair: pair[1].label.casefold())), problems


def shipped_schemes() -> dict[str, str]:
    """The texts of the files that ship with the program, by file name."""
    folder = files("aggregator.cpd") / "schemes"
    return {one.name: one.read_text(encoding="utf-8") for one in sorted(folder.iterdir(), key=lambda o: o.name)
            if one.name.endswith(".toml")}  # fmt: skip


def read_scheme(name: str, text: str) -> tuple[Scheme | None, list[Problem]]:
    """The scheme in one file, or what is wrong with it."""
    from pydantic import TypeAdapter, ValidationError

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [Problem(name, None, f"is no TOML: {error}", _REMEDY)]
    unknown = [Problem(name, None, f"{where} is no key of a scheme", _REMEDY) for where in _unknown(data, Scheme)]
    try:
        scheme = TypeAdapter(Scheme).validate_python(data)
    except ValidationError as error:
        said = [(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors(include_url=False)]
        return None, unknown + [Problem(name, None, f"{where}: {what}", _REMEDY) for where, what in said]
    wrong = unknown + [Problem(name, None, what, _REMEDY) for what in _contradictions(scheme, Path(name).stem)]
    return (None if wrong else scheme), wrong


def _unknown(data: object, kind: Any, where: str = "") -> Iterator[str]:
    """Keys that no field has: most often a slip of the pen."""
    if get_origin(kind) in (types.UnionType,):
        kind = next((one for one in get_args(kind) if dataclasses.is_dataclass(one)), None)
    if get_origin(kind) is tuple and isinstance(data, list):
        for number, one in enumerate(data):
            yield from _unknown(one, get_args(kind)[0], f"{where}[{number}]")
    elif isinstance(kind, type) and dataclasses.is_dataclass(kind) and isinstance(data, Mapping):
        hints = get_type_hints(kind)
        for key, value in data.items():
            place = f"{where}.{key}" if where else key
            if key not in hints:
                yield place
            else:
                yield from _unknown(value, hints[key], place)


def _contradictions(scheme: Scheme, stem: str) -> Iterator[str]:
    """What fits the fields and still makes no sense."""
    if scheme.id != stem or not _ID.fullmatch(scheme.id):
        yield f"id '{scheme.id}' must be the name of the file: small letters, digits and hyphens"
    if not scheme.goals or not scheme.columns:
        yield "at least one goal and one column are needed"
    if scheme.unit in ("points", "credits") and not scheme.systems:
        yield f"unit '{scheme.unit}' needs systems: which credits are counted"
    if not _is_as_of(scheme.as_of):
        yield f"as_of '{scheme.as_of}' is no year, month or day: write 2026, 2026-11 or 2026-11-23"
    for form in scheme.forms:
        if form not in MEDIA_TYPES:
            yield f"form '{form}' is not one of {', '.join(MEDIA_TYPES)}"
    for goal in scheme.goals:
        yield from _of_goal(goal, scheme)
    yield from _names(scheme)
    yield from _blanks(scheme)


def _is_as_of(text: str) -> bool:
    try:
        date.fromisoformat(text + "0000-01-01"[len(text) :])
    except ValueError:
        return False
    return _AS_OF.fullmatch(text) is not None


def _of_goal(goal: Goal, scheme: Scheme) -> Iterator[str]:
    if not 1 <= goal.months <= 120 or (goal.boundary is not None and goal.months % 12):
        yield f"goal '{goal.id}': months must be from 1 to 120, and whole years where there is a boundary"
    if goal.boundary is not None:
        try:
            date(2026, *goal.boundary)
        except ValueError:
            yield f"goal '{goal.id}': boundary {list(goal.boundary)} is no [month, day] of every year"
    elif goal.begins == "fixed":
        yield f"goal '{goal.id}' begins on a fixed day, so it needs boundary = [month, day]"
    named = [one.framework for one in goal.shares] + [one.framework for one in goal.coverage]
    for name in named:
        if scheme.framework(name) is None:
            yield f"goal '{goal.id}' names the framework '{name}', which is not there"
    for share in goal.shares:
        yield from (f"level '{one}' is not among levels" for one in share.levels if one not in scheme.levels)


def _names(scheme: Scheme) -> Iterator[str]:
    for column in scheme.columns:
        framework = column.value.removeprefix(MAPPED)
        mapped = column.value.startswith(MAPPED)
        if (scheme.framework(framework) is None) if mapped else (column.value not in VALUES):
            yield f"column '{column.label}': there is no value '{column.value}'"
    for one in scheme.frameworks:
        for code in one.codes:
            yield from (f"code '{code.id}': no kind is called '{k}'" for k in code.kinds if k not in KINDS)
    for key in scheme.words:
        table, _, name = key.partition(".")
        if key not in SAID and key != DECIMAL and name not in TABLES.get(table, {}):
            yield f"words: there is no text called '{key}'"


def _blanks(scheme: Scheme) -> Iterator[str]:
    texts = [(f"paper '{one.id}'", one.text, _BLANKS) for one in scheme.papers]
    texts += [
        (f"words '{key}'", text, frozenset(_blanks_of(SAID.get(key, "")) or ()))
        for key, text in scheme.words.items()
    ]
    for where, text, allowed in texts:
        blanks = _blanks_of(text)
        if blanks is None or not blanks <= allowed:
            yield f"{where} has braces that mean nothing here; allowed are {', '.join(sorted(allowed)) or 'none'}"


def _blanks_of(text: str) -> set[str] | None:
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return None
    if any(spec or conversion for _, name, spec, conversion in parts if name is not None):
        return None
    return {name for _, name, _, _ in parts if name is not None}
