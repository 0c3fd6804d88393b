"""`tag`, `dedupe` and `rank`: the pure stages as filters on JSON lines. No database, no network."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Common, common
from aggregator.errors import ConfigError
from aggregator.jsonlines import item_from_json, kind_from
from aggregator.model import Item, Profile, Topic

if TYPE_CHECKING:
    from aggregator.rank import Part

_STDIN = "-"
_operands = click.argument(
    "files", nargs=-1, metavar="[FILE]...", type=click.Path(exists=True, dir_okay=False, allow_dash=True)
)


@dataclass(slots=True)
class _Lines:
    """Items from files of JSON lines (none or `-`: standard input). A bad line is named and left out."""

    files: tuple[str, ...]
    bad: int = 0

    def __iter__(self) -> Iterator[tuple[Item, Mapping[str, Any]]]:
        """Each item, with the object it was read from."""
        for where, line in _raw_lines(self.files or (_STDIN,)):
            if not line.strip():
                continue
            try:
                data = json.loads(line)
                if not isinstance(data, dict):
                    raise ValueError("not a JSON object")
                if "document" in data and "id" not in data:
                    continue  # `aggregator read` begins each document with a line about it
                yield item_from_json(data), data
            except (ValueError, RecursionError) as error:
                self.bad += 1
                click.echo(f"{where}: {_reason(error)}; the line was left out", err=True)

    @property
    def exit_code(self) -> int:
        """1 if a line was left out."""
        return 1 if self.bad else 0


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg} at column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return "nested too deep" if isinstance(error, RecursionError) else str(error)


def _raw_lines(files: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for name in files:
        shown = "standard input" if name == _STDIN else name
        with nullcontext(sys.stdin.buffer) if name == _STDIN else Path(name).open("rb") as stream:
            for number, line in enumerate(stream, 1):
                yield f"{shown}:{number}", line.removeprefix(b"\xef\xbb\xbf")


def _print(data: Mapping[str, Any]) -> None:
    # Bytes, so that the terminal's encoding does not matter; half a surrogate pair goes out as it came, escaped.
    sys.stdout.buffer.write(json.dumps(data, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")


def _topics(options: Common) -> Mapping[str, Topic]:
    """The topics of --feeds, else of a feeds.yaml here that has some, else those that ship."""
    from aggregator.config import environment, load, shipped

    environ = environment()
    named = options.feeds or environ.get("AGGREGATOR_FEEDS")
    here = Path("feeds.yaml")
    path = Path(named) if named else here if here.is_file() else shipped("feeds.yaml")
    catalogue, problems = load(path, environ)
    if not catalogue.topics:
        raise ConfigError(problems or f"{path} has no topics")
    return catalogue.topics


# --------------------------------------------------------------------------------------------------- commands
@click.command()
@_operands
@common
def tag(options: Common, files: tuple[str, ...]) -> int:
    """Read items as JSON lines, print {"id", "topics", "why", "kind"} for each.

    An item that belongs to no topic gets an empty list. Topics come from --feeds, ./feeds.yaml or the shipped
    file; what a source's curator says of all its items plays no part here.
    """
    from aggregator.topics import Tagger, kind_of

    tagger = Tagger(_topics(options))
    lines = _Lines(files)
    for item, data in lines:
        item = replace(item, kind=kind_of(item))  # first, as in collect: rules may ask for it
        tags = tagger.tag(item)
        found = {"topics": [tag.id for tag in tags], "why": {tag.id: tag.why for tag in tags}}
        _print({"id": data["id"], **found, "kind": item.kind})
    return lines.exit_code


@click.command()
@_operands
@common
def dedupe(_options: Common, files: tuple[str, ...]) -> int:
    """Read items as JSON lines, print {"id", "group"} for each; group is the id of the first of its kind."""
    from aggregator.dedupe import dedupe

    lines = _Lines(files)
    read = list(lines)
    # Lines are told apart by their place, so that two with one id cannot be confused.
    changes = dedupe([replace(item, id=str(place)) for place, (item, _) in enumerate(read)], {})
    same = [*changes.updated, *changes.known, *changes.merged]
    first = {int(item.id): int(held) for held, item in same}
    for item in changes.new:  # in order, so that what an update follows has its group
        if item.follows:  # an update belongs to its story
            first[int(item.id)] = first.get(int(item.follows), int(item.follows))
    for place, (_, data) in enumerate(read):
        group = first.get(place, place)
        _print({"id": data["id"], "group": read[first.get(group, group)][1]["id"]})
    return lines.exit_code


@click.command()
@click.option("--for", "profile", required=True, metavar="PROFILE.json", help="The reader's profile.",
              type=click.Path(exists=True, dir_okay=False, allow_dash=True))  # fmt: skip
@click.option("--explain", is_flag=True, help="Print what each score is made of, too.")
@_operands
@common
def rank(options: Common, profile: str, explain: bool, files: tuple[str, ...]) -> int:
    """Read items as JSON lines, print {"id", "score", "why"}, best first.

    Left out: items of a muted topic, source or author, and in a language the reader does not read. Items without
    topics are tagged first. Age and deadlines count only with --at. With --explain each line has "parts": read in
    order, beginning with 0, each is added ("plus") or multiplied with ("times"), and the result is the score.
    """
    from aggregator.rank import Ranker

    if profile == _STDIN and (not files or _STDIN in files):
        raise click.UsageError(
            "Standard input cannot be both the profile and the items; name a file for one of them."
        )
    wanted = read_profile(profile)
    topics = _topics(options)
    lines = _Lines(files)
    read = list(lines)
    items = list(_tagged(read, topics))
    labels = {topic.id: topic.label for topic in topics.values()}
    ranking = Ranker(labels).ranking(items, [wanted], options.now)
    parts = ranking.explain(0) if explain else {}
    [picks] = ranking.picks()
    for pick in picks:
        place = int(pick.item.id.rpartition("\x00")[2])
        told = {"parts": [_part(part) for part in parts[pick.item.id]]} if explain else {}
        _print({"id": read[place][1]["id"], "score": pick.score, "why": pick.why, **told})
    return lines.exit_code


def _part(part: Part) -> dict[str, Any]:
    how = {"plus": part.plus} if part.plus is not None else {"times": part.times}
    return {"what": part.what} | {name: round(value, 4) for name, value in how.items() if value is not None}


def _tagged(read: Iterable[tuple[Item, Mapping[str, Any]]], topics: Mapping[str, Topic]) -> Iterator[Item]:
    """The items with topics and kinds, each under its place as id."""
    from aggregator.topics import Tagger, kind_of

    tagger = Tagger(topics)
    for place, (item, data) in enumerate(read):
        if not kind_from(data.get("kind")):
            item = replace(item, kind=kind_of(item))
        if not item.topics:
            item = replace(item, topics=tagger.tag(item))
        yield replace(item, id=f"{item.id}\x00{place}")  # two lines with one id must not be confused


# --------------------------------------------------------------------------------------------------- profiles
def read_profile(path: str) -> Profile:
    """The profile in a JSON file (`-`: standard input). Unknown keys are ignored; what cannot be understood is
    a usage error that names the key."""
    try:
        data = json.loads(sys.stdin.buffer.read() if path == _STDIN else Path(path).read_bytes())
    except ValueError as error:
        raise click.BadParameter(f"{path} is not JSON: {error}", param_hint="--for") from error
    if not isinstance(data, dict):
        raise click.BadParameter(f"{path} is not a JSON object", param_hint="--for")
    country = data.get("country")
    return Profile(
        topics=_weights(data, "topics"),
        keywords=_words(data, "keywords"),
        searches=_words(data, "searches"),
        kinds=_weights(data, "kinds"),
        languages=_words(data, "languages"),
        mute=_words(data, "mute"),
        country=country if isinstance(country, str) else None,
        follow=_words(data, "follow"),
        learned=_weights(data, "learned"),
        discovery=data.get("discovery") is not False,
    )


def _weights(data: Mapping[str, Any], name: str) -> dict[str, float]:
    value = data.get(name) or {}
    if isinstance(value, list):
        value = dict.fromkeys(map(str, value), 1)
    if not isinstance(value, dict):
        raise click.BadParameter(f"“{name}” must map ids to numbers", param_hint="--for")
    for id, weight in value.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not math.isfinite(weight):
            raise click.BadParameter(f"“{name}”: the weight of “{id}” is not a number", param_hint="--for")
    return {id: float(weight) for id, weight in value.items()}


def _words(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = data.get(name) or []
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise click.BadParameter(f"“{name}” must be a list of texts", param_hint="--for")
    return tuple(value)
