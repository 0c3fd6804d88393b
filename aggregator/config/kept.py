"""A catalogue as one text, so that a file that has not changed need not be parsed and checked anew on every run.

What a catalogue is made of is plain: texts, numbers, lists. It is kept as JSON under a name (`name_of`) that
changes with the text and with the program. A file that asks for `${NAME}` is not kept: what comes from the
environment may be secret.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from aggregator import __version__
from aggregator.config.bundled import shipped
from aggregator.errors import Problem
from aggregator.model import Catalogue, Edition, Item, Limits, Rights, Source, Topic

_PACKAGE = Path(__file__).resolve().parent.parent
_TUPLES = ("topics", "about", "sections", "tags")  # of texts


class Watched(Mapping[str, str]):
    """An environment that knows whether anything was asked of it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ, self.asked = environ, False

    def __getitem__(self, name: str) -> str:
        self.asked = True
        return self._environ[name]

    def __iter__(self) -> Iterator[str]:
        self.asked = True
        return iter(self._environ)

    def __len__(self) -> int:
        self.asked = True
        return len(self._environ)


def name_of(text: str, file: str) -> str:
    """Names what `parse` makes of a text: another one for another text, file name or program."""
    return hashlib.blake2b("\0".join((_program(), file, text)).encode(), digest_size=20).hexdigest()


def _program() -> str:
    """The program as it is installed: what decides how a file is read, by size and time of each of its files."""
    folders = (_PACKAGE, *(_PACKAGE / name for name in ("config", "topics", "topics/rules", "occasions")))
    found = (path.stat() for folder in folders for path in sorted(folder.iterdir()) if path.is_file())
    seen = [(one.st_size, one.st_mtime_ns) for one in (*found, shipped("feeds.yaml").stat())]
    return f"{__version__} {hashlib.blake2b(repr(seen).encode(), digest_size=16).hexdigest()}"


# ------------------------------------------------------------------------------------------------------- writing
def packed(name: str, catalogue: Catalogue, problems: Sequence[Problem]) -> str:
    """What `unpacked` gives back for the same name."""
    said = {"name": name, "catalogue": _plain(catalogue), "problems": [_plain(problem) for problem in problems]}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """A value as JSON has it; of a noun only what differs from what it says by itself."""
    if isinstance(value, (Catalogue, Topic, Source, Rights, Edition, Limits, Item, Problem)):
        bare = _BARE.get(type(value))
        said = ((one.name, getattr(value, one.name)) for one in fields(value))
        return {name: _plain(v) for name, v in said if bare is None or v != getattr(bare, name)}
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    return [value.days, value.seconds, value.microseconds] if isinstance(value, timedelta) else value


_BARE: dict[type, Any] = {
    Source: Source("", ""), Topic: Topic("", ""), Rights: Rights(), Edition: Edition(), Limits: Limits(),
    Item: Item(""),
}  # fmt: skip


# ------------------------------------------------------------------------------------------------------- reading
def unpacked(text: str | None, name: str) -> tuple[Catalogue, list[Problem]] | None:
    """What was kept under this name; None where it is of another one, or is no longer what was written."""
    try:
        said = json.loads(text or "null")
        if not said or said["name"] != name:
            return None
        return _catalogue(said["catalogue"]), [Problem(**one) for one in said["problems"]]
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _catalogue(said: Mapping[str, Any]) -> Catalogue:
    return Catalogue(
        {name: _topic(one) for name, one in said["topics"].items()},
        {name: _source(one) for name, one in said["sources"].items()},
        {name: _edition(one) for name, one in said["editions"].items()},
        {name: _words(one) for name, one in said["lists"].items()},
        dict(said["groups"].items()),
    )


def _source(said: dict[str, Any]) -> Source:
    if len(said) > 2:
        if "every" in said:
            said["every"] = timedelta(*said["every"])
        if "rights" in said:
            said["rights"] = Rights(**said["rights"])
        _with_tuples(said)
    return Source(**said)


def _topic(said: dict[str, Any]) -> Topic:
    said["words"] = _words(said.get("words", {}))
    said["lists"] = {one: _words(words) for one, words in said.get("lists", {}).items()}
    for examples in ("match", "not_match"):
        said[examples] = tuple(_item(one) for one in said.get(examples, ()))
    return Topic(**said)


def _item(said: dict[str, Any]) -> Item:
    return Item(**({"id": ""} | _with_tuples(said)))


def _edition(said: dict[str, Any]) -> Edition:
    if "limits" in said:
        said["limits"] = Limits(**said["limits"])
    return Edition(**_with_tuples(said))


def _words(said: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {language: tuple(words) for language, words in said.items()}


def _with_tuples(said: dict[str, Any]) -> dict[str, Any]:
    for name in _TUPLES:
        if name in said:
            said[name] = tuple(said[name])
    return said
